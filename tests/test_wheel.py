"""The wheel holds what a checkout holds: modules, the standard library, the grammar, the command."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_what_is_imported_lies_at_the_top(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    packages = {
        "mlpc",
        "mlpc_cli",
        "mlpc_engines",
        "mlpc_lsp",
        "mlpc_run",
        "mlpc_backends",
        "mlpc_grammar",
        "mlpc_stdlib",
    }
    assert packages == {top for top in tops if not top.endswith(".dist-info")}


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("compiler", "mlpc*/**/*.py"),
        ("backends", "mlpc_backends/**/*.py"),
        ("backends", "mlpc_backends/**/*.mlp"),
        ("compiler", "mlpc/**/*.json"),
        ("compiler", "mlpc_cli/pages/assets/*"),
        ("compiler", "mlpc_cli/ci/*.y*ml"),
        ("compiler", "mlpc*/**/*.md"),
        ("compiler", "mlpc_cli/templates/**/*.mlp"),
        ("compiler", "mlpc_cli/templates/**/*.template"),
        ("grammar", "mlpc_grammar/*.lark"),
        ("stdlib", "mlpc_stdlib/**/*.mlp"),
        ("stdlib", "mlpc_stdlib/**/*.py"),
    ],
)
def test_every_file_is_in_it(wheel: zipfile.ZipFile, folder: str, pattern: str) -> None:
    wanted = {str(path.relative_to(ROOT / folder)) for path in (ROOT / folder).glob(pattern)}
    assert wanted - set(wheel.namelist()) == set()


def test_it_brings_the_command_and_the_local_backend(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    text = wheel.read(name).decode()
    assert "mlpc = mlpc_cli.__main__:program" in text
    assert "local = mlpc_backends.local:BACKEND" in text


def test_building_it_twice_gives_the_same_bytes(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (again,) = tmp_path.glob("*.whl")
    assert wheel.filename is not None
    assert Path(wheel.filename).read_bytes() == again.read_bytes()
