"""Workflows made at random, and a small one that tests break in known places."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import strategies as st

from mlpc.ir import nodes
from mlpc.ir.verify import CALLS, FORMS, OPERATORS

Texts: TypeAlias = st.SearchStrategy[str]
texts: Texts = st.text(st.characters(codec="utf-8"), max_size=8)
names: Texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
Anything: TypeAlias = st.SearchStrategy[Any]
numbers: Anything = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars: Anything = st.none() | st.booleans() | numbers | texts
literals: Anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
free: Anything = st.dictionaries(texts, literals, max_size=2)


@st.composite
def bounds(draw: st.DrawFn) -> dict[str, Any]:
    low, high = sorted(draw(st.tuples(st.integers(-9, 9), st.integers(-9, 9))))
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["min"] = low
    if draw(st.booleans()):
        found["max"] = float(high)
    if low < high and draw(st.booleans()):
        found["max_open"] = True
    return found


value_types: Anything = st.recursive(
    st.builds(
        lambda base, limits: {"base": base, **limits},
        st.sampled_from(["float", "int", "duration", "size"]),
        bounds(),
    )
    | st.sampled_from(["bool", "string", "date", "datetime", "url", "path", "cron", "column"]).map(
        lambda b: {"base": b}
    )
    | st.lists(texts, min_size=1, max_size=3, unique=True).map(
        lambda choices: {"base": "enum", "choices": choices}
    ),
    lambda inner: (
        st.builds(lambda base, of: {"base": base, "of": of}, st.sampled_from(["list", "map"]), inner)
        | st.builds(
            lambda of, shape: {"base": "tensor", "of": of, "shape": shape},
            inner,
            st.lists(st.integers(1, 64), min_size=1, max_size=3),
        )
    ),
    max_leaves=3,
)

columns: Anything = st.fixed_dictionaries(
    {"name": names, "type": value_types},
    optional={
        "header": texts,
        "nullable": st.booleans(),
        "marks": st.lists(st.sampled_from(["label", "key", "time"]), max_size=2),
        "doc": texts,
    },
)
schemas: Anything = st.fixed_dictionaries(
    {"name": names, "columns": st.lists(columns, max_size=3), "rest": st.none() | value_types}
)
port_types: Anything = (
    st.builds(lambda schema: {"type": "dataset", "schema": schema}, schemas)
    | st.builds(
        lambda framework, schema, label: {
            "type": "model",
            "framework": framework,
            "schema": schema,
            "label": label,
        },
        names,
        st.none() | schemas,
        st.none() | names,
    )
    | st.sampled_from([{"type": "metrics"}, {"type": "report"}, {"type": "endpoint"}])
    | names.map(lambda format: {"type": "file", "format": format})
)


def expressions(params: list[str], tasks: list[str]) -> st.SearchStrategy[Any]:
    """Value expressions that read only what is there."""
    leaves: Anything = scalars | literals.map(lambda value: {"const": value})
    if params:
        leaves |= st.sampled_from(params).map(lambda name: {"param": name})
    if tasks:
        leaves |= st.builds(
            lambda node, name, extra: {"metric": {"node": node, "name": name, **extra}},
            st.sampled_from(tasks),
            names,
            st.just({}) | st.fixed_dictionaries({"class": names}),
        )

    def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        def operation(name: str, least: int, most: int | None) -> Anything:
            args = st.lists(inner, min_size=least, max_size=most or least + 1)
            return args.map(lambda args: {"op": name, "args": args})

        operations = [operation(name, *count) for name, count in OPERATORS.items()]
        return st.one_of(
            *operations,
            st.builds(lambda name, arg: {"call": name, "args": [arg]}, st.sampled_from(CALLS), inner),
            st.lists(inner, min_size=3, max_size=3).map(lambda parts: {"if": parts}),
            st.lists(inner, max_size=3).map(lambda parts: {"concat": parts}),
            st.builds(
                lambda value, low, high: {"op": "in", "args": [value, {"range": [low, high]}]},
                inner,
                inner,
                inner,
            ),
            st.lists(inner, max_size=3),
            st.dictionaries(names.filter(lambda name: name not in FORMS), inner, max_size=2),
        )

    return st.recursive(leaves, deeper, max_leaves=6)


@st.composite
def workflows(draw: st.DrawFn) -> nodes.Workflow:
    """A workflow in which every name leads somewhere."""
    params = draw(st.lists(names, max_size=2, unique=True))
    secrets = draw(st.lists(names, max_size=2, unique=True))
    made: list[nodes.Node] = []
    tasks: dict[str, list[str]] = {}
    for id in draw(st.lists(names, max_size=6, unique=True)):
        kind = draw(
            st.sampled_from([nodes.Task, nodes.Task, nodes.Gate, nodes.Service, nodes.FanOut, nodes.Trigger])
        )
        before = [node.id for node in made if not isinstance(node, nodes.Trigger)]
        after = tuple(draw(st.lists(st.sampled_from(before), max_size=2)) if before else ())
        labels = draw(free)
        if kind is nodes.Trigger:
            made.append(nodes.Trigger(id, draw(names), draw(names), labels))
        elif kind is nodes.FanOut:
            keys = draw(st.lists(texts, max_size=2 if before else 0, unique=True))
            members = {key: draw(st.sampled_from(before)) for key in keys}
            made.append(nodes.FanOut(id, tuple(keys), members, labels))
        elif kind is nodes.Gate:
            made.append(nodes.Gate(id, draw(conditions(params, list(tasks))), after, labels))
        else:
            made.append(draw(processes(kind, id, params, secrets, tasks, after, labels)))
    sources: Anything = (
        st.none() | st.fixed_dictionaries({"env": names}) | st.fixed_dictionaries({"file": names})
    )
    return nodes.Workflow(
        name=draw(names),
        nodes=tuple(made),
        params=tuple(nodes.Param(name, draw(value_types), draw(literals), draw(texts)) for name in params),
        secrets=tuple(
            nodes.Secret(
                name,
                draw(value_types),
                draw(sources),
            )
            for name in secrets
        ),
        environment=draw(texts),
        settings=draw(free),
        doc=draw(texts),
        labels=draw(free),
    )


@st.composite
def conditions(draw: st.DrawFn, params: list[str], tasks: list[str]) -> tuple[nodes.Condition, ...]:
    computed: Anything = expressions(params, tasks).map(lambda expr: {"op": "not", "args": [expr]})
    places: Anything = st.none() | st.just({"file": "main.mlp", "line": 3, "column": 1})
    one = st.builds(
        nodes.Condition, computed, texts, texts, st.sampled_from(["error", "warn"]), texts, places
    )
    return tuple(draw(st.lists(one, max_size=2)))


@st.composite
def processes(
    draw: st.DrawFn,
    kind: type[nodes.Task] | type[nodes.Service],
    id: str,
    params: list[str],
    secrets: list[str],
    tasks: dict[str, list[str]],
    after: tuple[str, ...],
    labels: nodes.JsonObject,
) -> nodes.Task | nodes.Service:
    def source() -> nodes.Reference | nodes.External:
        inside: bool = draw(st.booleans())
        producers = [task for task, ports in tasks.items() if ports and inside]
        if producers:
            node = draw(st.sampled_from(producers))
            return nodes.Reference(node, draw(st.sampled_from(tasks[node])))
        return nodes.External(draw(names), draw(st.booleans()), draw(port_types))

    inputs = {}
    for port in draw(st.lists(names, max_size=2, unique=True)):
        many = draw(st.booleans())
        count = draw(st.integers(0, 3)) if many else 1
        inputs[port] = nodes.Input(tuple(source() for _ in range(count)), many)
    arguments = draw(st.dictionaries(names, expressions(params, list(tasks)), max_size=2))
    if secrets:
        arguments["token"] = {"secret": draw(st.sampled_from(secrets))}
    action = draw(
        st.builds(
            nodes.Action,
            st.sampled_from(["runtime", "project", "container"]),
            names,
            texts,
            st.lists(texts, max_size=2).map(tuple),
        )
    )
    requirements = tuple(draw(st.lists(texts, max_size=2)))
    resources = draw(
        st.builds(
            nodes.Resources,
            st.none() | st.integers(1, 64) | st.floats(0.1, 64),
            st.none() | st.integers(1, 2**50),
            st.integers(0, 8),
            texts,
        )
    )
    if kind is nodes.Service:
        low, high = sorted(draw(st.tuples(st.integers(0, 9), st.integers(1, 9))))
        levels = draw(conditions(params, list(tasks)))
        return nodes.Service(
            id, action, inputs, arguments, requirements, resources, (low, high), levels, after, labels
        )
    outputs = {
        port: nodes.Output(draw(port_types)) for port in draw(st.lists(names, max_size=2, unique=True))
    }
    tasks[id] = list(outputs)
    return nodes.Task(
        id,
        action,
        inputs,
        outputs,
        arguments,
        requirements,
        resources,
        nodes.Retry(draw(st.integers(1, 20)), draw(st.integers(0, 100) | st.floats(0, 100))),
        draw(st.none() | st.integers(1, 10**6) | st.floats(0.001, 1e6)),
        draw(st.none() | st.integers()),
        after,
        draw(st.booleans()),
        labels,
    )


CELLS = {
    "type": "dataset",
    "schema": {
        "name": "Cell",
        "columns": [
            {"name": "radius_mean", "type": {"base": "float", "min": 0}},
            {"name": "malignant", "type": {"base": "bool"}, "marks": ["label"]},
        ],
        "rest": None,
    },
}


def small() -> dict[str, Any]:
    """A workflow file with one node of each kind, as JSON values."""
    action = {"kind": "runtime", "target": "mlpc_stdlib.runtime.sklearn", "function": "random_forest"}
    return {
        "version": 1,
        "name": "tumor",
        "params": [{"name": "trees", "type": {"base": "int", "min": 10, "max": 1000}, "default": 200}],
        "secrets": [{"name": "token", "type": {"base": "string"}, "source": {"env": "TOKEN"}}],
        "nodes": [
            {
                "kind": "task",
                "id": "forest",
                "action": action,
                "inputs": {
                    "data": {"sources": [{"kind": "external", "location": "cells.csv", "type": CELLS}]}
                },
                "outputs": {"model": {"type": {"type": "metrics"}}},
                "arguments": {"trees": {"param": "trees"}, "token": {"secret": "token"}},
                "timeout": 60.5,
            },
            {
                "kind": "gate",
                "id": "floor",
                "conditions": [
                    {
                        "expr": {
                            "op": ">=",
                            "args": [{"metric": {"node": "forest", "name": "recall"}}, 0.85],
                        },
                        "text": "recall >= 0.85",
                    }
                ],
            },
            {
                "kind": "service",
                "id": "api",
                "action": {**action, "function": "server"},
                "inputs": {"model": {"sources": [{"kind": "reference", "node": "forest", "port": "model"}]}},
                "after": ["floor"],
            },
            {"kind": "fan_out", "id": "each", "keys": ["eu"], "members": {"eu": "forest"}},
            {"kind": "trigger", "id": "nightly", "cron": "0 3 * * *", "timezone": "UTC"},
        ],
    }
