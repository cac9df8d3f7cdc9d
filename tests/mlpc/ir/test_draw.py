"""Workflows as pictures: what a person sees on the terminal, and what Mermaid and Graphviz are given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pydot
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc.ir import draw
from mlpc.ir.nodes import (
    Action,
    Condition,
    External,
    FanOut,
    Gate,
    Input,
    Reference,
    Service,
    Task,
    Trigger,
    Workflow,
)

if TYPE_CHECKING:
    from mlpc.ir.nodes import Node

# pydot calls its parser library by older names.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")

RUNTIME = Action("runtime", "mlpc_stdlib.runtime.anything", "anything")


def reads(*nodes: str) -> dict[str, Input]:
    """Input ports that receive the output of each of `nodes`."""
    return {f"port_{node}": Input((Reference(node, "out"),)) for node in nodes}


def task(
    id: str, role: str, inputs: dict[str, Input], after: tuple[str, ...] = (), effect: bool = False
) -> Task:
    """A task of the block `id`, with `role` as in `train: sklearn.random_forest`."""
    kind, _, component = role.partition(": ")
    return Task(
        id, RUNTIME, inputs, {}, {}, after=after, effect=effect, labels={"kind": kind, "component": component}
    )


def measured(node: str, metric: str, bound: str) -> Condition:
    """A condition on a figure that `node` measures."""
    expr: Any = {"op": ">=", "args": [{"metric": {"node": node, "name": metric}}, float(bound)]}
    return Condition(expr, f"{metric} >= {bound}")


TUMOR = Workflow(
    "tumor",
    (
        Trigger("nightly", "0 3 * * *", "Europe/Berlin"),
        task("cells", "data: csv", {"file": Input((External("data/cells.csv", False, {}),))}),
        task("parts", "split: random", reads("cells")),
        task("forest", "train: sklearn.random_forest", reads("parts")),
        task("quality", "evaluate: classification", reads("forest", "parts")),
        Gate("quality.gate", (measured("quality", "accuracy", "0.92"), measured("quality", "auc", "0.97"))),
        task("catalog", "register: mlflow", reads("forest"), after=("quality.gate",), effect=True),
        task("portable", "export: onnx", reads("forest"), after=("quality.gate",)),
        Gate("portable.parity", (measured("portable", "agree", "0.999"),)),
        Service(
            "api",
            RUNTIME,
            reads("portable"),
            {},
            levels=(Condition({"const": {}}, "p95 <= 50ms"),),
            after=("portable.parity",),
            labels={"kind": "deploy", "component": "server"},
        ),
    ),
)


def test_a_tree_shows_what_each_gate_blocks() -> None:
    assert (
        draw.tree(TUMOR)
        == """\
tumor
◷ nightly · 0 3 * * * Europe/Berlin
└─ ○ cells · data: csv · reads data/cells.csv
   └─ ○ parts · split: random
      └─ ○ forest · train: sklearn.random_forest
         └─ ○ quality · evaluate: classification
            └─ ◆ quality.gate · gate · blocks catalog, portable
               │  require accuracy >= 0.92
               │  require auc >= 0.97
               ├─ ▲ catalog · register: mlflow
               └─ ○ portable · export: onnx
                  └─ ◆ portable.parity · gate · blocks api
                     │  require agree >= 0.999
                     └─ ▲ api · deploy: server
                           keeps p95 <= 50ms

◆ gate: what it blocks runs only if it passes   ▲ promotes
"""
    )


def test_what_two_gates_block_hangs_below_the_last_and_names_the_other() -> None:
    model = task("model", "train: x", {})
    gates = [Gate(f"gate{n}", (measured("model", "auc", "0.9"),)) for n in (1, 2)]
    api = Service("api", RUNTIME, reads("model"), {}, after=("gate1", "gate2"))
    assert (
        draw.tree(Workflow("two", (model, *gates, api)))
        == """\
two
└─ ○ model · train: x
   ├─ ◆ gate1 · gate · blocks api
   │     require auc >= 0.9
   └─ ◆ gate2 · gate · blocks api
      │  require auc >= 0.9
      └─ ▲ api · service · also after gate1

◆ gate: what it blocks runs only if it passes   ▲ promotes
"""
    )


def test_a_tree_for_a_terminal_that_knows_ascii_only() -> None:
    picture = draw.tree(TUMOR, ascii=True)
    assert picture.isascii()
    assert "`- ? quality.gate - gate - blocks catalog, portable\n" in picture
    assert "|- ^ catalog - register: mlflow\n" in picture


def test_a_task_whose_kind_promotes_is_marked_though_it_changes_nothing_outside() -> None:
    page = Task("page", RUNTIME, {}, {}, {}, labels={"kind": "deploy", "component": "web", "promotes": True})
    assert "▲ page · deploy: web" in draw.tree(Workflow("w", (page,)))


def test_several_roots_and_a_node_of_no_kind() -> None:
    workflow = Workflow(
        "two", (task("left", "", {}), task("right", "", {}), task("both", "", reads("left", "right")))
    )
    assert (
        draw.tree(workflow)
        == """\
two
├─ ○ left · task
└─ ○ right · task
   └─ ○ both · task · also after left
"""
    )


def test_the_environment_stands_in_the_heading() -> None:
    assert draw.tree(Workflow("tumor", (), environment="ci")) == "tumor (env ci)\n"


def test_a_condition_over_several_lines_is_one_line_here() -> None:
    gate = Gate("g", (Condition({"const": {}}, "a\n    and b", name="floor", severity="warn"),))
    assert "require floor: a and b (warns only)" in draw.tree(Workflow("w", (gate,)))


def test_a_deep_tree_goes_on_at_the_margin() -> None:
    chain = [task("step0", "", {})]
    chain += [task(f"step{n}", "", reads(f"step{n - 1}")) for n in range(1, 2_000)]
    lines = draw.tree(Workflow("long", tuple(chain))).splitlines()
    assert max(map(len, lines)) < 100
    drawn = [line for line in lines if line.endswith(("task", "task (goes on below)"))]
    assert len(drawn) == 2_000
    below = [line.split()[2] for line in lines if line.endswith("(goes on below)")]
    again = [line.split()[2] for line in lines if line.endswith("(goes on)")]
    assert below == again
    assert len(below) > 100


def test_mermaid() -> None:
    assert (
        draw.mermaid(TUMOR)
        == """\
flowchart TD
  n0(("nightly<br/>schedule<br/>0 3 * * * Europe/Berlin"))
  n1["cells<br/>data#58; csv"]
  n2["parts<br/>split#58; random"]
  n3["forest<br/>train#58; sklearn.random_forest"]
  n4["quality<br/>evaluate#58; classification"]
  n5{{"quality.gate<br/>gate<br/>require accuracy #62;= 0.92<br/>require auc #62;= 0.97"}}
  n6["catalog<br/>register#58; mlflow"]
  n7["portable<br/>export#58; onnx"]
  n8{{"portable.parity<br/>gate<br/>require agree #62;= 0.999"}}
  n9(["api<br/>deploy#58; server<br/>keeps p95 #60;= 50ms"])
  x0[("data/cells.csv")]
  x0 --> n1
  n0 -.-> n1
  n1 --> n2
  n2 --> n3
  n3 --> n4
  n2 --> n4
  n4 --> n5
  n3 --> n6
  n5 ==> n6
  n3 --> n7
  n5 ==> n7
  n7 --> n8
  n7 --> n9
  n8 ==> n9
  classDef gate stroke-width:3px
  classDef promotes stroke-dasharray:6 3
  class n5,n8 gate
  class n6,n9 promotes
"""
    )


REGIONS = Workflow(
    "regions",
    (
        task("model[eu]", "train: my_trainer", {}),
        task("model[us]", "train: my_trainer", {}),
        FanOut("model", ("eu", "us"), {"eu": "model[eu]", "us": "model[us]"}),
        task("best", "register: mlflow", reads("model"), effect=True),
    ),
)


def test_the_instances_of_an_each_stand_in_one_frame() -> None:
    assert (
        draw.mermaid(REGIONS)
        == """\
flowchart TD
  n2["best<br/>register#58; mlflow"]
  subgraph f0["model"]
    n0["model#91;eu#93;<br/>train#58; my_trainer"]
    n1["model#91;us#93;<br/>train#58; my_trainer"]
  end
  n0 --> n2
  n1 --> n2
  classDef gate stroke-width:3px
  classDef promotes stroke-dasharray:6 3
  class n2 promotes
"""
    )
    (cluster,) = parsed(REGIONS).get_subgraphs()
    assert str(cluster.get("label")) == '"model"'
    assert [str(node.get("label")) for node in cluster.get_nodes()] == [
        '"model[eu]\\ntrain: my_trainer"',
        '"model[us]\\ntrain: my_trainer"',
    ]


def parsed(workflow: Workflow) -> pydot.Dot:
    """The DOT of `workflow` as a reader that is not ours understands it."""
    graphs = pydot.graph_from_dot_data(draw.dot(workflow))
    assert graphs is not None
    (graph,) = graphs
    return graph


def nodes_of(graph: pydot.Graph) -> dict[str, str]:
    """Label by name of all nodes, frames included; escapes resolved as Graphviz does."""
    found = {
        node.get_name(): re.sub(
            r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], str(node.get("label"))[1:-1]
        )
        for node in graph.get_nodes()
        if node.get_name() != "node"
    }
    for inner in graph.get_subgraphs():
        found |= nodes_of(inner)
    return found


def test_dot_read_back() -> None:
    graph = parsed(TUMOR)
    assert graph.get_name() == '"tumor"'
    named = {key: label.split("\n")[0] for key, label in nodes_of(graph).items()}
    edges = {
        (named[str(edge.get_source())], named[str(edge.get_destination())]): edge.get("style")
        for edge in graph.get_edges()
    }
    assert edges == {
        ("data/cells.csv", "cells"): None,
        ("nightly", "cells"): "dashed",
        ("cells", "parts"): None,
        ("parts", "forest"): None,
        ("forest", "quality"): None,
        ("parts", "quality"): None,
        ("quality", "quality.gate"): None,
        ("forest", "catalog"): None,
        ("quality.gate", "catalog"): "bold",
        ("forest", "portable"): None,
        ("quality.gate", "portable"): "bold",
        ("portable", "portable.parity"): None,
        ("portable", "api"): None,
        ("portable.parity", "api"): "bold",
    }


HOSTILE = [
    'a"]; evil -> n0; x["',
    "back\\slash\\",
    '\\"',
    "</text><script>alert(1)</script>",
    "`code` %% comment %%{init: {}}%%",
    "#quot; &amp; #35;",
    "style x:#f00;",
    "end\nsubgraph x\n",
    "\x1b[31mred\x1b[0m",
    "\u202eright to left\u202c",
    "\r\n\t\0",
    "{{}}|<>",
    "größe 検査",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leaves_its_label(name: str) -> None:
    workflow = Workflow(
        name,
        (
            task(name, "train: x", {}),
            task("after", "", reads(name)),
            Gate("g", (Condition({"const": {}}, name),)),
        ),
    )
    expected = "".join(
        c if c.isprintable() else {"\n": "\\n", "\t": "\\t"}.get(c, f"\\u{{{ord(c):x}}}") for c in name
    )

    assert f"{expected} · train: x\n" in draw.tree(workflow)
    assert draw.tree(workflow).replace("\n", "").isprintable()

    graph = parsed(workflow)
    labels = nodes_of(graph)
    assert labels["n0"] == f"{expected}\ntrain: x"
    assert len(labels) == 3
    assert [(edge.get_source(), edge.get_destination()) for edge in graph.get_edges()] == [("n0", "n1")]

    first = draw.mermaid(workflow).splitlines()[1]
    inside = re.fullmatch(r'  n0\["([^"]*)<br/>train#58; x"\]', first)
    assert inside is not None
    assert re.fullmatch(r"(?:[\w _.,/()=*+-]|#\d+;)*", inside[1])
    read = re.sub(r"#(\d+);", lambda m: chr(int(m[1])), inside[1])
    assert "\\n" not in read, "of which Mermaid makes a new line"
    assert read.replace("\\\u2060n", "\\n") == expected


@st.composite
def workflows(draw_from: st.DrawFn) -> Workflow:
    """Any graph of tasks and gates with any names."""
    names = draw_from(st.lists(st.text(max_size=12), min_size=1, max_size=12, unique=True))
    nodes: list[Node] = []
    for index, name in enumerate(names):
        before = draw_from(st.lists(st.sampled_from(names[:index]), unique=True)) if index else []
        if draw_from(st.booleans()):
            nodes.append(Gate(name, (Condition({"const": {}}, name),), after=tuple(before)))
        else:
            nodes.append(task(name, name, reads(*before), effect=draw_from(st.booleans())))
    return Workflow(draw_from(st.text(max_size=8)), tuple(nodes))


@given(workflows())
def test_every_graph_can_be_drawn_and_each_node_once(workflow: Workflow) -> None:
    assert set(nodes_of(parsed(workflow))) == {f"n{index}" for index in range(len(workflow.nodes))}
    signs = re.findall(r"^[├└│─ ]*[○◆▲] ", draw.tree(workflow), re.MULTILINE)
    assert len(signs) >= len(workflow.nodes)
    for picture in (draw.tree, draw.mermaid, draw.dot):
        assert picture(workflow) == picture(workflow)
