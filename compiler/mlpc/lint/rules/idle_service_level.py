"""A service level allows more time for an answer than the server itself: after `limits.time` it gives up. So the
level can never be missed, and its alert never comes.

## Wrong

```mlp declarations
deploy api: server {
  model = portable
  replicas = 1..4
  limits { time = 2s }
  resources { cpu = 1, memory = 512MiB }
  require p95 <= 5s
}
```

## Right

```mlp declarations
deploy api: server {
  model = portable
  replicas = 1..4
  limits { time = 2s }
  resources { cpu = 1, memory = 512MiB }
  require p95 <= 500ms
}
```

## How to mend it

Ask for what those who call it rely on; it is mostly far less than the limit.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label
from ..bounds import bound_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.IDLE_SERVICE_LEVEL


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find bounds of `p95` that the limit of a request makes pointless."""
    for _, block in spec.blocks("deploy"):
        limit = block.arguments.get("limits.time")
        spec_of = block.component.blocks.get("limits") if block.component is not None else None
        if limit is None and spec_of is not None and "time" in spec_of.params:
            limit = spec_of.params["time"].default
        for condition in block.conditions:
            bound = bound_of(condition)
            if bound is None or bound.quantity != "p95" or bound.lower or limit is None or not limit.known:
                continue
            if bound.number >= limit.value:
                yield Diagnostic(
                    CODE,
                    f"`{block.shown}` gives up before `{condition.text}` is missed",
                    condition.span,
                    label="can never be missed",
                    labels=[Label(limit.span, "a request ends after this time")],
                    help=["ask for less than `limits.time`"],
                )
