"""Did-you-mean: what is near, what is not, and that the answer does not depend on the order of what is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc.diagnostics import Diagnostics
from mlpc.resolve.modules import Modules
from mlpc.resolve.similar import distance, nearest

from ...loader import Texts

WORDS = st.text(alphabet="abcd_", max_size=8)


@pytest.mark.parametrize(
    ("written", "known", "meant"),
    [
        ("tres", ["trees", "seed"], "trees"),
        ("ternary", ["trees", "seed"], None),
        ("accurcy", ["accuracy", "recall"], "accuracy"),
        ("lable", ["label", "table"], "label"),  # a swap is one mistake, like any other
        ("maxDepth", ["max_depth", "min_depth"], "max_depth"),
        ("RANDOM_FOREST", ["random_forest"], "random_forest"),
        ("max-depth", ["max_depth"], "max_depth"),
        ("acc", ["recall", "accuracy"], "accuracy"),  # what was not written to its end
        ("accuracy_score", ["accuracy", "recall"], "accuracy"),
        ("forest", ["sklearn_forest"], "sklearn_forest"),
        ("Gi", ["GB", "GiB", "GHz"], "GiB"),  # of two equally near the one that goes on
        ("beta", ["data", "alpha"], None),  # half of the letters is another name
        ("dtaa", ["data", "alpha"], "data"),
        ("maks", ["min", "max"], "max"),
        ("a", ["b"], None),
        ("a", ["bc"], None),
        ("x", [], None),
        ("", ["a"], "a"),
        ("n" * 65, ["n" * 65 + "m"], None),  # no name that anybody misspelt
    ],
)
def test_nearest(written: str, known: list[str], meant: str | None) -> None:
    assert nearest(written, known) == meant


@given(WORDS, st.lists(WORDS, max_size=8), st.randoms())
def test_the_order_of_what_is_known_changes_nothing(written: str, known: list[str], random: object) -> None:
    shuffled = list(known)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert nearest(written, known) == nearest(written, shuffled)
    assert nearest(written, known) in (None, *known)


def plain_distance(left: str, right: str) -> int:
    """The definition, without any shortcut: optimal string alignment."""
    rows = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) + 1):
        for j in range(len(right) + 1):
            if not i or not j:
                rows[i][j] = i + j
                continue
            same = left[i - 1] == right[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and left[i - 1] == right[j - 2] and left[i - 2] == right[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@given(WORDS, WORDS, st.integers(0, 5))
def test_distance_is_that_of_the_definition_up_to_its_limit(left: str, right: str, limit: int) -> None:
    assert distance(left, right, limit) == min(plain_distance(left, right), limit + 1)
    assert distance(left, right, limit) == distance(right, left, limit)


def test_thousands_of_unknown_names_are_no_typing_mistakes() -> None:
    modules = Modules(Texts({}), Diagnostics())
    known = [f"name{number}" for number in range(15_000)]
    assert modules.nearest("nam7", known) == "name7"
    assert modules.nearest("nam8", known) == "name8"
    assert modules.nearest("nam9", known) is None
