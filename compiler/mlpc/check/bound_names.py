"""The names that a text leaves to be given when it is used: `:day` in a query."""

from __future__ import annotations


def bound_names(text: str) -> list[str]:
    """Return what stands as `:name` in ``text``, each once, by the rule of SQLAlchemy's ``text()``, which runs queries.

    A colon behind a word, a colon or a backslash is none, nor is one whose name is followed by a colon (`::date`).
    """
    found: list[str] = []
    at = text.find(":")
    while at >= 0:
        end = at + 1
        while end < len(text) and _of_a_word(text[end]):
            end += 1
        before, behind = text[at - 1] if at else " ", text[end] if end < len(text) else " "
        if end > at + 1 and behind != ":" and before not in ":\\" and not _of_a_word(before):
            name = text[at + 1 : end]
            if name not in found:
                found.append(name)
        at = text.find(":", at + 1)
    return found


def _of_a_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
