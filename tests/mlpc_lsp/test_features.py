"""What else an editor asks for, over the wire, in files that parse and in files that do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from mlpc.assist.tokens import MODIFIERS, TYPES
from tests.mlpc_lsp.session import PROFILES, Editor, at, session

#: Letters outside the first plane stand before what is asked for, so that each of them counts twice in UTF-16.
SPEC = """\
mlp 1

use "./rows.mlp" as lib

pipeline shop {
  owner = "😀𝒳 shop@example.org", tags = ["😀"]
  let depth = 2 * 4

  data rows: csv { path = "rows.csv", schema = lib.Row }

  train net: own { note = "😀", data = rows, depth = depth }

  train other: keras.classifier { data = rows, layers = [dense(4, activation = "relu"), dense(2)] }
}

component own: train {
  param note: string
  param depth: int
  input data: dataset
  output model: model("sklearn")
  run = python("own.py:fit")
}

env prod {
  train net { depth = 3 }
}

test "😀 it runs" {
  expect runs(net)
}
"""
#: The same with a mistake before all that is asked for: the first line of the pipeline is no statement.
BROKEN = SPEC.replace('  owner = "😀𝒳', '  = owner "😀𝒳')
TEXTS = {"whole": SPEC, "broken": BROKEN}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.mlp").write_text(SPEC, encoding="utf-8")
    (tmp_path / "rows.mlp").write_text("mlp 1\n\nschema Row {\n  size: float\n  good: bool @label\n}\n")
    (tmp_path / "rows.csv").write_text("size,good\n1,true\n")
    (tmp_path / "own.py").write_text("import os\n\n\ndef fit(data, note, depth): ...\n")
    (tmp_path / "mlpc.toml").write_text("")
    return tmp_path


def written(text: str, place: types.Range) -> str:
    """Return what stands in a range, whose columns count units of UTF-16."""
    lines = text.split("\n")[place.start.line : place.end.line + 1]
    units = [line.encode("utf-16-le") for line in lines]
    units[-1] = units[-1][: 2 * place.end.character]
    units[0] = units[0][2 * place.start.character :]
    return "\n".join(line.decode("utf-16-le") for line in units)


def decoded(text: str, data: list[int]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the words of semantic tokens, with what they are."""
    found = []
    line = column = 0
    for index in range(0, len(data), 5):
        below, right, length, type, modifiers = data[index : index + 5]
        line, column = line + below, right if below else column + right
        place = types.Range(
            start=types.Position(line=line, character=column),
            end=types.Position(line=line, character=column + length),
        )
        named = tuple(name for bit, name in enumerate(MODIFIERS) if modifiers & 1 << bit)
        found.append((written(text, place), TYPES[type], named))
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_all_of_them_answer_in_a_file_that_parses_and_in_one_that_does_not(
    project: Path, profile: str
) -> None:
    async def play(editor: Editor) -> None:
        uri = editor.open("main.mlp")
        await _tokens(editor, uri, "whole")
        for state, text in TEXTS.items():
            editor.type(uri, text)
            await _signature(editor, uri, text)
            await _tokens(editor, uri, state)
            await _links(editor, uri, text, project)
            await _hints(editor, uri, text)
            await _lenses(editor, uri, text)
            await _symbols(editor, uri, text)

    session(project, profile, play)


DIGITS = (Path(__file__).resolve().parents[1] / "specs" / "digits.mlp").read_text(encoding="utf-8")


@pytest.mark.parametrize("profile", PROFILES)
def test_what_a_board_has_to_hold_is_told_while_typing(project: Path, profile: str) -> None:
    (project / "boards.mlp").write_text(
        'mlp 1\n\ndevice nano33: mcu { core = "cortex-m4f", clock = 64MHz, flash = 1MiB, ram = 256KiB }\n'
    )

    async def told(editor: Editor, uri: str, text: str) -> dict[int, str]:
        whole = types.Range(
            start=types.Position(line=0, character=0),
            end=types.Position(line=text.count("\n"), character=0),
        )
        found = await editor.client.text_document_inlay_hint_async(
            types.InlayHintParams(text_document=types.TextDocumentIdentifier(uri=uri), range=whole)
        )
        return {hint.position.line: str(hint.label) for hint in found or ()}

    async def play(editor: Editor) -> None:
        uri = editor.open("main.mlp")
        board = at(DIGITS, "deploy sensor: mcu|").line
        for units, said in (
            ("dense(32", "about 78KiB of flash, about 3KiB of ram"),
            ("dense(320", "about 1"),
        ):
            text = DIGITS.replace("dense(32", units, 1)
            editor.type(uri, text)
            found = await told(editor, uri, text)
            assert found[board].startswith(said)
            assert found[at(text, "max_pool(2)|").line] == "[3, 3, 8]"
        hover = await editor.client.text_document_hover_async(
            types.HoverParams(
                text_document=types.TextDocumentIdentifier(uri=uri), position=at(text, "deploy sen|sor")
            )
        )
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert "estimated: about 1" in hover.contents.value

    session(project, profile, play)


async def _signature(editor: Editor, uri: str, text: str) -> None:
    found = await editor.client.text_document_signature_help_async(
        types.SignatureHelpParams(
            text_document=types.TextDocumentIdentifier(uri=uri), position=at(text, 'activation = "|relu"')
        )
    )
    assert found is not None
    (signature,) = found.signatures
    assert found.active_parameter == 1
    argument = (signature.parameters or ())[1].label
    if isinstance(argument, str):
        assert argument.startswith("activation: ")
        assert argument in signature.label
    else:
        start, end = argument
        assert signature.label[start:end].startswith("activation: ")


async def _tokens(editor: Editor, uri: str, state: str) -> None:
    text = TEXTS[state]
    here = types.TextDocumentIdentifier(uri=uri)
    whole = await editor.client.text_document_semantic_tokens_full_async(
        types.SemanticTokensParams(text_document=here)
    )
    assert whole is not None
    found = decoded(text, list(whole.data))
    for each in (
        ('"😀𝒳 shop@example.org"', "string", ()),
        ("lib", "namespace", ("declaration",)),
        ("Row", "struct", ()),
        ("net", "variable", ("declaration",)),
        ("own", "class", ()),
        ("depth", "variable", ("readonly",)),
        ("dense", "function", ()),
        ('"😀 it runs"', "string", ()),
    ):
        assert each in found
    line = text[: text.index("train net")].count("\n")
    part = await editor.client.text_document_semantic_tokens_range_async(
        types.SemanticTokensRangeParams(
            text_document=here,
            range=types.Range(
                start=types.Position(line=line, character=0), end=types.Position(line=line + 1, character=0)
            ),
        )
    )
    assert part is not None
    assert decoded(text, list(part.data)) == [
        ("train", "keyword", ()),
        ("net", "variable", ("declaration",)),
        ("own", "class", ()),
        ("note", "property", ()),
        ('"😀"', "string", ()),
        ("data", "property", ()),
        ("rows", "variable", ()),
        ("depth", "property", ()),
        ("depth", "variable", ("readonly",)),
    ]


async def _links(editor: Editor, uri: str, text: str, project: Path) -> None:
    found = await editor.client.text_document_document_link_async(
        types.DocumentLinkParams(text_document=types.TextDocumentIdentifier(uri=uri))
    )
    assert [(written(text, link.range), link.target) for link in found or ()] == [
        ('"./rows.mlp"', (project / "rows.mlp").as_uri()),
        ('"rows.csv"', (project / "rows.csv").as_uri()),
        ('"own.py:fit"', (project / "own.py").as_uri() + "#L4"),
    ]


async def _hints(editor: Editor, uri: str, text: str) -> None:
    whole = types.Range(
        start=types.Position(line=0, character=0), end=types.Position(line=text.count("\n"), character=0)
    )
    found = await editor.client.text_document_inlay_hint_async(
        types.InlayHintParams(text_document=types.TextDocumentIdentifier(uri=uri), range=whole)
    )
    assert [(hint.position, hint.label) for hint in found or ()] == [
        (at(text, "2 * 4|"), "= 8"),
        (at(text, "depth = depth|"), "= 8; prod: 3"),
        (at(text, "keras.classifier|"), "18 parameters, 12 multiplications"),
        (at(text, 'activation = "relu")|'), "[4], 8 parameters"),
        (at(text, "dense(2)|"), "[2], 10 parameters"),
    ]


async def _lenses(editor: Editor, uri: str, text: str) -> None:
    found = await editor.client.text_document_code_lens_async(
        types.CodeLensParams(text_document=types.TextDocumentIdentifier(uri=uri))
    )
    told = []
    for lens in found or ():
        assert lens.command is not None
        address, about = lens.command.arguments or ()
        assert address == uri
        told.append((written(text, lens.range), lens.command.command, about))
    assert told == [
        ("shop", "mlpc.check", {}),
        ("shop", "mlpc.run", {}),
        ("shop", "mlpc.test", {}),
        ("shop", "mlpc.compile", {}),
        ("rows", "mlpc.run", {"only": "rows"}),
        ("net", "mlpc.run", {"only": "net"}),
        ("other", "mlpc.run", {"only": "other"}),
        ("prod", "mlpc.check", {"env": "prod"}),
        ("prod", "mlpc.run", {"env": "prod"}),
        ("prod", "mlpc.compile", {"env": "prod"}),
        ('"😀 it runs"', "mlpc.test", {"test": "😀 it runs"}),
    ]


async def _symbols(editor: Editor, uri: str, text: str) -> None:
    found = await editor.client.workspace_symbol_async(types.WorkspaceSymbolParams(query="ne"))
    assert [
        (each.name, written(text, each.location.range))
        for each in found or ()
        if isinstance(each.location, types.Location)
    ] == [("net", "net"), ("net", "net")]  # in the pipeline, and what an environment makes of it
    folds = await editor.client.text_document_folding_range_async(
        types.FoldingRangeParams(text_document=types.TextDocumentIdentifier(uri=uri))
    )
    assert text[: text.index("component own")].count("\n") in [each.start_line for each in folds or ()]


def test_a_definition_leads_into_the_users_python(project: Path) -> None:
    async def play(editor: Editor) -> None:
        uri = editor.open("main.mlp")
        found = await editor.client.text_document_definition_async(
            types.DefinitionParams(
                text_document=types.TextDocumentIdentifier(uri=uri), position=at(SPEC, '"own.py:f|it"')
            )
        )
        assert isinstance(found, types.Location)
        assert found.uri == (project / "own.py").as_uri()
        assert found.range.start == types.Position(line=3, character=4)

    session(project, "asks", play)
