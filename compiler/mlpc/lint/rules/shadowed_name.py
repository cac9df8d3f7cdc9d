"""A name of the pipeline hides another of the file, or of what it uses. Whoever reads `share` has to know which of
the two is meant, and the one that was meant may not be the one that is taken.

## Wrong

```mlp declarations
let trees = 500

train second: sklearn.random_forest {
  data = parts.train
  trees = trees
  seed = 7
  timeout = 5min
  resources { memory = 1GiB }
}
```

## Right

```mlp declarations
let many_trees = 500

train second: sklearn.random_forest {
  data = parts.train
  trees = many_trees
  seed = 7
  timeout = 5min
  resources { memory = 1GiB }
}
```

## How to mend it

Give one of them another name.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label
from ...resolve.program import ValueDef
from ...syntax import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.SHADOWED_NAME


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find names of the pipeline that a declaration of the file, or a used file, has as well."""
    root = spec.root
    for typed in spec.pipelines():
        for name, item in typed.program.names.items():
            other = root.names.get(name)
            place: tree.Node | None = other.name if other is not None else None
            what = other.kind.text if other is not None else ""
            if name in root.aliases:
                use = root.aliases[name][0]
                place, what = use.alias or use.target, "used file"
            if place is None or (what in ("schema", "component") and not isinstance(item, ValueDef)):
                continue  # nobody takes a block for a schema, nor for the component that it plays
            yield Diagnostic(
                CODE,
                f"`{name}` hides the {what} of the same name",
                item.span,
                label="is taken wherever the pipeline says this name",
                labels=[Label(root.span(place), f"the {what}")],
                help=["give one of them another name"],
            )
