"""The typed program: every block bound to its component, every value with its type."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..ir.nodes import Json
    from ..resolve.program import BlockDef, Program, ValueDef
    from ..source import Span
    from .footprint import Footprint
    from .instances import Instances
    from .order import References
    from .specs import BlockSpec, ComponentSpec, KindSpec, QuantitySpec
    from .types import Type
    from .values import Value


class TypedSource:
    """An output of another block, as an input takes it."""

    __slots__ = ("block", "key", "port", "span", "type")

    def __init__(self, block: str, port: str, type: Type, span: Span) -> None:
        self.block = block
        self.port = port
        self.type = type
        self.span = span
        #: Names the source where an input takes many.
        self.key = ""


class TypedCondition:
    """A condition; ``when`` is the latest time at which one of its quantities is known."""

    __slots__ = (
        "declared",
        "expr",
        "message",
        "name",
        "nested",
        "settings",
        "severity",
        "span",
        "text",
        "verb",
        "when",
    )

    def __init__(
        self, verb: str, name: str, expr: Json, text: str, span: Span, when: str, nested: str
    ) -> None:
        self.verb = verb
        self.name = name
        self.expr = expr
        self.text = text
        self.span = span
        self.when = when
        #: Name of the nested block that it belongs to, or empty.
        self.nested = nested
        self.severity = "error"
        self.message = ""
        #: What the body of one with `when` says, by name.
        self.settings: dict[str, Any] = {}
        #: Whether the component's declaration brought it.
        self.declared = False


class TypedBlock:
    """A block of the pipeline. Names of what nested blocks hold are dotted: ``parity.max_abs``."""

    __slots__ = (
        "arguments",
        "choice",
        "common",
        "component",
        "conditions",
        "definition",
        "externals",
        "footprints",
        "id",
        "inputs",
        "kind",
        "misfit",
        "outputs",
        "played",
        "quantities",
        "programs",
        "requirements",
        "shown",
        "untold",
    )

    def __init__(self, definition: BlockDef, kind: KindSpec) -> None:
        self.id = definition.id
        #: What messages call it: an instance of an `each` as its own body would, `fit[region]`.
        self.shown = definition.shown
        self.definition = definition
        self.kind = kind
        #: What it chooses from and by, where it is the step of a `best_of`.
        self.choice: tuple[list[tuple[str, str, str]], list[Json], str] | None = None
        self.component: ComponentSpec | None = None
        #: Whether its data was refused for its label: most likely another component was meant.
        self.misfit = False
        self.inputs: dict[str, list[TypedSource]] = {}
        #: Files and URLs from outside, by parameter.
        self.externals: dict[str, Value] = {}
        self.arguments: dict[str, Value] = {}
        #: What the kind declares for all its components: timeout, resources, retries.
        self.common: dict[str, Value] = {}
        self.outputs: dict[str, Type] = {}
        self.quantities: dict[str, QuantitySpec] = {}
        self.conditions: list[TypedCondition] = []
        #: What was estimated, with the blocks that it is of; see :mod:`mlpc.check.footprint`.
        self.footprints: dict[str, tuple[list[TypedBlock], Footprint]] = {}
        #: Components that play nested blocks, and what such a block may say; by its dotted name.
        self.played: dict[str, tuple[ComponentSpec, BlockSpec]] = {}
        #: What its process needs: the requirements of the component, and what reads the models that it is given.
        self.requirements: tuple[str, ...] = ()
        #: Programs of the machine that what runs starts, beside Python.
        self.programs: list[str] = []
        #: Parameters that only bound a gate (`@bound`): the step is not told, so that editing them reruns nothing.
        self.untold: set[str] = set()

    @property
    def span(self) -> Span:
        """Place of the block's name."""
        return self.definition.span

    def setting(self, name: str) -> Value | None:
        """Return what the dotted parameter ``name`` is set to or has by default, or None where there is none."""
        for values in (self.arguments, self.common, self.externals):
            if name in values:
                return values[name]
        *blocks, last = name.split(".")
        for _, inner in self.specs(blocks):
            param = inner.params.get(last)
            if param is not None and param.default is not None:
                return param.default
        return None

    def specs(self, path: list[str]) -> list[tuple[str, BlockSpec]]:
        """Return what declares the nested block that ``path`` leads to (none: this block), with its name; the component first."""
        found = []
        for spec in (self.component, self.kind):
            inner: BlockSpec | None = spec
            owner = spec.name if spec is not None else ""
            for place, block in enumerate(path):
                inner = inner.blocks.get(block) if inner is not None else None
                player = self.played.get(".".join(path[: place + 1]))
                if player is not None and inner is not None:
                    owner, inner = player[0].name, player[1]
            if inner is not None:
                found.append((owner, inner))
        return found

    def has_block(self, name: str) -> bool:
        """Return whether the block may have a nested block called by the dotted ``name``."""
        return bool(self.specs(name.split(".")))

    def given(self) -> list[str]:
        """Return the names of what the block is given; for did-you-mean."""
        return [*self.arguments, *self.common, *self.externals]


class TypedProgram:
    """A checked pipeline; ``blocks`` stand in an order in which each follows what it names."""

    __slots__ = (
        "attributes",
        "blocks",
        "choices",
        "instances",
        "lets",
        "made",
        "params",
        "program",
        "references",
        "secrets",
        "settings",
    )

    def __init__(self, program: Program) -> None:
        self.program = program
        self.blocks: dict[str, TypedBlock] = {}
        #: Steps that make a choice, by what they choose among.
        self.choices: dict[tuple[tuple[str, str, str], ...], list[TypedBlock]] = {}
        #: What each block with `each` became, by its name.
        self.instances: dict[str, Instances] = {}
        #: Blocks that make artefacts of a type, and of a type and framework; for help texts.
        self.made: dict[tuple[str, str], list[str]] = {}
        #: What each block names, by its name.
        self.references: dict[str, References] = {}
        self.params: dict[str, tuple[ValueDef, Type, Value]] = {}
        self.secrets: dict[str, tuple[ValueDef, Type, Value | None]] = {}
        self.attributes: dict[str, Value] = {}
        #: What the lets of the pipeline come to.
        self.lets: dict[str, Value] = {}
        #: What `backend NAME { … }` sets, by backend.
        self.settings: dict[str, dict[str, Any]] = {}

    def add_outputs(self, block: TypedBlock) -> None:
        """Remember who makes what."""
        for type in block.outputs.values():
            for framework in ("", type.framework) if type.framework else ("",):
                makers = self.made.setdefault((type.base, framework), [])
                if not makers or makers[-1] != block.id:
                    makers.append(block.id)
