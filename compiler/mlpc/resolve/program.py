"""The program: one pipeline with an environment laid over it, every attribute with the place that gave it."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label, article
from ..source import Span
from ..syntax import tree
from .modules import Module, Modules, duplicate, quoted_name
from .similar import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


#: Kinds that stand in a pipeline beside those of the standard library's ``std.kinds``.
LANGUAGE_KINDS = ("param", "let", "secret", "backend")
#: What can be said about a pipeline as a whole.
PIPELINE_KEYS = ("owner", "tags", "description")
#: Blocks without a kind that a pipeline may have.
PIPELINE_BLOCKS = ("budget",)


class AttrDef:
    """An attribute and the module it was written in; ``before`` is the one that an environment put it in place of."""

    __slots__ = ("before", "environment", "module", "node")

    def __init__(self, module: Module, node: tree.Attr, environment: str) -> None:
        self.module = module
        self.node = node
        self.environment = environment
        self.before: AttrDef | None = None

    @property
    def span(self) -> Span:
        """Place of the attribute's name."""
        return self.module.span(self.node.name)


class ConditionDef:
    """A condition and the module it was written in; ``before`` is the one that an environment put it in place of."""

    __slots__ = ("before", "environment", "module", "node")

    def __init__(self, module: Module, node: tree.Condition, environment: str) -> None:
        self.module = module
        self.node = node
        self.environment = environment
        self.before: ConditionDef | None = None

    @property
    def left(self) -> str:
        """Text of the left side: what makes an unnamed condition the same one in an environment."""
        expr = self.node.expr
        part = expr.left if isinstance(expr, tree.Binary) else expr
        return "".join(self.module.source.text[part.start : part.end].split())


class BodyDef:
    """What a body says, by name; the product of the body in the pipeline and those in environments."""

    __slots__ = ("attrs", "blocks", "conditions", "module", "node", "others")

    def __init__(self, module: Module, node: tree.Node) -> None:
        self.module = module
        self.node = node
        self.attrs: dict[str, AttrDef] = {}
        self.blocks: dict[str, NestedDef] = {}
        self.conditions: list[ConditionDef] = []
        #: Declarations and fields inside, where a body may have them.
        self.others: list[tuple[Module, tree.Item]] = []


class NestedDef:
    """A nested block such as ``resources { … }``."""

    __slots__ = ("body", "module", "node")

    def __init__(self, module: Module, node: tree.Block, body: BodyDef) -> None:
        self.module = module
        self.node = node
        self.body = body


class BlockDef:
    """A block of the pipeline: ``train forest: sklearn.random_forest { … }``; ``before`` is what it is in place of."""

    __slots__ = ("before", "body", "bound", "decl", "keys", "kind", "module", "name")

    def __init__(self, module: Module, decl: tree.Decl, name: tree.Name, body: BodyDef) -> None:
        self.module = module
        self.decl = decl
        self.kind = decl.kind.text
        self.name = name
        self.body = body
        self.before: BlockDef | None = None
        #: What makes this one instance of an `each`: a key for every `each`, and the values of their variables.
        self.keys: tuple[str, ...] = ()
        self.bound: dict[str, Any] | None = None

    def instance(self, keys: tuple[str, ...], bound: dict[str, Any]) -> BlockDef:
        """Return one of the instances that the `each` of this block makes."""
        made = BlockDef(self.module, self.decl, self.name, self.body)
        made.kind, made.keys, made.bound, made.before = self.kind, keys, bound, self.before
        return made

    @property
    def id(self) -> str:
        """Name of the block; of an instance with its keys: `fit[eu]`."""
        if not self.keys:
            return self.name.text
        return self.name.text + "".join(f"[{key}]" for key in self.keys)

    @property
    def shown(self) -> str:
        """What messages call the block: an instance as its own body would, `fit[region]`."""
        if not self.keys:
            return self.name.text
        return self.name.text + "".join(f"[{each.variable.text}]" for each in self.decl.eaches)

    @property
    def span(self) -> Span:
        """Place of the name."""
        return self.module.span(self.name)


class ValueDef:
    """A ``param``, ``let`` or ``secret``; an environment may have given it another value."""

    __slots__ = ("before", "decl", "environment", "module", "name", "value", "value_module")

    def __init__(self, module: Module, decl: tree.Decl, name: tree.Name) -> None:
        self.module = module
        self.decl = decl
        self.name = name
        self.value = decl.value
        self.value_module = module
        self.environment = ""
        #: Values that environments put others in place of, the first one first: value, module, environment.
        self.before: list[tuple[tree.Expr | None, Module, str]] = []

    @property
    def span(self) -> Span:
        """Place of the name."""
        return self.module.span(self.name)


class Program:
    """One pipeline, names resolved to what was declared."""

    __slots__ = (
        "body",
        "decl",
        "displaced",
        "doubtful",
        "environment",
        "forgiven",
        "modules",
        "names",
        "removed",
        "root",
        "settings",
        "touched",
    )

    def __init__(self, modules: Modules, root: Module, decl: tree.Decl, environment: str) -> None:
        self.modules = modules
        self.root = root
        self.decl = decl
        self.environment = environment
        self.body = BodyDef(root, decl)
        #: Blocks, params, lets and secrets by name, in the order of the file.
        self.names: dict[str, BlockDef | ValueDef] = {}
        #: What was said of declarations that were left out because their names were taken, or are missing.
        self.displaced: list[Diagnostic | None] = []
        #: Unknown names that are put down to those.
        self.forgiven: set[str] = set()
        #: Names that are declared as two different things: whoever uses one may mean either.
        self.doubtful: set[str] = set()
        #: What the environment took away, with the place where it did.
        self.removed: dict[str, Span] = {}
        #: ``backend NAME { … }`` by name.
        self.settings: dict[str, BlockDef] = {}
        #: Names of what the environment speaks of: adds, changes or takes away.
        self.touched: set[str] = set()

    def forgives(self, name: str) -> bool:
        """Return whether an unknown name is most likely the right one of a declaration whose name was taken."""
        if name in self.forgiven:
            return True
        if len(self.forgiven) >= len(self.displaced):
            return False
        self.forgiven.add(name)
        told = self.displaced[0]
        if len(self.displaced) == 1 and told is not None and told.span is not None:
            # The only name without a declaration, and the only declaration without a name.
            there = told.code is codes.DUPLICATE_NAME
            place = told.span if there else Span(told.span.source, told.span.end, told.span.end)
            fix = Fix(f"call it `{name}`", [(place, name if there else f" {name}")], safe=False)
            told.fixes = (*told.fixes, fix)
        return True

    @property
    def blocks(self) -> list[BlockDef]:
        """The blocks in the order of the file."""
        return [item for item in self.names.values() if isinstance(item, BlockDef)]

    def kind(self, name: str) -> tree.Decl | None:
        """Return the declaration of a kind, of one's own or of the standard library."""
        found = self.modules.kind(self.root, name)
        return found[1] if found is not None else None

    def kind_names(self) -> list[str]:
        """Return every kind that may stand in a pipeline."""
        library = self.modules.standard("kinds")
        declared = [] if library is None else [n for n in library.names if n not in ("task", "service")]
        return list(dict.fromkeys((*LANGUAGE_KINDS, *declared, *self.modules.own_kinds(self.root))))


def make_program(
    modules: Modules,
    root: Module,
    environment: str,
    plain: Program | None = None,
    before: Program | None = None,
) -> Program | None:
    """Return the program of the pipeline in ``root`` under ``environment`` (empty: none), or None without one.

    ``plain`` is the program under none, where that is free of mistakes: what the environment does not speak of is shared
    with it. ``before`` is the one under none of a text before, free of mistakes: blocks that stand in both are.
    """
    if not root.pipelines:
        return None
    decl = root.pipelines[0]
    program = Program(modules, root, decl, environment)
    builder = _Builder(program, before)
    chain = builder.chain(environment)
    program.touched = {
        item.name.text
        for each in chain
        for item in (each.body.items if each.body is not None else ())
        if isinstance(item, tree.Decl) and isinstance(item.name, tree.Name)
    }
    if plain is not None:
        builder.share(plain)
    else:
        builder.pipeline(decl)
    builder.overlay(chain, environment)
    return program


def make_body(
    modules: Modules,
    module: Module,
    node: tree.Node,
    body: tree.Body | None,
    environment: str,
    kinds: Sequence[str] = (),
) -> BodyDef:
    """Return what ``body`` says by name; a name that stands twice is reported.

    ``kinds`` are names that no nested block has.
    """
    made = BodyDef(module, node)
    if body is None:
        return made
    made.node = body
    named: dict[str, tree.Condition] = {}
    report = modules.diagnostics.add
    for item in body.items:
        if isinstance(item, tree.Attr):
            name = item.name.text
            if name in made.attrs or name in made.blocks:
                first = made.blocks[name].node if name in made.blocks else made.attrs[name].node
                report(_twice(module, item, first))
            else:
                made.attrs[name] = AttrDef(module, item, environment)
        elif isinstance(item, tree.Block) and item.name.text not in kinds:
            name = item.name.text
            if name in made.blocks or name in made.attrs:
                first = made.blocks[name].node if name in made.blocks else made.attrs[name].node
                report(_twice(module, item, first))
            else:
                inside = make_body(modules, module, item, item.body, environment)
                made.blocks[name] = NestedDef(module, item, inside)
        elif isinstance(item, tree.Condition):
            if item.name is not None and item.name.text in named:
                report(duplicate(module, item.name, named[item.name.text], item))
            else:
                made.conditions.append(ConditionDef(module, item, environment))
            if item.name is not None:
                named.setdefault(item.name.text, item)
        elif not isinstance(item, tree.ErrorItem):
            made.others.append((module, item))
    return made


def _twice(
    module: Module, again: tree.Attr | tree.Block | tree.Decl, first: tree.Attr | tree.Block | tree.Decl
) -> Diagnostic:
    from ..syntax.edits import once, second_away

    name, place = again.name, first.name
    assert isinstance(name, tree.Name)  # who asks has compared them
    assert place is not None
    what, places = f"`{name.text}`", (module.span(name), module.span(place))
    if isinstance(again, tree.Decl) and again.value is None:
        return _doubled(what, "changed", *places, "put both into one", once(module.source, again, first))
    return _doubled(what, "set", *places, "keep one of them", second_away(module.source, again, first))


def _doubled(what: str, said: str, again: Span, first: Span, help: str, fixes: list[Fix]) -> Diagnostic:
    return Diagnostic(
        codes.DUPLICATE_KEY,
        f"{what} is {said} twice",
        again,
        label=f"{said} again",
        labels=[Label(first, f"{said} first")],
        help=[help],
        fixes=fixes,
    )


class _Builder:
    def __init__(self, program: Program, before: Program | None) -> None:
        self.program = program
        self.report = program.modules.diagnostics.add
        self.before = before.names if before is not None else {}

    def body(self, module: Module, decl: tree.Node, body: tree.Body | None, environment: str = "") -> BodyDef:
        return make_body(self.program.modules, module, decl, body, environment)

    def pipeline(self, decl: tree.Decl) -> None:
        program, root = self.program, self.program.root
        nested = decl.body is not None and any(isinstance(item, tree.Block) for item in decl.body.items)
        kinds = program.kind_names() if nested else ()
        program.body = make_body(program.modules, root, decl, decl.body, "", kinds)
        # A block without a kind is reported later; what uses its name is not to be told as well.
        root.lost.update(name for name in program.body.blocks if name not in PIPELINE_BLOCKS)
        others, program.body.others = program.body.others, []
        for module, item in others:
            if isinstance(item, tree.Block):
                self.nameless(module, item)
            elif not isinstance(item, tree.Decl):
                self.report(
                    Diagnostic(codes.WRONG_PLACE, "a pipeline holds no fields", module.span(item))
                    if isinstance(item, tree.Field)
                    else Diagnostic(codes.WRONG_PLACE, "this belongs to a `test`", module.span(item))
                )
            elif item.kind.text == "backend":
                self.backend(module, item)
            else:
                self.declare(module, item)

    def share(self, plain: Program) -> None:
        """Take over what the environment leaves as it is; of what it changes, make anew what it is changed in."""
        program = self.program
        body = program.body = BodyDef(plain.body.module, plain.body.node)
        body.attrs.update(plain.body.attrs)
        body.conditions += plain.body.conditions
        for name, nested in plain.body.blocks.items():
            inside = self.body(nested.module, nested.node, nested.node.body)
            body.blocks[name] = NestedDef(nested.module, nested.node, inside)
        for name, settings in plain.settings.items():
            program.settings[name] = self.again(settings)
        for name, item in plain.names.items():
            if name not in program.touched:
                program.names[name] = item
            elif isinstance(item, BlockDef):
                program.names[name] = self.again(item)
            else:
                program.names[name] = ValueDef(item.module, item.decl, item.name)

    def again(self, block: BlockDef) -> BlockDef:
        body = self.body(block.module, block.decl, block.decl.body)
        return BlockDef(block.module, block.decl, block.name, body)

    def nameless(self, module: Module, item: tree.Block) -> None:
        kind = item.name.text
        name = "rows" if kind == "data" else f"some_{kind}"
        played = f": {item.type.name.text}" if item.type is not None else ""
        told = Diagnostic(
            codes.MISSING_NAME,
            f"{article(f'`{kind}`')} needs a name",
            module.span(item.name),
            label="the name is missing behind this",
            help=[f"such as `{kind} {name}{played} {{ … }}`"],
        )
        self.report(told)
        self.program.displaced.append(told)

    def backend(self, module: Module, item: tree.Decl, environment: str = "") -> None:
        name = self.name_of(module, item)
        if name is not None:
            made = BlockDef(module, item, name, self.body(module, item, item.body, environment))
            known = self.program.settings.get(name.text)
            if known is None:
                self.program.settings[name.text] = made
            elif environment:
                self.merge(known.body, made.body, f"backend {name.text}")
            else:
                self.report(duplicate(module, name, known.decl, item))

    def name_of(self, module: Module, item: tree.Decl) -> tree.Name | None:
        if isinstance(item.name, tree.Name):
            return item.name
        self.program.displaced.append(None)
        if isinstance(item.name, tree.String):
            module.lost.update(part for part in item.name.parts if isinstance(part, str))
            self.report(
                Diagnostic(
                    codes.MISSING_NAME,
                    f"{article(f'`{item.kind.text}`')} needs a name, which is no text",
                    module.span(item.name),
                    label="a text",
                    help=[f"write `{item.kind.text} some_name …`"],
                    fixes=quoted_name(module, item.name),
                )
            )
        return None

    def known_kind(self, module: Module, item: tree.Decl, place: str = "a pipeline") -> bool:
        kind = item.kind.text
        program = self.program
        if kind in LANGUAGE_KINDS or (kind not in ("task", "service") and program.kind(kind) is not None):
            return True
        from .modules import TOP_KINDS

        if kind in TOP_KINDS:
            self.report(
                Diagnostic(
                    codes.WRONG_PLACE,
                    f"{TOP_KINDS[kind]} stands at the top level of a file, not in {place}",
                    module.span(item.kind),
                    help=[f"move it out of the braces of the {place.rsplit(' ', 1)[-1]}"],
                    fixes=self._moved_out(module, item) if place == "a pipeline" else [],
                )
            )
            return False
        if kind in PIPELINE_BLOCKS:
            written = f"{kind} {{ … }}"
            extra = Span(module.source, item.kind.end, item.name.end) if item.name is not None else None
            self.report(
                Diagnostic(
                    codes.WRONG_PLACE,
                    f"{article(f'`{kind}`')} has no name: a pipeline has one at most",
                    module.span(item.name or item.kind),
                    label="no name here",
                    help=[f"write `{written}`"],
                    fixes=[Fix("take the name away", [(extra, "")])]
                    if extra is not None and item.type is None and not item.eaches
                    else [],
                )
            )
            return False
        near = nearest(kind, program.kind_names())
        self.report(
            Diagnostic(
                codes.UNKNOWN_KIND,
                f"there is no kind `{kind}`",
                module.span(item.kind),
                label=f"did you mean `{near}`?" if near else "not a kind",
                help=[]
                if near
                else ["a pipeline knows " + ", ".join(f"`{k}`" for k in program.kind_names())],
                fixes=[Fix(f"write `{near}`", [(module.span(item.kind), near)])] if near else [],
            )
        )
        return False

    def _moved_out(self, module: Module, item: tree.Decl) -> list[Fix]:
        """Return the way out for what stands in the pipeline and belongs behind it."""
        from ..syntax.edits import removal

        decl, text = self.program.decl, module.source.text
        if module is not self.program.root or not decl.start <= item.start < item.end < decl.end:
            return []
        start = item.doc.start if item.doc is not None else item.start
        margin = text[text.rfind("\n", 0, start) + 1 : start]
        moved = text[start : item.end]
        if not margin.strip():
            moved = moved.replace("\n" + margin, "\n")
        behind = Span(module.source, decl.end, decl.end)
        return [
            Fix(
                "move it behind the pipeline",
                [*removal(module.source, item), (behind, f"\n\n{moved}")],
            )
        ]

    def declare(self, module: Module, item: tree.Decl, environment: str = "") -> None:
        if item.kind.text == "test":
            self.known_kind(module, item)  # its name is a text where it belongs
            return
        names = self.program.names
        if isinstance(item.name, tree.Name) and item.name.text not in names:
            before = self.before.get(item.name.text)
            if isinstance(before, BlockDef) and before.decl is item:
                names[item.name.text] = before
                return
        if item.kind.text in PIPELINE_KEYS and item.name is not None and item.body is None:
            from ..syntax.messages import forgotten_sign

            self.report(forgotten_sign(module.source, item, item.name))
            return
        name = self.name_of(module, item)
        known = self.known_kind(module, item)
        if name is None:
            return
        if name.text in names:
            first = names[name.text]
            told = duplicate_at(module, name, item, first)
            self.report(told)
            self.program.displaced.append(told)
            if first.decl.kind.text != item.kind.text:
                self.program.doubtful.add(name.text)
            return
        made: BlockDef | ValueDef
        if item.kind.text in ("param", "let", "secret"):
            made = ValueDef(module, item, name)
            made.environment = environment
        else:
            made = BlockDef(module, item, name, self.body(module, item, item.body, environment))
            if not known:
                made.kind = ""  # reported; keeps its name, so that what uses it is not reported as well
        names[name.text] = made

    # -- environments ------------------------------------------------------------------------------------------

    def chain(self, environment: str) -> list[tree.Decl]:
        """Return the declaration of an environment (empty: none) and of those that it builds on, the last of these first."""
        root = self.program.root
        chain: list[tree.Decl] = []
        name: str | None = environment or None
        while name is not None:
            decl = root.environments.get(name)
            if decl is None or decl in chain:
                break
            chain.append(decl)
            name = decl.type.name.text if decl.type is not None else None
        return chain[::-1]

    def overlay(self, chain: Sequence[tree.Decl], environment: str) -> None:
        root = self.program.root
        for decl in chain:
            label = decl.name.text if isinstance(decl.name, tree.Name) else environment
            said: dict[str, tree.Attr | tree.Block | tree.Decl] = {}
            for item in decl.body.items if decl.body is not None else ():
                self.once(root, item, said)
                self.change(root, item, label)

    def once(
        self, module: Module, item: tree.Item, said: dict[str, tree.Attr | tree.Block | tree.Decl]
    ) -> None:
        """Report what one environment speaks of twice: the second would be in place of the first without a word."""
        if not isinstance(item, tree.Attr | tree.Block | tree.Decl) or not isinstance(item.name, tree.Name):
            return
        kind = item.kind.text if isinstance(item, tree.Decl) else ""
        name = f"backend {item.name.text}" if kind == "backend" else item.name.text
        first = said.get(name)
        if kind == "remove":
            said.pop(name, None)  # what is said of it behind this is told as well
        elif first is None:
            said[name] = item
        elif type(first) is not type(item) or (isinstance(first, tree.Decl) and first.kind.text != kind):
            return  # one of the two is of a wrong kind: told where it is laid over the pipeline
        elif isinstance(item, tree.Decl) and item.type is not None:
            self.report(duplicate(module, item.name, first, item))
        else:
            self.report(_twice(module, item, first))

    def change(self, module: Module, item: tree.Item, environment: str) -> None:
        if isinstance(item, tree.ErrorItem):
            return
        if isinstance(item, tree.Block) and item.name.text in PIPELINE_BLOCKS:
            made = self.body(module, item, item.body, environment)
            known = self.program.body.blocks.get(item.name.text)
            if known is None:
                self.program.body.blocks[item.name.text] = NestedDef(module, item, made)
            else:
                self.merge(known.body, made, item.name.text)
            return
        if isinstance(item, tree.Block) and item.name.text in self.program.kind_names():
            self.nameless(module, item)
            return
        if isinstance(item, tree.Attr):
            self.program.body.attrs[item.name.text] = AttrDef(module, item, environment)
            return
        if not isinstance(item, tree.Decl):
            self.report(
                Diagnostic(
                    codes.WRONG_PLACE,
                    "an environment changes, adds or removes what a pipeline declares",
                    module.span(item),
                    help=["write `param trees = 20`, `train forest { … }` or `remove page`"],
                )
            )
            return
        kind = item.kind.text
        if kind == "test":
            self.known_kind(module, item, "an environment")  # its name is a text where it belongs
            return
        name = self.name_of(module, item)
        if name is None:
            return
        if kind == "backend":
            self.backend(module, item, environment)
            return
        known_item = self.program.names.get(name.text)
        if kind == "remove":
            if known_item is None:
                self.unknown(module, name, "remove")
            else:
                del self.program.names[name.text]
                self.program.removed[name.text] = module.span(name)
            return
        if not self.known_kind(module, item, "an environment"):
            return
        if known_item is None:
            if kind == "let" or item.type is not None:
                self.declare(module, item, environment)
            else:
                self.unknown(module, name, "change", kind)
            return
        self.replace(module, item, name, known_item, environment)

    def replace(
        self, module: Module, item: tree.Decl, name: tree.Name, known: BlockDef | ValueDef, environment: str
    ) -> None:
        is_kind = known.decl.kind.text
        if isinstance(known, BlockDef) and not known.kind:
            return  # its own kind is unknown: reported there
        if is_kind != item.kind.text:
            self.report(
                Diagnostic(
                    codes.WRONG_PLACE,
                    f"`{name.text}` is {article(f'`{is_kind}`')}, not {article(f'`{item.kind.text}`')}",
                    module.span(item.kind),
                    label=f"write `{is_kind}`",
                    labels=[Label(known.span, "declared here")],
                    fixes=[Fix(f"write `{is_kind}`", [(module.span(item.kind), is_kind)])],
                )
            )
            return
        if item.value is None and item.body is None and item.type is None:
            self.report(
                Diagnostic(
                    codes.NOTHING_TO_CHANGE,
                    f"nothing is said about `{name.text}`",
                    module.span(name),
                    help=[
                        f"write `{is_kind} {name.text} = …`"
                        if isinstance(known, ValueDef)
                        else f"write `{is_kind} {name.text} {{ … }}`"
                    ],
                )
            )
        elif item.eaches and item.type is None and isinstance(known, BlockDef):
            self.report(
                Diagnostic(
                    codes.WRONG_PLACE,
                    f"an environment changes what `{name.text}` says, never of what it has instances",
                    module.span(item.eaches[0]),
                    labels=[Label(known.span, "declared here")],
                    help=[
                        "give the list another value with `let`, or replace the block whole, with its component"
                    ],
                )
            )
        elif isinstance(known, ValueDef):
            if item.type is None and item.value is None and item.body is not None:
                return  # a map without its `=`: told where forms are looked at
            if item.type is None:
                known.before.append((known.value, known.value_module, known.environment))
                known.value, known.value_module, known.environment = item.value, module, environment
            else:
                self.report(
                    Diagnostic(
                        codes.WRONG_PLACE,
                        f"an environment gives `{name.text}` another value, never another type",
                        module.span(item.type),
                        labels=[Label(known.span, "its type is declared here")],
                        help=[f"write `{item.kind.text} {name.text} = …`"],
                    )
                )
        else:
            body = self.body(module, item, item.body, environment)
            if item.type is not None:
                made = BlockDef(module, item, name, body)
                made.before = known
                self.program.names[name.text] = made
            else:
                self.merge(known.body, body, name.text)

    def merge(self, into: BodyDef, body: BodyDef, where: str) -> None:
        for name, attr in body.attrs.items():
            attr.before = into.attrs.get(name)
            into.attrs[name] = attr
        for name, nested in body.blocks.items():
            known = into.blocks.get(name)
            if known is None or nested.node.type is not None:
                into.blocks[name] = nested  # with a component it is in place of what was there, like a block
            else:
                self.merge(known.body, nested.body, f"{where}.{name}")
        for condition in body.conditions:
            self.replace_condition(into, condition, where, body.conditions)
        for module, item in body.others:
            if (
                isinstance(item, tree.Decl)
                and item.kind.text == "remove"
                and isinstance(item.name, tree.Name)
            ):
                self.remove_inside(into, module, item.name, where)
            else:
                into.others.append((module, item))

    def replace_condition(
        self, into: BodyDef, condition: ConditionDef, where: str, beside: list[ConditionDef]
    ) -> None:
        node = condition.node
        same_verb = [c for c in into.conditions if c.node.verb.text == node.verb.text]
        if node.name is not None:
            wanted = node.name.text
            found = [c for c in same_verb if c.node.name is not None and c.node.name.text == wanted]
            if not found:
                self.no_condition(condition, node.name, where, same_verb)
                return
        else:
            found = [c for c in same_verb if c.node.name is None and c.left == condition.left]
        if len(found) == 1 and found[0] in beside:
            from ..syntax.edits import second_away

            within, again, first = condition.module, condition.node, found[0].node
            what, places = f"the condition on `{condition.left}`", (within.span(again), within.span(first))
            fixes = second_away(within.source, again, first)
            self.report(_doubled(what, "changed", *places, "keep one of them", fixes))
            return
        if len(found) == 1:
            condition.before = found[0]
            into.conditions[into.conditions.index(found[0])] = condition
            return
        shown = [c.module.source.text[c.node.start : c.node.end].split("\n")[0] for c in same_verb]
        others = {c.left: c for c in same_verb if c.node.name is None}
        near = nearest(condition.left, others) if not found else None
        compared = node.expr.left if isinstance(node.expr, tree.Binary) else node.expr
        span = condition.module.span(compared)
        self.report(
            Diagnostic(
                codes.NOTHING_TO_CHANGE,
                f"`{where}` has {'no' if not found else 'more than one'} condition on `{condition.left}` to replace",
                condition.module.span(node.expr),
                label=f"did you mean `{near}`?" if near else "",
                labels=[Label(c.module.span(c.node), "one of them") for c in found]
                or [
                    Label(others[each].module.span(others[each].node), "is this meant?")
                    for each in [near]
                    if each
                ],
                help=["it has: " + "; ".join(f"`{text}`" for text in shown)]
                if shown and not found
                else ["give the conditions names: `require floor: …`"],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )

    def no_condition(
        self, condition: ConditionDef, name: tree.Name, where: str, others: list[ConditionDef]
    ) -> None:
        named = [c.node.name.text for c in others if c.node.name is not None]
        near = nearest(name.text, named)
        span = condition.module.span(name)
        unnamed = [c for c in others if c.node.name is None and c.left == condition.left]
        help = []
        if near is None and len(unnamed) == 1:
            help = ["leave the name out: the condition that is to be replaced has none"]
        elif near is None:
            help = (
                ["it has " + ", ".join(f"`{each}`" for each in named)] if named else ["it names none of them"]
            )
        self.report(
            Diagnostic(
                codes.NOTHING_TO_CHANGE,
                f"`{where}` has no condition named `{name.text}` to replace",
                span,
                label=f"did you mean `{near}`?" if near else "not there",
                labels=[Label(c.module.span(c.node), "is this meant?") for c in unnamed[:1]]
                if near is None
                else [],
                help=help,
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )

    def remove_inside(self, into: BodyDef, module: Module, name: tree.Name, where: str) -> None:
        text = name.text
        if text in into.attrs:
            del into.attrs[text]
        elif text in into.blocks:
            del into.blocks[text]
        else:
            kept = [c for c in into.conditions if c.node.name is None or c.node.name.text != text]
            if len(kept) == len(into.conditions):
                known = [
                    *into.attrs,
                    *into.blocks,
                    *(c.node.name.text for c in kept if c.node.name is not None),
                ]
                near = nearest(text, known)
                self.report(
                    Diagnostic(
                        codes.NOTHING_TO_CHANGE,
                        f"`{where}` has no `{text}` to remove",
                        module.span(name),
                        label=f"did you mean `{near}`?" if near else "not there",
                        fixes=[Fix(f"write `{near}`", [(module.span(name), near)])] if near else [],
                    )
                )
            into.conditions = kept

    def unknown(self, module: Module, name: tree.Name, verb: str, kind: str = "") -> None:
        if module.is_lost(name.text):
            return  # reported where it should have been declared
        removed = self.program.removed.get(name.text)
        if removed is not None:
            self.report(
                Diagnostic(
                    codes.NOTHING_TO_CHANGE,
                    f"`{name.text}` is taken away, so there is nothing to {verb}",
                    module.span(name),
                    label="no longer there" if verb == "change" else "a second time",
                    labels=[Label(removed, "taken away here")],
                    help=["keep one of the two"]
                    if verb != "change"
                    else [
                        "take the `remove` out, or name a component to put another block in its place: "
                        f"`{kind} {name.text}: … {{ … }}`"
                        if kind not in ("param", "secret")
                        else "take the `remove` out"
                    ],
                )
            )
            return
        near = self.program.modules.nearest(name.text, self.program.names)
        if near is None and self.program.forgives(name.text):
            return  # most likely what was given a name that was taken: reported there
        help = []
        if near is None and kind in ("param", "secret"):
            help = [f"declare it in the pipeline, where `{kind} {name.text}: …` gives it a type"]
        elif near is None and kind:
            help = [f"to add a block, name its component: `{kind} {name.text}: … {{ … }}`"]
        self.report(
            Diagnostic(
                codes.NOTHING_TO_CHANGE,
                f"the pipeline has no `{name.text}` to {verb}",
                module.span(name),
                label=f"did you mean `{near}`?" if near else "not in the pipeline",
                help=help,
                fixes=[Fix(f"write `{near}`", [(module.span(name), near)])] if near else [],
            )
        )


def duplicate_at(module: Module, name: tree.Name, again: tree.Decl, first: BlockDef | ValueDef) -> Diagnostic:
    """Return the diagnostic for a name of a pipeline that is declared a second time."""
    from ..syntax.edits import once

    return Diagnostic(
        codes.DUPLICATE_NAME,
        f"`{name.text}` is declared twice",
        module.span(name),
        label=f"declared again, as `{again.kind.text}`",
        labels=[Label(first.span, f"declared first, as `{first.decl.kind.text}`")],
        help=["give one of them another name"],
        fixes=once(module.source, again, first.decl),
    )
