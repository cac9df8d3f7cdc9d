"""Rows are drawn, or a forest is grown, with numbers at random, and no seed is written down: what comes out hangs on
a default of the component. Whoever reads the spec does not see that two runs give the same, and a new version of the
component may change it.

## Wrong

```mlp declarations
split parts: random { data = cells, test = 20%, stratify = cells.malignant }
```

## Right

```mlp declarations
split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 0 }
```

## How to mend it

Write `seed = …`, any number. The fix writes down the default, so that the result stays what it is.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ..edits import addition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.NO_SEED

# Trainings whose result depends on the numbers drawn; that of a logistic regression does not.
_DRAWING = frozenset({"random_forest"})


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find splits and trainings that draw numbers and whose component has a seed that is not given."""
    for _, block in spec.blocks("split", "train", "transform"):
        component = block.component
        seed = component.params.get("seed") if component is not None else None
        if component is None or seed is None or "seed" in block.definition.body.attrs:
            continue
        default = seed.default.value if seed.default is not None and seed.default.known else None
        if default is not None and block.kind.name != "split" and component.name not in _DRAWING:
            continue
        yield Diagnostic(
            CODE,
            f"`{block.shown}` draws numbers at random, and its seed is written nowhere",
            block.span,
            label="`seed` is missing",
            help=[f"write `seed = {7 if default is None else default}`"],
            fixes=[Fix(f"add `seed = {default}`", addition(block, f"seed = {default}"))]
            if default is not None
            else [],
        )
