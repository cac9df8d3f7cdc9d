"""What lies in a folder of wheels and in no index reaches the images of steps, and leaves no trace of that folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpc_engines import find_links
from tests.mlpc_cli.command import Answer
from tests.mlpc_engines import engine
from tests.mlpc_run.wheels import wheel

SPEC = """\
mlp 1

pipeline words {
  step first: word {}
}

component word: step {
  quantity letters: int >= 0 @after
  output out: file("txt")
  run = python("steps.py:write")
  requires = ["six>=1.17"]
}
"""
STEPS = """\
import json
from pathlib import Path


def write(*, out: Path) -> dict[str, int]:
    import six

    out.write_text(six.VERSION)
    return {"letters": len(six.VERSION)}
"""
#: No index has such a build, as none has that of PyTorch for processors.
VERSION = "1.17.0+of.this.folder"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the wheel, which pip is told of."""
    folder = tmp_path / "some-wheels"
    wheel(folder, "six", VERSION)
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose step needs it; its images are taken away again."""
    folder = tmp_path / f"p{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    name = f"words_{folder.name}"
    (folder / "main.mlp").write_text(SPEC.replace("pipeline words", f"pipeline {name}"), encoding="utf-8")
    (folder / "steps.py").write_text(STEPS, encoding="utf-8")
    yield folder
    for built in folder.glob("*/manifest.json"):
        for tag in json.loads(built.read_bytes())["images"]:
            engine.call("docker", "rmi", "--force", tag)


def run(folder: Path, *arguments: str, **variables: str) -> Answer:
    return engine.mlpc(*arguments, cwd=folder, variables=variables)


def named(text: str) -> list[str]:
    return [os.path.basename(path) for path in find_links.wheels(text)]


def locked(path: Path, line: str) -> str:
    return f"{line} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def test_wheels_go_along_that_requirements_name(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(wheels, "six", "1.0")
    wheel(wheels, "sixty_four", "1.0")
    wheel(wheels, "some_thing", "2.0")
    (wheels / "six-1.17.0.tar.gz").touch()
    (wheels / "notes.whl").touch()
    six = f"six-{VERSION}-py3-none-any.whl"
    # Ranges take whatever has the name, what is locked the one with its hash.
    assert named("six>=1\n") == [f"six-{version}-py3-none-any.whl" for version in ("1.0", VERSION)]
    assert named(locked(wheels / six, f"six=={VERSION}")) == [six]
    assert named(f"six=={VERSION} --hash=sha256:{'0' * 64}\n") == []
    assert named("Some.Thing[extra]==2.0 ; python_version >= '3.11'\n") == ["some_thing-2.0-py3-none-any.whl"]
    assert named("") == []
    # The same name in two folders: the first, as pip looks through them.
    other = tmp_path / "other"
    wheel(other, "six", VERSION, code="VERSION = 'another'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_FIND_LINKS", f"{other.as_uri()} some-wheels none https://example.org/wheels/")
    assert find_links.wheels("six>=1.17\n")[-1] == str(other / six)
    assert find_links.pages() == "https://example.org/wheels/"


def test_wheels_for_other_systems_stay(wheels: Path) -> None:
    for platform in ("win_amd64", "macosx_11_0_arm64", "manylinux_2_28_x86_64", "manylinux_2_28_aarch64"):
        (wheels / f"fast-1.0-cp311-cp311-{platform}.whl").touch()
    assert named("fast\n") == [
        f"fast-1.0-cp311-cp311-manylinux_2_28_{machine}.whl" for machine in ("aarch64", "x86_64")
    ]


@pytest.mark.engine
@pytest.mark.timeout(900)
@pytest.mark.parametrize("is_locked", [True, pytest.param(False, marks=pytest.mark.full)])
@pytest.mark.usefixtures("docker_engine")
def test_a_step_in_a_container_has_what_no_index_has(
    project: Path, wheels: Path, compose_2: str, is_locked: bool
) -> None:
    if is_locked:
        # uv, which locks, heeds no upper bound of Python, and what was locked is what an image has.
        wheel(wheels, "six", VERSION, python=">=3.8,<3.11")
        assert run(project, "lock").code == 0
    given = {"COMPOSE_PROJECT_NAME": f"mlpc-links-{project.name}", "MLPC_COMPOSE": compose_2}
    assert run(project, "compile", "--to", "compose", "-o", "build").code == 0
    try:
        answer = run(project, "submit", "build", "--json", **given)
        assert answer.code == 0, answer
        (step,) = json.loads(answer.out)["steps"]
        assert step["metrics"] == {"letters": len(VERSION)}
    finally:
        run(project, "down", "build", "--volumes", **given)
    # Nothing of it is left where it was compiled, nor in the image.
    assert not list(project.glob("build/**/*.whl"))
    for tag in json.loads((project / "build" / "manifest.json").read_bytes())["images"]:
        assert "some-wheels" not in engine.call("docker", "history", "--no-trunc", tag).stdout
        assert "some-wheels" not in engine.call("docker", "inspect", tag).stdout


@pytest.mark.engine
@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("docker_engine")
def test_whoever_builds_by_compose_puts_the_wheel_beside_the_requirements(
    project: Path, wheels: Path, compose_2: str
) -> None:
    """Compose v2 builds by BuildKit, `mlpc build` by the engine's own builder."""
    assert run(project, "lock").code == 0
    assert run(project, "compile", "--to", "compose", "-o", "build").code == 0
    (image,) = [
        image
        for image in json.loads((project / "build" / "manifest.json").read_bytes())["images"].values()
        if image["requirements"]
    ]
    (path,) = wheels.iterdir()
    shutil.copy(path, (project / "build" / image["dockerfile"]).parent)
    done = subprocess.run(
        [compose_2, "build", "first"], cwd=project / "build", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (tag,) = [
        tag
        for tag, each in json.loads((project / "build" / "manifest.json").read_bytes())["images"].items()
        if each == image
    ]
    asked = ("docker", "run", "--rm", "--entrypoint", "/opt/mlpc/bin/python", tag)
    assert engine.call(*asked, "-c", "import six; print(six.VERSION)").stdout == f"{VERSION}\n"
