"""What a registry has under a name is brought in, from a real one; where it has nothing, nothing is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime import champion, models
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError, Task
from tests.mlpc_stdlib.bundles import make_model

from .test_register import Entry


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Artefact]:
    found = [make_model(tmp_path_factory.mktemp(f"model{seed}"), seed=seed) for seed in (1, 2)]
    for number, each in enumerate(found):
        each.digest = f"sha256:{number}"
    return found


def bring(state: Path, model: Artefact, out: Path, **arguments: Any) -> tuple[Artefact, list[str]]:
    """Run the step; return its output, and what it said."""
    output = Artefact(str(out), {**model.type, "optional": True})
    task = Task(
        id="champion",
        action={"kind": "runtime", "target": champion.__name__, "function": "mlflow"},
        result="",
        outputs={"model": output},
        arguments={"name": "flowers", **arguments},
        state=str(state),
    )
    result = Result()
    champion.mlflow(task, result)
    return output, [each["text"] for each in result.messages]


def test_the_one_with_the_alias_else_the_newest(tmp_path: Path, made: list[Artefact]) -> None:
    first, second = made
    state = tmp_path / "state"
    output, said = bring(state, first, tmp_path / "none", alias="champion")
    assert (models.is_missing(output.path), said) == (
        True,
        ["the registry has no model `flowers` with the alias `champion` yet"],
    )
    # Nothing was made by asking.
    assert not (state / "mlflow.db").exists()
    Entry(state, first).run()
    Entry(state, second, alias=None).run()
    output, said = bring(state, first, tmp_path / "champion", alias="champion")
    assert (models.is_missing(output.path), said) == (False, ["version 1 of `flowers`"])
    wanted, found = models.read_signature(first.path), models.read_signature(output.path)
    for name in ("features", "label", "classes", "positive", "task"):
        assert found[name] == wanted[name]
    assert bring(state, first, tmp_path / "newest")[1] == ["version 2 of `flowers`"]
    assert models.is_missing(bring(state, first, tmp_path / "other", name="trees")[0].path)
    assert models.is_missing(bring(state, first, tmp_path / "alias", alias="best")[0].path)


def test_a_registry_that_does_not_answer_is_no_registry_without_models(
    tmp_path: Path, made: list[Artefact]
) -> None:
    with pytest.raises(StepError) as caught:
        bring(tmp_path, made[0], tmp_path / "out", tracking_uri="http://127.0.0.1:9", alias="champion")
    assert (caught.value.code, caught.value.name) == ("MLP760", "registry-unreachable")
