"""Texts that nobody writes: they are read, or refused with a clear error, in time that grows with their size."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from mlpc import codes
from mlpc.limits import DEPTH_OF_SYNTAX, MISTAKES
from mlpc.syntax.parser import Parsed
from mlpc.syntax.tree import Decl
from tests.loader import compiled
from tests.mlpc.syntax import trees

HEAD = "mlp 1\n\nlet x = "
MANY = 100_000
# Seconds for one of these texts on a slow machine; quadratic work takes minutes.
LIMIT = 30.0

TOO_DEEP = {
    "open lists": HEAD + "[" * MANY,
    "open parentheses": HEAD + "(" * MANY,
    "closed lists": HEAD + "[" * MANY + "]" * MANY,
    "open blocks": "mlp 1\n" + "a b {" * MANY,
    "closed blocks": "mlp 1\n" + "a b {" * MANY + "}" * MANY,
    "blocks of lines": "mlp 1\n" + "a b {\n" * MANY + "}\n" * MANY,
    "mixed brackets": HEAD + "([{ a = " * MANY,
    "not": HEAD + "not " * MANY + "a",
    "minus": HEAD + "-" * MANY + "1",
    "a sum": HEAD + "+".join(["a"] * MANY),
    "conditions": HEAD + "\n  and ".join(["a"] * MANY),
    "indices": HEAD + "a" + "[0]" * MANY,
    "calls": HEAD + "a" + "()" * MANY,
    "members": HEAD + "a[0]" + ".b" * MANY,
    "choices": HEAD + "if a then b else " * MANY + "c",
}


def read_in_time(text: str) -> Parsed:
    """Parse ``text``, in time and without an exception, into a tree that can be walked."""
    began = time.process_time()
    parsed = trees.read(text)
    assert time.process_time() - began < LIMIT
    assert parsed.file.source.text == text
    return parsed


@pytest.mark.parametrize("name", TOO_DEEP)
def test_nesting_is_bounded_by_one_clear_error(name: str) -> None:
    parsed = read_in_time(TOO_DEEP[name])
    assert [one.code for one in parsed.diagnostics] == [codes.NESTED_TOO_DEEP]
    trees.assert_places_are_sound(parsed.file)


@pytest.mark.parametrize(
    "text",
    [
        "mlp 1" + "[" * 150 + "{]" + "[" * 150,
        HEAD + "[" * 150 + "{ a =" + "]" * 20 + "[" * 100 + "\n}\n",
    ],
)
def test_nesting_is_told_where_nothing_of_it_could_be_read(text: str) -> None:
    assert codes.NESTED_TOO_DEEP in [one.code for one in read_in_time(text).diagnostics]


def test_a_message_is_one_line_whatever_it_repeats() -> None:
    found = compiled('mlp \n\n"""x\n\n  y\n""" churn {\n}\n').check()
    assert [one.message for one in found] == [
        "`mlp` names no edition of the language",
        "expected a name, found a string",
        "there is no kind `x y` at the top level of a file",
    ]


def test_what_is_just_deep_enough_works() -> None:
    for text in (
        "[" * DEPTH_OF_SYNTAX + "]" * DEPTH_OF_SYNTAX,
        "+".join(["a"] * (DEPTH_OF_SYNTAX + 1)),
        "-" * DEPTH_OF_SYNTAX + "1",
    ):
        trees.good(HEAD + text)
    one_more = trees.read(HEAD + "[" * (DEPTH_OF_SYNTAX + 1) + "]" * (DEPTH_OF_SYNTAX + 1))
    assert trees.say(one_more.file.source, one_more.diagnostics) == [
        f"3:{9 + DEPTH_OF_SYNTAX} MLP019 brackets and operators nest more than {DEPTH_OF_SYNTAX} deep here"
    ]


def test_elements_beside_each_other_do_not_nest() -> None:
    trees.good(HEAD + "[" + "a + b, " * 1000 + "]")
    trees.good("mlp 1\n" + "let a = b + c\n" * 1000)


ONE_LINE = {
    "blanks": ("mlp 1\n" + " " * 10_000_000, []),
    "a name": (HEAD + "a" * 10_000_000, []),
    "a string": (HEAD + '"' + "a" * 10_000_000 + '"', []),
    "an open string": (HEAD + '"' + "a" * 10_000_000, ["MLP012"]),
    "an open string of backslashes": (HEAD + '"' + "\\" * 10_000_000, ["MLP012"]),
    "an open text block": (HEAD + '"""' + " a\n" * 1_000_000, ["MLP012"]),
    "a comment": ("mlp 1\n#" + "x" * 10_000_000, []),
    "a number": (HEAD + "1" * 10_000_000, ["MLP018"]),
    "signs": (HEAD + "$" * 10_000_000, ["MLP011"]),
    "a list": (HEAD + "[" + "1," * 1_000_000 + "]", []),
    "statements": ("mlp 1\nstep a {" + "b = 1, " * 300_000 + "}", []),
    "interpolations": (HEAD + '"' + "${a}" * 200_000 + '"', []),
}


@pytest.mark.parametrize("name", ONE_LINE)
def test_a_line_of_megabytes(name: str) -> None:
    text, wanted = ONE_LINE[name]
    assert [one.code.code for one in read_in_time(text).diagnostics] == wanted


def test_a_line_of_junk_is_not_read_to_its_end() -> None:
    began = time.process_time()
    parsed = read_in_time("mlp 1\n\nstep a {\n  b = " + "?! " * 1_000_000 + "\n}\n")
    assert time.process_time() - began < LIMIT / 4
    found = [one.code for one in parsed.diagnostics]
    assert len(found) == MISTAKES + 1
    assert found[-1] == codes.TOO_MANY_MISTAKES
    assert codes.UNCLOSED_BRACKET not in found


def test_a_hundred_thousand_statements() -> None:
    parsed = read_in_time("mlp 1\n\nstep a {\n" + "  b = 1\n" * MANY + "}\n")
    assert parsed.diagnostics == []
    (block,) = parsed.file.items
    assert isinstance(block, Decl)
    assert block.body is not None
    assert len(block.body.items) == MANY


@pytest.mark.parametrize(
    "line", ["a 3 4 5\n", "a = = = ) 1\n", "}\n", "a\n", "@ $ ^\n", "require\n", "(\n", '"\n', "${\n", "'\n"]
)
def test_thousands_of_mistakes_end_with_a_note(line: str, full: bool) -> None:
    parsed = read_in_time("mlp 1\n\nstep a {\n" + line * (MANY if full else 10_000) + "}\n")
    found = [one.code for one in parsed.diagnostics]
    assert 1 <= len(found) <= MISTAKES + 1
    if len(found) > MISTAKES:
        assert codes.TOO_MANY_MISTAKES in found


@pytest.mark.parametrize(
    "unit",
    ['"', "'", '"""', "\\", "${", "[", "{", "(", ")]}", "a b {\n", "a.", "..", "not ", "= ", "1 ", "é", "\0", "\ud800", "\u00a0",
     "“", "##\n\n", "#\n", ",", ";", "\r", "\t\n", "@a", "each a in ", "if ", "mlp 1\n", "use x\n", "-", "/", "//"],
)  # fmt: skip
def test_time_grows_with_the_size(unit: str, full: bool) -> None:
    """Ten times the text takes about ten times as long: thirty times would still pass, a hundred not."""
    small, large = (10_000, 100_000) if full else (1_000, 10_000)
    times = []
    for count in (small, large):
        best = min(_seconds("mlp 1\n\nstep a { b = " + unit * count) for _ in range(2))
        times.append(best)
    assert times[1] < 30 * times[0] + 0.2


def _seconds(text: str) -> float:
    began = time.process_time()
    trees.read(text)
    return time.process_time() - began


def test_a_small_stack_is_enough() -> None:
    """Nothing of the parser recurses over a program: a thread with little stack reads the deepest one."""
    program = (
        "import sys\n"
        "from mlpc.source import Source\n"
        "from mlpc.syntax.parser import parse\n"
        "text = sys.stdin.read()\n"
        "parse(Source('a', text))\n"  # loads every module
        "sys.setrecursionlimit(60)\n"
        "print(len(parse(Source('a', text)).diagnostics))\n"
    )
    for text in (
        TOO_DEEP["closed lists"],
        TOO_DEEP["a sum"],
        HEAD + "[" * DEPTH_OF_SYNTAX + "]" * DEPTH_OF_SYNTAX,
    ):
        done = subprocess.run(
            [sys.executable, "-c", program], input=text, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() in ("0", "1")
