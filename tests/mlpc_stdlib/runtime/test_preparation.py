"""What has to happen to a row before an export takes it: C, JavaScript and Python come to the bits of the training."""

from __future__ import annotations

import ctypes
import json
import math
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer

from mlpc_stdlib.runtime import c_trees, preparation, tensors, tflite
from tests import system
from tests.mlpc_stdlib import board

HOSTILE = "*/ #error \n\"'\\ </script> ${x} ??/ \u2028 \U0001f600"
WHOLE = {"int8": (0.0317, -9), "int16": (0.00042, 0)}


def numbers(dtype: str, scaling: dict[str, Any] | None, names: list[str]) -> dict[str, Any]:
    """The signature of an export that takes columns of numbers."""
    taken: dict[str, Any] = {"name": "input", "dtype": dtype, "shape": [1, len(names)]}
    if dtype in WHOLE:
        taken["quantization"] = dict(zip(("scale", "zero_point"), WHOLE[dtype], strict=True))
    features = [
        {"name": name, "type": {"base": "float"}, "dtype": "float64", "nullable": False} for name in names
    ]
    return {"features": features, "inputs": [taken], **({"scaling": scaling} if scaling else {})}


def image(dtype: str) -> dict[str, Any]:
    """The signature of an export that takes images of two by three points."""
    type = {"base": "tensor", "of": {"base": "float"}, "shape": [2, 3, 1]}
    made = numbers(dtype, None, ["pixels"])
    made["features"][0].update(type=type, dtype="tensor")
    return made


def scaling(values: Any) -> dict[str, list[float]]:
    return {"mean": values.mean(axis=0).tolist(), "scale": values.std(axis=0).tolist()}


TUMORS = load_breast_cancer().data
#: Of very different sizes: what 32 bits do not hold, what becomes less than the least of them, a scaling that does nothing.
WILD = {"mean": [0.0, -1e6, 1e-30, 123.456], "scale": [1.0, 3.7e5, 1e-42, 1e-9]}
NAMES = ["a", "b_mean", "c", "d"]
CASES = {
    "float32": numbers("float32", WILD, NAMES),
    "int8": numbers("int8", WILD, NAMES),
    "int16": numbers("int16", WILD, NAMES),
    "unscaled": numbers("int8", None, NAMES),
    "image": image("int8"),
    "hostile": numbers("float32", {"mean": [1.5], "scale": [0.3]}, [HOSTILE]),
    "tumors": numbers("int8", scaling(TUMORS), [f"x{number}" for number in range(30)]),
}


def trained(signature: dict[str, Any], rows: Any) -> Any:
    """Return rows as the exports of this project are run by its own steps."""
    feature = signature["features"][0]
    if feature["dtype"] == "tensor":
        frame = pandas.DataFrame({feature["name"]: list(rows)})
    else:
        frame = pandas.DataFrame(rows, columns=[each["name"] for each in signature["features"]])
    with numpy.errstate(over="ignore"):
        found = tensors.of_frame(signature, frame, "the rows").reshape(len(rows), -1)
        (taken,) = signature["inputs"]
        told = taken.get("quantization", {"scale": 0.0, "zero_point": 0})
        details = {"dtype": numpy.dtype(taken["dtype"]), "quantization": (told["scale"], told["zero_point"])}
        return tflite.whole(found, details)


class Three:
    """The three forms of one preparation, ready to be called."""

    def __init__(self, folder: Path, signature: dict[str, Any]) -> None:
        preparation.write(str(folder), signature)
        self.signature = signature
        self.folder = folder
        self.dtype = numpy.dtype(signature["inputs"][0]["dtype"])
        tensor = signature["features"][0]["dtype"] == "tensor"
        self.size = (
            math.prod(signature["features"][0]["type"]["shape"]) if tensor else len(signature["features"])
        )
        self.given = numpy.dtype("float32" if tensor else "float64")
        words = ["gcc", *c_trees.FLAGS, "-shared", "-fPIC", preparation.SOURCE, "-o", "prepare.so", "-lm"]
        subprocess.run(words, cwd=folder, check=True)
        self._c = ctypes.CDLL(str(folder / "prepare.so")).prepare
        self.python = runpy.run_path(str(folder / preparation.PYTHON))

    def by_c(self, rows: Any) -> Any:
        made = numpy.zeros((len(rows), self.size), self.dtype)
        for row, out in zip(numpy.ascontiguousarray(rows, self.given), made, strict=True):
            assert self.refused_by_c(row, out) == 0
        return made

    def refused_by_c(self, row: Any, out: Any | None = None) -> int:
        """Return what the function returns: 0, or the number of the first value that is missing."""
        row = numpy.ascontiguousarray(row, self.given)
        out = numpy.zeros(self.size, self.dtype) if out is None else out
        return int(self._c(row.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p)))

    def by_python(self, rows: Any) -> Any:
        made = [self.python["prepare"](row) for row in rows.tolist()]
        assert {each.itemsize for each in made} == {self.dtype.itemsize}
        return numpy.array([numpy.frombuffer(each, self.dtype) for each in made])

    def by_javascript(self, rows: Any) -> Any:
        script = (
            f'import {{ prepare }} from "./{preparation.MODULE}"; import {{ readFileSync }} from "node:fs";'
            "const given = new Float64Array(Uint8Array.from(readFileSync(0)).buffer);"
            f"for (let i = 0; i < given.length; i += {self.size})"
            f" {{ const made = prepare(given.subarray(i, i + {self.size}));"
            " process.stdout.write(Buffer.from(made.buffer)); }"
        )
        done = self._node(script, numpy.ascontiguousarray(rows, "<f8").tobytes())
        assert done.returncode == 0, done.stderr
        return numpy.frombuffer(done.stdout, self.dtype).reshape(len(rows), self.size)

    def refused_by_javascript(self, row: str) -> str:
        """Return the message of the error for a row that is written in JavaScript."""
        script = (
            f'import {{ prepare }} from "./{preparation.MODULE}"; try {{ prepare({row}); }} catch (error)'
        )
        done = self._node(
            script + " { if (error instanceof RangeError) process.stdout.write(error.message); }"
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def _node(self, script: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        words = ["node", "--input-type=module", "-e", script]
        return subprocess.run(words, cwd=self.folder, input=given, capture_output=True, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Three]:
    for program, packages in (("gcc", ("gcc", "libc6-dev")), ("node", ("nodejs",))):
        if shutil.which(program) is None:
            for package in packages:
                system.install(package)
    home = tmp_path_factory.mktemp("preparations")
    folders = {name: home / name for name in CASES}
    for folder in folders.values():
        folder.mkdir()
    return {name: Three(folder, CASES[name]) for name, folder in folders.items()}


def same(left: Any, right: Any) -> None:
    """Compare bits: 0 and -0 are two things, and no two numbers are near enough."""
    assert left.dtype == right.dtype
    assert left.tobytes() == right.tobytes()


# Infinite values and the largest are in it, and what lies in the middle between two whole numbers.
FINITE = st.floats(allow_nan=False, width=64) | st.integers(-1000, 1000).map(lambda n: (n + 0.5) * 0.0317)


@settings(max_examples=10)
@given(data=st.data())
@pytest.mark.parametrize("name", ["float32", "int8", "int16", "unscaled", "image"])
def test_all_three_come_to_the_bits_of_the_training(made: dict[str, Three], name: str, data: Any) -> None:
    three = made[name]
    drawn = data.draw(
        st.lists(st.lists(FINITE, min_size=three.size, max_size=three.size), min_size=1, max_size=60)
    )
    with numpy.errstate(over="ignore"):
        rows = numpy.array(drawn).astype(three.given).astype("float64")
    wanted = trained(three.signature, rows)
    same(three.by_c(rows), wanted)
    same(three.by_python(rows), wanted)
    same(three.by_javascript(rows), wanted)


def test_real_rows_come_to_the_bits_of_the_training(made: dict[str, Three]) -> None:
    three = made["tumors"]
    wanted = trained(three.signature, TUMORS)
    assert len(numpy.unique(wanted)) > 100
    for found in (three.by_c(TUMORS), three.by_python(TUMORS), three.by_javascript(TUMORS)):
        same(found, wanted)


@pytest.mark.parametrize("name", ["float32", "int8", "image"])
@pytest.mark.parametrize("number", [0, 3])
def test_a_missing_value_is_told_and_never_a_number(made: dict[str, Three], name: str, number: int) -> None:
    three = made[name]
    row: list[Any] = [1.0] * three.size
    row[number] = math.nan
    said = f"number {number} of pixels" if name == "image" else NAMES[number]
    assert three.refused_by_c(row) == number + 1
    for value, written in ((math.nan, "NaN"), (None, "null"), ("1", '"1"'), ("", '""')):
        row[number] = value
        with pytest.raises(ValueError, match=f"^{said} is missing, or no number$"):
            three.python["prepare"](row)
        texts = [written if position == number else "1" for position in range(three.size)]
        assert three.refused_by_javascript(f"[{', '.join(texts)}]") == f"{said} is missing, or no number"


def test_truth_values_count_as_0_and_1(made: dict[str, Three]) -> None:
    three = made["float32"]
    wanted = three.python["prepare"]([0, 1, 0.0, 1])
    assert three.python["prepare"]([False, True, False, True]) == wanted
    assert three.refused_by_javascript("[false, true, false, true]") == ""


def test_too_few_values_are_told(made: dict[str, Three]) -> None:
    three = made["float32"]
    with pytest.raises(ValueError, match="a row has 4 values, not 3"):
        three.python["prepare"]([1.0] * 3)
    assert three.refused_by_javascript("[1, 2, 3]") == "a row has 4 values, not 3"


def test_no_text_of_a_spec_becomes_code(made: dict[str, Three]) -> None:
    three = made["hostile"]
    assert three.python["COLUMNS"] == (HOSTILE,)
    script = (
        f'import {{ columns }} from "./{preparation.MODULE}"; process.stdout.write(JSON.stringify(columns));'
    )
    assert json.loads(three._node(script).stdout) == [HOSTILE]
    rows = numpy.array([[2.0], [-7.25]])
    same(three.by_c(rows), trained(three.signature, rows))
    for name in (preparation.HEADER, preparation.SOURCE, preparation.MODULE, preparation.PYTHON):
        assert (three.folder / name).read_text().isascii()


def test_the_same_signature_gives_the_same_bytes_and_none_where_nothing_is_to_be_done() -> None:
    for signature in CASES.values():
        assert preparation.files(signature) == preparation.files(json.loads(json.dumps(signature)))
    assert preparation.files(numbers("float32", None, NAMES)) == {}
    assert preparation.files(image("float32")) == {}


@pytest.mark.engine
def test_a_cortex_m4_comes_to_the_same_bits(made: dict[str, Three], tmp_path: Path) -> None:
    board.programs()
    three = made["tumors"]
    rows = TUMORS[::20]
    lines = ",\n".join("{" + ", ".join(float(value).hex() for value in row) + "}" for row in rows)
    preparation.write(str(tmp_path), three.signature)
    (tmp_path / "rows.h").write_text(f"static const double rows[][PREPARE_SIZE] = {{\n{lines}\n}};\n")
    program = """
#include "prepare.h"
#include "rows.h"

static void run(void)
{
  int i, k;
  prepare_number input[PREPARE_SIZE];
  for (i = 0; i < (int)(sizeof rows / sizeof rows[0]); i++) {
    word((uint32_t)prepare(rows[i], input));
    for (k = 0; k < PREPARE_SIZE; k++) word((uint32_t)(int32_t)input[k]);
  }
}
"""
    words = board.words(tmp_path, program, board.compiled(tmp_path, preparation.SOURCE))
    told = numpy.array(words, numpy.uint32).view(numpy.int32).reshape(len(rows), 31)
    assert not told[:, 0].any()
    same(told[:, 1:].astype("int8"), trained(three.signature, rows))
