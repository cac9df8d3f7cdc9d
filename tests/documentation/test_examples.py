"""What is checked of an example is what its fence says, and one that is something else is found."""

from __future__ import annotations

import pytest

from tools.documentation.examples import faults, fences

CLEAN = "mlp 1\n\nschema Row { age: int @label }\n"
UNKNOWN = "mlp 1\n\nschema Row { age: imt @label }\n"
PIPELINE = """\
mlp 1

pipeline demo {
  data rows: csv { path = "rows.csv", schema = Row }
}

schema Row { age: int @label }

"""


def found(info: str, text: str, before: str = "") -> list[str]:
    (*_, fence) = fences(f"# Page\n\n{before}```{info}\n{text}```\n")
    return faults(fence)


@pytest.mark.parametrize(
    ("info", "text"),
    [
        ("mlp", CLEAN),
        ("mlp wrong unknown-type", UNKNOWN),
        ("mlp statements", "seed = 7\n"),
        ("mlp statements loose", "seed = 7 # seven\n"),
        ("mlp declarations", 'data cells: csv { path = "cells.csv" }\n'),
        ("mlp values", "2min + 30s  # is 150s\nfirst or second\n"),
        ("mlp", PIPELINE + 'test "it runs" { expect runs(rows) }\n'),
        ("python", "def not python\n"),
    ],
)
def test_an_example_that_is_what_it_says(info: str, text: str) -> None:
    assert found(info, text) == []


@pytest.mark.parametrize(
    ("info", "text", "said"),
    [
        ("mlp", UNKNOWN, "found ['unknown-type']"),
        ("mlp", CLEAN.replace(" }", "}"), "lays it out as"),
        ("mlp wrong unknown-type", CLEAN, "found none"),
        ("mlp wrong unknown-name", UNKNOWN, "found ['unknown-type']"),
        ("mlp lint no-seed", CLEAN, "found none"),
        ("mlp statements", "seed = 7 # seven\n", "lays it out as"),
        ("mlp statements loose", "seed = (7\n", "never closed"),
        ("mlp values", "2min + 30s  # is 2.5min\n", "it is 150s, not 2.5min"),
        ("mlp values", "2min + 30KiB  # is 150\n", "`2min + 30KiB`: "),
        ("mlp values", "1 +\n", "after"),
        ("mlp", PIPELINE + 'test "it runs" { expect not runs(rows) }\n', "`it runs` has failed"),
        ("mlp wholly", CLEAN, "`wholly` says nothing about an example"),
    ],
)
def test_an_example_that_is_something_else(info: str, text: str, said: str) -> None:
    (fault,) = found(info, text)
    assert said in fault


def test_files_of_a_section_lie_beside_its_examples() -> None:
    library = "`lib.mlp`:\n\n```mlp\nmlp 1\n\nschema Row { age: int @label }\n```\n\n"
    text = 'mlp 1\n\nuse "./lib.mlp" as lib\n\nschema More: lib.Row { size: int }\n'
    assert found("mlp", text, library) == []
    (fault,) = found("mlp", text, f"{library}## Another section\n\n")
    assert "found ['unknown-module']" in fault
