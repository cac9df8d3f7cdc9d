"""The fidelity of the engines, as a table: `make matrix`, or ``python -m tests.matrix [EXAMPLE …] [--env ci]``.

Every engine starts from an empty store and trains by itself. Figures are compared to the last digit, and all artefacts by their
digests; a pipeline whose gate fails promotes nothing on any of them. The exit status is 1 where engines differ.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests import fidelity
from tests.mlpc_engines import engine

#: Examples with the artefact whose digest is shown, and with a bound that no model meets.
CASES = {
    "tumor": ("portable.portable", ("require accuracy >= 0.92", "require accuracy >= 0.9999")),
    "own_code": ("ridge.model", ("require rmse <= 65", "require rmse <= 0.5")),
    "digits": ("tiny.portable", ("require accuracy >= 95%", "require accuracy >= 99.99%")),
}


def main(words: list[str]) -> int:
    """Print a table for each example that is named, else for all; return the exit status."""
    asked = [each for each in words if each in CASES]
    options = [each for each in words if each not in CASES]
    equal = True
    folder = Path(tempfile.mkdtemp(prefix="mlpc-matrix-"))
    try:
        with engine.running(folder / "dockerd.log"):
            engine.make_base_image()
            for example in asked or CASES:
                artefact, change = CASES[example]
                # Environments belong to a spec: only the first example has some.
                own = options if example == "tumor" else []
                equal &= table(example, artefact, folder / example, own)
                equal &= blocked(example, change, folder / f"{example}-blocked", own)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if equal else 1


def table(example: str, artefact: str, folder: Path, options: list[str]) -> bool:
    """Print what each engine came to; return whether all came to the same."""
    print(f"\n{example}\n", flush=True)
    found = {name: fidelity.run(example, name, folder, *options) for name in fidelity.ENGINES}
    first = next(iter(found.values()))
    rows: list[tuple[str, ...]] = []
    for name, outcome in found.items():
        figures = outcome.figures["quality"]
        shown = [f"{key} {value!r}" for key, value in figures.items() if isinstance(value, float)][:3]
        same = "the same" if outcome.text() == first.text() else "DIFFERS"
        digest = outcome.digests[artefact]
        promoted = ", ".join(outcome.promoted) or "-"
        rows.append((name, *shown, f"{artefact} {digest[:16]}", promoted, same, f"{outcome.seconds:.0f} s"))
    show(rows)
    for name, outcome in found.items():
        if outcome.text() != first.text():
            print(f"{name}: {outcome.text()}", file=sys.stderr)
    return len({outcome.text() for outcome in found.values()}) == 1


def blocked(example: str, change: tuple[str, str], folder: Path, options: list[str]) -> bool:
    """Print what each engine promotes where a gate fails; return whether that is nothing everywhere."""
    print(f"\n{example}, with `{change[1]}`\n", flush=True)
    found = {name: fidelity.run(example, name, folder, *options, change=change) for name in fidelity.ENGINES}
    rows: list[tuple[str, ...]] = []
    for name, outcome in found.items():
        promoted = f"PROMOTED {', '.join(outcome.promoted)}" if outcome.promoted else "nothing promoted"
        rows.append((name, f"fails: {', '.join(outcome.failed_gates)}", promoted, f"{outcome.seconds:.0f} s"))
    show(rows)
    return all(
        not outcome.promoted and outcome.failed_gates == ["quality.gate"] for outcome in found.values()
    )


def show(rows: list[tuple[str, ...]]) -> None:
    """Print rows in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + line.rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
