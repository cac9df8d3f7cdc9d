"""A pipeline has an environment for production, and a training or a deployment does not say what it needs. An engine
then gives it little, or lets it take all: it is ended for want of memory, or starves what runs beside it.

## Wrong

```mlp declarations
deploy api: server {
  model = portable
  replicas = 1..4
  require p95 <= 50ms
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

Measure once and write `resources { cpu = …, memory = … }`, with some room. What is deployed as a file or a page for the devices
of others, and what asks for a machine by the name of its GPU, needs no more.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..lineage import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.NO_RESOURCES


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find trainings and deployments in production without `resources.memory`."""
    for name, typed in spec.production().items():
        for block in typed.blocks.values():
            needy = (block.kind.name == "train" or answers(block)) and "resources" in block.kind.blocks
            # A GPU by its name comes with a machine, and that with its memory.
            if needy and not {"resources.memory", "resources.gpu_type"} & block.common.keys():
                yield Diagnostic(
                    CODE,
                    f"`{block.shown}` runs in production and does not say how much memory it needs",
                    block.span,
                    label="no `resources { memory = … }`",
                    help=[f"write `resources {{ cpu = 1, memory = 1GiB }}`, here or in `env {name}`"],
                )
