"""What the engine itself costs: a light step against a bare subprocess, and a rerun with nothing changed.

The bare subprocess is the same step, started through the step contract without an engine: what is left is what
the engine adds (hashing, the store, the record of the run). Starting `mlpc run` is kept out of the cost of a step by
taking the difference between a long and a short pipeline.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.benchmarks.measure import ROOT, Cost, cpu, once, wall

MLPC = Path(sys.executable).parent / "mlpc"
SHORT, LONG = 5, 45
ROUNDS = 3
RERUNS = 7

CODE = "def go(number):\n    return str(number)\n"


def spec(steps: int) -> str:
    """Return a pipeline of ``steps`` light steps."""
    made = "".join(f"  step s{number}: light {{ number = {number} }}\n" for number in range(steps))
    return (
        f"mlp 1\n\npipeline light_steps {{\n{made}}}\n\ncomponent light: step {{\n  param number: int\n"
        '  output text: file("txt")\n  run = python("light.py:go")\n}\n'
    )


def engine(folder: Path, steps: int) -> Cost:
    """Run a pipeline of light steps from nothing, one at a time."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "light.py").write_text(CODE, encoding="utf-8")
    (folder / "main.mlp").write_text(spec(steps), encoding="utf-8")
    return once([MLPC, "run", "main.mlp", "--no-isolation", "--jobs", "1"], folder)


def bare(folder: Path, steps: int) -> Cost:
    """Run the same steps without an engine and return what one of them takes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "light.py").write_text(CODE, encoding="utf-8")
    costs = []
    for number in range(steps):
        task = {
            "contract": 1,
            "task": f"s{number}",
            "action": {"kind": "project", "target": "light.py", "function": "go"},
            "outputs": {
                "text": {"path": str(folder / f"{number}.txt"), "type": {"type": "file", "format": "txt"}}
            },
            "arguments": {"number": number},
            "project": str(folder),
            "result": str(folder / f"{number}.json"),
            "threads": 1,
        }
        file = folder / "task.json"
        file.write_text(json.dumps(task), encoding="utf-8")
        costs.append(once([sys.executable, "-m", "mlpc_stdlib.runtime", "--task", file], folder))
    return Cost(cpu(costs), wall(costs))


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        engine(folder / "warm", 1)
        ours: list[Cost] = []
        theirs: list[Cost] = []
        for _ in range(ROUNDS):
            short = engine(folder / "short", SHORT)
            theirs.append(bare(folder / "bare", LONG - SHORT))
            long = engine(folder / "long", LONG)
            more = LONG - SHORT
            ours.append(Cost((long.cpu - short.cpu) / more, (long.wall - short.wall) / more))
        pairs = list(zip(ours, theirs, strict=True))
        print(
            "a light step under the engine against a bare subprocess (at most 1.5x): "
            f"wall {median(one.wall / other.wall for one, other in pairs):.2f}x "
            f"({1000 * wall(ours):.0f} ms, {1000 * wall(theirs):.0f} ms); "
            f"CPU {median(one.cpu / other.cpu for one, other in pairs):.2f}x "
            f"({1000 * cpu(ours):.0f} ms, {1000 * cpu(theirs):.0f} ms)",
            flush=True,
        )
        tumor = folder / "tumor"
        shutil.copytree(ROOT / "examples/tumor", tumor, ignore=shutil.ignore_patterns(".mlpc", "__pycache__"))
        command: list[str | Path] = [MLPC, "run", "main.mlp", "--env", "ci", "--no-isolation"]
        once(command, tumor)
        once(command, tumor)
        reruns = [once(command, tumor) for _ in range(RERUNS)]
        print(
            f"rerun of examples/tumor with nothing changed: {wall(reruns):.2f} s of wall time, "
            f"{cpu(reruns):.2f} s of CPU (medians of {RERUNS}); 0.3 s is possible",
            flush=True,
        )


if __name__ == "__main__":
    main()
