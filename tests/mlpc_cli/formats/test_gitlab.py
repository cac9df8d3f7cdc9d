"""`--error-format gitlab`: the code quality report."""

from __future__ import annotations

import json
from pathlib import Path

from tests.mlpc_cli.command import mlpc


def test_an_object_for_each_finding(folder: Path) -> None:
    answer = mlpc("check", "./main.mlp", "--error-format", "gitlab", cwd=folder)
    assert answer.code == 1
    found = json.loads(answer.out)
    assert [(item["check_name"], item["severity"]) for item in found] == [
        ("out-of-range", "major"),
        ("unknown-column", "major"),
        ("stray-doc-comment", "minor"),
    ]
    column = found[1]
    assert column.pop("fingerprint")
    assert column == {
        "description": "`cells` has no column `malignent`; did you mean `malignant`?",
        "check_name": "unknown-column",
        "severity": "major",
        "location": {"path": "main.mlp", "lines": {"begin": 6, "end": 6}},
    }


def test_a_clean_file_is_an_empty_array(folder: Path) -> None:
    (folder / "main.mlp").write_text("mlp 1\n", encoding="utf-8")
    assert mlpc("check", "main.mlp", "--error-format", "gitlab", cwd=folder).out == "[]\n"


def test_a_file_that_is_not_there(folder: Path) -> None:
    answer = mlpc("check", "mian.mlp", "--error-format", "gitlab", cwd=folder)
    assert answer.code == 4
    (item,) = json.loads(answer.out)
    assert item["location"] == {"path": "mian.mlp", "lines": {"begin": 1, "end": 1}}
