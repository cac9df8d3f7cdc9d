"""`--error-format junit`: XML that is well-formed whatever a spec holds."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from tests.mlpc_cli.command import mlpc


def test_a_suite_for_each_file_and_a_test_for_each_finding(folder: Path) -> None:
    (folder / "clean.mlp").write_text("mlp 1\n", encoding="utf-8")
    answer = mlpc("check", ".", "--error-format", "junit", cwd=folder)
    assert answer.code == 1
    root = ElementTree.fromstring(answer.out)
    assert root.attrib == {"name": "mlpc", "tests": "4", "failures": "2", "errors": "0"}
    clean, main = root
    assert clean.attrib == {"name": "clean.mlp", "tests": "1", "failures": "0", "errors": "0"}
    assert [case.get("name") for case in clean] == ["check"]
    assert [case.get("name") for case in main] == [
        "MLP205 out-of-range 6:46",
        "MLP301 unknown-column 6:67",
        "MLP020 stray-doc-comment 14:1",
    ]
    failure = main[1].find("failure")
    assert failure is not None
    assert failure.get("message") == "`cells` has no column `malignent`"
    assert "did you mean `malignant`?" in (failure.text or "")
    assert [child.tag for child in main[2]] == ["system-out"]


def test_a_file_that_is_not_there_is_an_error(folder: Path) -> None:
    answer = mlpc("check", "mian.mlp", "--error-format", "junit", cwd=folder)
    root = ElementTree.fromstring(answer.out)
    assert (answer.code, root.get("errors"), root.get("failures")) == (4, "1", "0")
    assert root[0].get("name") == "mian.mlp"


def test_what_xml_cannot_hold(folder: Path) -> None:
    (folder / 'a"<&>.mlp').write_text(
        'mlp 1\n\nlet a = "]]> <!-- &amp; \x0b \ufffe ${x}\n\x1b\x00\n', encoding="utf-8"
    )
    answer = mlpc("check", ".", "--error-format", "junit", cwd=folder)
    assert answer.code == 1
    assert ElementTree.fromstring(answer.out)[0].get("name") == 'a"<&>.mlp'


def test_equal_runs_give_equal_bytes(folder: Path) -> None:
    first = mlpc("check", ".", "--error-format", "junit", cwd=folder, PYTHONHASHSEED="1")
    second = mlpc("check", ".", "--error-format", "junit", cwd=folder, PYTHONHASHSEED="2")
    assert first.out == second.out
