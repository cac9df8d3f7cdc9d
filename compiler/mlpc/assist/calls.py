"""The calls that are open at a cursor, and what they call: read from words, since a text being written may parse as nothing."""

from __future__ import annotations

from ..check.calls import names as callable_names
from ..check.specs import ParamSpec
from .view import members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..check.specs import ComponentSpec
    from ..check.types import Type
    from .surroundings import Surroundings
    from .view import View

_CLOSES = {")": "(", "]": "[", "}": "{"}


class OpenCall:
    """A call in whose parentheses the cursor stands: its name, and the words of each argument before the cursor.

    The last argument is the one that is being written, with no words where nothing of it stands yet.
    """

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, arguments: list[list[str]]) -> None:
        self.name = name
        self.arguments = arguments

    @property
    def argument(self) -> str:
        """Name of the argument that is being written, or nothing where it has none."""
        return named(self.arguments[-1])

    @property
    def position(self) -> int:
        """How many arguments without a name stand before the one that is being written."""
        return sum(not named(words) for words in self.arguments[:-1])


def named(words: list[str]) -> str:
    """Return the name of an argument, given its words."""
    return words[0] if len(words) > 1 and words[1] == "=" else ""


def open_calls(at: Surroundings) -> list[OpenCall]:
    """Return the calls that are open where ``at`` stands, the outermost first."""
    words = at.words
    opened: list[int] = []
    for place, word in enumerate(words):
        if word in ("(", "[", "{"):
            opened.append(place)
        elif word in _CLOSES and opened and words[opened[-1]] == _CLOSES[word]:
            opened.pop()
    found = []
    for place in opened:
        before = words[place - 1] if place else ""
        if words[place] == "(" and (before[:1].isalpha() or before[:1] == "_"):
            found.append(OpenCall(before, _arguments(words[place + 1 :])))
    return found


def _arguments(words: list[str]) -> list[list[str]]:
    """Return the words of the arguments that ``words`` hold, of which the last may be open."""
    found: list[list[str]] = [[]]
    depth = 0
    for word in words:
        if word == "," and not depth:
            found.append([])
            continue
        if word in ("(", "[", "{"):
            depth += 1
        elif word in _CLOSES:
            depth -= 1
        found[-1].append(word)
    return found


def called(view: View, at: Surroundings) -> ComponentSpec | None:
    """Return what the innermost open call names, where that is declared: a layer, a distribution, a goal."""
    wanted = _wanted(view, at)
    spec: ComponentSpec | None = None
    for call in open_calls(at):
        if wanted is not None and wanted.base == "list" and wanted.of is not None:
            wanted = wanted.of
        decl = callable_names(wanted).get(call.name) if wanted is not None and wanted.base == "call" else None
        spec = None
        if wanted is None or wanted.module is None or decl is None:
            wanted = None
            continue
        spec = view.checker.declarations.component(wanted.module, decl)
        param = parameter(spec, call)
        wanted = param.type if param is not None else None
    return spec


def parameter(spec: ComponentSpec, call: OpenCall) -> ParamSpec | None:
    """Return the parameter that the argument sets that is being written."""
    if call.argument:
        return spec.params.get(call.argument)
    order = list(spec.params.values())
    return order[call.position] if call.position < len(order) else None


def _wanted(view: View, at: Surroundings) -> Type | None:
    """Return the type of what the statement at the cursor sets."""
    specs = view.specs(at.frames)
    member = next((found for name, found in members(specs) if name == at.key), None)
    if isinstance(member, ParamSpec):
        return member.type
    return next((spec.rest for spec in specs if spec.rest is not None), None) if member is None else None
