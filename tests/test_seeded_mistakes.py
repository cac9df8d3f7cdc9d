"""Twelve mistakes, one at a time, in `examples/tumor`: found by one run, at the right place, with a way out that works."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpc.source import Span

from .loader import checked

CASES = Path(__file__).parent / "cases" / "seeded"
EXAMPLE = Path(__file__).parents[1] / "examples" / "tumor" / "main.mlp"

# What the mistake is, where it stands, and what a person writes there who follows the help; None: the first fix says it.
MISTAKES = [
    ("wrong_column", "MLP301", "malignent", None),
    ("wrong_artefact_type", "MLP302", "parts.test", "portable"),
    ("unknown_key", "MLP103", "max_dept", None),
    ("unknown_component", "MLP102", "sklearn.random_forests", None),
    ("cycle", "MLP110", "quality.accuracy", "20%"),
    ("missing_unit", "MLP202", "20", None),
    ("wrong_unit", "MLP203", "2min", "2KiB"),
    ("value_out_of_range", "MLP205", "20", None),
    ("gate_on_an_absent_metric", "MLP402", "area", "auc"),
    ("stratify_on_a_float", "MLP303", "cells.radius_mean", None),
    ("undeclared_secret", "MLP119", "mlflow_token", None),
    ("duplicate_name", "MLP105", "forest", "quality"),
]


def edited(text: str, edits: list[tuple[Span, str]]) -> str:
    for span, new in sorted(edits, key=lambda edit: -edit[0].start):
        text = text[: span.start] + new + text[span.end :]
    return text


def changed_at(text: str) -> int:
    """Return the offset at which ``text`` begins to differ from the example."""
    before = EXAMPLE.read_text(encoding="utf-8")
    return next(i for i, (a, b) in enumerate(zip(text, before, strict=False)) if a != b)


@pytest.mark.parametrize(("name", "code", "place", "written"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_seeded_mistake(name: str, code: str, place: str, written: str | None) -> None:
    text = (CASES / name / "main.mlp").read_text(encoding="utf-8")
    found = checked(text)
    assert [(item.code.code, item.severity) for item in found] == [(code, "error")]
    (mistake,) = found
    assert mistake.span is not None
    assert mistake.span.text == place
    line, column = mistake.span.source.position(mistake.span.start)
    assert text.split("\n")[line - 1][column - 1 :].startswith(place)
    # The place is the one that was changed: not merely one where the same words stand.
    assert abs(mistake.span.start - changed_at(text)) <= len(place)

    if written is None:
        assert mistake.fixes, "a fix is offered"
        repaired = edited(text, list(mistake.fixes[0].edits))
    else:
        said = " ".join(mistake.help) + " ".join(fix.message for fix in mistake.fixes)
        names = {"cycle": "take one of these", "wrong_unit": "KiB", "duplicate_name": "another name"}
        assert names.get(name, f"`{written}`") in said, "the help says what would work"
        repaired = edited(text, [(mistake.span, written)])
    assert checked(repaired) == []


def test_the_example_itself_is_clean_and_every_seeded_case_is_tried() -> None:
    assert checked(EXAMPLE.read_text(encoding="utf-8")) == []
    assert {folder.name for folder in CASES.iterdir()} == {row[0] for row in MISTAKES}
    assert len(MISTAKES) == 12
