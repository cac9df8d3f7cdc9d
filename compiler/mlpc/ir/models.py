"""Reads workflows that come from outside, and publishes their JSON Schema.

The models are strict: no key that is not known, no text where a number is meant. They only judge; the nodes
are built from the values as they were written, so that what was read is written again byte for byte.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, NoReturn, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from ..codes import MALFORMED_WORKFLOW, OTHER_IR_VERSION, UNREADABLE_WORKFLOW, Code
from ..diagnostics import Diagnostic
from . import nodes, verify
from .errors import IRError

#: What a file may nest; deeper ones are refused before they can exhaust the stack.
MAX_DEPTH = 400

Name: TypeAlias = Annotated[str, Field(min_length=1)]

_VALUE_SCHEMA: dict[str, Any] = {
    "title": "Expression",
    "description": "A JSON value in which objects with one of the keys below are computed.",
    "anyOf": [
        {"type": ["null", "boolean", "number", "string"]},
        {"type": "array", "items": {"$ref": "#/$defs/Expression"}},
        {
            "type": "object",
            "propertyNames": {"not": {"enum": list(verify.FORMS)}},
            "additionalProperties": {"$ref": "#/$defs/Expression"},
        },
        {"$ref": "#/$defs/Computed"},
    ],
}


def _form(**members: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def _expressions(least: int, most: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "array", "items": {"$ref": "#/$defs/Expression"}, "minItems": least}
    if most is not None:
        found["maxItems"] = most
    return found


_TEXT = {"type": "string", "minLength": 1}
_COMPUTED_SCHEMA: dict[str, Any] = {
    "title": "Computed",
    "description": "A value that is known when the figures are.",
    "oneOf": [
        _form(
            checked={"$ref": "#/$defs/Expression"},
            type={"type": "object"},
            what=_TEXT,
            text=_TEXT,
            place={"type": "object"},
        ),
        _form(const={}),
        _form(param=_TEXT),
        _form(secret=_TEXT),
        _form(metric=_form(node=_TEXT, name=_TEXT)),
        _form(metric=_form(node=_TEXT, name=_TEXT, **{"class": _TEXT})),
        *(_form(op={"const": name}, args=_expressions(*count)) for name, count in verify.OPERATORS.items()),
        _form(call={"enum": list(verify.CALLS)}, args=_expressions(1)),
        _form(**{"if": _expressions(3, 3)}),
        _form(range=_expressions(2, 2)),
        _form(concat=_expressions(0)),
        _form(otherwise=_expressions(2, 2)),
    ],
}

#: An expression: its form is judged by :mod:`mlpc.ir.verify`, which does not recurse.
Expression: TypeAlias = Annotated[Any, WithJsonSchema({"defined": "Expression"})]
Computed: TypeAlias = Annotated[dict[str, Any], WithJsonSchema({"defined": "Computed"})]
Free: TypeAlias = dict[str, Any]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)


# Types of values


class NumberType(_Model):
    """Numbers; those with a unit are in SI base units, money in its own."""

    base: Literal["float", "int", "duration", "size", "frequency", "power", "energy", "money"]
    min: float | None = None
    max: float | None = None
    min_open: bool = False
    max_open: bool = False
    unit: str | None = None
    """The currency of money."""

    @model_validator(mode="after")
    def _some_number_fits(self) -> NumberType:
        if self.min is None or self.max is None:
            return self
        if self.min > self.max or (self.min == self.max and (self.min_open or self.max_open)):
            raise PydanticCustomError("empty_range", "no number fits between `min` and `max`")
        return self


class PlainType(_Model):
    """Values of which nothing but their kind is known."""

    base: Literal["bool", "string", "date", "datetime", "url", "path", "cron", "column"]


class EnumType(_Model):
    """One of a few texts."""

    base: Literal["enum"]
    choices: Annotated[list[str], Field(min_length=1)]


class ListType(_Model):
    """A list, or a map from texts."""

    base: Literal["list", "map"]
    of: ValueType


class TensorType(_Model):
    """An array of numbers."""

    base: Literal["tensor"]
    of: ValueType
    shape: Annotated[list[Annotated[int, Field(gt=0)]], Field(min_length=1)]


ValueType: TypeAlias = Annotated[
    NumberType | PlainType | EnumType | ListType | TensorType, Field(discriminator="base")
]


# Types of ports


class Column(_Model):
    """One column of a schema."""

    name: Name
    type: ValueType
    header: str | None = None
    """What the column is called in the data, where that is not its name."""
    nullable: bool = False
    marks: list[str] = []
    doc: str = ""


class Schema(_Model):
    """The columns of a table; ``rest`` is the type of those that it does not name."""

    name: str
    columns: list[Column]
    rest: ValueType | None


class Changes(_Model):
    """Columns of an output that those of ``input`` lack, columns of the input that it lacks, and new names by old."""

    input: Name
    adds: list[str]
    drops: list[str]
    renames: dict[str, str]


class DatasetType(_Model):
    """A table."""

    type: Literal["dataset"]
    schema_: Annotated[Schema, Field(alias="schema")]
    changes: Changes | None = None
    """What the step that makes it does to the columns of one of its inputs, where its component says so."""


class ModelType(_Model):
    """A trained model."""

    type: Literal["model"]
    framework: Name
    schema_: Annotated[Schema | None, Field(alias="schema")]
    label: str | None
    optional: bool = False
    """Whether there may be none: its directory says so then."""


class OtherType(_Model):
    """Metrics, a report, the address of a service."""

    type: Literal["metrics", "report", "endpoint"]


class FileType(_Model):
    """A file of a named format."""

    type: Literal["file"]
    format: str


PortType: TypeAlias = Annotated[DatasetType | ModelType | OtherType | FileType, Field(discriminator="type")]


# Nodes


class Param(_Model):
    """A parameter that can be given when the pipeline is started."""

    name: Name
    type: ValueType
    default: Any = None
    doc: str = ""
    trigger: str = ""


class SecretSource(_Model):
    """Where a secret comes from: an environment variable, or a file that holds the value and nothing else."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    env: Name = ""
    file: Name = ""

    @model_validator(mode="after")
    def _one(self) -> SecretSource:
        if bool(self.env) == bool(self.file):
            raise PydanticCustomError("one_source", "either `env` or `file` is expected")
        return self


class Secret(_Model):
    """A secret by name, never by value."""

    name: Name
    type: ValueType
    source: SecretSource | None = None


class Reference(_Model):
    """The output of a task."""

    kind: Literal["reference"]
    node: Name
    port: Name
    key: str = ""
    """Names the instance where an input takes many."""


class External(_Model):
    """Data from outside: a path relative to the project, or a URL."""

    kind: Literal["external"]
    location: Name
    url: bool = False
    type: PortType


class Input(_Model):
    """One source, or with ``many`` a keyed list of them."""

    sources: list[Annotated[Reference | External, Field(discriminator="kind")]]
    many: bool = False


class Output(_Model):
    """A typed output."""

    type: PortType


class Action(_Model):
    """What is executed: a function of the step runtime, a function of the project, or a container image."""

    kind: Literal["runtime", "project", "container"]
    target: Name
    function: str = ""
    command: list[str] = []


class Resources(_Model):
    """What a node asks for: cores, bytes, GPUs."""

    cpu: Annotated[float, Field(gt=0)] | None = None
    memory: Annotated[int, Field(gt=0)] | None = None
    gpu: Annotated[int, Field(ge=0)] = 0
    gpu_type: str = ""


class Retry(_Model):
    """Attempts in all; seconds before the second, doubled after each."""

    attempts: Annotated[int, Field(ge=1)] = 1
    backoff: Annotated[float, Field(ge=0)] = 0.0


class Place(_Model):
    """A place in the spec."""

    file: str
    line: Annotated[int, Field(ge=1)]
    column: Annotated[int, Field(ge=1)]


class Figure(_Model):
    """A figure that a task measures, and what its component declares of it."""

    type: NumberType
    place: Place | None = None


class Condition(_Model):
    """One thing that has to hold; a ``warn`` blocks nothing."""

    expr: Computed
    text: str
    name: str = ""
    severity: Literal["error", "warn"] = "error"
    message: str = ""
    place: Place | None = None


class Task(_Model):
    """A process that runs to completion."""

    kind: Literal["task"]
    id: Name
    action: Action
    inputs: dict[str, Input] = {}
    outputs: dict[str, Output] = {}
    figures: dict[str, Figure] = {}
    """Those that are not what their types say are a failure of the step."""
    arguments: dict[str, Expression] = {}
    requirements: list[str] = []
    resources: Resources = Resources()
    retry: Retry = Retry()
    timeout: Annotated[float, Field(gt=0)] | None = None
    """Seconds."""
    seed: int | None = None
    after: list[str] = []
    """Nodes that must be done first; a gate: passed."""
    effect: bool = False
    """Whether it changes something outside."""
    labels: Free = {}


class Gate(_Model):
    """Judges figures that tasks measured."""

    kind: Literal["gate"]
    id: Name
    conditions: list[Condition]
    after: list[str] = []
    labels: Free = {}


class Service(_Model):
    """A process that stays up and answers requests."""

    kind: Literal["service"]
    id: Name
    action: Action
    inputs: dict[str, Input] = {}
    arguments: dict[str, Expression] = {}
    requirements: list[str] = []
    resources: Resources = Resources()
    replicas: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)] = [1, 1]
    """At least, at most."""
    levels: list[Condition] = []
    after: list[str] = []
    labels: Free = {}

    @model_validator(mode="after")
    def _at_least_at_most(self) -> Service:
        if self.replicas[0] > self.replicas[1] or self.replicas[1] < 1:
            raise PydanticCustomError("replicas", "`replicas` is at least, at most, in this order")
        return self


class FanOut(_Model):
    """The instances that one ``each`` made: node id by key."""

    kind: Literal["fan_out"]
    id: Name
    keys: list[str]
    members: dict[str, str]
    labels: Free = {}


class Trigger(_Model):
    """Starts the workflow by the clock."""

    kind: Literal["trigger"]
    id: Name
    cron: Name
    timezone: Name
    labels: Free = {}


class Workflow(_Model):
    """A compiled pipeline. Nodes stand in an order in which each follows what it needs."""

    version: Literal[1]
    name: Name
    doc: str = ""
    environment: str = ""
    labels: Free = {}
    settings: Free = {}
    params: list[Param] = []
    secrets: list[Secret] = []
    nodes: list[Annotated[Task | Gate | Service | FanOut | Trigger, Field(discriminator="kind")]]


for _recursive in (ListType, TensorType):
    _recursive.model_rebuild()


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a workflow file."""
    schema = Workflow.model_json_schema(by_alias=True)
    definitions = _referring(schema.pop("$defs"))
    definitions.update(Expression=_VALUE_SCHEMA, Computed=_COMPUTED_SCHEMA)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "mlpc workflow",
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def _referring(value: Any) -> Any:
    """Replace each mention of a schema of ours by the reference that pydantic cannot know."""
    if isinstance(value, dict):
        if "defined" in value:
            return {"$ref": f"#/$defs/{value['defined']}"}
        return {key: _referring(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_referring(item) for item in value]
    return value


# Reading


def loads(data: bytes) -> nodes.Workflow:
    """Read a workflow from its JSON form, canonical or not.

    Raises:
        IRError: ``data`` is no workflow; all that is wrong is told at once, each with its JSON path.
    """
    value = _parse(data)
    version = value.get("version")
    if version != nodes.VERSION or type(version) is not int:
        _refuse_version(version, present="version" in value)
    try:
        Workflow.model_validate(value)
    except ValidationError as error:
        raise IRError([_diagnostic(value, item) for item in error.errors(include_url=False)]) from None
    workflow = _workflow(value)
    found = verify.problems(workflow)
    if found:
        raise IRError(found)
    return workflow


def _refuse(code: Code, message: str, *help: str) -> NoReturn:
    raise IRError([Diagnostic(code, message, help=help)])


def _refuse_version(version: object, *, present: bool) -> NoReturn:
    if not present:
        _refuse(OTHER_IR_VERSION, "$: `version` is missing; this mlpc reads version 1 of the workflow format")
    _refuse(
        OTHER_IR_VERSION,
        f"$.version: this is version {json.dumps(version)} of the workflow format; this mlpc reads version 1",
        "compile the spec again with this mlpc",
    )


def _parse(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(UNREADABLE_WORKFLOW, f"byte {error.start}: this is not UTF-8")
    try:
        value = json.loads(
            text, parse_constant=_constant, parse_float=_float, parse_int=_int, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        _refuse(UNREADABLE_WORKFLOW, f"line {error.lineno}, column {error.colno}: no JSON: {error.msg}")
    except RecursionError:
        _refuse(UNREADABLE_WORKFLOW, f"this nests deeper than {MAX_DEPTH} levels")
    if not isinstance(value, dict):
        _refuse(MALFORMED_WORKFLOW, f"$: an object is expected, not {_shown(value)}")
    _bounded(value, look_at_text="\\u" in text)
    return value


def _constant(name: str) -> NoReturn:
    _refuse(UNREADABLE_WORKFLOW, f"`{name}` is no number in JSON")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _refuse(UNREADABLE_WORKFLOW, f"`{text}` is too large a number")
    return number


def _int(text: str) -> int:
    if len(text) > 1000:
        _refuse(UNREADABLE_WORKFLOW, f"a number of {len(text)} digits is too large")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                _refuse(UNREADABLE_WORKFLOW, f"an object has the key `{key}` twice")
            seen.add(key)
    return found


def _bounded(value: Any, *, look_at_text: bool) -> None:
    """Refuse what nests too deep, and texts that cannot be written as UTF-8."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            _refuse(UNREADABLE_WORKFLOW, f"this nests deeper than {MAX_DEPTH} levels")
        inside: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inside.extend(item.values())
                if look_at_text:
                    inside.extend(item)
            elif isinstance(item, list):
                inside.extend(item)
            elif look_at_text and isinstance(item, str) and not _encodable(item):
                _refuse(UNREADABLE_WORKFLOW, f"the text {item!a} holds half of a character")
        level = inside


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_EXPECTED = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "none_required": "null",
}


def _diagnostic(root: Any, error: ErrorDetails) -> Diagnostic:
    path, last = _path(root, error["loc"], error["type"])
    kind, context = error["type"], error.get("ctx", {})
    given = error["input"]
    help: list[str] = []
    if kind == "missing":
        message = f"`{last}` is missing"
    elif kind == "extra_forbidden":
        message = f"`{last}` is not known here"
        help = _did_you_mean(str(last), _known(error["loc"]))
    elif kind == "union_tag_not_found":
        message = f"{context['discriminator']} is missing".replace("'", "`")
    elif kind == "union_tag_invalid":
        tag = str(context["tag"])
        tags = str(context["expected_tags"]).replace("'", "").split(", ")
        message = f"{context['discriminator']} is one of ".replace("'", "`")
        message += ", ".join(f"`{name}`" for name in tags) + f", not `{tag}`"
        help = _did_you_mean(tag, tags)
    elif kind == "literal_error":
        expected = str(context["expected"]).replace("'", "`").replace(" or ", ", ")
        message = f"one of {expected} is expected, not {_shown(given)}"
    elif kind in _EXPECTED:
        message = f"{_EXPECTED[kind]} is expected, not {_shown(given)}"
    elif kind == "string_too_short":
        message = "this must not be empty"
    elif kind in ("greater_than", "greater_than_equal"):
        bound = context.get("gt", context.get("ge"))
        sign = ">" if kind == "greater_than" else ">="
        message = f"a number {sign} {bound:g} is expected, not {_shown(given)}"
    elif kind in ("too_short", "too_long"):
        bound = context.get("min_length", context.get("max_length"))
        sign = "at least" if kind == "too_short" else "at most"
        message = f"{sign} {bound} are expected, not {context['actual_length']}"
    else:
        message = error["msg"]
    return Diagnostic(MALFORMED_WORKFLOW, f"{path}: {message}", help=help)


def _path(root: Any, loc: tuple[int | str, ...], kind: str) -> tuple[str, int | str]:
    """Return the JSON path and the last step of ``loc``; tags of unions in it are no steps of the path."""
    path, here, last = "$", root, ""
    final = len(loc) - 1
    missing = kind in ("missing", "extra_forbidden")
    for number, step in enumerate(loc):
        if number == final and missing:
            return path, step
        if (isinstance(here, dict) and step in here) or (isinstance(here, list) and isinstance(step, int)):
            path += f"[{step}]" if isinstance(step, int) else f".{step}"
            here = here[step]  # type: ignore[index]
            last = str(step)
    return path, last


def _known(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the object at ``loc`` may have."""
    model: type[BaseModel] = Workflow
    by_name: dict[str, type[BaseModel]] = {
        "params": Param,
        "secrets": Secret,
        "source": SecretSource,
        "action": Action,
        "inputs": Input,
        "outputs": Output,
        "resources": Resources,
        "retry": Retry,
        "conditions": Condition,
        "levels": Condition,
        "place": Place,
        "columns": Column,
        "schema": Schema,
        "task": Task,
        "gate": Gate,
        "service": Service,
        "fan_out": FanOut,
        "trigger": Trigger,
        "reference": Reference,
        "external": External,
        "dataset": DatasetType,
        "changes": Changes,
        "model": ModelType,
        "file": FileType,
        "enum": EnumType,
        "tensor": TensorType,
        **dict.fromkeys(("float", "int", "duration", "size", "frequency", "power", "energy"), NumberType),
    }
    for step in loc[:-1]:
        model = by_name.get(str(step), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _did_you_mean(name: str, known: list[str]) -> list[str]:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    return [f"did you mean `{close[0]}`?"] if close else []


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


# From JSON that the models accept to nodes


def _workflow(value: dict[str, Any]) -> nodes.Workflow:
    return nodes.Workflow(
        name=value["name"],
        nodes=tuple(_BUILD[node["kind"]](node) for node in value["nodes"]),
        params=tuple(
            nodes.Param(
                item["name"], item["type"], item.get("default"), item.get("doc", ""), item.get("trigger", "")
            )
            for item in value.get("params", ())
        ),
        secrets=tuple(
            nodes.Secret(item["name"], item["type"], item.get("source")) for item in value.get("secrets", ())
        ),
        environment=value.get("environment", ""),
        settings=value.get("settings", {}),
        doc=value.get("doc", ""),
        labels=value.get("labels", {}),
        version=value["version"],
    )


def _action(value: dict[str, Any]) -> nodes.Action:
    return nodes.Action(
        value["kind"], value["target"], value.get("function", ""), tuple(value.get("command", ()))
    )


def _source(value: dict[str, Any]) -> nodes.Reference | nodes.External:
    if value["kind"] == "external":
        return nodes.External(value["location"], value.get("url", False), value["type"])
    return nodes.Reference(value["node"], value["port"], value.get("key", ""))


def _inputs(value: dict[str, Any]) -> dict[str, nodes.Input]:
    return {
        name: nodes.Input(tuple(_source(source) for source in port["sources"]), port.get("many", False))
        for name, port in value.get("inputs", {}).items()
    }


def _resources(value: dict[str, Any]) -> nodes.Resources:
    return nodes.Resources(**value.get("resources", {}))


def _conditions(values: list[dict[str, Any]]) -> tuple[nodes.Condition, ...]:
    return tuple(nodes.Condition(**value) for value in values)


def _task(value: dict[str, Any]) -> nodes.Task:
    return nodes.Task(
        id=value["id"],
        action=_action(value["action"]),
        inputs=_inputs(value),
        outputs={name: nodes.Output(port["type"]) for name, port in value.get("outputs", {}).items()},
        arguments=value.get("arguments", {}),
        requirements=tuple(value.get("requirements", ())),
        resources=_resources(value),
        retry=nodes.Retry(**value.get("retry", {})),
        timeout=value.get("timeout"),
        seed=value.get("seed"),
        after=tuple(value.get("after", ())),
        effect=value.get("effect", False),
        labels=value.get("labels", {}),
        figures={name: nodes.Figure(**each) for name, each in value.get("figures", {}).items()},
    )


def _gate(value: dict[str, Any]) -> nodes.Gate:
    return nodes.Gate(
        value["id"],
        _conditions(value["conditions"]),
        tuple(value.get("after", ())),
        value.get("labels", {}),
    )


def _service(value: dict[str, Any]) -> nodes.Service:
    low, high = value.get("replicas", (1, 1))
    return nodes.Service(
        id=value["id"],
        action=_action(value["action"]),
        inputs=_inputs(value),
        arguments=value.get("arguments", {}),
        requirements=tuple(value.get("requirements", ())),
        resources=_resources(value),
        replicas=(low, high),
        levels=_conditions(value.get("levels", [])),
        after=tuple(value.get("after", ())),
        labels=value.get("labels", {}),
    )


def _fan_out(value: dict[str, Any]) -> nodes.FanOut:
    return nodes.FanOut(value["id"], tuple(value["keys"]), value["members"], value.get("labels", {}))


def _trigger(value: dict[str, Any]) -> nodes.Trigger:
    return nodes.Trigger(value["id"], value["cron"], value["timezone"], value.get("labels", {}))


_BUILD: dict[str, Callable[[dict[str, Any]], nodes.Node]] = {
    "task": _task,
    "gate": _gate,
    "service": _service,
    "fan_out": _fan_out,
    "trigger": _trigger,
}
