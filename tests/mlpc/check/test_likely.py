"""What is offered where a value, a component or a name is missing: the one thing that the rest of the pipeline leaves open."""

from __future__ import annotations

import pytest

from tests.loader import checked

PROGRAM = """\
mlp 1

pipeline demo {
  data cells: csv { path = "cells.csv", schema = Cell }
  data others: csv { path = "others.csv", schema = Other }
  split parts: random { data = cells, test = 20% }
  train forest: sklearn.random_forest { data = parts.train, trees = 50 }
  export portable: onnx { model = forest }
  evaluate quality: classification { model = forest, data = parts.test, require auc >= 0.8 }
  deploy api: server { model = portable }
  transform joined: join { left = cells, right = others, both = true }
}

component join: transform {
  input left: dataset
  input right: dataset
  param both: bool = false
  output rows: dataset(left)
  run = container(image = "example.org/join:1", command = ["join"])
}

schema Cell { radius: float, sick: bool @label }
schema Other { radius: float }
"""


def offered(old: str, new: str) -> list[str]:
    """Return the ways out of the first mistake in the program with ``new`` for ``old``."""
    assert PROGRAM.count(old) == 1
    return [fix.message for fix in checked(PROGRAM.replace(old, new), {})[0].fixes]


def test_the_program_is_correct() -> None:
    assert checked(PROGRAM, {}) == []


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        # The part that is called after what the block does; what there is one of.
        ("data = parts.train", "data = ", "write `data = parts.train`"),
        ("data = parts.train, ", "", "add `data = parts.train`"),
        ("data = parts.test", "data = 3", "write `parts.test`"),
        ("model = portable", "model = ", "write `model = portable`"),
        # What the block is called after.
        ("schema = Cell", "schema = ", "write `schema = Cell`"),
        ("both = true", "both = ", "write `both = true`"),
        ("trees = 50", "trees = ", "take `trees` away: it is `100` then"),
        # Keys, paths, names, figures, labels and frameworks tell the component.
        ('csv { path = "cells.csv"', 'onnx { path = "cells.csv"', "write `csv`"),
        ("sklearn.random_forest {", "server {", "write `sklearn.random_forest`"),
        ("split parts: random", "split parts:", "write `: random`"),
        ("evaluate quality: classification", "evaluate quality", "write `: classification`"),
        ("portable: onnx", "portable: server", "write `onnx`"),
        # What is named and not declared is what was declared by the name of another.
        ("split parts", "split cells", "call it `parts`"),
    ],
)
def test_what_the_rest_leaves_open_is_offered(old: str, new: str, first: str) -> None:
    assert offered(old, new)[:1] == [first]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # Either of two sets of rows may be meant, and any number or text.
        ("left = cells", "left = "),
        ('path = "others.csv"', "path = "),
        ("test = 20%", "test = "),
        # A block that nothing names could be called anything.
        ("evaluate quality", "evaluate forest"),
    ],
)
def test_nothing_is_offered_where_several_things_may_be_meant(old: str, new: str) -> None:
    assert offered(old, new) == []


def test_what_the_mistake_itself_tells_comes_first() -> None:
    found = offered("split parts: random", "data parts: random")
    assert found == ["write `split` for `data`"]
