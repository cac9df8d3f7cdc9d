"""Devices: `device nano33: mcu { … }`, a value whose figures a component of the role `device` declares."""

from __future__ import annotations

from .. import codes, limits
from ..diagnostics import Diagnostic, Fix, Label
from ..resolve.program import make_body
from ..resolve.similar import nearest
from ..syntax import tree
from ..syntax.edits import colon_for_equals
from .figures import read
from .order import SHOWN_OF_CIRCLE
from .types import Type
from .values import Entity, Value, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..resolve.modules import Module
    from .checker import Checker
    from .specs import ComponentSpec


class Devices:
    """The devices of all files, each read once."""

    __slots__ = ("_known", "_reading", "checker", "report")

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.report = checker.report
        self._known: dict[tree.Decl, Value] = {}
        self._reading: list[tuple[Module, tree.Decl]] = []

    def value(self, module: Module, decl: tree.Decl) -> Value:
        """Return the device that ``decl`` declares; a wrong value where something about it was reported."""
        known = self._known.get(decl)
        if known is None:
            if any(decl is each for _, each in self._reading):
                self._circle(decl)
                return wrong(module, decl)
            if len(self._reading) >= limits.DEPTH_OF_DEVICES:
                self._too_deep(module, decl)
                return wrong(module, decl)
            self._reading.append((module, decl))
            known = self._known[decl] = self._read(module, decl)
            self._reading.pop()
        return known

    def _too_deep(self, module: Module, decl: tree.Decl) -> None:
        self.report(
            Diagnostic(
                codes.NESTED_TOO_DEEP,
                f"more than {limits.DEPTH_OF_DEVICES} devices take figures one from the other",
                module.span(decl.name or decl),
                help=["write the figure as it stands in the data sheet"],
            )
        )

    def _circle(self, decl: tree.Decl) -> None:
        first = next(place for place, (_, each) in enumerate(self._reading) if each is decl)
        places = [module.span(each.name or each) for module, each in self._reading[first:]]
        self.report(
            Diagnostic(
                codes.CYCLE,
                f"device `{places[0].text}` is declared by way of itself",
                places[0],
                labels=[Label(place, "by way of this") for place in places[1:SHOWN_OF_CIRCLE]],
                help=["write the figure as it stands in the data sheet"],
            )
        )

    def _read(self, module: Module, decl: tree.Decl) -> Value:
        name = decl.name.text if isinstance(decl.name, tree.Name) else ""
        component = self._component(module, decl, name)
        if component is None:
            return wrong(module, decl)
        body = make_body(self.checker.modules, module, decl, decl.body, "")
        figures = read(self.checker, body, component, module.span(decl.name or decl), "a device")
        if figures is None:
            return wrong(module, decl)
        return Value(
            Type("device", framework=component.name),
            module,
            decl,
            known=True,
            value={"name": name, "component": component.name, **figures},
            entity=Entity("device", name, item=component, declared=(module, decl)),
        )

    def _component(self, module: Module, decl: tree.Decl, name: str) -> ComponentSpec | None:
        checker = self.checker
        if decl.type is None:
            known = self._components(module)
            self.report(
                Diagnostic(
                    codes.MISSING_COMPONENT,
                    f"`{name}` does not say what sort of device it is",
                    module.span(decl.name or decl),
                    help=[
                        f"write `device {name}: {known[0] if known else '…'} {{ … }}`; there is {_listed(known)}"
                    ],
                    fixes=colon_for_equals(module.source, decl.value),
                )
            )
            return None
        node = decl.type.name
        found = checker.find_component(module, "device", node.names)
        spec = checker.declarations.component(*found) if found is not None else None
        if spec is not None and spec.role == "device":
            return spec
        if spec is None and module.is_lost(node.names[0]):
            return None
        known = self._components(module)
        near = nearest(node.text, known)
        span = module.span(node)
        self.report(
            Diagnostic(
                codes.UNKNOWN_COMPONENT if spec is None else codes.WRONG_ROLE,
                f"there is no device `{node.text}`"
                if spec is None
                else f"`{node.text}` plays `{spec.role}`, not `device`",
                span,
                label=f"did you mean `{near}`?" if near else "not a sort of device",
                help=[]
                if near
                else [f"there is {_listed(known)}; declare one of your own: `component …: device`"],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )
        return None

    def _components(self, module: Module) -> list[str]:
        return self.checker.component_names(module, "device")


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
