"""The order of blocks: each after what it names, near the order of the file, in linear time, whatever the length."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator

import pytest

from mlpc.check.order import Lets, block_order
from mlpc.diagnostics import Diagnostic, Diagnostics
from mlpc.resolve.modules import Modules
from mlpc.resolve.program import make_program

from ...loader import Texts, checked, workflow_of

END = """
  data rows: csv { path = "rows.csv", schema = Row }
}

schema Row {
  age: int
  sick: bool @label
}
"""


def program(*lines: str) -> str:
    return "mlp 1\n\npipeline p {\n" + "\n".join(f"  {line}" for line in lines) + END


def order_of(*lines: str) -> tuple[list[str], list[Diagnostic]]:
    diagnostics = Diagnostics()
    modules = Modules(Texts({"main.mlp": program(*lines)}), diagnostics)
    root = modules.load("main.mlp")
    assert root is not None
    made = make_program(modules, root, "")
    assert made is not None
    order = [block.id for block in block_order(made, Lets(made), diagnostics.add)]
    return order, list(diagnostics)


def split(name: str, source: str) -> str:
    return f"split {name}: random {{ data = {source}, test = 20% }}"


def test_blocks_keep_the_order_of_the_file_where_they_can() -> None:
    assert order_of(split("a", "rows"), split("b", "rows"))[0] == ["rows", "a", "b"]
    assert order_of(split("a", "b.train"), split("b", "rows"), split("c", "rows"))[0] == [
        "rows",
        "b",
        "a",
        "c",
    ]


def test_names_in_conditions_nested_blocks_and_texts_count() -> None:
    order, _ = order_of(
        'register r: mlflow { model = f, name = "x-${later}" }',
        "export f: onnx { model = m, parity { data = s.test } }",
        "evaluate e: classification { model = m, data = rows, require auc >= other.auc }",
        "evaluate other: classification { model = m, data = rows }",
        split("s", "rows"),
        "train m: sklearn.random_forest { data = rows }",
        split("later", "rows"),
    )
    place = {id: i for i, id in enumerate(order)}
    assert place["later"] < place["r"]
    assert place["s"] < place["f"] < place["r"]
    assert place["other"] < place["e"]


def test_a_blocks_own_quantities_are_no_circle() -> None:
    order, found = order_of("evaluate e: classification { model = rows, data = rows, require e.auc >= 0.5 }")
    assert order == ["rows", "e"]
    assert found == []


def test_lets_lead_to_the_blocks_behind_them() -> None:
    assert order_of(split("a", "x"), "let x = y", "let y = b.train", split("b", "rows"))[0] == [
        "rows",
        "b",
        "a",
    ]


def test_a_circle_is_reported_once_with_all_that_is_on_it() -> None:
    order, found = order_of(
        split("a", "b.train"), split("b", "c.train"), split("c", "a.train"), split("d", "a.train")
    )
    (circle,) = found
    assert circle.code.name == "cycle"
    assert circle.message == ("these blocks need each other in a circle: `a` needs `b` needs `c` needs `a`")
    assert len(circle.labels) == 2
    assert order == ["d", "rows"]


def test_two_circles_are_two_mistakes_and_what_hangs_on_them_is_none() -> None:
    _, found = order_of(
        split("a", "b.train"),
        split("b", "a.train"),
        split("c", "d.train"),
        split("d", "c.train"),
        split("e", "d.test"),
    )
    assert [item.code.name for item in found] == ["cycle", "cycle"]
    assert len(checked(program(split("a", "a.train"), split("b", "a.train"), split("c", "b.train")))) == 1


LONG = 10_000


@pytest.fixture(autouse=True)
def _no_garbage_collection() -> Iterator[None]:
    """`mlpc check` runs without it as well; it would make the time of large programs a matter of chance."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_ten_thousand_blocks_in_a_row() -> None:
    names = ["rows", *(f"s{number}.train" for number in range(LONG))]
    lines = [split(f"s{number}", names[number]) for number in range(LONG)]
    expected = ["rows", *(f"s{number}" for number in range(LONG))]
    assert order_of(*lines) == (expected, [])
    workflow = workflow_of(program(*reversed(lines)))
    assert [node.id for node in workflow.nodes] == expected


def test_a_circle_of_ten_thousand_blocks_is_one_mistake() -> None:
    found = checked(program(*(split(f"s{n}", f"s{(n + 1) % LONG}.train") for n in range(LONG))))
    assert [item.code.name for item in found] == ["cycle"]


@pytest.mark.parametrize("backwards", [False, True])
def test_ten_thousand_lets_in_a_row(backwards: bool) -> None:
    lines = ["let a0 = 1", *(f"let a{number} = a{number - 1} + 1" for number in range(1, LONG))]
    lets = list(reversed(lines)) if backwards else lines
    workflow = workflow_of(
        program(*lets, f"train f: sklearn.random_forest {{ data = rows, seed = a{LONG - 1} }}")
    )
    (task,) = [node for node in workflow.nodes if node.id == "f"]
    assert task.arguments["seed"] == LONG  # type: ignore[union-attr]
    # The same in a file, outside of the pipeline.
    at_top = program("train f: sklearn.random_forest { data = rows, seed = a9 }") + "\n".join(lets) + "\n"
    assert checked(at_top) == []


def test_a_circle_of_ten_thousand_lets_is_one_mistake() -> None:
    found = checked(program(*(f"let a{n} = a{(n + 1) % LONG}" for n in range(LONG))))
    assert [item.message for item in found] == ["`a0` is declared by way of itself"]


def test_schemas_that_extend_each_other_in_long_rows() -> None:
    def rows_of(count: int, first: str) -> list[str]:
        bases = [first, *(f": S{n}" for n in range(count - 1))]
        text = "\n".join(f"schema S{n}{base} {{\n  a{n}: int\n}}\n" for n, base in enumerate(bases))
        return [item.message for item in checked(f"mlp 1\n\n{text}")]

    assert rows_of(101, "") == []
    assert rows_of(LONG, "") == ["more than 100 schemas extend each other one through the other"]
    assert rows_of(LONG, f": S{LONG - 1}") == ["schema `S0` extends itself"]


def mixed(count: int) -> str:
    lines = [split("parts", "rows")]
    for n in range(count // 4):
        lines += [
            f"train f{n}: sklearn.random_forest {{ data = parts.train, seed = {n}, timeout = 20min }}",
            f"evaluate e{n}: classification {{ model = f{n}, data = parts.test, require auc >= 80% }}",
            f'register r{n}: mlflow {{ model = f{n}, name = "f{n}" }}',
            f"export x{n}: onnx {{ model = f{n}, parity {{ data = parts.test, max_abs = 1e-4 }} }}",
        ]
    return program(*lines)


def unknown(count: int) -> str:
    return program(*(f"train forest{n}: sklearn.random_forest {{ data = roww{n} }}" for n in range(count)))


def unfit(count: int) -> str:
    return program(*(f"deploy api{n}: server {{ model = rows }}" for n in range(count)))


def seconds(text: str, check: Callable[[str], object]) -> float:
    before = time.process_time()
    check(text)
    return time.process_time() - before


@pytest.mark.parametrize("make", [mixed, unknown, unfit])
def test_time_grows_with_the_number_of_blocks_and_no_faster(make: Callable[[int], str]) -> None:
    """Eight times the blocks take about eight times as long; what is quadratic would take sixty-four times."""
    check = workflow_of if make is mixed else checked
    check(make(40))
    small = min(seconds(make(1_250), check) for _ in range(3))
    assert seconds(make(10_000), check) < 20 * small + 0.5
