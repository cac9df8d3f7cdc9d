"""Doc comments: which lines belong to which declaration, and those that belong to none."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic
from ..source import Source, Span
from .tree import Doc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .lexer import Tokens
    from .tree import Comment


def attach(text: str, tokens: Tokens) -> tuple[dict[int, Doc], list[Comment]]:
    """Return the docs by the start of the token below them, and the comments that cannot be docs.

    Of several runs of lines with blank lines between them the last one counts; a `##` behind something on its
    line belongs to nothing.
    """
    docs: dict[int, Doc] = {}
    stray: list[Comment] = []
    for index, found in tokens.docs.items():
        run: list[Comment] = []
        for comment in found:
            if not comment.own_line:
                stray.append(comment)
                continue
            if (
                run
                and text.count("\n", run[-1].end, comment.start) > 1
                and _only_blank(text, run[-1], comment)
            ):
                stray.extend(run)
                run = []
            run.append(comment)
        if run:
            below = tokens.values[index]
            place = below if type(below) is int else below.start
            lines = tuple([_content(comment.text) for comment in run])
            docs[place] = Doc(lines, run[0].start, run[-1].end)
    return docs, stray


def _only_blank(text: str, above: Comment, below: Comment) -> bool:
    """Whether a blank line, not a line with a `#` comment, stands between two comments."""
    return not text[above.end : below.start].strip()


def _content(line: str) -> str:
    return (line[3:] if line.startswith("## ") else line[2:]).rstrip()


def report_stray(
    source: Source, docs: dict[int, Doc], stray: list[Comment], diagnostics: list[Diagnostic]
) -> None:
    """Report the doc comments that no declaration took, the first hundred of them."""
    for doc in list(docs.values())[:100]:
        diagnostics.append(
            Diagnostic(
                codes.STRAY_DOC_COMMENT,
                "this doc comment belongs to nothing: no declaration stands below it",
                Span(source, doc.start, doc.end),
                label="nothing below takes it",
                help=["put it right above a declaration, an attribute, a field or a condition, or write `#`"],
            )
        )
    for comment in stray[:100]:
        if comment.own_line:
            message = "this doc comment belongs to nothing: a blank line parts it from the one below"
            help = "join the two, or write `#` for a comment that documents nothing"
        else:
            message = "a doc comment stands on lines of its own, above what it documents"
            help = "put it on the line above, or write `#`"
        diagnostics.append(
            Diagnostic(
                codes.STRAY_DOC_COMMENT,
                message,
                Span(source, comment.start, comment.end),
                label="belongs to nothing",
                help=[help],
            )
        )
