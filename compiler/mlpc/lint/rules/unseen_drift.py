"""A monitor looks for drift in a column that it never sees: nobody who asks a model gives it the label, which is what
they ask for, nor a key or a column that the model ignores. Such a column seems to stay as it is for ever.

## Wrong

```mlp declarations
monitor drift: own_monitor {
  reference = parts.train
  observed = api.requests
  columns = [cells.radius, cells.malignant]
  alert when share > 30%
}

component own_monitor: monitor {
  input reference: dataset
  input observed: dataset(reference)
  param columns: list(column(reference))
  quantity share: float in 0..1 @live
  run = python("train.py:fit")
  requires = ["pandas>=2.2,<3.1"]
}
```

## Right

```mlp declarations
monitor drift: own_monitor {
  reference = parts.train
  observed = api.requests
  columns = [cells.radius]
  alert when share > 30%
}

component own_monitor: monitor {
  input reference: dataset
  input observed: dataset(reference)
  param columns: list(column(reference))
  quantity share: float in 0..1 @live
  run = python("train.py:fit")
  requires = ["pandas>=2.2,<3.1"]
}
```

## How to mend it

Watch columns that the model learns from. Drift of the label shows only where somebody finds out what was right, later
and elsewhere: bring that in as `data` and judge the model on it.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label
from ..attrs import given_columns
from ..columns import NOT_LEARNED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.typed import TypedBlock, TypedProgram
    from ..spec import Spec

CODE = codes.UNSEEN_DRIFT


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find columns that a monitor of a deployment is given, and that no request holds."""
    for typed, block in spec.blocks("monitor"):
        if block.component is None or not _watches_requests(typed, block):
            continue
        schemas = [source.type.schema for sources in block.inputs.values() for source in sources]
        for _, place, name in given_columns(block):
            column = next((s.columns[name] for s in schemas if s is not None and name in s.columns), None)
            marks = NOT_LEARNED.intersection(column.marks) if column is not None else ()
            if column is not None and marks:
                yield Diagnostic(
                    CODE,
                    f"`{block.shown}` watches `{name}`, which no request holds",
                    place,
                    label="never seen",
                    labels=[Label(column.span, f"marked `@{min(marks)}`: the model is not given it")],
                    help=["watch columns that the model learns from"],
                )


def _watches_requests(typed: TypedProgram, block: TypedBlock) -> bool:
    made = [typed.blocks.get(source.block) for sources in block.inputs.values() for source in sources]
    return any(each is not None and each.kind.name == "deploy" for each in made)
