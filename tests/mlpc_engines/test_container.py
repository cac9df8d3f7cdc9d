"""A step in an image of the user's own, by the step contract: on this machine, on Compose, and in what the others run."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpc_run import containers
from mlpc_run.errors import EngineError
from tests import fidelity
from tests.mlpc_cli.command import Answer
from tests.mlpc_engines.engine import mlpc, registry

pytestmark = pytest.mark.engine

SPEC = """
mlp 1

pipeline poem {
  secret password: string = env("POEM")

  param times: int in 1..9 = 2

  step first: words { text = "roses" }

  step second: shout {
    text = first
    times = times
    key = password
    require letters >= 3
  }
}

component words: step {
  param text: string
  output out: file("txt")
  run = python("steps.py:write")
}

component shout: step {
  input text: file("txt")
  param times: int >= 1 = 1
  param key: string @secret
  quantity letters: int >= 0 @after
  output out: file("txt")
  run = container(image = "IMAGE", command = ["python3", "/opt/shout.py", "loud"])
}
"""
STEPS = """
from pathlib import Path


def write(*, text: str, out: Path) -> None:
    out.write_text(text)
"""
#: What lies in the image: it keeps to the contract with nothing of mlpc.
SHOUT = """
import json
import os
import sys
import time

with open(sys.argv[sys.argv.index("--task") + 1]) as file:
    task = json.load(file)
with open(task["inputs"]["text"]["path"]) as file:
    text = file.read()
for path in task["secrets"].values():
    with open(path) as file:
        print("the key is", file.read())
print("said", sys.argv[1], "as", os.getuid())
times = task["arguments"]["times"]
if times == 7:
    print("sleeping", flush=True)
    time.sleep(120)
answer = {"contract": 1, "status": "done", "metrics": {"letters": len(text) * times}, "rows": {}, "messages": []}
if times == 8:
    answer["status"] = "failed"
    answer["error"] = {"code": "MLP743", "name": "user-code-failed", "message": "eight is too much", "final": True}
else:
    with open(task["outputs"]["out"]["path"], "w") as file:
        file.write(text.upper() * times)
with open(task["result"], "w") as file:
    json.dump(answer, file)
sys.exit(3 if times == 8 else 0)
"""


def docker(*words: str, input: str | None = None) -> str:
    return subprocess.run(["docker", *words], input=input, capture_output=True, text=True, check=True).stdout


def build(folder: Path, tag: str, text: str, base: str = "python:3.11-slim") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "shout.py").write_text(text, encoding="utf-8")
    (folder / "Dockerfile").write_text(f"FROM {base}\nCOPY shout.py /opt/shout.py\n", encoding="utf-8")
    docker("build", "--quiet", "--tag", tag, str(folder))


@pytest.fixture
def image(tmp_path: Path) -> Iterator[str]:
    """An image of the user's own, which is taken away again."""
    tag = f"mlpc-tests/shout:{uuid.uuid4().hex[:12]}"
    build(tmp_path / "image", tag, SHOUT)
    yield tag
    subprocess.run(["docker", "rmi", "--force", tag], capture_output=True, check=False)


@pytest.fixture
def folder(tmp_path: Path, image: str) -> Path:
    made = tmp_path / "a project, with a comma"
    made.mkdir()
    (made / "main.mlp").write_text(SPEC.replace("IMAGE", image).lstrip(), encoding="utf-8")
    (made / "steps.py").write_text(STEPS, encoding="utf-8")
    return made


def run(folder: Path, *arguments: str, **variables: str) -> Answer:
    return mlpc(*arguments, cwd=folder, variables={"POEM": "sesame", **variables})


def test_it_runs_by_the_contract_and_is_cached_until_its_image_changes(folder: Path, image: str) -> None:
    answer = run(folder, "run")
    assert answer.code == 0, answer.err
    assert (folder / ".mlpc/latest/poem/second/out.txt").read_text(encoding="utf-8") == "ROSESROSES"
    log = run(folder, "logs", "second").out
    assert f"said loud as {os.getuid()}" in log
    assert "the key is ***" in log
    assert "sesame" not in log
    assert "nothing has changed" in run(folder, "run").out
    # The same tag, another image.
    build(folder.parent / "image", image, SHOUT.replace(".upper()", ".title()"))
    assert run(folder, "run").code == 0
    assert (folder / ".mlpc/latest/poem/second/out.txt").read_text(encoding="utf-8") == "RosesRoses"


def test_what_it_says_of_its_failure_is_told(folder: Path) -> None:
    answer = run(folder, "run", "--set", "times=8")
    assert answer.code == 5
    assert "eight is too much" in answer.out + answer.err


def test_a_step_that_takes_too_long_leaves_no_container_behind(folder: Path) -> None:
    spec = folder / "main.mlp"
    text = spec.read_text(encoding="utf-8")
    spec.write_text(
        text.replace("    times = times\n", "    times = times\n    timeout = 2s\n"), encoding="utf-8"
    )
    answer = run(folder, "run", "--set", "times=7")
    assert answer.code == 5
    assert "took longer than its timeout" in answer.out + answer.err
    assert image_of(folder) not in docker("ps", "--format", "{{.Image}}")


def image_of(folder: Path) -> str:
    text = (folder / "main.mlp").read_text(encoding="utf-8")
    return text.partition('image = "')[2].partition('"')[0]


def test_without_docker_that_is_said_before_anything_runs(folder: Path) -> None:
    answer = run(folder, "run", DOCKER_HOST="tcp://127.0.0.1:9")
    assert answer.code != 0
    assert "MLP560" in answer.err
    assert "`second` runs in a container, and no Docker engine answers" in answer.err
    assert "first" not in answer.out


def test_an_image_that_is_nowhere_is_an_error_with_its_name(folder: Path) -> None:
    with pytest.raises(EngineError) as caught:
        containers.identity("second", "127.0.0.1:9/nowhere/at:all")
    assert "`127.0.0.1:9/nowhere/at:all`" in str(caught.value)
    assert "cannot be pulled" in str(caught.value)


def test_compose_runs_it_with_the_adaptor_on_top_of_the_image(folder: Path, compose_2: str) -> None:
    name = f"mlpc-container-{uuid.uuid4().hex[:8]}"
    more = {"COMPOSE_PROJECT_NAME": name, "MLPC_COMPOSE": compose_2}
    try:
        assert run(folder, "compile", "--to", "compose", "-o", "build", **more).code == 0
        assert run(folder, "build", "build", **more).code == 0
        answer = run(folder, "submit", "build", "--json", **more)
        assert answer.code == 0, answer.err
        (second,) = [each for each in json.loads(answer.out)["steps"] if each["node"] == "second"]
        assert second["metrics"]["letters"] == 10
        assert run(folder, "run").code == 0
        # The same bytes as on this machine.
        (local,) = [
            each for each in json.loads(run(folder, "run", "--json").out)["steps"] if each["node"] == "second"
        ]
        assert second["outputs"]["out"].removeprefix("sha256:") == local["outputs"]["out"].rpartition("/")[2]
    finally:
        run(folder, "down", "build", **more)


@pytest.mark.parametrize("engine", ["airflow", "kubeflow"])
def test_other_engines_run_the_same_image_as_compose(folder: Path, engine: str) -> None:
    """A step of theirs is the adaptor's entry point in an image that is built alike."""
    for target in ("compose", engine):
        assert run(folder, "compile", "--to", target, "-o", target).code == 0
    dockerfiles = [folder / target / "images" / "second" / "Dockerfile" for target in ("compose", engine)]
    assert dockerfiles[0].read_bytes() == dockerfiles[1].read_bytes()
    assert image_of(folder) in dockerfiles[0].read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.usefixtures("docker_engine")
@pytest.mark.timeout(1200)
def test_airflow_and_kubeflow_come_to_what_this_machine_comes_to(folder: Path) -> None:
    """Without the secret: the engine of Kubeflow's SDK mounts none into containers."""
    spec = (folder / "main.mlp").read_text(encoding="utf-8")
    for line in (
        '  secret password: string = env("POEM")\n',
        "    key = password\n",
        "  param key: string @secret\n",
    ):
        assert line in spec
        spec = spec.replace(line, "")
    (folder / "main.mlp").write_text(spec, encoding="utf-8")
    (folder / "data").mkdir()
    here = fidelity.on_this_machine(folder, ())
    assert here.figures["second"]["letters"] == 10
    for engine in (fidelity.on_kubeflow, fidelity.on_airflow):
        there = engine(folder, ())
        assert there.text() == here.text()


def test_the_lock_holds_the_digest_of_a_registry_and_every_engine_goes_by_it(
    folder: Path, image: str, tmp_path: Path
) -> None:
    (tmp_path / "registry").mkdir()
    with registry(tmp_path / "registry") as address:
        pushed = f"{address}/team/shout:1"
        docker("tag", image, pushed)
        docker("push", "--quiet", pushed)
        spec = folder / "main.mlp"
        spec.write_text(spec.read_text(encoding="utf-8").replace(image, pushed), encoding="utf-8")
        try:
            assert run(folder, "lock").code == 0
            locked = json.loads((folder / "mlpc.lock").read_bytes())["images"][pushed]
            assert locked["pipelines"] == ["poem"]
            assert run(folder, "run").code == 0
            assert run(folder, "compile", "--to", "compose", "-o", "build").code == 0
            dockerfile = (folder / "build" / "images" / "second" / "Dockerfile").read_text(encoding="utf-8")
            assert dockerfile.startswith(f"FROM {pushed}@{locked['digest']}\n")
            # The tag comes to mean another image; what was locked stays until it is asked for.
            build(folder.parent / "image", pushed, SHOUT.replace(".upper()", ".title()"))
            docker("push", "--quiet", pushed)
            assert "nothing has changed" in run(folder, "run").out
            assert run(folder, "lock").code == 0
            assert json.loads((folder / "mlpc.lock").read_bytes())["images"][pushed] == locked
            assert run(folder, "lock", "--upgrade").code == 0
            assert (
                json.loads((folder / "mlpc.lock").read_bytes())["images"][pushed]["digest"]
                != locked["digest"]
            )
            assert run(folder, "run").code == 0
            assert (folder / ".mlpc/latest/poem/second/out.txt").read_text(encoding="utf-8") == "RosesRoses"
        finally:
            subprocess.run(["docker", "rmi", "--force", pushed], capture_output=True, check=False)


def test_an_image_that_no_registry_has_is_locked_as_it_is_here(folder: Path, image: str) -> None:
    assert run(folder, "lock").code == 0
    assert set(json.loads((folder / "mlpc.lock").read_bytes())["images"][image]) == {"id", "pipelines"}
    assert run(folder, "run").code == 0
    build(folder.parent / "image", image, SHOUT.replace(".upper()", ".title()"))
    answer = run(folder, "run")
    assert answer.code == 1
    assert "is another one than mlpc.lock says" in answer.err
    answer = run(folder, "compile", "--to", "compose", "-o", "build")
    assert answer.code == 0
    assert "is named by a tag, which may come to mean another one" in answer.err
