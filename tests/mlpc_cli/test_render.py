"""How a diagnostic looks: a text with marks, and what comes out.

In the texts here `«…»` marks the place of the diagnostic and `‹…›` the places of its labels, in order.
"""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc import codes
from mlpc.diagnostics import Diagnostic, Fix, Label
from mlpc.source import Source, Span
from mlpc_cli.render import Cells, counted, length, render

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def marked(text: str, path: str = "main.mlp") -> tuple[Source, list[Span], list[Span]]:
    """Return the text without marks, the spans of `«…»` and those of `‹…›`."""
    clean = ""
    open_marks: dict[str, list[int]] = {"«": [], "‹": []}
    closed: dict[str, list[tuple[int, int]]] = {"«": [], "‹": []}
    for character in text:
        if character in open_marks:
            open_marks[character].append(len(clean))
        elif character in "»›":
            opening = "«" if character == "»" else "‹"
            closed[opening].append((open_marks[opening].pop(), len(clean)))
        else:
            clean += character
    source = Source(path, clean)
    main, others = ([Span(source, *place) for place in sorted(closed[sign])] for sign in "«‹")
    return source, main, others


def drawn(text: str, label: str = "here", labels: tuple[str, ...] = (), columns: int = 140) -> str:
    """Return how a diagnostic at the marks of ``text`` is drawn, without its headline."""
    _, (span, *_), others = marked(text)
    item = Diagnostic(
        codes.UNKNOWN_COLUMN,
        "message",
        span,
        label=label,
        labels=[Label(place, words) for place, words in zip(others, labels, strict=True)],
    )
    headline, _, rest = render(item, columns=columns).partition("\n")
    assert headline == "error[MLP301] unknown-column: message"
    return "\n" + rest


# One place


def test_a_place_with_a_label() -> None:
    assert drawn("mlp 1\n  stratify = cells.«malignent»\n", "did you mean `malignant`?") == (
        """
 --> main.mlp:2:20
  |
2 |   stratify = cells.malignent
  |                    ^^^^^^^^^ did you mean `malignant`?
"""
    )


def test_a_place_without_a_label() -> None:
    assert drawn("a «b» c", "").endswith("1 | a b c\n  |   ^\n")


def test_an_empty_place_gets_one_caret() -> None:
    assert drawn("path =«»\n").endswith("1 | path =\n  |       ^ here\n")


def test_the_end_of_a_file_shows_what_stands_before_it() -> None:
    assert drawn("pipeline p {\n\n\n«»") == (
        """
 --> main.mlp:4:1
  |
1 | pipeline p {
...
4 |
  | ^ here
"""
    )


def test_the_end_of_a_file_without_a_line_end() -> None:
    assert drawn("pipeline p {«»").endswith("1 | pipeline p {\n  |             ^ here\n")


def test_an_empty_file() -> None:
    assert drawn("«»").endswith("1 |\n  | ^ here\n")


def test_carriage_returns_are_not_shown() -> None:
    assert drawn("a = 1\r\nb = «2»\r\nc = 3\r\n").endswith("2 | b = 2\n  |     ^ here\n")


def test_a_place_that_ends_with_its_line() -> None:
    assert drawn("a = «1\n»b = 2\n").endswith("1 | a = 1\n  |     ^ here\n")


def test_line_numbers_are_as_wide_as_the_widest() -> None:
    text = "‹first›\n" + "\n" * 98 + "«last»\n"
    assert drawn(text, labels=("declared",)) == (
        """
   --> main.mlp:100:1
    |
  1 | first
    | ----- declared
...
100 | last
    | ^^^^ here
"""
    )


# Several places


def test_two_places_in_two_lines_stand_in_one_snippet_in_order() -> None:
    assert drawn("«a» = 1\nb = 2\n‹c› = 3\n", labels=("there",)) == (
        """
 --> main.mlp:1:1
  |
1 | a = 1
  | ^ here
2 | b = 2
3 | c = 3
  | - there
"""
    )


def test_two_labels_in_one_line() -> None:
    assert drawn("‹train› forest: «svm»\n", labels=("the kind",)).endswith(
        """
1 | train forest: svm
  | -----         ^^^ here
  | |
  | the kind
"""
    )


def test_the_place_itself_may_stand_first() -> None:
    assert drawn(
        "«train› forest: ‹svm»\n".replace("›", "»").replace("svm»", "svm›"), labels=("this",)
    ).endswith(
        """
1 | train forest: svm
  | ^^^^^         --- this
  | |
  | here
"""
    )


def test_three_labels_in_one_line() -> None:
    assert drawn("‹a› + ‹bb› + «ccc»\n", labels=("one", "two")).endswith(
        """
1 | a + bb + ccc
  | -   --   ^^^ here
  | |   |
  | |   two
  | one
"""
    )


def test_a_place_inside_another() -> None:
    assert drawn("‹resources { gpu = «x» }›\n", labels=("this block",)).endswith(
        """
1 | resources { gpu = x }
  | ------------------^--
  | |                 |
  | |                 here
  | this block
"""
    )


def test_two_labels_at_one_place() -> None:
    assert drawn("‹«name»›\n", labels=("again",)).endswith(
        """
1 | name
  | ^^^^ here
  | |
  | again
"""
    )


def test_another_file_has_an_arrow_of_its_own() -> None:
    _, (here,), _ = marked("board = lib.«stm33»\n", "main.mlp")
    _, (there,), _ = marked("\n\ndevice «stm32» {\n", "lib/boards.mlp")
    item = Diagnostic(
        codes.UNKNOWN_NAME, "no `stm33`", here, label="not found", labels=[Label(there, "there is `stm32`")]
    )
    assert render(item, shown=lambda path: f"project/{path}") == (
        """\
error[MLP104] unknown-name: no `stm33`
 --> project/main.mlp:1:13
  |
1 | board = lib.stm33
  |             ^^^^^ not found
 --> project/lib/boards.mlp:3:8
  |
3 | device stm32 {
  |        ----- there is `stm32`
"""
    )


# Places of several lines


def test_a_block() -> None:
    assert drawn("  «train forest {\n    a = 1\n  }»\n") == (
        """
 --> main.mlp:1:3
  |
1 | /   train forest {
2 | |     a = 1
3 | |   }
  | |___^ here
"""
    )


def test_a_long_block_is_shown_by_its_ends() -> None:
    text = "«train forest {\n" + "  a = 1\n" * 20 + "}»\n"
    assert drawn(text) == (
        """
  --> main.mlp:1:1
   |
 1 | / train forest {
 2 | |   a = 1
...
21 | |   a = 1
22 | | }
   | |_^ here
"""
    )


def test_a_place_that_begins_within_a_line() -> None:
    assert drawn("require all(«a,\n  b»)\n") == (
        """
 --> main.mlp:1:13
  |
1 |   require all(a,
  |  _____________^
2 | |   b)
  | |___^ here
"""
    )


def test_a_mark_inside_a_block() -> None:
    assert drawn("‹train forest {\n  trees = «0»\n}›\n", labels=("in this block",)) == (
        """
 --> main.mlp:2:11
  |
1 | / train forest {
2 | |   trees = 0
  | |           ^ here
3 | | }
  | |_- in this block
"""
    )


def test_blocks_that_overlap_get_bars_of_their_own() -> None:
    assert drawn("«a {\n  ‹b {\n  c = 1\n  }›\n}»\n", labels=("inner",)) == (
        """
 --> main.mlp:1:1
  |
1 | /   a {
2 | | /   b {
3 | | |   c = 1
4 | | |   }
  | | |___- inner
5 | |   }
  | |___^ here
"""
    )


# Columns of a terminal


def test_a_tab_takes_four_columns() -> None:
    assert drawn("\tpath\t= «1»\n").endswith("1 |     path    = 1\n  |               ^ here\n")


def test_wide_characters_take_two_columns() -> None:
    assert drawn('owner = "日本" «x»\n').endswith('1 | owner = "日本" x\n  |                ^ here\n')
    assert drawn('owner = «"日本"»\n').endswith('1 | owner = "日本"\n  |         ^^^^^^ here\n')


def test_combining_characters_take_none() -> None:
    assert drawn('"cafe\u0301" «x»\n').endswith('1 | "cafe\u0301" x\n  |        ^ here\n')


def test_the_text_before_a_mark_is_as_wide_as_the_blanks_below_it() -> None:
    @given(st.text(max_size=12), st.text(min_size=1, max_size=5))
    def holds(before: str, word: str) -> None:
        before, word = (re.sub(r"[\n\r«»‹›]", "", text) for text in (before, word))
        source = Source("a.mlp", before + word)
        span = Span(source, len(before), len(before) + len(word))
        lines = render(Diagnostic(codes.UNKNOWN_NAME, "m", span), columns=1000).split("\n")
        carets = lines[4][4:]
        assert len(carets) - len(carets.lstrip(" ")) == length(Cells(before).text)
        assert carets.count("^") == max(length(Cells(word).text), 1)

    holds()


# Long lines


def test_a_long_line_is_clipped_around_its_mark() -> None:
    text = "a" * 300 + "«TARGET»" + "b" * 300
    shown = drawn(text, columns=60)
    assert shown.endswith(
        """
1 | …aaaaaaaaaaaaaaaaaaaaaaaTARGETbbbbbbbbbbbbbbbbbbbbbbbbb…
  |                         ^^^^^^ here
"""
    )


def test_a_long_line_with_a_mark_near_its_beginning_is_clipped_at_its_end() -> None:
    shown = drawn("«ab»" + "c" * 300, columns=60)
    assert "1 | ab" + "c" * 53 + "…\n  | ^^ here\n" in shown


def test_wide_characters_are_clipped_whole() -> None:
    shown = drawn("日" * 300 + "«x»" + "本" * 300, columns=60)
    line, carets = shown.splitlines()[3:5]
    assert length(line) <= 60
    assert length(line[: line.index("x")]) == carets.index("^")


def test_a_mark_that_is_longer_than_the_line_shown_ends_with_it() -> None:
    line, carets = drawn("x = «" + "y" * 500 + "»", columns=60).splitlines()[3:5]
    assert len(line) <= 60
    assert len(carets.removesuffix(" here")) <= 60


@pytest.mark.timeout(20)
def test_a_line_of_ten_megabytes_is_drawn_at_once() -> None:
    source = Source("a.mlp", "é" * 10_000_000)
    text = render(Diagnostic(codes.UNKNOWN_NAME, "m", Span(source, 5_000_000, 5_000_003)))
    assert "^^^" in text
    assert len(text) < 1000


# Hostile text


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\x1b", r"\u{1b}"),
        ("\x07", r"\u{7}"),
        ("\x9b", r"\u{9b}"),
        ("\x7f", r"\u{7f}"),
        ("\u202e", r"\u{202e}"),
        ("\u2066", r"\u{2066}"),
        ("\ufeff", r"\u{feff}"),
        ("\u2028", r"\u{2028}"),
        ("\ud800", r"\u{d800}"),
        ("\0", r"\u{0}"),
    ],
)
def test_what_drives_a_terminal_is_escaped_everywhere(character: str, shown: str) -> None:
    source = Source(f"{character}.mlp", f"a {character} b c\n")
    span = Span(source, 4, 5)
    item = Diagnostic(
        codes.UNKNOWN_NAME,
        f"message {character}",
        span,
        label=f"label {character}",
        labels=[Label(Span(source, 6, 7), f"other {character}")],
        help=[f"help {character}"],
        fixes=[Fix(f"fix {character}", [(span, f"{character}!")])],
    )
    text = render(item)
    assert character not in text
    assert text.count(shown) == 9
    assert f"1 | a {shown} b c" in text


def test_a_message_cannot_forge_a_line() -> None:
    item = Diagnostic(codes.UNKNOWN_NAME, "no\nmain.mlp: ok", None)
    assert render(item) == "error[MLP104] unknown-name: no\\nmain.mlp: ok\n"


@given(st.text(max_size=80), st.integers(0, 80), st.integers(0, 80), st.integers(0, 200))
def test_whatever_the_text_it_is_drawn(text: str, start: int, size: int, columns: int) -> None:
    source = Source("a.mlp", text)
    start = min(start, len(text))
    span = Span(source, start, min(start + size, len(text)))
    other = Label(Span(source, start // 2, min(start // 2 + size, len(text))), "other")
    shown = render(
        Diagnostic(codes.UNKNOWN_NAME, text, span, label="l", labels=[other], help=[text]), columns=columns
    )
    assert "^" in shown
    assert not any(ord(character) < 32 and character != "\n" for character in shown)


# Help and fixes


def test_help_of_several_lines_is_indented() -> None:
    item = Diagnostic(codes.UNKNOWN_NAME, "m", None, help=["either\nor", "more"])
    assert render(item) == "error[MLP104] unknown-name: m\n  = help: either\n          or\n  = help: more\n"


def fixed(text: str, new: str, label: str = "") -> str:
    _, (span,), _ = marked(text)
    return render(
        Diagnostic(codes.MISSING_UNIT, "m", span, label=label, fixes=[Fix("write it so", [(span, new)])])
    )


def test_a_fix_shows_what_the_line_would_be() -> None:
    assert fixed("memory = «512»\n", "512MiB").endswith(
        """
  = fix: write it so
1 | memory = 512MiB
  |          ~~~~~~
"""
    )


def test_a_fix_that_only_adds() -> None:
    assert fixed("memory = 512«»\n", "MiB").endswith("1 | memory = 512MiB\n  |             +++\n")


def test_a_fix_that_only_takes_away() -> None:
    assert fixed("memory = 512«,»\n", "").endswith("  = fix: write it so\n1 | memory = 512\n")


def test_a_fix_that_the_label_tells_already_is_not_told_again() -> None:
    assert "fix" not in fixed("tres = «10»\n", "trees", "did you mean `trees`?")


def test_a_fix_that_may_change_the_meaning_says_so() -> None:
    _, (span,), _ = marked("«a» = 1")
    fix = Fix("leave it out", [(span, "")], safe=False)
    text = render(Diagnostic(codes.UNKNOWN_KEY, "m", span, fixes=[fix]))
    assert "= fix: leave it out (look at it first: it may change what is meant)" in text


def test_a_fix_of_several_lines_is_told_and_not_drawn() -> None:
    assert fixed("«a\nb»\n", "c").endswith("  = fix: write it so\n")


# Colour


def test_colour_adds_nothing_but_colour() -> None:
    _, (span,), others = marked("‹train forest: «svm» {\n  a = 1\n}›")
    item = Diagnostic(
        codes.UNKNOWN_COMPONENT,
        "m",
        span,
        label="here",
        labels=[Label(others[0], "block")],
        help=["h"],
        fixes=[Fix("f", [(span, "x")])],
    )
    plain, colour = render(item), render(item, colour=True)
    assert ANSI.sub("", colour) == plain
    assert colour.count("\x1b[0m") >= colour.count("\x1b[1")
    assert "\x1b" not in plain


@pytest.mark.parametrize(
    ("severity", "style"), [("error", "\x1b[1;31m"), ("warning", "\x1b[1;33m"), ("note", "\x1b[1;36m")]
)
def test_each_severity_has_its_colour(severity: str, style: str) -> None:
    item = Diagnostic(codes.UNKNOWN_NAME, "m", None, severity=severity)
    assert render(item, colour=True).startswith(f"{style}{severity}[MLP104]")


# The closing line


@pytest.mark.parametrize(
    ("counts", "files", "text"),
    [
        ((2, 1, 0), 1, "2 errors, 1 warning in 1 file"),
        ((1, 0, 2), 3, "1 error, 2 notes in 3 files"),
        ((0, 2, 0), 1, "2 warnings in 1 file"),
        ((1, 0, 0), 0, "1 error"),
        ((0, 0, 0), 0, ""),
    ],
)
def test_the_closing_line(counts: tuple[int, int, int], files: int, text: str) -> None:
    assert counted(dict(zip(("error", "warning", "note"), counts, strict=True)), files) == text


def test_a_thousand_places_on_a_line_of_megabytes_are_drawn_at_once() -> None:
    source = Source("main.mlp", "mlp 1\n" + "? " * 5_000_000)
    began = time.process_time()
    for at in range(1000):
        start = 6 + 2 * at
        text = render(Diagnostic(codes.UNEXPECTED_CHARACTER, "message", Span(source, start, start + 1)))
        assert length(text.split("\n")[3]) < 200
    assert time.process_time() - began < 2
