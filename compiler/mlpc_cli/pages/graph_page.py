"""A pipeline as a page to look around in: a picture that is moved and zoomed, a list of the same, and what there is to know.

Everything stands in the page as text; its script only shows, hides and moves. So it can be read without the script, and by
those who hear it: the list names each step, and each has its part of the page.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import mlpc
from mlpc.ir import canonical, draw
from mlpc.ir.nodes import BUILD, Gate, Service, Task, Trigger
from mlpc_run.figures import named, seconds, size
from mlpc_stdlib.runtime.web.markup import Markup, join, tag

from . import files, picture, run_marks, shell
from .run_marks import Judged
from .shell import badge, code, said
from .spec_values import values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.check.typed import TypedBlock, TypedProgram
    from mlpc.ir.nodes import Node, Workflow
    from mlpc_run.records import RunDetails, StepRecord

    Content = Markup | str

#: A longer text stands below its name.
_LONG = 60


def page(workflow: Workflow, typed: TypedProgram, last: RunDetails | None) -> bytes:
    """Return the page. ``last`` is the run whose states and times are shown: the same spec and run give the same bytes."""
    return shell.page(
        workflow.name,
        _Page(workflow, typed, last).body(),
        styles=("picture.css", "graph_page.css"),
        script=files.asset("graph_page.js"),
    )


class _Page:
    def __init__(self, workflow: Workflow, typed: TypedProgram, last: RunDetails | None) -> None:
        self._workflow = workflow
        self._typed = typed
        self._last = last
        self._graph = draw.Graph(workflow)
        self._marks = run_marks.marks(last, workflow) if last is not None else {}
        self._nodes: list[Node] = [*self._graph.triggers, *self._graph.nodes]
        self._after: dict[str, list[str]] = {}
        for node in self._graph.nodes:
            for id in self._graph.before[node.id]:
                self._after.setdefault(id, []).append(node.id)

    def body(self) -> Markup:
        drawn = picture.drawing(self._workflow, marks=self._marks, named=True)
        keys = "Arrow keys go from step to step, Enter tells more, Escape goes back, plus and minus zoom."
        main = tag(
            "main",
            tag(
                "nav",
                tag("h2", "Steps"),
                tag("ol", *(self._item(node) for node in self._nodes)),
                id="steps",
                class_="panel",
                aria_label="Steps",
            ),
            tag(
                "div",
                tag("p", keys, class_="hidden", id="keys"),
                drawn,
                id="canvas",
                class_="panel",
                role="region",
                aria_label="Picture of the pipeline",
                aria_describedby="keys",
            ),
            tag(
                "section",
                tag("button", "Close", type="button", id="close"),
                *(self._article(node) for node in self._nodes),
                id="details",
                class_="panel",
                aria_label="Details",
                tabindex="0",
            ),
        )
        footer = tag("footer", tag("p", f"Made by mlpc {mlpc.__version__}."))
        return tag("div", self._header(), main, footer, class_="explorer")

    def _header(self) -> Markup:
        under = f" in the environment {self._workflow.environment}" if self._workflow.environment else ""
        tools = tag(
            "div",
            tag("label", "Search", for_="search", class_="hidden"),
            tag("input", type="search", id="search", placeholder="Search", autocomplete="off"),
            tag("span", "", id="found", role="status"),
            tag("button", "−", type="button", id="out", aria_label="Zoom out"),
            tag("span", "", id="zoom"),
            tag("button", "+", type="button", id="in", aria_label="Zoom in"),
            tag("button", "Fit", type="button", id="fit"),
            class_="tools",
        )
        return tag(
            "header",
            tag(
                "div",
                tag("p", said(f"Pipeline{under}"), class_="kind"),
                tag("h1", said(self._workflow.name)),
                tag("p", self._told()),
            ),
            tools,
        )

    def _told(self) -> Content:
        """Say whose states and times are shown."""
        last = self._last
        if last is None:
            return f"{len(self._nodes)} steps and gates; it has not run here."
        word, kind = run_marks.RUNS.get(last.run.state, (last.run.state, "held"))
        told = f" run {last.run.id}, {run_marks.moment(last.run.started)}"
        if last.run.ended is not None:
            told += f", {seconds(last.run.ended - last.run.started)}"
        if last.content and _essence(last.content["workflow"]) != _essence(canonical.to_json(self._workflow)):
            told += "; the spec or mlpc has changed since"
        return join(badge(word, kind), said(told))

    def _item(self, node: Node) -> Markup:
        mark = self._marks.get(node.id)
        return tag(
            "li",
            tag(
                "button",
                tag("b", said(node.id)),
                " ",
                tag("span", said(draw.role(node)), class_="of"),
                *([" ", badge(mark.text, _kind(mark.kind))] if mark is not None else []),
                type="button",
                data_go=self._graph.key[node.id],
            ),
        )

    # What there is to know of one

    def _article(self, node: Node) -> Markup:
        key = self._graph.key[node.id]
        block = self._block(node)
        mark = self._marks.get(node.id)
        state = [tag("p", badge(mark.text, _kind(mark.kind)))] if mark is not None else []
        return tag(
            "article",
            tag("h2", said(node.id), tabindex="-1", id=f"h-{key}"),
            tag("p", said(draw.role(node)), class_="soft"),
            *state,
            *_docs(block, node),
            *self._last_of(node),
            *self._conditions(node),
            shell.facts(self._facts(node)),
            *self._links("Waits for", self._graph.before.get(node.id, [])),
            *self._links("Holds back" if isinstance(node, Gate) else "Then", self._next(node)),
            *self._settings(block, node),
            *self._outputs(node),
            data_of=key,
            aria_labelledby=f"h-{key}",
        )

    def _block(self, node: Node) -> TypedBlock | None:
        return self._typed.blocks.get(node.id) or self._typed.blocks.get(node.id.removesuffix(BUILD))

    def _next(self, node: Node) -> list[str]:
        if isinstance(node, Trigger):
            return [each.id for each in self._graph.nodes if not self._graph.before[each.id]]
        return self._after.get(node.id, [])

    def _links(self, title: str, ids: Sequence[str]) -> list[Markup]:
        if not ids:
            return []
        listed = [
            tag("li", tag("button", said(id), type="button", data_go=self._graph.key[id])) for id in ids
        ]
        return [tag("h3", title), tag("ul", *listed, class_="links")]

    def _step(self, node: Node) -> StepRecord | None:
        return next((each for each in self._last.steps if each.node == node.id), None) if self._last else None

    def _last_of(self, node: Node) -> list[Markup]:
        """Say how it went in the last run."""
        step = self._step(node)
        if step is None or self._last is None:
            return []
        kept = self._last.step(node.id)
        took = step.state in ("ran", "failed", "not-passed")
        figures = named(self._last.metrics.get(node.id) or {}, self._last.units.get(node.id) or {})
        rows: list[tuple[str, Content]] = [
            ("Took", seconds(step.seconds) if took else ""),
            ("Began after", f"{max(step.started - self._last.run.started, 0.0):.1f} s" if took else ""),
            ("Attempts", str(step.attempts) if step.attempts > 1 else ""),
            ("Held by", said(", ".join(kept.get("by") or ()))),
            ("Error", said((step.error or {}).get("message") or "")),
            ("Measured", said(", ".join(figures))),
        ]
        made = shell.facts(rows)
        return [tag("h3", f"In run {self._last.run.id}"), made] if made else []

    def _conditions(self, node: Node) -> list[Markup]:
        if isinstance(node, Gate):
            judged = self._judged(node.id)
            if judged:
                rows: list[list[Content]] = [
                    [code(each.text), badge(each.word, each.kind), said(each.measured), said(each.margin)]
                    for each in judged
                ]
                head = ("Condition", "Result", "Measured", "By how much")
                return [tag("h3", "Requires"), shell.table(head, rows, f"Conditions of {node.id}")]
        texts = [detail.removeprefix("require ") for detail in draw.details(node)]
        if not texts:
            return []
        title = "Requires" if isinstance(node, Gate) else "While it serves"
        return [tag("h3", title), tag("ul", *(tag("li", code(text)) for text in texts), class_="plain")]

    def _judged(self, id: str) -> list[Judged]:
        gates = self._last.run.summary.get("gates") or () if self._last is not None else ()
        found = next((gate for gate in gates if gate["node"] == id), None)
        return [Judged(verdict) for verdict in found["verdicts"]] if found is not None else []

    def _facts(self, node: Node) -> list[tuple[str, Content]]:
        if isinstance(node, Trigger):
            return [("When", code(draw.schedule(node)))]
        if not isinstance(node, Task | Service):
            return []
        asked = node.resources
        rows: list[tuple[str, Content]] = [
            ("Runs", _runs(node)),
            ("Reads", said(", ".join(draw.locations(node)))),
            (
                "Asks for",
                ", ".join(
                    each
                    for each in (
                        f"{asked.cpu:g} cores" if asked.cpu else "",
                        f"{size(asked.memory)} of memory" if asked.memory else "",
                        f"{asked.gpu} GPUs {said(asked.gpu_type)}".strip() if asked.gpu else "",
                    )
                    if each
                ),
            ),
        ]
        if isinstance(node, Service):
            low, high = node.replicas
            rows.append(("Replicas", str(low) if low == high else f"{low} to {high}"))
        else:
            rows.append(("Seed", "" if node.seed is None else str(node.seed)))
            rows.append(("Ends after", seconds(node.timeout) if node.timeout else ""))
            rows.append(("Attempts", f"{node.retry.attempts} at most" if node.retry.attempts > 1 else ""))
            rows.append(("Changes", "something outside, once its gates have passed" if node.effect else ""))
        rows.append(("Installs", said(", ".join(node.requirements))))
        return rows

    def _settings(self, block: TypedBlock | None, node: Node) -> list[Markup]:
        if block is None or not isinstance(node, Task | Service | Trigger):
            return []
        rows: list[tuple[str, Content]] = []
        for each in values(self._typed, block):
            if each.given:
                shown = tag("pre", said(each.text)) if len(each.text) > _LONG else code(each.text)
                rows.append((each.name.replace("_", " ").replace(".", ": "), shown))
        made = shell.facts(rows)
        return [tag("h3", "Settings"), made] if made else []

    def _outputs(self, node: Node) -> list[Markup]:
        if not isinstance(node, Task) or not node.outputs:
            return []
        kept = (self._last.step(node.id).get("outputs") or {}) if self._last is not None else {}
        rows: list[list[Content]] = []
        for port, output in node.outputs.items():
            told = kept.get(port) or {}
            digest = str(told.get("digest") or "")
            rows.append(
                [
                    said(port),
                    said(_type(output.type)),
                    size(told.get("size")),
                    code(_short(digest)) if digest else "",
                ]
            )
        head = ("Output", "Type", "Size", "Digest")
        return [tag("h3", "Makes"), shell.table(head, rows, f"Outputs of {node.id}")]


def _kind(kind: str) -> str:
    return "" if kind == "same" else kind


def _short(digest: str) -> str:
    kind, _, digits = digest.partition(":")
    return f"{kind}:{digits[:12]}"


def _type(type: dict[str, Any]) -> str:
    schema = (type.get("schema") or {}).get("name")
    inside = ", ".join(str(each) for each in (type.get("framework"), type.get("format"), schema) if each)
    return str(type.get("type", "")) + (f" ({inside})" if inside else "")


def _runs(node: Task | Service) -> Content:
    action = node.action
    if action.kind == "container":
        return join("the image ", code(action.target))
    if action.kind == "project":
        return join(code(action.function), " of ", code(action.target), " of the project")
    return join(
        code(f"{action.target.removeprefix('mlpc_stdlib.runtime.')}:{action.function}"),
        " of the standard library",
    )


def _docs(block: TypedBlock | None, node: Node) -> list[Markup]:
    if block is None or isinstance(node, Gate):
        return []
    doc = block.definition.decl.doc if block.choice is None else None
    text = "\n".join(doc.lines).strip() if doc is not None else ""
    if not text and block.component is not None:
        text = block.component.doc.partition("\n\n")[0]
    return shell.paragraphs(text)


def _essence(workflow: Any) -> str:
    """Return what a run does, without places and docs: a comment that moved is no change of the spec."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("kind") == "container":
                # A lock names the image more exactly than the spec.
                return {**value, "target": ""}
            return {name: bare(item) for name, item in value.items() if name not in ("place", "doc", "text")}
        return [bare(item) for item in value] if isinstance(value, list | tuple) else value

    return json.dumps(bare(workflow), sort_keys=True)
