"""`mlpc submit` on a real Airflow 3 with a real Docker engine: runs end as they are told, and are found again."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import stat
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from mlpc.backend import Material
from mlpc.ir import nodes
from mlpc_backends.airflow import BACKEND
from mlpc_cli.files import write_folder
from tests.mlpc_cli.command import EXECUTABLE, Answer, environment

from . import refused, times
from .airflow_server import Server
from .engine import mlpc
from .hungry import LESS, MUCH, hungry

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

RUNTIME = Path(__file__).resolve().parents[2] / "stdlib"
KEY = "s3same-" + uuid.uuid4().hex
STEPS = b"""
import time
from pathlib import Path


def count(text: Path, factor, pause, key):
    print(f"the key is {key}, upside down {key[::-1]}")
    time.sleep(pause)
    if factor == 0:
        raise ValueError("nothing times nothing")
    return {"words": "x" * factor, "metrics": {"words": len(text.read_text().split()) * factor}}


def tell(words: Path):
    return words.read_text()
"""
FILE: nodes.JsonObject = {"type": "file", "format": "txt"}
COUNT = nodes.Task(
    "count",
    nodes.Action("project", "steps.py", "count"),
    {"text": nodes.Input((nodes.External("texts/three words.txt", False, FILE),))},
    {"words": nodes.Output(FILE)},
    {"factor": {"param": "factor"}, "pause": {"param": "pause"}, "key": {"secret": "the key"}},
)
ENOUGH = nodes.Gate(
    "enough",
    (
        nodes.Condition(
            {"op": ">=", "args": [{"metric": {"node": "count", "name": "words"}}, 6]}, "words >= 6"
        ),
    ),
)
TELL = nodes.Task(
    "tell",
    nodes.Action("project", "steps.py", "tell"),
    {"words": nodes.Input((nodes.Reference("count", "words"),))},
    {"said": nodes.Output(FILE)},
    {},
    after=("enough",),
    effect=True,
)
PARAMS = (
    nodes.Param("factor", {"base": "int", "min": 0, "max": 9}, 2),
    nodes.Param("pause", {"base": "float"}, 0.0),
)


class Project:
    """Two steps and a gate, compiled into `build`, under a name that no other test has."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        self.name = f"words_{uuid.uuid4().hex[:8]}"
        secret = nodes.Secret("the key", {"base": "string"}, {"env": "TEST_KEY"})
        workflow = nodes.Workflow(self.name, (COUNT, ENOUGH, TELL), params=PARAMS, secrets=(secret,))
        runtime = {
            path.relative_to(RUNTIME).as_posix(): path.read_bytes()
            for path in (RUNTIME / "mlpc_stdlib").rglob("*.py")
            if path.name == "__init__.py" or "runtime" in path.parts
        }
        emitted = BACKEND.emit(workflow, Material(runtime, {"steps.py": STEPS}))
        write_folder(str(folder / "build"), emitted.files, emitted.modes)
        (folder / "texts").mkdir()
        (folder / "texts" / "three words.txt").write_text("one two three", encoding="utf-8")
        self.variables = {
            "TEST_KEY": KEY,
            "AIRFLOW__API__BASE_URL": server.url,
            "AIRFLOW__CORE__DAGS_FOLDER": str(server.dags),
        }

    @property
    def place(self) -> Path:
        """Where its DAG file lies."""
        return self.server.dags / self.name

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `mlpc submit build`."""
        return subprocess.Popen(
            [EXECUTABLE, "submit", "build", *arguments],
            cwd=self.folder,
            env=environment(**self.variables, PYTHONUNBUFFERED="1"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def submit(self, *arguments: str) -> Answer:
        return ended(self.start(*arguments))

    def run(self, process: subprocess.Popen[bytes]) -> str:
        """The id of the run that ``process`` has submitted, once a task of it runs."""
        found: list[str] = []

        def runs() -> bool:
            assert process.poll() is None, (ended(process), self.server.said())
            found[:] = [each["dag_run_id"] for each in self.server.runs(self.name)]
            return bool(found) and self.server.states(self.name, found[0]).get("count") == "running"

        try:
            self.server.until(runs, 300)
        except BaseException:
            process.kill()
            print(ended(process))
            raise
        return found[0]


def ended(process: subprocess.Popen[bytes]) -> Answer:
    out, err = process.communicate(timeout=600)
    return Answer(process.returncode, out.decode(), err.decode())


def told(answer: Answer) -> list[str]:
    """The events that were shown, without how long anything took."""
    event = r"^(count|enough|tell) +(started|done|not passed|failed|held back)\b"
    return [" ".join(found) for found in re.findall(event, answer.out, re.MULTILINE)]


def clean(project: Project) -> None:
    """Remove the image and the store of a project."""
    tidied(project.folder / "build")


def tidied(build: Path) -> None:
    """Remove the image and the store of what was compiled."""
    client = docker.from_env(timeout=600)
    manifest = json.loads((build / "manifest.json").read_bytes())
    (image,) = manifest["images"]
    for container in client.containers.list(all=True, filters={"ancestor": image}):
        container.remove(force=True)
    for volume in client.volumes.list(filters={"name": manifest["volume"]}):
        volume.remove(force=True)
    client.images.remove(image, force=True)
    client.close()


@pytest.fixture(scope="module")
def server(docker_engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An Airflow for all tests here."""
    made = Server(tmp_path_factory.mktemp("airflow"))
    try:
        made.start()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def project(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("project"), server)
    yield made
    clean(made)


@pytest.fixture(scope="module")
def first(project: Project) -> Answer:
    """What the first submission printed: images are built, the DAG is new to Airflow."""
    answer = project.submit()
    assert answer.code == 0, (answer, project.server.said())
    return answer


# A run that ends well


def test_what_happens_is_told_as_it_happens(first: Answer) -> None:
    assert told(first) == [
        "count started",
        "count done",
        "enough started",
        "enough done",
        "tell started",
        "tell done",
    ]
    assert "promoted tell" in first.out
    assert "mlpc down" not in first.out


def test_the_summary_has_the_figures_of_the_run(project: Project, first: Answer) -> None:
    answer = project.submit("--set", "factor=3", "--json")
    assert answer.code == 0, answer
    summary = json.loads(answer.out)
    assert {step["node"]: step["state"] for step in summary["steps"]} == {"count": "ran", "tell": "ran"}
    assert summary["steps"][0]["metrics"] == {"words": 9}
    assert [(gate["node"], gate["passed"]) for gate in summary["gates"]] == [("enough", True)]
    assert (summary["promoted"], summary["reasons"]) == (["tell"], [])
    assert (summary["exit_code"], summary["urls"]) == (0, {})


def test_what_was_staged_is_recorded(project: Project, first: Answer) -> None:
    record = json.loads((project.place / "submission.json").read_bytes())
    digest = "sha256:6899ee404683a14e8c2a03149860df25d67d34d9cd4dae7350cbe91e4b3976be"
    assert record["data"] == {"texts/three words.txt": digest}
    assert f"data staged: texts/three words.txt ({digest[:19]}…)" in first.out
    (run,) = [run for run in project.server.runs(project.name) if run["dag_run_id"] == record["run"]]
    assert digest in run["note"]
    assert not [path.name for path in project.server.dags.iterdir() if path.name.startswith(".")]


def test_a_secret_is_in_its_file_and_nowhere_else(project: Project, first: Answer) -> None:
    server = project.server
    file = project.place / "secrets" / "the--20key"
    assert file.read_text(encoding="utf-8") == KEY
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    said = first.out + first.err + server.said()
    for run in server.runs(project.name):
        path = f"dags/{project.name}/dagRuns/{run['dag_run_id']}"
        said += json.dumps(
            [run, server.api(f"{path}/taskInstances"), server.api(f"{path}/taskInstances/count/logs/1")]
        )
    for path in (
        "variables",
        "connections",
        f"dagSources/{project.name}",
        "eventLogs",
        f"dags/{project.name}/details",
    ):
        said += json.dumps(server.api(path))
    for folder in (server.dags, server.home, project.folder):
        said += "".join(
            path.read_bytes().decode("utf-8", "replace")
            for path in folder.rglob("*")
            if path.is_file() and path != file
        )
    assert "the key is ***" in said
    assert KEY not in said


def test_what_airflows_variables_say_is_left_to_them(project: Project, first: Answer, tmp_path: Path) -> None:
    """Data and secrets lie elsewhere on the Docker host, and the store is another volume."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "three words.txt").write_text("one two three four", encoding="utf-8")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "the--20key").write_text(KEY, encoding="utf-8")
    client = docker.from_env(timeout=600)
    volume = client.volumes.create(f"mlpc-test-{uuid.uuid4().hex}")
    places = {"data": str(tmp_path), "secrets": str(tmp_path / "private"), "store": volume.name}
    server = project.server
    for name, value in places.items():
        server.api("variables", "POST", {"key": f"mlpc.{project.name}.{name}", "value": value})
    try:
        answer = project.submit()
        assert answer.code == 0, answer
        where = f"where the variable mlpc.{project.name}.data says: {tmp_path}"
        assert f"data is read from {where}" in answer.out
        # Four words, not the three of the project: from the volume of the variable, too.
        assert "words >= 6  8" in answer.out
        assert not (project.place / "data").exists()
        assert not (project.place / "secrets").exists()
        answer = project.submit("--data", str(project.folder))
        assert answer.code == 4, answer
        assert f"Airflow reads data from {where}" in answer.err
    finally:
        for name in places:
            server.api(f"variables/mlpc.{project.name}.{name}", "DELETE")
        volume.remove(force=True)
        client.close()


# Runs that do not


def test_a_gate_that_does_not_pass(project: Project, first: Answer) -> None:
    answer = project.submit("--set", "factor=1")
    assert answer.code == 1, answer
    assert told(answer)[2:] == ["enough started", "enough not passed", "tell held back"]
    assert "  |   FAIL  words >= 6  (words is 3)\n" in answer.out
    assert "not promoted; what was promoted before stays as it was" in answer.out
    # The store keeps what was promoted.
    assert project.server.states(project.name, project.server.runs(project.name)[0]["dag_run_id"]) == {
        "count": "success",
        "enough": "skipped",
        "tell": "skipped",
    }


def test_a_step_that_fails_shows_the_end_of_its_log(project: Project, first: Answer) -> None:
    answer = project.submit("--set", "factor=0")
    assert answer.code == 5, answer
    assert told(answer) == ["count started", "count failed", "enough held back", "tell held back"]
    assert "  | ValueError: nothing times nothing\n" in answer.out
    assert "error[MLP743] user-code-failed: count: ValueError: nothing times nothing" in answer.out


def test_a_value_that_does_not_fit_is_refused_as_everywhere(server: Server, tmp_path: Path) -> None:
    """What is known only when the pipeline runs; the other engines are in ``test_refused_values.py``."""
    folder = refused.words(tmp_path / "words")
    spec = folder / "main.mlp"
    name = f"words_{uuid.uuid4().hex[:8]}"
    spec.write_text(spec.read_text(encoding="utf-8").replace("pipeline words", f"pipeline {name}"))
    build = refused.compiled(folder, "airflow")
    variables = {"AIRFLOW__API__BASE_URL": server.url, "AIRFLOW__CORE__DAGS_FOLDER": str(server.dags)}
    try:
        for case in refused.CASES:
            words = ("submit", build.name, "--json", *case.settings)
            answer = mlpc(*words, cwd=folder, variables={**variables, **case.variables})
            assert answer.code == 5, (answer, server.said())
            summary = json.loads(answer.out)
            assert summary["reasons"] == [f"`{case.node}` failed"], (summary, server.said())
            case.is_told(refused.step(summary, case.node))
        # The spec itself, which the place of a value names, is no data.
        assert [*json.loads((server.dags / name / "submission.json").read_bytes())["data"]] == [
            "data/words.txt"
        ]
    finally:
        tidied(build)


def test_a_run_that_nothing_scheduled_has_the_time_that_it_is_given(server: Server, tmp_path: Path) -> None:
    """`mlpc submit` starts it without a logical date; that of a scheduled one is in the tests of the backend."""
    folder = times.days(tmp_path / "days", f"days_{uuid.uuid4().hex[:8]}")
    build = refused.compiled(folder, "airflow")
    variables = {"AIRFLOW__API__BASE_URL": server.url, "AIRFLOW__CORE__DAGS_FOLDER": str(server.dags)}

    def moments(*words: str) -> set[float]:
        answer = mlpc("submit", build.name, "--json", *words, cwd=folder, variables=variables)
        assert answer.code == 0, (answer, server.said())
        return times.moments(json.loads(answer.out))

    try:
        assert moments("--at", times.AT) == {times.MOMENT}
        before = int(time.time())
        (now,) = moments()
        assert before <= now <= time.time()
    finally:
        tidied(build)


@pytest.mark.parametrize(("memory", "more"), [("96MiB", "192MiB"), ("8MiB", "16MiB")])
def test_a_step_that_runs_out_of_memory(memory: str, more: str, server: Server, tmp_path: Path) -> None:
    """The step alone is ended; or, with too little for what starts it, its container, of which Airflow tells the status."""
    folder = hungry(tmp_path / "hungry", memory, f"hungry_{uuid.uuid4().hex[:8]}")
    build = refused.compiled(folder, "airflow")
    variables = {"AIRFLOW__API__BASE_URL": server.url, "AIRFLOW__CORE__DAGS_FOLDER": str(server.dags)}
    try:
        words = ("submit", build.name, "--json", "--set", f"megabytes={MUCH}")
        answer = mlpc(*words, cwd=folder, variables=variables)
        assert answer.code == 5, (answer, server.said())
        error = refused.step(json.loads(answer.out), "eaten")["error"]
        assert (error["code"], error["message"]) == (
            "MLP635",
            f"`eaten` ran out of memory: `resources.memory` gives it {memory}",
        )
        assert error["help"] == [f"give it more: `resources {{ memory = {more} }}`", LESS]
    finally:
        tidied(build)


def test_rows_that_do_not_fit_are_refused_as_everywhere(server: Server, tmp_path: Path) -> None:
    """Those that a step reads, and those that a function of the user's own makes: each step is told for itself."""
    folder = refused.people(tmp_path / "people")
    spec = folder / "main.mlp"
    name = f"people_{uuid.uuid4().hex[:8]}"
    spec.write_text(spec.read_text(encoding="utf-8").replace("pipeline people", f"pipeline {name}"))
    build = refused.compiled(folder, "airflow")
    variables = {"AIRFLOW__API__BASE_URL": server.url, "AIRFLOW__CORE__DAGS_FOLDER": str(server.dags)}
    try:
        answer = mlpc("submit", build.name, "--json", cwd=folder, variables=variables)
        assert answer.code == 5, (answer, server.said())
        refused.rows_are_told({each["node"]: each["error"] for each in json.loads(answer.out)["steps"]})
    finally:
        tidied(build)


def test_values_of_parameters_are_looked_at_before_anything_is_done(project: Project, first: Answer) -> None:
    before = len(project.server.runs(project.name))
    answer = project.submit("--set", "factr=1")
    assert (answer.code, answer.err.splitlines()[1]) == (1, "  = help: did you mean `factor`?")
    answer = project.submit("--set", "factor=10")
    assert (answer.code, answer.err) == (
        1,
        "error[MLP793] bad-parameter: the parameter `factor` cannot be `10`: it is a whole number >= 0 and <= 9\n",
    )
    assert len(project.server.runs(project.name)) == before


def test_a_step_whose_container_never_starts(project: Project, first: Answer) -> None:
    """What it reads is taken away before the task is started, so that nothing of it comes into the store."""
    server = project.server
    server.stop("scheduler")
    before = len(server.runs(project.name))
    process = project.start()
    try:
        server.until(lambda: len(server.runs(project.name)) > before)
        (project.place / "data" / "texts" / "three words.txt").unlink()
    finally:
        server.start("scheduler")
    answer = ended(process)
    assert answer.code == 5, answer
    assert told(answer)[-3:] == ["count failed", "enough held back", "tell held back"]
    assert "count: Airflow ended its task before it could say why" in answer.out
    assert "bind source path does not exist" in answer.out


# A folder of somebody else, no Airflow


def test_a_folder_of_somebody_else_stays(project: Project, first: Answer, tmp_path: Path) -> None:
    foreign = tmp_path / "dags" / project.name
    foreign.mkdir(parents=True)
    (foreign / "dag.py").write_text("# mine", encoding="utf-8")
    answer = project.submit("--dags", str(foreign.parent))
    assert answer.code == 4, answer
    assert f"{foreign} was not written by `mlpc submit`, and is left as it is" in answer.err
    assert [path.name for path in foreign.parent.rglob("*")] == [project.name, "dag.py"]


def test_a_file_that_somebody_put_into_our_folder_stays(project: Project, first: Answer) -> None:
    mine = project.place / "mine.txt"
    mine.write_text("mine", encoding="utf-8")
    try:
        answer = project.submit()
        assert answer.code == 4, answer
        assert "holds what `mlpc submit` did not put there, which would be lost: `mine.txt`" in answer.err
    finally:
        mine.unlink()


def test_airflow_that_refuses_the_dag_says_why(server: Server, tmp_path: Path) -> None:
    """A cluster policy of the kind that sites have: it fails when the file is loaded."""
    policy = server.home / "config" / "airflow_local_settings.py"
    policy.parent.mkdir(exist_ok=True)
    other = Project(tmp_path, server)
    policy.write_text(
        "from airflow.exceptions import AirflowClusterPolicyViolation\n"
        "def dag_policy(dag):\n"
        f"    if dag.dag_id == '{other.name}':\n"
        "        raise AirflowClusterPolicyViolation('no owner, no DAG')\n",
        encoding="utf-8",
    )
    server.stop("dag-processor")
    server.start("dag-processor")
    try:
        answer = other.submit()
        assert answer.code == 4, answer
        assert f"Airflow cannot load {other.place}/dag.py" in answer.err
        assert "no owner, no DAG" in answer.err
        answer = other.submit("--follow")
        assert answer.code == 4, answer
        assert f"no run of `{other.name}` was submitted to Airflow" in answer.err
    finally:
        policy.unlink()
        server.stop("dag-processor")
        server.start("dag-processor")
        clean(other)


def test_a_user_who_is_not_let_in(project: Project, first: Answer) -> None:
    project.variables["AIRFLOW_API_TOKEN"] = "not-a-token"
    try:
        answer = project.submit()
    finally:
        del project.variables["AIRFLOW_API_TOKEN"]
    assert answer.code == 4, answer
    assert f"Airflow at {project.server.url} refuses: HTTP 40" in answer.err
    assert "not-a-token" not in answer.out + answer.err


def test_users_with_passwords(project: Project, first: Answer) -> None:
    url, passwords = project.server.guarded()

    def submit(user: str, password: str, *arguments: str) -> Answer:
        before = project.variables
        project.variables = {**before, "AIRFLOW_USER": user, "AIRFLOW_PASSWORD": password}
        try:
            return project.submit("--url", url, *arguments)
        finally:
            project.variables = before

    try:
        answer = submit("admin", passwords["admin"])
        assert answer.code == 0, answer
        answer = submit("reader", passwords["reader"], "--follow")
        assert answer.code == 0, answer
        answer = submit("reader", passwords["reader"])
        assert answer.code == 4, answer
        assert f"Airflow at {url} refuses: HTTP 403" in answer.err
        answer = submit("admin", "wrong-one")
        assert answer.code == 4, answer
        assert f"Airflow at {url} does not let the user admin in" in answer.err
        assert "wrong-one" not in answer.out + answer.err
        answer = submit("", "")
        assert answer.code == 4, answer
        assert f"Airflow at {url} wants to know who we are" in answer.err
    finally:
        project.server.stop("guarded")


# Interruptions


def test_a_client_that_is_killed_and_one_that_follows(project: Project, first: Answer) -> None:
    process = project.start("--set", "pause=8")
    run = project.run(process)
    process.kill()
    ended(process)
    assert process.returncode == -signal.SIGKILL
    answer = project.submit("--follow")
    assert answer.code == 0, answer
    assert f"the run {run} was submitted last" in answer.out
    assert told(answer)[-1] == "tell done"
    # Once more, when it has ended.
    answer = project.submit("--follow", "--json")
    assert (answer.code, json.loads(answer.out)["promoted"]) == (0, ["tell"])


def test_ctrl_c_ends_the_following_and_not_the_run(project: Project, first: Answer) -> None:
    process = project.start("--set", "pause=20", "--set", "factor=1")
    run = project.run(process)
    process.send_signal(signal.SIGINT)
    answer = ended(process)
    assert answer.code == 130, answer
    assert f"the run {run} goes on in Airflow; to follow it: mlpc submit build --follow" in answer.out
    # A second one would take the DAG away from it.
    answer = project.submit()
    assert answer.code == 4, answer
    assert f"the run {run} of `{project.name}` goes on in Airflow" in answer.err
    answer = project.submit("--follow")
    assert answer.code == 1, answer
    assert told(answer)[-2:] == ["enough not passed", "tell held back"]


def test_an_api_server_that_is_started_anew_in_the_middle(project: Project, first: Answer) -> None:
    process = project.start("--set", "pause=6")
    project.run(process)
    project.server.stop("api-server")
    time.sleep(2)
    project.server.start("api-server")
    answer = ended(process)
    assert answer.code == 0, (answer, project.server.said())
    assert f"Airflow does not answer at {project.server.url}" in answer.out
    assert "Airflow answers again" in answer.out
    assert told(answer)[-1] == "tell done"


def test_a_database_that_is_busy_for_a_while(project: Project, first: Answer) -> None:
    """Airflow answers that its database is at fault, where it cannot write for longer than it waits."""
    (database,) = project.server.home.glob("airflow.db")
    process = project.start()
    assert process.stdout is not None
    with closing(sqlite3.connect(database, isolation_level=None)) as busy:
        busy.execute("BEGIN IMMEDIATE")
        lines = []
        for line in process.stdout:
            lines.append(line.decode())
            if "Airflow does not answer" in lines[-1]:
                break
        busy.execute("ROLLBACK")
    answer = ended(process)
    said = "".join(lines) + answer.out
    assert answer.code == 0, (said, answer, project.server.said())
    assert f"Airflow does not answer at {project.server.url} (HTTP 500: Database error)" in said
    assert "Airflow answers again" in said


def test_a_scheduler_that_is_killed_in_the_middle(project: Project, first: Answer) -> None:
    """Only its own process dies: the task goes on, and what follows is started by the next scheduler."""
    process = project.start("--set", "pause=4")
    run = project.run(process)
    server = project.server
    server.kill("scheduler")
    lines = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.decode())
        if "the run stands still: Airflow's scheduler does not run" in lines[-1]:
            break
    assert server.states(project.name, run) == {"count": "success", "enough": None, "tell": None}
    server.start("scheduler")
    answer = ended(process)
    answer.out = "".join(lines) + answer.out
    assert answer.code == 0, (answer, server.said())
    assert told(answer)[1:] == ["count done", "enough started", "enough done", "tell started", "tell done"]


def test_a_run_that_was_deleted_is_told_as_that(project: Project, first: Answer) -> None:
    process = project.start("--set", "pause=4")
    run = project.run(process)
    path = f"dags/{project.name}/dagRuns/{run}"
    process.send_signal(signal.SIGSTOP)
    # Airflow deletes no run that goes on.
    project.server.api(path, "PATCH", {"state": "failed"})
    project.server.api(path, "DELETE")
    process.send_signal(signal.SIGCONT)
    answer = ended(process)
    assert answer.code == 4, answer
    assert f"the run {run} was deleted in Airflow while it was followed" in answer.err
    answer = project.submit("--follow")
    assert answer.code == 4, answer
    assert f"Airflow at {project.server.url} has no run {run}: it was deleted there" in answer.err


def test_a_run_that_was_ended_by_hand_did_not_end_well(project: Project, first: Answer) -> None:
    process = project.start("--set", "pause=4")
    run = project.run(process)
    path = f"dags/{project.name}/dagRuns/{run}/taskInstances/count"
    project.server.api(path, "PATCH", {"new_state": "failed"})
    answer = ended(process)
    assert answer.code == 5, answer
    assert told(answer)[-3:] == ["count failed", "enough held back", "tell held back"]
    assert "`count` failed" in answer.out


def test_figures_that_a_later_run_replaced_are_not_told_as_those_of_this_one(
    project: Project, first: Answer
) -> None:
    server = project.server
    assert project.submit().code == 0
    record = json.loads((project.place / "submission.json").read_bytes())
    server.api(f"dags/{project.name}/dagRuns", "POST", {"dag_run_id": "by-hand", "logical_date": None})
    server.until(lambda: server.api(f"dags/{project.name}/dagRuns/by-hand")["state"] == "success")
    answer = project.submit("--follow")
    assert answer.code == 4, answer
    assert (
        f"the run {record['run']} ended well, but its figures are gone: the run by-hand has since replaced"
        in answer.err
    )


def test_what_a_lost_run_left_at_work_is_waited_for(project: Project, first: Answer) -> None:
    """Two containers of one step in one store would spoil each other's work."""
    manifest = json.loads((project.folder / "build" / "manifest.json").read_bytes())
    (image,) = manifest["images"]
    client = docker.from_env(timeout=600)
    left = client.containers.run(
        image,
        ["-c", "import time; time.sleep(8)", "--run=lost"],
        entrypoint="python",
        volumes={manifest["volume"]: {"bind": "/mlpc/store", "mode": "rw"}},
        detach=True,
    )
    try:
        answer = project.submit()
        assert answer.code == 0, answer
        assert f"waiting for a container of a run that Airflow gave up: {left.id[:12]}" in answer.out
    finally:
        left.remove(force=True)
        client.close()
