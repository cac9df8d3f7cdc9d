"""What a name at a place stands for: where it is declared, and what there is to say of it."""

from __future__ import annotations

from ..check.declared import doc_of
from ..check.footprint import estimate_of
from ..check.specs import BlockSpec, PortSpec, QuantitySpec
from ..resolve.program import BlockDef, ValueDef
from ..source import INSTALLED, Span
from ..syntax import tree
from . import describe
from .links import python_function
from .places import path_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..check.schemas import Schema
    from ..check.types import Type
    from ..resolve.modules import Module
    from .view import View


class Target:
    """``at`` is the name at the place that was asked for, ``span`` the name where it is declared, ``text`` Markdown.

    ``renames`` says whether the declaration is the user's own, so that it can be called otherwise.
    """

    __slots__ = ("at", "name", "renames", "span", "text")

    def __init__(self, name: str, at: Span, span: Span | None, text: str, renames: bool = False) -> None:
        self.name = name
        self.at = at
        self.span = span
        self.text = text
        self.renames = renames and span is not None and not span.source.path.startswith(INSTALLED)


def target(view: View, offset: int, module: Module | None = None) -> Target | None:
    """Return what the name at ``offset`` of a file stands for, by default of the root; None where there is no name."""
    within = module if module is not None else view.module
    if within is None:
        return None
    return _Finder(view, within, path_at(within.file, offset), offset).find()


def references(view: View, wanted: Span) -> Iterator[Span]:
    """Yield every name in the files of the project that stands for what is declared at ``wanted``, the declaration too."""
    name = wanted.text
    for module in view.modules.project():
        text = module.source.text
        at = text.find(name)
        while at >= 0:
            found = target(view, at, module)
            if found is not None and found.span == wanted and found.at.start == at and found.at.text == name:
                yield found.at
            at = text.find(name, at + 1)


class _Finder:
    def __init__(self, view: View, module: Module, path: list[tree.Node], offset: int) -> None:
        self.view = view
        self.module = module
        self.path = path
        self.offset = offset
        #: The declaration of the pipeline, or at the top level, in which the place lies.
        self.decls = [node for node in path if isinstance(node, tree.Decl)]

    def find(self) -> Target | None:
        node = self.path[-1]
        above = self.path[-2] if len(self.path) > 1 else None
        if isinstance(node, tree.Ref):
            if isinstance(above, tree.Use):
                return self._used(above, node)
            return self._reference(node, above)
        if isinstance(node, tree.String) and isinstance(above, tree.Use):
            return self._used(above, node)
        if isinstance(node, tree.Name):
            return self._name(node, above)
        if isinstance(node, tree.String) and isinstance(above, tree.Arg):
            return self._function(node)
        if isinstance(node, tree.Condition) and node.verb.start <= self.offset <= node.verb.end:
            return None
        return None

    # -- names that declare, or set ----------------------------------------------------------------------------

    def _name(self, node: tree.Name, above: tree.Node | None) -> Target | None:
        span = self.module.span(node)
        if isinstance(above, tree.Decl):
            if node is above.kind:
                kind = self.view.checker.kind(node.text, self.module)
                return (
                    Target(node.text, span, kind.span, describe.described(node.text, kind)) if kind else None
                )
            return self._declared(node, above, span)
        if isinstance(above, tree.Use) and node is above.alias:
            return self._used(above, node)
        if isinstance(above, tree.Each):
            return Target(node.text, span, span, describe.code(f"each {node.text}"))
        if isinstance(above, tree.Field):
            schema = self._schema_around()
            found = schema.columns.get(node.text) if schema is not None else None
            return Target(node.text, span, span, describe.column(found) if found else "", renames=True)
        if isinstance(above, (tree.Attr, tree.Block)):
            return self._key(node, span)
        if isinstance(above, tree.Arg):
            return self._argument(node, span)
        if isinstance(above, tree.Member):
            return self._member(node, above, span)
        return None

    def _declared(self, node: tree.Name, decl: tree.Decl, span: Span) -> Target | None:
        origin = self._changed(node, decl)
        text = describe.paragraphs(
            _head(decl, node.text), doc_of(decl.doc), self._values(node.text), self._estimate(node.text)
        )
        return Target(node.text, span, origin or span, text, renames=decl not in self.module.pipelines)

    def _changed(self, node: tree.Name, decl: tree.Decl) -> Span | None:
        """Return the declaration that one in an environment changes."""
        if not any(each.kind.text == "env" for each in self.decls if each is not decl):
            return None
        item = self._program_name(node.text)
        return item.span if item is not None else None

    def _program_name(self, name: str) -> BlockDef | ValueDef | None:
        typed = self.view.typed
        return (
            typed.program.names.get(name) if typed is not None and self.module is self.view.module else None
        )

    def _values(self, name: str) -> str:
        """Return what a param or let comes to, under each environment where that differs."""
        item = self._program_name(name)
        if not isinstance(item, ValueDef) or item.value is None:
            return ""
        lines = [f"`{item.value_module.source.text[item.value.start : item.value.end]}`"]
        for environment in self.view.compilation.environments():
            other = self.view.compilation.program(environment)
            changed = other.program.names.get(name) if other is not None else None
            if isinstance(changed, ValueDef) and changed.environment and changed.value is not None:
                source = changed.value_module.source.text
                lines.append(f"`{source[changed.value.start : changed.value.end]}` under `{environment}`")
        return "; ".join(lines)

    def _estimate(self, name: str) -> str:
        """Return what is estimated of a block called ``name``; nothing where nothing is."""
        typed = self.view.typed
        block = typed.blocks.get(name) if typed is not None and self.module is self.view.module else None
        if typed is None or block is None:
            return ""
        said = estimate_of(self.view.checker, typed, block)
        return f"estimated: {', '.join(said)}" if said else ""

    def _key(self, node: tree.Name, span: Span) -> Target | None:
        specs = self._specs_around()
        for spec in specs:
            for table in (spec.params, spec.inputs, spec.blocks):
                if node.text in table:
                    member = table[node.text]
                    return Target(node.text, span, member.span, self._with_values(node.text, member))
        return None

    def _with_values(self, name: str, member: describe.Member) -> str:
        """Return what there is to say of a key, and what gives its value under each environment."""
        text = describe.described(name, member)
        block = self._block_around()
        if block is None:
            return text
        way = [
            node.name.text for node in self.path if isinstance(node, tree.Block) and node.name.text != name
        ]
        dotted = ".".join([*way, name])
        lines = []
        for environment in ("", *self.view.compilation.environments()):
            typed = self.view.compilation.program(environment)
            made = typed.blocks.get(block) if typed is not None else None
            value = made.setting(dotted) if made is not None else None
            if value is not None and value.known and not isinstance(member, (PortSpec, BlockSpec)):
                from ..check.values import shown

                told = shown(value.value, value.type)
                lines.append((environment, told))
        if len({told for _, told in lines}) > 1:
            text += "\n\n" + "; ".join(
                f"`{told}`" + (f" under `{env}`" if env else "") for env, told in lines
            )
        return text

    def _block_around(self) -> str | None:
        typed = self.view.typed
        for decl in reversed(self.decls):
            name = decl.name.text if isinstance(decl.name, tree.Name) else ""
            if typed is not None and name in typed.blocks:
                return name
        return None

    def _specs_around(self) -> list[BlockSpec]:
        """Return what declares the innermost block around the place, the component first."""
        kinds = [decl for decl in self.decls if decl.kind.text not in ("pipeline", "env")]
        if not kinds:
            return []
        decl = kinds[0]
        name = decl.name.text if isinstance(decl.name, tree.Name) else ""
        component = decl.type.name.text if decl.type is not None else ""
        # A nested block counts only where the place is inside of it, not on its own name.
        nested = [
            node
            for node in self.path
            if isinstance(node, tree.Block) and not node.name.start <= self.offset <= node.name.end
        ]
        way = [(block.name.text, block.type.name.text if block.type is not None else "") for block in nested]
        return self.view.declaring(self.module, decl.kind.text, name, component, way)

    def _argument(self, node: tree.Name, span: Span) -> Target | None:
        call = next((each for each in reversed(self.path) if isinstance(each, tree.Call)), None)
        if call is None or not isinstance(call.function, tree.Ref):
            return None
        spec = self._called(call.function.text)
        param = spec.params.get(node.text) if spec is not None else None
        return Target(node.text, span, param.span, describe.described(node.text, param)) if param else None

    def _called(self, name: str) -> BlockSpec | None:
        """Return what a call in a list of layers or a search names."""
        for spec in self._specs_around():
            decl = spec.module.find(name, "component")
            if decl is not None:
                return self.view.checker.declarations.component(spec.module, decl)
        return None

    def _schema_around(self) -> Schema | None:
        for decl in reversed(self.decls):
            if decl.kind.text == "schema":
                return self.view.checker.declarations.schema(self.module, decl)
        return None

    def _function(self, node: tree.String) -> Target | None:
        """Return the function of the user's that a text in `python(…)` names."""
        call = self.path[-3] if len(self.path) > 2 else None
        if (
            not isinstance(call, tree.Call)
            or self.module.source.text[call.start : call.function.end] != "python"
        ):
            return None
        place = python_function(self.view, self.module, node)
        if place is None:
            return None
        line = place.source.line(place.source.position(place.start)[0]).strip()
        return Target(place.text, self.module.span(node), place, f"```python\n{line}\n```")

    # -- names that are used -----------------------------------------------------------------------------------

    def _used(self, use: tree.Use, node: tree.Node) -> Target | None:
        for other, module in self.module.aliases.values():
            if other is use:
                span = self.module.span(node)
                return Target(span.text, span, Span(module.source, 0, 0), f"`{module.path}`")
        return None

    def _reference(self, node: tree.Ref, above: tree.Node | None) -> Target | None:
        index = 0
        for place in range(len(node.names)):
            if node.part(self.module.source, place).start <= self.offset:
                index = place
        at = node.part(self.module.source, index)
        if isinstance(above, tree.Type) and node is above.name:
            return self._of_type(node, at, index)
        if isinstance(above, tree.Call) and node is above.function:
            spec = self._called(node.text)
            if spec is not None:
                return Target(node.text, at, spec.span, describe.described(node.text, spec))
        first = self._first(node.names[0], node.part(self.module.source, 0))
        if index == 0 or first is None:
            return first
        return self._below(node.names, index, at)

    def _of_type(self, node: tree.Ref, at: Span, index: int) -> Target | None:
        decl = self.decls[-1] if self.decls else None
        if index == 0 and len(node.names) > 1 and node.names[0] in self.module.aliases:
            _, module = self.module.aliases[node.names[0]]
            return Target(node.names[0], at, Span(module.source, 0, 0), f"`{module.path}`")
        if decl is not None and decl.kind.text not in ("schema", "component", "param", "let", "secret"):
            found = self.view.checker.find_component(self.module, decl.kind.text, node.names)
            if found is not None:
                spec = self.view.checker.declarations.component(*found)
                return Target(node.text, at, spec.span, describe.described(node.text, spec), renames=True)
        named = self.module.names.get(node.names[-1])
        if len(node.names) == 1 and named is not None and named.name is not None:
            return self._declared_here(self.module, named, at)
        return None

    def _declared_here(self, module: Module, decl: tree.Decl, at: Span) -> Target | None:
        if not isinstance(decl.name, tree.Name):
            return None
        start, end = decl.start, decl.end
        written = module.source.text[start:end]
        shown = written if len(written) < 800 else written[:800] + "…"
        text = describe.paragraphs(describe.code(shown), doc_of(decl.doc))
        return Target(decl.name.text, at, module.span(decl.name), text, renames=True)

    def _first(self, name: str, at: Span) -> Target | None:
        for decl in reversed(self.decls):
            for each in decl.eaches:
                if each.variable.text == name:
                    span = self.module.span(each.variable)
                    return Target(name, at, span, describe.code(f"each {name}"))
        condition = next((node for node in self.path if isinstance(node, tree.Condition)), None)
        if condition is not None:
            for spec in self._specs_around():
                if name in spec.quantities:
                    return self._quantity(name, spec.quantities[name], at)
        item = self._program_name(name)
        if item is not None:
            return self._item(item, at)
        named = self.module.names.get(name)
        if named is not None:
            return self._declared_here(self.module, named, at)
        if name in self.module.aliases:
            _, module = self.module.aliases[name]
            return Target(name, at, Span(module.source, 0, 0), f"`{module.path}`")
        return None

    def _quantity(self, name: str, spec: QuantitySpec, at: Span) -> Target:
        return Target(name, at, spec.span, describe.described(name, spec))

    def _item(self, item: BlockDef | ValueDef, at: Span) -> Target | None:
        decl = item.decl
        if not isinstance(decl.name, tree.Name):
            return None
        name = decl.name.text
        block = (
            self.view.typed.blocks.get(item.id) if isinstance(item, BlockDef) and self.view.typed else None
        )
        outputs = block.outputs if block is not None else {}
        listed = "\n".join(f"- `{output}`: `{type.show()}`" for output, type in outputs.items())
        text = describe.paragraphs(
            _head(decl, name), doc_of(decl.doc), self._values(name), listed, self._estimate(name)
        )
        return Target(name, at, item.span, text, renames=True)

    def _below(self, names: tuple[str, ...], index: int, at: Span) -> Target | None:
        """Return what a name behind a dot stands for: of a module, of a block, of a schema."""
        name = names[index]
        alias = self.module.aliases.get(names[0])
        if alias is not None and index == 1:
            decl = alias[1].names.get(name)
            return self._declared_here(alias[1], decl, at) if decl is not None else None
        block = self.view.typed.blocks.get(names[0]) if self.view.typed is not None else None
        if block is None or block.component is None:
            return None
        return self._of_block(block.component, block.outputs, name, at)

    def _of_block(
        self, component: BlockSpec, outputs: Mapping[str, Type], name: str, at: Span
    ) -> Target | None:
        port = component.outputs.get(name)
        if port is not None:
            head = describe.code(f"output {name}: {port.type.show()}")
            return Target(name, at, port.span, describe.paragraphs(head, port.doc))
        if name in component.quantities:
            return self._quantity(name, component.quantities[name], at)
        for type in outputs.values():
            schema = type.schema
            found = schema.columns.get(name) if schema is not None else None
            if found is not None:
                return Target(name, at, found.span, describe.column(found), renames=True)
        for table in (component.params, component.inputs):
            if name in table:
                return Target(name, at, table[name].span, describe.described(name, table[name]))
        return None

    def _member(self, node: tree.Name, above: tree.Member, span: Span) -> Target | None:
        """Return what `name` of `sales[region].name` stands for."""
        within = above.object
        while isinstance(within, (tree.Index, tree.Member)):
            within = within.object
        typed = self.view.typed
        if not isinstance(within, tree.Ref) or typed is None:
            return None
        found = typed.instances.get(within.names[0])
        for id in [
            within.names[0],
            *([found.id(keys) for keys in list(found.keys(()))[:1]] if found else []),
        ]:
            block = typed.blocks.get(id)
            if block is not None and block.component is not None:
                return self._of_block(block.component, block.outputs, node.text, span)
        return None


def _head(decl: tree.Decl, name: str) -> str:
    """Return how a declaration begins."""
    played = f": {decl.type.name.text}" if decl.type is not None else ""
    return describe.code(f"{decl.kind.text} {name}{played}")
