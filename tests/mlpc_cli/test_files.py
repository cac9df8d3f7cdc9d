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


@pytest.mark.parametrize("path", ["../out.txt", "/out.txt", "a/../../out.txt"])
def test_nothing_is_written_outside_of_a_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(CommandError, match="does not lie in"):
        write_folder(str(tmp_path / "build"), {"a.txt": b"1", path: b"2"})
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"cannot be written: (not a directory|file exists)"):
        write_folder(str(tmp_path / "file" / "build"), {"a.txt": b"1"})
