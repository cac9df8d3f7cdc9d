"""Any text whatever yields a tree and diagnostics."""

from __future__ import annotations

import random
import re

from hypothesis import example, given
from hypothesis import strategies as st

from mlpc.source import Source
from mlpc.syntax.parser import decode, parse
from tests.mlpc.syntax import trees
from tests.mlpc.syntax.mutants import SPECS
from tests.strategies.programs import programs

WORDS = [
    "mlp 1\n", "mlp", "1", "use", "as", "a", "b.c", "in", "each", "if", "then", "else", "and", "or", "not", "when",
    "require", "given", "expect", "true", "none", "{", "}", "(", ")", "[", "]", "=", ":", ",", "==", "<", "..", "...",
    "+", "-", "*", "/", '"s"', '"', '"""', '"${a}"', "${", "\\", "20min", "95%", "1e4", "@m", "@", ".", ".d", "#c\n",
    "##d\n", "\n", "\n  ", " ", "\t", "\r\n", ";", "'x'", "é", "\0", "\ud800", "\ufeff", "\u00a0", "&&", "//",
]  # fmt: skip
soups = st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)
anything = st.one_of(st.text(max_size=200), soups, soups.map(lambda soup: "mlp 1\n" + soup))


def assert_sound(text: str) -> None:
    """What every tree and every diagnostic has to hold."""
    parsed = trees.read(text)
    file = parsed.file
    assert (file.start, file.end) == (0, len(text))
    trees.assert_places_are_sound(file)
    for one in parsed.diagnostics:
        assert one.message
        assert one.label
        assert one.help or one.fixes
        places = [one.span, *(label.span for label in one.labels)]
        places += [place for fix in one.fixes for place, _ in fix.edits]
        for span in places:
            assert span is not None
            assert 0 <= span.start <= span.end <= len(text)
    starts = [one.span.start for one in parsed.diagnostics if one.span is not None]
    assert starts == sorted(starts)
    for comment in file.comments:
        assert text[comment.start : comment.end] == comment.text
        assert comment.text.startswith("#")
        # The mark at the very beginning of a file is no text.
        before = text.removeprefix("\ufeff")[: comment.start - text.startswith("\ufeff")].rpartition("\n")[2]
        assert comment.own_line == (not before.strip(" \t\r\0\ud800"))


@given(anything)
@example("A0")  # Nothing stands behind the name that a point was looked for.
def test_any_text(text: str) -> None:
    assert_sound(text)


@given(programs(), st.integers(0, 2**32))
def test_programs_with_damage(text: str, seed: int) -> None:
    """Some characters of a good program left out, put in, or changed."""
    chance = random.Random(seed)
    letters = list(text)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(letters))
        letters[place] = chance.choice(["", letters[place] * 2, chance.choice(WORDS)])
    assert_sound("".join(letters))


@given(
    st.lists(st.sampled_from([word for word in WORDS if not set(word) & set("\"'/\0\ud800")])).map(" ".join)
)
def test_all_comments_are_kept(soup: str) -> None:
    """Without strings every `#` begins a comment that ends with its line."""
    text = "mlp 1\n" + soup
    wanted = [found.rstrip("\r") for found in re.findall(r"#[^\n]*", text)]
    assert [comment.text for comment in trees.read(text).file.comments] == wanted


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    source, found = decode("main.mlp", data)
    parse(source)
    for one in found:
        assert one.span is not None
        assert one.span.end <= len(source.text)


@given(st.data())
def test_prefixes_of_the_reference_programs(data: st.DataObject) -> None:
    """What an editor sees while somebody writes."""
    text = data.draw(st.sampled_from(SPECS)).read_text(encoding="utf-8")
    assert_sound(text[: data.draw(st.integers(0, len(text)))])


@given(anything)
def test_the_same_text_gives_the_same_tree(text: str) -> None:
    one, two = (parse(Source("main.mlp", text)) for _ in range(2))
    assert trees.dump(one.file, places=True) == trees.dump(two.file, places=True)
    assert [str(each) for each in one.diagnostics] == [str(each) for each in two.diagnostics]
