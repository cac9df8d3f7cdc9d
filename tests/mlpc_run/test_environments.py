"""Environments of steps: made once, whole or not at all, from what was locked."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path

import pytest

from mlpc_run import environments, lock
from mlpc_run.environments import Environments
from mlpc_run.errors import EngineError
from mlpc_run.lock import Locked
from mlpc_run.processes import Processes
from mlpc_run.store import Store

from .projects import Project, error, said, states, step, text, workflow
from .wheels import index, wheel

USE = "import tiny\ndef use() -> str:\n    return tiny.VERSION\n"


@pytest.fixture
def own(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with an index of its own that has `tiny` 1.0, and an empty cache."""
    monkeypatch.setenv("MLPC_CACHE_DIR", str(tmp_path / "own-cache"))
    wheel(index(project.root), "tiny", "1.0")
    project.write("use.py", USE)
    return project


SPEC = workflow(step("a", "use", file="use.py", requirements=("tiny>=1",)))


def made(project: Project) -> list[str]:
    return [event.text for event in project.happened("environment")]


def test_a_step_gets_what_it_requires(own: Project) -> None:
    assert text(own.run(SPEC), "a") == "1.0"
    assert made(own)[0] == "resolving tiny>=1"
    assert "making an environment of 1 package" in made(own)
    (name,) = (each for each in os.listdir(environments.home()) if each != "locks")
    # Byte code is kept of what a step imported, for the steps after it, and of nothing else.
    assert [path.name.partition(".")[0] for path in Path(environments.home(), name).rglob("*.pyc")] == [
        "tiny"
    ]
    assert not list(own.root.rglob("use*.pyc")), "nothing is written beside the user's files"


def test_what_the_installer_says_of_packages_is_marked_as_a_detail(own: Project) -> None:
    own.run(SPEC)
    happened = own.happened("environment")
    assert "+ tiny==1.0" in [event.text for event in happened if event.data["detail"]]
    plain = [event.text.partition(" in ")[0] for event in happened if not event.data["detail"]]
    assert plain == ["resolving tiny>=1", "making an environment of 1 package", "made an environment"]


def test_it_is_made_once(own: Project) -> None:
    own.run(SPEC)
    own.run(SPEC, from_=("a",))
    assert made(own) == []


def test_a_newer_package_changes_nothing_without_being_asked_for(own: Project) -> None:
    own.run(SPEC)
    wheel(own.root / "wheels", "tiny", "2.0")
    assert states(own.run(SPEC)) == {"a": "cached"}
    two = workflow(*SPEC.nodes, step("b", "use", file="use.py", requirements=("tiny>=1", "other")))
    wheel(own.root / "wheels", "other", "1.0")
    summary = own.run(two)
    assert [text(summary, node) for node in "ab"] == ["1.0", "1.0"], (
        "steps that share a package share its version"
    )


def test_steps_that_exclude_each_other_get_environments_of_their_own(own: Project) -> None:
    wheel(own.root / "wheels", "tiny", "2.0")
    spec = workflow(
        step("a", "use", file="use.py", requirements=("tiny<2",)),
        step("b", "use", file="use.py", requirements=("tiny>=2",)),
    )
    summary = own.run(spec)
    assert [text(summary, node) for node in "ab"] == ["1.0", "2.0"]


@pytest.mark.parametrize("what", ["mark", "python", "half"])
def test_one_that_is_not_whole_is_made_again(own: Project, what: str) -> None:
    own.run(SPEC)
    (name,) = (each for each in os.listdir(environments.home()) if each != "locks")
    home = Path(environments.home(), name)
    if what == "mark":
        (home / "mlpc-environment.json").unlink()
    elif what == "python":
        (home / "bin/python").unlink()
    else:
        home.rename(f"{home}.part")
    assert text(own.run(SPEC, from_=("a",)), "a") == "1.0"
    assert sorted(os.listdir(environments.home())) == sorted([name, "locks"])


def test_two_that_make_the_same_make_it_once(own: Project) -> None:
    with Store(own.layout) as store, Processes() as processes:
        sets, _ = lock.locked(SPEC, own.layout, store, lambda: processes, lambda line: None, offline=False)
        (locked,) = sets.values()
        said_by: list[str] = []

        def make() -> None:
            each = Environments(
                str(own.root), lambda: processes, lambda name, line, detail: said_by.append(line)
            )
            each.python(locked)
            each.close()

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert said_by.count("making an environment of 1 package") == 1


def test_who_looked_too_early_does_not_wait_for_the_end_of_others(
    own: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who made an environment keeps a share of its lock to the end of its run, which may be the same run."""
    whole = environments._whole
    answers = [False]

    def look(path: str) -> bool:
        return answers.pop() if answers and os.path.exists(path) else whole(path)

    with Store(own.layout) as store, Processes() as processes:
        sets, _ = lock.locked(SPEC, own.layout, store, lambda: processes, lambda line: None, offline=False)
        (locked,) = sets.values()
        first, second = (
            Environments(str(own.root), lambda: processes, lambda name, line, detail: None) for _ in range(2)
        )
        first.python(locked)
        monkeypatch.setattr(environments, "_whole", look)
        waits = threading.Thread(target=second.python, args=(locked,), daemon=True)
        waits.start()
        waits.join(timeout=30)
        assert not waits.is_alive()
        assert not answers
        second.close()
        first.close()


def test_without_packages_nothing_is_needed_to_make_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> str:
        raise AssertionError("uv was asked for")

    monkeypatch.setattr("mlpc_run.uv.binary", none)
    assert states(project.run(workflow(step("a")))) == {"a": "ran"}


def test_without_isolation_it_is_the_one_of_mlpc(project: Project) -> None:
    project.write("use.py", "import sys\ndef use() -> str:\n    return 'at ' + sys.executable\n")
    spec = workflow(step("a", "use", file="use.py", requirements=("no-such-package-at-all",)))
    assert text(project.run(spec, isolation=False), "a") == f"at {sys.executable}"


def test_what_no_package_satisfies(own: Project) -> None:
    spec = workflow(step("a", "use", file="use.py", requirements=("tiny>=7",)))
    with pytest.raises(EngineError) as caught:
        own.run(spec)
    assert caught.value.exit_code == 1
    assert said(caught.value).startswith("MLP621 resolving tiny>=7: no set of packages fits all of them")
    assert "tiny>=7" in said(caught.value)


def test_without_a_network(own: Project) -> None:
    (own.root / "uv.toml").write_text('[[index]]\nurl = "http://127.0.0.1:9/simple"\ndefault = true\n')
    with pytest.raises(EngineError) as caught:
        own.run(workflow(step("a", "use", file="use.py", requirements=("a-package-that-no-cache-has",))))
    assert (caught.value.exit_code, caught.value.diagnostic.code.name) == (4, "no-network")


def test_offline_nothing_is_resolved(own: Project) -> None:
    with pytest.raises(EngineError, match="--offline forbids to resolve") as caught:
        own.run(SPEC, offline=True)
    assert caught.value.diagnostic.code.code == "MLP626"
    own.run(SPEC)
    assert states(own.run(SPEC, offline=True)) == {"a": "cached"}


def test_without_uv(own: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", shutil.which("true") or "/bin/true")
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", "/nowhere")
    from mlpc_run import uv

    with pytest.raises(EngineError) as caught:
        uv.binary()
    assert said(caught.value) == (
        "MLP620 the environments of steps are made by uv, which is not installed\n"
        "install it beside mlpc: pip install uv\n"
        "or run the steps in the environment that mlpc itself is in: --no-isolation"
    )


def test_a_package_that_is_not_what_was_locked_is_refused(
    own: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.run(SPEC)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    shutil.rmtree(environments.home())
    wheel(own.root / "wheels", "tiny", "1.0", code="VERSION = 'another'\n")
    summary = own.run(SPEC, from_=("a",))
    assert error(summary, "a")["name"] == "environment-failed"
    assert "hash" in " ".join(error(summary, "a")["help"]).lower()
    assert summary.exit_code == 4


def test_those_that_nobody_uses_go(own: Project) -> None:
    own.run(SPEC)
    (name,) = (each for each in os.listdir(environments.home()) if each != "locks")
    assert environments.collect(3600) == []
    os.utime(Path(environments.home(), name, "mlpc-environment.json"), (0, 0))
    with Processes() as processes:
        user = Environments(str(own.root), lambda: processes, lambda name, line, detail: None)
        user.python(Locked(("tiny>=1",), ()))
        user.close()
    ((path, size),) = environments.collect(3600, dry_run=True)
    assert (os.path.basename(path), size > 0) == (name, True)
    environments.collect(3600)
    assert not os.path.exists(path)


def test_credentials_of_an_index_are_not_shown() -> None:
    from mlpc_run.uv import plain

    assert (
        plain("\x1b[31merror\x1b[0m: https://me:word@host/simple/ failed")
        == "error: https://host/simple/ failed"
    )
