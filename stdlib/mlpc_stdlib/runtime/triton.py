"""Writes model repositories for Triton: a configuration beside the ONNX model, or beside the plan of an engine of TensorRT.

The configuration is the text form of ``inference.ModelConfig``:
https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto. It is written by hand, so that the step
needs nothing of Triton; tests read it with the message type itself.
"""

from __future__ import annotations

import os
import re

from . import codes, export, models, repositories
from .contract import Result, StepError, Task, first_line, write_atomically, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONFIG, LABELS, BUILD = "config.pbtxt", "labels.txt", "build.sh"
#: What TensorRT makes of the ONNX model, as Triton looks for it.
ENGINE = "model.plan"
#: By `TensorProto.DataType`, the names of the same types in a configuration.
_TYPES = {
    1: "TYPE_FP32", 2: "TYPE_UINT8", 3: "TYPE_INT8", 4: "TYPE_UINT16", 5: "TYPE_INT16", 6: "TYPE_INT32", 7: "TYPE_INT64",
    8: "TYPE_STRING", 9: "TYPE_BOOL", 10: "TYPE_FP16", 11: "TYPE_FP64", 12: "TYPE_UINT32", 13: "TYPE_UINT64", 16: "TYPE_BF16",
}  # fmt: skip
_PRECISIONS = {"float32": ["--noTF32"], "tf32": [], "float16": ["--fp16"]}
#: Rows for which an engine is made fastest, where so many fit.
_USUAL_BATCH = 8


def triton(task: Task, result: Result) -> None:
    """Write ``NAME/config.pbtxt`` and ``NAME/VERSION/model.onnx``.

    Raises:
        StepError: the name cannot be one of Triton's, or the model has inputs or outputs that Triton cannot batch.
    """
    repository = Repository(task)
    kind = "KIND_GPU" if task.argument("processor", "gpu") == "gpu" else "KIND_CPU"
    repository.write("onnxruntime_onnx", kind)
    repository.model(f"{repository.version}/{export.ONNX_FILE}")
    result.metrics["size"] = repositories.size(repository.folder)


def tensorrt(task: Task, result: Result) -> None:
    """Write ``NAME/config.pbtxt``, ``NAME/model.onnx`` and ``build.sh``, which makes ``NAME/VERSION/model.plan`` where it is run.

    Raises:
        StepError: as :func:`triton`, or the model has operators that TensorRT has not.
    """
    repository = Repository(task)
    repository.refuse_classic_operators()
    repository.write("tensorrt_plan", "KIND_GPU")
    repository.model(export.ONNX_FILE)
    write_atomically(os.path.join(repository.folder, BUILD), repository.build().encode())
    # Triton does not take a model that has no folder of a version, and an empty one is lost in many a copy.
    note = os.path.join(repository.folder, repository.name, repository.version, "README")
    write_atomically(note, b"`sh build.sh`, on the machine with the GPU, writes the engine here.\n")
    result.info(f"a plan, not measured: `sh {BUILD}` makes the engine on the machine with the GPU")
    result.metrics["size"] = repositories.size(repository.folder)


class Tensor:
    """An input or output of a model: its name, its type in a configuration, and its shape without the batch."""

    __slots__ = ("name", "shape", "type")

    def __init__(self, name: str, type: str, shape: list[int]) -> None:
        self.name = name
        self.type = type
        self.shape = shape


class Repository:
    """What a step writes.

    Raises:
        StepError: Triton cannot serve it.
    """

    def __init__(self, task: Task) -> None:
        source, output = task.input("model"), task.output("repository")
        self._task = task
        self.folder = output.path
        self.name = repositories.model_name(str(task.argument("name", "model")))
        self.version = str(int(task.argument("version", 1)))
        self.max_batch = int(task.argument("max_batch", 64))
        self._signature = models.read_signature(source.path)
        with open(os.path.join(source.path, export.ONNX_FILE), "rb") as file:
            self._content = file.read()
        self._graph = _graph(self._content)
        self.inputs = _tensors(self._graph, "input")
        self.outputs = _tensors(self._graph, "output")

    def refuse_classic_operators(self) -> None:
        """Refuse what TensorRT has no form of: the operators of ONNX for trees, scalers and the like.

        Raises:
            StepError: the model has one.
        """
        found = sorted({node.op_type for node in self._graph.node if node.domain == "ai.onnx.ml"})
        if found:
            raise StepError(
                codes.NOT_EXPORTABLE,
                f"TensorRT has no operator `{found[0]}`: it computes networks, and this is a model of another kind",
                '`triton` serves it, on the CPU: processor = "cpu"',
            )

    def write(self, platform: str, kind: str) -> None:
        """Write the configuration, and the names of the classes where there are any."""
        inside = os.path.join(self.folder, self.name)
        os.makedirs(os.path.join(inside, self.version), exist_ok=True)
        classes = self._signature["classes"]
        if classes is not None:
            # Triton reads a class a line.
            lines = [re.sub(r"\s+", " ", str(each)) for each in classes]
            write_atomically(os.path.join(inside, LABELS), "".join(f"{line}\n" for line in lines).encode())
        config = self._config(platform, kind, classes is not None)
        write_atomically(os.path.join(inside, CONFIG), config.encode())
        write_json(os.path.join(self.folder, models.SIGNATURE_FILE), self._signature)

    def model(self, path: str) -> None:
        """Write the ONNX model to ``path`` in the folder of the model."""
        write_atomically(os.path.join(self.folder, self.name, path), self._content)

    def build(self) -> str:
        """Return the script that builds the engine: for 1 row to ``max_batch`` rows, fastest for a few."""
        usual = min(_USUAL_BATCH, self.max_batch)
        shapes = [
            f"  --{which}Shapes={','.join(f'{each.name}:{_times([rows, *each.shape])}' for each in self.inputs)}"
            for which, rows in (("min", 1), ("opt", usual), ("max", self.max_batch))
        ]
        words = [
            f"  --onnx={self.name}/{export.ONNX_FILE}",
            f"  --saveEngine={self.name}/{self.version}/{ENGINE}.new",
            *shapes,
            *(f"  {flag}" for flag in _PRECISIONS[str(self._task.argument("precision", "float32"))]),
        ]
        joined = " \\\n".join(["trtexec", *words])
        engine = f"{self.name}/{self.version}/{ENGINE}"
        return (
            "#!/bin/sh\n"
            "# Builds the engine for the GPU of this machine, with the `trtexec` of the TensorRT that will run it.\n"
            "# Afterwards: tritonserver --model-repository=THIS FOLDER\n"
            "set -eu\n"
            'cd "$(dirname "$0")"\n'
            f"{joined}\n"
            "# Only a whole engine gets the name that Triton looks for.\n"
            f"mv {engine}.new {engine}\n"
        )

    def _config(self, platform: str, kind: str, labelled: bool) -> str:
        lines = [
            f"name: {_quoted(self.name)}",
            f"platform: {_quoted(platform)}",
            f"max_batch_size: {self.max_batch}",
        ]
        for tensor in self.inputs:
            lines += ["input {", *_described(tensor), "}"]
        for number, tensor in enumerate(self.outputs):
            more = [f"  label_filename: {_quoted(LABELS)}"] if labelled and number == 0 else []
            lines += ["output {", *_described(tensor), *more, "}"]
        lines += [
            "instance_group {",
            f"  count: {int(self._task.argument('instances', 1))}",
            f"  kind: {kind}",
            "}",
            "dynamic_batching {",
            f"  max_queue_delay_microseconds: {round(float(self._task.argument('delay', 0)) * 1_000_000)}",
            "}",
        ]
        return "".join(f"{line}\n" for line in lines)


def _graph(content: bytes) -> Any:
    import onnx

    try:
        return onnx.load_from_string(content).graph
    except Exception as error:  # noqa: BLE001 - protobuf raises errors of its own
        raise StepError(
            codes.UNREADABLE_MODEL, f"the model is no ONNX that can be read: {first_line(error)}"
        ) from None


def _tensors(graph: Any, which: str) -> list[Tensor]:
    """Return the inputs or outputs of a graph, whose first dimension is the batch."""
    weights = {item.name for item in graph.initializer}
    found = []
    for value in getattr(graph, which):
        if value.name in weights:
            continue
        dimensions = value.type.tensor_type.shape.dim
        type = _TYPES.get(value.type.tensor_type.elem_type)
        fixed = [item.dim_value if item.HasField("dim_value") else -1 for item in dimensions[1:]]
        if type is None or not dimensions or dimensions[0].HasField("dim_value") or -1 in fixed or not fixed:
            raise StepError(
                codes.NOT_EXPORTABLE,
                f"the {which} `{value.name}` of the model is not a table or tensor for each of any number of rows",
                "export the model by `onnx`, or bring in one whose first dimension alone is open",
            )
        if not repositories.is_plain(value.name):
            raise StepError(
                codes.NOT_EXPORTABLE,
                f"the {which} {value.name!r} of the model has a name that Triton does not take",
            )
        found.append(Tensor(value.name, type, fixed))
    return found


def _described(tensor: Tensor) -> list[str]:
    dims = ", ".join(map(str, tensor.shape))
    return [f"  name: {_quoted(tensor.name)}", f"  data_type: {tensor.type}", f"  dims: [ {dims} ]"]


def _times(sizes: list[int]) -> str:
    return "x".join(map(str, sizes))


def _quoted(text: str) -> str:
    """Quote what is known to be letters, digits, `_`, `-`, `.` and `/`."""
    return f'"{text}"'
