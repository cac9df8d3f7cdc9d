"""The report on a run: gates with how far they were met, figures, curves, times, artefacts, and what it ran in.

Made from the record of the run alone: the same record gives the same bytes, whenever and wherever the page is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlpc_run.figures import figure, seconds, size, whole
from mlpc_stdlib.runtime.web.markup import Markup, join, tag

from . import charts, picture, run_marks, shell, step_reports
from .run_marks import Judged
from .shell import badge, code, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.ir.nodes import Workflow
    from mlpc_run.records import RunDetails

    Content = Markup | str

#: Classes beyond which a confusion matrix is left to the report of the step.
CLASSES = 30
#: Steps and gates beyond which a run does not take the time to draw them.
DRAWN = 120
#: Shades of a cell.
_SHADES = 5


def page(details: RunDetails, workflow: Workflow | None) -> bytes:
    """Return the report; ``workflow`` is what was run, None where the record does not have it."""
    run = details.run
    title = f"{run.pipeline}, run {run.id}"
    main = tag(
        "main",
        shell.card("What had to hold", *_gates(details)),
        shell.card("What was measured", *_figures(details)),
        shell.card("Curves", _curves(details)),
        shell.card("Confusion", *_confusions(details)),
        shell.card("Errors", *_errors(details)),
        shell.card("Time", *_times(details)),
        shell.card(
            "What it ran",
            _picture(details, workflow) if workflow is not None else "",
        ),
        shell.card("What was said", *_messages(details)),
        shell.card(
            "Artefacts", _artefacts(details), note="Two artefacts with one digest are the same, byte by byte."
        ),
        shell.card("What it ran in", *_environment(details)),
    )
    body = tag("div", _header(details), main, _footer(details), class_="page")
    return shell.page(title, body, styles=("picture.css", "run.css"))


def _picture(details: RunDetails, workflow: Workflow) -> Markup:
    if len(workflow.nodes) > DRAWN:
        told = f"{len(workflow.nodes)} steps and gates: too many to be drawn here. "
        return tag("p", told, code("mlpc graph -o graph.html"), " draws them.")
    return shell.scrolled(
        picture.drawing(workflow, marks=run_marks.marks(details, workflow)),
        "Picture of the pipeline, with what came of each step",
        "picture",
    )


def _header(details: RunDetails) -> Markup:
    run = details.run
    word, kind = run_marks.RUNS.get(run.state, (run.state, "held"))
    promoted = run.summary.get("promoted") or []
    more = ""
    if promoted:
        same = "" if run.summary.get("new") else ", the same as before"
        more = f"promoted {', '.join(promoted)}{same}"
    reasons = run.summary.get("reasons") or []
    title = "Run of a pipeline" + (f" in the environment {run.environment}" if run.environment else "")
    return tag(
        "header",
        tag("p", said(title), class_="kind"),
        tag("h1", said(f"{run.pipeline}, run {run.id}")),
        tag("p", badge(word, kind), said(more), class_="state"),
        tag("ul", *(tag("li", said(each)) for each in reasons), class_="reasons") if reasons else "",
        shell.facts(
            [
                ("Began", run_marks.moment(run.started)),
                ("Took", seconds(run.ended - run.started) if run.ended is not None else ""),
                ("Spec", said(run.spec)),
                (
                    "Parameters",
                    said(", ".join(f"{name} = {_plain(value)}" for name, value in run.params.items())),
                ),
            ]
        ),
    )


def _footer(details: RunDetails) -> Markup:
    made = (details.content.get("environment") or {}).get("mlpc")
    return tag("footer", tag("p", f"Run by mlpc {said(made)}." if made else "Run by mlpc."))


def _gates(details: RunDetails) -> list[Markup]:
    rows: list[list[Content]] = []
    unjudged = []
    for gate in details.run.summary.get("gates") or ():
        name = gate["node"].removesuffix(".gate")
        if gate["passed"] is None:
            unjudged.append(tag("p", said(f"{name} was not judged: a figure is missing."), class_="held"))
        for verdict in gate["verdicts"]:
            judged = Judged(verdict)
            message = f" {judged.message}" if judged.message and judged.kind != "good" else ""
            rows.append(
                [
                    code(judged.text),
                    join(badge(judged.word, judged.kind), said(message)),
                    said(judged.measured),
                    said(judged.margin),
                    said(name),
                ]
            )
    head = ("What", "Result", "Measured", "By how much", "Of")
    return [shell.table(head, rows, "Gates, with what was measured", "stack told"), *unjudged]


def _figures(details: RunDetails) -> list[Markup]:
    parts = []
    order = {step.node: at for at, step in enumerate(details.steps)}
    for node, metrics in sorted(details.metrics.items(), key=lambda item: order.get(item[0], len(order))):
        units = details.units.get(node) or {}
        plain: list[tuple[str, Content]] = []
        by_class: dict[str, dict[str, Any]] = {}
        for name, value in metrics.items():
            if isinstance(value, dict):
                by_class[name] = value
            found = whole(value)
            if found is not None:
                plain.append((_readable(name), figure(found, unit=units.get(name, ""))))
        classes = list(dict.fromkeys(key for values in by_class.values() for key in values if key))
        rows: list[list[Content]] = [
            [said(key), *(figure(values[key]) if key in values else "" for values in by_class.values())]
            for key in classes
        ]
        table = shell.table(
            ("Class", *map(_readable, by_class)),
            rows,
            f"Figures of {node} by class",
            right=range(1, len(by_class) + 1),
        )
        inside = tag("div", shell.facts(plain), table, class_="two") if rows else shell.facts(plain)
        parts.append(tag("div", tag("h3", said(node)), inside, class_="whole" if rows else None))
    return [tag("div", *parts, class_="figures")] if parts else []


def _curves(details: RunDetails) -> Markup:
    found = []
    for step in details.steps:
        report = details.step(step.node).get("report")
        for name, series in _together(step_reports.history(report)):
            each = [charts.Series(label, list(enumerate(values, 1))) for label, values in series]
            found.append(charts.curves(f"{step.node}: {_readable(name)}", each, step_reports.over(report)))
        by, tried = step_reports.search(report)
        found.append(charts.curves(f"{step.node}: search, {_readable(by)} by trial", tried, "trial"))
        found.append(
            charts.curves(
                f"{step.node}: ROC, true against false positive rate",
                [charts.Series("ROC", step_reports.roc(report))],
                "false positive rate",
                diagonal=True,
            )
        )
    return tag("div", *found, class_="charts") if any(found) else Markup("")


def _together(history: dict[str, list[float]]) -> list[tuple[str, list[tuple[str, list[float]]]]]:
    """Return curves that belong into one chart: `loss` with `validation loss`."""
    made: dict[str, list[tuple[str, list[float]]]] = {}
    for name, values in history.items():
        rows, _, base = name.rpartition(" ")
        made.setdefault(base, []).append((rows or "rows learned from", values))
    return list(made.items())


def _confusions(details: RunDetails) -> list[Markup]:
    parts = []
    for step in details.steps:
        found = step_reports.confusion(details.step(step.node).get("report"))
        if found is None:
            continue
        heading = tag("h3", said(step.node), " ", tag("span", said(found.label), class_="of"))
        if len(found.classes) > CLASSES:
            told = f"{len(found.classes)} classes: the matrix is in the report of the step."
            parts.append(join(heading, tag("p", told)))
        else:
            parts.append(join(heading, _matrix(step.node, found.classes, found.counts)))
    return parts


def _errors(details: RunDetails) -> list[Markup]:
    """Return how far a regression was off, as rows and as shares of them."""
    parts = []
    for step in details.steps:
        report = details.step(step.node).get("report")
        drawn = charts.scatter(
            f"{step.node}: foretold against what was so", step_reports.points(report), "what was so"
        )
        quantiles = step_reports.errors(report)
        rows: list[list[Content]] = [[share, figure(value)] for share, value in quantiles]
        table = shell.table(
            ("Share of rows", "off by at most (below 0: too little)"),
            rows,
            f"Errors of {step.node}",
            right=(1,),
        )
        if drawn or table:
            parts.append(join(tag("h3", said(step.node)), tag("div", drawn, table, class_="charts")))
    return parts


def _matrix(node: str, names: Sequence[str], counts: Sequence[Sequence[int]]) -> Markup:
    rows = []
    for at, (name, row) in enumerate(zip(names, counts, strict=True)):
        total = sum(row)
        cells = []
        for column, count in enumerate(row):
            shade = min(_SHADES, -(-count * _SHADES // total)) if total else 0
            kinds = [f"h{shade}"] if shade else []
            if column == at:
                kinds.append("right")
            cells.append(tag("td", f"{count:,}", class_=" ".join(kinds) or None))
        rows.append(tag("tr", tag("th", said(name), scope="row"), *cells))
    made = tag(
        "table",
        tag(
            "caption",
            f"Confusion matrix of {said(node)}: rows are what was so, columns what was foretold",
            class_="hidden",
        ),
        tag(
            "thead",
            tag(
                "tr",
                tag("th", "is ↓ foretold →", scope="col"),
                *(tag("th", said(name), scope="col") for name in names),
            ),
        ),
        tag("tbody", *rows),
        class_="matrix",
    )
    return shell.scrolled(made, f"Confusion matrix of {node}")


def _times(details: RunDetails) -> list[Markup]:
    began = details.run.started
    bars, rows = [], []
    for step in details.steps:
        word, kind = run_marks.step_state(step)
        took = step.state in ("ran", "failed", "not-passed") and step.seconds > 0
        start = max(step.started - began, 0.0)
        if took:
            bars.append(charts.Bar(step.node, start, step.seconds, kind, seconds(step.seconds)))
        kept = details.step(step.node)
        why = "; ".join(str(each) for each in kept.get("why") or ()) if step.state != "cached" else ""
        by = ", ".join(str(each) for each in kept.get("by") or ())
        error = str((step.error or {}).get("message") or "")
        attempts = f"{step.attempts} attempts" if step.attempts > 1 else ""
        rows.append(
            [
                said(step.node),
                badge(word, kind),
                f"{start:.1f} s" if took else "",
                seconds(step.seconds) if took else "",
                said("; ".join(each for each in (attempts, f"by {by}" if by else "", error or why) if each)),
            ]
        )
    chart = charts.gantt("Time", bars)
    return [
        shell.scrolled(chart, "When each step ran") if chart else Markup(""),
        shell.table(
            ("Step", "State", "Began after", "Took", "Why"), rows, "Steps", "stack told", right=(2, 3)
        ),
    ]


def _messages(details: RunDetails) -> list[Markup]:
    rows: list[list[Content]] = []
    for step in details.steps:
        for message in details.step(step.node).get("messages") or ():
            if not isinstance(message, dict):
                continue
            level = str(message.get("level", "info"))
            warns = level == "warning"
            rows.append(
                [said(step.node), badge(level, "held") if warns else "", said(message.get("text", ""))]
            )
    return [shell.table(("Step", "", "What it said"), rows, "What the steps said")]


def _artefacts(details: RunDetails) -> Markup:
    rows: list[list[Content]] = []
    for step in details.steps:
        for port, told in (details.step(step.node).get("outputs") or {}).items():
            rows.append(
                [
                    said(f"{step.node}.{port}"),
                    said(told.get("kind") or ""),
                    size(told.get("size")),
                    code(told.get("digest") or ""),
                ]
            )
    return shell.table(
        ("Artefact", "Type", "Size", "Digest"), rows, "Artefacts of the run", "stack told", right=(2,)
    )


def _environment(details: RunDetails) -> list[Markup]:
    content = details.content
    about = content.get("environment") or {}
    if not about:
        return []
    seeds = [
        f"{node['id']} {node['seed']}"
        for node in (content.get("workflow") or {}).get("nodes") or ()
        if node.get("seed") is not None
    ]
    parts = [
        shell.facts(
            [
                ("mlpc", said(about.get("mlpc", ""))),
                ("Python", said(about.get("python", ""))),
                ("System", said(f"{about.get('system', '')}, {about.get('processors', '?')} processors")),
                ("Seeds", said(", ".join(seeds))),
                (
                    "Steps ran in",
                    "environments of their own" if about.get("isolation") else "the environment of mlpc",
                ),
            ]
        )
    ]
    for each in content.get("sets") or ():
        packages = [str(package) for package in each.get("packages") or ()]
        title = f"{', '.join(each['steps'])}: {len(packages)} package{'s' if len(packages) != 1 else ''}"
        listed = tag("ul", *(tag("li", said(package)) for package in packages))
        digest = tag("p", "Locked as ", code(each["digest"])) if each.get("digest") else ""
        parts.append(tag("details", tag("summary", said(title)), digest, listed))
    return parts


def _readable(name: str) -> str:
    return name.replace("_", " ").replace(".", ": ")


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
