"""What a rule looks at: a checked file with its pipeline as it is and under each of its environments."""

from __future__ import annotations

from ..syntax import tree
from .edits import removal
from .walk import references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..check.schemas import Schema
    from ..check.typed import TypedBlock, TypedProgram
    from ..resolve.modules import Module
    from ..source import Loader
    from ..syntax.edits import Edit

#: Words in the names of environments where a model answers to people, and of those where nothing is at stake.
PRODUCTION = frozenset({"live", "prod", "production"})
TRIAL = frozenset(
    {
        "ci",
        "debug",
        "dev",
        "development",
        "local",
        "pr",
        "quick",
        "sandbox",
        "scratch",
        "small",
        "smoke",
        "test",
    }
    | {"testing", "tests", "trial", "try"}
)


class Spec:
    """A file without errors, and what it uses.

    ``programs`` holds the typed pipeline by environment, the plain one under the empty name; a library has none.
    """

    __slots__ = ("_references", "loader", "modules", "programs", "root", "under")

    def __init__(
        self,
        root: Module,
        modules: Sequence[Module],
        programs: Mapping[str, TypedProgram],
        loader: Loader,
    ) -> None:
        self.root = root
        self.modules = modules
        self.programs = programs
        self.loader = loader
        #: The environment that :meth:`pipelines` and :meth:`blocks` are at: what is yielded meanwhile is so under it.
        self.under = ""
        self._references: dict[str, list[tree.Ref]] | None = None

    @property
    def plain(self) -> TypedProgram | None:
        """The pipeline under no environment."""
        return self.programs.get("")

    @property
    def pipeline(self) -> tree.Decl | None:
        """The declaration of the pipeline."""
        return self.root.pipelines[0] if self.root.pipelines else None

    def pipelines(self) -> Iterator[TypedProgram]:
        """Yield the pipeline under every environment, the plain one first."""
        for name, typed in self.programs.items():
            self.under = name
            yield typed
        self.under = ""

    def blocks(self, *kinds: str) -> Iterator[tuple[TypedProgram, TypedBlock]]:
        """Yield the blocks of ``kinds`` (none: of all) under every environment, the plain pipeline first."""
        for typed in self.pipelines():
            for block in typed.blocks.values():
                if block.component is not None and (not kinds or block.kind.name in kinds):
                    yield typed, block

    def environments(self, words: frozenset[str]) -> dict[str, TypedProgram]:
        """Return the pipeline under those environments whose names hold one of ``words``."""
        return {
            name: typed
            for name, typed in self.programs.items()
            if words.intersection(name.lower().split("_"))
        }

    def production(self) -> dict[str, TypedProgram]:
        """Return the pipeline under those environments where a model answers to people."""
        return self.environments(PRODUCTION)

    def schemas(self) -> Iterator[Schema]:
        """Yield every schema that data of the pipeline has, each once."""
        seen: set[int] = set()
        for _, block in self.blocks():
            for type in block.outputs.values():
                schema = type.schema
                if type.base == "dataset" and schema is not None and id(schema) not in seen:
                    seen.add(id(schema))
                    yield schema

    def named(self, name: str) -> list[tree.Ref]:
        """Return the references in the root file that begin with ``name``."""
        if self._references is None:
            self._references = {}
            for ref in references(self.root.file):
                self._references.setdefault(ref.names[0], []).append(ref)
        return self._references.get(name, [])

    def is_named(self, name: str, apart: tree.Node) -> bool:
        """Return whether ``name`` is used anywhere in the root file but inside of ``apart``."""
        return any(not apart.start <= ref.start < apart.end for ref in self.named(name))


def owned(spec: Spec, kind: str) -> Iterator[tuple[tree.Decl, tree.Name]]:
    """Yield the declarations of ``kind`` in a file with a pipeline: in the file itself, the pipeline and the environments."""
    if spec.pipeline is None:
        return
    bodies = [
        decl.body for decl in (spec.pipeline, *spec.root.environments.values()) if decl.body is not None
    ]
    for items in (spec.root.file.items, *(body.items for body in bodies)):
        for item in items:
            if isinstance(item, tree.Decl) and item.kind.text == kind and isinstance(item.name, tree.Name):
                yield item, item.name


def overlays(spec: Spec, name: str) -> Iterator[tree.Decl]:
    """Yield what environments say of the pipeline's ``name``."""
    for decl in spec.root.environments.values():
        for item in decl.body.items if decl.body is not None else ():
            if isinstance(item, tree.Decl) and isinstance(item.name, tree.Name) and item.name.text == name:
                yield item


def unnamed(spec: Spec, kind: str) -> Iterator[tuple[tree.Name, list[Edit]]]:
    """Yield the names of declarations of ``kind`` that nothing names, each with what takes it away wherever it stands."""
    own = spec.pipeline.body.items if spec.pipeline is not None and spec.pipeline.body is not None else ()
    for decl, name in owned(spec, kind):
        if decl.type is None and decl not in own:
            continue  # what an environment says of it is no declaration
        if not spec.is_named(name.text, decl):
            edits = removal(spec.root, decl)
            for other in overlays(spec, name.text):
                edits += removal(spec.root, other)
            yield name, edits


def overlay_items(spec: Spec) -> Iterator[tuple[tree.Decl, tree.Decl, tree.Decl]]:
    """Yield each change of an environment that builds on no other: the environment, the change, and what is changed."""
    pipeline = spec.pipeline
    if pipeline is None or pipeline.body is None:
        return
    declared = {
        item.name.text: item
        for item in pipeline.body.items
        if isinstance(item, tree.Decl) and isinstance(item.name, tree.Name)
    }
    for decl in spec.root.environments.values():
        if decl.type is not None or decl.body is None:
            continue
        for item in decl.body.items:
            if (
                isinstance(item, tree.Decl)
                and isinstance(item.name, tree.Name)
                and item.name.text in declared
            ):
                yield decl, item, declared[item.name.text]
