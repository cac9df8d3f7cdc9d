"""Drawn pictures of shapes, and a model of what each shows."""

from __future__ import annotations

import struct
import zlib
from random import Random

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ABOUT = "a folder of pictures, a classifier of what they show"
NEXT = ("check", "run")
FILES = {
    "main.mlp": "main.mlp",
    "pictures.py.template": "pictures.py",
    "README.md": "README.md",
    "gitignore": ".gitignore",
}

#: Pictures of each kind, pixels of a side.
_EACH = 120
_SIDE = 16
#: How far from the middle, in pixels, a shape may stand.
_AWAY = 1.2
_SEED = 3


def _circle(x: float, y: float, size: float) -> bool:
    return abs(x * x + y * y - size * size) < 1.6 * size


def _cross(x: float, y: float, size: float) -> bool:
    return min(abs(x), abs(y)) < 0.9 and max(abs(x), abs(y)) < size


def _square(x: float, y: float, size: float) -> bool:
    return size - 1.6 < max(abs(x), abs(y)) < size


_KINDS: dict[str, Callable[[float, float, float], bool]] = {
    "circle": _circle,
    "cross": _cross,
    "square": _square,
}


def data() -> dict[str, bytes]:
    """Return 360 files `data/pictures/KIND/NUMBER.png`, 16 x 16 pixels in grey: every call gives the same bytes.

    Place, size, brightness and noise are drawn, so the shapes are never quite alike.
    """
    draw = Random(_SEED).random
    files = {}
    for kind, inside in _KINDS.items():
        for number in range(_EACH):
            size = 3.5 + 3 * draw()
            middle = [(_SIDE - 1) / 2 + (2 * draw() - 1) * _AWAY for _ in "xy"]
            ink, noise = 110 + 120 * draw(), 70 * draw()
            rows = [
                bytes(
                    min(255, int(ink * inside(x - middle[0], y - middle[1], size) + noise * draw()))
                    for x in range(_SIDE)
                )
                for y in range(_SIDE)
            ]
            files[f"data/pictures/{kind}/{number:03}.png"] = _png(rows)
    return files


def _png(rows: list[bytes]) -> bytes:
    """Return a picture of 8 bits of grey (W3C, Portable Network Graphics), stored as it is: zlibs compress differently."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
