"""`mlpc compile` and `mlpc graph` on a real spec."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mlpc_cli.compile_ import read_arguments
from tests.mlpc_cli.command import EXECUTABLE, environment, mlpc
from tests.mlpc_stdlib.runtime.web import browser

TUMOR = Path(__file__).resolve().parents[2] / "examples" / "tumor"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(TUMOR / "main.mlp", tmp_path / "main.mlp")
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_writes_what_the_engine_takes(folder: Path) -> None:
    answer = mlpc("compile", "--to", "local", "-o", "build", cwd=folder)
    assert answer.code == 0
    assert "build/plan.json" in answer.out.splitlines()
    plan = json.loads((folder / "build" / "plan.json").read_bytes())
    assert plan["name"] == "tumor"
    assert "note[MLP511] lowered-for-target" in answer.err


def test_the_same_spec_gives_the_same_bytes(folder: Path) -> None:
    for name in ("one", "two"):
        assert mlpc("compile", "main.mlp", "--to", "local", "-o", name, cwd=folder).code == 0
    assert files(folder / "one") == files(folder / "two")
    assert mlpc("compile", "main.mlp", "--to", "local", "-o", "one", cwd=folder).code == 0
    assert files(folder / "one") == files(folder / "two")


def test_an_environment_gives_another_plan(folder: Path) -> None:
    for arguments in (["-o", "plain"], ["-o", "ci", "--env", "ci"]):
        assert mlpc("compile", "main.mlp", "--to", "local", *arguments, cwd=folder).code == 0
    assert files(folder / "plain")["plan.json"] != files(folder / "ci")["plan.json"]


def test_a_folder_with_something_else_is_refused(folder: Path) -> None:
    (folder / "build").mkdir()
    (folder / "build" / "thesis.txt").write_text("years of work", encoding="utf-8")
    answer = mlpc("compile", "main.mlp", "--to", "local", "-o", "build", cwd=folder)
    assert answer.code == 4
    assert "error[MLP694] occupied-folder: `build` holds something else: `thesis.txt`" in answer.err
    assert files(folder / "build") == {"thesis.txt": b"years of work"}


def test_the_current_folder_is_refused(folder: Path) -> None:
    answer = mlpc("compile", "main.mlp", "--to", "local", "-o", ".", cwd=folder)
    assert answer.code == 4
    assert (folder / "main.mlp").exists()


def test_no_name_for_a_folder_is_the_current_one(folder: Path) -> None:
    """`-o "$OUT"` where OUT is not set: nothing of the person's is replaced."""
    (folder / "thesis.txt").write_text("years of work", encoding="utf-8")
    answer = mlpc("compile", "main.mlp", "--to", "local", "-o", "", cwd=folder)
    assert answer.code == 4
    assert "occupied-folder: `.` holds something else: `main.mlp`, `thesis.txt`" in answer.err
    assert sorted(files(folder)) == ["main.mlp", "thesis.txt"]


def test_a_folder_below_the_output_that_holds_something_else_is_refused(folder: Path) -> None:
    arguments = ("compile", "main.mlp", "--to", "compose", "-o", "build/")
    assert mlpc(*arguments, cwd=folder).code == 0
    (folder / "build" / "images" / "mine.txt").write_text("kept", encoding="utf-8")
    answer = mlpc(*arguments, cwd=folder)
    assert answer.code == 4
    assert "`build/` holds something else: `images/mine.txt`" in answer.err
    (folder / "build" / "images" / "mine.txt").unlink()
    assert mlpc(*arguments, cwd=folder).code == 0


def test_a_target_that_does_not_exist(folder: Path) -> None:
    answer = mlpc("compile", "main.mlp", "--to", "locla", "-o", "build", cwd=folder)
    assert (answer.code, answer.err) == (
        2,
        "error: there is no target `locla`\n  help: did you mean `local`?\n",
    )


def test_a_spec_with_errors_compiles_to_nothing(folder: Path) -> None:
    text = (folder / "main.mlp").read_text(encoding="utf-8")
    (folder / "main.mlp").write_text(text.replace("cells.malignant", "cells.malignent"), encoding="utf-8")
    answer = mlpc("compile", "main.mlp", "--to", "local", "-o", "build", cwd=folder)
    assert (answer.code, answer.out) == (1, "")
    assert "error[MLP301] unknown-column" in answer.err
    assert answer.err.endswith("\n1 error in 1 file\n")
    assert not (folder / "build").exists()


# The quick way and the way through click say the same


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        (["--to", "local", "-o", "build"], (None, "local", "build", "", "")),
        (["a.mlp", "--to=local", "--output=build"], ("a.mlp", "local", "build", "", "")),
        (
            ["-o", "b", "--env", "ci", "--project", "p", "--to", "airflow", "a.mlp"],
            ("a.mlp", "airflow", "b", "ci", "p"),
        ),
        (["a.mlp", "--to", "local", "-o", "one", "-o", "two"], ("a.mlp", "local", "two", "", "")),
        ([], None),
        (["--help"], None),
        (["a.mlp", "--to", "local"], None),
        (["a.mlp", "-o", "build"], None),
        (["a.mlp", "b.mlp", "--to", "local", "-o", "build"], None),
        (["a.mlp", "--to", "local", "-obuild"], None),
        (["a.mlp", "--to", "local", "-o=build"], None),
        (["a.mlp", "--to", "local", "-o", ""], None),
        (["--to", "local", "-o", "build", "--", "a.mlp"], None),
    ],
)
def test_what_the_quick_way_reads(arguments: list[str], read: object) -> None:
    assert read_arguments(arguments) == read


@pytest.mark.parametrize("target", ["local", "kubeflow", "compose"])
def test_nothing_heavy_is_imported_for_a_plain_compile(folder: Path, target: str) -> None:
    script = (
        "import sys; from mlpc_cli.__main__ import main;"
        f"code = main(['compile', 'main.mlp', '--to', '{target}', '-o', 'build']);"
        "heavy = {'click', 'rich', 'jinja2', 'yaml', 'pydantic', 'dataclasses', 'inspect', 'pathlib', 'typing'};"
        "heavy |= {'tempfile', 'shutil', 'importlib.metadata', 'ast', 'sqlite3', 'datetime', 'string'};"
        "print(code, sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize("target", ["local", "kubeflow", "compose", "airflow", "nowhere"])
def test_both_ways_give_the_same(folder: Path, target: str) -> None:
    quick = mlpc("compile", "main.mlp", "--to", target, "-o", "build", cwd=folder)
    made = everything(folder / "build")
    slow = mlpc("compile", "--to", target, "-o", "build", "--", "main.mlp", cwd=folder)
    assert (quick.code, quick.out, quick.err) == (slow.code, slow.out, slow.err)
    assert everything(folder / "build") == made


def test_the_output_is_whole_when_nobody_reads_what_is_printed(folder: Path) -> None:
    command = (
        'mlpc=$1; "$mlpc" compile main.mlp --to kubeflow -o build 2>/dev/null | true; exit "${PIPESTATUS[0]}"'
    )
    done = subprocess.run(
        ["bash", "-c", command, "bash", str(EXECUTABLE)], cwd=folder, env=environment(), check=False
    )
    assert done.returncode == 0
    assert (folder / "build" / "pipeline.yaml").exists()


def test_the_graph_shows_what_a_gate_blocks(folder: Path) -> None:
    answer = mlpc("graph", cwd=folder)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[0].startswith("tumor")
    (gate,) = [line for line in lines if "quality.gate · gate" in line]
    (register,) = [line for line in lines if "▲ catalog · register: mlflow" in line]
    assert register.index("▲") > gate.index("◆")


def test_the_graph_without_unicode(folder: Path) -> None:
    answer = mlpc("graph", cwd=folder, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert answer.code == 0
    assert answer.out.isascii()
    assert "\\u" not in answer.out


@pytest.mark.parametrize(("form", "first"), [("mermaid", "flowchart"), ("dot", "digraph")])
def test_graphs_for_other_programs(folder: Path, form: str, first: str) -> None:
    answer = mlpc("graph", "main.mlp", "--format", form, cwd=folder)
    assert answer.code == 0
    assert first in answer.out.splitlines()[0]


def test_the_picture_is_the_same_each_time_and_follows_the_name_of_the_file(folder: Path) -> None:
    answer = mlpc("graph", "main.mlp", "-o", "graph.svg", cwd=folder)
    assert (answer.code, answer.out, answer.err) == (0, "graph.svg\n", "")
    drawn = (folder / "graph.svg").read_text(encoding="utf-8")
    texts = [each.text for each in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert {"forest", "quality.gate", "recall >= 0.85", "data/cells.csv"} <= set(texts)
    assert "var(" not in drawn
    assert mlpc("graph", "main.mlp", "--format", "svg", cwd=folder).out == drawn


def test_no_text_of_a_spec_breaks_out_of_a_picture(folder: Path) -> None:
    main = folder / "main.mlp"
    text = main.read_text(encoding="utf-8")
    hostile = '</text><script>x</script>&\\u{1}\\u{202e}".csv'
    assert "data/cells.csv" in text
    main.write_text(text.replace("data/cells.csv", hostile.replace('"', '\\"')), encoding="utf-8")
    answer = mlpc("graph", "main.mlp", "--format", "svg", cwd=folder)
    assert answer.code == 0, answer.err
    picture = ElementTree.fromstring(answer.out)
    assert not list(picture.iter("{http://www.w3.org/2000/svg}script"))
    assert "</text><script>x</script>&" in "".join(picture.itertext())
    assert "\u202e" not in answer.out


def test_a_picture_that_cannot_be_written(folder: Path) -> None:
    (folder / "graph.svg").mkdir()
    answer = mlpc("graph", "main.mlp", "-o", "graph.svg", cwd=folder)
    assert answer.code == 4
    assert "Traceback" not in answer.err


def test_the_layout_library_that_ships_is_what_its_script_makes(tmp_path: Path) -> None:
    browser.programs()
    root = Path(__file__).parents[2]
    made = tmp_path / "dagre.js"
    done = subprocess.run(
        [root / "tools/graph_layout/build.sh", str(made)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert made.read_bytes() == (root / "compiler/mlpc_cli/pages/assets/dagre.js").read_bytes()
