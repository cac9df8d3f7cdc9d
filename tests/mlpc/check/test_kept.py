"""What the library declares is read once for all specs of a process, and never taken from another library."""

from __future__ import annotations

import pytest

from mlpc.compilation import Compilation
from tests.loader import Texts

FOREST = """\
mlp 1

pipeline p {
  data rows: csv { path = "rows.csv", schema = Row }
  train forest: sklearn.random_forest { data = rows, trees = 20 }
}

schema Row {
  size: float
  good: bool @label
}
"""


class Library(Texts):
    """A project under a library in which some texts stand for others; it notes what is read."""

    def __init__(self, spec: str, **changed: tuple[str, str]) -> None:
        super().__init__({"main.mlp": spec})
        self.changed = changed
        self.asked: list[str] = []

    def read(self, path: str) -> bytes | None:
        self.asked.append(path)
        data = super().read(path)
        scheme, _, name = path.partition(":")
        if scheme != "std" or name not in self.changed or data is None:
            return data
        old, new = (text.encode() for text in self.changed[name])
        assert old in data, f"`{path}` has no {old!r}"
        return data.replace(old, new)


def said(loader: Texts) -> list[str]:
    return [each.message for each in Compilation(loader, "main.mlp").check()]


def test_a_component_of_another_library_is_read_anew() -> None:
    more = ("param trees: int in 1..100000", "param trees: int in 50..100000")
    for _ in range(2):
        assert said(Library(FOREST)) == []
        assert said(Library(FOREST, sklearn=more)) == [
            "`trees` of `sklearn.random_forest` is in 50..100000, but this is 20"
        ]


def test_so_is_one_that_the_change_is_far_from() -> None:
    """What a block takes from its kind belongs to it."""
    gone = ("param timeout: duration", "param timeouts: duration")
    timed = FOREST.replace("trees = 20", "timeout = 5min")
    for _ in range(2):
        assert said(Library(timed)) == []
        assert said(Library(timed, kinds=gone)) != []


def test_what_was_read_before_counts_as_read_again() -> None:
    """Or a result that is kept would not know that it depends on it."""
    first, second = Library(FOREST), Library(FOREST)
    assert said(first) == said(second) == []
    assert set(first.asked) == set(second.asked)


@pytest.mark.parametrize("times", [1, 2])
def test_a_mistake_in_a_library_is_told_each_time(times: int) -> None:
    broken = ("param trees: int in 1..100000", "param trees: nit in 1..100000")
    for _ in range(times):
        assert any("`nit`" in message for message in said(Library(FOREST, sklearn=broken)))
