"""A model is trained and never judged: nobody knows how good it is, and nobody would notice the day when it is worse.

## Wrong

```mlp declarations
train second: sklearn.logistic_regression {
  data = parts.train
  timeout = 5min
  resources { memory = 1GiB }
}
```

## Right

```mlp declarations
split parts: random {
  data = cells
  test = 20%
  validation = 20%
  stratify = cells.malignant
  seed = 7
}

train second: sklearn.logistic_regression {
  data = parts.train
  timeout = 5min
  resources { memory = 1GiB }
}

evaluate second_quality: classification { model = second, data = parts.validation }
```

## How to mend it

Judge it with an `evaluate`, or take the training away.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..lineage import behind, promotions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNJUDGED_MODEL


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find trainings whose model no evaluation reads, and nothing promotes (that is `ungated-promotion`)."""
    for typed in spec.pipelines():
        judges = [block for block in typed.blocks.values() if block.kind.judges]
        known = behind(typed, [*judges, *promotions(typed)])
        for block in typed.blocks.values():
            if block.kind.name == "train" and block.id not in known:
                yield Diagnostic(
                    CODE,
                    f"nobody judges `{block.shown}`",
                    block.span,
                    label="how good is it?",
                    help=[f"add an `evaluate` with `model = {block.id}`"],
                )
