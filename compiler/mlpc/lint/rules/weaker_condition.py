"""Two conditions of a block bound the same figure from the same side: the weaker one holds whenever the other does.
Most likely the newer was added and the older forgotten, or another figure was meant.

## Wrong

```mlp declarations
evaluate quality: classification {
  model = forest
  data = parts.test
  require recall >= 0.8
  require recall >= 0.85
}
```

## Right

```mlp declarations
evaluate quality: classification {
  model = forest
  data = parts.test
  require accuracy >= 0.8
  require recall >= 0.85
}
```

## How to mend it

Keep the stricter one. A weaker one that warns earlier, with `severity = "warn"`, goes the other way round: it has the
stricter bound.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix, Label
from ...syntax import tree
from ..bounds import bound_of
from ..edits import removal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..spec import Spec

CODE = codes.WEAKER_CONDITION


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find conditions that hold whenever another one of the block does."""
    for _, block in spec.blocks():
        strictest: dict[tuple[str, str, bool], tuple[Any, Any]] = {}
        written = [
            c for c in block.conditions if c.severity == "error" and not c.declared and c.verb == "require"
        ]
        for condition in written:
            bound = bound_of(condition)
            if bound is None:
                continue
            known = strictest.get(bound.what)
            if known is None:
                strictest[bound.what] = bound, condition
                continue
            weak, strong = condition, known[1]
            if known[0].looser_than(bound):
                weak, strong = known[1], condition
                strictest[bound.what] = bound, condition
            node = next(
                (
                    (each.module, each.node)
                    for each in block.definition.body.conditions
                    if each.module.span(each.node.expr) == weak.span
                    or each.module.span(each.node) == weak.span
                ),
                None,
            )
            named = node is None or node[1].name is not None or not isinstance(node[1], tree.Condition)
            yield Diagnostic(
                CODE,
                f"`{weak.text}` holds whenever `{strong.text}` does",
                weak.span,
                label="never decides anything",
                labels=[Label(strong.span, "this is stricter")],
                help=["keep the stricter one, or bound another figure"],
                fixes=[Fix("take it away", removal(*node))] if node is not None and not named else [],
            )
