"""Trains the networks of a job and exports each by the steps themselves: ``python make_cells.py JOB.json``, where Keras is.

A step starts a process for whatever may die in it, and each imports TensorFlow anew. Here they share one, which is made again
where it died. An answer is written as soon as it is there, one a line: whatever happens later, it is not lost.

| JOB | |
|---|---|
| `folder` `answers` | where all is written, and the file of the answers |
| `networks` | each `{name, layers, train, test, exports}`: datasets, `{path, type}`, pairs of an export and its `quantize` |

An answer is `{network, to, quantize, trained, error, figures, seconds}`. In `FOLDER/NETWORK` lie `model`, what it was exported to
as `TO-QUANTIZE`, the rows of `test` as it takes them, `rows.npy`, and what it says of them, `said.npy`.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from mlpc_stdlib.runtime import children
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError, Task

#: Seconds after which a process that says nothing is taken for dead.
PATIENCE = 600.0


class Shared:
    """The one process in which all that may die is done, made anew where it died."""

    def __init__(self) -> None:
        self._worker: children.Worker | None = None

    def __enter__(self) -> Shared:
        return self

    def __exit__(self, *raised: object) -> None:
        """Stay: the next one needs it."""

    def begin(self, *asked: Any) -> None:
        if self._worker is None:
            self._worker = _WORKER()
        self._worker.begin(*asked)

    def answer(self) -> Any:
        worker = self._worker
        assert worker is not None
        clock = threading.Timer(PATIENCE, worker._process.kill)
        clock.start()
        try:
            return worker.answer()
        except StepError:
            if worker._process.poll() is not None:
                self.end()
            raise
        finally:
            clock.cancel()

    def end(self) -> None:
        if self._worker is not None:
            self._worker.__exit__()
            self._worker = None

    def call(self, function: Any, job: Any, doing: str, help: Any = (), seconds: Any = None) -> Any:
        """Do what :func:`children.call` does."""
        self.begin(function, job, doing, help)
        return self.answer()


_WORKER = children.Worker
SHARED = Shared()


def main(job: dict[str, Any]) -> None:
    # Before the steps are imported, which take it from there.
    setattr(children, "Worker", lambda: SHARED)  # noqa: B010
    children.call = SHARED.call
    with open(job["answers"], "a", encoding="utf-8") as answers:
        for network in job["networks"]:
            folder = Path(job["folder"]) / network["name"]
            unfitted = done(lambda told, network=network, folder=folder: train(network, folder, told))[
                "error"
            ]
            for to, quantize, form in network["exports"]:
                found = {"error": unfitted, "figures": {}, "seconds": 0.0}
                if unfitted is None:
                    found = done(
                        lambda told, network=network, folder=folder, to=to, quantize=quantize, form=form: (
                            made(network, folder, to, quantize, form, told)
                        )
                    )
                answer = {
                    "network": network["name"],
                    "to": to,
                    "quantize": quantize,
                    "format": form,
                    "trained": unfitted is None,
                }
                print(json.dumps({**answer, **found}), file=answers, flush=True)
    SHARED.end()


def done(what: Any) -> dict[str, Any]:
    """Call something with a result to fill, and return what came of it."""
    from mlpc_stdlib.runtime.__main__ import explain

    result, error, start = Result(), None, time.monotonic()
    try:
        what(result)
    except Exception as problem:  # noqa: BLE001 - it is told, as a step tells it
        error = (problem if isinstance(problem, StepError) else explain(problem)).to_json()
    return {"error": error, "figures": result.metrics, "seconds": round(time.monotonic() - start, 2)}


def dataset(told: dict[str, Any]) -> Artefact:
    return Artefact(told["path"], told["type"])


def task(name: str, inputs: dict[str, Any], outputs: dict[str, Artefact], **arguments: Any) -> Task:
    return Task(id=name, action={}, result="", inputs=inputs, outputs=outputs, arguments=arguments)


def train(network: dict[str, Any], folder: Path, result: Result) -> None:
    """Train by the step, and keep what the network says of the rows that it has not seen."""
    import numpy

    from mlpc_stdlib.runtime import fitting, keras, tables, tensors

    model = Artefact(str(folder / "model"), {"type": "model", "framework": "keras"})
    settings = {"layers": network["layers"], "epochs": 6, "learning_rate": 0.01, "seed": 7}
    keras.classifier(task("train", {"data": dataset(network["train"])}, {"model": model}, **settings), result)
    signature = json.loads((folder / "model" / "signature.json").read_text())
    test = dataset(network["test"])
    numpy.save(folder / "rows.npy", tensors.of_frame(signature, tables.read(test), "the rows"))
    job = {"model": model.path, "rows": str(folder / "rows.npy"), "said": str(folder / "said.npy")}
    children.call(fitting.predict, job, "running the network")


def made(network: dict[str, Any], folder: Path, to: str, quantize: str, form: str, result: Result) -> None:
    """Export by the step, which runs what it made beside the network."""
    from mlpc_stdlib.runtime import export, savedmodel, tfjs, tflite

    steps: dict[str, Any] = {
        "tflite": tflite.tflite,
        "tfjs": tfjs.tfjs,
        "onnx": export.onnx,
        "savedmodel": savedmodel.savedmodel,
    }
    inputs: dict[str, Any] = {
        "model": Artefact(str(folder / "model"), {"type": "model", "framework": "keras"}),
        "parity.data": dataset(network["test"]),
    }
    if quantize in tflite.WHOLE:
        inputs["calibrate"] = dataset(network["train"])
    outputs = {
        "portable": Artefact(str(folder / f"{to}-{quantize}{form}"), {"type": "model", "framework": to})
    }
    arguments = {"quantize": quantize} if to in ("tflite", "tfjs") else {}
    arguments.update({"format": form} if form else {})
    steps[to](task(f"{to}-{quantize}", inputs, outputs, **arguments), result)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        main(json.loads(file.read()))
