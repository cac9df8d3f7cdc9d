"""Lets TFLite Micro answer for models: ``python run_tflm.py JOB.json``, where its interpreter is.

JOB: ``{answers, models: [{folder, rows, said}]}``: a folder with ``model.tflite`` and ``signature.json``, a file of rows,
``[rows, *shape]``, and the file that is written with what it says of them, ``[rows, outputs]``, in real numbers. An answer, one a
line: ``{folder, error}``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy
from tflite_micro import runtime

#: Bytes of memory that a model is given: more than any of these takes.
ARENA = 1024 * 1024


def main(job: dict[str, Any]) -> None:
    with open(job["answers"], "a", encoding="utf-8") as answers:
        for model in job["models"]:
            error = None
            try:
                numpy.save(model["said"], said(model["folder"], numpy.load(model["rows"])))
            except Exception as problem:  # noqa: BLE001 - it is told
                error = f"{type(problem).__name__}: {problem}"
            print(json.dumps({"folder": model["folder"], "error": error}), file=answers, flush=True)


def said(folder: str, rows: Any) -> Any:
    """Return what the model says of rows, ``[rows, outputs]``."""
    with open(os.path.join(folder, "signature.json"), encoding="utf-8") as file:
        signature = json.load(file)
    with open(os.path.join(folder, "model.tflite"), "rb") as file:
        interpreter = runtime.Interpreter.from_bytes(file.read(), arena_size=ARENA)
    (taken,), (given,) = signature["inputs"], signature["outputs"]
    found = []
    for row in rows:
        interpreter.set_input(whole(row[None], taken), 0)
        interpreter.invoke()
        found.append(real(interpreter.get_output(0), given).reshape(-1))
    return numpy.stack(found)


def whole(values: Any, port: dict[str, Any]) -> Any:
    """Return real numbers as an input takes them, by what the signature says of it."""
    form = port.get("quantization")
    if form is None:
        return values.astype(port["dtype"])
    limits = numpy.iinfo(port["dtype"])
    numbers = numpy.rint(values.astype(numpy.float64) / form["scale"]) + form["zero_point"]
    return numpy.clip(numbers, limits.min, limits.max).astype(port["dtype"])


def real(values: Any, port: dict[str, Any]) -> Any:
    """Return what an output gives as real numbers."""
    form = port.get("quantization")
    found = values.astype(numpy.float64)
    return found if form is None else (found - form["zero_point"]) * form["scale"]


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as opened:
        main(json.loads(opened.read()))
