"""A step gets less memory than its libraries take before they see the first row: pandas and scikit-learn about 150
MiB, a server with onnxruntime about 100. It is ended as soon as it starts.

## Wrong

```mlp declarations
train forest: sklearn.random_forest {
  data = parts.train
  trees = trees
  seed = 7
  timeout = 20min
  resources { cpu = 2, memory = 64MiB }
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

Give it 512MiB or more, and several times the size of the data. `2MB` may have been meant as `2GB`.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..attrs import value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.TOO_LITTLE_MEMORY

_LEAST = 128 * 1024 * 1024


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find Python steps with less memory than their libraries take."""
    for _, block in spec.blocks():
        memory = value_of(block, "resources.memory")
        action = block.component.action if block.component is not None else None
        if memory is None or memory.value is None or action is None or action[0] == "container":
            continue
        if memory.value < _LEAST:
            yield Diagnostic(
                CODE,
                f"`{block.shown}` gets less memory than its libraries take",
                memory.span,
                label="ended as soon as it starts",
                help=["give it 512MiB or more"],
            )
