"""The texts of which values are made, and what only stands beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlpc.ir.texts import texts

if TYPE_CHECKING:
    from mlpc.ir.nodes import Json

PLACE: Json = {"file": "main.mlp", "line": 4, "column": 2}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a.txt", {"a.txt"}),
        (["a.txt", {"names": "b.txt"}], {"a.txt", "b.txt"}),
        ({"const": {"param": "a.txt"}}, {"a.txt"}),
        ({"param": "a.txt"}, set()),
        ({"secret": "a.txt"}, set()),
        ({"metric": {"node": "a.txt", "name": "b.txt"}}, set()),
        ({"op": "==", "args": ["a.txt", {"param": "b.txt"}]}, {"a.txt"}),
        ({"concat": ["data/", {"param": "name"}]}, {"data/"}),
        ({"if": [{"param": "quick"}, "small.csv", "large.csv"]}, {"small.csv", "large.csv"}),
        (
            {
                "checked": {"otherwise": ["a.txt", {"param": "b.txt"}]},
                "type": {"base": "enum", "choices": ["c.txt"]},
                "what": "`path` of `x`",
                "text": "d.txt",
                "place": PLACE,
            },
            {"a.txt"},
        ),
    ],
)
def test_what_is_no_value_is_left_out(value: Json, found: set[str]) -> None:
    assert texts(value) == found
