"""How long one row takes a network and what it was exported to: ``python exports_latency.py JOB.json``, where Keras is.

JOB: ``{keras, tflite: {name: folder}, onnx, rows, rounds, calls}``. What is printed is JSON: microseconds of one row, by
``keras``, ``onnx`` and the names of ``tflite``. All take turns, so that what else the machine does hits all alike; of the rounds
the fastest counts, since all else only slows.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy

from mlpc_stdlib.runtime import export, graphs, tflite


def main(job: dict[str, Any]) -> None:
    rows = numpy.load(job["rows"])
    model = graphs.load(job["keras"])
    session = export.open_session(f"{job['onnx']}/model.onnx")
    what: dict[str, Callable[[Any], Any]] = {
        "keras": lambda row: numpy.asarray(model(row, training=False)),
        "onnx": lambda row: session.run(None, {export.INPUT: row}),
        **{name: interpreted(f"{folder}/model.tflite") for name, folder in job["tflite"].items()},
    }
    for call in what.values():
        timed(call, rows, 3)
    found: dict[str, list[float]] = {name: [] for name in what}
    for _ in range(job["rounds"]):
        for name, call in what.items():
            found[name].append(timed(call, rows, job["calls"] // 10 if name == "keras" else job["calls"]))
    print(json.dumps({name: min(each) for name, each in found.items()}))


def interpreted(path: str) -> Callable[[Any], Any]:
    """Return what lets LiteRT answer for a row on one thread, whole numbers made of it and of the answer included."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=path, num_threads=1)
    interpreter.allocate_tensors()
    (taken,), (said,) = interpreter.get_input_details(), interpreter.get_output_details()

    def call(row: Any) -> Any:
        interpreter.set_tensor(taken["index"], tflite.whole(row, taken))
        interpreter.invoke()
        return tflite.real(interpreter.get_tensor(said["index"]), said)

    return call


def timed(call: Callable[[Any], Any], rows: Any, calls: int) -> float:
    """Return microseconds of a call with one row."""
    start = time.perf_counter()
    for number in range(calls):
        call(rows[number % len(rows)][None])
    return (time.perf_counter() - start) / calls * 1e6


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        main(json.loads(file.read()))
