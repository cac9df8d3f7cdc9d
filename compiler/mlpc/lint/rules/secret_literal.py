"""A text looks like a password, a key or a token. Who reads the file has it, and who reads its history, too.

## Wrong

```mlp declarations
register catalog: mlflow {
  model = ridge
  name = "prices"
  description = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
}
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

Take it out, and change it: it is known now. Declare `secret registry: string = env("REGISTRY_TOKEN")`, and name that
where a component takes a secret.
"""

from __future__ import annotations

import re

from ... import codes
from ...diagnostics import Diagnostic
from ...syntax import tree
from ..walk import texts, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.SECRET_LITERAL

# The forms that well-known services give to their keys and tokens.
_FORMS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[opsur]_[A-Za-z0-9]{36,}"
    r"|\bgithub_pat_\w{40,}"
    r"|\bglpat-[\w-]{20,}"
    r"|\bxox[abprs]-[\w-]{10,}"
    r"|\bAIza[\w-]{35}"
    r"|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\bsk_live_\w{20,}"
    r"|\bhf_[A-Za-z0-9]{30,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
)
_CALLED = re.compile(
    r"(?:^|_)(?:api_?key|passwd|password|pwd|secret|token|access_key|private_key)$", re.IGNORECASE
)


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find texts in the form of a known kind of token, and texts under a name that says that they are one."""
    for module in spec.modules:
        named: set[int] = set()
        for node in walk(module.file):
            if isinstance(node, tree.Attr | tree.Decl | tree.Entry) and isinstance(node.name, tree.Name):
                value = node.value
                if isinstance(value, tree.String) and _CALLED.search(node.name.text) and len(value.text) >= 8:
                    named.add(value.start)
        for string, text in texts(module.file):
            if _FORMS.search(text) or (string.start in named and "…" not in text and " " not in text):
                yield Diagnostic(
                    CODE,
                    "this looks like a password, a key or a token",
                    module.span(string),
                    label="readable for everybody who sees the file",
                    help=[
                        'take it out and change it; `secret name: string = env("NAME")` says where it comes from'
                    ],
                )
