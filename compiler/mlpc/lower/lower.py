"""From the typed program to the Workflow IR: what a person described becomes what is executed."""

from __future__ import annotations

from ..check.fit import is_url
from ..check.specs import AFTER, LIVE
from ..check.values import plain
from ..ir.nodes import (
    BUILD,
    Action,
    Condition,
    External,
    FanOut,
    Figure,
    Gate,
    Input,
    Output,
    Param,
    Reference,
    Resources,
    Retry,
    Secret,
    Service,
    Task,
    Trigger,
    Workflow,
    names_read,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..check.instances import Instances
    from ..check.typed import TypedBlock, TypedCondition, TypedProgram
    from ..check.values import Value
    from ..ir.nodes import Json, JsonObject, Node
    from ..resolve.program import Program
    from ..source import Span

#: What the parameter is for that holds the time of a trigger.
_TIME = "The time for which `{}` starts the run, in UTC; of a run that it does not start, when that begins."


def lower(typed: TypedProgram) -> Workflow:
    """Return the workflow of a program without errors. Promotion edges are the passes' matter."""
    program = typed.program
    nodes: list[Node] = []
    #: Blocks that are no steps, such as a `notify`: what they say, for who reads their names in a `route`.
    told: JsonObject = {}
    for block in typed.blocks.values():
        if block.kind.runs == "trigger":
            nodes.append(_trigger(block))
            continue
        if block.kind.runs == "nothing":
            told[block.id] = {"component": _labels(block)["component"], "arguments": _arguments(block)}
            continue
        if _is_built(block):
            nodes.append(_build(block, program))
        nodes.append(_service(block) if block.kind.runs == "service" else _task(block))
        gate = _gate(block)
        if gate is not None:
            nodes.append(gate)
    built = {block.id: block for block in typed.blocks.values() if _is_built(block)}
    if built:
        _follow_builds(nodes, built)
    nodes.extend(
        _fan_out(typed, name, found)
        for name, found in typed.instances.items()
        if typed.blocks[next(map(found.id, found.keys(())))].kind.runs != "nothing"
    )
    name = program.decl.name
    labels: JsonObject = {key: value.to_json() for key, value in sorted(typed.attributes.items())}
    if told:
        labels["told"] = told
    return Workflow(
        name=name.text if name is not None and hasattr(name, "text") else "",
        nodes=tuple(nodes),
        params=(
            *(
                Param(name, type.to_json(), plain(value.value), _doc(item.decl.doc))
                for name, (item, type, value) in typed.params.items()
            ),
            *_times(typed, nodes),
        ),
        secrets=tuple(
            Secret(name, type.to_json(), source.value if source is not None else None)
            for name, (_, type, source) in typed.secrets.items()
        ),
        environment=program.environment,
        settings={
            name: {key: plain(value) for key, value in sorted(given.items())}
            for name, given in sorted(typed.settings.items())
        },
        doc=_doc(program.decl.doc),
        labels=labels,
    )


def _fan_out(typed: TypedProgram, name: str, found: Instances) -> FanOut:
    """Return the node that holds the instances of an `each` together, by key: `eu`, with two lists `eu][1`."""
    ids = [found.id(keys) for keys in found.keys(())]
    members = {id[len(name) + 1 : -1]: id for id in ids}
    labels = _labels(typed.blocks[ids[0]])
    return FanOut(name, tuple(members), members, {key: labels[key] for key in ("kind", "component", "place")})


def _doc(doc: object) -> str:
    lines = getattr(doc, "lines", ())
    return "\n".join(lines).strip()


def _place(span: Span) -> JsonObject:
    line, column = span.source.position(span.start)
    return {"file": span.source.path, "line": line, "column": column}


def _labels(block: TypedBlock) -> JsonObject:
    definition = block.definition
    node = definition.decl.type
    labels: JsonObject = {
        "kind": block.kind.name if block.choice is None else "choice",
        "component": node.name.text
        if node is not None and block.choice is None
        else block.component.name
        if block.component
        else "",
        "place": _place(block.span),
    }
    doc = _doc(definition.decl.doc)
    if doc and block.choice is None:
        labels["doc"] = doc
    if block.component is not None and block.component.outside:
        labels["outside"] = True
    if block.programs:
        labels["programs"] = list(dict.fromkeys(block.programs))
    # What the kind declares and no engine acts on travels along.
    common: JsonObject = {
        name: value.to_json()
        for name, value in sorted(block.common.items())
        if name != "timeout" and name.split(".")[0] not in ("resources", "retry")
    }
    if common:
        labels["common"] = common
    if block.kind.promotes:
        labels["promotes"] = True
    if block.kind.judges:
        labels["judges"] = True
    compared: list[Json] = [
        name
        for name, port in (block.component.inputs.items() if block.component is not None else ())
        if "compared" in port.marks and name in block.inputs
    ]
    if compared:
        # Measured beside what is judged: no gate of its own follows from that.
        labels["compared"] = compared
    when: list[Json] = [_when(c) for c in block.conditions if c.verb != "require"]
    if when:
        labels["when"] = when
    return labels


def _action(block: TypedBlock) -> Action:
    action = block.component.action if block.component is not None else None
    if action is None:
        return Action("runtime", "")
    return Action(action[0], action[1], action[2], action[3])


def _inputs(block: TypedBlock) -> dict[str, Input]:
    inputs = {
        name: Input(
            tuple(Reference(source.block, source.port, source.key) for source in sources),
            many=block.choice is not None,
        )
        for name, sources in block.inputs.items()
    }
    for name, value in block.externals.items():
        location = str(value.value)
        inputs[name] = Input((External(location, is_url(location), {"type": "file", "format": ""}),))
    component = block.component
    for name, port in component.inputs.items() if component is not None else ():
        if "judging" in port.marks:
            inputs[name] = Input((), many=True)  # filled by the promotion pass
    return inputs


def _arguments(block: TypedBlock) -> JsonObject:
    return {
        name: value.to_json()
        for name, value in sorted(block.arguments.items())
        if name not in block.untold and (value.entity is None or value.entity.what != "schema")
    }


def _figures(block: TypedBlock) -> dict[str, Figure]:
    """Return what a step measures: the rest of what the declaration says is compared once it has."""
    return {
        name: Figure(
            spec.type.to_json(), None if spec.span.source.path.startswith("std:") else _place(spec.span)
        )
        for name, spec in block.quantities.items()
        if spec.when == AFTER
    }


def _number(values: dict[str, Value], name: str) -> int | float | None:
    value = values.get(name)
    raw = value.value if value is not None and value.known else None
    return raw if isinstance(raw, int | float) else None


def _resources(block: TypedBlock) -> Resources:
    common = block.common
    cpu, memory = _number(common, "resources.cpu"), _number(common, "resources.memory")
    gpu_type = common.get("resources.gpu_type")
    return Resources(
        float(cpu) if cpu is not None else None,
        int(memory) if memory is not None else None,
        int(_number(common, "resources.gpu") or 0),
        str(gpu_type.value) if gpu_type is not None and gpu_type.known and gpu_type.value else "",
    )


def _retry(block: TypedBlock) -> Retry:
    attempts = _number(block.common, "retry.attempts")
    if attempts is None:
        return Retry()
    backoff = _number(block.common, "retry.backoff")
    return Retry(int(attempts), float(backoff if backoff is not None else _default_backoff(block)))


def _default_backoff(block: TypedBlock) -> float:
    default = block.kind.blocks["retry"].params["backoff"].default
    return float(default.value) if default is not None and default.known else 0.0


def _task(block: TypedBlock) -> Task:
    timeout = _number(block.common, "timeout")
    seed = block.arguments.get("seed")
    return Task(
        id=block.id,
        action=_action(block),
        inputs=_inputs(block),
        outputs={name: Output(type.to_json()) for name, type in block.outputs.items()},
        figures=_figures(block),
        arguments=_arguments(block),
        requirements=block.requirements,
        resources=_resources(block),
        retry=_retry(block),
        timeout=float(timeout) if timeout is not None else None,
        seed=seed.value if seed is not None and seed.known and isinstance(seed.value, int) else None,
        effect=block.kind.effect,
        labels=_labels(block),
    )


def _service(block: TypedBlock) -> Service:
    arguments = _arguments(block)
    replicas = arguments.pop("replicas", None)
    low, high = (1, 1)
    if isinstance(replicas, list) and len(replicas) == 2:
        low, high = int(str(replicas[0])), int(str(replicas[1]))
    return Service(
        id=block.id,
        action=_action(block),
        inputs=_inputs(block),
        arguments=arguments,
        requirements=block.requirements,
        resources=_resources(block),
        replicas=(low, high),
        levels=tuple(_condition(c) for c in block.conditions if c.when == LIVE and c.verb == "require"),
        labels=_labels(block),
    )


def _is_built(block: TypedBlock) -> bool:
    return block.kind.runs == "service" and block.component is not None and block.component.build is not None


def _build(block: TypedBlock, program: Program) -> Task:
    """Return the task that makes what a service serves; a gate on what it measures holds the service back."""
    component = block.component
    assert component is not None  # asked by the caller
    assert component.build is not None
    made = _task(block)
    made.id = block.id + BUILD
    made.action = Action(*component.build)
    made.requirements = tuple(dict.fromkeys(component.build_requirements))
    for name, param in component.params.items():
        if made.arguments.get(name) is None and {"name", "doc"} & set(param.marks):
            decl = program.decl
            of_pipeline = getattr(decl.name, "text", "") if "name" in param.marks else _doc(decl.doc)
            own = "" if "name" in param.marks else _doc(block.definition.decl.doc)
            made.arguments[name] = own or of_pipeline or None
        elif made.arguments.get(name) is None and "docs" in param.marks:
            docs = _docs_of_columns(block)
            made.arguments[name] = {"const": docs} if docs else None
    return made


def _docs_of_columns(block: TypedBlock) -> JsonObject:
    """Return the doc comments of the columns of what a block takes, by their names."""
    found: JsonObject = {}
    for sources in block.inputs.values():
        for schema in (source.type.schema for source in sources):
            columns = schema.columns.values() if schema is not None else ()
            found.update((column.name, column.doc) for column in columns if column.doc)
    return found


def _follow_builds(nodes: list[Node], built: dict[str, TypedBlock]) -> None:
    """Let a service take what its task made, and whatever names its outputs and figures name those of the task."""

    def figures(value: Json) -> Json:
        if isinstance(value, list):
            return [figures(item) for item in value]
        if not isinstance(value, dict) or "const" in value:
            return value
        metric = value.get("metric")
        if isinstance(metric, dict):
            block = built.get(str(metric["node"]))
            quantity = block.quantities.get(str(metric["name"])) if block is not None else None
            if quantity is None or quantity.when != AFTER:
                return value
            return {"metric": {**metric, "node": str(metric["node"]) + BUILD}}
        return {name: figures(item) for name, item in value.items()}

    def source(given: Reference | External) -> Reference | External:
        if isinstance(given, Reference) and given.node in built:
            return Reference(given.node + BUILD, given.port, given.key)
        return given

    for node in nodes:
        if isinstance(node, Gate):
            if node.labels["of"] in built:
                node.labels = {**node.labels, "of": f"{node.labels['of']}{BUILD}"}
            for condition in node.conditions:
                condition.expr = _object(figures(condition.expr))
        if isinstance(node, Task | Service):
            node.arguments = {name: figures(value) for name, value in node.arguments.items()}
            node.inputs = {
                name: Input(tuple(map(source, port.sources)), many=port.many)
                for name, port in node.inputs.items()
            }
        if isinstance(node, Service) and node.id in built:
            # It serves what was made, and nothing else.
            node.inputs = {
                name: Input((Reference(node.id + BUILD, name),)) for name in built[node.id].outputs
            }


def _gate(block: TypedBlock) -> Gate | None:
    conditions = [c for c in block.conditions if c.when != LIVE and c.verb == "require"]
    if not conditions:
        return None
    labels: JsonObject = {
        "kind": "gate",
        "of": block.id,
        "judges": block.kind.judges,
        "place": _place(block.span),
    }
    return Gate(id=f"{block.id}.gate", conditions=tuple(_condition(c) for c in conditions), labels=labels)


def _when(condition: TypedCondition) -> JsonObject:
    """Return `alert when … { … }` and the like: what to do, when, and with what settings."""
    made: JsonObject = {
        "verb": condition.verb,
        "expr": _object(condition.expr),
        "text": condition.text,
        "settings": {name: plain(value) for name, value in sorted(condition.settings.items())},
        "place": _place(condition.span),
    }
    if condition.name:
        made["name"] = condition.name
    if condition.nested:
        made["block"] = condition.nested
    return made


def _condition(condition: TypedCondition) -> Condition:
    return Condition(
        expr=_object(condition.expr),
        text=condition.text,
        name=condition.name,
        severity=condition.severity,
        message=condition.message,
        place=_place(condition.span),
    )


def _object(expr: Json) -> JsonObject:
    return expr if isinstance(expr, dict) else {"const": expr}


def _times(typed: TypedProgram, nodes: list[Node]) -> list[Param]:
    """Return the parameters that hold the times of triggers, as far as something reads them."""
    found = [
        Param(f"{block.id}.{name}", type.to_json(), None, _TIME.format(block.id), block.id)
        for block in typed.blocks.values()
        if block.kind.runs == "trigger"
        for name, type in block.outputs.items()
    ]
    read: set[str] = set()
    for node in nodes if found else ():
        expressions: list[Json] = [node.labels.get("when")]
        if isinstance(node, Task | Service):
            expressions += node.arguments.values()
        if isinstance(node, Gate | Service):
            conditions = node.conditions if isinstance(node, Gate) else node.levels
            expressions += [condition.expr for condition in conditions]
        read.update(names_read(expressions, "param"))
    return [param for param in found if param.name in read]


def _trigger(block: TypedBlock) -> Trigger:
    cron, timezone = block.arguments.get("cron"), block.arguments.get("timezone")
    return Trigger(
        id=block.id,
        cron=str(cron.value) if cron is not None else "",
        timezone=str(timezone.value) if timezone is not None else "UTC",
        labels=_labels(block),
    )
