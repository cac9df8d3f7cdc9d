"""What is read of the user's Python: no file is too odd, and nothing of it is run."""

from __future__ import annotations

from mlpc.check.functions import MOST, PythonFile, read


def functions(text: str) -> PythonFile:
    found = read("train.py", text.encode())
    assert isinstance(found, PythonFile)
    return found


def test_nothing_is_run() -> None:
    found = functions("raise SystemExit\nimport no_such_module\ndef fit(data): ...\n")
    assert list(found.functions["fit"].parameters) == ["data"]


def test_a_file_that_nobody_wrote_by_hand_is_not_read() -> None:
    assert read("train.py", b"#" * (MOST + 1)) == ("it has more than 2 MiB", None)
    assert isinstance(read("train.py", b"#" * MOST), PythonFile)


def test_a_file_that_is_nested_without_end_is_told() -> None:
    problem = read("train.py", b"x = " + b"(" * 100_000)
    assert isinstance(problem, tuple)
    deep = read("train.py", b"def fit(x: " + b"a[" * 5_000 + b"b" + b"]" * 5_000 + b"): ...\n")
    assert isinstance(deep, tuple)


def test_bytes_that_are_no_text_are_told() -> None:
    for data in (
        b"\0",
        b"\xff\xfe",
        b"# coding: utf-16\n",
        b"# coding: rot13\nqrs svg(): cnff\n",
        b"\x80 = 1",
    ):
        assert isinstance(read("train.py", data), tuple), data


def test_places_count_characters_not_bytes() -> None:
    found = functions('größe = "ä"; x = 1\ndef fit(größe, data: "ö" = "ä", *, tiefe): ...\n')
    fit = found.functions["fit"]
    assert [each.span.text for each in fit.parameters.values()] == ["größe", 'data: "ö"', "tiefe"]
    assert fit.span.text == "fit"
    assert [each.optional for each in fit.parameters.values()] == [False, True, False]


def test_line_ends_of_all_kinds_are_counted_alike() -> None:
    for end in ("\n", "\r\n", "\r"):
        found = functions(end.join(["# one", "", "def fit(data):", "    return data", ""]))
        place = found.functions["fit"].span
        assert (place.text, place.source.position(place.start)) == ("fit", (3, 5))


def test_form_feeds_and_line_separators_within_a_line_do_not_move_places() -> None:
    found = functions('x = "\x0c \u2028 \x85"\n\x0cdef fit(data): ...\n')
    place = found.functions["fit"].span
    assert (place.text, place.source.position(place.start)[0]) == ("fit", 2)
    found = functions('x = "\x0c"\ndef fit(a, b, c): ...\ndef score(c): ...\n')
    assert found.functions["score"].parameters["c"].span.start == found.source.text.rindex("c")
