"""Arrays go in, a dataset or a message that says what does not fit comes out."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy
import pandas
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpc_stdlib.runtime import npz, split, tables
from mlpc_stdlib.runtime.contract import Artefact, StepError
from tests.mlpc_stdlib.bundles import column, dataset, step

UNIT = {"base": "float", "min": 0, "max": 1}


def pixels(shape: list[int], of: dict[str, Any] = UNIT, **more: Any) -> dict[str, Any]:
    return column("pixels", "tensor", of=of, shape=shape, **more)


DIGIT = dataset(pixels([2, 3, 1]), column("digit", "int", "label", min=0, max=9))
ROWS = 12


def arrays(**changed: Any) -> dict[str, Any]:
    random = numpy.random.RandomState(3)
    made: dict[str, Any] = {"pixels": random.uniform(size=(ROWS, 2, 3, 1)), "digit": numpy.arange(ROWS) % 10}
    made.update(changed)
    return {name: value for name, value in made.items() if value is not None}


def read(folder: Path, given: dict[str, Any] | bytes, type: dict[str, Any] = DIGIT) -> Artefact:
    path = folder / "digits.npz"
    if isinstance(given, bytes):
        path.write_bytes(given)
    else:
        numpy.savez(path, **given)
    rows = Artefact(str(folder / "rows.parquet"), type)
    step(npz.npz, {"path": Artefact(str(path))}, {"rows": rows})
    return rows


def refused(folder: Path, given: dict[str, Any] | bytes, type: dict[str, Any] = DIGIT) -> StepError:
    with pytest.raises(StepError) as caught:
        read(folder, given, type)
    assert not (folder / "rows.parquet").exists()
    return caught.value


# What fits


def test_a_tensor_is_a_list_of_fixed_size_row_major(tmp_path: Path) -> None:
    given = arrays()
    rows = read(tmp_path, given)
    table = tables.read_arrow(rows)
    assert table.column_names == ["pixels", "digit"]
    assert table.schema.field("pixels").type == pyarrow.list_(pyarrow.field("element", pyarrow.float32()), 6)
    assert table.schema.field("digit").type == pyarrow.int64()
    frame = tables.read(rows)
    assert all(item.shape == (6,) and item.dtype == numpy.float32 for item in frame["pixels"])
    found = numpy.stack(list(frame["pixels"])).reshape(-1, 2, 3, 1)
    assert (found == given["pixels"].astype(numpy.float32)).all()
    assert frame["digit"].tolist() == [*range(10), 0, 1]


def test_every_kind_of_column(tmp_path: Path) -> None:
    type = dataset(
        column("flag", "bool"),
        column("name", "string", "key"),
        column("region", "enum", choices=["eu", "us"]),
        column("at", "datetime", "time"),
        column("weight", "float", min=0, nullable=True),
        column("counts", "tensor", of={"base": "int", "min": 0}, shape=[2]),
        column("count", "float", header="whole"),
    )
    given = {
        "whole": numpy.array([1, 2], numpy.uint8),
        "flag": numpy.array([True, False]),
        "name": numpy.array(["a", "b"]),
        "region": numpy.array(["eu", "us"]),
        "at": numpy.array(["2026-01-01", "2026-01-02T03:04:05"], "datetime64[ns]"),
        "weight": numpy.array([1.5, numpy.nan], numpy.float32),
        "counts": numpy.array([[1, 2], [3, 4]], numpy.int16),
    }
    table = tables.read_arrow(read(tmp_path, given, type))
    assert table.schema.field("counts").type.value_type == pyarrow.int64()
    assert table.to_pydict() == {
        "count": [1.0, 2.0],
        "flag": [True, False],
        "name": ["a", "b"],
        "region": ["eu", "us"],
        "at": [pandas.Timestamp("2026-01-01"), pandas.Timestamp("2026-01-02T03:04:05")],
        "weight": [1.5, None],
        "counts": [[1, 2], [3, 4]],
    }


def test_the_same_arrays_give_the_same_bytes(tmp_path: Path) -> None:
    """How the file lies on the disk, packed or with its arrays in Fortran's order, is no part of them."""
    first = Path(read(tmp_path, arrays()).path).read_bytes()
    file = io.BytesIO()
    given = arrays()
    numpy.savez_compressed(file, pixels=numpy.asfortranarray(given["pixels"]), digit=given["digit"])
    assert Path(read(tmp_path, file.getvalue()).path).read_bytes() == first


def test_the_same_tensors_come_out_of_a_split_with_the_shares_of_the_label(tmp_path: Path) -> None:
    random = numpy.random.RandomState(5)
    given = {"pixels": random.uniform(size=(60, 2, 3, 1)), "digit": numpy.repeat([0, 1, 2], [30, 20, 10])}
    rows = read(tmp_path, given)
    parts = {name: Artefact(str(tmp_path / name), DIGIT) for name in ("train", "test", "validation")}
    told = step(split.random, {"data": rows}, parts, test=0.2, validation=0.1, stratify="digit", seed=7)
    assert told.rows == {"train": 42, "test": 12, "validation": 6}
    frames = {name: tables.read(part) for name, part in parts.items()}
    assert frames["test"]["digit"].value_counts().to_dict() == {0: 6, 1: 4, 2: 2}
    found = numpy.concatenate([numpy.stack(list(frame["pixels"])) for frame in frames.values()])
    expected = given["pixels"].astype(numpy.float32).reshape(60, 6)
    assert sorted(map(bytes, found)) == sorted(map(bytes, expected))


def test_rows_that_stand_word_for_word_on_both_sides_are_seen(tmp_path: Path) -> None:
    given = {"pixels": numpy.full((10, 2, 3, 1), 0.5), "digit": numpy.zeros(10, int)}
    rows = read(tmp_path, given)
    parts = {name: Artefact(str(tmp_path / name), DIGIT) for name in ("train", "test")}
    told = step(split.random, {"data": rows}, parts, test=0.2, seed=7)
    assert "2 rows of `test` stand word for word in `train` too" in told.messages[0]["text"]


def test_a_tensor_may_be_a_key(tmp_path: Path) -> None:
    type = dataset(column("pixels", "tensor", "key", of=UNIT, shape=[2]), column("digit", "int", "label"))
    random = numpy.random.RandomState(5)
    distinct = random.uniform(size=(10, 2))
    rows = read(tmp_path, {"pixels": numpy.repeat(distinct, 3, axis=0), "digit": numpy.arange(30)}, type)
    parts = {name: Artefact(str(tmp_path / name), type) for name in ("train", "test")}
    step(split.random, {"data": rows}, parts, test=0.2, seed=7)
    sides = [{bytes(item) for item in tables.read(part)["pixels"]} for part in parts.values()]
    assert [len(side) for side in sides] == [8, 2]
    assert not sides[0] & sides[1]


# What does not


def test_an_array_is_missing(tmp_path: Path) -> None:
    error = refused(tmp_path, {"pixel": arrays()["pixels"], "digit": arrays()["digit"]})
    assert error.code == "MLP703"
    assert error.message == "digits.npz has no array `pixels`"
    assert error.help == ['the file has `pixel`; say so in the schema: `@from("pixel")`']


def test_an_array_that_the_schema_does_not_have(tmp_path: Path) -> None:
    error = refused(tmp_path, arrays(extra=numpy.zeros(ROWS)))
    assert error.code == "MLP704"
    assert error.message == "digits.npz has an array `extra`, which the schema does not have"


def test_another_shape_is_shown_beside_what_is_asked_for(tmp_path: Path) -> None:
    error = refused(tmp_path, arrays(pixels=numpy.zeros((ROWS, 2, 3))))
    assert error.code == "MLP701"
    assert error.message == (
        "digits.npz, array `pixels`: has the shape [12, 2, 3], and the schema asks for [12, 2, 3, 1]:"
        " a tensor of numbers in 0..1, [2, 3, 1] for each row"
    )
    assert error.help == ["write it in that shape: pixels.reshape(-1, 2, 3, 1)"]
    error = refused(tmp_path, arrays(digit=numpy.zeros((ROWS, 10), int)))
    assert "has the shape [12, 10], and the schema asks for [12]" in error.message
    assert "declare the shape that the array has" in error.help[0]
    error = refused(tmp_path, arrays(digit=numpy.int64(3)))
    assert "has the shape [], and the schema asks for [1]" in error.message


def test_another_type(tmp_path: Path) -> None:
    error = refused(tmp_path, arrays(digit=numpy.zeros(ROWS)))
    assert error.message == (
        "digits.npz, array `digit`: is an array of float64, and the schema says a whole number in 0..9"
    )
    assert error.help == ["write it as whole numbers: digit.astype('int64'); or declare it as `float`"]
    error = refused(tmp_path, arrays(digit=numpy.array(["3"] * ROWS)))
    assert "is an array of texts, and the schema says a whole number in 0..9" in error.message
    error = refused(tmp_path, arrays(pixels=numpy.zeros((ROWS, 2, 3, 1), complex)))
    assert "is an array of complex128" in error.message


def test_arrays_of_unequal_length(tmp_path: Path) -> None:
    error = refused(tmp_path, arrays(digit=numpy.arange(9)))
    assert error.message == "digits.npz, array `digit`: has 9 rows, and `pixels` has 12"
    assert refused(tmp_path, {name: value[:0] for name, value in arrays().items()}).code == "MLP706"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {(4, 1, 2, 0): 1.5},
            "array `pixels`: row 4, at [1, 2, 0], is 1.5, which is not a number in 0..1",
        ),
        (
            {(4, 1, 2, 0): 1.5, (4, 0, 0, 0): -1.0, (7, 0, 0, 0): 2.0},
            (
                "array `pixels`: row 4, at [0, 0, 0], is -1.0, which is not a number in 0..1"
                " (2 more values do not fit, in 2 rows in all)"
            ),
        ),
        (
            {(3, 0, 1, 0): numpy.nan},
            "array `pixels`: row 3, at [0, 1, 0], is nan, which is not a number in 0..1",
        ),
        (
            {(3, 0, 1, 0): numpy.inf},
            "array `pixels`: row 3, at [0, 1, 0], is inf, which is not a number in 0..1",
        ),
    ],
)
def test_a_number_that_does_not_fit_is_shown_with_its_place(
    tmp_path: Path, changes: dict[tuple[int, ...], float], said: str
) -> None:
    given = arrays()
    for place, value in changes.items():
        given["pixels"][place] = value
    error = refused(tmp_path, given)
    assert error.code == "MLP701"
    assert error.message == f"digits.npz, {said}"


def test_bytes_of_pictures_are_not_between_0_and_1(tmp_path: Path) -> None:
    error = refused(tmp_path, arrays(pixels=numpy.full((ROWS, 2, 3, 1), 255, numpy.uint8)))
    assert "row 0, at [0, 0, 0], is 255, which is not a number in 0..1 (71 more" in error.message
    assert error.help == ["write it between 0 and 1: pixels / 255"]


def test_without_bounds_a_number_has_to_be_finite_in_32_bits(tmp_path: Path) -> None:
    type = dataset(pixels([2], {"base": "float"}))
    for value in (numpy.nan, -numpy.inf, 1e39):
        error = refused(tmp_path, {"pixels": numpy.array([[0.0, 1.0], [2.0, value]])}, type)
        assert "row 1, at [1], is" in error.message
    assert tables.read_arrow(read(tmp_path, {"pixels": numpy.full((1, 2), 3e38)}, type)).num_rows == 1


def test_a_label_out_of_range_or_missing(tmp_path: Path) -> None:
    error = refused(tmp_path, arrays(digit=numpy.arange(ROWS)))
    assert error.message == (
        "digits.npz, array `digit`: row 10 is 10, which is not a whole number in 0..9 (1 more value does not fit, in 2 rows in"
        " all)"
    )
    type = dataset(pixels([2, 3, 1]), column("digit", "float", "label"))
    error = refused(tmp_path, arrays(digit=numpy.where(numpy.arange(ROWS) == 5, numpy.nan, 1.0)), type)
    assert error.message == "digits.npz, array `digit`: row 5 is empty, and the column is not @nullable"
    type = dataset(pixels([2, 3, 1]), column("digit", "enum", "label", choices=["a", "b"]))
    error = refused(tmp_path, arrays(digit=numpy.array(["a", "b", "c"] * 4)), type)
    assert 'row 2 is \'c\', which is not one of "a", "b" (3 more values do' in error.message


def test_whole_numbers_beyond_63_bits(tmp_path: Path) -> None:
    type = dataset(column("digit", "int", "label"))
    error = refused(tmp_path, {"digit": numpy.array([1, 2**63], numpy.uint64)}, type)
    assert "row 1 is 9223372036854775808" in error.message


def test_pickled_objects_are_never_read(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "sprung",))

    error = refused(tmp_path, arrays(digit=numpy.array([Trap()] * ROWS, object)))
    assert error.code == "MLP702"
    assert (
        "array `digit`: holds objects of Python, which may run any code when they are read" in error.message
    )
    assert not (tmp_path / "sprung").exists()


def test_files_that_are_something_else(tmp_path: Path) -> None:
    file = io.BytesIO()
    numpy.save(file, numpy.zeros(3))
    assert "holds one array without a name" in refused(tmp_path, file.getvalue()).message
    assert "is no file of arrays of NumPy" in refused(tmp_path, b"id,digit\n1,2\n").message
    assert refused(tmp_path, b"").code == "MLP702"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("digit.npy", "no array")
    assert refused(tmp_path, file.getvalue()).code == "MLP702"
    rows = Artefact(str(tmp_path / "rows.parquet"), DIGIT)
    with pytest.raises(StepError) as caught:
        step(npz.npz, {"path": Artefact(str(tmp_path / "nothing.npz"))}, {"rows": rows})
    assert caught.value.message == "there is no file nothing.npz"


@settings(max_examples=150, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, place: float, byte: int, cut: bool
) -> None:
    file = io.BytesIO()
    numpy.savez(file, **arrays())
    content = bytearray(file.getvalue())
    at = int(place * len(content))
    content[at] = byte
    folder = tmp_path_factory.getbasetemp()
    (folder / "digits.npz").write_bytes(bytes(content[:at]) if cut else bytes(content))
    rows = Artefact(str(folder / "rows.parquet"), DIGIT)
    code = "read"
    try:
        step(npz.npz, {"path": Artefact(str(folder / "digits.npz"))}, {"rows": rows})
    except StepError as error:
        code = error.code
    assert code in ("read", "MLP701", "MLP702", "MLP703", "MLP704", "MLP706")


# Frames that hold tensors


def write(folder: Path, items: list[Any], type: dict[str, Any] = DIGIT) -> list[Any]:
    frame = pandas.DataFrame({"digit": [1] * len(items)})
    frame["pixels"] = pandas.Series(items, dtype=object)
    path = str(folder / "made.parquet")
    tables.write(path, frame, type, "what `shift` made")
    return list(tables.read(Artefact(path, type))["pixels"])


def test_what_a_function_gives_back_may_be_flat_or_in_shape(tmp_path: Path) -> None:
    flat = numpy.linspace(0, 1, 6, dtype=numpy.float32)
    items = [flat, flat.reshape(2, 3, 1).astype(numpy.float64), flat.tolist()]
    assert all((item == flat).all() for item in write(tmp_path, items))


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (
            numpy.zeros((3, 2, 1)),
            "row 1, column `pixels`: has the shape [3, 2, 1], and it has to be a tensor",
        ),
        (numpy.array(["x"] * 6), "row 1, column `pixels`: holds <U1, and it has to be a tensor"),
        ([1, [2, 3]], "row 1, column `pixels`: is no array of numbers"),
        (None, "row 1, column `pixels`: is empty, and the column is not @nullable"),
        (
            numpy.array([0, 0, 0, 0, 2.5, 0]),
            "row 1, column `pixels`: 2.5 at [1, 1, 0] is not a number in 0..1",
        ),
        (
            numpy.array([0, 0, 0, 0, 1e300, 0]),
            "row 1, column `pixels`: inf at [1, 1, 0] is not a number in 0..1",
        ),
    ],
)
def test_what_a_function_gives_back_is_judged(tmp_path: Path, item: Any, said: str) -> None:
    with pytest.raises(StepError) as caught:
        write(tmp_path, [numpy.zeros(6), item])
    assert said in caught.value.message


def test_a_tensor_may_be_missing_where_its_column_says_so(tmp_path: Path) -> None:
    type = dataset(pixels([2, 3, 1], nullable=True), column("digit", "int", "label"))
    first, second = write(tmp_path, [None, numpy.zeros(6)], type)
    assert first is None
    assert second.tolist() == [0.0] * 6
