"""Rows that have a time are divided at random: the model learns from days that lie after those it is judged on. What
it is asked later lies after all of them, and the figures promise more than it can hold.

## Wrong

```mlp declarations
split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }

schema Cell {
  taken_on: date @time
  radius: float >= 0
  malignant: bool @label
}
```

## Right

```mlp declarations
split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }

schema Cell {
  taken_on: date @ignore
  radius: float >= 0
  malignant: bool @label
}
```

## How to mend it

Divide the rows by their time, in a `component` for `split` of your own. If the order does not matter to what is
foretold, the column is no `@time`: mark it `@ignore`, or leave the mark out.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.SHUFFLED_TIME


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find random splits of data with a column marked `@time`."""
    for _, block in spec.blocks("split"):
        if block.component is None or block.component.name != "random":
            continue
        for sources in block.inputs.values():
            for source in sources:
                schema = source.type.schema
                columns = schema.columns.values() if schema is not None else ()
                time = next((column for column in columns if "time" in column.marks), None)
                if time is not None:
                    yield Diagnostic(
                        CODE,
                        f"`{block.shown}` divides rows at random that have a time: what is judged lies before what was learned",
                        source.span,
                        label="has a `@time` column",
                        labels=[Label(time.span, "the time of a row")],
                        help=["divide by time: the latest rows for the test"],
                    )
