"""In production a pipeline starts by itself, again and again, and its data is a file beside the spec: whatever was
checked in once. The model never sees anything newer, and every run gives the same.

## Wrong

```mlp declarations
env prod { deploy api { replicas = 2..16 } }
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

Say in the environment where the data comes from: `data cells { path = "s3://…" }`. A file that belongs to the
project, such as a list of countries, is fine: allow it with a comment.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..lineage import unattended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.LOCAL_DATA_IN_PRODUCTION


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find data that is a file of the project where production makes the model anew by itself."""
    for name, typed in spec.production().items():
        for block in typed.blocks.values() if unattended(typed) else ():
            for value in block.externals.values() if block.kind.name == "data" else ():
                if value.known and isinstance(value.value, str) and "://" not in value.value:
                    yield Diagnostic(
                        CODE,
                        f"`{name}` reads `{block.shown}` from a file beside the spec",
                        value.span,
                        label="the same at every run",
                        help=[
                            f'say in `env {name}` where it comes from: `data {block.id} {{ path = "s3://…" }}`'
                        ],
                    )
