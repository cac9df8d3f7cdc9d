"""A pipeline whose exports are broken on purpose, each in its own way: the command is called with a copy of the standard library
in which `onnx` takes a `fault`, and makes that mistake. What is compiled carries the copy into every engine.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sklearn.datasets import load_digits

ROOT = Path(__file__).resolve().parents[2]
#: So that images of other tests have most of the packages already.
LOCK = ROOT / "examples" / "tumor" / "mlpc.lock"

#: By name: the fault, as statements over the ONNX model ``made`` and the ``signature`` that is written with it.
FAULTS = {
    "wrong_preprocessing": """
        (scaler,) = (node for node in graph.node if node.op_type == "Scaler")
        (scale,) = (each for each in scaler.attribute if each.name == "scale")
        scale.floats[:] = [1.0] * len(scale.floats)
""",
    "wrong_range": """
        (linear,) = (node for node in graph.node if node.op_type == "LinearClassifier")
        (weights,) = (each for each in linear.attribute if each.name == "coefficients")
        step = 0.05 * max(map(abs, weights.floats)) / 127
        weights.floats[:] = [max(-128, min(127, round(each / step))) * step for each in weights.floats]
""",
    "transposed_input": """
        order = [row + 8 * column for row in range(8) for column in range(8)]
        graph.initializer.append(onnx.helper.make_tensor("order", onnx.TensorProto.INT64, [64], order))
        for node in graph.node:
            node.input[:] = ["turned" if each == "input" else each for each in node.input]
        graph.node.insert(0, onnx.helper.make_node("Gather", ["input", "order"], ["turned"], axis=1))
""",
    "swapped_classes": """
        signature["classes"] = signature["classes"][::-1]
""",
}
#: The export that is as it should be.
WHOLE = "sound"
EXPORTS = (WHOLE, *FAULTS)

_BROKEN = '''"""What the exporter does wrong."""

import onnx


def breaks(fault: str, content: bytes, signature: dict) -> bytes:
    made = onnx.load_from_string(content)
    graph = made.graph
{faults}
    return made.SerializeToString(deterministic=True)
'''

_HEAD = """\
mlp 1

pipeline images {
  data images: csv {
    path = "data/images.csv"
    schema = Image
  }

  split parts: random {
    data = images
    test = 30%
    stratify = images.digit
    seed = 7
  }

  train lines: sklearn.logistic_regression {
    data = parts.train
    c = 0.1
  }
"""
_EXPORT = """
  export {name}: onnx {{
    model = lines
    fault = "{name}"
    parity {{ data = parts.test, max_abs = 1e-4 }}
  }}

  register keep_{name}: keep {{
    page = {name}.report
  }}
"""
_TAIL = """\
}

## Stands for a registry. It takes the page of the export and no model, so that it needs no packages.
component keep: register {
  input page: report
  run = python("steps.py:keep")
}

schema Image {
  digit: int in 0..9 @label
  ...: float in 0..16
}
"""
_STEPS = """\
from pathlib import Path


def keep(page: Path): ...
"""


def project(folder: Path) -> Path:
    """Write the project into ``folder``."""
    (folder / "data").mkdir(parents=True)
    loaded = load_digits()
    lines = [",".join([*(f"p{row}{column}" for row in range(8) for column in range(8)), "digit"])]
    for image, digit in zip(loaded.data[:800].astype(int).tolist(), loaded.target[:800], strict=True):
        lines.append(",".join(map(str, [*image, digit])))
    (folder / "data" / "images.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    spec = _HEAD + "".join(_EXPORT.format(name=name) for name in EXPORTS) + _TAIL
    (folder / "main.mlp").write_text(spec, encoding="utf-8")
    (folder / "steps.py").write_text(_STEPS, encoding="utf-8")
    shutil.copy(LOCK, folder)
    return folder


def library(folder: Path) -> Path:
    """Copy the standard library into ``folder`` with all faults in its exporter; return what to put on Python's path."""
    shutil.copytree(
        ROOT / "stdlib" / "mlpc_stdlib", folder / "mlpc_stdlib", ignore=shutil.ignore_patterns("__pycache__")
    )
    faults = "".join(f'    if fault == "{name}":{text}' for name, text in FAULTS.items())
    (folder / "mlpc_stdlib" / "runtime" / "broken.py").write_text(
        _BROKEN.format(faults=faults), encoding="utf-8"
    )
    component = "component onnx: export {\n"
    _replace(folder / "mlpc_stdlib" / "export.mlp", component, component + "  param fault: string\n")
    exporter = folder / "mlpc_stdlib" / "runtime" / "export.py"
    before = "    write_atomically(os.path.join(output.path, ONNX_FILE), made)\n"
    breaks = (
        "    from . import broken\n\n    told = portable_signature(signature)\n"
        '    made = broken.breaks(task.argument("fault"), made, told)\n'
    )
    _replace(exporter, before, breaks + before)
    _replace(
        exporter, "models.SIGNATURE_FILE), portable_signature(signature))", "models.SIGNATURE_FILE), told)"
    )
    return folder


def _replace(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, before
    path.write_text(text.replace(before, after), encoding="utf-8")
