"""The training is told that the classes are of unequal size (`class_weight = "balanced"`), and a gate asks for
accuracy, which counts every row the same: it favours the frequent class that the training was told not to favour.

## Wrong

```mlp declarations
train forest: sklearn.random_forest {
  data = parts.train
  class_weight = "balanced"
  seed = 7
  timeout = 20min
  resources { cpu = 2, memory = 2GiB }
}
```

## Right

```mlp declarations
train forest: sklearn.random_forest {
  data = parts.train
  class_weight = "balanced"
  seed = 7
  timeout = 20min
  resources { cpu = 2, memory = 2GiB }
}

evaluate quality: classification {
  model = forest
  data = parts.test
  require recall >= 0.85
  require precision >= 0.85
}
```

## How to mend it

Ask for figures that do not depend on how frequent a class is: `recall` and `precision` of each class, `f1`, `auc`.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label
from ..bounds import bound_of
from ..lineage import chain, gates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.METRIC_IGNORES_BALANCE


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find gates on accuracy of models that were trained with balanced classes."""
    for typed, block in spec.blocks("evaluate"):
        for made in chain(typed, block):
            weight = made.arguments.get("class_weight")
            if weight is None or not weight.known or weight.value != "balanced":
                continue
            for condition in gates(block):
                bound = bound_of(condition)
                if bound is not None and bound.quantity == "accuracy":
                    yield Diagnostic(
                        CODE,
                        f"accuracy favours the frequent class, which `{made.shown}` is told not to favour",
                        condition.span,
                        label="counts every row the same",
                        labels=[Label(weight.span, "the classes are of unequal size")],
                        help=["ask for `recall` and `precision` of each class, `f1` or `auc`"],
                    )
