"""What can be asked about runs afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpc.ir.nodes import Retry
from mlpc_run import doctor, records
from mlpc_run.errors import EngineError
from mlpc_run.store import Store

from .projects import Project, gate, measure, step, workflow
from .test_promotion import chain
from .test_running import FLAKY


def test_runs_are_listed_the_newest_first(project: Project) -> None:
    project.run(chain("abc"))
    project.run(chain("ab"))
    project.run(workflow(step("bad", "no_such_function")))
    with Store(project.layout) as store:
        found = records.runs(store)
        assert [(run.id, run.state, run.exit_code) for run in found] == [
            (3, "failed", 5),
            (2, "not-promoted", 1),
            (1, "done", 0),
        ]
        assert found[1].summary["reasons"] == ["`quality.gate`: letters >= 3 (letters is 2)"]
        assert found[2].summary["promoted"] == ["api"]
        assert [run.id for run in records.runs(store, limit=1)] == [3]
        assert records.runs(store, pipeline="other") == []
        assert {each.node: each.state for each in records.steps(store, 2)} == {
            "model": "ran",
            "quality": "ran",
        }
        with pytest.raises(EngineError, match="there is no run 9") as caught:
            records.one(store, 9)
        assert caught.value.diagnostic.code.code == "MLP646"


def test_status_says_what_is_promoted_and_how_the_last_run_went(project: Project) -> None:
    project.run(chain("abc"))
    project.run(chain("ab"))
    with Store(project.layout) as store:
        (found,) = records.status(store)
        assert (found.pipeline, found.last.id, found.last.state) == ("small", 2, "not-promoted")
        assert found.promoted is not None
        assert (found.promoted.run, found.serving) == (1, False)


def test_a_run_whose_engine_died_is_known_as_such(project: Project) -> None:
    project.run(chain("abc"))
    with Store(project.layout) as store:
        store.write([("UPDATE runs SET state='running', ended=NULL", ())])
        assert records.one(store, 1).state == "died"
    project.run(chain("abc"))
    with Store(project.layout) as store:
        assert store.rows("SELECT state FROM runs ORDER BY id") == [("died",), ("done",)]


def test_a_log_is_found_by_step_run_and_attempt(project: Project) -> None:
    project.write("flaky.py", FLAKY)
    count = str(project.root / "count")
    spec = workflow(
        step("a", text="x"),
        step("b", "flaky", file="flaky.py", count=count, until=3, retry=Retry(attempts=3)),
    )
    project.run(spec)
    project.run(spec)
    with Store(project.layout) as store:
        assert Path(records.logs(store, "a")).read_text() == "writing x\n", "of the run that executed it"
        assert "try 2" in Path(records.logs(store, "b", run=1, attempt=2)).read_text()
        assert records.logs(store, "b", run=1).endswith("1/b.3.log")
        for ask in ({"run": 2}, {"attempt": 7}):
            with pytest.raises(EngineError, match="there is no log of `a`"):
                records.logs(store, "a", **ask)
        with pytest.raises(EngineError, match="no log of `aa`; did you mean `a`"):
            records.logs(store, "aa")


def test_what_a_step_has_to_say_stands_in_its_log_too(project: Project) -> None:
    project.write("edit.py", "def edit() -> str:\n    return ''\n")
    summary = project.run(
        workflow(step("a", "edit", file="edit.py"), measure("m", "a"), gate("g", "m", "==", 0))
    )
    assert summary.exit_code == 0
    assert all(Path(each.log).exists() for each in summary.steps)


def test_a_project_in_which_nothing_ran(project: Project) -> None:
    with Store(project.layout, create=False) as store:
        assert records.runs(store) == []
        assert records.status(store) == []
    assert not (project.root / ".mlpc").exists()


def test_the_doctor_looks_at_everything_and_changes_nothing(project: Project) -> None:
    found = {each.name: each for each in doctor.examine(project.root)}
    assert found["python"].state == found["uv"].state == "ok"
    assert found["store"].text == "nothing ran in this project yet"
    assert {"disk of the store", "disk of the environments", "processors", "gpu", "docker"} <= set(found)
    assert not (project.root / ".mlpc").exists()
    project.run(workflow(step("a", text="x")))
    assert {each.name: each.text for each in doctor.examine(project.root)}[
        "store"
    ] == "1 runs, 1 artefacts, 0.0 MiB"
