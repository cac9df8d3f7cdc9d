"""Walks the LALR table over a token list and builds the tree: the way of a text without mistakes.

At the first token that fits nowhere it gives up; :mod:`mlpc.syntax.recovery` then reads the text again, reports
and goes on.
"""

from __future__ import annotations

from .tables import ACCEPTED, ACTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .actions import Rules


def drive(kinds: list[int], values: list[Any], start: int, rules: Rules) -> Any:
    """Return what the tokens say, or None where one of them fits nowhere."""
    actions = ACTIONS
    states = [start]
    stack: list[Any] = []
    push_state = states.append
    push = stack.append
    state = start
    for kind, value in zip(kinds, values, strict=True):
        action = actions[state][kind]
        while action < 0:
            goto, size, make = rules[-action]
            make(stack)
            del states[-size:]
            state = goto[states[-1]]
            push_state(state)
            action = actions[state][kind]
        if not action:
            return None
        push_state(action)
        push(value)
        state = action
    return stack[0] if state == ACCEPTED else None
