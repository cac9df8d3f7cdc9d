"""A secret is declared, and nothing takes it: whoever runs the pipeline has to provide it for nothing, and it is
given to processes that do not need it.

## Wrong

```mlp declarations
secret store: string = env("STORE_TOKEN")
```

## Right

```mlp declarations
register catalog: mlflow {
  model = ridge
  name = "prices"
  tracking_uri = "https://mlflow.example.org"
  token = registry
}
```

## How to mend it

Take it away, or name it where a component takes a secret.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ..spec import unnamed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNUSED_SECRET


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find secrets that nothing names."""
    for name, edits in unnamed(spec, "secret"):
        yield Diagnostic(
            CODE,
            f"nothing takes the secret `{name.text}`",
            spec.root.span(name),
            label="not used",
            fixes=[Fix("take it away", edits)],
        )
