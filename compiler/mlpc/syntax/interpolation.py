"""Expressions inside strings: `"…${expr}…"`."""

from __future__ import annotations

import re

from .. import codes
from ..diagnostics import Diagnostic, Fix
from ..source import Source, Span
from . import tables as t
from .actions import read
from .lexer import RESERVED, lex
from .tree import ErrorExpr, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .lexer import Tokens
    from .tree import Expr

_REFERENCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\Z")


def interpolate(source: Source, text: str, tokens: Tokens, diagnostics: list[Diagnostic]) -> bool:
    """Give the strings of ``tokens`` their parts; return whether all expressions made sense.

    ``text`` is what was lexed; where it differs from the source it has the same length.
    """
    good = True
    for node, pieces in tokens.templates:
        parts: list[str | Expr] = []
        for piece in pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            start, end = piece
            expr = _expression(source, text, start, end)
            if expr is None:
                good = False
                diagnostics.append(_wrong(source, text, start, end))
                expr = ErrorExpr(start, end)
            parts.append(expr)
        node.parts = tuple(parts)
    return good


def _expression(source: Source, text: str, start: int, end: int) -> Expr | None:
    word = text[start:end]
    if _REFERENCE.match(word):
        names = tuple(word.split("."))
        return None if any(name in RESERVED for name in names) else Ref(names, start, end)
    inner = lex(text, start, end, inline=True)
    if inner.problems or inner.unbalanced or inner.comments or inner.too_deep:
        return None
    made: Expr | None = read(inner.kinds, inner.values, t.START_EXPR, source, {}, (), end)
    return made


def _wrong(source: Source, text: str, start: int, end: int) -> Diagnostic:
    word = text[start:end].strip()
    if not word:
        message = "expected an expression between `${` and `}`"
    else:
        message = f"`{word[:60]}` is no expression"
    if word in ("true", "false", "none"):
        span = Span(source, start - 2, end + 1)
        return Diagnostic(
            codes.BAD_INTERPOLATION,
            f"`{word}` is put into a text as it is",
            span,
            label="needs no `${…}`",
            help=[f"write `{word}`; an interpolation holds a name or a calculation"],
            fixes=[Fix(f"write `{word}`", [(span, word)])],
        )
    return Diagnostic(
        codes.BAD_INTERPOLATION,
        message,
        Span(source, start - 2, end + 1),
        label="this interpolation cannot be read",
        help=[
            "an interpolation holds one expression without strings, such as `${region}`; `\\${` writes the signs"
        ],
    )
