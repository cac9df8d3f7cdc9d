"""`mlpc check --changed`: which specs count, in real repositories."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlpc.compilation import Compilation
from mlpc_cli.changed import Changes
from mlpc_cli.check import read_arguments
from mlpc_cli.loader import open_spec
from mlpc_cli.results import Recorder
from tests.mlpc_cli.command import Answer, mlpc

SCHEMA = """\
mlp 1

schema Cell {
  radius: float >= 0
  malignant: bool @label
}
"""
STEPS = "def widened(cells):\n    return cells\n"


def spec(name: str, used: str, test: str = "20%") -> str:
    return f"""\
mlp 1

use "{used}" as shared

pipeline {name} {{
  data cells: csv {{ path = "cells.csv", schema = shared.Cell }}

  split parts: random {{ data = cells, test = {test}, stratify = cells.malignant, seed = 1 }}
}}
"""


def git(folder: Path, *words: str) -> str:
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    for who in ("AUTHOR", "COMMITTER"):
        variables |= {f"GIT_{who}_NAME": "A", f"GIT_{who}_EMAIL": "a@example.org"}
    done = subprocess.run(
        ["git", *words], cwd=folder, env=variables, capture_output=True, text=True, check=True
    )
    return done.stdout


def commit(folder: Path, message: str = "x") -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three teams in one repository: two use a schema of all, one has its own."""
    folder = tmp_path / "project"
    for place, text in {
        "mlpc.toml": "",
        "README.md": "",
        "shared/cells.mlp": SCHEMA,
        "a/main.mlp": spec("a", "../shared/cells.mlp"),
        "b/main.mlp": spec("b", "../shared/cells.mlp"),
        "c/main.mlp": spec("c", "./own.mlp"),
        "c/own.mlp": SCHEMA,
        ".gitignore": "ignored*\n",
    }.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "project")
    commit(folder)
    return folder


def looked_at(answer: Answer) -> list[str]:
    """The specs that a check with `--error-format sarif` names."""
    found = json.loads(answer.out)["runs"][0]["artifacts"]
    return [each["location"]["uri"] for each in found]


def checked(folder: Path, *more: str, **changes: str) -> list[str]:
    return looked_at(
        mlpc("check", ".", "--error-format=sarif", *(more or ("--changed",)), cwd=folder, **changes)
    )


def append(path: Path, text: str = "\n# more\n") -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


# What counts


def test_nothing_changed(project: Path) -> None:
    answer = mlpc("check", ".", "--changed", cwd=project)
    assert (answer.code, answer.out, answer.err) == (0, "no spec is touched by what changed since HEAD\n", "")
    assert checked(project) == []


@pytest.mark.parametrize(
    ("place", "touched"),
    [
        ("a/main.mlp", ["a/main.mlp"]),
        ("shared/cells.mlp", ["a/main.mlp", "b/main.mlp", "shared/cells.mlp"]),
        ("c/own.mlp", ["c/main.mlp", "c/own.mlp"]),
        ("README.md", []),
        ("c/new.mlp", ["c/new.mlp"]),
        ("ignored.mlp", []),
    ],
)
def test_a_spec_counts_when_it_or_what_it_uses_changed(project: Path, place: str, touched: list[str]) -> None:
    append(project / place, "\n# more\n" if (project / place).exists() else SCHEMA)
    assert checked(project, "--changed", "--no-cache") == touched
    # And from results of earlier calls.
    mlpc("check", ".", cwd=project)
    assert checked(project) == touched


def test_settings_of_the_project_touch_those_that_read_them(project: Path) -> None:
    (project / "mlpc.toml").write_text("[lint]\nstrict = true\n", encoding="utf-8")
    read = {
        path
        for path in ("a/main.mlp", "b/main.mlp", "c/main.mlp", "c/own.mlp", "shared/cells.mlp")
        if ("r", "mlpc.toml") in questions(project, path)
    }
    assert set(checked(project)) == read


def questions(project: Path, path: str) -> set[tuple[str, str]]:
    loader, name = open_spec(str(project / path))
    recorder = Recorder(loader)
    Compilation(recorder, name).check()
    return set(recorder.digests)


def test_a_file_that_was_removed_touches_those_that_use_it(project: Path) -> None:
    (project / "shared/cells.mlp").unlink()
    answer = mlpc("check", ".", "--changed", cwd=project)
    assert answer.code == 1
    assert answer.out.count("there is no file `shared/cells.mlp`") == 2
    assert checked(project) == ["a/main.mlp", "b/main.mlp"]


def test_python_that_a_spec_names_counts(project: Path) -> None:
    (project / "c/steps.py").write_text(STEPS, encoding="utf-8")
    text = 'component widen { kind = transform, input data: dataset, output data: dataset, run = python("steps.py:widened") }\n'
    append(project / "c/own.mlp", "\n" + text)
    commit(project)
    if ("r", "c/steps.py") not in questions(project, "c/main.mlp"):
        pytest.fail("the check does not read the function: the program of this test is out of date")
    append(project / "c/steps.py")
    assert checked(project) == ["c/main.mlp", "c/own.mlp"]


def test_staged_and_committed_on_a_branch(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "topic")
    append(project / "a/main.mlp")
    git(project, "add", "--all")
    assert checked(project) == ["a/main.mlp"]
    commit(project)
    assert checked(project) == []
    assert checked(project, "--changed=main") == ["a/main.mlp"]


def test_what_others_did_since_the_branch_was_left_does_not_count(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "topic")
    append(project / "a/main.mlp")
    commit(project)
    git(project, "checkout", "--quiet", "main")
    append(project / "c/main.mlp")
    commit(project)
    git(project, "checkout", "--quiet", "topic")
    assert checked(project, "--changed=main") == ["a/main.mlp"]


def test_before_the_first_commit_all_is_new(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "main.mlp").write_text(SCHEMA, encoding="utf-8")
    assert checked(tmp_path) == ["main.mlp"]
    git(tmp_path, "add", "main.mlp")
    assert checked(tmp_path) == ["main.mlp"]


def test_names_that_git_would_quote(project: Path) -> None:
    place = project / 'ä "b"\n.mlp'
    place.write_text(SCHEMA, encoding="utf-8")
    commit(project)
    append(place)
    assert len(checked(project)) == 1


def test_from_a_folder_below_and_from_outside(project: Path) -> None:
    append(project / "shared/cells.mlp")
    assert checked(project / "a") == ["main.mlp"]
    answer = mlpc("check", "--changed", "project/b", "project/c", "--error-format=sarif", cwd=project.parent)
    assert looked_at(answer) == ["project/b/main.mlp"]


def test_a_link_counts_as_what_it_leads_to(project: Path) -> None:
    (project / "d").mkdir()
    (project / "d/linked.mlp").symlink_to("../shared/cells.mlp")
    (project / "d/main.mlp").write_text(spec("d", "./linked.mlp"), encoding="utf-8")
    commit(project)
    # Nothing that `d/main.mlp` says is called like the file that changes.
    git(project, "mv", "shared/cells.mlp", "shared/zz.mlp")
    (project / "d/linked.mlp").unlink()
    (project / "d/linked.mlp").symlink_to("../shared/zz.mlp")
    commit(project)
    append(project / "shared/zz.mlp")
    assert "d/main.mlp" in checked(project)
    commit(project)
    (project / "d/linked.mlp").unlink()
    (project / "d/linked.mlp").symlink_to("../c/own.mlp")
    assert "d/main.mlp" in checked(project)


def test_mistakes_elsewhere_are_not_told(project: Path) -> None:
    (project / "c/main.mlp").write_text(spec("c", "./own.mlp", test="20"), encoding="utf-8")
    commit(project)
    append(project / "a/main.mlp")
    assert mlpc("check", ".", cwd=project).code == 1
    answer = mlpc("check", ".", "--changed", cwd=project)
    assert (answer.code, answer.out) == (0, "a/main.mlp: ok\n")


@pytest.mark.parametrize("form", ["json", "sarif", "github", "gitlab", "junit"])
def test_every_format_knows_it(project: Path, form: str) -> None:
    (project / "a/main.mlp").write_text(spec("a", "../shared/cells.mlp", test="20"), encoding="utf-8")
    (project / "c/main.mlp").write_text(spec("c", "./own.mlp", test="20"), encoding="utf-8")
    commit(project)
    append(project / "a/main.mlp")
    answer = mlpc("check", ".", "--changed", f"--error-format={form}", cwd=project)
    assert answer.code == 1
    assert "a/main.mlp" in answer.out
    assert "c/main.mlp" not in answer.out


# What git cannot say


def test_outside_of_a_repository(tmp_path: Path) -> None:
    (tmp_path / "main.mlp").write_text(SCHEMA, encoding="utf-8")
    answer = mlpc("check", ".", "--changed", cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert answer.code == 4
    assert answer.out == (
        f"error[MLP696] not-under-git: `{tmp_path.resolve()}` is not in a repository of git that can be asked\n"
        "  = help: leave `--changed` out to check everything\n\n1 error\n"
    )


def test_without_git(project: Path, tmp_path: Path) -> None:
    answer = mlpc("check", ".", "--changed", cwd=project, PATH=str(tmp_path))
    assert answer.code == 4
    assert "error[MLP696] not-under-git: git is not installed" in answer.out


@pytest.mark.parametrize("revision", ["nope", "--output=x", "-x", "HEAD~9", "a b", "HEAD:a/main.mlp"])
def test_a_revision_that_is_not_there(project: Path, revision: str) -> None:
    answer = mlpc("check", ".", f"--changed={revision}", cwd=project)
    assert answer.code == 4
    assert f"error[MLP697] unknown-revision: git knows no revision `{revision}` in `" in answer.out
    assert not (project / "x").exists()


def test_a_history_that_was_cut_off(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "topic")
    append(project / "a/main.mlp")
    commit(project)
    git(project, "checkout", "--quiet", "main")
    append(project / "b/main.mlp")
    commit(project)
    shallow = project.parent / "shallow"
    git(
        project.parent,
        "clone",
        "--quiet",
        "--depth=1",
        "--no-single-branch",
        "-b",
        "topic",
        project.as_uri(),
        "shallow",
    )
    answer = mlpc("check", ".", "--changed=origin/main", cwd=shallow)
    assert answer.code == 4
    assert "unknown-revision: `origin/main` and what is checked out have no commit in common" in answer.out
    assert "`fetch-depth: 0`" in answer.out


def test_an_empty_revision(project: Path) -> None:
    answer = mlpc("check", ".", "--changed=", cwd=project)
    assert answer.code == 2
    assert "names no revision" in answer.err


def test_nothing_that_a_repository_says_is_run(project: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n", encoding="utf-8")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.pager"):
        git(project, "config", key, str(program))
    append(project / "a/main.mlp")
    assert checked(project) == ["a/main.mlp"]
    assert not (tmp_path / "was-run").exists()


# Both ways in


@pytest.mark.parametrize(
    ("arguments", "revision"),
    [(["--changed", "."], "HEAD"), ([".", "--changed=main"], "main"), (["."], ""), (["--changed", ".", "--no-cache"], "HEAD")],
)  # fmt: skip
def test_a_plain_call_reads_it_without_click(arguments: list[str], revision: str) -> None:
    found = read_arguments(arguments)
    assert found is not None
    assert (found[0], found[-1]) == (["."], revision)


@pytest.mark.parametrize("option", ["--changed", "--changed=HEAD"])
def test_both_ways_give_the_same(project: Path, option: str) -> None:
    append(project / "a/main.mlp")
    quick = mlpc("check", option, ".", cwd=project)
    slow = mlpc("check", option, "--", ".", cwd=project)
    assert (
        (quick.code, quick.out, quick.err) == (slow.code, slow.out, slow.err) == (0, "a/main.mlp: ok\n", "")
    )


# Nothing is left out because its text does not look like it


NAMES = ("a", "b", "cc", "dd/a", "dd/b")
Uses = dict[str, list[str]]


@st.composite
def uses(draw: Callable[..., list[str]]) -> Uses:
    return {name: draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True)) for name in NAMES}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(graph=uses(), changed=st.sampled_from([*NAMES, "gone"]), escaped=st.booleans())
def test_texts_never_say_no_where_the_check_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, graph: Uses, changed: str, escaped: bool
) -> None:
    root = tmp_path / "root"
    (root / "dd").mkdir(parents=True, exist_ok=True)
    (root / "mlpc.toml").touch()
    for name, used in graph.items():
        lines = []
        for number, target in enumerate([*used, "gone"]):
            way = os.path.relpath(target, os.path.dirname(name) or ".") + ".mlp"
            way = way if way.startswith("..") else f"./{way}"
            if escaped:
                way = way.replace("a", "\\u{61}")
            lines.append(f'use "{way}" as x{number}')
        (root / f"{name}.mlp").write_text("\n".join(["mlp 1", "", *lines, ""]), encoding="utf-8")
    monkeypatch.setattr("mlpc_cli.changed._top", lambda folder: str(root.resolve()))
    monkeypatch.setattr("mlpc_cli.changed._changed", lambda top, revision: [f"{top}/{changed}.mlp"])
    for name in NAMES:
        loader, path = open_spec(str(root / f"{name}.mlp"))
        recorder = Recorder(loader)
        list(Compilation(recorder, path).check())
        changes = Changes("HEAD")
        if changes.touch(loader, path, recorder.digests):
            assert changes.may_touch(loader, path)
