"""Made-up sales by day, and a model of what is sold a week ahead, judged on the last days."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

ABOUT = "values by day, a forecast that is judged on the last days"
NEXT = ("check", "run")
FILES = {
    "main.mlp": "main.mlp",
    "series.py.template": "series.py",
    "README.md": "README.md",
    "gitignore": ".gitignore",
}

_DAYS = 900
_SEED = 11
#: How much is sold on each day of a week, Monday first.
_WEEK = (0.9, 0.85, 0.9, 1.0, 1.25, 1.5, 0.6)


def data() -> dict[str, bytes]:
    """Return `data/sales.csv`, 900 days: every call gives the same bytes.

    A trend, a week and a year, with noise.
    """
    draw = Random(_SEED).random
    first = date(2023, 1, 2)
    lines = ["day,sold"]
    for at in range(_DAYS):
        day = first + timedelta(days=at)
        noise = sum(draw() for _ in range(12)) - 6  # nearly normal, and the same on every machine
        # A year as a triangle: sines differ in their last digits between machines.
        season = 1 + 0.25 * (1 - abs((at % 365) / 182.5 - 1) * 2)
        sold = (120 + 0.05 * at) * _WEEK[day.weekday()] * season + 6 * noise
        lines.append(f"{day},{max(round(sold), 0)}")
    return {"data/sales.csv": ("\n".join(lines) + "\n").encode()}
