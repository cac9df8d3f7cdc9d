"""The name at a position, which hover, definitions, references and renaming ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpc.assist.targets import target

if TYPE_CHECKING:
    from lsprotocol import types

    from mlpc.assist.targets import Target

    from ..server import Server


def named_at(server: Server, uri: str, position: types.Position) -> Target | None:
    """Return what the name at a position of a file stands for; None where there is none."""
    opened = server.documents.file(uri)
    if opened is None:
        return None
    view, module = opened
    return target(view, server.positions.offset(module.source, position))
