"""What is deployed to production says nothing about how fast it answers or how often it fails. Nobody is told when it
is slow, and a new version that is slower takes over unnoticed.

## Wrong

```mlp declarations
deploy api: server {
  model = portable
  replicas = 1..4
  resources { cpu = 1, memory = 512MiB }
}
```

## Right

```mlp declarations
deploy api: server {
  model = portable
  replicas = 1..4
  resources { cpu = 1, memory = 512MiB }
  require p95 <= 50ms
}
```

## How to mend it

Write what those who call it rely on: `require p95 <= 50ms`, `require error_rate <= 1%`. It becomes an alert rule.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.NO_SERVICE_LEVEL


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find deployments in production without a condition on what is known live."""
    for name, typed in spec.production().items():
        for block in typed.blocks.values():
            live = [quantity for quantity, about in block.quantities.items() if about.when == "live"]
            if block.kind.name == "deploy" and live and not any(c.when == "live" for c in block.conditions):
                yield Diagnostic(
                    CODE,
                    f"nothing is asked of `{block.shown}` while it answers in `{name}`",
                    block.span,
                    label="no `require` on what is known live",
                    help=["write `require p95 <= 50ms`; it has " + ", ".join(f"`{each}`" for each in live)],
                )
