"""A deployment by a function of one's own does not say when it is ready. Engines ask a service for `GET /ready` and take
no other answer than 200 for health: one that never gives it is never taken to have started, and is started anew again
and again.

## Wrong

```mlp declarations
deploy api: own_server { model = portable, resources { memory = 512MiB } }

component own_server: deploy {
  input model: model("onnx")
  param replicas: range(int) >= 1 = 1..1
  output requests: dataset(model)
  run = python("train.py:fit")
  requires = ["onnxruntime>=1.20,<2"]
}
```

## Right

```mlp declarations
deploy api: server {
  model = portable
  replicas = 1..4
  resources { cpu = 1, memory = 512MiB }
  require p95 <= 50ms
}
```

## How to mend it

Answer `GET /ready` with status 200 once the model is loaded, and with 503 before. The linter looks for the text `/ready`
in the file of the function; if the answer is given elsewhere, allow it with a comment. `server` has it.
"""

from __future__ import annotations

from ... import codes
from ...diagnostics import Diagnostic, Label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.NO_HEALTH_CHECK

#: What engines ask for, and the server of the standard library, which has an answer.
_READY = (b"/ready", b"mlpc_stdlib.runtime.serve")


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find deployments by a function of the project whose file never says `/ready`."""
    for _, block in spec.blocks("deploy"):
        component = block.component
        action = component.action if component is not None else None
        if component is None or action is None or action[0] != "project" or block.kind.runs != "service":
            continue
        text = spec.loader.read(action[1])
        if text is not None and not any(each in text for each in _READY):
            yield Diagnostic(
                CODE,
                f"`{block.shown}` never says that it is ready",
                block.span,
                label=f"`{action[1]}` has no `/ready`",
                labels=[Label(component.span, f"`{action[2]}` of `{action[1]}` serves it")],
                help=["answer `GET /ready` with status 200 once the model is loaded"],
            )
