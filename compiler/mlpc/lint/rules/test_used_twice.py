"""Several models are judged on the same test rows. Choosing the best of them by these figures is a kind of training
on the test: of many models one is lucky, and its figures promise more than it holds. The more models, the worse.

## Wrong

```mlp declarations
train second: sklearn.logistic_regression {
  data = parts.train
  timeout = 5min
  resources { memory = 1GiB }
}

evaluate second_quality: classification {
  model = second
  data = parts.test
  require accuracy >= 0.92
  require recall >= 0.85
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

evaluate second_quality: classification {
  model = second
  data = parts.validation
  require accuracy >= 0.92
  require recall >= 0.85
}
```

## How to mend it

Set a `validation` part aside to compare models on, and judge the one that was chosen on the test. Models for
different labels, or one that is kept only to compare with, are fine: allow them with a comment that says so.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label
from ..lineage import Output, chain, inputs, output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.typed import TypedBlock
    from ..spec import Spec

CODE = codes.TEST_USED_TWICE


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find evaluations on a `test` part on which another model was judged before."""
    for typed in spec.pipelines():
        first: dict[Output, tuple[str, TypedBlock]] = {}
        for block in typed.blocks.values():
            judged = inputs(block, "dataset").get("data") if block.kind.judges else None
            trained = [made.id for made in chain(typed, block) if made.kind.name == "train"]
            if judged is None or judged.port != "test" or not trained:
                continue
            model, other = first.setdefault(output(judged), (trained[0], block))
            if model != trained[0]:
                yield Diagnostic(
                    CODE,
                    f"`{trained[0]}` is judged on the rows that `{model}` is judged on",
                    judged.span,
                    label="the same test again",
                    labels=[Label(other.span, f"judges `{model}` on it")],
                    help=["compare models on a `validation` part, and judge the chosen one on the test"],
                )
