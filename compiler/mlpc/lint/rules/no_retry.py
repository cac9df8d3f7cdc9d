"""Data comes over the network, and a single failure ends the run. Networks and servers fail for moments; with `retry`
such a moment costs seconds, without one it costs the night.

## Wrong

```mlp declarations
env prod {
  data cells { path = "https://tumours.example.org/cells.csv" }
  deploy api { replicas = 2..16 }
}
```

## Right

```mlp declarations
env prod {
  data cells {
    path = "https://tumours.example.org/cells.csv"
    retry { attempts = 3 }
  }
  deploy api { replicas = 2..16 }
}
```

## How to mend it

Write `retry { attempts = 3 }`; the pause before the second attempt is 10 s, doubled after each. What reads
`s3://` and `gs://` tries again by itself.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ..attrs import attr_of
from ..edits import beside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.NO_RETRY

# Object stores whose clients, Arrow's file systems, try again by themselves.
_TRY_AGAIN = frozenset({"gs", "s3"})


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find data from outside without a second attempt."""
    for _, block in spec.blocks("data"):
        attempts = block.common.get("retry.attempts")
        if attempts is not None and (not attempts.known or attempts.value > 1):
            continue
        for name, value in block.externals.items():
            if not value.known or not isinstance(value.value, str) or "://" not in value.value:
                continue
            if value.value.partition("://")[0] in _TRY_AGAIN:
                continue
            attr = attr_of(block, name)
            fixes = []
            if attr is not None and "retry" not in block.definition.body.blocks:
                written = "retry { attempts = 3 }"
                fixes = [Fix(f"add `{written}`", beside(attr.module, attr.node, written))]
            yield Diagnostic(
                CODE,
                f"`{block.shown}` comes over the network, and one failure ends the run",
                value.span,
                label="no second attempt",
                help=["write `retry { attempts = 3 }`"],
                fixes=fixes,
            )
