"""`mlpc.lock`: what steps require, resolved once, and only there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mlpc.ir.nodes import Workflow
from mlpc.limits import FILE_BYTES
from mlpc_run import lock
from mlpc_run.errors import EngineError
from mlpc_run.processes import Processes
from mlpc_run.store import Store

from .projects import Project, said, states, step, text, workflow
from .test_environments import USE
from .wheels import index, wheel


@pytest.fixture
def own(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with an index of its own, and an empty cache."""
    monkeypatch.setenv("MLPC_CACHE_DIR", str(tmp_path / "own-cache"))
    wheels = index(project.root)
    wheel(wheels, "tiny", "1.0")
    wheel(wheels, "big", "3.0", requires=("tiny", "only-there; sys_platform == 'win32'"))
    wheel(wheels, "only_there", "1.0")
    project.write("use.py", USE)
    return project


def one(*requirements: str, name: str = "small") -> Workflow:
    made = workflow(step("a", "use", file="use.py", requirements=requirements))
    made.name = name
    return made


def write(project: Project, *workflows: Workflow, upgrade: bool = False) -> bool:
    with Processes() as processes, Store(project.layout, create=False) as store:
        _, changed = lock.write(
            list(workflows), project.layout, processes, lambda line: None, store=store, upgrade=upgrade
        )
    return changed


def pins(project: Project) -> list[list[str]]:
    content = json.loads((project.root / "mlpc.lock").read_text())
    return [each["packages"] for each in content["sets"]]


def test_it_has_versions_markers_and_hashes_and_no_address(own: Project) -> None:
    assert write(own, one("big"))
    found = (own.root / "mlpc.lock").read_text()
    content = json.loads(found)
    assert content["sets"] == [
        {
            "pipelines": ["small"],
            "requirements": ["big"],
            "packages": ["big==3.0", "only-there==1.0 ; sys_platform == 'win32'", "tiny==1.0"],
        }
    ]
    assert set(content["packages"]) == {"big==3.0", "only-there==1.0", "tiny==1.0"}
    assert all(each.startswith("sha256:") for hashes in content["packages"].values() for each in hashes)
    assert "://" not in found
    assert str(own.root) not in found


def test_the_same_again_is_the_same_text(own: Project) -> None:
    write(own, one("big"))
    before = (own.root / "mlpc.lock").read_bytes()
    assert not write(own, one("big"))
    assert (own.root / "mlpc.lock").read_bytes() == before


def test_it_is_what_a_run_goes_by(own: Project) -> None:
    write(own, one("tiny"))
    wheel(own.root / "wheels", "tiny", "2.0")
    summary = own.run(one("tiny"))
    assert text(summary, "a") == "1.0"
    assert summary.notes == []
    assert not any("resolving" in event.text for event in own.happened("environment"))


def test_without_it_a_run_says_so_and_writes_none(own: Project) -> None:
    assert "there is no mlpc.lock" in own.run(one("tiny")).notes[0]
    assert not (own.root / "mlpc.lock").exists()


def test_what_a_run_resolved_alone_is_what_it_goes_on_with_under_the_same_lock(own: Project) -> None:
    own.run(one("tiny"))
    write(own, one("tiny"))
    assert states(own.run(one("tiny"))) == {"a": "cached"}


def test_the_first_one_takes_the_versions_that_runs_went_by(own: Project) -> None:
    own.run(one("tiny"))
    wheel(own.root / "wheels", "tiny", "2.0")
    write(own, one("tiny"))
    assert pins(own) == [["tiny==1.0"]]
    assert states(own.run(one("tiny"))) == {"a": "cached"}


def test_versions_stay_until_they_are_to_go_up(own: Project) -> None:
    write(own, one("tiny"))
    wheel(own.root / "wheels", "tiny", "2.0")
    assert not write(own, one("tiny"))
    assert write(own, one("tiny"), upgrade=True)
    assert pins(own) == [["tiny==2.0"]]
    assert own.plan(one("tiny"))["a"][0] == "run"


def test_one_that_does_not_cover_the_steps_is_stale(own: Project) -> None:
    write(own, one("tiny"))
    with pytest.raises(EngineError) as caught:
        own.run(one("tiny>=1"))
    assert caught.value.exit_code == 1
    assert said(caught.value) == (
        "MLP625 mlpc.lock does not have what `a` requires\n"
        "run `mlpc lock`: requirements were added or changed since it was written"
    )


def test_pipelines_share_it(own: Project) -> None:
    write(own, one("tiny"))
    write(own, one("big", name="other"))
    content = json.loads((own.root / "mlpc.lock").read_text())
    assert [(each["pipelines"], each["requirements"]) for each in content["sets"]] == [
        (["other"], ["big"]),
        (["small"], ["tiny"]),
    ]
    write(own, one("big"))
    content = json.loads((own.root / "mlpc.lock").read_text())
    assert [(each["pipelines"], each["requirements"]) for each in content["sets"]] == [
        (["other", "small"], ["big"])
    ]


def test_what_cannot_be_resolved_leaves_it_as_it_was(own: Project) -> None:
    write(own, one("tiny"))
    before = (own.root / "mlpc.lock").read_bytes()
    with pytest.raises(EngineError, match="no set of packages fits"):
        write(own, one("tiny>=9"))
    assert (own.root / "mlpc.lock").read_bytes() == before


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"version": 99, "sets": [], "packages": {}}', '{"version": 1, "sets": [{}]}'],
)
def test_what_is_no_lock(own: Project, content: str) -> None:
    (own.root / "mlpc.lock").write_text(content)
    with pytest.raises(EngineError) as caught:
        own.run(one("tiny"))
    assert caught.value.diagnostic.code.name == "unreadable-lock"
    assert caught.value.help[0] == "`mlpc lock` makes it anew"


def test_a_lock_that_would_be_waited_for_or_read_without_end(tmp_path: Path) -> None:
    """A pipe is not opened for reading, and what is far larger than any lock is not read."""
    path = tmp_path / "mlpc.lock"
    os.mkfifo(path)
    with pytest.raises(EngineError, match="it is not a regular file"):
        lock.read(str(path))
    path.unlink()
    path.touch()
    os.truncate(path, FILE_BYTES + 1)
    with pytest.raises(EngineError, match="it has 8,388,609 bytes, and 8,388,608 are the most"):
        lock.read(str(path))


def test_what_pip_is_told_of_folders_and_constraints_counts(
    own: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build with a local part (`torch==2.13.0+cpu`) lies in no index, and is taken where a constraint asks for it."""
    wheel(own.root / "wheels", "tiny", "1.1")
    elsewhere = tmp_path / "elsewhere"
    wheel(elsewhere, "tiny", "1.0+cpu")
    (tmp_path / "constraints.txt").write_text("tiny==1.0+cpu\nunused>=1\n")
    # As pip takes them: from where the command is started, which is not where uv is.
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_FIND_LINKS", f"elsewhere {tmp_path}/none")
    (tmp_path / "none").mkdir()
    write(own, one("tiny"))
    plain = pins(own)
    monkeypatch.setenv("PIP_CONSTRAINT", "constraints.txt")
    write(own, one("tiny"), upgrade=True)
    assert (plain, pins(own)) == ([["tiny==1.1"]], [["tiny==1.0+cpu"]])
    assert "elsewhere" not in (own.root / "mlpc.lock").read_text()
    # What was locked is installed; constraints have no say any more.
    assert text(own.run(one("tiny")), "a") == "1.0+cpu"
