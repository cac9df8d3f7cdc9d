"""The same spec gives the same bytes and modes: whoever compiles it, when, where, and with which settings of the system."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import uv
from tests.mlpc_cli.command import EXECUTABLE, environment

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ("tumor", "own_code")
TARGETS = ("local", "kubeflow", "compose", "airflow")
NOBODY = 65534

#: Modes, then bytes, by path; a folder has no bytes.
Tree = dict[str, tuple[str, bytes]]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that every user may look into; what pytest gives is its user's own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def tree(folder: Path) -> Tree:
    found = {
        str(path.relative_to(folder)): (
            stat.filemode(path.lstat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }
    return {".": (stat.filemode(folder.lstat().st_mode), b""), **found}


def projects(folder: Path, mode: int = 0o644) -> Path:
    """Copy the examples, without what earlier runs left, and give their files a mode and a date of their own."""
    for example in EXAMPLES:
        ignored = shutil.ignore_patterns(".mlpc", "__pycache__")
        shutil.copytree(ROOT / "examples" / example, folder / example, ignore=ignored)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)
            os.utime(path, (mode * 1e6, mode * 1e6))
    return folder


def compiled(
    folder: Path,
    *,
    executable: Path = EXECUTABLE,
    cwd: Path | None = None,
    umask: int = 0o022,
    user: int | None = None,
    **variables: str,
) -> dict[str, Tree]:
    """Compile both examples for every target, from ``cwd``, and return what was written."""
    found = {}
    for example in EXAMPLES:
        for target in TARGETS:
            project = folder / example
            there = Path(os.path.relpath(project, cwd)) if cwd is not None else Path()
            build = there / f"build-{target}"
            done = subprocess.run(
                [executable, "compile", str(there / "main.mlp"), "--to", target, "-o", str(build)],
                cwd=cwd or project,
                env=environment(**variables),
                umask=umask,
                user=user,
                group=user,
                extra_groups=[] if user is not None else None,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            assert done.returncode == 0, done.stderr
            found[f"{example} on {target}"] = tree((cwd or project) / build)
    return found


@pytest.fixture(scope="module")
def usual(place: Path) -> dict[str, Tree]:
    return compiled(projects(place / "usual"), PYTHONHASHSEED="0", TZ="UTC")


def same(found: dict[str, Tree], usual: dict[str, Tree]) -> None:
    for what, expected in usual.items():
        assert list(found[what]) == list(expected), what
        for path, content in expected.items():
            assert found[what][path] == content, f"{what}: {path}"


def test_modes_are_those_that_anyone_may_read(usual: dict[str, Tree]) -> None:
    assert {mode for found in usual.values() for mode, _ in found.values()} == {"drwxr-xr-x", "-rw-r--r--"}
    assert all(len(found) > 2 for found in usual.values())


def test_hash_seed_time_zone_language_umask_and_home(place: Path, usual: dict[str, Tree]) -> None:
    folder = projects(place / "seed")
    found = compiled(
        folder,
        umask=0o077,
        PYTHONHASHSEED="4242",
        TZ="Asia/Kathmandu",
        LC_ALL="tr_TR.ISO-8859-9",
        LANG="C",
        PYTHONUTF8="0",
        HOME="/nowhere/to/be/found",
        USER="somebody",
        LOGNAME="somebody",
        HOSTNAME="elsewhere",
        SOURCE_DATE_EPOCH="1",
        XDG_CACHE_HOME="/nowhere/cache",
    )
    same(found, usual)


def test_another_folder_by_a_link_from_elsewhere_with_other_modes(
    place: Path, usual: dict[str, Tree]
) -> None:
    folder = projects(place / ("a much longer name with blanks and ümläuts " * 3).strip() / "x", 0o600)
    (place / "link").symlink_to(folder, target_is_directory=True)
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    same(compiled(place / "link", cwd=elsewhere, umask=0, PYTHONHASHSEED="1", TZ="America/St_Johns"), usual)


def runs_for_nobody(program: str | Path) -> bool:
    if os.getuid() != 0:
        return False
    try:
        subprocess.run(
            [program, "-c", ""], user=NOBODY, group=NOBODY, extra_groups=[], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@pytest.fixture(scope="module")
def installed(place: Path) -> Path:
    """The command as the wheel installs it, in an environment that every user may run where there is a Python for that."""
    built = place / "wheel"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(built)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = built.glob("*.whl")
    mine = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    known = [sys.executable, *(f"{folder}/{mine}" for folder in ("/usr/bin", "/usr/local/bin"))]
    base = next((each for each in known if runs_for_nobody(each)), sys.executable)
    python = place / "venv" / "bin" / "python"
    uv("venv", "--quiet", "--python", base, str(place / "venv"))
    locked = str(ROOT / "requirements" / "mlpc.txt")
    uv("pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", locked)
    uv("pip", "install", "--quiet", "--python", str(python), "--no-deps", str(wheel))
    return python.with_name("mlpc")


def test_what_the_wheel_installs(place: Path, installed: Path, usual: dict[str, Tree]) -> None:
    same(compiled(projects(place / "installed"), executable=installed), usual)


def test_another_user(place: Path, installed: Path, usual: dict[str, Tree]) -> None:
    if not runs_for_nobody(installed.with_name("python")):
        pytest.skip("only root can become somebody else, and here nobody else may run Python")
    folder = projects(place / "other")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    found = compiled(
        folder,
        executable=installed,
        user=NOBODY,
        umask=0o027,
        HOME=str(folder),
        USER="nobody",
        PYTHONHASHSEED="7",
    )
    assert (folder / "tumor" / "build-local").stat().st_uid == NOBODY
    same(found, usual)
