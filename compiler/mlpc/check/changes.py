"""What a step does to the columns of its data: what an output of a component adds, drops and renames.

A declaration says it once (``output rows: dataset(data) { adds { … } drops = … renames = … }``), and every
block that uses the component gets the columns that follow from its own data and parameters.
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label
from ..resolve.modules import duplicate
from ..resolve.similar import nearest
from ..syntax import tree
from ..syntax.edits import colon_for_equals
from .schemas import Column, Gone, Schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..resolve.modules import Module
    from ..source import Span
    from .checker import Checker
    from .declared import Declarations
    from .specs import ComponentSpec, PortSpec
    from .typed import TypedBlock, TypedSource

_KEYS = ("adds", "drops", "renames")


class Named:
    """A name in a declaration: a text that stands there, or the parameter that says it."""

    __slots__ = ("param", "span", "text")

    def __init__(self, text: str, param: str, span: Span) -> None:
        self.text = text
        self.param = param
        self.span = span


class Changes:
    """What the declaration of an output says of the columns of the input that it follows."""

    __slots__ = ("adds", "drops", "partial", "renames")

    def __init__(self) -> None:
        self.adds: dict[str, Column] = {}
        self.drops: list[Named] = []
        #: Whether some of it could not be read; that was reported.
        self.partial = False
        #: Old name (None where one parameter holds them all) and new name.
        self.renames: list[tuple[Named | None, Named]] = []

    def params(self) -> set[str]:
        """Return the parameters that decide which columns there are: they are known when compiling."""
        named = [*self.drops, *(each for pair in self.renames for each in pair if each is not None)]
        return {each.param for each in named if each.param}


# Reading a declaration


def read(declarations: Declarations, module: Module, spec: ComponentSpec, port: PortSpec) -> Changes | None:
    """Return what the body of an output declares; None after reporting where nothing can be changed."""
    body = port.body
    assert body is not None  # the caller looked
    if port.type.base != "dataset":
        declarations.bad(
            module,
            body,
            f"`{port.name}` is a {port.type.base}: only rows have columns that come and go",
            "take out what stands in the braces",
        )
        return None
    if port.type.input not in spec.inputs:
        datasets = [name for name, each in spec.inputs.items() if each.type.base == "dataset"]
        declarations.bad(
            module,
            body,
            f"what `{port.name}` adds or drops is said of the rows of an input, and it follows none",
            f"write `output {port.name}: dataset({datasets[0] if datasets else 'data'}) {{ … }}`",
        )
        return None
    return _Reader(declarations, module, spec, port).read(body)


class _Reader:
    __slots__ = ("changes", "declarations", "module", "port", "report", "spec")

    def __init__(
        self, declarations: Declarations, module: Module, spec: ComponentSpec, port: PortSpec
    ) -> None:
        self.declarations = declarations
        self.report = declarations.report
        self.module = module
        self.spec = spec
        self.port = port
        self.changes = Changes()

    def read(self, body: tree.Body) -> Changes:
        seen: dict[str, tree.Node] = {}
        for item in body.items:
            if isinstance(item, tree.ErrorItem):
                continue
            name = item.name.text if isinstance(item, tree.Attr | tree.Block) else ""
            if isinstance(item, tree.Attr | tree.Block) and name in seen:
                self.report(duplicate(self.module, item.name, seen[name], item))
                continue
            seen[name] = item
            if isinstance(item, tree.Block) and name == "adds":
                self._adds(item.body)
            elif isinstance(item, tree.Attr) and name == "drops":
                self._drops(item.value)
            elif isinstance(item, tree.Attr) and name == "renames":
                self._renames(item.value)
            else:
                self._misplaced(item, name)
        return self.changes

    def _bad(self, node: tree.Node, message: str, help: str) -> None:
        self.declarations.bad(self.module, node, message, help)

    def _misplaced(self, item: tree.Item, name: str) -> None:
        if name in _KEYS or isinstance(item, tree.Field):
            text = self.module.source.text[item.start : item.end].split("\n")[0]
            right = {
                "drops": 'write `drops = ["name"]`',
                "renames": 'write `renames = { old = "new" }`',
            }.get(name, "write `adds { name: type }`")
            if isinstance(item, tree.Field) and item.name is not None:
                right = f"write `adds {{ {text} }}`"
            self._bad(item, "columns that come and go are declared in another way", right)
            return
        near = nearest(name, _KEYS) if name else None
        node = item.name if isinstance(item, tree.Attr | tree.Block) else item
        span = self.module.span(node)
        self.report(
            Diagnostic(
                codes.UNKNOWN_KEY,
                f"an output has no `{name}`" if name else "this cannot stand in an output",
                span,
                label=f"did you mean `{near}`?" if near else "unknown",
                help=[]
                if near
                else ['an output says `adds { … }`, `drops = ["name"]` and `renames = { old = "new" }`'],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )

    def _adds(self, body: tree.Body) -> None:
        added = Schema(self.spec.name, self.port.span, "")
        own: dict[str, tree.Field] = {}
        for item in body.items:
            if isinstance(item, tree.ErrorItem):
                continue
            if not isinstance(item, tree.Field) or item.name is None:
                self.changes.partial = True
                fixes = (
                    colon_for_equals(self.module.source, item.value) if isinstance(item, tree.Attr) else []
                )
                told = Diagnostic(
                    codes.BAD_DECLARATION,
                    "`adds` holds columns, each by its name",
                    self.module.span(item),
                    help=["write `adds { name: type }`"],
                    fixes=fixes,
                )
                self.report(told)
                continue
            self.declarations.field(self.module, added, item, own)
        self.changes.adds.update(added.columns)

    def _drops(self, value: tree.Expr) -> None:
        items = value.items if isinstance(value, tree.List) else (value,)
        for item in items:
            found = self._named(item, ("column", "list(column)"))
            if found is not None:
                self.changes.drops.append(found)

    def _renames(self, value: tree.Expr) -> None:
        if not isinstance(value, tree.Map):
            found = self._named(value, ("map(string)",))
            if found is not None and found.param:
                self.changes.renames.append((None, found))
            elif found is not None:
                self._bad(value, "`renames` says old and new names", 'write `renames = { old = "new" }`')
            return
        for entry in value.entries:
            if not isinstance(entry, tree.Entry):
                continue
            new = self._named(entry.value, ("string",))
            old = (
                entry.name.text
                if isinstance(entry.name, tree.Name)
                else "".join(part for part in entry.name.parts if isinstance(part, str))
            )
            if new is not None and (not new.text or self._is_name(new.text, entry.value)):
                self.changes.renames.append((Named(old, "", self.module.span(entry.name)), new))

    def _is_name(self, text: str, node: tree.Node) -> bool:
        if is_name(text):
            return True
        self._bad(node, f'a column cannot be called "{text}"', "use letters, digits and `_`")
        return False

    def _named(self, node: tree.Expr, wanted: tuple[str, ...]) -> Named | None:
        span = self.module.span(node)
        if isinstance(node, tree.String) and all(isinstance(part, str) for part in node.parts):
            return Named("".join(part for part in node.parts if isinstance(part, str)), "", span)
        name = node.names[0] if isinstance(node, tree.Ref) and len(node.names) == 1 else ""
        param = self.spec.params.get(name) if name else None
        takes = " or ".join(f"`{each}`" for each in wanted)
        if param is None and not isinstance(node, tree.ErrorExpr):
            near = nearest(name, self.spec.params) if name else None
            self.report(
                Diagnostic(
                    codes.UNKNOWN_NAME,
                    f"`{self.spec.name}` has no param `{name}`"
                    if name
                    else "a column is named by a text or a param",
                    span,
                    label=f"did you mean `{near}`?" if near else "not declared" if name else "not a name",
                    help=[]
                    if near
                    else [f'write `"{name}"` for a column of that name, or declare a param of type {takes}'],
                    fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
                )
            )
        if param is None or param.type.base == "error":
            return None
        base, of = param.type.base, param.type.of
        shown = f"{base}({of.base})" if base in ("list", "map") and of is not None else base
        if shown not in wanted:
            self.report(
                Diagnostic(
                    codes.WRONG_TYPE,
                    f"a param that says this is of type {takes}, but `{name}` is {param.type.show()}",
                    span,
                    label=param.type.show(),
                    labels=[Label(param.span, "declared here")],
                )
            )
            return None
        column = of if base == "list" else param.type
        if column is not None and column.base == "column" and column.input != self.port.type.input:
            follows = self.port.type.input
            right = f"column({follows})" if base == "column" else f"list(column({follows}))"
            self.report(
                Diagnostic(
                    codes.BAD_DECLARATION,
                    f"`{name}` does not name columns of `{follows}`, which `{self.port.name}` follows",
                    span,
                    labels=[Label(param.span, "declared here")],
                    help=[f"write `param {name}: {right}`"],
                )
            )
            return None
        return Named("", name, span)


def is_name(text: str) -> bool:
    """Return whether a column may be called ``text``."""
    return text.isascii() and text.isidentifier()


# What comes out of one block


def changed(
    checker: Checker, block: TypedBlock, port: PortSpec, source: TypedSource
) -> tuple[Schema, dict[str, Any]] | None:
    """Return the columns of an output, and the changes as the step is told them.

    ``source`` is what the input that the output follows gets; None where its columns are not known.
    """
    above, changes = source.type.schema, port.changes
    if above is None or changes is None:
        return None
    drops = _names(block, changes.drops)
    renames = _pairs(checker, block, changes)
    told: dict[str, Any] = {
        "input": port.type.input,
        "adds": list(changes.adds),
        "drops": [each.name for each in drops],
        "renames": {old.name: new.name for old, new in renames},
    }
    key = (above, port, block.definition.name, tuple(told["drops"]), tuple(told["renames"].items()))
    made = checker.changed.get(key)
    if made is None:
        made = checker.changed[key] = _Change(checker, block, port, source, above).make(drops, renames)
    return made, told


class _Place:
    """A name of a column and where it stands; ``asked`` where the block says it, not the declaration."""

    __slots__ = ("asked", "name", "span")

    def __init__(self, name: str, span: Span, *, asked: bool) -> None:
        self.name = name
        self.span = span
        self.asked = asked


def _names(block: TypedBlock, named: list[Named]) -> list[_Place]:
    found: dict[str, _Place] = {}
    for each in named:
        value = block.arguments.get(each.param) if each.param else None
        if not each.param:
            found.setdefault(each.text, _Place(each.text, each.span, asked=False))
        elif value is not None and value.known and value.value is not None:
            names = value.value if isinstance(value.value, list) else [value.value]
            nodes = value.node.items if isinstance(value.node, tree.List) else ()
            for number, name in enumerate(names):
                node = nodes[number] if len(nodes) == len(names) else value.node
                found.setdefault(name, _Place(name, value.module.span(node), asked=True))
    return list(found.values())


def _pairs(checker: Checker, block: TypedBlock, changes: Changes) -> list[tuple[_Place, _Place]]:
    found = []
    for old, new in changes.renames:
        value = block.arguments.get(new.param) if new.param else None
        if not new.param and old is not None:
            found.append((_Place(old.text, old.span, asked=False), _Place(new.text, new.span, asked=False)))
        if value is None or not value.known or value.value is None:
            continue
        pairs = value.value.items() if old is None else [(old.text, value.value)]
        entries = value.node.entries if isinstance(value.node, tree.Map) and old is None else ()
        for number, (name, text) in enumerate(pairs):
            entry = entries[number] if len(entries) == len(pairs) else None
            before, after = value.span, value.span
            if isinstance(entry, tree.Entry):
                before, after = value.module.span(entry.name), value.module.span(entry.value)
            if is_name(text):
                place = _Place(name, before, asked=True)
                if old is not None:
                    place = _Place(name, old.span, asked=False)
                found.append((place, _Place(text, after, asked=True)))
                continue
            checker.report(
                Diagnostic(
                    codes.BAD_FORMAT,
                    f'`{new.param}` of `{block.shown}`: a column cannot be called "{text}"',
                    after,
                    help=["use letters, digits and `_`"],
                )
            )
    return found


class _Change:
    """Makes the columns of one output from those of its input, and reports what cannot be done."""

    __slots__ = ("above", "block", "checker", "failed", "given", "port", "report", "source")

    def __init__(
        self, checker: Checker, block: TypedBlock, port: PortSpec, source: TypedSource, above: Schema
    ) -> None:
        self.checker = checker
        self.report = checker.report
        self.block = block
        self.port = port
        self.source = source
        self.above = above
        self.given = checker.shown(source.block)
        self.failed = False

    def make(self, drops: list[_Place], renames: list[tuple[_Place, _Place]]) -> Schema:
        above, changes = self.above, self.port.changes
        assert changes is not None  # the caller looked
        made = Schema(above.name, above.span, above.doc)
        made.rest, made.rest_span = above.rest, above.rest_span
        made.label_lost = above.label_lost
        made.by = self.block.shown
        made.gone = dict(above.gone)
        columns = dict(above.columns)
        dropped: dict[str, _Place] = {}
        for place in drops:
            column = columns.pop(place.name, None)
            if column is None:
                self._missing(place, "drops")
                continue
            dropped[place.name] = place
            made.gone[place.name] = Gone(column, place.span, self.block.shown, "")
        old_names: dict[str, tuple[str, Span]] = {}
        for old, renamed in renames:
            if old.name in dropped:
                self._both(old, dropped[old.name])
            elif old.name not in columns:
                self._missing(old, "renames")
            else:
                old_names[old.name] = (renamed.name, old.span)
        for name, column in columns.items():
            new, span = old_names.get(name, (name, column.span))
            kept = column
            if name in old_names:
                kept = Column(new, column.type, span, column.marks, "", column.nullable, column.doc)
                made.gone[name] = Gone(column, span, self.block.shown, new)
            there = made.columns.get(new) or (
                columns.get(new) if new != name and new not in old_names else None
            )
            if there is not None:
                self._exists(f"renames `{name}` to `{new}`", new, span, there)
                continue
            made.add(kept)
        for name, column in changes.adds.items():
            there = made.columns.get(name)
            label = made.label
            if there is not None:
                self._exists(f"adds a column `{name}`", name, column.span, there)
                continue
            if "label" in column.marks and label is not None:
                self._second_label(column, label)
            made.add(column)
        for name in made.columns:
            made.gone.pop(name, None)
        made.partial = above.partial or self.failed or changes.partial
        return made

    def _missing(self, place: _Place, verb: str) -> None:
        self.failed = True
        above, name = self.above, place.name
        if above.partial:
            return
        gone = above.gone.get(name)
        near = nearest(name, above.columns)
        primary, beside = (place.span, self.source.span) if place.asked else (self.source.span, place.span)
        labels = [Label(beside, "the data that it gets" if place.asked else f"it {verb} it here")]
        if gone is not None and _same_place(gone.span, place.span):
            labels = [Label(gone.span, f"`{gone.by}` {gone.verb} it already")]
        elif gone is not None:
            labels.append(Label(gone.span, f"`{gone.by}` {gone.verb} it here"))
        elif near is not None:
            labels.append(Label(above.columns[near].span, f"`{near}` is declared here"))
        elif above.rest is None or above.rest_span is None:
            labels.append(Label(above.span, "its columns are declared here"))
        else:
            labels.append(Label(above.rest_span, "covered by this only"))
        undeclared = gone is None and near is None and above.rest is not None
        help = []
        if undeclared and above.rest is not None:
            help = [f"declare it in the schema: `{name}: {above.rest.show()}`"]
        elif near is None:
            help = ["it has " + ", ".join(f"`{each}`" for each in list(above.columns)[:12])]
        meant = f"`{near}`" if place.asked else f"has `{near}`; is that meant"
        written = place.span.text
        quoted = f'"{near}"' if written.startswith('"') else near
        mends = (
            near is not None and written.strip('"') == name and not place.span.source.path.startswith("std:")
        )
        self.report(
            Diagnostic(
                codes.UNDECLARED_COLUMN if undeclared else codes.UNKNOWN_COLUMN,
                f"`{self.block.shown}` {verb} the column `{name}`, which "
                + (
                    f"schema `{above.name}` does not declare"
                    if undeclared
                    else f"`{self.given}` does not have" + (" any more" if gone is not None else "")
                ),
                primary,
                label=f"{'did you mean ' if place.asked else ''}{meant}?" if near else f"no column `{name}`",
                labels=labels,
                help=help,
                fixes=[Fix(f"write `{quoted}`", [(place.span, quoted)], safe=place.asked)]
                if mends and quoted is not None
                else [],
            )
        )

    def _exists(self, does: str, name: str, place: Span, there: Column) -> None:
        self.failed = True
        self.report(
            Diagnostic(
                codes.COLUMN_EXISTS,
                f"`{self.block.shown}` {does}, but there is one of this name already",
                self.source.span,
                label=f"has a column `{name}`",
                labels=[
                    Label(place, f"`{self.block.shown}` makes it here"),
                    Label(there.span, "it is there by this"),
                ],
                help=[f'give the new one another name, or let the old one go: `drops = ["{name}"]`'],
            )
        )

    def _second_label(self, column: Column, label: Column) -> None:
        self.report(
            Diagnostic(
                codes.SECOND_LABEL,
                f"`{self.block.shown}` adds the label `{column.name}`, but `{self.given}` has one already",
                self.source.span,
                label=f"its label is `{label.name}`",
                labels=[Label(column.span, "a second label"), Label(label.span, "the first one")],
                help=[
                    f'let the first one go: `drops = ["{label.name}"]`, or add the column without `@label`'
                ],
            )
        )

    def _both(self, renamed: _Place, dropped: _Place) -> None:
        self.failed = True
        places = [(renamed.span, "renamed here"), (dropped.span, "dropped here")]
        if dropped.asked and not renamed.asked:
            places.reverse()  # the block is to blame, not the declaration
        (span, label), beside = places
        self.report(
            Diagnostic(
                codes.BAD_ARGUMENT,
                f"`{self.block.shown}` drops the column `{renamed.name}` and renames it as well",
                span,
                label=label,
                labels=[Label(*beside)],
                help=["one of the two can be done"],
            )
        )


def _same_place(left: Span, right: Span) -> bool:
    return (left.source.path, left.start, left.end) == (right.source.path, right.start, right.end)
