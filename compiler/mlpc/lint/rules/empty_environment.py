"""An environment changes nothing: `--env` with it gives the same as without. What was to be said there was forgotten,
or the place to write is another.

## Wrong

```mlp declarations
env staging {}
```

## Right

```mlp declarations
env staging { param trees = 50 }
```

## How to mend it

Say what is different there, or take it away, and what asks for it (`--env staging`) as well. One that only builds on
another, `env staging: prod {}`, is another name for it and fine.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.EMPTY_ENVIRONMENT


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find environments with nothing in their braces."""
    for name, decl in spec.root.environments.items():
        if decl.type is None and (decl.body is None or not decl.body.items):
            yield Diagnostic(
                CODE,
                f"`{name}` changes nothing",
                spec.root.span(decl.name or decl),
                label="the same as no environment",
                help=["say what is different there, or take it away"],
            )
