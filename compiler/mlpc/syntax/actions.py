"""What the parser builds: one function for each alias of the grammar.

A function takes what stands on top of the stack of values and leaves the one node made of it. Tokens on that
stack are nodes or offsets, as :mod:`mlpc.syntax.lexer` says.
"""

from __future__ import annotations

from ..source import Source
from . import tables as t
from .driver import drive
from .tree import (
    Arg,
    Attr,
    Binary,
    Block,
    Body,
    Call,
    Condition,
    Decl,
    Each,
    Edition,
    Entry,
    ErrorExpr,
    ErrorItem,
    Fact,
    Field,
    File,
    If,
    Index,
    List,
    Map,
    Mark,
    Member,
    Name,
    Paren,
    Range,
    Ref,
    Refinement,
    Type,
    Unary,
    Use,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .tree import Comment, Doc

    Values: TypeAlias = list[Any]
    Build: TypeAlias = Callable[[Values], None]
    #: By rule number: where the parser goes on, how many values the rule takes, what makes one of them.
    Rules: TypeAlias = list[tuple[dict[int, int], int, Build]]
    Turn: TypeAlias = Callable[[Source, dict[int, Doc], tuple[Comment, ...], int], None]


# Operators reach the parser as offsets; which one it was is read off the text.
_OPERATORS = {"a": "and", "o": "or", "i": "in", "n": "not", "+": "+", "-": "-", "*": "*", "/": "/"}


#: Rules that no text is read by now, and what turns them to one: to make them takes longer than to read a short file.
_FREE: list[tuple[Rules, Turn]] = []
_NOTHING = Source("", "")


def read(
    kinds: list[int],
    values: list[Any],
    start: int,
    source: Source,
    docs: dict[int, Doc],
    comments: tuple[Comment, ...],
    end: int,
) -> Any:
    """Return what the tokens of ``source`` say, or None where one of them fits nowhere: see :func:`rules`."""
    made, turn = _FREE.pop() if _FREE else _rules(source, docs, comments, end)
    turn(source, docs, comments, end)
    try:
        return drive(kinds, values, start, made)
    finally:
        turn(_NOTHING, {}, (), 0)
        _FREE.append((made, turn))


def rules(source: Source, docs: dict[int, Doc], comments: tuple[Comment, ...], end: int) -> Rules:
    """Return the rules by which the nodes of one file are built.

    ``docs`` has the doc comments by the start of what stands below them; those that are used are taken out.
    """
    return _rules(source, docs, comments, end)[0]


def _rules(
    source: Source, docs: dict[int, Doc], comments: tuple[Comment, ...], end: int
) -> tuple[Rules, Turn]:
    text = source.text

    def turn(to: Source, its_docs: dict[int, Doc], its_comments: tuple[Comment, ...], its_end: int) -> None:
        nonlocal source, text, docs, comments, end
        source, text, docs, comments, end = to, to.text, its_docs, its_comments, its_end

    def one(values: Values) -> None:
        values[-1] = [values[-1]]

    def push(values: Values) -> None:
        last = values.pop()
        values[-1].append(last)

    def more(values: Values) -> None:
        last = values.pop()
        values.pop()
        values[-1].append(last)

    def take_doc(start: int) -> Doc | None:
        return docs.pop(start, None) if docs else None

    # A file

    def edition(values: Values) -> None:
        number = values.pop()
        word = values[-1]
        values[-1] = Edition(number.value, word.start, number.end)

    def make_file(values: Values, items: list[Any]) -> None:
        uses: list[Use] = []
        rest: list[Any] = []
        for item in items:
            if type(item) is Use:
                uses.append(item)
            else:
                rest.append(item)
        first = values[-1]
        values[-1] = File(
            source, first if first.version else None, tuple(uses), tuple(rest), comments, 0, end
        )

    def file(values: Values) -> None:
        make_file(values, [])

    def file_sep(values: Values) -> None:
        values.pop()
        make_file(values, [])

    def file_items(values: Values) -> None:
        items = values.pop()
        values.pop()
        make_file(values, items)

    def file_items_sep(values: Values) -> None:
        values.pop()
        file_items(values)

    def use(values: Values) -> None:
        target = values.pop()
        values[-1] = Use(target, None, values[-1].start, target.end)

    def use_as(values: Values) -> None:
        alias = values.pop()
        values.pop()
        target = values.pop()
        values[-1] = Use(target, alias, values[-1].start, alias.end)

    # Statements

    def error_item(values: Values) -> None:
        place = values[-1]
        values[-1] = ErrorItem(place[0], place[1])

    def decl_of(parts: tuple[int, ...], size: int) -> Build:
        base = -size
        _, _, eaches_at, type_at, value_at, body_at = (part + base if part >= 0 else 0 for part in parts)

        def decl(values: Values) -> None:
            kind = values[base]
            made = Decl(
                docs.pop(kind.start, None) if docs else None,
                kind,
                values[base + 1],
                tuple(values[eaches_at]) if eaches_at else (),
                values[type_at] if type_at else None,
                values[value_at] if value_at else None,
                values[body_at] if body_at else None,
                kind.start,
                0,
            )
            last = values[-1]
            made.end = last[-1].end if type(last) is list else last.end
            del values[base + 1 :]
            values[-1] = made

        return decl

    def each(values: Values) -> None:
        over = values.pop()
        values.pop()
        variable = values.pop()
        values[-1] = Each(variable, over, values[-1], over.end)

    def attr(values: Values) -> None:
        value = values.pop()
        values.pop()
        name = values[-1]
        start = name.start
        values[-1] = Attr(docs.pop(start, None) if docs else None, name, value, start, value.end)

    def block(values: Values) -> None:
        body = values.pop()
        name = values[-1]
        values[-1] = Block(take_doc(name.start), name, None, body, name.start, body.end)

    def block_type(values: Values) -> None:
        body = values.pop()
        type_ = values.pop()
        values.pop()
        name = values[-1]
        values[-1] = Block(take_doc(name.start), name, type_, body, name.start, body.end)

    def field(values: Values) -> None:
        type_ = values.pop()
        values.pop()
        name = values[-1]
        values[-1] = Field(take_doc(name.start), name, type_, name.start, type_.end)

    def field_rest(values: Values) -> None:
        type_ = values.pop()
        values.pop()
        start = values[-1]
        values[-1] = Field(take_doc(start), None, type_, start, type_.end)

    def require_of(parts: tuple[int, ...], size: int) -> Build:
        base = -size
        _, name_at, expr_at, body_at = (part + base if part >= 0 else 0 for part in parts)

        def require(values: Values) -> None:
            verb = values[base]
            body = values[body_at] if body_at else None
            values[base] = Condition(
                take_doc(verb.start),
                verb,
                values[name_at] if name_at else None,
                False,
                values[expr_at],
                body,
                verb.start,
                values[-1].end,
            )
            if base < -1:
                del values[base + 1 :]

        return require

    def when_of(parts: tuple[int, ...], size: int) -> Build:
        base = -size
        _, name_at, _, expr_at, body_at = (part + base if part >= 0 else 0 for part in parts)

        def when(values: Values) -> None:
            verb = values[base]
            values[base] = Condition(
                take_doc(verb.start),
                verb,
                values[name_at] if name_at else None,
                True,
                values[expr_at],
                values[body_at] if body_at else None,
                verb.start,
                values[-1].end,
            )
            del values[base + 1 :]

        return when

    def fact(values: Values) -> None:
        expr = values.pop()
        verb = values[-1]
        values[-1] = Fact(verb, expr, verb.start, expr.end)

    def fact_equal(values: Values) -> None:
        right = values.pop()
        sign = values.pop()
        left = values.pop()
        verb = values[-1]
        expr = Binary("=", left, right, sign, left.start, right.end)
        values[-1] = Fact(verb, expr, verb.start, right.end)

    def make_body(values: Values, items: list[Any], stop: int) -> None:
        start = values[-1]
        values[-1] = Body(tuple(items), text.find("\n", start, stop) < 0, start, stop)

    def body_empty(values: Values) -> None:
        make_body(values, [], values.pop())

    def body(values: Values) -> None:
        stop = values.pop()
        make_body(values, values.pop(), stop)

    def body_sep(values: Values) -> None:
        stop = values.pop()
        values.pop()
        make_body(values, values.pop(), stop)

    # Types

    def type_of(parts: tuple[int, ...], size: int) -> Build:
        base = -size
        _, args_at, refinement_at, marks_at = (part + base if part > 0 else 0 for part in parts)

        def make_type(values: Values) -> None:
            name = values[base]
            args = values[args_at] if args_at else None
            refinement = values[refinement_at] if refinement_at else None
            marks = tuple(values[marks_at]) if marks_at else ()
            stop = name.end
            if args is not None:
                stop = args.pop()
            if refinement is not None:
                stop = refinement.end
            if marks:
                stop = marks[-1].end
            values[base] = Type(
                name, tuple(args) if args is not None else None, refinement, marks, name.start, stop
            )
            if base < -1:
                del values[base + 1 :]

        return make_type

    def error_type_of(parts: tuple[int, ...], size: int) -> Build:
        def error_type(values: Values) -> None:
            last = values[-1]
            values[-size] = ErrorExpr(values[-size].start, (last[-1] if type(last) is list else last).end)
            if size > 1:
                del values[1 - size :]

        return error_type

    # The arguments of a type carry the end of their closing parenthesis as the last element.

    def args_empty(values: Values) -> None:
        stop = values.pop()
        values[-1] = [stop]

    def args(values: Values) -> None:
        stop = values.pop()
        made = values.pop()
        made.append(stop)
        values[-1] = made

    def args_comma(values: Values) -> None:
        stop = values.pop()
        values.pop()
        made = values.pop()
        made.append(stop)
        values[-1] = made

    def refinement(values: Values) -> None:
        value = values.pop()
        sign = values[-1]
        if type(sign) is Name:
            values[-1] = Refinement(sign.text, value, sign.start, value.end)
        else:
            values[-1] = Refinement("in", value, sign, value.end)

    def mark(values: Values) -> None:
        name = values[-1]
        values[-1] = Mark(name, None, name.start - 1, name.end)

    def mark_args(values: Values) -> None:
        stop = values.pop()
        made = values.pop()
        values.pop()
        name = values[-1]
        values[-1] = Mark(name, tuple(made), name.start - 1, stop)

    def mark_args_comma(values: Values) -> None:
        del values[-2]
        mark_args(values)

    # Values

    def error_value(values: Values) -> None:
        place = values[-1]
        values[-1] = ErrorExpr(place[0], place[1])

    def binary(values: Values) -> None:
        right = values.pop()
        sign = values.pop()
        left = values[-1]
        if type(sign) is Name:
            values[-1] = Binary(sign.text, left, right, sign.start, left.start, right.end)
        else:
            values[-1] = Binary(_OPERATORS[text[sign]], left, right, sign, left.start, right.end)

    def binary_not_in(values: Values) -> None:
        right = values.pop()
        values.pop()
        sign = values.pop()
        left = values[-1]
        place = sign.start if type(sign) is Name else sign
        values[-1] = Binary("not in", left, right, place, left.start, right.end)

    def unary(values: Values) -> None:
        operand = values.pop()
        sign = values[-1]
        if type(sign) is Name:
            values[-1] = Unary(sign.text, operand, sign.start, operand.end)
        else:
            values[-1] = Unary(_OPERATORS[text[sign]], operand, sign, operand.end)

    def range_(values: Values) -> None:
        high = values.pop()
        values.pop()
        low = values[-1]
        values[-1] = Range(low, high, low.start, high.end)

    def if_else(values: Values) -> None:
        otherwise = values.pop()
        values.pop()
        then = values.pop()
        values.pop()
        condition = values.pop()
        values[-1] = If(condition, then, otherwise, values[-1], otherwise.end)

    def paren(values: Values) -> None:
        stop = values.pop()
        inner = values.pop()
        values[-1] = Paren(inner, values[-1], stop)

    def ref(values: Values) -> None:
        name = values[-1]
        values[-1] = Ref((name.text,), name.start, name.end)

    def member(values: Values) -> None:
        name = values.pop()
        owner = values[-1]
        values[-1] = Member(owner, name, owner.start, name.end)

    def index(values: Values) -> None:
        stop = values.pop()
        place = values.pop()
        values.pop()
        owner = values[-1]
        values[-1] = Index(owner, place, owner.start, stop)

    def index_all(values: Values) -> None:
        stop = values.pop()
        del values[-2:]
        owner = values[-1]
        values[-1] = Index(owner, None, owner.start, stop)

    def call_empty(values: Values) -> None:
        stop = values.pop()
        values.pop()
        function = values[-1]
        values[-1] = Call(function, (), function.start, stop)

    def call(values: Values) -> None:
        stop = values.pop()
        made = values.pop()
        values.pop()
        function = values[-1]
        values[-1] = Call(function, tuple(made), function.start, stop)

    def call_comma(values: Values) -> None:
        del values[-2]
        call(values)

    def arg(values: Values) -> None:
        value = values[-1]
        values[-1] = Arg(None, value, value.start, value.end)

    def arg_named(values: Values) -> None:
        value = values.pop()
        values.pop()
        name = values[-1]
        values[-1] = Arg(name, value, name.start, value.end)

    def list_empty(values: Values) -> None:
        stop = values.pop()
        values[-1] = List((), values[-1], stop)

    def list_(values: Values) -> None:
        stop = values.pop()
        made = values.pop()
        values[-1] = List(tuple(made), values[-1], stop)

    def list_comma(values: Values) -> None:
        del values[-2]
        list_(values)

    def map_empty(values: Values) -> None:
        stop = values.pop()
        values[-1] = Map((), values[-1], stop)

    def map_(values: Values) -> None:
        stop = values.pop()
        made = values.pop()
        entries = tuple([item for item in made if type(item) is Entry])
        values[-1] = Map(entries, values[-1], stop)

    def map_sep(values: Values) -> None:
        del values[-2]
        map_(values)

    def entry(values: Values) -> None:
        value = values.pop()
        values.pop()
        name = values[-1]
        values[-1] = Entry(name, value, name.start, value.end)

    named: dict[str, Build] = {
        "arg": arg,
        "arg_named": arg_named,
        "args": args,
        "args_comma": args_comma,
        "args_empty": args_empty,
        "attr": attr,
        "binary": binary,
        "binary_not_in": binary_not_in,
        "block": block,
        "block_type": block_type,
        "body": body,
        "body_empty": body_empty,
        "body_sep": body_sep,
        "call": call,
        "call_comma": call_comma,
        "call_empty": call_empty,
        "each": each,
        "edition": edition,
        "entry": entry,
        "error_item": error_item,
        "error_value": error_value,
        "fact": fact,
        "fact_equal": fact_equal,
        "field": field,
        "field_rest": field_rest,
        "file": file,
        "file_items": file_items,
        "file_items_sep": file_items_sep,
        "file_sep": file_sep,
        "if_else": if_else,
        "index": index,
        "index_all": index_all,
        "list": list_,
        "list_comma": list_comma,
        "list_empty": list_empty,
        "map": map_,
        "map_empty": map_empty,
        "map_sep": map_sep,
        "mark": mark,
        "mark_args": mark_args,
        "mark_args_comma": mark_args_comma,
        "member": member,
        "more": more,
        "one": one,
        "paren": paren,
        "push": push,
        "range": range_,
        "ref": ref,
        "refinement": refinement,
        "unary": unary,
        "use": use,
        "use_as": use_as,
    }
    with_parts = {
        "decl": decl_of,
        "require": require_of,
        "when": when_of,
        "type": type_of,
        "error_type": error_type_of,
    }
    made: Rules = []
    for symbol, size, alias, parts in t.RULES:
        build = with_parts[alias](parts, size) if alias in with_parts else named[alias or "one"]
        made.append((t.GOTO[symbol], size, build))
    return made, turn
