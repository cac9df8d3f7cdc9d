"""The user's own function as a step, through the command and with real environments."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.examples.projects import copy_of, edit, metrics
from tests.mlpc_cli.command import Answer, mlpc


@pytest.fixture(scope="module")
def own_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example after one run."""
    project = copy_of("own_code", tmp_path_factory.mktemp("own_code") / "own_code")
    first = mlpc("run", cwd=project)
    assert first.code == 0, first
    assert executed(first) == ["patients", "parts", "ridge", "quality"]
    return project


def executed(answer: Answer) -> list[str]:
    """The steps that the summary says were executed."""
    return re.findall(r"^  (\w+) +ran ", answer.out, re.MULTILINE)


def test_the_function_is_ordinary_python() -> None:
    text = (Path(__file__).resolve().parents[2] / "examples/own_code/train.py").read_text(encoding="utf-8")
    imported = re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
    assert set(imported) == {"pandas", "sklearn"}


def test_the_gates_are_judged_by_what_it_learned(own_code: Path) -> None:
    figures = metrics(own_code, "progression", "quality")
    rmse, r2 = (
        figures[name] if isinstance(figures[name], float) else figures[name][""] for name in ("rmse", "r2")
    )
    assert 45 < rmse < 65
    assert 0.25 < r2 < 0.65


def test_it_brings_what_reads_and_writes_its_ports(own_code: Path, tmp_path: Path) -> None:
    """`requires` names what `train.py` imports; what moves a dataset and a model in and out is the engine's affair."""
    answer = mlpc("compile", "--to", "local", "-o", str(tmp_path / "out"), cwd=own_code)
    assert answer.code == 0, answer
    nodes = json.loads((tmp_path / "out/plan.json").read_text(encoding="utf-8"))["nodes"]
    (ridge,) = [node for node in nodes if node["id"] == "ridge"]
    assert {re.split("[<>=]", text)[0] for text in ridge["requirements"]} == {
        "cloudpickle",
        "pandas",
        "pyarrow",
        "scikit-learn",
    }


def test_another_parameter_trains_and_judges_again(own_code: Path) -> None:
    answer = mlpc("run", "--set", "alpha=10", cwd=own_code)
    assert answer.code == 0, answer
    assert executed(answer) == ["ridge", "quality"]
    back = mlpc("run", cwd=own_code)
    assert executed(back) == [], back


def test_an_edit_of_the_function_trains_again_and_of_another_script_does_not(own_code: Path) -> None:
    edit(own_code, "Write the file beside this script.", "Write the file.", "make_data.py")
    assert executed(mlpc("run", cwd=own_code)) == []
    edit(own_code, "Ridge(alpha=alpha)", "Ridge(alpha=alpha, fit_intercept=True)", "train.py")
    answer = mlpc("run", cwd=own_code)
    assert executed(answer)[:1] == ["ridge"], answer
    assert "patients  cached" in answer.out


def test_a_mistake_in_the_function_is_told_with_its_line(own_code: Path) -> None:
    before = (own_code / "train.py").read_text(encoding="utf-8")
    try:
        edit(own_code, 'data["progression"])', 'data["progresion"])', "train.py")
        answer = mlpc("run", cwd=own_code)
        assert answer.code == 5, answer
        assert "KeyError" in answer.out + answer.err
        assert "train.py" in answer.out + answer.err
    finally:
        (own_code / "train.py").write_text(before, encoding="utf-8")
