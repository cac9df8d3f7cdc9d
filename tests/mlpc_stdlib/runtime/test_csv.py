"""A file goes in, a dataset or a message that says what does not fit comes out."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc_stdlib.runtime import data, tables
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError
from tests.mlpc_stdlib.bundles import column, dataset, step

PATIENTS = dataset(
    column("name", "string", "key"),
    column("age", "int", min=0, max=120),
    column("weight", "float", min=0, nullable=True),
    column("region", "enum", choices=["eu", "us", "apac"]),
    column("smokes", "bool", "label"),
)
GOOD = "name,age,weight,region,smokes\nAnn,31,61.5,eu,true\nBob,44,,us,no\n"


def read(
    folder: Path, text: str | bytes, type: dict[str, Any] = PATIENTS, **arguments: Any
) -> pandas.DataFrame:
    return read_all(folder, text, type, **arguments)[0]


def read_all(
    folder: Path, text: str | bytes, type: dict[str, Any] = PATIENTS, **arguments: Any
) -> tuple[pandas.DataFrame, Result]:
    path = folder / "patients.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    rows = Artefact(str(folder / "rows.parquet"), type)
    result = step(data.csv, {"path": Artefact(str(path))}, {"rows": rows}, **arguments)
    return tables.read(rows), result


def refused(folder: Path, text: str | bytes, type: dict[str, Any] = PATIENTS, **arguments: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        read(folder, text, type, **arguments)
    return caught.value


def one(base: str, **refined: Any) -> dict[str, Any]:
    return dataset(column("value", base, **refined))


# What fits


def test_values_get_the_types_of_the_schema(tmp_path: Path) -> None:
    frame, result = read_all(tmp_path, GOOD)
    assert frame.to_dict("list") == {
        "name": ["Ann", "Bob"],
        "age": [31, 44],
        "weight": [61.5, pytest.approx(float("nan"), nan_ok=True)],
        "region": ["eu", "us"],
        "smokes": [True, False],
    }
    assert [str(kind) for kind in frame.dtypes[["age", "weight", "smokes"]]] == ["int64", "float64", "bool"]
    assert result.rows == {"rows": 2}
    assert result.messages == []


@pytest.mark.parametrize(
    ("base", "text", "value"),
    [
        ("float", "1", 1.0),
        ("float", " +1.5e-3 ", 0.0015),
        ("float", ".5", 0.5),
        ("float", "5.", 5.0),
        ("float", "0.1", 0.1),
        ("float", "2.2250738585072014e-308", 2.2250738585072014e-308),
        ("float", "123456789.123456789", 123456789.123456789),
        ("int", "007", 7),
        ("int", "-3", -3),
        ("int", "+3", 3),
        ("int", "3.0", 3),
        ("int", "9223372036854775807", 2**63 - 1),
        ("int", "-9223372036854775808", -(2**63)),
        ("bool", "TRUE", True),
        ("bool", "0", False),
        ("bool", " Yes ", True),
        ("string", " a b ", " a b "),
        ("string", "NA", "NA"),
        ("duration", "90", 90.0),
    ],
)
def test_how_values_may_be_written(tmp_path: Path, base: str, text: str, value: Any) -> None:
    assert read(tmp_path, f'value\n"{text}"\n', one(base))["value"].tolist() == [value]


def test_dates_and_times_are_read_in_utc(tmp_path: Path) -> None:
    type = dataset(column("day", "date", "time"), column("at", "datetime"))
    frame = read(
        tmp_path, "day,at\n2026-02-28,2026-01-31T12:00:00+02:00\n2024-02-29,2026-01-31 12:00\n", type
    )
    assert frame["day"].astype(str).tolist() == ["2026-02-28", "2024-02-29"]
    assert frame["at"].astype(str).tolist() == ["2026-01-31 10:00:00", "2026-01-31 12:00:00"]


def test_columns_keep_the_order_of_the_file_and_rest_covers_those_not_named(tmp_path: Path) -> None:
    type = dataset(column("y", "bool", "label"), rest={"base": "float", "min": 0})
    frame = read(tmp_path, "b,y,a\n1,true,2\n", type)
    assert list(frame.columns) == ["b", "y", "a"]
    assert frame["a"].tolist() == [2.0]


def test_a_header_that_is_no_name_is_mapped(tmp_path: Path) -> None:
    type = dataset(column("length", "float", header="sepal length (cm)"))
    assert read(tmp_path, "sepal length (cm)\n5.1\n", type)["length"].tolist() == [5.1]


def test_quotes_line_breaks_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    type = dataset(column("text", "string"), column("n", "int"))
    frame = read(tmp_path, b'\xef\xbb\xbftext,n\r\n"a, ""b""\nc",1\r\n\r\nd,2\r\n', type)
    assert frame.to_dict("list") == {"text": ['a, "b"\nc', "d"], "n": [1, 2]}


def test_separator_encoding_decimal_and_missing_can_be_said(tmp_path: Path) -> None:
    type = dataset(column("city", "string"), column("share", "float", nullable=True))
    text = "city;share\nKöln;0,5\nMünchen;-\n".encode("latin-1")
    frame = read(tmp_path, text, type, separator=";", encoding="latin-1", decimal=",", missing=["", "-"])
    assert frame["city"].tolist() == ["Köln", "München"]
    assert frame["share"].tolist() == [0.5, pytest.approx(float("nan"), nan_ok=True)]


def test_a_packed_file_is_unpacked(tmp_path: Path) -> None:
    assert len(read(tmp_path, gzip.compress(GOOD.encode()))) == 2


def test_missing_whole_numbers_and_booleans_stay_missing(tmp_path: Path) -> None:
    type = dataset(column("n", "int", nullable=True), column("b", "bool", nullable=True))
    frame = read(tmp_path, "n,b\n1,true\n,false\n3,\n", type)
    assert [str(kind) for kind in frame.dtypes] == ["Int64", "boolean"]
    assert frame["n"].isna().tolist() == [False, True, False]
    assert frame["b"].isna().tolist() == [False, False, True]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    read(tmp_path, GOOD)
    first = (tmp_path / "rows.parquet").read_bytes()
    read(tmp_path, GOOD.replace("\n", "\r\n"))
    assert (tmp_path / "rows.parquet").read_bytes() == first
    assert b"pandas" not in first


# What does not fit


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("Ann,abc,60,eu,true", 'column `age`: "abc" is not a whole number in 0..120'),
        ("Ann,31.5,60,eu,true", 'column `age`: "31.5" is not a whole number in 0..120'),
        ("Ann,121,60,eu,true", 'column `age`: "121" is not a whole number in 0..120'),
        (
            "Ann,99999999999999999999,60,eu,true",
            'column `age`: "99999999999999999999" is not a whole number in 0..120',
        ),
        ("Ann,,60,eu,true", "column `age`: is empty, and the column is not @nullable"),
        ("Ann,31,-1,eu,true", 'column `weight`: "-1" is not a number >= 0'),
        ("Ann,31,nan,eu,true", 'column `weight`: "nan" is not a number >= 0'),
        ("Ann,31,inf,eu,true", 'column `weight`: "inf" is not a number >= 0'),
        ("Ann,31,1e999,eu,true", 'column `weight`: "1e999" is not a number >= 0'),
        ("Ann,31,60,asia,true", 'column `region`: "asia" is not one of "eu", "us", "apac"'),
        ("Ann,31,60,eu,maybe", 'column `smokes`: "maybe" is not true or false'),
        (",31,60,eu,true", "column `name`: is empty, and the column is not @nullable"),
    ],
)
def test_a_value_that_does_not_fit(tmp_path: Path, row: str, message: str) -> None:
    error = refused(tmp_path, f"{GOOD}{row}\n")
    assert str(error) == f"MLP701 row-does-not-fit: patients.csv, row 4, {message}"
    assert error.place is not None
    assert error.place["line"] == 4
    assert error.final


def test_how_many_more_and_the_log_lists_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "value\n" + "".join(f"{number}\n" for number in range(40)) + "2\n"
    error = refused(tmp_path, text, one("float", max=9))
    assert error.message == (
        'patients.csv, row 12, column `value`: "10" is not a number <= 9 (29 more values do not fit, in 30 rows in all)'
    )
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 21
    assert said[1] == 'patients.csv, row 13, column `value`: "11" is not a number <= 9'
    assert said[-1] == "… and 10 more"


def test_the_first_row_is_told_first_whatever_its_column(tmp_path: Path) -> None:
    error = refused(tmp_path, GOOD.replace("61.5,eu", "61.5,mars").replace("Bob,44", "Bob,x"))
    assert error.message == (
        'patients.csv, row 2, column `region`: "mars" is not one of "eu", "us", "apac"'
        " (1 more value does not fit, in 2 rows in all)"
    )


def test_rows_are_lines_of_the_file_also_below_blank_lines_and_line_breaks(tmp_path: Path) -> None:
    type = dataset(column("text", "string"), column("n", "int"))
    error = refused(tmp_path, 'text,n\n"one\ntwo",1\n\nthree,x\n', type)
    assert error.message == 'patients.csv, row 5, column `n`: "x" is not a whole number'


@pytest.mark.parametrize(
    ("low", "high", "open", "text", "words"),
    [
        (0, 1, {}, "1.5", "a number in 0..1"),
        (0, None, {"min_open": True}, "0", "a number > 0"),
        (None, 1, {"max_open": True}, "1", "a number < 1"),
        (0, 1, {"max_open": True}, "1", "a number >= 0 and < 1"),
    ],
)
def test_bounds_are_told_as_they_are_written(
    tmp_path: Path, low: float | None, high: float | None, open: dict[str, bool], text: str, words: str
) -> None:
    error = refused(tmp_path, f"value\n{text}\n", one("float", min=low, max=high, **open))
    assert error.message == f'patients.csv, row 2, column `value`: "{text}" is not {words}'


@pytest.mark.parametrize(
    ("row", "help"),
    [
        (
            "Ann,NA,60,eu,true",
            'if \'NA\' stands for no value: missing = ["", "NA"], and `@nullable` on the column',
        ),
        ("Ann,,60,eu,true", "mark the column `@nullable` in the schema, or fill the gap: age: … @nullable"),
        ('Ann,31,"1,5",eu,true', 'if the file writes decimals with a comma: decimal = ","'),
        ("Ann,31,60,asia,true", "mend the file, or widen `region` in the schema"),
    ],
)
def test_what_helps(tmp_path: Path, row: str, help: str) -> None:
    assert refused(tmp_path, f"{GOOD}{row}\n").help == [help]


@pytest.mark.parametrize("day", ["2026-02-30", "31.01.2026", "2026-1-1x", "yesterday"])
def test_a_date_that_is_none(tmp_path: Path, day: str) -> None:
    error = refused(tmp_path, f"value\n{day}\n", one("date"))
    assert error.message == f'patients.csv, row 2, column `value`: "{day}" is not a date such as 2026-01-31'


# Columns


def test_a_missing_column_with_one_that_is_near(tmp_path: Path) -> None:
    error = refused(tmp_path, GOOD.replace("weight", "wieght"))
    assert str(error) == "MLP703 missing-column: patients.csv has no column `weight`"
    assert error.help == ['the file has `wieght`; say so in the schema: `@from("wieght")`']


def test_missing_columns_with_nothing_near(tmp_path: Path) -> None:
    error = refused(tmp_path, "name,age\nAnn,31\n")
    assert error.message == "patients.csv has no column `weight`, nor 2 other columns of the schema"
    assert error.help == ["the file has: `name`, `age`"]


def test_another_separator_is_guessed_for_the_help_only(tmp_path: Path) -> None:
    error = refused(tmp_path, GOOD.replace(",", ";"))
    assert error.help[-1] == 'are its values separated by ";"? Then: separator = ";"'


def test_an_unexpected_column(tmp_path: Path) -> None:
    error = refused(
        tmp_path,
        GOOD.replace("smokes\n", "smokes,heigth\n").replace("true\n", "true,1\n").replace("no\n", "no,1\n"),
    )
    assert str(error) == (
        "MLP704 unexpected-column: patients.csv has a column `heigth`, which the schema does not have"
        "; did you mean `weight`?"
    )


def test_a_column_twice(tmp_path: Path) -> None:
    error = refused(tmp_path, "value,value\n1,2\n", one("int"))
    assert error.message == "patients.csv: two columns are called `value`"


def test_a_type_that_no_table_holds(tmp_path: Path) -> None:
    error = refused(tmp_path, "value\n1\n", one("tensor", of={"base": "float"}, shape=[2]))
    assert str(error) == (
        "MLP708 unsupported-column: column `value` is a tensor of numbers, [2], and a file of comma-separated values holds none"
    )
    error = refused(tmp_path, "value\n1\n", one("list", of={"base": "float"}))
    assert str(error) == "MLP708 unsupported-column: column `value`: a table holds no values of type list"


# Files that are no table


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "patients.csv is empty"),
        ("\n\n", "patients.csv is empty"),
        ("name,age,weight,region,smokes\n", "patients.csv has a header and no rows"),
        (GOOD + "Cid,1\n", "patients.csv, row 4: has 2 values, and the header has 5"),
        (GOOD + "Cid,1,2,eu,true,6\n", "patients.csv, row 4: has 6 values, and the header has 5"),
        (GOOD.encode() + b"C\xe9d,1,2,eu,true\n", "patients.csv, row 4: not every byte is utf-8 text"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert refused(tmp_path, text).message == message


def test_no_file_a_folder_and_an_encoding_that_is_none(tmp_path: Path) -> None:
    rows = {"rows": Artefact(str(tmp_path / "rows.parquet"), PATIENTS)}
    with pytest.raises(StepError, match=r"there is no file gone\.csv"):
        step(data.csv, {"path": Artefact(str(tmp_path / "gone.csv"))}, rows)
    with pytest.raises(StepError, match="is a folder"):
        step(data.csv, {"path": Artefact(str(tmp_path))}, rows)
    assert refused(tmp_path, GOOD, encoding="utf-9").message == "there is no encoding 'utf-9'"
    assert refused(tmp_path, GOOD, separator=", ").message == "a separator is one character, and ', ' is not"
    assert not (tmp_path / "rows.parquet").exists()


# Keys


def test_rows_may_share_a_key_and_it_is_said(tmp_path: Path) -> None:
    _, result = read_all(tmp_path, GOOD + "Ann,32,60,eu,true\n")
    assert result.messages == [
        {
            "level": "info",
            "text": "2 rows share their key `name` with another row; a split keeps them together",
        }
    ]


def test_unique_keys_when_asked_for(tmp_path: Path) -> None:
    error = refused(tmp_path, GOOD + "Cid,1,2,eu,no\nAnn,32,60,eu,true\n", unique_keys=True)
    assert str(error) == (
        "MLP705 repeated-key: patients.csv, row 5: the key `name` is Ann again, as in row 2"
        " (2 rows share their key with another)"
    )


# Data at an address


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A server of files in ``tmp_path``."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0),
        lambda *given: Quiet(*given, directory=str(tmp_path)),
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_data_is_fetched_over_http(tmp_path: Path, served: str) -> None:
    (tmp_path / "far.csv").write_text(GOOD)
    rows = Artefact(str(tmp_path / "rows.parquet"), PATIENTS)
    result = step(data.csv, {"path": Artefact(url=f"{served}/far.csv?token=secret")}, {"rows": rows})
    assert result.rows == {"rows": 2}


def test_data_that_is_not_there_and_a_message_that_tells_no_token(tmp_path: Path, served: str) -> None:
    rows = {"rows": Artefact(str(tmp_path / "rows.parquet"), PATIENTS)}
    with pytest.raises(StepError) as caught:
        step(data.csv, {"path": Artefact(url=f"{served}/gone.csv?token=secret")}, rows)
    assert str(caught.value) == f"MLP709 missing-data: {served}/gone.csv answers 404 File not found"
    assert caught.value.final
    with pytest.raises(StepError, match="cannot be reached") as caught:
        step(data.csv, {"path": Artefact(url="http://user:secret@127.0.0.1:9/x.csv")}, rows)
    assert not caught.value.final
    assert "secret" not in str(caught.value)
    with pytest.raises(StepError, match="no data can be fetched by `ftp`"):
        step(data.csv, {"path": Artefact(url="ftp://x/y.csv")}, rows)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(alphabet='ab1,."\n\r;\0é -', max_size=200).map(str.encode),
        st.text(alphabet='ab1,."\n\r;\0é -', max_size=200).map(lambda text: f"a,b\n{text}".encode()),
    )
)
def test_any_bytes_are_a_table_or_a_clear_error(content: bytes) -> None:
    type = dataset(column("a", "string", nullable=True), column("b", "int", nullable=True))
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(StepError):
        frame = read(Path(folder), content, type)
        assert sorted(frame.columns) == ["a", "b"]
