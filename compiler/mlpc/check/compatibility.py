"""What can become what, and where it runs: read from `compatibility.mlp` of the standard library, a table and no code.

An input is marked `@compatible` where the table has a say. A row of `fails` says of a network with a certain layer or
activation, or of all models of a family, that an export makes nothing of it, or that a deployment does not run it; rows of
`works` say what does.
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Label
from ..syntax import tree
from .shapes import written_layers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..source import Span
    from .checker import Checker
    from .typed import TypedBlock, TypedProgram, TypedSource

    Row = dict[str, Any]

#: The module with the table; it has nothing to use.
MODULE = "compatibility"
#: What tables say, by declaration: as long as its bytes are the same, so is its tree.
_READ: dict[tree.Decl, Any] = {}
#: The rows of `fails` by the component of which they speak, with all of them: as long as these are the same, so are those.
_FAILS: dict[str, tuple[list[Row], list[Row]]] = {}


def judge(checker: Checker, typed: TypedProgram, block: TypedBlock, port: str) -> None:
    """Report the first thing because of which the model at the input ``port`` can become nothing here, or not run."""
    sources = block.inputs.get(port, [])
    component = block.component
    if len(sources) != 1 or component is None:
        return
    way = list(back(typed, sources[0]))
    if not way:
        return
    trained = way[-1][0]
    network = any(param.network is not None for param in trained.component.params.values())  # type: ignore[union-attr]
    exports = {each.component.name: each for each, _ in way[:-1] if each.component is not None}
    for row in _fails(checker, component.name):
        here, export = (row.get("on"), row.get("to")) if "on" in row else (row.get("to"), None)
        if "runtime" in row and component.name in _list(row.get("to")):
            # It fails there, and there it is to be run.
            if not _run_by(row, block):
                continue
            export = None
        elif component.name not in _list(here):
            continue
        made = block if export is None else next((exports[to] for to in _list(export) if to in exports), None)
        if made is None or not _made_so(row, made) or not _of(row, way[-1]):
            continue
        if "layer" not in row and "activation" not in row:
            inside = [(trained.span, f"`{trained.component.name}`")] if _certainly(row, way[-1]) else []  # type: ignore[union-attr]
        else:
            inside = list(_inside(row, trained)) if network else []
        for place, what in inside:
            _report(checker, block, sources[0], row, place, what, made)
            return


def _report(
    checker: Checker,
    block: TypedBlock,
    source: TypedSource,
    row: Row,
    place: Span,
    what: str,
    made: TypedBlock,
) -> None:
    name = block.component.name if block.component is not None else ""
    shown = checker.shown(source.block)
    verb = f"does not run on `{name}`" if "on" in row else f"cannot become `{name}`"
    labels = [Label(place, f"{what} is here")]
    body = made.definition.body
    attrs = [body.attrs.get(key) for key in ("quantize", "format") if key in row]
    if "runtime" in row and name in _list(row.get("to")):
        verb = f"cannot be run by `{row['runtime']}`"
        parity = body.blocks.get("parity")
        attrs.append(parity.body.attrs.get("runtimes") if parity is not None else None)
    labels += [Label(attr.module.span(attr.node.value), "with this") for attr in attrs if attr is not None]
    checker.report(
        Diagnostic(
            codes.CANNOT_BECOME,
            f"`{shown}` {verb}: {row.get('because', '')}",
            source.span,
            label=f"has {what}" if "layer" in row or "activation" in row else f"made by {what}",
            labels=labels,
            help=[f"what works: {row['instead']}"] if "instead" in row else [],
        )
    )


def rows(checker: Checker, name: str) -> list[Row]:
    """Return the rows of the list ``name`` of the table."""
    found: list[Row] = constant(checker, MODULE, name) or []
    return found


def _fails(checker: Checker, component: str) -> list[Row]:
    """Return the rows of `fails` that speak of ``component``."""
    every = rows(checker, "fails")
    known = _FAILS.get(component)
    if known is None or known[0] is not every:
        found = [
            row for row in every if component in _list(row.get("on")) or component in _list(row.get("to"))
        ]
        known = _FAILS[component] = every, found
    return known[1]


def constant(checker: Checker, table: str, name: str) -> Any:
    """Return what ``name`` comes to in a module of the library that holds a table; None where there is no such thing."""
    module = checker.modules.standard(table)
    decl = module.find(name, "let") if module is not None else None
    if module is None or decl is None or decl.value is None:
        return None
    if decl not in _READ:
        value = checker.constant(module, decl.value)
        _READ[decl] = value.value if value.known else None
    return _READ[decl]


def ways_out(checker: Checker, typed: TypedProgram, source: TypedSource) -> list[str]:
    """Return a line that says what a model becomes, and where that runs; nothing where the table does not know it."""
    way = list(back(typed, source))
    if not way or way[-1][0].component is None:
        return []
    block, output = way[-1]
    type, port = block.outputs.get(output), way[-1][0].component.outputs.get(output)
    if type is None or port is None:
        return []
    framework, family = type.framework, port.family
    found: dict[str, list[str]] = {}
    for row in rows(checker, "works"):
        if _fits(row, framework, family):
            found.setdefault(str(row.get("to")), []).extend(map(str, row.get("on", ())))
    if not found:
        return []
    what = f"{family} of {framework}" if family else f"a model of {framework}"
    becomes = [
        f"`{to}`" + (" for " + ", ".join(f"`{each}`" for each in dict.fromkeys(on)) if on else "")
        for to, on in found.items()
    ]
    return [f"{what} {'become' if family.endswith('s') else 'becomes'} " + "; ".join(becomes)]


def back(typed: TypedProgram, source: TypedSource) -> Iterator[tuple[TypedBlock, str]]:
    """Yield what made a model, and the output that it is: exports first, the training last."""
    seen = set()
    while source.block not in seen:
        seen.add(source.block)
        block = typed.blocks.get(source.block)
        if block is None or block.component is None:
            return
        yield block, source.port
        above = [each for each in block.inputs.values() if len(each) == 1 and each[0].type.base == "model"]
        if len(above) != 1:
            return
        source = above[0][0]


def _fits(row: Row, framework: str, family: str) -> bool:
    return ("framework" not in row or framework in _list(row["framework"])) and (
        "family" not in row or not family or family in _list(row["family"])
    )


def _of(row: Row, made: tuple[TypedBlock, str]) -> bool:
    block, output = made
    type = block.outputs.get(output)
    port = block.component.outputs.get(output) if block.component is not None else None
    return type is not None and _fits(row, type.framework, port.family if port is not None else "")


def _certainly(row: Row, made: tuple[TypedBlock, str]) -> bool:
    """Return whether it is known of a model that it is of the family that ``row`` speaks of."""
    block, output = made
    port = block.component.outputs.get(output) if block.component is not None else None
    return "family" not in row or bool(port is not None and port.family)


def _made_so(row: Row, made: TypedBlock) -> bool:
    """Return whether an export is set as ``row`` says."""
    for key in ("quantize", "format"):
        value = made.setting(key) if key in row else None
        if key in row and (value is None or not value.known or value.value not in _list(row[key])):
            return False
    return True


def _run_by(row: Row, made: TypedBlock) -> bool:
    """Return whether the parity of an export is measured by the runtime of ``row``."""
    value = made.arguments.get("parity.runtimes")
    return value is not None and value.known and row["runtime"] in _list(value.value)


def _inside(row: Row, trained: TypedBlock) -> Iterator[tuple[Span, str]]:
    """Yield the layers of a network that ``row`` speaks of, with their places."""
    for name, value in trained.arguments.items():
        param = trained.component.params.get(name) if trained.component is not None else None
        if param is None or param.network is None:
            continue
        for node, settings in written_layers(value):
            layer = settings.get("component")
            if "layer" in row and layer not in _list(row["layer"]):
                continue
            if "activation" in row and settings.get("activation") not in _list(row["activation"]):
                continue
            if any(settings.get(key) != wanted for key, wanted in row.get("with", {}).items()):
                continue
            what = f"`{layer}`" if "layer" in row else f'the activation "{settings["activation"]}"'
            yield value.module.span(node), what


def _list(value: Any) -> list[Any] | tuple[Any, ...]:
    return value if isinstance(value, (list, tuple)) else (value,)
