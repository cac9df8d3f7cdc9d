"""`mlpc fmt`: what it writes, what it leaves alone, what it says."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mlpc_cli.command import mlpc

MESSY = "mlp 1\nlet   seed=11   # for all\n\n\n\nlet other = 2\n"
NEAT = "mlp 1\n\nlet seed = 11  # for all\n\nlet other = 2\n"
WRONG = "mlp 1\n\nlet seed =\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "main.mlp"
    file.write_text(MESSY, encoding="utf-8")
    return file


def test_a_file_is_laid_out(spec: Path) -> None:
    answer = mlpc("fmt", "main.mlp", cwd=spec.parent)
    assert (answer.code, answer.out, answer.err) == (0, "main.mlp: laid out\n1 file changed\n", "")
    assert spec.read_text(encoding="utf-8") == NEAT
    again = mlpc("fmt", "main.mlp", cwd=spec.parent)
    assert (again.code, again.out) == (0, "1 file left as it is\n")


def test_check_changes_nothing(spec: Path) -> None:
    answer = mlpc("fmt", "--check", "main.mlp", cwd=spec.parent)
    assert (answer.code, answer.out) == (1, "main.mlp: not laid out\n1 file would change\n")
    assert spec.read_text(encoding="utf-8") == MESSY


def test_diff_shows_and_changes_nothing(spec: Path) -> None:
    answer = mlpc("fmt", "--diff", "main.mlp", cwd=spec.parent)
    assert answer.code == 1
    first, second, *rest = answer.out.splitlines()
    assert (first, second) == ("--- main.mlp", "+++ main.mlp (laid out)")
    assert "-let   seed=11   # for all" in rest
    assert "+let seed = 11  # for all" in rest
    assert spec.read_text(encoding="utf-8") == MESSY


def test_as_a_filter() -> None:
    answer = mlpc("fmt", "-", stdin=MESSY)
    assert (answer.code, answer.out, answer.err) == (0, NEAT, "")


def test_a_filter_gives_back_what_it_cannot_read() -> None:
    answer = mlpc("fmt", "-", stdin=WRONG)
    assert (answer.code, answer.out) == (1, WRONG)
    assert "--> <stdin>:3:" in answer.err


def test_a_file_with_syntax_errors_is_left_as_it_is(spec: Path) -> None:
    spec.write_text(WRONG, encoding="utf-8")
    (spec.parent / "other.mlp").write_text(MESSY, encoding="utf-8")
    answer = mlpc("fmt", ".", cwd=spec.parent)
    assert answer.code == 1
    assert "error[MLP015] missing-value" in answer.err
    assert answer.out == "other.mlp: laid out\n1 file changed, 1 file with errors, not touched\n"
    assert spec.read_text(encoding="utf-8") == WRONG


def test_a_missing_file(tmp_path: Path) -> None:
    answer = mlpc("fmt", "main.mlp", cwd=tmp_path)
    assert (answer.code, answer.out) == (4, "")
    assert "error[MLP691] no-such-file" in answer.err


def test_permissions_and_links_stay(spec: Path) -> None:
    spec.chmod(0o640)
    link = spec.parent / "link.mlp"
    link.symlink_to("main.mlp")
    assert mlpc("fmt", "link.mlp", cwd=spec.parent).code == 0
    assert link.is_symlink()
    assert stat.S_IMODE(spec.stat().st_mode) == 0o640
    assert spec.read_text(encoding="utf-8") == NEAT
    assert sorted(os.listdir(spec.parent)) == ["link.mlp", "main.mlp"]


# A filter for editors and hooks


def test_check_and_diff_of_standard_input_print_no_program() -> None:
    answer = mlpc("fmt", "--check", "-", stdin=MESSY)
    assert (answer.code, answer.out, answer.err) == (1, "<stdin>: not laid out\n", "")
    assert mlpc("fmt", "--check", "-", stdin=NEAT).code == 0
    answer = mlpc("fmt", "--diff", "-", stdin=MESSY)
    assert answer.out.startswith("--- <stdin>\n+++ <stdin> (laid out)\n")
    answer = mlpc("fmt", "--check", "-", stdin=WRONG)
    assert (answer.code, answer.out) == (1, "")


def test_a_filter_takes_marks_and_line_ends_of_other_systems() -> None:
    answer = mlpc("fmt", "-", stdin=b"\xef\xbb\xbf" + MESSY.replace("\n", "\r\n").encode())
    assert (answer.code, answer.out) == (0, NEAT)


def test_there_is_nothing_to_choose(spec: Path) -> None:
    answer = mlpc("fmt", "--width", "80", "main.mlp", cwd=spec.parent)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: `mlpc fmt` has no option `--width`\n")
    answer = mlpc("fmt", cwd=spec.parent)
    assert answer.err == (
        "error: no file was named\n  help: `mlpc fmt .` lays out every spec in this folder\n"
    )
    answer = mlpc("fmt", "-", "main.mlp", cwd=spec.parent)
    assert answer.err == "error: `-` stands alone\n  help: `mlpc fmt - < main.mlp`\n"


# Faults, its own and others


def test_a_folder_without_specs(tmp_path: Path) -> None:
    answer = mlpc("fmt", ".", cwd=tmp_path)
    assert (answer.code, answer.out) == (4, "")
    assert "the folder `.` holds no `.mlp` file" in answer.err


def test_the_other_files_are_laid_out_all_the_same(spec: Path) -> None:
    answer = mlpc("fmt", "nope.mlp", "main.mlp", cwd=spec.parent)
    assert answer.code == 4
    assert spec.read_text(encoding="utf-8") == NEAT


def test_a_proof_that_fails_is_a_fault_of_mlpc(spec: Path) -> None:
    """The file stays, the message names who is at fault, and hooks fail."""
    script = (
        "import sys, mlpc.format as f; whole = f.lay_out;"
        "f.lay_out = lambda tokens: whole(tokens).replace('  # for all', '');"
        "from mlpc_cli.__main__ import main; sys.exit(main(['fmt', 'main.mlp']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=spec.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "error[MLP802] formatter-fault: mlpc cannot format this file:" in done.stderr
    assert "  = help: this is a fault of mlpc, not of the file, which is left as it is\n" in done.stderr
    assert spec.read_text(encoding="utf-8") == MESSY


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        b"\xff\xfem\0l\0p\0",
        b"mlp 1\n" + b"{" * 5000,
        b"mlp 1\nlet a = " + b"(" * 5000 + b"1" + b")" * 5000,
        bytes(range(256)) * 50,
        b'mlp 1\nlet a = "\x1b]0;owned\x07',
        b"mlp 1\n# \xe2\x80\xae comment\nlet a =\n",
        b"mlp 2\nanything",
    ],
    ids=["empty", "zeros", "utf16", "braces", "parentheses", "bytes", "escapes", "direction", "edition"],
)
def test_hostile_files_stay_as_they_are(spec: Path, data: bytes) -> None:
    spec.write_bytes(data)
    answer = mlpc("fmt", "main.mlp", cwd=spec.parent)
    assert answer.code == 1
    assert spec.read_bytes() == data
    assert "Traceback" not in answer.err
    assert "MLP9" not in answer.err
    assert not any(ord(character) < 32 and character != "\n" for character in answer.out + answer.err)


def test_a_pipe_is_not_waited_for(spec: Path) -> None:
    os.mkfifo(spec.parent / "pipe.mlp")
    answer = mlpc("fmt", "pipe.mlp", cwd=spec.parent)
    assert answer.code == 4
    assert "not a regular file" in answer.err
