"""The report on an export: ``report.json``, and ``index.html`` with pictures of it, which loads nothing from elsewhere.

Colours follow the reader's light or dark setting. The same comparison gives the same bytes.
"""

from __future__ import annotations

import math
import os
from html import escape

from . import metrics, parity
from .contract import write_atomically, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .contract import Artefact, JsonObject

#: Points of the scatter, and rows that are listed.
POINTS, LISTED = 600, 8
#: Classes beyond which decisions are not drawn as a table.
CLASSES = 20
#: The least and the largest power of ten of a difference that has a bar of its own.
_POWERS = (-9, 1)


def write(
    output: Artefact | None,
    signature: JsonObject,
    found: Mapping[str, parity.Compared],
    about: JsonObject,
    layers: Sequence[JsonObject] = (),
) -> None:
    """Write the report, if one is asked for, on what runtimes answered, ``found``: nothing where no rows were compared.

    ``about`` has ``format``, ``size`` (bytes), ``max_abs``, and by their names in ``found`` what ``runtimes`` are called.
    """
    if output is None:
        return
    told = gathered(signature, found, about, layers)
    os.makedirs(output.path, exist_ok=True)
    write_json(os.path.join(output.path, "report.json"), told)
    write_atomically(os.path.join(output.path, "index.html"), page(told).encode())


def gathered(
    signature: JsonObject,
    found: Mapping[str, parity.Compared],
    about: JsonObject,
    layers: Sequence[JsonObject] = (),
) -> JsonObject:
    """Return what the report says, as JSON: ``figures`` are the worst, ``runtimes`` has those of each and what is drawn."""
    names = about["runtimes"]
    told: JsonObject = {"kind": "parity", **about, "figures": None, "layers": list(layers)}
    told["runtimes"] = [
        {"runtime": names[name], "name": name, **_of_one(signature, compared)}
        for name, compared in found.items()
    ]
    if found:
        told["figures"] = parity.worst(found)
    return told


def _of_one(signature: JsonObject, compared: parity.Compared) -> JsonObject:
    """Return what the report says of one runtime."""
    import numpy

    told: JsonObject = {"figures": compared.figures()}
    worst = compared.difference.max(axis=1)
    told["histogram"] = _histogram(worst)
    # Rows that are not alike come first, however little they are off: near a border little is enough.
    order = numpy.lexsort((-worst, compared.alike))
    # Where a classifier is asked, the score of the class that the original chose is drawn.
    column = numpy.zeros(len(worst), int) if compared.decided is None else compared.decided
    rows = numpy.arange(len(worst))
    before, after = compared.original[rows, column], compared.exported[rows, column]
    chosen = numpy.unique(numpy.linspace(0, len(worst) - 1, min(len(worst), POINTS)).astype(int))
    told["points"] = [
        [_number(before[row]), _number(after[row]), bool(compared.alike[row])] for row in chosen
    ]
    told["farthest"] = [
        {
            "row": int(row),
            "original": _number(before[row]),
            "exported": _number(after[row]),
            "difference": _number(worst[row]),
            "alike": bool(compared.alike[row]),
        }
        for row in order[:LISTED]
        if worst[row] > 0.0
    ]
    if compared.decided is not None:
        names = [metrics.class_name(value) for value in signature["classes"]]
        flat = compared.decided * len(names) + compared.exported.argmax(axis=1)
        counts = numpy.bincount(flat, minlength=len(names) ** 2).reshape(len(names), -1)
        # Rows are what the original decided, columns what the export did.
        told["decisions"] = {"classes": names, "counts": counts.tolist()}
    return told


def _number(value: Any) -> float | None:
    found = float(value)
    return found if math.isfinite(found) else None


def _histogram(worst: Any) -> list[JsonObject]:
    """Count rows by the power of ten of their largest difference; the first bar is of those that are equal."""
    import numpy

    low, high = _POWERS
    edges = [10.0**power for power in range(low, high + 1)]
    found: list[JsonObject] = [{"label": "0", "rows": int((worst == 0.0).sum())}]
    found.append({"label": f"<1e{low}", "rows": int(((worst > 0.0) & (worst < edges[0])).sum())})
    for number, power in enumerate(range(low, high)):
        count = int(numpy.logical_and(worst >= edges[number], worst < edges[number + 1]).sum())
        found.append({"label": f"1e{power}", "rows": count})
    found.append({"label": f"≥1e{high}", "rows": int((worst >= edges[-1]).sum())})
    return found


# The page

_STYLE = """
:root { color-scheme: light dark; --back: #fbfbfa; --card: #ffffff; --text: #1c1d21; --soft: #5c6068; --line: #dfe1e5;
  --good: #2a78d6; --bad: #d03b3b; --fill: 42, 120, 214 }
@media (prefers-color-scheme: dark) { :root { --back: #131417; --card: #1c1e22; --text: #eceef2; --soft: #a2a7b2;
  --line: #33363d; --good: #5aa2f5; --bad: #ff7b72; --fill: 90, 162, 245 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 48px }
h1 { font-size: 22px; margin: 0 } h2 { font-size: 15px; margin: 0 0 2px } h2.of { font-size: 18px; margin: 28px 0 10px }
p { margin: 0; color: var(--soft) } .lead { margin: 4px 0 20px }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(155px, 1fr)); gap: 12px; margin-bottom: 12px }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 12px }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0;
  overflow-x: auto }
.figures b { display: block; font-size: 19px; font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums }
.figures .off { color: var(--bad) }
svg { display: block; width: 100%; height: auto; margin-top: 10px }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif }
table { border-collapse: collapse; margin-top: 10px; font-variant-numeric: tabular-nums }
th, td { padding: 3px 9px; text-align: right; font-weight: 400; white-space: nowrap } th { color: var(--soft) }
th:first-child { text-align: left; padding-left: 0 } .other { color: var(--bad); font-weight: 600 }
.decisions td { text-align: center; min-width: 30px; border: 1px solid var(--line) } .decisions .corner { border: 0 }
.layers { width: 100% } .layers th:last-child { text-align: left } .layers td.bar { width: 50%; padding-right: 0 }
.layers i { display: block; height: 9px; border-radius: 2px; background: var(--good); min-width: 1px }
.layers i.off { background: var(--bad) }
@media print { :root { color-scheme: light; --back: #ffffff; --card: #ffffff; --text: #16211f; --soft: #5c6068; --line: #dfe1e5;
  --good: #2a78d6; --bad: #d03b3b; --fill: 42, 120, 214 } .card { break-inside: avoid } * { print-color-adjust: exact } }
"""


def page(told: JsonObject) -> str:
    """Return the report as a page."""
    title = f"Parity of the {told['format']} export"
    figures, each = told["figures"], told["runtimes"]
    lead = (
        "No rows were compared: give the export <code>parity</code> with data."
        if figures is None
        else f"{figures['rows']} rows went through the original and, by {_listed(each)}, through the export."
    )
    parts = [f'<h1>{escape(title)}</h1><p class="lead">{lead}</p>', _figures(told)]
    if len(each) > 1:
        parts.append(_runtimes_card(told))
    for number, one in enumerate(each):
        if len(each) > 1:
            parts.append(f'<h2 class="of">{escape(one["runtime"])}</h2>')
        cards = [_histogram_card(one), _scatter_card(one), _decisions_card(one), _farthest_card(one)]
        # Layers are looked at in one runtime only.
        cards += [_layers_card(told)] if number == 0 else []
        parts.append(f'<div class="grid">{"".join(card for card in cards if card)}</div>')
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _listed(each: Sequence[JsonObject]) -> str:
    names = [escape(one["runtime"]) for one in each]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _runtimes_card(told: JsonObject) -> str:
    bound = told["max_abs"]
    lines = []
    for one in told["runtimes"]:
        figures = one["figures"]
        over = bound is not None and figures["difference"] > bound
        lines.append(
            f"<tr><th>{escape(one['runtime'])}</th>"
            f"<td{' class=other' if figures['agreement'] < 1.0 else ''}>{_share(figures['agreement'])}</td>"
            f"<td{' class=other' if over else ''}>{_short(figures['difference'])}</td>"
            f"<td>{_short(figures['mean_difference'])}</td></tr>"
        )
    head = (
        f"<tr><th>runtime</th><th>{_alike(told)}</th><th>largest difference</th><th>mean difference</th></tr>"
    )
    note = "above are the worst of these; each has its pictures below"
    return _card("Runtime by runtime", note, f"<table>{head}{''.join(lines)}</table>")


def _card(title: str, note: str, content: str) -> str:
    # What is wider than a phone is scrolled, with the keyboard too.
    return f'<section class="card" tabindex="0"><h2>{title}</h2><p>{note}</p>{content}</section>'


def _figures(told: JsonObject) -> str:
    shown = [("size", f"{told['size']:,} bytes", False)]
    figures = told["figures"]
    if figures is not None:
        bound = told["max_abs"]
        over = bound is not None and figures["difference"] > bound
        shown += [
            (f"rows {_alike(told)}", _share(figures["agreement"]), figures["agreement"] < 1.0),
            ("largest difference", _short(figures["difference"]), over),
            ("mean difference", _short(figures["mean_difference"]), False),
            ("largest allowed", "no bound" if bound is None else _short(bound), False),
        ]
    cards = [
        f'<div class="card"><p>{name}</p><b{" class=off" if off else ""}>{value}</b></div>'
        for name, value, off in shown
    ]
    return f'<div class="figures">{"".join(cards)}</div>'


def _alike(told: JsonObject) -> str:
    """Return what rows are called that agree: a regression decides nothing."""
    return "decided alike" if any("decisions" in one for one in told["runtimes"]) else "alike"


def _short(value: float | None) -> str:
    if value is None or value > 1e300:
        return "no number"
    return f"{value:.3g}"


def _share(value: float) -> str:
    """Return a share in percent; all but all is never written as 100%."""
    text = f"{100.0 * value:.2f}"
    return f"{'99.99' if text == '100.00' and value < 1.0 else text.rstrip('0').rstrip('.')}%"


def _histogram_card(told: JsonObject) -> str:
    bars = told["histogram"]
    while len(bars) > 4 and not bars[-1]["rows"]:
        bars = bars[:-1]
    while len(bars) > 4 and not bars[0]["rows"]:
        bars = bars[1:]
    most = max(bar["rows"] for bar in bars) or 1
    width, height, left, bottom = 440, 210, 8, 26
    step = (width - 2 * left) / len(bars)
    drawn = []
    for number, bar in enumerate(bars):
        tall = (height - bottom - 22) * bar["rows"] / most
        x, y = left + number * step, height - bottom - tall
        middle = x + step / 2
        drawn.append(
            f'<rect x="{x + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}" height="{tall:.1f}" rx="2" fill="var(--good)"/>'
        )
        if bar["rows"]:
            drawn.append(f'<text x="{middle:.1f}" y="{y - 5:.1f}" text-anchor="middle">{bar["rows"]}</text>')
        drawn.append(
            f'<text x="{middle:.1f}" y="{height - 9}" text-anchor="middle">{escape(bar["label"])}</text>'
        )
    drawn.append(
        f'<line x1="{left}" x2="{width - left}" y1="{height - bottom}" y2="{height - bottom}" stroke="var(--line)"/>'
    )
    svg = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="rows by their difference">{"".join(drawn)}</svg>'
    return _card("How far rows are off", "rows by the power of ten of their largest difference", svg)


def _scatter_card(told: JsonObject) -> str:
    points = [point for point in told["points"] if point[0] is not None and point[1] is not None]
    if not points:
        return ""
    values: list[float] = [value for point in points for value in point[:2]]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    width, height, left, bottom = 440, 300, 46, 38
    inner, tall = width - left - 12, height - bottom - 10

    def x(value: float) -> float:
        return left + inner * (value - low) / span

    def y(value: float) -> float:
        return 10 + tall * (1.0 - (value - low) / span)

    drawn = [
        f'<line x1="{x(low):.1f}" y1="{y(low):.1f}" x2="{x(high):.1f}" y2="{y(high):.1f}" stroke="var(--line)"/>',
        f'<path d="M{left} 10V{height - bottom}H{width - 12}" fill="none" stroke="var(--line)"/>',
    ]
    # Rows that differ are drawn last, on top.
    for alike in (True, False):
        colour, size = ("var(--good)", 2.5) if alike else ("var(--bad)", 4)
        drawn += [
            f'<circle cx="{x(before):.1f}" cy="{y(after):.1f}" r="{size}" fill="{colour}" fill-opacity=".65"/>'
            for before, after, same in points
            if same is alike
        ]
    for value in (low, low + span / 2, high):
        drawn.append(
            f'<text x="{x(value):.1f}" y="{height - bottom + 15}" text-anchor="{"end" if value == high else "middle"}">'
            f"{_short(value)}</text>"
        )
        drawn.append(f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{_short(value)}</text>')
    drawn.append(f'<text x="{left + inner / 2:.1f}" y="{height - 5}" text-anchor="middle">original</text>')
    what = "score of the class that the original chose" if "decisions" in told else "value"
    svg = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="original and export">{"".join(drawn)}</svg>'
    off = (
        "is decided otherwise" if "decisions" in told else "is farther apart than <code>parity</code> allows"
    )
    note = f"{what}: the original to the right, the export upwards; red {off}"
    return _card("Original and export", note, svg)


def _decisions_card(told: JsonObject) -> str:
    found = told.get("decisions")
    if found is None or len(found["classes"]) > CLASSES:
        return ""
    most = max(max(row) for row in found["counts"]) or 1
    head = "".join(f"<th>{escape(name)}</th>" for name in found["classes"])
    lines = []
    for number, (name, row) in enumerate(zip(found["classes"], found["counts"], strict=True)):
        cells = []
        for position, count in enumerate(row):
            if number == position:
                cells.append(
                    f'<td style="background: rgba(var(--fill), {0.08 + 0.4 * count / most:.2f})">{count}</td>'
                )
            else:
                cells.append(f'<td class="other">{count}</td>' if count else "<td></td>")
        lines.append(f"<tr><th>{escape(name)}</th>{''.join(cells)}</tr>")
    table = f'<table class="decisions"><tr><td class="corner"></td>{head}</tr>{"".join(lines)}</table>'
    return _card("Decisions", "down: what the original decided, across: what the export did", table)


def _farthest_card(told: JsonObject) -> str:
    if not told["farthest"]:
        return ""
    lines = []
    for item in told["farthest"]:
        values = [_short(item[name]) for name in ("original", "exported", "difference")]
        cells = "".join(f"<td>{value}</td>" for value in values)
        other = "otherwise" if "decisions" in told else "apart"
        said = "<td>alike</td>" if item["alike"] else f'<td class="other">{other}</td>'
        lines.append(f"<tr><th>{item['row']}</th>{cells}{said}</tr>")
    asked = "decided" if "decisions" in told else "value"
    head = f"<tr><th>row</th><th>original</th><th>export</th><th>largest difference</th><th>{asked}</th></tr>"
    note = "those that are not alike first; rows by their number in the data, from 0"
    return _card("Farthest rows", note, f"<table>{head}{''.join(lines)}</table>")


def _layers_card(told: JsonObject) -> str:
    if not told["layers"]:
        return ""
    lines = []
    for item in told["layers"]:
        span, difference = item["span"], item["difference"]
        share = 1.0 if difference is None else min(1.0, difference / span if span else float(difference > 0))
        off = ' class="off"' if share > parity.APART else ""
        lines.append(
            f"<tr><th>{escape(item['layer'])}</th><td>{_short(difference)}</td><td>{_short(span)}</td>"
            f'<td class="bar"><i{off} style="width: {100 * share:.1f}%"></i></td></tr>'
        )
    head = "<tr><th>layer</th><th>difference</th><th>span</th><th>share</th></tr>"
    note = "largest difference behind each layer, as a share of what its values span; red from a tenth"
    return _card("Layer by layer", note, f'<table class="layers">{head}{"".join(lines)}</table>')
