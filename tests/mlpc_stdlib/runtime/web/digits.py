"""A network that reads the 8 x 8 digits of scikit-learn, as a graph model of TensorFlow.js; and strokes that draw digits."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import numpy

Points = list[list[float]]


def arc(x: float, y: float, w: float, h: float, start: float, end: float, steps: int = 18) -> Points:
    """Return points on an ellipse, from one angle to another in degrees, clockwise from three o'clock."""
    angles = numpy.linspace(math.radians(start), math.radians(end), steps)
    return [[x + w * math.cos(angle), y + h * math.sin(angle)] for angle in angles]


#: Each digit as somebody draws it, by strokes of points in a square of side 1.
STROKES: list[list[Points]] = [
    [arc(0.5, 0.5, 0.2, 0.32, -90, 270)],
    [[[0.4, 0.3], [0.52, 0.18], [0.52, 0.82]]],
    [[*arc(0.48, 0.34, 0.18, 0.16, -170, 30), [0.5, 0.6], [0.3, 0.8], [0.72, 0.8]]],
    [[*arc(0.45, 0.34, 0.19, 0.16, -150, 80), *arc(0.45, 0.65, 0.21, 0.17, -80, 150)]],
    [[[0.56, 0.15], [0.28, 0.56], [0.76, 0.56]], [[0.6, 0.38], [0.58, 0.86]]],
    [[[0.68, 0.18], [0.38, 0.18], [0.36, 0.45], *arc(0.46, 0.63, 0.2, 0.19, -110, 140)]],
    [[*arc(0.62, 0.5, 0.28, 0.34, -110, -200), *arc(0.5, 0.64, 0.18, 0.18, -180, 180)]],
    [[[0.28, 0.2], [0.7, 0.2], [0.44, 0.84]]],
    [[*arc(0.5, 0.34, 0.15, 0.15, 90, 450), *arc(0.5, 0.66, 0.18, 0.17, -90, 270)]],
    [[*arc(0.5, 0.36, 0.17, 0.18, 0, 360), [0.66, 0.5], [0.6, 0.84]]],
]


def make_model(folder: Path) -> Any:
    """Train the network and write its folder; return what foretells classes from ``[rows, 64]``, in NumPy."""
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier

    images, digits = load_digits(return_X_y=True)
    network = MLPClassifier((48,), alpha=0.1, max_iter=300, tol=1e-3, random_state=3).fit(
        images / 16.0, digits
    )
    weights = {
        "first/kernel": network.coefs_[0],
        "first/bias": network.intercepts_[0],
        "last/kernel": network.coefs_[1],
        "last/bias": network.intercepts_[1],
        "flat/shape": numpy.array([-1, 64], numpy.int32),
    }
    folder.mkdir(parents=True, exist_ok=True)
    specs, content = [], b""
    for name, values in weights.items():
        kind = "int32" if values.dtype.kind == "i" else "float32"
        specs.append({"name": name, "shape": list(values.shape), "dtype": kind})
        content += values.astype(kind).tobytes()
    (folder / "group1-shard1of1.bin").write_bytes(content)
    (folder / "model.json").write_text(json.dumps(_graph(weights, specs)))
    (folder / "signature.json").write_text(json.dumps(SIGNATURE))
    return network.predict_proba


def _graph(weights: dict[str, Any], specs: list[dict[str, Any]]) -> dict[str, Any]:
    kinds = {"i": "DT_INT32", "f": "DT_FLOAT"}
    nodes: list[dict[str, Any]] = [
        {
            "name": name,
            "op": "Const",
            "attr": {
                "dtype": {"type": kinds[values.dtype.kind]},
                "value": {
                    "tensor": {
                        "dtype": kinds[values.dtype.kind],
                        "tensorShape": {"dim": [{"size": str(side)} for side in values.shape]},
                    }
                },
            },
        }
        for name, values in weights.items()
    ]
    shape = {"dim": [{"size": "-1"}, {"size": "8"}, {"size": "8"}, {"size": "1"}]}
    floats = {"T": {"type": "DT_FLOAT"}}
    plain = {"transpose_a": {"b": False}, "transpose_b": {"b": False}, **floats}
    nodes.append(
        {
            "name": "input",
            "op": "Placeholder",
            "attr": {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": shape}},
        }
    )
    for name, op, inputs, attr in [
        ("flat", "Reshape", ["input", "flat/shape"], {**floats, "Tshape": {"type": "DT_INT32"}}),
        ("first/product", "MatMul", ["flat", "first/kernel"], plain),
        (
            "first/sum",
            "BiasAdd",
            ["first/product", "first/bias"],
            {**floats, "data_format": {"s": base64.b64encode(b"NHWC").decode()}},
        ),
        ("first", "Relu", ["first/sum"], floats),
        ("last/product", "MatMul", ["first", "last/kernel"], plain),
        ("last/sum", "AddV2", ["last/product", "last/bias"], floats),
        ("scores", "Softmax", ["last/sum"], floats),
    ]:
        nodes.append({"name": name, "op": op, "input": inputs, "attr": attr})
    told = {"dtype": "DT_FLOAT"}
    return {
        "format": "graph-model",
        "modelTopology": {"node": nodes, "library": {}, "versions": {"producer": 1}},
        "signature": {
            "inputs": {"input": {"name": "input:0", **told, "tensorShape": shape}},
            "outputs": {
                "scores": {
                    "name": "scores:0",
                    **told,
                    "tensorShape": {"dim": [{"size": "-1"}, {"size": "10"}]},
                }
            },
        },
        "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": specs}],
    }


SIGNATURE: dict[str, Any] = {
    "contract": 1,
    "framework": "tfjs",
    "task": "classification",
    "features": [
        {
            "name": "pixels",
            "type": {"base": "tensor", "of": {"base": "float", "min": 0, "max": 1}, "shape": [8, 8, 1]},
            "dtype": "tensor",
            "nullable": False,
        }
    ],
    "label": {"name": "digit", "type": {"base": "int", "min": 0, "max": 9}},
    "classes": list(range(10)),
    "positive": None,
    "inputs": [{"name": "input", "dtype": "float32", "shape": [None, 8, 8, 1]}],
    "outputs": [{"name": "scores", "kind": "probability", "dtype": "float32", "shape": [None, 10]}],
    "example": None,
    "libraries": {"keras": "3.15.1"},
}
