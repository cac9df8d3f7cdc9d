"""How well mistakes are met: every token of the reference programs left out, doubled, or changed for the next.

Tuned to no file: what is asserted is a share of all mutants, a bit below what was measured. `pytest -s` prints it.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from mlpc.syntax.tree import Decl, File
from tests.mlpc.syntax import trees
from tests.mlpc.syntax.mutants import KINDS, Mutant, mutants, other_mutants

# Of the mutants that are no programs: the share with exactly one diagnostic, with the diagnostic on the right
# line, and of all declarations the share that is kept.
FLOORS = {
    "deletion": (0.97, 0.98, 0.98),
    "doubling": (0.98, 0.98, 0.98),
    "swap on a line": (0.98, 0.98, 0.98),
    # Two lines are wrong, so that two diagnostics are what most of these deserve.
    "swap over a line end": (0.30, 0.97, 0.90),
}


def declarations(file: File) -> Counter[tuple[str, str]]:
    """Return what a file declares, on every level."""
    return Counter(
        (node.kind.text, node.name.text)
        for _, node in trees.walk(file)
        if isinstance(node, Decl) and node.name is not None
    )


def count(chosen: list[Mutant]) -> Counter[str]:
    """Parse mutants and count what comes out."""
    found: Counter[str] = Counter()
    originals: dict[str, Counter[tuple[str, str]]] = {}
    for mutant in chosen:
        if mutant.original not in originals:
            originals[mutant.original] = declarations(trees.good(mutant.original))
        wanted = originals[mutant.original]
        parsed = trees.read(mutant.text)
        errors = trees.errors(parsed)
        trees.assert_places_are_sound(parsed.file)
        found["tried"] += 1
        if not errors:
            continue
        found["wrong"] += 1
        found["one"] += len(errors) == 1
        seen = {
            parsed.file.source.position(span.start)[0]
            for span in [errors[0].span, *(label.span for label in errors[0].labels)]
            if span is not None
        }
        found["right line"] += bool(seen & mutant.lines)
        found["declared"] += wanted.total()
        found["kept"] += (wanted & declarations(parsed.file)).total()
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("programs", ["reference programs", "other programs"])
def test_mutants(programs: str, kind: str, full: bool) -> None:
    """The other programs, of the standard library and the examples, were looked at by nobody who tuned."""
    tried = mutants() if programs == "reference programs" else other_mutants()
    chosen = [mutant for mutant in tried if mutant.kind == kind]
    if not full:
        chosen = random.Random(11).sample(chosen, min(150, len(chosen)))
    found = count(chosen)
    shares = (
        found["one"] / found["wrong"],
        found["right line"] / found["wrong"],
        found["kept"] / found["declared"],
    )
    print(
        f"\n{programs:18} {kind:20} tried {found['tried']:5} wrong {found['wrong']:5} "
        f"one diagnostic {shares[0]:.3f}  right line {shares[1]:.3f}  declarations kept {shares[2]:.4f}"
    )
    for share, floor, number in zip(
        shares, FLOORS[kind], (found["wrong"], found["wrong"], found["declared"]), strict=True
    ):
        # Of a sample a share may come out lower by chance: three standard deviations say how much.
        chance = 0.0 if full else 3 * (floor * (1 - floor) / number) ** 0.5
        assert share >= floor - chance, shares


def test_eight_mistakes_give_eight_diagnostics() -> None:
    parsed = trees.read(
        """\
mlp 1

pipeline tumor {
  owner "diagnostics@example.org"
  tags = ["tabular", "medical"

  data cells: csv {
    path = "data/cells.csv
    schema = Cell
  }

  split parts: random
    data = cells
    test =
    seed = = 7
  }

  train forest: sklearn.random_forest {
    data = parts.train
    in = 3
    resources { cpu = 2 memory = 2GiB }
  }

  evaluate quality: classification {
    model = forest
    require accuracy = 0.92
  }
}
"""
    )
    assert trees.say(parsed.file.source, parsed.diagnostics) == [
        "5:10 MLP013 `[` is never closed",
        "8:12 MLP012 this string has no closing quotes",
        "12:22 MLP013 expected `{`: the lines below are indented as the body of a block",
        "14:11 MLP015 expected a value after `=`, found the end of the line",
        "15:12 MLP010 `=` stands here twice",
        "20:5 MLP016 `in` is a reserved word and cannot be a name",
        "21:25 MLP021 expected `,` or a new line between `2` and `memory`",
        "26:22 MLP010 expected `==` after `accuracy`, found `=`",
    ]
    assert set(declarations(parsed.file)) >= {
        ("pipeline", "tumor"),
        ("data", "cells"),
        ("split", "parts"),
        ("train", "forest"),
        ("evaluate", "quality"),
    }


def test_an_unindented_declaration_closes_open_blocks() -> None:
    parsed = trees.read("mlp 1\n\npipeline p {\n  data a: csv {\n    path = b\n\nschema C {\n  d: int\n}\n")
    assert trees.say(parsed.file.source, parsed.diagnostics) == [
        "3:12 MLP013 `{` is never closed",
        "4:15 MLP013 `{` is never closed",
    ]
    assert set(declarations(parsed.file)) == {("pipeline", "p"), ("data", "a"), ("schema", "C")}


def test_what_was_made_up_is_not_judged() -> None:
    """Where a token was guessed, the value is an error, so that no pass behind reports what nobody wrote."""
    file = trees.read("mlp 1\n\nstep a {\n  b = c d\n  require e f\n  g = 1\n}\n").file
    body = trees.dump(file)[2][0][1][1]
    assert [item[0] for item in body] == ["Attr", "Condition", "Attr"]
    assert body[0][2] == ("ErrorExpr",)
    assert body[1][2] == ("ErrorExpr",)
    assert body[2][2] == ("Number", "1", 1)
