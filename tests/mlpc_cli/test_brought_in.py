"""A model that was made elsewhere, from its file to its gates, and on every engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression

from tests.mlpc_cli.command import mlpc
from tests.mlpc_stdlib.bundles import flowers

SPEC = """
mlp 1

pipeline meadow {
  data rows: csv { path = "rows.csv", schema = Row }
  model old: onnx { path = "models/old.onnx", schema = Row }

  evaluate quality: classification {
    model = old
    data = rows
    require recall >= 0.7
  }

  deploy api: server { model = old }
}

schema Row {
  length: float in 0..10
  width: float >= 0
  petals: int
  wild: bool
  label: bool @label
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    frame, _ = flowers("bool")
    features = frame.drop(columns="label").astype(float)
    estimator = LogisticRegression(max_iter=2000).fit(features, frame["label"])
    graph = to_onnx(estimator, initial_types=[("X", FloatTensorType([None, 4]))], options={"zipmap": False})
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "old.onnx").write_bytes(graph.SerializeToString())
    frame.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "main.mlp").write_text(SPEC.lstrip(), encoding="utf-8")
    return tmp_path


def test_it_is_judged_and_promoted_and_read_again_only_if_its_file_changes(folder: Path) -> None:
    answer = mlpc("run", cwd=folder)
    assert answer.code == 0, answer.err
    assert "promoted api" in answer.out
    again = mlpc("run", "--dry-run", cwd=folder)
    assert "old" in again.out
    assert "would run" not in again.out
    with (folder / "models" / "old.onnx").open("ab") as file:
        file.write(b"\x4a\x00")  # an empty field of the model, which reads as before
    changed = mlpc("run", "--dry-run", cwd=folder)
    assert "would run  its input `path` changed (models/old.onnx)" in changed.out


@pytest.mark.parametrize("engine", ["compose", "airflow", "kubeflow"])
def test_every_engine_is_told_which_file_it_is(folder: Path, engine: str) -> None:
    answer = mlpc("compile", "--to", engine, "-o", "build", cwd=folder)
    assert answer.code == 0, answer.err
    nodes = {
        item["id"]: item for item in json.loads((folder / "build" / "workflow.json").read_bytes())["nodes"]
    }
    source = nodes["old"]["inputs"]["path"]["sources"][0]
    assert (source["location"], source["url"]) == ("models/old.onnx", False)
    assert "onnxruntime>=1.20,<2" in nodes["quality"]["requirements"]
    assert nodes["api"]["after"] == ["quality.gate"]
