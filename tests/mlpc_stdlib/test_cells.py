"""Every cell of the table is as the table says: what works is made and runs, what fails really does.

The whole of it is in `make test-full` and `make matrix`. In every run the table is judged without making anything, and each
converter and each target has one cell among the other tests.
"""

from __future__ import annotations

import itertools

import pytest

from tests.mlpc_stdlib import cells
from tests.mlpc_stdlib.cells import BOUNDS, Cell, Outcome, as_told, listed, table, verdicts, works
from tests.named import lacking

RUNTIME = "tests/mlpc_stdlib/runtime"
EXPORTS = f"{RUNTIME}/exports"
#: By export and target, the test that makes a cell and runs it where it would run, in every run of `make test`.
IN_EVERY_RUN = {
    ("tflite", "edge"): f"{EXPORTS}/test_tflite.py::test_litert_says_what_keras_says",
    ("tflite", "mcu"): f"{EXPORTS}/test_tflite.py::test_tflite_micro_says_what_keras_says",
    ("tfjs", "web"): f"{EXPORTS}/test_tfjs.py::test_tensorflow_js_says_what_keras_says",
    ("tfjs", ""): f"{EXPORTS}/test_tfjs.py::test_layers_say_what_keras_says",
    (
        "onnx",
        "server",
    ): f"{EXPORTS}/test_onnx_networks.py::test_the_scaling_is_in_the_graph_and_each_class_has_a_score",
    (
        "onnx",
        "edge",
    ): f"{EXPORTS}/test_onnx_networks.py::test_the_scaling_is_in_the_graph_and_each_class_has_a_score",
    (
        "onnx",
        "cloud_gpu",
    ): f"{EXPORTS}/test_onnx_networks.py::test_the_scaling_is_in_the_graph_and_each_class_has_a_score",
    ("onnx", "web"): f"{EXPORTS}/test_onnx_networks.py::test_onnxruntime_web_says_what_keras_says",
    ("c_trees", ""): f"{RUNTIME}/test_c_trees.py::test_the_code_says_what_the_original_says",
    ("savedmodel", ""): f"{EXPORTS}/test_savedmodel.py::test_tensorflow_says_what_keras_says",
    ("tf_serving", ""): f"{EXPORTS}/test_savedmodel.py::test_the_folder_that_tf_serving_takes",
    ("pt2", ""): f"{RUNTIME}/test_pytorch.py::test_an_archive_says_the_same_without_the_code_of_the_network",
    ("triton", ""): f"{RUNTIME}/test_triton.py::test_what_triton_serves",
    ("tensorrt", ""): f"{RUNTIME}/test_triton.py::test_the_plan_of_an_engine",
}
#: The same for a converter that takes 2 GB of its own: it runs in `make test-full` alone.
IN_LONG_RUNS = {
    ("litert", "edge"): f"{RUNTIME}/test_pytorch.py::test_litert_says_the_same_as_the_network",
    ("litert", "mcu"): f"{RUNTIME}/test_pytorch.py::test_litert_says_the_same_as_the_network",
}
#: Frameworks whose cells are not made here, and the tests that make them.
ELSEWHERE = {
    "pytorch": [
        f"{RUNTIME}/test_pytorch.py::test_every_layer_becomes_onnx_and_says_the_same",
        f"{RUNTIME}/test_pytorch.py::test_every_layer_becomes_an_archive_and_says_the_same",
        f"{RUNTIME}/test_pytorch.py::test_every_layer_becomes_litert_and_says_the_same",
    ],
    "onnx": [
        f"{RUNTIME}/test_triton.py::test_what_triton_serves",
        f"{RUNTIME}/test_triton.py::test_the_plan_of_an_engine",
    ],
    "savedmodel": [f"{EXPORTS}/test_savedmodel.py::test_the_folder_that_tf_serving_takes"],
}


def test_every_layer_is_in_a_network() -> None:
    assert set(cells.LAYERS) == set(table().layers())


def test_every_framework_has_its_cells() -> None:
    assert {name for row in table().works for name in listed(row["framework"])} == cells.FRAMEWORKS | set(
        ELSEWHERE
    )
    assert lacking([name for names in ELSEWHERE.values() for name in names]) == []


def test_every_row_of_what_works_lets_cells_pass() -> None:
    passing = {
        (cell.model.framework, cell.model.family, cell.to, cell.quantize, cell.format, cell.on)
        for cell, said in verdicts().items()
        if said is None
    }
    for row in table().works:
        for framework in set(listed(row["framework"])) & cells.FRAMEWORKS:
            for quantize in row.get("quantize", ["none"]):
                for form, on in itertools.product(row.get("format", [""]), listed(row["on"]) or [""]):
                    assert (framework, row.get("family", ""), row["to"], quantize, form, on) in passing


def test_every_row_of_what_fails_denies_a_cell() -> None:
    denying = {said.row for said in verdicts().values() if said is not None}
    of_runtimes = {n for n, row in enumerate(table().fails) if "runtime" in row and "on" not in row}
    assert denying | of_runtimes >= set(range(len(table().fails)))


def test_what_tflite_micro_does_not_run_is_what_a_board_does_not_take() -> None:
    refused = {
        cell.quantize
        for cell, said in verdicts().items()
        if cell.on == "mcu" and said is not None and said.row is None
    }
    (row,) = [row for row in table().fails if row.get("runtime") == "tflm" and "on" not in row]
    assert set(row["quantize"]) == refused


def test_what_is_denied_is_denied_by_the_table_or_by_what_a_board_takes() -> None:
    for cell, said in verdicts().items():
        if said is not None and said.row is None:
            assert said.code == "MLP302", said.message
            assert cell.on == "mcu"


def test_every_quantisation_has_bounds() -> None:
    assert set(BOUNDS) == {cell.quantize for cell in verdicts()}


def test_a_training_that_fails_is_no_proof_that_a_cell_does() -> None:
    denied = next(cell for cell, said in verdicts().items() if said is not None)
    assert as_told(denied, Outcome("no such operation", "MLP750", None, 1.0))
    assert not as_told(denied, Outcome("no such operation", "MLP750", None, 1.0, judged=False))


def test_each_converter_and_each_target_has_a_cell_in_every_run() -> None:
    there = {(row["to"], on) for row in table().works for on in listed(row["on"]) or [""]}
    assert set(IN_EVERY_RUN) | set(IN_LONG_RUNS) == there
    assert lacking([*IN_EVERY_RUN.values(), *IN_LONG_RUNS.values()]) == []


# All of them


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[Cell, Outcome]:
    """What came of every cell."""
    found = cells.make(cells.cells(), tmp_path_factory.mktemp("cells") / "made")
    print("\n".join(cells.lines(found)))
    return found


@pytest.mark.full
@pytest.mark.engine
@pytest.mark.parametrize("cell", cells.cells(), ids=lambda cell: cell.name)
def test_every_cell_is_as_the_table_says(made: dict[Cell, Outcome], cell: Cell) -> None:
    outcome, said = made[cell], verdicts()[cell]
    assert outcome.judged, outcome.why
    if said is None:
        assert works(cell, outcome), outcome
    else:
        assert not works(cell, outcome), f"it works ({outcome.figures}), and the table says: {said.message}"
