"""Sites made of small models, by the step itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlpc_stdlib.runtime.contract import Artefact
from mlpc_stdlib.runtime.web import site
from tests.mlpc_stdlib import bundles

from . import browser

FIGURES = {"accuracy": {"": 0.95, "true": 0.9}, "auc": 0.9934, "log_loss": 0.112, "support": 114}


def make_site(folder: Path, model: Path, figures: dict[str, Any] | None = None, **arguments: Any) -> Path:
    """Make the site of an exported model; return its folder."""
    browser.programs()
    metrics = folder / "metrics.json"
    metrics.write_text(json.dumps(FIGURES if figures is None else figures), encoding="utf-8")
    bundles.step(
        site.site,
        {
            "model": Artefact(str(model), {"type": "model", "framework": "onnx"}, "sha256:" + "ab" * 32),
            "metrics": [Artefact(str(metrics), {"type": "metrics"}, key="quality")],
        },
        {"page": Artefact(str(folder / "page"), {"type": "report"})},
        **arguments,
    )
    return folder / "page"
