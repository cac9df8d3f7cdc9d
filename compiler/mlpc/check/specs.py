"""What components and kinds declare: inputs, parameters, nested blocks, quantities, outputs.

A specification is read from the declaration in a `.mlp` file, the standard library's or the user's own; the
compiler knows no component by name.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..resolve.modules import Module
    from ..source import Span
    from ..syntax import tree
    from .changes import Changes
    from .types import Type
    from .values import Value

#: When a quantity is known.
CHECK, AFTER, LIVE = "check", "after", "live"
#: The component behind `best_of(…)`, by library and name: it fills everything in, so nobody is told to name it.
CHOICE = ("choice", "best_of")


_NOTHING: frozenset[str] = frozenset()


class NetworkSpec:
    """What `@network(data, to = "classes", last = ["softmax"])` says of a parameter that holds layers.

    ``input`` names the port whose rows go in; ``to`` is what comes out, ``classes`` or ``value``; ``last`` are the activations
    that the last layer may have, any where it is empty.
    """

    __slots__ = ("input", "last", "to")

    def __init__(self, input: str, to: str, last: tuple[str, ...]) -> None:
        self.input = input
        self.to = to
        self.last = last


class ParamSpec:
    """A parameter; one without a default must be given, unless its type is optional.

    ``network`` is there where it holds the layers of a network; ``listed`` is the module of the library whose names it takes,
    ``binds`` the parameter whose text names what this one gives; ``called`` are names that it has elsewhere. ``requires`` and
    ``programs`` are the packages and the programs of the machine that values of it need, by value.
    """

    __slots__ = (
        "binds",
        "called",
        "default",
        "doc",
        "listed",
        "marks",
        "name",
        "network",
        "programs",
        "requires",
        "span",
        "type",
    )

    def __init__(
        self, name: str, type: Type, default: Value | None, span: Span, marks: tuple[str, ...], doc: str
    ) -> None:
        self.name = name
        self.type = type
        self.default = default
        self.span = span
        self.marks = marks
        self.doc = doc
        self.network: NetworkSpec | None = None
        self.listed = ""
        self.binds = ""
        self.called: tuple[str, ...] = ()
        self.requires: dict[str, tuple[str, ...]] = {}
        self.programs: dict[str, tuple[str, ...]] = {}


class PortSpec:
    """An input or output port. An output with ``when`` exists only where that parameter is given.

    ``made_with`` are values that parameters of what made an input may have; any other is refused. ``body`` is what
    the declaration of an output says of its columns, and ``changes`` the same, read. ``family`` says of a model what sort of
    thing was fitted, where the framework alone does not: `trees`, `linear`.
    """

    __slots__ = ("body", "changes", "doc", "family", "made_with", "marks", "name", "span", "type", "when")

    def __init__(
        self, name: str, type: Type, span: Span, marks: tuple[str, ...], when: str, doc: str
    ) -> None:
        self.name = name
        self.type = type
        self.span = span
        self.marks = marks
        self.when = when
        self.doc = doc
        self.made_with: dict[str, tuple[str, ...]] = {}
        self.body: tree.Body | None = None
        self.changes: Changes | None = None
        self.family = ""


def of_all_rows(figure: str) -> str:
    """Return the quantity that a figure by column belongs to: `recall` of `recall[plan]`."""
    return figure.partition("[")[0]


class QuantitySpec:
    """Something that is measured; ``by_class`` ones have a figure for each class too.

    ``whole`` names the parameter whose device has it as a figure of its own: a share is a share of that.
    """

    __slots__ = ("by_class", "doc", "name", "span", "type", "when", "whole")

    def __init__(
        self, name: str, type: Type, span: Span, when: str, by_class: bool, doc: str, whole: str = ""
    ) -> None:
        self.name = name
        self.type = type
        self.span = span
        self.when = when
        self.by_class = by_class
        self.whole = whole
        self.doc = doc


class BlockSpec:
    """What a body may say. Kinds, components and nested blocks all have one."""

    __slots__ = (
        "_choosing",
        "blocks",
        "doc",
        "inputs",
        "lost",
        "module",
        "name",
        "outputs",
        "params",
        "quantities",
        "requires",
        "rest",
        "role",
        "span",
        "verbs",
    )

    def __init__(self, name: str, module: Module, span: Span, doc: str) -> None:
        self.name = name
        self.module = module
        self.span = span
        self.doc = doc
        self.params: dict[str, ParamSpec] = {}
        self.inputs: dict[str, PortSpec] = {}
        self.outputs: dict[str, PortSpec] = {}
        self.quantities: dict[str, QuantitySpec] = {}
        self.blocks: dict[str, BlockSpec] = {}
        #: Conditions with `when` that the block takes (`alert when …`): by verb, what their bodies may say.
        self.verbs: dict[str, BlockSpec] = {}
        #: In a nested block, the type of what each parameter of the component may be set to there.
        self.rest: Type | None = None
        #: Of a nested block, the role of the component that plays it (`block distributed: cluster`); else empty.
        self.role = ""
        #: Names of what could not be read, empty where even the name is not known; that was reported.
        self.lost: frozenset[str] = _NOTHING
        #: Conditions that hold for everyone who uses the block.
        self.requires: list[tree.Condition] = []
        self._choosing: dict[str, ParamSpec] | None = None

    def choosing(self) -> dict[str, ParamSpec]:
        """Return the parameters whose values may need packages or programs, by name; asked once all of it is read."""
        found = self._choosing
        if found is None:
            params = self.params.items()
            found = self._choosing = {name: each for name, each in params if each.requires or each.programs}
        return found

    def may_have(self, name: str) -> bool:
        """Return whether ``name`` may be what could not be read, so that it is not called unknown."""
        return name in self.lost or "" in self.lost


def played(block: BlockSpec, component: ComponentSpec) -> BlockSpec:
    """Return what a nested block may say that ``component`` plays: what both declare."""
    made = BlockSpec(block.name, component.module, component.span, component.doc)
    for name in ("params", "inputs", "quantities", "blocks", "verbs"):
        getattr(made, name).update({**getattr(component, name), **getattr(block, name)})
    made.lost = component.lost | block.lost
    made.rest = block.rest
    made.requires = component.requires
    return made


def called_in_a_block(name: str, spec: BlockSpec) -> str:
    """Say which param of a nested block of ``spec`` has the name ``name`` elsewhere; nothing where none has."""
    for block, inner in spec.blocks.items():
        for key, param in inner.params.items():
            if name in param.called:
                doc = param.doc.partition("\n")[0].rstrip(".")
                return f"write `{block} {{ {key} = … }}`" + (f": {doc[:1].lower()}{doc[1:]}" if doc else "")
    return ""


class ComponentSpec(BlockSpec):
    """A component: a role that it plays and what runs when it does."""

    __slots__ = (
        "action",
        "becomes",
        "build",
        "build_requirements",
        "gives",
        "outside",
        "related",
        "requirements",
        "shaping",
        "takes",
        "unbuilt",
    )

    def __init__(self, name: str, module: Module, span: Span, doc: str, role: str) -> None:
        super().__init__(name, module, span, doc)
        self.role = role
        #: ``(kind, target, function, command)`` as in :class:`mlpc.ir.nodes.Action`; None where nothing runs.
        self.action: tuple[str, str, str, tuple[str, ...]] | None = None
        self.requirements: tuple[str, ...] = ()
        #: Of a service, what makes what it serves: a step that runs once, before it starts; and what that needs.
        self.build: tuple[str, str, str, tuple[str, ...]] | None = None
        self.build_requirements: tuple[str, ...] = ()
        #: Whether the declaration says that what runs is still to be built (`run = none`).
        self.unbuilt = False
        #: Whether it reads what may change without anyone here seeing it, so that it runs each time.
        self.outside = False
        #: Parameters that decide which columns an output has.
        self.shaping: set[str] = set()
        #: Parameters that are compared with others, or with the data, once all are known.
        self.related: tuple[str, ...] = ()
        #: Of a layer: names of the dimensions that it takes, and what it gives; see :mod:`mlpc.check.shapes`.
        self.takes: tuple[str, ...] | None = None
        self.gives: tuple[tree.Expr, ...] | None = None
        #: What a file of LiteRT has of it; see :mod:`mlpc.check.footprint`. None where that is not known.
        self.becomes: tuple[tree.Expr, ...] | None = None


class KindSpec(BlockSpec):
    """A kind: what every block of it may say, and what it means for execution."""

    __slots__ = ("default", "effect", "judges", "promotes", "runs")

    def __init__(self, name: str, module: Module, span: Span, doc: str) -> None:
        super().__init__(name, module, span, doc)
        #: ``task``, ``service`` or ``trigger``.
        self.runs = "task"
        self.default = ""
        self.judges = False
        self.promotes = False
        self.effect = False
