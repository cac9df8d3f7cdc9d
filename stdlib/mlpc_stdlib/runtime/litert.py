"""Turns a network of PyTorch into the format of LiteRT, and runs it beside the original by LiteRT itself.

The converter is LiteRT's own for PyTorch; whole numbers are made of what it gives. As the export of Keras (:mod:`.tflite`) it
takes one row at a time, as the spec has it: of images the channels come last.
"""

from __future__ import annotations

import os

from . import children, codes, pytorch_network, tflite
from .contract import StepError, first_line, write_atomically
from .workplace import Workplace, signature_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy

    from .contract import JsonObject, Result, Task

    Array = numpy.ndarray[Any, Any]

#: What the converter calls the only input, and the only function.
_INPUT, _FUNCTION = "args_0", "serving_default"


def litert(task: Task, result: Result) -> None:
    """Export a model of PyTorch to LiteRT; ``quantize`` is as for :func:`mlpc_stdlib.runtime.tflite.tflite`.

    Raises:
        StepError: the model has no such form, or the converter died.
    """
    source = task.input("model")
    signature = signature_of(source, "pytorch")
    quantize = task.argument("quantize", "none")
    with Workplace(task, signature) as place:
        calibrate = tflite.calibration(task, signature, place, quantize)
        job = place.job(source, quantize=quantize, calibrate=calibrate)
        told = children.call(_convert, job, "the conversion to LiteRT")
        tflite.finish(task, result, place, job, told)


def _convert(job: JsonObject) -> JsonObject:
    """In a child: convert, and let the original answer."""
    import warnings

    import torch

    network = pytorch_network.load(job["model"])
    names = pytorch_network.names(network)
    own = pytorch_network.answer(network, job, _channels_last)
    # What reads a series becomes many operations, of which none is known to be its last.
    shapes = [
        [] if name.startswith(("gru_", "lstm_")) else list(values.shape[1:])
        for name, values in zip(names if own else (), own, strict=True)
    ]
    warnings.simplefilter("ignore")
    import litert_torch

    path = os.path.join(job["folder"], tflite.TFLITE_FILE)
    try:
        litert_torch.convert(network, (torch.zeros((1, *job["shape"])),)).export(path)
        if job["quantize"] != "none":
            write_atomically(path, _quantized(path, job))
    except Exception as error:
        if isinstance(error, MemoryError):
            raise
        raise StepError(
            codes.NOT_EXPORTABLE,
            f'the network has no LiteRT form with `quantize = "{job["quantize"]}"`: {first_line(error)[:300]}',
            "the log of the step has all that the converter said",
        ) from None
    return {"layers": names, "shapes": shapes, "libraries": _libraries()}


def _channels_last(values: Array) -> Array:
    """Return what lies behind a layer as LiteRT has it, ``[rows, height, width, channels]`` of images."""
    return values.transpose(0, 2, 3, 1) if values.ndim == 4 else values


def _quantized(path: str, job: JsonObject) -> bytes:
    """Return the model at ``path`` with smaller numbers, as ``quantize`` says."""
    import numpy
    from ai_edge_quantizer import calibrator, qtyping, quantizer, recipe, recipe_manager
    from ai_edge_quantizer.utils import qsv_utils

    kind = job["quantize"]
    manager = recipe_manager.RecipeManager()
    if kind == "float16":
        manager.add_quantization_config(
            regex=".*",
            operation_name=qtyping.TFLOperationName.ALL_SUPPORTED,
            op_config=qtyping.OpQuantizationConfig(
                weight_tensor_config=qtyping.TensorQuantizationConfig(
                    num_bits=16, dtype=qtyping.TensorDataType.FLOAT
                ),
                compute_precision=qtyping.ComputePrecision.FLOAT,
                explicit_dequantize=True,
            ),
            algorithm_key=recipe.AlgorithmName.FLOAT_CASTING,
        )
    else:
        known = {
            "dynamic": recipe.dynamic_wi8_afp32,
            "int8": recipe.static_wi8_ai8,
            "int16x8": recipe.static_wi8_ai16,
        }
        manager.load_quantization_recipe(known[kind]())
    maker = quantizer.Quantizer(path, manager.get_quantization_recipe())
    ranges = None
    if maker.need_calibration:
        rows = numpy.load(job["calibrate"])
        # By the least and the most of all rows: left to itself it takes an average over them, and cuts what few rows reach.
        measured = calibrator.Calibrator(path, num_threads=1, qsv_update_func=qsv_utils.min_max_update)
        measured.calibrate({_FUNCTION: [{_INPUT: row[None]} for row in rows]}, manager)
        ranges = measured.get_model_qsvs()
    return bytes(maker.quantize(ranges).quantized_model)


def _libraries() -> dict[str, str]:
    from importlib.metadata import version

    return {
        **pytorch_network.libraries(),
        **{name: version(name) for name in ("ai-edge-quantizer", "litert-torch")},
    }
