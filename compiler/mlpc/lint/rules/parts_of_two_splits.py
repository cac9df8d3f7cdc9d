"""A model is trained on a part of one split and judged on a part of another split of the same data. Each draws its
rows on its own: many of the rows that judge the model are among those it was trained on.

## Wrong

```mlp declarations
split others: random { data = cells, test = 50%, stratify = cells.malignant, seed = 8 }

evaluate quality: classification {
  model = forest
  data = others.test
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

Take both parts from one split. A part may be split again: then judge on what was set aside first.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label
from ..lineage import Output, chain, inputs, output, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.typed import TypedProgram
    from ..spec import Spec

CODE = codes.PARTS_OF_TWO_SPLITS


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find evaluations on rows that have come, by another split, from where the training rows come from."""
    for typed, block in spec.blocks("evaluate"):
        judged = inputs(block, "dataset").get("data")
        for made in chain(typed, block):
            learned = inputs(made, "dataset").get("data") if made.kind.name == "train" else None
            if judged is None or learned is None:
                continue
            above, below = rows_of(typed, judged), rows_of(typed, learned)
            if output(learned) in above or output(judged) in below or not above & below:
                continue
            # Parts of one split share no row, nor does what was made from them.
            theirs, own = _parts(typed, above), _parts(typed, below)
            apart = any(theirs[name].isdisjoint(own[name]) for name in theirs.keys() & own.keys())
            if apart or not theirs.keys() - own.keys() or not own.keys() - theirs.keys():
                continue
            yield Diagnostic(
                CODE,
                f"`{block.shown}` judges `{made.shown}` on rows of another split: some are among its training rows",
                judged.span,
                label=f"drawn by `{judged.block}`",
                labels=[Label(learned.span, f"the training rows, drawn by `{learned.block}`")],
                help=["take the rows to train and to judge on from the same split"],
            )


def _parts(typed: TypedProgram, rows: set[Output]) -> dict[str, set[str]]:
    """Return the parts among ``rows``, by the split that drew them."""
    found: dict[str, set[str]] = {}
    for name, port in rows:
        if typed.blocks[name].kind.name == "split":
            found.setdefault(name, set()).add(port)
    return found
