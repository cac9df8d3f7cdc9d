"""The syntax tree: what a person wrote, with exact places, before any name is looked up.

Plain slotted classes; ``start`` and ``end`` are offsets (code points) into the source, half open. Parsing never
fails: where the text makes no sense there is an :class:`ErrorExpr` or :class:`ErrorItem` and a diagnostic.
"""

from __future__ import annotations

from ..source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias


class Node:
    """Anything with a place."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    def span(self, source: Source) -> Span:
        """Return the place of this node in ``source``."""
        return Span(source, self.start, self.end)


class Name(Node):
    """One identifier."""

    __slots__ = ("text",)

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end


class Comment(Node):
    """A comment with its `#` or `##`; `own_line` when nothing but blanks stands before it."""

    __slots__ = ("doc", "own_line", "text")

    def __init__(self, text: str, doc: bool, own_line: bool, start: int, end: int) -> None:
        self.text = text
        self.doc = doc
        self.own_line = own_line
        self.start = start
        self.end = end


class Doc(Node):
    """The `##` lines above a declaration, without `##` and one blank."""

    __slots__ = ("lines",)

    def __init__(self, lines: tuple[str, ...], start: int, end: int) -> None:
        self.lines = lines
        self.start = start
        self.end = end


class Number(Node):
    """`12`, `1e-4`; `95%` is 0.95 and keeps its text."""

    __slots__ = ("text", "value")

    def __init__(self, value: int | float, text: str, start: int, end: int) -> None:
        self.value = value
        self.text = text
        self.start = start
        self.end = end


class Quantity(Node):
    """A number with letters right behind it; `value` is in `unit`. Which units exist is a table, not grammar."""

    __slots__ = ("text", "unit", "value")

    def __init__(self, value: int | float, unit: str, text: str, start: int, end: int) -> None:
        self.value = value
        self.unit = unit
        self.text = text
        self.start = start
        self.end = end


class String(Node):
    """Text with escapes resolved and, for triple quotes, common indentation stripped; expressions are
    interpolations.
    """

    __slots__ = ("block", "parts", "text")

    def __init__(self, parts: tuple[str | Expr, ...], text: str, block: bool, start: int, end: int) -> None:
        self.parts = parts
        self.text = text
        self.block = block
        self.start = start
        self.end = end


class Bool(Node):
    """`true`, `false`."""

    __slots__ = ("value",)

    def __init__(self, value: bool, start: int, end: int) -> None:
        self.value = value
        self.start = start
        self.end = end


class NoneLiteral(Node):
    """`none`."""

    __slots__ = ()


#: What is no text and says its value by itself.
_LITERALS = frozenset((Number, Quantity, Bool, NoneLiteral))


class Ref(Node):
    """A dotted reference `parts.train`; no blanks inside, so that part spans follow from lengths."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...], start: int, end: int) -> None:
        self.names = names
        self.start = start
        self.end = end

    @property
    def text(self) -> str:
        """The reference as written."""
        names = self.names
        return names[0] if len(names) == 1 else ".".join(names)

    def part(self, source: Source, index: int) -> Span:
        """Return the place of the ``index``-th name."""
        start = self.start + sum(len(name) + 1 for name in self.names[:index])
        return Span(source, start, start + len(self.names[index]))


class Member(Node):
    """`object.name` where `object` is no plain reference: `sales[region].day`."""

    __slots__ = ("name", "object")

    def __init__(self, object: Expr, name: Name, start: int, end: int) -> None:
        self.object = object
        self.name = name
        self.start = start
        self.end = end


class Index(Node):
    """`object[index]`; `object[*]` has no index."""

    __slots__ = ("index", "object")

    def __init__(self, object: Expr, index: Expr | None, start: int, end: int) -> None:
        self.object = object
        self.index = index
        self.start = start
        self.end = end


class Call(Node):
    """`log_uniform(1e-4, 1e-2)`."""

    __slots__ = ("args", "function")

    def __init__(self, function: Expr, args: tuple[Arg, ...], start: int, end: int) -> None:
        self.function = function
        self.args = args
        self.start = start
        self.end = end


class Arg(Node):
    """One argument, named or not."""

    __slots__ = ("name", "value")

    def __init__(self, name: Name | None, value: Expr, start: int, end: int) -> None:
        self.name = name
        self.value = value
        self.start = start
        self.end = end


class List(Node):
    """`[a, b]`."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Expr, ...], start: int, end: int) -> None:
        self.items = items
        self.start = start
        self.end = end


class Map(Node):
    """`{ key = value }` in value position."""

    __slots__ = ("entries",)

    def __init__(self, entries: tuple[Entry, ...], start: int, end: int) -> None:
        self.entries = entries
        self.start = start
        self.end = end


class Entry(Node):
    """One entry of a map."""

    __slots__ = ("name", "value")

    def __init__(self, name: Name | String, value: Expr, start: int, end: int) -> None:
        self.name = name
        self.value = value
        self.start = start
        self.end = end


class Unary(Node):
    """`-x`, `not x`."""

    __slots__ = ("operand", "operator")

    def __init__(self, operator: str, operand: Expr, start: int, end: int) -> None:
        self.operator = operator
        self.operand = operand
        self.start = start
        self.end = end


class Binary(Node):
    """`or and in "not in" == != < <= > >= + - * /`."""

    __slots__ = ("left", "operator", "operator_start", "right")

    def __init__(
        self,
        operator: str,
        left: Expr,
        right: Expr,
        operator_start: int,
        start: int,
        end: int,
    ) -> None:
        self.operator = operator
        self.left = left
        self.right = right
        self.operator_start = operator_start
        self.start = start
        self.end = end


class Range(Node):
    """`a..b`, both ends included."""

    __slots__ = ("high", "low")

    def __init__(self, low: Expr, high: Expr, start: int, end: int) -> None:
        self.low = low
        self.high = high
        self.start = start
        self.end = end


class If(Node):
    """`if a then b else c`."""

    __slots__ = ("condition", "otherwise", "then")

    def __init__(self, condition: Expr, then: Expr, otherwise: Expr, start: int, end: int) -> None:
        self.condition = condition
        self.then = then
        self.otherwise = otherwise
        self.start = start
        self.end = end


class Paren(Node):
    """`( … )`, kept so that the layout can be kept."""

    __slots__ = ("inner",)

    def __init__(self, inner: Expr, start: int, end: int) -> None:
        self.inner = inner
        self.start = start
        self.end = end


def is_literal(node: Node) -> bool:
    """Return whether ``node`` says its value by itself, whatever stands around: a number, a quantity, a plain text."""
    kind = node.__class__
    if kind is String:
        parts = node.parts  # type: ignore[attr-defined]
        return not parts or (len(parts) == 1 and parts[0].__class__ is str)
    return kind in _LITERALS


class ErrorExpr(Node):
    """Stands where a value could not be read; already reported, so whoever meets it stays silent."""

    __slots__ = ()


class Mark(Node):
    """`@label`, `@from("header")`."""

    __slots__ = ("args", "name")

    def __init__(self, name: Name, args: tuple[Arg, ...] | None, start: int, end: int) -> None:
        self.name = name
        self.args = args
        self.start = start
        self.end = end


class Type(Node):
    """What follows a `:`: a type, or a component (`sklearn.random_forest`, `int in 0..9 @label`,
    `list(column)`).
    """

    __slots__ = ("args", "marks", "name", "refinement")

    def __init__(
        self,
        name: Ref,
        args: tuple[Arg, ...] | None,
        refinement: Refinement | None,
        marks: tuple[Mark, ...],
        start: int,
        end: int,
    ) -> None:
        self.name = name
        self.args = args
        self.refinement = refinement
        self.marks = marks
        self.start = start
        self.end = end


class Refinement(Node):
    """`in 0..1`, `>= 0`."""

    __slots__ = ("operator", "value")

    def __init__(self, operator: str, value: Expr, start: int, end: int) -> None:
        self.operator = operator
        self.value = value
        self.start = start
        self.end = end


class Each(Node):
    """`each region in names`."""

    __slots__ = ("over", "variable")

    def __init__(self, variable: Name, over: Expr, start: int, end: int) -> None:
        self.variable = variable
        self.over = over
        self.start = start
        self.end = end


class Edition(Node):
    """`mlp 1`."""

    __slots__ = ("version",)

    def __init__(self, version: int, start: int, end: int) -> None:
        self.version = version
        self.start = start
        self.end = end


class Use(Node):
    """`use "./boards.mlp" as boards`, `use std.devices as devices`."""

    __slots__ = ("alias", "target")

    def __init__(self, target: String | Ref, alias: Name | None, start: int, end: int) -> None:
        self.target = target
        self.alias = alias
        self.start = start
        self.end = end


class Decl(Node):
    """`kind name [each x in list …] [: type] [= value] [{ body }]`; `name` is a string in `test "…"`."""

    __slots__ = ("body", "doc", "eaches", "kind", "name", "type", "value")

    def __init__(
        self,
        doc: Doc | None,
        kind: Name,
        name: Name | String | None,
        eaches: tuple[Each, ...],
        type: Type | None,
        value: Expr | None,
        body: Body | None,
        start: int,
        end: int,
    ) -> None:
        self.doc = doc
        self.kind = kind
        self.name = name
        self.eaches = eaches
        self.type = type
        self.value = value
        self.body = body
        self.start = start
        self.end = end


class Body(Node):
    """`{ … }` with its braces in the span; `one_line` when it was written on one line."""

    __slots__ = ("items", "one_line")

    def __init__(self, items: tuple[Item, ...], one_line: bool, start: int, end: int) -> None:
        self.items = items
        self.one_line = one_line
        self.start = start
        self.end = end


class Attr(Node):
    """`name = value`."""

    __slots__ = ("doc", "name", "value")

    def __init__(self, doc: Doc | None, name: Name, value: Expr, start: int, end: int) -> None:
        self.doc = doc
        self.name = name
        self.value = value
        self.start = start
        self.end = end


class Block(Node):
    """A nested block without a kind: `resources { … }`, `distributed: ray { … }`."""

    __slots__ = ("body", "doc", "name", "type")

    def __init__(
        self,
        doc: Doc | None,
        name: Name,
        type: Type | None,
        body: Body,
        start: int,
        end: int,
    ) -> None:
        self.doc = doc
        self.name = name
        self.type = type
        self.body = body
        self.start = start
        self.end = end


class Field(Node):
    """`age: int in 0..120 @label`; no name for `...`."""

    __slots__ = ("doc", "name", "type")

    def __init__(self, doc: Doc | None, name: Name | None, type: Type, start: int, end: int) -> None:
        self.doc = doc
        self.name = name
        self.type = type
        self.start = start
        self.end = end


class Condition(Node):
    """`require auc >= 0.9`, `require floor: …`, `alert silent when … { … }`, `rollback when …`."""

    __slots__ = ("body", "doc", "expr", "name", "verb", "when")

    def __init__(
        self,
        doc: Doc | None,
        verb: Name,
        name: Name | None,
        when: bool,
        expr: Expr,
        body: Body | None,
        start: int,
        end: int,
    ) -> None:
        self.doc = doc
        self.verb = verb
        self.name = name
        self.when = when
        self.expr = expr
        self.body = body
        self.start = start
        self.end = end


class Fact(Node):
    """`given …` and `expect …` in a test; `verb.text` says which."""

    __slots__ = ("expr", "verb")

    def __init__(self, verb: Name, expr: Expr, start: int, end: int) -> None:
        self.verb = verb
        self.expr = expr
        self.start = start
        self.end = end


class ErrorItem(Node):
    """What recovery skipped; already reported."""

    __slots__ = ()


class File(Node):
    """A whole file."""

    __slots__ = ("comments", "edition", "items", "source", "uses")

    def __init__(
        self,
        source: Source,
        edition: Edition | None,
        uses: tuple[Use, ...],
        items: tuple[Item, ...],
        comments: tuple[Comment, ...],
        start: int,
        end: int,
    ) -> None:
        self.source = source
        self.edition = edition
        self.uses = uses
        self.items = items
        self.comments = comments
        self.start = start
        self.end = end


if TYPE_CHECKING:
    Expr: TypeAlias = (
        Number
        | Quantity
        | String
        | Bool
        | NoneLiteral
        | Ref
        | Member
        | Index
        | Call
        | List
        | Map
        | Unary
        | Binary
        | Range
        | If
        | Paren
        | ErrorExpr
    )
    Item: TypeAlias = Decl | Attr | Block | Field | Condition | Fact | ErrorItem
