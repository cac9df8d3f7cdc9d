"""Turns a Keras model into a graph or into layers of TensorFlow.js, and runs it beside the original by TensorFlow.js itself.

The files are those of TensorFlow.js: ``model.json`` has the graph, or the layers, and says what lies where in
``group1-shard1of1.bin``. They are written here: the converter that there is asks for another TensorFlow, and makes whole
numbers of weights that must not be.
"""

from __future__ import annotations

import json
import os

from . import children, codes, graphs, npm, runtimes
from .contract import Result, StepError, Task, write_atomically, write_json
from .workplace import Workplace, signature_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy

    from .contract import JsonObject

    Array = numpy.ndarray[Any, Any]

#: The version of TensorFlow.js, for which the lock of its packages says the same.
VERSION = "4.22.0"
TOPOLOGY_FILE, WEIGHTS_FILE = "model.json", "group1-shard1of1.bin"
PACKAGES = "tensorflow"
#: What TensorFlow does to a graph before it is written; nothing that is meant for one kind of machine.
_OPTIMIZERS = ("debug_stripper", "pruning", "constfold", "arithmetic", "dependency", "pruning")
#: Operations whose second operand is many weights: that alone is made whole numbers of. A mean, a variance or a bias is
#: few numbers, of which each counts.
_WEIGHTED = frozenset({"MatMul", "BatchMatMul", "BatchMatMulV2", "Conv2D", "Conv3D", "DepthwiseConv2dNative"})
#: Values of weights as TensorFlow.js has them, by those of TensorFlow.
_DTYPES = {"float32": "float32", "int32": "int32", "int64": "int32", "bool": "bool"}


def tfjs(task: Task, result: Result) -> None:
    """Export a Keras model to TensorFlow.js, with one input and one output (see ``signature.json``).

    ``quantize`` is ``none``; ``float16`` (weights of 16 bits); ``uint8`` (those of dense layers and convolutions of 8
    bits). A browser makes 32 bits of them again. ``format`` is ``graph`` or ``layers``, for programs that go on with layers.

    Raises:
        StepError: the model has no such form, the converter died, or there is no Node.
    """
    source, output = task.input("model"), task.output("portable")
    signature = signature_of(source, "keras")
    with Workplace(task, signature) as place:
        name = signature["outputs"][0]["name"]
        form = task.argument("format", "graph")
        job = place.job(source, quantize=task.argument("quantize", "none"), output=name, format=form)
        told = children.call(_convert, job, "the conversion to TensorFlow.js")
        result.metrics["size"] = sum(place.deliver(file, output) for file in (TOPOLOGY_FILE, WEIGHTS_FILE))
        libraries = {**told["libraries"], "@tensorflow/tfjs": VERSION}
        portable = place.portable_signature("tfjs", told["width"], libraries)
        place.describe(portable, output)
        asked = runtimes.asked(task, "tfjs")
        _run(place, told, form, place.given(output))
        place.ask("tfjs", asked, output)
        place.judge(result, "tfjs", asked, told["layers"])


def _convert(job: JsonObject) -> JsonObject:
    """In a child: write the files of the graph model, and let the original answer."""
    model = graphs.load(job["model"])
    width = int(model.outputs[0].shape[-1])
    if job["format"] == "layers":
        topology, weights = _layers_model(model, job)
        layers = nodes = graphs.answer(model, job)
        _keep(job, topology, weights)
        return {"layers": layers, "libraries": graphs.libraries(), "nodes": nodes, "width": width}
    saved = os.path.join(job["folder"], "saved")
    graphs.save(model, saved, job["shape"], None)
    # After that: names in what was saved count how often a layer was called.
    layers = graphs.answer(model, job)
    graph, taken, said = graphs.freeze(saved)
    graph = _optimized(graph, said)
    graphs.bound(graph, taken, said, job["output"])
    topology, weights = graph_model(graph, job["shape"], job["output"], width, job["quantize"])
    _keep(job, topology, weights)
    nodes = [node.name for node in graph.node if node.op not in ("Const", "Placeholder")]
    return {"layers": layers, "libraries": graphs.libraries(), "nodes": nodes, "width": width}


def _layers_model(model: Any, job: JsonObject) -> tuple[JsonObject, bytes]:
    from .tfjs_layers import layers_model

    def pack(values: Array, many: bool) -> tuple[JsonObject, bytes]:
        return packed_weight(values, job["quantize"], many)

    return layers_model(model, job["shape"], WEIGHTS_FILE, pack)


def _keep(job: JsonObject, topology: JsonObject, weights: bytes) -> None:
    """Write what a browser loads: without white space."""
    text = json.dumps(topology, allow_nan=False, sort_keys=True, separators=(",", ":"))
    write_atomically(os.path.join(job["folder"], TOPOLOGY_FILE), text.encode())
    write_atomically(os.path.join(job["folder"], WEIGHTS_FILE), weights)


def _optimized(graph: Any, said: str) -> Any:
    """Let TensorFlow fold what is constant and drop what is there for training only."""
    import tensorflow
    from tensorflow.core.protobuf import config_pb2
    from tensorflow.python.grappler import tf_optimizer

    held = tensorflow.Graph()
    with held.as_default():
        tensorflow.import_graph_def(graph, name="")
    meta = tensorflow.compat.v1.train.export_meta_graph(graph_def=held.as_graph_def(), graph=held)
    meta.collection_def["train_op"].node_list.value.append(said)
    config = config_pb2.ConfigProto()
    rewrite = config.graph_options.rewrite_options
    rewrite.min_graph_nodes = -1  # small graphs as well
    rewrite.optimizers[:] = _OPTIMIZERS
    return tf_optimizer.OptimizeGraph(config, meta)


def graph_model(
    graph: Any, shape: Sequence[int], output: str, width: int, quantize: str
) -> tuple[JsonObject, bytes]:
    """Return ``model.json`` and the bytes of the weights.

    Raises:
        StepError: the graph holds what TensorFlow.js has no form for.
    """
    from google.protobuf.json_format import MessageToDict
    from tensorflow.python.framework import tensor_util

    many = _weighted(graph)
    entries: list[JsonObject] = []
    content = bytearray()
    for node in graph.node:
        graphs.forget_machine(node)
        if node.op != "Const":
            continue
        values = tensor_util.MakeNdarray(node.attr["value"].tensor)
        dtype = _DTYPES.get(values.dtype.name)
        if dtype is None:
            raise StepError(
                codes.NOT_EXPORTABLE,
                f"the network holds constants of the type {values.dtype.name}, which TensorFlow.js has not",
            )
        entry, packed = packed_weight(values.astype(dtype), quantize, node.name in many)
        entries.append({"name": node.name, "shape": list(values.shape), "dtype": dtype, **entry})
        content += packed
        for field in ("tensor_content", "float_val", "int_val", "int64_val", "bool_val"):
            node.attr["value"].tensor.ClearField(field)
    rows = {"dim": [{"size": "-1"}, *({"size": str(size)} for size in shape)]}
    said = {"dim": [{"size": "-1"}, {"size": str(width)}]}
    topology = {
        "format": "graph-model",
        "generatedBy": "mlpc",
        "convertedBy": "mlpc",
        "signature": {
            "inputs": {graphs.INPUT: {"name": f"{graphs.INPUT}:0", "dtype": "DT_FLOAT", "tensorShape": rows}},
            "outputs": {output: {"name": f"{output}:0", "dtype": "DT_FLOAT", "tensorShape": said}},
        },
        "modelTopology": {
            "node": MessageToDict(graph)["node"],
            "versions": {"producer": graph.versions.producer},
        },
        "weightsManifest": [{"paths": [WEIGHTS_FILE], "weights": entries}],
    }
    return topology, bytes(content)


def _weighted(graph: Any) -> set[str]:
    """Return the constants that are the second operand of what multiplies by many weights."""
    by_name = {node.name: node for node in graph.node}
    found = set()
    for node in graph.node:
        if node.op in _WEIGHTED:
            source = by_name[node.input[1].partition(":")[0]]
            while source.op == "Identity":
                source = by_name[source.input[0].partition(":")[0]]
            if source.op == "Const":
                found.add(source.name)
    return found


def packed_weight(values: Array, quantize: str, many: bool) -> tuple[JsonObject, bytes]:
    """Return what the manifest says of how a weight is stored, and its bytes, little-endian.

    ``uint8`` is affine, ``value = number * scale + min``, with a number for exactly 0.
    """
    import numpy

    if values.dtype == numpy.float32 and quantize == "float16":
        told: JsonObject = {"quantization": {"dtype": "float16", "original_dtype": "float32"}}
        return told, values.astype("<f2").tobytes()
    if values.dtype == numpy.float32 and quantize == "uint8" and many and values.size:
        low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
        scale = (high - low) / 255.0 or 1.0
        zero = round(-low / scale)
        numbers = numpy.clip(numpy.rint(values.astype(numpy.float64) / scale) + zero, 0, 255)
        told = {"dtype": "uint8", "original_dtype": "float32", "min": -zero * scale, "scale": scale}
        return {"quantization": told}, numbers.astype(numpy.uint8).tobytes()
    if values.dtype == numpy.bool_:
        return {}, values.astype(numpy.uint8).tobytes()
    return {}, values.astype(values.dtype.newbyteorder("<")).tobytes()


def _run(place: Workplace, told: JsonObject, form: str, given: str | None) -> None:
    """Let TensorFlow.js answer in Node, ``exported.npy`` and ``probed.npz``; without rows one of zeros, to see that it loads."""
    import numpy

    rows = numpy.zeros((1, *place.shape), numpy.float32) if given is None else numpy.load(given)
    said = _node(place, rows, [place.signature["outputs"][0]["name"]] if form == "graph" else [])
    numpy.save(place.path("exported.npy"), said[0].reshape(len(rows), -1).astype(numpy.float64))
    if given is None:
        return
    if not told["nodes"]:
        return
    found = (
        graphs.places(told["layers"], told["nodes"])
        if form == "graph"
        else {number: number for number in range(len(told["layers"]))}
    )
    probed = _node(place, rows[: graphs.PROBED], [told["nodes"][position] for position in found.values()])
    layers = {number: values.astype(numpy.float64) for number, values in zip(found, probed, strict=True)}
    graphs.keep_layers({"folder": place.folder}, "probed.npz", layers)


def _node(place: Workplace, rows: Array, fetch: list[str]) -> list[Array]:
    """Return what nodes of the graph, or layers, give for rows; what the model gives where none are named."""
    import numpy

    packages = npm.folder(PACKAGES)
    rows.astype("<f4").tofile(place.path("rows.f32"))
    job = {
        "folder": place.folder,
        "packages": packages,
        "backend": "wasm",
        "rows": list(rows.shape),
        "fetch": fetch,
    }
    write_json(place.path("node.json"), job)
    printed = npm.run(PACKAGES, place.path("node.json"), "TensorFlow.js")
    shapes = json.loads(printed.splitlines()[-1])["shapes"]
    return [
        numpy.fromfile(place.path(f"{number}.f32"), "<f4").reshape(shape)
        for number, shape in enumerate(shapes)
    ]
