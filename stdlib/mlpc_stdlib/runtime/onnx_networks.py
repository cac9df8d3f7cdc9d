"""Turns a network into ONNX, with the scaling of its columns in the graph: nothing of it is made whole numbers of here.

What PyTorch says is converted by :mod:`mlpc_stdlib.runtime.pytorch_onnx`. Keras' own export leaves weights out of the graph; what
is frozen first is whole.
"""

from __future__ import annotations

import os

from . import children, codes, export, graphs, runtimes
from .contract import StepError, write_atomically
from .workplace import Workplace, signature_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy

    from .contract import JsonObject, Result, Task

    Array = numpy.ndarray[Any, Any]


def onnx(task: Task, result: Result) -> None:
    """Export a model of Keras or PyTorch to ONNX, with one input and one output (see ``signature.json``).

    Raises:
        StepError: the model has no such form, or the converter died.
    """
    import numpy

    source, output = task.input("model"), task.output("portable")
    signature = signature_of(source, "keras", "pytorch")
    converter = _convert
    if signature["framework"] == "pytorch":
        from . import pytorch_onnx

        converter = pytorch_onnx.convert
    with Workplace(task, signature) as place:
        said = signature["outputs"][0]["name"]
        classes = signature["classes"]
        told = children.call(
            converter,
            place.job(
                source, output=said, classes=len(classes) if classes else 0, scaling=signature.get("scaling")
            ),
            "the conversion to ONNX",
        )
        result.metrics["size"] = place.deliver(export.ONNX_FILE, output)
        portable = export.portable_signature(signature)
        portable.pop("scaling", None)
        portable["inputs"][0]["shape"] = [None, *place.shape]
        portable["libraries"] = {**signature["libraries"], **told["libraries"]}
        place.describe(portable, output)
        session = export.open_session(os.path.join(output.path, export.ONNX_FILE), 1)
        asked = runtimes.asked(task, "onnx")
        given = place.given(output)
        rows = numpy.zeros((1, *place.shape)) if given is None else numpy.load(given)
        place.keep("exported.npy", export.run(session, rows))
        place.ask("onnx", asked, output)
        place.judge(result, "onnx", asked, told["layers"])


def _convert(job: JsonObject) -> JsonObject:
    """In a child: write ``model.onnx``, and let the original answer."""
    import tf2onnx

    model = graphs.load(job["model"])
    saved = os.path.join(job["folder"], "saved")
    graphs.save(model, saved, job["shape"], None)
    # After that: names in what was saved count how often a layer was called.
    layers = graphs.answer(model, job)
    # The loops of recurrent layers become operators of ONNX only where they are still whole.
    graph, taken, said = graphs.freeze(saved, lower_control_flow=False)
    try:
        made, _ = tf2onnx.convert.from_graph_def(
            graph, input_names=[taken], output_names=[said], opset=export.OPSET
        )
    except (ValueError, RuntimeError, KeyError, AttributeError) as error:
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"the network has no ONNX form: {graphs.first_line(error)}",
            "the log of the step has all that the converter said",
        ) from None
    # Its names tell of which layer a node is; they are lost afterwards.
    named = made.SerializeToString() if layers else b""
    content = canonical(made, taken, said, job)
    write_atomically(os.path.join(job["folder"], export.ONNX_FILE), content)
    if layers:
        _probe(type(made).FromString(named), taken, said, layers, job)
    return {"layers": layers, "libraries": graphs.libraries()}


def _probe(made: Any, taken: str, said: str, layers: list[str], job: JsonObject) -> None:
    """Write what lies behind each layer of a converted graph, ``probed.npz``, as far as its names tell.

    The converter puts the channels of images first, ``[rows, channels, height, width]``, so that they lie in another order there:
    of both orders the one counts that is nearer to the original's.
    """
    import numpy
    from onnx import helper

    names = [node.output[0] for node in made.graph.node]
    found = graphs.places(layers, names)
    # What comes last has the name of the output, not of its layer.
    found[len(layers) - 1] = names.index(said)
    del made.graph.output[:]
    made.graph.output.extend(helper.make_empty_tensor_value_info(names[place]) for place in found.values())
    rows = numpy.load(job["rows"])[: graphs.PROBED]
    try:
        session = export.open_session(made.SerializeToString())
    except StepError:
        return  # the export itself is run later, and told of if it does not
    kept: dict[int, Array] = {}
    with numpy.load(os.path.join(job["folder"], "layers.npz")) as own:
        for number, values in zip(found, session.run(None, {taken: rows}), strict=True):
            before = own[graphs.layer_key(number)]
            orders = [values, numpy.moveaxis(values, 1, -1)] if values.ndim == 4 else [values]
            flat = [each.reshape(len(each), -1) for each in orders]
            # A loop has steps first, and rows somewhere else.
            if flat[0].shape == before.shape:
                kept[number] = min(flat, key=lambda each: float(numpy.abs(each - before).max()))
    graphs.keep_layers(job, "probed.npz", kept)


def canonical(made: Any, taken: str, said: str, job: JsonObject) -> bytes:
    """Bring what a converter made into one form: fixed names, one order, nothing of the tools' versions.

    ``job`` has the ``shape`` of a row, the name of the ``output``, how many ``classes`` there are and the ``scaling``.

    Raises:
        StepError: something in it is not of ONNX.
    """
    from onnx import TensorProto, checker, helper

    graph = made.graph
    width = int(graph.output[0].type.tensor_type.shape.dim[-1].dim_value)
    export.rename(graph, taken, "network_input")
    export.rename(graph, said, "network_output")
    before = _scaling(graph, job["scaling"])
    graph.node.insert(0, helper.make_node("Identity", [before], ["network_input"]))
    if job["classes"] == 2 and width == 1:
        # Whoever reads scores finds one for each class.
        width = 2
        graph.initializer.append(helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]))
        graph.node.append(helper.make_node("Sub", ["one", "network_output"], ["other"]))
        graph.node.append(helper.make_node("Concat", ["other", "network_output"], [job["output"]], axis=1))
    else:
        graph.node.append(helper.make_node("Identity", ["network_output"], [job["output"]]))
    del graph.input[:], graph.output[:], graph.value_info[:], graph.metadata_props[:]
    rows: list[Any] = ["batch", *job["shape"]]
    scores: list[Any] = ["batch", width]
    graph.input.append(helper.make_tensor_value_info(export.INPUT, TensorProto.FLOAT, rows))
    graph.output.append(helper.make_tensor_value_info(job["output"], TensorProto.FLOAT, scores))
    graph.name, graph.doc_string = "model", ""
    # A loop names values of the graph around it: such a graph keeps the names that it has.
    loops = any(attribute.HasField("g") for node in graph.node for attribute in node.attribute)
    if not loops:
        _in_one_order(graph, job["output"])
    del made.opset_import[:]
    made.opset_import.append(helper.make_opsetid("", export.OPSET))
    made.ir_version = export.IR_VERSION
    made.producer_name, made.producer_version, made.domain, made.doc_string = "mlpc", "", "", ""
    made.model_version = 0
    del made.metadata_props[:]
    try:
        checker.check_model(made)
    except checker.ValidationError as error:
        # What it has no form for, tf2onnx leaves as it is, without an error.
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"the network has no ONNX form: {graphs.first_line(error)}",
            "leave out the layer that it is of, or export the model with `tflite`",
        ) from None
    found: bytes = made.SerializeToString(deterministic=True)
    return found


def _scaling(graph: Any, scaling: JsonObject | None) -> str:
    """Put ``(value - mean) / scale`` in front, in 64 bits; return the name of what comes out."""
    from onnx import TensorProto, helper

    if not scaling:
        return export.INPUT
    count = [len(scaling["mean"])]
    for name in ("mean", "scale"):
        graph.initializer.append(
            helper.make_tensor(f"scaling_{name}", TensorProto.DOUBLE, count, scaling[name])
        )
    steps = [
        helper.make_node("Cast", [export.INPUT], ["scaling_wide"], to=TensorProto.DOUBLE),
        helper.make_node("Sub", ["scaling_wide", "scaling_mean"], ["scaling_centred"]),
        helper.make_node("Div", ["scaling_centred", "scaling_scale"], ["scaling_scaled"]),
        helper.make_node("Cast", ["scaling_scaled"], ["scaling_narrow"], to=TensorProto.FLOAT),
    ]
    for position, node in enumerate(steps):
        graph.node.insert(position, node)
    return "scaling_narrow"


def _in_one_order(graph: Any, output: str) -> None:
    """Order nodes and weights as the output asks for them, and name all by that order: the converter's names are by chance."""
    makers = {name: node for node in graph.node for name in node.output if name}
    weights = {item.name: item for item in graph.initializer}
    nodes: list[Any] = []
    kept: list[Any] = []
    names: dict[str, str] = {export.INPUT: export.INPUT, "": ""}
    # Depth first, without recursion: networks may be deeper than Python's stack.
    waiting: list[tuple[str, bool]] = [(output, False)]
    while waiting:
        name, ready = waiting.pop()
        if name in names:
            continue
        if name in weights:
            kept.append(weights[name])
            names[name] = f"weight_{len(kept)}"
            continue
        node = makers[name]
        if not ready:
            waiting.append((name, True))
            waiting += [(given, False) for given in reversed(node.input)]
            continue
        nodes.append(node)
        for number, each in enumerate(node.output):
            if each:
                names[each] = output if each == output else f"value_{len(nodes)}_{number}"
    for item in kept:
        item.name, item.doc_string = names[item.name], ""
        del item.metadata_props[:]
    for number, node in enumerate(nodes):
        node.name, node.doc_string = f"node_{number + 1}", ""
        # The exporter of PyTorch puts lines of code and their paths there.
        del node.metadata_props[:]
        node.input[:] = [names[each] for each in node.input]
        node.output[:] = [names.get(each, "") for each in node.output]
        attributes = sorted(node.attribute, key=lambda item: str(item.name))
        ordered = [type(item).FromString(item.SerializeToString()) for item in attributes]
        del node.attribute[:]
        node.attribute.extend(ordered)
    copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)
    held = [type(item).FromString(item.SerializeToString()) for item in kept]
    del graph.initializer[:]
    graph.initializer.extend(held)
