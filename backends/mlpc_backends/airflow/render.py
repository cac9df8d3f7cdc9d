"""The texts of the output directory: the DAG file and the page."""

from __future__ import annotations

import re

from mlpc.codes import LOWERED_FOR_TARGET
from mlpc.ir.nodes import Gate, Service, Task
from mlpc_backends.shared.markdown import cell, code, escaped
from mlpc_backends.shared.readme import does, head, images, kind, stores, table
from mlpc_backends.shared.reads import credentials

from .spec import DOCKER_TIMEOUT, NOT_PASSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jinja2 import Template

    from mlpc.diagnostics import Diagnostic
    from mlpc.ir.nodes import Json, Workflow

    from .emit import Maker
    from .spec import Dag

_STATES = (
    ("success", "success", "every step and gate went well: the model is promoted"),
    ("success", "skipped", "a gate did not pass, which is a result: nothing is registered or published"),
    ("failed", "failed, upstream_failed", "a step failed: nothing is registered or published after it"),
)
_TEMPLATE: list[Template] = []


class Literal(str):
    """Python source: a literal, or a word of the language that no spec has a say in."""

    __slots__ = ()


def literal(value: object) -> Literal:
    """Return ``value`` as a literal of Python, in ASCII.

    Raises:
        TypeError: it is none of None, booleans, numbers, texts, lists and objects with texts as keys.
        ValueError: it is a number that is not finite.
    """
    if value is None or isinstance(value, bool | int):
        return Literal(repr(value))
    if isinstance(value, float):
        if value - value != 0:
            raise ValueError("a number is not finite")
        return Literal(repr(value))
    if isinstance(value, str):
        # ASCII: what a Python prints by itself depends on its version, and some characters reorder what is read.
        return Literal(ascii(str(value)))
    if isinstance(value, list):
        return Literal(f"[{', '.join(literal(item) for item in value)}]")
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        items = ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items())
        return Literal(f"{{{items}}}")
    raise TypeError(f"a {type(value).__name__} is not written into a DAG file")


def _word(text: str) -> Literal:
    if not re.fullmatch(r"[A-Za-z_]+", text):
        raise ValueError(f"{text!r} is no word")
    return Literal(text)


def _only_literals(value: object) -> Literal:
    if not isinstance(value, Literal):
        raise TypeError("a value of the DAG file was not quoted")
    return value


def _template() -> Template:
    if not _TEMPLATE:
        from jinja2 import Environment, PackageLoader, StrictUndefined

        environment = Environment(
            loader=PackageLoader("mlpc_backends.airflow", "."),
            undefined=StrictUndefined,
            finalize=_only_literals,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.filters.update(literal=literal, word=_word)
        _TEMPLATE.append(environment.get_template("dag.py.jinja"))
    return _TEMPLATE[0]


def dag(made: Dag) -> bytes:
    """Return the DAG file."""
    text = _template().render(
        dag=made,
        timetable="MultipleCronTriggerTimetable" if len(made.cron) > 1 else "CronTriggerTimetable",
        uses_gpus=any(step.gpus for step in made.steps),
        uses_stores=any(step.told for step in made.steps),
        uses_files=any(step.files for step in made.steps),
        not_passed=NOT_PASSED,
        docker_timeout=DOCKER_TIMEOUT,
    )
    return text.encode("ascii")


def doc(workflow: Workflow) -> str:
    """Return the page that Airflow shows beside the DAG; it does not end like the name of a file."""
    lines = [f"{escaped(workflow.doc)}", ""] if workflow.doc else []
    return "\n".join([*lines, *_states()]).rstrip("\n")


def _states() -> list[str]:
    return table(
        ("the run", "what promotes", "what it means"),
        ((code(run), code(tasks), meaning) for run, tasks, meaning in _STATES),
    )


def page(spec: Workflow, workflow: Workflow, maker: Maker, made: Dag, notes: list[Diagnostic]) -> bytes:
    """Return the page that says how to build, submit and read what comes out."""
    folder = code(maker.variable("data"))
    lines = [
        *head(spec, "Airflow"),
        f"It stands alone but for data. {'Airflow 3' if len(made.cron) > 1 else 'Airflow 3, or 2.11,'} is needed with",
        "`apache-airflow-providers-docker`, and a Docker engine that its workers reach: the one that `DOCKER_HOST` names,",
        "else the one of their machine.",
        "",
        "    mlpc build .              # build the images",
        "    mlpc submit .             # hand the DAG to Airflow 3, run it, and follow it to the end",
        "    mlpc submit . --follow    # follow the run that was submitted last",
        "",
        f"`mlpc submit` puts this folder as {code(made.id)} into the folder of Airflow's DAG files: the one that `--dags` names,",
        "else `AIRFLOW__CORE__DAGS_FOLDER`, else `$AIRFLOW_HOME/dags`. It asks the API at `--url`, else",
        "`AIRFLOW__API__BASE_URL`, else `http://127.0.0.1:8080`, as `AIRFLOW_API_TOKEN` or `AIRFLOW_USER` with",
        "`AIRFLOW_PASSWORD` say. The run is Airflow's: it goes on when `mlpc submit` is ended. A folder that `mlpc submit` did",
        "not write itself is left as it is.",
        "",
        "The same by hand:",
        "",
        *(
            f"    docker build --tag {image.tag} --file {image.dockerfile}"
            + "".join(f" --build-arg {name}" for name in image.build_arguments)
            + " ."
            for image in maker.images.all()
        ),
        f"    cp -r . $AIRFLOW_HOME/dags/{made.id}",
        f"    airflow dags unpause {made.id}",
        f"    airflow dags trigger {made.id}",
        "",
        f"`airflow dags test {made.id}` runs it once without a scheduler.",
        "",
        "## Reading a run",
        "",
        *_states(),
        "The log of a gate tells each condition, and the figures that it read. A task that is skipped is held back by a",
        "gate, and a gate that is skipped did not pass. Marking it as successful does not help: what it holds back looks",
        "into the store and fails.",
        "",
        *table(
            ("task", "node", "kind", "what it does", "waits for"),
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
        "## Store",
        "",
        f"All tasks share the Docker volume {code(maker.volume)}, or the one that the variable",
        f"{code(maker.variable('store'))} of Airflow names. On more than one Docker host it has to be one that all of them",
        "see, such as a volume of the driver option `type=nfs`.",
        "",
        *_elsewhere(maker),
    ]
    services = [node for node in workflow.nodes if isinstance(node, Service)]
    if services:
        lines += ["What was promoted lies there. To serve it:", ""]
        lines += [
            f"    docker run --rm -p 127.0.0.1:8000:8000 -v {maker.volume}:/mlpc/store {maker.images.of(node.id).tag}"
            " --workflow=/mlpc/workflow.json --store=/mlpc/store " + _shell(f"--node={node.id}")
            for node in services
        ]
        lines += [""]
    if maker.files():
        lines += [
            "## Data",
            "",
            f"Mounted read-only from the folder of the Docker host that the variable {folder} of Airflow names, by default",
            "`data` beside the DAG file. `mlpc submit` copies it there, unless the variable is set, and notes the digests in",
            "`submission.json` and at the run:",
            "",
            *(f"- {code(path)}" for path in maker.files()),
            "",
        ]
    if made.params:
        lines += [
            "## Parameters",
            "",
            *table(
                ("parameter", "default", "what it is"),
                (
                    (cell(param.name), cell(_shown(param.default)), escaped(param.description))
                    for param in made.params
                ),
            ),
        ]
    if maker.secrets:
        lines += [
            "## Secrets",
            "",
            f"Files in the folder of the Docker host that the variable {code(maker.variable('secrets'))} of Airflow names, by",
            "default `secrets` beside the DAG file. The user 10001 of the containers has to be able to read the files.",
            "`mlpc submit` writes them there, unless the variable is set: from where the spec says that they come from, else",
            "from `secrets` in this folder or the one that `MLPC_SECRETS` names. Only the user who submits, and root, can enter",
            "that folder. They stay there for the runs to come; they are never sent to Airflow.",
            "",
            *(f"- {code(file)}" for file in maker.secrets.values()),
            "",
        ]
    lines += stores(
        credentials(workflow),
        "Variables of Airflow's workers; those that are set are passed on by name when the task runs, and are in no DAG,",
        "database or page of Airflow. A file that one of them names is mounted: it has to lie on the Docker host, and the",
        "user 10001 has to be able to read it.",
    )
    lines += images(maker.images.all())
    lowered = [item for item in notes if item.code is LOWERED_FOR_TARGET]
    if lowered:
        lines += [
            "## What is done otherwise here",
            "",
            *(f"- {escaped(item.message)}" for item in lowered),
            "",
        ]
    return "\n".join(lines).encode("utf-8")


def _elsewhere(maker: Maker) -> list[str]:
    """Return what is different where Airflow or its Docker engine is on another machine."""
    places = [name for name, used in (("data", maker.files()), ("secrets", maker.secrets)) if used]
    lines = [
        "## On other machines",
        "",
        "Airflow elsewhere: share the folder of its DAG files with the machine that submits. Its workers' Docker engine",
        "elsewhere: name it with `DOCKER_HOST` for `mlpc`, too, which builds the images there and reads what a run came to",
        "out of its volume.",
    ]
    if places:
        listed = " and ".join(code(maker.variable(name)) for name in places)
        lines += [
            "A folder beside the DAG file that this engine does not see under the same path, or may not enter, does not do",
            f"for {' and '.join(places)}: bring them to its host by hand, and say where with {listed}.",
        ]
    return [*lines, ""]


def _shown(value: Json) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shell(word: str) -> str:
    """Return a word of a command on one line, quoted where a shell would read more than a word."""
    word = " ".join(word.split())
    if re.fullmatch(r"[A-Za-z0-9_./=:-]+", word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"
