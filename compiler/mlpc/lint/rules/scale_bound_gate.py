"""All that a regression has to reach is stated in the unit of its label: `rmse <= 65`. Whether that is good depends
on how far the labels lie apart. The pipeline starts by itself; when prices double, or data of another region comes in,
the same number means something else, and nobody sees it.

## Wrong

```mlp declarations
evaluate errors: regression {
  model = ridge
  data = parts.test
  require rmse <= 40000
}
```

## Right

```mlp declarations
evaluate errors: regression {
  model = ridge
  data = parts.test
  require rmse <= 40000
  require r2 >= 0.5
}
```

## How to mend it

Ask also for a figure without unit: `r2`, the share of the variance that is explained, or `mape`, the error as a share
of the label.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..lineage import gates, unattended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.SCALE_BOUND_GATE

_WITHOUT_UNIT = ("r2", "mape")


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find regressions whose gates read figures in the unit of the label only, without anybody looking at the data."""
    for typed, block in spec.blocks("evaluate"):
        held = gates(block)
        if (
            "rmse" in block.quantities
            and held
            and unattended(typed)
            and not any(w in each.text for each in held for w in _WITHOUT_UNIT)
        ):
            yield Diagnostic(
                CODE,
                f"`{block.shown}` asks for nothing but figures in the unit of the label",
                held[0].span,
                label="good or bad depends on how far the labels lie apart",
                help=["ask for `r2` or `mape` as well"],
            )
