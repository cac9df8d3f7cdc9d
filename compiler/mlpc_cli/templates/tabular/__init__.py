"""A table of made-up customers, and a model of which of them leave.

`ABOUT` says in a few words what it is, `NEXT` which commands to try. `FILES` names what is copied, with the name that it
gets; in it `{{name}}` stands for the name of the project. Other templates are made alike.
"""

from __future__ import annotations

from math import exp, log
from random import Random

ABOUT = "a table, a classifier, a server"
NEXT = ("check", "run", "up")
FILES = {"main.mlp": "main.mlp", "README.md": "README.md", "gitignore": ".gitignore"}

_ROWS = 600
_SEED = 20


def data() -> dict[str, bytes]:
    """Return the data files, by path: every call gives the same bytes.

    `data/customers.csv` has 600 rows. Whether a customer leaves is drawn from a logistic model of the other
    columns, so a logistic regression can find most of what there is to find.
    """
    # `Random.random` is the one method whose sequence Python promises to keep.
    draw = Random(_SEED).random
    lines = ["age,months,monthly_fee,support_calls,left"]
    for _ in range(_ROWS):
        age = 18 + int(62 * draw())
        months = int(72 * draw() ** 2)
        fee = round(10 + 50 * draw(), 2)
        calls = int(-log(1 - draw()) * 1.5)
        score = 0.5 - 0.07 * months + 0.05 * (fee - 30) + 0.8 * (calls - 1) - 0.02 * (age - 45)
        left = draw() < 1 / (1 + exp(-score))
        lines.append(f"{age},{months},{fee},{calls},{'true' if left else 'false'}")
    return {"data/customers.csv": ("\n".join(lines) + "\n").encode()}
