"""`mlpc check`, cold, as it is installed: CPU time against `python3 -c pass`, and how it grows with the spec.

The wheel is built and installed with byte code into an environment of its own, which holds nothing else, so that
nothing but mlpc is measured. No result is kept from one run to the next.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measure import ROOT, cpu, environment, interleaved, once
from tests.engines import uv

RUNS = 21
GROWTH_RUNS = 5

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


def many_blocks(blocks: int) -> str:
    """Return a spec of ``blocks`` blocks: trainings, each with what measures it."""
    pairs = "".join(
        f"  train t{number}: sklearn.random_forest {{\n    data = parts.train\n    trees = {number % 90 + 10}\n  }}\n"
        f"  evaluate q{number}: classification {{\n    model = t{number}\n    data = parts.test\n"
        "    require accuracy >= 0.9\n  }\n"
        for number in range((blocks - 2) // 2)
    )
    return (
        'mlp 1\n\npipeline big {\n  data cells: csv {\n    path = "cells.csv"\n    schema = Cell\n  }\n'
        "  split parts: random {\n    data = cells\n    test = 20%\n  }\n"
        f"{pairs}}}\n\nschema Cell {{\n  radius: float >= 0\n  malignant: bool @label\n}}\n"
    )


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


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        programs = install(folder)
        spec = folder / "spec/main.mlp"
        spec.parent.mkdir()
        spec.write_text(hundred_lines(), encoding="utf-8")
        checked, bare = interleaved(
            RUNS,
            lambda: once([programs / "mlpc", "check", spec], folder),
            lambda: once([programs / "python3", "-c", "pass"], folder),
        )
        lines = len(hundred_lines().splitlines())
        print(
            f"check of {lines} lines against python3 -c pass: CPU {cpu(checked) / cpu(bare):.2f}x "
            f"({1000 * cpu(checked):.1f} ms, {1000 * cpu(bare):.1f} ms, medians of {RUNS}); under 4.5x",
            flush=True,
        )
        times = []
        for blocks in (1_000, 10_000):
            big = folder / f"big{blocks}/main.mlp"
            big.parent.mkdir()
            big.write_text(many_blocks(blocks), encoding="utf-8")
            (found,) = interleaved(
                GROWTH_RUNS,
                lambda big=big: once([programs / "mlpc", "check", big], folder),  # type: ignore[misc]
            )
            times.append(cpu(found) - cpu(bare))
        exponent = math.log10(times[1] / times[0])
        print(
            f"check of 1,000 and 10,000 blocks: {times[0]:.2f} s and {times[1]:.2f} s of CPU, "
            f"growth exponent {exponent:.2f}; linear is 1",
            flush=True,
        )


if __name__ == "__main__":
    main()
