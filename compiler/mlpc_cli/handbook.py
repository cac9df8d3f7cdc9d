"""Pages about what is declared, in Markdown: made from declarations and doc comments, of the library or of a project.

`mlpc docs` prints them, and the documentation site is built from them. What a type or a default is stands on them as it
is written in the declaration.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mlpc.check.types import MANY_CHOICES
from mlpc.diagnostics import Diagnostics
from mlpc.resolve.modules import CLOSED, Modules
from mlpc.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlpc.resolve.modules import Module
    from mlpc.source import Loader

#: When a quantity is known, by its mark.
_KNOWN = {"check": "when checking", "after": "after the step", "live": "while it is up"}
_PORTS = {"input": "Inputs", "param": "Parameters", "quantity": "Quantities", "output": "Outputs"}
_KINDS, _ROLES = "kinds", "roles"


class Entry:
    """One declaration that has a page: ``name`` is how a spec calls it, ``kind`` what it plays or is."""

    __slots__ = ("decl", "kind", "module", "name")

    def __init__(self, name: str, kind: str, module: Module, decl: tree.Decl) -> None:
        self.name = name
        self.kind = kind
        self.module = module
        self.decl = decl

    @property
    def path(self) -> str:
        """Where its page lies, without an ending: `train/sklearn.random_forest`, `kinds/train`."""
        return f"{self.kind}/{self.name}" if self.decl.kind.text == "component" else f"kinds/{self.name}"

    @property
    def summary(self) -> str:
        """The first sentence of its doc comment; empty where it has none."""
        first = _doc(self.decl.doc).partition("\n\n")[0].replace("\n", " ")
        return first.partition(". ")[0].rstrip(".")


class Handbook:
    """Everything in the standard library that has a page."""

    def __init__(self, loader: Loader) -> None:
        self._modules = Modules(loader, Diagnostics())
        #: Components and kinds, in the order of their modules.
        self.entries: list[Entry] = []
        #: Devices that can be used as they are, with the module that they stand in.
        self.devices: list[tuple[Module, tree.Decl]] = []
        for name in self._modules.standard_names():
            module = self._modules.standard(name)
            if module is not None and name != CLOSED:
                self._read(name, module)
        self._kinds = {entry.name: entry for entry in self.entries if entry.decl.kind.text == "kind"}

    def _read(self, library: str, module: Module) -> None:
        for name, decl in module.names.items():
            if decl.kind.text == "kind":
                self.entries.append(Entry(name, "kind", module, decl))
            elif decl.kind.text == "device":
                self.devices.append((module, decl))
            elif decl.kind.text == "component" and decl.type is not None:
                kind = decl.type.name.text
                bare = library in (kind, name) or library.startswith(f"{kind}_")
                self.entries.append(Entry(name if bare else f"{library}.{name}", kind, module, decl))

    def named(self, name: str) -> list[Entry]:
        """Return what is called ``name``; a component of a module also by its last part."""
        exact = [entry for entry in self.entries if name in (entry.name, entry.path)]
        return exact or [entry for entry in self.entries if entry.name.rpartition(".")[2] == name]

    def players(self, kind: str) -> list[Entry]:
        """Return the components that play ``kind``."""
        return [entry for entry in self.entries if entry.kind == kind and entry.decl.kind.text == "component"]

    def page(self, entry: Entry) -> str:
        """Return the page of a component or a kind."""
        if entry.decl.kind.text == "kind":
            return self._page_of_kind(entry)
        lines = [f"# {entry.name}", "", f"A component of the kind `{entry.kind}`.", ""]
        if _is_unbuilt(entry.module, entry.decl):
            lines += [
                "It is declared and **not built yet**: a spec that uses it is checked, and neither run nor compiled.",
                "",
            ]
        lines += _described(entry.decl.doc)
        lines += _members(entry.module, entry.decl.body, 2)
        kind = self._kinds.get(entry.kind)
        common = self._common(kind) if kind is not None else []
        if common:
            listed = ", ".join(f"`{name}`" for name in common)
            lines += [
                f"## What every `{entry.kind}` may say",
                "",
                f"{listed}: see the kind `{entry.kind}`.",
                "",
            ]
        needs = _texts(entry.module, _attribute(entry.decl, "requires"))
        if needs:
            lines += [
                "## What its step installs",
                "",
                *(f"- `{need}`" for need in needs),
                "",
            ]
        example = example_of(entry)
        if example:
            lines += ["## Example", "", f"```mlp\n{example}```", ""]
        return _joined(lines)

    def _page_of_kind(self, entry: Entry) -> str:
        lines = [f"# {entry.name}", ""]
        base = entry.decl.type.name.text if entry.decl.type is not None else ""
        lines += [f"A kind of block, like every `{base}`." if base else "A kind of block.", ""]
        lines += _described(entry.decl.doc)
        means = {
            "judges": "Each `require` in it is a gate of the model that it is given.",
            "promotes": "It waits until every gate of its model has passed.",
            "effect": "It changes something outside of the pipeline.",
        }
        said = [text for name, text in means.items() if _attribute(entry.decl, name) is not None]
        default = _attribute(entry.decl, "default")
        if default is not None:
            said.append(
                f"Without a component it is {_code(_text(entry.module, default.value).strip(chr(34)))}."
            )
        lines += [*said, ""] if said else []
        lines += _members(entry.module, entry.decl.body, 2)
        above = self._kinds.get(base)
        if above is not None:
            lines += _members(above.module, above.decl.body, 2)
        players = self.players(entry.name)
        if players:
            lines += ["## Components", "", "| | |", "|---|---|"]
            lines += [f"| {_code(each.name)} | {_cell(each.summary)} |" for each in players]
            lines += [""]
        return _joined(lines)

    def _common(self, kind: Entry) -> list[str]:
        """Return the names of what a kind and the one above it give to all who play it."""
        above = self._kinds.get(kind.decl.type.name.text) if kind.decl.type is not None else None
        found = []
        for entry in (kind, above):
            for decl in _inside(entry.decl.body) if entry is not None else ():
                if decl.kind.text in ("param", "block", "verb") and isinstance(decl.name, tree.Name):
                    found.append(f"{decl.name.text} when …" if decl.kind.text == "verb" else decl.name.text)
        return found

    def devices_page(self) -> str:
        """Return the page of the devices that can be used as they are."""
        lines = ["# Devices", "", "What `use std.devices` brings along: boards that can be bought.", ""]
        for module, decl in self.devices:
            assert isinstance(decl.name, tree.Name)
            lines += [f"## {decl.name.text}", "", *_described(decl.doc)]
            lines += [
                f"A device of the component `{_text(module, decl.type)}`.",
                "",
                "| figure | value |",
                "|---|---|",
            ]
            for item in decl.body.items if decl.body is not None else ():
                if isinstance(item, tree.Attr):
                    lines.append(f"| {_code(item.name.text)} | {_code(_text(module, item.value))} |")
            lines.append("")
        return _joined(lines)


def page_of_file(module: Module, title: str, wanted: str = "") -> str:
    """Return the page of what a file of a project declares: ``wanted`` alone, or all of it."""
    lines = [] if wanted else [f"# {title}", ""]
    decls: list[tree.Decl] = [*module.pipelines, *module.names.values(), *module.environments.values()]
    for decl in sorted(decls, key=lambda each: each.start):
        name = decl.name.text if isinstance(decl.name, tree.Name) else ""
        if wanted and name != wanted:
            continue
        lines += [f"## {decl.kind.text} {name}", ""]
        if decl.kind.text == "component" and decl.type is not None:
            lines += [f"A component of the kind `{_text(module, decl.type)}`.", ""]
        lines += _described(decl.doc)
        if decl.kind.text == "schema":
            lines += _table(
                ("column", "type", ""),
                (
                    (
                        _code(field.name.text if field.name else "..."),
                        _code(_text(module, field.type)),
                        _cell(_doc(field.doc)),
                    )
                    for field in (decl.body.items if decl.body is not None else ())
                    if isinstance(field, tree.Field)
                ),
            )
        elif decl.kind.text == "pipeline":
            lines += _table(
                ("", "", ""),
                (
                    (
                        f"`{each.kind.text} {each.name.text}`" if isinstance(each.name, tree.Name) else "",
                        _code(_text(module, each.type)) if each.type is not None else "",
                        _cell(_doc(each.doc)),
                    )
                    for each in _inside(decl.body)
                ),
            )
        else:
            lines += _members(module, decl.body, 3)
    return _joined(lines) if lines else ""


def names_in(module: Module) -> list[str]:
    """Return the names that :func:`page_of_file` knows."""
    decls = [*module.pipelines, *module.names.values(), *module.environments.values()]
    return [decl.name.text for decl in decls if isinstance(decl.name, tree.Name)]


def example_of(entry: Entry) -> str:
    """Return the program that shows a component of the standard library; empty where there is none."""
    import mlpc_stdlib

    folder = os.path.join(mlpc_stdlib.__path__[0], "examples")
    library = entry.module.path.removeprefix("std:")
    name = entry.name.rpartition(".")[2]
    for file in (f"{entry.kind}.{name}.mlp", f"{library}.mlp"):
        try:
            with open(os.path.join(folder, file), encoding="utf-8") as text:
                return text.read()
        except FileNotFoundError:
            continue
    return ""


def _members(module: Module, body: tree.Body | None, depth: int) -> list[str]:
    """Return the tables of what a declaration holds; nested blocks and verbs get a heading of their own."""
    lines: list[str] = []
    sort = "#" * depth
    for kind, title in _PORTS.items():
        found = [decl for decl in _inside(body) if decl.kind.text == kind]
        if found:
            lines += [f"{sort} {title}" if depth == 2 else f"**{title}**", ""]
            lines += _rows(module, kind, found)
    rest = next(
        (item for item in (body.items if body else ()) if isinstance(item, tree.Field) and item.name is None),
        None,
    )
    if rest is not None:
        lines += [
            f"Each key is a parameter, and its value a {_code(_text(module, rest.type))}.",
            "",
        ]
    held = [item for item in (body.items if body else ()) if isinstance(item, tree.Condition)]
    if held:
        lines += [f"{sort} Conditions" if depth == 2 else "**Conditions**", ""]
        lines += ["They hold for everyone who uses it.", "", "```mlp statements"]
        lines += [*(_text_of(module, item) for item in held), "```", ""]
    for decl in _inside(body):
        if decl.kind.text in ("block", "verb") and isinstance(decl.name, tree.Name):
            played = f": {_text(module, decl.type)}" if decl.type is not None else ""
            block = f"{decl.name.text}{played} {{ … }}"
            shown = block if decl.kind.text == "block" else f"{decl.name.text} when …"
            lines += [f"{sort} `{shown}`", "", *_described(decl.doc)]
            lines += _members(module, decl.body, depth + 1)
    return lines


def _rows(module: Module, kind: str, found: Sequence[tree.Decl]) -> list[str]:
    head = {"param": ("name", "type", "by default", ""), "quantity": ("name", "type", "known", "")}.get(
        kind, ("name", "type", "")
    )
    rows = []
    for decl in found:
        assert isinstance(decl.name, tree.Name)
        cells = [_code(decl.name.text), _code(_without_marks(module, decl.type))]
        marks = {mark.name.text: mark for mark in decl.type.marks} if decl.type is not None else {}
        if kind == "param":
            cells.append("must be given" if decl.value is None else _default(module, decl.value))
        if kind == "quantity":
            known = next((text for name, text in _KNOWN.items() if name in marks), "")
            cells.append(known + (", also of each class" if "by_class" in marks else ""))
        notes = [_doc(decl.doc)]
        if kind == "input" and decl.value is not None:
            notes.append("May be left out.")
        if "judging" in marks:
            notes.append("Filled with the figures of everything that judges the model; nobody sets it.")
        if "secret" in marks:
            notes.append("Takes a secret.")
        if "fixed" in marks:
            notes.append("Known when compiling.")
        if "of" in marks:
            device = _text(module, marks["of"].args[0].value) if marks["of"].args else ""
            notes.append(f"A share such as `80%` is one of what `{device}` has.")
        for mark, what in (("when", "There only where {} is given."), ("made_with", "Made with {}.")):
            if mark in marks and marks[mark].args:
                given = ", ".join(_text(module, arg) for arg in marks[mark].args or ())
                notes.append(what.format(f"`{given}`"))
        rows.append((*cells, _cell(" ".join(note for note in notes if note))))
    return _table(head, rows)


def _default(module: Module, value: tree.Expr) -> str:
    return "may be left out" if isinstance(value, tree.NoneLiteral) else _code(_text(module, value))


def _inside(body: tree.Body | None) -> Iterator[tree.Decl]:
    return (item for item in (body.items if body is not None else ()) if isinstance(item, tree.Decl))


def _attribute(decl: tree.Decl, name: str) -> tree.Attr | None:
    for item in decl.body.items if decl.body is not None else ():
        if isinstance(item, tree.Attr) and item.name.text == name:
            return item
    return None


def _is_unbuilt(module: Module, decl: tree.Decl) -> bool:
    run = _attribute(decl, "run")
    return run is not None and isinstance(run.value, tree.NoneLiteral)


def _texts(module: Module, attribute: tree.Attr | None) -> list[str]:
    if attribute is None or not isinstance(attribute.value, tree.List):
        return []
    return [
        "".join(part for part in item.parts if isinstance(part, str))
        for item in attribute.value.items
        if isinstance(item, tree.String)
    ]


def _text(module: Module, node: tree.Node | None) -> str:
    return _one_line(module.source.text[node.start : node.end]) if node is not None else ""


def _without_marks(module: Module, node: tree.Type | None) -> str:
    if node is None:
        return ""
    if node.name.text == "enum" and len(node.args or ()) > MANY_CHOICES:
        first, second, *more = node.args or ()
        return f"enum({_text(module, first)}, {_text(module, second)}, … {len(more)} more)"
    end = node.marks[0].start if node.marks else node.end
    return _one_line(module.source.text[node.start : end])


def _text_of(module: Module, node: tree.Node) -> str:
    """Return what stands there, moved to the left margin."""
    column = module.source.position(node.start)[1] - 1
    return module.source.text[node.start : node.end].replace("\n" + " " * column, "\n")


def _one_line(text: str) -> str:
    """Return a type or a value on one line, without the trailing comma of one on several."""
    return re.sub(r",? ([)\]])", r"\1", re.sub(r"([(\[]) ", r"\1", " ".join(text.split())))


def _doc(doc: tree.Doc | None) -> str:
    return "\n".join(doc.lines).strip() if doc is not None else ""


def _described(doc: tree.Doc | None) -> list[str]:
    text = _doc(doc)
    return [text, ""] if text else []


def _code(text: str) -> str:
    return f"`{text}`".replace("|", r"\|") if text else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    found = list(rows)
    if head[-1] == "" and not any(row[-1] for row in found):
        head, found = head[:-1], [row[:-1] for row in found]
    made = [f"| {' | '.join(row)} |" for row in found]
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *made, ""] if made else []


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"
