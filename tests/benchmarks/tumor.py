"""The model of `examples/tumor`, made by the steps of the standard library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlpc_stdlib.runtime import data, sklearn
from mlpc_stdlib.runtime import export as exports
from mlpc_stdlib.runtime.contract import Artefact
from tests.benchmarks.measure import ROOT
from tests.mlpc_stdlib.bundles import step

SCHEMA: dict[str, Any] = {
    "name": "Cell",
    "columns": [{"name": "malignant", "type": {"base": "bool"}, "marks": ["label"]}],
    "rest": {"base": "float", "min": 0},
}


def export(folder: Path) -> Path:
    """Train the forest of the example, export it, and return the folder of the bundle."""
    cells = Artefact(
        path=str(ROOT / "examples/tumor/data/cells.csv"), type={"type": "dataset", "schema": SCHEMA}
    )
    rows = Artefact(path=str(folder / "rows.parquet"), type=cells.type)
    step(data.csv, {"path": cells}, {"rows": rows})
    model_type = {"type": "model", "framework": "sklearn", "schema": SCHEMA, "label": "malignant"}
    forest = Artefact(path=str(folder / "forest"), type=model_type)
    step(sklearn.random_forest, {"data": rows}, {"model": forest}, trees=200, max_depth=8, seed=7)
    bundle = Artefact(path=str(folder / "bundle"), type={**model_type, "framework": "onnx"})
    step(exports.onnx, {"model": forest}, {"portable": bundle})
    return Path(bundle.path)
