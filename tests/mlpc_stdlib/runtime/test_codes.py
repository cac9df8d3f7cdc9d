"""The runtime imports nothing of the compiler, so its codes are written twice: they have to agree."""

from __future__ import annotations

from mlpc import codes as known
from mlpc_stdlib.runtime import codes


def test_every_code_of_a_step_is_one_of_the_compiler() -> None:
    assert {code: known.ALL[code].name for code, _ in codes.ALL} == dict(codes.ALL)


def test_the_compiler_declares_no_other_code_for_steps() -> None:
    declared = {code for code in known.ALL if code.startswith("MLP7")}
    assert declared == {code for code, _ in codes.ALL if code.startswith("MLP7")}


def test_codes_and_names_are_distinct() -> None:
    assert len({code for code, _ in codes.ALL}) == len({name for _, name in codes.ALL}) == len(codes.ALL)
