"""Drawings of a workflow: a tree for the terminal, Mermaid and Graphviz DOT.

Three pure functions over the IR. The same workflow gives the same text, and no name or condition of a spec
can leave the label that it stands in: terminals get no control character, Mermaid and DOT no character with
a meaning of theirs.

In all three a *gate* is drawn with its conditions, and what runs only if it passes is drawn behind it. A node
*promotes* when its kind says so (the label ``promotes``), when it changes something outside (a registry), and
when it stays up and answers (a deployment).
"""

from __future__ import annotations

from .nodes import External, FanOut, Gate, Service, Task, Trigger, needs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .nodes import Condition, JsonObject, Node, Workflow

#: Deeper branches of the terminal tree are taken up again at the left margin, so that lines stay readable and
#: a chain of n steps costs O(n) text.
MAX_DEPTH = 16


class _Style:
    """The characters of a terminal tree."""

    __slots__ = ("branch", "dot", "gate", "last", "line", "promotes", "task", "trigger")

    def __init__(self, task: str, gate: str, promotes: str, trigger: str, lines: str, dot: str) -> None:
        self.task = task
        self.gate = gate
        self.promotes = promotes
        self.trigger = trigger
        self.branch, self.last, self.line = lines.split()
        self.dot = dot


_UNICODE = _Style("○", "◆", "▲", "◷", "├─ └─ │", "·")
_ASCII = _Style("o", "?", "^", "@", "|- `- |", "-")


def tree(workflow: Workflow, *, ascii: bool = False) -> str:
    """Return the workflow as a tree for a terminal, ending with a line feed.

    Every node stands once, under the last of those that it waits for; the others are named behind it unless they
    stand above it anyway. A gate says what it blocks, which hangs below it or, where several gates block it, below
    the last of them. With ``ascii`` no other characters are used.
    """
    graph = Graph(workflow)
    hung = _Hung(graph)
    style = _ASCII if ascii else _UNICODE

    def text(value: str) -> str:
        return _printable(value, ascii=ascii)

    lines = [text(_heading(workflow))]
    lines += [
        f"{style.trigger} {text(node.id)} {style.dot} {text(schedule(node))}" for node in graph.triggers
    ]
    # One entry for each node still to be drawn: the node, what stands before it, its depth, whether it is the
    # last below its parent, whether it is taken up again at the margin.
    stack: list[tuple[Node, str, int, bool, bool]] = [
        (root, "", 0, root is hung.roots[-1], False) for root in reversed(hung.roots)
    ]
    put_off: list[Node] = []
    while stack or put_off:
        if not stack:
            put_off.reverse()
            stack = [(node, "", 0, node is put_off[0], True) for node in put_off]
            put_off = []
        node, prefix, depth, last, again = stack.pop()
        below = hung.below(node.id)
        later = bool(below) and depth >= MAX_DEPTH
        head = f"{prefix}{style.last if last else style.branch} {_sign(node, style)} {text(node.id)}"
        inner = prefix + ("   " if last else style.line + "  ")
        if again:
            lines.append(f"{head} (goes on)")
        else:
            about = "".join(f" {style.dot} {text(word)}" for word in _about(graph, hung, node))
            lines.append(f"{head}{about}{' (goes on below)' if later else ''}")
            bar = inner + (style.line if below and not later else " ") + "  "
            lines += [(bar + text(detail)).rstrip() for detail in details(node)]
        if later:
            put_off.append(node)
        else:
            stack.extend((child, inner, depth + 1, child is below[-1], False) for child in reversed(below))
    used = {_sign(node, style) for node in graph.nodes}
    legend = [
        f"{sign} {meaning}"
        for sign, meaning in (
            (style.gate, "gate: what it blocks runs only if it passes"),
            (style.promotes, "promotes"),
        )
        if sign in used
    ]
    if legend:
        lines += ["", "   ".join(legend)]
    return "\n".join(lines) + "\n"


def mermaid(workflow: Workflow) -> str:
    """Return the workflow as a Mermaid flowchart, ending with a line feed.

    Thick arrows leave gates, dotted ones say only that one node comes after another.
    """
    graph = Graph(workflow)
    lines = ["flowchart TD"]

    def label(parts: Iterable[str]) -> str:
        return '"' + "<br/>".join(_mermaid_text(part) for part in parts) + '"'

    def shape(node: Node) -> str:
        inside = label(_caption(node))
        if isinstance(node, Gate):
            return f"{{{{{inside}}}}}"
        if isinstance(node, Service):
            return f"([{inside}])"
        if isinstance(node, Trigger):
            return f"(({inside}))"
        return f"[{inside}]"

    for node in graph.triggers + graph.nodes:
        if node.id not in graph.family:
            lines.append(f"  {graph.key[node.id]}{shape(node)}")
    for number, (fan, members) in enumerate(graph.families()):
        lines.append(f"  subgraph f{number}[{label([fan.id])}]")
        lines += [f"    {graph.key[node.id]}{shape(node)}" for node in members]
        lines.append("  end")
    for location, key in graph.externals.items():
        lines.append(f"  {key}[({label([location])})]")
    arrows = {"data": "-->", "gate": "==>", "order": "-.->"}
    lines += [f"  {start} {arrows[kind]} {end}" for start, end, kind in graph.edges()]
    lines.append("  classDef gate stroke-width:3px")
    lines.append("  classDef promotes stroke-dasharray:6 3")
    for name, keys in (
        ("gate", [graph.key[node.id] for node in graph.nodes if isinstance(node, Gate)]),
        ("promotes", [graph.key[node.id] for node in graph.nodes if promotes(node)]),
    ):
        if keys:
            lines.append(f"  class {','.join(keys)} {name}")
    return "\n".join(lines) + "\n"


def dot(workflow: Workflow) -> str:
    """Return the workflow as a Graphviz digraph, ending with a line feed.

    Bold edges leave gates, dashed ones say only that one node comes after another.
    """
    graph = Graph(workflow)

    def label(parts: Iterable[str]) -> str:
        return '"' + "\\n".join(_dot_text(part) for part in parts) + '"'

    def drawn(node: Node) -> str:
        extra = "shape=box"
        if isinstance(node, Gate):
            extra = "shape=hexagon, penwidth=2"
        elif isinstance(node, Service):
            extra = 'shape=box, style="rounded,bold"'
        elif isinstance(node, Trigger):
            extra = "shape=circle"
        elif promotes(node):
            extra = "shape=box, style=bold"
        return f"{graph.key[node.id]} [label={label(_caption(node))}, {extra}];"

    lines = [
        f"digraph {label([workflow.name])} {{",
        "  rankdir=TB;",
        '  node [fontname="sans-serif"];',
    ]
    lines += [f"  {drawn(node)}" for node in graph.triggers + graph.nodes if node.id not in graph.family]
    for number, (fan, members) in enumerate(graph.families()):
        lines.append(f"  subgraph cluster_{number} {{")
        lines.append(f"    label={label([fan.id])};")
        lines += [f"    {drawn(node)}" for node in members]
        lines.append("  }")
    lines += [
        f"  {key} [label={label([location])}, shape=cylinder];" for location, key in graph.externals.items()
    ]
    styles = {"data": "", "gate": " [style=bold]", "order": " [style=dashed]"}
    lines += [f"  {start} -> {end}{styles[kind]};" for start, end, kind in graph.edges()]
    lines.append("}")
    return "\n".join(lines) + "\n"


class Graph:
    """A workflow as nodes and edges, fan-outs resolved to the instances that they stand for."""

    __slots__ = ("before", "blocked", "externals", "family", "fans", "key", "members", "nodes", "triggers")

    def __init__(self, workflow: Workflow) -> None:
        self.fans = [node for node in workflow.nodes if isinstance(node, FanOut)]
        self.triggers: list[Node] = [node for node in workflow.nodes if isinstance(node, Trigger)]
        self.nodes: list[Node] = [node for node in workflow.nodes if not isinstance(node, FanOut | Trigger)]
        self.key = {node.id: f"n{index}" for index, node in enumerate(self.triggers + self.nodes)}
        self.members = {fan.id: list(fan.members.values()) for fan in self.fans}
        #: The first fan-out that each instance belongs to.
        self.family: dict[str, str] = {}
        for fan in self.fans:
            for member in fan.members.values():
                if member in self.key:
                    self.family.setdefault(member, fan.id)
        known = {node.id for node in self.nodes}
        self.before: dict[str, list[str]] = {}
        for node in self.nodes:
            wanted: dict[str, None] = {}
            for id in needs(node):
                wanted.update(dict.fromkeys(self.members.get(id, [id])))
            self.before[node.id] = [id for id in wanted if id in known and id != node.id]
        gates = {node.id for node in self.nodes if isinstance(node, Gate)}
        #: What each gate holds back, in the order of the nodes.
        self.blocked: dict[str, list[str]] = {}
        for node in self.nodes:
            for id in self.before[node.id]:
                if id in gates:
                    self.blocked.setdefault(id, []).append(node.id)
        self.externals: dict[str, str] = {}
        for node in self.nodes:
            for location in locations(node):
                self.externals.setdefault(location, f"x{len(self.externals)}")

    def families(self) -> list[tuple[FanOut, list[Node]]]:
        """The fan-outs with the instances that are drawn in their frame; those without any are left out."""
        inside: dict[str, list[Node]] = {}
        for node in self.triggers + self.nodes:
            if node.id in self.family:
                inside.setdefault(self.family[node.id], []).append(node)
        return [(fan, inside[fan.id]) for fan in self.fans if fan.id in inside]

    def edges(self) -> list[tuple[str, str, str]]:
        """Every edge once: its two keys, and `data`, `gate` or `order`."""
        kinds = {node.id: "gate" for node in self.nodes if isinstance(node, Gate)}
        found = [
            (self.externals[location], self.key[node.id], "data")
            for node in self.nodes
            for location in locations(node)
        ]
        found += [
            (self.key[trigger.id], self.key[node.id], "order")
            for trigger in self.triggers
            for node in self.nodes
            if not self.before[node.id]
        ]
        for node in self.nodes:
            after = node.after if isinstance(node, Task | Service | Gate) else ()
            ordered = {member for id in after for member in self.members.get(id, [id])}
            read = set(_read(node, self.members))
            for id in self.before[node.id]:
                plain = "order" if id in ordered and id not in read else "data"
                found.append((self.key[id], self.key[node.id], kinds.get(id, plain)))
        return found


class _Hung:
    """The nodes of a graph as a tree: each below the last of those that it waits for."""

    __slots__ = ("_below", "_first", "_last", "roots")

    def __init__(self, graph: Graph) -> None:
        rank = {node.id: index for index, node in enumerate(graph.nodes)}
        self.roots: list[Node] = []
        self._below: dict[str, list[Node]] = {}
        for node in graph.nodes:
            before = graph.before[node.id]
            if before:
                self._below.setdefault(max(before, key=rank.__getitem__), []).append(node)
            else:
                self.roots.append(node)
        # The place of each node when the tree is read from above, and the last place below it.
        self._first: dict[str, int] = {}
        self._last: dict[str, int] = {}
        stack = [(node, False) for node in reversed(self.roots)]
        while stack:
            node, done = stack.pop()
            if done:
                self._last[node.id] = len(self._first)
                continue
            self._first[node.id] = len(self._first)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(self.below(node.id)))

    def below(self, id: str) -> list[Node]:
        """The nodes that hang right below one."""
        return self._below.get(id, [])

    def above(self, upper: str, lower: str) -> bool:
        """Whether ``lower`` hangs below ``upper``, at any depth."""
        return self._first[upper] < self._first[lower] < self._last[upper]


def _read(node: Node, members: dict[str, list[str]]) -> list[str]:
    """The nodes whose artefacts or figures ``node`` reads: what it needs without its control edges."""
    if isinstance(node, Task):
        bare: Node = Task(node.id, node.action, node.inputs, {}, node.arguments)
    elif isinstance(node, Service):
        bare = Service(node.id, node.action, node.inputs, node.arguments)
    elif isinstance(node, Gate):
        bare = Gate(node.id, node.conditions)
    else:
        bare = node
    return [member for id in needs(bare) for member in members.get(id, [id])]


def locations(node: Node) -> list[str]:
    """Where ``node`` reads data from outside, each once."""
    if not isinstance(node, Task | Service):
        return []
    return list(
        dict.fromkeys(
            source.location
            for port in node.inputs.values()
            for source in port.sources
            if isinstance(source, External)
        )
    )


def promotes(node: Node) -> bool:
    effect = isinstance(node, Service) or (isinstance(node, Task) and node.effect)
    return effect or node.labels.get("promotes") is True


def _sign(node: Node, style: _Style) -> str:
    if isinstance(node, Gate):
        return style.gate
    return style.promotes if promotes(node) else style.task


def _heading(workflow: Workflow) -> str:
    return f"{workflow.name} (env {workflow.environment})" if workflow.environment else workflow.name


def schedule(node: Node) -> str:
    return f"{node.cron} {node.timezone}".strip() if isinstance(node, Trigger) else ""


def role(node: Node) -> str:
    """What the node is to a person: the kind and component of its block, or else its class."""
    labels: JsonObject = node.labels
    kind = labels.get("kind")
    component = labels.get("component")
    if isinstance(node, Gate):
        return "gate"
    if isinstance(kind, str) and kind:
        return f"{kind}: {component}" if isinstance(component, str) and component else kind
    if isinstance(node, Trigger):
        return "schedule"
    return "service" if isinstance(node, Service) else "task"


_WARNS = " (warns only)"


def _condition(condition: Condition) -> str:
    name = f"{condition.name}: " if condition.name else ""
    # What a person wrote over several lines is one line here.
    text = " ".join(condition.text.split())
    return f"{name}{text}{_WARNS if condition.severity == 'warn' else ''}"


def details(node: Node) -> list[str]:
    """The lines below a node of the terminal tree: what is required of it."""
    if isinstance(node, Gate):
        deciding = node.labels.get("deciding")
        decides = deciding if isinstance(deciding, list) else []
        return [
            f"require {_condition(condition).removesuffix(_WARNS)} (or it cannot be chosen)"
            if number in decides
            else f"require {_condition(condition)}"
            for number, condition in enumerate(node.conditions)
        ]
    if isinstance(node, Service):
        return [f"keeps {_condition(condition)}" for condition in node.levels] + _when(node)
    return []


def _when(node: Service) -> list[str]:
    """What is done when something comes about: `alert when …`."""
    found = node.labels.get("when")
    lines = []
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict):
            name = f" {item['name']}" if "name" in item else ""
            lines.append(f"{item.get('verb')}{name} when {item.get('text')}")
    return lines


def _about(graph: Graph, hung: _Hung, node: Node) -> list[str]:
    """The words behind a node of the terminal tree."""
    words = [role(node)]
    outside = locations(node)
    if outside:
        words.append("reads " + ", ".join(outside))
    others = [id for id in graph.before[node.id] if not hung.above(id, node.id)]
    if others:
        words.append("also after " + ", ".join(others))
    blocked = graph.blocked.get(node.id)
    if blocked:
        words.append("blocks " + ", ".join(blocked))
    return words


def _caption(node: Node) -> list[str]:
    """The lines inside a node of Mermaid and DOT."""
    lines = [node.id, role(node)]
    if isinstance(node, Trigger):
        lines.append(schedule(node))
    lines += details(node)
    return lines


def _printable(text: str, *, ascii: bool = False) -> str:
    """``text`` without anything that a terminal obeys: line feeds, escapes, marks that turn the direction."""
    if text.isprintable() and (text.isascii() or not ascii):
        return text
    return "".join(
        char if char.isprintable() and (char.isascii() or not ascii) else _escape(char) for char in text
    )


def _escape(char: str) -> str:
    return {"\n": "\\n", "\t": "\\t"}.get(char, f"\\u{{{ord(char):x}}}")


_MERMAID_PLAIN = frozenset(" _.,/()=*+-")


def _mermaid_text(text: str) -> str:
    """``text`` for a quoted Mermaid label: letters and digits as they are, nearly all else by number.

    Of a backslash and an `n` Mermaid makes a new line, by whatever numbers they come; so something that is not seen stands
    between them.
    """
    return "".join(
        char if char.isalnum() or char in _MERMAID_PLAIN else f"#{ord(char)};"
        for char in _printable(text).replace("\\n", "\\\u2060n")
    )


def _dot_text(text: str) -> str:
    """``text`` for a quoted DOT string."""
    return _printable(text).replace("\\", "\\\\").replace('"', '\\"')
