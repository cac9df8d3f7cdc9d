"""The runtimes in which an exported model answers beside its original, by their names in `runtimes` of a spec.

The first of each format is its own: the step that exports runs it, and finds by it the first layer that differs. The others are
run here, each in a process of its own.
"""

from __future__ import annotations

import os
import tempfile

from . import children, codes, npm
from .contract import StepError, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy

    from .contract import JsonObject, Task

    Array = numpy.ndarray[Any, Any]
    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]

#: By format: what messages and reports call each.
LABELS = {
    "tflite": {"litert": "LiteRT", "tflm": "TFLite Micro"},
    "tfjs": {"node": "TensorFlow.js in Node", "chromium": "TensorFlow.js in Chromium"},
    "onnx": {
        "onnxruntime": "onnxruntime",
        "node": "onnxruntime-web in Node",
        "chromium": "onnxruntime-web in Chromium",
    },
}
#: The lock with onnxruntime-web, beside which lies the script that runs it in Node.
_WEB = "onnxruntime-web"


def asked(task: Task, form: str) -> dict[str, str]:
    """Return the runtimes that a spec asks for, with what they are called; the format's own where it asks for none.

    Raises:
        StepError: the list is empty, or names what does not run such a model.
    """
    known = LABELS[form]
    names = task.argument("parity.runtimes")
    if names is None:
        names = [next(iter(known))]
    odd = [name for name in names if name not in known]
    if odd or not names:
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            f"`{odd[0]}` runs no model of {form}" if odd else "`runtimes` names nothing that runs the model",
            f"write some of {', '.join(f'`{name}`' for name in known)}",
        )
    return {name: known[name] for name in known if name in names}


def is_own(form: str, name: str) -> bool:
    """Return whether the step that exports to ``form`` runs the runtime ``name`` itself."""
    return name == next(iter(LABELS[form]))


def answer(name: str, form: str, model: str, rows: Array) -> Floats:
    """Return what the exported model in the folder ``model`` says of rows, ``[rows, outputs]``, in another runtime than its own.

    ``rows`` are as its ``signature.json`` says that they are to be made, before they become whole numbers.

    Raises:
        StepError: the runtime is not there or does not take the model, or its process died.
    """
    import numpy

    label = LABELS[form][name]
    with tempfile.TemporaryDirectory(prefix="mlpc-runtime-") as folder:
        job: JsonObject = {
            "folder": model,
            "rows": os.path.join(folder, "rows.npy"),
            "said": os.path.join(folder, "said.npy"),
        }
        numpy.save(job["rows"], rows.astype(numpy.float32))
        doing = f"{label}, which runs the exported model,"
        if name == "tflm":
            from . import tflm

            children.call(tflm.run, job, doing)
        elif name == "chromium":
            from .web import browser

            # Here and not in the child: what is missing is said without one.
            browser.chromium()
            job["profile"] = os.path.join(folder, "profile")
            children.call(browser.run, job, doing)
        else:
            return _in_node(label, model, rows, folder)
        found: Floats = numpy.load(job["said"])
    return found


def _in_node(label: str, model: str, rows: Array, folder: str) -> Floats:
    """Let onnxruntime-web answer in Node, by the files that a page is given."""
    import json

    import numpy

    answers, said = os.path.join(folder, "answers.jsonl"), os.path.join(folder, "said.f32")
    given = os.path.join(folder, "rows.f32")
    rows.astype("<f4").tofile(given)
    asked = {
        "path": os.path.join(model, "model.onnx"),
        "rows": given,
        "shape": list(rows.shape),
        "said": said,
    }
    job = {"packages": npm.folder(_WEB), "answers": answers, "models": [asked]}
    write_json(os.path.join(folder, "job.json"), job)
    npm.run(_WEB, os.path.join(folder, "job.json"), label)
    with open(answers, encoding="utf-8") as file:
        told = json.loads(file.readline())
    if told["error"] is not None:
        raise npm.not_taken(label, told["error"])
    return numpy.fromfile(said, "<f4").reshape(len(rows), -1).astype(numpy.float64)
