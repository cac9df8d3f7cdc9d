"""Whether what is deployed has room on its device: quantities `@check`, decided by what is estimated of the network.

A quantity that is part of a device's figure (`@of(board)`) must not be more than there is, whether or not a condition says so.
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Label
from ..syntax import tree
from .footprint import ESTIMATED, footprint
from .order import names_in
from .scope import Scope
from .specs import CHECK
from .units import about
from .values import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..source import Span
    from .checker import Checker
    from .footprint import Footprint, Part
    from .typed import TypedBlock, TypedCondition, TypedProgram
    from .values import Entity

#: The form that most networks stay good in and are smallest in.
_SMALLEST = "int8"


class Room:
    """The room that one block needs, and what its device has."""

    def __init__(self, checker: Checker, typed: TypedProgram, block: TypedBlock) -> None:
        self.checker = checker
        self.typed = typed
        self.block = block
        self.names = [
            name for name, spec in block.quantities.items() if spec.when == CHECK and name in ESTIMATED
        ]
        self.found = footprint(checker, typed, block)

    def judge(self, conditions: list[tuple[tree.Condition, Scope, TypedCondition]]) -> None:
        """Report what has no room, which of ``conditions`` do not hold, and what cannot be said before there is a model."""
        of_these = [each for each in conditions if self._named(each[0])]
        if any(name not in self.found.figures for name in self.names):
            if self.found.why:
                place = of_these[0][0] if of_these else None
                span = of_these[0][1].module.span(place.expr) if place is not None else self.block.span
                self._undecided(span)
            return
        full = {name for name in self.names if self._too_much(name)}
        for node, scope, made in of_these:
            named = self._named(node)
            if full.issuperset(named):
                continue  # said
            seen = Scope(
                scope.module,
                scope.program,
                block=scope.block,
                quantities=scope.quantities,
                values=scope.values,
                estimated=self.found.figures,
            )
            value = self.checker.expressions.evaluate(node.expr, seen)
            if value.known and value.value is False:
                self._report(scope.module.span(node.expr), made.text, named, made)

    def _named(self, node: tree.Condition) -> list[str]:
        return list(dict.fromkeys(name for name, _ in names_in(node.expr) if name in self.names))

    def _undecided(self, span: Span) -> None:
        names = " and ".join(f"`{name}`" for name in self.names)
        self.checker.report(
            Diagnostic(
                codes.NO_ESTIMATE,
                f"{names} of `{self.block.shown}` cannot be estimated: {self.found.why}",
                span,
                label="not decided",
                help=["it is known once there is a model; in a test the figure may be given"],
                severity="warning",
            )
        )

    def _too_much(self, name: str) -> bool:
        """Report a quantity that is more than the device has of it; return whether it is."""
        param = self.block.quantities[name].whole
        device = self.block.arguments.get(param)
        there = device.value.get(name) if device is not None and isinstance(device.value, dict) else None
        if device is None or there is None or self.found.figures[name] <= there:
            return False
        self._report(device.span, "", [name], None)
        return True

    def _report(self, span: Span, text: str, names: list[str], made: TypedCondition | None) -> None:
        block, figures = self.block, self.found.figures
        said, labels, help = [], [], []
        for name in names:
            spec = block.quantities[name]
            device = block.arguments.get(spec.whole)
            told = f"{about(figures[name])} of {name}"
            if name == "flash":
                told += f", {about(figures['size'])} of it the model"
            said.append(told)
            if device is not None and isinstance(device.value, dict) and name in device.value:
                has = f"`{device.value['name']}` has {shown(device.value[name], spec.type)} of {name}"
                labels.append(Label(self._place(name, device.entity) or device.span, has))
            labels += self._most(name)
            help += self._smaller(name)
        what = f"`{text}` does not hold: `{block.shown}`" if text else f"`{block.shown}` does not fit: it"
        more = f" ({made.message})" if made is not None and made.message else ""
        self.checker.report(
            Diagnostic(
                codes.DOES_NOT_FIT,
                f"{what} takes about {' and '.join(said)}{more}",
                span,
                label="more than that" if text else "more than there is",
                labels=[label for label in labels if label.span != span],
                help=help,
                severity="warning" if made is not None and made.severity == "warn" else None,
            )
        )

    def _place(self, name: str, entity: Entity | None) -> Span | None:
        """Return where a device says how much it has, or None where it is not at hand."""
        if entity is None or entity.declared is None:
            return None
        module, decl = entity.declared
        for item in decl.body.items if decl.body is not None else ():
            if isinstance(item, tree.Attr) and item.name.text == name:
                return module.span(item.value)
        return None

    def _most(self, name: str) -> list[Label]:
        """Return the place of the layer that takes most."""
        parts: list[Part] = self.found.parts
        if not parts:
            return []
        if name == "ram":
            part = max(parts, key=lambda each: each.values)
            return [
                Label(
                    part.span,
                    f"the most lies between layers here: {about(part.values)} come out of `{part.name}`",
                )
            ]
        part = max(parts, key=lambda each: each.weights)
        return [Label(part.span, f"the largest layer: {about(part.weights)} of weights")]

    def _smaller(self, name: str) -> list[str]:
        """Say what the figure would be with numbers of 8 bits, where these are not taken already."""
        if self.found.form == _SMALLEST:
            return ["smaller layers make it less"]
        other: Footprint = footprint(self.checker, self.typed, self.block, quantize=_SMALLEST)
        if name not in other.figures:
            return []
        told = about(other.figures[name])
        return [f'with `quantize = "{_SMALLEST}"` it would be about {told} of {name}']
