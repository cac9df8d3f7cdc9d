"""A model is judged on rows that it was trained on. It has seen the answers: the figures say how well it remembers,
not how well it foretells, and a gate on them holds nothing back.

## Wrong

```mlp declarations
evaluate quality: classification {
  model = forest
  data = parts.train
  require accuracy >= 0.92
  require recall >= 0.85
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

Judge the model on the part that its training does not get: `data = parts.test`. Data that holds the training rows
among others, such as what was split, is no better.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix, Label
from ..lineage import chain, inputs, output, read_twice, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.EVALUATED_ON_TRAINING_DATA


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find evaluations whose rows the model was trained on, or that hold these among others."""
    for typed, block in spec.blocks("evaluate"):
        judged = inputs(block, "dataset").get("data")
        for made in chain(typed, block):
            learned = inputs(made, "dataset").get("data") if made.kind.name == "train" else None
            if judged is None or learned is None:
                continue
            again = read_twice(typed, learned, judged)
            if (
                output(learned) not in rows_of(typed, judged)
                and output(judged) not in rows_of(typed, learned)
                and not again
            ):
                continue
            parts = typed.blocks.get(learned.block)
            fixes = []
            if parts is not None and not again and "test" in parts.outputs and learned.port != "test":
                written = f"{parts.id}.test"
                fixes = [Fix(f"write `{written}`", [(judged.span, written)], safe=False)]
            yield Diagnostic(
                CODE,
                f"`{block.shown}` judges `{made.shown}` on rows that it was trained on",
                judged.span,
                label="read from the same file once more" if again else "holds training rows",
                labels=[Label(learned.span, "trained on these")] if learned.span != judged.span else [],
                help=[]
                if fixes
                else ["keep rows apart with a `split`, and judge the model on its `test` part"],
                fixes=fixes,
            )
