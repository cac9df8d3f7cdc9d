"""The tables are those of the grammar, to the byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlpc.syntax import tables

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_tables_are_current(seed: str) -> None:
    """Whatever the order in which Python's sets come."""
    done = subprocess.run(
        [sys.executable, "tools/make_tables.py", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        check=False,
    )
    assert done.returncode == 0, "run `make tables`"


def test_no_rule_only_renames() -> None:
    """Unit reductions are gone: every rule that is left builds something."""
    assert all(alias for _, _, alias, _ in tables.RULES[1:])


def test_states_and_rules_exist() -> None:
    for row in tables.ACTIONS:
        assert len(row) == len(tables.KINDS)
        assert all(-len(tables.RULES) < action <= tables.ACCEPTED for action in row)
    for goto in tables.GOTO:
        assert all(0 < state < tables.ACCEPTED for state in goto.values())


def test_reading_a_program_loads_nothing_of_lark() -> None:
    program = (
        "import sys\n"
        "from mlpc.source import Source\n"
        "from mlpc.syntax.parser import parse\n"
        "assert parse(Source('a', 'mlp 1\\nlet a = b')).diagnostics == []\n"
        "heavy = {'lark', 'dataclasses', 'typing', 'json', 'inspect', 'pathlib', 'click', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {[str(ROOT / 'compiler')]!r}\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
