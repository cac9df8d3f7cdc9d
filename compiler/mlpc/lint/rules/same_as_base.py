"""An environment gives a value that holds anyway. It reads as if something were different there; and when the value
of the pipeline is changed, the environment keeps the old one unnoticed.

## Wrong

```mlp declarations
env staging {
  param trees = 200
  deploy api { replicas = 2..4 }
}
```

## Right

```mlp declarations
env staging { deploy api { replicas = 2..4 } }
```

## How to mend it

Take the line away. If it is meant to stay what it is whatever the pipeline says, allow it with a comment that says
so.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix, Label
from ...syntax import tree
from ..edits import removal
from ..spec import overlay_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..spec import Spec

CODE = codes.SAME_AS_BASE


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find values of environments that are written as they are in the pipeline; what builds on another is left alone."""
    root = spec.root
    text = root.source.text
    for decl, item, base in overlay_items(spec):
        for node, known in _pairs(item, base):
            if text[node.value.start : node.value.end] != text[known.value.start : known.value.end]:
                continue
            alone = node is item or sum(1 for _ in _statements(item)) > 1
            gone = node if alone else item
            name = decl.name.text if isinstance(decl.name, tree.Name) else ""
            yield Diagnostic(
                CODE,
                f"`{node.name.text}` has this value in `{name}` anyway",
                root.span(node.name),
                label="changes nothing",
                labels=[Label(root.span(known.value), "the value of the pipeline")],
                fixes=[Fix("take it away", removal(root, gone))],
            )


def _pairs(item: tree.Decl, base: tree.Decl) -> Iterator[tuple[Any, Any]]:
    """Yield each value of ``item`` with that of the same name in ``base``."""
    if item.value is not None and base.value is not None:
        yield item, base
    if item.type is None and item.body is not None and base.body is not None:
        yield from _inside(item.body, base.body)


def _inside(body: tree.Body, base: tree.Body) -> Iterator[tuple[tree.Attr, tree.Attr]]:
    for node in body.items:
        for known in base.items:
            if (
                isinstance(node, tree.Attr)
                and isinstance(known, tree.Attr)
                and node.name.text == known.name.text
            ):
                yield node, known
            elif (
                isinstance(node, tree.Block)
                and isinstance(known, tree.Block)
                and node.name.text == known.name.text
            ):
                yield from _inside(node.body, known.body)


def _statements(item: tree.Decl) -> Iterator[tree.Item]:
    stack = list(item.body.items) if item.body is not None else []
    while stack:
        node = stack.pop()
        if isinstance(node, tree.Block):
            stack.extend(node.body.items)
        else:
            yield node
