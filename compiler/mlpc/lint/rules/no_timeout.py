"""A training that starts by itself, by a schedule or since a monitor asks for it, may take for ever. Nobody waits for
it: a fault in the data, or a machine without memory, keeps a machine busy until somebody looks at the bill.

## Wrong

```mlp declarations
train forest: sklearn.random_forest {
  data = parts.train
  trees = trees
  seed = 7
  resources { cpu = 2, memory = 2GiB }
}
```

## Right

```mlp declarations
train forest: sklearn.random_forest {
  data = parts.train
  trees = trees
  seed = 7
  timeout = 20min
  resources { cpu = 2, memory = 2GiB }
}
```

## How to mend it

Write `timeout = …`, some times of what a run takes.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..lineage import unattended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.NO_TIMEOUT


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find trainings without a timeout that start by themselves."""
    for typed in spec.pipelines():
        alone = unattended(typed)
        for block in typed.blocks.values():
            if alone and block.kind.name == "train" and "timeout" not in block.common:
                yield Diagnostic(
                    CODE,
                    f"`{block.shown}` starts by itself and may take for ever",
                    block.span,
                    label="`timeout` is missing",
                    help=["write `timeout = 30min`, some times of what a run takes"],
                )
