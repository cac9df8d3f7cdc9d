"""A value that is known only when the pipeline runs, and does not fit where it flows, is refused alike wherever it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mlpc_backends.kubeflow import reading
from tests.mlpc_engines.engine import mlpc

pytestmark = pytest.mark.engine

SPEC = """\
mlp 1

pipeline words {
  param factor: int = 2

  param day: string = "2026-01-31"

  data counted: counted { path = "data/words.txt" }

  step doubled: doubled {
    text = counted
    size = counted.words * factor
    start = factor - 1
    since = day
  }
}

component counted: data {
  param path: path
  quantity words: int >= 0 @after
  output text: file("txt")
  run = python("steps.py:count")
}

component doubled: step {
  input text: file("txt")
  param size: int in 0..10
  param start: int in 0..100
  param since: date
  output more: file("txt")
  run = python("steps.py:double")
}
"""
STEPS = """\
def count(path):
    text = path.read_text()
    return {"text": text, "metrics": {"words": len(text.split())}}


def double(text, size: int, start: int, since: str):
    return f"{since} {start} {size} " + text.read_text() * 2
"""
#: What is given, whether it follows from params alone, and what is said of it.
SIZE = "`size` of `doubled` is a whole number >= 0 and <= 10, but comes to 12"
START = "`start` of `doubled` is a whole number >= 0 and <= 100, but comes to -1"
SINCE = "`since` of `doubled` is a date such as 2026-01-31, but comes to tuesday"
REFUSED: list[tuple[dict[str, int | str], bool, str, str]] = [
    ({"factor": 4}, False, SIZE, "main.mlp:12:12 says `counted.words * factor`"),
    ({"factor": 0}, True, START, "main.mlp:13:13 says `factor - 1`"),
    ({"day": "tuesday"}, True, SINCE, "main.mlp:14:13 says `day`"),
]
FITTING = "2026-01-31 2 9 one two threeone two three"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "words"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "words.txt").write_text("one two three", encoding="utf-8")
    (folder / "main.mlp").write_text(SPEC, encoding="utf-8")
    (folder / "steps.py").write_text(STEPS, encoding="utf-8")
    return folder


def compiled(project: Path, target: str) -> Path:
    answer = mlpc("compile", "--to", target, "-o", "build", cwd=project, variables={})
    assert answer.code == 0, answer
    return project / "build"


def settings(given: dict[str, int | str]) -> list[str]:
    return [word for name, value in given.items() for word in ("--set", f"{name}={value}")]


def test_on_this_machine(project: Path) -> None:
    for given, early, message, help in REFUSED:
        answer = mlpc("run", "--json", *settings(given), cwd=project, variables={})
        if early:
            assert answer.code == 1
            assert f"error[MLP795] value-does-not-fit: {message}" in answer.err
            assert help in answer.err
            assert not (project / ".mlpc" / "runs").exists() or not list(
                (project / ".mlpc" / "runs").iterdir()
            )
            continue
        error = {step["node"]: step for step in json.loads(answer.out)["steps"]}["doubled"]["error"]
        assert (error["code"], error["message"], error["help"]) == ("MLP795", message, [help])
        assert error["place"] == {"file": "main.mlp", "line": 12, "column": 12}
    answer = mlpc("run", "--json", "--set", "factor=3", cwd=project, variables={})
    assert answer.code == 0, answer


def test_on_kubeflow(project: Path) -> None:
    """The engine of Kubeflow's SDK for one machine."""
    build = compiled(project, "kubeflow")
    facts = json.loads((build / "manifest.json").read_bytes())
    data = {key: str(project / path) for key, path in facts["staged"].items()}
    for number, (given, _, message, help) in enumerate(REFUSED):
        done = reading.run(build, project / str(number), {**data, **given})
        assert done.failed == ["doubled"], done.log
        assert f"error[MLP795 value-does-not-fit]: {message}" in done.log
        assert help in done.log
    done = reading.run(build, project / "good", {**data, "factor": 3})
    assert done.failed == []
    assert Path(done.output("doubled", "more")).read_text(encoding="utf-8") == FITTING
