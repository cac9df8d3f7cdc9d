"""What the compiler may read: the project and the standard library, nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlpc import limits
from mlpc_cli.errors import CommandError
from mlpc_cli.loader import DiskLoader, Places, open_spec, project_root, specs_below
from tests.mlpc_cli.command import mlpc


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "lib").mkdir(parents=True)
    (root / "main.mlp").write_bytes(b"mlp 1\n")
    (root / "lib" / "boards.mlp").write_bytes(b"mlp 1\n# boards\n")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return root


def test_files_of_the_project(project: Path) -> None:
    files = DiskLoader(str(project))
    assert files.read("lib/boards.mlp") == b"mlp 1\n# boards\n"
    assert files.read("lib/none.mlp") is None
    assert files.names("") == ["main.mlp"]
    assert [files.what(path) for path in ("lib", "main.mlp", "none")] == ["a folder", "", ""]
    assert files.names("lib") == ["boards.mlp"]
    assert files.names("none") == []


def test_modules_of_the_standard_library(project: Path) -> None:
    files = DiskLoader(str(project))
    text = files.read("std:kinds")
    assert text is not None
    assert text.startswith(b"mlp 1\n")
    assert "kinds.mlp" in files.names("std:")
    assert files.read("std:none") is None


def test_settings_of_backends_are_read_and_no_backend_is_loaded(project: Path) -> None:
    code = (
        "import sys; from mlpc_cli.loader import DiskLoader; files = DiskLoader('.');"
        "print(files.read('backend:airflow')[:5], files.read('backend:none'), files.read('backend:../x'));"
        "print(files.names('backend:'), [name for name in sys.modules if name.startswith('mlpc_backends.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "b'mlp 1' None None",
        "['airflow', 'compose', 'kubeflow', 'local'] []",
    ]


def test_a_backend_of_another_package_declares_its_settings_as_well(tmp_path: Path) -> None:
    package = tmp_path / "site" / "mlpc_slurm"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('loaded')\n")
    (package / "settings.mlp").write_text(
        "mlp 1\n\ncomponent slurm: backend {\n  param partition: string\n}\n"
    )
    about = tmp_path / "site" / "mlpc_slurm-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mlpc-slurm\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[mlpc.backends]\nslurm = mlpc_slurm:BACKEND\n")
    spec = tmp_path / "main.mlp"
    for line, code in (('backend slurm { partition = "gpu" }', 0), ("backend slurm { partiton = 1 }", 1)):
        spec.write_text(f"mlp 1\n\npipeline demo {{\n  {line}\n}}\n")
        answer = mlpc("check", "main.mlp", cwd=tmp_path, PYTHONPATH=str(tmp_path / "site"))
        assert answer.code == code, answer


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "/etc/hostname",
        "lib/../../secret.txt",
        "",
        ".",
        "a\0b",
        "std:../kinds",
        "std:",
        "std:/etc/x",
    ],
)
def test_what_is_not_the_projects_is_not_there(project: Path, path: str) -> None:
    assert DiskLoader(str(project)).read(path) is None


def test_a_link_out_of_the_project_is_not_followed(project: Path) -> None:
    (project / "link.mlp").symlink_to(project.parent / "secret.txt")
    (project / "up").symlink_to(project.parent)
    files = DiskLoader(str(project))
    assert files.read("link.mlp") is None
    assert files.read("up/secret.txt") is None
    assert files.names("up") == []


def test_a_link_inside_of_the_project_is(project: Path) -> None:
    (project / "link.mlp").symlink_to("lib/boards.mlp")
    assert DiskLoader(str(project)).read("link.mlp") == b"mlp 1\n# boards\n"


def test_a_neighbour_with_the_same_beginning_is_another_folder(project: Path) -> None:
    (project.parent / "project2").mkdir()
    (project.parent / "project2" / "a.mlp").touch()
    assert DiskLoader(str(project)).read("../project2/a.mlp") is None


def test_what_is_too_large_or_no_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 4)
    os.mkfifo(project / "pipe.mlp")
    files = DiskLoader(str(project))
    assert files.read("main.mlp") is None
    assert files.read("pipe.mlp") is None
    with pytest.raises(CommandError, match="cannot be read: file is larger"):
        open_spec(str(project / "main.mlp"))


def test_the_root_is_the_folder_of_the_project_file(project: Path) -> None:
    spec = str(project / "lib" / "boards.mlp")
    assert project_root(spec) == str(project / "lib")
    (project / "mlpc.toml").touch()
    assert project_root(spec) == str(project)
    files, path = open_spec(spec)
    assert (files.root, path) == (str(project), "lib/boards.mlp")


def test_the_root_may_be_named(project: Path) -> None:
    files, path = open_spec(str(project / "lib" / "boards.mlp"), str(project))
    assert (files.root, path) == (str(project), "lib/boards.mlp")
    with pytest.raises(CommandError, match="does not lie in the project"):
        open_spec(str(project / "main.mlp"), str(project / "lib"))


def test_how_paths_are_shown(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "lib")
    files, path = open_spec("../main.mlp")
    assert files.shown(path) == "../main.mlp"
    assert files.shown("lib/boards.mlp") == "boards.mlp"
    assert files.shown("std:csv") == "<std>/csv.mlp"


def test_specs_of_a_folder(project: Path) -> None:
    (project / ".venv").mkdir()
    (project / ".venv" / "x.mlp").touch()
    (project / "loop").symlink_to(project)
    found = [os.path.relpath(path, project) for path in specs_below(str(project))]
    assert found == ["main.mlp", "lib/boards.mlp"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("./folder", "`folder` is a folder, and only a file can be used"),
        ("./folder/", "`folder` is a folder, and only a file can be used"),
        ("./.", "`.` is a folder, and only a file can be used"),
        ("./pipe.mlp", "`pipe.mlp` is a named pipe, and only a file can be used"),
        ("./device.mlp", "`device.mlp` is a link that leads out of the project"),
        ("./gone.mlp", "`gone.mlp` is a link to what is not there, and only a file can be used"),
        ("./out.mlp", "`out.mlp` is a link that leads out of the project"),
        ("./huge.mlp", "`huge.mlp` is a file of more than 8,388,608 bytes"),
        ("./main.mlp", "a file cannot use itself"),
        ("./folder/../main.mlp", "a file cannot use itself"),
        ("./linked.mlp/main.mlp", "there is no file `linked.mlp/main.mlp` in the project"),
        ("./nope.mlp", "there is no file `nope.mlp` in the project"),
    ],
)
def test_what_is_no_file_of_the_project_is_called_what_it_is(project: Path, path: str, said: str) -> None:
    """Nothing of it is waited for or read, and nothing more is said of what was to come from it."""
    (project / "main.mlp").write_text(f'mlp 1\n\nuse "{path}" as x\n\nlet a = x.b\n', encoding="utf-8")
    (project / "folder").mkdir()
    (project / "p.mlp").write_bytes(b"mlp 1\n")
    os.mkfifo(project / "pipe.mlp")
    (project / "device.mlp").symlink_to("/dev/zero")
    (project / "gone.mlp").symlink_to("nowhere.mlp")
    (project / "out.mlp").symlink_to("../secret.txt")
    (project / "linked.mlp").symlink_to("..")
    with (project / "huge.mlp").open("wb") as file:
        file.truncate(1 << 40)
    done = mlpc("check", "main.mlp", "--no-cache", cwd=project)
    assert done.code == 1
    assert said in done.out
    assert "1 error in 1 file" in done.out


def test_the_library_is_read_once_for_all_specs_of_a_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    monkeypatch.setattr("mlpc_stdlib.__path__", [str(library)])
    (tmp_path / "main.mlp").write_text("mlp 1\n")
    spec, data = str(tmp_path / "main.mlp"), library / "data.mlp"
    data.write_text("mlp 1\n")
    places = Places()
    first, path = open_spec(spec, places=places)
    assert first.read("std:data") == b"mlp 1\n"
    data.write_text("mlp 1\n# newer\n")
    assert open_spec(spec, places=places)[0].read("std:data") == b"mlp 1\n"
    assert open_spec(spec)[0].read("std:data") == b"mlp 1\n# newer\n"
    (tmp_path / "main.mlp").write_text("mlp 1\n# newer\n")
    assert first.read(path) == b"mlp 1\n# newer\n", "what the project has is read each time"
