"""Sessions of editors with the server, over the wire, as two different editors."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from tests.mlpc_cli.command import mlpc
from tests.mlpc_lsp.session import PROFILES, REFRESHES, Editor, at, session

SPECS = Path(__file__).parent.parent / "specs"

SPEC = """\
mlp 1

use "./rows.mlp" as lib

## What we sell.
pipeline shop {
  owner = "shop@example.org"

  data rows: csv { path = "rows.csv", schema = lib.Row }

  split parts: random {
    data = rows
    test = 20%
    seed = 7
  }

  train forest: sklearn.random_forest {
    data = parts.train
    trees = 200
    seed = 7
  }

  evaluate quality: classification {
    model = forest
    data = parts.test
    require accuracy >= 90%
  }
}
"""
ROWS = """\
mlp 1

## A sale.
schema Row {
  ## In millimetres: 😀.
  size: float >= 0
  good: bool @label
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.mlp").write_text(SPEC, encoding="utf-8")
    (tmp_path / "rows.mlp").write_text(ROWS, encoding="utf-8")
    (tmp_path / "rows.csv").write_text("size,good\n1,true\n", encoding="utf-8")
    (tmp_path / "mlpc.toml").write_text("", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("profile", PROFILES)
def test_a_mistake_comes_and_goes_while_typing(project: Path, profile: str) -> None:
    async def play(editor: Editor) -> None:
        uri = editor.open("main.mlp")
        assert [item for item in await editor.diagnostics(uri) if item.source == "mlpc"] == []
        editor.type(uri, SPEC.replace("trees = 200", "tres = 200"))
        (found,) = await editor.diagnostics(uri)
        assert (found.code, found.range.start) == ("MLP103", types.Position(line=18, character=4))
        assert found.severity == types.DiagnosticSeverity.Error
        editor.type(uri, SPEC)
        assert [item for item in await editor.diagnostics(uri) if item.source == "mlpc"] == []

    session(project, profile, play)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_file_that_is_used_counts_as_it_stands_in_the_editor(project: Path, profile: str) -> None:
    async def play(editor: Editor) -> None:
        main = editor.open("main.mlp")
        rows = editor.open("rows.mlp")
        assert [item for item in await editor.diagnostics(main) if item.source == "mlpc"] == []
        editor.client.diagnostics.pop(main, None)
        editor.type(rows, ROWS.replace("schema Row", "schema Sale"))
        (found,) = await editor.diagnostics(main)
        assert found.message.startswith("`lib` declares no `Row`") or "Row" in found.message

    session(project, profile, play)


def test_hover_definition_completion_and_outline(project: Path) -> None:
    async def play(editor: Editor) -> None:
        uri = editor.open("main.mlp")
        rows = editor.open("rows.mlp")
        here = types.TextDocumentIdentifier(uri=uri)
        hover = await editor.client.text_document_hover_async(
            types.HoverParams(text_document=here, position=at(SPEC, "tre|es = 200"))
        )
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert "param trees: int in 1..100000 = 100" in hover.contents.value
        place = await editor.client.text_document_definition_async(
            types.DefinitionParams(text_document=here, position=at(SPEC, "lib.R|ow"))
        )
        assert isinstance(place, types.Location)
        assert (place.uri, place.range.start) == (rows, at(ROWS, "schema |Row"))
        found = await editor.client.text_document_completion_async(
            types.CompletionParams(text_document=here, position=at(SPEC, "model = |forest"))
        )
        assert isinstance(found, types.CompletionList)
        assert [item.label for item in found.items] == ["forest"]
        outline = await editor.client.text_document_document_symbol_async(
            types.DocumentSymbolParams(text_document=here)
        )
        (pipeline,) = outline or ()
        assert isinstance(pipeline, types.DocumentSymbol)
        assert [each.name for each in pipeline.children or ()] == ["rows", "parts", "forest", "quality"]
        folds = await editor.client.text_document_folding_range_async(
            types.FoldingRangeParams(text_document=here)
        )
        assert (5, 26) in [(each.start_line, each.end_line) for each in folds or ()]
        uses = await editor.client.text_document_references_async(
            types.ReferenceParams(
                text_document=types.TextDocumentIdentifier(uri=rows),
                position=at(ROWS, "schema R|ow"),
                context=types.ReferenceContext(include_declaration=True),
            )
        )
        assert {each.uri for each in uses or ()} == {uri, rows}

    session(project, "asks", play)


def test_places_are_right_behind_letters_outside_the_first_plane(project: Path) -> None:
    async def play(editor: Editor) -> None:
        uri = editor.open("main.mlp")
        text = SPEC.replace('owner = "shop@example.org"', 'owner = "😀é", tags = ["a"], titel = 1')
        editor.type(uri, text)
        found = [item for item in await editor.diagnostics(uri) if item.source == "mlpc"]
        assert [item.range.start for item in found] == [at(text, "|titel")]

    session(project, "asks", play)


def test_the_linter_is_asked_once_nobody_types_where_the_editor_asks_again(project: Path) -> None:
    async def play(editor: Editor) -> None:
        told = asyncio.Event()
        features = editor.client.protocol.fm.features
        features[types.WORKSPACE_DIAGNOSTIC_REFRESH] = lambda params: told.set()
        uri = editor.open("main.mlp")
        assert await editor.diagnostics(uri) == []
        await asyncio.wait_for(told.wait(), 60)
        found = await editor.diagnostics(uri)
        assert found
        assert {item.source for item in found} == {"mlpc lint"}
        told.clear()
        editor.type(uri, SPEC.replace("trees = 200", "trees = 100"))
        assert await editor.diagnostics(uri) == []
        await asyncio.wait_for(told.wait(), 60)
        assert [item.message for item in await editor.diagnostics(uri)] == [item.message for item in found]

    session(project, REFRESHES, play)


CASES = sorted(path.parent for path in (SPECS.parent / "cases").glob("*/*/main.mlp"))


def test_what_the_editor_is_told_is_what_the_command_says(tmp_path: Path) -> None:
    """Every case of the corpus, opened: the same codes at the same places."""
    told: dict[str, list[tuple[object, ...]]] = {}

    async def play(editor: Editor) -> None:
        for case in CASES[::4]:
            name = f"{case.parent.name}/{case.name}/main.mlp"
            try:
                (tmp_path / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # no editor has such a text
            uri = editor.open(name)
            found = await editor.diagnostics(uri)
            told[name] = [(item.code, item.range.start.line + 1) for item in found if item.source == "mlpc"]

    for case in CASES[::4]:
        shutil.copytree(case, tmp_path / case.parent.name / case.name)
    session(tmp_path, "asks", play)
    assert sum(map(len, told.values())) > 100
    said = mlpc("check", *told, "--error-format", "json", cwd=tmp_path)
    expected: dict[str, list[tuple[object, ...]]] = {name: [] for name in told}
    for line in said.out.splitlines():
        item = json.loads(line)
        if item["file"] in expected:
            expected[item["file"]].append((item["code"], item["line"] or 1))
    for name in told:
        assert sorted(map(str, told[name])) == sorted(map(str, expected[name])), name
