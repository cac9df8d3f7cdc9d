"""Steps that are declared, with all their types, and not built: a spec with one is checked, and neither run nor compiled."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Label
from ..source import INSTALLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..resolve.modules import Modules
    from ..source import Span
    from .typed import TypedBlock, TypedProgram


def unbuilt(typed: TypedProgram, modules: Modules) -> list[Diagnostic]:
    """Return a diagnostic for every block whose component says `run = none`, in the order of the file."""
    # The instances of an `each` are said once.
    blocks = {
        block.definition.name: block
        for block in typed.blocks.values()
        if block.component is not None and block.component.unbuilt
    }
    found = [_diagnostic(block, modules) for block in blocks.values()]
    inside = {
        (block.definition.name, prefix): (block, prefix)
        for block in typed.blocks.values()
        for prefix, (component, _) in block.played.items()
        if component.unbuilt
    }
    found += [_inside(block, prefix) for block, prefix in inside.values()]
    found.sort(key=_place)
    return found


def _place(diagnostic: Diagnostic) -> tuple[str, int]:
    span = diagnostic.span
    return (span.source.path, span.start) if span is not None else ("", 0)


def _diagnostic(block: TypedBlock, modules: Modules) -> Diagnostic:
    component = block.component
    assert component is not None  # asked by the caller
    node, module = block.definition.decl.type, block.definition.module
    name = node.name.text if node is not None else component.name
    span: Span = module.span(node.name) if node is not None else block.span
    own = not component.module.path.startswith(INSTALLED)
    built = _built(block.kind.name, modules)
    help = []
    if own:
        help.append('say what runs: `run = python("step.py:function")` in its declaration')
    elif built:
        help.append(f"what is built for `{block.kind.name}` is " + ", ".join(f"`{each}`" for each in built))
    else:
        help.append(f"no component for `{block.kind.name}` is built yet")
    help.append(
        f"leave the block out, or take it away in an environment: `env now {{ remove {block.definition.name.text} }}`"
    )
    return Diagnostic(
        codes.STEP_NOT_BUILT,
        f"`{block.shown}` cannot run yet: `{name}` is declared, but its step is not built",
        span,
        label="not built",
        labels=[Label(component.span, "its declaration says `run = none`")] if own else [],
        help=help,
    )


def _inside(block: TypedBlock, prefix: str) -> Diagnostic:
    """Return the diagnostic for a nested block whose component is not built."""
    nested = block.definition.body.blocks[prefix.split(".")[0]]
    for name in prefix.split(".")[1:]:
        nested = nested.body.blocks[name]
    node = nested.node.type
    assert node is not None  # it has a component
    return Diagnostic(
        codes.STEP_NOT_BUILT,
        f"`{block.shown}` cannot run yet: `{node.name.text}` of `{prefix}` is declared, but no engine runs it",
        nested.module.span(node.name),
        label="not built",
        help=[f"leave `{prefix}` out, or take it away in an environment: `remove {prefix}` in the block"],
    )


def _built(kind: str, modules: Modules) -> list[str]:
    """Return the components of the standard library for ``kind`` that run; read from the text of their declarations."""
    from ..syntax import tree

    found = []
    for library_name in modules.standard_names():
        library = modules.standard(library_name)
        for name, decl in library.names.items() if library is not None else ():
            if decl.kind.text != "component" or decl.type is None or decl.type.name.text != kind:
                continue
            items = decl.body.items if decl.body is not None else ()
            runs = [item for item in items if isinstance(item, tree.Attr) and item.name.text == "run"]
            if runs and not isinstance(runs[0].value, tree.NoneLiteral):
                found.append(name if library_name in (kind, f"{kind}_{name}") else f"{library_name}.{name}")
    return found
