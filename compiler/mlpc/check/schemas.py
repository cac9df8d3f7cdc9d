"""Schemas: the columns of data, as declared."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..ir.nodes import Json, JsonObject
    from ..source import Span
    from .types import Type

#: Marks of a column; `@from` takes the header that the file has.
COLUMN_MARKS = ("label", "key", "time", "sensitive", "ignore", "nullable", "from")


class Column:
    """One column; ``header`` is its name in the data where that differs."""

    __slots__ = ("doc", "header", "marks", "name", "nullable", "span", "type")

    def __init__(
        self, name: str, type: Type, span: Span, marks: tuple[str, ...], header: str, nullable: bool, doc: str
    ) -> None:
        self.name = name
        self.type = type
        self.span = span
        self.marks = marks
        self.header = header
        self.nullable = nullable
        self.doc = doc

    def to_json(self) -> JsonObject:
        """Return the JSON form of :mod:`mlpc.ir.types`."""
        made: JsonObject = {"name": self.name, "type": self.type.to_json()}
        if self.header:
            made["header"] = self.header
        if self.nullable:
            made["nullable"] = True
        if self.marks:
            marks: list[Json] = list(self.marks)
            made["marks"] = marks
        if self.doc:
            made["doc"] = self.doc
        return made


class Gone:
    """A column that a step dropped or renamed: as it was, the place that says so, the block, the new name if any."""

    __slots__ = ("by", "column", "new", "span")

    def __init__(self, column: Column, span: Span, by: str, new: str) -> None:
        self.column = column
        self.span = span
        self.by = by
        self.new = new

    @property
    def verb(self) -> str:
        """What became of it."""
        return "renames" if self.new else "drops"


class Schema:
    """Columns by name, in the order of declaration; ``rest`` is the type of every column not named."""

    __slots__ = (
        "_json",
        "_labels",
        "by",
        "columns",
        "depth",
        "doc",
        "gone",
        "label_lost",
        "name",
        "partial",
        "rest",
        "rest_span",
        "span",
    )

    def __init__(self, name: str, span: Span, doc: str) -> None:
        self.name = name
        self.span = span
        self.doc = doc
        #: To be filled by :meth:`add` and :meth:`extend`.
        self.columns: dict[str, Column] = {}
        #: Names of columns that were marked as labels: there may be thousands of others.
        self._labels: list[str] = []
        self.rest: Type | None = None
        self.rest_span: Span | None = None
        #: Number of schemas that it extends, one through the other.
        self.depth = 0
        #: Whether nothing is said of a label that is not there: the mark was misspelt, or it was said already.
        self.label_lost = False
        #: Whether some of its columns could not be read; that was reported, and none is called unknown.
        self.partial = False
        #: The block that made these columns of those that were declared, or nothing.
        self.by = ""
        #: Columns that were there before a step dropped or renamed them.
        self.gone: dict[str, Gone] = {}
        self._json: JsonObject | None = None

    @property
    def label(self) -> Column | None:
        """The column marked ``@label``."""
        for name in self._labels:
            column = self.columns[name]
            if "label" in column.marks:
                return column
        return None

    def add(self, column: Column) -> None:
        """Add a column, in place of one of its name."""
        self.columns[column.name] = column
        if "label" in column.marks:
            self._labels.append(column.name)

    def extend(self, above: Schema) -> None:
        """Take over the columns of another schema."""
        self.columns.update(above.columns)
        self._labels.extend(above._labels)

    @property
    def shown(self) -> str:
        """What messages call it."""
        return f"schema `{self.name}`" + (f", as `{self.by}` leaves it" if self.by else "")

    def to_json(self) -> JsonObject:
        """Return the JSON form of :mod:`mlpc.ir.types`; the same object at every call."""
        if self._json is None:
            columns: list[Json] = [column.to_json() for column in self.columns.values()]
            self._json = {
                "name": self.name,
                "columns": columns,
                "rest": self.rest.to_json() if self.rest is not None else None,
            }
            if self.doc:
                self._json["doc"] = self.doc
        return self._json


def alike(left: Schema | None, right: Schema | None) -> bool:
    """Return whether two schemas have the same columns, of the same types and marks."""
    if left is None or right is None or left is right:
        return left is right
    ours, theirs = left.to_json(), right.to_json()
    return ours["columns"] == theirs["columns"] and ours["rest"] == theirs["rest"]
