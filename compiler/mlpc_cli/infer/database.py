"""Reads a table of a PostgreSQL database as the step `sql` of the standard library would, with psycopg.

Everything happens in one transaction that may only read, so that catalogue and rows are of one moment. What an address
holds is a secret: the user and the host in it are never written, and its password is never shown.
"""

from __future__ import annotations

import datetime
import decimal
import math
import re
import urllib.parse
from typing import TYPE_CHECKING, Any

from mlpc import codes
from mlpc.resolve.similar import nearest

from ..errors import CommandError, UsageError
from .facts import Facts
from .names import quoted
from .table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMES = ("postgresql", "postgres")
_BATCH = 5000
#: Seconds for a server to answer, where the address says nothing else.
_PATIENCE = "10"
#: What a type of PostgreSQL is in the language; those of enums and whole numerics are found elsewhere.
_TYPES = {
    "bool": "bool",
    "int2": "int", "int4": "int", "int8": "int",
    "float4": "float", "float8": "float", "numeric": "float", "interval": "float",
    "date": "date",
    "timestamp": "datetime", "timestamptz": "datetime",
    "text": "string", "varchar": "string", "bpchar": "string", "name": "string", "citext": "string", "uuid": "string",
}  # fmt: skip
#: Digits of a numeric without a fraction that an `int` holds, whatever they are.
_WHOLE_DIGITS = 18
_RELATIONS = """
    select n.nspname, c.relname, pg_table_is_visible(c.oid), c.oid
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    order by 1, 2
"""
_COLUMNS = """
    select a.attname, coalesce(b.typname, t.typname), coalesce(b.oid, t.oid),
      case when a.atttypmod >= 0 then a.atttypmod else t.typtypmod end,
      exists (
        select from pg_index i where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any(i.indkey)
      )
    from pg_attribute a join pg_type t on t.oid = a.atttypid left join pg_type b on b.oid = t.typbasetype
    where a.attrelid = %s and a.attnum > 0 and not a.attisdropped
    order by a.attnum
"""
_CHOICES = "select enumlabel from pg_enum where enumtypid = %s order by enumsortorder"


def is_address(text: str) -> bool:
    """Return whether ``text`` is an address of a database, and not the name of a file."""
    return text.partition("://")[0].partition("+")[0].lower() in SCHEMES and "://" in text


def read(address: str, name: str, *, rows: int = 0) -> Table:
    """Read the table or view ``name``: all of it, or at most so many ``rows``, in memory that does not grow with it.

    The password is that of the address, of `PGPASSWORD` or of `~/.pgpass`, as for every client of PostgreSQL.

    Raises:
        CommandError: psycopg is not installed, the database cannot be reached or refuses, or the table holds nothing.
        UsageError: the address is none, or there is no such table.
    """
    try:
        import psycopg
    except ImportError:
        raise CommandError(
            codes.MISSING_LIBRARY,
            "PostgreSQL is read by psycopg, which is not installed",
            help=["install it: `pip install 'mlpc[postgresql]'`"],
        ) from None
    settings = _settings(address)
    try:
        with psycopg.connect(**settings) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return _table(connection, name, rows)
    except (psycopg.Error, UnicodeError) as error:
        raise _refused(error, name) from None


def _settings(address: str) -> dict[str, Any]:
    """Return how to connect.

    Raises:
        UsageError: the address is none. Nothing of it is shown: what was read wrongly may be a part of the password.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    rest = address.partition("://")[2]
    help = ["such as `postgresql://user@host/database`, and the password in `PGPASSWORD` or `~/.pgpass`"]
    try:
        settings: dict[str, Any] = dict(conninfo_to_dict(f"postgresql://{rest}"))
    except (ProgrammingError, UnicodeError):
        raise UsageError("this is no address of a PostgreSQL database", help=help) from None
    # What stands before the last `@` has to be a user and a password, and nothing else: a `/` or `@` in a password makes
    # a part of it the name of a host, which messages show.
    who, at, _ = rest.rpartition("@")
    user, _, word = who.partition(":")
    told = (settings.get("user") or "", settings.get("password") or "")
    if at and told != (urllib.parse.unquote(user), urllib.parse.unquote(word)) and "password=" not in rest:
        raise UsageError(
            "what stands before `@` in the address is no user and password",
            help=["write signs such as `@`, `/` and `:` as `%40`, `%2F`, `%3A`", *help],
        )
    for key in ("host", "port", "dbname"):
        value = str(settings.get(key) or "")
        if not re.fullmatch(r"[0-9,]*" if key == "port" else r"[^@]*", value):
            raise UsageError("this is no address of a PostgreSQL database", help=help)
    settings.setdefault("connect_timeout", _PATIENCE)
    settings.setdefault("application_name", "mlpc infer")
    return settings


def _table(connection: Any, name: str, most: int) -> Table:
    space, relation, oid = _found(connection, name)
    kept: list[tuple[str, str]] = []
    keys: list[str] = []
    doubts: list[str] = []
    for column, kind, number, modifier, is_key in connection.execute(_COLUMNS, (oid,)).fetchall():
        choices = [each for (each,) in connection.execute(_CHOICES, (number,)).fetchall()]
        type = "enum(" + ", ".join(map(quoted, choices)) + ")" if choices else _type(kind, modifier)
        if type is None:
            doubts.append(f"column `{column}` is left out: no column of a dataset holds `{kind}`")
            continue
        kept.append((column, type))
        if is_key:
            keys.append(column)
    if not kept:
        raise CommandError(
            codes.UNREADABLE_DATA, f"table `{name}` has no column that a dataset holds", help=doubts
        )
    names = [each for each, _ in kept]
    # As PostgreSQL itself would write them: in quotes only where a name needs them.
    *quoted_names, table = [
        connection.execute("select quote_ident(%s)", (each,)).fetchone()[0] for each in (*names, relation)
    ]
    if space:
        table = connection.execute("select quote_ident(%s)", (space,)).fetchone()[0] + "." + table
    query = f"select {', '.join(quoted_names) if doubts else '*'} from {table}"
    facts = [Facts(column) for column, _ in kept]
    seen = _Seen(facts)
    number, whole = 0, True
    with connection.cursor("mlpc_infer") as cursor:
        cursor.itersize = _BATCH
        cursor.execute((f"{query} limit {most + 1}" if most else query).encode())
        for row in cursor:
            if number == most and most:
                whole = False
                break
            seen.take(row)
            number += 1
    if not number:
        raise CommandError(codes.UNREADABLE_DATA, f"table `{name}` has no rows")
    doubts += seen.doubts()
    return Table(
        facts,
        number,
        settings=None,
        whole=whole,
        types=dict(kept),
        doubts=doubts,
        query=query,
        keys=keys,
    )


def _found(connection: Any, name: str) -> tuple[str, str, int]:
    """Return schema (empty where it need not be said), name and number of a table.

    Raises:
        UsageError: there is none, or none is named.
    """
    known = connection.execute(_RELATIONS).fetchall()
    shown = [relation if visible else f"{space}.{relation}" for space, relation, visible, _ in known]
    for (space, relation, visible, oid), short in zip(known, shown, strict=True):
        if name in (short, f"{space}.{relation}"):
            return ("" if visible else space, relation, oid)
    some = ", ".join(f"`{each}`" for each in shown[:12]) + (", …" if len(shown) > 12 else "")
    tables = f"it has {some}" if shown else "the database has no tables that this user may see"
    if not name:
        raise UsageError("which table?", help=["name it: `--table NAME`", tables])
    near = nearest(name, shown)
    raise UsageError(f"there is no table `{name}`", help=[f"did you mean `{near}`?" if near else tables])


def _type(kind: str, modifier: int) -> str | None:
    """Return the type of the language for one of PostgreSQL; None where there is none."""
    if kind == "numeric" and modifier >= 4:
        # As `numeric_in` of PostgreSQL packs them: precision, then 11 bits of scale.
        digits, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
        if scale == 0 and digits <= _WHOLE_DIGITS:
            return "int"
    return _TYPES.get(kind)


class _Seen:
    """Takes rows into the facts of columns, and counts what no text tells: empty texts, and numbers that are none."""

    def __init__(self, facts: Sequence[Facts]) -> None:
        self.facts = facts
        self._empty = [0] * len(facts)
        self._odd = [0] * len(facts)

    def take(self, row: Sequence[Any]) -> None:
        for at, (column, value) in enumerate(zip(self.facts, row, strict=True)):
            if value == "":
                self._empty[at] += 1
            elif isinstance(value, float | decimal.Decimal) and not math.isfinite(value):
                self._odd[at] += 1
                continue
            column.add(_text(value))

    def doubts(self) -> list[str]:
        """Settle what was counted, and return what is doubtful about it."""
        found = []
        for column, empty, odd in zip(self.facts, self._empty, self._odd, strict=True):
            if empty:
                # A value like others, and none that is missing.
                column.nulls[""] -= empty
                if not column.nulls[""]:
                    del column.nulls[""]
                column.counts[""] = empty
                column.alive.clear()
                column.unique = column.unique and empty == 1
            if odd:
                rows = f"{odd:,} row{'s' if odd > 1 else ''}"
                found.append(
                    f"column `{column.header}`: NaN or infinity in {rows}, which are refused; leave them out in the query"
                )
        return found


def _text(value: Any) -> str:
    """Return a value as a file of separated values would hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.timedelta):
        return repr(value.total_seconds())
    if isinstance(value, decimal.Decimal):
        return (
            str(int(value))
            if value == value.to_integral_value() and value.adjusted() < 40
            else repr(float(value))
        )
    return value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)


def _refused(error: Exception, name: str) -> CommandError:
    """Return what an error of the database means. The address was read rightly, so its messages hold no password."""
    state = str(getattr(error, "sqlstate", None) or "")
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    lowered = said.lower()
    if (
        state[:2] == "28"
        or state == "42501"
        or "authentication failed" in lowered
        or "no password supplied" in lowered
    ):
        where = f"table `{name}`" if state == "42501" else "the database"
        help = [] if state == "42501" else ["give the password in `PGPASSWORD` or `~/.pgpass`"]
        return CommandError(codes.ACCESS_REFUSED, f"{where} refuses access: {said}", help=help)
    if state[:2] == "3D" or ("database" in lowered and "does not exist" in lowered):
        return CommandError(codes.MISSING_DATA, f"there is no such database: {said}")
    if not state or state[:2] in ("08", "53", "57"):
        return CommandError(codes.UNREACHABLE_DATA, f"the database cannot be reached: {said}")
    return CommandError(codes.UNREADABLE_DATA, f"table `{name}` cannot be read: {said}")
