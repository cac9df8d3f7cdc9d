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
from ..edits import removal
from ..spec import overlays, owned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNUSED_PARAM


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find params that nothing names."""
    for decl, name in owned(spec, "param"):
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
                f"nothing changes when `{name.text}` is set",
                spec.root.span(name),
                label="named nowhere",
                help=["name it where its value is meant"],
                fixes=[Fix("take it away", edits, safe=False)],
            )
