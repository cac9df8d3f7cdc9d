"""A project of one's own comes to the same on every engine, each from an empty store; `make matrix` shows both examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import fidelity
from tests.fidelity import Outcome

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What one machine comes to."""
    return fidelity.run("own_code", "this machine", tmp_path_factory.mktemp("here"))


@pytest.mark.parametrize("name", [name for name in fidelity.ENGINES if name != "this machine"])
@pytest.mark.timeout(1800)
def test_figures_and_artefacts_are_those_of_one_machine(
    name: str, here: Outcome, docker_engine: None, tmp_path: Path
) -> None:
    there = fidelity.run("own_code", name, tmp_path)
    assert there.figures == here.figures
    assert there.digests == here.digests
    assert there.text() == here.text()
