"""The programs in which mistakes are made: all that are correct, none of them written for this."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mlpc.syntax import tree
from mlpc.syntax.tree import Node
from tests.loader import checked
from tests.mlpc.syntax import trees
from tests.pages import PAGE_TEXTS, section

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """A correct program: its text, the ``files`` beside it, and its tree with the way to each node."""

    def __init__(self, name: str, text: str, files: dict[str, str | bytes]) -> None:
        self.name = name
        self.text = text
        self.files = files
        self.file = trees.good(text)
        #: Every node with those around it, the file first, in the order of their places.
        self.nodes: list[tuple[Node, tuple[Node, ...]]] = sorted(
            self._walk(self.file, ()), key=lambda found: (found[0].start, -found[0].end)
        )

    def _walk(self, node: Node, around: tuple[Node, ...]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
        for child in trees.children(node):
            yield child, (*around, node)
            yield from self._walk(child, (*around, node))

    def of(self, node: Node) -> str:
        """Return what is written for ``node``."""
        return self.text[node.start : node.end]

    @property
    def pipeline(self) -> tree.Decl | None:
        """The pipeline, where there is one."""
        found = [
            item for item in self.file.items if isinstance(item, tree.Decl) and item.kind.text == "pipeline"
        ]
        return found[0] if found else None

    @property
    def blocks(self) -> list[tree.Decl]:
        """What the pipeline declares: its blocks, params, lets and secrets."""
        body = self.pipeline.body if self.pipeline is not None else None
        return [item for item in body.items if isinstance(item, tree.Decl)] if body is not None else []


def _beside(path: Path) -> dict[str, str | bytes]:
    return {
        file.relative_to(path.parent).as_posix(): file.read_bytes()
        for file in sorted(path.parent.rglob("*"))
        if file.is_file() and file.suffix in (".mlp", ".py", ".toml") and ".mlpc" not in file.parts
    }


def _texts() -> Iterator[tuple[str, str, dict[str, str | bytes]]]:
    for pattern in ("examples/*/*.mlp", "tests/specs/*.mlp", "tests/cases/*/*/main.mlp"):
        for path in sorted(ROOT.glob(pattern)):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"), _beside(path)
    for name, page in PAGE_TEXTS.items():
        files = section(page, "Right")
        if "main.mlp" in files:
            yield f"explain/{name}", files["main.mlp"], dict(files)


@cache
def programs() -> list[Program]:
    """Return every program that is correct: examples, references, clean cases, and what the pages call right."""
    found: dict[str, Program] = {}
    for name, text, files in _texts():
        if text not in found and checked(text, files) == []:
            found[text] = Program(name, text, files)
    return list(found.values())
