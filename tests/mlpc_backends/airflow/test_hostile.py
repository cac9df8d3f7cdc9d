"""A pipeline with a hostile text in every place that is executed runs on Airflow, and its secret is nowhere to be found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.mlpc_backends.hostile import Compiled
from tests.mlpc_backends.projects import Project, Searched
from tests.mlpc_backends.spec import HOSTILE, PLAIN
from tests.mlpc_engines import engine

from .engine import Airflow, Store

pytestmark = pytest.mark.engine


@pytest.mark.timeout(3000)
def test_texts_arrive_as_they_are_and_the_secret_stays_out(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    searched = Searched(project.secret)
    with engine.running(tmp_path / "dockerd.log"):
        engine.make_base_image()
        for words in (["compile", "main.mlp", "--to", "airflow", "-o", "build"], ["build", "build"]):
            answer = engine.mlpc(*words, cwd=project.folder, variables={})
            assert answer.code == 0, answer
            searched.bytes(f"what {words[0]} says", answer.out + answer.err)
        build = project.folder / "build"
        (tag,) = json.loads((build / "manifest.json").read_bytes())["images"]
        airflow = Airflow(tmp_path / "airflow")
        id, there = airflow.add(build)
        shutil.copytree(project.folder / "data", there / "data" / "data")
        (there / "secrets").mkdir()
        (there / "secrets" / "key").write_text(project.secret, encoding="utf-8")
        client = docker.from_env(timeout=600)
        store = Store(client, tag)
        try:
            run = airflow.test(id, store=store.name)
            assert (run.code, run.state) == (0, "success"), run
            assert set(run.tasks.values()) == {"success"}, run
            assert json.loads(store.text("enter/copy")) == project.told()

            assert "the secret is ***" in run.log
            searched.bytes("the log", run.log)
            for file in store.files():
                searched.bytes(file, store.text(file))
            searched.image(tag)
            # The database, logs and configuration.
            assert (airflow.home / "airflow.db").stat().st_size > 100_000
            searched.folder(airflow.home)
            # What is beside the DAG file is what was compiled, and the secret where it was put.
            searched.folder(there, "key")
            searched.folder(project.folder)
            assert searched.looked_at > 100_000_000
        finally:
            store.remove()
            client.images.remove(tag, force=True)


def test_airflow_loads_any_text_as_it_is(tmp_path: Path) -> None:
    airflow = Airflow(tmp_path / "airflow")
    texts = {f"w{number}": f"{text}{PLAIN}{text}" for number, text in enumerate(["", *HOSTILE])}
    for name, text in texts.items():
        made = Compiled("airflow", text, *(["default", "choice"] if "\0" in text else []), name=name)
        for path, data in made.emitted.files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(data)
        airflow.add(tmp_path / name)
    found = airflow.load()
    assert found["errors"] == {}
    assert found["dags"].keys() == texts.keys()

    def structure(dag: dict[str, Any]) -> dict[str, Any]:
        return {key: dag[key] for key in ("schedule", "catchup", "tasks")} | {"params": list(dag["params"])}

    for name, text in texts.items():
        dag = found["dags"][name]
        assert structure(dag) == structure(found["dags"]["w0"])
        assert dag["owner"] == text
        assert text[:100] in dag["tags"]
        said = PLAIN if "\0" in text else text
        assert dag["params"] == {
            "said": said,
            "choice": said,
            "many": [said, "two"],
            "named": {text: said},
        }
