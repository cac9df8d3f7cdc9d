"""Bodies that hold values and nothing else: devices, settings of backends."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label, article
from ..resolve.similar import nearest
from ..source import Span
from ..syntax import tree
from .late import late
from .order import names_in
from .scope import Scope
from .specs import called_in_a_block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from ..resolve.program import BodyDef, ConditionDef, Program
    from .checker import Checker
    from .specs import ComponentSpec
    from .types import Type


def read(
    checker: Checker,
    body: BodyDef,
    spec: ComponentSpec,
    place: Span,
    what: str,
    program: Program | None = None,
) -> dict[str, Any] | None:
    """Return what ``body`` gives for the parameters of ``spec``, defaults included; None after reporting what is wrong.

    ``place`` is where the name of the thing stands, ``what`` what it is called ("a device").
    """
    figures: dict[str, Any] = {}
    failed = _others(checker, body, spec, place.text, what)
    for key, param in spec.params.items():
        attr = body.attrs.get(key)
        if attr is None:
            if param.default is not None:
                if param.default.value is not None:
                    figures[key] = param.default.value
            elif not param.type.optional:
                failed = True
                _missing(checker, spec, key, param.type, body, place)
            continue
        scope = Scope(attr.module, program, wanted=param.type)
        value = checker.expressions.evaluate(attr.node.value, scope)
        fitted = checker.fit(value, param.type, f"`{key}` of `{spec.name}`")
        if fitted.wrong:
            failed = True
        elif not fitted.known:
            failed = True
            checker.report(late(f"`{key}` of `{spec.name}` is", fitted.span))
        elif fitted.value is not None:
            figures[key] = fitted.value
    return None if failed else figures


def _missing(checker: Checker, spec: ComponentSpec, key: str, type: Type, body: BodyDef, place: Span) -> None:
    if any(nearest(name, [key]) for name in body.attrs if name not in spec.params):
        return  # most likely what was called by another name: reported there
    if any(isinstance(item, tree.Decl) and item.kind.text == key for _, item in body.others):
        return  # its sign was forgotten
    checker.report(
        Diagnostic(
            codes.MISSING_KEY,
            f"`{place.text}` needs `{key}`",
            place,
            label=f"`{key}` is missing",
            labels=[Label(spec.params[key].span, "declared here")],
            help=[f"write `{key} = …`, {article(type.show())}"],
        )
    )


def _others(checker: Checker, body: BodyDef, spec: ComponentSpec, name: str, what: str) -> bool:
    """Report what the declaration does not have; return whether there was any."""
    takes = "`" + spec.name + "` takes " + ", ".join(f"`{key}`" for key in spec.params) if spec.params else ""
    found = False
    for key, attr in body.attrs.items():
        if key in spec.params:
            continue
        found = True
        near = nearest(key, spec.params)
        checker.report(
            Diagnostic(
                codes.UNKNOWN_KEY,
                f"`{spec.name}` has no `{key}`",
                attr.span,
                label=f"did you mean `{near}`?" if near else "unknown",
                labels=[Label(spec.span, f"`{spec.name}` is declared here")],
                help=[] if near else [*_belongs(checker, spec, key), takes or f"`{spec.name}` takes nothing"],
                fixes=[Fix(f"write `{near}`", [(attr.span, near)])] if near else [],
            )
        )
    helps = [takes] if takes else []
    places = [(nested.module.span(nested.node.name), helps) for nested in body.blocks.values()]
    places += [(each.module.span(each.node), _of_a_run(spec, each) or helps) for each in body.conditions]
    said, others = without_signs(checker, body, spec.params)
    places += [(place, helps) for place in others]
    found = found or bool(said)
    for place, help in places:
        found = True
        checker.report(Diagnostic(codes.WRONG_PLACE, f"{what} holds values only", place, help=help))
    return found


def without_signs(checker: Checker, body: BodyDef, keys: Collection[str]) -> tuple[set[str], list[Span]]:
    """Report which of ``keys`` have no sign before their value; return these, and the places of all else that is no key."""
    from ..syntax.messages import forgotten_sign

    said, others = set(), []
    for within, item in body.others:
        if isinstance(item, tree.Decl) and item.kind.text in keys and item.name is not None:
            checker.report(forgotten_sign(within.source, item, item.name))
            said.add(item.kind.text)
        else:
            others.append(within.span(item))
    return said, others


def _of_a_run(spec: ComponentSpec, condition: ConditionDef) -> list[str]:
    """Say where a condition on what a run comes to stands."""
    if spec.role != "backend":
        return []
    from .budget import ESTIMATED

    node = condition.node
    said = f"conditions on {' and '.join(ESTIMATED)} stand in `budget {{ … }}`"
    if node.body is None and any(name in ESTIMATED for name, _ in names_in(node.expr)):
        text = " ".join(condition.module.source.text[node.start : node.end].split())
        said += f": write `budget {{ {text} }}` in the pipeline"
    return [said]


def _belongs(checker: Checker, spec: ComponentSpec, key: str) -> list[str]:
    """Say which other backend has the setting ``key``, or where a step says the same."""
    if spec.role != "backend":
        return []
    for name in checker.modules.backend_names():
        module = checker.modules.backend(name)
        decl = module.find(name, "component") if module is not None else None
        if (
            module is not None
            and decl is not None
            and key in checker.declarations.component(module, decl).params
        ):
            return [f"this key belongs to `backend {name} {{ … }}`"]
    task = checker.kind("task")
    if task is None:
        return []
    home = next((name for name, inner in task.blocks.items() if key in inner.params), "")
    if home or key in task.params:
        return ["a step says it: " + (f"write `{home} {{ {key} = … }}`" if home else f"write `{key} = …`")]
    called = called_in_a_block(key, task)
    return [f"a step says it: {called}"] if called else []
