"""Lets TFLite Micro's interpreter, which boards run, answer for a model of LiteRT. It runs in a child process only: what it does
not take may end that.
"""

from __future__ import annotations

import json
import os
import sys

from . import codes, models, tflite
from .contract import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy

    from .contract import JsonObject

    Array = numpy.ndarray[Any, Any]

#: Bytes of memory that a model is given: far more than any board has, since it is the numbers that are looked at here.
ARENA = 64 * 1024 * 1024
#: How the interpreter says what it lacks, among all else that it prints.
_LACKS = "Didn't find op"


def run(job: JsonObject) -> JsonObject:
    """Write what the model in the folder ``job["folder"]`` says of the rows ``job["rows"]`` to ``job["said"]``.

    The model is fed by what its ``signature.json`` says of whole numbers, as the firmware of a board is.

    Raises:
        StepError: the interpreter is not there, or does not take the model.
    """
    import numpy

    with open(os.path.join(job["folder"], models.SIGNATURE_FILE), encoding="utf-8") as file:
        signature = json.load(file)
    with open(os.path.join(job["folder"], tflite.TFLITE_FILE), "rb") as opened:
        interpreter = _opened(opened.read())
    (taken,), (given,) = map(_details, signature["inputs"]), map(_details, signature["outputs"])
    found = []
    for row in numpy.load(job["rows"]):
        interpreter.set_input(tflite.whole(row[None], taken), 0)
        interpreter.invoke()
        found.append(tflite.real(interpreter.get_output(0), given).reshape(-1))
    numpy.save(job["said"], numpy.stack(found))
    return {}


def _details(port: JsonObject) -> JsonObject:
    """Return what a signature says of an input or output as LiteRT says it."""
    import numpy

    form = port.get("quantization") or {"scale": 0.0, "zero_point": 0}
    return {"dtype": numpy.dtype(port["dtype"]), "quantization": (form["scale"], form["zero_point"])}


def _opened(content: bytes) -> Any:
    import tempfile

    try:
        from tflite_micro import runtime
    except ImportError:
        raise StepError(
            codes.MISSING_LIBRARY,
            "TFLite Micro's interpreter (`tflite-micro`) is not there",
            "its packages are for Python 3.11 on Linux with an x86-64 processor: take that, or leave `tflm` out of `runtimes`",
        ) from None
    # What it lacks it says on the standard error only.
    kept = os.dup(2)
    with tempfile.TemporaryFile() as printed:
        sys.stderr.flush()
        os.dup2(printed.fileno(), 2)
        try:
            return runtime.Interpreter.from_bytes(content, arena_size=ARENA)
        except RuntimeError as error:
            printed.seek(0)
            lines = printed.read().decode("utf-8", "replace").splitlines()
            lacks = next((line for line in lines if _LACKS in line), str(error))
            raise StepError(
                codes.NOT_EXPORTABLE,
                f"TFLite Micro does not take the model: {lacks.strip()}",
                "leave out the layer that it has no operation for, or leave `tflm` out of `runtimes`",
            ) from None
        finally:
            os.dup2(kept, 2)
            os.close(kept)
