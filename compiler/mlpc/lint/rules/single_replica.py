"""In production one process answers all requests. While it restarts, or when its machine fails, nobody gets an
answer; a new version cannot take over while the old one still answers.

## Wrong

```mlp declarations
env prod {
  data cells {
    path = "s3://tumours/cells.csv"
    retry { attempts = 3 }
  }
  deploy api { replicas = 1..1 }
}
```

## Right

```mlp declarations
env prod {
  data cells {
    path = "s3://tumours/cells.csv"
    retry { attempts = 3 }
  }
  deploy api { replicas = 2..16 }
}
```

## How to mend it

Write `replicas = 2..16`, or what fits, in the environment for production.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.SINGLE_REPLICA


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find deployments in production that may have a single replica."""
    for name, typed in spec.production().items():
        for block in typed.blocks.values():
            replicas = block.arguments.get("replicas") if block.kind.name == "deploy" else None
            if replicas is None or not replicas.known or not isinstance(replicas.value, tuple):
                continue
            # With a rollout the version before answers until the new one holds, and more come where one is too few.
            rolled = "rollout" in block.definition.body.blocks and replicas.value[1] > 1
            if replicas.value[0] < 2 and not rolled:
                written = "replicas" in block.definition.body.attrs
                yield Diagnostic(
                    CODE,
                    f"a single process may have to answer for `{block.shown}` in `{name}`",
                    replicas.span if written else block.span,
                    label="one at least" if written else "one, as nothing else is said",
                    help=[f"write `replicas = 2..4` in `env {name}`"],
                )
