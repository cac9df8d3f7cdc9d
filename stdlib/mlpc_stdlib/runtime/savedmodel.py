"""Turns a Keras model into a SavedModel of one file, and runs that file beside the original by TensorFlow.

What Keras writes by itself differs each time it is written (names that count, fingerprints, the order of maps). Here the
weights are put into the graph, and the graph into a ``saved_model.pb`` that is written in one form:
``tensorflow/core/protobuf/saved_model.proto``.
"""

from __future__ import annotations

import os

from . import children, codes, graphs
from .contract import Result, StepError, Task, write_atomically
from .workplace import Workplace, signature_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .contract import JsonObject

MODEL_FILE = "saved_model.pb"
#: How what serves asks for the one signature.
SIGNATURE, METHOD, TAG = "serving_default", "tensorflow/serving/predict", "serve"
#: The version of the file format.
_SCHEMA = 1
#: More than a message of protobuf holds.
_LIMIT = 2**31 - 1


def savedmodel(task: Task, result: Result) -> None:
    """Export a Keras model as a SavedModel with one input and one output (see ``signature.json``).

    Raises:
        StepError: the model has no such form, or TensorFlow died.
    """
    source, output = task.input("model"), task.output("portable")
    signature = signature_of(source, "keras")
    with Workplace(task, signature) as place:
        name = signature["outputs"][0]["name"]
        told = children.call(_convert, place.job(source, output=name), "the conversion to a SavedModel")
        result.metrics["size"] = place.deliver(MODEL_FILE, output)
        portable = place.portable_signature("savedmodel", told["width"], told["libraries"])
        place.describe(portable, output)
        given = place.given(output)
        job = {"saved": output.path, "folder": place.folder, "rows": given, "shape": list(place.shape)}
        children.call(_run, {**job, "output": name}, "TensorFlow, with the SavedModel")
        place.judge(result, "savedmodel", {"tensorflow": "TensorFlow"}, told["layers"])


def _convert(job: JsonObject) -> JsonObject:
    """In a child: write ``saved_model.pb``, and let the original answer."""
    model = graphs.load(job["model"])
    saved = os.path.join(job["folder"], "saved")
    graphs.save(model, saved, job["shape"], None)
    # After that: names in what was saved count how often a layer was called.
    layers = graphs.answer(model, job)
    # A loop stays a function: taken apart, it is no graph that TensorFlow loads.
    graph, taken, said = graphs.freeze(saved, lower_control_flow=False)
    graphs.bound(graph, taken, said, job["output"])
    width = int(model.outputs[0].shape[-1])
    content = packed(graph, job["shape"], job["output"], width)
    write_atomically(os.path.join(job["folder"], MODEL_FILE), content)
    return {"layers": layers, "libraries": graphs.libraries(), "width": width}


def packed(graph: Any, shape: list[int], output: str, width: int) -> bytes:
    """Return the bytes of ``saved_model.pb`` for a graph from ``input``, ``[rows, *shape]``, to ``output``, ``[rows, width]``.

    Raises:
        StepError: the weights are more than such a file holds.
    """
    from tensorflow.core.framework import types_pb2
    from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

    for node in (*graph.node, *(node for function in graph.library.function for node in function.node_def)):
        graphs.forget_machine(node)
        node.ClearField("experimental_debug_info")  # where in whose code it was made
    made = saved_model_pb2.SavedModel(saved_model_schema_version=_SCHEMA)
    meta = made.meta_graphs.add()
    meta.meta_info_def.tags.append(TAG)
    meta.graph_def.CopyFrom(graph)
    signature = meta.signature_def[SIGNATURE]
    signature.method_name = METHOD
    for held, name, sizes in (
        (signature.inputs, graphs.INPUT, shape),
        (signature.outputs, output, [width]),
    ):
        told = meta_graph_pb2.TensorInfo(name=f"{name}:0", dtype=types_pb2.DT_FLOAT)
        for size in (-1, *sizes):
            told.tensor_shape.dim.add().size = size
        held[name].CopyFrom(told)
    if made.ByteSize() > _LIMIT:
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"the network has {made.ByteSize() / 2**30:.1f} GiB of weights, and a graph holds less than 2",
            "export it with `onnx`",
        )
    content: bytes = made.SerializeToString(deterministic=True)
    return content


def _run(job: JsonObject) -> JsonObject:
    """In a child: let TensorFlow answer from the file, ``exported.npy``; without rows one of zeros, to see that it loads."""
    import numpy
    import tensorflow

    graphs.on_one_thread()
    rows = numpy.zeros((1, *job["shape"])) if job["rows"] is None else numpy.load(job["rows"])
    # What was loaded is held: without it, its functions are gone.
    loaded = tensorflow.saved_model.load(job["saved"], tags=[TAG])
    serve = loaded.signatures[SIGNATURE]
    said = graphs.in_batches(
        lambda part: serve(**{graphs.INPUT: tensorflow.constant(part, tensorflow.float32)})[job["output"]],
        rows,
    )
    numpy.save(os.path.join(job["folder"], "exported.npy"), said)
    return {}
