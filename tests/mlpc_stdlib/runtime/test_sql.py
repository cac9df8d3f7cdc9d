"""Rows from a database: what a query gives is judged as the rows of a file are, and what goes wrong is told apart."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime import codes, sql, tables
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError, Task
from tests.postgres import Postgres, running

COLUMNS: list[dict[str, Any]] = [
    {"name": "day", "type": {"base": "date"}, "marks": ["time"]},
    {"name": "region", "type": {"base": "enum", "choices": ["eu", "us"]}},
    {"name": "items", "type": {"base": "int", "min": 0}},
    {"name": "amount", "type": {"base": "float"}, "marks": ["label"], "nullable": True},
]
TYPE = {"type": "dataset", "schema": {"name": "Sale", "columns": COLUMNS, "rest": None}}
TABLE = "create table sales (day date, region varchar(8), items integer, amount numeric(10, 2))"
ROWS = "insert into sales values ('2026-01-01', 'eu', 3, 30.5), ('2026-01-02', 'us', 0, null), ('2026-01-03', 'eu', 7, 71)"


def rows_of(table: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


WANTED = [
    (datetime.datetime(2026, 1, 1), "eu", 3, 30.5),
    (datetime.datetime(2026, 1, 2), "us", 0, None),
    (datetime.datetime(2026, 1, 3), "eu", 7, 71.0),
]


@pytest.fixture
def small(tmp_path: Path) -> str:
    """A database in a file, with three rows."""
    with sqlite3.connect(tmp_path / "small.db") as connection:
        connection.execute(TABLE)
        connection.execute(ROWS)
    return f"sqlite:///{tmp_path / 'small.db'}"


def fails(
    url: str, query: str, params: dict[str, Any] | None = None, type: dict[str, Any] = TYPE
) -> StepError:
    with pytest.raises(StepError) as caught:
        sql.read(url, query, params or {}, type)
    return caught.value


# What every database does alike


def test_rows_become_a_dataset(small: str, tmp_path: Path) -> None:
    """The address comes as a file, and the order of columns is that of the query."""
    (tmp_path / "url").write_text(small + "\n", encoding="utf-8")
    task = Task(
        "sales[eu]",
        {"kind": "runtime", "target": "mlpc_stdlib.runtime.sql", "function": "sql"},
        str(tmp_path / "result.json"),
        outputs={"rows": Artefact(str(tmp_path / "rows"), TYPE)},
        arguments={"query": "select * from sales where items >= :least", "query_params": {"least": 1}},
        secrets={"url": str(tmp_path / "url")},
    )
    result = Result()
    sql.sql(task, result)
    assert result.rows == {"rows": 2}
    frame = tables.read(Artefact(str(tmp_path / "rows"), TYPE))
    assert {name: str(kind) for name, kind in frame.dtypes.items()}["day"] == "datetime64[us]"
    assert frame["region"].tolist() == ["eu", "eu"]


def test_a_value_is_bound_and_never_part_of_the_query(small: str) -> None:
    hostile = "eu' or 1 = 1 --"
    error = fails(small, "select * from sales where region = :region", {"region": hostile})
    assert (error.code, error.message) == (codes.TOO_FEW_ROWS[0], "the query gives no row")


def test_batches_are_judged_as_one(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "BATCH", 2)
    assert rows_of(sql.read(small, "select * from sales order by day", {}, TYPE)) == WANTED


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            "select day, region, items from sales",
            codes.MISSING_COLUMN,
            "the query has no column `amount`",
        ),
        (
            "select *, 1 as more from sales",
            codes.UNEXPECTED_COLUMN,
            "the query has a column `more`, which the schema does not have",
        ),
        (
            "select day, region, -items as items, amount from sales",
            codes.ROW_DOES_NOT_FIT,
            (
                "the query, row 1, column `items`: '-3' (int) is not a whole number >= 0 "
                "(1 more value does not fit, in 2 rows in all)"
            ),
        ),
        (
            "select day, 'moon' as region, items, amount from sales where items = 0",
            codes.ROW_DOES_NOT_FIT,
            'the query, row 1, column `region`: \'moon\' (str) is not one of "eu", "us"',
        ),
        (
            "select null as day, region, items, amount from sales where items = 3",
            codes.ROW_DOES_NOT_FIT,
            "the query, row 1, column `day`: is null, and the column is not @nullable",
        ),
        (
            "select '2026-01-01 10:00' as day, region, items, 'x' as amount from sales where items = 3",
            codes.ROW_DOES_NOT_FIT,
            (
                "the query, row 1, column `day`: '2026-01-01 10:00' (str) is not a date such as 2026-01-31 "
                "(1 more value does not fit, in 1 row in all)"
            ),
        ),
        (
            "select * from sails",
            codes.MISSING_DATA,
            "what the query reads is not there: no such table: sails",
        ),
        (
            "selekt * from sales",
            codes.QUERY_REFUSED,
            'the database refuses the query: near "selekt": syntax error',
        ),
        (
            "select * from sales where items > :least",
            codes.QUERY_REFUSED,
            "the query cannot be run: (sqlalchemy.exc.InvalidRequestError) A value is required for bind parameter 'least'",
        ),
        ("create table other (a int)", codes.QUERY_REFUSED, "the query gives no rows"),
    ],
)
def test_what_does_not_fit_or_is_not_there(small: str, query: str, code: codes.Code, message: str) -> None:
    error = fails(small, query)
    assert (error.code, error.message, error.final) == (code[0], message, True)
    assert error.help


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense secret-word", "the `url` is none of a database"),
        ("oracle9://user:secret-word@host/db", "no database is reached by `oracle9`"),
        ("", "the `url` is none of a database"),
    ],
)
def test_an_address_that_is_none_is_not_repeated(url: str, message: str) -> None:
    error = fails(url, "select 1")
    assert (error.code, error.message) == (codes.IMPOSSIBLE_SETTING[0], message)
    assert "secret-word" not in str(error.to_json())


def test_a_driver_that_is_not_installed_is_named() -> None:
    assert fails("mysql+pymysql://user@host/db", "select 1").code == codes.MISSING_LIBRARY[0]


# PostgreSQL itself


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with running() as found:
        found.sql(
            TABLE, ROWS, "create role reader login password 'only-reads'", "create table hidden (a int)"
        )
        found.sql("grant select on sales to reader", "create sequence counter")
        yield found


@pytest.mark.engine
def test_postgresql_gives_the_same_rows(server: Postgres) -> None:
    assert rows_of(sql.read(server.url(), "select * from sales order by day", {}, TYPE)) == WANTED


@pytest.mark.engine
def test_types_of_postgresql(server: Postgres) -> None:
    """Times with a zone become those of UTC, intervals seconds, exact numbers floats; casts with `::` are no parameters."""
    names = {
        "at": "datetime",
        "took": "duration",
        "exact": "float",
        "id": "string",
        "good": "bool",
        "n": "int",
    }
    columns = [{"name": name, "type": {"base": base}} for name, base in names.items()]
    type = {"type": "dataset", "schema": {"name": "T", "columns": columns, "rest": None}}
    query = (
        "select '2026-01-01 12:00+02'::timestamptz as at, interval '90 seconds' as took, 1.25::numeric as exact, "
        "'00000000-0000-0000-0000-000000000001'::uuid as id, :good as good, 5::bigint as n"
    )
    assert rows_of(sql.read(server.url(), query, {"good": True}, type)) == [
        (datetime.datetime(2026, 1, 1, 10), 90.0, 1.25, "00000000-0000-0000-0000-000000000001", True, 5)
    ]


@pytest.mark.engine
@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("select * from sails", codes.MISSING_DATA, 'relation "sails" does not exist'),
        ("select * from hidden", codes.ACCESS_REFUSED, "permission denied for table hidden"),
        ("select colour from sales", codes.QUERY_REFUSED, 'column "colour" does not exist'),
        (
            "select nextval('counter') as day",
            codes.QUERY_REFUSED,
            "cannot execute nextval() in a read-only transaction",
        ),
    ],
)
def test_what_postgresql_refuses(server: Postgres, query: str, code: codes.Code, message: str) -> None:
    user = ("reader", "only-reads") if "hidden" in query else ("owner", server.password)
    error = fails(server.url("127.0.0.1", *user), query)
    assert error.code == code[0]
    assert message in error.message
    assert server.password not in str(error.to_json())


@pytest.mark.engine
def test_a_wrong_password_and_a_server_that_is_not_there(server: Postgres) -> None:
    wrong = fails(server.url(password="wrong-word"), "select 1")
    assert (wrong.code, wrong.final) == (codes.ACCESS_REFUSED[0], True)
    assert "wrong-word" not in str(wrong.to_json())
    away = fails("postgresql://owner:secret-word@127.0.0.1:1/warehouse", "select 1")
    assert (away.code, away.final) == (codes.UNREACHABLE_DATA[0], False)
    assert "secret-word" not in str(away.to_json())
    missing = fails(server.url().replace("/warehouse", "/elsewhere"), "select 1")
    assert missing.code == codes.MISSING_DATA[0]
