"""The order of blocks: each after what it names. A circle is reported with every block on it."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Label
from ..resolve.program import BlockDef, BodyDef, Program, ValueDef
from ..source import Span
from ..syntax import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..resolve.modules import Module


#: Of a longer circle only the beginning is shown.
SHOWN_OF_CIRCLE = 8


class References:
    """What a block names: the blocks it leads to, each with the first place, and all first names of references."""

    __slots__ = ("blocks", "names")

    def __init__(self) -> None:
        self.blocks: dict[str, Span] = {}
        self.names: set[str] = set()

    def add(self, expr: tree.Expr, module: Module, lets: Lets, ignore: str | None) -> None:
        """Add what ``expr`` names, but for the block ``ignore``."""
        for name, node in names_in(expr):
            self.names.add(name)
            for id in lets.blocks(name):
                if id != ignore and id not in self.blocks:
                    self.blocks[id] = Span(module.source, node.start, node.end)


def references(block: BlockDef, lets: Lets) -> References:
    """Return what a block names."""
    found = References()
    for each in block.decl.eaches:
        found.add(each.over, block.module, lets, None)
    _body_names(block.body, block.id, lets, found)
    return found


def block_order(
    program: Program,
    lets: Lets,
    report: Callable[[Diagnostic], None],
    known: dict[str, References] | None = None,
) -> list[BlockDef]:
    """Return the blocks in an order in which each stands after what it names; those on a circle are left out.

    Among the orders possible it is the one nearest to the file's. What blocks name is taken from ``known``, and kept there.
    """
    if known is None:
        known = {}
    names: dict[str, dict[str, Span]] = {}
    by_id = {block.id: block for block in program.blocks}
    for id, block in by_id.items():
        found = known.get(id)
        if found is None:
            found = known[id] = references(block, lets)
        names[id] = found.blocks
    done: dict[str, int] = {}
    order: list[BlockDef] = []
    bad: set[str] = set()
    for start in by_id:
        if start in done:
            continue
        if all(done.get(name) == 2 for name in names[start]):
            done[start] = 2
            order.append(by_id[start])
            continue
        path = [start]
        waiting = [iter(names[start])]
        done[start] = 1
        while path:
            following = next((name for name in waiting[-1] if done.get(name) != 2), None)
            if following is None:
                current = path.pop()
                waiting.pop()
                done[current] = 2
                if current not in bad:
                    order.append(by_id[current])
            elif done.get(following) == 1:
                circle = path[path.index(following) :]
                if not bad.intersection(circle):
                    _report_circle(circle, names, program, report)
                bad.update(circle)
            else:
                done[following] = 1
                path.append(following)
                waiting.append(iter(names[following]))
    return order


def _report_circle(
    circle: list[str],
    names: dict[str, dict[str, Span]],
    program: Program,
    report: Callable[[Diagnostic], None],
) -> None:
    edges = list(zip(circle, [*circle[1:], circle[0]], strict=True))
    first = names[edges[0][0]][edges[0][1]]
    shown = [f"`{name}`" for name in circle]
    if len(shown) > SHOWN_OF_CIRCLE:
        shown[SHOWN_OF_CIRCLE - 1 : -1] = ["…"]
    chain = " needs ".join([*shown, shown[0]])
    if len(circle) == 1:
        message = f"`{circle[0]}` needs itself"
    else:
        message = f"these blocks need each other in a circle: {chain}"
    taken = next((name for name in circle if name in program.root.aliases), None)
    help = "take one of these references out" if len(circle) > 1 else "take this reference out"
    if len(circle) == 1 and "." in first.text:
        part = first.text.rpartition(".")[2]
        help = f"what goes into a block is named through the block that it comes from: `rows.{part}`, not `{first.text}`"
    if taken is not None:
        help = (
            f"`{taken}` means the block here, not the file that is used as `{taken}`: give one another name"
        )
    report(
        Diagnostic(
            codes.CYCLE,
            message,
            first,
            label=_edge(*edges[0], first),
            labels=[Label(names[a][b], _edge(a, b, names[a][b])) for a, b in edges[1:SHOWN_OF_CIRCLE]],
            help=[help],
        )
    )


def _edge(needing: str, needed: str, span: Span) -> str:
    by = span.text.split(".")[0].split("[")[0]
    return f"`{needing}` needs `{needed}` here" + (f", by way of `{by}`" if by != needed else "")


class Lets:
    """The blocks that names of a pipeline lead to, also by way of lets."""

    __slots__ = ("_known", "program")

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[str, list[str]] = {}

    def blocks(self, name: str) -> list[str]:
        """Return the blocks that ``name`` leads to, each once."""
        if isinstance(self.program.names.get(name), BlockDef):
            return [name]
        stack = [name]
        entered: set[str] = set()
        while stack:
            current = stack[-1]
            firsts = [] if current in self._known else self._named_by(current)
            if current not in entered:
                entered.add(current)
                above = [first for first in firsts if first not in self._known and first not in entered]
                stack.extend(above)
                if above:
                    continue
            stack.pop()
            if current in self._known:
                continue
            found: dict[str, None] = {}
            for first in firsts:
                if isinstance(self.program.names.get(first), BlockDef):
                    found[first] = None
                else:
                    found.update(dict.fromkeys(self._known.get(first, ())))
            self._known[current] = list(found)
        return self._known[name]

    def _named_by(self, name: str) -> list[str]:
        item = self.program.names.get(name)
        if not isinstance(item, ValueDef) or item.decl.kind.text != "let" or item.value is None:
            return []
        return [first for first, _ in names_in(item.value)]


def _body_names(body: BodyDef, owner: str, lets: Lets, found: References) -> None:
    for attr in body.attrs.values():
        if not tree.is_literal(attr.node.value):
            found.add(attr.node.value, attr.module, lets, None)
    for condition in body.conditions:
        # In a condition the block's own quantities come first, so `quality.auc` inside `quality` is no circle.
        found.add(condition.node.expr, condition.module, lets, owner)
        for item in condition.node.body.items if condition.node.body is not None else ():
            if isinstance(item, tree.Attr):
                found.add(item.value, condition.module, lets, owner)
    for nested in body.blocks.values():
        _body_names(nested.body, owner, lets, found)


def names_in(expr: tree.Expr) -> list[tuple[str, tree.Node]]:
    """Return the first names of all references in ``expr``, in order."""
    if isinstance(expr, tree.Ref):
        return [(expr.names[0], expr)]
    found: list[tuple[str, tree.Node]] = []
    stack: list[tree.Expr] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, tree.Ref):
            found.append((node.names[0], node))
        elif tree.is_literal(node):
            continue
        elif isinstance(node, tree.Call):
            stack.extend([arg.value for arg in reversed(node.args)])
        elif isinstance(node, tree.List):
            stack.extend(reversed(node.items))
        elif isinstance(node, tree.Binary):
            stack.append(node.right)
            stack.append(node.left)
        elif isinstance(node, tree.Member):
            stack.append(node.object)
        elif isinstance(node, tree.Index):
            if node.index is not None:
                stack.append(node.index)
            stack.append(node.object)
        elif isinstance(node, tree.Map):
            stack.extend([entry.value for entry in reversed(node.entries)])
        elif isinstance(node, tree.Unary):
            stack.append(node.operand)
        elif isinstance(node, tree.Range):
            stack.append(node.high)
            stack.append(node.low)
        elif isinstance(node, tree.If):
            stack.extend((node.otherwise, node.then, node.condition))
        elif isinstance(node, tree.Paren):
            stack.append(node.inner)
        elif isinstance(node, tree.String):
            stack.extend([part for part in reversed(node.parts) if not isinstance(part, str)])
    return found
