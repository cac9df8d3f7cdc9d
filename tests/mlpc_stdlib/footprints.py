"""What is estimated of networks beside what they really take.

``python -m tests.mlpc_stdlib.footprints`` prints the table of ``docs/boards.md``.
Each network is converted as the step does it, and its file is read by TFLite Micro, which tells how much of its arena it took.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mlpc.assist.view import View
from mlpc.check.footprint import footprint
from tests.engines import python_with
from tests.loader import compiled
from tests.mlpc_stdlib import cells
from tests.mlpc_stdlib.cells import Model

HERE = Path(__file__).resolve().parent
FORMS = ("none", "int8", "int16x8")
#: The operations that the converter has no form of with 16 bits; and loops, of which it has none with whole numbers at all.
_NOT_WIDE, _FLOATS_ONLY = ("layer_norm", "hard_swish"), ("unroll = false",)
_END = 'dense(10, activation = "softmax")'


def conv(filters: int, kernel: int, activation: str = "relu", more: str = "") -> str:
    return f'conv2d({filters}, kernel = {kernel}, activation = "{activation}"{more})'


def dense(units: int, activation: str = "relu") -> str:
    return f'dense({units}, activation = "{activation}")'


def separable(filters: int, stride: int = 1) -> list[str]:
    """Return a convolution in two steps: each channel by itself, then all of each place."""
    more = f'stride = {stride}, padding = "same", activation = "relu"'
    return [f"depthwise_conv2d(kernel = 3, {more})", conv(filters, 1)]


_HALVED = ', stride = 2, padding = "same"'
_SAME = ', padding = "same"'
_POOLS = ["global_average_pool()"]
#: Networks by name: the shape of a row, and what stands before the last layer.
NETWORKS: dict[str, tuple[tuple[int, ...], list[str]]] = {
    "one layer of 30 columns": ((30,), []),
    "two layers of 30 columns": ((30,), [dense(16)]),
    "four layers of 64 columns": ((64,), [dense(128), dense(128), dense(64, "tanh")]),
    "the digits of the reference": ((8, 8, 1), [conv(8, 3), "max_pool(2)", "flatten()", dense(32)]),
    "digits of 28 x 28": (
        (28, 28, 1),
        [conv(8, 3), "max_pool(2)", conv(16, 3), "max_pool(2)", "flatten()", dense(32)],
    ),
    "LeNet": (
        (28, 28, 1),
        [
            *(conv(6, 5, "tanh", _SAME), "average_pool(2)", conv(16, 5, "tanh"), "average_pool(2)"),
            *("flatten()", dense(120, "tanh"), dense(84, "tanh")),
        ],
    ),
    "colours of 32 x 32": (
        (32, 32, 3),
        [
            *(
                conv(32, 3, more=_SAME),
                "max_pool(2)",
                conv(32, 3, "none", _SAME),
                "batch_norm()",
                "max_pool(2)",
            ),
            *(conv(64, 3), "flatten()", dense(64), "dropout(rate = 0.3)"),
        ],
    ),
    "keywords": ((49, 10, 1), [conv(64, 4, more=_HALVED), *separable(64), *separable(64), *_POOLS]),
    "a person in 96 x 96": (
        (96, 96, 3),
        [
            *(conv(8, 3, more=_HALVED), *separable(16), *separable(32, 2), *separable(64, 2)),
            *(*separable(128, 2), *_POOLS),
        ],
    ),
    "batch_norm behind relu": (
        (20, 20, 1),
        [conv(8, 3), "batch_norm()", conv(8, 3), "batch_norm()", "max_pool(2)", "flatten()"],
    ),
    "batch_norm before a layer": (
        (8, 8, 1),
        ["batch_norm()", conv(4, 3, "tanh"), "batch_norm()", "flatten()"],
    ),
    "swish, tanh and sigmoid": (
        (16, 16, 1),
        [conv(8, 3, "swish"), conv(8, 3, "tanh"), "average_pool(2)", "flatten()", dense(24, "sigmoid")],
    ),
    "hard_swish": (
        (16, 16, 1),
        [conv(8, 3, "hard_swish"), "max_pool(2)", "flatten()", dense(24, "hard_swish")],
    ),
    "layer_norm": ((8, 8, 1), ["flatten()", dense(16), "layer_norm()", dense(16)]),
    "lstm of 6 steps": ((6, 3), ["lstm(12)"]),
    "lstm of 24 steps": ((24, 3), ["lstm(12)"]),
    "gru of 10 steps": ((10, 6), ["gru(10)"]),
    "lstm in a loop": ((20, 3), ["lstm(24, unroll = false)"]),
    "gru in a loop": ((12, 4), ["gru(16, unroll = false)"]),
}


class Measured(NamedTuple):
    """What was estimated of a network in one form, and what it takes: parameters, bytes of the file, bytes of the arena."""

    name: str
    quantize: str
    parameters: tuple[int, int]
    size: tuple[int, int]
    ram: tuple[int, int]

    @property
    def over(self) -> tuple[float, float]:
        """By how much of what they are size and RAM are estimated above what they are."""
        return self.size[0] / self.size[1] - 1, self.ram[0] / self.ram[1] - 1


def forms(layers: Sequence[str]) -> Sequence[str]:
    """Return the forms that a network has in TFLite Micro."""
    text = " ".join(layers)
    if any(each in text for each in _FLOATS_ONLY):
        return FORMS[:1]
    return FORMS[:2] if any(each in text for each in _NOT_WIDE) else FORMS


def measured(wanted: Sequence[tuple[str, str]], folder: Path) -> list[Measured]:
    """Convert networks, each by name and form, and let TFLite Micro tell what they take."""
    asked = []
    for name in dict.fromkeys(name for name, _ in wanted):
        model = _model(name)
        kept = [each for network, each in wanted if network == name]
        asked.append(
            {"name": name, "shape": list(model.shape), "layers": cells.layers_of(model), "quantize": kept}
        )
    (folder / "job.json").write_text(json.dumps({"folder": str(folder / "made"), "networks": asked}))
    done = subprocess.run(
        [python_with("keras"), "-s", "-P", HERE / "make_footprints.py", folder / "job.json"],
        env={**os.environ, "PYTHONPATH": str(cells.STDLIB), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = []
    for name, quantize in wanted:
        place = folder / "made" / name / quantize
        told = estimated(name, quantize)
        counted = json.loads((place / "counted.json").read_text())
        size = (place / "model.tflite").stat().st_size
        found.append(
            Measured(
                name,
                quantize,
                (told["parameters"], counted["parameters"]),
                (told["size"], size),
                (told["ram"], counted["arena"]),
            )
        )
    return found


def _model(name: str) -> Model:
    shape, layers = NETWORKS[name]
    return Model(name, "keras", "", shape, ", ".join([*layers, _END]))


def estimated(name: str, quantize: str) -> dict[str, int]:
    """Return what is estimated of a network that is put on a board."""
    model = _model(name)
    settings = "" if quantize == "none" else f', quantize = "{quantize}", calibrate = rows'
    text = [
        *cells.training(model),
        f"  export file: tflite {{ model = net{settings} }}",
        "  deploy board: mcu { model = file, board = devices.raspberry_pi_pico_2 }",
        "}",
        *cells.schema(model),
    ]
    view = View(compiled("\n".join(text) + "\n"))
    assert view.typed is not None
    return footprint(view.checker, view.typed, view.typed.blocks["board"]).figures


def lines(found: Sequence[Measured]) -> Iterator[str]:
    """Yield the table of what was estimated and what it is."""
    yield "| network | `quantize` | parameters | file estimated | is | | RAM estimated | is | |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for each in found:
        size, ram = (f"{over:+.1%}" for over in each.over)
        yield (
            f"| {each.name} | `{each.quantize}` | {each.parameters[0]:,} | {each.size[0]:,} | {each.size[1]:,} | {size} "
            f"| {each.ram[0]:,} | {each.ram[1]:,} | {ram} |"
        )


def every() -> list[tuple[str, str]]:
    """Return each network in each of its forms."""
    return [(name, form) for name, (_, layers) in NETWORKS.items() for form in forms(layers)]


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="mlpc-footprints-"))
    try:
        print("\n".join(lines(measured(every(), folder))))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
