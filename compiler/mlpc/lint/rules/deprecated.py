"""A block plays a component, or data has a schema, whose doc comment says that it is deprecated. It goes with a later
version.

## Wrong

```mlp declarations
train forest: old_trainer { data = parts.train, timeout = 5min, resources { memory = 1GiB } }

## Deprecated: use `sklearn.random_forest`.
component old_trainer: train {
  input data: dataset
  output model: model("sklearn")
  run = python("train.py:fit")
  requires = ["scikit-learn>=1.6,<2"]
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

Take what the doc comment names instead. `## Deprecated: …` in a component's or a schema's doc comment is all that it
takes to say so of one's own.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.DEPRECATED


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find blocks whose component, or the schema of whose data, is deprecated."""
    for _, block in spec.blocks():
        component, node = block.component, block.definition.decl.type
        said = _said(component.doc) if component is not None else None
        if component is not None and said is not None:
            yield Diagnostic(
                CODE,
                f"`{component.name}` is deprecated{said}",
                block.definition.module.span(node.name) if node is not None else block.span,
                label="deprecated",
                labels=[Label(component.span, "declared here")],
            )
        schema = block.definition.body.attrs.get("schema")
        for type in block.outputs.values() if schema is not None and block.kind.name == "data" else ():
            said = _said(type.schema.doc) if type.schema is not None else None
            if schema is not None and type.schema is not None and said is not None:
                yield Diagnostic(
                    CODE,
                    f"`{type.schema.name}` is deprecated{said}",
                    schema.module.span(schema.node.value),
                    label="deprecated",
                    labels=[Label(type.schema.span, "declared here")],
                )


def _said(doc: str) -> str | None:
    for line in doc.splitlines():
        if line.lower().startswith("deprecated"):
            rest = line[len("deprecated") :].lstrip(":. ").rstrip(".")
            return f": {rest}" if rest else ""
    return None
