"""The one form that carries everything that is declared, `kind name [: type] [= value] [{ body }]`, by kind.

A part that a kind has no use for would be dropped in silence; here it is told.
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, article
from ..source import Span
from ..syntax import tree
from ..syntax.edits import colon_for_equals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..resolve.modules import Module
    from .checker import Checker

# Which of `:`, `=` and `{` a kind has; all others are blocks, which have a component and a body.
_PARTS = {
    "pipeline": "{",
    "schema": ":{",
    "component": ":{",
    "kind": ":{",
    "device": ":{",
    "env": ":{",
    "test": "{",
    "let": ":=",
    "param": ":=",
    "secret": ":=",
    "input": ":=",
    "output": ":{",
    "quantity": ":",
    "block": ":{",
    "verb": ":{",  # its type is told where it is read
    "backend": "{",
    "remove": "",
}
_BLOCK = ":{"
# Declarations that nothing else looks at for an `each` that would make nothing.
_WITHOUT_EACH = frozenset(
    ("pipeline", "env", "backend", "remove", "input", "output", "quantity", "block", "verb")
)
_WORDS = {":": "type", "=": "value", "{": "body"}
# Within these stand declarations; what is declared within the second ones may have marks.
_HOLD = ("pipeline", "env")
_HOLD_MARKED = ("component", "kind", "block", "verb")


def forms(checker: Checker, module: Module, items: Iterable[tree.Item] | None = None) -> None:
    """Report every part of a declaration in ``module`` that its kind does not have, and marks where there are none.

    ``items`` are those that are looked at, all of the file where they are not given.
    """
    waiting = [(item, False) for item in (module.file.items if items is None else items)]
    while waiting:
        item, marked = waiting.pop()
        if not isinstance(item, tree.Decl):
            continue
        kind = item.kind.text
        has = _PARTS.get(kind, _BLOCK)
        if item.eaches and (kind in _WITHOUT_EACH or (kind == "param" and marked)):
            checker.misplaced_each(module, item)
        if item.value is not None and "=" not in has:
            # Without a type the value was meant as one, which is told where a component or role is missing.
            typed = item.type is not None or kind in ("pipeline", "schema", "kind", "env", "test", "backend")
            if typed and (kind in _PARTS or checker.kind(kind, module) is not None):
                _told(module, item, "=", item.value, checker.report)
        if item.type is not None:
            if ":" not in has:
                _told(module, item, ":", item.type, checker.report)
            elif item.type.marks and not marked and kind in ("param", "let", "secret"):
                _marked(module, item, item.type.marks[0], checker.report)
        if item.body is not None:
            if "{" not in has:
                _told(module, item, "{", item.body, checker.report)
            elif kind in _HOLD or kind in _HOLD_MARKED:
                waiting.extend([(inner, kind in _HOLD_MARKED) for inner in item.body.items])


def _told(
    module: Module, item: tree.Decl, sign: str, part: tree.Node, report: Callable[[Diagnostic], None]
) -> None:
    if isinstance(part, tree.ErrorExpr):
        return
    text = module.source.text
    start = part.start
    if sign in ":=":
        start = text.rfind(sign, item.name.end if item.name is not None else item.kind.end, start)
        if start < 0:
            return  # put in to read on, and told
    span = Span(module.source, start, part.end if sign != "{" else part.start + 1)
    while text[start - 1] in " \t":
        start -= 1
    kind = item.kind.text
    fixes = [Fix("take it away", [(Span(module.source, start, part.end), "")], safe=False)]
    help = ["take it away"]
    typed = item.type is not None and item.type.name.text != "map"
    if sign == "{" and kind in ("let", "param") and not typed and item.value is None and _is_map(part):
        help = [f"a map stands behind `=`: write `{kind} … = {{ … }}`"]
        fixes = [Fix("write `=` before it", [(Span(module.source, part.start, part.start), "= ")])]
    if sign == "=" and item.type is None and ":" in _PARTS[kind]:
        fixes = colon_for_equals(module.source, item.value) or fixes
    report(
        Diagnostic(
            codes.WRONG_PLACE,
            f"{article(f'`{kind}`')} has no {_WORDS[sign]}",
            span,
            label="nothing is made of this",
            help=help if fixes[0].message in ("take it away", "write `=` before it") else [],
            fixes=fixes,
        )
    )


def _is_map(part: tree.Node) -> bool:
    return isinstance(part, tree.Body) and all(isinstance(item, tree.Attr) for item in part.items)


def _marked(module: Module, item: tree.Decl, mark: tree.Mark, report: Callable[[Diagnostic], None]) -> None:
    report(
        Diagnostic(
            codes.WRONG_PLACE,
            f"{article(f'`{item.kind.text}`')} has no marks here: they belong to columns, and to what a component declares",
            module.span(mark),
            label="nothing is made of this",
            help=["take it away"],
        )
    )
