"""A file or a module of the library is used, and nothing of it is named.

## Wrong

```mlp
mlp 1

use std.split as splits

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

## Right

```mlp
mlp 1

use std.split as splits

## Tell malignant from benign tumours.
pipeline demo {
  data cells: csv { path = "data/cells.csv", schema = Cell }

  split parts: splits.random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }

  train forest: sklearn.random_forest { data = parts.train, seed = 7, timeout = 20min }

  evaluate quality: classification { model = forest, data = parts.test }
}

schema Cell {
  radius: float >= 0
  malignant: bool @label
}
```

## How to mend it

Take the `use` away.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ..edits import removal
from ..walk import references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNUSED_USE


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find uses whose name nothing in the same file begins with."""
    for module in spec.modules:
        if not module.aliases:
            continue
        named = {ref.names[0] for ref in references(module.file) if len(ref.names) > 1}
        for alias, (use, _) in module.aliases.items():
            if alias not in named:
                yield Diagnostic(
                    CODE,
                    f"nothing of `{alias}` is named",
                    module.span(use.alias or use.target),
                    label="not used",
                    fixes=[Fix("take it away", removal(module, use))],
                )
