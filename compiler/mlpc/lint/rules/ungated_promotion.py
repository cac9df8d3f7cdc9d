"""A model is promoted, that is, deployed or registered, and nothing has to hold for that: whatever the training gives
goes to the people who use it, also on the day when the data was empty.

## Wrong

```mlp declarations
evaluate quality: classification { model = forest, data = parts.test }
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

Judge the model with an `evaluate`, on rows that it was not trained on, and say what it has to reach: `require recall
>= 0.85`. A condition with `severity = "warn"` holds nothing back. Where a monitor makes the model anew by `retrain`, a gate
is all that looks at it.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label
from ..lineage import chain, gates, judging, promotions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.typed import TypedCondition, TypedProgram
    from ..spec import Spec

CODE = codes.UNGATED_PROMOTION


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find what promotes a model that no gate was written for."""
    for typed in spec.pipelines():
        said: set[str] = set()
        judges = judging(typed)
        for block in promotions(typed):
            made = chain(typed, block)
            own = [judge for each in made for judge in judges.get(each.id, ())]
            if not made or any(gates(each) for each in own):
                continue
            model = made[-1].id
            if model in said:
                continue  # once for a model, wherever it goes
            said.add(model)
            yield Diagnostic(
                CODE,
                f"`{block.shown}` promotes `{model}`, and no gate holds it back",
                block.span,
                label="promotes whatever comes",
                labels=[
                    *(Label(each.span, "judges it, but asks for nothing") for each in own),
                    *(Label(each.span, "makes it anew, and nobody looks") for each in _again(typed)),
                ],
                help=["say what the model has to reach: `require recall >= 0.85`"]
                if own
                else ["judge the model: `evaluate quality: … { … require … }`"],
            )


def _again(typed: TypedProgram) -> list[TypedCondition]:
    """Return the conditions on which monitors start the pipeline again."""
    return [each for block in typed.blocks.values() for each in block.conditions if each.verb == "retrain"]
