"""From bytes to text: what is read, and what is said about bytes that are no text."""

from __future__ import annotations

import pytest

from mlpc.source import Source
from mlpc.syntax.parser import decode, parse
from tests.mlpc.syntax import trees


def test_a_byte_order_mark_is_left_out() -> None:
    source, found = decode("a.mlp", b"\xef\xbb\xbfmlp 1\n")
    assert (source.text, found) == ("mlp 1\n", [])
    assert trees.good("\ufeffmlp 1\nlet a = b\n").items[0].start == 7


def test_line_ends_stay_as_they_are() -> None:
    assert decode("a.mlp", b"mlp 1\r\nlet a = 1\r\n")[0].text == "mlp 1\r\nlet a = 1\r\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"mlp 1\n# M\xfcller\n", ["2:4 MLP001 byte 0xFC is no UTF-8"]),
        (b'mlp 1\nlet a = "\xff\xfe"\n', ["2:10 MLP001 byte 0xFF is no UTF-8, and 1 more like it"]),
        ("mlp 1\n".encode("utf-16"), ["1:1 MLP001 this file is written in UTF-16"]),
        (b"mlp 1\nlet a = \xc3", ["2:9 MLP001 byte 0xC3 is no UTF-8"]),
        (b"mlp 1\nlet \xed\xa0\x80 = 1\n", ["2:5 MLP001 byte 0xED is no UTF-8, and 2 more like it"]),
    ],
)
def test_bytes_that_are_no_text(data: bytes, said: list[str]) -> None:
    source, found = decode("a.mlp", data)
    assert trees.say(source, found) == said
    assert found[0].help == ("save the file as UTF-8",)
    edition = parse(source).file.edition
    assert edition is not None
    assert edition.version == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mlp 1\nlet a = \0\n", ["2:9 MLP001 a NUL character stands in the text"]),
        ('mlp 1\nlet a = "\0\0"\n', ["2:10 MLP001 a NUL character stands in the text, and 1 more like it"]),
        ("mlp 1\nlet a = \ud800\n", ["2:9 MLP001 U+D800, half of a surrogate pair stands in the text"]),
    ],
)
def test_characters_that_are_no_text(text: str, said: list[str]) -> None:
    parsed = trees.read(text)
    assert trees.say(parsed.file.source, parsed.diagnostics) == said
    assert len(parsed.file.items) == 1


# The edition is looked at before anything else


@pytest.mark.parametrize("text", ["", "\n\n", "pipeline a {\n}\n", "# nothing\n", "use std.x as x\n"])
def test_a_missing_edition_comes_with_a_fix(text: str) -> None:
    parsed = trees.read(text)
    assert trees.say(parsed.file.source, parsed.diagnostics) == [
        "1:1 MLP002 a file begins with the edition of the language: `mlp 1`"
    ]
    assert parsed.file.edition is None
    (fix,) = parsed.diagnostics[0].fixes
    ((span, insert),) = fix.edits
    repaired = text[: span.start] + insert + text[span.end :]
    again = parse(Source("a.mlp", repaired))
    assert again.diagnostics == []
    assert len(again.file.items) == len(parsed.file.items)


@pytest.mark.parametrize("line", ["mlp", "mlp one", 'mlp "1"', "mlp 1.5", "mlp x y"])
def test_an_edition_that_is_none(line: str) -> None:
    parsed = trees.read(f"{line}\nlet a = 1\n")
    assert trees.say(parsed.file.source, parsed.diagnostics) == [
        f"1:1 MLP002 `{line}` names no edition of the language"
    ]
    (fix,) = parsed.diagnostics[0].fixes
    ((span, insert),) = fix.edits
    assert (span.text, insert) == (line, "mlp 1")


@pytest.mark.parametrize("rest", ["", "let = = =\n", "pipeline a { b <- c }\n", "}}}}"])
def test_of_a_newer_edition_nothing_else_is_reported(rest: str) -> None:
    parsed = trees.read(f"# why\nmlp 2\n{rest}")
    assert trees.say(parsed.file.source, parsed.diagnostics) == ["2:1 MLP003 this file needs mlpc >= 2.0"]
    assert parsed.file.edition is not None
    assert parsed.file.edition.version == 2
    assert parsed.file.items == ()


def test_there_is_no_edition_nought() -> None:
    parsed = trees.read("mlp 0\n")
    assert trees.say(parsed.file.source, parsed.diagnostics) == [
        "1:1 MLP002 there is no edition 0 of the language"
    ]
