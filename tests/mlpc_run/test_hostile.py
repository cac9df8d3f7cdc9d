"""A pipeline with a hostile text in every place that is executed runs, and its secret is nowhere to be found."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.mlpc_backends.projects import TEXT, Project, Searched
from tests.mlpc_backends.spec import VARIABLE
from tests.mlpc_cli.command import mlpc


def test_texts_arrive_as_they_are_and_the_secret_stays_out(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    answer = mlpc("run", cwd=project.folder, **project.variables)
    assert answer.code == 0, answer
    latest = project.folder / ".mlpc" / "latest" / "words"
    (copy,) = [path for path in (latest / "enter").iterdir() if path.name.startswith("copy")]
    assert json.loads(copy.read_bytes()) == project.told()

    given = f"another {TEXT}"
    again = mlpc("run", "--set", f"said={given}", cwd=project.folder, **project.variables)
    assert again.code == 0, again
    assert json.loads(copy.read_bytes()) == {**project.told(), "said": given, "mixed": f"{TEXT}{given}{TEXT}"}

    searched = Searched(project.secret)
    searched.bytes("what was said", answer.out + answer.err + again.out + again.err)
    searched.folder(project.folder)
    logs = mlpc("logs", "tell", cwd=project.folder)
    assert "the secret is ***" in logs.out
    searched.bytes("the log", logs.out)
    assert searched.looked_at > 10_000


@pytest.mark.parametrize(
    "write",
    [
        str,
        quote,
        json.dumps,
        lambda text: b64encode(text.encode()).decode(),
        lambda text: urlsafe_b64encode(f"user:{text}".encode()).decode(),
        lambda text: b64encode(f"a{text}bc".encode()).decode(),
        lambda text: text.encode().hex(),
    ],
)
def test_the_search_finds_what_it_looks_for(tmp_path: Path, write: Callable[[str], str]) -> None:
    project = Project(tmp_path / "project")
    searched = Searched(project.secret)
    searched.folder(project.folder)
    (project.folder / "data" / "left.log").write_text(f"x{write(project.secret)}y", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"left\.log"):
        searched.folder(project.folder)


def test_a_secret_that_is_no_text_is_refused(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    answer = mlpc("run", cwd=project.folder, **{VARIABLE: "a\udcff"})
    assert answer.code == 4, answer
    assert f"the secret `key` cannot be read from {VARIABLE}: it is not UTF-8 text" in answer.err
