"""Flats, described by columns of every type that a model takes beside tensors, and a pipeline of scikit-learn over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pandas
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mlpc_stdlib.runtime import export, models, tables
from mlpc_stdlib.runtime.contract import Artefact
from tests.mlpc_stdlib.bundles import column, dataset, step

CITIES = ["oslo", "łódź", "new_york", 'it\'s "q" & <b>']
DOCS = {
    "area": "Living area in square metres, by the lease.",
    "city": "Where the flat is.",
    "street": "As on the door plate.\n\nUnknown streets are fine.",
    "renovated": "Within the last ten years.",
    "way": "To the centre, by public transport.",
    "dear": "Whether the rent is above the median.",
}


def rows(count: int = 300, seed: int = 3) -> tuple[pandas.DataFrame, dict[str, Any]]:
    """Return rows and the port type of their dataset; the label is ``dear``."""
    random = numpy.random.RandomState(seed)
    frame = pandas.DataFrame(
        {
            "area": random.uniform(20, 200, count).round(1),
            "rooms": random.randint(1, 8, count),
            "city": random.choice(CITIES, count),
            "street": random.choice(["High Street", "Park Lane"], count),
            "renovated": random.rand(count) > 0.5,
            "way": random.uniform(0, 3000, count).round(),
            "rating": numpy.where(random.rand(count) > 0.2, random.rand(count).round(3), numpy.nan),
            "lift": pandas.array(random.rand(count) > 0.3, dtype="boolean"),
        }
    )
    frame.loc[::7, "lift"] = pandas.NA
    worth = (
        frame["area"]
        + 8 * frame["rooms"]
        + 60 * (frame["city"] == "oslo")
        + 20 * (frame["street"] == "Park Lane")
    )
    frame["dear"] = worth > worth.median()
    type = dataset(
        column("area", min=10, max=500),
        column("rooms", "int", min=1, max=12),
        column("city", "enum", choices=CITIES),
        column("street", "string"),
        column("renovated", "bool"),
        column("way", "duration", min=0),
        column("rating", min=0, max=1, nullable=True),
        column("lift", "bool", nullable=True),
        column("dear", "bool", "label"),
    )
    return frame, type


def make(folder: Path, estimator: Any = None, **renamed: str) -> tuple[Artefact, Artefact]:
    """Fit a pipeline over the flats as a function of one's own would; return the model and its rows."""
    frame, type = rows()
    frame = frame.rename(columns=renamed)
    for each in type["schema"]["columns"]:
        each["name"] = renamed.get(each["name"], each["name"])
    folder.mkdir(parents=True, exist_ok=True)
    data = Artefact(str(folder / "flats.parquet"), type)
    tables.write(data.path, frame, type, "flats")
    features = frame.drop(columns="dear").astype({renamed.get("lift", "lift"): "float64"})
    texts = [renamed.get(name, name) for name in ("city", "street")]
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), texts), remainder="passthrough"
    )
    model = make_pipeline(encoder, estimator or RandomForestClassifier(20, random_state=1))
    model.fit(features, frame["dear"])
    output = Artefact(str(folder / "model"), {"type": "model", "framework": "sklearn", "label": "dear"})
    models.save(output.path, model, models.describe(model, output, data, tables.read(data), "it"))
    return output, data


def exported(folder: Path, **renamed: str) -> tuple[Path, dict[str, Any]]:
    """Make the model and its ONNX export; return the folder of the export and the figures of its parity."""
    model, data = make(folder, **renamed)
    made = Artefact(str(folder / "onnx"), {"type": "model", "framework": "onnx"})
    return Path(made.path), step(
        export.onnx, {"model": model, "parity.data": data}, {"portable": made}
    ).metrics
