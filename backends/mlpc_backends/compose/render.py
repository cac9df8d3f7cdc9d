"""The texts of the output directory: the Compose file, `.env`, the page."""

from __future__ import annotations

import json
import re

from mlpc.codes import LOWERED_FOR_TARGET
from mlpc.ir.nodes import Gate, Service, Task
from mlpc_backends.shared.limits import ARGUMENT
from mlpc_backends.shared.markdown import cell, code, escaped
from mlpc_backends.shared.names import VARIABLE
from mlpc_backends.shared.readme import does, head, images, kind, stores, table
from mlpc_backends.shared.reads import credentials
from mlpc_backends.shared.yaml import dumps

from .spec import to_yaml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpc.diagnostics import Diagnostic
    from mlpc.ir.nodes import Json, Workflow

    from .emit import Maker
    from .spec import Project, Variable

#: Values that every reader of `.env` files reads the same without quotes.
_SAFE = re.compile(r"[A-Za-z0-9._/+-]+\Z")


def compose(project: Project) -> bytes:
    """Return the Compose file."""
    return dumps(to_yaml(project), "Made by mlpc; the common subset of Compose 1.29 and v2.")


def settings(project: Project, variables: list[Variable], workflow: Workflow) -> bytes:
    """Return `.env`: the variables that may be set, with what holds otherwise."""
    lines = [
        "# What may be set. A variable of the shell goes before a line of this file.",
        f"COMPOSE_PROJECT_NAME={project.name}",
        *(f"{variable.name}={variable.default}" for variable in variables),
    ]
    if workflow.params:
        lines.append(
            "# Parameters: texts as they are, all else as in JSON, numbers with a unit in SI base units."
        )
    for param in workflow.params:
        name = f"MLPC_PARAM_{VARIABLE.mangle(param.name)}"
        value = _setting(param.default)
        lines.append(f"{name}={value}" if value else f"# {name}=")
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _setting(value: Json) -> str:
    """Return a value as it may stand in `.env`; nothing where readers of such files would not agree on it."""
    if value is None or isinstance(value, list | dict):
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    # What stands there becomes a variable of every container that reads it.
    return text if _SAFE.match(text) and len(text) < ARGUMENT - 1000 else ""


def page(spec: Workflow, workflow: Workflow, maker: Maker, notes: list[Diagnostic]) -> bytes:
    """Return the page that says how to build, submit and take down."""
    services = [maker.names[node.id] for node in workflow.nodes if isinstance(node, Service)]
    lines = [
        *head(spec, "Docker Compose"),
        "It stands alone but for data. Docker 20.10 or later is needed, with Compose 1.29 or v2.",
        "",
        "    mlpc build .     # build the images",
        "    mlpc submit .    # run the jobs, follow them to the end, start the services",
        "    mlpc down .      # stop all of it; `--volumes` forgets what was made, too",
        "",
        "The same by hand:",
        "",
        "    docker compose build",
        "    docker compose up -d    # ends with status 1 when a job failed or a gate did not pass",
        *(
            [f"    docker compose restart {' '.join(services)}    # take what a later run made"]
            if services
            else []
        ),
        "    docker compose down",
        "",
        "A gate is a job that ends with status 1 when it does not pass; nothing that waits for it is started. Only a run",
        "in which every step and gate went well is promoted: a service that is started again otherwise goes on with",
        "what it served before.",
        "",
        *table(
            ("service", "node", "kind", "what it does", "waits for"),
            (
                (
                    cell(maker.names[node.id]),
                    cell(node.id),
                    kind(node),
                    does(node),
                    ", ".join(cell(maker.names[id]) for id in maker.waits[node.id]),
                )
                for node in workflow.nodes
                if isinstance(node, Task | Gate | Service)
            ),
        ),
        *images(maker.images.all()),
    ]
    if maker.files():
        lines += [
            "## Data",
            "",
            "Mounted read-only from the folder that `MLPC_DATA` names, by default `./data`; `mlpc submit` finds it:",
            "",
            *(f"- {code(path)}" for path in maker.files()),
            "",
        ]
    if maker.secrets:
        lines += [
            "## Secrets",
            "",
            "Files in the folder that `MLPC_SECRETS` names, by default `./secrets`, which the user 10001 has to be able",
            "to read. `mlpc submit` writes those that come from the environment to a private folder.",
            "",
            *(f"- {code(file)}" for file in maker.secrets.values()),
            "",
        ]
    lines += stores(
        credentials(workflow),
        "Variables of the shell that calls `mlpc submit`, or Compose; those that are set are passed on by name. A file that",
        "one of them names is mounted, and the user 10001 has to be able to read it.",
    )
    lowered = [item for item in notes if item.code is LOWERED_FOR_TARGET]
    if lowered:
        lines += [
            "## What is done otherwise here",
            "",
            *(f"- {escaped(item.message)}" for item in lowered),
            "",
        ]
    return "\n".join(lines).encode("utf-8")
