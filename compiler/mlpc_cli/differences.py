"""What differs between two runs, for a person: how each thing is said, and all of it on the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mlpc_run.figures import figure, seconds

from .outcome import table
from .render import clipped
from .terminal import BOLD, DIM, GREEN, RED, Paint, harmless, wants_colour

if TYPE_CHECKING:
    from mlpc_run.compared import Compared, Difference

#: How the sections are called, and what is said where nothing in one differs.
SECTIONS = {
    "values": ("What was asked", "values"),
    "gates": ("Gates", "conditions"),
    "metrics": ("Figures", "figures"),
    "artefacts": ("Artefacts", "artefacts"),
    "times": ("Times", "times"),
    "environment": ("What they ran in", "versions"),
}
#: A value on the terminal is clipped to this; a page has all of it.
_ROOM = 48
_DIGEST = 12


def said(section: str, value: Any, *, unit: str = "", whole: bool = False) -> str:
    """Return a value as its section shows it; a digest in its first digits, unless ``whole``."""
    if value is None:
        return "none"
    if section == "times":
        return seconds(value)
    if section == "artefacts" and not whole:
        kind, _, digits = str(value).partition(":")
        return f"{kind}:{digits[:_DIGEST]}"
    if isinstance(value, int | float):
        return figure(value, unit=unit)
    return " ".join(str(value).split())


def pair(section: str, item: Difference, *, whole: bool = False) -> tuple[str, str]:
    """Return both values; two figures that would look alike in short are told in full."""
    before, after = (said(section, value, unit=item.unit, whole=whole) for value in (item.before, item.after))
    if before == after:
        return repr(item.before), repr(item.after)
    return before, after


def changed(section: str, item: Difference) -> str:
    """Return by how much a number changed, with its sign; nothing for what is no number."""
    change = item.change
    if change is None or section == "environment":
        return ""
    share = f" ({change / abs(item.before):+.1%})" if item.before and section != "artefacts" else ""
    if section == "times":
        return f"{'+' if change > 0 else '-'}{seconds(abs(change))}{share}"
    if item.unit:
        return f"{'+' if change > 0 else '-'}{figure(abs(change), unit=item.unit)}{share}"
    return f"{change:+.4g}{share}"


def text(compared: Compared) -> str:
    """Return all of it for the terminal, ending with a line feed."""
    paint = Paint(wants_colour(sys.stdout))
    before, after = compared.before.run, compared.after.run
    names = [run.pipeline + (f" in {run.environment}" if run.environment else "") for run in (before, after)]
    heading = f"run {before.id} and run {after.id} of {names[0]}"
    if names[0] != names[1]:
        heading = f"run {before.id} of {names[0]} and run {after.id} of {names[1]}"
    parts = [paint(BOLD, harmless(heading)) + "\n"]
    for section, found in ((name, compared.sections[name]) for name in SECTIONS):
        title, what = SECTIONS[section]
        same = compared.same[section]
        if not found:
            continue
        more = paint(DIM, f"  ({same} {what} the same)") if same else ""
        parts.append(f"\n{title}{more}\n")
        rows = []
        for item in found:
            first, second = pair(section, item)
            style = ""
            if section == "gates":
                style = GREEN if item.after == "met" else RED if str(item.after).startswith("missed") else ""
            rows.append(
                (
                    harmless(item.name),
                    harmless(clipped(first, _ROOM)),
                    "->",
                    paint(style, harmless(clipped(second, _ROOM))),
                    paint(DIM, harmless(changed(section, item))),
                )
            )
        parts.append(table(rows))
    if compared.is_same:
        parts.append("\nnothing differs but times\n" if compared.times else "\nnothing differs\n")
    if not compared.before.content or not compared.after.content:
        lacking = [
            run.id for run, each in ((before, compared.before), (after, compared.after)) if not each.content
        ]
        listed = " and ".join(f"run {id}" for id in lacking)
        parts.append(
            f"\nonly figures, gates and params are known of {listed}: it came to no end, or an older mlpc ran it\n"
        )
    return "".join(parts)
