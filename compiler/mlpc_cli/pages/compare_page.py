"""The page of what differs between two runs. Made from their records alone: the same records give the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpc_run.figures import seconds
from mlpc_stdlib.runtime.web.markup import Markup, join, tag

from ..differences import SECTIONS, changed, pair
from . import charts, run_marks, shell, step_reports
from .shell import badge, code, said

if TYPE_CHECKING:
    from mlpc_run.compared import Compared, Difference
    from mlpc_run.records import RunDetails

    Content = Markup | str


def page(compared: Compared) -> bytes:
    """Return the page."""
    before, after = compared.before.run, compared.after.run
    name = before.pipeline if before.pipeline == after.pipeline else f"{before.pipeline} and {after.pipeline}"
    title = f"{name}, run {before.id} and run {after.id}"
    cards = [_card(compared, section) for section in SECTIONS]
    curves = shell.card("Curves", _curves(compared))
    nothing = (
        [
            shell.card(
                "Differences",
                tag("p", "Nothing differs but times." if compared.times else "Nothing differs."),
            )
        ]
        if compared.is_same
        else []
    )
    header = tag(
        "header",
        tag("p", "Two runs compared", class_="kind"),
        tag("h1", said(title)),
        tag("div", _run(compared.before), _run(compared.after), class_="two"),
    )
    body = tag("div", header, tag("main", *nothing, *cards, curves), class_="page")
    return shell.page(title, body, styles=("run.css",))


def _run(details: RunDetails) -> Markup:
    run = details.run
    word, kind = run_marks.RUNS.get(run.state, (run.state, "held"))
    return tag(
        "div",
        tag("h2", f"Run {run.id}"),
        shell.facts(
            [
                ("Came to", badge(word, kind)),
                ("Environment", said(run.environment)),
                ("Began", run_marks.moment(run.started)),
                ("Took", seconds(run.ended - run.started) if run.ended is not None else ""),
                ("Known of it", "" if details.content else "figures, gates and params only"),
            ]
        ),
        class_="run",
    )


def _card(compared: Compared, section: str) -> Markup:
    title, _ = SECTIONS[section]
    found = compared.sections[section]
    same = compared.same[section]
    heads = ("", f"Run {compared.before.run.id}", f"Run {compared.after.run.id}", "Change")
    rows: list[list[Content]] = [_row(section, item) for item in found]
    note = f"Besides these, {same} {'is' if same == 1 else 'are'} the same." if same else ""
    return shell.card(title, shell.table(heads, rows, title, "stack told"), note=note if found else "")


def _row(section: str, item: Difference) -> list[Content]:
    first, second = pair(section, item, whole=True)
    cells: list[Content] = [said(item.name)]
    for value, text in ((item.before, first), (item.after, second)):
        if value is None:
            cells.append(tag("span", "none", class_="soft"))
        elif section == "gates":
            cells.append(badge(text, "good" if text == "met" else "bad" if text == "missed" else "held"))
        elif section in ("values", "artefacts"):
            cells.append(code(text))
        else:
            cells.append(said(text))
    return [*cells, said(changed(section, item))]


def _curves(compared: Compared) -> Markup:
    """Return the curves that both runs have, one over the other."""
    found = []
    for step in compared.before.steps:
        reports = [details.step(step.node).get("report") for details in (compared.before, compared.after)]
        first, second = map(step_reports.history, reports)
        for name in first:
            if name in second and first[name] != second[name]:
                series = [
                    charts.Series(f"run {details.run.id}", list(enumerate(values, 1)))
                    for details, values in ((compared.before, first[name]), (compared.after, second[name]))
                ]
                found.append(charts.curves(f"{step.node}: {name}", series, step_reports.over(reports[0])))
    return tag("div", *found, class_="charts") if any(found) else join()
