"""Changes of text that fixes are made of: a statement more, a statement less, a mark more."""

from __future__ import annotations

from ..source import Span
from ..syntax import tree
from ..syntax.edits import Edit
from ..syntax.edits import removal as statement_removal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..check.typed import TypedBlock
    from ..resolve.modules import Module


def _line_end(text: str, at: int) -> tuple[int, str]:
    """Return where the line of ``at`` ends, and with what: `\\r\\n` stays what it is."""
    last = text.find("\n", at)
    if last < 0:
        return len(text), "\n"
    return (last - 1, "\r\n") if text[last - 1] == "\r" else (last, "\n")


def removal(module: Module, node: tree.Node) -> list[Edit]:
    """Return the edits that take the statement ``node`` away, with its lines where it stands on them alone."""
    return statement_removal(module.source, node)


def addition(block: TypedBlock, statement: str) -> list[Edit]:
    """Return the edits that add ``statement`` to the body of ``block``, behind its last attribute."""
    module, decl = block.definition.module, block.definition.decl
    body = decl.body
    if body is None:
        return [(Span(module.source, decl.end, decl.end), f" {{ {statement} }}")]
    text = module.source.text
    if not body.items:
        if not text[body.start + 1 : body.end - 1].strip():
            return [(Span(module.source, body.start, body.end), f"{{ {statement} }}")]
        # Nothing but comments: they stay below it.
        return [(Span(module.source, body.start + 1, body.start + 1), f"\n{statement}")]
    plain = [item for item in body.items if isinstance(item, tree.Attr)]
    item = plain[-1] if plain else body.items[-1]
    if body.one_line:
        return [(Span(module.source, item.end, item.end), f", {statement}")]
    first = text.rfind("\n", 0, item.start) + 1
    indent = text[first : item.start]
    if indent.strip():  # several statements on its line
        return [(Span(module.source, item.end, item.end), f", {statement}")]
    last, newline = _line_end(text, item.end)
    return [(Span(module.source, last, last), f"{newline}{indent}{statement}")]


def mark(place: Span, name: str) -> list[Edit]:
    """Return the edits that add the mark ``name`` to the column that ``place`` names."""
    text = place.source.text
    last = text.find("\n", place.end)
    last = len(text) if last < 0 else last
    line = text[place.end : last]
    quoted, depth = False, 0
    for index, letter in enumerate(line):
        if letter == '"' and line[index - 1 : index] != "\\":
            quoted = not quoted
        elif not quoted and (letter in "#}" or (letter == "," and depth == 0)):
            line = line[:index]
            break
        elif not quoted and letter in "()[]":
            depth += 1 if letter in "([" else -1
    at = place.end + len(line.rstrip())
    return [(Span(place.source, at, at), f" @{name}")]


def beside(module: Module, node: tree.Node, statement: str) -> list[Edit]:
    """Return the edits that add ``statement`` behind the statement ``node``, on a line of its own where that has one."""
    text = module.source.text
    first = text.rfind("\n", 0, node.start) + 1
    indent = text[first : node.start]
    last, newline = _line_end(text, node.end)
    behind = text[node.end : last].strip()
    if indent.strip() or (behind and not behind.startswith("#")):
        return [(Span(module.source, node.end, node.end), f", {statement}")]
    return [(Span(module.source, last, last), f"{newline}{indent}{statement}")]
