"""What the check makes of a mutant."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mlpc.compilation import Compilation
from mlpc.diagnostics import Diagnostic
from mlpc.format.same import difference
from mlpc.ir.canonical import to_json
from tests.loader import compiled
from tests.mlpc.syntax import trees

from .mutant import Mutant
from .programs import Program, programs

if TYPE_CHECKING:
    from mlpc.ir.nodes import Json

MEASURES = ("found", "exact", "single", "restored")
#: What is aimed at, of all mutants.
AIMS = {"found": 0.98, "exact": 0.95, "single": 0.90, "restored": 0.85}


class Outcome(NamedTuple):
    """What came of one mutant, and what was said."""

    found: bool
    exact: bool
    single: bool
    restored: bool
    said: tuple[str, ...]
    line: str


def judge(mutant: Mutant) -> Outcome:
    """Check a mutant and compare what is said with what was done."""
    line = ""
    exact = restored = False
    if mutant.places:
        at = mutant.places[0].start
        line = mutant.text[mutant.text.rfind("\n", 0, at) + 1 :].partition("\n")[0].strip()
    try:
        said = list(compiled(mutant.text, mutant.program.files).check())
    except Exception as error:  # noqa: BLE001  a traceback is a miss like any other, and listed
        return Outcome(False, False, False, False, (f"{type(error).__name__}: {error}",), line)
    first = said[0] if said else None
    if first is not None and first.span is not None:
        span = first.span
        exact = span.source.path == "main.mlp" and mutant.shows(span.start, span.end)
        repaired = _repaired(mutant, first)
        restored = repaired is not None and means_the_same(mutant.program, repaired)
    return Outcome(bool(said), exact, len(said) == 1, restored, tuple(map(_told, said)), line)


def _told(diagnostic: Diagnostic) -> str:
    place = "?"
    if diagnostic.span is not None:
        line, column = diagnostic.span.source.position(diagnostic.span.start)
        place = f"{line}:{column}"
    ways = [fix.message for fix in diagnostic.fixes] or list(diagnostic.help)
    return f"{place} {diagnostic.code.code} {diagnostic.message} [{'; '.join(ways)}]"


def _repaired(mutant: Mutant, first: Diagnostic) -> str | None:
    """Return the text after the first fix; where there is none, with what a question of the help names in its place."""
    if first.fixes:
        edits = first.fixes[0].edits
        if any(span.source.path != "main.mlp" for span, _ in edits):
            return None
        text = mutant.text
        for span, new in sorted(edits, key=lambda edit: (-edit[0].start, -edit[0].end)):
            text = text[: span.start] + new + text[span.end :]
        return text
    assert first.span is not None
    for line in (first.label, *first.help):
        meant = re.search(r"did you mean `([^`]+)`", line)
        if meant is not None:
            return mutant.text[: first.span.start] + meant[1] + mutant.text[first.span.end :]
    return None


def means_the_same(program: Program, text: str) -> bool:
    """Return whether ``text`` has the same tree, or is correct and compiles to the same under every environment."""
    parsed = trees.read(text)
    if not parsed.diagnostics and difference(program.file, parsed.file) is None:
        return True
    compilation = compiled(text, program.files)
    if list(compilation.check()) or compilation.is_library:
        return False
    index = next(i for i, one in enumerate(programs()) if one is program)
    return _workflows(compilation) == _meaning(index)


@cache
def _meaning(index: int) -> dict[str, Json]:
    program = programs()[index]
    return _workflows(compiled(program.text, program.files))


def _workflows(compilation: Compilation) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for environment in ("", *compilation.environments()):
        graph = Compilation(compilation._loader, "main.mlp", environment).graph()
        found[environment] = _without_places(to_json(graph)) if graph is not None else None
    return found


def _without_places(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_places(held) for name, held in value.items() if name != "place"}
    if isinstance(value, list):
        return [_without_places(held) for held in value]
    return value
