"""An export may differ so much from the original that it is another model: one answer in ten, or scores that are off
by a tenth. What the gates say of the original says little of it then.

## Wrong

```mlp declarations
export portable: onnx {
  model = forest
  parity { data = parts.test, max_abs = 0.2, agree = 99.9% }
}
```

## Right

```mlp declarations
export portable: onnx {
  model = forest
  parity { data = parts.test, max_abs = 1e-4, agree = 99.9% }
}
```

## How to mend it

Floats of 32 bits differ by about `1e-5`, forests in rare rows on a border by more: `max_abs = 1e-4, agree = 99.9%`
holds for sound exports. Values of a regression differ in the unit of their label: leave `max_abs` out, and a ten-thousandth
of their deviation is what they may be apart. A quantised model may need more room; say why in a comment that allows it.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..attrs import value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.typed import TypedBlock
    from ..spec import Spec

CODE = codes.LOOSE_PARITY

_AGREE, _APART = 0.98, 0.01


def _help(block: TypedBlock, in_units: bool) -> str:
    sources = block.inputs.get("model") or []
    schema = sources[0].type.schema if sources else None
    if in_units and schema is not None and schema.label is not None and schema.label.type.base == "float":
        unit = f"it is in the unit of `{schema.label.name}`"
        return f"{unit}; without it values may be apart by a ten-thousandth of their deviation"
    return "`max_abs = 1e-4, agree = 99.9%` holds for sound exports"


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find bounds of parity that let another model through."""
    for _, block in spec.blocks("export"):
        agree, apart = value_of(block, "parity.agree"), value_of(block, "parity.max_abs")
        for value, loose in (
            (agree, agree is not None and agree.value is not None and agree.value < _AGREE),
            (apart, apart is not None and apart.value is not None and apart.value > _APART),
        ):
            if value is not None and loose:
                yield Diagnostic(
                    CODE,
                    f"`{block.shown}` may be another model than the one that was judged",
                    value.span,
                    label="so much may differ",
                    help=[_help(block, value is apart)],
                )
