"""Converts networks by the step's own code, not trained: ``python make_footprints.py JOB.json``, in the environment of Keras.

JOB: ``{folder, networks: [{name, shape, layers, quantize}]}``. Written are ``FOLDER/NAME/QUANTIZE/model.tflite`` and
``counted.json`` beside it: the ``parameters`` that Keras counts, and the bytes of the ``arena`` that TFLite Micro took. Weights
are random: equal ones would be kept once in a file.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy

from mlpc_stdlib.runtime import fitting, graphs, tflite, tflm

#: Rows by which ranges are chosen.
CALIBRATED = 20


def main(job: dict[str, Any]) -> None:
    graphs.on_one_thread()
    random = numpy.random.default_rng(7)
    for network in job["networks"]:
        home = Path(job["folder"]) / network["name"]
        home.mkdir(parents=True)
        keras.utils.clear_session()
        made = fitting.build(network["shape"], network["layers"])
        weights = [random.normal(0, 0.3, weight.shape).astype("float32") for weight in made.weights]
        variances = ["variance" in weight.path for weight in made.weights]
        made.set_weights(
            [
                numpy.abs(weight) + 0.01 if variance else weight
                for weight, variance in zip(weights, variances, strict=True)
            ]
        )
        fitting.save(made, str(home))
        parameters = sum(int(numpy.prod(weight.shape)) for weight in made.trainable_weights)
        rows = random.uniform(0, 1, (CALIBRATED, *network["shape"])).astype("float32")
        numpy.save(home / "calibrate.npy", rows)
        for quantize in network["quantize"]:
            place = home / quantize
            place.mkdir()
            tflite._convert(
                {
                    "model": str(home),
                    "folder": str(place),
                    "shape": network["shape"],
                    "quantize": quantize,
                    "calibrate": str(home / "calibrate.npy"),
                    "rows": None,
                }
            )
            counted = {"parameters": parameters, "arena": arena((place / tflite.TFLITE_FILE).read_bytes())}
            (place / "counted.json").write_text(json.dumps(counted))


def arena(model: bytes) -> int:
    """Return how many bytes of its arena TFLite Micro takes for a model: it prints its account of them to the standard error."""
    interpreter = tflm._opened(model)
    with tempfile.TemporaryFile() as file:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            interpreter.print_allocations()
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        file.seek(0)
        found = re.search(rb"Arena allocation total (\d+) bytes", file.read())
    assert found is not None
    return int(found[1])


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        main(json.loads(file.read()))
