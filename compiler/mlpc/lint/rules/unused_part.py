"""A split sets rows aside, and no block takes them. They are missing in training, and nothing is judged by them.

## Wrong

```mlp declarations
split parts: random {
  data = cells
  test = 20%
  validation = 20%
  stratify = cells.malignant
  seed = 7
}
```

## Right

```mlp declarations
split parts: random {
  data = cells
  test = 20%
  stratify = cells.malignant
  seed = 7
}
```

## How to mend it

Judge on them, or leave the part out. What is drawn changes when a part is left out, so that there is no fix.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..attrs import attr_of
from ..lineage import taken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNUSED_PART


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find parts of splits that no block takes, under no environment."""
    used = {each for typed in spec.programs.values() for each in taken(typed)}
    whole = {name for name, _ in used}
    for _, block in spec.blocks("split"):
        for port in block.outputs:
            if block.id in whole and (block.id, port) not in used:
                attr = attr_of(block, port)
                yield Diagnostic(
                    CODE,
                    f"no block takes `{block.shown}.{port}`",
                    attr.span if attr is not None else block.span,
                    label="rows set aside for nothing"
                    if port != "train"
                    else "nothing is trained on the rest",
                    help=["take the part, or leave it out"],
                )
