"""`mlpc infer`: what it makes of real data and of nasty data. Whatever it writes, the step reads the data by it."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlpc_cli.infer.csvfile import read
from mlpc_cli.infer.judge import judge
from mlpc_cli.infer.names import column_names, quoted, schema_name
from mlpc_cli.infer.write import write
from tests.mlpc_cli.command import mlpc
from tests.mlpc_cli.infer.reading import fits, inferred, refused
from tests.mlpc_cli.terminal import on_terminal

ROOT = Path(__file__).resolve().parents[3]


def column(text: str, name: str) -> list[str]:
    """Return the line of a column and the comments above it, without indentation."""
    lines = [line.strip() for line in text.splitlines()]
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{name}: "))
    first = at
    while lines[first - 1].startswith("#"):
        first -= 1
    return [*lines[first:at], lines[at]]


def rows(*lines: str, times: int = 1) -> str:
    return "\n".join([lines[0], *lines[1:] * times]) + "\n"


# The data of the examples


@pytest.mark.parametrize(
    ("data", "count"), [("tumor/data/cells.csv", 569), ("own_code/data/patients.csv", 442)]
)
def test_data_of_the_examples(tmp_path: Path, data: str, count: int) -> None:
    shutil.copy(ROOT / "examples" / data, tmp_path)
    file = Path(data).name
    answer = mlpc("infer", file, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert fits(tmp_path, answer.out, file) == count


def test_what_it_says_of_patients(tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples/own_code/data/patients.csv", tmp_path)
    assert (
        mlpc("infer", "patients.csv", cwd=tmp_path).out
        == """\
mlp 1

# Inferred from patients.csv: 442 rows, 11 columns. What is doubtful is said above a column.
#
#     data rows: csv { path = "patients.csv", schema = Patients }

schema Patients {
  age: int >= 0  # seen: 19..79
  # few whole numbers: levels that grow, or codes without an order? A model takes them for numbers
  sex: int in 1..2
  bmi: float >= 0  # seen: 18.0..42.2
  blood_pressure: float >= 0  # seen: 62.0..133.0
  total_cholesterol: float >= 0  # seen: 97.0..301.0
  ldl: float >= 0  # seen: 41.6..242.4
  hdl: float >= 0  # seen: 22.0..99.0
  cholesterol_ratio: float >= 0  # seen: 2.0..9.09
  log_triglycerides: float >= 0  # seen: 3.2581..6.107
  glucose: float >= 0  # seen: 58.0..124.0
  # likely what is to be foretold: it stands last
  progression: float >= 0 @label  # seen: 25.0..346.0
}
"""
    )


def test_the_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples/tumor/data/cells.csv", tmp_path)
    first, second = (mlpc("infer", "cells.csv", cwd=tmp_path, PYTHONHASHSEED=seed).out for seed in "12")
    assert first == second


@pytest.mark.engine
def test_from_data_to_a_model(tmp_path: Path) -> None:
    """The schema is used by a spec, and the pipeline runs."""
    shutil.copy(ROOT / "examples/tumor/data/cells.csv", tmp_path)
    answer = mlpc("infer", "cells.csv", "-o", "cells.mlp", cwd=tmp_path)
    assert (answer.code, answer.out) == (0, "cells.mlp: schema Cells of 31 columns\n")
    (tmp_path / "main.mlp").write_text(
        """\
mlp 1

use "./cells.mlp" as cells

pipeline demo {
  data rows: csv { path = "cells.csv", schema = cells.Cells }

  split parts: random { data = rows, test = 20%, stratify = rows.malignant, seed = 1 }

  train model: sklearn.logistic_regression { data = parts.train }

  evaluate quality: classification {
    model = model
    data = parts.test
    require accuracy >= 0.8
  }
}
""",
        encoding="utf-8",
    )
    run = mlpc("run", "--no-isolation", cwd=tmp_path)
    assert run.code == 0, run


# Types


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (["true", "false", "TRUE"], "x: bool"),
        (["yes", "no", "Yes"], "x: bool"),
        (["0", "1", "1"], "x: bool"),
        (["1", "2", "3"], "x: int in 1..3"),
        (["-5", "700", "+3"], "x: int  # seen: -5..700"),
        (["-5", "-700", "-3"], "x: int <= 0  # seen: -700..-3"),
        (["1.5", "2", "1e3", ".5", "3."], "x: float >= 0  # seen: 0.5..1000.0"),
        (["-1.5", "1e-7", "0"], "x: float  # seen: -1.5..1e-07"),
        (["-0.0", "0.0", "-0"], "x: float >= 0  # seen: 0.0..0.0"),
        (["9223372036854775807", "-9223372036854775808"], "x: int  # seen: -9223372036854775808..9223372036854775807"),
        (["9223372036854775808", "1"], "x: string"),
        (["007", "123"], "x: string"),
        (["1" * 300, "2"], "x: float  # seen: 2.0..1.1111111111111112e+299"),
        (["1" * 5000, "2"], "x: string"),
        (["1e400", "2"], "x: string"),
        (["inf", "2"], "x: string"),
        (["١", "٢"], "x: string"),
        (["2026-01-31", "2024-02-29"], "x: date @time"),
        (["2026-02-30", "2024-02-29"], "x: string"),
        (["0001-01-01", "2024-02-29"], "x: string"),
        (["2026-01-31T12:00:00Z", "2026-01-31 12:00", "2026-01-31T12:00:00.123+02:00"], "x: datetime @time"),
        (["31.01.2026", "1.2.2026"], "x: string"),
        (["https://a.example/x?y=1", "http://b.example"], "x: url"),
        (["a@b.example", "c@d.example"], "x: string @sensitive"),
        (["north", "south"] * 5, 'x: enum("north", "south")'),
        (["a", "b", "c"], "x: string"),
        (['"say ""hi"""', "${x}", "back\\slash", "tab\there"] * 5,
         'x: enum("\\${x}", "back\\\\slash", "say \\"hi\\"", "tab\\there")'),
        ([" 1", "2 ", "3"], "x: int in 1..3"),
    ],
)  # fmt: skip
def test_the_type_of_a_column(tmp_path: Path, values: list[str], line: str) -> None:
    text = inferred(tmp_path, rows("x,end", *[f"{value},z{at}" for at, value in enumerate(values)]))
    assert column(text, "x")[-1] == line


def test_bounds_as_seen(tmp_path: Path) -> None:
    data = rows("a,b,c,d", "-1.5,100,7,x", "2.5e-7,200,7,y", "1e30,-3,7,z")
    text = inferred(tmp_path, data, "--tight")
    # 1e30 is no number that is held exactly, and a bound that is rounded might refuse what was seen.
    assert column(text, "a") == ["a: float  # seen: -1.5..1e+30"]
    assert column(text, "b") == ["b: int in -3..200"]
    assert column(text, "c")[-1] == "c: int >= 0  # seen: 7..7"


# What has no value


def test_values_that_are_missing(tmp_path: Path) -> None:
    text = inferred(tmp_path, rows("a,b,c", "1.5,x,4", ",,", "2.5,y,3", "3,z, "))
    assert column(text, "a") == ["a: float >= 0 @nullable  # seen: 1.5..3.0, 25 % have no value"]
    assert column(text, "b") == ["b: string @nullable  # 25 % have no value"]
    assert column(text, "c")[-1] == "c: int in 3..4 @nullable  # 50 % have no value"


def test_words_for_no_value_are_found_among_numbers(tmp_path: Path) -> None:
    text = inferred(tmp_path, rows("a,country,left", "1,NA,x", "NA,DE,y", "n/a,FR,None"))
    assert ' missing = ["", "NA", "n/a"] }' in text
    assert column(text, "a")[-1] == "a: int >= 0 @nullable  # seen: 1..1, 66.7 % have no value"
    assert "@nullable" in column(text, "country")[-1]
    # `None` stands among texts alone, and may be one.
    assert "@nullable" not in column(text, "left")[-1]


def test_a_word_for_no_value_among_choices_is_doubted(tmp_path: Path) -> None:
    text = inferred(tmp_path, rows("kind,x", "none,1.5", "soft,2.5", times=6))
    assert column(text, "kind") == [
        '# "none": a choice, or no value? See `missing`',
        'kind: enum("none", "soft")',
    ]


def test_a_column_without_values(tmp_path: Path) -> None:
    text = inferred(tmp_path, rows("a,b", "1,", "2,", "3,"))
    assert column(text, "b") == [
        "# no row has a value here: its type is a guess",
        "b: string @ignore @nullable",
    ]


def test_whole_numbers_that_a_tool_wrote_with_a_fraction(tmp_path: Path) -> None:
    text = inferred(tmp_path, rows("visits,x", "100.0,a", ",b", "250.0,c"))
    assert column(text, "visits") == [
        "# whole numbers written with `.0`, as tools do where values are missing",
        "visits: int >= 0 @nullable  # seen: 100..250, 33.3 % have no value",
    ]


# Roles


def test_keys_times_and_labels(tmp_path: Path) -> None:
    data = rows("customer_id,created_at,birthday,email,amount,churned,note", *[
        f"{100 + at},2026-01-{at + 1:02}T10:00:00,1990-01-01,p{at}@x.example,{at}.5,{at % 2},n{at}" for at in range(25)
    ])  # fmt: skip
    text = inferred(tmp_path, data)
    assert column(text, "customer_id")[-1] == "customer_id: int >= 0 @key  # seen: 100..124"
    assert column(text, "created_at")[-1] == "created_at: datetime @time"
    assert column(text, "birthday")[-1] == "birthday: date @sensitive"
    assert column(text, "email")[-1] == "email: string @sensitive"
    assert column(text, "churned") == [
        "# only 0 and 1: an `int in 0..1`, if it counts something",
        "# likely what is to be foretold, by its name",
        "churned: bool @label",
    ]
    assert column(text, "note") == [
        "# different in every row: `@key` if it names a row, else `@ignore`",
        "note: string",
    ]


def test_a_person_knows_better(tmp_path: Path) -> None:
    data = rows("a,b,target", "1.5,7,true", "2.5,8,false", "3.5,9,true")
    text = inferred(tmp_path, data, "--label", "a", "--key", "b", "--schema", "Cell")
    assert "schema Cell {" in text
    assert column(text, "a")[-1].startswith("a: float >= 0 @label")
    assert "@key" in column(text, "b")[-1]
    assert column(text, "target") == ["target: bool"]


def test_no_key_where_rows_share_one(tmp_path: Path) -> None:
    assert "@key" not in inferred(tmp_path, rows("id,x", "1,2.5", "1,3.5", "2,4.5"))


# How files are written


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("a;b\n1;2\n3;4\n", 'separator = ";"'),
        ("a\tb\n1\t2\n3\t4\n", 'separator = "tab"'),
        ("a|b\n1|2\n3|4\n", 'separator = "|"'),
        ("a;b\n1,5;2\n3,25;4\n", 'separator = ";", decimal = ","'),
        ('a,b\n"1,5",2\n"3,25",4\n', 'decimal = ","'),
    ],
)
def test_separators_and_decimals_are_found(tmp_path: Path, data: str, said: str) -> None:
    assert f"schema = Data, {said} }}" in inferred(tmp_path, data)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfa,b\r\n1,x\r\n2,y\r\n",
        b"a,b\r1,x\r2,y\r",
        b'a,b\n1,"x\ny"\n\n2,"y, z"\n',
        b"a,b\n1,x\n2,y",
        b"a,b\n1,\0\n2,y\n",
        gzip.compress(b"a,b\n1,x\n2,y\n", mtime=0),
        "a,b\n1,\u00fc\u2028\u202e\n2,\U0001f600\n".encode(),
        b"a,b\n" + b"1," + b"x" * 200_000 + b"\n2,y\n",
        b"a,b\n" + b"1,x\r\n" * 40_000,
    ],
    ids=[
        "mark",
        "old_mac",
        "lines_in_values",
        "no_end",
        "zero",
        "gzip",
        "odd_signs",
        "long_value",
        "long_file",
    ],
)
def test_odd_files_are_read(tmp_path: Path, data: bytes) -> None:
    assert column(inferred(tmp_path, data), "a")[-1].startswith("a: ")


def test_another_encoding(tmp_path: Path) -> None:
    data = "name,x\nMüller,1\nSørensen,2\n".encode("latin-1")
    answer = refused(tmp_path, data)
    assert answer.err == (
        "error[MLP702] unreadable-data: `data.csv` is not written in UTF-8\n"
        "  = help: say how it is written: `--encoding latin-1` or `--encoding utf-16`, for example\n"
    )
    assert 'encoding = "latin-1"' in inferred(tmp_path, data, "--encoding", "latin-1")


def test_headers_that_are_no_names(tmp_path: Path) -> None:
    data = 'sepal length (cm),Größe,in,2019,"a ""b"" ${c}",require,*,_ok\n' + "1.5," * 7 + "2.5\n"
    text = inferred(tmp_path, data)
    for line in (
        'sepal_length_cm: float >= 0 @from("sepal length (cm)")',
        'groe: float >= 0 @from("Größe")',
        'in_: float >= 0 @from("in")',
        'c_2019: float >= 0 @from("2019")',
        'a_b_c: float >= 0 @from("a \\"b\\" \\${c}")',
        'require_: float >= 0 @from("require")',
        'column_7: float >= 0 @from("*")',
        "_ok: float >= 0 @label",
    ):
        assert f"  {line}" in text


def test_names_are_all_different() -> None:
    assert column_names(["a b", "a_b", "a-b", "A B"]) == ["a_b_2", "a_b", "a_b_3", "a_b_4"]
    assert [schema_name(name) for name in ("cells.csv", "blood-tests.v2.csv", "2019.csv", "ü.csv", "in.csv")] == [
        "Cells", "BloodTests", "C2019", "U", "In",
    ]  # fmt: skip
    assert quoted('a"b\\c\n\t\u2028\x00${d}$ {') == '"a\\"b\\\\c\\n\\t\\u{2028}\\u{0}\\${d}$ {"'


@pytest.mark.parametrize(
    ("cells", "doubt"),
    [
        (("10%", "20%", "5.5%"), '# numbers written for people, such as "10%": digits alone make a float'),
        (("$5.00", "$1,200.50"), '# numbers written for people, such as "$5.00": digits alone make a float'),
        (("1,234", "2,500"), '# "1,234" is read as 1.234: is the comma there for thousands?'),
    ],
)
def test_numbers_written_for_people_are_doubted(tmp_path: Path, cells: tuple[str, ...], doubt: str) -> None:
    data = rows("price;sold", *[f"{cell};{at}" for at, cell in enumerate(cells)])
    (tmp_path / "data.csv").write_text(data, encoding="utf-8")
    assert column(mlpc("infer", "data.csv", cwd=tmp_path).out, "price")[0] == doubt


@pytest.mark.parametrize("cells", [("10%", "none"), ("1,5", "2,750"), ("0,123", "0,250"), ("5", "6")])
def test_others_are_not(tmp_path: Path, cells: tuple[str, ...]) -> None:
    data = rows("price;sold", *[f"{cell};{at}" for at, cell in enumerate(cells)])
    (tmp_path / "data.csv").write_text(data, encoding="utf-8")
    told = "\n".join(column(mlpc("infer", "data.csv", cwd=tmp_path).out, "price"))
    assert "written for people" not in told
    assert "thousands" not in told


# Big files


def test_the_first_rows_alone(tmp_path: Path) -> None:
    data = rows("kind,x", *[f"{'ab'[at % 2]},{at}" for at in range(100)], "c,1000")
    (tmp_path / "data.csv").write_text(data, encoding="utf-8")
    answer = mlpc("infer", "data.csv", "--rows", "100", cwd=tmp_path)
    assert "# Inferred from data.csv: its first 100 rows, 2 columns." in answer.out
    assert column(answer.out, "kind") == [
        "# only the first rows were read: there may be more choices",
        'kind: enum("a", "b")',
    ]
    assert "its first" not in mlpc("infer", "data.csv", "--rows", "101", cwd=tmp_path).out


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    import tracemalloc

    def peak(count: int) -> int:
        file = tmp_path / f"{count}.csv"
        file.write_text(
            "a,b,c\n" + "".join(f"{at}.5,x{at % 7},{at % 900}\n" for at in range(count)), encoding="utf-8"
        )
        tracemalloc.start()
        read(str(file))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1000)
    assert peak(60_000) < 1.5 * peak(20_000)


# What cannot be


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "`data.csv` is empty"),
        ("\n\n", "`data.csv` is empty"),
        ("a,b\n", "`data.csv` has a header and no rows"),
        ("a,b\n1,2\n3\n", "`data.csv`, row 3: has 1 value, and the header has 2"),
        ("a,b\n1,2,3\n", "`data.csv`, row 2: has 3 values, and the header has 2"),
        (",a\n0,1\n", "column 1 of `data.csv` has no name"),
        ("a, a\n0,1\n", "two columns of `data.csv` are called `a`"),
        ('a,b\n1,"x\n', "`data.csv`: a text begins with a quote and has no end, up to row 2"),
        (b"\xff\xfea\0,\0b\0", "`data.csv` is not written in UTF-8"),
        (b"\x1f\x8b\x08broken", "`data.csv` is packed by gzip, and damaged"),
    ],
)
def test_what_is_no_table(tmp_path: Path, data: str | bytes, message: str) -> None:
    answer = refused(tmp_path, data)
    assert answer.code == 4
    assert answer.err.startswith(f"error[MLP702] unreadable-data: {message}")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["dta.csv"], "error[MLP691] no-such-file: there is no file `dta.csv`\n  = help: did you mean `data.csv`?\n"),
        (["."], "error[MLP692] unreadable-file: `.` is a folder\n"),
        (["https://x.example/a.csv"],
         "error: `https://…` is no file\n  help: bring the data here, and name the file\n"),
        (["data.csv", "--label", "lft"],
         "error: `--label lft`: `data.csv` has no such column\n  help: did you mean `left`?\n"),
        (["data.csv", "--schema", "in"],
         "error: `in` is no name\n  help: a name has letters, digits and `_`, such as `Cell`\n"),
        (["data.csv", "--separator", "ab"],
         "error: `ab` cannot separate values\n  help: one character, or `tab`\n"),
        (["data.csv", "--encoding", "nope"],
         "error: there is no encoding `nope`\n  help: for example `utf-8`, `latin-1`, `utf-16`\n"),
        (["data.csv", "-o", "data.csv"],
         "error[MLP693] cannot-write: `data.csv` exists already\n  = help: nothing of yours is overwritten\n"),
    ],
)  # fmt: skip
def test_calls_that_make_no_sense(tmp_path: Path, arguments: list[str], error: str) -> None:
    (tmp_path / "data.csv").write_text("age,left\n1,true\n2,false\n", encoding="utf-8")
    answer = mlpc("infer", *arguments, cwd=tmp_path)
    assert (answer.out, answer.err) == ("", error)
    assert answer.code == (4 if "[MLP" in error else 2)


# Whatever a file holds

CELLS = st.one_of(
    st.sampled_from(
        ["", "NA", "1", "0", "1.5", "1,5", "true", "2026-01-31", "007", "1e5", " 1 ", "-", "none", "a"]
    ),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8),
    st.floats(allow_nan=False).map(repr),
    st.integers().map(str),
    st.dates().map(str),
    st.datetimes().map(lambda value: value.isoformat()),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_table_fits_its_schema(tmp_path: Path, data: st.DataObject) -> None:
    import csv
    import io

    wide = data.draw(st.integers(2, 4))
    # Columns of one sort are likelier to be of a type than any cells.
    sorts = [
        data.draw(st.sampled_from([CELLS, *[st.sampled_from(each) for each in POOLS]])) for _ in range(wide)
    ]
    lines = data.draw(st.lists(st.tuples(*sorts), min_size=1, max_size=12))
    buffer = io.StringIO(newline="")
    writer = csv.writer(
        buffer, delimiter=data.draw(st.sampled_from(",;\t")), quoting=csv.QUOTE_ALL, lineterminator="\n"
    )
    writer.writerow([f"c{at}" for at in range(wide)])
    writer.writerows(lines)
    file = tmp_path / "any.csv"
    file.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    table = read(str(file))
    for tight in (False, True):
        assert fits(tmp_path, write(table, judge(table, tight=tight), "Any", "any.csv"), "any.csv") == len(
            lines
        )


POOLS = [
    ["1", "2", "3", "", "NA", "1000", "-7"], ["1.5", "2", "", "nan", "1e-9", "-3.25"], ["1,5", "2", "", "-3,25"],
    ["true", "no", "0", "", "YES"], ["0", "1", ""], ["2026-01-31", "2026-01-31T10:00", "", "null"],
    ["a", "b", "A", " a", "", "none"], ["1.0", "2.0", "", "3"], ["9007199254740993", "9223372036854775807", "-1"],
    ["0.1", "0.30000000000000004", "123456789.123456789"], ["1e300", "-1e300", "5e-324"],
]  # fmt: skip


def test_progress_is_shown_to_a_person_alone(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(rows("a,b", *[f"{at}.5,x" for at in range(40_000)]), encoding="utf-8")
    screen = on_terminal("infer", "data.csv", cwd=tmp_path, timeout=60)
    assert screen.code == 0
    assert " % read" in screen.text
    assert screen.text.replace("\r", "\n").rstrip().endswith("}")
    assert mlpc("infer", "data.csv", cwd=tmp_path).err == ""
