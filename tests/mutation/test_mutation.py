"""A few mutants of each kind, the same on every run; `make mutate` judges all of them and prints the misses."""

from __future__ import annotations

from collections import Counter

import pytest

from .__main__ import below_the_aims, outcomes, share, table, work
from .judge import judge, means_the_same
from .kinds import KINDS
from .mutant import Changed, change, mutants_of
from .programs import Program, programs

#: A bit below what is measured of such a sample.
FLOORS = {"found": 0.98, "exact": 0.93, "single": 0.93, "restored": 0.75}


def test_a_few_of_each_kind(full: bool) -> None:
    found: dict[str, Counter[str]] = {name: Counter() for name in KINDS}
    for item in work(list(KINDS), 40 if full else 2):
        for outcome in outcomes(item)[2]:
            found[item[0]] += Counter(tried=1, **{name: int(getattr(outcome, name)) for name in FLOORS})
    print(table(found))
    assert {name: share(found, name) for name in FLOORS if share(found, name) < FLOORS[name]} == {}


def test_a_sample_counts_each_kind_by_its_number() -> None:
    found = {
        "frequent": Counter(tried=10, found=10, exact=10, single=10, restored=10),
        "seldom": Counter(tried=10, found=0, exact=0, single=0, restored=0),
    }
    assert share(found, "found") == 0.5
    weights = {"frequent": 990, "seldom": 10}
    assert share(found, "found", weights) == 0.99
    assert below_the_aims(found) == ["found", "exact", "single", "restored"]
    assert below_the_aims(found, weights) == []
    assert "weighted" in table(found, weights)


def test_every_kind_fits_somewhere() -> None:
    drawn = {name for name, _, _ in work(list(KINDS), 1)}
    assert drawn == set(KINDS)
    assert len(KINDS) >= 12


def test_the_correct_programs_are_those_that_people_see() -> None:
    names = {program.name for program in programs()}
    assert {"examples/tumor/main.mlp", "tests/specs/digits.mlp"} <= names
    assert any(name.startswith("explain/") for name in names)
    assert any(name.startswith("tests/cases/") for name in names)
    assert len(names) >= 90


TEXT = """\
mlp 1

pipeline demo {
  data cells: csv { path = "cells.csv", schema = Cell }
  split parts: random { data = cells, test = 20% }
}

schema Cell { radius: float }
"""


@pytest.mark.parametrize(
    ("written", "wrong", "met"),
    [
        ("cells,", "cels,", (True, True, True)),
        ("20%", "20", (True, True, True)),
        ("path", "pat", (True, True, True)),
        ("20%", "30%", (False, False, False)),
    ],
)
def test_what_counts(
    written: str, wrong: str, met: tuple[bool, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program("demo", TEXT, {})
    at = TEXT.index(written)
    monkeypatch.setitem(KINDS, "tried", lambda _: iter([change(at, at + len(written), wrong)]))
    (mutant,) = mutants_of("tried", program)
    assert mutant.text == TEXT.replace(written, wrong, 1)
    outcome = judge(mutant)
    assert (outcome.found, outcome.exact, outcome.single) == met


def test_a_place_is_where_the_text_was_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program("demo", TEXT, {})
    at = TEXT.index("cells,")
    monkeypatch.setitem(KINDS, "tried", lambda _: iter([Changed(((at, at + 5, "cels"), (at, at, "  ")))]))
    (mutant,) = mutants_of("tried", program)
    start = mutant.text.index("cels,")
    assert mutant.shows(start, start + 4)
    assert not mutant.shows(start - 10, start + 4)
    assert not mutant.shows(start + 6, start + 8)


def test_what_means_the_same() -> None:
    program = next(one for one in programs() if one.name == "examples/tumor/main.mlp")
    assert means_the_same(program, program.text.replace("  seed = 7\n", "  seed  =  7\n", 1))
    assert means_the_same(program, program.text.replace("20min", "1200s"))
    assert not means_the_same(program, program.text.replace("20min", "21min"))
    assert not means_the_same(program, program.text.replace("seed = 7", "seed = 7 8", 1))
