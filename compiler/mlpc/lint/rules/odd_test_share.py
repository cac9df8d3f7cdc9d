"""The test gets very few of the rows, or more than the training. With few rows its figures jump from one draw to the
next, so that a gate passes or fails by chance; and rows of the test teach nothing.

## Wrong

```mlp declarations
split parts: random { data = cells, test = 1%, stratify = cells.malignant, seed = 7 }
```

## Right

```mlp declarations
split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }
```

## How to mend it

Between 10% and 30% is usual. With millions of rows 1% is plenty: allow it with a comment that says how many there
are.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..attrs import value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.ODD_TEST_SHARE

_LEAST, _MOST = 0.05, 0.5


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find splits whose test part is very small or larger than what is left."""
    for _, block in spec.blocks("split"):
        share = value_of(block, "test")
        # A split by time is told how long, not how much.
        if share is None or share.type.base not in ("int", "float"):
            continue
        if not isinstance(share.value, int | float) or share.value <= 0:
            continue
        if share.value < _LEAST or share.value > _MOST:
            small = share.value < _LEAST
            yield Diagnostic(
                CODE,
                f"the test of `{block.shown}` gets {'few' if small else 'most'} of the rows",
                share.span,
                label="its figures jump by chance" if small else "little is left to learn from",
                help=["between 10% and 30% is usual"],
            )
