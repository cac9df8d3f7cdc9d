"""Writing: the old content or the new one, never half of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlpc_cli.errors import CommandError
from mlpc_cli.files import write_atomically, write_folder


def test_a_file_is_replaced_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.txt"
    write_atomically(str(file), b"old")

    def fails(_source: str, _target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(CommandError, match="no space left on device"):
        write_atomically(str(file), b"new")
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    write_folder(str(tmp_path / "build"), {"a.txt": b"1", "deep/b.sh": b"2"}, {"deep/b.sh": 0o755})
    assert (tmp_path / "build" / "a.txt").read_bytes() == b"1"
    assert os.access(tmp_path / "build" / "deep" / "b.sh", os.X_OK)
    assert os.listdir(tmp_path) == ["build"]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    write_folder(str(tmp_path / "build"), {"a.txt": b"1"})
    write_folder(str(tmp_path / "build"), {"b.txt": b"2"})
    assert os.listdir(tmp_path / "build") == ["b.txt"]
    assert os.listdir(tmp_path) == ["build"]


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_folder(str(tmp_path / "build"), {"deep/er/a.txt": b"1", "b.sh": b"2"}, {"b.sh": 0o755})
    finally:
        os.umask(before)
    modes = {str(path.relative_to(tmp_path)): path.stat().st_mode & 0o7777 for path in tmp_path.rglob("*")}
    assert modes == {
        "build": 0o755,
        "build/b.sh": 0o755,
        "build/deep": 0o755,
        "build/deep/er": 0o755,
        "build/deep/er/a.txt": 0o644,
    }


def test_what_a_link_in_a_replaced_folder_points_to_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("kept", encoding="utf-8")
    write_folder(str(tmp_path / "build"), {"deep/a.txt": b"1"})
    (tmp_path / "build" / "deep" / "mine").symlink_to(tmp_path / "mine")
    write_folder(str(tmp_path / "build"), {"b.txt": b"2"})
    assert sorted(os.listdir(tmp_path)) == ["build", "mine"]
    assert (tmp_path / "mine" / "a.txt").read_text(encoding="utf-8") == "kept"


def test_a_folder_that_cannot_be_put_in_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(str(tmp_path / "build"), {"a.txt": b"1"})
    rename = os.rename

    def fails(source: str, target: str) -> None:
        if target == str(tmp_path / "build") and (Path(source) / "b.txt").exists():
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fails)
    with pytest.raises(CommandError, match="no space left on device"):
        write_folder(str(tmp_path / "build"), {"b.txt": b"2"})
    assert os.listdir(tmp_path) == ["build"]
    assert os.listdir(tmp_path / "build") == ["a.txt"]


@pytest.mark.parametrize("path", ["../out.txt", "/out.txt", "a/../../out.txt"])
def test_nothing_is_written_outside_of_a_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(CommandError, match="does not lie in"):
        write_folder(str(tmp_path / "build"), {"a.txt": b"1", path: b"2"})
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"cannot be written: (not a directory|file exists)"):
        write_folder(str(tmp_path / "file" / "build"), {"a.txt": b"1"})
