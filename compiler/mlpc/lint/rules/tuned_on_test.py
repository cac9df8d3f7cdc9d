"""A training gets the rows that its model is judged on, beside those that it learns from: to stop early by, or to
choose its settings. Then the model was chosen by the test, and the test says too much good of it.

## Wrong

```mlp declarations
train forest: my_trainer {
  data = parts.train
  watched = parts.test
  timeout = 5min
  resources { memory = 1GiB }
}

component my_trainer: train {
  input data: dataset
  input watched: dataset
  output model: model("sklearn")
  run = python("train.py:fit")
  requires = ["scikit-learn>=1.6,<2"]
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

train forest: my_trainer {
  data = parts.train
  watched = parts.validation
  timeout = 5min
  resources { memory = 1GiB }
}

component my_trainer: train {
  input data: dataset
  input watched: dataset
  output model: model("sklearn")
  run = python("train.py:fit")
  requires = ["scikit-learn>=1.6,<2"]
}
```

## How to mend it

Set a `validation` part aside (`validation = 20%` in the split), and let the training watch that.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label
from ..lineage import chain, inputs, output, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.TUNED_ON_TEST


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find trainings with another input than `data` that holds rows of an evaluation of their model."""
    for typed, block in spec.blocks("evaluate"):
        judged = inputs(block, "dataset").get("data")
        for made in chain(typed, block):
            for name, source in inputs(made, "dataset").items():
                if (
                    judged is not None
                    and made.kind.name == "train"
                    and name != "data"
                    and (output(source) in rows_of(typed, judged) or output(judged) in rows_of(typed, source))
                ):
                    yield Diagnostic(
                        CODE,
                        f"`{made.shown}` gets the rows that `{block.shown}` judges it on",
                        source.span,
                        label=f"its `{name}`",
                        labels=[Label(judged.span, "judged on these")],
                        help=["let the training watch a `validation` part"],
                    )
