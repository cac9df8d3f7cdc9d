"""A monitor makes the model anew again and again: its `cooldown` is shorter than the time between two looks, or than
the training may take. The rows that made it start are still there at the next look, and the next training begins before
the first has come to its end.

## Wrong

```mlp declarations
monitor drift: evidently {
  reference = parts.train
  observed = api.requests
  every = 1h
  retrain when share_drifted > 50% { cooldown = 10min }
}
```

## Right

```mlp declarations
monitor drift: evidently {
  reference = parts.train
  observed = api.requests
  every = 1h
  retrain when share_drifted > 50% { cooldown = 1d }
}
```

## How to mend it

Give the new model time to be made, promoted and asked: `cooldown = 1d`, and several times `every` at least.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.typed import TypedProgram
    from ..spec import Spec

CODE = codes.HASTY_RETRAIN


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find a `retrain` that starts again before the last look, or the last training, is past."""
    for typed, block in spec.blocks("monitor"):
        every = block.setting("every")
        for condition in block.conditions:
            cooldown = condition.settings.get("cooldown")
            if condition.verb != "retrain" or not isinstance(cooldown, int | float):
                continue
            longest = _longest(typed)
            seldom = every.value if every is not None and every.known and every.value is not None else 0
            if cooldown < max(seldom, longest):
                why = "a training may take longer" if cooldown < longest else "two looks lie further apart"
                yield Diagnostic(
                    CODE,
                    f"`{block.shown}` makes the model anew before the last time can have helped",
                    condition.span,
                    label=f"`cooldown`: {why}",
                    help=["write `cooldown = 1d`, or several times what a run takes"],
                )


def _longest(typed: TypedProgram) -> float:
    """Return the longest timeout of a training, in seconds; 0 where none has one."""
    limits = [block.common.get("timeout") for block in typed.blocks.values() if block.kind.name == "train"]
    return max(
        (float(each.value) for each in limits if each is not None and each.known and each.value), default=0.0
    )
