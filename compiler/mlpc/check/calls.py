"""Calls that a parameter takes: `conv2d(8, kernel = 3)` in `layers`, `log_uniform(1e-4, 1e-2)` in `search`.

What may be called is declared like any component: `component conv2d: layer { param filters: int … }` in the module of the
component whose parameter has the type `call(layer)`. A call comes to a map of its arguments by name, and `component`.
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label, article
from ..resolve.similar import nearest
from ..source import INSTALLED
from ..syntax import tree
from ..syntax.edits import removal
from .fit import fits_plainly
from .values import Entity, Value, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..resolve.modules import Module
    from .checker import Checker
    from .scope import Scope
    from .specs import ComponentSpec, ParamSpec
    from .types import Type


def call(checker: Checker, node: tree.Call, wanted: Type, scope: Scope) -> Value:
    """Return what ``node`` comes to as a ``wanted`` call; what is wrong about it is reported."""
    module = scope.module
    name = node.function.text if isinstance(node.function, tree.Ref) else ""
    declared = names(wanted)
    decl = declared.get(name)
    if decl is None or wanted.module is None:
        _unknown(checker, name, node, declared, wanted, module)
        return wrong(module, node)
    spec = checker.declarations.component(wanted.module, decl)
    given = _arguments(checker, node, spec, module)
    if given is None:
        return wrong(module, node)
    made: dict[str, Any] = {"component": name}
    later: dict[str, Any] = {"component": name}
    known, failed = True, False
    for key, param in spec.params.items():
        arg = given.get(key)
        if arg is None:
            value = param.default
            if value is None:
                if not param.type.optional:
                    failed = True
                    _missing(checker, name, param, node, module)
                continue
        elif param.type.base == "quantity":
            value = _quantity(checker, arg.value, name, scope)
        else:
            plain = fits_plainly(module, arg.value, param.type)
            if plain is not None:
                value = plain
            else:
                value = checker.expressions.evaluate(arg.value, scope.wanting(param.type))
                value = checker.fit(value, param.type, f"`{key}` of `{name}`")
        if value.wrong:
            failed = True
            continue
        known = known and value.known
        made[key] = value.value
        later[key] = value.to_json()
    if failed:
        return wrong(module, node)
    entity = Entity("call", name, item=(spec, given))
    if known:
        return Value(wanted, module, node, known=True, value=made, entity=entity)
    return Value(wanted, module, node, expr=later, entity=entity)


#: What modules of the library declare, by tree and role: as long as its bytes are the same, so is its tree.
_KEPT: dict[tuple[tree.File, str], dict[str, tree.Decl]] = {}


def names(wanted: Type) -> dict[str, tree.Decl]:
    """Return what may be called where a ``wanted`` call is taken."""
    module = wanted.module
    if module is None:
        return {}
    key = module.file, wanted.framework
    found = _KEPT.get(key)
    if found is None:
        found = {
            name: decl
            for name, decl in module.names.items()
            if decl.kind.text == "component"
            and decl.type is not None
            and decl.type.name.text == wanted.framework
        }
        if module.path.startswith(INSTALLED):
            _KEPT[key] = found
    return found


def _unknown(
    checker: Checker, name: str, node: tree.Call, declared: dict[str, tree.Decl], wanted: Type, module: Module
) -> None:
    near = nearest(name, declared)
    span = module.span(node.function)
    checker.report(
        Diagnostic(
            codes.UNKNOWN_NAME,
            f"there is no {wanted.framework} `{name}`",
            span,
            label=f"did you mean `{near}`?" if near else "not declared",
            help=[] if near else ["there is " + ", ".join(f"`{each}`" for each in declared)],
            fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
        )
    )


def _arguments(
    checker: Checker, node: tree.Call, spec: ComponentSpec, module: Module
) -> dict[str, tree.Arg] | None:
    """Return the arguments by the parameter that each sets, or None after reporting what sets none."""
    order = list(spec.params)
    given: dict[str, tree.Arg] = {}
    fine, place = True, 0
    for arg in node.args:
        if arg.name is None:
            if place >= len(order):
                fine = False
                takes = f"{len(order)} values" if len(order) != 1 else "one value"
                checker.report(
                    Diagnostic(
                        codes.BAD_ARGUMENT,
                        f"`{spec.name}` takes {takes if order else 'no value'}",
                        module.span(arg),
                        label="one too many",
                        labels=[Label(spec.span, f"`{spec.name}` is declared here")],
                        help=["it takes " + ", ".join(f"`{key}`" for key in order)] if order else [],
                        fixes=[Fix("take it away", removal(module.source, arg), safe=False)],
                    )
                )
                continue
            key, place = order[place], place + 1
            span = module.span(arg)
        else:
            key, span = arg.name.text, module.span(arg.name)
        if key not in spec.params:
            fine = False
            near = nearest(key, order)
            checker.report(
                Diagnostic(
                    codes.UNKNOWN_KEY,
                    f"`{spec.name}` takes no `{key}`",
                    span,
                    label=f"did you mean `{near}`?" if near else "unknown",
                    labels=[Label(spec.span, f"`{spec.name}` is declared here")],
                    help=[]
                    if near or not order
                    else ["it takes " + ", ".join(f"`{each}`" for each in order)],
                    fixes=[Fix(f"write `{near}`", [(span, near)])]
                    if near
                    else [Fix(f"take `{key}` away", removal(module.source, arg), safe=False)],
                )
            )
        elif key in given:
            fine = False
            first = module.span(given[key])
            checker.report(
                Diagnostic(
                    codes.DUPLICATE_KEY,
                    f"`{key}` of `{spec.name}` is set twice",
                    span,
                    label="set again",
                    labels=[Label(first, "set first")],
                    help=["keep one of them"],
                )
            )
        else:
            given[key] = arg
    return given if fine else None


def _missing(checker: Checker, name: str, param: ParamSpec, node: tree.Call, module: Module) -> None:
    given = [f"{module.source.text[arg.start : arg.end]}, " for arg in node.args]
    checker.report(
        Diagnostic(
            codes.MISSING_KEY,
            f"`{name}` needs `{param.name}`",
            module.span(node),
            label=f"`{param.name}` is missing",
            labels=[Label(param.span, "declared here")],
            help=[f"write `{name}({''.join(given)}{param.name} = …)`, {article(param.type.show())}"],
        )
    )


def _quantity(checker: Checker, node: tree.Expr, name: str, scope: Scope) -> Value:
    """Return the name of a quantity that the block measures."""
    module = scope.module
    typed = checker.block(scope.block)
    known = typed.quantities if typed is not None else {}
    if isinstance(node, tree.Ref) and node.text in known:
        spec = known[node.text]
        entity = Entity("quantity", node.text, block=scope.block, item=spec)
        return Value(spec.type, module, node, known=True, value=node.text, entity=entity)
    text = node.text if isinstance(node, tree.Ref) else ""
    near = nearest(text, known) if text else None
    span = module.span(node)
    shown = checker.shown(scope.block)
    checker.report(
        Diagnostic(
            codes.UNKNOWN_METRIC,
            f"`{shown}` has no quantity `{text}`" if text else f"`{name}` takes a quantity of `{shown}`",
            span,
            label=f"did you mean `{near}`?" if near else "not measured here",
            help=[] if near else [f"`{shown}` measures " + ", ".join(f"`{each}`" for each in known)],
            fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
        )
    )
    return wrong(module, node)
