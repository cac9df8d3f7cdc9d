"""A `let` is named nowhere. It was forgotten when what used it went, or what should use it has the value written out.

## Wrong

```mlp declarations
let share = 20%
```

## Right

```mlp declarations
let share = 20%

split parts: random { data = cells, test = share, stratify = cells.malignant, seed = 7 }
```

## How to mend it

Take it away, or name it where its value is meant. In a file without a pipeline nothing is called unused: other files
may use it.
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

CODE = codes.UNUSED_LET


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find lets of the file, its pipeline and its environments that nothing names."""
    for decl, name in owned(spec, "let"):
        if not spec.is_named(name.text, decl):
            yield Diagnostic(
                CODE,
                f"`{name.text}` is named nowhere",
                spec.root.span(name),
                label="not used",
                fixes=[Fix("take it away", removal(spec.root, decl))],
            )
