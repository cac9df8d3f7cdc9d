"""Edits of text: a statement less, a statement more, a mark more, wherever they stand and whatever stands beside them."""

from __future__ import annotations

import pytest

from mlpc.compilation import Compilation
from mlpc.lint.edits import addition, beside, mark, removal
from mlpc.resolve.modules import Module
from mlpc.source import Span
from mlpc.syntax import tree
from tests.loader import Texts
from tests.mlpc.lint.programs import PYTHON


def module_of(text: str) -> Module:
    root = Compilation(Texts({"main.mlp": text}), "main.mlp").root
    assert root is not None
    return root


def after(module: Module, edits: list[tuple[Span, str]]) -> str:
    text = module.source.text
    for span, new in sorted(edits, key=lambda edit: -edit[0].start):
        text = text[: span.start] + new + text[span.end :]
    return text


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ("let a = 1\nlet gone = 2\nlet b = 3\n", "let a = 1\nlet b = 3\n"),
        ("let gone = 2", ""),
        ("## what it is\nlet gone = 2\nlet b = 3\n", "let b = 3\n"),
        ("let gone = 2 # why\nlet b = 3\n", "let b = 3\n"),
        ("# of the file\nlet gone = [\n  1,\n]\n# of b\nlet b = 3\n", "# of the file\n# of b\nlet b = 3\n"),
        ("let a = 1, let gone = 2, let b = 3\n", "let a = 1, let b = 3\n"),
        ("let a = 1, let gone = 2 # why\n", "let a = 1 # why\n"),
        ("let gone = 2, let b = 3\n", "let b = 3\n"),
        ("let gone = 2,\nlet b = 3\n", "let b = 3\n"),
        ("let gone = 2\r\nlet b = 3\r\n", "let b = 3\r\n"),
    ],
)
def test_a_statement_less(before: str, left: str) -> None:
    module = module_of(f"mlp 1\n\n{before}")
    assert after(module, removal(module, module.names["gone"])) == f"mlp 1\n\n{left}"


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ("{ data = cells }", "{ data = cells, seed = 0 }"),
        ("{\n    data = cells\n  }", "{\n    data = cells\n    seed = 0\n  }"),
        ("{\n    data = cells # all\n  }", "{\n    data = cells # all\n    seed = 0\n  }"),
        (
            "{\n    data = cells\n    retry { attempts = 2 }\n  }",
            "{\n    data = cells\n    seed = 0\n    retry { attempts = 2 }\n  }",
        ),
        ("{\n    data = cells, timeout = 1h\n  }", "{\n    data = cells, timeout = 1h, seed = 0\n  }"),
        ("{\r\n    data = cells\r\n  }", "{\r\n    data = cells\r\n    seed = 0\r\n  }"),
        ("{}", "{ seed = 0 }"),
        ("{\n    # later\n  }", "{\nseed = 0\n    # later\n  }"),
        ("", "{ seed = 0 } "),
    ],
)
def test_a_statement_more(before: str, then: str) -> None:
    own = 'component own: train {\n  param seed: int = 0\n  input data: dataset = none\n  run = python("train.py:fit")\n}\n'
    head = (
        'mlp 1\n\npipeline p {\n  data cells: csv { path = "c.csv", schema = Cell }\n\n  train forest: own '
    )
    text = f"{head}{before}\n}}\n\n{own}\nschema Cell {{ a: bool @label }}\n"
    compilation = Compilation(Texts({"main.mlp": text, "train.py": PYTHON}), "main.mlp")
    typed, root = compilation.typed, compilation.root
    assert typed is not None
    assert root is not None
    changed = after(root, addition(typed.blocks["forest"], "seed = 0"))
    assert changed == text.replace(f"own {before}\n}}", f"own {then}\n}}", 1)
    found = Compilation(Texts({"main.mlp": changed, "train.py": PYTHON}), "main.mlp").check()
    assert [item for item in found if item.severity == "error"] == []


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ("a: int", "a: int @key"),
        ("a: int # why", "a: int @key # why"),
        ('a: enum("x, y", "}") @nullable', 'a: enum("x, y", "}") @nullable @key'),
        ('a: float @from("a # b") # c', 'a: float @from("a # b") @key # c'),
        ('a: string in ["\\"", "}"]', 'a: string in ["\\"", "}"] @key'),
        ("a: int, b: int", "a: int @key, b: int"),
    ],
)
@pytest.mark.parametrize(("opened", "closed"), [("{\n  ", "\n}"), ("{ ", " }")])
def test_a_mark_more(before: str, then: str, opened: str, closed: str) -> None:
    if "#" in before.replace('"a # b"', "") and closed == " }":
        return  # a comment would take the brace with it
    module = module_of(f"mlp 1\n\nschema S {opened}{before}{closed}\n")
    body = module.names["S"].body
    assert body is not None
    column = body.items[0]
    assert isinstance(column, tree.Field)
    assert column.name is not None
    changed = after(module, mark(module.span(column.name), "key"))
    assert changed == f"mlp 1\n\nschema S {opened}{then}{closed}\n"


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ("{ path = 1 }", "{ path = 1, retry {} }"),
        ("{\n  path = 1\n}", "{\n  path = 1\n  retry {}\n}"),
        ("{\n  path = 1 # from\n}", "{\n  path = 1 # from\n  retry {}\n}"),
        ("{\n  path = 1, schema = 2\n}", "{\n  path = 1, retry {}, schema = 2\n}"),
    ],
)
def test_a_statement_behind_another(before: str, then: str) -> None:
    module = module_of(f"mlp 1\n\nschema S {before}\n")
    body = module.names["S"].body
    assert body is not None
    assert after(module, beside(module, body.items[0], "retry {}")) == f"mlp 1\n\nschema S {then}\n"
