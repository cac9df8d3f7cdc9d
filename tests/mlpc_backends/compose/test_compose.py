"""What the backend for Docker Compose emits, notes and refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from mlpc.backend import CONSTRUCTS, Emitted, Material
from mlpc.ir import models, nodes
from mlpc_backends.compose import BACKEND
from mlpc_backends.shared.names import SERVICE
from tests.mlpc.ir.workflows import workflows

MATERIAL = Material({"mlpc_stdlib/__init__.py": b""}, {"train.py": b"x = 1\n"})
FIT = nodes.Action("project", "train.py", "fit")
MODEL: nodes.JsonObject = {"type": "file", "format": "bin"}
CSV = nodes.Input((nodes.External("data/cells.csv", False, MODEL),))
REGISTER = nodes.Action("runtime", "mlpc_stdlib.runtime.register", "mlflow")


def task(id: str, **more: Any) -> nodes.Task:
    given: dict[str, Any] = {"inputs": {}, "outputs": {"model": nodes.Output(MODEL)}, "arguments": {}, **more}
    return nodes.Task(id, given.pop("action", FIT), **given)


def emitted(*made: nodes.Node, material: Material = MATERIAL, **more: Any) -> Emitted:
    return BACKEND.emit(nodes.Workflow("tumor", made, **more), material)


def compose(result: Emitted) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(result.files["docker-compose.yml"])
    return found


def said(result: Emitted) -> list[str]:
    return [" | ".join([f"{item.code.code} {item.message}", *item.help]) for item in result.diagnostics]


def plain(text: str) -> str:
    """What Compose makes of a text without variables."""
    assert "$" not in text.replace("$$", "")
    return text.replace("$$", "$")


# Structure


GATE = nodes.Gate("fit.gate", (), after=("fit",))
API = nodes.Service(
    "api",
    nodes.Action("runtime", "mlpc_stdlib.runtime.serve", "server"),
    {"model": nodes.Input((nodes.Reference("fit", "model"),))},
    {},
    resources=nodes.Resources(1.0, 512 << 20),
    after=("fit.gate",),
)


def test_jobs_in_order_a_gate_of_its_own_a_server_after_all_of_them() -> None:
    services = compose(emitted(task("fit", inputs={"rows": CSV}), GATE, API))["services"]
    completed = {"condition": "service_completed_successfully"}
    assert {name: service.get("depends_on", {}) for name, service in services.items()} == {
        "fit": {},
        "fit.gate": {"fit": completed},
        "api": {"fit": completed, "fit.gate": completed},
    }
    assert {name: service["restart"] for name, service in services.items()} == {
        "fit": "no",
        "fit.gate": "no",
        "api": "unless-stopped",
    }
    assert services["fit.gate"]["command"] == [
        "--workflow=/mlpc/workflow.json",
        "--node=fit.gate",
        "--store=/mlpc/store",
    ]
    assert services["fit"]["volumes"][1] == {
        "type": "bind",
        "source": "${MLPC_DATA:-./data}/data/cells.csv",
        "target": "/mlpc/data/data/cells.csv",
        "read_only": True,
    }
    assert services["api"]["ports"] == ["${MLPC_HOST:-127.0.0.1}:${MLPC_PORT_api:-8000}:8000"]
    assert (services["api"]["cpus"], services["api"]["mem_limit"]) == (1.0, 536870912)
    assert services["api"]["healthcheck"]["test"][0] == "CMD"


def test_a_registry_that_is_not_named_is_brought_up() -> None:
    enter = task("catalog", action=REGISTER, arguments={"tracking_uri": None}, effect=True)
    result = emitted(task("fit"), GATE, enter)
    services = compose(result)["services"]
    assert services["catalog"]["depends_on"]["mlflow"] == {"condition": "service_healthy"}
    workflow = json.loads(result.files["workflow.json"])
    assert workflow["nodes"][-1]["arguments"] == {"tracking_uri": "http://mlflow:5000"}
    assert said(result) == [
        (
            "MLP555 `catalog` says no `tracking_uri`: Compose starts a server `mlflow` of its own for it"
            ' | `tracking_uri = "https://…"` names one that is there already'
        )
    ]
    assert compose(result)["volumes"] == {"store": {}, "mlflow": {}}


def test_a_registry_that_is_named_is_not() -> None:
    result = emitted(
        task("catalog", action=REGISTER, arguments={"tracking_uri": "https://mlflow.example.org"})
    )
    assert list(compose(result)["services"]) == ["catalog"]


def test_a_step_called_like_the_server_beside_it() -> None:
    services = compose(emitted(task("mlflow", action=REGISTER, arguments={"tracking_uri": None})))["services"]
    assert list(services) == ["mlflow", "mlflow--server"]
    assert services["mlflow--server"]["command"][-1].startswith("--allowed-hosts=mlflow--server,")


def test_parameters_and_secrets_reach_only_who_reads_them() -> None:
    result = emitted(
        task("fit", arguments={"trees": {"param": "trees"}, "key": {"secret": "key"}}),
        task("other"),
        params=(nodes.Param("trees", {"base": "int"}, 200),),
        secrets=(nodes.Secret("key", {"base": "string"}, {"env": "KEY"}),),
    )
    services = compose(result)["services"]
    assert services["fit"]["environment"] == ["MLPC_PARAM_trees"]
    assert services["fit"]["secrets"] == ["key"]
    assert services["fit"]["command"][-2:] == [
        "--param-variable=trees=MLPC_PARAM_trees",
        "--secret=key=/run/secrets/key",
    ]
    assert not {"environment", "secrets"} & set(services["other"])
    assert compose(result)["secrets"] == {"key": {"file": "${MLPC_SECRETS:-./secrets}/key"}}
    assert "MLPC_PARAM_trees=200\n" in result.files[".env"].decode()


def test_a_default_that_env_files_disagree_on_is_not_written_there() -> None:
    result = emitted(params=(nodes.Param("text", {"base": "string"}, "a 'b' $c # d"),))
    assert "# MLPC_PARAM_text=\n" in result.files[".env"].decode()


def test_a_gpu_is_reserved() -> None:
    services = compose(emitted(task("fit", resources=nodes.Resources(gpu=2))))["services"]
    assert services["fit"]["deploy"]["resources"]["reservations"]["devices"] == [
        {"driver": "nvidia", "count": 2, "capabilities": ["gpu"]}
    ]


# Images


def test_steps_with_the_same_requirements_share_an_image() -> None:
    result = emitted(
        task("a", requirements=("numpy>=2", "pandas")),
        task("b", requirements=("pandas", "numpy>=2")),
        task("c"),
        GATE.__class__("g", ()),
    )
    services = compose(result)["services"]
    assert services["a"]["image"] == services["b"]["image"] != services["c"]["image"]
    assert services["c"]["image"] == services["g"]["image"]
    assert result.files["images/a/requirements.txt"] == b"numpy>=2\npandas\n"
    assert "MLP552 what the image `a` installs is not locked: it holds ranges of versions" in said(result)[0]


def test_what_is_locked_is_installed_by_its_hashes() -> None:
    lines = ("numpy==2.1.0 --hash=sha256:aa --hash=sha256:bb",)
    result = emitted(
        task("a", requirements=("numpy>=2",)),
        material=Material({"x.py": b""}, locked={("numpy>=2",): lines}, python="3.12"),
    )
    assert result.files["images/a/requirements.txt"] == (
        b"numpy==2.1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )
    dockerfile = result.files["images/a/Dockerfile"].decode()
    assert dockerfile.startswith("FROM python:3.12-slim AS packages\n")
    assert '"--require-hashes"' in dockerfile
    assert dockerfile.rstrip().splitlines()[-3] == "USER 10001:10001"
    assert said(result) == []


def test_a_tag_names_the_content_of_an_image() -> None:
    def tag(text: bytes) -> str:
        result = emitted(task("a"), material=Material({"x.py": b""}, {"train.py": text}))
        return str(compose(result)["services"]["a"]["image"])

    assert tag(b"1") == tag(b"1") != tag(b"2")


# What is refused


def test_what_is_no_image_never_reaches_a_dockerfile() -> None:
    for name in ("x:1\nRUN rm -rf /", "x:1 AS packages", "$HOME", "--platform=x y", "X Y", ""):
        result = emitted(task("fit", action=nodes.Action("container", name, command=("train",))))
        assert any(line.startswith("MLP211") for line in said(result)), name
        assert result.files == {}


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (
            task("fit", inputs={"rows": nodes.Input((nodes.External("../x.csv", False, MODEL),))}),
            "MLP554 `../x.csv`, the `rows` of `fit`, does not lie in the project",
        ),
        (task("n" * 200), "MLP551 `nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…` is too long a name on Compose"),
        (
            task("fit", requirements=("--no-index",)),
            "MLP557 `fit` requires `--no-index`",
        ),
        (task("fit", requirements=("numpy\n-r /etc/passwd",)), "MLP557 `fit` requires `numpy"),
        (task("fit", resources=nodes.Resources(memory=1024)), "MLP558 `fit` asks for less than Docker gives"),
        (
            nodes.Service("fit", nodes.Action("container", "x:1", command=("serve",)), {}, {}),
            "MLP510 `fit` needs a service that runs a container",
        ),
        (task("fit", after=("api",)), "MLP553 `fit` needs what the service `api` gives while it runs"),
    ],
)
def test_what_compose_cannot_do_is_refused_at_its_place(node: nodes.Task | nodes.Service, text: str) -> None:
    node.labels = {"place": {"file": "main.mlp", "line": 7, "column": 3}}
    result = emitted(nodes.Service("api", FIT, {}, {}), node)
    found = [line for line in said(result) if "MLP55" in line or "MLP510" in line]
    assert found[0].startswith(text)
    assert "`main.mlp:7:3" in found[0].replace("stands at ", "`") or "MLP557" in found[0]
    assert result.files == {}


def test_every_construct_has_its_place_in_the_table() -> None:
    assert set(BACKEND.capabilities.table) == set(CONSTRUCTS)


# Hostile text, determinism


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(workflows())
def test_no_text_of_a_spec_changes_the_structure(workflow: nodes.Workflow) -> None:
    result = BACKEND.emit(workflow, MATERIAL)
    if result.has_errors:
        assert result.files == {}
        return
    made = compose(result)
    jobs = [node for node in workflow.nodes if isinstance(node, nodes.Task | nodes.Gate | nodes.Service)]
    assert set(made["services"]) == {SERVICE.mangle(node.id) for node in jobs}
    for node in jobs:
        service = made["services"][SERVICE.mangle(node.id)]
        assert plain(service["command"][1]) == f"--node={node.id}"
        assert set(service.get("depends_on", {})) <= set(made["services"])
        assert service["cap_drop"] == ["ALL"]
    again = models.loads(result.files["workflow.json"])
    assert {node.id for node in again.nodes} == {node.id for node in workflow.nodes}
    for path, text in result.files.items():
        if path.endswith("Dockerfile"):
            # On top of an image of the user's, `CMD []` takes what that one runs by default away.
            lines = [line for line in text.decode().splitlines() if line]
            words = {line.split()[0] for line in lines if line != "CMD []"}
            assert words <= {"FROM", "ARG", "RUN", "COPY", "ENV", "USER", "WORKDIR", "ENTRYPOINT"}
    for line in result.files[".env"].decode().splitlines():
        assert line.startswith("#") or line.partition("=")[0].replace("_", "").isalnum()


def test_the_manifest_has_the_digest_of_every_file() -> None:
    from hashlib import sha256

    result = emitted(task("fit", inputs={"rows": CSV}), GATE, API)
    manifest = json.loads(result.files["manifest.json"])
    assert manifest["files"] == {
        path: f"sha256:{sha256(text).hexdigest()}"
        for path, text in result.files.items()
        if path != "manifest.json"
    }
    assert manifest["data"] == [{"path": "data/cells.csv", "type": MODEL, "nodes": ["fit"]}]
    assert (manifest["jobs"], manifest["services"]) == (
        {"fit": "fit", "fit.gate": "fit.gate"},
        {"api": "api"},
    )


TUMOR = Path(__file__).resolve().parents[3] / "examples" / "tumor" / "main.mlp"


@pytest.mark.parametrize(
    "surroundings",
    [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "77", "TZ": "Asia/Kathmandu", "UMASK": "077"}],
)
def test_a_spec_gives_the_same_bytes_and_modes_everywhere(
    tmp_path: Path, surroundings: dict[str, str]
) -> None:
    def compiled(name: str, **more: str) -> dict[str, tuple[int, bytes]]:
        code = (
            "import os, sys\n"
            "os.umask(int(os.environ.get('UMASK', '022'), 8))\n"
            "from mlpc_cli.__main__ import main\n"
            "sys.exit(main())\n"
        )
        folder = tmp_path / name / "build"
        folder.parent.mkdir()
        subprocess.run(
            [sys.executable, "-c", code, "compile", str(TUMOR), "--to", "compose", "-o", str(folder)],
            env={**os.environ, **more},
            cwd=folder.parent,
            check=True,
            capture_output=True,
        )
        return {
            str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in folder.rglob("*")
        }

    assert compiled("one") == compiled("two", **surroundings)


# What exports are run by


def test_packages_of_npm_are_in_the_image_of_what_is_run_in_node() -> None:
    export = nodes.Action("runtime", "mlpc_stdlib.runtime.export", "onnx")

    def fetched(runtimes: list[nodes.Json]) -> bool:
        arguments: nodes.JsonObject = {"parity.runtimes": runtimes}
        made = task("portable", action=export, arguments=arguments, requirements=("onnx>=1.17",))
        return (
            b'"mlpc_stdlib.runtime.npm", "onnxruntime-web"'
            in emitted(made).files["images/portable/Dockerfile"]
        )

    assert fetched(["onnxruntime", "node"])
    assert not fetched(["onnxruntime"])


def test_a_browser_is_in_no_image() -> None:
    result = emitted(task("page", labels={"programs": ["chromium"]}))
    assert result.files == {}
    (line,) = [line for line in said(result) if "MLP510" in line]
    assert line.startswith(
        "MLP510 `page` needs a step that starts a program of the machine, such as a browser, which"
    )
    # An image of the user's own may have it.
    own = nodes.Action("container", "image:1")
    result = emitted(task("page", action=own, labels={"programs": ["chromium"]}))
    assert not [line for line in said(result) if "MLP510" in line]
