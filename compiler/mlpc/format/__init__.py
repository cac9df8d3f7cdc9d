"""The one layout of mlp files; it has no options.

What the language fixes: two spaces, nothing is aligned, one space around `=` and operators, none before `:`; a
block written on one line stays so while it fits in 100 columns, else it is opened; one blank line at most between
statements, one always between top-level declarations; commas only on one-line blocks, trailing commas in
multi-line lists and calls; order is never changed; comments stay where they are.

Where the language is silent:

- A block that was written over several lines stays open, however short it is; so does a map. An empty one without
  a comment is `{}`.
- A list or call stays on its line while that line fits in 100 columns, else each of its items gets a line. It was
  written over several lines when a line ended directly inside its brackets, and then each item gets a line. Where
  lines end only inside an item (`minimize([`, the items, `])`), the brackets around stay where they are.
  Parentheses around a value follow the same rule, without the comma. `[…]` behind a value is never opened for
  width.
- On a line with several brackets that is too long, the last one that helps is opened. What cannot be shortened by
  opening brackets stays longer than 100 columns: nothing is broken at operators, and no string is. Comments count
  for nothing when columns are counted, and are never wrapped.
- A line that goes on after an operator, or begins with an operator, a reserved word or a mark, was broken there
  for a reason and stays so; it is indented by two spaces more than its statement. Any other line end inside of a
  statement goes.
- Ranges (`1..4`), members, unary minus, and the brackets of calls and indexes take no spaces; one-line blocks
  have one inside each brace; the text of strings and their interpolations is left alone.
- The lines of a text block move so that what they share in indentation is two spaces more than the line on which
  the block begins. Blanks at the end of its lines stay, as they belong to the text.
- A comment that ends a line has two spaces before it, and keeps its line's last token; behind the comma where one
  follows. One on a line of its own is indented as what follows it, before a closing bracket as the items. A
  comment between the items of a one-line bracket opens it. What stands behind `#` is left alone.
- Items of lists keep one blank line between them too. None stands after an opening or before a closing bracket,
  nor at either end of the file. `use` statements may stand together; one blank line separates them from `mlp 1`
  and from declarations, and lies above the comments that lead to a declaration.
- Lines end with a line feed, the last one too. A byte order mark, carriage returns and trailing blanks go.

Each run proves itself: what comes out is parsed again and has to say the same as what went in, with the same
comments in the same order, and has to be left alone by the formatter. Where that fails the text stays as it was.
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import ERROR, Diagnostic
from ..source import Source, Span
from ..syntax.parser import parse
from .layout import lay_out
from .pieces import tokens_of
from .same import difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..syntax import tree

__all__ = ["Formatted", "format_source"]


class Formatted:
    """What formatting gave.

    ``text`` is the text in the one layout, or, with an error among ``diagnostics``, the text as it was;
    ``changed`` says whether it differs from what went in.
    """

    __slots__ = ("changed", "diagnostics", "text")

    def __init__(self, text: str, changed: bool, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        self.text = text
        self.changed = changed
        self.diagnostics = diagnostics


def format_source(source: Source) -> Formatted:
    """Return the text of ``source`` in the one layout, proved to say the same.

    A source with syntax errors is refused: it comes back as it was, with those errors and MLP801. MLP802 says
    that the proof failed, which is a fault of mlpc. Takes time in proportion to the length of the text.
    """
    parsed = parse(source)
    mistakes = tuple(parsed.diagnostics)
    errors = [mistake for mistake in mistakes if mistake.severity == ERROR]
    if errors:
        refused = Diagnostic(
            codes.NOT_FORMATTED,
            f"{source.path} is not formatted: it has {_count(len(errors), 'error')}",
            errors[0].span,
            label="the first one",
            help=("correct the syntax first; the file is left as it is",),
        )
        return Formatted(source.text, False, (*mistakes, refused))
    text = lay_out(tokens_of(parsed.file))
    fault = _disproof(parsed.file, Source(source.path, text))
    if fault is not None:
        return Formatted(source.text, False, (fault,))
    return Formatted(text, text != source.text)


def _disproof(before: tree.File, laid_out: Source) -> Diagnostic | None:
    """Return what is wrong with the text that the formatter made of ``before``; None for nothing."""
    after = parse(laid_out)
    for mistake in after.diagnostics:
        if mistake.severity == ERROR:
            return _fault(before, 0, f"what it makes of the file has a syntax error: {mistake.message}")
    places = difference(before, after.file)
    if places is not None:
        return _fault(before, places[0], "what it makes of the file would not say the same here")
    if lay_out(tokens_of(after.file)) != laid_out.text:
        return _fault(before, 0, "what it makes of the file would be changed when formatted again")
    return None


def _fault(file: tree.File, at: int, message: str) -> Diagnostic:
    end = min(at + 1, len(file.source.text))
    return Diagnostic(
        codes.FORMATTER_FAULT,
        f"mlpc cannot format this file: {message}",
        Span(file.source, at, end),
        help=(
            "this is a fault of mlpc, not of the file, which is left as it is",
            "please report it, with the file if you can",
        ),
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
