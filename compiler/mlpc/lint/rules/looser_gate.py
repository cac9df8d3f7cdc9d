"""An environment lets more through than the pipeline does: what is not good enough elsewhere is promoted there. In an
environment for trials (`ci`, `dev`, `test` and the like) that is common and fine; elsewhere it is mostly a bound from
a bad day that was forgotten.

## Wrong

```mlp declarations
env prod {
  data cells {
    path = "s3://tumours/cells.csv"
    retry { attempts = 3 }
  }
  evaluate quality { require recall >= 0.5 }
  deploy api { replicas = 2..16 }
}
```

## Right

```mlp declarations
env prod {
  data cells {
    path = "s3://tumours/cells.csv"
    retry { attempts = 3 }
  }
  evaluate quality { require recall >= 0.9 }
  deploy api { replicas = 2..16 }
}
```

## How to mend it

Leave the gate as the pipeline has it, make it stricter, or say in a comment that allows it why less is enough there.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label
from ..bounds import bound_of
from ..lineage import gates
from ..spec import TRIAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.typed import TypedBlock, TypedCondition
    from ..bounds import Bound
    from ..spec import Spec

CODE = codes.LOOSER_GATE


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find gates that an environment loosens or takes away, where it is not for trials."""
    plain = spec.plain
    trials = spec.environments(TRIAL)
    for name, typed in spec.programs.items():
        if plain is None or not name or name in trials:
            continue
        for block in plain.blocks.values():
            changed = typed.blocks.get(block.id)
            if changed is None or not block.kind.judges:
                continue
            now = _strictest(changed)
            for bound, condition in _strictest(block).values():
                found = now.get(bound.what)
                if found is not None and found[0].looser_than(bound):
                    yield Diagnostic(
                        CODE,
                        f"`{name}` lets through what the pipeline holds back: `{found[1].text}`",
                        found[1].span,
                        label="looser",
                        labels=[Label(condition.span, f"`{condition.text}` is what it replaces")],
                        help=["leave the gate as it is, or make it stricter"],
                    )
                elif found is None:
                    yield Diagnostic(
                        CODE,
                        f"`{name}` has no gate on `{bound.quantity}` of `{block.shown}` any more",
                        condition.span,
                        label="taken away, or made a warning",
                        help=[f"let `{name}` keep it"],
                    )


def _strictest(block: TypedBlock) -> dict[tuple[str, str, bool], tuple[Bound, TypedCondition]]:
    """Return the strictest gate of ``block`` on each thing that its gates bound."""
    found: dict[tuple[str, str, bool], tuple[Bound, TypedCondition]] = {}
    for condition in gates(block):
        bound = bound_of(condition)
        if bound is not None and (bound.what not in found or found[bound.what][0].looser_than(bound)):
            found[bound.what] = (bound, condition)
    return found
