"""What may be written at a place: only what is legal there, what is required first."""

from __future__ import annotations

from ..check.calls import names as callable_names
from ..check.schemas import COLUMN_MARKS
from ..check.specs import BlockSpec, ParamSpec, PortSpec
from ..check.types import ARTEFACTS, VALUE_TYPES
from ..resolve.modules import TOP_KINDS
from ..resolve.program import LANGUAGE_KINDS, PIPELINE_BLOCKS, PIPELINE_KEYS, ValueDef
from . import describe
from .calls import called
from .surroundings import surroundings
from .view import members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..check.specs import QuantitySpec
    from ..check.types import Type
    from ..resolve.modules import Module
    from .surroundings import Frame, Surroundings
    from .view import View

#: What stands behind the name of a top-level declaration, as a snippet with places to fill in.
_TOP = {
    "pipeline": "pipeline ${1:name} {\n  $0\n}",
    "schema": "schema ${1:Row} {\n  ${2:column}: ${3:float}\n}",
    "component": "component ${1:name}: ${2:train} {\n  input data: dataset\n  $0\n}",
    "kind": "kind ${1:name}: task {\n  $0\n}",
    "device": "device ${1:name}: ${2:mcu} {\n  $0\n}",
    "env": "env ${1:prod} {\n  $0\n}",
    "test": 'test "${1:what holds}" {\n  expect $0\n}',
    "let": "let ${1:name} = $0",
}
_LANGUAGE = {
    "param": "param ${1:name}: ${2:int} = $0",
    "let": "let ${1:name} = $0",
    "secret": "secret ${1:name}: url",
    "backend": "backend ${1:airflow} {\n  $0\n}",
}
REQUIRED, PLAIN, REST = "0", "1", "2"


class Item:
    """One thing that may be written.

    ``what`` is one of ``kind component key block value name column quantity type mark module function snippet``; ``insert`` is a
    snippet in the syntax of the protocol where ``snippet``; ``order`` sorts.
    """

    __slots__ = ("detail", "doc", "insert", "label", "order", "snippet", "what")

    def __init__(
        self,
        label: str,
        what: str,
        *,
        insert: str = "",
        detail: str = "",
        doc: str = "",
        order: str = PLAIN,
        snippet: bool = False,
    ) -> None:
        self.label = label
        self.what = what
        self.insert = insert or label
        self.detail = detail
        self.doc = doc
        self.order = order
        self.snippet = snippet


class Completion:
    """What may be written in place of the text from ``start`` to the cursor."""

    __slots__ = ("items", "start")

    def __init__(self, start: int, items: list[Item]) -> None:
        self.start = start
        self.items = items


def complete(view: View, text: str, offset: int) -> Completion:
    """Return what may be written at ``offset`` of ``text``, the text of the file at the root of ``view``."""
    at = surroundings(text, offset)
    head, dot, _ = at.word.rpartition(".")
    start = at.start + len(head) + len(dot)
    if at.comment:
        return Completion(start, [])
    unique: dict[str, Item] = {}
    for item in _items(view, at, head if dot else ""):
        unique.setdefault(item.label, item)
    return Completion(start, list(unique.values()))


def _items(view: View, at: Surroundings, head: str) -> Iterator[Item]:
    frame = at.frames[-1] if at.frames else None
    if at.words[:1] == ["use"]:
        yield from _modules(view, head)
    elif head and not at.quoted:
        yield from _below(view, at, head)
    elif frame is None:
        if not at.words:
            yield from _top(at)
    elif frame.kind == "schema" and len(at.frames) == 1:
        yield from _in_schema(at)
    elif frame.kind == "test" and len(at.frames) == 1:
        yield from _in_test(view, at)
    elif frame.kind in ("pipeline", "env") and len(at.frames) == 1:
        yield from _in_pipeline(view, at, frame)
    elif frame.kind in ("component", "kind"):
        yield from _in_declaration(view, at, frame)
    else:
        yield from _in_block(view, at, frame)


def _top(at: Surroundings) -> Iterator[Item]:
    for kind, snippet in _TOP.items():
        yield Item(kind, "kind", insert=snippet, detail=TOP_KINDS[kind], snippet=True)
    yield Item(
        "use", "kind", insert='use "./${1:file}.mlp" as ${2:name}', detail="another file", snippet=True
    )


def _modules(view: View, head: str) -> Iterator[Item]:
    if head == "std":
        for name in view.modules.standard_names():
            yield Item(name, "module", detail=f"std.{name}")
    elif not head:
        yield Item("std", "module", detail="the standard library")


def _in_schema(at: Surroundings) -> Iterator[Item]:
    if at.words[-1:] == ["@"]:
        for mark in COLUMN_MARKS:
            yield Item(mark, "mark", detail=f"@{mark}")
    elif at.words[-1:] == [":"]:
        for type in VALUE_TYPES:
            yield Item(type, "type", detail="a type of values")


def _in_test(view: View, at: Surroundings) -> Iterator[Item]:
    if not at.words:
        yield Item("given", "kind", detail="a fact that is assumed")
        yield Item("expect", "kind", detail="what has to follow")
    else:
        yield Item("runs", "function", insert="runs(${1:block})", detail="whether a block runs", snippet=True)
        yield Item(
            "estimate", "function", insert="estimate(${1:block})", detail="what is known before", snippet=True
        )
        yield from _names(view, None)


def _in_pipeline(view: View, at: Surroundings, frame: Frame) -> Iterator[Item]:
    if at.words and at.words[-1] == ":" and len(at.words) >= 3:
        yield from _components(view, at.words[0])
        return
    if at.words:
        return
    module = view.module
    library = view.modules.standard("kinds")
    own = view.modules.own_kinds(module) if module is not None else []
    for name in [*own, *(library.names if library is not None else ())]:
        kind = view.kind(name)
        if kind is None or name in ("task", "service"):
            continue
        played = "" if kind.default else ": ${2:component}"
        yield Item(
            name,
            "kind",
            insert=f"{name} ${{1:name}}{played} {{\n  $0\n}}",
            detail=f"kind {name}",
            doc=kind.doc,
            snippet=True,
        )
    for name in LANGUAGE_KINDS:
        yield Item(name, "kind", insert=_LANGUAGE[name], detail=f"{name} of the pipeline", snippet=True)
    for name in PIPELINE_KEYS:
        if name not in frame.keys and frame.kind == "pipeline":
            yield Item(name, "key", insert=f"{name} = ", detail="of the pipeline", order=REST)
    for name in PIPELINE_BLOCKS:
        if name not in frame.keys:
            yield Item(name, "block", insert=f"{name} {{\n  require $0\n}}", snippet=True, order=REST)
    if frame.kind == "env":
        yield Item("remove", "kind", insert="remove ${1:name}", detail="takes a block away", snippet=True)


def _components(view: View, kind: str) -> Iterator[Item]:
    if view.module is None:
        return
    for name, spec in view.checker.components(view.module, kind):
        detail = f"component {spec.name}: {spec.role}" + (" (declared, not built)" if spec.unbuilt else "")
        yield Item(name, "component", detail=detail, doc=spec.doc, order=REST if spec.unbuilt else PLAIN)


def _in_declaration(view: View, at: Surroundings, frame: Frame) -> Iterator[Item]:
    if not at.words:
        for word in ("input", "param", "output", "quantity", "block", "verb"):
            yield Item(word, "kind", insert=f"{word} ", detail=f"{word} of a {frame.kind}")
        if frame.kind == "component":
            yield Item("run", "key", insert='run = python("${1:train.py}:${2:fit}")', snippet=True)
            yield Item("requires", "key", insert='requires = ["$0"]', snippet=True)
    elif at.words[-1] == ":":
        for type in (*VALUE_TYPES, *ARTEFACTS, "column", "schema"):
            yield Item(type, "type", detail="a type")


def _in_block(view: View, at: Surroundings, frame: Frame) -> Iterator[Item]:
    specs = view.specs(at.frames)
    if not at.words:
        yield from _keys(specs, frame)
        return
    if at.key:
        yield from _values(view, at, specs)
        return
    if at.words[0] == "require" or "when" in at.words:
        for spec in specs:
            for name, quantity in spec.quantities.items():
                yield _quantity(name, quantity)
        for spec in view.specs(at.frames[:-1]) if not any(spec.quantities for spec in specs) else ():
            for name, quantity in spec.quantities.items():
                yield _quantity(name, quantity)
        yield from _names(view, None)


def _quantity(name: str, spec: QuantitySpec) -> Item:
    return Item(name, "quantity", detail=describe.line(name, spec), doc=spec.doc, order=REQUIRED)


def _keys(specs: list[BlockSpec], frame: Frame) -> Iterator[Item]:
    for name, member in members(specs):
        if name in frame.keys:
            continue
        detail = describe.line(name, member)
        if isinstance(member, BlockSpec):
            played = f"{name}: ${{1:{member.role}}}" if member.role else name
            yield Item(
                name,
                "block",
                insert=f"{played} {{\n  $0\n}}",
                detail=detail,
                doc=member.doc,
                order=REST,
                snippet=True,
            )
            continue
        if "judging" in member.marks:
            continue
        needed = not member.type.optional and (isinstance(member, PortSpec) or member.default is None)
        yield Item(
            name,
            "key",
            insert=f"{name} = ",
            detail=detail,
            doc=member.doc,
            order=REQUIRED if needed else PLAIN,
        )
    if any(spec.quantities for spec in specs):
        yield Item("require", "kind", insert="require ", detail="what has to hold", order=REST)
    for spec in specs:
        for verb, inner in spec.verbs.items():
            yield Item(
                verb, "kind", insert=f"{verb} when ", detail=f"{verb} when …", doc=inner.doc, order=REST
            )


def _values(view: View, at: Surroundings, specs: list[BlockSpec]) -> Iterator[Item]:
    inside = called(view, at) if at.brackets[-1:] == ["("] else None
    if inside is not None:
        yield from _arguments(inside, at)
        return
    member = next((found for name, found in members(specs) if name == at.key), None)
    if isinstance(member, PortSpec):
        if not at.quoted:
            yield from _artefacts(view, member.type)
        return
    if not isinstance(member, ParamSpec):
        rest = next((spec.rest for spec in specs if spec.rest is not None), None)
        if rest is not None:
            yield from _calls(rest)
        elif not at.quoted:
            yield from _names(view, None)
        return
    type = member.type
    if at.brackets:
        type = type.of or type
    yield from _of_type(view, type, at)


def _of_type(view: View, type: Type, at: Surroundings) -> Iterator[Item]:
    if type.base == "enum" and type.choices is not None:
        for choice in type.choices:
            yield Item(choice, "value", insert=choice if at.quoted else f'"{choice}"', order=REQUIRED)
        return
    if at.quoted:
        return
    if type.base == "bool":
        yield Item("true", "value", order=REQUIRED)
        yield Item("false", "value", order=REQUIRED)
    if type.optional:
        yield Item("none", "value", order=REST)
    if type.base == "call":
        yield from _calls(type)
        return
    if type.base == "schema":
        yield from _declared(view, "schema")
        return
    if type.base == "device":
        yield from _declared(view, "device")
        return
    if type.base == "column":
        yield from _blocks(view, "dataset", "")
        return
    yield from _names(view, type)


def _calls(type: Type) -> Iterator[Item]:
    wanted = type if type.base == "call" else type.of
    for name in callable_names(wanted) if wanted is not None else ():
        yield Item(
            name, "function", insert=f"{name}($0)", detail=f"{type.framework or 'call'} {name}", snippet=True
        )


def _arguments(spec: BlockSpec, at: Surroundings) -> Iterator[Item]:
    if at.words[-1:] == ["="] and at.words[-2] in spec.params:
        type = spec.params[at.words[-2]].type
        for choice in type.choices or (("true", "false") if type.base == "bool" else ()):
            quoted = type.base == "enum" and not at.quoted
            yield Item(choice, "value", insert=f'"{choice}"' if quoted else choice, order=REQUIRED)
        return
    for name, param in spec.params.items():
        yield Item(name, "key", insert=f"{name} = ", detail=describe.line(name, param), doc=param.doc)


def _declared(view: View, kind: str) -> Iterator[Item]:
    module = view.module
    if module is None:
        return
    for name, decl in module.names.items():
        if decl.kind.text == kind:
            yield Item(name, "name", detail=kind, order=REQUIRED)
    for alias, (_, used) in module.aliases.items():
        for name, decl in used.names.items():
            if decl.kind.text == kind:
                yield Item(f"{alias}.{name}", "name", detail=kind)


def _artefacts(view: View, wanted: Type) -> Iterator[Item]:
    frameworks = wanted.frameworks or ((wanted.framework,) if wanted.framework else ("",))
    for framework in frameworks:
        yield from _blocks(view, wanted.base, framework)


def _blocks(view: View, base: str, framework: str) -> Iterator[Item]:
    """Yield the blocks and outputs that are artefacts of a type, as they would be written."""
    for id, block in view.typed.blocks.items() if view.typed is not None else ():
        fitting = [
            name
            for name, type in block.outputs.items()
            if type.base == base and (not framework or type.framework == framework)
        ]
        for name in fitting:
            label = id if len(fitting) == 1 else f"{id}.{name}"
            yield Item(label, "name", detail=block.outputs[name].show(), order=REQUIRED)


def _names(view: View, wanted: Type | None) -> Iterator[Item]:
    """Yield params, lets, secrets and blocks of the pipeline; of those that have a type, what could be ``wanted``."""
    typed = view.typed
    if typed is None:
        return
    for name, item in typed.program.names.items():
        if isinstance(item, ValueDef):
            known = typed.params.get(name)
            if wanted is not None and known is not None and not _alike(known[1], wanted):
                continue
            yield Item(name, "name", detail=f"{item.decl.kind.text} {name}")
        elif wanted is None and item.kind:
            yield Item(name, "name", detail=f"{item.kind} {name}", order=REST)


def _alike(given: Type, wanted: Type) -> bool:
    numbers = ("int", "float")
    return given.base == wanted.base or (given.base in numbers and wanted.base in numbers)


def _below(view: View, at: Surroundings, head: str) -> Iterator[Item]:
    """Yield what stands behind the dot of ``head``."""
    module = view.module
    if at.words[-1:] == [":"] and len(at.words) >= 3 and module is not None:
        for name, spec in view.checker.components(module, at.words[0]):
            if name.startswith(f"{head}."):
                yield Item(name[len(head) + 1 :], "component", detail=f"component: {spec.role}", doc=spec.doc)
        return
    first, _, rest = head.partition(".")
    if module is not None and first in module.aliases and not rest:
        yield from _of_module(module.aliases[first][1])
        return
    block = view.typed.blocks.get(first) if view.typed is not None else None
    if block is None or block.component is None or rest.count("."):
        return
    outputs = {name: type for name, type in block.outputs.items() if not rest or name == rest}
    if not rest:
        for name, type in outputs.items():
            yield Item(name, "name", detail=f"output {name}: {type.show()}", order=REQUIRED)
        for name, quantity in block.quantities.items():
            if "." not in name:
                yield _quantity(name, quantity)
    for type in outputs.values():
        for name, column in type.schema.columns.items() if type.schema is not None else ():
            yield Item(name, "column", detail=f"{name}: {column.type.show()}", doc=column.doc)


def _of_module(module: Module) -> Iterator[Item]:
    for name, decl in module.names.items():
        yield Item(name, "name", detail=f"{decl.kind.text} {name}")
