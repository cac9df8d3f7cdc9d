"""Something is fitted to all rows before they are divided: a scaler that has seen the mean of the test, an
imputation, a choice of columns by the label. The test has left its traces in what the model learns from, and its
figures promise too much.

## Wrong

```mlp declarations
transform scaled: scale_columns { data = cells }

split parts: random { data = scaled, test = 20%, stratify = scaled.malignant, seed = 7 }

component scale_columns: transform {
  input data: dataset
  output rows: dataset(data)
  run = python("train.py:clean")
  requires = ["scikit-learn>=1.6,<2"]
}
```

## Right

```mlp declarations
train forest: scaled_forest { data = parts.train, timeout = 20min, resources { memory = 2GiB } }

## Scales the columns and grows a forest; both travel in the model.
component scaled_forest: train {
  input data: dataset
  output model: model("sklearn")
  run = python("train.py:fit")
  requires = ["scikit-learn>=1.6,<2"]
}
```

## How to mend it

Divide first, and fit to the training part only, best inside the model (a scikit-learn pipeline), so that it travels
with it. What looks at each row on its own, such as a change of units, may stand before the split: if its name reads
otherwise, allow it with a comment that says so.
"""

from __future__ import annotations

import re

from ... import codes
from ...diagnostics import Diagnostic, Label
from ..lineage import inputs, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.FITTED_BEFORE_SPLIT

# What is computed over all rows.
_FITTED = re.compile(
    r"(?:^|_)(?:balance|balanced|fit|fitted|impute|imputed|imputer|normali[sz]e|normali[sz]ed|oversample|oversampled|pca"
    r"|resample|resampled|scale|scaled|scaler|select_columns|select_features|smote|standardi[sz]e|standardi[sz]ed"
    r"|target_encode|target_encoded|undersample|undersampled|whiten|whitened)(?=$|_)"
)


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find transforms before a split that are called as what is fitted to data is."""
    for typed, block in spec.blocks("split"):
        for source in inputs(block, "dataset").values():
            for name, _ in sorted(rows_of(typed, source)):
                made = typed.blocks.get(name)
                if made is None or made.kind.name != "transform" or made.component is None:
                    continue
                action = made.component.action
                called = (made.id, made.component.name, action[2] if action is not None else "")
                if any(_FITTED.search(each) for each in called):
                    yield Diagnostic(
                        CODE,
                        f"`{made.shown}` seems to be fitted to rows that are taken for a test later",
                        made.span,
                        label="sees all rows",
                        labels=[Label(block.span, "divided only here")],
                        help=["divide first, and fit to the training part only"],
                    )
