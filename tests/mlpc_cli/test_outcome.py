"""How gates, failures and what happens in a run are said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlpc_cli.outcome import Outcome, failure, last_lines, table
from mlpc_cli.progress import PlainProgress, sentence
from mlpc_cli.render import clipped
from mlpc_run.events import Event
from mlpc_run.summary import GateResult, Step, Summary


def verdict(text: str, *, passed: bool, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": "",
        "text": text,
        "severity": "error",
        "message": "",
        "place": None,
        "passed": passed,
        "reason": "",
        "figures": [],
        "comparison": None,
    }
    return {**plain, **changes}


def shown(summary: Summary) -> str:
    parts: list[str] = []
    Outcome(parts.append, "main.mlp").show(summary)
    return "".join(parts)


def test_columns_stand_under_each_other_whatever_their_colour() -> None:
    assert (
        table([("a", "\x1b[1mbb\x1b[0m", "c"), ("日本", "b", "c")])
        == "  a     \x1b[1mbb\x1b[0m  c\n  日本  b   c\n"
    )


def test_a_condition_that_only_warns_says_so() -> None:
    summary = Summary(1, "demo", "")
    warning = verdict(
        "rows >= 100",
        passed=False,
        severity="warn",
        message="more data, please",
        comparison={"measured": 50, "operator": ">=", "required": 100},
    )
    summary.gates = [GateResult("quality.gate", True, [warning])]
    assert "  quality.gate passed\n    ! rows >= 100  50  more data, please (blocks nothing)\n" in shown(
        summary
    )


def test_a_gate_without_a_figure() -> None:
    summary = Summary(1, "demo", "ci")
    summary.gates = [
        GateResult(
            "quality.gate", None, [verdict("auc >= 0.9", passed=False, reason="`quality` has not run")]
        )
    ]
    text = shown(summary)
    assert "\ndemo in `ci`, run 1" in text
    assert "  quality.gate not judged: a figure is missing\n    ✗ auc >= 0.9  `quality` has not run\n" in text


def test_a_failure_is_a_diagnostic_with_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "forest.1.log"
    log.write_bytes(b"".join(b"line %d\n" % number for number in range(100)) + b"\x1b[2Jboom\xff\n\n")
    step = Step("forest", "failed")
    step.log = str(log)
    step.error = {
        "code": "MLP799",
        "name": "step-crashed",
        "message": "it \x1b[31mcrashed",
        "help": ["try\nagain"],
        "place": {"file": "train.py", "line": 12},
    }
    text = failure(step, False)
    assert text.startswith(
        "error[MLP799] step-crashed: forest: it \\u{1b}[31mcrashed\n  = help: at train.py:12\n"
    )
    assert "  = help: it printed last:\n          line 89\n" in text
    assert "          \\u{1b}[2Jboom\ufffd\n" in text
    assert "\x1b" not in text


def test_what_a_step_says_of_its_own_end_is_not_said_twice(tmp_path: Path) -> None:
    log = tmp_path / "forest.1.log"
    log.write_text("epoch 1\nerror[MLP743 user-code-failed]: ValueError: no\nsuch luck\n  at train.py:7\n")
    step = Step("forest", "failed")
    step.log = str(log)
    step.error = {"code": "MLP743", "message": "ValueError: no\nsuch luck", "help": []}
    text = failure(step, False)
    assert "it printed last:\n          epoch 1\n  = help: the log is" in text
    assert text.count("such luck") == 1


def test_a_long_message_is_told_in_full_once_and_elsewhere_in_a_line() -> None:
    message = "ValueError: " + "very " * 60 + "bad\nsecond line"
    step = Step("forest", "failed")
    step.error = {"code": "MLP743", "message": message, "help": []}
    summary = Summary(1, "demo", "")
    summary.steps, summary.exit_code = [step], 5
    summary.reasons = [f"`forest` failed: {message}"]
    text = shown(summary)
    assert text.count("second line") == 1
    (reason,) = (line for line in text.splitlines() if "·" in line)
    assert reason.startswith("  · `forest` failed: ValueError: very very")
    assert reason.endswith(" …")
    assert len(reason) <= 140


def test_a_run_that_was_interrupted_calls_no_step_failed() -> None:
    step = Step("forest", "failed")
    step.error = {
        "code": "MLP634",
        "message": "`forest` was ended because the run was interrupted",
        "help": [],
    }
    summary = Summary(1, "demo", "")
    summary.steps, summary.exit_code, summary.reasons = [step], 130, ["the run was interrupted"]
    text = shown(summary)
    assert "  forest  interrupted  0.00 s\n" in text
    assert "fail" not in text
    assert "error[" not in text


def test_a_pipeline_that_promotes_nothing_is_not_told_of_promotion() -> None:
    summary = Summary(1, "demo", "")
    summary.exit_code, summary.reasons = 1, ["`quality.gate`: rmse <= 30 (rmse is 53.97)"]
    parts: list[str] = []
    Outcome(parts.append, "main.mlp", promotes=False).show(summary)
    assert "".join(parts).endswith("\nnot passed\n  · `quality.gate`: rmse <= 30 (rmse is 53.97)\n")


def test_what_to_type_next_works_from_where_one_is() -> None:
    outcome = Outcome(lambda text: None, "sub/main.mlp", "--env ci", home="--project sub")
    assert outcome.command("logs", "forest") == "mlpc logs forest --project sub"
    assert outcome.command("up") == "mlpc up sub/main.mlp --env ci"


@pytest.mark.parametrize(
    ("text", "columns", "line"),
    [
        ("short", 10, "short"),
        ("just fits!", 10, "just fits!"),
        ("a bit longer", 10, "a bit lo …"),
        ("two\nlines", 10, "two …"),
        ("日本語のことば", 9, "日本語 …"),
        ("", 10, ""),
    ],
)
def test_a_text_in_one_line(text: str, columns: int, line: str) -> None:
    assert clipped(text, columns) == line


def test_a_failure_with_a_code_of_its_own_needs_no_log(tmp_path: Path) -> None:
    step = Step("cells", "failed")
    step.error = {"code": "MLP701", "message": "data/cells.csv, row 12: `radius` is -1", "help": []}
    assert (
        failure(step, False)
        == "error[MLP701] row-does-not-fit: cells: data/cells.csv, row 12: `radius` is -1\n"
    )


def test_a_failure_of_an_unknown_kind() -> None:
    step = Step("cells", "failed")
    assert failure(step, False) == "error[MLP630] step-failed: cells: the step failed\n"


def test_the_last_lines_of_a_log_that_is_not_there(tmp_path: Path) -> None:
    assert last_lines(str(tmp_path / "none.log")) == []


def test_many_artefacts_are_told_by_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    summary = Summary(1, "demo", "")
    summary.artefacts = {
        f"step{n}": {"out": str(tmp_path / ".mlpc" / "latest" / "demo" / f"step{n}")} for n in range(20)
    }
    assert "artefacts (20) in .mlpc/latest/demo\n" in shown(summary)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Event("started", "forest", attempt=1, of=3, why=["`trees` is 50, was 200"]), "runs (`trees` is 50, was 200)"),
        (Event("started", "forest", attempt=2, of=3, why=[]), "runs, attempt 2 of 3"),
        (Event("finished", "forest", seconds=3.2, metrics={"auc": 0.98, "by": {"a": 1}}), "done in 3.2 s, auc 0.98"),
        (
            Event("retry", "forest", attempt=1, of=3, wait=30.0, error={"message": "no memory"}),
            "attempt 1 of 3 failed, again in 30.0 s: no memory",
        ),
        (Event("finished", "q", seconds=1.0, metrics={"recall": {"": 0.9, "a": 1}}), "done in 1.0 s, recall 0.9"),
        (Event("failed", "q", error={"code": "MLP634", "message": "`q` was ended"}), "interrupted"),
        (Event("blocked", "api", by=["quality.gate"]), "blocked by quality.gate"),
        (Event("queued", "forest", why=[]), ""),
        (Event("run-finished", exit_code=0, seconds=1.0), ""),
    ],
)  # fmt: skip
def test_what_an_event_says(event: Event, text: str) -> None:
    assert sentence(event)[0] == text


def test_plain_lines_cannot_drive_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    listen = PlainProgress(verbose=True)
    listen(Event("run-started", run=1, pipeline="demo", environment="", steps=["a", "forest"]))
    listen(Event("log", "a", "\x1b[2Jhello", attempt=1))
    listen(Event("message", "forest", "two\nlines\x07", level="warning"))
    assert capsys.readouterr().out == "a       | \\u{1b}[2Jhello\nforest  two\\nlines\\u{7}\n"


def test_plain_lines_are_few_and_of_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    listen = PlainProgress()
    listen(Event("note", text="there is no mlpc.lock"))
    listen(Event("environment", text="making an environment of 60 packages", environment="e", detail=False))
    for number in range(60):
        listen(Event("environment", text=f"+ package{number}==1.0", environment="e", detail=True))
    listen(Event("failed", "a", error={"message": "x" * 500 + "\nmore"}))
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["note  there is no mlpc.lock", "environment  making an environment of 60 packages"]
    assert len(said) == 3
    assert said[2].startswith("a  failed: xxx")
    assert len(said[2]) <= 140
