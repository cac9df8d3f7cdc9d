"""The store notices what is wrong with it, and the guard leaves nothing behind."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import time
from pathlib import Path

import pytest

from mlpc_run import digests
from mlpc_run.errors import EngineError
from mlpc_run.layout import file_name
from mlpc_run.locks import Lock, is_held
from mlpc_run.processes import Processes
from mlpc_run.secrets import Lines, Masker
from mlpc_run.store import Store

from .projects import Project, gone, said, step, workflow

TAKE_AND_DIE = """
import os, signal, sys
from mlpc_run.locks import Lock
Lock(sys.argv[1]).take()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_an_artefact_has_the_digest_of_its_content(project: Project, tmp_path: Path) -> None:
    with Store(project.layout) as store:
        for content in (b"", b"abc", b"x" * 3_000_000):
            path = tmp_path / "out"
            path.write_bytes(content)
            digest, size, listing = store.put(str(path))
            assert (digest, size, listing) == (digests.of_bytes(content), len(content), None)
            assert Path(project.layout.object(digest)).read_bytes() == content
            assert not path.exists()


def test_a_folder_is_known_by_paths_and_contents_alone(project: Project, tmp_path: Path) -> None:
    def make(name: str, order: list[str]) -> str:
        top = tmp_path / name
        for inside in order:
            path = top / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(inside)
        (top / "empty").mkdir()
        with Store(project.layout) as store:
            return store.put(str(top))[0]

    files = ["a", "b/c", "b/d/e", "z"]
    first = make("one", files)
    assert make("two", files[::-1]) == first
    assert make("three", files[1:]) != first
    assert project.audit() == []


@pytest.mark.parametrize("what", ["a pipe", "a link to a folder", "a dangling link"])
def test_what_is_no_file_is_refused(project: Project, tmp_path: Path, what: str) -> None:
    top = tmp_path / "out"
    top.mkdir()
    if what == "a pipe":
        os.mkfifo(top / "x")
    else:
        (top / "x").symlink_to(tmp_path if "folder" in what else "nowhere")
    with Store(project.layout) as store, pytest.raises(EngineError) as caught:
        store.put(str(top))
    assert caught.value.diagnostic.code.name == "strange-output"


def test_a_link_to_a_file_is_kept_as_that_file(project: Project, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("mine to keep")
    link = tmp_path / "out"
    link.symlink_to(theirs)
    with Store(project.layout) as store:
        digest, *_ = store.put(str(link))
    assert Path(project.layout.object(digest)).read_text() == "mine to keep"
    assert os.access(theirs, os.W_OK)
    assert theirs.stat().st_mode & 0o200


def test_the_audit_sees_what_is_wrong(project: Project) -> None:
    summary = project.run(workflow(step("a", text="abc"), step("b", "folder")))
    file, folder = (Path(os.path.realpath(summary.artefacts[node]["out"])) for node in "ab")
    assert project.audit() == []
    os.chmod(file, 0o644)
    file.write_text("abd")
    os.chmod(folder / "inside", 0o755)
    (folder / "inside/more").write_text("")
    wrong = "\n".join(project.audit())
    assert f"object {file.name} holds other bytes" in wrong
    assert f"object {folder.name} holds other bytes" in wrong


def test_a_store_of_a_newer_mlpc_is_left_alone(project: Project) -> None:
    project.run(workflow(step("a")))
    database = sqlite3.connect(project.layout.database)
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(EngineError) as caught:
        Store(project.layout)
    assert said(caught.value).startswith(f"MLP612 {project.layout.home} was made by a newer mlpc")


def test_a_database_that_is_none(project: Project) -> None:
    project.layout.make()
    Path(project.layout.database).write_text("no database at all, but long enough to be read as one" * 20)
    with pytest.raises(EngineError) as caught:
        Store(project.layout)
    assert caught.value.diagnostic.code.name == "store-unusable"


def test_a_lock_is_free_when_its_owner_is_gone(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    mine = Lock(path)
    assert mine.take()
    assert is_held(path)
    assert not Lock(path).take(wait=False)
    mine.release(remove=True)
    assert not is_held(path)
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", TAKE_AND_DIE, path],
        dict(os.environ),
    )
    os.waitpid(pid, 0)
    assert os.path.exists(path)
    assert not is_held(path)


def test_file_names_are_told_apart() -> None:
    names = ["a", "A/b", "a%2fb", "a/b", "..", ".", "", ".x", "ü", "x" * 300, "x" * 301, "a\0b", "north[eu]"]
    made = [file_name(name) for name in names]
    assert len(set(made)) == len(names)
    assert all("/" not in name and "\0" not in name and len(name.encode()) < 200 for name in made)
    assert file_name("north[eu]") == "north[eu]"


# Processes


def test_nothing_outlives_its_guard_or_its_engine(tmp_path: Path) -> None:
    code = "import subprocess,sys,time\np=subprocess.Popen(['sleep','600'],start_new_session=True)\n"
    code += "print(p.pid,flush=True)\ntime.sleep(600)"
    for how in ("closed", "killed"):
        printed: list[bytes] = []
        with Processes() as processes:
            process = processes.start([sys.executable, "-c", code], dict(os.environ), str(tmp_path))
            import threading

            thread = threading.Thread(target=_quiet, args=(process.wait, printed.append))
            thread.start()
            while not printed:
                time.sleep(0.01)
            if how == "killed":
                os.kill(processes._pid, signal.SIGKILL)
        thread.join(timeout=10)
        assert not thread.is_alive()
        deadline = time.monotonic() + 5
        pids = [process.pid] if how == "killed" else [process.pid, int(printed[0])]
        while not all(gone(pid) for pid in pids):
            assert time.monotonic() < deadline, how
            time.sleep(0.01)
        if how == "killed":
            os.kill(int(printed[0]), signal.SIGKILL)


def _quiet(function: object, *arguments: object) -> None:
    try:
        function(*arguments)  # type: ignore[operator]
    except EngineError:
        pass


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    printed: list[bytes] = []
    with Processes() as processes:
        status, late = processes.start(["/no/such/program"], {}, str(tmp_path)).wait(printed.append)
    assert (status, late) == (127, False)
    assert b"".join(printed) == b"/no/such/program cannot be started: No such file or directory\n"


# Masking


def test_a_secret_is_masked_however_it_is_cut(tmp_path: Path) -> None:
    secret = "hunter2 & friends\nsecond line"
    text = f"a {secret} b\n" * 3 + "x" * 200_000 + secret.splitlines()[0] + "y" * 100 + "\nend"
    dice = random.Random(3)
    for _ in range(20):
        written: list[bytes] = []
        lines = Lines(Masker([secret]), written.append)
        rest = text.encode()
        while rest:
            size = dice.choice([1, 7, 100, 5000, 70_000])
            lines.feed(rest[:size])
            rest = rest[size:]
        lines.end()
        found = b"".join(written).decode()
        assert "hunter2" not in found
        assert "second line" not in found
        assert found.replace("***", "").count("x") == 200_000
        assert found.endswith("end\n")


def test_masks_reach_into_json() -> None:
    masker = Masker(['pa"ss'])
    assert masker.json({"a": ['the pa"ss', 1, None], 'pa"ss': True}) == {
        "a": ["the ***", 1, None],
        "***": True,
    }
    assert masker.text(r"dumped: pa\"ss") == "dumped: ***"
    assert Masker([""]).text("abc") == "abc"
