"""An address holds a password or a token. It stands in the file's history for ever, and in every log that shows the
address.

## Wrong

```mlp declarations
data cells: csv {
  path = "https://reader:tr0ub4dor@data.example.org/cells.csv"
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

Take it out, and change it: it is known now. Where a component takes a secret, declare `secret registry: string =
env("REGISTRY_TOKEN")` and name it; for stores the environment of the machine holds what is needed.
"""

from __future__ import annotations

import re

from ... import codes
from ...diagnostics import Diagnostic
from ..walk import texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.CREDENTIALS_IN_URL

_URL = re.compile(
    r"\w+://(?:[^/\s@:]+:[^/\s@]+@|\S*[?&](?:access_token|api_?key|key|password|passwd|sig|signature|token|x-amz-signature)=[^&…\s]{6,})",
    re.IGNORECASE,
)


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find addresses with a password before `@`, or a token among their arguments."""
    for module in spec.modules:
        for string, text in texts(module.file):
            if _URL.search(text) and "…@" not in text:
                yield Diagnostic(
                    CODE,
                    "this address holds a password or a token",
                    module.span(string),
                    label="readable for everybody who sees the file",
                    help=[
                        "take it out and change it; a `secret` says where one comes from, never what it is"
                    ],
                )
