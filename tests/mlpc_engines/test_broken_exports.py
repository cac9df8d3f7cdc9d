"""An export that is broken on purpose is held back by its parity, in the same words, wherever the pipeline runs.

Networks, and faults in what TensorFlow's converters are given, are in ``tests/mlpc_stdlib/runtime/exports/test_broken.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import fidelity
from tests.fidelity import Outcome

from . import broken_exports
from .broken_exports import FAULTS, WHOLE

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The standard library with the faults."""
    return broken_exports.library(tmp_path_factory.mktemp("broken"))


def outcome(name: str, folder: Path, broken: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Run the pipeline on an engine, with the broken library."""
    monkeypatch.setenv("PYTHONPATH", str(broken))
    return fidelity.ENGINES[name](broken_exports.project(folder / "images"), ())


@pytest.fixture(scope="module")
def here(broken: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What `mlpc run` says."""
    with pytest.MonkeyPatch.context() as patch:
        return outcome("this machine", tmp_path_factory.mktemp("here"), broken, patch)


def test_each_fault_is_held_back_and_what_is_sound_is_not(here: Outcome) -> None:
    assert here.failed_gates == sorted(f"{name}.gate" for name in FAULTS)
    assert here.promoted == []
    figures = here.figures[WHOLE]
    assert figures["parity.agreement"] == 1.0
    assert figures["parity.difference"] < 1e-5
    assert {line[:4] for line in here.verdicts[f"{WHOLE}.gate"]} == {"ok  "}
    for name in FAULTS:
        figures = here.figures[name]
        assert figures["parity.agreement"] < 0.97, name
        told = {each: figures[f"parity.{each}"] for each in ("difference", "agreement")}
        assert here.verdicts[f"{name}.gate"] == [
            f"FAIL  parity.difference <= 0.0001  (parity.difference is {told['difference']!r})",
            f"FAIL  parity.agreement >= 1  (parity.agreement is {told['agreement']!r})",
        ]


@pytest.mark.parametrize("name", [name for name in fidelity.ENGINES if name != "this machine"])
@pytest.mark.usefixtures("docker_engine")
def test_every_engine_says_the_same(
    name: str, here: Outcome, broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = outcome(name, tmp_path, broken, monkeypatch)
    assert there.failed_gates == here.failed_gates
    assert there.verdicts == here.verdicts
    assert there.text() == here.text()
