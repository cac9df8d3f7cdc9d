"""`mlpc infer`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from mlpc import codes
from mlpc.resolve.similar import nearest
from mlpc_cli import errors
from mlpc_cli.errors import CommandError, UsageError
from mlpc_cli.files import write_atomically
from mlpc_cli.options import Command
from mlpc_cli.say import tell
from mlpc_cli.terminal import emit, harmless, is_terminal

if TYPE_CHECKING:
    from mlpc_cli.infer.table import Table

#: How files that hold tables are called.
_ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".parquet", ".pq")


@click.command(
    cls=Command,
    examples=[
        ("mlpc infer data/cells.csv", "print the schema"),
        ("mlpc infer data/cells.csv -o cells.mlp", "write it, as a file to `use`"),
        ("mlpc infer cells.csv --label malignant", "say what is to be foretold"),
        ("mlpc infer big.csv --rows 100000", "look at the first rows only"),
        ("mlpc infer cells.parquet", "needs pyarrow: `pip install 'mlpc[parquet]'`"),
        ("mlpc infer postgresql://me@localhost/shop --table orders", "`pip install 'mlpc[postgresql]'`"),
    ],
)
@click.argument("file", type=click.Path(readable=False))
@click.option(
    "--table", metavar="NAME", default="", help="Table or view of a database: `orders`, `sales.orders`."
)
@click.option("-o", "--output", metavar="FILE", help="Write to a new file; by default, to standard output.")
@click.option(
    "--schema", "name", metavar="NAME", help="Name of the schema; by default, from that of the file."
)
@click.option(
    "--label", metavar="COLUMN", default="", help="What is to be foretold; by default, it is guessed."
)
@click.option("--key", metavar="COLUMN", default="", help="What names a row; by default, it is guessed.")
@click.option("--tight", is_flag=True, help="Give numbers the bounds that were seen, not rounder ones.")
@click.option("--rows", type=click.IntRange(1), metavar="N", help="Look at the first N rows only.")
@click.option(
    "--separator", metavar="SIGN", default="", help="What separates values; by default, it is found."
)
@click.option("--encoding", metavar="NAME", default="", help="How the text is written; UTF-8 by default.")
def command(
    file: str,
    table: str,
    output: str | None,
    name: str | None,
    label: str,
    key: str,
    tight: bool,
    rows: int | None,
    separator: str,
    encoding: str,
) -> int:
    """Write the schema that the data in FILE has: types, bounds, choices, keys, times and the likely label.

    FILE is a CSV or Parquet file, or the address of a PostgreSQL database, whose password is best left to PGPASSWORD or
    ~/.pgpass; nothing of the address is written. Comments say what is doubtful. All rows that were read fit what is written.
    """
    from mlpc_cli.infer.database import is_address
    from mlpc_cli.infer.judge import judge
    from mlpc_cli.infer.names import is_name, schema_name
    from mlpc_cli.infer.write import write

    from_database = is_address(file)
    if "://" in file and not from_database:
        raise _no_file(file)
    if table and not from_database:
        raise UsageError("`--table` is for databases", help=["such as `postgresql://user@host/database`"])
    if output and os.path.lexists(output):
        raise CommandError(
            codes.CANNOT_WRITE, f"`{output}` exists already", help=["nothing of yours is overwritten"]
        )
    schema = name or schema_name(table.rpartition(".")[2] if table else os.path.basename(file))
    if not is_name(schema) and (name or table or not from_database):
        raise UsageError(
            f"`{schema}` is no name", help=["a name has letters, digits and `_`, such as `Cell`"]
        )
    if from_database:
        if separator or encoding:
            raise UsageError("a database has no separator and no encoding", help=["leave them out"])
        from mlpc_cli.infer import database

        found = database.read(file, table, rows=rows or 0)
        file = path = f"table {table}"
    else:
        found = _read(file, separator, encoding, rows or 0)
        # A path in a spec is relative to the spec.
        path = os.path.relpath(file, os.path.dirname(output) or ".") if output else file
    headers = [column.header for column in found.columns]
    for option, header in (("--label", label), ("--key", key)):
        if header and header not in headers:
            near = nearest(header, headers)
            hint = (
                f"did you mean `{near}`?" if near else "it has " + ", ".join(f"`{h}`" for h in headers[:12])
            )
            raise UsageError(f"`{option} {header}`: `{file}` has no such column", help=[hint])
    text = write(found, judge(found, label, key, tight=tight), schema, path.replace(os.sep, "/"))
    if output:
        write_atomically(output, text.encode())
        tell(
            f"{harmless(output)}: schema {schema} of {len(headers)} column{'s' if len(headers) != 1 else ''}"
        )
    else:
        emit(text)
    return errors.OK


def _read(file: str, separator: str, encoding: str, rows: int) -> Table:
    if not os.path.isfile(file):
        raise _missing(file)
    progress = _Progress(file) if is_terminal(sys.stderr) else None
    try:
        if _is_parquet(file):
            if separator or encoding:
                raise UsageError("a Parquet file has no separator and no encoding", help=["leave them out"])
            from mlpc_cli.infer import parquetfile

            return parquetfile.read(file, rows=rows, progress=progress)
        from mlpc_cli.infer import csvfile

        mark = {"\\t": "\t", "tab": "\t"}.get(separator, separator)
        if mark and (len(mark) != 1 or not mark.isascii() or mark in '"\r\n'):
            raise UsageError(f"`{separator}` cannot separate values", help=["one character, or `tab`"])
        return csvfile.read(file, separator=mark, encoding=encoding, rows=rows, progress=progress)
    finally:
        if progress is not None:
            progress.end()


def _no_file(address: str) -> UsageError:
    """Return what to say of an address that is none of a database that is read; it may hold a password."""
    scheme = harmless(address.partition("://")[0])
    if scheme.partition("+")[0] in ("http", "https", "s3", "gs", "file", "ftp"):
        return UsageError(f"`{scheme}://…` is no file", help=["bring the data here, and name the file"])
    return UsageError(
        f"no data is read from `{scheme}://…`",
        help=["what is read are files, and PostgreSQL: `postgresql://user@host/database`"],
    )


def _missing(file: str) -> CommandError:
    if os.path.isdir(file):
        return CommandError(codes.UNREADABLE_FILE, f"`{file}` is a folder")
    if os.path.lexists(file):
        return CommandError(codes.UNREADABLE_FILE, f"`{file}` cannot be read: not a regular file")
    folder, name = os.path.split(file)
    try:
        others = [each for each in os.listdir(folder or ".") if each.lower().endswith(_ENDINGS)]
    except OSError:
        others = []
    near = nearest(name, others)
    help = [f"did you mean `{os.path.join(folder, near)}`?"] if near else []
    return CommandError(codes.NO_SUCH_FILE, f"there is no file `{file}`", help=help)


def _is_parquet(file: str) -> bool:
    """Return whether the file says of itself that it is one; its name counts where it cannot be read."""
    if file.lower().endswith((".parquet", ".pq")):
        return True
    try:
        with open(file, "rb") as stream:
            return stream.read(4) == b"PAR1"
    except OSError:
        return False


class _Progress:
    """Shows on a terminal how far it got."""

    def __init__(self, file: str) -> None:
        self._file = harmless(os.path.basename(file))
        self._shown = -1

    def __call__(self, share: float) -> None:
        percent = int(100 * share)
        if percent != self._shown:
            self._shown = percent
            sys.stderr.write(f"\r{self._file}: {percent} % read")
            sys.stderr.flush()

    def end(self) -> None:
        if self._shown >= 0:
            sys.stderr.write("\r\x1b[K")
