"""Names on every target: no two of a spec become one, none becomes what the target itself uses, none is too long."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlpc.backend import Emitted, Material
from mlpc.ir import nodes
from mlpc_backends.airflow.spec import GROUP
from mlpc_backends.airflow.spec import TASK as AIRFLOW_TASK
from mlpc_backends.kubeflow.spec import JOIN, PORT
from mlpc_backends.kubeflow.spec import TASK as KUBEFLOW_TASK
from mlpc_backends.shared.limits import NAME
from mlpc_backends.shared.names import DNS, SERVICE, VARIABLE, Rule
from tests.mlpc_backends.airflow import reading
from tests.mlpc_backends.hostile import BACKENDS

RULES = (DNS, SERVICE, VARIABLE, KUBEFLOW_TASK, PORT, AIRFLOW_TASK, GROUP)
#: Rules for what an engine, or DNS, compares without regard to capital letters: they write none.
SMALL = (DNS, KUBEFLOW_TASK, PORT)
#: What engines and backends call things of their own, by the rule for names beside them.
OWN = {
    DNS: ("plain--image", "mlflow--server"),
    SERVICE: ("mlflow--server",),
    KUBEFLOW_TASK: ("promoted-0x1", "data-0x1", "data-0x12"),
    PORT: (f"data{JOIN}a{JOIN}b", f"record{JOIN}of{JOIN}a", f"mlpc{JOIN}record"),
}
#: Names that differ in what rules change: marks, brackets, letters' case, what an escape looks like.
ALIKE = st.text(st.sampled_from("aAxXu-_.[]05efß"), min_size=1, max_size=6)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(given=st.lists(ALIKE, min_size=2, max_size=8, unique=True))
def test_no_two_names_become_one(rule: Rule, given: list[str]) -> None:
    made = [rule.mangle(text) for text in given]
    assert [rule.unmangle(name) for name in made] == given
    assert len({name.lower() if rule in SMALL else name for name in made}) == len(given)


@pytest.mark.parametrize("rule", SMALL, ids=lambda rule: rule.name)
@given(text=ALIKE | st.text(st.characters(codec="utf-8"), min_size=1))
def test_where_capital_letters_do_not_count_there_are_none(rule: Rule, text: str) -> None:
    assert rule.mangle(text) == rule.mangle(text).lower()


@pytest.mark.parametrize(("rule", "name"), [(rule, name) for rule, names in OWN.items() for name in names])
def test_no_name_becomes_what_is_used_otherwise(rule: Rule, name: str) -> None:
    with pytest.raises(ValueError, match="is no name"):
        rule.unmangle(name)


FIT = nodes.Action("project", "train.py", "fit")
MATERIAL = Material({"a.py": b""}, {"train.py": b""})


def emitted(target: str, *ids: str, name: str = "p", **more: Any) -> Emitted:
    made = tuple(nodes.Task(id, FIT, {}, {}, {}) for id in ids)
    return BACKENDS[target].emit(nodes.Workflow(name, made, **more), MATERIAL)


def errors(result: Emitted) -> list[str]:
    found = [each.code.code for each in result.diagnostics if each.severity == "error"]
    assert bool(found) != bool(result.files)
    return found


NAMES: dict[str, Callable[[Emitted], list[str]]] = {
    "compose": lambda made: list(yaml.safe_load(made.files["docker-compose.yml"])["services"]),
    "kubeflow": lambda made: list(yaml.safe_load(made.files["pipeline.yaml"])["root"]["dag"]["tasks"]),
    "airflow": lambda made: list(reading.steps(made.files["dag.py"])),
    "local": lambda made: [node["id"] for node in json.loads(made.files["plan.json"])["nodes"]],
}


@pytest.mark.parametrize("target", BACKENDS)
@given(given=st.lists(ALIKE, min_size=1, max_size=6, unique=True))
def test_every_step_has_a_name_of_its_own(target: str, given: list[str]) -> None:
    made = emitted(target, *given)
    if target == "kubeflow" and errors(made):
        assert set(errors(made)) == {"MLP551"}
        assert any(len(KUBEFLOW_TASK.mangle(text)) > 47 for text in given)
        return
    found = NAMES[target](made)
    assert len(found) == len(set(found)) == len(given)
    if target == "kubeflow":
        assert len({name.lower() for name in found}) == len(given)


#: The longest name of a step, and of a pipeline, that a target takes.
LONGEST = {"kubeflow": (47, 52), "compose": (120, 237), "airflow": (250, 237)}


@pytest.mark.parametrize("target", LONGEST)
def test_a_name_is_as_long_as_the_target_takes_and_no_longer(target: str) -> None:
    step, pipeline = LONGEST[target]
    made = emitted(target, "n" * step)
    assert errors(made) == []
    assert NAMES[target](made) == ["n" * step]
    assert errors(emitted(target, "n" * (step + 1))) == ["MLP551"]
    assert errors(emitted(target, "a", name="p" * pipeline)) == []
    refused = emitted(target, "a", name="p" * (pipeline + 1))
    assert errors(refused) == ["MLP551"]
    # The rule of the engine is quoted.
    (error,) = [each for each in refused.diagnostics if each.severity == "error"]
    assert any(char.isdigit() for char in " ".join(error.help))


@pytest.mark.parametrize("target", LONGEST)
def test_secrets_and_parameters_too(target: str) -> None:
    def named(length: int) -> Emitted:
        secret = nodes.Secret("s" * length, {"base": "string"}, {"env": "A"})
        return emitted(
            target, "a", secrets=(secret,), params=(nodes.Param("p" * length, {"base": "int"}, 1),)
        )

    assert errors(named(NAME)) == []
    assert errors(named(NAME + 1)) == ["MLP551"]


def test_the_server_beside_a_registry_has_a_name_that_dns_tells_from_others() -> None:
    register = nodes.Action("runtime", "mlpc_stdlib.runtime.register", "mlflow")
    catalog = nodes.Task("MLflow", register, {}, {}, {"tracking_uri": None}, effect=True)
    made = BACKENDS["compose"].emit(nodes.Workflow("p", (catalog,)), MATERIAL)
    names = NAMES["compose"](made)
    assert len({name.lower() for name in names}) == len(names) == 2
