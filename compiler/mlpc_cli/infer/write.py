"""Writes what was judged as a file of the language."""

from __future__ import annotations

from mlpc.format import format_source
from mlpc.source import Source

from ..terminal import harmless
from .names import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .judge import Field, Judged
    from .table import Table


def write(table: Table, judged: Judged, schema: str, file: str) -> str:
    """Return a file with one schema, called ``schema``; ``file`` is how the data is called."""
    rows = f"{table.rows:,} row{'s' if table.rows != 1 else ''}"
    columns = f"{len(table.columns)} column{'s' if len(table.columns) != 1 else ''}"
    read = f"{rows}, {columns}" if table.whole else f"its first {rows}, {columns}"
    lines = [
        "mlp 1",
        "",
        _comment(f"Inferred from {file}: {read}. What is doubtful is said above a column."),
    ]
    lines += [_comment(doubt) for doubt in table.doubts]
    if judged.settings is not None:
        lines += ["#", _comment("    " + data_block(judged, schema, file))]
    if table.query:
        block = f"data rows: sql {{ url = database, query = {quoted(table.query)}, schema = {schema} }}"
        lines += ["#", _comment("    secret database: url"), _comment("    " + block)]
    lines += ["", f"schema {schema} {{"]
    for field in judged.fields:
        lines += _lines(field)
    lines += ["}", ""]
    text = "\n".join(lines)
    formatted = format_source(Source(file, text))
    # Nothing that a file holds may make this other than a program in the one layout.
    assert not formatted.diagnostics, formatted.diagnostics
    return formatted.text


def data_block(judged: Judged, schema: str, file: str) -> str:
    """Return the block that reads the data."""
    values = [f"path = {quoted(file)}", f"schema = {schema}"]
    for name, value in (judged.settings or {}).items():
        values.append(f"{name} = {value if name == 'missing' else quoted(value)}")
    return f"data rows: csv {{ {', '.join(values)} }}"


def _lines(field: Field) -> list[str]:
    marks = list(field.marks)
    if field.header != field.name:
        marks.append(f"@from({quoted(field.header)})")
    line = f"  {field.name}: {' '.join([field.type, *marks])}"
    if field.remark:
        line += f"  {_comment(field.remark)}"
    return [*(f"  {_comment(doubt)}" for doubt in field.doubts), line]


def _comment(text: str) -> str:
    return f"# {harmless(text)}"
