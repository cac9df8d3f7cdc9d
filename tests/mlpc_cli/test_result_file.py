"""What is kept on the disk: whole or not at all, one's own, bounded, whoever else reads and writes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc_cli.result_file import MOST_BYTES, MOST_FILES, ResultFiles
from mlpc_cli.results import digest

KEY = digest(b"a key")
DATA = b"what was found\n" * 40


@pytest.fixture
def files(tmp_path: Path) -> ResultFiles:
    return ResultFiles(str(tmp_path / "results"))


def place_of(tmp_path: Path, key: str = KEY) -> Path:
    return tmp_path / "results" / key[:2] / key[2:]


def test_what_is_written_is_read(files: ResultFiles) -> None:
    assert files.read(KEY) is None
    files.write(KEY, DATA)
    assert files.read(KEY) == DATA
    files.write(KEY, b"")
    assert files.read(KEY) == b""


def test_others_can_neither_read_nor_write_it(files: ResultFiles, tmp_path: Path) -> None:
    files.write(KEY, DATA)
    place = place_of(tmp_path)
    assert [path.stat().st_mode & 0o777 for path in (place, place.parent, place.parent.parent)] == [
        0o600, 0o700, 0o700,
    ]  # fmt: skip


# Whatever stands there


@given(cut=st.integers(0, len(DATA) + 31))
def test_a_file_that_was_cut_off(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("cut")
    files = ResultFiles(str(folder / "results"))
    files.write(KEY, DATA)
    os.truncate(place_of(folder), cut)
    assert files.read(KEY) is None
    files.write(KEY, DATA)
    assert files.read(KEY) == DATA


@given(at=st.integers(0, len(DATA) + 31), mask=st.integers(1, 255))
def test_a_byte_that_changed(tmp_path_factory: pytest.TempPathFactory, at: int, mask: int) -> None:
    folder = tmp_path_factory.mktemp("byte")
    files = ResultFiles(str(folder / "results"))
    files.write(KEY, DATA)
    data = bytearray(place_of(folder).read_bytes())
    data[at] ^= mask
    place_of(folder).write_bytes(data)
    assert files.read(KEY) is None


@given(data=st.binary(max_size=300))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    place = place_of(folder)
    place.parent.mkdir(parents=True)
    place.write_bytes(data)
    place.chmod(0o600)
    assert ResultFiles(str(folder / "results")).read(KEY) is None


def test_a_file_under_the_name_of_another(files: ResultFiles, tmp_path: Path) -> None:
    other = digest(b"another key")
    files.write(KEY, DATA)
    files.write(other, b"something else")
    os.replace(place_of(tmp_path), place_of(tmp_path, other))
    assert files.read(other) is None


def test_a_folder_a_pipe_and_a_link_in_its_place(files: ResultFiles, tmp_path: Path) -> None:
    files.write(KEY, DATA)
    place = place_of(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    assert files.read(KEY) is None
    place.unlink()
    os.mkfifo(place)
    assert files.read(KEY) is None  # and does not wait for somebody to write into it
    place.unlink()
    (place / "deeper").mkdir(parents=True)
    assert files.read(KEY) is None
    files.write(KEY, DATA)
    assert files.read(KEY) is None
    assert [path.name for path in place.parent.iterdir()] == [place.name], "nothing half written is left"


@pytest.mark.parametrize("mode", [0o622, 0o620, 0o666])
def test_a_file_that_others_may_write(files: ResultFiles, tmp_path: Path, mode: int) -> None:
    files.write(KEY, DATA)
    place_of(tmp_path).chmod(mode)
    assert files.read(KEY) is None


def test_a_file_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(tmp_path / "results")
    ResultFiles(folder).write(KEY, DATA)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    other = ResultFiles(folder)
    assert other.read(KEY) is None
    other.write(KEY, b"planted")
    monkeypatch.undo()
    assert ResultFiles(folder).read(KEY) == DATA


# Whatever the disk says


@pytest.mark.parametrize("folder", ["/proc/none", "/dev/null/none", "/dev/null"])
def test_a_place_where_nothing_can_be_written(folder: str) -> None:
    files = ResultFiles(folder)
    files.write(KEY, DATA)
    assert files.read(KEY) is None


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A limit on the size of files fails a write as a full disk does: in its midst."""
    script = (
        "import resource, signal, sys; from mlpc_cli.result_file import ResultFiles;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100));"
        "files = ResultFiles(sys.argv[1]); files.write(sys.argv[2], b'x' * 1000);"
        "print(files.read(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "results", KEY], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("None\n", "", 0)
    assert list(place_of(tmp_path).parent.iterdir()) == []


# Room


def test_a_shelf_never_grows_beyond_its_bounds(files: ResultFiles, tmp_path: Path) -> None:
    shelf = tmp_path / "results" / "00"
    sizes = random.Random(5)
    for number in range(4 * MOST_FILES):
        files.write("00" + digest(str(number).encode())[2:], b"x" * sizes.choice([10, 1_000, 20_000]))
        found = list(shelf.iterdir())
        assert len(found) <= MOST_FILES
        assert sum(path.stat().st_size for path in found) <= MOST_BYTES


def test_what_was_used_last_stays(files: ResultFiles, tmp_path: Path) -> None:
    keys = ["00" + digest(str(number).encode())[2:] for number in range(MOST_FILES)]
    long_ago = time.time() - 30 * 24 * 60 * 60
    for number, key in enumerate(keys):
        files.write(key, DATA)
        os.utime(place_of(tmp_path, key), (long_ago + number, long_ago + number))
    half_written = tmp_path / "results" / "00" / ".left-by-one-that-was-killed"
    half_written.write_bytes(b"x")
    os.utime(half_written, (1, 1))
    assert files.read(keys[0]) == DATA
    files.write("00" + digest(b"one more")[2:], DATA)
    assert not half_written.exists()
    assert files.read(keys[0]) == DATA
    assert files.read(keys[1]) is None
    assert files.read(keys[2]) == DATA


def test_what_is_too_large_is_not_kept(files: ResultFiles) -> None:
    files.write(KEY, b"x" * MOST_BYTES)
    assert files.read(KEY) is None


# Several at once

WRITER = """
import random, sys
from mlpc_cli.result_file import ResultFiles
from mlpc_cli.results import digest
files, chance = ResultFiles(sys.argv[1]), random.Random(int(sys.argv[2]))
print("begun", flush=True)
for turn in range(int(sys.argv[3])):
    number = chance.randrange(12)
    key = digest(str(number).encode())
    size = chance.randrange(1, 60_000)
    files.write(key, b"%d " % number * size)
    found = files.read(key)
    if found is not None and set(found.split()) != {b"%d" % number}:
        sys.exit(f"{number} has {found[:80]!r}")
"""


def writer(folder: Path, seed: int, turns: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(seed), str(turns)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_sound(folder: Path) -> None:
    files = ResultFiles(str(folder))
    for number in range(12):
        found = files.read(digest(str(number).encode()))
        assert found is None or set(found.split()) == {b"%d" % number}


def test_several_processes_write_and_read_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    others = [writer(folder, seed, 150) for seed in range(4)]
    said = [other.communicate() for other in others]
    assert [other.returncode for other in others] == [0, 0, 0, 0], said
    assert_sound(folder)
    assert any(ResultFiles(str(folder)).read(digest(str(number).encode())) for number in range(12))


def test_a_writer_that_is_killed_at_any_time(tmp_path: Path, full: bool) -> None:
    folder = tmp_path / "results"
    chance = random.Random(11)
    for seed in range(200 if full else 12):
        other = writer(folder, seed, 1_000_000)
        assert other.stdout is not None
        other.stdout.readline()
        time.sleep(chance.random() * 0.05)
        other.send_signal(signal.SIGKILL)
        other.communicate()
        assert_sound(folder)
    assert writer(folder, 0, 5).wait() == 0
