"""What is promoted, what blocks it, and what stays as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlpc.ir.nodes import Action, Condition, Gate, Input, Service, Workflow
from mlpc_run import promotion
from mlpc_run.errors import EngineError
from mlpc_run.gc import collect
from mlpc_run.promotion import Promotion
from mlpc_run.store import Store

from .projects import Project, gate, measure, said, source, states, step, text, workflow

if TYPE_CHECKING:
    from mlpc.ir.nodes import Node


def service(id: str = "api", model: str = "model", after: tuple[str, ...] = (), **arguments: Any) -> Service:
    """A service that would serve the output of a step; it is not started here."""
    return Service(
        id,
        Action("runtime", "mlpc_stdlib.runtime.serve", "server"),
        {"model": Input((source(model),))},
        arguments,
        after=after,
    )


def chain(letters: str = "abc", bound: float = 3, *more: Node) -> Workflow:
    """A model, its measure and a gate on it, and a service behind that."""
    return workflow(
        step("model", text=letters),
        measure("quality", "model"),
        gate("quality.gate", "quality", ">=", bound),
        *more,
        service(after=("quality.gate",)),
    )


def current(project: Project) -> Promotion | None:
    with Store(project.layout) as store:
        return promotion.current(store, "small", "")


def test_what_passes_is_promoted_with_all_that_serving_needs(project: Project) -> None:
    summary = project.run(chain())
    assert (summary.exit_code, summary.promoted, summary.new, summary.reasons) == (0, ["api"], True, [])
    found = current(project)
    assert found is not None
    bundle = found.bundle["services"]["api"]
    assert Path(project.layout.object(bundle["inputs"]["model"]["digest"])).read_text() == "abc"
    assert bundle["action"]["target"] == "mlpc_stdlib.runtime.serve"
    assert found.bundle["figures"] == {"quality": {"letters": 3}}
    assert found.run == summary.run


@pytest.mark.parametrize(
    ("bound", "passes"), [(3.0, True), (3.0000000000000004, False), (2.9999999999999996, True)]
)
def test_a_bound_just_either_side_of_the_figure(project: Project, bound: float, passes: bool) -> None:
    summary = project.run(chain("abc", bound))
    assert summary.exit_code == (0 if passes else 1)
    assert (current(project) is not None) is passes


def test_a_gate_that_fails_changes_nothing_that_was_promoted(project: Project) -> None:
    project.run(chain())
    before = current(project)
    summary = project.run(chain("ab"))
    assert (summary.exit_code, summary.promoted) == (1, [])
    assert summary.reasons == ["`quality.gate`: letters >= 3 (letters is 2)"]
    assert [event.data["by"] for event in project.happened("blocked", "api")] == [["quality.gate"]]
    after = current(project)
    assert before is not None
    assert after is not None
    assert (after.id, after.bundle) == (before.id, before.bundle)


def test_a_step_that_fails_half_way_changes_nothing_that_was_promoted(project: Project) -> None:
    project.run(chain())
    before = current(project)
    broken = step("extra", "no_such_function", {"data": "model"})
    summary = project.run(chain("abcd", 3, broken))
    assert summary.exit_code == 5
    assert summary.promoted == []
    after = current(project)
    assert before is not None
    assert after is not None
    assert after.bundle == before.bundle


def test_the_same_again_is_the_same_promotion(project: Project) -> None:
    project.run(chain())
    first = current(project)
    summary = project.run(chain())
    again = current(project)
    assert (summary.promoted, summary.new) == (["api"], False)
    assert first is not None
    assert again is not None
    assert again.id == first.id
    assert again.confirmed > first.confirmed


def test_a_service_that_moved_in_the_file_is_the_same_promotion(project: Project) -> None:
    def at(line: int) -> Workflow:
        spec = chain()
        spec.nodes[-1].labels = {"place": {"file": "main.mlp", "line": line, "column": 1}}
        return spec

    assert project.run(at(7)).new is True
    assert project.run(at(8)).new is False
    with Store(project.layout) as store:
        assert len(promotion.every(store, "small", "")) == 1, "so that going back goes to something else"


def test_going_back_to_what_was_collected(project: Project) -> None:
    for letters in ("abc", "abcd"):
        project.run(chain(letters))
    collect(project.root, keep=1, shared=False)
    with (
        Store(project.layout) as store,
        pytest.raises(EngineError, match="promotion 1 of `small`, the one before 2, is no longer kept"),
    ):
        promotion.previous(store, "small", "")


def test_going_back_goes_to_what_was_served_before(project: Project) -> None:
    def served() -> str:
        found = current(project)
        assert found is not None
        return Path(
            project.layout.object(found.bundle["services"]["api"]["inputs"]["model"]["digest"])
        ).read_text()

    for letters in ("abc", "bad!", "good"):
        project.run(chain(letters))
        if letters == "bad!":
            with Store(project.layout) as store:
                promotion.previous(store, "small", "")
            assert served() == "abc"
    assert served() == "good"
    with Store(project.layout) as store:
        promotion.previous(store, "small", "")
        assert served() == "abc", "not to the one that was taken back"
        with pytest.raises(EngineError, match="is the first of `small`: there is none to go back to"):
            promotion.previous(store, "small", "")


def test_nothing_to_go_back_to(project: Project) -> None:
    with (
        Store(project.layout) as store,
        pytest.raises(EngineError, match="nothing of `small` is promoted yet"),
    ):
        promotion.previous(store, "small", "")


def test_environments_are_promoted_apart(project: Project) -> None:
    project.run(chain())
    other = chain("other")
    other.environment = "ci"
    project.run(other)
    with Store(project.layout) as store:
        assert [each.run for name in ("", "ci") if (each := promotion.current(store, "small", name))] == [
            1,
            2,
        ]


def test_only_promotes_what_it_is_about_and_keeps_the_rest(project: Project) -> None:
    two = workflow(step("model", text="a"), step("other", text="b"), service("api"), service("web", "other"))
    project.run(two)
    project.run(workflow(step("model", text="c"), step("other", text="d"), *two.nodes[2:]), only=("api",))
    found = current(project)
    assert found is not None
    models = {
        id: Path(project.layout.object(each["inputs"]["model"]["digest"])).read_text()
        for id, each in found.bundle["services"].items()
    }
    assert models == {"api": "c", "web": "b"}


# Gates


def test_a_warning_blocks_nothing(project: Project) -> None:
    nodes: list[Any] = [
        step("model", text="abc"),
        measure("quality", "model"),
        gate("g", "quality", ">", 9, severity="warn"),
    ]
    summary = project.run(workflow(*nodes, service(after=("g",))))
    assert (summary.exit_code, summary.promoted) == (0, ["api"])
    assert [verdict["passed"] for verdict in summary.gates[0].verdicts] == [False]


@pytest.mark.parametrize(
    ("figure", "reason"),
    [
        ("{'other': 1}", "`quality` did not measure letters"),
        ("{'letters': None}", "`quality` did not measure letters"),
    ],
)
def test_a_figure_that_is_missing_has_not_passed(project: Project, figure: str, reason: str) -> None:
    project.write("figure.py", f"def figure() -> dict:\n    return {figure}\n")
    quality = step("quality", "figure", file="figure.py", outputs={"metrics": {"type": "metrics"}})
    summary = project.run(workflow(quality, gate("g", "quality", "<", 9)))
    if summary.step("quality").state == "failed":
        assert "letters" in str(summary.step("quality").error), "the step itself refuses such a figure"
        return
    assert summary.exit_code == 1
    assert summary.gates[0].verdicts[0]["reason"] == reason
    assert summary.reasons == [f"`g`: letters < 9 ({reason})"]


def test_a_gate_holds_back_the_steps_that_name_it(project: Project) -> None:
    spec = workflow(
        step("model", text="abc"),
        measure("quality", "model"),
        gate("g", "quality", ">", 9),
        step("after", "copy", {"data": "model"}, after=("g",)),
        step("later", "copy", {"data": "after"}),
    )
    summary = project.run(spec)
    assert states(summary) == {"model": "ran", "quality": "ran", "after": "blocked", "later": "blocked"}
    assert summary.step("later").by == ["g"]


def test_a_gate_reads_parameters(project: Project) -> None:
    expr: dict[str, Any] = {
        "op": ">=",
        "args": [{"metric": {"node": "q", "name": "letters"}}, {"param": "least"}],
    }
    spec = workflow(
        step("m", text="abc"),
        measure("q", "m"),
        Gate("g", (Condition(expr, "letters >= least"),)),
        params={"least": 3},
    )
    assert [project.run(spec, {"least": least}).exit_code for least in (3, 4)] == [0, 1]


# Effects: a registry that is a file

REGISTER = """
    import json, os, sys
    from pathlib import Path


    def register(data: Path, registry: str) -> str:
        registry = registry.removeprefix("file://")
        entries = json.loads(Path(registry).read_text()) if Path(registry).exists() else []
        entries.append(data.read_text())
        Path(registry).write_text(json.dumps(entries))
        return data.read_text()
"""


def registering(project: Project, letters: str, bound: float, *more: Node) -> Workflow:
    project.write("register.py", REGISTER)
    registry = f"file://{project.root}/registry.json"
    enter = step(
        "register",
        "register",
        {"data": "model"},
        file="register.py",
        effect=True,
        after=("g",),
        registry=registry,
    )
    return workflow(
        step("model", text=letters), measure("q", "model"), gate("g", "q", ">=", bound), *more, enter
    )


def entries(project: Project) -> list[str]:
    path = project.root / "registry.json"
    return json.loads(path.read_text()) if path.exists() else []


def test_an_effect_happens_once_and_only_behind_its_gates(project: Project) -> None:
    assert project.run(registering(project, "abc", 4)).exit_code == 1
    assert entries(project) == []
    assert project.run(registering(project, "abc", 3)).promoted == ["register"]
    assert states(project.run(registering(project, "abc", 3)))["register"] == "cached"
    assert entries(project) == ["abc"]


def test_a_run_that_does_not_promote_has_no_effect(project: Project) -> None:
    bad = gate("unrelated", "q", ">", 100)
    summary = project.run(registering(project, "abc", 3, bad))
    assert (summary.exit_code, states(summary)["register"]) == (1, "blocked")
    assert summary.step("register").by == ["unrelated"]
    assert entries(project) == []
    broken = step("broken", "no_such_function")
    summary = project.run(registering(project, "abc", 3, broken))
    assert (summary.exit_code, states(summary)["register"]) == (5, "blocked")
    assert entries(project) == []


def test_an_effect_that_no_longer_stands_is_done_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = registering(project, "abc", 3)
    project.run(spec)
    with Store(project.layout) as store:
        ((key, result),) = store.rows("SELECT key, result FROM results WHERE node='register'")
        told = {**json.loads(result), "effect": {"version": 1}}
        store.write([("UPDATE results SET result=? WHERE key=?", (json.dumps(told), key))])
    for stands, state in ((True, "cached"), (False, "ran")):
        monkeypatch.setattr("mlpc_run.executor.Executor.verify", lambda self, task, work, effect, s=stands: s)
        assert project.plan(spec)["register"] == ("verify", [])
        assert states(project.run(spec))["register"] == state
    assert entries(project) == ["abc", "abc"]


def test_what_failed_is_said_in_full(project: Project) -> None:
    assert text(project.run(chain()), "model") == "abc"
    assert said(promotion.nothing("small", "ci")) == (
        "MLP642 nothing of `small` is promoted in the environment `ci` yet\n`mlpc run` trains, judges and promotes"
    )
