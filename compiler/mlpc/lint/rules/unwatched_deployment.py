"""A model answers in production, nobody watches what it is asked, and nothing makes it anew. What people ask drifts away
from what it was made from, and its answers get worse without an error anywhere.

## Wrong

```mlp
mlp 1

## Tell malignant from benign tumours.
pipeline demo {
  data cells: csv { path = "data/cells.csv", schema = Cell }

  split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }

  train forest: sklearn.random_forest {
    data = parts.train
    seed = 7
    resources { memory = 2GiB }
  }

  evaluate quality: classification { model = forest, data = parts.test, require recall >= 0.85 }

  export portable: onnx {
    model = forest
    parity { data = parts.test, max_abs = 1e-4, agree = 99.9% }
  }

  deploy api: server {
    model = portable
    replicas = 2..4
    resources { memory = 512MiB }
    require p95 <= 50ms
  }
}

schema Cell {
  radius: float >= 0
  malignant: bool @label
}

env prod { deploy api { replicas = 2..16 } }
```

## Right

```mlp
mlp 1

## Tell malignant from benign tumours.
pipeline demo {
  data cells: csv { path = "data/cells.csv", schema = Cell }

  split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 7 }

  train forest: sklearn.random_forest {
    data = parts.train
    seed = 7
    resources { memory = 2GiB }
  }

  evaluate quality: classification { model = forest, data = parts.test, require recall >= 0.85 }

  export portable: onnx {
    model = forest
    parity { data = parts.test, max_abs = 1e-4, agree = 99.9% }
  }

  deploy api: server {
    model = portable
    replicas = 2..4
    resources { memory = 512MiB }
    require p95 <= 50ms
  }

  monitor drift: evidently {
    reference = parts.train
    observed = api.requests
    every = 1h
    alert when share_drifted > 30%
  }
}

schema Cell {
  radius: float >= 0
  malignant: bool @label
}

env prod { deploy api { replicas = 2..16 } }
```

## How to mend it

Compare what it is asked with what it was made from, in a `monitor`, or make it anew by a `schedule`, on data of its day.
Models of pictures and other tensors are left out: monitors look at the columns of tables.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic
from ..lineage import answers, chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...check.typed import TypedBlock, TypedProgram
    from ..spec import Spec

CODE = codes.UNWATCHED_DEPLOYMENT


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find deployments in production that no monitor reads, in pipelines that no schedule starts."""
    for name, typed in spec.production().items():
        if any(block.kind.runs == "trigger" for block in typed.blocks.values()):
            continue
        for block in typed.blocks.values():
            requests = _requests(block)
            if answers(block) and requests and not _is_watched(typed, block):
                rows = _reference(typed, block)
                yield Diagnostic(
                    CODE,
                    f"`{block.shown}` answers in `{name}`, and nobody watches what it is asked",
                    block.span,
                    label="no `monitor` reads its rows, and no `schedule` makes the model anew",
                    help=[
                        f"add `monitor drift: evidently {{ reference = {rows}, observed = {block.shown}.{requests}, … }}`"
                    ],
                )


def _requests(block: TypedBlock) -> str:
    """Return the output with the rows that ``block`` was asked about, where they are tables; else nothing."""
    for port, type in block.outputs.items():
        columns = type.schema.columns.values() if type.schema is not None else ()
        if type.base == "dataset" and columns and all(each.type.base != "tensor" for each in columns):
            return port
    return ""


def _is_watched(typed: TypedProgram, block: TypedBlock) -> bool:
    return any(
        source.block == block.id
        for other in typed.blocks.values()
        if other.kind.name == "monitor"
        for sources in other.inputs.values()
        for source in sources
    )


def _reference(typed: TypedProgram, block: TypedBlock) -> str:
    """Return what the model of ``block`` was made from, as a spec names it."""
    for made in chain(typed, block):
        for source in made.inputs.get("data", ()) if made.kind.name == "train" else ():
            port = source.port if len(typed.blocks[source.block].outputs) > 1 else ""
            return f"{source.block}.{port}" if port else source.block
    return "…"
