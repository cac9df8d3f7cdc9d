"""A schedule names an hour that does not exist on one day of the year and comes twice on another: where clocks
change, that is the hour between 1 and 3 at night. The run of that day is left out, or there are two.

## Wrong

```mlp declarations
schedule weekly: cron { cron = "30 2 * * *", timezone = "Europe/Berlin" }
```

## Right

```mlp declarations
schedule weekly: cron { cron = "30 5 * * *", timezone = "Europe/Berlin" }
```

## How to mend it

Choose an hour from 4 on, or the time zone `UTC`.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.AMBIGUOUS_HOUR

# Zones whose clocks never change, by their beginnings; all others may change them.
_STEADY = (
    "UTC",
    "Etc/",
    "GMT",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Africa/Lagos",
)


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find schedules between 1 and 3 at night in a zone whose clocks change."""
    for _, block in spec.blocks("schedule"):
        cron, zone = block.arguments.get("cron"), block.arguments.get("timezone")
        if (
            cron is None
            or zone is None
            or not cron.known
            or not zone.known
            or not isinstance(cron.value, str)
        ):
            continue
        fields = cron.value.split()
        # A run on one day of the week in summer is no matter; nobody writes that.
        if (
            len(fields) == 5
            and fields[1] in ("1", "2", "01", "02")
            and not str(zone.value).startswith(_STEADY)
        ):
            yield Diagnostic(
                CODE,
                f"the hour of `{block.shown}` is left out or comes twice when clocks change",
                cron.span,
                label="between 1 and 3 at night",
                labels=[Label(zone.span, "where clocks may change")],
                help=["choose an hour from 4 on, or `UTC`"],
            )
