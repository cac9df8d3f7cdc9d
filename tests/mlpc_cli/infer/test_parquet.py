"""`mlpc infer` of Parquet files, which say the types of their columns themselves."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import pandas
import pyarrow
import pyarrow.parquet
import pytest

from mlpc.format import format_source
from mlpc.source import Source
from mlpc_stdlib.runtime import tables
from tests.mlpc_cli.command import mlpc
from tests.mlpc_cli.infer.reading import port


def inferred(folder: Path, table: pyarrow.Table, *arguments: str) -> str:
    """Return the schema of ``table``, after its rows were taken by it as the output of a step."""
    pyarrow.parquet.write_table(table, folder / "data.parquet")
    answer = mlpc("infer", "data.parquet", *arguments, cwd=folder)
    assert (answer.code, answer.err) == (0, ""), answer
    formatted = format_source(Source("schema.mlp", answer.out))
    assert (formatted.text, formatted.diagnostics) == (answer.out, ())
    frame = pandas.DataFrame(
        {name: table.column(name).to_pandas(date_as_object=False) for name in table.column_names}
    )
    assert (
        tables.write(str(folder / "out.parquet"), frame, port(folder, answer.out), "data") == table.num_rows
    )
    return answer.out


def test_types_are_those_of_the_file(tmp_path: Path) -> None:
    count = 20
    table = pyarrow.table(
        {
            "id": pyarrow.array(range(count), pyarrow.int32()),
            "size": pyarrow.array([0.5 * at for at in range(count)], pyarrow.float32()),
            "whole": pyarrow.array([float(at) for at in range(count)], pyarrow.float64()),
            "gap": pyarrow.array([None, *range(count - 1)], pyarrow.int64()),
            "kind": pyarrow.array(["NA", "b"] * (count // 2)).dictionary_encode(),
            "note": pyarrow.array([None if at == 3 else f"n{at}" for at in range(count)]),
            "day": pyarrow.array([datetime.date(2026, 1, at + 1) for at in range(count)]),
            "seen_at": pyarrow.array([datetime.datetime(2026, 1, at + 1, 9) for at in range(count)]),
            "code": pyarrow.array([str(at) for at in range(count)]),
            "left": pyarrow.array([at % 2 == 0 for at in range(count)]),
        }
    )
    text = inferred(tmp_path, table)
    assert (
        text
        == """\
mlp 1

# Inferred from data.parquet: 20 rows, 10 columns. What is doubtful is said above a column.

schema Data {
  id: int >= 0 @key  # seen: 0..19
  size: float >= 0  # seen: 0.0..9.5
  whole: float >= 0  # seen: 0.0..19.0
  gap: int >= 0 @nullable  # seen: 0..18, 5 % have no value
  # "NA": a choice, or no value? See `missing`
  kind: enum("NA", "b")
  note: string @nullable  # 5 % have no value
  # the first of several times: `@time` marks the one that orders the rows
  day: date @time
  seen_at: datetime
  # different in every row: `@key` if it names a row, else `@ignore`
  code: string
  # likely what is to be foretold, by its name
  left: bool @label
}
"""
    )


def test_the_first_rows_alone(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(
        pyarrow.table({"a": list(range(50_000)), "b": [1.5] * 50_000}), tmp_path / "d.parquet"
    )
    answer = mlpc("infer", "d.parquet", "--rows", "20000", cwd=tmp_path)
    assert "its first 20,000 rows, 2 columns" in answer.out
    assert "# seen: 0..19999\n" in answer.out


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pyarrow.table({"a": [[1, 2]]}),
         "error[MLP708] unsupported-column: column `a` of `data.parquet` holds list<"),
        (pyarrow.table({"a": pyarrow.array([], pyarrow.int64())}),
         "error[MLP702] unreadable-data: `data.parquet` has no rows"),
        (pyarrow.table([[1], [2]], names=["a", "a"]),
         "error[MLP702] unreadable-data: two columns of `data.parquet` have the same name"),
        (pyarrow.table([[1]], names=[" "]), "error[MLP702] unreadable-data: a column of `data.parquet` has no name"),
    ],
)  # fmt: skip
def test_what_no_table_of_mlpc_holds(tmp_path: Path, table: pyarrow.Table, message: str) -> None:
    pyarrow.parquet.write_table(table, tmp_path / "data.parquet")
    answer = mlpc("infer", "data.parquet", cwd=tmp_path)
    assert (answer.code, answer.out) == (4, "")
    assert answer.err.startswith(message)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"a,b\n1,2\n"])
def test_damaged_files(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "data.parquet").write_bytes(data)
    answer = mlpc("infer", "data.parquet", cwd=tmp_path)
    assert (answer.code, answer.out) == (4, "")
    assert answer.err.startswith("error[MLP702] unreadable-data: `data.parquet` is no Parquet file: ")


def test_without_pyarrow(tmp_path: Path) -> None:
    (tmp_path / "data.parquet").write_bytes(b"PAR1")
    script = (
        "import sys; sys.modules['pyarrow'] = None; from mlpc_cli.__main__ import main;"
        "sys.exit(main(['infer', 'data.parquet']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        "error[MLP791] missing-library: a Parquet file is read by pyarrow, which is not installed\n"
        "  = help: install it: `pip install 'mlpc[parquet]'`\n"
    )


def test_a_csv_file_needs_no_pyarrow(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n1,x\n2,y\n", encoding="utf-8")
    script = (
        "import sys; from mlpc_cli.__main__ import main; code = main(['infer', 'data.csv']);"
        "sys.exit(code or bool({'pyarrow', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0
