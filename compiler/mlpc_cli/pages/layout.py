"""Where the boxes and arrows of a graph go: dagre (layered, after Sugiyama), run by QuickJS in this process.

The same graph gives the same places. ``assets/dagre.js`` is made by ``tools/graph_layout``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .files import asset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Point = tuple[float, float]
    #: Left, top, width, height.
    Place = tuple[float, float, float, float]


class Box:
    """What is to be placed: its size, and the frame that it stands in (empty: none)."""

    __slots__ = ("frame", "height", "id", "width")

    def __init__(self, id: str, width: float, height: float, frame: str = "") -> None:
        self.id = id
        self.width = width
        self.height = height
        self.frame = frame


class Layout:
    """Places in points: of boxes by id, and of arrows, in the order given, the points they go through."""

    __slots__ = ("arrows", "boxes", "height", "width")

    def __init__(self, found: dict[str, object], boxes: Sequence[Box]) -> None:
        self.width = _number(found["width"])
        self.height = _number(found["height"])
        self.boxes: dict[str, Place] = dict(
            zip((box.id for box in boxes), _places(found["boxes"]), strict=True)
        )
        lines = found["arrows"]
        assert isinstance(lines, list)
        self.arrows: list[list[Point]] = [[(float(x), float(y)) for x, y in line] for line in lines]


#: What is wider than this, in points, is drawn from left to right if that is narrower: many boxes beside each other are.
WIDE = 1200.0
#: Bytes of stack for the layout: memory is taken only as far as it is used.
_STACK = 512 << 20


def arrange(boxes: Sequence[Box], frames: Sequence[str], arrows: Sequence[tuple[str, str]]) -> Layout:
    """Place boxes so that arrows point down, or to the right where the graph would be too wide."""
    told: dict[str, object] = {
        "boxes": [
            {"id": box.id, "width": box.width, "height": box.height, "frame": box.frame} for box in boxes
        ],
        "frames": list(frames),
        "arrows": [list(arrow) for arrow in arrows],
    }
    return _deep(lambda: _arranged(told, boxes))


def _arranged(told: dict[str, object], boxes: Sequence[Box]) -> Layout:
    import quickjs

    context = quickjs.Context()
    context.set_max_stack_size(_STACK // 2)
    context.eval(asset("dagre.js"))

    def placed(across: bool) -> Layout:
        found = context.get("arrange")(json.dumps({**told, "across": across}))
        return Layout(json.loads(found), boxes)

    down = placed(False)
    if down.width <= WIDE:
        return down
    right = placed(True)
    return right if right.width < down.width else down


def _deep(work: Callable[[], Layout]) -> Layout:
    """Do ``work`` in a thread with a large stack: dagre calls itself once for each step of a chain."""
    import threading

    made: list[Layout] = []
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            made.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again, where it was asked for
            wrong.append(error)

    before = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if wrong:
        raise wrong[0]
    return made[0]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _places(found: object) -> list[Place]:
    assert isinstance(found, list)
    return [(float(x), float(y), float(width), float(height)) for x, y, width, height in found]
