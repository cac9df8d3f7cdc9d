"""Rows are divided at random, and nothing keeps the shares of the label's classes. A rare class may come out twice as
frequent in the test as in training, or be missing there, and figures of two runs with different seeds cannot be
compared.

## Wrong

```mlp declarations
split parts: random { data = cells, test = 20%, seed = 7 }
```

## Right

```mlp declarations
split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }
```

## How to mend it

Say `stratify = …` and name the label. The fix draws other rows than before, so it is applied by `--unsafe-fixes`
only.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Fix, Label
from ..edits import addition
from ..lineage import inputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.UNSTRATIFIED_SPLIT


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find splits that could be stratified by a label with classes, and are not."""
    for typed, block in spec.blocks("split"):
        component = block.component
        source = inputs(block, "dataset").get("data")
        schema = source.type.schema if source is not None else None
        label = schema.label if schema is not None else None
        given = block.definition.body.attrs.get("stratify")
        if component is None or source is None or label is None or given is not None:
            continue
        if "stratify" not in component.params or label.type.base not in ("bool", "enum", "string"):
            continue
        made = typed.blocks[source.block]
        whole = source.block if len(made.outputs) == 1 else f"{source.block}.{source.port}"
        written = f"stratify = {whole}.{label.name}"
        yield Diagnostic(
            CODE,
            f"`{block.shown}` does not keep the shares of the classes of `{label.name}`",
            block.span,
            label="drawn without regard to the label",
            labels=[Label(label.span, "the label")],
            help=[f"write `{written}`"],
            fixes=[Fix(f"add `{written}`", addition(block, written), safe=False)]
            if len(made.outputs) == 1
            else [],
        )
