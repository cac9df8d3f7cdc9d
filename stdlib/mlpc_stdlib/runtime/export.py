"""Turns models into the form that their place needs, and measures what that changed."""

from __future__ import annotations

import os
from functools import partial

from . import codes, models, parity, parity_report, runtimes
from .contract import Result, StepError, Task, a_or_an, first_line, write_atomically, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import numpy
    import pandas

    from .contract import JsonObject

    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]

ONNX_FILE = "model.onnx"
INPUT = "input"
#: Versions of the operator sets, fixed: the same model gives the same bytes.
OPSET, ML_OPSET = 18, 3
#: The version of the file format that goes with them.
IR_VERSION = 8


def onnx(task: Task, result: Result) -> None:
    """Export a model of scikit-learn, XGBoost or LightGBM to ONNX, with one output (see ``signature.json``).

    It has one input, a table of numbers; or, where some columns are texts, one for each column, of the column's name.

    Where the input ``parity.data`` is given, its rows go through the original and, by onnxruntime, through the export:
    see :mod:`mlpc_stdlib.runtime.parity`.

    Raises:
        StepError: the model cannot be exported.
    """
    source, output = task.input("model"), task.output("portable")
    if models.read_signature(source.path)["framework"] in ("keras", "pytorch"):
        from . import onnx_networks

        onnx_networks.onnx(task, result)
        return
    model, signature = models.load(source, result)
    refuse_what_has_no_form(signature, texts=True)
    made = convert(model, signature)
    os.makedirs(output.path, exist_ok=True)
    write_atomically(os.path.join(output.path, ONNX_FILE), made)
    write_json(os.path.join(output.path, models.SIGNATURE_FILE), portable_signature(signature))
    # On one thread: several add scores up in the order in which they end.
    session = open_session(os.path.join(output.path, ONNX_FILE), 1)
    result.metrics["size"] = len(made)
    asked = runtimes.asked(task, "onnx")
    # As whoever runs the export does: by the signature that was written, not by that of the original.
    portable = models.read_signature(output.path)
    features = parity.rows(task, signature)
    answer(session, portable, _any_row(portable))
    max_abs = task.argument("parity.max_abs")
    found: dict[str, parity.Compared] = {}
    if features is not None:
        for name in asked:
            answering = partial(_answer, name, session, output.path)
            found[name] = compare(model, signature, answering, features, max_abs, portable)
        parity.record(result, found)
    about = {"format": "onnx", "runtimes": asked, "size": len(made), "max_abs": max_abs}
    parity_report.write(task.outputs.get("report"), signature, found, about)


def _answer(name: str, session: Any, folder: str, portable: JsonObject, features: pandas.DataFrame) -> Floats:
    """Return what the export in a folder says of rows in the runtime ``name``.

    Raises:
        StepError: the runtime does not take it.
    """
    import numpy

    if runtimes.is_own("onnx", name):
        return answer(session, portable, features)
    if takes_columns(portable):
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"the model takes texts, and parity in `{name}` feeds tables of numbers only",
            'leave it out: `runtimes = ["onnxruntime"]`',
        )
    return runtimes.answer(name, "onnx", folder, features.to_numpy(dtype=numpy.float64))


def portable_signature(signature: JsonObject) -> JsonObject:
    """Return the signature of the exported form of a model."""
    made = dict(signature)
    made["framework"] = "onnx"
    made["inputs"] = [{"name": INPUT, "dtype": "float32", "shape": [None, len(signature["features"])]}]
    if takes_columns(signature):
        made["inputs"] = [
            {
                "name": feature["name"],
                "dtype": "string" if feature["dtype"] == "string" else "float32",
                "shape": [None, 1],
            }
            for feature in signature["features"]
        ]
    outputs = [{**item, "name": output_name(signature), "dtype": "float32"} for item in signature["outputs"]]
    if signature["task"] == "regression":
        outputs[0]["shape"] = [None, 1]
    made["outputs"] = outputs
    return made


def takes_columns(signature: JsonObject) -> bool:
    """Return whether the graph of a model has an input for each column, since some hold texts, and not one table of numbers."""
    return any(feature["dtype"] == "string" for feature in signature["features"])


def output_name(signature: JsonObject) -> str:
    """Return what the output of the graph is called: as in a signature, unless an input is called so."""
    name: str = signature["outputs"][0]["name"]
    if takes_columns(signature):
        while name in {feature["name"] for feature in signature["features"]}:
            name += "_"
    return name


def refuse_what_has_no_form(signature: JsonObject, texts: bool = False) -> None:
    """Refuse what takes no numbers (nor ``texts``, where the export knows them), or says no probabilities.

    Raises:
        StepError: the model is so.
    """
    known = ("bool", "int64", "float64", "string") if texts else ("bool", "int64", "float64")
    for feature in signature["features"]:
        if feature["dtype"] not in known:
            raise StepError(
                codes.NOT_EXPORTABLE,
                f"the model learns from `{feature['name']}`, which is {feature['dtype']}; its export takes"
                f" {'numbers and texts' if texts else 'numbers'} only",
                "encode the column as numbers in a step before the training",
            )
        if feature["dtype"] == "string" and feature["nullable"]:
            raise StepError(
                codes.NOT_EXPORTABLE,
                f"the model learns from `{feature['name']}`, a text that may be missing, and ONNX has no missing text",
                'fill the gaps with a text of their own, such as "unknown", in a step before the training',
            )
    if signature["outputs"][0]["kind"] == "class":
        raise StepError(
            codes.NOT_EXPORTABLE,
            "the model foretells classes without probabilities, and its export answers with probabilities",
            "wrap the estimator: sklearn.calibration.CalibratedClassifierCV(estimator)",
        )


def convert(model: Any, signature: JsonObject) -> bytes:
    """Return a model as ONNX, the same bytes each time.

    Raises:
        StepError: it has no ONNX form.
    """
    if signature["framework"] in ("lightgbm", "xgboost"):
        from . import onnx_trees

        return canonical(onnx_trees.convert(model, len(signature["features"]), INPUT), signature)
    import logging

    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    logging.getLogger("skl2onnx").setLevel(logging.ERROR)
    classifies = signature["task"] == "classification"
    initial_types = [(INPUT, FloatTensorType([None, len(signature["features"])]))]
    if takes_columns(signature):
        initial_types = [
            (each["name"], (StringTensorType if each["dtype"] == "string" else FloatTensorType)([None, 1]))
            for each in signature["features"]
        ]
    try:
        made = to_onnx(
            model,
            initial_types=initial_types,
            name="model",
            options={id(model): {"zipmap": False}} if classifies else None,
            target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
        )
    except Exception as error:
        module = type(error).__module__
        if not module.startswith(("skl2onnx", "builtins")) or isinstance(error, MemoryError):
            raise
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"{_names(model)} has no ONNX form: {first_line(error)}",
            [
                "most estimators and transformers of scikit-learn have one; classes of your own have none",
                "leave `export` out and serve the model by other means, or train another estimator",
            ],
        ) from None
    if any(feature["nullable"] for feature in signature["features"]):
        _route_missing_values(made.graph, model)
    return canonical(made, signature)


def _route_missing_values(graph: Any, model: Any) -> None:
    """Say at each split of a forest which way a missing value goes: skl2onnx leaves that out."""
    steps = getattr(model, "steps", None)
    forest = steps[-1][1] if steps else model
    members = [forest] if hasattr(forest, "tree_") else list(getattr(forest, "estimators_", ()))
    if not members or not all(hasattr(member, "tree_") for member in members):
        return
    ways = {
        (number, position): int(bool(node["missing_go_to_left"]) and node["left_child"] >= 0)
        for number, member in enumerate(members)
        for position, node in enumerate(member.tree_.__getstate__()["nodes"])
    }
    for node in graph.node:
        if not node.op_type.startswith("TreeEnsemble"):
            continue
        told = {attribute.name: attribute for attribute in node.attribute}
        keys = list(zip(told["nodes_treeids"].ints, told["nodes_nodeids"].ints, strict=True))
        if set(keys) == set(ways):
            told["nodes_missing_value_tracks_true"].ints[:] = [ways[key] for key in keys]


def _names(model: Any) -> str:
    steps = getattr(model, "steps", None)
    return " > ".join(type(step).__name__ for _, step in steps) if steps else a_or_an(model)


def canonical(made: Any, signature: JsonObject) -> bytes:
    """Bring a model that a converter made into its one form: one output, fixed names, nothing of the tools' versions."""
    import onnx as onnx_library

    graph = made.graph
    classifies = signature["task"] == "classification"
    old = graph.output[1 if classifies else 0].name
    new = output_name(signature)
    rename(graph, old, new)
    width = len(signature["classes"]) if classifies else 1
    value = onnx_library.helper.make_tensor_value_info(new, onnx_library.TensorProto.FLOAT, ["batch", width])
    del graph.output[:]
    graph.output.append(value)
    prune(graph)
    for taken in graph.input:
        taken.type.tensor_type.shape.dim[0].dim_param = "batch"
    graph.doc_string = ""
    versions = {"ai.onnx.ml": ML_OPSET, "": OPSET}
    used = {node.domain for node in graph.node}
    del made.opset_import[:]
    for domain in sorted(versions):
        if domain in used or domain == "":
            made.opset_import.append(onnx_library.helper.make_opsetid(domain, versions[domain]))
    made.ir_version = IR_VERSION
    made.producer_name, made.producer_version, made.domain, made.doc_string = "mlpc", "", "", ""
    made.model_version = 0
    del made.metadata_props[:]
    onnx_library.checker.check_model(made)
    found: bytes = made.SerializeToString(deterministic=True)
    return found


def rename(graph: Any, old: str, new: str) -> None:
    """Call a value of an ONNX graph by another name, wherever nodes name it."""
    taken = {name for node in graph.node for name in (*node.input, *node.output)}
    if new in taken and old != new:
        rename(graph, new, f"{new}_before")
    for node in graph.node:
        for names in (node.input, node.output):
            for position, name in enumerate(names):
                if name == old:
                    names[position] = new


def prune(graph: Any) -> None:
    """Drop the nodes and weights that lead to no output."""
    wanted = {item.name for item in graph.output}
    kept = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= set(node.input)
    kept.reverse()
    del graph.node[:]
    graph.node.extend(kept)
    weights = [item for item in graph.initializer if item.name in wanted]
    del graph.initializer[:]
    graph.initializer.extend(weights)


# Running


def open_session(model: str | bytes, threads: int = 1) -> Any:
    """Open a model, a file or its content, in onnxruntime, on the CPU.

    Raises:
        StepError: onnxruntime does not take it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - its errors have no base of their own
        raise StepError(
            codes.NOT_EXPORTABLE, f"onnxruntime does not take the model: {first_line(error)}"
        ) from None


def run(session: Any, rows: Any) -> Floats:
    """Return what an exported model says of rows of numbers, ``[rows, outputs]``."""
    import numpy

    taken = numpy.asarray(rows, dtype=numpy.float32)
    return parity.in_batches(lambda part: session.run(None, {INPUT: part})[0], taken)


def answer(session: Any, signature: JsonObject, features: pandas.DataFrame) -> Floats:
    """Return what an exported model says of rows, ``[rows, outputs]``; the features stand in the order of its signature.

    Raises:
        StepError: a text is missing.
    """
    import numpy

    if not takes_columns(signature):
        return run(session, features.to_numpy(dtype=numpy.float64))
    feed = {}
    for feature in signature["features"]:
        column = features[feature["name"]]
        if feature["dtype"] == "string":
            if column.isna().any():
                raise StepError(
                    codes.MODEL_MISFITS_DATA,
                    f"`{feature['name']}` is missing in {int(column.isna().sum())} of {len(column)} rows, and ONNX has no"
                    " missing text",
                    "fill the gaps, or leave such rows out",
                )
            values = column.astype(str).to_numpy(dtype=object)
        else:
            values = column.to_numpy(dtype=numpy.float64, na_value=numpy.nan).astype(numpy.float32)
        feed[feature["name"]] = values.reshape(-1, 1)

    def part(rows: range) -> Any:
        return session.run(None, {name: values[rows.start : rows.stop] for name, values in feed.items()})[0]

    try:
        return parity.in_batches(part, range(len(features)))
    except Exception as error:  # noqa: BLE001 - its errors have no base of their own
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            f"onnxruntime does not run the model on such rows: {first_line(error)}",
            'a text that the training has not seen is taken by `OneHotEncoder(handle_unknown="ignore")`',
        ) from None


def _any_row(signature: JsonObject) -> pandas.DataFrame:
    """Return a row to see that a model runs: zeros, and the texts of its example or any that a column may hold."""
    import pandas

    example = signature.get("example") or {}
    return pandas.DataFrame(
        {
            each["name"]: [
                example.get(each["name"]) or (each["type"].get("choices") or [""])[0]
                if each["dtype"] == "string"
                else 0.0
            ]
            for each in signature["features"]
        }
    )


def compare(
    model: Any,
    signature: JsonObject,
    answering: Callable[[JsonObject, pandas.DataFrame], Floats],
    features: pandas.DataFrame,
    max_abs: float | None = None,
    portable: JsonObject | None = None,
) -> parity.Compared:
    """Run rows of features through a model and its export, ``answering``, which takes them in the order of ``portable``."""
    portable = portable or signature
    taken = models.matrix(portable, features, f"`{parity.PORT}`")
    exported = parity.in_order(signature, portable, answering(portable, taken))
    original, decided = parity.of_estimator(model, signature, features)
    return parity.Compared(original, exported, decided, max_abs)
