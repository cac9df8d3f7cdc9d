"""A column has the name of the label in other words, `is_malignant` beside `malignant`: most likely it is the answer
in another form. A model that gets it looks perfect in every evaluation and is of no use afterwards, when nobody knows
the answer yet.

## Wrong

```mlp declarations
schema Cell {
  radius: float >= 0
  texture: float >= 0
  malignant_code: int in 0..1
  malignant: bool @label
}
```

## Right

```mlp declarations
schema Cell {
  radius: float >= 0
  texture: float >= 0
  malignant_code: int in 0..1 @ignore
  malignant: bool @label
}
```

## How to mend it

Mark the column `@ignore`: models do not learn from it then. If it is something else, known before the answer is, give
it a name that says so, or allow it with a comment that says why.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix, Label
from ..attrs import given_columns
from ..columns import NOISE, features, words
from ..edits import mark
from ..lineage import inputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.LABEL_AMONG_FEATURES

# Names that people give to the answer, whatever it is about.
_ANSWERS = frozenset({"answer", "ground_truth", "groundtruth", "label", "target", "y", "y_true"})


# Params by which trainings are told what to learn from.
_LEARNED = frozenset(
    {"columns", "feature", "features", "inputs", "predictors", "regressors", "variables", "x"}
)


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find columns that are called as the label is, but for words that say nothing, and labels that are given as features."""
    yield from _given(spec)
    for schema in spec.schemas():
        label = schema.label
        if label is None:
            continue
        meant = words(label.name) - NOISE or words(label.name)
        for column in features(schema):
            if column.name.lower() in _ANSWERS or words(column.name) - NOISE == meant:
                yield Diagnostic(
                    CODE,
                    f"`{column.name}` is most likely the label `{label.name}` in another form",
                    column.span,
                    label="models would learn from it",
                    labels=[Label(label.span, "the label")],
                    help=["mark it `@ignore`, or say in a comment why it is known before the label is"],
                    fixes=[Fix("mark it `@ignore`", mark(column.span, "ignore"), safe=False)],
                )


def _given(spec: Spec) -> Iterator[Diagnostic]:
    for _, block in spec.blocks("train"):
        for name, place, column in given_columns(block):
            schemas = [source.type.schema for source in inputs(block, "dataset").values()]
            label = next((s.label for s in schemas if s is not None and s.label is not None), None)
            if label is not None and column == label.name and words(name) & _LEARNED:
                yield Diagnostic(
                    CODE,
                    f"`{block.shown}` is given the label `{column}` to learn from",
                    place,
                    label="what is to be foretold",
                    labels=[Label(label.span, "the label")],
                    help=[f"leave it out of `{name}`"],
                )
