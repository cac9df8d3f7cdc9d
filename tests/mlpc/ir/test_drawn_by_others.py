"""What Mermaid and Graphviz themselves make of our pictures: every node is there, and says what it is to say."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlpc.ir import draw
from mlpc.ir.nodes import Condition, FanOut, Gate, Workflow
from tests import mermaid
from tests.loader import compiled
from tests.system import install

from .test_draw import TUMOR, reads, task

if TYPE_CHECKING:
    from mlpc.ir.nodes import Node

EXAMPLES = Path(__file__).parents[3] / "examples"
#: Texts that either program could take for something else.
HOSTILE = [
    "end",
    "a\\nb",
    "C:\\new\\table",
    'x"] --> y["z',
    "<b>bold</b><script>alert(1)</script>",
    "#35; &amp; &lt; %% comment",
    "{}[]()|;`~^$@!?*_",
    "%%{init: {}}%%",
    "click n0 href",
    "ünïcödé 漢字 🙂",
    "back\\slash\\",
    "style n0 fill:#f00",
    "\u202eturned\u0007",
]


def example(name: str) -> Workflow:
    """The workflow of an example."""
    folder = EXAMPLES / name
    files: dict[str, str | bytes] = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.iterdir()
        if path.suffix in (".mlp", ".py")
    }
    found = compiled(str(files["main.mlp"]), files).graph()
    assert found is not None
    return found


def workflows() -> dict[str, Workflow]:
    """What is drawn: the examples, a workflow of hostile texts, and one of several hundred nodes."""
    chain = [task("step0", "", {}), *(task(f"step{n}", "", reads(f"step{n - 1}")) for n in range(1, 200))]
    texts = [task(f"n{number}", f"kind: {text}", {}) for number, text in enumerate(HOSTILE)]
    gate = Gate("g", tuple(Condition({"const": {}}, text) for text in HOSTILE))
    family = [task(f"fit[{key}]", "train: x", {}) for key in ("a", 'b"]', "end")]
    fan = FanOut("fit", ("a", 'b"]', "end"), {key: f"fit[{key}]" for key in ("a", 'b"]', "end")})
    return {
        "drawn": TUMOR,
        **{name: example(name) for name in ("tumor", "digits", "regions")},
        "hostile": Workflow("hostile", (*texts, gate, *family, fan)),
        "long": Workflow("long", tuple(chain)),
    }


WORKFLOWS = workflows()


def wanted(workflow: Workflow) -> list[str]:
    """What the nodes of the picture have to say, in lines."""
    graph = draw.Graph(workflow)
    nodes = ["\n".join(lines(node)) for node in [*graph.triggers, *graph.nodes]]
    return sorted([*nodes, *graph.externals])


def lines(node: Node) -> list[str]:
    """The lines of a node, as they are told for a person to read."""
    return [draw._printable(line).strip() for line in draw._caption(node)]


@pytest.fixture(scope="module")
def by_mermaid() -> dict[str, list[str] | str]:
    """What Mermaid draws; the last is no flowchart."""
    texts = [*(draw.mermaid(workflow) for workflow in WORKFLOWS.values()), "flowchart TD\n  a[[[\n"]
    return dict(zip([*WORKFLOWS, "broken"], mermaid.drawn(texts), strict=True))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_mermaid_draws_every_node_with_its_texts(by_mermaid: dict[str, list[str] | str], name: str) -> None:
    # What is not seen keeps a backslash and an `n` apart.
    assert [text.replace("\u2060", "") for text in by_mermaid[name]] == wanted(WORKFLOWS[name])


def test_mermaid_would_say_what_is_wrong(by_mermaid: dict[str, list[str] | str]) -> None:
    assert "Parse error on line 2" in by_mermaid["broken"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_graphviz_draws_every_node_with_its_texts(name: str) -> None:
    if shutil.which("dot") is None:
        install("graphviz")
    workflow = WORKFLOWS[name]
    done = subprocess.run(
        ["dot", "-Tjson0"], input=draw.dot(workflow), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    nodes = [each for each in found["objects"] if not each["name"].startswith("cluster_")]
    # Labels are told with the escapes that Graphviz itself obeys: `\n` for a new line, `\\` for the character.
    texts = [each["label"].replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\") for each in nodes]
    assert sorted("\n".join(line.strip() for line in text.split("\n")) for text in texts) == wanted(workflow)
    graph = draw.Graph(workflow)
    edges = {
        (nodes_of(found)[each["tail"]], nodes_of(found)[each["head"]]) for each in found.get("edges", ())
    }
    assert edges == {(start, end) for start, end, _ in graph.edges()}


def nodes_of(found: dict[str, list[dict[str, str]]]) -> list[str]:
    """The keys of all that is drawn, in the order of Graphviz."""
    return [each["name"] for each in found["objects"]]
