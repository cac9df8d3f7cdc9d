"""A schema is named nowhere: no data has it, and no other schema extends it.

## Wrong

```mlp declarations
schema Patient { age: int in 0..120 }
```

## Right

```mlp declarations
schema Patient { age: int in 0..120 }

schema Cell: Patient {
  radius: float >= 0
  malignant: bool @label
}
```

## How to mend it

Take it away, or name it where it is meant. In a file without a pipeline nothing is called unused.
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

CODE = codes.UNUSED_SCHEMA


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find schemas of the file that nothing names."""
    for decl, name in owned(spec, "schema"):
        if not spec.is_named(name.text, decl):
            yield Diagnostic(
                CODE,
                f"no data has the schema `{name.text}`",
                spec.root.span(name),
                label="not used",
                fixes=[Fix("take it away", removal(spec.root, decl))],
            )
