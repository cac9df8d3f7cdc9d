"""Lets TFLite Micro answer for models: ``python run_tflm.py JOB.json``, where its interpreter and the step runtime are.

JOB: ``{answers, models: [{folder, rows, said}]}``: models as :func:`mlpc_stdlib.runtime.tflm.run` takes them. An answer, one a
line: ``{folder, error}``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from mlpc_stdlib.runtime import tflm


def main(job: dict[str, Any]) -> None:
    with open(job["answers"], "a", encoding="utf-8") as answers:
        for model in job["models"]:
            error = None
            try:
                tflm.run(model)
            except Exception as problem:  # noqa: BLE001 - it is told
                error = f"{type(problem).__name__}: {problem}"
            print(json.dumps({"folder": model["folder"], "error": error}), file=answers, flush=True)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as opened:
        main(json.loads(opened.read()))
