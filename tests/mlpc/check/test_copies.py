"""A copy of a value or a type has all of the original but what is said to be another."""

from __future__ import annotations

import pytest

from mlpc.check.types import Type
from mlpc.check.values import Value


@pytest.mark.parametrize("kind", [Type, Value])
def test_a_copy_has_everything(kind: type[Type] | type[Value]) -> None:
    original = kind.__new__(kind)
    for name in kind.__slots__:
        setattr(original, name, f"the {name}")
    copy = original.replace()
    assert {name: getattr(copy, name) for name in kind.__slots__} == {
        name: f"the {name}" for name in kind.__slots__
    }
    first, *others = kind.__slots__
    changed = original.replace(**{first: "another"})
    assert getattr(changed, first) == "another"
    assert {getattr(changed, name) for name in others} == {f"the {name}" for name in others}
    assert getattr(original, first) == f"the {first}"
