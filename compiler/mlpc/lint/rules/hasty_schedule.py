"""A pipeline that trains is started every few minutes. The next run starts before the last one has ended, they take
each other's machines, and the data has hardly changed.

## Wrong

```mlp declarations
schedule weekly: cron { cron = "*/5 * * * *" }
```

## Right

```mlp declarations
schedule weekly: cron { cron = "30 5 * * 1" }
```

## How to mend it

Start it when there is new data to learn from: once a day or once a week. `* * * * *` means every minute; for once an
hour write `0 * * * *`.
"""

from __future__ import annotations

import re

from ... import codes
from ...diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.HASTY_SCHEDULE

# Less often than this is no haste.
_MINUTES = 30


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find schedules that start a training every few minutes."""
    for typed, block in spec.blocks("schedule"):
        cron = block.arguments.get("cron")
        trains = any(each.kind.name == "train" for each in typed.blocks.values())
        if not trains or cron is None or not cron.known or not isinstance(cron.value, str):
            continue
        minute = cron.value.split()[0] if cron.value.split() else ""
        step = re.fullmatch(r"(?:\*|0)/(\d+)", minute)
        if minute == "*" or (step is not None and int(step[1]) < _MINUTES):
            often = "every minute" if step is None or step[1] == "1" else f"every {step[1]} minutes"
            yield Diagnostic(
                CODE,
                f"`{block.shown}` starts a training {often}",
                cron.span,
                label=often,
                help=["once a day is `0 5 * * *`, once an hour `0 * * * *`"],
            )
