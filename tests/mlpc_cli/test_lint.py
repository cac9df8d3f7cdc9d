"""`mlpc lint`: what it prints, what it mends, and its exit codes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlpc import codes
from mlpc.diagnostics import Diagnostic, Fix
from mlpc.source import Source, Span
from mlpc_cli import lint
from tests.mlpc_cli.command import EXECUTABLE, environment, mlpc

if TYPE_CHECKING:
    from mlpc.source import Loader

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if (path / "main.mlp").is_file())
SPEC = """mlp 1

## Tell malignant from benign tumours.
pipeline tumour {
  data cells: csv { path = "cells.csv", schema = Cell }

  split parts: random { data = cells, test = 20%, stratify = cells.malignant }
  SPLIT
  train forest: sklearn.random_forest { data = parts.train, seed = 7 }

  evaluate quality: classification { model = forest, data = parts.test }
}

schema Cell {
  radius: float >= 0
  malignant: bool @label
}
""".replace("  SPLIT\n", "\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.mlp").write_text(SPEC, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_no_rule_says_anything_about_an_example(folder: Path) -> None:
    answer = mlpc("lint", "--strict", cwd=folder)
    assert (answer.code, answer.out, answer.err) == (0, "main.mlp: ok\n", "")


def test_no_rule_says_anything_about_a_new_project(tmp_path: Path) -> None:
    assert mlpc("new", "churn", cwd=tmp_path).code == 0
    answer = mlpc("lint", "--strict", "churn", cwd=tmp_path)
    assert (answer.code, answer.out) == (0, "churn/main.mlp: ok\n")


def test_a_finding_is_shown_like_a_diagnostic(project: Path) -> None:
    answer = mlpc("lint", "main.mlp", cwd=project)
    assert answer.code == 0
    assert answer.out == (
        "warning[MLP830] no-seed: `parts` draws numbers at random, and its seed is written nowhere\n"
        " --> main.mlp:7:9\n"
        "  |\n"
        "7 |   split parts: random { data = cells, test = 20%, stratify = cells.malignant }\n"
        "  |         ^^^^^ `seed` is missing\n"
        "  |\n"
        "  = help: write `seed = 0`\n"
        "  = fix: add `seed = 0`\n"
        "7 |   split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 0 }\n"
        "  |                                                                             ++++++++++\n"
        "\n"
        "1 warning in 1 file\n"
    )


def test_as_lines_of_json(project: Path) -> None:
    answer = mlpc("lint", "--error-format", "json", "main.mlp", cwd=project)
    (line,) = answer.out.splitlines()
    found = json.loads(line)
    assert (found["code"], found["name"], found["severity"]) == ("MLP830", "no-seed", "warning")
    assert (found["file"], found["line"], found["column"]) == ("main.mlp", 7, 9)
    assert found["fixes"][0]["safe"] is True


# Exit codes


def test_a_warning_fails_only_when_it_is_to(project: Path) -> None:
    assert mlpc("lint", "main.mlp", cwd=project).code == 0
    assert mlpc("lint", "--strict", "main.mlp", cwd=project).code == 1
    (project / "mlpc.toml").write_text("[lint]\nstrict = true\n", encoding="utf-8")
    assert mlpc("lint", "main.mlp", cwd=project).code == 1


def test_a_finding_of_the_level_of_an_error_fails(project: Path) -> None:
    (project / "mlpc.toml").write_text('[lint.rules]\nno-seed = "error"\n', encoding="utf-8")
    answer = mlpc("lint", "main.mlp", cwd=project)
    assert answer.code == 1
    assert answer.out.startswith("error[MLP830] no-seed")
    assert answer.out.endswith("1 error in 1 file\n")


def test_a_mistake_in_the_settings_fails_and_the_rest_is_minded(project: Path) -> None:
    (project / "mlpc.toml").write_text('[lint.rules]\nno-sead = "off"\nno-seed = "off"\n', encoding="utf-8")
    answer = mlpc("lint", "main.mlp", cwd=project)
    assert answer.code == 1
    assert "unknown-setting: there is no rule or group `no-sead`" in answer.out
    assert "mlpc.toml:2:1" in answer.out
    assert "[MLP830]" not in answer.out


def test_errors_are_shown_instead_of_findings(project: Path) -> None:
    (project / "main.mlp").write_text(SPEC.replace("cells.malignant", "cells.malignent"), encoding="utf-8")
    answer = mlpc("lint", "--fix", "main.mlp", cwd=project)
    assert answer.code == 1
    assert "unknown-column" in answer.out
    assert "no-seed" not in answer.out


def test_a_file_that_is_not_there(project: Path) -> None:
    answer = mlpc("lint", "man.mlp", cwd=project)
    assert answer.code == 4
    assert "did you mean `main.mlp`?" in answer.out


# Fixes


def test_safe_fixes_are_written_and_stay(project: Path) -> None:
    answer = mlpc("lint", "--fix", "main.mlp", cwd=project)
    assert (answer.code, answer.out) == (0, "main.mlp: mended\nmain.mlp: ok\n")
    text = (project / "main.mlp").read_text(encoding="utf-8")
    assert text == SPEC.replace("cells.malignant }", "cells.malignant, seed = 0 }")
    assert mlpc("lint", "--fix", "main.mlp", cwd=project).out == "main.mlp: ok\n"
    assert mlpc("fmt", "--check", "main.mlp", cwd=project).code == 0


def test_unsafe_fixes_are_written_only_when_asked_for(project: Path) -> None:
    spec = SPEC.replace(", stratify = cells.malignant", "")
    (project / "main.mlp").write_text(spec, encoding="utf-8")
    answer = mlpc("lint", "--fix", "main.mlp", cwd=project)
    assert "unstratified-split" in answer.out
    assert mlpc("lint", "--unsafe-fixes", "main.mlp", cwd=project).out == "main.mlp: mended\nmain.mlp: ok\n"
    assert "stratify = cells.malignant" in (project / "main.mlp").read_text(encoding="utf-8")


def test_fixes_of_a_whole_folder_and_of_what_it_uses(project: Path) -> None:
    (project / "lib").mkdir()
    (project / "lib" / "a.mlp").write_text("mlp 1\n\nuse std.split\n\nlet a = 1\n", encoding="utf-8")
    answer = mlpc("lint", "--fix", cwd=project)
    assert answer.out == "main.mlp: mended\nlib/a.mlp: mended\n2 files: ok\n"
    assert (project / "lib" / "a.mlp").read_text(encoding="utf-8") == "mlp 1\n\nlet a = 1\n"


def test_line_ends_and_byte_order_marks_stay_what_they_are(project: Path) -> None:
    spec = SPEC.replace("parts: random { ", "parts: random {\n    ").replace(
        "malignant }\n", "malignant\n  }\n"
    )
    text = spec.replace("\n", "\r\n") + "\r\nlet unused = 1\r\n"
    (project / "main.mlp").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert mlpc("lint", "--fix", "main.mlp", cwd=project).out == "main.mlp: mended\nmain.mlp: ok\n"
    after = (project / "main.mlp").read_bytes()
    wanted = spec.replace("malignant\n  }", "malignant, seed = 0\n  }").replace("\n", "\r\n") + "\r\n"
    assert after == b"\xef\xbb\xbf" + wanted.encode()


def test_a_fix_that_cannot_be_written_leaves_the_file_as_it_was(project: Path) -> None:
    """A limit on the size of files stands for a disk that is full."""
    full = ["sh", "-c", 'ulimit -f 0; exec "$0" lint --fix main.mlp', str(EXECUTABLE)]
    done = subprocess.run(full, cwd=project, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 4
    assert "cannot-write" in done.stdout
    assert (project / "main.mlp").read_text(encoding="utf-8") == SPEC
    assert [path.name for path in project.iterdir()] == ["main.mlp"]


# A check pays nothing for it


def test_a_check_imports_nothing_of_the_linter(project: Path) -> None:
    answer = mlpc("check", "main.mlp", "--no-cache", cwd=project, PYTHONPROFILEIMPORTTIME="1")
    assert answer.code == 0
    assert "mlpc.check" in answer.err
    assert "mlpc.lint" not in answer.err


def test_every_rule_is_listed(project: Path) -> None:
    listed = mlpc("explain").out
    assert all(f"{code.code}  {code.name}\n" in listed for code in codes.RULES.values())


def test_a_fix_that_would_break_the_file_is_told_of(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No rule has such a fix; one that is made up here is proposed beside theirs, tried, and taken back."""
    look = lint.look

    def looking(loader: Loader, path: str) -> tuple[bool, list[Diagnostic]]:
        broken, found = look(loader, path)
        text = (loader.read(path) or b"").decode()
        place = Span(Source(path, text), text.index("forest"), text.index("forest") + 6)
        breaking = Fix("call it something else", [(place, "wood")])
        return broken, [*found, Diagnostic(codes.DEPRECATED, "made up", place, fixes=[breaking])]

    monkeypatch.setattr(lint, "look", looking)
    monkeypatch.chdir(project)
    lint.lint(["main.mlp"], fix=True)
    assert (
        "note[MLP896] refused-fix: a fix was not applied: there would have been errors afterwards"
        in capsys.readouterr().out
    )
    assert "train forest" in (project / "main.mlp").read_text(encoding="utf-8")
