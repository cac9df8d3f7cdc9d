"""`mlpc compile` for each engine, cold, as it is installed: how CPU time grows from 1,000 blocks to 10,000.

A block is a training or what measures it; each of the latter makes a gate beside it, so that what engines are given has
half as many nodes again. What bare Python takes to start is left out. Ten thousand steps are more than a cluster stores
of one pipeline with its usual settings; `mlpc` says so and writes it all the same.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

from tests.benchmarks.bench_check import install
from tests.benchmarks.large import trainings
from tests.benchmarks.measure import cpu, interleaved, once

TARGETS = ("kubeflow", "compose", "airflow")
SIZES = (1_000, 10_000)
RUNS = 3


def main() -> None:
    """Print the exponents."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        programs = install(folder, dependencies=True)
        for blocks in SIZES:
            (folder / f"{blocks}.mlp").write_text(trainings(blocks)["main.mlp"], encoding="utf-8")
        (bare,) = interleaved(RUNS, lambda: once([programs / "python3", "-c", "pass"], folder))
        for target in TARGETS:
            commands: list[list[str | Path]] = [
                [programs / "mlpc", "compile", f"{blocks}.mlp", "--to", target, "-o", f"{target}{blocks}"]
                for blocks in SIZES
            ]
            small, large = (
                cpu(costs) - cpu(bare)
                for costs in interleaved(RUNS, *((lambda c=c: once(c, folder)) for c in commands))
            )
            exponent = math.log(large / small) / math.log(SIZES[1] / SIZES[0])
            print(
                f"mlpc compile --to {target} of 1,000 and 10,000 blocks: {small:.2f} s and {large:.2f} s of CPU, "
                f"growth exponent {exponent:.2f}; at most 1.1",
                flush=True,
            )


if __name__ == "__main__":
    main()
