"""What a workflow must hold beyond the shape of its parts.

Every name leads somewhere, every node follows what it needs, every expression can be computed.
"""

from __future__ import annotations

from ..codes import DANGLING_REFERENCE, DUPLICATE_ID, MALFORMED_WORKFLOW, WORKFLOW_CYCLE, WRONG_ORDER
from ..diagnostics import Diagnostic
from .nodes import External, FanOut, Gate, Service, Task, Trigger, metrics_read, needs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ..codes import Code
    from .nodes import Condition, Input, Json, JsonObject, Node, Workflow

#: The operators of a value expression and how many operands each takes: at least, at most (None: any number).
OPERATORS: dict[str, tuple[int, int | None]] = {
    "or": (2, None),
    "and": (2, None),
    "not": (1, 1),
    "==": (2, 2),
    "!=": (2, 2),
    "<": (2, 2),
    "<=": (2, 2),
    ">": (2, 2),
    ">=": (2, 2),
    "+": (2, None),
    "-": (2, 2),
    "*": (2, None),
    "/": (2, 2),
    "neg": (1, 1),
    "in": (2, 2),
}

#: The functions that an expression may call, over a figure that has several values.
CALLS = ("min", "max", "count")

#: The keys that make an object an expression, each with the keys that belong to it.
FORMS: dict[str, frozenset[str]] = {
    "checked": frozenset({"checked", "type", "what", "text", "place"}),
    "const": frozenset({"const"}),
    "param": frozenset({"param"}),
    "secret": frozenset({"secret"}),
    "metric": frozenset({"metric"}),
    "op": frozenset({"op", "args"}),
    "call": frozenset({"call", "args"}),
    "if": frozenset({"if"}),
    "range": frozenset({"range"}),
    "concat": frozenset({"concat"}),
    "otherwise": frozenset({"otherwise"}),
}


def problems(workflow: Workflow) -> list[Diagnostic]:
    """Return all that is wrong with ``workflow``, in its order; places are JSON paths in the messages."""
    return _Verifier(workflow).run()


class _Verifier:
    __slots__ = ("found", "nodes", "params", "secrets", "workflow")

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.found: list[Diagnostic] = []
        self.nodes: dict[str, Node] = {}
        self.params = {param.name for param in workflow.params}
        self.secrets = {secret.name for secret in workflow.secrets}

    def run(self) -> list[Diagnostic]:
        workflow = self.workflow
        self._unique("params", [param.name for param in workflow.params], "parameter")
        self._unique("secrets", [secret.name for secret in workflow.secrets], "secret")
        self._unique("nodes", [node.id for node in workflow.nodes], "node")
        for node in workflow.nodes:
            self.nodes.setdefault(node.id, node)
        for number, node in enumerate(workflow.nodes):
            self._node(f"$.nodes[{number}]", node)
        if not any(item.code in (DANGLING_REFERENCE, DUPLICATE_ID) for item in self.found):
            self._order()
        return self.found

    def _add(self, code: Code, path: str, message: str, *help: str) -> None:
        self.found.append(Diagnostic(code, f"{path}: {message}", help=help))

    def _unique(self, member: str, names: list[str], what: str) -> None:
        first: dict[str, int] = {}
        for number, name in enumerate(names):
            if name in first:
                message = f"{what} `{name}` is there already, at $.{member}[{first[name]}]"
                self._add(DUPLICATE_ID, f"$.{member}[{number}]", message)
            else:
                first[name] = number

    def _dangling(self, path: str, what: str, name: str, known: Iterable[str]) -> None:
        self._add(DANGLING_REFERENCE, path, f"there is no {what} `{name}`", *_meant(name, known))

    def _node(self, path: str, node: Node) -> None:
        if isinstance(node, Task | Service):
            for name, port in node.inputs.items():
                self._input(f"{path}.inputs.{name}", port)
            for name, value in node.arguments.items():
                self._expression(f"{path}.arguments.{name}", value, argument=True)
        if isinstance(node, Gate):
            self._conditions(f"{path}.conditions", node.conditions)
        if isinstance(node, Service):
            self._conditions(f"{path}.levels", node.levels, own=node.id)
        if isinstance(node, FanOut):
            self._fan_out(path, node)
        elif not isinstance(node, Trigger):
            for number, id in enumerate(node.after):
                self._after(f"{path}.after[{number}]", id)

    def _after(self, path: str, id: str) -> None:
        if id not in self.nodes:
            self._dangling(path, "node", id, self.nodes)
        elif isinstance(self.nodes[id], Trigger):
            self._add(DANGLING_REFERENCE, path, f"`{id}` is a trigger: nothing can wait for it")

    def _fan_out(self, path: str, node: FanOut) -> None:
        for key, id in node.members.items():
            if id not in self.nodes:
                self._dangling(f"{path}.members.{key}", "node", id, self.nodes)
        if len(set(node.keys)) != len(node.keys):
            self._add(DUPLICATE_ID, f"{path}.keys", "a key is there twice")
        for key in sorted(set(node.keys) ^ set(node.members)):
            has, lacks = ("keys", "members") if key in node.keys else ("members", "keys")
            self._add(DANGLING_REFERENCE, f"{path}.{has}", f"`{key}` is not among the {lacks}")

    def _input(self, path: str, port: Input) -> None:
        if not port.many and len(port.sources) != 1:
            message = f"an input that does not take many has one source, not {len(port.sources)}"
            self._add(MALFORMED_WORKFLOW, f"{path}.sources", message)
        keys: set[str] = set()
        for number, source in enumerate(port.sources):
            at = f"{path}.sources[{number}]"
            if isinstance(source, External):
                continue
            node = self.nodes.get(source.node)
            if node is None:
                self._dangling(f"{at}.node", "node", source.node, self.nodes)
            elif not isinstance(node, Task):
                self._add(DANGLING_REFERENCE, f"{at}.node", f"`{source.node}` is no task, it has no outputs")
            elif source.port not in node.outputs:
                self._dangling(f"{at}.port", f"output of `{source.node}` called", source.port, node.outputs)
            if source.key and source.key in keys:
                self._add(DUPLICATE_ID, f"{at}.key", f"key `{source.key}` is there already")
            keys.add(source.key)

    def _conditions(self, path: str, conditions: tuple[Condition, ...], own: str = "") -> None:
        for number, condition in enumerate(conditions):
            self._expression(f"{path}[{number}].expr", condition.expr, own=own)

    def _expression(self, path: str, expr: Json, *, argument: bool = False, own: str = "") -> None:
        """Check an expression; ``own`` is a service that may read figures of itself."""
        stack: list[tuple[str, Json, str]] = [(path, expr, "argument" if argument else "")]
        while stack:
            at, item, role = stack.pop()
            inside: list[tuple[str, Json, str]] = []
            if isinstance(item, list):
                inside = [(f"{at}[{number}]", value, "") for number, value in enumerate(item)]
            elif isinstance(item, dict):
                forms = [key for key in item if key in FORMS]
                if not forms:
                    inside = [(f"{at}.{key}", value, "") for key, value in item.items()]
                elif frozenset(item) != FORMS[forms[0]]:
                    keys = " and ".join(f"`{key}`" for key in sorted(FORMS[forms[0]]))
                    message = f"an expression made by `{forms[0]}` has {keys} and no other key"
                    help = 'an object that is meant as a value is written {"const": …}'
                    self._add(MALFORMED_WORKFLOW, at, message, help)
                else:
                    inside = self._form(at, forms[0], item, role, own)
            stack.extend(reversed(inside))

    def _form(self, at: str, form: str, item: JsonObject, role: str, own: str) -> list[tuple[str, Json, str]]:
        """Check one computed object and return what is inside it, each with its path and role."""
        value = item[form]
        if form == "const":
            return []
        if form == "checked":
            return [(f"{at}.checked", value, "")]
        if form == "metric":
            self._metric(at, value, own)
            return []
        if form in ("param", "secret"):
            self._named(at, form, value, role)
            return []
        if form in ("op", "call"):
            return self._operation(at, form, item)
        if not isinstance(value, list):
            self._add(MALFORMED_WORKFLOW, f"{at}.{form}", "a list is expected")
            return []
        wanted = {"if": 3, "range": 2, "otherwise": 2}.get(form)
        if wanted is not None and len(value) != wanted:
            self._add(MALFORMED_WORKFLOW, f"{at}.{form}", f"it takes {wanted} values, not {len(value)}")
        if form == "range" and role != "range":
            self._add(MALFORMED_WORKFLOW, at, "a range stands only on the right side of `in`")
        return [(f"{at}.{form}[{number}]", inner, "") for number, inner in enumerate(value)]

    def _named(self, at: str, form: str, value: Json, role: str) -> None:
        known: Collection[str] = self.params if form == "param" else self.secrets
        what = "parameter" if form == "param" else "secret"
        if not isinstance(value, str):
            self._add(MALFORMED_WORKFLOW, f"{at}.{form}", f"the name of a {what} is expected")
            return
        if value not in known:
            self._dangling(f"{at}.{form}", what, value, known)
        if form == "secret" and role != "argument":
            self._add(MALFORMED_WORKFLOW, at, "a secret is an argument as a whole, never a part of one")

    def _operation(self, at: str, form: str, item: JsonObject) -> list[tuple[str, Json, str]]:
        name, args = item[form], item["args"]
        known = OPERATORS if form == "op" else dict.fromkeys(CALLS, (1, None))
        if not isinstance(name, str) or name not in known:
            what = "operator" if form == "op" else "function"
            self._add(MALFORMED_WORKFLOW, f"{at}.{form}", f"{name!r} is no {what}; there are {_list(known)}")
            return []
        if not isinstance(args, list):
            self._add(MALFORMED_WORKFLOW, f"{at}.args", "a list is expected")
            return []
        least, most = known[name]
        if len(args) < least or (most is not None and len(args) > most):
            wanted = str(least) if least == most else f"at least {least}"
            self._add(MALFORMED_WORKFLOW, f"{at}.args", f"`{name}` takes {wanted}, not {len(args)}")
        return [
            (f"{at}.args[{number}]", value, "range" if name == "in" and number == 1 else "")
            for number, value in enumerate(args)
        ]

    def _metric(self, at: str, value: Json, own: str) -> None:
        if (
            not isinstance(value, dict)
            or not {"node", "name"} <= set(value) <= {"node", "name", "class"}
            or not all(isinstance(part, str) and part for part in value.values())
        ):
            message = "a metric is read by the texts `node`, `name` and, for one class, `class`"
            self._add(MALFORMED_WORKFLOW, f"{at}.metric", message)
            return
        id = str(value["node"])
        node = self.nodes.get(id)
        if node is None:
            self._dangling(f"{at}.metric.node", "node", id, self.nodes)
        elif not isinstance(node, Task) and id != own:
            self._add(DANGLING_REFERENCE, f"{at}.metric.node", f"`{id}` is no task, it measures nothing")

    def _order(self) -> None:
        """Say of each node that stands before what it needs whether moving it would help."""
        position = {node.id: number for number, node in enumerate(self.workflow.nodes)}
        graph = {node.id: [id for id in needs(node) if id in position] for node in self.workflow.nodes}
        for node in self.workflow.nodes:
            if isinstance(node, Service):
                levels = [id for level in node.levels for id, _ in metrics_read(level.expr)]
                graph[node.id].extend(id for id in levels if id != node.id)
        cycle = _cycle(graph)
        if cycle:
            path = f"$.nodes[{position[cycle[0]]}]"
            text = " → ".join(f"`{id}`" for id in cycle)
            self._add(WORKFLOW_CYCLE, path, f"these nodes wait for each other: {text}")
            return
        for id, wanted in graph.items():
            for other in dict.fromkeys(wanted):
                if position[other] > position[id]:
                    message = f"`{id}` stands before `{other}`, which it needs"
                    self._add(WRONG_ORDER, f"$.nodes[{position[id]}]", message)


def _cycle(graph: dict[str, list[str]]) -> list[str]:
    """Return the nodes of one cycle, the first again at the end, or nothing; linear, without recursion."""
    done: set[str] = set()
    for start in graph:
        if start in done:
            continue
        path: list[str] = [start]
        on_path = {start}
        rest = [iter(graph[start])]
        while path:
            following = next(rest[-1], None)
            if following is None:
                done.add(path[-1])
                on_path.discard(path.pop())
                rest.pop()
            elif following in on_path:
                return [*path[path.index(following) :], following]
            elif following not in done:
                path.append(following)
                on_path.add(following)
                rest.append(iter(graph[following]))
    return []


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _meant(name: str, known: Iterable[str]) -> list[str]:
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), n=1)
    return [f"did you mean `{close[0]}`?"] if close else []
