"""Accuracy is all that a model has to reach. Where one class is rare it says little: with 5 % of frauds a model that
never finds one is right in 95 % of the cases and passes.

## Wrong

```mlp declarations
evaluate quality: classification {
  model = forest
  data = parts.test
  require accuracy >= 0.92
}
```

## Right

```mlp declarations
evaluate quality: classification {
  model = forest
  data = parts.test
  require accuracy >= 0.92
  require recall >= 0.85
}
```

## How to mend it

Ask for what matters in use as well: `recall` where a case that is missed is dear, `precision` where a false alarm is,
`auc` or `log_loss` where scores are used, and figures of single classes, `recall["legal"]`, where there are several.
Labels that are numbers, such as digits, are left out: none of them is the rare case that is looked for.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..lineage import chain, gates, inputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.typed import TypedBlock
    from ..spec import Spec

CODE = codes.ACCURACY_ALONE


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find evaluations whose gates read accuracy and nothing else."""
    for typed, block in spec.blocks("evaluate"):
        if "accuracy" not in block.quantities or _counts(block):
            continue
        held = gates(block)
        others = [name for name in block.quantities if name not in ("accuracy", "support")]
        said = [condition for condition in held if "accuracy" in condition.text]
        if not said or len(said) < len(held) or any(name in c.text for c in held for name in others):
            continue
        weights = [made.arguments.get("class_weight") for made in chain(typed, block)]
        if any(weight is not None and weight.known and weight.value == "balanced" for weight in weights):
            continue  # metric-ignores-balance says more
        yield Diagnostic(
            CODE,
            f"accuracy is all that `{block.shown}` asks for",
            said[0].span,
            label="a model that never finds the rare class may pass",
            help=["ask for `recall`, `precision` or `auc` as well"],
        )


def _counts(block: TypedBlock) -> bool:
    """Return whether the label of what is judged is a number with more than two values."""
    data = inputs(block, "dataset").get("data")
    label = data.type.schema.label if data is not None and data.type.schema is not None else None
    return label is not None and label.type.base == "int"
