"""The example with `each`, on a real PostgreSQL: rows by query, a model a region, the best of those that passed."""

from __future__ import annotations

import ipaddress
import json
import re
import runpy
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlpc.compilation import Compilation
from mlpc_cli.loader import DiskLoader
from tests.examples.projects import EXAMPLES, copy_of, edit, metrics
from tests.mlpc_cli.command import Answer
from tests.mlpc_engines import engine
from tests.postgres import Postgres, running

SPECS = EXAMPLES.parent / "tests" / "specs"
REGIONS = ("eu", "us", "apac")


def test_the_program_is_the_reference() -> None:
    """It is the reference to the letter, which has no mistake; what its budget cannot decide for want of prices is said."""
    compilation = Compilation(DiskLoader(str(SPECS)), "regions.mlp")
    assert [item.code.name for item in compilation.check()] == ["undecided-budget"] * 2
    assert (EXAMPLES / "regions" / "main.mlp").read_bytes() == (SPECS / "regions.mlp").read_bytes()
    assert (EXAMPLES / "regions" / "train.py").read_bytes() == (SPECS / "train.py").read_bytes()


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with running() as found:
        fill(found)
        yield found


def fill(server: Postgres) -> None:
    """Run the script of the example, which makes the same rows each time."""
    namespace = runpy.run_path(str(EXAMPLES / "regions" / "seed.py"))
    assert namespace["fill"](server.url()) == 540


def mlpc(server: Postgres, *arguments: str, cwd: Path) -> Answer:
    return engine.mlpc(*arguments, cwd=cwd, variables={"MLPC_SECRET_WAREHOUSE": server.url()})


def executed(answer: Answer) -> list[str]:
    """The steps that the summary says were executed."""
    return re.findall(r"^  (\S+) +ran ", answer.out, re.MULTILINE)


@pytest.fixture(scope="module")
def regions(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example after one run."""
    project = copy_of("regions", tmp_path_factory.mktemp("regions") / "regions")
    answer = mlpc(server, "run", cwd=project)
    assert answer.code == 0, answer
    steps = [f"{name}[{region}]" for name in ("sales", "parts", "model", "quality") for region in REGIONS]
    assert sorted(executed(answer)) == sorted([*steps, "best.model", "best"])
    assert "`model[apac]` cannot be chosen" in answer.out
    assert server.password not in answer.out + answer.err
    return project


pytestmark = pytest.mark.timeout(1800)


@pytest.mark.engine
def test_the_best_of_those_that_passed_is_registered(regions: Path) -> None:
    rmse = {region: metrics(regions, "regions", f"quality[{region}]")["rmse"] for region in REGIONS}
    assert rmse["eu"] < rmse["us"] < 150 < rmse["apac"]
    # What goes on is the winner's model, and the figures that judged it.
    latest = regions / ".mlpc/latest/regions"
    (chosen,) = latest.joinpath("best.model").glob("chosen*")
    (model,) = latest.joinpath("model[eu]").glob("model*")
    assert contents(chosen) == contents(model)
    figures = json.loads(next(latest.joinpath("best.model").glob("of_quality*")).read_text(encoding="utf-8"))
    assert figures["rmse"] == rmse["eu"]


def contents(path: Path) -> dict[str, bytes]:
    """Return what lies in an artefact: bytes by relative path."""
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    return {str(each.relative_to(path)): each.read_bytes() for each in files}


@pytest.mark.engine
def test_rows_are_fetched_anew_and_nothing_follows_where_they_did_not_change(
    regions: Path, server: Postgres
) -> None:
    assert sorted(executed(mlpc(server, "run", cwd=regions))) == sorted(f"sales[{each}]" for each in REGIONS)
    server.sql("insert into sales values ('2026-01-15', 'us', 50, 750)")
    try:
        answer = mlpc(server, "run", cwd=regions)
        assert "model[us]" in executed(answer)
        assert "model[eu]" not in executed(answer)
        assert answer.code == 0, answer
    finally:
        fill(server)
    assert "model[us]" not in executed(mlpc(server, "run", cwd=regions)), "the first rows are known already"


@pytest.mark.engine
def test_no_secret_is_left(regions: Path, server: Postgres) -> None:
    files = [path for path in regions.rglob("*") if path.is_file() and not path.is_symlink()]
    assert files
    assert not [path for path in files if server.password.encode() in path.read_bytes()]


@pytest.mark.engine
def test_where_none_passes_nothing_is_promoted(server: Postgres, tmp_path: Path) -> None:
    project = copy_of("regions", tmp_path / "regions")
    edit(project, "require rmse <= 150", "require rmse <= 5")
    answer = mlpc(server, "run", cwd=project)
    assert answer.code == 1, answer
    assert "not promoted" in answer.out
    assert "no candidate is left to choose from: eu " in answer.out
    assert not executed(answer).count("best")


@pytest.mark.engine
def test_without_the_secret_or_the_server_it_says_so(server: Postgres, tmp_path: Path) -> None:
    project = copy_of("regions", tmp_path / "regions")
    none = engine.mlpc("run", cwd=project, variables={})
    assert none.code == 4, none
    assert "MLP607" in none.err
    assert "export MLPC_SECRET_WAREHOUSE=…" in none.err
    away = {"MLPC_SECRET_WAREHOUSE": "postgresql://owner:hidden-word@127.0.0.1:1/warehouse"}
    lost = engine.mlpc("run", "--only", "sales[eu]", cwd=project, variables=away)
    assert lost.code == 5, lost
    assert "MLP707" in lost.out + lost.err
    assert "hidden-word" not in lost.out + lost.err


@pytest.mark.parametrize("target", ["local", "compose", "kubeflow", "airflow"])
def test_it_compiles_for_every_target(target: str, tmp_path: Path) -> None:
    project = copy_of("regions", tmp_path / "regions")
    answer = engine.mlpc("compile", "--to", target, "-o", str(tmp_path / "out"), cwd=project, variables={})
    assert answer.code == 0, answer
    text = "".join(
        path.read_text(encoding="utf-8") for path in sorted((tmp_path / "out").rglob("*")) if path.is_file()
    )
    for region in REGIONS:
        assert f"where region = '{region}'" in text


def bridge() -> str:
    """Return the address by which containers reach this machine."""
    done = engine.call("docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}")
    (config,) = json.loads(done.stdout)
    # An engine that made no network yet leaves out what follows from the subnet.
    return str(config.get("Gateway") or ipaddress.ip_network(config["Subnet"])[1])


def submitted(server: Postgres, project: Path, code: int) -> dict[str, Any]:
    """Run the project on Compose, from an empty store, and return the summary."""
    name = f"mlpc-test-{uuid.uuid4().hex[:8]}"
    variables = {"COMPOSE_PROJECT_NAME": name, "MLPC_COMPOSE": engine.compose_2(), "MLPC_MLFLOW_PORT": "0"}
    answer = engine.mlpc("compile", "--to", "compose", "-o", "build", cwd=project, variables=variables)
    assert answer.code == 0, answer
    (project / "build" / "secrets").mkdir(exist_ok=True)
    secret = project / "build" / "secrets" / "warehouse"
    secret.write_text(server.url(bridge()), encoding="utf-8")
    secret.chmod(0o644)
    try:
        answer = engine.mlpc("submit", "build", "--json", cwd=project, variables=variables)
        assert answer.code == code, answer
        assert server.password not in answer.out + answer.err
        found: dict[str, Any] = json.loads(answer.out)
        return found
    finally:
        engine.mlpc("down", "build", "--volumes", cwd=project, variables=variables)


@pytest.fixture(scope="module")
def docker_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with engine.running(tmp_path_factory.mktemp("docker") / "dockerd.log"):
        engine.make_base_image()
        yield


@pytest.mark.engine
def test_compose_comes_to_the_same(
    docker_engine: None, regions: Path, server: Postgres, tmp_path: Path
) -> None:
    """Figures to the last digit, and the same choice: a gate that fails keeps no other candidate back."""
    found = submitted(server, copy_of("regions", tmp_path / "regions"), 0)
    figures = {step["node"]: step["metrics"] for step in found["steps"]}
    for region in REGIONS:
        assert figures[f"quality[{region}]"] == metrics(regions, "regions", f"quality[{region}]")
    assert figures["best.model"] == {
        "candidates": 3,
        "passed": 2,
        "figure": figures["quality[eu]"]["rmse"],
    }
    assert found["promoted"] == ["best"]


@pytest.mark.engine
def test_compose_promotes_nothing_where_none_passes(
    docker_engine: None, server: Postgres, tmp_path: Path
) -> None:
    project = copy_of("regions", tmp_path / "regions")
    edit(project, "require rmse <= 150", "require rmse <= 5")
    found = submitted(server, project, 1)
    states = {step["node"]: step["state"] for step in found["steps"]}
    assert (states["best.model"], states["best"]) == ("not-passed", "blocked")
    assert found["promoted"] == []
