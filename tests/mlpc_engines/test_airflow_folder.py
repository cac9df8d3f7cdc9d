"""How a DAG comes into the folder of Airflow's DAG files: whole or not at all, over nothing that is somebody else's."""

from __future__ import annotations

import json
import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from mlpc.ir import nodes
from mlpc_backends.airflow import BACKEND
from mlpc_cli.files import write_folder
from mlpc_engines import airflow_folder as folder
from mlpc_engines.directory import Compiled
from mlpc_engines.errors import SubmitError
from tests.mlpc_cli.command import mlpc

NUL, LF = "\0", "\n"
ONE = "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"


@pytest.fixture
def compiled(tmp_path: Path) -> Compiled:
    task = nodes.Task("fit", nodes.Action("project", "steps.py", "fit"), {}, {}, {})
    files = BACKEND.emit(nodes.Workflow("words", (task,))).files
    write_folder(str(tmp_path / "build"), files, {})
    return Compiled(str(tmp_path / "build"))


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    (tmp_path / "dags").mkdir()
    return tmp_path / "dags"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A file, and a folder with two of them."""
    root = tmp_path / "project"
    (root / "many" / "deep").mkdir(parents=True)
    for path in ("one.txt", "many/a.txt", "many/deep/b.txt"):
        (root / path).write_text("1", encoding="utf-8")
    return root


def put(compiled: Compiled, dags: Path, root: Path, *paths: str, **secrets: bytes) -> dict[str, object]:
    return folder.put(compiled, str(dags), "words", folder.Staged(str(root), list(paths), secrets))


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_everything_is_there_and_nothing_beside_it(compiled: Compiled, dags: Path, data: Path) -> None:
    before = os.umask(0o077)
    try:
        known = put(compiled, dags, data, "one.txt", "many", key=b"s3same")
    finally:
        os.umask(before)
    place = dags / "words"
    assert [path.name for path in dags.iterdir()] == ["words"]
    for path in (*compiled.facts["files"], "manifest.json"):
        assert (place / path).read_bytes() == (Path(compiled.folder) / path).read_bytes()
    assert (place / "data" / "many" / "deep" / "b.txt").read_text(encoding="utf-8") == "1"
    assert json.loads((place / "submission.json").read_bytes()) == known
    deep = f"sha256:{sha256(f'b.txt{NUL}{ONE}{LF}'.encode()).hexdigest()}"
    many = sha256(f"a.txt{NUL}{ONE}{LF}deep{NUL}{deep}{LF}".encode()).hexdigest()
    assert known["data"] == {"one.txt": ONE, "many": f"sha256:{many}"}
    assert (mode(place), mode(place / "dag.py"), mode(place / "data" / "one.txt")) == (
        "0o755",
        "0o644",
        "0o644",
    )


def test_nobody_else_can_enter_where_secrets_lie(compiled: Compiled, dags: Path, data: Path) -> None:
    put(compiled, dags, data, key=b"s3same")
    assert mode(dags / "words" / "secrets") == "0o700"
    # The user of a container is another one, and sees this file alone.
    assert mode(dags / "words" / "secrets" / "key") == "0o444"
    assert "s3same" not in (dags / "words" / "submission.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("readable", "folder_mode"), [(0o644, "0o755"), (0o640, "0o700"), (0o600, "0o700")])
def test_data_is_as_private_as_it_was(
    compiled: Compiled, dags: Path, data: Path, readable: int, folder_mode: str
) -> None:
    (data / "many" / "a.txt").chmod(readable)
    put(compiled, dags, data, "many", "one.txt")
    assert mode(dags / "words" / "data") == folder_mode


def test_what_was_there_is_replaced_whole(compiled: Compiled, dags: Path, data: Path) -> None:
    put(compiled, dags, data, "one.txt", "many", key=b"s3same")
    (dags / "words" / "__pycache__").mkdir()
    (dags / "words" / "__pycache__" / "dag.cpython-311.pyc").touch()
    put(compiled, dags, data, "one.txt")
    assert sorted(path.name for path in dags.iterdir()) == ["words"]
    assert not (dags / "words" / "secrets").exists()
    assert not (dags / "words" / "data" / "many").exists()


@pytest.mark.parametrize("kind", ["folder", "file", "link", "another DAG"])
def test_what_is_not_ours_stays(
    compiled: Compiled, dags: Path, data: Path, tmp_path: Path, kind: str
) -> None:
    place = dags / "words"
    if kind == "file":
        place.write_text("mine", encoding="utf-8")
    elif kind == "link":
        put(compiled, tmp_path / "project", data)
        place.symlink_to(tmp_path / "project" / "words")
    else:
        place.mkdir()
        if kind == "another DAG":
            (place / "submission.json").write_text('{"dag": "other", "files": []}', encoding="utf-8")
    with pytest.raises(SubmitError) as caught:
        put(compiled, dags, data)
    assert caught.value.message == f"{place} was not written by `mlpc submit`, and is left as it is"
    assert (caught.value.code.name, caught.value.exit_code) == ("occupied-folder", 4)
    assert [path.name for path in dags.iterdir()] == ["words"]


def test_a_copy_that_fails_leaves_what_was_there(compiled: Compiled, dags: Path, data: Path) -> None:
    put(compiled, dags, data, "one.txt")
    with pytest.raises(SubmitError) as caught:
        put(compiled, dags, data, "one.txt", "gone.txt", key=b"s3same")
    assert caught.value.message.startswith(f"{dags}/words cannot be written: No such file or directory")
    assert [path.name for path in dags.iterdir()] == ["words"]
    assert folder.record(str(dags), "words")


def test_what_a_killed_submission_left_is_removed(compiled: Compiled, dags: Path, data: Path) -> None:
    left = dags / ".words.mlpc-x1" / "new" / "secrets"
    left.mkdir(parents=True)
    (left / "key").write_text("s3same", encoding="utf-8")
    (dags / ".words").mkdir()
    put(compiled, dags, data)
    assert sorted(path.name for path in dags.iterdir()) == [".words", "words"]


def test_where_airflow_looks(dags: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__CORE__DAGS_FOLDER", raising=False)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    assert folder.find("") == str(dags)
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(tmp_path / "project"))
    (tmp_path / "project").mkdir()
    assert folder.find("") == str(tmp_path / "project")
    assert folder.find(str(dags)) == str(dags)


def test_where_airflow_does_not_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__CORE__DAGS_FOLDER", raising=False)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    with pytest.raises(SubmitError) as caught:
        folder.find("")
    assert caught.value.message == (
        f"there is no folder {tmp_path}/dags (from AIRFLOW_HOME); neither --dags nor AIRFLOW__CORE__DAGS_FOLDER is given"
    )
    assert caught.value.code.name == "no-dag-folder"
    with pytest.raises(SubmitError) as caught:
        folder.find(str(tmp_path / "x"))
    assert caught.value.message == f"there is no folder {tmp_path}/x (from --dags)"


def test_the_command_says_that_no_airflow_answers(compiled: Compiled, dags: Path) -> None:
    answer = mlpc("submit", compiled.folder, "--dags", str(dags), "--url", "http://127.0.0.1:1")
    assert answer.code == 4
    assert answer.err == (
        "error[MLP567] no-airflow: no Airflow answers at http://127.0.0.1:1 (--url): Connection refused\n"
        "  = help: start it (`airflow standalone`), or say where it answers: `--url URL`\n"
    )
    assert list(dags.iterdir()) == []
