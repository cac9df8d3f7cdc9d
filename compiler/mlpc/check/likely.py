"""What was most likely meant, where a value, a component or a name is missing: what the rest of the pipeline leaves open.

Asked only where something is wrong. A way out that is found here is offered and never applied unasked: it is the one thing that
fits, or the one of those that fit which nothing else has a use for.
"""

from __future__ import annotations

import re

from ..syntax import tree
from .order import names_in
from .units import DIMENSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..resolve.program import BlockDef, BodyDef, Program
    from .checker import Checker
    from .specs import BlockSpec, ComponentSpec, KindSpec, ParamSpec
    from .typed import TypedBlock, TypedProgram
    from .types import Type

#: Of what judges a model, the part of the data that it asks for.
_UNSEEN = "test"
_INDEX = re.compile(r"\[(\w+)\]")


def artefact(typed: TypedProgram, block: TypedBlock, port: str, found: list[str]) -> str | None:
    """Return which of ``found``, artefacts that fit the input ``port`` of ``block``, it should take; None where several may.

    The only one; else the part that is called after what the block does; else the only one that nothing takes yet.
    """
    variables = {each.variable.text for each in block.definition.decl.eaches}
    found = [each for each in found if variables.issuperset(_INDEX.findall(each))]
    if block.kind.runs == "task" and len(found) > 1:
        # What a service was asked is there later: whoever wants it says so.
        found = [each for each in found if _maker(typed, each) != "service"]
    if len(found) > 1:
        taken = _taken(typed.program)
        free = [each for each in found if not _is_taken(typed, each, taken)]
        called = "." + (_UNSEEN if block.kind.judges or "." in port else block.kind.name)
        for some in (free, found):
            parts = [each for each in some if each.endswith(called)]
            if len(parts) == 1:
                return parts[0]
        found = free
    return found[0] if len(found) == 1 else None


def declared(block: TypedBlock, program: Program, kind: str, role: str = "") -> str | None:
    """Return the ``kind`` (a schema, or a device of the sort ``role``) that ``block`` should most likely name.

    The only one that there is, or without a use, or that the block is called after: `Cell` for `cells`.
    """
    module = block.definition.module
    found = [name for name, decl in module.names.items() if _is(decl, kind, role)]
    for alias, (_, used) in module.aliases.items():
        found += [f"{alias}.{name}" for name, decl in used.names.items() if _is(decl, kind, role)]
    if len(found) > 1:
        called = block.definition.name.text.removesuffix("s")
        alike = [each for each in found if each.lower() == called]
        taken = frozenset() if alike else _taken(program)
        found = alike or [each for each in found if each not in taken]
    return found[0] if len(found) == 1 else None


def other_choice(param: ParamSpec) -> str | None:
    """Return the value of a param that has only one beside its default, as it is written."""
    if param.default is None or not param.default.known:
        return None
    if param.type.base == "bool":
        return "false" if param.default.value else "true"
    others = [each for each in param.type.choices or () if each != param.default.value]
    return f'"{others[0]}"' if param.type.base == "enum" and len(others) == 1 else None


def component(checker: Checker, typed: TypedProgram, definition: BlockDef, kind: KindSpec) -> str | None:
    """Return the component whose declaration fits what stands in the block and how it is used; None where several do.

    Of several it is the one that a path ends with (`csv`), that the block is called after (`forest` of `random_forest`), or that
    stands in the kind's own module of the library.
    """
    asked = _outputs_asked(typed.program, definition)
    takers = list(_takers(checker, typed.program, definition))
    fitting = {
        name: spec
        for name, spec in checker.components(definition.module, kind.name)
        if fits(typed, definition, kind, spec)
        and (asked <= spec.outputs.keys() or len(spec.outputs) == 1)
        and all(any(_goes_into(port.type, wanted) for port in spec.outputs.values()) for wanted in takers)
    }
    if len(fitting) < 2:
        return next(iter(fitting), None)
    endings = {
        attr.node.value.text[:-1].rpartition(".")[2]
        for attr in definition.body.attrs.values()
        if isinstance(attr.node.value, tree.String)
    }
    own = checker.modules.standard(kind.name)

    def likeness(name: str) -> tuple[bool, bool, bool]:
        last = name.rpartition(".")[2]
        return last in endings, definition.name.text in last.split("_"), fitting[name].module is own

    best = max(map(likeness, fitting))
    alike = [name for name in fitting if likeness(name) == best] if any(best) else []
    return alike[0] if len(alike) == 1 else None


def fits(typed: TypedProgram, definition: BlockDef, kind: KindSpec, spec: ComponentSpec) -> bool:
    """Return whether what stands in a block could be said to ``spec``: keys, literals, inputs and figures."""
    body = definition.body
    types = {name: param.type for each in (kind, spec) for name, param in each.params.items()}
    types.update({name: port.type for name, port in spec.inputs.items()})
    if not _has_keys(definition, kind, spec):
        return False
    if any(not _may_be(attr.node.value, types[name]) for name, attr in body.attrs.items()):
        return False
    for name, port in spec.inputs.items():
        attr = body.attrs.get(name)
        if attr is not None and not _may_take(typed, attr.node.value, port.type):
            return False
    figures = {*spec.quantities, *(name for inner in spec.blocks.values() for name in inner.quantities)}
    return all(
        first in figures or first in typed.program.names or isinstance(node, tree.Call)
        for condition in body.conditions
        for first, node in names_in(condition.node.expr)
    )


def _has_keys(definition: BlockDef, kind: KindSpec, spec: ComponentSpec) -> bool:
    """Return whether what stands in a block is what ``spec`` of ``kind`` takes, and nothing that it needs is missing."""
    body = definition.body
    around = (spec, kind)
    values = {name for each in around for name in (*each.inputs, *each.params)}
    blocks = {name for each in around for name in each.blocks}
    given = body.attrs.keys()
    return given <= values and body.blocks.keys() <= blocks and given >= set(needed(spec))


def needed(spec: BlockSpec) -> list[str]:
    """Return the keys that have to be given."""
    inputs = [
        name for name, port in spec.inputs.items() if not port.type.optional and "judging" not in port.marks
    ]
    params = [
        name for name, param in spec.params.items() if param.default is None and not param.type.optional
    ]
    return [*inputs, *params]


def _may_be(value: tree.Expr, type: Type) -> bool:
    """Return whether a literal could be of ``type``; what is no literal could be of any."""
    base = type.base
    if isinstance(value, tree.Quantity):
        return base in (*DIMENSIONS, "money", "any")
    if isinstance(value, tree.Number):
        return base in ("int", "float", "range", "any")
    if isinstance(value, tree.String):
        return base not in ("int", "float", "bool", "list", "map", "range", "schema", *DIMENSIONS)
    return base == "list" or not isinstance(value, tree.List)


def _may_take(typed: TypedProgram, value: tree.Expr, wanted: Type) -> bool:
    """Return whether an input of type ``wanted`` could take what ``value`` names, as far as that is known by now."""
    block = typed.blocks.get(value.names[0]) if isinstance(value, tree.Ref) else None
    if block is None or not isinstance(value, tree.Ref):
        return True
    made = [
        type
        for name, type in block.outputs.items()
        if type.base == wanted.base and (len(value.names) == 1 or name == value.names[1])
    ]
    label = made[0].schema.label if made and made[0].schema is not None else None
    return not block.outputs or (
        any(_goes_into(type, wanted) for type in made)
        and (wanted.bases is None or label is None or label.type.base in wanted.bases)
    )


def _goes_into(made: Type, wanted: Type) -> bool:
    """Return whether an artefact of the type ``made`` is one that an input takes, of its framework too."""
    allowed = wanted.frameworks or ((wanted.framework,) if wanted.framework else ())
    return made.base == wanted.base and (not allowed or not made.framework or made.framework in allowed)


def _takers(checker: Checker, program: Program, definition: BlockDef) -> Iterator[Type]:
    """Yield the types of the inputs in other blocks that name the block ``definition``."""
    for block in program.blocks:
        place = (
            checker.find_component(block.module, block.kind, block.decl.type.name.names)
            if block.decl.type is not None and block.decl is not definition.decl
            else None
        )
        spec = checker.declarations.component(*place) if place is not None else None
        for name, port in spec.inputs.items() if spec is not None else ():
            attr = block.body.attrs.get(name)
            value = attr.node.value if attr is not None else None
            first = value.object if isinstance(value, tree.Index) else value
            if isinstance(first, tree.Ref) and first.names[0] == definition.name.text:
                yield port.type


def _outputs_asked(program: Program, definition: BlockDef) -> set[str]:
    """Return the outputs of a block that inputs elsewhere take by name: `train` of `data = parts.train`."""
    name = definition.name.text
    asked = set()
    for text in _taken(program):
        first, _, rest = text.partition(".")
        if _INDEX.sub("", first) == name and rest.isidentifier() and _INDEX.sub("", text) != name:
            asked.add(rest)
    return asked


def _is(decl: tree.Decl, kind: str, role: str) -> bool:
    return decl.kind.text == kind and (not role or (decl.type is not None and decl.type.name.text == role))


def _maker(typed: TypedProgram, name: str) -> str:
    """Return how what makes an artefact runs, as a task or a service; nothing for instances."""
    block = typed.blocks.get(name.partition(".")[0])
    return block.kind.runs if block is not None else ""


def _is_taken(typed: TypedProgram, name: str, taken: set[str]) -> bool:
    block = typed.blocks.get(name)
    outputs = block.outputs if block is not None else ()
    return name in taken or any(f"{name}.{each}" in taken for each in outputs)


def _taken(program: Program) -> set[str]:
    """Return what the values in blocks name, as it is written there."""
    return {text for block in program.blocks for text in _named(block.body)}


def _named(body: BodyDef) -> Iterator[str]:
    for attr in body.attrs.values():
        value = attr.node.value
        if isinstance(value, tree.Member | tree.Index):
            yield attr.module.source.text[value.start : value.end]
        for _, node in names_in(value):
            yield attr.module.source.text[node.start : node.end]
    for nested in body.blocks.values():
        yield from _named(nested.body)
