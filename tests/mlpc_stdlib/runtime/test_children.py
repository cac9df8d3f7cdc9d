"""What a child process is asked and answers, and what is said where it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime import children, codes
from mlpc_stdlib.runtime.contract import StepError

ROOT = Path(__file__).resolve().parents[3]
_calls: list[int] = []


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


# Called in the child


def added(job: dict[str, Any]) -> dict[str, Any]:
    _calls.append(job["number"])
    print("noise")
    return {"sum": sum(_calls), "process": os.getpid()}


def refusing(job: dict[str, Any]) -> dict[str, Any]:
    raise StepError(codes.IMPOSSIBLE_SETTING, "no", ["try yes"])


def broken(job: dict[str, Any]) -> dict[str, Any]:
    raise ZeroDivisionError("oh")


def dying(job: dict[str, Any]) -> dict[str, Any]:
    os.kill(os.getpid(), job["signal"])
    time.sleep(60)
    return {}


def sleeping(job: dict[str, Any]) -> dict[str, Any]:
    Path(job["file"]).write_text(str(os.getpid()))
    time.sleep(600)
    return {}


# A process for one job


def test_a_process_that_dies_is_an_error_with_what_would_work() -> None:
    with pytest.raises(StepError) as caught:
        children.call(dying, {"signal": int(signal.SIGSEGV)}, "the conversion", ["unroll the layers"])
    assert caught.value.code == "MLP799"
    assert caught.value.message == "the process for the conversion died: SIGSEGV (a crash inside a library)"
    assert caught.value.help == ["unroll the layers", "the log of the step has what it printed"]


def test_a_process_that_does_not_end_is_ended(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with pytest.raises(StepError) as caught:
        children.call(sleeping, {"file": str(file)}, "the conversion", seconds=3.0)
    assert caught.value.message == "the conversion took longer than 3 s and was ended"
    until(lambda: not file.exists() or not alive(int(file.read_text())))


# A worker


def test_a_worker_does_one_job_after_the_other_in_one_process() -> None:
    with children.Worker() as worker:
        worker.begin(added, {"number": 1}, "adding")
        first = worker.answer()
        worker.begin(added, {"number": 2}, "adding")
        second = worker.answer()
    assert (first["sum"], second["sum"]) == (1, 3)
    assert first["process"] == second["process"] != os.getpid()


def test_what_a_worker_refuses_is_an_error_of_the_step_and_not_its_end() -> None:
    with children.Worker() as worker:
        worker.begin(refusing, {}, "refusing")
        with pytest.raises(StepError) as caught:
            worker.answer()
        assert (caught.value.code, caught.value.message, caught.value.help) == ("MLP722", "no", ["try yes"])
        worker.begin(broken, {}, "breaking")
        with pytest.raises(StepError) as caught:
            worker.answer()
        assert caught.value.message == "ZeroDivisionError: oh"
        worker.begin(added, {"number": 1}, "adding")
        assert worker.answer()["sum"] == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGSEGV, "SIGSEGV (a crash inside a library)"),
        (signal.SIGKILL, "SIGKILL"),
    ],
)
def test_a_worker_that_dies_is_told_with_what_would_work(number: int, said: str) -> None:
    with children.Worker() as worker:
        worker.begin(dying, {"signal": int(number)}, "training the network", ["make it smaller"])
        with pytest.raises(StepError) as caught:
            worker.answer()
        assert caught.value.code == "MLP799"
        assert caught.value.message == f"the process for training the network died: {said}"
        assert caught.value.help == ["make it smaller", "the log of the step has what it printed"]
        worker.begin(added, {"number": 1}, "adding")
        with pytest.raises(StepError):
            worker.answer()


def test_a_worker_ends_with_whoever_asked_it_however_that_ends(tmp_path: Path) -> None:
    """Killed, the parent can close nothing: the child ends in the middle of its job."""
    program = (
        "from mlpc_stdlib.runtime import children\n"
        "from tests.mlpc_stdlib.runtime.test_children import sleeping\n"
        f"with children.Worker() as worker:\n    worker.begin(sleeping, {{'file': {str(tmp_path / 'pid')!r}}}, 'sleeping')\n"
        "    worker.answer()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    child = int((tmp_path / "pid").read_text())
    assert alive(child)
    parent.kill()
    parent.wait()
    until(lambda: not alive(child))


def until(true: Any, seconds: float = 60.0) -> None:
    """Wait for something that has to come; how long it takes says nothing."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
