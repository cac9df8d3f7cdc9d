"""What others found out the hard way of converters and runtimes, and the tests by which mlpc does not.

Each entry says what goes wrong, and names the tests that would turn red if it went wrong here; some of them are below. What
comes of a library that mlpc does not use (`onnx2tf`, `emlearn`, m2cgen …) cannot go wrong as long as it does not, which is a test
too.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import numpy
import onnx
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from mlpc_stdlib.runtime import c_code, c_trees, export, models
from mlpc_stdlib.runtime.npm import LOCKS
from tests.mlpc_stdlib.bundles import flowers, make_model
from tests.named import ROOT, lacking

STDLIB = ROOT / "stdlib" / "mlpc_stdlib"
RUNTIME = STDLIB / "runtime"
HERE = "tests/mlpc_stdlib/test_pitfalls.py"
CELLS = "tests/mlpc_stdlib/test_cells.py"
TESTS = "tests/mlpc_stdlib/runtime"
EXPORTS = f"{TESTS}/exports"

PITFALLS = {
    "skl2onnx cannot convert histogram boosting where protobuf 7 is": [
        f"{HERE}::test_what_converts_by_skl2onnx_asks_for_an_older_protobuf",
        f"{HERE}::test_histogram_boosting_becomes_onnx",
    ],
    "tf2onnx fails over a network of Keras 3, and Keras' own export leaves weights out of the graph": [
        f"{EXPORTS}/test_onnx_networks.py::test_onnxruntime_says_what_keras_says_and_two_processes_write_the_same_bytes",
        f"{EXPORTS}/test_onnx_networks.py::test_the_scaling_is_in_the_graph_and_each_class_has_a_score",
    ],
    "tf2onnx leaves what it does not know in the graph, and says so in a log alone": [
        f"{EXPORTS}/test_onnx_networks.py::test_what_has_no_form_is_told_and_not_left_in_the_graph",
    ],
    "`gelu` becomes an operation that neither ONNX nor TF.js has; TFLite Micro lacks its own": [
        # The network of `tumors` has one.
        f"{EXPORTS}/test_onnx_networks.py::test_the_scaling_is_in_the_graph_and_each_class_has_a_score",
        f"{EXPORTS}/test_tfjs.py::test_one_score_for_two_classes",
        f"{CELLS}::test_every_cell_is_as_the_table_says",
    ],
    "A scaling inside a graph of whole numbers destroys it": [
        f"{EXPORTS}/test_tflite.py::test_the_scaling_stays_outside_and_travels_along",
    ],
    "Whole numbers made of a mean or a variance destroy what they scale": [
        f"{EXPORTS}/test_tfjs.py::test_few_weights_of_which_each_counts_stay_as_they_are",
    ],
    "Dense layers with a range for each unit are computed wrongly by old runtimes of boards, without a word": [
        f"{EXPORTS}/test_tflite.py::test_tflite_micro_says_what_keras_says",
    ],
    "A free number of rows costs operators and memory on boards, and some runtimes refuse it": [
        f"{EXPORTS}/test_tflite.py::test_a_model_of_floats_has_a_plain_signature",
        f"{EXPORTS}/test_tflite.py::test_whole_numbers_say_what_they_stand_for",
    ],
    "A SavedModel to which nothing refers loses its variables while it is frozen": [
        f"{EXPORTS}/test_tfjs.py::test_tensorflow_js_says_what_keras_says",
    ],
    "Measuring the ranges of a rolled network kills the process": [
        f"{CELLS}::test_every_row_of_what_fails_denies_a_cell",
        f"{TESTS}/test_children.py::test_a_process_that_dies_is_an_error_with_what_would_work",
    ],
    "Converters and interpreters crash, hang, and take their process with them": [
        f"{TESTS}/test_children.py::test_a_process_that_dies_is_an_error_with_what_would_work",
        f"{TESTS}/test_children.py::test_a_process_that_does_not_end_is_ended",
        f"{TESTS}/test_children.py::test_a_worker_that_dies_is_told_with_what_would_work",
    ],
    "TensorFlow's own interpreter of LiteRT is about to go": [
        f"{HERE}::test_no_step_runs_a_model_by_what_is_about_to_go",
    ],
    "Weights alone of 8 or 16 bits do not run on boards": [
        f"{CELLS}::test_what_is_denied_is_denied_by_the_table_or_by_what_a_board_takes",
        f"{CELLS}::test_every_cell_is_as_the_table_says",
    ],
    "Importing emlearn changes how NumPy counts; onnx2tf rewrites the file that it reads; m2cgen and micromlgen are wrong "
    "for boosted trees without a word; tl2cgen adds to what is there; tensorflowjs and ai-edge-torch fit no TensorFlow": [
        f"{HERE}::test_nothing_asks_for_what_breaks",
    ],
    "A scaler in front of trees moves rows across thresholds, for it computes with 32 bits": [
        f"{TESTS}/test_c_trees.py::test_what_stands_before_the_trees_becomes_code",
        f"{TESTS}/test_export.py::test_wrong_thresholds_are_measured",
    ],
    "A threshold rounded to 32 bits moves rows of LightGBM across it": [
        f"{TESTS}/test_export.py::test_thresholds_of_lightgbm_keep_rows_on_their_side",
    ],
    "The parts for GPUs of onnxruntime are fetched by a script at its installation": [
        f"{HERE}::test_npm_runs_no_script_and_brings_no_part_for_gpus",
    ],
    "Generated C that adds into its answer is wrong from the second call on": [
        f"{HERE}::test_the_code_of_trees_says_the_same_when_it_is_asked_again",
    ],
    "A leaky ReLU loses its slope on the way to TF.js' layers, without a word: each export is judged": [
        f"{EXPORTS}/test_tfjs.py::test_tensorflow_js_says_what_keras_says",
        "tests/mlpc_engines/test_broken_exports.py",
    ],
    "Names and orders in a converted graph are by chance: two exports of one model differ": [
        f"{EXPORTS}/test_onnx_networks.py::test_onnxruntime_says_what_keras_says_and_two_processes_write_the_same_bytes",
        f"{EXPORTS}/test_tfjs.py::test_two_processes_write_the_same_bytes",
        f"{EXPORTS}/test_tflite.py::test_two_processes_write_the_same_bytes",
        f"{TESTS}/test_export.py::test_the_bytes_are_the_same_and_name_no_tool",
    ],
    "onnxruntime leaves out which way a missing value goes in a forest of scikit-learn": [
        f"{TESTS}/test_export.py::test_missing_values_are_taken_alike",
    ],
}
#: Packages of Python and npm, and why none of them is asked for.
BREAKS = {
    "emlearn": "changes how NumPy counts in the whole process",
    "onnx2tf": "rewrites the file that it reads",
    "m2cgen": "is wrong for boosted trees",
    "micromlgen": "crashes over boosted trees",
    "tl2cgen": "adds into the answer",
    "tensorflowjs": "asks for another TensorFlow",
    "ai-edge-torch": "resolves to years ago",
    "onnxruntime-node": "fetches parts for GPUs when it is installed",
}


def test_the_tests_that_are_named_are_there() -> None:
    for pitfall, named in PITFALLS.items():
        tests = [name for name in named if "::" in name]
        assert lacking(tests) == [], pitfall
        assert all((ROOT / name).is_file() for name in named if "::" not in name), pitfall
        assert named, pitfall


def components() -> dict[str, list[str]]:
    """Return what every component of the standard library asks for, by its name."""
    found: dict[str, list[str]] = {}
    for path in sorted(STDLIB.glob("*.mlp")):
        lists = re.finditer(r'(?:requires|let \w+) = \[((?:[^\]"]|"[^"]*")*)\]', path.read_text())
        for number, listed in enumerate(lists):
            asked = [item for item in re.findall(r'"([^"]*)"', listed[1]) if ">=" in item]
            found.update({f"{path.name}, {number}": asked} if asked else {})
    return found


def test_what_converts_by_skl2onnx_asks_for_an_older_protobuf() -> None:
    asking = [each for each in components().values() if any(item.startswith("skl2onnx") for item in each)]
    assert len(asking) >= 3
    for requirements in asking:
        (protobuf,) = [item for item in requirements if item.startswith("protobuf")]
        assert "<7" in protobuf


def test_histogram_boosting_becomes_onnx() -> None:
    frame, _ = flowers("bool")
    features = frame.drop(columns="label").astype(float)
    model = HistGradientBoostingClassifier(max_iter=5).fit(features, frame["label"])
    signature = {
        "framework": "sklearn",
        "task": "classification",
        "features": [{"name": name, "dtype": "float64", "nullable": False} for name in features],
        "classes": [False, True],
        "outputs": [{"name": "scores"}],
    }
    made = onnx.load_from_string(export.convert(model, signature))
    assert "TreeEnsembleClassifier" in {node.op_type for node in made.graph.node}


def test_nothing_asks_for_what_breaks() -> None:
    asked = {re.split(r"[<>=!\[]", item)[0] for each in components().values() for item in each}
    for lock in (ROOT / "requirements").glob("*.txt"):
        asked |= {line.partition("==")[0] for line in lock.read_text().splitlines() if "==" in line}
    for lock in Path(LOCKS).glob("*/package-lock.json"):
        asked |= {name.rpartition("node_modules/")[2] for name in json.loads(lock.read_text())["packages"]}
    assert {"skl2onnx", "onnxruntime-web", "tensorflow-cpu"} <= asked
    assert asked & set(BREAKS) == set()


def test_no_step_runs_a_model_by_what_is_about_to_go() -> None:
    for path in RUNTIME.rglob("*.py"):
        named = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
        asked = {ast.unparse(node) for node in named if node.attr == "Interpreter"}
        assert not any("lite.Interpreter" in each for each in asked), path.name


def test_npm_runs_no_script_and_brings_no_part_for_gpus() -> None:
    assert '"--ignore-scripts"' in (RUNTIME / "npm" / "__init__.py").read_text()
    for lock in Path(LOCKS).glob("*/package-lock.json"):
        scripts = [
            name
            for name, each in json.loads(lock.read_text())["packages"].items()
            if each.get("hasInstallScript")
        ]
        # Its script says thanks, and is not run.
        assert set(scripts) <= {"node_modules/protobufjs", "node_modules/core-js"}, lock


@pytest.mark.parametrize("label", ["enum", "float"])
def test_the_code_of_trees_says_the_same_when_it_is_asked_again(tmp_path: Path, label: str) -> None:
    """One process, the same row a hundred times, between other rows."""
    model = make_model(tmp_path, label, "xgboost", trees=10)
    fitted, signature = models.load(model)
    files = {**c_trees.generate(fitted, signature), c_code.DRIVER: c_code.driver(label == "enum")}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    program = tmp_path / "driver"
    command = [*c_trees.find_compiler(), "-std=c99", c_code.SOURCE, c_code.DRIVER, "-o", str(program), "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    frame, _ = flowers(label, rows=100, seed=3)
    features = frame.drop(columns="label").astype(float)
    features.iloc[1::2] = features.iloc[0].to_numpy()
    said = c_trees.run(str(program), signature, features)
    assert numpy.unique(said[1::2], axis=0).shape[0] == 1
    assert numpy.unique(said[0::2], axis=0).shape[0] > 5
