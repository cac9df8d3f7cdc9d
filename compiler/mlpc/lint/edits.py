"""Changes of text that fixes are made of: a statement more, a statement less, a mark more."""

from __future__ import annotations

from ..source import Span
from ..syntax import tree
from ..syntax.edits import Edit, line_end
from ..syntax.edits import addition as statement_addition
from ..syntax.edits import removal as statement_removal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..check.typed import TypedBlock
    from ..resolve.modules import Module


def removal(module: Module, node: tree.Node) -> list[Edit]:
    """Return the edits that take the statement ``node`` away, with its lines where it stands on them alone."""
    return statement_removal(module.source, node)


def addition(block: TypedBlock, statement: str) -> list[Edit]:
    """Return the edits that add ``statement`` to the body of ``block``, behind its last attribute."""
    return statement_addition(block.definition.module.source, block.definition.decl, statement)


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
    last, newline = line_end(text, node.end)
    behind = text[node.end : last].strip()
    if indent.strip() or (behind and not behind.startswith("#")):
        return [(Span(module.source, node.end, node.end), f", {statement}")]
    return [(Span(module.source, last, last), f"{newline}{indent}{statement}")]
