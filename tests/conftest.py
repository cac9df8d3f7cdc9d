"""What all tests share: how long property tests look for a counterexample, and which tests are long ones."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

FULL = os.environ.get("MLPC_TEST_FULL") == "1"

# The same examples on every run of `make test`: a red run can be had again. The long version looks further.
settings.register_profile(
    "default", max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "full", max_examples=5_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("full" if FULL else "default")


# What is started in the background by a shell, or by nohup, ignores Ctrl-C, and so do all that it starts, in turn. The tests send
# it to what they start: they stand on it being heard.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `full`, except in `make test-full`; what runs engines takes longest, and goes first."""
    long = [item for item in items if item.get_closest_marker("full") and not FULL]
    if long:
        config.hook.pytest_deselected(items=long)
    kept = [item for item in items if item not in set(long)]
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("engine") is None)


@pytest.fixture(scope="session")
def full() -> bool:
    """Whether this is `make test-full`: loops that repeat something at random go on for longer."""
    return FULL


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the suites cost, in seconds of one process: modules that run engines, and folders of the rest."""
    costs: dict[str, list[float]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if not isinstance(report, pytest.TestReport):
                continue
            module = report.nodeid.partition("::")[0]
            folder = "/".join(module.split("/")[:2]) if module.count("/") > 1 else "tests"
            cost = costs.setdefault(module if "engine" in report.keywords else folder, [0.0, 0])
            cost[0] += report.duration
            cost[1] += report.when == "call"
    if len(costs) < 2:
        return
    terminalreporter.section("what the suites cost")
    for name, (seconds, tests) in sorted(costs.items(), key=lambda item: -item[1][0]):
        terminalreporter.write_line(f"{seconds:8.1f} s  {int(tests):5} tests  {name}")


@pytest.fixture(scope="session")
def docker_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An engine that answers and has `python:3.11-slim`; stopped afterwards if it was started here."""
    from tests.mlpc_engines import engine

    with engine.running(tmp_path_factory.mktemp("docker") / "dockerd.log"):
        engine.make_base_image()
        yield
