"""A pipeline starts by itself, by a schedule or since a monitor asks for it, and nobody is named whom to ask when it
fails or when its model is wrong.

## Wrong

```mlp
mlp 1

## Tell malignant from benign tumours.
pipeline demo {
  data cells: csv { path = "data/cells.csv", schema = Cell }

  split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }

  train forest: sklearn.random_forest { data = parts.train, seed = 7, timeout = 20min }

  evaluate quality: classification { model = forest, data = parts.test }

  schedule nightly { cron = "0 5 * * *" }
}

schema Cell {
  radius: float >= 0
  malignant: bool @label
}
```

## Right

```mlp
mlp 1

## Tell malignant from benign tumours.
pipeline demo {
  owner = "diagnostics@example.org"

  data cells: csv { path = "data/cells.csv", schema = Cell }

  split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }

  train forest: sklearn.random_forest { data = parts.train, seed = 7, timeout = 20min }

  evaluate quality: classification { model = forest, data = parts.test }

  schedule nightly { cron = "0 5 * * *" }
}

schema Cell {
  radius: float >= 0
  malignant: bool @label
}
```

## How to mend it

Write `owner = "team@example.org"` in the pipeline, best an address that several people read.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..lineage import unattended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.NO_OWNER


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find pipelines without an owner that start by themselves."""
    decl, plain = spec.pipeline, spec.plain
    if decl is None or plain is None:
        return
    alone = any(unattended(typed) for typed in spec.programs.values())
    owners = [typed.attributes.get("owner") for typed in spec.programs.values()]
    if alone and not any(each is not None and (each.value or not each.known) for each in owners):
        yield Diagnostic(
            CODE,
            "nobody is named who answers for this pipeline",
            spec.root.span(decl.name or decl),
            label="`owner` is missing",
            help=['write `owner = "team@example.org"`'],
        )
