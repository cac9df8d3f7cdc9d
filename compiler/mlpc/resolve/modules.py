"""Modules: files that were read, what they declare, and what they use."""

from __future__ import annotations

from .. import codes, limits
from ..diagnostics import Diagnostic, Fix, Label
from ..source import INSTALLED, Source, Span
from ..syntax import tree
from ..syntax.parser import decode, parse
from .similar import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from ..diagnostics import Diagnostics
    from ..source import Loader

#: The module of the standard library that lists systems that are gone.
CLOSED = "closed"
#: Modules of it that are tables of the compiler's: they have nothing to use.
_TABLES = (CLOSED, "compatibility", "footprint", "ports", "timezones")
#: Kinds of declarations that a file may have, and what one of each is called in a message.
TOP_KINDS = {
    "pipeline": "a pipeline",
    "schema": "a schema",
    "component": "a component",
    "kind": "a kind",
    "device": "a device",
    "env": "an environment",
    "test": "a test",
    "let": "a let",
}


#: What to do about files of the project that are not read, by what the loader calls them.
_UNREADABLE = {
    "a link that leads out of the project": "files that a spec uses lie in its project, the folder of `mlpc.toml`",
    "a file that may not be read": "`ls -l` shows whose it is, and who may read it",
    "in a folder that may not be looked into": "`ls -ld` shows whose the folder is, and who may look into it",
}

#: Names that are compared for did-you-mean.
_MOST_LOOKED_AT = 20_000


#: Modules that every project shares, with the bytes that they were read from last. They are never changed, and hold nothing of a
#: project: they use no other module, and nothing is wrong in them.
_SHARED: dict[str, tuple[bytes, Module]] = {}


def beside(folder: str, written: str) -> str | None:
    """Return the path in the project that is ``written`` in a file of ``folder``; None where it leaves the project."""
    parts = folder.split("/") if folder else []
    for part in written.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in (".", ""):
            parts.append(part)
    return "/".join(parts)


class Module:
    """One file: its tree and what it declares, by name."""

    __slots__ = ("aliases", "environments", "file", "lost", "names", "path", "pipelines", "source", "tests")

    def __init__(self, path: str, source: Source, file: tree.File) -> None:
        self.path = path
        self.source = source
        self.file = file
        #: Schemas, components, kinds, devices and lets.
        self.names: dict[str, tree.Decl] = {}
        self.pipelines: list[tree.Decl] = []
        self.environments: dict[str, tree.Decl] = {}
        self.tests: list[tree.Decl] = []
        self.aliases: dict[str, tuple[tree.Use, Module]] = {}
        #: Names of what was meant to be declared or used, but could not be: reported where it stands.
        self.lost: set[str] = set()

    def span(self, node: tree.Node) -> Span:
        """Return the place of a node of this module."""
        return Span(self.source, node.start, node.end)

    def is_lost(self, name: str) -> bool:
        """Return whether ``name`` may have been meant to be declared where something was reported."""
        return name in self.lost

    def find(self, name: str, kind: str) -> tree.Decl | None:
        """Return the declaration called ``name`` if it is of ``kind``."""
        found = self.names.get(name)
        return found if found is not None and found.kind.text == kind else None


class Modules:
    """Reads modules on demand, each once."""

    __slots__ = (
        "_bytes",
        "_files",
        "_full",
        "_full_told",
        "_loaded",
        "_loading",
        "_looked_at",
        "_standard",
        "asked",
        "diagnostics",
        "followed",
        "loader",
    )

    def __init__(self, loader: Loader, diagnostics: Diagnostics) -> None:
        self.loader = loader
        self.diagnostics = diagnostics
        #: Path of the module whose text is to change, so that places in it are followed; see :mod:`mlpc.assist.again`.
        self.followed = ""
        self._loaded: dict[str, Module | None] = {}
        self._loading: list[str] = []
        self._looked_at = 0
        #: What was read of the project so far.
        self._files = 0
        self._bytes = 0
        #: Of what no more is read: it came to a limit, which is said once.
        self._full = ""
        self._full_told = False
        self._standard: list[str] | None = None
        #: Paths of modules that were asked for, since whoever wants to know emptied it.
        self.asked: set[str] = set()

    def begin(self, diagnostics: Diagnostics) -> None:
        """Report to ``diagnostics`` from now on: what was read is checked once more."""
        self.diagnostics = diagnostics
        self._looked_at = 0

    def kind(self, module: Module, name: str) -> tuple[Module, tree.Decl] | None:
        """Look a kind up: in the file, then in what it uses, then in the standard library.

        In this order a kind that the library gets one day takes no file's own away.
        """
        decl = module.find(name, "kind")
        if decl is not None:
            return module, decl
        for _, used in module.aliases.values():
            decl = used.find(name, "kind")
            if decl is not None:
                return used, decl
        library = self.standard("kinds")
        decl = library.find(name, "kind") if library is not None else None
        return (library, decl) if library is not None and decl is not None else None

    def own_kinds(self, module: Module) -> list[str]:
        """Return the kinds that a file declares or uses."""
        within = [module, *(used for _, used in module.aliases.values())]
        return [name for each in within for name, decl in each.names.items() if decl.kind.text == "kind"]

    @property
    def suggests(self) -> bool:
        """Whether names are still looked up for did-you-mean."""
        return self._looked_at <= _MOST_LOOKED_AT

    def nearest(self, name: str, known: Collection[str]) -> str | None:
        """Return the known name that ``name`` was most likely meant to be.

        A text with thousands of unknown names is no typing mistake: after the first hundreds nothing is looked up any more.
        """
        if not self.suggests:
            return None
        self._looked_at += len(known)
        return nearest(name, known)

    def load(self, path: str) -> Module | None:
        """Return the module at ``path``, or None where there is no such file."""
        self.asked.add(path)
        found = self._loaded.get(path)
        if found is not None or path in self._loaded:
            return found
        data = self.loader.read(path)
        if data is None:
            self._loaded[path] = None
            return None
        shared = path.startswith(INSTALLED)
        if shared:
            known = _SHARED.get(path)
            if known is not None and known[0] == data:
                self._loaded[path] = known[1]
                return known[1]
        else:
            # How large the spec itself may be is for the loader to say.
            if self._files and self._bytes + len(data) > limits.BYTES:
                self._full = f"{limits.BYTES // (1024 * 1024)} MiB of files"
                self._loaded[path] = None
                return None
            self._files += 1
            self._bytes += len(data)
        before = len(self.diagnostics)
        source, problems = decode(path, data)
        parsed = parse(source)
        self.diagnostics.extend(problems + parsed.diagnostics)
        if path == self.followed:
            source.spans = []
        module = Module(path, source, parsed.file)
        self._loaded[path] = module
        self._loading.append(path)
        self._declare(module)
        self._use(module)
        self._loading.pop()
        if shared and not module.aliases and len(self.diagnostics) == before:
            _SHARED[path] = data, module
        return module

    def are(self, files: list[tuple[str, tree.File | None]]) -> bool:
        """Return whether the modules at these paths have these trees; they are read for that."""
        loaded, asked = self._loaded, self.asked
        for path, file in files:
            module = loaded.get(path)
            if module is None:
                module = self.load(path)
            else:
                asked.add(path)
            if (module.file if module is not None else None) is not file:
                return False
        return True

    def standard(self, name: str) -> Module | None:
        """Return the module ``std.NAME`` of the standard library."""
        path = f"std:{name}"
        found = self._loaded.get(path)
        if found is None:
            return self.load(path)
        self.asked.add(path)
        return found

    def libraries(self, kind: str) -> list[Module]:
        """Return the modules of the standard library whose components play ``kind`` and have bare names; for help texts."""
        names = [name for name in self.standard_names() if name == kind or name.startswith(f"{kind}_")]
        return [module for module in map(self.standard, names) if module is not None]

    def backend(self, name: str) -> Module | None:
        """Return the module in which the backend called ``name`` declares its settings."""
        return self.load(f"backend:{name}")

    def backend_names(self) -> list[str]:
        """Return the names of the backends that declare settings; for did-you-mean."""
        return self.loader.names("backend:")

    def standard_names(self) -> list[str]:
        """Return the names of the modules of the standard library that have something to use; for did-you-mean."""
        if self._standard is None:
            names = [name[:-4] for name in self.loader.names("std:") if name.endswith(".mlp")]
            self._standard = [name for name in names if name not in _TABLES]
        return self._standard

    def project(self) -> list[Module]:
        """Return the modules that were read and are the project's own, by path."""
        return [
            module
            for path, module in sorted(self._loaded.items())
            if module is not None and not path.startswith(INSTALLED)
        ]

    def sources(self) -> dict[str, Source]:
        """Return what was read, by path."""
        return {path: module.source for path, module in self._loaded.items() if module is not None}

    def _declare(self, module: Module) -> None:
        for item in module.file.items:
            if isinstance(item, tree.ErrorItem):
                continue
            if not isinstance(item, tree.Decl):
                self.diagnostics.add(
                    Diagnostic(
                        codes.WRONG_PLACE,
                        f"{_what(item)} cannot stand at the top level of a file",
                        module.span(item),
                        help=["the top level holds declarations: " + ", ".join(TOP_KINDS)],
                    )
                )
                continue
            kind = item.kind.text
            if kind not in TOP_KINDS:
                if self._of_a_pipeline(module, item):
                    continue
                near = nearest(kind, TOP_KINDS)
                self.diagnostics.add(
                    Diagnostic(
                        codes.UNKNOWN_KIND,
                        f"there is no kind `{kind}` at the top level of a file",
                        module.span(item.kind),
                        label=f"did you mean `{near}`?" if near else "not a kind",
                        help=[]
                        if near
                        else [_HOW_TO_USE]
                        if kind in _OTHER_WORDS_FOR_USE
                        else ["the top level knows " + ", ".join(f"`{k}`" for k in TOP_KINDS)],
                        fixes=[Fix(f"write `{near}`", [(module.span(item.kind), near)])] if near else [],
                    )
                )
                if isinstance(item.name, tree.Name):
                    module.lost.add(item.name.text)
                continue
            self._place(module, item, kind)

    def _of_a_pipeline(self, module: Module, item: tree.Decl) -> bool:
        """Report what stands at the top level and belongs into the pipeline; return whether it does."""
        from .program import LANGUAGE_KINDS

        kind = item.kind.text
        if kind not in LANGUAGE_KINDS:
            kinds = self.standard("kinds")
            own = any(_declares(each, kind) for each in module.file.items)
            known = kinds is not None and kind not in ("task", "service") and kinds.find(kind, "kind")
            if not own and not known:
                return False
        self.diagnostics.add(
            Diagnostic(
                codes.WRONG_PLACE,
                f"`{kind}` stands in a pipeline, not at the top level of a file",
                module.span(item.kind),
                help=["move it into the braces of the pipeline"],
            )
        )
        if isinstance(item.name, tree.Name):
            module.lost.add(item.name.text)
        return True

    def _place(self, module: Module, item: tree.Decl, kind: str) -> None:
        if kind == "test":
            module.tests.append(item)
            return
        if isinstance(item.name, tree.String):
            module.lost.update(part for part in item.name.parts if isinstance(part, str))
            self.diagnostics.add(
                Diagnostic(
                    codes.MISSING_NAME,
                    f"{TOP_KINDS[kind]} needs a name, which is no text",
                    module.span(item.name),
                    label="a text",
                    help=[f"write `{kind} some_name {{ … }}`"],
                    fixes=quoted_name(module, item.name),
                )
            )
        if kind == "pipeline":
            module.pipelines.append(item)
            if len(module.pipelines) > 1:
                self.diagnostics.add(
                    Diagnostic(
                        codes.SECOND_PIPELINE,
                        "a file has one pipeline at most",
                        module.span(item.name or item.kind),
                        label="a second one",
                        labels=[Label(module.span(module.pipelines[0].name or item), "the first one")],
                        help=["move it to a file of its own, and what both need to a third that both `use`"],
                    )
                )
            return
        if not isinstance(item.name, tree.Name):
            return
        name = item.name.text
        known = module.environments if kind == "env" else module.names
        if name in known:
            self.diagnostics.add(duplicate(module, item.name, known[name], item))
            return
        known[name] = item

    def _use(self, module: Module) -> None:
        for use in module.file.uses:
            alias = _alias(use)
            path = self._target(module, use)
            if path is None:
                module.lost.add(alias)
                continue
            if not alias.isidentifier() and use.alias is not None:
                module.lost.add(alias.partition(".")[0])  # said of what stands behind `as`
                continue
            if not alias.isidentifier():
                self.diagnostics.add(_no_alias(module, use, alias))
                continue
            if len(self._loading) > limits.DEPTH_OF_USE:
                self.diagnostics.add(
                    Diagnostic(
                        codes.NESTED_TOO_DEEP,
                        f"more than {limits.DEPTH_OF_USE} files use each other one through the other",
                        module.span(use.target),
                        help=["let the file above use what it needs itself"],
                    )
                )
                module.lost.add(alias)
                continue
            if path in self._loading:
                self.diagnostics.add(self._circle(module, use, path))
                module.lost.add(alias)
                continue
            if self._files >= limits.FILES and not self._full and path not in self._loaded:
                self._full = f"{limits.FILES:,} files"
            used = self._loaded.get(path) if self._full else self.load(path)
            if used is None:
                if not self._full:
                    self.diagnostics.add(self._missing(module, use, path))
                elif not self._full_told:
                    self._full_told = True
                    self.diagnostics.add(self._too_much(module, use))
                module.lost.add(alias)
                continue
            if alias in module.aliases or alias in module.names:
                place = use.alias or use.target
                other = (
                    module.aliases[alias][0].alias or module.aliases[alias][0].target
                    if alias in module.aliases
                    else module.names[alias]
                )
                self.diagnostics.add(duplicate(module, tree.Name(alias, place.start, place.end), other))
                continue
            module.aliases[alias] = (use, used)

    def _too_much(self, module: Module, use: tree.Use) -> Diagnostic:
        return Diagnostic(
            codes.OVER_LIMIT,
            f"a spec uses {self._full} at most, those that these use among them",
            module.span(use.target),
            label="not read, nor what stands behind it",
            help=["let one file declare what several of them do"],
        )

    def _circle(self, module: Module, use: tree.Use, path: str) -> Diagnostic:
        chain = [*self._loading[self._loading.index(path) :], path]
        if len(chain) == 2:
            message, help = "a file cannot use itself", "what it declares is seen without `use`"
        else:
            message = "files use each other in a circle: " + " uses ".join(f"`{each}`" for each in chain)
            help = "move what both need to a third file"
        return Diagnostic(codes.IMPORT_CYCLE, message, module.span(use.target), help=[help])

    def _target(self, module: Module, use: tree.Use) -> str | None:
        target = use.target
        if isinstance(target, tree.Ref):
            if target.names[0] == "std" and len(target.names) == 2:
                return f"std:{target.names[1]}"
            self.diagnostics.add(self._no_module(module, target))
            return None
        text = "".join(part for part in target.parts if isinstance(part, str))
        help: list[str] = []
        fixes: list[Fix] = []
        if len(target.parts) > 1 or (target.parts and not isinstance(target.parts[0], str)):
            problem = "a path to use is plain text, without `${…}`"
        elif "\\" in text or "\0" in text:
            problem = "a path to use is written with `/`"
        elif not text.startswith(("./", "../")):
            problem = "a path to use begins with `./` or `../`"
            if ":" in text or text.startswith(("/", "~")):
                help = ["files that a spec uses lie in its project: write the path from this file on"]
            else:
                help = [f'write `"./{text}"`']
                fixes = [Fix(help[0], [(module.span(target), f'"./{text}"')])]
        else:
            path = beside(module.path.rpartition("/")[0], text)
            if path is None:
                self.diagnostics.add(
                    Diagnostic(
                        codes.OUTSIDE_PROJECT,
                        f"`{text}` leaves the project",
                        module.span(target),
                        help=["files that a spec uses lie in its project, the folder of `mlpc.toml`"],
                    )
                )
            return path
        self.diagnostics.add(
            Diagnostic(codes.UNKNOWN_MODULE, problem, module.span(target), help=help, fixes=fixes)
        )
        return None

    def _no_module(self, module: Module, target: tree.Ref) -> Diagnostic:
        """Return the diagnostic for a `use` of what is neither a path nor `std.…`: perhaps a part of one was left out."""
        name, span = target.names[-1], module.span(target)
        help = 'use a file by its path, `use "./file.mlp" as name`, or the library, `use std.devices`'
        written = ""
        folder = module.path.rpartition("/")[0]
        if len(target.names) == 1 and f"{name}.mlp" in self.loader.names(folder):
            written = f'"./{name}.mlp"'
            help = f"a file is used by its path: `use {written}`"
        elif len(target.names) == 1 and name in self.standard_names():
            written = f"std.{name}"
            help = f"what the library declares is found without `use`; by a name of its own it is used as `use {written}`"
        return Diagnostic(
            codes.UNKNOWN_MODULE,
            f"`{target.text}` is no module",
            span,
            label=f"did you mean `{written}`?" if written else "not a module",
            help=[help],
            fixes=[Fix(f"write `{written}`", [(span, written)])] if written else [],
        )

    def _missing(self, module: Module, use: tree.Use, path: str) -> Diagnostic:
        span = module.span(use.target)
        help: list[str] = []
        label = "not found"
        if path.startswith("std:"):
            from .closed import closed

            gone = closed(self, (path[4:],))
            if gone is not None:
                return Diagnostic(
                    codes.CLOSED_SYSTEM,
                    f"the standard library has no module `{gone[0]}`, and will have none",
                    span,
                    label="not found",
                    help=[gone[1]],
                )
            known = self.standard_names()
            near = nearest(path[4:], known)
            what = f"the standard library has no module `{path[4:]}`"
            near = written = f"std.{near}" if near else None
            if near is None:
                help = ["it has " + ", ".join(f"`std.{name}`" for name in known)]
        else:
            folder, _, name = path.rpartition("/")
            what = f"there is no file `{path}` in the project"
            near = None
            is_what = self.loader.what(path)
            if is_what:
                what = f"`{path or '.'}` is {is_what}"
                label = "cannot be read"
                if is_what in _UNREADABLE:
                    help = [_UNREADABLE[is_what]]
                elif not is_what.startswith("a file"):
                    label = "no file"
                    what += ", and only a file can be used"
                if is_what == "a folder":
                    inside = [each for each in self.loader.names(path) if each.endswith(".mlp")]
                    help = [f"such as `{span.text[1:-1].rstrip('/')}/{each}`" for each in inside[:1]]
            elif self.suggests:
                # The ending is the same of all and would make any two names alike.
                there = self.loader.names(folder)
                near = self.nearest(
                    name.removesuffix(".mlp"), [each[:-4] for each in there if each.endswith(".mlp")]
                )
                near = f"{near}.mlp" if near else None
                if near is None:
                    others = [
                        each
                        for each in there
                        if each.endswith(".mlp") and each != module.path.rpartition("/")[2]
                    ]
                    shown = ", ".join(f"`{each}`" for each in others[:4]) + (", …" if len(others) > 4 else "")
                    where = f"in `{folder}`" if folder else "beside `mlpc.toml`, or the spec"
                    help = [f"there is {shown}" if others else f"there is no other `.mlp` file {where}"]
                    if not name.endswith(".mlp"):
                        help.append(f"files of this language end in `.mlp`: `{name}.mlp`")
            near = span.text[1:-1].rpartition("/")[0] + "/" + near if near else None
            written = f'"{near}"'
        return Diagnostic(
            codes.UNKNOWN_MODULE,
            what,
            span,
            label=f"did you mean `{near}`?" if near else label,
            help=help,
            fixes=[Fix(f"write `{written}`", [(span, written)])] if near and written else [],
        )


def duplicate(
    module: Module, name: tree.Name, first: tree.Node, again: tree.Node | None = None
) -> Diagnostic:
    """Return the diagnostic for a name that is declared a second time.

    ``first`` is the statement or name that had it first, ``again`` the statement that takes it once more: of two that say the
    same one is taken away.
    """
    place: tree.Node = first
    if isinstance(first, tree.Decl | tree.Field | tree.Condition | tree.Attr) and first.name is not None:
        place = first.name
    fixes: list[Fix] = []
    if again is not None:
        from ..syntax.edits import once

        fixes = once(module.source, again, first)
    return Diagnostic(
        codes.DUPLICATE_NAME,
        f"`{name.text}` is declared twice",
        module.span(name),
        label="declared again",
        labels=[Label(module.span(place), "declared first")],
        help=["give one of them another name"],
        fixes=fixes,
    )


# How other languages bring in what stands in another file.
_OTHER_WORDS_FOR_USE = ("import", "include", "from", "require", "source", "load")
_HOW_TO_USE = 'what stands in another file is brought in by `use "./file.mlp" as name`, below `mlp 1`'


def quoted_name(module: Module, name: tree.Node) -> list[Fix]:
    """Return the way out where a name was written as a text: without quotes, if it is one then."""
    span = module.span(name)
    plain = span.text.strip('"')
    return [Fix(f"write `{plain}`", [(span, plain)])] if plain.isidentifier() and plain.isascii() else []


def _declares(item: tree.Item, kind: str) -> bool:
    return (
        isinstance(item, tree.Decl)
        and item.kind.text == "kind"
        and isinstance(item.name, tree.Name)
        and item.name.text == kind
    )


def _alias(use: tree.Use) -> str:
    """Return the name under which a file is used."""
    if use.alias is not None:
        return use.alias.text
    if isinstance(use.target, tree.Ref):
        return use.target.names[-1]
    text = "".join(part for part in use.target.parts if isinstance(part, str))
    return text.rsplit("/", 1)[-1].removesuffix(".mlp")


def _no_alias(module: Module, use: tree.Use, alias: str) -> Diagnostic:
    made = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in alias).lstrip(
        "_0123456789"
    )
    span = module.span(use.target)
    written = f"{span.text} as {made or 'some_name'}"
    return Diagnostic(
        codes.MISSING_NAME,
        f"`{alias}` is no name: say what this file is called here",
        span,
        help=[f"write `use {written}`"],
        fixes=[Fix(f"write `use {written}`", [(span, written)])],
    )


def _what(item: tree.Item) -> str:
    if isinstance(item, tree.Attr):
        return f"an attribute (`{item.name.text} = …`)"
    if isinstance(item, tree.Block):
        return f"a block without a kind (`{item.name.text} {{ … }}`)"
    if isinstance(item, tree.Condition):
        return f"a condition (`{item.verb.text} …`)"
    if isinstance(item, tree.Field):
        return "a field"
    return "this"
