"""A pipeline does not say what it is for. Its name is a word; who finds it in a list of runs in a year has nothing
else.

## Wrong

```mlp
mlp 1

pipeline demo {
  data cells: csv { path = "data/cells.csv", schema = Cell }

  split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }

  train forest: sklearn.random_forest { data = parts.train, seed = 7, timeout = 20min }

  evaluate quality: classification { model = forest, data = parts.test }
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
  data cells: csv { path = "data/cells.csv", schema = Cell }

  split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }

  train forest: sklearn.random_forest { data = parts.train, seed = 7, timeout = 20min }

  evaluate quality: classification { model = forest, data = parts.test }
}

schema Cell {
  radius: float >= 0
  malignant: bool @label
}
```

## How to mend it

Write a doc comment above the pipeline, `## Tell malignant from benign tumours.`: what goes in, what comes out, whom
it serves.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.NO_DESCRIPTION


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find pipelines without a doc comment or a description."""
    decl, plain = spec.pipeline, spec.plain
    if decl is None or plain is None or "description" in plain.attributes:
        return
    if decl.doc is None or not any(line.strip() for line in decl.doc.lines):
        yield Diagnostic(
            CODE,
            "this pipeline does not say what it is for",
            spec.root.span(decl.name or decl),
            label="has no doc comment",
            help=["write what it is for above it, behind `##`"],
        )
