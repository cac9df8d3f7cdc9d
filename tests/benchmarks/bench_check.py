"""`mlpc check` as it is installed, cold and warm: CPU time against `python3 -c pass`, how it grows with the spec, and memory.

The wheel is built and installed with byte code into an environment of its own, which holds nothing else, so that
nothing but mlpc is measured. Cold is with `--no-cache`; warm checks find what they found before.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.benchmarks import large
from tests.benchmarks.measure import ROOT, Cost, cpu, environment, interleaved, once
from tests.engines import uv

RUNS = 21
GROWTH_RUNS = 3

#: What makes `examples/tumor` a spec of a hundred lines: a second model beside the first.
SECOND_MODEL = """
  train line: sklearn.logistic_regression {
    data = parts.train
    c = 0.5
    max_iter = 5000
    seed = 7
    timeout = 10min
    resources { cpu = 1, memory = 1GiB }
  }

  evaluate line_quality: classification {
    model = line
    data = parts.test
    require accuracy >= 0.9
    require recall >= 0.8
    require auc >= 0.95
  }

"""


def hundred_lines() -> str:
    """Return a spec of about a hundred lines that is free of mistakes."""
    text = (ROOT / "examples/tumor/main.mlp").read_text(encoding="utf-8")
    before, mark, after = text.partition("  register catalog")
    return before.rstrip("\n") + "\n" + SECOND_MODEL + mark + after


def short_specs(number: int) -> dict[str, str]:
    """Return so many short specs: the programs that show the components of the library, each in turn.

    Those that name code of a project are left out, since that is not there.
    """
    examples = ROOT / "stdlib/mlpc_stdlib/examples"
    texts = [path.read_text(encoding="utf-8") for path in sorted(examples.glob("*.mlp"))]
    own = [text for text in texts if 'python("' not in text and "\nuse " not in text]
    return {
        f"s{each}.mlp": own[each % len(own)].replace("\npipeline ", f"\npipeline p{each}_", 1)
        for each in range(number)
    }


def install(folder: Path, *, dependencies: bool = False) -> Path:
    """Build the wheel, install it with byte code, and return the folder of the new environment's programs.

    ``dependencies``: with what it needs, as it is locked.
    """
    bin = Path(sys.executable).parent
    quiet = {"check": True, "capture_output": True, "env": environment()}
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        **quiet,  # type: ignore[call-overload]
    )
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], **quiet)  # type: ignore[call-overload]
    python = folder / "env/bin/python3"
    if dependencies:
        locked = ["--require-hashes", "--requirements", str(ROOT / "requirements/mlpc.txt")]
        uv("pip", "install", "--compile-bytecode", "--python", str(python), *locked)
    subprocess.run(
        [
            bin / "uv",
            "pip",
            "install",
            "--no-deps",
            "--offline",
            "--compile-bytecode",
            "--python",
            python,
            wheel,
        ],
        **quiet,  # type: ignore[call-overload]
    )
    return folder / "env/bin"


#: Specs of 1,000 and 10,000 blocks are made in each of these shapes.
SHAPES = (large.trainings, large.all_constructs, large.promotions, large.files_in_a_row)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write the files of a project and return the path of its main spec."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "main.mlp"


class Bench:
    """An installed mlpc, whose calls are measured against `python3 -c pass` of the same environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = install(folder)
        self.cache = folder / "cache"

    def bare(self) -> Cost:
        """Python, doing nothing."""
        return once([self.programs / "python3", "-c", "pass"], self.folder)

    def check(self, spec: Path, *options: str) -> Cost:
        """A check."""
        command: list[str | Path] = [self.programs / "mlpc", "check", spec, *options]
        return once(command, self.folder, MLPC_CACHE_DIR=str(self.cache))

    def small(self, what: str, spec: Path, runs: int, cold_goal: float, warm_goal: float) -> None:
        """Print what a check takes from scratch, and where nothing changed."""
        cold, warm, bare = interleaved(
            runs, lambda: self.check(spec, "--no-cache"), lambda: self.check(spec), self.bare
        )
        for name, found, goal in (("cold", cold, cold_goal), ("warm", warm, warm_goal)):
            print(
                f"check of {what}, {name}: CPU {cpu(found) / cpu(bare):.2f}x "
                f"({1000 * cpu(found):.1f} ms, {1000 * cpu(bare):.1f} ms, medians of {runs}); under {goal:g}x",
                flush=True,
            )

    def growth(self, shape: Callable[[int], dict[str, str]]) -> None:
        """Print what a check of 10,000 blocks takes, and how that grows from 1,000."""
        name = shape.__name__.replace("_", " ")
        spec, big = (write(self.folder / f"{name} {blocks}", shape(blocks)) for blocks in (1_000, 10_000))
        few, many, bare = interleaved(
            GROWTH_RUNS,
            lambda: self.check(spec, "--no-cache"),
            lambda: self.check(big, "--no-cache"),
            self.bare,
        )
        exponent = math.log10((cpu(many) - cpu(bare)) / (cpu(few) - cpu(bare)))
        print(
            f"check of 10,000 blocks, {name}: CPU {cpu(many) / cpu(bare):.0f}x ({cpu(many):.2f} s); under 300x; "
            f"growth exponent from 1,000 {exponent:.2f}; at most 1.1; {max(each.memory for each in many):.0f} MiB",
            flush=True,
        )


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(Path(place))
        text = hundred_lines()
        lines = len(text.splitlines())
        spec = write(bench.folder / "spec", {"main.mlp": text})
        bench.small(f"{lines} lines", spec, RUNS, 4.5, 2)
        files = {f"s{number}.mlp": text.replace("tumor", f"tumor{number}") for number in range(300)}
        write(bench.folder / "many", files)
        bench.small(f"300 files of {lines} lines", bench.folder / "many", GROWTH_RUNS, 30, 4)
        short = short_specs(300)
        lines = round(sum(len(text.splitlines()) for text in short.values()) / len(short))
        write(bench.folder / "short", short)
        bench.small(f"300 files of about {lines} lines", bench.folder / "short", GROWTH_RUNS, 30, 4)
        for shape in SHAPES:
            bench.growth(shape)


if __name__ == "__main__":
    main()
