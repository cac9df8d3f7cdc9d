"""The command line of the adaptor.

    python -m mlpc_stdlib.runtime.container --workflow FILE --node ID --store DIR [--data DIR] [--project DIR]
        [--state DIR] [--run TEXT] [--param NAME=TEXT]… [--param-variable NAME=VARIABLE]…
        [--secret NAME=FILE]… [--host HOST] [--port PORT] [--attempt N] [--publish] [--not-passed STATUS]
    python -m mlpc_stdlib.runtime.container summary --workflow FILE --store DIR [--run TEXT] [--starved NODE]…
    python -m mlpc_stdlib.runtime.container healthy --port PORT

Exit status 0: done, a gate passed, healthy. 1: a gate did not pass. 2: failed. 3: held back by what it needs. 143:
ended by SIGTERM. `summary` prints JSON and ends with 0; with `--run` it tells of that run alone, and `--starved`
names nodes whose containers were ended for want of memory.

For engines that do more by themselves: with `--attempt` the engine makes the attempts, and this is one of them; with
`--publish` a service is promoted and not started; `--not-passed` is another exit status than 1, which is also Python's
own for a fault, for a gate that did not pass.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from ..__main__ import report
from ..contract import StepError
from . import attempts, graph, judging, serving, summary
from .store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    mode = given.pop(0) if given and given[0] in ("summary", "healthy") else "node"
    told = _parser(mode).parse_args(given)
    if mode == "healthy":
        return 0 if serving.is_healthy(told.port) else 1
    try:
        workflow = graph.read(told.workflow)
        store = Store(told.store, told.run, alone=mode == "summary" and told.run != "")
        if mode == "summary":
            print(json.dumps(summary.summarise(workflow, store, told.starved), sort_keys=True))
            return 0
        return _node(workflow, store, told)
    except StepError as error:
        report(error)
        return attempts.FAILURE


def _node(workflow: graph.Graph, store: Store, told: argparse.Namespace) -> int:
    settings = attempts.Settings()
    settings.data, settings.project, settings.state = told.data, told.project, told.state
    settings.run, settings.host, settings.port = told.run, told.host, told.port
    settings.secrets, settings.attempt = dict(told.secret), max(told.attempt, 0)
    for name, variable in told.param_variable:
        if os.environ.get(variable, "") != "":
            settings.params[name] = os.environ[variable]
    settings.params.update(told.param)
    kind = workflow.node(told.node)["kind"]
    if kind == "gate":
        return _status(judging.judge(workflow, told.node, store, settings), told.not_passed)
    if kind == "service":
        act = serving.publish if told.publish else serving.serve
        return act(workflow, told.node, store, settings)
    if kind == "task":
        return _status(attempts.run(workflow, told.node, store, settings), told.not_passed)
    print(f"`{told.node}` is a {kind}: there is nothing to run", flush=True)
    return attempts.PASSED


def _status(status: int, not_passed: int) -> int:
    return not_passed if status == attempts.GATE else status


def _parser(mode: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mlpc_stdlib.runtime.container", allow_abbrev=False)
    if mode == "healthy":
        parser.add_argument("--port", type=int, required=True)
        return parser
    parser.add_argument("--workflow", required=True)
    parser.add_argument("--store", required=True)
    parser.add_argument("--run", default="")
    if mode == "summary":
        parser.add_argument("--starved", action="append", default=[], metavar="NODE")
        return parser
    parser.add_argument("--node", required=True)
    parser.add_argument("--data", default="/mlpc/data")
    parser.add_argument("--project", default="/mlpc/project")
    parser.add_argument("--state", default="")
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--attempt", type=int, default=0)
    parser.add_argument("--publish", action="store_true")
    parser.add_argument("--not-passed", type=int, default=attempts.GATE)
    for name in ("--param", "--param-variable", "--secret"):
        parser.add_argument(name, action="append", default=[], type=_pair, metavar="NAME=VALUE")
    return parser


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
