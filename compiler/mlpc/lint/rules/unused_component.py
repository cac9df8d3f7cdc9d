"""A component is declared and plays nothing.

## Wrong

```mlp declarations
component my_trainer: train {
  input data: dataset
  output model: model("sklearn")
  run = python("train.py:fit")
  requires = ["scikit-learn>=1.6,<2"]
}
```

## Right

```mlp declarations
component my_trainer: train {
  input data: dataset
  output model: model("sklearn")
  run = python("train.py:fit")
  requires = ["scikit-learn>=1.6,<2"]
}

train forest: my_trainer { data = parts.train, timeout = 20min, resources { memory = 2GiB } }
```

## How to mend it

Take it away, or let a block play it: `train forest: my_trainer { … }`.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ..edits import removal
from ..spec import owned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNUSED_COMPONENT


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find components of the file that nothing names."""
    for decl, name in owned(spec, "component"):
        if not spec.is_named(name.text, decl):
            yield Diagnostic(
                CODE,
                f"no block plays `{name.text}`",
                spec.root.span(name),
                label="not used",
                fixes=[Fix("take it away", removal(spec.root, decl))],
            )
