"""What comes while the server works: cancellations and changes, over the wire."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.mlpc_lsp.session import PROFILES, Editor, at, session

ROWS = "mlp 1\n\nschema Row {\n  size: float\n  good: bool @label\n}\n"
SPEC = """\
mlp 1

use "./rows.mlp" as lib

pipeline p {
  data rows: csv { path = "rows.csv", schema = lib.Row }
}
"""
#: So many specs name the schema that looking for all of them is long work.
SPECS = 200
CANCELLED, MODIFIED, RETRY = -32800, -32801, -32802


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "mlpc.toml").write_text("")
    (tmp_path / "rows.mlp").write_text(ROWS)
    for number in range(SPECS):
        (tmp_path / f"spec{number}.mlp").write_text(SPEC)
    return tmp_path


def asked_of(editor: Editor, method: str, params: object, name: str | None = None) -> asyncio.Future[Any]:
    """Send a request that is not waited for."""
    client: Any = editor.client
    return asyncio.wrap_future(client.protocol.send_request(method, params, msg_id=name))


class LongRequest:
    """A request for all uses of the schema, that has begun and is far from its end."""

    def __init__(self, editor: Editor, uri: str) -> None:
        self.editor = editor
        self.uri = uri
        self.progress: list[object] = []
        editor.client.protocol.fm.features[types.PROGRESS] = lambda params: self.progress.append(params.value)

    async def begin(self) -> asyncio.Future[Any]:
        """Ask, and wait until the server is at work."""
        asked = asked_of(
            self.editor,
            types.TEXT_DOCUMENT_REFERENCES,
            types.ReferenceParams(
                text_document=types.TextDocumentIdentifier(uri=self.uri),
                position=at(ROWS, "schema R|ow"),
                context=types.ReferenceContext(include_declaration=True),
                work_done_token="looking",
            ),
            "long",
        )
        while not self.progress:
            assert not asked.done()
            await asyncio.sleep(0.001)
        return asked

    @property
    def ended(self) -> bool:
        """Whether the server came to the end of its work."""
        return any(
            getattr(value, "kind", "") == "end" or _field(value, "kind") == "end" for value in self.progress
        )


def _field(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


async def refused(asked: asyncio.Future[Any]) -> JsonRpcException:
    """Return the error with which a request is answered."""
    with pytest.raises(JsonRpcException) as found:
        await asked
    return found.value


async def hovered(editor: Editor, uri: str) -> types.Hover | None:
    """Return what the server says of the schema's name."""
    return await editor.client.text_document_hover_async(
        types.HoverParams(
            text_document=types.TextDocumentIdentifier(uri=uri), position=at(ROWS, "schema R|ow")
        )
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_a_cancelled_request_stops(project: Path, profile: str) -> None:
    async def play(editor: Editor) -> None:
        uri = editor.open("rows.mlp")
        long = LongRequest(editor, uri)
        asked = await long.begin()
        editor.client.cancel_request(types.CancelParams(id="long"))
        assert (await refused(asked)).code == CANCELLED
        assert await hovered(editor, uri) is not None
        told = len(long.progress)
        assert await hovered(editor, uri) is not None
        assert len(long.progress) == told  # nobody works on it any more
        assert not long.ended

    session(project, profile, play)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_long_request_keeps_no_short_one_waiting(project: Path, profile: str) -> None:
    async def play(editor: Editor) -> None:
        uri = editor.open("rows.mlp")
        long = LongRequest(editor, uri)
        asked = await long.begin()
        assert await hovered(editor, uri) is not None
        assert not long.ended
        assert not asked.done()
        assert len(await asked) == SPECS + 1
        assert long.ended

    session(project, profile, play)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_request_about_an_older_text_is_refused(project: Path, profile: str) -> None:
    async def play(editor: Editor) -> None:
        uri = editor.open("rows.mlp")
        long = LongRequest(editor, uri)
        asked = await long.begin()
        editor.type(uri, "# one line more\n" + ROWS)
        assert (await refused(asked)).code == MODIFIED
        assert not long.ended
        # What is asked from now on is answered from the text as it is now.
        outline = await editor.client.text_document_document_symbol_async(
            types.DocumentSymbolParams(text_document=types.TextDocumentIdentifier(uri=uri))
        )
        (schema,) = outline or ()
        assert isinstance(schema, types.DocumentSymbol)
        assert schema.selection_range.start.line == 3

    session(project, profile, play)


def test_diagnostics_of_an_older_text_are_to_be_asked_for_again(project: Path) -> None:
    async def play(editor: Editor) -> None:
        uri = editor.open("rows.mlp")
        asked = await LongRequest(editor, uri).begin()
        pulled = asked_of(
            editor,
            types.TEXT_DOCUMENT_DIAGNOSTIC,
            types.DocumentDiagnosticParams(text_document=types.TextDocumentIdentifier(uri=uri)),
        )
        editor.type(uri, ROWS.replace("float", "flaot"))
        error = await refused(pulled)
        assert error.code == RETRY
        assert _field(error.data, "retriggerRequest") or getattr(error.data, "retriggerRequest", False)
        assert (await refused(asked)).code == MODIFIED
        (found,) = await editor.diagnostics(uri)
        assert "flaot" in found.message

    session(project, "asks", play)


def test_what_is_published_is_of_the_version_that_it_names_and_never_of_an_older_one(project: Path) -> None:
    async def play(editor: Editor) -> None:
        published: list[types.PublishDiagnosticsParams] = []
        features = editor.client.protocol.fm.features
        features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = published.append
        uri = editor.open("spec0.mlp")
        wrong = SPEC.replace("path =", "paht =")
        for number in range(40):
            editor.type(uri, SPEC if number % 2 else wrong)
            await asyncio.sleep(0.013 * (number % 8))
        last = editor.versions[uri]
        while not any(each.version == last for each in published):
            await asyncio.sleep(0.01)
        versions = [each.version for each in published if each.uri == uri]
        assert versions == sorted(set(versions), key=lambda version: version or 0)
        for each in published:
            assert each.version is not None
            # The first is as it was opened, and right; then wrong and right texts take turns.
            mistakes = [item for item in each.diagnostics if item.source == "mlpc"]
            assert bool(mistakes) is (each.version > 1 and each.version % 2 == 0), each.version

    session(project, "waits", play)
