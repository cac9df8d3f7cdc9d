"""The exported C on a Cortex-M4, emulated by QEMU: what it says there is what it says here."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy
import pytest

from mlpc_stdlib.runtime import c_trees, models, tables
from mlpc_stdlib.runtime.contract import Artefact
from tests import system
from tests.mlpc_stdlib import board
from tests.mlpc_stdlib.bundles import make_dataset, make_model, step

ROWS = 60
PROGRAM = """
#include "model.h"
#include "rows.h"

static void run(void)
{
  int i, k;
  for (i = 0; i < (int)(sizeof rows / sizeof rows[0]); i++) {
    union { float number; uint32_t word; } said;
#ifdef MODEL_CLASSES
    float scores[MODEL_CLASSES];
    word((uint32_t)model_predict(rows[i], scores));
    for (k = 0; k < MODEL_CLASSES; k++) {
      said.number = scores[k];
      word(said.word);
    }
#else
    (void)k;
    said.number = model_predict(rows[i]);
    word(said.word);
#endif
  }
}
"""


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    board.programs()
    if shutil.which("gcc") is None:
        system.install("gcc")
        system.install("libc6-dev")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("estimator", "label"),
    [("xgboost", "enum"), ("xgboost", "float"), ("lightgbm", "bool"), ("random_forest", "enum")],
)
def test_a_cortex_m4_says_the_same(tmp_path: Path, estimator: str, label: str) -> None:
    model = make_model(tmp_path, label, estimator, trees=15)
    data = make_dataset(tmp_path / "other", label, rows=ROWS, seed=11)
    code = tmp_path / "code"
    figures = step(c_trees.c_trees, {"model": model}, {"code": Artefact(str(code))}).metrics
    original, signature = models.load(model)
    features = models.matrix(signature, tables.read(data), "the rows")
    lines = ",\n".join(
        "{" + ", ".join(float(value).hex() + "f" for value in row) + "}"
        for row in features.to_numpy(dtype=numpy.float32)
    )
    (code / "rows.h").write_text(f"static const float rows[][MODEL_FEATURES] = {{\n{lines}\n}};\n")
    # It takes about as much there.
    made = board.compiled(code, "model.c")
    assert c_trees.loaded_size(made.read_bytes()) == pytest.approx(figures["size"], rel=0.1)
    words = board.words(code, PROGRAM, made)
    width = 1 if label == "float" else len(signature["classes"]) + 1
    told = numpy.array(words, dtype=numpy.uint32).reshape(ROWS, width)
    if label == "float":
        said = told.view(numpy.float32)[:, 0]
        assert said == pytest.approx(models.predict_values(original, features), abs=1e-5)
        return
    scores = models.predict_scores(original, signature, features)
    assert scores is not None
    assert numpy.abs(told[:, 1:].copy().view(numpy.float32) - scores).max() < 1e-6
    decided = [signature["classes"][number] for number in told[:, 0]]
    assert decided == models.predict_values(original, features).tolist()
