"""A gate asks for no more than a model reaches that has learned nothing: guessing has an `auc` of 0.5, and
foretelling the mean an `r2` of 0. Such a gate holds nothing back.

In an environment for trials (`ci`, `dev`, `test` and the like) a gate may ask for little.

## Wrong

```mlp declarations
evaluate quality: classification {
  model = forest
  data = parts.test
  require auc >= 0.5
  require recall >= 0.85
}
```

## Right

```mlp declarations
evaluate quality: classification {
  model = forest
  data = parts.test
  require auc >= 0.9
  require recall >= 0.85
}
```

## How to mend it

Ask for what the model has to be worth: what the one in use reaches, or a simple rule. If the gate is only to show the
figure, it need not be one: the figure is in the report anyway.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..bounds import bound_of
from ..lineage import gates
from ..spec import TRIAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.typed import TypedBlock
    from ..spec import Spec

CODE = codes.TRIVIAL_GATE

# What is reached without having learned anything.
_UP_FROM = {"accuracy": 0.5, "auc": 0.5, "r2": 0.0, "precision": 0.1, "recall": 0.1, "f1": 0.1}
_DOWN_FROM = {"brier": 0.25, "log_loss": 0.6931, "mape": 1.0}


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find gates that a model without knowledge passes, but for environments where nothing is at stake."""
    trials = spec.environments(TRIAL)
    for _, block in spec.blocks("evaluate"):
        for condition in gates(block) if spec.under not in trials else ():
            bound = bound_of(condition)
            if bound is None:
                continue
            limit = (_UP_FROM if bound.lower else _DOWN_FROM).get(bound.quantity)
            if limit is None or (bound.number > limit if bound.lower else bound.number < limit):
                continue
            if bound.quantity in ("accuracy", "log_loss") and not _two_classes(block):
                continue
            yield Diagnostic(
                CODE,
                f"`{condition.text}` holds for models that have learned nothing",
                condition.span,
                label="holds nothing back",
                help=["ask for more than guessing reaches"],
            )


def _two_classes(block: TypedBlock) -> bool:
    for sources in block.inputs.values():
        for source in sources:
            label = source.type.schema.label if source.type.schema is not None else None
            if label is not None:
                return label.type.base == "bool" or len(label.type.choices or ()) == 2
    return False
