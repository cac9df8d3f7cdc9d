"""`python -m tests.mutation [KIND …]`: all mutants, or those of some kinds; prints the table and every miss.

Ends with 1 where a share is below its aim. `--misses FILE` writes the misses there.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from multiprocessing import Pool

from .judge import AIMS, MEASURES, Outcome, judge
from .kinds import KINDS
from .mutant import mutants_of
from .programs import programs


def work(names: Sequence[str], sample: int | None = None) -> list[tuple[str, int, list[int] | None]]:
    """Return what there is to judge: of each kind at most ``sample`` mutants, the same at every call.

    An item names a kind, a program and the numbers of its mutants; None stands for all of them.
    """
    if sample is None:
        return [(name, index, None) for name in names for index in range(len(programs()))]
    found: list[tuple[str, int, list[int] | None]] = []
    for name in names:
        every = [
            (index, number)
            for index, program in enumerate(programs())
            for number, _ in enumerate(mutants_of(name, program))
        ]
        drawn = random.Random(name).sample(every, min(sample, len(every)))
        for index in sorted({index for index, _ in drawn}):
            found.append((name, index, sorted(number for other, number in drawn if other == index)))
    return found


def outcomes(item: tuple[str, int, list[int] | None]) -> tuple[str, int, list[Outcome]]:
    """Judge the mutants of one kind in one program."""
    name, index, numbers = item
    chosen = [
        mutant
        for number, mutant in enumerate(mutants_of(name, programs()[index]))
        if numbers is None or number in numbers
    ]
    return name, index, [judge(mutant) for mutant in chosen]


def sizes(names: Sequence[str]) -> dict[str, int]:
    """Return how many mutants of each kind there are."""
    return {name: sum(1 for program in programs() for _ in mutants_of(name, program)) for name in names}


def share(found: dict[str, Counter[str]], measure: str, weights: dict[str, int] | None = None) -> float:
    """Return the share of all mutants that are met well.

    Where a sample was judged, ``weights`` says how many mutants of each kind there are: each kind then counts as if all
    of them had been judged, and came out as those of the sample did.
    """
    counted = {name: counts for name, counts in found.items() if counts["tried"]}
    weights = weights or {name: counts["tried"] for name, counts in counted.items()}
    good = sum(weights[name] * counts[measure] / counts["tried"] for name, counts in counted.items())
    return good / max(1, sum(weights[name] for name in counted))


def below_the_aims(found: dict[str, Counter[str]], weights: dict[str, int] | None = None) -> list[str]:
    """Return the measures whose share is too small."""
    return [measure for measure, aim in AIMS.items() if share(found, measure, weights) < aim]


def table(found: dict[str, Counter[str]], weights: dict[str, int] | None = None) -> str:
    """Return the shares by kind and over all."""
    width = max(map(len, found))
    lines = [f"{'kind of mistake':{width}}  mutants  " + "  ".join(f"{name:>9}" for name in MEASURES)]
    for name, counts in found.items():
        cells = [f"{counts[measure] / max(1, counts['tried']):.1%}" for measure in MEASURES]
        lines.append(f"{name:{width}}  {counts['tried']:7}  " + "  ".join(f"{cell:>9}" for cell in cells))
    tried = sum(counts["tried"] for counts in found.values())
    cells = [f"{share(found, measure, weights):.1%}" for measure in MEASURES]
    of = "all, weighted" if weights else "all"
    lines.append(f"{of:{width}}  {tried:7}  " + "  ".join(f"{cell:>9}" for cell in cells))
    lines.append(f"{'aim':{width}}  {'':7}  " + "  ".join(f"{AIMS[measure]:9.0%}" for measure in MEASURES))
    if weights:
        lines.append(f"weighted: each kind counts by its number among all {sum(weights.values()):,} mutants.")
    return "\n".join(lines)


def measured(
    names: Sequence[str], sample: int | None, processes: int
) -> tuple[dict[str, Counter[str]], list[str]]:
    """Return the counts by kind, and a few lines on each mutant that is not met well."""
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    misses: dict[tuple[str, int], list[str]] = {}
    with Pool(processes) as pool:
        for name, index, results in pool.imap_unordered(outcomes, work(names, sample), chunksize=4):
            for outcome in results:
                found[name]["tried"] += 1
                missed = []
                for measure in MEASURES:
                    good = bool(getattr(outcome, measure))
                    found[name][measure] += good
                    if not good:
                        missed.append(measure)
                if missed:
                    lines = misses.setdefault((name, index), [])
                    lines.append(f"{name} in {programs()[index].name}: not {', '.join(missed)}")
                    lines += [f"    {outcome.line}", *(f"  - {said}" for said in outcome.said)]
    order = [(name, index) for name in names for index in range(len(programs()))]
    return found, [line for place in order for line in misses.get(place, [])]


def main(arguments: list[str]) -> int:
    """Measure, print, and compare with the aims."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="kinds of mistakes; all without any")
    parser.add_argument("--sample", type=int, metavar="N", help="judge at most N mutants of each kind")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--misses", metavar="FILE", help="write the misses to a file instead of printing them"
    )
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.kinds if name not in KINDS]
    if unknown:
        parser.error(f"there is no kind {', '.join(unknown)}; there are:\n  " + "\n  ".join(KINDS))
    wanted = chosen.kinds or list(KINDS)
    found, listed = measured(wanted, chosen.sample, chosen.processes)
    if chosen.misses:
        with open(chosen.misses, "w", encoding="utf-8") as file:
            file.write("\n".join(listed) + "\n")
    else:
        print("\n".join(listed), end="\n\n")
    weights = sizes(wanted) if chosen.sample is not None else None
    print(table(found, weights))
    below = below_the_aims(found, weights)
    if below:
        print(f"below the aim: {', '.join(below)}", file=sys.stderr)
    return int(bool(below))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
