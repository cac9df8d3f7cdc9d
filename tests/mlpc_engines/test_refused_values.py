"""A value that is known only when the pipeline runs, and does not fit where it flows, is refused alike wherever it runs.

Airflow, of which there is one for all of its tests, is in ``test_airflow.py``.
"""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

import pytest

from mlpc_engines.logs import reported
from tests.mlpc_backends.kubeflow import reading

from . import refused
from .engine import mlpc
from .refused import CASES, FITTING, SITE, compiled, step

pytestmark = pytest.mark.engine


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return refused.words(tmp_path / "words")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return refused.people(tmp_path / "people")


@pytest.fixture
def composed(docker_engine: None, compose_2: str) -> dict[str, str]:
    """The variables by which Compose is called, for a project of its own."""
    name = f"mlpc-test-{uuid.uuid4().hex[:8]}"
    return {"COMPOSE_PROJECT_NAME": name, "MLPC_COMPOSE": compose_2, "WORDS_SITE": SITE}


def test_on_this_machine(project: Path) -> None:
    for case in CASES:
        answer = mlpc("run", "--json", *case.settings, cwd=project, variables=case.variables)
        if not case.early:
            assert answer.code == 5
            case.is_told(step(json.loads(answer.out), case.node))
            continue
        # What nothing has to run for is said before anything runs.
        assert answer.code == (4 if case is refused.SECRET else 1)
        assert f"error[{case.code}]" in answer.err
        assert all(line in answer.err for line in case.help)
    answer = mlpc("run", "--json", "--set", "factor=3", cwd=project, variables={"WORDS_SITE": SITE})
    assert answer.code == 0, answer


def test_on_compose(project: Path, composed: dict[str, str]) -> None:
    compiled(project, "compose", images=True)
    try:
        for case in CASES:
            words = ("submit", "build-compose", "--json", *case.settings)
            answer = mlpc(*words, cwd=project, variables={**composed, **case.variables})
            assert answer.code == 5, answer
            case.is_told(step(json.loads(answer.out), case.node))
        answer = mlpc("submit", "build-compose", "--set", "factor=3", cwd=project, variables=composed)
        assert answer.code == 0, answer
    finally:
        mlpc("down", "build-compose", "--volumes", cwd=project, variables=composed)


@pytest.mark.usefixtures("docker_engine")
def test_on_kubeflow(project: Path) -> None:
    """The engine of Kubeflow's SDK for one machine, with a container for each task.

    Of a task that failed Kubeflow keeps what it printed and nothing else; so that is where `mlpc submit` has it from.
    """
    build = compiled(project, "kubeflow", images=True)
    facts = json.loads((build / "manifest.json").read_bytes())
    assert list(facts["staged"].values()) == ["data/words.txt"]
    for number, case in enumerate([case for case in CASES if case.site == SITE]):
        done = reading.run(build, project / str(number), given(project, str(number), case), containers=True)
        assert done.failed == [case.node], done.log
        case.is_told({"error": reported(done.printed)})
    # Secrets are mounted by the cluster only; as processes, tasks find them in a folder.
    for number, site in enumerate((refused.SECRET.site, SITE)):
        folder = project / f"secret-{number}"
        (folder / "secrets" / "site").mkdir(parents=True)
        (folder / "secrets" / "site" / "value").write_text(site, encoding="utf-8")
        arguments = {**given(project, f"secret-{number}"), "factor": 3}
        done = reading.run(build, folder, arguments, secrets=folder / "secrets")
        if site == SITE:
            assert done.failed == [], done.log
            assert Path(done.output("doubled", "more")).read_text(encoding="utf-8") == FITTING
        else:
            assert done.failed == ["doubled"], done.log
            refused.SECRET.is_told({"error": reported(done.printed)})
            assert site not in done.log


def given(project: Path, folder: str, case: refused.Case | None = None) -> dict[str, str | int]:
    """Bring the data where containers see it; return the arguments of a run in ``folder``."""
    facts = json.loads((project / "build-kubeflow" / "manifest.json").read_bytes())
    root = project / folder / "out"
    shutil.copytree(project / "data", root / "data")
    arguments: dict[str, str | int] = {key: str(root / path) for key, path in facts["staged"].items()}
    return {**arguments, **(case.params if case else {})}


def test_rows_on_this_machine_and_on_compose(people: Path, composed: dict[str, str]) -> None:
    """What a schema says of a column is a refinement, too; it is looked at where data is read, and where it is made."""
    answers = [mlpc("run", "--json", cwd=people, variables={})]
    compiled(people, "compose", images=True)
    try:
        answers.append(mlpc("submit", "build-compose", "--json", cwd=people, variables=composed))
    finally:
        mlpc("down", "build-compose", "--volumes", cwd=people, variables=composed)
    for answer in answers:
        assert answer.code == 5, answer
        refused.rows_are_told({each["node"]: each["error"] for each in json.loads(answer.out)["steps"]})


def test_rows_on_kubeflow(people: Path) -> None:
    """Kubeflow's engine for one machine ends a run with the first step that fails, so there is one run for each."""
    errors = {}
    for id in refused.ROWS_REFUSED:
        folder = refused.one_of(people, id)
        build = compiled(folder, "kubeflow")
        done = reading.run(build, folder / "run", given(folder, "run"))
        assert len(done.failed) == 1, done.log
        errors[id] = reported(done.printed)
    refused.rows_are_told(errors)
