"""A component runs in an image by a tag that moves, `:latest` or none. What runs is what somebody pushed last; and
what was cached for the same tag may be something else.

## Wrong

```mlp declarations
component fit_ridge: train {
  param alpha: float > 0 = 1.0
  input data: dataset
  output model: model("sklearn")
  run = container(image = "registry.example.org/ridge:latest", command = ["fit"])
}
```

## Right

```mlp declarations
component fit_ridge: train {
  param alpha: float > 0 = 1.0
  input data: dataset
  output model: model("sklearn")
  run = container(image = "registry.example.org/ridge:1.4.2", command = ["fit"])
}
```

## How to mend it

Name a version, best by its digest: `ridge@sha256:…`.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ...syntax import tree
from ..walk import texts, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.MOVING_IMAGE

_MOVING = frozenset({"", "latest", "main", "master", "nightly", "dev", "edge"})


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find images of components that are named by a tag that moves, or by none."""
    for module in spec.modules:
        for decl in module.names.values():
            for node in walk(decl) if decl.kind.text == "component" else ():
                if not isinstance(node, tree.Arg) or node.name is None or node.name.text != "image":
                    continue
                for string, image in texts(node.value):
                    tag = image.rpartition("/")[2].partition(":")[2]
                    if "@" not in image and tag.lower() in _MOVING:
                        yield Diagnostic(
                            CODE,
                            f"`{image}` is another image whenever somebody pushes one",
                            module.span(string),
                            label="names no version",
                            help=["name a version, best by its digest: `image@sha256:…`"],
                        )
