"""`mlpc infer` of tables of a real PostgreSQL: what is written takes the rows that the step `sql` then reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpc.compilation import Compilation
from mlpc.format import format_source
from mlpc.ir.canonical import to_json
from mlpc.source import Source
from mlpc_cli.loader import DiskLoader
from mlpc_stdlib.runtime import sql
from tests.mlpc_cli.command import Answer, mlpc
from tests.postgres import Postgres, running

ORDERS = (
    "create type state as enum ('open', 'paid', 'sent')",
    """create table orders (
      id bigint primary key, customer uuid not null, placed timestamptz not null, day date, state state not null,
      channel varchar(8), items smallint, amount numeric(10, 2), units numeric(6, 0), waited interval, note text,
      gift boolean not null)""",
    """insert into orders select n, md5(n::text)::uuid, timestamptz '2026-01-01 12:00+02' + n * interval '1 hour',
      date '2026-01-01' + n, (array['open', 'paid'])[1 + n % 2]::state, (array['web', 'shop'])[1 + n % 2],
      n % 7, case when n % 10 = 0 then null else n * 1.25 end, n * 3, n * interval '1 minute', 'note ' || n, n % 3 = 0
      from generate_series(1, 60) n""",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with running() as server:
        server.sql(*ORDERS)
        yield server


def infer(server: Postgres, *arguments: str, cwd: Path, url: str = "", **variables: str) -> Answer:
    """Infer, with the password in the environment."""
    address = url or f"postgresql://owner@127.0.0.1:{server.port}/warehouse"
    answer = mlpc("infer", address, *arguments, cwd=cwd, **{"PGPASSWORD": server.password, **variables})
    assert server.password not in answer.out + answer.err
    return answer


def schema_of(server: Postgres, table: str, folder: Path, *arguments: str) -> str:
    """Return what is written for ``table``, after its rows were read by the block that stands in its comment."""
    answer = infer(server, "--table", table, *arguments, cwd=folder)
    assert (answer.code, answer.err) == (0, ""), answer
    text = answer.out
    formatted = format_source(Source("schema.mlp", text))
    assert (formatted.text, formatted.diagnostics) == (text, ())
    assert not re.search(r"owner|127\.0\.0\.1|warehouse", text)
    secret, block = re.findall(r"(?m)^#     ((?:secret|data) .*)$", text)
    (folder / "main.mlp").write_text(
        f"{text}\npipeline demo {{\n  {secret}\n  {block}\n}}\n", encoding="utf-8"
    )
    compilation = Compilation(DiskLoader(str(folder)), "main.mlp")
    assert [item.message for item in compilation.check()] == []
    workflow = compilation.workflow()
    assert workflow is not None
    (node,) = json.loads(json.dumps(to_json(workflow)))["nodes"]
    query = node["arguments"]["query"]
    rows = sql.read(server.url(), query, {}, node["outputs"]["rows"]["type"])
    assert rows.num_rows > 0
    return text


def fields(text: str) -> dict[str, str]:
    """Return what a schema says of each column, without comments."""
    body = text.partition("schema ")[2].partition("{\n")[2].rpartition("}")[0]
    lines = [line.split("#")[0].strip() for line in body.splitlines()]
    return dict(line.split(": ", 1) for line in lines if line)


def test_types_nulls_keys_ranges_and_choices(server: Postgres, tmp_path: Path) -> None:
    text = schema_of(server, "orders", tmp_path)
    assert text.startswith(
        "mlp 1\n\n# Inferred from table orders: 60 rows, 12 columns. What is doubtful is said above a column.\n#\n"
        '#     secret database: url\n#     data rows: sql { url = database, query = "select * from orders", schema = Orders }\n'
    )
    assert fields(text) == {
        "id": "int >= 0 @key",
        "customer": "string",
        "placed": "datetime",
        "day": "date @time",
        # Choices are those of the type: `sent` is in no row.
        "state": 'enum("open", "paid", "sent")',
        "channel": 'enum("shop", "web")',
        "items": "int in 0..6",
        "amount": "float >= 0 @nullable",
        "units": "int >= 0",
        "waited": "float >= 0",
        "note": "string",
        "gift": "bool @label",
    }
    assert "amount: float >= 0 @nullable  # seen: 1.25..73.75, 10 % have no value" in text


def test_options_are_those_of_files(server: Postgres, tmp_path: Path) -> None:
    options = ("--label", "amount", "--key", "customer", "--tight", "--rows", "5")
    text = infer(server, "--table", "orders", *options, cwd=tmp_path).out
    assert "its first 5 rows" in text
    found = fields(text)
    assert (found["amount"], found["customer"], found["id"]) == (
        "float in 1.25..6.25 @label",
        "string @key",
        "int in 1..5",
    )


def test_it_is_written_to_a_file(server: Postgres, tmp_path: Path) -> None:
    answer = infer(server, "--table", "orders", "-o", "shop.mlp", "--schema", "Order", cwd=tmp_path)
    assert (answer.code, answer.out) == (0, "shop.mlp: schema Order of 12 columns\n")
    assert "schema Order {" in (tmp_path / "shop.mlp").read_text()


def test_names_that_need_quotes_and_schemas(server: Postgres, tmp_path: Path) -> None:
    server.sql(
        "drop schema if exists sales cascade",
        "create schema sales",
        'create table sales."Order ""Lines""" ("select" int, "Net ${price}" float8, "end" text)',
        """insert into sales."Order ""Lines\""" values (1, 2.5, 'a'), (2, 3.5, 'b')""",
    )
    text = schema_of(server, 'sales.Order "Lines"', tmp_path)
    assert "schema OrderLines {" in text
    assert fields(text)["net_price"] == 'float >= 0 @from("Net \\${price}")'
    assert fields(text)["end"] == "string"


def test_a_key_of_several_columns_and_a_view(server: Postgres, tmp_path: Path) -> None:
    server.sql(
        "drop table if exists stock cascade",
        "create table stock (shop int, item int, count int, primary key (shop, item))",
        "insert into stock select n % 3, n, n * n from generate_series(1, 30) n",
        "create view stock_view as select item, count from stock",
    )
    found = fields(schema_of(server, "stock", tmp_path))
    assert [name for name, type in found.items() if "@key" in type] == ["shop", "item"]
    assert list(fields(schema_of(server, "stock_view", tmp_path))) == ["item", "count"]


def test_what_no_dataset_holds_is_left_out_and_said(server: Postgres, tmp_path: Path) -> None:
    server.sql(
        "drop table if exists odd",
        "create table odd (id int, more jsonb, tags text[], empty text, size float8, domain_ inet)",
        "insert into odd select n, '{}', '{}', '', n / 2.0, '10.0.0.1' from generate_series(1, 12) n",
    )
    text = schema_of(server, "odd", tmp_path)
    assert list(fields(text)) == ["id", "empty", "size"]
    assert "# column `more` is left out: no column of a dataset holds `jsonb`\n" in text
    assert '"select id, empty, size from odd"' in text
    # An empty text is a text.
    assert fields(text)["empty"] == "string"


def test_numbers_that_are_none_are_said(server: Postgres, tmp_path: Path) -> None:
    server.sql("drop table if exists holes", "create table holes (a int, b float8)")
    server.sql("insert into holes values (1, 0.5), (2, 'NaN'), (3, 'infinity')")
    answer = infer(server, "--table", "holes", cwd=tmp_path)
    assert (
        "# column `b`: NaN or infinity in 2 rows, which are refused; leave them out in the query\n"
        in answer.out
    )


def test_more_rows_than_a_batch(server: Postgres, tmp_path: Path) -> None:
    server.sql(
        "drop table if exists many",
        "create table many as select n, n * 0.5 as half from generate_series(1, 12001) n",
    )
    assert "12,001 rows" in schema_of(server, "many", tmp_path)


# What cannot be read


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "which table?"),
        (("--table", "order"), 2, "did you mean `orders`?"),
        (("--table", "orders", "--separator", ";"), 2, "no separator"),
        (("--table", "orders", "--label", "amont"), 2, "did you mean `amount`?"),
        (("--table", "orders", "--schema", "no name"), 2, "`no name` is no name"),
    ],
)
def test_calls_that_are_wrong(
    server: Postgres, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    answer = infer(server, *arguments, cwd=tmp_path)
    assert answer.code == code
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_tables_are_listed_where_none_is_named(server: Postgres, tmp_path: Path) -> None:
    assert "`orders`" in infer(server, cwd=tmp_path).err


def test_an_empty_table_has_no_schema_to_see(server: Postgres, tmp_path: Path) -> None:
    server.sql("drop table if exists nothing", "create table nothing (a int)")
    answer = infer(server, "--table", "nothing", cwd=tmp_path)
    assert (answer.code, answer.out) == (4, "")
    assert "table `nothing` has no rows" in answer.err


WORD = "p@s/w:rd-geheim"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://owner:{word}@127.0.0.1:{port}/warehouse", "access-refused"),
        ("postgresql+psycopg://owner:{word}@127.0.0.1:{port}/warehouse", "access-refused"),
        ("postgresql://127.0.0.1:{port}/warehouse?user=owner&password={word}", "access-refused"),
        ("postgresql://owner:{word}@127.0.0.1:1/warehouse", "unreachable-data"),
        ("postgresql://owner:{raw}@127.0.0.1:{port}/warehouse", ""),
        ("postgresql://owner:a@b-geheim@127.0.0.1:{port}/warehouse", ""),
        ("postgresql://owner:geheim/x@127.0.0.1:{port}/warehouse", ""),
        ("postgresql://owner:geheim@127.0.0.1:port/warehouse", ""),
        ("postgresql://owner:%zzgeheim@127.0.0.1/warehouse", ""),
        ("mysql://owner:geheim@127.0.0.1/warehouse", ""),
    ],
)
def test_a_password_is_never_shown(server: Postgres, tmp_path: Path, url: str, code: str) -> None:
    quoted = "p%40s%2Fw%3Ard-geheim"
    address = url.format(word=quoted, raw=WORD, port=server.port)
    answer = infer(server, "--table", "orders", cwd=tmp_path, url=address)
    assert answer.code == (4 if code else 2), answer
    assert code in answer.err
    assert "geheim" not in answer.out + answer.err
    assert "Traceback" not in answer.err


def test_a_password_of_a_file(server: Postgres, tmp_path: Path) -> None:
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:*:*:owner:{server.password}\n", encoding="utf-8")
    file.chmod(0o600)
    answer = infer(server, "--table", "orders", cwd=tmp_path, PGPASSWORD="", PGPASSFILE=str(file))
    assert answer.code == 0
    refused = infer(server, "--table", "orders", cwd=tmp_path, PGPASSWORD="", PGPASSFILE="/dev/null")
    assert refused.code == 4
    assert "access-refused" in refused.err


def test_a_database_that_is_not_there(server: Postgres, tmp_path: Path) -> None:
    url = f"postgresql://owner@127.0.0.1:{server.port}/warehous"
    answer = infer(server, "--table", "orders", cwd=tmp_path, url=url)
    assert answer.code == 4
    assert "missing-data" in answer.err


def test_a_table_that_one_may_not_read(server: Postgres, tmp_path: Path) -> None:
    server.sql("drop role if exists guest", f"create role guest login password '{server.password}'")
    url = f"postgresql://guest@127.0.0.1:{server.port}/warehouse"
    answer = infer(server, "--table", "orders", cwd=tmp_path, url=url)
    assert answer.code == 4
    assert "table `orders` refuses access: permission denied" in answer.err


def test_nothing_is_written_to_the_database(server: Postgres, tmp_path: Path) -> None:
    """A view may call what writes: the transaction refuses."""
    server.sql(
        "drop table if exists log cascade",
        "create table log (a int)",
        "create or replace function noisy() returns int language sql as 'insert into log values (1) returning a'",
        "create view loud as select noisy() as a",
    )
    answer = infer(server, "--table", "loud", cwd=tmp_path)
    assert answer.code == 4
    assert "read-only transaction" in answer.err
