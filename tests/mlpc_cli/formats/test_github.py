"""`--error-format github`: workflow commands that cannot be broken out of."""

from __future__ import annotations

from pathlib import Path

from tests.mlpc_cli.command import mlpc


def test_an_annotation_for_each_finding(folder: Path) -> None:
    answer = mlpc("check", "main.mlp", "--error-format", "github", cwd=folder)
    assert answer.code == 1
    assert answer.out == (
        "::error file=main.mlp,line=6,col=46,endLine=6,endColumn=48,title=MLP205 out-of-range::"
        "`test` of `random` is in 0..1, but this is 20%0Anot in 0..1%0A`20%25`?\n"
        "::error file=main.mlp,line=6,col=67,endLine=6,endColumn=76,title=MLP301 unknown-column::"
        "`cells` has no column `malignent`%0Adid you mean `malignant`?\n"
        "::warning file=main.mlp,line=14,col=1,endLine=14,endColumn=12,title=MLP020 stray-doc-comment::"
        "this doc comment belongs to nothing: no declaration stands below it%0Anothing below takes it%0A"
        "put it right above a declaration, an attribute, a field or a condition, or write `#`\n"
    )


def test_a_place_of_several_lines_has_no_columns(folder: Path) -> None:
    (folder / "main.mlp").write_text('mlp 1\n\nlet x = 1 + """\n  a\n"""\n', encoding="utf-8")
    answer = mlpc("check", "main.mlp", "--error-format", "github", cwd=folder)
    assert answer.out.startswith("::error file=main.mlp,line=3,endLine=5,title=")


def test_nothing_that_a_spec_says_ends_a_command_or_begins_one(folder: Path) -> None:
    name = "a,b:c%0A.mlp"
    (folder / name).write_text(
        'mlp 1\n\nlet x = "${nope}\\n::set-env name=PATH::x"\nlet y = \r\u0085\u2028::error::z\n',
        encoding="utf-8",
    )
    answer = mlpc("check", name, "--error-format", "github", cwd=folder)
    lines = answer.out.split("\n")
    assert lines[-1] == ""
    assert len(lines) > 1
    for line in answer.out.splitlines():
        assert line.startswith("::error file=a%2Cb%3Ac%250A.mlp,line=")


def test_a_file_that_is_not_there(folder: Path) -> None:
    answer = mlpc("check", "mian.mlp", "--error-format", "github", cwd=folder)
    assert answer.code == 4
    assert answer.out == (
        "::error file=mian.mlp,title=MLP691 no-such-file::there is no file `mian.mlp`%0Adid you mean `main.mlp`?\n"
    )


def test_nothing_to_say(folder: Path) -> None:
    (folder / "main.mlp").write_text("mlp 1\n", encoding="utf-8")
    answer = mlpc("check", "main.mlp", "--error-format", "github", cwd=folder)
    assert (answer.code, answer.out) == (0, "")
