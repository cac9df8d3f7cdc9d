"""A repository of 300 specs: one `mlpc check .`, a process for each spec, and what changed since the last commit; beside it
check-jsonschema, from an environment of its own, over 300 YAML files of like size.

The YAML is what a repository of that size would have: workflows of GitHub, validated by the schema that check-jsonschema brings.
CPU time counts; all of it is measured in one run, in turns.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.benchmarks.bench_check import hundred_lines, install, write
from tests.benchmarks.measure import Cost, cpu, environment, interleaved, once, wall
from tests.engines import python_with

FILES = 300
RUNS = 3

#: A job of a workflow; a file has as many of them as come closest to the size of a spec.
JOB = """\
  train-{number}:
    name: Train model {number}
    runs-on: ubuntu-latest
    timeout-minutes: 30
    env:
      SEED: "7"
      TREES: "200"
    steps:
      - uses: actions/checkout@v4
      - name: Fetch what is needed
        run: pip install --requirement requirements.txt
      - name: Train
        run: python train.py --trees "$TREES" --seed "$SEED" --output model-{number}
      - name: Judge
        run: python judge.py model-{number} --accuracy 0.9 --recall 0.8
"""


def workflow(size: int) -> str:
    """Return a workflow of about ``size`` bytes, made of whole jobs."""
    text = "name: pipeline\non: [push]\njobs:\n"
    number = 0
    while len(text) + len(JOB) // 2 < size:
        text += JOB.format(number=number)
        number += 1
    return text


class Bench:
    """An installed mlpc and a repository of specs, with as many files of YAML beside them."""

    def __init__(self, folder: Path) -> None:
        self.programs = install(folder)
        self.cache = folder / "cache"
        self.specs = folder / "specs"
        text = hundred_lines()
        # No two of them are the same: a process that checks many must not profit from that.
        write(self.specs, {f"t{n}/main.mlp": text.replace("tumor", f"tumor{n}") for n in range(FILES)})
        self.yaml = folder / "yaml"
        made = workflow(len(text))
        write(self.yaml, {f"w{n}.yml": made.replace("pipeline", f"pipeline{n}") for n in range(FILES)})
        self.sizes = len(text), len(made)
        self.validator = python_with("schemas").with_name("check-jsonschema")
        for words in (
            ["init", "--quiet"],
            ["add", "--all"],
            ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "x"],
        ):
            subprocess.run(["git", *words], cwd=self.specs, check=True, env=environment())
        changed = self.specs / "t0/main.mlp"
        changed.write_text(changed.read_text(encoding="utf-8") + "# one more line\n", encoding="utf-8")

    def check(self, *words: str) -> Cost:
        """One call of `mlpc check`."""
        return once([self.programs / "mlpc", "check", *words], self.specs, MLPC_CACHE_DIR=str(self.cache))

    def each(self, *words: str) -> Cost:
        """A call for each spec."""
        costs = [self.check(f"t{number}/main.mlp", *words) for number in range(FILES)]
        return Cost(sum(cost.cpu for cost in costs), sum(cost.wall for cost in costs))

    def validate(self) -> Cost:
        """One call of check-jsonschema over all files."""
        files = sorted(self.yaml.iterdir())
        return once([self.validator, "--builtin-schema", "vendor.github-workflows", *files], self.yaml)


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(Path(place))
        cold, warm, changed, cold_each, warm_each, validator = interleaved(
            RUNS,
            lambda: bench.check(".", "--no-cache"),
            lambda: bench.check("."),
            lambda: bench.check(".", "--changed", "--no-cache"),
            lambda: bench.each("--no-cache"),
            bench.each,
            bench.validate,
        )
        print(
            f"{FILES} specs of {bench.sizes[0]} bytes in one process: "
            f"from scratch {cpu(cold):.2f} s of CPU, warm {cpu(warm):.2f} s "
            f"(wall {wall(cold):.2f} s, {wall(warm):.2f} s; medians of {RUNS})"
        )
        print(
            f"a process for each spec: CPU {cpu(cold_each) / cpu(cold):.2f}x from scratch ({cpu(cold_each):.1f} s), "
            f"{cpu(warm_each) / cpu(warm):.1f}x warm ({cpu(warm_each):.1f} s)"
        )
        print(
            f"check-jsonschema over {FILES} workflows of {bench.sizes[1]} bytes: CPU {cpu(validator):.2f} s, "
            f"{cpu(validator) / cpu(cold):.2f}x of mlpc from scratch, {cpu(validator) / cpu(warm):.1f}x of it warm"
        )
        print(
            f"`--changed` where one spec of {FILES} did, without results of earlier calls: CPU {cpu(changed):.2f} s, "
            f"{cpu(changed) / cpu(cold):.3f}x of all",
            flush=True,
        )


if __name__ == "__main__":
    main()
