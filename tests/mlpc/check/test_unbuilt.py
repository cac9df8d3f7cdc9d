"""Steps that are declared and not built: checked and drawn, never run."""

from __future__ import annotations

from pathlib import Path

import mlpc_stdlib
from mlpc import codes
from tests.loader import checked, compiled
from tests.mlpc_cli.command import mlpc

SPECS = Path(__file__).resolve().parents[2] / "specs"
FILES: dict[str, str | bytes] = {path.name: path.read_text(encoding="utf-8") for path in SPECS.glob("*.mlp")}

PIPELINE = """mlp 1

pipeline cells {
  data cells: csv { path = "cells.csv", schema = Cell }
  train forest: sklearn.random_forest { data = cells }
  export portable: onnx { model = forest }
  deploy cloud: cloud_gpu { model = portable }
  monitor drift: evidently { reference = cells, observed = cloud.requests }
}

schema Cell {
  radius: float
  malignant: bool @label
}
"""


def test_a_check_says_nothing_of_it() -> None:
    assert checked(PIPELINE) == []


def test_what_is_to_run_is_refused_with_every_such_step_and_what_would_work() -> None:
    compilation = compiled(PIPELINE)
    assert compilation.workflow() is None
    found = list(compilation.check())
    assert [item.code for item in found] == [codes.STEP_NOT_BUILT, codes.STEP_NOT_BUILT]
    assert [item.message for item in found] == [
        "`cloud` cannot run yet: `cloud_gpu` is declared, but its step is not built",
        "`drift` cannot run yet: `evidently` is declared, but its step is not built",
    ]
    assert found[0].help[0].startswith("what is built for `deploy` is `server`")
    assert found[0].help[1].endswith("`env now { remove cloud }`")


def test_the_instances_of_a_block_are_said_once() -> None:
    compilation = compiled(
        PIPELINE.replace("  monitor", "  #monitor").replace("cloud:", "cloud each least in [1, 2]:")
    )
    assert compilation.graph() is not None
    assert compilation.workflow() is None
    assert [item.message.partition(" cannot")[0] for item in compilation.check()] == ["`cloud[least]`"]
    assert next(iter(compilation.check())).help[1].endswith("`env now { remove cloud }`")


def test_without_such_steps_it_runs() -> None:
    text = str(FILES["tumor.mlp"]) + "\nenv now {\n  remove page\n  remove drift\n}\n"
    assert compiled(text).workflow() is None
    compilation = compiled(text, environment="now")
    assert compilation.workflow() is not None, [str(item) for item in compilation.check()]


def test_a_component_of_ones_own_may_say_so_as_well() -> None:
    text = PIPELINE + "\ncomponent shrink: export {\n  input model: model\n  run = none\n}\n"
    compilation = compiled(
        text.replace("}\n\nschema", "  export small: shrink { model = forest }\n}\n\nschema", 1)
    )
    assert compilation.workflow() is None
    last = list(compilation.check())[-1]
    assert last.message == "`small` cannot run yet: `shrink` is declared, but its step is not built"
    assert last.labels[0].message == "its declaration says `run = none`"
    assert last.help[0] == 'say what runs: `run = python("step.py:function")` in its declaration'


def test_the_graph_has_them() -> None:
    graph = compiled(str(FILES["digits.mlp"]).partition("\ntest ")[0], FILES).graph()
    assert graph is not None
    assert {node.id for node in graph.nodes} >= {"cnn", "tiny", "tiny.gate", "sensor", "cloud", "page"}
    cloud = graph.node("cloud")
    assert cloud.labels["when"] == [
        {
            "verb": "rollback",
            "expr": {"op": ">", "args": [{"metric": {"node": "cloud", "name": "error_rate"}}, 0.02]},
            "text": "error_rate > 2%",
            "settings": {},
            "place": {"file": "main.mlp", "line": 99, "column": 7},
            "block": "rollout",
        }
    ]


def test_the_command_draws_and_does_not_compile(tmp_path: Path) -> None:
    (tmp_path / "main.mlp").write_text(PIPELINE, encoding="utf-8")
    assert mlpc("check", "main.mlp", cwd=tmp_path).code == 0
    assert "deploy: cloud_gpu" in mlpc("graph", "main.mlp", cwd=tmp_path).out
    for words in (
        ("compile", "main.mlp", "--to", "local", "-o", "build"),
        ("run", "main.mlp"),
        ("lock", "main.mlp"),
    ):
        answer = mlpc(*words, cwd=tmp_path)
        assert answer.code == 1, answer
        assert answer.err.count("MLP126") == 2, answer
    assert not (tmp_path / "build").exists()


def test_every_declaration_of_the_standard_library_is_sound() -> None:
    """As files of a project they are checked whole: types, roles, defaults, devices."""
    for path in sorted(Path(mlpc_stdlib.__path__[0]).glob("*.mlp")):
        if path.stem not in ("kinds", "roles"):
            assert [str(item) for item in checked(path.read_text(encoding="utf-8"))] == [], path.name
