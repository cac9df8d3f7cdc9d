"""A column is called as an identifier is, `patient_id`, and is not marked `@key`. Two things follow: rows of one
patient may lie on both sides of a split, so that the model is judged on patients that it knows; and the model learns
from the number itself.

## Wrong

```mlp declarations
schema Cell {
  patient_id: string
  radius: float >= 0
  malignant: bool @label
}
```

## Right

```mlp declarations
schema Cell {
  patient_id: string @key
  radius: float >= 0
  malignant: bool @label
}
```

## How to mend it

Mark what says to whom or to what a row belongs with `@key`: such rows stay on one side, and models do not learn from
it. Mark other identifiers `@ignore`.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ..columns import features
from ..edits import mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNMARKED_KEY

_WHOLE = frozenset({"id", "guid", "key", "rowid", "uid", "uuid"})
_ENDINGS = ("_id", "_guid", "_key", "_uid", "_uuid")


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find features that are called as identifiers are."""
    for schema in spec.schemas():
        for column in features(schema):
            name = column.name.lower()
            if name in _WHOLE or name.endswith(_ENDINGS):
                yield Diagnostic(
                    CODE,
                    f"`{column.name}` identifies something, but is no `@key`",
                    column.span,
                    label="rows of one may lie on both sides of a split",
                    help=["mark it `@key`, or `@ignore` where rows do not belong together by it"],
                    fixes=[Fix("mark it `@key`", mark(column.span, "key"), safe=False)],
                )
