"""A whole session with the server as people install it: from the wheel, with the extra `lsp`, in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol import types

from tests.engines import uv
from tests.mlpc_lsp.session import PROFILES, Editor, applied, at, session

ROOT = Path(__file__).parents[2]
#: As somebody left it: a misspelt key, and not laid out.
MAIN = """\
mlp 1

use "./rows.mlp" as lib

## What we sell, and to whom: 😀.
pipeline shop {
  owner = "shop@example.org"
  data rows: csv { path = "rows.csv", schema = lib.Row }
  train forest: sklearn.random_forest {
    data   =   rows
    tres = 200   # 😀
  }
}
"""
MENDED = MAIN.replace("data   =   rows", "data = rows").replace("tres = 200   #", "trees = 200  #")
OTHER = MAIN.replace("shop", "second").replace("data   =   rows", "data = rows").replace("tres", "trees")
ROWS = "mlp 1\n\nschema Row {\n  size: float\n  good: bool @label\n}\n"
RENAMED = {"lib.Row": "lib.Sale", "schema Row": "schema Sale"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, installed as a user does, with what is locked."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    uv("venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
    locked = ["--constraint", str(ROOT / "requirements" / "dev.txt")]
    uv("pip", "install", "--quiet", "--python", str(python), *locked, f"mlpc[lsp] @ {wheel.as_uri()}")
    return python.with_name("mlpc")


def renamed(text: str) -> str:
    """Return a text after the schema was renamed in it."""
    for old, new in RENAMED.items():
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_on_the_disk_in_the_end_is_right(installed: Path, tmp_path: Path, profile: str) -> None:
    """Open, a mistake, mend it by a code action, rename across files, lay out, save."""
    files = {
        "main.mlp": MAIN,
        "other.mlp": OTHER,
        "rows.mlp": ROWS,
        "rows.csv": "size,good\n",
        "mlpc.toml": "",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    async def play(editor: Editor) -> None:
        uri = editor.open("main.mlp")
        here = types.TextDocumentIdentifier(uri=uri)
        (mistake,) = [item for item in await editor.diagnostics(uri) if item.source == "mlpc"]
        assert mistake.range.start == at(MAIN, "|tres = 200")
        actions = await editor.client.text_document_code_action_async(
            types.CodeActionParams(
                text_document=here,
                range=mistake.range,
                context=types.CodeActionContext(diagnostics=[mistake]),
            )
        )
        (action,) = [
            each
            for each in actions or ()
            if isinstance(each, types.CodeAction) and each.title == "Write `trees`"
        ]
        text = applied(MAIN, action.edit, uri)
        editor.type(uri, text)
        assert [item for item in await editor.diagnostics(uri) if item.source == "mlpc"] == []
        edit = await editor.client.text_document_rename_async(
            types.RenameParams(text_document=here, position=at(text, "lib.R|ow"), new_name="Sale")
        )
        assert edit is not None
        assert edit.changes is not None
        assert set(edit.changes) == {editor.uri(name) for name in ("main.mlp", "other.mlp", "rows.mlp")}
        for name in ("other.mlp", "rows.mlp"):
            (tmp_path / name).write_text(applied(files[name], edit, editor.uri(name)), encoding="utf-8")
        text = applied(text, edit, uri)
        editor.type(uri, text)
        edits = await editor.client.text_document_formatting_async(
            types.DocumentFormattingParams(
                text_document=here, options=types.FormattingOptions(tab_size=2, insert_spaces=True)
            )
        )
        text = applied(text, types.WorkspaceEdit(changes={uri: list(edits or ())}), uri)
        (tmp_path / "main.mlp").write_text(text, encoding="utf-8")
        editor.type(uri, text)
        editor.client.text_document_did_save(types.DidSaveTextDocumentParams(text_document=here))
        assert [item for item in await editor.diagnostics(uri) if item.source == "mlpc"] == []

    session(tmp_path, profile, play, command=[str(installed), "lsp"])
    assert (tmp_path / "main.mlp").read_text(encoding="utf-8") == renamed(MENDED)
    assert (tmp_path / "other.mlp").read_text(encoding="utf-8") == renamed(OTHER)
    assert (tmp_path / "rows.mlp").read_text(encoding="utf-8") == renamed(ROWS)
    checked = subprocess.run(
        [str(installed), "check", "main.mlp", "other.mlp", "rows.mlp"], cwd=tmp_path, check=False
    )
    assert checked.returncode == 0
