"""What a shell offers where a spec has the say: its environments, params, steps and values.

A shell asks while somebody types: what cannot be read, or has mistakes, offers what is known of it and never an error.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click
    from click.shell_completion import CompletionItem

    from mlpc.compilation import Compilation


def environments(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete the environments of the spec."""
    found = _compilation(context)
    return _items(((name, "") for name in found.environments()) if found is not None else (), begun)


def assignments(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete `NAME=` for the params of the spec."""
    found = _compilation(context)
    typed = found.typed if found is not None else None
    params = typed.params.items() if typed is not None else ()
    return _items(((f"{name}=", type.show()) for name, (_, type, _) in params), begun)


def steps(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete the blocks of the spec that run as steps."""
    found = _compilation(context)
    typed = found.typed if found is not None else None
    blocks = typed.blocks.items() if typed is not None else ()
    tasks = ((id, block.kind.name) for id, block in blocks if block.kind.runs == "task")
    return _items(tasks, begun)


def values(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete what `mlpc explain-value` can be asked for: `trees`, `api.replicas`."""
    found = _compilation(context)
    typed = found.typed if found is not None else None
    if typed is None:
        return []
    names = [(name, "") for name in typed.program.names]
    names += [(f"{id}.{key}", "") for id, block in typed.blocks.items() for key in block.given()]
    return _items(names, begun)


def _compilation(context: click.Context) -> Compilation | None:
    """Return the compilation of the spec that was named so far, or of the only one in the current folder."""
    from click.shell_completion import split_arg_string

    from mlpc.compilation import Compilation

    from .errors import CommandError
    from .loader import open_spec
    from .spec import pipelines_here

    # Not from the context: an option whose value is being written keeps click from reading the rest.
    words = split_arg_string(os.environ.get("COMP_WORDS", ""))
    named = [word for word in words if word.endswith(".mlp")] or pipelines_here()
    if len(named) != 1:
        return None
    try:
        loader, path = open_spec(named[0])
    except CommandError:
        return None
    made = Compilation(loader, path, str(context.params.get("environment") or ""))
    made.check()
    return made


def _items(names: Iterable[tuple[str, str]], begun: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name, help=about or None) for name, about in names if name.startswith(begun)]
