"""The plans of the examples, as the command writes them, are read back by the strict reader and keep to the schema."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from mlpc.ir import canonical, models

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads(resources.files("mlpc.ir").joinpath("workflow.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("example", "options"), [("tumor", []), ("tumor", ["--env", "ci"]), ("own_code", [])]
)
def test_the_plan_of_an_example(example: str, options: list[str], tmp_path: Path) -> None:
    spec = ROOT / "examples" / example / "main.mlp"
    command = [
        sys.executable,
        "-m",
        "mlpc_cli",
        "compile",
        str(spec),
        "--to",
        "local",
        "-o",
        str(tmp_path / "plan"),
    ]
    subprocess.run([*command, *options], check=True, capture_output=True)
    data = (tmp_path / "plan/plan.json").read_bytes()
    assert canonical.dumps(models.loads(data)) == data
    jsonschema.validate(json.loads(data), SCHEMA)
