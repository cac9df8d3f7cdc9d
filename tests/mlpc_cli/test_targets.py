"""`mlpc targets`: what each target does with what a spec uses."""

from __future__ import annotations

from pathlib import Path

from mlpc.backend import CONSTRUCTS
from tests.mlpc_cli.command import mlpc

TUMOR = Path(__file__).resolve().parents[2] / "examples" / "tumor" / "main.mlp"


def test_what_a_spec_uses_by_target() -> None:
    answer = mlpc("targets", str(TUMOR))
    assert (answer.code, answer.err) == (0, "")
    head, *rows = answer.out.split("\n\n")[0].splitlines()
    assert {"compose", "local"} <= set(head.split())
    (retries,) = [row for row in rows if row.startswith("another attempt when a step fails")]
    assert retries.split()[-1] == "forest"
    assert "fan-out" not in answer.out


def test_one_target_says_how_it_lowers() -> None:
    answer = mlpc("targets", str(TUMOR), "--to", "compose")
    assert "\ncompose (table 1)\n" in answer.out
    assert (
        "an end to a step that takes too long: lowered: the adaptor in the container ends the step"
        in answer.out
    )


def test_everything_that_a_spec_can_use() -> None:
    answer = mlpc("targets", "--all", "--to", "local")
    rows = answer.out.split("\n\n")[0].splitlines()[1:]
    assert [row.rsplit("  ", 1)[0].rstrip() for row in rows] == list(CONSTRUCTS.values())
    assert "local (table 1)" in answer.out


def test_a_target_that_does_not_exist() -> None:
    answer = mlpc("targets", str(TUMOR), "--to", "composer")
    assert (answer.code, answer.err) == (
        2,
        "error: there is no target `composer`\n  help: did you mean `compose`?\n",
    )
