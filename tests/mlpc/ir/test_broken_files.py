"""What is wrong with a workflow file is said with a code, the JSON path and what would work."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mlpc.ir import models
from mlpc.ir.errors import IRError

from .workflows import small

Change = Callable[[Any], Any]


def refusals(data: bytes) -> list[str]:
    with pytest.raises(IRError) as caught:
        models.loads(data)
    return [" | ".join([f"{item.code.code} {item.message}", *item.help]) for item in caught.value.diagnostics]


def test_the_small_file_is_sound() -> None:
    assert models.loads(json.dumps(small()).encode()).name == "tumor"


# Text that is no JSON


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "MLP500 line 1, column 1: no JSON: Expecting value"),
        (
            b"{\n  nodes: []}",
            "MLP500 line 2, column 3: no JSON: Expecting property name enclosed in double quotes",
        ),
        (b'{"name": "\xff"}', "MLP500 byte 10: this is not UTF-8"),
        (b'{"version": NaN}', "MLP500 `NaN` is no number in JSON"),
        (b'{"version": -Infinity}', "MLP500 `-Infinity` is no number in JSON"),
        (b'{"version": 1e999}', "MLP500 `1e999` is too large a number"),
        (b'{"version": ' + b"9" * 5000 + b"}", "MLP500 a number of 5000 digits is too large"),
        (b'{"name": "a", "name": "b"}', "MLP500 an object has the key `name` twice"),
        (b'{"name": "\\ud800"}', "MLP500 the text '\\ud800' holds half of a character"),
        (b'{"\\ud800": 1}', "MLP500 the text '\\ud800' holds half of a character"),
        (b"[" * 100_000, "MLP500 this nests deeper than 400 levels"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "MLP500 this nests deeper than 400 levels"),
        (b"[1, 2]", "MLP502 $: an object is expected, not a list"),
    ],
)
def test_text_that_is_no_workflow(data: bytes, message: str) -> None:
    assert refusals(data) == [message]


def test_a_byte_order_mark_is_let_pass() -> None:
    assert models.loads(b"\xef\xbb\xbf" + json.dumps(small()).encode()).name == "tumor"


@pytest.mark.parametrize("version", [0, 2, "1", 1.0, True, None])
def test_another_version_is_refused_and_nothing_else_is_said(version: object) -> None:
    data = json.dumps({"version": version, "whatever": 1}).encode()
    assert refusals(data) == [
        (
            f"MLP501 $.version: this is version {json.dumps(version)} of the workflow format; "
            f"this mlpc reads version 1"
            " | compile the spec again with this mlpc"
        )
    ]


def test_a_file_without_a_version_is_refused() -> None:
    assert refusals(b"{}") == [
        "MLP501 $: `version` is missing; this mlpc reads version 1 of the workflow format"
    ]


# Files of another shape


def forest(file: Any) -> Any:
    return file["nodes"][0]


def column(file: Any) -> Any:
    return forest(file)["inputs"]["data"]["sources"][0]["type"]["schema"]["columns"][0]


COLUMN = "$.nodes[0].inputs.data.sources[0].type.schema.columns[0]"


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        (lambda f: f.pop("nodes"), ["MLP502 $: `nodes` is missing"]),
        (lambda f: f.update(nodes={}), ["MLP502 $.nodes: a list is expected, not an object"]),
        (lambda f: f.update(nmae="x"), ["MLP502 $: `nmae` is not known here | did you mean `name`?"]),
        (lambda f: f.update(name=""), ["MLP502 $.name: this must not be empty"]),
        (
            lambda f: forest(f).update(kind="tusk"),
            [
                (
                    "MLP502 $.nodes[0]: `kind` is one of `task`, `gate`, `service`, `fan_out`, "
                    "`trigger`, not `tusk`"
                    " | did you mean `task`?"
                )
            ],
        ),
        (lambda f: forest(f).pop("kind"), ["MLP502 $.nodes[0]: `kind` is missing"]),
        (lambda f: forest(f).pop("id"), ["MLP502 $.nodes[0]: `id` is missing"]),
        (
            lambda f: forest(f).update(timeuot=3),
            ["MLP502 $.nodes[0]: `timeuot` is not known here | did you mean `timeout`?"],
        ),
        (
            lambda f: forest(f).update(timeout="60"),
            ['MLP502 $.nodes[0].timeout: a number is expected, not "60"'],
        ),
        (
            lambda f: forest(f).update(timeout=0),
            ["MLP502 $.nodes[0].timeout: a number > 0 is expected, not 0"],
        ),
        (
            lambda f: forest(f).update(retry={"attempts": 0}),
            ["MLP502 $.nodes[0].retry.attempts: a number >= 1 is expected, not 0"],
        ),
        (
            lambda f: forest(f).update(seed=1.5),
            ["MLP502 $.nodes[0].seed: an integer is expected, not 1.5"],
        ),
        (
            lambda f: forest(f).update(effect="no"),
            ['MLP502 $.nodes[0].effect: true or false is expected, not "no"'],
        ),
        (
            lambda f: forest(f)["action"].update(kind="script"),
            [
                (
                    "MLP502 $.nodes[0].action.kind: one of `runtime`, `project`, `container` is "
                    'expected, not "script"'
                )
            ],
        ),
        (
            lambda f: column(f)["type"].update(base="flaot"),
            [
                (
                    f"MLP502 {COLUMN}.type: `base` is one of `float`, `int`, `duration`, `size`, "
                    f"`frequency`, `power`, "
                    "`energy`, `money`, `bool`, `string`, `date`, `datetime`, `url`, `path`, `cron`, "
                    "`column`, `enum`, "
                    "`list`, `map`, `tensor`, not `flaot` | did you mean `float`?"
                )
            ],
        ),
        (
            lambda f: column(f).update(type={"base": "list", "of": {"base": "enum", "choices": []}}),
            [f"MLP502 {COLUMN}.type.of.choices: at least 1 are expected, not 0"],
        ),
        (
            lambda f: column(f)["type"].update(max=-1),
            [f"MLP502 {COLUMN}.type: no number fits between `min` and `max`"],
        ),
        (
            lambda f: column(f).update(nulable=True),
            [f"MLP502 {COLUMN}: `nulable` is not known here | did you mean `nullable`?"],
        ),
        (
            lambda f: f["nodes"][1]["conditions"][0].update(expr=True),
            ["MLP502 $.nodes[1].conditions[0].expr: an object is expected, not true"],
        ),
        (
            lambda f: f["nodes"][2].update(replicas=[4, 1]),
            ["MLP502 $.nodes[2]: `replicas` is at least, at most, in this order"],
        ),
        (
            lambda f: f["nodes"][2].update(replicas=[1]),
            ["MLP502 $.nodes[2].replicas: at least 2 are expected, not 1"],
        ),
        (
            lambda f: f["secrets"][0].update(source={"value": "hunter2"}),
            ["MLP502 $.secrets[0].source: `value` is not known here"],
        ),
        (
            lambda f: f["secrets"][0].update(source={"env": "A", "file": "b"}),
            ["MLP502 $.secrets[0].source: either `env` or `file` is expected"],
        ),
        (
            lambda f: (f.pop("name"), forest(f).pop("id")),
            ["MLP502 $: `name` is missing", "MLP502 $.nodes[0]: `id` is missing"],
        ),
    ],
)
def test_a_file_of_another_shape(change: Change, messages: list[str]) -> None:
    file = json.loads(json.dumps(small()))
    change(file)
    assert refusals(json.dumps(file).encode()) == messages


# Names that lead nowhere, orders that cannot be kept


def trees(file: Any, value: object) -> None:
    forest(file)["arguments"]["trees"] = value


def source(file: Any, **changes: object) -> None:
    file["nodes"][2]["inputs"]["model"]["sources"][0].update(changes)


TREES = "$.nodes[0].arguments.trees"


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        (
            lambda f: f["nodes"].append(forest(f)),
            ["MLP504 $.nodes[5]: node `forest` is there already, at $.nodes[0]"],
        ),
        (
            lambda f: f["params"].append(f["params"][0]),
            ["MLP504 $.params[1]: parameter `trees` is there already, at $.params[0]"],
        ),
        (
            lambda f: f["secrets"].append(f["secrets"][0]),
            ["MLP504 $.secrets[1]: secret `token` is there already, at $.secrets[0]"],
        ),
        (
            lambda f: source(f, node="forrest"),
            [
                (
                    "MLP503 $.nodes[2].inputs.model.sources[0].node: there is no node `forrest`"
                    " | did you mean `forest`?"
                )
            ],
        ),
        (
            lambda f: source(f, node="floor"),
            ["MLP503 $.nodes[2].inputs.model.sources[0].node: `floor` is no task, it has no outputs"],
        ),
        (
            lambda f: source(f, port="modle"),
            [
                (
                    "MLP503 $.nodes[2].inputs.model.sources[0].port: there is no output of `forest` "
                    "called `modle`"
                    " | did you mean `model`?"
                )
            ],
        ),
        (
            lambda f: f["nodes"][2]["inputs"]["model"].update(sources=[]),
            [
                (
                    "MLP502 $.nodes[2].inputs.model.sources: an input that does not take many has "
                    "one source, not 0"
                )
            ],
        ),
        (
            lambda f: f["nodes"][2]["inputs"]["model"].update(
                many=True, sources=[{"kind": "reference", "node": "forest", "port": "model", "key": "eu"}] * 2
            ),
            ["MLP504 $.nodes[2].inputs.model.sources[1].key: key `eu` is there already"],
        ),
        (
            lambda f: f["nodes"][2].update(after=["flor"]),
            ["MLP503 $.nodes[2].after[0]: there is no node `flor` | did you mean `floor`?"],
        ),
        (
            lambda f: f["nodes"][2].update(after=["nightly"]),
            ["MLP503 $.nodes[2].after[0]: `nightly` is a trigger: nothing can wait for it"],
        ),
        (
            lambda f: f["nodes"][3].update(keys=["eu", "us"]),
            ["MLP503 $.nodes[3].keys: `us` is not among the members"],
        ),
        (
            lambda f: f["nodes"][3].update(members={"eu": "wood"}),
            ["MLP503 $.nodes[3].members.eu: there is no node `wood`"],
        ),
        (
            lambda f: trees(f, {"param": "tree"}),
            [f"MLP503 {TREES}.param: there is no parameter `tree` | did you mean `trees`?"],
        ),
        (
            lambda f: trees(f, [1, {"op": "+", "args": [1, {"param": "tree"}]}]),
            [f"MLP503 {TREES}[1].args[1].param: there is no parameter `tree` | did you mean `trees`?"],
        ),
        (
            lambda f: trees(f, {"secret": "tokn"}),
            [f"MLP503 {TREES}.secret: there is no secret `tokn` | did you mean `token`?"],
        ),
        (
            lambda f: trees(f, {"concat": ["Bearer ", {"secret": "token"}]}),
            [f"MLP502 {TREES}.concat[1]: a secret is an argument as a whole, never a part of one"],
        ),
        (
            lambda f: trees(f, {"metric": {"node": "woods", "name": "recall"}}),
            [f"MLP503 {TREES}.metric.node: there is no node `woods`"],
        ),
        (
            lambda f: trees(f, {"metric": {"node": "floor", "name": "recall"}}),
            [f"MLP503 {TREES}.metric.node: `floor` is no task, it measures nothing"],
        ),
        (
            lambda f: trees(f, {"metric": "recall"}),
            [
                (
                    f"MLP502 {TREES}.metric: a metric is read by the texts `node`, `name` and, for "
                    f"one class, `class`"
                )
            ],
        ),
        (
            lambda f: trees(f, {"op": "**", "args": [1, 2]}),
            [
                (
                    f"MLP502 {TREES}.op: '**' is no operator; there are `or`, `and`, `not`, `==`, "
                    f"`!=`, `<`, `<=`, `>`, "
                    "`>=`, `+`, `-`, `*`, `/`, `neg`, `in`"
                )
            ],
        ),
        (
            lambda f: trees(f, {"op": "not", "args": [1, 2]}),
            [f"MLP502 {TREES}.args: `not` takes 1, not 2"],
        ),
        (
            lambda f: trees(f, {"call": "mean", "args": [1]}),
            [f"MLP502 {TREES}.call: 'mean' is no function; there are `min`, `max`, `count`"],
        ),
        (lambda f: trees(f, {"if": [True, 1]}), [f"MLP502 {TREES}.if: it takes 3 values, not 2"]),
        (
            lambda f: trees(f, {"range": [1, 2]}),
            [f"MLP502 {TREES}: a range stands only on the right side of `in`"],
        ),
        (
            lambda f: trees(f, {"op": "+"}),
            [
                (
                    f"MLP502 {TREES}: an expression made by `op` has `args` and `op` and no other key"
                    ' | an object that is meant as a value is written {"const": …}'
                )
            ],
        ),
        (
            lambda f: f["nodes"].insert(0, f["nodes"].pop(1)),
            ["MLP506 $.nodes[0]: `floor` stands before `forest`, which it needs"],
        ),
        (
            lambda f: forest(f).update(after=["floor"]),
            ["MLP505 $.nodes[0]: these nodes wait for each other: `forest` → `floor` → `forest`"],
        ),
        (
            lambda f: f["nodes"][1].update(after=["floor"]),
            ["MLP505 $.nodes[1]: these nodes wait for each other: `floor` → `floor`"],
        ),
    ],
)
def test_names_that_lead_nowhere_and_orders_that_cannot_be_kept(change: Change, messages: list[str]) -> None:
    file = json.loads(json.dumps(small()))
    change(file)
    assert refusals(json.dumps(file).encode()) == messages


def test_a_long_chain_is_no_deep_recursion() -> None:
    action = {"kind": "project", "target": "a.py", "function": "f"}
    chain = [
        {"kind": "task", "id": f"t{n}", "action": action, "after": [f"t{n - 1}"] if n else []}
        for n in range(5000)
    ]
    assert len(models.loads(json.dumps({"version": 1, "name": "n", "nodes": chain}).encode()).nodes) == 5000
    chain[0]["after"] = ["t4999"]
    (message,) = refusals(json.dumps({"version": 1, "name": "n", "nodes": chain}).encode())
    assert message.startswith("MLP505 $.nodes[0]: these nodes wait for each other: `t0` → `t4999`")


def test_a_service_may_read_figures_of_itself() -> None:
    file = small()
    level = {"op": "<=", "args": [{"metric": {"node": "api", "name": "p95"}}, 0.05]}
    file["nodes"][2]["levels"] = [{"expr": level, "text": "p95 <= 50ms"}]
    assert models.loads(json.dumps(file).encode()).node("api").levels[0].expr == level  # type: ignore[union-attr]
