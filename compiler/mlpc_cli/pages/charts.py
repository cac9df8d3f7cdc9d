"""Small pictures of figures as SVG: curves, bars along time. Colours are those of the page that they stand in.

Each has a name for those who do not see it, and the page has the same figures as a table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlpc_stdlib.runtime.web.markup import Markup, join, tag

from .shell import said

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Width and height of a chart of curves, and what is left around the plot: left, top, right, bottom.
_WIDE, _HIGH = 480.0, 250.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 52.0, 12.0, 24.0, 40.0
#: Series that have a look of their own.
LOOKS = 4
_BAR, _ROW = 16.0, 28.0


class Series:
    """A named curve through points, ``x`` rising."""

    __slots__ = ("name", "points")

    def __init__(self, name: str, points: Sequence[tuple[float, float]]) -> None:
        self.name = name
        self.points = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]


def curves(
    title: str, series: Sequence[Series], x_name: str, y_name: str = "", diagonal: bool = False
) -> Markup:
    """Return a figure with up to four curves; nothing where there are no points.

    With ``diagonal`` both axes go from 0 to 1, and a line says what chance would do.
    """
    series = [each for each in series if each.points][:LOOKS]
    if not series:
        return Markup("")
    xs = [x for each in series for x, _ in each.points]
    ys = [y for each in series for _, y in each.points]
    across = [0.0, 0.25, 0.5, 0.75, 1.0] if diagonal else ticks(min(xs), max(xs), whole=True)
    up = [0.0, 0.25, 0.5, 0.75, 1.0] if diagonal else ticks(min(ys), max(ys))
    x_low, x_high = min(across[0], *xs), max(across[-1], *xs)
    y_low, y_high = up[0], up[-1]
    wide, high = _WIDE - _LEFT - _RIGHT, _HIGH - _TOP - _BOTTOM

    def at(x: float, y: float) -> tuple[str, str]:
        left = _LEFT + wide * ((x - x_low) / (x_high - x_low) if x_high > x_low else 0.5)
        top = _TOP + high * (1 - ((y - y_low) / (y_high - y_low) if y_high > y_low else 0.5))
        return short(left), short(top)

    parts: list[Markup] = []
    for value in up:
        _, y = at(x_low, value)
        parts.append(tag("line", x1=short(_LEFT), x2=short(_WIDE - _RIGHT), y1=y, y2=y, class_="grid"))
        parts.append(_text(_LEFT - 8, float(y) + 4, shown(value), "end"))
    for value in across:
        x, _ = at(value, y_low)
        parts.append(_text(float(x), _HIGH - _BOTTOM + 18, shown(value), "middle"))
    parts.append(_text(_LEFT + wide / 2, _HIGH - 4, x_name, "middle"))
    if diagonal:
        (x1, y1), (x2, y2) = at(0, 0), at(1, 1)
        parts.append(tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_="chance"))
    for number, each in enumerate(series):
        points = " ".join(",".join(at(x, y)) for x, y in each.points)
        if len(each.points) == 1:
            x, y = at(*each.points[0])
            parts.append(tag("circle", cx=x, cy=y, r="4", class_=f"dot s{number}"))
        else:
            parts.append(tag("polyline", points=points, class_=f"curve s{number}"))
    told = "; ".join(
        f"{each.name} from {shown(each.points[0][1])} to {shown(each.points[-1][1])}" for each in series
    )
    drawn = tag(
        "svg",
        *parts,
        viewBox=f"0 0 {short(_WIDE)} {short(_HIGH)}",
        class_="chart",
        role="img",
        aria_label=f"{title}: {told}",
    )
    return tag("figure", tag("figcaption", said(title), _legend(series)), drawn)


def scatter(title: str, points: Sequence[tuple[float, float]], x_name: str) -> Markup:
    """Return a figure of points, with the line on which both are the same; nothing where there are none."""
    if not points:
        return Markup("")
    marks = ticks(min(min(point) for point in points), max(max(point) for point in points))
    low, high = marks[0], marks[-1]
    wide, tall = _WIDE - _LEFT - _RIGHT, _HIGH - _TOP - _BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        return _LEFT + wide * (x - low) / (high - low), _TOP + tall * (1 - (y - low) / (high - low))

    parts: list[Markup] = []
    for mark in marks:
        across, down = at(mark, mark)
        ends = {"x1": short(_LEFT), "x2": short(_WIDE - _RIGHT), "y1": short(down), "y2": short(down)}
        parts.append(tag("line", **ends, class_="grid"))
        parts.append(_text(_LEFT - 8, down + 4, shown(mark), "end"))
        parts.append(_text(across, _HIGH - _BOTTOM + 18, shown(mark), "middle"))
    parts.append(_text(_LEFT + wide / 2, _HIGH - 4, x_name, "middle"))
    (x1, y1), (x2, y2) = at(low, low), at(high, high)
    line = {"x1": short(x1), "y1": short(y1), "x2": short(x2), "y2": short(y2)}
    parts.append(tag("line", **line, class_="chance"))
    for point in points:
        across, down = at(*point)
        parts.append(tag("circle", cx=short(across), cy=short(down), r="2.5", class_="dot point"))
    drawn = tag(
        "svg",
        *parts,
        viewBox=f"0 0 {short(_WIDE)} {short(_HIGH)}",
        class_="chart",
        role="img",
        aria_label=f"{title}: {len(points)} rows",
    )
    return tag("figure", tag("figcaption", said(title)), drawn)


def _legend(series: Sequence[Series]) -> Markup:
    if len(series) < 2:
        return Markup("")
    return tag(
        "span",
        *(
            join(tag("span", "", class_=f"swatch s{number}", aria_hidden="true"), said(each.name), " ")
            for number, each in enumerate(series)
        ),
        class_="legend",
    )


class Bar:
    """What took time: from ``start``, for ``seconds``; ``kind`` as the marks of a picture, ``text`` stands behind it."""

    __slots__ = ("kind", "name", "seconds", "start", "text")

    def __init__(self, name: str, start: float, seconds: float, kind: str, text: str) -> None:
        self.name = name
        self.start = start
        self.seconds = seconds
        self.kind = kind
        self.text = text


def gantt(title: str, bars: Sequence[Bar]) -> Markup:
    """Return bars along time, one a line; nothing where there are none."""
    if not bars:
        return Markup("")
    names = min(max(7.4 * len(bar.name) for bar in bars) + 18, 220.0)
    wide, room = 900.0, 110.0
    end = max(max(bar.start + bar.seconds for bar in bars), 0.01)
    marks = ticks(0.0, end)
    # The last mark may lie beyond the end.
    marks = [mark for mark in marks if mark <= end * 1.001]
    scale = (wide - names - room) / end
    high = _ROW * len(bars) + 30
    parts: list[Markup] = []
    for mark in marks:
        middle = names + mark * scale
        line = {"x1": short(middle), "x2": short(middle), "y1": "0", "y2": short(high - 24)}
        parts.append(tag("line", **line, class_="grid"))
        parts.append(_text(middle, high - 8, _clock(mark, end), "middle"))
    for number, bar in enumerate(bars):
        top = number * _ROW + 5
        name = bar.name if len(bar.name) <= 28 else f"{bar.name[:27]}…"
        parts.append(_text(0, top + 12.5, name, "start", "name"))
        x = names + bar.start * scale
        length = max(bar.seconds * scale, 2.0)
        parts.append(
            tag(
                "rect",
                x=short(x),
                y=short(top),
                width=short(length),
                height=short(_BAR),
                rx="3",
                class_=f"bar is-{bar.kind}",
            )
        )
        parts.append(_text(x + length + 6, top + 12.5, bar.text, "start"))
    return tag(
        "svg",
        *parts,
        viewBox=f"0 0 {short(wide)} {short(high)}",
        width=short(wide),
        height=short(high),
        class_="chart gantt",
        role="img",
        aria_label=f"{title}: when each step ran; the table below has the same",
    )


def ticks(low: float, high: float, count: int = 4, whole: bool = False) -> list[float]:
    """Return round numbers that span ``low`` to ``high``, about ``count`` of them; with ``whole`` no broken ones, inside it."""
    if high <= low:
        if whole:
            return [low]
        low, high = (low - abs(low) * 0.1, high + abs(high) * 0.1) if low else (0.0, 1.0)
    step = (high - low) / count
    power = 10.0 ** math.floor(math.log10(step))
    step = next(power * each for each in (1.0, 2.0, 2.5, 5.0, 10.0) if power * each >= step * 0.999)
    if whole:
        step = max(1.0, float(round(step)))
        first = math.ceil(low / step) * step
        return [*([low] if first - low > step / 2 else []), *_steps(first, high, step)]
    first = math.floor(low / step + 1e-9) * step
    found = _steps(first, high, step)
    return found if found[-1] >= high - step * 1e-9 else [*found, found[-1] + step]


def _steps(first: float, high: float, step: float) -> list[float]:
    count = int((high - first) / step + 1e-9)
    return [round(first + number * step, 12) for number in range(count + 1)]


def _clock(seconds: float, end: float) -> str:
    if end < 120:
        return f"{shown(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if end >= 3600 else f"{minutes}:{rest:02}"


def shown(value: float) -> str:
    """Return a number in few digits."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.2g}"
    return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"


def short(value: float) -> str:
    """Return a place in points."""
    return f"{value:.1f}".removesuffix(".0")


def _text(x: float, y: float, text: str, anchor: str, class_: str = "") -> Markup:
    attributes: dict[str, str] = {"x": short(x), "y": short(y), "text-anchor": anchor}
    if class_:
        attributes["class_"] = class_
    return tag("text", said(text), **attributes)
