"""A kind of one's own, and a block that a component plays, down to what the function is given."""

from __future__ import annotations

import json
from pathlib import Path

from tests.mlpc_cli.command import mlpc

SPEC = """
mlp 1

use "./kinds.mlp" as more

pipeline poem {
  draft first: words { text = "roses", reason = "spring", timeout = 1min }
  polish second: shout {
    text = first
    style: ornate { marks = 3 }
  }

  polish third: shout { text = first }

  judge verdict: letters {
    text = second
    require count >= 5
  }
}

## Writes something.
kind draft: task {
  param reason: string = none
}

kind judge: evaluate {}

component words: draft {
  param text: string
  output out: file("txt")
  run = python("steps.py:write")
}

component shout: polish {
  input text: file("txt")
  block style: manner { param bold: bool = true }
  output out: file("txt")
  run = python("steps.py:shout")
}

component ornate: manner { param marks: int >= 1 = 1 }

component letters: judge {
  input text: file("txt")
  quantity count: int >= 0 @after
  run = python("steps.py:count")
}

env plain {
  polish second { style: ornate { bold = false } }
}
"""
KINDS = """
mlp 1

kind polish: task {}

kind manner { runs = "nothing" }
"""
STEPS = """
from pathlib import Path


def write(*, text: str, out: Path) -> None:
    out.write_text(text)


def shout(text: Path, *, out: Path, style: dict | None = None) -> None:
    told = "" if style is None else f" {sorted(style.items())}"
    out.write_text(text.read_text().upper() + told)


def count(text: Path) -> dict:
    return {"count": len(text.read_text())}
"""


def project(folder: Path) -> Path:
    (folder / "main.mlp").write_text(SPEC.lstrip(), encoding="utf-8")
    (folder / "kinds.mlp").write_text(KINDS.lstrip(), encoding="utf-8")
    (folder / "steps.py").write_text(STEPS, encoding="utf-8")
    return folder


def text_of(folder: Path, step: str, whose: str = "poem") -> str:
    return next((folder / ".mlpc" / "latest" / whose / step).iterdir()).read_text(encoding="utf-8")


def test_the_function_is_told_which_component_plays_its_block_and_what_stands_in_it(tmp_path: Path) -> None:
    folder = project(tmp_path)
    answer = mlpc("run", cwd=folder)
    assert answer.code == 0, answer.err
    assert text_of(folder, "second") == "ROSES [('bold', True), ('component', 'ornate'), ('marks', 3)]"
    assert text_of(folder, "third") == "ROSES"
    again = mlpc("run", "--env", "plain", cwd=folder)
    assert again.code == 0, again.err
    # In an environment a block with a component is in place of the one that was there.
    assert (
        text_of(folder, "second", "poem@plain")
        == "ROSES [('bold', False), ('component', 'ornate'), ('marks', 1)]"
    )


def test_what_a_kind_declares_is_a_label_that_changes_no_step(tmp_path: Path) -> None:
    folder = project(tmp_path)
    assert mlpc("run", cwd=folder).code == 0
    spec = (folder / "main.mlp").read_text(encoding="utf-8")
    (folder / "main.mlp").write_text(spec.replace('"spring"', '"autumn"'), encoding="utf-8")
    assert "would run" not in mlpc("run", "--dry-run", cwd=folder).out
    assert mlpc("compile", "--to", "airflow", "-o", "build", cwd=folder).code == 0
    nodes = json.loads((folder / "build" / "workflow.json").read_bytes())["nodes"]
    assert next(node for node in nodes if node["id"] == "first")["labels"]["common"] == {"reason": "autumn"}


def test_a_kind_that_builds_on_evaluate_gates(tmp_path: Path) -> None:
    folder = project(tmp_path)
    spec = (folder / "main.mlp").read_text(encoding="utf-8")
    (folder / "main.mlp").write_text(spec.replace("count >= 5", "count >= 500"), encoding="utf-8")
    answer = mlpc("run", cwd=folder)
    assert answer.code == 1
    assert "count >= 500" in answer.out


def test_the_layout_of_both_is_kept(tmp_path: Path) -> None:
    folder = project(tmp_path)
    answer = mlpc("fmt", "--check", "main.mlp", "kinds.mlp", cwd=folder)
    assert answer.code == 0, answer.out + answer.err


def test_a_value_of_a_played_block_is_explained(tmp_path: Path) -> None:
    folder = project(tmp_path)
    assert (
        "default of `ornate`" in mlpc("explain-value", "second.style.marks", "--env", "plain", cwd=folder).out
    )
