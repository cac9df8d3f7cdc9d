"""An engine in a process of its own, for tests that kill it: ``python -m tests.mlpc_run.engine ROOT WORKFLOW OUT``.

``WORKFLOW`` is the path of a workflow in its canonical form; a line of JSON for each event is added to ``OUT``. A
fourth argument holds options as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mlpc.ir.models import loads
from mlpc_run.errors import EngineError
from mlpc_run.events import Event
from mlpc_run.run import run
from mlpc_run.summary import Options


def main() -> int:
    root, spec, out, *more = sys.argv[1:]
    options = json.loads(more[0]) if more else {}
    with open(out, "a", buffering=1) as file:

        def listen(event: Event) -> None:
            file.write(json.dumps([event.kind, event.node, event.text, event.data], default=str) + "\n")

        try:
            summary = run(
                loads(Path(spec).read_bytes()),
                root,
                params={},
                spec_label="main.mlp",
                options=Options(**options),
                listen=listen,
            )
        except EngineError as error:
            print(error.diagnostic, file=sys.stderr)
            return error.exit_code
        return summary.exit_code


if __name__ == "__main__":
    sys.exit(main())
