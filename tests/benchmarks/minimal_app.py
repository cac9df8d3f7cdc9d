"""What the server is measured against: the least that FastAPI and onnxruntime need to serve a model.

Started with the folder of a bundle and a port: `python -m tests.benchmarks.minimal_app FOLDER PORT`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy
import onnxruntime
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, create_model


def application(folder: Path) -> FastAPI:
    """Return the app for the bundle in ``folder``."""
    signature = json.loads((folder / "signature.json").read_text(encoding="utf-8"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    output = next(item["name"] for item in signature["outputs"] if item["kind"] == "probability")
    fields: dict[str, Any] = {feature["name"]: (float, ...) for feature in signature["features"]}
    row_model = create_model("Row", __base__=BaseModel, **fields)
    classes = signature["classes"]
    app = FastAPI()

    async def predict(row: BaseModel) -> Any:
        values = numpy.array([list(row.model_dump().values())], dtype=numpy.float32)
        scores = session.run([output], {name: values})[0][0].tolist()
        best = max(range(len(scores)), key=scores.__getitem__)
        return {"label": classes[best], "scores": {str(c): s for c, s in zip(classes, scores, strict=True)}}

    predict.__annotations__["row"] = row_model
    app.post("/predict")(predict)
    return app


if __name__ == "__main__":
    uvicorn.run(
        application(Path(sys.argv[1])),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        access_log=False,
        log_level="warning",
        ws="none",
        lifespan="off",
        server_header=False,
        backlog=2048,
        timeout_keep_alive=75,
    )
