"""The reference specs, typed: at every keystroke the server answers, and what it says is what the command says.

In `make test` a handful of letters comes at once, in `make test-full` each by itself.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from tests.mlpc_cli.command import mlpc
from tests.mlpc_lsp.session import Editor, place, session

SPECS = Path(__file__).parent.parent / "specs"
#: Letters that come at once, keystrokes from one comparison with the command to the next.
_AT_ONCE, _COMPARED = 67, 4
_COMPARED_IN_FULL = 40
_SEVERITY = {"error": 1, "warning": 2, "note": 3}
#: What one diagnostic says: code, severity, from where, to where, message and helps.
Said = tuple[str, int, tuple[int, int], tuple[int, int], str, tuple[str, ...]]


@pytest.mark.parametrize("spec", ["boards.mlp", "digits.mlp", "regions.mlp", "tumor.mlp"])
def test_a_spec_that_is_typed_is_answered_at_every_keystroke(spec: str, tmp_path: Path, full: bool) -> None:
    text = (SPECS / spec).read_text(encoding="utf-8")
    told: dict[str, list[Said]] = {}
    shutil.copytree(SPECS, tmp_path / "typed")
    (tmp_path / "typed" / spec).write_text("", encoding="utf-8")

    async def play(editor: Editor) -> None:
        uri = editor.open(f"typed/{spec}")
        ends = [*range(1 if full else _AT_ONCE, len(text), 1 if full else _AT_ONCE), len(text)]
        start = 0
        for number, end in enumerate(ends):
            editor.insert(uri, place(text, start), text[start:end])
            found = await editor.diagnostics(uri)
            await _ask(editor, uri, text[:end], number)
            if number % (_COMPARED_IN_FULL if full else _COMPARED) == 0 or end == len(text):
                name = f"at{end}/{spec}"
                shutil.copytree(SPECS, tmp_path / f"at{end}")
                (tmp_path / name).write_text(text[:end], encoding="utf-8")
                told[name] = sorted(map(_told, found))
            start = end

    session(tmp_path, "asks", play)
    said = _said(tmp_path, list(told))
    for name, ours in told.items():
        assert len(ours) == len(said[name]), (name, ours, said[name])
        assert [_without_label(*pair) for pair in zip(ours, said[name], strict=True)] == said[name], name
    assert not any(severity == 1 for _, severity, *_ in told[f"at{len(text)}/{spec}"])


async def _ask(editor: Editor, uri: str, text: str, number: int) -> None:
    """Ask what an editor asks while one types, the rest in turns; whatever the answer, none may be an error."""
    client = editor.client
    here = types.TextDocumentIdentifier(uri=uri)
    position = place(text, len(text))
    whole = types.Range(start=types.Position(line=0, character=0), end=position)
    await client.text_document_completion_async(types.CompletionParams(text_document=here, position=position))
    await client.text_document_signature_help_async(
        types.SignatureHelpParams(text_document=here, position=position)
    )
    match number % 9:
        case 0:
            await client.text_document_hover_async(types.HoverParams(text_document=here, position=position))
        case 1:
            await client.text_document_semantic_tokens_full_async(
                types.SemanticTokensParams(text_document=here)
            )
        case 2:
            await client.text_document_inlay_hint_async(
                types.InlayHintParams(text_document=here, range=whole)
            )
        case 3:
            await client.text_document_code_lens_async(types.CodeLensParams(text_document=here))
        case 4:
            await client.text_document_document_link_async(types.DocumentLinkParams(text_document=here))
        case 5:
            await client.text_document_document_symbol_async(types.DocumentSymbolParams(text_document=here))
        case 6:
            await client.text_document_folding_range_async(types.FoldingRangeParams(text_document=here))
        case 7:
            context = types.CodeActionContext(diagnostics=[])
            await client.text_document_code_action_async(
                types.CodeActionParams(text_document=here, range=whole, context=context)
            )
        case _:
            options = types.FormattingOptions(tab_size=2, insert_spaces=True)
            await client.text_document_formatting_async(
                types.DocumentFormattingParams(text_document=here, options=options)
            )


def _without_label(ours: Said, theirs: Said) -> Said:
    """Return ``ours`` without the label, which the command does not write for programs, if it is what ``theirs`` says."""
    label = ours[4].startswith(theirs[4] + " (") and ours[4].endswith(")")
    return (*ours[:4], theirs[4] if label else ours[4], *ours[5:])


def _told(item: types.Diagnostic) -> Said:
    message, *lines = item.message.split("\n")
    helps = tuple(line.removeprefix("help: ") for line in lines)
    start, end = item.range.start, item.range.end
    assert item.severity is not None
    # The letters of the reference specs are all of the first plane: their units are their columns.
    return (
        str(item.code),
        int(item.severity),
        (start.line + 1, start.character + 1),
        (end.line + 1, end.character + 1),
        message,
        helps,
    )


def _said(folder: Path, names: list[str]) -> dict[str, list[Said]]:
    """Return what the command says of files: of mistakes, and of those without any what the linter finds."""
    found = _printed(folder, "check", names)
    right = [name for name, items in found.items() if not any(severity == 1 for _, severity, *_ in items)]
    for name, items in _printed(folder, "lint", right).items():
        found[name] += items
    return {name: sorted(items) for name, items in found.items()}


def _printed(folder: Path, command: str, names: list[str]) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {name: [] for name in names}
    done = mlpc(command, *names, "--error-format", "json", cwd=folder) if names else None
    for line in done.out.splitlines() if done is not None else ():
        item = json.loads(line)
        if item["file"] in found:
            span = ((item["line"], item["column"]), (item["end_line"], item["end_column"]))
            found[item["file"]].append(
                (item["code"], _SEVERITY[item["severity"]], *span, item["message"], tuple(item["help"]))
            )
    return found
