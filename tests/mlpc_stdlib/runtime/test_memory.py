"""What is said of a step for which there was no memory left."""

from __future__ import annotations

import os
from typing import Any

import pytest

from mlpc_stdlib.runtime import memory

GIB = 1 << 30
LESS = "let it hold less at once: fewer rows or columns, smaller batches"


@pytest.mark.parametrize(
    ("asked", "limited", "message", "help"),
    [
        (
            2 * GIB,
            True,
            "`fit` ran out of memory: `resources.memory` gives it 2GiB",
            ["give it more: `resources { memory = 4GiB }`", f"or {LESS}"],
        ),
        (
            None,
            True,
            "`fit` ran out of memory",
            ["it has no `resources { memory = … }`, so it had what its machine had left", LESS],
        ),
        (
            3 << 19,
            False,
            "`fit` ran out of memory",
            [
                "it asks for 1536KiB, and one machine gives every step what there is: run fewer side by side with `--jobs 1`",
                f"or {LESS}",
            ],
        ),
    ],
)
def test_what_it_had_and_what_would_help(
    asked: int | None, limited: bool, message: str, help: list[str]
) -> None:
    error = memory.ran_out("fit", asked, limited=limited)
    assert (error.code, error.name, error.message, error.final) == ("MLP635", "out-of-memory", message, False)
    assert error.help == help


def test_what_the_step_could_still_say_goes_before() -> None:
    told: dict[str, Any] = {"message": "Unable to allocate 7.45 GiB", "place": {"file": "own.py", "line": 4}}
    error = memory.ran_out("fit", GIB, told, limited=True)
    assert error.place == {"file": "own.py", "line": 4}
    assert error.help[0] == "it said: Unable to allocate 7.45 GiB"


@pytest.mark.parametrize(
    ("size", "text"), [(GIB, "1GiB"), (1536 << 20, "1536MiB"), (10**9, "1000000000B"), (1 << 40, "1TiB")]
)
def test_bytes_as_in_a_spec(size: int, text: str) -> None:
    assert memory.shown(size) == text


@pytest.mark.parametrize(
    ("code", "status", "starved", "answer"),
    [
        ("", -9, True, True),
        ("", 137, True, True),
        # Somebody may have sent the signal.
        ("", -9, False, False),
        ("", -11, True, False),
        ("MLP635", 2, False, True),
        ("MLP743", -9, True, False),
    ],
)
def test_whether_it_is_that(code: str, status: int, starved: bool, answer: bool) -> None:
    assert memory.is_it({"code": code} if code else None, status, starved=starved) is answer


def test_what_the_system_ended_is_counted() -> None:
    assert memory.kills() >= 0
    assert os.path.exists("/proc/vmstat"), "where the system tells nothing, nothing else here would show it"
