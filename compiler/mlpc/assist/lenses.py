"""What can be done with a file and its parts, where these are declared: checked, run, tested, compiled.

All of it is read from the tree, so that lines do not jump while somebody types a mistake and mends it.
"""

from __future__ import annotations

from ..syntax import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .view import View

CHECK, RUN, TEST, COMPILE = "check", "run", "test", "compile"


class Lens:
    """``command`` can be done at the name between two offsets: under ``environment``, as far as ``only``, for ``test``."""

    __slots__ = ("command", "end", "environment", "only", "start", "test", "title")

    def __init__(
        self,
        node: tree.Node,
        command: str,
        title: str,
        *,
        environment: str = "",
        only: str = "",
        test: str = "",
    ) -> None:
        self.start = node.start
        self.end = node.end
        self.command = command
        self.title = title
        self.environment = environment
        self.only = only
        self.test = test


def lenses(view: View) -> list[Lens]:
    """Return what can be done with the file at the root of ``view``, in its order; a library can be checked alone."""
    module = view.module
    if module is None:
        return []
    found: list[Lens] = []
    for pipeline in module.pipelines[:1]:
        found += _pipeline(view, pipeline, bool(module.tests))
    for name, decl in module.environments.items() if module.pipelines else ():
        at = decl.name or decl.kind
        found += [
            Lens(at, CHECK, f"Check under {name}", environment=name),
            Lens(at, RUN, f"Run under {name}", environment=name),
            Lens(at, COMPILE, f"Compile for {name} …", environment=name),
        ]
    for test in module.tests:
        text = _plain(test.name)
        if text and module.pipelines:
            found.append(Lens(test.name or test.kind, TEST, "Test", test=text))
    if not module.pipelines and module.file.items:
        found.append(Lens(module.file.items[0], CHECK, "Check"))
    return sorted(found, key=lambda lens: lens.start)


def _pipeline(view: View, pipeline: tree.Decl, tests: bool) -> Iterator[Lens]:
    at = pipeline.name or pipeline.kind
    yield Lens(at, CHECK, "Check")
    yield Lens(at, RUN, "Run")
    if tests:
        yield Lens(at, TEST, "Test")
    yield Lens(at, COMPILE, "Compile …")
    for item in pipeline.body.items if pipeline.body is not None else ():
        if not isinstance(item, tree.Decl) or not isinstance(item.name, tree.Name) or item.eaches:
            continue  # of a block with `each` the instances are steps, which have no place of their own
        kind = view.kind(item.kind.text)
        if kind is not None and kind.runs == "task":
            yield Lens(item.name, RUN, "Run as far as this", only=item.name.text)


def _plain(node: tree.Name | tree.String | None) -> str:
    if not isinstance(node, tree.String) or len(node.parts) != 1 or not isinstance(node.parts[0], str):
        return ""
    return node.parts[0]
