"""Something is fetched or sent over `http:`. Whoever sits in between can read it and change it: rows that a model
learns from, or the token of a registry.

## Wrong

```mlp declarations
data cells: csv {
  path = "http://data.example.org/cells.csv"
  schema = Cell
  retry { attempts = 3 }
}
```

## Right

```mlp declarations
data cells: csv {
  path = "https://data.example.org/cells.csv"
  schema = Cell
  retry { attempts = 3 }
}
```

## How to mend it

Write `https:`; look whether the server answers it. Names of one's own machine (`localhost`) are fine.
"""

from __future__ import annotations

import re

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ...source import Span
from ..walk import texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.PLAIN_HTTP

_PLAIN = re.compile(r"http://(?!localhost\b|127\.|\[::1\]|[^/]*\.localhost\b)", re.IGNORECASE)


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find texts that are addresses with `http:`."""
    for module in spec.modules:
        for string, text in texts(module.file):
            if not _PLAIN.match(text):
                continue
            span = module.span(string)
            at = span.start + span.text.index("http://") if "http://" in span.text else 0
            yield Diagnostic(
                CODE,
                "whoever sits in between can read and change what goes over `http:`",
                span,
                label="not encrypted",
                help=["write `https:`"],
                fixes=[Fix("write `https:`", [(Span(span.source, at, at + 7), "https://")], safe=False)]
                if at
                else [],
            )
