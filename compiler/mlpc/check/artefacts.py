"""Artefacts: which output an input takes, and whether its columns, label and framework are what is needed."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label, article
from ..syntax import tree
from ..syntax.edits import unlisted
from .typed import TypedBlock, TypedProgram, TypedSource
from .types import Type, widens
from .values import Value, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..source import Span
    from .checker import Checker
    from .schemas import Column, Schema
    from .specs import PortSpec


#: Names that a help text lists.
_SHOWN = 6


def _block(written: str) -> str:
    """Return the name of the block in `parts.train` and `fit[depth]`."""
    return written.partition(".")[0].partition("[")[0]


class ArtefactChecks:
    """The checks of one block's inputs."""

    __slots__ = ("block", "checker", "report", "typed")

    def __init__(self, checker: Checker, typed: TypedProgram, block: TypedBlock) -> None:
        self.checker = checker
        self.typed = typed
        self.block = block
        self.report = checker.report

    # -- one input ---------------------------------------------------------------------------------------------

    def source(self, value: Value, wanted: Type, port: str) -> TypedSource | None:
        """Return the output that ``value`` means, or None after reporting why it does not fit."""
        if wanted.base == "error":
            return None  # the type of the port was reported
        entity = value.entity
        if entity is not None and entity.what == "choice":
            from .choices import chosen

            return chosen(self, value, wanted, port)
        if entity is not None and entity.what == "list" and not isinstance(value.node, tree.List):
            self._several(value, wanted, port, len(entity.item))
            return None
        if entity is None or entity.what not in ("block", "output"):
            shown = "none" if value.type.base == "none" else article(value.type.show())
            self.report(
                Diagnostic(
                    codes.WRONG_ARTEFACT,
                    f"`{port}` of `{self.block.shown}` takes {article(wanted.show())}, but this is {shown}",
                    value.span,
                    label=shown,
                    help=self._fitting(wanted),
                    fixes=unlisted(value.module.source, value.node)
                    or self._unquoted(value)
                    or self._meant(wanted, port, value.span),
                )
            )
            return None
        above = self.typed.blocks.get(entity.block)
        if above is None or above.component is None:
            return None  # reported where it stands
        if entity.what == "output":
            found = [(entity.name, above.outputs[entity.name])]
        else:
            found = list(above.outputs.items())
        fitting = [(name, type) for name, type in found if type.base == wanted.base]
        if not fitting and above.component.lost:
            return None  # it may be what could not be read
        if not fitting:
            self._wrong_artefact(value, wanted, port, found)
            return None
        if len(fitting) > 1:
            choices = ", ".join(f"`{above.shown}.{name}`" for name, _ in fitting)
            self.report(
                Diagnostic(
                    codes.AMBIGUOUS_OUTPUT,
                    f"`{above.shown}` has {len(fitting)} outputs that `{port}` could take",
                    value.span,
                    label="which one?",
                    labels=[Label(above.span, "declared here")],
                    help=[f"write one of {choices}"],
                )
            )
            return None
        name, type = fitting[0]
        source = TypedSource(entity.block, name, type, value.span)
        if wanted.framework and type.framework != wanted.framework:
            self._wrong_framework(source, wanted, port)
            return None
        if wanted.frameworks and type.framework not in wanted.frameworks:
            self._wrong_framework(source, wanted, port)
            return None
        if wanted.bases is not None and not self._label_fits(source, wanted, port):
            return None
        return source

    def may_be_missing(self, source: TypedSource, port: PortSpec, name: str) -> bool:
        """Return whether an output that may not be there is given to an input that needs it, after reporting it."""
        if not source.type.optional or "compared" in port.marks:
            return False
        above = self.typed.blocks[source.block]
        spec = above.component.outputs[source.port] if above.component is not None else None
        self.report(
            Diagnostic(
                codes.WRONG_ARTEFACT,
                f"`{name}` of `{self.block.shown}` needs {article(source.type.base)}, and `{above.shown}` may have none",
                source.span,
                label="may be missing",
                labels=[Label(spec.span, "declared `@optional`")] if spec is not None else [],
                help=["it is there to be compared with: `baseline = …` of an `evaluate`"],
            )
        )
        return True

    def made_as_allowed(self, source: TypedSource, port: PortSpec, name: str) -> bool:
        """Return whether what made ``source`` was set as ``port`` allows; else report it."""
        maker = self.typed.blocks[source.block]
        for key, allowed in port.made_with.items():
            value = maker.setting(key)
            if value is None or value.wrong or not value.known or value.value in allowed:
                continue
            attr = maker.definition.body.attrs.get(key)
            place = attr.module.span(attr.node.value) if attr is not None else maker.span
            component = self.block.component
            fitting = self.candidates(port.type, made_with=(key, allowed))
            choices = " or ".join(f'`{key} = "{choice}"`' for choice in allowed)
            self.report(
                Diagnostic(
                    codes.WRONG_ARTEFACT,
                    f"`{name}` of `{self.block.shown}` cannot be `{maker.shown}`, "
                    f'which is made with `{key} = "{value.value}"`',
                    source.span,
                    label=f'made with "{value.value}"',
                    labels=[
                        Label(place, "set here" if attr is not None else "its default"),
                        Label(
                            port.span,
                            f"`{component.name if component is not None else name}` takes no such model",
                        ),
                    ],
                    help=[f"what works is {choices}", *self._fitting_names(fitting)],
                    fixes=self._only(fitting, source.span),
                )
            )
            return False
        return True

    def _several(self, value: Value, wanted: Type, port: str, count: int) -> None:
        object = value.node.object if isinstance(value.node, tree.Index) else None
        text = value.module.source.text[object.start : object.end] if object is not None else ""
        help = [f"name one of them: `{text}[…]`"] if text else ["name one of them"]
        if wanted.base == "model":
            help.append("or let figures choose: `best_of(model[*], by = minimize(quality[*].rmse))`")
        self.report(
            Diagnostic(
                codes.WRONG_ARTEFACT,
                f"`{port}` of `{self.block.shown}` takes {article(wanted.show())}, but these are {count}",
                value.span,
                label="several",
                help=help,
            )
        )

    def _wrong_artefact(self, value: Value, wanted: Type, port: str, found: list[tuple[str, Type]]) -> None:
        entity = value.entity
        id = entity.block if entity is not None else ""
        if len(found) == 1:
            what = f"`{value.text}` is {article(found[0][1].show())}"
        elif found:
            what = f"`{value.text}` gives " + " and ".join(article(type.show()) for _, type in found)
        else:
            what = f"`{value.text}` gives nothing"
        self.report(
            Diagnostic(
                codes.WRONG_ARTEFACT,
                f"`{port}` of `{self.block.shown}` takes {article(wanted.show())}, but {what}",
                value.span,
                label=found[0][1].show() if len(found) == 1 else "does not fit",
                labels=[Label(self.typed.blocks[id].span, f"`{self.checker.shown(id)}` is declared here")],
                help=self._fitting(wanted),
                fixes=self._meant(wanted, port, value.span),
            )
        )

    def _wrong_framework(self, source: TypedSource, wanted: Type, port: str) -> None:
        help = []
        shown = self.checker.shown(source.block)
        name = self.typed.blocks[source.block].definition.name.text
        for framework in wanted.frameworks or (wanted.framework,):
            maker = self._exporter(framework, source.type.framework)
            if maker:
                made = f"{name}_{framework.replace('.', '_')}"
                help.append(f"export it first: `export {made}: {maker} {{ model = {shown} }}`")
        exported = bool(help)
        if not exported:
            takers = [f"`{name}`" for name in self._takers(port, source.type)]
            if takers:
                help.append(f"what takes {article(source.type.show())} for `{port}`: {', '.join(takers)}")
        spec = self.block.component.inputs.get(port) if self.block.component is not None else None
        if spec is not None and "compatible" in spec.marks and not exported:
            from .compatibility import ways_out

            help += ways_out(self.checker, self.typed, source)
        help += self._fitting(wanted)
        self.report(
            Diagnostic(
                codes.WRONG_ARTEFACT,
                f"`{port}` of `{self.block.shown}` takes {article(wanted.show())}, "
                f"but `{shown}` is {article(source.type.show())}",
                source.span,
                label=source.type.show(),
                labels=[Label(self.typed.blocks[source.block].span, f"`{shown}` is declared here")],
                help=help,
            )
        )

    def _inputs_elsewhere(self, port: str) -> Iterator[tuple[str, Type]]:
        """Yield the components of the same kind that have an input ``port``, by name, with its type."""
        for name, spec in self.checker.components(self.block.definition.module, self.block.kind.name):
            if port in spec.inputs:
                yield name, spec.inputs[port].type

    def _takers(self, port: str, given: Type) -> list[str]:
        """Return the components of the same kind whose input ``port`` takes a model of that framework."""
        found = []
        for name, type in self._inputs_elsewhere(port):
            if type.base == given.base and given.framework in (type.frameworks or (type.framework,)):
                found.append(name)
        return found

    def _exporter(self, framework: str, given: str) -> str:
        """Return an export that makes a model of ``framework`` from one of the framework ``given``."""
        for library in self.checker.modules.libraries("export"):
            for name, decl in library.names.items():
                if decl.kind.text != "component":
                    continue
                spec = self.checker.declarations.component(library, decl)
                makes = any(
                    port.type.base == "model" and port.type.framework == framework
                    for port in spec.outputs.values()
                )
                takes = [port.type for port in spec.inputs.values() if port.type.base == "model"]
                if makes and any(given in (type.frameworks or (type.framework,)) for type in takes):
                    return name
        return ""

    def candidates(self, wanted: Type, made_with: tuple[str, tuple[str, ...]] | None = None) -> list[str]:
        """Return what stands in the pipeline and would fit, as it would be written; of many the first.

        ``made_with`` is what has to be set in the block that makes it, and to one of what.
        """
        found: list[str] = []
        if wanted.frameworks:
            for framework in wanted.frameworks:
                found += self.candidates(wanted.replace(framework=framework, frameworks=()), made_with)
            return found
        for id in self.typed.made.get((wanted.base, wanted.framework), ()):
            block = self.typed.blocks[id]
            if made_with is not None:
                given = block.setting(made_with[0])
                if given is None or given.value not in made_with[1]:
                    continue
            fitting = [
                name
                for name, type in block.outputs.items()
                if type.base == wanted.base and (not wanted.framework or type.framework == wanted.framework)
            ]
            shown = block.shown if made_with is None else self.checker.written(id)
            for each in [shown] if len(fitting) == 1 else [f"{shown}.{name}" for name in fitting]:
                if each not in found:  # the instances of an `each` are called alike
                    found.append(each)
            if len(found) > _SHOWN:
                break
        return found

    def likely(self, wanted: Type, port: str) -> str | None:
        """Return the artefact that the input ``port`` should most likely take; None where several may be meant."""
        from .likely import artefact

        return artefact(self.typed, self.block, port, self.candidates(wanted))

    def _meant(self, wanted: Type, port: str, place: Span) -> list[Fix]:
        """Offer what an input most likely takes; whether it is meant, who wrote the spec has to say."""
        found = self.likely(wanted, port)
        if found is None or _block(found) in self._variables:
            return []
        return [Fix(f"write `{found}`", [(place, found)], safe=False)]

    def _unquoted(self, value: Value) -> list[Fix]:
        """Return the way out where the name of a block was put between quotes."""
        text = value.value if value.known and isinstance(value.value, str) else ""
        name, _, output = text.partition(".")
        block = self.typed.blocks.get(name)
        if block is None or (output and output not in block.outputs) or text.endswith("."):
            return []
        return [Fix(f"write `{text}`", [(value.span, text)])]

    def _fitting(self, wanted: Type) -> list[str]:
        return self._fitting_names(self.candidates(wanted))

    def _fitting_names(self, found: list[str]) -> list[str]:
        hidden = next((each for each in map(_block, found) if each in self._variables), None)
        if hidden is not None:
            return [
                f"the block `{hidden}` fits, but here `{hidden}` is the variable of `each`: call that otherwise"
            ]
        return ["what fits is " + ", ".join(f"`{each}`" for each in found[:_SHOWN])] if found else []

    @property
    def _variables(self) -> dict[str, Any]:
        """The variables of the block's own `each`: a block that is called like one cannot be named."""
        return self.block.definition.bound or {}

    def _only(self, found: list[str], place: Span) -> list[Fix]:
        """Offer the only thing that fits; whether it is meant, who wrote the spec has to say."""
        if (
            len(found) != 1
            or _block(found[0]) in self._variables
            or ("[" in found[0] and self.block.definition.bound is None)
        ):
            return []
        return [Fix(f"write `{found[0]}`", [(place, found[0])], safe=False)]

    def _label_fits(self, source: TypedSource, wanted: Type, port: str) -> bool:
        schema = source.type.schema
        if schema is None:
            return True
        label = schema.label
        bases = wanted.bases or ()
        component = self.block.component
        name = component.name if component is not None else self.block.shown
        if label is None and (schema.partial or schema.label_lost):
            return True
        if label is None:
            gone = next((each for each in schema.gone.values() if "label" in each.column.marks), None)
            labels = [Label(schema.span, "its columns are declared here")]
            said = f"{schema.shown.partition(',')[0]} marks no column as one"
            if gone is not None:
                said = f"`{gone.by}` drops `{gone.column.name}`, which was it"
                labels = [
                    Label(gone.span, f"`{gone.by}` drops it here"),
                    Label(gone.column.span, "the label is declared here"),
                ]
            self.report(
                Diagnostic(
                    codes.MISSING_LABEL,
                    f"`{name}` needs data with a label, but {said}",
                    source.span,
                    label=f"of {schema.shown}",
                    labels=labels,
                    help=[f"mark the column that is to be predicted{_such_as_label(schema, bases)}"]
                    if gone is None
                    else ["keep it, or add another label: `adds { name: type @label }`"],
                )
            )
            schema.label_lost = True
            return False
        if label.type.base not in bases and label.type.base != "error":
            self.block.misfit = True
            self.report(
                Diagnostic(
                    codes.WRONG_LABEL_TYPE,
                    f"`{name}` cannot work with the label `{label.name}`, which is {article(label.type.base)}",
                    source.span,
                    label=f"the label is {article(label.type.base)}",
                    labels=[Label(label.span, f"`{label.name}` is declared here")],
                    help=[f"it takes a label that is {_or(bases)}", *self._others_for(port, label.type.base)],
                )
            )
            return False
        return True

    def _others_for(self, port: str, base: str) -> list[str]:
        """Name the components of the same role that work with a label of type ``base``."""
        found = [
            f"`{name}`"
            for name, type in self._inputs_elsewhere(port)
            if type.bases is not None and base in type.bases
        ]
        return [f"with a label that is {article(base)}: {', '.join(found)}"] if found else []

    # -- inputs among each other -------------------------------------------------------------------------------

    def relations(self) -> None:
        """Check inputs that have to have the columns of another: data that a model is to see."""
        component = self.block.component
        if component is None or not self.block.inputs:
            return
        ports = {name: port.type for name, port in component.inputs.items()}
        for prefix, spec in component.blocks.items():
            ports.update({f"{prefix}.{name}": port.type for name, port in spec.inputs.items()})
        for name, type in ports.items():
            if type.base != "dataset":
                continue
            given, other = self.block.inputs.get(name), self.block.inputs.get(type.input)
            if given and other:
                self._same_columns(given[0], other[0].type.schema, other[0])
                if ports[type.input].base == "model":
                    self._seen_by_compared(given[0])
            elif given and type.schema is not None:
                self._same_columns(given[0], type.schema, None)

    def _seen_by_compared(self, given: TypedSource) -> None:
        """Check the rows that are measured against each model that is measured beside the one that is judged."""
        component = self.block.component
        for name, port in component.inputs.items() if component is not None else ():
            beside = self.block.inputs.get(name) if "compared" in port.marks else None
            if beside:
                self._same_columns(given, beside[0].type.schema, beside[0])

    def _same_columns(self, given: TypedSource, needs: Schema | None, model: TypedSource | None) -> None:
        """Report rows that cannot take the place of those that ``model`` was made from, or a component asks for."""
        has = given.type.schema
        if has is None or needs is None or has is needs or has.partial or needs.partial:
            return
        if needs.label_lost:
            return  # a mark was misspelt: which of its columns a model sees is not known
        for column in needs.columns.values():
            if {"ignore", "key"} & set(column.marks) and model is not None:
                continue
            found = has.columns.get(column.name)
            if found is None:
                help = f"give it rows with `{column.name}`"
                if model is not None and "label" not in column.marks:
                    help += f", or mark it `@ignore` in schema `{needs.name}`, where the model was made"
                problem = f"has no column `{column.name}`"
                self._columns_differ(given, model, problem, has, column.span, help)
                return
            if found is not column and self._column_differs(given, model, found, column):
                return
        if needs.rest is not None and has.rest is None and model is not None:
            place = needs.rest_span or needs.span
            help = f"give it rows of schema `{needs.name}`, or of one that has `...` as well"
            self._columns_differ(given, model, "lacks the columns that `...` stands for", has, place, help)

    def _column_differs(
        self, given: TypedSource, model: TypedSource | None, found: Column, column: Column
    ) -> bool:
        """Report a column with values that the one which is needed cannot have."""
        is_so = _difference(found, column, exact=model is None)
        if is_so is None:
            return False
        here, there = is_so
        who = f"`{self.checker.shown(model.block)}` was made from data" if model is not None else ""
        if model is None:
            component = self.block.component
            who = f"`{component.name if component is not None else self.block.shown}` takes data"
        self.report(
            Diagnostic(
                codes.COLUMNS_DIFFER,
                f"{who} in which `{column.name}` {there}, here it {here}",
                given.span,
                label=f"`{column.name}` {here} here",
                labels=[
                    Label(found.span, "as it is here"),
                    Label(column.span, "as the model knows it" if model is not None else "as it has to be"),
                ],
                help=[f"give it rows in which `{column.name}` {there}"],
            )
        )
        return True

    def _columns_differ(
        self,
        given: TypedSource,
        model: TypedSource | None,
        problem: str,
        has: Schema,
        place: Span,
        help: str,
    ) -> None:
        labels = [Label(has.span, has.shown)]
        if model is None:
            component = self.block.component
            name = component.name if component is not None else self.block.shown
            labels.append(Label(place, f"what `{name}` needs"))
            self.report(
                Diagnostic(
                    codes.COLUMNS_DIFFER,
                    f"`{name}` cannot be given these rows: `{self._data(given)}` {problem}",
                    given.span,
                    label=f"rows of {has.shown}",
                    labels=labels,
                    help=[f"{help}; more columns may be there"],
                )
            )
            return
        labels.append(Label(place, f"what `{self.checker.shown(model.block)}` was made from"))
        self.report(
            Diagnostic(
                codes.COLUMNS_DIFFER,
                f"`{self.checker.shown(model.block)}` cannot be given these rows: "
                f"`{self.checker.shown(given.block)}` {problem}",
                given.span,
                label=f"rows of {has.shown}",
                labels=labels,
                help=[help],
            )
        )

    # -- columns -----------------------------------------------------------------------------------------------

    def column(self, value: Value, type: Type, what: str) -> Value:
        """Return a column that the input which ``type`` follows has, of a type that ``type`` allows."""
        entity = value.entity
        if entity is None or entity.what != "column":
            sources = self.block.inputs.get(type.input)
            schema = sources[0].type.schema if sources else None
            help = "a column is named through its data, without quotes"
            fixes = []
            if sources and schema is not None and schema.columns:
                text = value.value if value.known and isinstance(value.value, str) else ""
                name = text if text in schema.columns else text.rpartition(".")[2]
                name = name if name in schema.columns else ""
                written = f"{self._data(sources[0])}.{name or next(iter(schema.columns))}"
                help += f": `{written}`"
                fixes = [Fix(f"write `{written}`", [(value.span, written)])] if name else []
            fixes = unlisted(value.module.source, value.node) or fixes
            self.report(
                Diagnostic(
                    codes.WRONG_TYPE,
                    f"{what} is a column, but this is {article(value.type.show())}",
                    value.span,
                    label="not a column",
                    help=[help],
                    fixes=fixes,
                )
            )
            return wrong(value.module, value.node)
        column = entity.item
        sources = self.block.inputs.get(type.input)
        if sources and sources[0].type.schema is not None:
            schema = sources[0].type.schema
            if column.name not in schema.columns:
                data = self._data(sources[0])
                self.checker.expressions.unknown_column(column.name, value.span, schema, data, f"{data}.")
                return wrong(value.module, value.node)
            if schema.columns[column.name] is not column:
                self._column_of_others(value, sources[0], what)
                return wrong(value.module, value.node)
        if type.bases is not None and column.type.base not in (*type.bases, "error"):
            found = self._columns_that_fit(type)
            self.report(
                Diagnostic(
                    codes.WRONG_COLUMN_TYPE,
                    f"{what} takes a column of {', '.join(type.bases[:-1])} or {type.bases[-1]}, "
                    f"but `{column.name}` is {article(column.type.base)}",
                    value.span,
                    label=f"{article(column.type.base)}",
                    labels=[Label(column.span, f"`{column.name}` is declared here")],
                    help=self._fitting_names(found)
                    or [
                        f"no other column fits; if it holds what is wanted, declare it so: `{column.name}: {type.bases[0]}`"
                    ],
                    fixes=self._only(found, value.span),
                )
            )
            return wrong(value.module, value.node)
        return value

    def _data(self, source: TypedSource) -> str:
        """Return a source as a person would write it."""
        outputs = self.typed.blocks[source.block].outputs
        many = sum(1 for type in outputs.values() if type.base == "dataset") > 1
        shown = self.checker.shown(source.block)
        return f"{shown}.{source.port}" if many else shown

    def _column_of_others(self, value: Value, source: TypedSource, what: str) -> None:
        """Report a column of the right name, but of data that this block does not get."""
        column = value.entity.item if value.entity is not None else None
        schema = source.type.schema
        written = f"{self._data(source)}.{column.name}" if column is not None else ""
        labels = [Label(source.span, "the data that it gets")]
        if column is not None and schema is not None:
            labels.append(Label(column.span, "the column that is named"))
            labels.append(Label(schema.columns[column.name].span, "the column that it has"))
        self.report(
            Diagnostic(
                codes.UNKNOWN_COLUMN,
                f"{what} is a column of `{self._data(source)}`, but `{value.text}` is one of other data",
                value.span,
                label=f"did you mean `{written}`?",
                labels=labels,
                fixes=[Fix(f"write `{written}`", [(value.span, written)])],
            )
        )

    def _columns_that_fit(self, type: Type) -> list[str]:
        sources = self.block.inputs.get(type.input)
        schema = sources[0].type.schema if sources else None
        if not sources or schema is None:
            return []
        data, bases = self._data(sources[0]), type.bases or ()
        return [f"{data}.{column.name}" for column in schema.columns.values() if column.type.base in bases]


def _difference(has: Column, needs: Column, *, exact: bool) -> tuple[str, str] | None:
    """Say what the values of one column may be that those of the other may not: as it is, and as it has to be.

    Unless ``exact``, a column of floats takes the place of one of whole numbers: a model sees both as numbers.
    """
    ours, wanted = has.type, needs.type
    if "error" in (ours.base, wanted.base):
        return None
    alike = wanted.base in ("int", "float") and ours.base in ("int", "float")
    if ours.base != wanted.base and (not alike or (exact and wanted.base == "int")):
        return f"is {article(ours.base)}", f"is {article(wanted.base)}"
    if has.nullable and not needs.nullable:
        return "may lack values", "never lacks a value"
    if ours.choices is not None and wanted.choices is not None:
        more = [each for each in ours.choices if each not in wanted.choices]
        if more:
            return f'may be "{more[0]}" as well', f"is {wanted.show()}"
    if not widens(wanted, ours):
        shown = ours.show_bounds()
        return f"is {ours.base} {shown}" if shown else f"is any {ours.base}", f"is {wanted.show()}"
    return None


def _or(words: tuple[str, ...]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]


def _such_as_label(schema: Schema, bases: tuple[str, ...]) -> str:
    fitting = [column for column in schema.columns.values() if column.type.base in bases]
    return f", such as `{fitting[-1].name}: {fitting[-1].type.show()} @label`" if fitting else ""
