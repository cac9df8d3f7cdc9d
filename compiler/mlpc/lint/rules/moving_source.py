"""Data is read from an address that is called as if it changed: `latest.csv`, `current/sales.csv`. The same run gives
something else tomorrow, and what a model was trained on cannot be had again.

## Wrong

```mlp declarations
env prod {
  data cells {
    path = "s3://tumours/latest/cells.csv"
    retry { attempts = 3 }
  }
  deploy api { replicas = 2..16 }
}
```

## Right

```mlp declarations
env prod {
  data cells {
    path = "s3://tumours/2026-03-01/cells.csv"
    retry { attempts = 3 }
  }
  deploy api { replicas = 2..16 }
}
```

## How to mend it

Name a version that stays: with a date or a number in its path. If whoever writes the data keeps old versions
elsewhere, allow it with a comment that says where.
"""

from __future__ import annotations

import re

from ... import codes
from ...diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.MOVING_SOURCE

_MOVING = re.compile(r"(?:^|[/._=-])(latest|current|newest|today|now)(?=$|[/._?&-])", re.IGNORECASE)


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find addresses of data with a word such as `latest` in them."""
    for _, block in spec.blocks("data"):
        for value in block.externals.values():
            found = _MOVING.search(value.value) if value.known and isinstance(value.value, str) else None
            if found is not None and "://" in value.value:
                yield Diagnostic(
                    CODE,
                    f"what `{found[1]}` is, changes: the data of this run cannot be had again",
                    value.span,
                    label="names no version",
                    help=["name a version that stays, by date or number"],
                )
