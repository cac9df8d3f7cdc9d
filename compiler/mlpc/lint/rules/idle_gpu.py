"""A step asks for a GPU that it cannot use: scikit-learn and onnxruntime's server compute on the CPU. The GPU is paid
for, and the step waits for one to be free.

## Wrong

```mlp declarations
train forest: sklearn.random_forest {
  data = parts.train
  trees = trees
  seed = 7
  timeout = 20min
  resources { cpu = 2, memory = 2GiB, gpu = 1 }
}
```

## Right

```mlp declarations
train forest: sklearn.random_forest {
  data = parts.train
  trees = trees
  seed = 7
  timeout = 20min
  resources { cpu = 8, memory = 2GiB }
}
```

## How to mend it

Take `gpu` away; more `cpu` makes a forest faster.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ..attrs import attr_of, value_of
from ..edits import removal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.IDLE_GPU

# Libraries of the standard components that know of GPUs.
_ON_GPU = ("cupy", "jax", "onnxruntime-gpu", "tensorflow", "torch", "xgboost")


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find GPUs for steps of the standard library that compute on the CPU."""
    for _, block in spec.blocks():
        component = block.component
        gpu, attr = value_of(block, "resources.gpu"), attr_of(block, "resources.gpu")
        if component is None or not component.module.path.startswith("std:") or gpu is None or attr is None:
            continue
        if (
            component.unbuilt
            or not gpu.value
            or any(text.startswith(_ON_GPU) for text in component.requirements)
        ):
            continue
        yield Diagnostic(
            CODE,
            f"`{block.shown}` asks for a GPU, and `{component.name}` computes on the CPU",
            gpu.span,
            label="would stand idle",
            help=["take `gpu` away"],
            fixes=[Fix("take `gpu` away", removal(attr.module, attr.node), safe=False)],
        )
