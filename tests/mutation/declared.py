"""What the standard library declares, read off its syntax trees: which keys there are, and what each of them takes.

Nothing here asks the checker: what is a mistake is decided by what stands in the declarations, and by what the reference of
the language says.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain

from mlpc.syntax import tree
from mlpc.syntax.tree import Attr, Block, Body, Condition, Decl, Field, Node, Ref
from tests.loader import BACKENDS, STANDARD
from tests.mlpc.syntax import trees

from .programs import Program, programs

PORTS = ("input", "param")


@cache
def _libraries() -> list[Decl]:
    paths = [*sorted(STANDARD.glob("*.mlp")), *sorted(BACKENDS.glob("*/settings.mlp"))]
    files = [trees.good(path.read_text(encoding="utf-8")) for path in paths]
    return [item for file in files for item in file.items if isinstance(item, Decl)]


def name_of(item: Decl) -> str:
    """Return the name of a declaration; empty for one that has a text or none."""
    return item.name.text if isinstance(item.name, tree.Name) else ""


def written(type_: tree.Type) -> str:
    """Return the name of a type as it is written."""
    return type_.name.text


def in_body(body: Body | None) -> tuple[tree.Item, ...]:
    """Return what stands in a body."""
    return body.items if body is not None else ()


def declarations(item: Decl | Block | None, *kinds: str) -> dict[str, Decl]:
    """Return what a component, kind or nested block declares of ``kinds``, by name."""
    return {
        name_of(inner): inner
        for inner in in_body(item.body if item is not None else None)
        if isinstance(inner, Decl) and inner.kind.text in kinds
    }


def components(program: Program) -> dict[tuple[str, str], Decl]:
    """Return components by role and name: those of the program and those of the library."""
    own = [item for item in program.file.items if isinstance(item, Decl)]
    return {
        (item.type.name.text, name_of(item)): item
        for item in chain(_libraries(), own)
        if item.kind.text == "component" and item.type is not None and isinstance(item.type.name, Ref)
    }


@cache
def kinds() -> dict[str, Decl]:
    """Return the kinds of blocks by name."""
    return {name_of(item): item for item in _libraries() if item.kind.text == "kind"}


def defaults() -> dict[str, str]:
    """Return the component that a kind has where none is named."""
    found = {}
    for name, item in kinds().items():
        for inner in in_body(item.body):
            if (
                isinstance(inner, Attr)
                and inner.name.text == "default"
                and isinstance(inner.value, tree.String)
            ):
                found[name] = inner.value.text[1:-1]
    return found


def component_of(program: Program, item: Decl) -> Decl | None:
    """Return the component that a block of a pipeline is played by, where its declaration is found."""
    known = components(program)
    if item.type is None:
        if item.kind.text in ("backend", "budget"):
            return known.get((item.kind.text, name_of(item) or "budget"))
        default = defaults().get(item.kind.text)
        return known.get((item.kind.text, default)) if default else None
    if not isinstance(item.type.name, Ref):
        return None
    return known.get((item.kind.text, item.type.name.names[-1]))


def _levels(program: Program, item: Decl) -> list[Decl]:
    """Return what declares the keys of a block: its component, its kind, and the kind of that."""
    found = []
    component = component_of(program, item)
    if component is not None:
        found.append(component)
    kind = kinds().get(item.kind.text)
    while kind is not None:
        found.append(kind)
        kind = (
            kinds().get(kind.type.name.text)
            if kind.type is not None and isinstance(kind.type.name, Ref)
            else None
        )
    return found


class Keys:
    """The keys that one body may have, each with its declaration."""

    def __init__(self, owner: Node, body: Body, known: dict[str, Decl], open: bool) -> None:
        self.owner = owner
        self.body = body
        #: Inputs and parameters, and nested blocks.
        self.known = known
        #: Whether it also takes keys that are declared elsewhere (`search`).
        self.open = open

    @property
    def attributes(self) -> Iterator[tuple[Attr, Decl | None]]:
        """The attributes that are written there, with what declares each."""
        for item in self.body.items:
            if isinstance(item, Attr):
                yield item, self.known.get(item.name.text)

    @property
    def mandatory(self) -> set[str]:
        """The inputs and parameters that have to be given."""
        return {
            name
            for name, item in self.known.items()
            if item.kind.text in PORTS
            and item.value is None
            and not any(mark.name.text == "judging" for mark in (item.type.marks if item.type else ()))
        }


def _nested(levels: list[Decl], body: Body) -> Iterator[Keys]:
    verbs: dict[str, Decl] = {}
    blocks: dict[str, Decl] = {}
    for level in reversed(levels):
        verbs |= declarations(level, "verb")
        blocks |= declarations(level, "block")
    for item in body.items:
        inner: Decl | None = None
        if isinstance(item, Block) and item.type is None:
            inner = blocks.get(item.name.text)
        elif isinstance(item, Condition) and item.when and item.body is not None:
            inner = verbs.get(item.verb.text)
        if inner is None or item.body is None:  # type: ignore[union-attr]
            continue
        within: Body = item.body  # type: ignore[union-attr]
        rest = any(isinstance(one, Field) and one.name is None for one in in_body(inner.body))
        yield Keys(item, within, declarations(inner, "input", "param", "block"), rest)
        yield from _nested([inner], within)


def keys(program: Program) -> Iterator[Keys]:
    """Yield the bodies of a pipeline's blocks, and those nested in them, of which it is known what they may hold."""
    for item in program.blocks:
        levels = _levels(program, item)
        if item.body is None or component_of(program, item) is None:
            continue
        known: dict[str, Decl] = {}
        for level in reversed(levels):
            known |= declarations(level, "input", "param", "block")
        yield Keys(item, item.body, known, False)
        yield from _nested(levels, item.body)


def type_name(item: Decl | None) -> str:
    """Return the name of the type that a declaration has, `text` for what a string writes."""
    if item is None or item.type is None or not isinstance(item.type.name, Ref):
        return ""
    name = item.type.name.text
    return "text" if name in ("string", "path", "url", "cron", "date", "datetime", "enum") else name


def outputs(program: Program, item: Decl) -> dict[str, str]:
    """Return the outputs of a block, each with its type."""
    return {
        name: type_name(inner) for name, inner in declarations(component_of(program, item), "output").items()
    }


def columns(program: Program) -> set[str]:
    """Return the columns of all schemas of the program."""
    return {node.name.text for node, _ in program.nodes if isinstance(node, Field) and node.name is not None}


def names(program: Program) -> dict[str, Decl | tree.Use | tree.Each]:
    """Return what a value of the program may name, with what declares it."""
    found: dict[str, Decl | tree.Use | tree.Each] = {}
    for node, around in program.nodes:
        if isinstance(node, Decl) and isinstance(node.name, tree.Name):
            outer = [one for one in around if isinstance(one, Decl)]
            if not outer or [one.kind.text for one in outer] == ["pipeline"]:
                found[node.name.text] = node
        elif isinstance(node, tree.Use) and node.alias is not None:
            found[node.alias.text] = node
        elif isinstance(node, tree.Each):
            found[node.variable.text] = node
    return found


@cache
def choices() -> set[str]:
    """Return the names of the parameters that are, wherever they are declared, one of some texts."""
    closed: set[str] = set()
    others: set[str] = set()
    for library in _libraries():
        waiting = [library]
        while waiting:
            item = waiting.pop()
            for inner in in_body(item.body):
                if isinstance(inner, Decl):
                    waiting.append(inner)
                    if inner.kind.text in PORTS:
                        is_one = inner.type is not None and written(inner.type) == "enum"
                        (closed if is_one else others).add(name_of(inner))
    return closed - others


@cache
def vocabulary() -> frozenset[str]:
    """Return every word of the library and of all programs: what is misspelt is none of them."""
    import re

    texts = [
        path.read_text(encoding="utf-8")
        for path in (*STANDARD.glob("*.mlp"), *BACKENDS.glob("*/settings.mlp"))
    ]
    texts += [program.text for program in programs()]
    return frozenset(re.findall(r"\w+", " ".join(texts)))
