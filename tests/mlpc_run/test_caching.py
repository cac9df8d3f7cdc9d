"""Never stale, never needlessly run again: change by change."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from mlpc.ir.nodes import Figure, Resources, Retry, Workflow

from .projects import Project, diamond, gate, measure, states, step, text, workflow


@pytest.fixture
def ran(project: Project) -> Project:
    """A project in which the diamond has run."""
    project.write("data/in.txt", "abc")
    assert set(states(project.run(diamond())).values()) == {"ran"}
    return project


def executed(project: Project, workflow: Workflow, **options: Any) -> set[str]:
    """Return the steps that a run executes, having looked that the plan foretells it."""
    planned = project.plan(workflow, **options)
    summary = project.run(workflow, **options)
    found = {node for node, state in states(summary).items() if state == "ran"}
    assert summary.exit_code == 0
    assert {node for node, (action, _) in planned.items() if action == "run"} <= found
    assert {node for node, (action, _) in planned.items() if action == "cached"}.isdisjoint(found)
    return found


def test_nothing_changed_nothing_runs(ran: Project) -> None:
    assert executed(ran, diamond()) == set()
    assert text(ran.run(diamond()), "bottom") == "abcABC"


@pytest.mark.parametrize(
    "changed",
    [
        {"retry": Retry(3, 1.0)},
        {"timeout": 60.0},
        {"resources": Resources(cpu=2, memory=1 << 30)},
        {"labels": {"doc": "another comment", "place": {"line": 9}}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_decides_nothing_runs_nothing(ran: Project, changed: dict[str, Any]) -> None:
    nodes = diamond().nodes
    top = step("top", "copy", {"data": "data/in.txt"}, **changed)
    assert executed(ran, workflow(top, *nodes[1:])) == set()


def test_a_comment_on_a_column_runs_nothing(project: Project) -> None:
    def spec(doc: str) -> Workflow:
        column = {"name": "x", "type": {"base": "float"}, "doc": doc}
        rows = {"name": "S", "columns": [column], "rest": None}
        schema = {"type": "model", "framework": "torch", "schema": rows, "label": None}
        return workflow(step("a", "folder", outputs={"out": schema}))

    assert executed(project, spec("a length")) == {"a"}
    assert executed(project, spec("a length, in metres")) == set()


def test_a_gate_is_judged_anew_without_running(ran: Project) -> None:
    nodes = diamond().nodes
    passed = ran.run(workflow(*nodes, gate("enough", "size", ">=", 6)))
    assert (passed.exit_code, set(states(passed).values())) == (0, {"cached"})
    failed = ran.run(workflow(*nodes, gate("enough", "size", ">=", 6.000001)))
    assert (failed.exit_code, set(states(failed).values())) == (1, {"cached"})
    assert failed.gates[0].verdicts[0]["comparison"] == {
        "measured": 6,
        "operator": ">=",
        "required": 6.000001,
    }


def test_a_name_decides_nothing(ran: Project) -> None:
    nodes = list(diamond().nodes)
    nodes[0] = step("first", "copy", {"data": "data/in.txt"})
    nodes[1] = step("left", "copy", {"data": "first"})
    nodes[2] = step("right", "upper", {"data": "first"})
    assert executed(ran, workflow(*nodes)) == set()


def test_a_parameter_runs_its_step_and_what_follows(project: Project) -> None:
    spec = workflow(
        step("a", text={"param": "word"}),
        step("b", text="fixed"),
        step("c", "join", {"first": "a", "second": "b"}),
        step("d", "copy", {"data": "b"}),
        params={"word": "one"},
    )
    assert executed(project, spec) == {"a", "b", "c", "d"}
    assert project.plan(spec, {"word": "two"})["a"] == (
        "run",
        ['its parameter `text` is "two", was "one"'],
    )
    summary = project.run(spec, {"word": "two"})
    assert states(summary) == {"a": "ran", "b": "cached", "c": "ran", "d": "cached"}
    assert text(summary, "c") == "twofixed"
    assert states(project.run(spec, {"word": "one"})) == dict.fromkeys("abcd", "cached"), (
        "the old one is kept"
    )


def test_the_same_output_again_runs_nothing_below(project: Project) -> None:
    spec = workflow(
        step("a", text="x", seconds={"param": "s"}), step("b", "copy", {"data": "a"}), params={"s": 0.0}
    )
    project.run(spec)
    assert states(project.run(spec, {"s": 0.001})) == {"a": "ran", "b": "cached"}


def test_code_runs_the_steps_that_it_is_of(project: Project) -> None:
    project.write("other.py", "from pathlib import Path\ndef make(out: Path):\n    out.write_text('1')\n")
    spec = workflow(step("a", text="x"), step("b", "make", file="other.py"))
    executed(project, spec)
    project.write("other.py", "from pathlib import Path\ndef make(out: Path):\n    out.write_text('2')\n")
    assert project.plan(spec)["b"] == ("run", ["code changed: other.py"])
    assert executed(project, spec) == {"b"}


IMPORTS = [
    "import tools.words",
    "from tools import words",
    "from tools.words import WORD",
    "from tools import *",
    "import importlib; importlib.import_module('tools.words')",
    "import importlib; importlib.import_module('tools' + '.words')",
]


@pytest.mark.parametrize(
    ("statement", "inside"),
    # Python allows the star at the top only.
    [(each, inside) for inside in (False, True) for each in IMPORTS if not (inside and "*" in each)],
)
def test_code_that_is_imported_counts(project: Project, statement: str, inside: bool) -> None:
    project.write("tools/__init__.py", "__all__ = ['words']\n")
    project.write("tools/words.py", "from .letters import A\nWORD = A * 2\n")
    project.write("tools/letters.py", "A = 'a'\n")
    body = "import sys\n    return sys.modules['tools.words'].WORD"
    top, within = ("", f"{statement}\n    ") if inside else (f"{statement}\n", "")
    project.write("make.py", f"{top}def make() -> str:\n    {within}{body}\n")
    spec = workflow(step("a", "make", file="make.py"), step("b", text="x"))
    assert text(project.run(spec), "a") == "aa"
    project.write("tools/letters.py", "A = 'b'\n")
    assert executed(project, spec) == {"a"}
    assert text(project.run(spec), "a") == "bb"
    project.write("unrelated.py", "X = 1\n")
    assert executed(project, spec) == ({"a"} if "+" in statement else set())


def test_a_file_that_an_argument_names_counts(project: Project) -> None:
    project.write("conf/settings.txt", "one")
    project.write("use.py", "def use(settings: str) -> str:\n    return open(settings).read()\n")
    spec = workflow(step("a", "use", file="use.py", settings="conf/settings.txt"))
    assert text(project.run(spec), "a") == "one"
    project.write("conf/settings.txt", "two")
    assert project.plan(spec)["a"] == ("run", ["file changed: conf/settings.txt"])
    assert text(project.run(spec), "a") == "two"


def test_data_runs_what_reads_it(ran: Project) -> None:
    ran.write("data/in.txt", "xyz")
    assert ran.plan(diamond())["top"] == ("run", ["its input `data` changed (data/in.txt)"])
    assert executed(ran, diamond()) == {"top", "left", "right", "bottom", "size"}


def test_data_of_the_same_size_and_time_is_seen(ran: Project) -> None:
    path = ran.root / "data/in.txt"
    long_ago = 1_600_000_000_000_000_000
    os.utime(path, ns=(long_ago, long_ago))
    time.sleep(2.6)  # so long that the file counts as settled
    assert executed(ran, diamond()) == set()
    assert executed(ran, diamond()) == set()
    path.write_text("abd")
    os.utime(path, ns=(long_ago, long_ago))
    assert path.stat().st_size == 3
    assert path.stat().st_mtime_ns == long_ago
    assert "top" in executed(ran, diamond())


def test_data_written_twice_within_the_clock_is_seen(ran: Project) -> None:
    for word in ("one", "two", "six", "ten"):
        (ran.root / "data/in.txt").write_text(word)
        assert text(ran.run(diamond()), "bottom") == word + word.upper()


def test_data_that_was_only_touched_runs_nothing(ran: Project) -> None:
    os.utime(ran.root / "data/in.txt")
    assert executed(ran, diamond()) == set()


def test_a_folder_is_data_too(project: Project) -> None:
    project.write(
        "read.py", "import os\ndef read(data: str) -> str:\n    return repr(sorted(os.listdir(data)))\n"
    )
    project.write("data/many/a.txt", "1")
    spec = workflow(step("a", "read", {"data": "data/many"}, file="read.py"))
    assert executed(project, spec) == {"a"}
    assert executed(project, spec) == set()
    project.write("data/many/deep/b.txt", "2")
    assert executed(project, spec) == {"a"}
    (project.root / "data/many/empty").mkdir()
    assert executed(project, spec) == {"a"}


def test_requirements_run_the_step(project: Project) -> None:
    one, two = (workflow(step("a", text="x", requirements=each)) for each in ((), ("six>=1.16",)))
    assert executed(project, one) == {"a"}
    assert project.plan(two)["a"] == ("run", ["its requirements changed"])
    assert executed(project, two) == {"a"}
    assert executed(project, two) == set()
    assert project.happened("environment") == [], "resolved and installed once"


@pytest.mark.parametrize("how", ["removed", "emptied", "written to"])
def test_an_output_that_is_gone_is_made_again(ran: Project, how: str) -> None:
    artefact = Path(os.path.realpath(ran.root / ".mlpc/latest/small/left/out.txt"))
    os.chmod(artefact, 0o644)
    if how == "removed":
        artefact.unlink()
    else:
        artefact.write_text("" if how == "emptied" else "abd")
    # `left` made the same bytes as `top`, so that theirs is one artefact.
    assert ran.plan(diamond())["top"] == ("run", ["its output `out` is no longer in the store"])
    assert text(ran.run(diamond()), "bottom") == "abcABC"
    assert ran.audit() == []


def test_a_file_missing_from_a_folder_is_noticed(project: Project) -> None:
    spec = workflow(step("a", "folder"))
    folder = Path(os.path.realpath(project.run(spec).artefacts["a"]["out"]))
    assert executed(project, spec) == set()
    os.chmod(folder / "inside", 0o755)
    (folder / "inside" / "two.txt").unlink()
    assert executed(project, spec) == {"a"}
    assert project.audit() == []


def test_from_forces_a_step_and_what_follows(ran: Project) -> None:
    assert executed(ran, diamond(), from_=("left",)) == {"left", "bottom", "size"}


def test_only_takes_what_a_step_needs(project: Project) -> None:
    project.write("data/in.txt", "abc")
    nodes = (*diamond().nodes, gate("enough", "size", ">=", 6))
    assert set(states(project.run(workflow(*nodes), only=("left",)))) == {"top", "left"}
    summary = project.run(workflow(*nodes), only=("size",))
    assert [gate.node for gate in summary.gates] == ["enough"], "a gate on no more than that is judged"


def test_code_changed_while_a_step_ran_is_not_remembered(project: Project) -> None:
    edit = "open('edit.py', 'a').write('# more\\n')"
    project.write("edit.py", f"def make() -> str:\n    {edit}\n    return 'x'\n")
    spec = workflow(step("a", "make", file="edit.py"))
    summary = project.run(spec)
    assert "edit.py changed while `a` ran" in summary.step("a").messages[0]["text"]
    assert project.plan(spec)["a"][0] == "run"


def test_two_steps_that_are_the_same_run_once(project: Project) -> None:
    spec = workflow(step("a", text="x", seconds=0.2), step("b", text="x", seconds=0.2))
    assert sorted(states(project.run(spec, jobs=2)).values()) == ["cached", "ran"]


def test_figures_are_remembered_exactly(project: Project) -> None:
    project.write("figure.py", "def figure() -> dict:\n    return {'x': 0.1 + 0.2, 'y': 1e-320}\n")
    spec = workflow(step("a", "figure", file="figure.py", outputs={"metrics": {"type": "metrics"}}))
    first = project.run(spec).step("a").metrics
    assert first == project.run(spec).step("a").metrics == {"x": 0.1 + 0.2, "y": 1e-320}


def test_figures_that_break_what_is_declared_of_them_are_never_kept(project: Project) -> None:
    project.write("data/in.txt", "abc")

    def measured(most: int) -> Workflow:
        made = measure("size", "data/in.txt")
        made.figures = {"letters": Figure({"base": "int", "min": 0, "max": most})}
        return workflow(made)

    assert states(project.run(measured(3))) == {"size": "ran"}
    assert states(project.run(measured(3))) == {"size": "cached"}
    for _ in range(2):
        assert project.plan(measured(2)) == {"size": ("run", ["its component changed"])}
        (wrong,) = project.run(measured(2)).steps
        assert (wrong.state, wrong.metrics) == ("failed", {})
        assert wrong.error is not None
        assert (wrong.error["code"], wrong.error["message"]) == (
            "MLP744",
            "`size` measured `letters` as 3, and its component `size` declares `letters` as a whole number >= 0 and <= 2",
        )
    assert states(project.run(measured(3))) == {"size": "cached"}
