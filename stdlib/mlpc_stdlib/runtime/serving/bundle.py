"""A model as it was exported: `model.onnx` with its `signature.json`."""

from __future__ import annotations

import hashlib
import os

from .. import codes
from ..contract import StepError
from ..metrics import class_name
from ..models import read_signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ..contract import JsonObject

#: The largest number that a model of 32-bit floats takes.
LARGEST = 3.4028234663852886e38


#: What a value type of the IR is in a request. What is not here cannot be sent.
KINDS = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "duration": "float",
    "size": "float",
    "frequency": "float",
    "power": "float",
    "energy": "float",
    "money": "float",
    "enum": "text",
    "string": "text",
    "url": "text",
    "path": "text",
    "tensor": "tensor",
}


class Feature:
    """One value of a row; ``type`` is a value type of the IR, ``kind`` bool, int, float, text or tensor.

    Of a tensor, which is sent as lists in lists, ``shape`` is that of the lists, and ``element`` one number in them.
    """

    __slots__ = ("choices", "doc", "element", "kind", "name", "nullable", "shape", "type")

    def __init__(self, raw: JsonObject) -> None:
        self.name: str = raw["name"]
        self.type: JsonObject = raw["type"]
        base = self.type["base"]
        if base not in KINDS:
            raise StepError(
                codes.UNREADABLE_MODEL, f"feature `{self.name}`: the server takes no values of type {base}"
            )
        self.kind = KINDS[base]
        self.nullable = bool(raw.get("nullable"))
        self.doc: str = raw.get("doc") or ""
        self.choices: list[str] | None = self.type.get("choices") if base == "enum" else None
        self.shape = tuple(int(size) for size in self.type.get("shape") or ())
        self.element: Feature | None = None
        if self.kind == "tensor":
            bounds = {key: value for key, value in self.type.items() if key.startswith(("min", "max"))}
            of = {"base": "float", **bounds, **(self.type.get("of") or {})}
            self.element = Feature({"name": self.name, "type": of})


class Bundle:
    """A loaded model.

    ``classes`` are the labels in the order of the scores, None for a regression; ``digest`` is the SHA-256 of
    `model.onnx`; ``kind`` is what the model gives: ``probability``, ``class`` or ``value``.

    Raises:
        StepError: the signature and the model do not fit each other.
    """

    def __init__(self, signature: JsonObject, session: Any, digest: str) -> None:
        self.signature = signature
        self.digest = digest
        self.features = [Feature(raw) for raw in signature["features"]]
        if len(self.features) > 1 and any(feature.kind == "tensor" for feature in self.features):
            raise StepError(
                codes.UNREADABLE_MODEL, "the server takes one tensor, or columns of single values, not both"
            )
        label = signature.get("label")
        self.label: str | None = label["name"] if label else None
        self.classes: list[Any] | None = signature.get("classes")
        self.class_names = [class_name(value) for value in self.classes or ()]
        self._session = session
        inputs = session.get_inputs()
        self._inputs: list[tuple[str, str]] = [(item.name, item.type) for item in inputs]
        if len(inputs) > 1 and {item.name for item in inputs} != {feature.name for feature in self.features}:
            raise StepError(
                codes.UNREADABLE_MODEL, "the model's inputs are not the features of its signature"
            )
        output = _output(session, signature)
        self._output: str = output["name"]
        self.kind: str = output["kind"]

    def run(self, rows: Sequence[Sequence[Any]]) -> Any:
        """Return an array of scores [rows, classes], of indices of classes [rows] or of values [rows]."""
        import numpy

        if len(self._inputs) == 1 and self._inputs[0][1] == "tensor(float)":
            # None becomes NaN, true 1.
            taken = numpy.array(rows, dtype=numpy.float32)
            feed = {self._inputs[0][0]: taken[:, 0] if self.features[0].kind == "tensor" else taken}
        else:
            columns = dict(
                zip((feature.name for feature in self.features), zip(*rows, strict=True), strict=True)
            )
            feed = {
                name: numpy.array(columns[name], dtype=_DTYPES[type]).reshape(-1, 1)
                for name, type in self._inputs
            }
        found = self._session.run([self._output], feed)[0]
        return found if self.kind == "probability" else found.reshape(len(rows))


_DTYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}


def load(folder: str, threads: int = 1) -> Bundle:
    """Read a bundle and try it on one row; ``threads`` is the number that onnxruntime may use.

    Raises:
        StepError: a file is missing or cannot be read, or the two do not fit each other.
    """
    signature = read_signature(folder)
    path = os.path.join(folder, "model.onnx")
    try:
        with open(path, "rb") as file:
            model = file.read()
    except OSError as error:
        raise StepError(codes.UNREADABLE_MODEL, f"cannot read {path}: {error.strerror}") from None
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A thread that waits for the next request must not keep a core busy.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - its exceptions share no base
        raise StepError(
            codes.UNREADABLE_MODEL, f"{path} is no model that onnxruntime runs: {error}"
        ) from None
    bundle = Bundle(signature, session, hashlib.sha256(model).hexdigest())
    row = example(bundle)
    try:
        found = bundle.run([[row[feature.name] for feature in bundle.features]])
    except StepError:
        raise
    except Exception as error:  # noqa: BLE001
        raise StepError(
            codes.UNREADABLE_MODEL, f"the model does not take a row of its signature: {error}"
        ) from None
    if bundle.kind == "probability" and found.shape != (1, len(bundle.classes or ())):
        raise StepError(
            codes.UNREADABLE_MODEL,
            f"the model gives scores of shape {list(found.shape)}, its signature has {len(bundle.classes or ())} classes",
        )
    return bundle


def example(bundle: Bundle) -> JsonObject:
    """Return a row that the model takes: the one of its signature, else of each feature a value that fits."""
    given = bundle.signature.get("example") or {}
    return {
        feature.name: _fitting(feature) if given.get(feature.name) is None else given[feature.name]
        for feature in bundle.features
    }


def _fitting(feature: Feature) -> Any:
    if feature.choices is not None:
        return feature.choices[0]
    if feature.kind == "bool":
        return False
    if feature.kind == "text":
        return "…"
    if feature.element is not None:
        made = _fitting(feature.element)
        for size in reversed(feature.shape):
            made = [made] * size
        return made
    low, high = feature.type.get("min"), feature.type.get("max")
    number: float = 0
    if low is not None and high is not None:
        number = (low + high) / 2
    elif low is not None and low >= 0:
        number = low + 1
    elif high is not None and high <= 0:
        number = high - 1
    return int(number) if feature.kind == "int" else float(number)


def _output(session: Any, signature: JsonObject) -> JsonObject:
    """Return the output of the signature that holds the scores, else the classes, else the values."""
    names = [output.name for output in session.get_outputs()]
    for kind in ("probability", "class", "value"):
        for output in signature.get("outputs") or ():
            if output["kind"] == kind:
                if output["name"] not in names:
                    raise StepError(
                        codes.UNREADABLE_MODEL,
                        f"the model has no output `{output['name']}`, which its signature names",
                    )
                found: JsonObject = output
                return found
    raise StepError(codes.UNREADABLE_MODEL, "the signature names no output that the server can give")
