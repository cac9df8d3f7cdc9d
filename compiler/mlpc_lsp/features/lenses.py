"""What can be done with a pipeline, a block, a test, above its name: commands that the editor carries out.

A command is called `mlpc.check`, `mlpc.run`, `mlpc.test` or `mlpc.compile`; its arguments are the URI of the file and an object
that says more: `env` (an environment), `only` (a step to run as far as), `test` (the name of a test). See docs/editors.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.assist.lenses import lenses

if TYPE_CHECKING:
    from mlpc.assist.lenses import Lens

    from ..server import Server


def register(server: Server) -> None:
    """Answer requests for code lenses."""

    @server.answers(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))
    def _lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        uri = params.text_document.uri
        opened = server.documents.file(uri)
        if opened is None:
            return []
        view, source = opened[0], opened[1].source
        return [
            types.CodeLens(
                range=server.positions.range(source, lens.start, lens.end), command=_command(lens, uri)
            )
            for lens in lenses(view)
        ]


def _command(lens: Lens, uri: str) -> types.Command:
    more = {"env": lens.environment, "only": lens.only, "test": lens.test}
    about = {name: value for name, value in more.items() if value}
    return types.Command(title=lens.title, command=f"mlpc.{lens.command}", arguments=[uri, about])
