"""The page of a pipeline for the people who only read: what it learns from, what must hold, where it goes, who owns it.

Made from the checked spec alone: the same spec gives the same bytes. Nothing in it says how a run went.
"""

from __future__ import annotations

import mlpc
from mlpc.check.footprint import told
from mlpc.check.values import shown
from mlpc.ir import draw
from mlpc.ir.nodes import Gate, Service
from mlpc_stdlib.runtime.web.markup import Markup, join, tag

from . import picture, shell
from .shell import code, said
from .spec_values import Said, component, differences, text_of, values, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlpc.check.schemas import Column, Schema
    from mlpc.check.typed import TypedBlock, TypedProgram
    from mlpc.ir.nodes import Workflow

    Content = Markup | str

#: What a mark of a column means to a reader.
_MARKS = {
    "label": "to be foretold",
    "key": "key",
    "time": "time",
    "sensitive": "sensitive",
    "ignore": "not learned from",
    "image": "image",
}
#: A text that is longer, or on several lines, stands below its name.
_LONG = 90


def page(
    typed: TypedProgram, workflow: Workflow, environments: Sequence[tuple[str, TypedProgram]], file: str
) -> bytes:
    """Return the page. ``environments`` are those of the spec, with the pipeline under each; ``file`` is what it is called."""
    return shell.page(
        workflow.name,
        tag("div", *_Page(typed, workflow, environments, file).parts(), class_="page"),
        styles=("picture.css",),
    )


class _Family:
    """A block, with all the instances that its ``each`` made."""

    def __init__(self, first: TypedBlock) -> None:
        self.members = [first]

    @property
    def first(self) -> TypedBlock:
        return self.members[0]

    @property
    def name(self) -> str:
        return self.first.id.partition("[")[0]

    @property
    def keys(self) -> list[str]:
        return [", ".join(block.definition.keys) for block in self.members if block.definition.keys]

    @property
    def doc(self) -> str:
        # The step that makes a choice stands in the block that asked for it.
        doc = self.first.definition.decl.doc if self.first.choice is None else None
        return "\n".join(doc.lines).strip() if doc is not None else ""

    def merged(self, text: Callable[[TypedBlock], str]) -> str:
        """Return what is the same for all once, and else what it is for each: ``eu: 0.5; us, apac: 0.1``."""
        found: dict[str, list[str]] = {}
        for block in self.members:
            found.setdefault(text(block), []).append(", ".join(block.definition.keys))
        if len(found) == 1:
            return next(iter(found))
        return "; ".join(f"{', '.join(keys)}: {each or 'none'}" for each, keys in found.items())


class _Page:
    def __init__(
        self,
        typed: TypedProgram,
        workflow: Workflow,
        environments: Sequence[tuple[str, TypedProgram]],
        file: str,
    ) -> None:
        self._typed = typed
        self._workflow = workflow
        self._environments = environments
        self._file = file
        families: dict[str, _Family] = {}
        for block in typed.blocks.values():
            name = block.id.partition("[")[0]
            if name in families:
                families[name].members.append(block)
            else:
                families[name] = _Family(block)
        self._left = list(families.values())

    def parts(self) -> list[Markup]:
        """Return header, sections and footer."""
        # Each block stands where it is found first.
        data = self._take(lambda block: _makes(block, "dataset") and not block.inputs)
        prepared = self._take(lambda block: _makes(block, "dataset") and block.kind.runs == "task")
        models = self._take(lambda block: _makes(block, "model") and not _reads(block, "model"))
        judging = self._take(lambda block: block.kind.judges)
        made = self._take(lambda block: _makes(block, "model"))
        watching = self._take(lambda block: bool(block.kind.verbs) or block.kind.runs == "nothing")
        clocks = self._take(lambda block: block.kind.runs == "trigger")
        targets = self._take(lambda block: block.kind.runs == "service" or block.kind.promotes)
        rest, self._left = self._left, []
        main = tag(
            "main",
            shell.card(
                "How it fits together",
                shell.scrolled(picture.drawing(self._workflow), "Picture of the pipeline", "picture"),
                note="From the data to what is put into service. Boxes with cut corners are gates: what comes after one runs "
                "only if it passes.",
            ),
            shell.card("Data", *self._data(data), *(self._block(each) for each in prepared)),
            shell.card("Model", *(self._block(each) for each in models)),
            shell.card(
                "What must hold",
                self._gates(),
                *self._budget(),
                note="Nothing is promoted unless all of this holds.",
            ),
            shell.card("How it is judged", *(self._block(each) for each in judging)),
            shell.card("What is made of the model", *(self._block(each) for each in made)),
            shell.card("Where it goes", *(self._target(each) for each in targets)),
            shell.card("Watching it", *(self._watching(each) for each in watching)),
            shell.card("Other steps", *(self._block(each) for each in rest)),
            shell.card("What can be set", self._params(), *self._secrets()),
            shell.card("Environments", *self._changes()),
        )
        return [self._header(clocks), main, self._footer()]

    def _take(self, wanted: Callable[[TypedBlock], bool]) -> list[_Family]:
        found = [family for family in self._left if wanted(family.first)]
        self._left = [family for family in self._left if family not in found]
        return found

    def _header(self, clocks: Sequence[_Family]) -> Markup:
        labels = self._workflow.labels
        lead = self._workflow.doc or str(labels.get("description") or "")
        tags = labels.get("tags")
        listed = (
            tag("ul", *(tag("li", shell.badge(str(each))) for each in tags), class_="tags")
            if isinstance(tags, list) and tags
            else ""
        )
        when: list[Content] = []
        for each in clocks:
            settings = {item.name: item.value.value for item in values(self._typed, each.first)}
            when.append(
                join(
                    code(settings.get("cron", "")), " ", said(settings.get("timezone", "")), f" ({each.name})"
                )
            )
        title = "Pipeline" + (
            f" in the environment {self._workflow.environment}" if self._workflow.environment else ""
        )
        return tag(
            "header",
            tag("p", said(title), class_="kind"),
            tag("h1", said(self._workflow.name)),
            *shell.paragraphs(lead, "lead"),
            shell.facts(
                [
                    ("Owner", said(labels.get("owner") or "")),
                    ("Runs by itself", _lined(when)),
                    ("Engines", self._engines()),
                    ("Tags", listed),
                ]
            ),
        )

    def _engines(self) -> Content:
        told: list[Content] = []
        for name, settings in self._typed.settings.items():
            inside = ", ".join(f"{key} {_plain(value)}" for key, value in settings.items())
            told.append(join(said(name), f" ({said(inside)})" if inside else ""))
        return _lined(told)

    def _footer(self) -> Markup:
        return tag("footer", tag("p", f"Made from {said(self._file)} by mlpc {mlpc.__version__}."))

    # Blocks

    def _head(self, family: _Family, what: str = "") -> list[Markup]:
        block = family.first
        name = component(block)
        of = f"{block.kind.name}: {name}" if name else block.kind.name
        each = f", one for each of {', '.join(family.keys)}" if family.keys else ""
        heading = tag("h3", said(family.name), " ", tag("span", said(f"{what or of}{each}"), class_="of"))
        found = [heading, *shell.paragraphs(family.doc)]
        told = block.component.doc if block.component is not None else ""
        if told and not family.doc:
            found += shell.paragraphs(told.partition("\n\n")[0], "soft")
        if block.component is not None and block.component.unbuilt:
            found.append(tag("p", shell.badge("not built yet", "held")))
        return found

    def _block(self, family: _Family) -> Markup:
        return join(*self._head(family), self._ports(family), self._table(family))

    def _ports(self, family: _Family, skip: Sequence[str] = ()) -> Markup:
        rows = []
        for port in family.first.inputs:
            if port in skip:
                continue

            def text(block: TypedBlock, port: str = port) -> str:
                return ", ".join(_source(each.block, each.port) for each in block.inputs.get(port, ()))

            rows.append((_readable(port), said(family.merged(text))))
        return shell.facts(rows)

    def _table(self, family: _Family, given: bool = False) -> Markup:
        """Return what a block says; with ``given`` that alone which the spec gives."""
        if family.first.choice is not None:
            asked = next((each.text for each in values(self._typed, family.first)), "")
            return shell.facts([("chosen by", code(asked))])
        by_member = [{each.name: each for each in values(self._typed, block)} for block in family.members]
        names = list(dict.fromkeys(name for found in by_member for name in found))
        rows: list[list[Content]] = []
        below: list[Markup] = []
        for name in names:
            first: Said = next(found[name] for found in by_member if name in found)
            if given and not first.given:
                continue
            texts = {
                id(block): found[name].text if name in found else ""
                for block, found in zip(family.members, by_member, strict=True)
            }
            text = family.merged(lambda block, texts=texts: texts[id(block)])  # type: ignore[misc]
            long = [
                (", ".join(block.definition.keys), shown_long)
                for block, found in zip(family.members, by_member, strict=True)
                if name in found and (shown_long := _long(found[name])) is not None
            ]
            if long:
                below.append(join(tag("h4", _readable(name)), *shell.paragraphs(first.doc, "soft")))
                if len({str(each) for _, each in long}) == 1:
                    below.append(long[0][1])
                else:
                    below += [join(tag("p", f"{keys}:", class_="soft"), each) for keys, each in long]
                continue
            value = (
                code(text) if first.given else join(code(text), " ", tag("span", "by default", class_="soft"))
            )
            rows.append([_readable(name), value, shell.prose(first.doc)])
        made = shell.table(("Setting", "Value", "What it is"), rows, f"Settings of {family.name}", "stack")
        return join(made, *below)

    def _data(self, found: Sequence[_Family]) -> list[Markup]:
        parts = []
        schemas: set[str] = set()
        for family in found:
            parts += self._head(family)
            parts.append(self._table(family, given=True))
            for type in family.first.outputs.values():
                if type.schema is not None and type.schema.name not in schemas:
                    schemas.add(type.schema.name)
                    parts.append(_columns(type.schema))
        return parts

    def _target(self, family: _Family) -> Markup:
        model = family.first.inputs.get("model")
        serves = []
        for source in model or ():
            made = self._typed.blocks[source.block].outputs.get(source.port)
            serves.append(
                _source(source.block, source.port)
                + (f" ({made.framework})" if made and made.framework else "")
            )
        rows: list[tuple[str, Content]] = [("model", said(", ".join(serves)))]
        # Others are of what a warning proposes.
        for _, estimate in filter(None, [family.first.footprints.get("")]):
            rows.append(("takes", said(" and ".join(told(family.first, estimate.figures)))))
        rows.append(
            ("keeps", _lined([code(each.text) for each in family.first.conditions if each.when == "live"]))
        )
        return join(
            *self._head(family),
            shell.facts(rows),
            self._ports(family, skip=("model",)),
            self._table(family, given=True),
        )

    def _watching(self, family: _Family) -> Markup:
        rows: list[list[Content]] = []
        for condition in family.first.conditions:
            if condition.verb == "require":
                continue
            spec = family.first.kind.verbs.get(condition.verb)
            types = {name: param.type for name, param in spec.params.items()} if spec is not None else {}
            more = ", ".join(
                f"{_readable(name)} {shown(value, types.get(name)) if name in types else _plain(value)}"
                for name, value in condition.settings.items()
            )
            means = spec.doc.partition("\n\n")[0] if spec is not None else ""
            rows.append(
                [code(" ".join(condition.text.split())), said(condition.verb), said(more), shell.prose(means)]
            )
        table = shell.table(
            ("When", "Then", "How", "What that is"), rows, f"What {family.name} does", "stack"
        )
        return join(*self._head(family), self._ports(family), table, self._table(family, given=True))

    # What must hold

    def _gates(self) -> Markup:
        graph = draw.Graph(self._workflow)
        rows: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
        for node in graph.nodes:
            if not isinstance(node, Gate):
                continue
            of = str(node.labels.get("of") or node.id).removesuffix(".build")
            base = of.partition("[")[0]
            deciding = node.labels.get("deciding")
            for number, condition in enumerate(node.conditions):
                if condition.severity == "warn":
                    result = (
                        "it cannot be chosen"
                        if isinstance(deciding, list) and number in deciding
                        else "it is told"
                    )
                else:
                    result = ""
                name = f"{condition.name}: " if condition.name else ""
                key = (base, name + " ".join(condition.text.split()), result)
                instances, blocked = rows.setdefault(key, ([], []))
                if of != base:
                    instances.append(of[len(base) :].strip("[]"))
                blocked += [id for id in graph.blocked.get(node.id, []) if id not in blocked]
        told: list[list[Content]] = []
        for (base, text, result), (instances, blocked) in rows.items():
            who = base + (f" ({', '.join(dict.fromkeys(instances))})" if instances else "")
            told.append(
                [
                    code(text),
                    said(who),
                    said(
                        result or (f"held back: {', '.join(blocked)}" if blocked else "nothing is promoted")
                    ),
                ]
            )
        for node in graph.nodes:
            if isinstance(node, Service):
                for level in node.levels:
                    told.append(
                        [
                            code(" ".join(level.text.split())),
                            said(node.id),
                            "while it serves: it counts as a fault",
                        ]
                    )
        return shell.table(("What", "Measured of", "If not"), told, "Gates and service levels", "stack")

    def _budget(self) -> list[Markup]:
        from mlpc.syntax import tree

        program = self._typed.program
        body = program.decl.body
        texts = [
            program.root.source.text[item.expr.start : item.expr.end]
            for block in (body.items if body is not None else ())
            if isinstance(block, tree.Block) and block.name.text == "budget" and block.body is not None
            for item in block.body.items
            if isinstance(item, tree.Condition)
        ]
        if not texts:
            return []
        return [shell.facts([("Budget of a run", _lined([code(" ".join(text.split())) for text in texts]))])]

    # What can be set

    def _params(self) -> Markup:
        rows: list[list[Content]] = [
            [code(name), code(type.show()), code(text_of(self._typed, value)), shell.prose(_doc(definition))]
            for name, (definition, type, value) in self._typed.params.items()
        ]
        return shell.table(
            ("Parameter", "May be", "By default", "What it is"), rows, "Parameters of a run", "stack"
        )

    def _secrets(self) -> list[Markup]:
        found = self._workflow.secrets
        if not found:
            return []
        rows = []
        for secret in found:
            source = secret.source or {}
            where = next((f"{kind} {value}" for kind, value in source.items()), "told to the engine")
            rows.append((secret.name, said(where)))
        return [
            tag("h3", "Secrets"),
            tag("p", "By name only; no value of one stands anywhere.", class_="soft"),
            shell.facts(rows),
        ]

    def _changes(self) -> list[Markup]:
        parts = []
        for name, other in self._environments:
            if name == self._workflow.environment:
                continue
            rows: list[list[Content]] = [
                [code(what), _or_none(before), _or_none(after)]
                for what, before, after in differences(self._typed, other)
            ]
            here = self._workflow.environment or "without"
            parts.append(tag("h3", said(name), " ", tag("span", "environment", class_="of")))
            parts.append(
                shell.table(("What", here, f"in {name}"), rows, f"What {name} changes")
                or tag("p", "It changes nothing.", class_="soft")
            )
        return parts


def _makes(block: TypedBlock, base: str) -> bool:
    return any(type.base == base for type in block.outputs.values())


def _reads(block: TypedBlock, port: str) -> bool:
    return any(name == port or name.startswith(port) for name in block.inputs)


def _source(block: str, port: str) -> str:
    return f"{block}.{port}" if port in ("train", "test", "validation") else block


def _readable(name: str) -> str:
    return name.replace("_", " ").replace(".", ": ")


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _or_none(text: str) -> Content:
    return code(text) if text else tag("span", "none", class_="soft")


def _doc(definition: object) -> str:
    doc = getattr(getattr(definition, "decl", None), "doc", None)
    return " ".join(" ".join(doc.lines).split()) if doc is not None else ""


def _lined(lines: Sequence[Content]) -> Content:
    return (
        tag("ul", *(tag("li", line) for line in lines), class_="plain")
        if len(lines) > 1
        else (lines[0] if lines else "")
    )


def _long(found: Said) -> Markup | None:
    """Return a value that needs room of its own: layers one below the other, a text of several lines as it is."""
    value = found.value
    if value.known and isinstance(value.value, list) and any(isinstance(item, dict) for item in value.value):
        return tag("ol", *(tag("li", code(written(item, None))) for item in value.value))
    if value.known and isinstance(value.value, str) and ("\n" in value.value or len(value.value) > _LONG):
        return tag("pre", said(value.value))
    return tag("pre", said(found.text)) if len(found.text) > 2 * _LONG else None


def _columns(schema: Schema) -> Markup:
    rows: list[list[Content]] = [
        [code(column.name), code(column.type.show()), _about(column)] for column in schema.columns.values()
    ]
    if schema.rest is not None:
        rows.append([tag("span", "every other column", class_="soft"), code(schema.rest.show()), ""])
    return join(
        tag("h4", f"Columns ({said(schema.name)})"),
        shell.table(("Column", "Type", "What it is"), rows, f"Columns of {schema.name}"),
    )


def _about(column: Column) -> Markup:
    marks: list[Content] = [
        shell.badge(_MARKS.get(mark, mark), "good" if mark == "label" else "") for mark in column.marks
    ]
    if column.nullable:
        marks.append(shell.badge("may be missing"))
    parts: list[Content] = []
    for mark in marks:
        parts += [mark, " "]
    return join(
        *parts, shell.prose(column.doc), f" In the data: {said(column.header)}" if column.header else ""
    )
