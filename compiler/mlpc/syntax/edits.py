"""Changes of text that fixes are made of: a statement less, one element without its brackets."""

from __future__ import annotations

from ..diagnostics import Fix
from ..source import Span
from . import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..source import Source

Edit = tuple[Span, str]


def removal(source: Source, node: tree.Node) -> list[Edit]:
    """Return the edits that take the statement ``node`` away, with its lines where it stands on them alone."""
    text = source.text
    doc = getattr(node, "doc", None)
    start = doc.start if doc is not None else node.start
    end = node.end
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    behind = text[end:last].strip()
    if not text[first:start].strip() and (not behind or behind == "," or behind.startswith("#")):
        return [(Span(source, first, min(last + 1, len(text))), "")]
    after = end + len(text[end:last]) - len(text[end:last].lstrip())
    if text[after : after + 1] == ",":
        after += 1
        while text[after : after + 1] == " ":
            after += 1
        return [(Span(source, start, after), "")]
    before = start
    while text[before - 1 : before] in (" ", "\t"):
        before -= 1
    if text[before - 1 : before] == ",":
        return [(Span(source, before - 1, end), "")]
    return [(Span(source, start, after), "")]


def line_end(text: str, at: int) -> tuple[int, str]:
    """Return where the line of ``at`` ends, and with what: `\\r\\n` stays what it is."""
    last = text.find("\n", at)
    if last < 0:
        return len(text), "\n"
    return (last - 1, "\r\n") if text[last - 1] == "\r" else (last, "\n")


def addition(source: Source, holder: tree.Decl | tree.Block, statement: str) -> list[Edit]:
    """Return the edits that add ``statement`` to the body of ``holder``, behind its last attribute."""
    body = holder.body
    if body is None:
        return [(Span(source, holder.end, holder.end), f" {{ {statement} }}")]
    text = source.text
    if not body.items:
        if not text[body.start + 1 : body.end - 1].strip():
            return [(Span(source, body.start, body.end), f"{{ {statement} }}")]
        # Nothing but comments: they stay below it.
        return [(Span(source, body.start + 1, body.start + 1), f"\n{statement}")]
    plain = [item for item in body.items if isinstance(item, tree.Attr)]
    item = plain[-1] if plain else body.items[-1]
    if body.one_line:
        return [(Span(source, item.end, item.end), f", {statement}")]
    first = text.rfind("\n", 0, item.start) + 1
    indent = text[first : item.start]
    if indent.strip():  # several statements on its line
        return [(Span(source, item.end, item.end), f", {statement}")]
    last, newline = line_end(text, item.end)
    return [(Span(source, last, last), f"{newline}{indent}{statement}")]


def once(source: Source, again: tree.Node, first: tree.Node) -> list[Fix]:
    """Return the way out where a statement stands a second time in the very words of the ``first``."""
    if source.text[again.start : again.end] != source.text[first.start : first.end]:
        return []
    return [Fix("take the second one away", removal(source, again))]


def second_away(source: Source, again: tree.Node, first: tree.Node) -> list[Fix]:
    """Return the same wherever a statement stands a second time: in other words, one has to look which of them is meant."""
    return once(source, again, first) or [Fix("take the second one away", removal(source, again), safe=False)]


def unlisted(source: Source, node: tree.Node) -> list[Fix]:
    """Return the way out where a list of one element stands for that element."""
    if not isinstance(node, tree.List) or len(node.items) != 1:
        return []
    text = source.text[node.items[0].start : node.items[0].end]
    return [Fix(f"write `{text}`", [(node.span(source), text)])] if "\n" not in text else []


def colon_for_equals(source: Source, value: tree.Node | None) -> list[Fix]:
    """Return the way out where a type or a component stands behind `=`: what names it begins with a name."""
    first = value
    while isinstance(first, tree.Binary | tree.Call):
        first = first.left if isinstance(first, tree.Binary) else first.function
    if value is None or not isinstance(first, tree.Ref):
        return []
    sign = source.text.rfind("=", 0, value.start)
    while source.text[sign - 1] in " \t":
        sign -= 1
    return [Fix(f"write `: {first.text}`", [(Span(source, sign, value.start), ": ")])]
