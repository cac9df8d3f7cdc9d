"""Turns a Keras model into the format of LiteRT, and runs it beside the original by LiteRT itself.

The export takes one row at a time: with a free number of rows it would carry operators for the shape that small devices
lack, and some runtimes refuse it.
"""

from __future__ import annotations

import os

from . import children, codes, graphs, runtimes, tables, tensors
from .contract import Result, StepError, Task, write_atomically
from .workplace import Workplace, signature_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy

    from .contract import JsonObject

    Array = numpy.ndarray[Any, Any]
    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]

TFLITE_FILE = "model.tflite"
#: Rows that are looked at to choose the ranges of whole numbers: more change little and take as long again.
CALIBRATED = 500
#: Kinds of quantisation that need ranges.
WHOLE = ("int8", "int16x8")


def tflite(task: Task, result: Result) -> None:
    """Export a Keras model to LiteRT, with one input of one row and one output (see ``signature.json``).

    ``quantize`` is ``none``; ``float16`` (weights of 16 bits); ``dynamic`` (weights of 8 bits, computed with as floats);
    ``int8`` (all of 8 bits) or ``int16x8`` (weights of 8, what lies between layers of 16 bits): these two take and give
    whole numbers, ``value = (number - zero_point) * scale``, and choose their ranges by rows of ``calibrate``.

    Raises:
        StepError: the model has no such form, or the converter died.
    """
    source = task.input("model")
    signature = signature_of(source, "keras")
    quantize = task.argument("quantize", "none")
    with Workplace(task, signature) as place:
        job = place.job(source, quantize=quantize, calibrate=calibration(task, signature, place, quantize))
        told = children.call(
            _convert,
            job,
            "the conversion to LiteRT",
            ["a network with recurrent layers has no `int8` form: unroll them, or take another `quantize`"]
            if quantize in WHOLE
            else (),
        )
        finish(task, result, place, job, told)


def finish(task: Task, result: Result, place: Workplace, job: JsonObject, told: JsonObject) -> None:
    """Write what a child converted to the output ``portable``, and judge it.

    ``told`` is what the child said: its ``libraries``, the names of the ``layers``, and, where the export may lay out what is
    between them in another way than the original, the ``shapes`` of what can be compared.
    """
    output = task.output("portable")
    result.metrics["size"] = place.deliver(TFLITE_FILE, output)
    told_by = "LiteRT, which runs the exported model,"
    forms = children.call(_run, {**job, "rows": None}, told_by)
    place.describe(portable_signature(place.signature, forms, told["libraries"]), output)
    asked = runtimes.asked(task, "tflite")
    given = place.given(output)
    if given is not None:
        children.call(
            _run, {**job, "rows": given, "layers": told["layers"], "shapes": told.get("shapes")}, told_by
        )
        _look_at_range(result, place.signature, forms["input"], given)
    place.ask("tflite", asked, output)
    place.judge(result, "tflite", asked, told["layers"])


#: Share of the rows from which it is no chance that they lie beyond what was looked at for the ranges.
_BEYOND = 0.05


def _look_at_range(result: Result, signature: JsonObject, form: JsonObject, given: str) -> None:
    """Warn of rows with values beyond the whole numbers that the input has: they become the largest or the smallest."""
    import numpy

    quantization = form.get("quantization")
    if quantization is None:
        return
    limits, rows = numpy.iinfo(form["dtype"]), numpy.load(given)
    # A value that is rounded to the last whole number is none beyond it.
    low, high = (
        (limit - quantization["zero_point"]) * quantization["scale"]
        for limit in (limits.min - 0.5, limits.max + 0.5)
    )
    beyond = ((rows < low) | (rows > high)).reshape(len(rows), len(signature["features"]), -1).any(axis=2)
    counts = beyond.sum(axis=0)
    if len(rows) and counts.max() > _BEYOND * len(rows):
        name = signature["features"][int(counts.argmax())]["name"]
        result.warning(
            f"`{name}` lies beyond all that `calibrate` showed in {counts.max()} of {len(rows)} rows of `parity.data`, and is"
            " cut off there: calibrate by rows like those that the model will meet"
        )


def portable_signature(signature: JsonObject, run: JsonObject, libraries: dict[str, str]) -> JsonObject:
    """Return the signature of the exported form; ``run`` has what LiteRT says of its input and its output."""
    made = dict(signature)
    made["framework"] = "tflite"
    made["inputs"] = [{"name": graphs.INPUT, **run["input"]}]
    made["outputs"] = [{**signature["outputs"][0], **run["output"]}]
    made["libraries"] = {**signature["libraries"], **libraries}
    return made


def calibration(task: Task, signature: JsonObject, place: Workplace, quantize: str) -> str | None:
    """Keep the rows by which ranges are chosen, spread evenly over the data, and return where they lie; None where none are.

    Raises:
        StepError: there are none, and ``quantize`` needs some.
    """
    data = task.optional_input("calibrate")
    if quantize not in WHOLE:
        return None
    if data is None:
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            f"`{quantize}` needs rows to choose the ranges by",
            "write `calibrate = …`",
        )
    import numpy

    frame = tables.read(data)
    if not len(frame):
        raise StepError(codes.TOO_FEW_ROWS, "`calibrate` has no rows to choose the ranges by")
    chosen = numpy.linspace(0, len(frame) - 1, min(len(frame), CALIBRATED)).astype(int)
    return place.keep("calibrate.npy", tensors.of_frame(signature, frame.iloc[chosen], "`calibrate`"))


def _convert(job: JsonObject) -> JsonObject:
    """In a child: convert, and let the original answer."""
    import numpy
    import tensorflow

    model = graphs.load(job["model"])
    saved = os.path.join(job["folder"], "saved")
    graphs.save(model, saved, job["shape"], 1)
    # After that: names in what was saved count how often a layer was called.
    layers = graphs.answer(model, job)
    converter = tensorflow.lite.TFLiteConverter.from_saved_model(saved)
    quantize = job["quantize"]
    if quantize != "none":
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tensorflow.float16]
    if quantize in WHOLE:
        rows = numpy.load(job["calibrate"])
        converter.representative_dataset = lambda: ([row[None]] for row in rows)
        sets = tensorflow.lite.OpsSet
        wide = quantize == "int16x8"
        converter.target_spec.supported_ops = [
            sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            if wide
            else sets.TFLITE_BUILTINS_INT8
        ]
        kind = tensorflow.int16 if wide else tensorflow.int8
        converter.inference_input_type = converter.inference_output_type = kind
    try:
        made = converter.convert()
    except Exception as error:
        if isinstance(error, MemoryError):
            raise
        raise StepError(
            codes.NOT_EXPORTABLE,
            f'the network has no LiteRT form with `quantize = "{quantize}"`: {graphs.first_line(error)}',
            "the log of the step has all that the converter said",
        ) from None
    write_atomically(os.path.join(job["folder"], TFLITE_FILE), made)
    return {"layers": layers, "libraries": graphs.libraries()}


def _run(job: JsonObject) -> JsonObject:
    """In a child: let LiteRT answer, ``exported.npy``, and say what form input and output have."""
    import numpy
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    path = os.path.join(job["folder"], TFLITE_FILE)
    interpreter = Interpreter(model_path=path, num_threads=1)
    interpreter.allocate_tensors()
    (taken,), (said,) = interpreter.get_input_details(), interpreter.get_output_details()
    if job["rows"]:
        rows = numpy.load(job["rows"])
        numpy.save(
            os.path.join(job["folder"], "exported.npy"),
            numpy.concatenate([_said(interpreter, taken, said, row) for row in rows]).astype(numpy.float64),
        )
        plain = Interpreter(
            model_path=path,
            num_threads=1,
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        _probe(plain, rows[: graphs.PROBED], job)
    else:
        _said(interpreter, taken, said, numpy.zeros(taken["shape"][1:], numpy.float32))
    return {"input": _form(taken), "output": _form(said)}


def _form(details: Any) -> JsonObject:
    import numpy

    made: JsonObject = {
        "dtype": numpy.dtype(details["dtype"]).name,
        "shape": [int(size) for size in details["shape"]],
    }
    scale, zero = details["quantization"]
    if scale:
        made["quantization"] = {"scale": float(scale), "zero_point": int(zero)}
    return made


def _said(interpreter: Any, taken: Any, said: Any, row: Array) -> Array:
    """Return what the interpreter says of one row, ``[1, outputs]``, in real numbers."""
    interpreter.set_tensor(taken["index"], whole(row[None], taken))
    interpreter.invoke()
    return real(interpreter.get_tensor(said["index"]), said).reshape(1, -1)


def whole(values: Array, details: Any) -> Array:
    """Return real numbers as an input takes them: whole ones where it is quantised, rounded half away from zero."""
    import numpy

    scale, zero = details["quantization"]
    if not scale:
        return values.astype(details["dtype"])
    scaled = values.astype(numpy.float64) / scale
    rounded = numpy.copysign(numpy.floor(numpy.abs(scaled) + 0.5), scaled) + zero
    limits = numpy.iinfo(details["dtype"])
    found: Array = numpy.clip(rounded, limits.min, limits.max).astype(details["dtype"])
    return found


def real(values: Array, details: Any) -> Array:
    """Return what an output gives as real numbers."""
    import numpy

    scale, zero = details["quantization"]
    found: Array = values.astype(numpy.float64)
    return (found - zero) * scale if scale else found


def _probe(interpreter: Any, rows: Array, job: JsonObject) -> None:
    """Write what lies behind each layer in the exported model, ``probed.npz``, one array a layer that is found."""
    import numpy

    interpreter.allocate_tensors()
    (taken,) = interpreter.get_input_details()
    details = {item["index"]: item for item in interpreter.get_tensor_details()}
    order = [details[int(item["outputs"][0])] for item in interpreter._get_ops_details()]
    names = [item["name"] for item in order]
    shapes = job.get("shapes")
    found = graphs.places(job["layers"], names) if shapes is None else _places(job["layers"], names)
    if job["layers"]:
        # What comes last has the name of the output, not of its layer.
        found[len(job["layers"]) - 1] = len(order) - 1
    if shapes is not None:
        found = {
            number: position
            for number, position in found.items()
            if [int(size) for size in order[position]["shape"][1:]] == shapes[number]
        }
    gathered: dict[int, list[Array]] = {number: [] for number in found}
    for row in rows:
        interpreter.set_tensor(taken["index"], whole(row[None], taken))
        interpreter.invoke()
        for number, position in found.items():
            item = order[position]
            gathered[number].append(real(interpreter.get_tensor(item["index"]), item).reshape(1, -1))
    whole_layers = {number: numpy.concatenate(parts) for number, parts in gathered.items()}
    graphs.keep_layers(job, "probed.npz", whole_layers)


def _places(layers: list[str], names: list[str]) -> dict[int, int]:
    """Find the last of ``names`` that belongs to each layer of PyTorch, as :func:`mlpc_stdlib.runtime.graphs.places` does.

    The converter calls what is computed ``….Sequential_conv2d_1/…Conv2d_convolution;``, and each layer has its number.
    """
    found: dict[int, int] = {}
    for number, layer in enumerate(layers):
        for position, name in enumerate(names):
            if f"_{layer}/" in name:
                found[number] = position
    return found
