"""How the command is called: help, mistakes in calling it, and faults of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import mlpc as compiler
from mlpc_cli.group import COMMANDS
from tests.mlpc_cli.command import EXECUTABLE, environment, mlpc


def test_the_help_lists_every_command_in_sections() -> None:
    answer = mlpc("--help")
    assert (answer.code, answer.err) == (0, "")
    assert mlpc().out == answer.out
    for name, text in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(text)}$", answer.out, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_a_sentence_and_examples(name: str) -> None:
    answer = mlpc(name, "--help")
    assert (answer.code, answer.err) == (0, "")
    usage, _, rest = answer.out.partition("\n\n")
    assert usage.startswith(f"Usage: mlpc {name} ")
    assert re.match(r"  [A-Z][^.]*", rest)
    examples = rest.partition("\nExamples:\n")[2].splitlines()
    assert examples
    for line in examples:
        assert re.fullmatch(rf"  mlpc {name}\b.*  # .+", line)
    assert max(map(len, answer.out.splitlines())) <= 110
    assert mlpc(name, "-h").out == answer.out


def test_the_version() -> None:
    answer = mlpc("--version")
    assert (answer.code, answer.out) == (0, f"mlpc {compiler.__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message", "help"),
    [
        (["chek"], "there is no command `chek`", "did you mean `mlpc check`?"),
        (["xyzzy"], "there is no command `xyzzy`", "`mlpc --help` lists the commands"),
        (["main.mlp"], "there is no command `main.mlp`", "say what to do with it: `mlpc check main.mlp`, `mlpc run main.mlp`"),
        (["run", "--evn", "ci"], "`mlpc run` has no option `--evn`", "did you mean `--env`?"),
        (["check", "--xyzzy"], "`mlpc check` has no option `--xyzzy`", "`mlpc check --help` says how it is called"),
        (["fmt"], "no file was named", "`mlpc fmt .` lays out every spec in this folder"),
        (["run", "--set", "trees"], "`--set trees` sets nothing", "write it as `--set trees=50`"),
        (["run", "--set", "a=1", "--set", "a=2"], "`--set a=…` is given twice", "leave one of them out"),
        (["new"], "no name was given", "name the folder to be made: `mlpc new my_project`"),
        (["completion"], "missing argument: one of `bash`, `zsh`, `fish`", "`mlpc completion --help` says how it is called"),
        (["check", "--env"], "option `--env` requires an argument", "`mlpc check --help` says how it is called"),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_would_be_right(
    arguments: list[str], message: str, help: str, tmp_path: Path
) -> None:
    answer = mlpc(*arguments, cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"error: {message}\n  help: {help}\n"


def test_a_choice_that_is_none() -> None:
    answer = mlpc("graph", "--format", "png")
    assert answer.code == 2
    assert "`png` is not one of `tree`, `mermaid`, `dot`" in answer.err


# FILE may be left out


PIPELINE = "mlp 1\n\npipeline demo {}\n"


@pytest.mark.parametrize("name", ["graph", "run", "up", "promote --previous"])
def test_no_file_and_none_here(name: str, tmp_path: Path) -> None:
    (tmp_path / "library.mlp").write_text("mlp 1\n\nlet seed = 11\n", encoding="utf-8")
    answer = mlpc(*name.split(), cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: no file was named, and none with a pipeline stands in this folder\n")
    assert f"`mlpc {name.split()[0]} FILE`" in answer.err


def test_no_file_and_two_here(tmp_path: Path) -> None:
    for name in ("a.mlp", "b.mlp"):
        (tmp_path / name).write_text(PIPELINE, encoding="utf-8")
    answer = mlpc("graph", cwd=tmp_path)
    assert answer.code == 2
    assert answer.err == (
        "error: which one? 2 files with a pipeline stand in this folder\n"
        "  help: `mlpc graph a.mlp`\n"
        "  help: `mlpc graph b.mlp`\n"
    )


def test_no_file_and_one_here(tmp_path: Path) -> None:
    (tmp_path / "demo.mlp").write_text(PIPELINE, encoding="utf-8")
    (tmp_path / "library.mlp").write_text("mlp 1\n\nlet seed = 11\n", encoding="utf-8")
    answer = mlpc("graph", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("demo\n")


def test_a_library_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "library.mlp").write_text("mlp 1\n\nlet seed = 11\n", encoding="utf-8")
    answer = mlpc("graph", "library.mlp", cwd=tmp_path)
    assert answer.code == 1
    assert "error[MLP123] no-pipeline" in answer.err


# Faults, interruptions, closed pipes


def broken(tmp_path: Path, body: str) -> dict[str, str]:
    """Return an environment in which reading a spec does what ``body`` says."""
    (tmp_path / "sitecustomize.py").write_text(
        f"import mlpc_cli.loader\ndef broken(*_):\n    {body}\nmlpc_cli.loader.DiskLoader.read = broken\n",
        encoding="utf-8",
    )
    (tmp_path / "main.mlp").write_text(PIPELINE, encoding="utf-8")
    return environment(PYTHONPATH=str(tmp_path), TMPDIR=str(tmp_path))


def test_a_fault_of_mlpc_is_told_without_a_traceback_and_logged(tmp_path: Path) -> None:
    variables = broken(tmp_path, "raise RuntimeError('some\\x1b thing')")
    done = subprocess.run(
        [EXECUTABLE, "check", "main.mlp"],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stderr.startswith("error[MLP901] internal-fault: mlpc has a fault of its own\n")
    log = re.search(r"what happened is written in (\S+)", done.stderr)
    assert log is not None
    text = Path(log[1]).read_text(encoding="utf-8")
    assert "RuntimeError: some" in text
    assert "in broken" in text


@pytest.mark.parametrize("command", ["check", "graph"])
def test_ctrl_c_ends_quietly(tmp_path: Path, command: str) -> None:
    variables = broken(tmp_path, "print('reading', flush=True); import time; time.sleep(60)")
    process = subprocess.Popen(
        [EXECUTABLE, command, "main.mlp"],
        cwd=tmp_path,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.strip() == "interrupted"


@pytest.mark.parametrize("command", ["check", "graph", "explain MLP301"])
def test_output_that_cannot_be_written_is_no_fault(tmp_path: Path, command: str) -> None:
    (tmp_path / "main.mlp").write_text(PIPELINE, encoding="utf-8")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [EXECUTABLE, *command.split()],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 4
    assert done.stderr.startswith(
        "error[MLP693] cannot-write: the output cannot be written: no space left on device\n"
    )


@pytest.mark.parametrize(("text", "code"), [(PIPELINE, 0), ("let a = \n" * 3000, 1)])
def test_a_reader_that_goes_away_changes_nothing(tmp_path: Path, text: str, code: int) -> None:
    (tmp_path / "main.mlp").write_text(text, encoding="utf-8")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [EXECUTABLE, "check", "main.mlp"],
        cwd=tmp_path,
        stdout=write,
        stderr=subprocess.PIPE,
        env=environment(),
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (code, b"")


# Completion


@pytest.mark.parametrize(
    ("shell", "sign"),
    [("bash", "complete -o nosort"), ("zsh", "#compdef mlpc"), ("fish", "complete --no-files")],
)
def test_completion_scripts(shell: str, sign: str) -> None:
    answer = mlpc("completion", shell)
    assert (answer.code, answer.err) == (0, "")
    assert sign in answer.out


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("mlpc ch", ["plain,check"]),
        ("mlpc graph --form", ["plain,--format"]),
        ("mlpc explain unknown-col", ["plain,unknown-column"]),
    ],
)
def test_what_completes(words: str, found: list[str]) -> None:
    answer = mlpc(_MLPC_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1))
    assert answer.out.splitlines() == found


TUMOR = Path(__file__).parent.parent.parent / "examples/tumor"


@pytest.mark.parametrize(
    ("words", "begun", "found"),
    [
        ("mlpc run main.mlp --env", "", ["ci", "prod"]),
        ("mlpc check --env", "p", ["prod"]),
        ("mlpc run main.mlp --set", "", ["trees="]),
        ("mlpc run --only", "f", ["forest"]),
        ("mlpc explain-value", "api.rep", ["api.replicas"]),
        ("mlpc run nothing.mlp --env", "", []),
    ],
)
def test_a_shell_is_told_what_the_spec_has(words: str, begun: str, found: list[str]) -> None:
    answer = mlpc(
        cwd=TUMOR,
        _MLPC_COMPLETE="bash_complete",
        COMP_WORDS=f"{words} {begun}",
        COMP_CWORD=str(len(words.split())),
    )
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.split() == [f"plain,{name}" for name in found]


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mlpc_cli", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"mlpc {compiler.__version__}\n"


def test_a_choice_that_is_nearly_one() -> None:
    answer = mlpc("check", "main.mlp", "--error-format", "jsno")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "error: invalid value for `--error-format`: `jsno` is not one of "
        "`text`, `json`, `sarif`, `github`, `gitlab`, `junit`\n"
        "  help: did you mean `json`?\n"
    )
    answer = mlpc("check", "main.mlp", "--error-format", "html")
    assert answer.err.endswith("  help: `mlpc check --help` says how it is called\n")
