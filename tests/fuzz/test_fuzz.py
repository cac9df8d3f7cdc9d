"""Whatever is read, mlpc says what is wrong with it or takes it, and is not at fault itself."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc_run import lock
from mlpc_run.errors import EngineError
from tests.fuzz.mutator import mutated
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
@given(seed=st.integers(0, 2**32), times=st.integers(1, 8))
def test_mutated_by_tokens_lines_and_brackets(name: str, seed: int, times: int) -> None:
    holds, seeds = TARGETS[name]
    choose = random.Random(seed)
    holds(mutated(choose.choice(seeds), choose.choice(seeds), choose, times))


def test_a_lock_that_nests_without_end_is_none(tmp_path: Path) -> None:
    path = f"{tmp_path}/mlpc.lock"
    with open(path, "w", encoding="utf-8") as file:
        file.write("[" * 100_000)
    with pytest.raises(EngineError):
        lock.read(path)
