"""A component of one's own requires a package in whatever version there is, now or in a year. The day comes when a
new version gives other results, or none. `mlpc lock` pins what is installed until it is run again; what may be
installed stands here.

## Wrong

```mlp declarations
component fit_ridge: train {
  param alpha: float > 0 = 1.0
  input data: dataset
  output model: model("sklearn")
  run = python("train.py:fit")
  requires = ["pandas>=2.2,<3.1", "scikit-learn"]
}
```

## Right

```mlp declarations
component fit_ridge: train {
  param alpha: float > 0 = 1.0
  input data: dataset
  output model: model("sklearn")
  run = python("train.py:fit")
  requires = ["pandas>=2.2,<3.1", "scikit-learn>=1.6,<2"]
}
```

## How to mend it

Say which versions the code was tried with, and where the next incompatible one begins: `scikit-learn>=1.6,<2`.
"""

from __future__ import annotations

import re

from ... import codes
from ...diagnostics import Diagnostic
from ...syntax import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...resolve.modules import Module
    from ..spec import Spec

CODE = codes.UNPINNED_REQUIREMENT

_BOUNDED = re.compile(r"<|==(?!=?\s*\*)|~=|===|@")


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find requirements of components of the project that have no upper bound."""
    for module in spec.modules:
        for decl in module.names.values():
            if decl.kind.text != "component" or decl.body is None:
                continue
            for item in decl.body.items:
                if isinstance(item, tree.Attr) and item.name.text == "requires":
                    yield from _unbounded(module, item)


def _unbounded(module: Module, item: tree.Attr) -> Iterator[Diagnostic]:
    for text in item.value.items if isinstance(item.value, tree.List) else ():
        if not isinstance(text, tree.String):
            continue
        written = "".join(part for part in text.parts if isinstance(part, str))
        if len(text.parts) == 1 and not _BOUNDED.search(written.partition(";")[0]):
            yield Diagnostic(
                CODE,
                f"`{written}` may be any version that is still to come",
                module.span(text),
                label="has no upper bound",
                help=["say where the next incompatible version begins, such as `scikit-learn>=1.6,<2`"],
            )
