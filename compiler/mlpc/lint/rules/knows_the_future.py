"""A column is called as if it held what comes later: `next_visit`, `future_balance`, `days_until_churn`. When the
model is asked, nobody knows that yet; in training it gives the answer away. So does when or why a label came to be true:
`churn_date` beside `churned`.

## Wrong

```mlp declarations
schema Cell {
  radius: float >= 0
  texture: float >= 0
  days_until_surgery: int >= 0
  malignant: bool @label
}
```

## Right

```mlp declarations
schema Cell {
  radius: float >= 0
  texture: float >= 0
  days_until_surgery: int >= 0 @ignore
  malignant: bool @label
}
```

## How to mend it

Mark the column `@ignore`. If it is planned, and so known when the model is asked, allow it with a comment that says
so.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ..columns import CIRCUMSTANCES, EARLIER, FUTURE, NOISE, features, stem, words
from ..edits import mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.schemas import Column
    from ..spec import Spec

CODE = codes.KNOWS_THE_FUTURE


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find columns with a word of the future in their names."""
    for schema in spec.schemas():
        if schema.label is None:
            continue
        for column in features(schema):
            said = sorted(words(column.name) & FUTURE) or _circumstances(column.name, schema.label)
            if said:
                yield Diagnostic(
                    CODE,
                    f"`{column.name}` is called as if it were known later only",
                    column.span,
                    label=f"`{said[0]}`: is this known when the model is asked?",
                    help=["mark it `@ignore`, or say in a comment that it is known beforehand"],
                    fixes=[Fix("mark it `@ignore`", mark(column.span, "ignore"), safe=False)],
                )


def _circumstances(name: str, label: Column) -> list[str]:
    """Return the words that say when or why the label, of a truth, came to be: `churn_date` beside `churned`."""
    if label.type.base != "bool":
        return []
    meant = {stem(word) for word in words(label.name) - NOISE}
    own = words(name)
    if not meant or own & EARLIER or not meant <= {stem(word) for word in own}:
        return []
    return sorted(own & CIRCUMSTANCES)
