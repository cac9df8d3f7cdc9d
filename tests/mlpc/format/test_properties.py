"""Whatever a program looks like: it keeps saying the same, and no comment is lost."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpc.format import format_source
from mlpc.source import Source
from mlpc.syntax.parser import parse
from tests.strategies.programs import programs


@given(programs())
def test_programs_of_the_generator_are_programs(text: str) -> None:
    assert [
        mistake.message
        for mistake in parse(Source("main.mlp", text)).diagnostics
        if mistake.severity == "error"
    ] == []


@settings(max_examples=10 * settings().max_examples)
@given(programs())
def test_the_proof_holds_and_no_comment_is_lost(text: str) -> None:
    result = format_source(Source("main.mlp", text))
    assert [mistake.message for mistake in result.diagnostics] == []

    # Seen without the parser: what is not layout is still there, in the same order.
    def bare(program: str) -> str:
        return re.sub(r"[\s,]", "", program)

    assert bare(result.text) == bare(text)

    again = format_source(Source("main.mlp", result.text))
    assert (again.text, again.changed) == (result.text, False)


#: Between which characters a token may end.
BOUNDARY = re.compile(r"(?<![\w.])(?=[\w.])|(?<=[\w.])(?![\w.])|(?<=[^\w.\s])|(?=[^\w.\s])")


@given(programs(), st.integers(min_value=0))
def test_a_comment_at_any_place_of_any_program(text: str, number: int) -> None:
    """As below, at a place that hypothesis chooses, in programs that nobody wrote."""
    places = [found.start() for found in BOUNDARY.finditer(text)]
    at = places[number % len(places)]
    source = Source("main.mlp", f"{text[:at]} #~ here\n{text[at:]}")
    parsed = parse(source)
    if parsed.diagnostics or "#~ here" not in [comment.text for comment in parsed.file.comments]:
        return
    result = format_source(source)
    assert [mistake.message for mistake in result.diagnostics] == []
    assert result.text.count("#~ here\n") == 1
    ours, theirs = result.text.split("#~ here\n")
    assert re.sub(r"[\s,]", "", ours) == re.sub(r"[\s,]", "", text[:at])
    assert re.sub(r"[\s,]", "", theirs) == re.sub(r"[\s,]", "", text[at:])


SPECS = Path(__file__).resolve().parents[2] / "specs"


@pytest.mark.parametrize(
    "spec", ["boards", "regions", "tumor", pytest.param("digits", marks=pytest.mark.full)]
)
def test_a_comment_at_every_place_of_a_reference_program(spec: str) -> None:
    """Wherever a line may end, a comment may end it, and stays between the tokens between which it stands."""
    text = (SPECS / f"{spec}.mlp").read_text(encoding="utf-8")
    tried = 0
    for boundary in BOUNDARY.finditer(text):
        before, after = text[: boundary.start()], text[boundary.start() :]
        source = Source("main.mlp", f"{before} #~ here\n{after}")
        parsed = parse(source)
        # Not in a string or a comment, and not where a line end would end a statement too early.
        if parsed.diagnostics or "#~ here" not in [comment.text for comment in parsed.file.comments]:
            continue
        tried += 1
        result = format_source(source)
        assert [mistake.message for mistake in result.diagnostics] == []
        ours, theirs = result.text.split("#~ here\n")
        assert re.sub(r"[\s,]", "", ours) == re.sub(r"[\s,]", "", before)
        assert re.sub(r"[\s,]", "", theirs) == re.sub(r"[\s,]", "", after)
    assert tried > 10


@given(programs())
def test_every_line_is_tidy(text: str) -> None:
    lines = format_source(Source("main.mlp", text)).text.split("\n")
    assert lines[-1] == ""
    assert lines[0] != ""
    assert lines[-2] != ""
    assert not any("\r" in line for line in lines)
    if '"""' not in text:
        assert not any(line != line.rstrip() or line.startswith("\t") for line in lines)
        assert not any(len(line) - len(line.lstrip(" ")) & 1 for line in lines)
        assert "\n\n\n" not in "\n".join(lines)


@given(st.text(), st.sampled_from(["", "mlp 1\n"]))
def test_any_text_is_formatted_or_left_alone(text: str, start: str) -> None:
    result = format_source(Source("main.mlp", start + text))
    assert "MLP802" not in {mistake.code.code for mistake in result.diagnostics}
    if result.diagnostics:
        assert result.text == start + text


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("[", "]"), ("(", ")"), ("f(", ")"), ("{ a = ", " }"), ("x[", "]"), ("[f({ a = -(", ")})]")],
)
def test_the_deepest_nesting_that_the_language_allows(opening: str, closing: str) -> None:
    levels = 190 // len(re.findall(r"[\[({-]", opening))
    inner = "x" if closing != "]" or opening == "x[" else "1"
    text = f"mlp 1\n\nlet a = {opening * levels}{inner}{closing * levels}\n"
    result = format_source(Source("main.mlp", text))
    assert [mistake.message for mistake in result.diagnostics] == []


def test_time_grows_with_length_alone() -> None:
    """Ten times the text may not take much more than ten times as long; a square would take a hundred times."""

    def seconds(blocks: int) -> float:
        block = (
            "train t: x { # why\nlayers = [f(1, a=2), [g(3)], h]\nresources { cpu = 2, memory = 2GiB }\n}\n"
        )
        source = Source(
            "main.mlp", "mlp 1\n" + block * blocks + "let wide = [" + "f(1), " * blocks * 5 + "]\n"
        )
        start = time.process_time()
        assert format_source(source).changed
        return time.process_time() - start

    short = min(seconds(100) for _ in range(3))
    assert seconds(1_000) < 35 * short
