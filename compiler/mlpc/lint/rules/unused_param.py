"""A `param` is named nowhere: whatever `--set` gives it, nothing changes. Most likely the value it was meant for is
written out.

## Wrong

```mlp declarations
train forest: sklearn.random_forest {
  data = parts.train
  trees = 200
  seed = 7
  timeout = 20min
  resources { cpu = 2, memory = 2GiB }
}
```

## Right

```mlp declarations
train forest: sklearn.random_forest {
  data = parts.train
  trees = trees
  seed = 7
  timeout = 20min
  resources { cpu = 2, memory = 2GiB }
}
```

## How to mend it

Name it where its value is meant: `trees = trees`. Taking it away breaks calls that set it, so the fix is applied by
`--unsafe-fixes` only.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ..spec import unnamed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNUSED_PARAM


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find params that nothing names."""
    for name, edits in unnamed(spec, "param"):
        yield Diagnostic(
            CODE,
            f"nothing changes when `{name.text}` is set",
            spec.root.span(name),
            label="named nowhere",
            help=["name it where its value is meant"],
            fixes=[Fix("take it away", edits, safe=False)],
        )
