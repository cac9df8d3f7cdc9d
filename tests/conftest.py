"""What all tests share: how long property tests look for a counterexample, and which tests are long ones."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

FULL = os.environ.get("MLPC_TEST_FULL") == "1"
ENGINES = FULL or os.environ.get("MLPC_TEST_ENGINES") == "1"

# The same examples on every run of `make test`: a red run can be had again. The long version looks further.
settings.register_profile(
    "default", max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "full", max_examples=5_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("full" if FULL else "default")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `full`, except in `make test-full`, and `engine`, except in `make test-engines` too."""
    long = [
        item
        for item in items
        if (item.get_closest_marker("full") and not FULL)
        or (item.get_closest_marker("engine") and not ENGINES)
    ]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def full() -> bool:
    """Whether this is `make test-full`: loops that repeat something at random go on for longer."""
    return FULL
