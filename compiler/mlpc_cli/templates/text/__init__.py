"""Made-up messages to a shop, and a model of what each is about."""

from __future__ import annotations

from random import Random

ABOUT = "messages, a classifier of what they are about"
NEXT = ("check", "run")
FILES = {
    "main.mlp": "main.mlp",
    "train.py.template": "train.py",
    "README.md": "README.md",
    "gitignore": ".gitignore",
}

_ROWS = 600
_SEED = 5
_OPENINGS = ("Hello,", "Hi team,", "Good morning,", "Dear shop,", "")
_TOPICS = {
    "billing": (
        "I was charged twice for order {n}",
        "the invoice {n} shows a wrong amount",
        "please refund what I paid for {n}",
        "my card was declined though the payment of {n} went through",
        "the discount is missing on my bill {n}",
    ),
    "delivery": (
        "my parcel {n} has not arrived",
        "order {n} was delivered to the wrong address",
        "the tracking of {n} has not moved for days",
        "when will package {n} be shipped",
        "the box of {n} came damaged",
    ),
    "technical": (
        "the app crashes when I open order {n}",
        "I cannot log in, the error is {n}",
        "the website shows a blank page with code {n}",
        "resetting my password fails with message {n}",
        "the search does not find item {n}",
    ),
}
_CLOSINGS = ("Can you help?", "Thank you.", "This is the second time I write.", "Please answer soon.", "")


def data() -> dict[str, bytes]:
    """Return `data/messages.csv`, 600 rows: every call gives the same bytes.

    One message of twelve is about another topic than it says, so no model is always right.
    """
    draw = Random(_SEED).random

    def one(choices: tuple[str, ...]) -> str:
        return choices[int(draw() * len(choices))]

    topics = tuple(_TOPICS)
    lines = ["message,topic"]
    for _ in range(_ROWS):
        topic = one(topics)
        about = one(_TOPICS[topic]).replace("{n}", str(1000 + int(9000 * draw())))
        words = " ".join(part for part in (one(_OPENINGS), f"{about}.", one(_CLOSINGS)) if part)
        label = one(topics) if draw() < 1 / 12 else topic
        lines.append(f'"{words}",{label}')
    return {"data/messages.csv": ("\n".join(lines) + "\n").encode()}
