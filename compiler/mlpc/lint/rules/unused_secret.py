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
from ..edits import removal
from ..spec import overlays, owned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNUSED_SECRET


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find secrets that nothing names."""
    for decl, name in owned(spec, "secret"):
        if decl.type is None and decl not in (
            spec.pipeline.body.items if spec.pipeline and spec.pipeline.body else ()
        ):
            continue  # what an environment says of it is no declaration
        if not spec.is_named(name.text, decl):
            edits = removal(spec.root, decl)
            for other in overlays(spec, name.text):
                edits += removal(spec.root, other)
            yield Diagnostic(
                CODE,
                f"nothing takes the secret `{name.text}`",
                spec.root.span(name),
                label="not used",
                fixes=[Fix("take it away", edits)],
            )
