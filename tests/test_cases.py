"""The corpus: a folder holds a program, and what each stage of the compiler makes of it.

``tests/cases/<topic>/<name>/`` has a ``main.mlp``, the files that it uses, and

- ``check.txt``: what ``mlpc check main.mlp`` prints, always;
- ``check.jsonl``: what it prints with ``--error-format json``, without fingerprints;
- ``workflow.json``: the workflow, ``workflow.ENV.json``: the same under an environment;
- ``graph.txt``: what ``mlpc graph main.mlp`` draws, ``graph.ENV.txt``: the same under an environment.

``MLPC_UPDATE_CASES=1 pytest tests/test_cases.py`` writes them anew. To have one of the stages that are not always there,
make an empty file of its name first.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from mlpc.compilation import Compilation
from mlpc.ir.canonical import to_json
from mlpc.ir.draw import tree
from mlpc.ir.nodes import Workflow
from mlpc_cli import check
from mlpc_cli.loader import DiskLoader

CASES = Path(__file__).parent / "cases"
UPDATE = os.environ.get("MLPC_UPDATE_CASES") == "1"
STAGE = re.compile(r"(check\.txt|check\.jsonl|(workflow)(\.\w+)?\.json|(graph)(\.\w+)?\.txt)")
FOLDERS = sorted(folder for folder in CASES.glob("*/*") if folder.is_dir())


def name_of(folder: Path) -> str:
    return "/".join(folder.parts[-2:])


def workflow_of(environment: str) -> Workflow:
    compilation = Compilation(DiskLoader("."), "main.mlp", environment)
    found = compilation.graph()
    assert found is not None, "a program with errors has no workflow"
    return found


def made(stage: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the file called ``stage`` has to hold for the program in the current folder."""
    if stage.startswith("check"):
        check.check(["main.mlp"], error_format="json" if stage.endswith("jsonl") else "text", colour="never")
        # Where the repository begins is part of a fingerprint; they have tests of their own.
        return re.sub(r', "fingerprint": "[0-9a-f]{32}"}$', "}", capsys.readouterr().out, flags=re.MULTILINE)
    environment = ".".join(stage.split(".")[1:-1])
    if stage.startswith("graph"):
        return tree(workflow_of(environment))
    return json.dumps(to_json(workflow_of(environment)), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_case(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every stage gives what its file says, to the byte."""
    monkeypatch.chdir(folder)
    stages = {path.name for path in folder.iterdir() if STAGE.fullmatch(path.name)} | {"check.txt"}
    for stage in sorted(stages):
        text = made(stage, capsys)
        if UPDATE:
            (folder / stage).write_text(text, encoding="utf-8")
        assert (folder / stage).exists(), f"{name_of(folder)} has no {stage}: MLPC_UPDATE_CASES=1 writes it"
        assert text == (folder / stage).read_text(encoding="utf-8")


def test_no_file_is_orphaned(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file of a case is its program, something read with it or named near it, or the product of a stage."""
    for folder in FOLDERS:
        assert (folder / "main.mlp").is_file(), f"{name_of(folder)} has no program"
        assert (folder / "check.txt").is_file(), f"{name_of(folder)} says nothing of what comes out"
    inside = [path for path in CASES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    for path in inside:
        assert len(path.relative_to(CASES).parts) >= 3, f"{path} belongs to no case"
        if path.suffix in (".txt", ".json", ".jsonl"):
            assert STAGE.fullmatch(path.name), f"{path} is the product of no stage"
            assert path.parent in FOLDERS, f"{path} lies too deep to be looked at"
        else:
            assert path.suffix in (".mlp", ".py") or path.name == "mlpc.toml", f"{path} is no program"


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    """Programs with mistakes, and those of them with many; a note is no mistake."""
    shown = [(folder / "check.txt").read_text(encoding="utf-8") for folder in FOLDERS]
    mistakes = [len(re.findall(r"^(?:error|warning)\[MLP\d{3}\] ", text, re.MULTILINE)) for text in shown]
    assert sum(count > 0 for count in mistakes) >= 250
    assert sum(count >= 5 for count in mistakes) >= 8
    assert sum(count == 0 for count in mistakes) >= 30
