"""A gate asks for perfection: `recall >= 100%`, `accuracy == 1`, `rmse <= 0`. A model that passes has most likely seen the
answers, or the test is too small; and mostly nothing is ever promoted.

## Wrong

```mlp declarations
evaluate quality: classification {
  model = forest
  data = parts.test
  require accuracy >= 0.92
  require recall >= 100%
}
```

## Right

```mlp declarations
evaluate quality: classification {
  model = forest
  data = parts.test
  require accuracy >= 0.92
  require recall >= 98%
}
```

## How to mend it

Say which error is still fine. What must never happen is no matter of a model alone: add a rule after it.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..bounds import bound_of, exact_of
from ..lineage import gates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.PERFECT_GATE

_UP_TO = frozenset({"accuracy", "auc", "f1", "precision", "r2", "recall"})
_DOWN_TO = frozenset({"brier", "log_loss", "mae", "mape", "max_error", "rmse"})


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find gates that only a model without any error passes."""
    for _, block in spec.blocks("evaluate"):
        for condition in gates(block):
            exact = exact_of(condition)
            bound = exact or bound_of(condition)
            if bound is None:
                continue
            low, high = bound.lower or exact is not None, not bound.lower or exact is not None
            if (low and bound.quantity in _UP_TO and bound.number > 0.9995) or (
                high and bound.quantity in _DOWN_TO and bound.number <= 0
            ):
                yield Diagnostic(
                    CODE,
                    f"`{condition.text}` asks for a model without any error",
                    condition.span,
                    label="who passes this has most likely seen the answers",
                    help=["say which error is still fine"],
                )
