"""A pipeline has an environment for production and no `mlpc.lock`: its steps get the newest packages that fit when
their environments are made, on each machine and each day others. What was tried is not what runs.

## Wrong

```mlp declarations
env prod { schedule weekly { cron = "30 4 * * 1" } }
```

## Right

```mlp declarations
env prod { schedule weekly { cron = "30 4 * * 1" } }
```

## How to mend it

Run `mlpc lock`, and keep `mlpc.lock` with the spec. Nothing is said while there are steps that are declared and not built:
nobody can lock those yet.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.NO_LOCK


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find environments for production in a project without `mlpc.lock`, unless there are steps that nobody can lock yet."""
    for name, typed in spec.production().items():
        decl = spec.root.environments.get(name)
        steps = [block.component for block in typed.blocks.values() if block.component is not None]
        if any(step.unbuilt for step in steps):
            continue
        if decl is not None and spec.loader.read("mlpc.lock") is None:
            yield Diagnostic(
                CODE,
                f"`{name}` is for production, and nothing pins what its steps get",
                spec.root.span(decl.name or decl),
                label="there is no `mlpc.lock`",
                help=["run `mlpc lock`"],
            )
            return
