"""Under an environment only what it changes is checked again: whatever it says, all comes to what it would from scratch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpc.check.checker import Checker
from mlpc.check.typed import TypedBlock, TypedProgram
from mlpc.compilation import Compilation
from mlpc.ir.canonical import to_json
from mlpc.resolve import program as resolve
from mlpc.resolve.modules import Module, Modules
from tests.loader import Texts, checked, compiled
from tests.test_cases import CASES

SPECS = Path(__file__).parents[2] / "specs"

PROGRAM = """\
mlp 1

let roots = ["eu", "us"]

pipeline shop {
  param trees: int in 1..500 = 100
  param depth: int >= 1 = 4
  secret warehouse: url
  let seed = 7
  let other = seed + 1
  let picked = forest
  data rows: csv { path = "rows.csv", schema = Row }
  data more: csv { path = "more.csv", schema = Row }
  split parts: random { data = rows, test = 20%, seed = seed }
  split rest: random { data = more, test = 20%, seed = other }
  train forest: sklearn.random_forest { data = parts.train, trees = trees, seed = seed }
  train line: sklearn.logistic_regression { data = parts.train, seed = 3 }
  train few each root in roots: sklearn.random_forest { data = rest.train, max_depth = depth, seed = other }
  evaluate quality: classification { model = picked, data = parts.test, require accuracy >= 0.5 }
  evaluate line_quality: classification {
    model = line
    data = parts.test
    require accuracy > quality.accuracy
  }
  evaluate few_quality each root in roots: classification { model = few[root], data = rest.test }
  register best: mlflow {
    model = best_of(few[*], by = maximize(few_quality[*].accuracy))
    name = "shop-${seed}"
  }
  register plain: mlflow { model = forest, name = "plain" }
  export portable: onnx { model = forest, parity { data = parts.test, max_abs = 1e-4 } }
  deploy api: server { model = portable, replicas = 2 }
}

schema Row {
  size: float >= 0
  good: bool @label
}

schema Other {
  size: float >= 0
  width: float
  kind: enum("a", "b") @label
}
"""

#: What an environment can say of it: what nobody else sees, what some see, what is a mistake then.
CHANGES = (
    'data rows { path = "few.csv" }',
    "data rows { schema = Other }",
    "data more { schema = Other }",
    "data rows { retry { attempts = 3 } }",
    "param trees = 20",
    "param depth = 900000",
    'param depth = "deep"',
    "let seed = 11",
    'let seed = "eleven"',
    "let picked = line",
    "let picked = rows",
    'let roots = ["eu"]',
    'let roots = "eu"',
    "let Row = 3",
    "let good = true",
    "train forest { trees = 5, max_depth = 3 }",
    "train forest { data = parts.test }",
    "train forest: sklearn.logistic_regression { data = parts.train }",
    'train forest: keras.classifier { data = parts.train, layers = [dense(2, activation = "softmax")] }',
    "train few { max_depth = 2 }",
    "train line { data = rows }",
    "evaluate quality { require accuracy >= 0.9 }",
    "evaluate quality { require acuracy >= 0.9 }",
    "evaluate quality: regression { model = forest, data = parts.test }",
    "evaluate few_quality { data = parts.test }",
    "export portable { parity { max_abs = 1e-2 } }",
    "export portable: tflite { model = forest }",
    "remove line",
    "remove line_quality",
    "remove portable\n  remove api",
    "remove forest",
    "remove warehouse",
    'register plain { alias = "champion" }',
    "deploy api { replicas = 1..4 }",
    "deploy api { model = forest }",
    "deploy page: web { model = portable }",
    'data new: csv { path = "new.csv", schema = Row }\n  train line { data = new }',
    "backend airflow { catchup = true }",
    "budget { cost <= 3USD }",
    'owner = "someone"',
)


def everything(loader: Texts) -> Iterator[object]:
    """Yield all that a check finds, and the workflow under each environment."""
    plain = Compilation(loader, "main.mlp")
    yield [item.to_json() for item in plain.check()]
    for environment in plain.environments():
        workflow = Compilation(loader, "main.mlp", environment).workflow()
        yield environment, to_json(workflow) if workflow is not None else None


def from_scratch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the whole pipeline under every environment."""
    check, make = Checker.pipeline, resolve.make_program

    def pipeline(
        self: Checker,
        program: resolve.Program,
        plain: TypedProgram | None = None,
        touched: set[str] | None = None,
    ) -> TypedProgram:
        return check(self, program)

    def make_program(
        modules: Modules,
        root: Module,
        environment: str,
        plain: resolve.Program | None = None,
        before: resolve.Program | None = None,
    ) -> resolve.Program | None:
        return make(modules, root, environment)

    monkeypatch.setattr(Checker, "pipeline", pipeline)
    monkeypatch.setattr("mlpc.compilation.make_program", make_program)


def same_as_from_scratch(loader: Texts, monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(everything(loader))
    with monkeypatch.context() as patched:
        from_scratch(patched)
        assert list(everything(loader)) == found


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_comes_to_what_it_does_from_scratch(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    same_as_from_scratch(Texts({"main.mlp": f"{PROGRAM}\nenv prod {{\n  {change}\n}}\n"}), monkeypatch)


@pytest.mark.parametrize("base", CHANGES[::4])
def test_so_do_changes_of_an_environment_that_another_builds_on(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for change in CHANGES[::3]:
        text = f"{PROGRAM}\nenv base {{\n  {base}\n}}\n\nenv prod: base {{\n  {change}\n}}\n"
        same_as_from_scratch(Texts({"main.mlp": text}), monkeypatch)


WITH_ENVIRONMENTS = sorted(
    file.parent
    for file in CASES.glob("*/*/main.mlp")
    if re.search(r"^env ", file.read_bytes().decode("utf-8", "replace"), re.M)
)


@pytest.mark.parametrize("folder", WITH_ENVIRONMENTS, ids=lambda folder: "/".join(folder.parts[-2:]))
def test_so_does_the_corpus(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = {
        str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }
    same_as_from_scratch(Texts(files), monkeypatch)


@pytest.mark.parametrize("name", ["boards", "digits", "regions", "tumor"])
def test_so_do_the_reference_programs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = {file.name: file.read_bytes() for file in SPECS.iterdir()}
    same_as_from_scratch(Texts({**files, "main.mlp": files[f"{name}.mlp"]}), monkeypatch)


def test_the_program_is_free_of_mistakes() -> None:
    """Else nothing of it would be taken over."""
    assert checked(PROGRAM) == []


def again(change: str) -> set[str]:
    """Return the blocks that are checked again where an environment says ``change``."""
    compilation = compiled(f"{PROGRAM}\nenv prod {{\n  {change}\n}}\n")
    plain, prod = (blocks_of(compilation, environment) for environment in ("", "prod"))
    return {name for name, block in prod.items() if plain.get(name) is not block}


def blocks_of(compilation: Compilation, environment: str) -> dict[str, TypedBlock]:
    typed = compilation.program(environment)
    assert typed is not None
    return typed.blocks


#: What makes a choice is checked each time: the step that makes it may serve others as well.
ALWAYS = {"best", "best.model"}


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ('data rows { path = "few.csv" }', {"rows"}),
        ("param trees = 20", set()),
        ("evaluate quality { require accuracy >= 0.9 }", {"quality"}),
        ("let other = 11", {"rest", "few[eu]", "few[us]", "few_quality[eu]", "few_quality[us]"}),
        ("train forest { trees = 5 }", {"forest", "portable", "quality", "plain", "api"}),
        ("deploy api { replicas = 1..4 }", {"api"}),
    ],
)
def test_only_what_may_look_different_is_checked_again(change: str, changed: set[str]) -> None:
    assert again(change) - ALWAYS == changed
