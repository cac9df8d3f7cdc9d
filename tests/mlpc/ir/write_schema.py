"""Write the JSON Schema of workflow files: `python -m tests.mlpc.ir.write_schema`."""

from __future__ import annotations

import json
from pathlib import Path

import mlpc.ir
from mlpc.ir import models


def main() -> None:
    """Write ``workflow.schema.json`` beside the models."""
    path = Path(mlpc.ir.__file__).parent / "workflow.schema.json"
    text = json.dumps(models.json_schema(), indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
