"""A table of made-up houses, and a model that a function of one's own trains."""

from __future__ import annotations

from random import Random

ABOUT = "a table, and training code of your own"
NEXT = ("check", "run", "up")
FILES = {
    "main.mlp": "main.mlp",
    "train.py.template": "train.py",
    "README.md": "README.md",
    "gitignore": ".gitignore",
}

_ROWS = 400
_SEED = 7


def data() -> dict[str, bytes]:
    """Return `data/houses.csv`, 400 rows: every call gives the same bytes.

    The price is a sum of the other columns with noise, so a linear model finds most of what there is to find.
    """
    draw = Random(_SEED).random
    lines = ["area,rooms,year,distance,price"]
    for _ in range(_ROWS):
        area = round(40 + 160 * draw(), 1)
        rooms = 1 + int(area / 45 + 2 * draw())
        year = 1900 + int(125 * draw())
        distance = round(20 * draw() ** 2, 2)
        noise = sum(draw() for _ in range(12)) - 6  # nearly normal, and the same on every machine
        price = 30 + 2.1 * area + 9 * rooms + 0.4 * (year - 1900) - 4.5 * distance + 22 * noise
        lines.append(f"{area},{rooms},{year},{distance},{round(max(price, 20.0), 1)}")
    return {"data/houses.csv": ("\n".join(lines) + "\n").encode()}
