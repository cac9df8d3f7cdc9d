"""A model is exported and deployed, and nobody compares it with the original. Exports round, reorder columns and
treat missing values in their own ways; the gates were passed by the original, and another model is served.

## Wrong

```mlp declarations
export portable: onnx { model = forest }
```

## Right

```mlp declarations
export portable: onnx {
  model = forest
  parity { data = parts.test, max_abs = 1e-4, agree = 99.9% }
}
```

## How to mend it

Add `parity { data = …, max_abs = 1e-4, agree = 99.9% }`: both models are run on these rows, and what differs more is
not deployed.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..lineage import behind, promotions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.NO_PARITY


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find exports that are promoted and could be compared, and are not."""
    for typed in spec.pipelines():
        promoted = behind(typed, promotions(typed))
        for block in typed.blocks.values():
            component = block.component
            if block.kind.name != "export" or block.id not in promoted or component is None:
                continue
            if "parity" in component.blocks and "parity" not in block.definition.body.blocks:
                yield Diagnostic(
                    CODE,
                    f"`{block.shown}` is deployed, and nobody compares it with the original",
                    block.span,
                    label="no `parity { … }`",
                    help=["write `parity { data = …, max_abs = 1e-4, agree = 99.9% }`"],
                )
