"""Data is read, divided or made, and no block takes what comes out. It costs time at every run; most likely another
block was meant to take it, and takes something else.

## Wrong

```mlp declarations
data more: csv { path = "data/more.csv", schema = Cell }
```

## Right

```mlp declarations
data more: csv { path = "data/more.csv", schema = Cell }

evaluate elsewhere: classification { model = forest, data = more }
```

## How to mend it

Let a block take it, or take it away. Trainings that nobody judges are found by `unjudged-model`.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..lineage import taken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNUSED_BLOCK


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find data, splits and transforms that no block takes anything of, under no environment."""
    used = {name for typed in spec.programs.values() for name, _ in taken(typed)}
    said: set[str] = set()
    for _, block in spec.blocks("data", "split", "transform"):
        if block.id not in used and block.id not in said:
            said.add(block.id)
            yield Diagnostic(
                CODE,
                f"no block takes what `{block.shown}` gives",
                block.span,
                label="not used",
                help=["take it away, or let a block take it"],
            )
