"""The digits example from arrays to a page that reads what is drawn, through the command and with real environments."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.examples.projects import copy_of, metrics
from tests.mlpc_cli.command import EXECUTABLE, environment, mlpc
from tests.mlpc_stdlib.runtime.web.browser import programs, visit
from tests.mlpc_stdlib.runtime.web.digits import STROKES

#: It installs TensorFlow where no run did before.
pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]

EXPORTS = {"phone_model": 0.995, "tiny": 0.98, "browser": 0.995}


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example after one run."""
    programs()
    project = copy_of("digits", tmp_path_factory.mktemp("digits") / "digits")
    answer = mlpc("run", cwd=project)
    assert answer.code == 0, answer
    assert "promoted page" in answer.out
    return project


def told(project: Path) -> dict[str, Any]:
    """What each step measured in the last run."""
    answer = mlpc("run", "--json", cwd=project)
    assert answer.code == 0, answer
    steps = json.loads(answer.out)["steps"]
    assert {step["state"] for step in steps} == {"cached"}
    return {step["node"]: step["metrics"] for step in steps}


def test_the_network_is_good_enough_and_so_is_each_export(digits: Path) -> None:
    assert metrics(digits, "digits", "quality")["accuracy"] >= 0.95
    figures = told(digits)
    for name, agreement in EXPORTS.items():
        assert figures[name]["parity.rows"] == 359
        assert figures[name]["parity.agreement"] >= agreement
    # Whole numbers cost more of what the network says than half precision does, and are smaller.
    assert figures["tiny"]["parity.difference"] > figures["phone_model"]["parity.difference"] > 0
    assert figures["tiny"]["size"] < figures["phone_model"]["size"]
    assert figures["page.build"]["size"] < 500 * 2**10


@pytest.fixture
def address(digits: Path) -> Iterator[str]:
    """Where `mlpc up` serves the page."""
    served = subprocess.Popen(
        [EXECUTABLE, "up"],
        cwd=digits,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    assert served.stdout is not None
    try:
        for line in served.stdout:
            said += line
            ready = re.match(r"ready +page at (\S+)", line)
            if ready:
                yield ready[1]
                break
        else:
            raise AssertionError(said)
    finally:
        served.send_signal(signal.SIGINT)
        served.communicate(timeout=30)


def test_the_page_reads_drawn_digits(address: str) -> None:
    found = visit(address, "drawings", drawings=STROKES)
    read = [answer["headline"] for answer in found["answers"]]
    right = sum(one == str(digit) for digit, one in enumerate(read))
    assert right >= 9, read
    assert found["said"] == []
