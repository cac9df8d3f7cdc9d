"""From what a person typed to a compiled pipeline; what is wrong with it is printed on the way."""

from __future__ import annotations

import os
import re
import sys

from mlpc import codes
from mlpc.diagnostics import ERROR

from . import errors
from .errors import CommandError, Findings, UsageError
from .loader import DiskLoader, open_spec, project_root
from .render import counted
from .say import problem
from .terminal import wants_colour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlpc.compilation import Compilation
    from mlpc.diagnostics import Diagnostic
    from mlpc.ir.nodes import Json, Workflow
    from mlpc.source import Loader

_PIPELINE = rb"(?m)^[ \t]*pipeline[ \t]+[A-Za-z_]"


class Spec:
    """A pipeline that has no errors.

    ``label`` is the spec's path in its project, ``name`` what the person called it.
    """

    __slots__ = ("compilation", "label", "loader", "name", "workflow")

    def __init__(
        self, name: str, label: str, loader: DiskLoader, compilation: Compilation, workflow: Workflow
    ) -> None:
        self.name = name
        self.label = label
        self.loader = loader
        self.compilation = compilation
        self.workflow = workflow

    @property
    def root(self) -> str:
        """The project's folder."""
        return self.loader.root


def pipelines_here() -> list[str]:
    """Return the specs with a pipeline that stand in the current folder, sorted."""
    found = []
    for name in sorted(os.listdir(".")):
        if name.endswith(".mlp") and os.path.isfile(name):
            try:
                with open(name, "rb") as file:
                    if re.search(_PIPELINE, file.read(1 << 20)):
                        found.append(name)
            except OSError:
                continue
    return found


def the_file(given: str | None, command: str) -> str:
    """Return the spec that ``mlpc COMMAND`` works on: ``given``, or the only one in the current folder.

    Raises:
        UsageError: none was given, and there is not exactly one here.
    """
    if given:
        return given
    here = pipelines_here()
    if len(here) == 1:
        return here[0]
    if not here:
        raise UsageError(
            "no file was named, and none with a pipeline stands in this folder",
            help=[f"name one: `mlpc {command} FILE`", "`mlpc new NAME` starts a project"],
        )
    raise UsageError(
        f"which one? {len(here)} files with a pipeline stand in this folder",
        help=[f"`mlpc {command} {name}`" for name in here[:5]],
    )


def root_of(given: str | None, project: str, command: str) -> tuple[str, str]:
    """Return the project's folder and the spec's path in it, without compiling anything."""
    loader, label = open_spec(the_file(given, command), project_folder(project))
    return loader.root, label


def project_folder(text: str) -> str:
    """Return the folder that ``--project`` names, or nothing where it was left out.

    Raises:
        CommandError: there is no such folder.
    """
    if not text:
        return ""
    if not os.path.isdir(text):
        raise CommandError(codes.NO_SUCH_FILE, f"there is no folder `{text}`")
    return os.path.realpath(text)


def show(found: Iterable[Diagnostic], loader: DiskLoader) -> bool:
    """Print diagnostics to standard error with a closing line; return whether any is an error."""
    counts = {ERROR: 0, "warning": 0, "note": 0}
    files = set()
    for item in found:
        counts[item.severity] += 1
        if item.span is not None:
            files.add(item.span.source.path)
        problem(item, loader.shown)
        sys.stderr.write("\n")
    if counts[ERROR]:
        sys.stderr.write(counted(counts, len(files), colour=wants_colour(sys.stderr)) + "\n")
    return counts[ERROR] > 0


def compile_spec(
    given: str | None,
    command: str,
    environment: str = "",
    project: str = "",
    *,
    quiet: bool = False,
    whole: bool = False,
    through: Callable[[DiskLoader], Loader] | None = None,
) -> Spec:
    """Return the pipeline that the person means, with everything that `check` has to say printed.

    With ``whole`` the pipeline may have steps that are not built; it is looked at, not run.
    With ``quiet``, for what was compiled before under another environment, warnings are not said again. ``through`` gives
    what the compiler asks in the place of the loader, to see what it asks.

    Raises:
        CommandError: the file cannot be read.
        Findings: it has errors.
    """
    from mlpc.compilation import Compilation

    name = the_file(given, command)
    loader, label = open_spec(name, project_folder(project))
    compilation = Compilation(through(loader) if through is not None else loader, label, environment)
    found = compilation.check()
    if (not quiet or found.has_errors) and show(found, loader):
        raise Findings
    if compilation.is_library:
        raise CommandError(
            codes.NO_PIPELINE,
            f"`{name}` has no pipeline",
            help=["it can be checked, formatted and used by others; name the file that has the pipeline"],
            exit_code=errors.FINDINGS,
        )
    said = {id(item) for item in found}
    workflow = compilation.graph() if whole else compilation.workflow()
    if workflow is None:
        show([item for item in compilation.check() if id(item) not in said], loader)
        raise Findings
    return Spec(name, label, loader, compilation, workflow)


def parameters(spec: Spec, texts: dict[str, str]) -> dict[str, Json]:
    """Return the values that `--set` gives.

    Raises:
        Findings: one does not fit its parameter.
    """
    values, problems = spec.compilation.parameter_values(texts)
    if show(problems, spec.loader):
        raise Findings
    return values


def project_here(project: str) -> str:
    """Return the project's folder for commands that are about no file: ``--project``, else by the current folder."""
    return project_folder(project) or project_root(os.path.join(os.getcwd(), "any.mlp"))


def pipeline_of(given: str | None, command: str, project: str = "") -> tuple[str, str, str]:
    """Return how the spec is called, the project's folder and the name of the pipeline, without checking the spec.

    Raises:
        CommandError: the file cannot be read, or no pipeline can be found in it.
    """
    from mlpc.compilation import Compilation
    from mlpc.syntax import tree

    name = the_file(given, command)
    loader, label = open_spec(name, project_folder(project))
    root = Compilation(loader, label).root
    for decl in root.pipelines if root is not None else ():
        if isinstance(decl.name, tree.Name):
            return name, loader.root, decl.name.text
    raise CommandError(
        codes.NO_PIPELINE,
        f"`{name}` has no pipeline",
        help=[f"name the file that has it: `mlpc {command} FILE`"],
        exit_code=errors.FINDINGS,
    )
