"""A column is called as if it were computed from the label: `log_price`, `price_per_area`, `price_band` beside the
label `price`. Who knows it knows the answer, so a model has nothing left to learn.

Columns of earlier values, `last_price` or `price_lag_1`, are no such columns: they are known beforehand.

## Wrong

```mlp declarations
schema Cell {
  radius: float >= 0
  texture: float >= 0
  malignant_probability: float in 0..1
  malignant: bool @label
}
```

## Right

```mlp declarations
schema Cell {
  radius: float >= 0
  texture: float >= 0
  malignant_probability: float in 0..1 @ignore
  malignant: bool @label
}
```

## How to mend it

Mark the column `@ignore`. If it was known before the answer was, give it a name that says so, or allow it with a
reason.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix, Label
from ..columns import DERIVED, EARLIER, NOISE, features, words
from ..edits import mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.COMPUTED_FROM_LABEL


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find columns whose names hold the label's and, beside it, words of computing."""
    for schema in spec.schemas():
        label = schema.label
        if label is None:
            continue
        meant = words(label.name) - NOISE or words(label.name)
        for column in features(schema):
            rest = words(column.name) - meant
            if meant <= words(column.name) and rest & DERIVED and not rest & EARLIER:
                yield Diagnostic(
                    CODE,
                    f"`{column.name}` seems to be computed from the label `{label.name}`",
                    column.span,
                    label="models would learn from it",
                    labels=[Label(label.span, "the label")],
                    help=["mark it `@ignore`, or say in a comment why it is known before the label is"],
                    fixes=[Fix("mark it `@ignore`", mark(column.span, "ignore"), safe=False)],
                )
