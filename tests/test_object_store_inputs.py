"""Data in object stores on every engine: the figures and the model of a run on the same file, and no credential left.

The stores are real servers: one speaks S3 and looks at signatures, one speaks to clients of Google Cloud Storage. Containers
reach them by the address of Docker's bridge.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.engines import made
from tests.examples.projects import EXAMPLES, digest, metrics
from tests.mlpc_backends.airflow.engine import Airflow, Store
from tests.mlpc_backends.kubeflow.reading import problems, run
from tests.mlpc_cli.command import Answer
from tests.mlpc_engines import engine
from tests.stores.server import BUCKET, S3, Google, google, s3

pytestmark = [pytest.mark.engine, pytest.mark.timeout(3000)]

#: As in `examples/tumor`, whose images it shares, up to the figures.
SPEC = """mlp 1

pipeline PIPELINE {
  data cells: csv {
    path = "PATH"
    schema = Cell
  }

  data more: csv {
    path = "GOOGLE"
    schema = Cell
  }

  split parts: random {
    data = cells
    test = 20%
    stratify = cells.malignant
    seed = 7
  }

  train forest: sklearn.random_forest {
    data = parts.train
    trees = 20
    max_depth = 8
    seed = 7
  }

  evaluate quality: classification {
    model = forest
    data = parts.test
    require accuracy >= 0.9
  }
}

schema Cell {
  malignant: bool @label
  ...: float >= 0
}
"""


class Example:
    """A project that reads objects, and what came of the same on a file: figures, digests of the rows and the model."""

    def __init__(self, folder: Path, store: S3, googles: Google) -> None:
        self.store = store
        self.googles = googles
        self.key = folder / "key.json"
        self.key.write_text(json.dumps({"private_key": uuid.uuid4().hex}), encoding="utf-8")
        self.key.chmod(0o644)
        self.folder = folder / "project"
        content = (EXAMPLES / "tumor" / "data" / "cells_small.csv").read_bytes()
        url = store.put("2026/cells small.csv", content).replace(" ", "%20")
        (self.folder / "data").mkdir(parents=True)
        (self.folder / "data" / "cells.csv").write_bytes(content)
        shutil.copy(EXAMPLES / "tumor" / "mlpc.lock", self.folder)
        google_url = googles.put("2026/cells.csv", content)
        self.write("main.mlp", "stored", url, google_url)
        self.write("missing.mlp", "missing", f"s3://{BUCKET}/none.csv", google_url)
        self.write("file.mlp", "filed", "data/cells.csv", "data/cells.csv")
        answer = self.mlpc("run", "file.mlp")
        assert answer.code == 0, answer
        self.metrics = metrics(self.folder, "filed", "quality")
        self.digests = self.local("filed")

    def local(self, pipeline: str) -> list[str]:
        """Digests of what the last run on this machine made."""
        ports = (("cells", "rows"), ("more", "rows"), ("forest", "model"))
        return [digest(self.folder, pipeline, node, port) for node, port in ports]

    def told(self, host: str = "127.0.0.1", who: dict[str, str] | None = None) -> dict[str, str]:
        """The variables of a shell in which both stores are known."""
        key = {"GOOGLE_APPLICATION_CREDENTIALS": str(self.key)}
        return {**self.store.variables(host, who), **self.googles.variables(host), **key}

    def write(self, file: str, name: str, path: str, google: str) -> None:
        text = SPEC.replace("PIPELINE", name).replace("PATH", path).replace("GOOGLE", google)
        (self.folder / file).write_text(text, encoding="utf-8")

    def mlpc(self, *arguments: str, **variables: str) -> Answer:
        return engine.mlpc(*arguments, cwd=self.folder, variables=variables)

    def compiled(self, target: str, file: str = "main.mlp") -> Path:
        folder = self.folder / f"{target}-{file.partition('.')[0]}"
        answer = self.mlpc("compile", file, "--to", target, "-o", str(folder), **self.told())
        assert answer.code == 0, answer
        assert "README" in answer.out + answer.err
        return folder

    def secrets(self) -> list[str]:
        key = json.loads(self.key.read_bytes())["private_key"]
        return [*self.store.reader.values(), *self.store.session.values(), key]

    def leaves_none(self, *said: str, folder: Path | None = None) -> None:
        """See to it that no credential stands in texts, nor in a file."""
        for path in folder.rglob("*") if folder else ():
            if path.is_file() and not path.is_symlink():
                said = (*said, path.read_text(encoding="utf-8", errors="replace"))
        for secret in self.secrets():
            assert not any(secret in text for text in said)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    folder = tmp_path_factory.mktemp("stored")
    with s3(folder) as store, google(folder) as googles:
        yield Example(folder, store, googles)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with engine.running(tmp_path_factory.mktemp("docker") / "dockerd.log"):
        engine.make_base_image()
        yield docker.from_env(timeout=600)


@pytest.fixture(scope="module")
def host(client: Any) -> str:
    """The address by which containers reach this machine."""
    (config,) = client.networks.get("bridge").attrs["IPAM"]["Config"]
    # An engine that made no network yet leaves out what follows from the subnet.
    return str(config.get("Gateway") or ipaddress.ip_network(config["Subnet"])[1])


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "GOOGLE_"))]:
        monkeypatch.delenv(name)


def made_by(records: dict[str, Any]) -> list[str]:
    """Digests of what an engine made, as its records have them."""
    ports = (("cells", "rows"), ("more", "rows"), ("forest", "model"))
    return [str(records[node]["outputs"][port]).rpartition(":")[2] for node, port in ports]


def images(client: Any, build: Path) -> str:
    """All that the images of a compiled directory show of themselves, and what files of ours they hold."""
    tags = json.loads((build / "manifest.json").read_bytes())["images"]
    said = [json.dumps([client.images.get(tag).attrs, client.images.get(tag).history()]) for tag in tags]
    for tag in tags:
        command = ["run", "--rm", "--entrypoint", "tar", tag, "-cf", "-", "/mlpc"]
        said.append(
            subprocess.run(["docker", *command], capture_output=True, check=True).stdout.decode("latin-1")
        )
    return "".join(said)


def remove(client: Any, build: Path) -> None:
    for tag in json.loads((build / "manifest.json").read_bytes())["images"]:
        client.images.remove(tag, force=True)


def test_on_this_machine(example: Example) -> None:
    answer = example.mlpc("run", "-v", "main.mlp", **example.told())
    assert answer.code == 0, answer
    assert metrics(example.folder, "stored", "quality") == example.metrics
    assert example.local("stored") == example.digests
    # An object is fetched anew, and what it holds is what the steps after it are known by.
    again = example.mlpc("run", "-v", "main.mlp", **example.told(who=example.store.session))
    assert again.code == 0, again
    # Two that do not wait for each other start in any order.
    assert dict(re.findall(r"^(\w+) +(runs|cached)", again.out, re.MULTILINE)) == {
        "cells": "runs",
        "more": "runs",
        "parts": "cached",
        "forest": "cached",
        "quality": "cached",
    }
    example.leaves_none(answer.out, answer.err, again.out, again.err, folder=example.folder / ".mlpc")


def test_what_goes_wrong_on_this_machine(example: Example) -> None:
    told = example.told()
    refused = example.mlpc("run", "main.mlp", **{**told, **example.store.stranger})
    missing = example.mlpc("run", "missing.mlp", **told)
    nobody = example.mlpc("run", "main.mlp", **{**told, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert [refused.code, missing.code, nobody.code] == [5, 5, 5]
    assert "access-refused" in refused.err + refused.out
    assert "missing-data" in missing.err + missing.out
    assert "unreachable-data" in nobody.err + nobody.out


@pytest.mark.parametrize("version", [pytest.param("1.29", marks=pytest.mark.full), "2"])
def test_on_compose(example: Example, client: Any, host: str, version: str) -> None:
    build = example.compiled("compose")
    name = f"mlpc-test-{uuid.uuid4().hex[:8]}"
    told = {
        "COMPOSE_PROJECT_NAME": name,
        "MLPC_COMPOSE": engine.compose_2() if version == "2" else engine.compose_1(),
    }
    assert example.mlpc("build", str(build), **told).code == 0
    try:
        answer = example.mlpc("submit", str(build), "--json", **told, **example.told(host))
        assert answer.code == 0, answer
        steps = {step["node"]: step for step in json.loads(answer.out)["steps"]}
        assert steps["quality"]["metrics"] == example.metrics
        assert made_by(steps) == example.digests
        containers = client.containers.list(all=True, filters={"label": f"com.docker.compose.project={name}"})
        variables = {
            each.labels["com.docker.compose.service"]: [
                variable.partition("=")[0]
                for variable in each.attrs["Config"]["Env"]
                if re.match("(AWS|GOOGLE|CLOUD)_.*=", variable)
            ]
            for each in containers
        }
        assert sorted(variables.pop("cells")) == sorted(example.store.variables())
        assert sorted(variables.pop("more")) == sorted(example.googles.variables())
        assert [*variables.values()] == [[]] * len(variables), "no other step is told"
        logs = [each.logs().decode() for each in containers]
        words = [json.dumps([each.attrs["Path"], each.attrs["Args"], each.labels]) for each in containers]
        example.leaves_none(answer.out, answer.err, *logs, *words, images(client, build), folder=build)

        told_wrongly = example.told(host, who=example.store.stranger)
        refused = example.mlpc("submit", str(build), **told, **told_wrongly)
        assert refused.code == 5, refused
        assert "access-refused" in refused.out + refused.err
    finally:
        example.mlpc("down", str(build), "--volumes", **told)
    if version == "2":
        remove(client, build)


def test_on_airflow(
    example: Example, client: Any, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = example.compiled("airflow")
    assert example.mlpc("build", str(build)).code == 0
    for name, value in example.told(host).items():
        monkeypatch.setenv(name, value)
    airflow = Airflow(tmp_path / "airflow")
    id, _ = airflow.add(build)
    store = Store(client, next(iter(json.loads((build / "manifest.json").read_bytes())["images"])))
    try:
        done = airflow.test(id, store=store.name)
        assert (done.code, done.state) == (0, "success"), done
        assert store.record("quality")["metrics"] == example.metrics
        assert made_by({node: store.record(node) for node in ("cells", "more", "forest")}) == example.digests
        shown = json.dumps(airflow.load())
        files = "".join(store.text(path) for path in store.files() if path.endswith("result.json"))
        example.leaves_none(done.log, shown, files, images(client, build), folder=tmp_path)

        airflow._variables.update(example.store.stranger)
        done = airflow.test(id, store=store.name)
        assert (done.code, done.state, done.tasks["cells"]) == (1, "failed", "failed"), done
        assert "access-refused" in done.log
    finally:
        store.remove()
    remove(client, build)


def test_on_kubeflow(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = example.compiled("kubeflow")
    assert problems(build / "pipeline.yaml") == [[]]
    pythons = {}
    for tag, image in json.loads((build / "manifest.json").read_bytes())["images"].items():
        requirements = (build / image["dockerfile"]).with_name("requirements.txt")
        if image["requirements"]:
            name = f"image-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
            pythons[tag] = str(made(name, requirements))
    # Where a cluster has a Secret, the engine for one machine has the variables of its own process.
    for name, value in example.told().items():
        monkeypatch.setenv(name, value)
    done = run(build, tmp_path, {}, pythons)
    assert done.failed == [], done.log
    assert done.record("quality")["metrics"] == example.metrics
    assert made_by({node: done.record(node) for node in ("cells", "more", "forest")}) == example.digests
    example.leaves_none(done.log, folder=tmp_path)
    example.leaves_none(folder=build)
    for name, value in example.store.stranger.items():
        monkeypatch.setenv(name, value)
    done = run(build, tmp_path / "refused", {}, pythons)
    assert "cells" in done.failed
    assert "access-refused" in done.log
