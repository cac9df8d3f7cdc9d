"""A Keras model as what converters take: its answers, a SavedModel, a frozen graph. Runs in a child process only.

Keras itself is called with the batch that it is given; the graphs of a SavedModel take a fixed batch of one row, or any.
"""

from __future__ import annotations

import os
import re

from . import codes, contract
from .contract import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    import numpy

    from .contract import JsonObject

    Array = numpy.ndarray[Any, Any]

KERAS_FILE = "model.keras"
INPUT = "input"
#: Rows whose values between layers are kept, to find the first layer that differs.
PROBED = 32
#: Rows that go through TensorFlow at a time.
_BATCH = 256


def on_one_thread() -> None:
    """Let TensorFlow compute on one thread: several add up in the order in which they end."""
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)


def load(folder: str) -> Any:
    """Load the Keras model of a model's directory, on one thread: several add up in the order in which they end.

    Raises:
        StepError: it cannot be loaded.
    """
    on_one_thread()
    import keras

    place = os.path.join(folder, KERAS_FILE)
    if not os.path.isfile(place):
        raise StepError(codes.UNREADABLE_MODEL, f"the model has no {KERAS_FILE}")
    try:
        return keras.models.load_model(place, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise StepError(codes.UNREADABLE_MODEL, f"the model cannot be loaded: {first_line(error)}") from None


def answer(model: Any, job: JsonObject) -> list[str]:
    """Write what the original says of the rows ``job["rows"]``, ``[rows, outputs]``, and of its layers for the first few.

    Nothing is written where there are no rows. Files: ``original.npy``, and ``layers.npz`` with an array ``NUMBER`` for each
    layer, ``[rows, values]``. Returned are the names of the layers, in the order of their numbers.
    """
    import numpy

    if not job["rows"]:
        return []
    rows = numpy.load(job["rows"])
    numpy.save(os.path.join(job["folder"], "original.npy"), said(model, rows))
    between = _between(model, rows[:PROBED])
    keep_layers(job, "layers.npz", {number: values for number, (_, values) in enumerate(between)})
    return [name for name, _ in between]


def said(model: Any, rows: Array) -> Array:
    """Return what a network says of rows, ``[rows, outputs]``, in 64 bits."""
    return in_batches(lambda part: model(part, training=False), rows)


def in_batches(call: Callable[[Array], Any], rows: Array) -> Array:
    """Return what ``call`` says of rows, some at a time, ``[rows, outputs]``, in 64 bits."""
    import numpy

    parts = [numpy.asarray(call(rows[start : start + _BATCH])) for start in range(0, len(rows), _BATCH)]
    return numpy.concatenate(parts).astype(numpy.float64)


def keep_layers(job: JsonObject, file: str, found: Mapping[int, Array]) -> None:
    """Write what lies behind layers, by their numbers, ``[rows, values]`` each."""
    import numpy

    flat: dict[str, Any] = {
        layer_key(number): values.reshape(len(values), -1) for number, values in found.items()
    }
    numpy.savez(os.path.join(job["folder"], file), **flat)


def layer_key(number: int) -> str:
    """Return what the array of a layer is called in ``layers.npz`` and ``probed.npz``."""
    return f"{number:04}"


def _between(model: Any, rows: Array) -> list[tuple[str, Array]]:
    """Return name and output of each layer that has one output; nothing of a network that is no graph of layers."""
    import keras
    import numpy

    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    values: list[Any] = []
    if isinstance(model, keras.Sequential):
        given = rows
        for layer in layers:
            # Some layers do otherwise while training.
            more = {"training": False} if layer._call_has_training_arg else {}
            given = layer(given, **more)
            values.append(given)
    else:
        try:
            layers = [layer for layer in layers if not isinstance(layer.output, list | tuple | dict)]
            probe = keras.Model(model.inputs, [layer.output for layer in layers])
            said: Any = probe(rows, training=False)
        except (AttributeError, ValueError):
            return []
        values = list(said) if isinstance(said, list | tuple) else [said]
    return [
        (layer.name, numpy.asarray(value, dtype=numpy.float64))
        for layer, value in zip(layers, values, strict=True)
    ]


def save(model: Any, folder: str, shape: Sequence[int], batch: int | None) -> None:
    """Write a SavedModel with one input called ``input``, ``[batch, *shape]`` of 32 bits.

    Raises:
        StepError: the model does not take such rows.
    """
    import keras

    single(model, shape)
    given = keras.InputSpec(shape=(batch, *shape), dtype="float32", name=INPUT)
    model.export(folder, verbose=False, input_signature=[given])


def single(model: Any, shape: Sequence[int]) -> None:
    """See to it that a network takes rows of a shape, and nothing else, and has one output.

    Raises:
        StepError: it has another form.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"the network has {len(model.inputs)} inputs and {len(model.outputs)} outputs; its export has one of each",
        )
    taken = tuple(model.inputs[0].shape[1:])
    if taken != tuple(shape):
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"the network takes rows of the shape {list(taken)}, and its signature says {list(shape)}",
        )


def freeze(folder: str, lower_control_flow: bool = True) -> tuple[Any, str, str]:
    """Return a SavedModel as one graph with the weights in it, and the names of its input and its output."""
    import tensorflow
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    # Without a reference to what was loaded, its variables are deleted while they are read.
    loaded = tensorflow.saved_model.load(folder)
    frozen = convert_variables_to_constants_v2(
        loaded.signatures["serving_default"], lower_control_flow=lower_control_flow
    )
    (taken,) = frozen.inputs
    (said,) = frozen.outputs
    graph = frozen.graph.as_graph_def()
    spell_out(graph)
    return graph, taken.name, said.name


def spell_out(graph: Any) -> None:
    """Write ``erfc(x)`` as ``1 - erf(x)``: of the two, only the second is known to ONNX and to TensorFlow.js.

    The activation `gelu` multiplies it by a half of what it is of, so that the digits which it loses far from 0 do not count.
    """
    from tensorflow.core.framework import types_pb2

    for node in [node for node in graph.node if node.op == "Erfc"]:
        one, erf = graph.node.add(), graph.node.add()
        one.name, one.op = f"{node.name}/one", "Const"
        one.attr["dtype"].type = types_pb2.DT_FLOAT
        one.attr["value"].tensor.dtype = types_pb2.DT_FLOAT
        one.attr["value"].tensor.tensor_shape.SetInParent()
        one.attr["value"].tensor.float_val.append(1.0)
        erf.name, erf.op = f"{node.name}/erf", "Erf"
        erf.input.append(node.input[0])
        erf.attr["T"].CopyFrom(node.attr["T"])
        node.op = "Sub"
        node.input[:] = [one.name, erf.name, *node.input[1:]]


def bound(graph: Any, taken: str, said: str, output: str) -> None:
    """Leave of a graph what leads from the tensor ``taken``, then ``input``, to the tensor ``said``, then ``output``."""
    _rename(graph, taken, INPUT)
    _rename(graph, said, output)
    _keep_what_leads_to(graph, output)


def forget_machine(node: Any) -> None:
    """Take out of a node on which device it was made, and what TensorFlow noted for itself."""
    node.device = ""
    for name in [name for name in node.attr if name.startswith("_")]:
        del node.attr[name]


def _rename(graph: Any, tensor: str, name: str) -> None:
    """Call the node that a tensor comes from by another name."""
    old = tensor.partition(":")[0]
    if old == name:
        return
    for node in graph.node:
        if node.name == name:
            _rename(graph, name, f"{name}_before")
    for node in graph.node:
        if node.name == old:
            node.name = name
        for position, given in enumerate(node.input):
            own, colon, number = given.partition(":")
            if own == old:
                node.input[position] = f"{name}{colon}{number}"


def _keep_what_leads_to(graph: Any, output: str) -> None:
    """Drop the nodes that lead to no output, and orders that only side effects would need."""
    by_name = {node.name: node for node in graph.node}
    wanted, waiting = {output}, [output]
    while waiting:
        node = by_name[waiting.pop()]
        node.input[:] = [given for given in node.input if not given.startswith("^")]
        for given in node.input:
            name = given.partition(":")[0]
            if name not in wanted:
                wanted.add(name)
                waiting.append(name)
    kept = [node for node in graph.node if node.name in wanted]
    del graph.node[:]
    graph.node.extend(kept)


def libraries() -> dict[str, str]:
    """Return the versions of what converts."""
    import keras
    import tensorflow

    return {"keras": keras.__version__, "tensorflow": tensorflow.__version__}


def places(layers: Sequence[str], names: Sequence[str]) -> dict[int, int]:
    """Find the last of ``names``, which stand in the order of computation, that belongs to each layer.

    TensorFlow calls what it computes ``model_1/conv2d_1/Relu``: a layer has a number behind its own name, or none. Several
    names may be joined by ``;``. Returned are numbers of names by numbers of layers; a layer may have none.
    """
    found: dict[int, int] = {}
    start = 0
    for number, layer in enumerate(layers):
        own = re.compile(rf"(^|/){re.escape(layer)}(_\d+)?/")
        last = -1
        for position in range(start, len(names)):
            if any(own.search(name) for name in names[position].split(";")):
                last = position
            elif last >= 0:
                break
        if last >= 0:
            found[number] = last
            start = last + 1
    return found


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, as far as anybody reads it."""
    return contract.first_line(error)[:300]
