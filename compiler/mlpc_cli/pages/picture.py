"""A workflow as SVG: boxes for steps, gates and services, arrows for what waits for what.

The same workflow gives the same bytes. Every text is escaped and, where it is too long for its box, shortened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpc.ir import draw
from mlpc.ir.nodes import Gate, Trigger
from mlpc_stdlib.runtime.web.markup import Markup, join, tag

from ..terminal import harmless
from . import files
from .layout import Box, arrange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlpc.ir.nodes import Node, Workflow

    from .layout import Place, Point

#: The widest box, and what stands around its text.
WIDEST, PAD, LINE = 300.0, 14.0, 17.0
_NARROW = frozenset("iljtfrI.,:;|!'()[] ")
_WIDE = frozenset("mwMW@%ABCDEFGHKLNOPQRSTUVXYZ_=<>")


def svg(workflow: Workflow) -> bytes:
    """Return a picture that stands alone; its colours follow the reader's light or dark setting."""
    day, night = files.colours()
    css = files.asset("picture.css")
    dark = files.resolved(css, {**day, **night})
    back = "svg.graph {{ background: {} }}\n"
    style = (
        back.format(day["paper"])
        + files.resolved(css, day)
        + "@media (prefers-color-scheme: dark) {\n"
        + back.format({**day, **night}["paper"])
        + dark
        + "}\n"
    )
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + drawing(workflow, style=style) + "\n").encode()


class Mark:
    """What is said of a node beside what it is: ``kind`` is good, bad, held or same, ``text`` what stands in its box."""

    __slots__ = ("kind", "text")

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text


def drawing(
    workflow: Workflow, *, style: str = "", marks: Mapping[str, Mark] | None = None, named: bool = False
) -> Markup:
    """Return a picture to stand in a page that has ``picture.css``, or with a ``style`` of its own.

    ``marks`` are by id of node. With ``named``, the group of a node is a button with a key of its own (``data-id``, see
    :class:`mlpc.ir.draw.Graph`), and that of an arrow has those of its ends, for the script of the page.
    """
    graph = draw.Graph(workflow)
    marks = marks or {}
    nodes = [*graph.triggers, *graph.nodes]
    lines = {node.id: _lines(node, marks.get(node.id)) for node in nodes}
    families = {f"f{number}": harmless(fan.id) for number, (fan, _) in enumerate(graph.families())}
    frame_of = {
        node.id: f"f{number}" for number, (_, members) in enumerate(graph.families()) for node in members
    }
    boxes = [Box(graph.key[node.id], *_size(lines[node.id]), frame_of.get(node.id, "")) for node in nodes]
    outside = {key: [harmless(location)] for location, key in graph.externals.items()}
    boxes += [Box(key, *_size(text)) for key, text in outside.items()]
    edges = graph.edges()
    placed = arrange(boxes, list(families), [(start, end) for start, end, _ in edges])
    parts: list[Markup | str] = [] if named else [tag("title", f"The pipeline {workflow.name}")]
    if style:
        parts.append(tag("style", Markup(style)))
    for key, name in families.items():
        inside = [placed.boxes[graph.key[id]] for id, frame in frame_of.items() if frame == key]
        x, y, width, height = _around(inside)
        parts.append(_shape("rect", class_="frame", x=x, y=y, width=width, height=height, rx=12.0))
        parts.append(_text(x + 10, y + 16, _clipped(name, width - 20), "caption"))
    for (start, end, kind), points in zip(edges, placed.arrows, strict=True):
        drawn = _arrow(points, {"gate": "after-gate", "order": "order"}.get(kind, "data"))
        parts.append(tag("g", drawn, class_="edge", data_from=start, data_to=end) if named else drawn)
    for node in nodes:
        key = graph.key[node.id]
        told = (
            {
                "data_id": key,
                "role": "button",
                "tabindex": "-1",
                "aria_pressed": "false",
            }
            if named
            else {}
        )
        parts.append(_node(node, lines[node.id], placed.boxes[key], marks.get(node.id), told))
    for key, text in outside.items():
        place = placed.boxes[key]
        parts.append(tag("g", _box(place, 14.0), *_texts(text, place), class_="outside"))
    wide, high = _short(placed.width), _short(placed.height)
    return tag(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {wide} {high}",
        width=wide,
        height=high,
        class_="graph",
        role="group" if named else "img",
        aria_label=f"The pipeline {workflow.name}: what waits for what",
    )


def _around(inside: Sequence[Place]) -> Place:
    """Return a frame close around boxes, with room for its name above them."""
    left, top = min(place[0] for place in inside), min(place[1] for place in inside)
    right = max(place[0] + place[2] for place in inside)
    bottom = max(place[1] + place[3] for place in inside)
    return left - 12, max(top - 26, 2), right - left + 24, bottom - max(top - 26, 2) + 12


def _lines(node: Node, mark: Mark | None = None) -> list[str]:
    found = [node.id, draw.role(node)]
    if isinstance(node, Trigger):
        found.append(draw.schedule(node))
    found += [detail.removeprefix("require ") for detail in draw.details(node)]
    if mark is not None and mark.text:
        found.append(mark.text)
    # XML has no place for control characters, not even escaped.
    return [harmless(line) for line in found]


def _node(node: Node, lines: list[str], place: Place, mark: Mark | None, told: dict[str, str]) -> Markup:
    kind = "gate" if isinstance(node, Gate) else "trigger" if isinstance(node, Trigger) else "step"
    if kind == "step" and draw.promotes(node):
        kind = "promotes"
    round_corners = {"gate": 0.0, "promotes": 20.0, "trigger": 20.0}.get(kind, 8.0)
    # A button is called by what stands in it.
    titles = [] if told else [tag("title", ", ".join(lines))]
    return tag(
        "g",
        *titles,
        _hexagon(place) if kind == "gate" else _box(place, round_corners),
        *_texts(lines, place, marked=mark is not None and bool(mark.text), spoken=bool(told)),
        class_=f"{kind} is-{mark.kind}" if mark is not None else kind,
        **told,
    )


def _texts(lines: Sequence[str], place: Place, *, marked: bool = False, spoken: bool = False) -> list[Markup]:
    x, y, width, _ = place
    found = []
    for number, line in enumerate(lines):
        kind = "name" if number == 0 else "mark" if marked and number == len(lines) - 1 else "line"
        text = _clipped(line, (width - 2 * PAD) / (1.22 if number == 0 else 1.0))
        # A space at the end is not drawn, and keeps lines apart for those who hear them.
        found.append(_text(x + PAD, y + PAD + 11 + number * LINE, f"{text} " if spoken else text, kind))
    return found


def _size(lines: Sequence[str]) -> tuple[float, float]:
    wide = max(_wide(line) * (1.22 if number == 0 else 1.0) for number, line in enumerate(lines))
    return min(max(wide + 2 * PAD, 110.0), WIDEST), 2 * PAD + LINE * len(lines) - 4


def _wide(text: str) -> float:
    """Return about how wide a text is in points: no font is at hand, and each reader has another one."""
    return sum(
        4.2 if char in _NARROW else 9.2 if char in _WIDE else 7.1 if ord(char) < 0x2E80 else 13.0
        for char in text
    )


def _clipped(text: str, room: float) -> str:
    """Return a text that fits into ``room``, on one line."""
    text = " ".join(text.split())
    if _wide(text) <= room + 0.5:
        return text
    while text and _wide(text) + 9 > room:
        text = text[:-1]
    return text.rstrip() + "…"


def _text(x: float, y: float, text: str, kind: str) -> Markup:
    return tag("text", text, x=_short(x), y=_short(y), class_=kind)


def _box(place: Place, rounded: float) -> Markup:
    x, y, width, height = place
    return _shape("rect", class_="box", x=x, y=y, width=width, height=height, rx=rounded)


def _hexagon(place: Place) -> Markup:
    x, y, width, height = place
    cut = 9.0
    points = [
        (x + cut, y), (x + width - cut, y), (x + width, y + cut), (x + width, y + height - cut),
        (x + width - cut, y + height), (x + cut, y + height), (x, y + height - cut), (x, y + cut),
    ]  # fmt: skip
    return tag("polygon", points=" ".join(f"{_short(a)},{_short(b)}" for a, b in points), class_="box")


def _arrow(points: Sequence[Point], kind: str) -> Markup:
    """Return a line that goes smoothly by its points, with a head at its end."""
    pairs = [f"{_short(x)} {_short(y)}" for x, y in points]
    path = f"M{pairs[0]}"
    for number in range(1, len(points) - 1):
        x, y = points[number]
        if number == len(points) - 2:
            path += f"Q{pairs[number]} {pairs[number + 1]}"
        else:
            after = points[number + 1]
            path += f"Q{pairs[number]} {_short((x + after[0]) / 2)} {_short((y + after[1]) / 2)}"
    if len(points) == 2:
        path += f"L{pairs[1]}"
    (a, b), (x, y) = points[-2], points[-1]
    length = ((x - a) ** 2 + (y - b) ** 2) ** 0.5 or 1.0
    dx, dy = (x - a) / length, (y - b) / length
    corners = [
        (x, y),
        (x - 9 * dx - 4.5 * dy, y - 9 * dy + 4.5 * dx),
        (x - 9 * dx + 4.5 * dy, y - 9 * dy - 4.5 * dx),
    ]
    head = " ".join(f"{_short(p)},{_short(q)}" for p, q in corners)
    return join(
        tag("path", d=path, class_=f"arrow {kind}"), tag("polygon", points=head, class_=f"head {kind}")
    )


def _shape(name: str, *, class_: str, **numbers: float) -> Markup:
    return tag(name, class_=class_, **{key: _short(value) for key, value in numbers.items()})


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
