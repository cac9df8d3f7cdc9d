"""Examples come to the same on every engine, each from an empty store: one's own code, and in `make test-full` a network that
is searched for, trained and exported three ways. `make matrix` shows them as tables.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import fidelity
from tests.fidelity import Outcome

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", params=["own_code", pytest.param("digits", marks=pytest.mark.full)])
def example(request: pytest.FixtureRequest) -> str:
    """The name of an example."""
    return str(request.param)


@pytest.fixture(scope="module")
def here(example: str, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What one machine comes to."""
    return fidelity.run(example, "this machine", tmp_path_factory.mktemp("here"))


@pytest.mark.parametrize("name", [name for name in fidelity.ENGINES if name != "this machine"])
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("docker_engine")
def test_figures_and_artefacts_are_those_of_one_machine(
    name: str, example: str, here: Outcome, tmp_path: Path
) -> None:
    there = fidelity.run(example, name, tmp_path)
    assert there.promoted == here.promoted
    assert there.figures == here.figures
    assert there.digests == here.digests
    assert there.text() == here.text()
