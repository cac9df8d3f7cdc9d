"""What the engine for one machine takes: a plan and nothing else, and what it can do of the IR."""

from __future__ import annotations

from mlpc.backend import Capabilities, lowered, native, refused

#: Version of the plan's layout: the file names below, and a workflow in its canonical JSON form.
VERSION = "1"

PLAN = "plan.json"
PAGE = "README.md"

CAPABILITIES = Capabilities(
    VERSION,
    {
        "task.runtime": native(),
        "task.project": native(),
        "task.container": native("run by Docker, with what the step needs mounted at the same paths"),
        "task.retry": native(),
        "task.timeout": native(),
        "task.effect": native(),
        "task.skip": native(),
        "task.program": native("found on the path, or where a variable says"),
        "gate": native(),
        "service": native("started by `mlpc up` from what was promoted"),
        "service.container": refused("serve a model by `server`, or run a function of the project"),
        "service.replicas": lowered(
            "one machine runs the least number of replicas, as processes of one server"
        ),
        "service.level": lowered(
            "a level of service is shown by the server's metrics; it blocks no promotion"
        ),
        "fan_out": native(),
        "trigger": lowered(
            "nothing on one machine waits for the clock; start it with `mlpc run`, from cron if need be"
        ),
        "trigger.time": native("the start of the run, or what `mlpc run --at` says"),
        "param": native("given by `--set NAME=VALUE`"),
        "data.path": native(),
        "data.url": native("read by the step itself"),
        "data.store": native(
            "read by the step itself, with the credentials of the shell that calls `mlpc run`"
        ),
        "secret.env": native(),
        "secret.file": native(),
        "secret.unsourced": native("the environment variable `MLPC_SECRET_` and the name in capitals"),
        "resources.cpu": native("the number of threads of a step"),
        "resources.memory": lowered(
            "one machine gives every step what there is, and holds none to what it asks for; what runs out says so"
        ),
        "resources.gpu": native("a machine without one says so and stops"),
    },
)
