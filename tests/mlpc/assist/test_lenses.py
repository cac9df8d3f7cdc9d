"""What can be done with a file, where."""

from __future__ import annotations

from mlpc.assist.lenses import lenses
from mlpc.assist.view import View
from tests.loader import compiled
from tests.mlpc.assist.spot import SCHEMA

TEXT = f"""\
mlp 1

pipeline p {{
  data rows: csv {{ path = "rows.csv", schema = Row }}
  train each_of each name in ["a"]: sklearn.random_forest {{ data = rows }}
  train forest: sklearn.random_forest {{ data = rows }}
  deploy api: server {{ model = forest }}
}}
{SCHEMA}
env prod {{ }}
test "it runs" {{ expect runs(forest) }}
"""


def offered(text: str) -> list[tuple[str, str, str]]:
    """Return what is offered: at what, the command, and its environment, step or test."""
    view = View(compiled(text))
    return [
        (text[lens.start : lens.end], lens.command, lens.environment or lens.only or lens.test)
        for lens in lenses(view)
    ]


def test_what_can_be_done_stands_where_it_is_declared() -> None:
    assert offered(TEXT) == [
        ("p", "check", ""),
        ("p", "run", ""),
        ("p", "test", ""),
        ("p", "compile", ""),
        ("rows", "run", "rows"),
        ("forest", "run", "forest"),
        ("prod", "check", "prod"),
        ("prod", "run", "prod"),
        ("prod", "compile", "prod"),
        ('"it runs"', "test", "it runs"),
    ]


def test_lenses_stay_where_they_are_while_somebody_makes_a_mistake() -> None:
    assert offered(TEXT.replace('path = "rows.csv"', "path = =")) == offered(TEXT)
    assert offered(TEXT.replace("data = rows }", "dat = rows }")) == offered(TEXT)


def test_a_library_can_be_checked() -> None:
    assert [command for _, command, _ in offered("mlp 1\n" + SCHEMA)] == ["check"]
    assert offered("") == []
