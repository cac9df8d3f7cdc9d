"""Collecting garbage takes what nothing needs, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlpc.ir.nodes import Workflow
from mlpc_run import promotion
from mlpc_run.errors import EngineError
from mlpc_run.gc import collect
from mlpc_run.locks import Lock
from mlpc_run.store import Store

from .projects import Project, states, step, workflow
from .test_promotion import chain


def sized(letters: int) -> Workflow:
    return workflow(step("a", text="x" * letters))


def objects(project: Project) -> set[str]:
    with Store(project.layout) as store:
        return {Path(path).read_text() if os.path.isfile(path) else path for path in store.objects()}


def test_the_last_runs_are_kept(project: Project) -> None:
    for letters in range(1, 6):
        project.run(sized(letters))
    dry = collect(project.root, keep=2, dry_run=True, shared=False)
    assert len(objects(project)) == 5, "a dry run removes nothing"
    done = collect(project.root, keep=2, shared=False)
    assert done.to_json() == dry.to_json()
    assert (done.artefacts, done.results, done.runs, done.logs) == (3, 3, 3, 3)
    assert done.bytes >= 1 + 2 + 3
    assert objects(project) == {"xxxx", "xxxxx"}
    assert states(project.run(sized(4))) == {"a": "cached"}
    assert states(project.run(sized(1))) == {"a": "ran"}
    assert project.audit() == []


def test_what_a_kept_run_only_used_is_kept(project: Project) -> None:
    for letters in (1, 2, 3, 1):
        project.run(sized(letters))
    collect(project.root, keep=1, shared=False)
    assert objects(project) == {"x"}


def test_what_is_promoted_is_kept_however_old(project: Project) -> None:
    project.run(chain("abc"))
    for letters in range(5):
        assert project.run(chain("x" * letters, bound=100)).exit_code == 1
    collect(project.root, keep=1, shared=False)
    with Store(project.layout) as store:
        found = promotion.current(store, "small", "")
        assert found is not None
        assert store.sound(found.bundle["services"]["api"]["inputs"]["model"]["digest"])
    assert "abc" in objects(project)
    runtime = project.layout.path("runtime")
    assert len(os.listdir(runtime)) == 1
    assert project.audit() == []


def test_what_is_being_served_is_kept(project: Project) -> None:
    project.run(chain("abc"))
    for letters in ("abcd", "abcde"):
        project.run(chain(letters))
    with Lock(project.layout.path("locks", "up.1.77")):
        collect(project.root, keep=1, shared=False)
    assert "abc" in objects(project)
    collect(project.root, keep=1, shared=False)
    assert "abc" not in objects(project)


def test_what_an_engine_left_that_died_goes(project: Project) -> None:
    project.run(sized(1))
    home = project.layout
    os.makedirs(home.path("work", "99", "half"))
    orphan = Path(home.path("objects", "ab", "ab" + "0" * 62))
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_text("never committed")
    assert collect(project.root, shared=False).artefacts == 1
    assert os.listdir(home.path("work")) == []
    assert project.audit() == []


def test_links_to_what_is_gone_go_too(project: Project) -> None:
    project.run(sized(1))
    other = workflow(step("b", text="y"))
    project.run(other)
    collect(project.root, keep=1, shared=False)
    assert sorted(each.name for each in (project.root / ".mlpc/latest/small").iterdir()) == ["b"]


def test_not_while_a_run_goes_on(project: Project) -> None:
    project.run(sized(1))
    using = Lock(project.layout.path("locks", "store"))
    using.take(shared=True)
    with pytest.raises(EngineError, match="a run is going on") as caught:
        collect(project.root, shared=False)
    assert caught.value.diagnostic.code.code == "MLP613"
    using.release()
    collect(project.root, shared=False)


def test_a_project_in_which_nothing_ran(project: Project) -> None:
    assert collect(project.root, shared=False).artefacts == 0
    assert not (project.root / ".mlpc").exists()
