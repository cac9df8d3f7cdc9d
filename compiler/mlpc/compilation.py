"""One root file on its way through the compiler: every stage computed once, on demand."""

from __future__ import annotations

from . import codes, limits
from .check.cascade import is_syntax, without_cascades, without_other_spellings
from .check.checker import Checker
from .check.forms import forms
from .diagnostics import Diagnostic, Diagnostics
from .resolve.modules import Module, Modules
from .resolve.program import make_program
from .resolve.similar import nearest
from .source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .check.facts import TypedTest
    from .check.origins import Origin
    from .check.typed import TypedProgram
    from .ir.nodes import Json, Workflow
    from .lint import Settings
    from .source import Loader
    from .spectest.judge import Result
    from .syntax.tree import Item


class Compilation:
    """A spec under an environment (empty: none).

    The command line, the editor and the tests ask the same object. Nothing here raises for what a person wrote: what
    is wrong stands in :meth:`check`.
    """

    def __init__(self, loader: Loader, path: str, environment: str = "", *, follows: bool = False) -> None:
        """``follows`` says that the text is to change, and the file to be checked again then (:meth:`again`)."""
        self.path = path
        self.environment = environment
        self._diagnostics = Diagnostics()
        self._modules = Modules(loader, self._diagnostics)
        self._modules.followed = path if follows else ""
        self._checker: Checker | None = None
        self._root: Module | None = None
        self._loaded = False
        self._checked = False
        #: The typed pipeline by environment, the plain one under the empty name.
        self._programs: dict[str, TypedProgram] = {}
        self._tests: list[TypedTest] = []
        #: Whether nothing is wrong with how the blocks of the plain pipeline fit together, so that environments can share them.
        self._shares = False
        self._loader = loader
        self._workflow: Workflow | None = None

    # -- stages ------------------------------------------------------------------------------------------------

    @property
    def root(self) -> Module | None:
        """The root module, or None where the loader has no such file."""
        if not self._loaded:
            self._loaded = True
            self._root = self._modules.load(self.path)
            if self._root is None:
                folder, _, name = self.path.rpartition("/")
                near = nearest(name, self._loader.names(folder))
                self._diagnostics.add(
                    Diagnostic(
                        codes.NO_FILE,
                        f"there is no file `{self.path}`",
                        Span(Source(self.path, ""), 0, 0),
                        help=[f"did you mean `{near}`?" if near else "name a file that ends in `.mlp`"],
                    )
                )
        return self._root

    def check(self) -> Diagnostics:
        """Return everything there is to say about the file and what it uses, under every environment it declares."""
        if self._checked:
            return self._diagnostics
        self._checked = True
        root = self.root
        if root is None:
            return self._diagnostics
        checker = self._checker = Checker(self._modules, self._diagnostics)
        if any(code.startswith("MLP00") for code in self._codes()):
            return self._diagnostics  # text or edition is not ours: anything more would be guesswork
        for module in self._modules.project():
            checker.file(module)
        if self.environment and self.environment not in root.environments:
            self._unknown_environment(root)
        if self._too_many_environments(root):
            return self._diagnostics
        for environment in ("", *root.environments):
            self._pipeline(checker, root, environment)
        self._leave_out_cascades(root)
        return self._diagnostics

    def _pipeline(
        self,
        checker: Checker,
        root: Module,
        environment: str,
        before: TypedProgram | None = None,
        touched: set[str] | None = None,
    ) -> None:
        """Check the pipeline under one environment, the plain one first: what is wrong there is said once, and there.

        ``before`` is what it came to before the blocks changed that are called ``touched``.
        """
        known = len(self._diagnostics)
        # Where nothing was to be said of the plain pipeline, an environment is checked in what it changes.
        plain = self._programs.get("") if environment and not known else None
        shared = self._programs.get("") if environment and before is not None and self._shares else plain
        program = make_program(
            self._modules,
            root,
            environment,
            shared.program if shared is not None else None,
            before.program if before is not None and not environment else None,
        )
        if program is None:
            return
        if not environment:
            self._shares = len(self._diagnostics) == known
        typed = checker.pipeline(program, before if before is not None else plain, touched)
        self._programs[environment] = typed
        tests = checker.tests(root, typed)
        if environment == self.environment:
            self._tests = tests
        if environment and len(self._diagnostics) > known:
            place = root.span(root.environments[environment])
            self._diagnostics.explain_from(known, environment, place)

    def again(self, told: list[Diagnostic], changed: list[Item], touched: set[str]) -> Compilation:
        """Return the compilation of the same file after some blocks of its pipeline changed, which this one knew no mistake in.

        The root's tree is the new one by now, and what is left of the old one stands in it. ``told`` is what is wrong in the
        text, ``changed`` are the new blocks, ``touched`` the names of those and of the ones that they are in place of. This
        compilation only serves to be asked the same for yet another text from now on.
        """
        made = Compilation(self._loader, self.path, self.environment)
        checker, root = self._checker, self._root
        assert checker is not None  # it was checked
        assert root is not None
        made._modules, made._root, made._checker = self._modules, root, checker
        made._loaded = made._checked = True
        diagnostics = made._diagnostics
        self._modules.begin(diagnostics)
        checker.begin(diagnostics)
        diagnostics.extend(told)
        forms(checker, root, changed)
        for environment in ("", *root.environments):
            made._pipeline(checker, root, environment, self._programs[environment], touched)
        made._leave_out_cascades(root)
        return made

    def _leave_out_cascades(self, root: Module) -> None:
        said = list(self._diagnostics)
        found = without_other_spellings(said)
        if any(is_syntax(item) for item in found):
            for module in self._modules.project():
                found = without_cascades(found, module)
        if len(found) < len(said):
            self._diagnostics = Diagnostics()
            self._diagnostics.extend(found)

    def _codes(self) -> list[str]:
        return [item.code.code for item in self._diagnostics if item.severity == "error"]

    @property
    def typed(self) -> TypedProgram | None:
        """The typed program, as far as it makes sense; None for a library."""
        self.check()
        return self._programs.get(self.environment)

    @property
    def modules(self) -> Modules:
        """The modules that were read so far."""
        return self._modules

    def program(self, environment: str) -> TypedProgram | None:
        """Return the typed program under an environment of the file; None where there is none, or it was not checked."""
        self.check()
        return self._programs.get(environment)

    def lint(self, settings: Settings) -> list[Diagnostic]:
        """Return what the linter finds in the file and what it uses, under every environment; nothing where there are errors."""
        root = self.root
        if root is None or self.check().has_errors:
            return []
        from .lint import Spec, findings

        spec = Spec(root, self._modules.project(), self._programs, self._modules.loader)
        return findings(spec, settings)

    def workflow(self) -> Workflow | None:
        """Return the Workflow IR of what can run, or None where there are errors or no pipeline (see :meth:`check`).

        A step that is declared and not built is an error here, and none in :meth:`graph`.
        """
        typed = self.typed
        if typed is not None and not self._diagnostics.has_errors:
            from .check.unbuilt import unbuilt

            for diagnostic in unbuilt(typed, self._modules):
                self._diagnostics.add(diagnostic)
        return None if self._diagnostics.has_errors else self.graph()

    def graph(self) -> Workflow | None:
        """Return the Workflow IR, with steps that are declared and not built; None as in :meth:`workflow`."""
        if self._workflow is None:
            typed = self.typed
            if typed is None and self.root is not None and not self._diagnostics.has_errors:
                self._diagnostics.add(
                    Diagnostic(
                        codes.NO_PIPELINE,
                        "this file has no pipeline: it can be checked, formatted and used, not run",
                        Span(self.root.source, 0, 0),
                        help=["run the file that uses it, or add `pipeline name { … }`"],
                    )
                )
            if typed is None or self._diagnostics.has_errors:
                return None
            from .lower.lower import lower
            from .lower.passes import PASSES

            workflow = lower(typed)
            for apply in PASSES:
                workflow = apply(workflow)
            self._workflow = workflow
        return self._workflow

    def tests(self) -> list[Result]:
        """Return how the tests of the file end, in its order; none where it has errors (see :meth:`check`)."""
        self.check()
        root = self.root
        if root is None or not root.tests or self._diagnostics.has_errors:
            return []
        from .spectest.judge import judge

        results = []
        for environment in ("", *root.environments):
            within = (
                self if environment == self.environment else Compilation(self._loader, self.path, environment)
            )
            within.check()
            graph = within.graph() if within._tests else None
            if graph is not None:
                results += [judge(test, graph) for test in within._tests]
        return sorted(results, key=lambda result: result.test.span.start)

    # -- questions ---------------------------------------------------------------------------------------------

    @property
    def is_library(self) -> bool:
        """Whether the file has no pipeline."""
        return self.root is not None and not self.root.pipelines

    def environments(self) -> list[str]:
        """Return the names of the environments that the file declares."""
        return list(self.root.environments) if self.root is not None else []

    def source(self, path: str) -> Source | None:
        """Return a text that was read, for showing places in it."""
        return self._modules.sources().get(path)

    def origins(self, name: str) -> tuple[list[Origin], list[Diagnostic]]:
        """Return what gave the value called ``name`` (`api.replicas`, `trees`), or why there is none.

        The one that counts comes first.
        """
        from .check.origins import origins

        typed = self.typed
        if typed is None:
            return [], []
        return origins(typed, name, self._checker)

    def parameter_values(self, texts: dict[str, str]) -> tuple[dict[str, Json], list[Diagnostic]]:
        """Return the values that ``--set NAME=TEXT`` gives to run-time parameters, as the IR has them.

        A text is read as an expression of the language; for a parameter that is a text it may also stand as it is.
        """
        from .check.given import given_value
        from .check.values import plain

        typed = self.typed
        values: dict[str, Json] = {}
        problems: list[Diagnostic] = []
        params = typed.params if typed is not None else {}
        for name, text in texts.items():
            if name not in params:
                near = nearest(name, params)
                problems.append(
                    Diagnostic(
                        codes.UNKNOWN_NAME,
                        f"the pipeline has no param `{name}`",
                        None,
                        help=[f"did you mean `{near}`?"]
                        if near
                        else ["it has " + ", ".join(f"`{each}`" for each in params)]
                        if params
                        else ["it declares none: `param trees: int = 200`"],
                    )
                )
                continue
            found = given_value(name, text, params[name][1], problems)
            if found is not None:
                values[name] = plain(found.value)
        return values, problems

    def _too_many_environments(self, root: Module) -> bool:
        if len(root.environments) <= limits.ENVIRONMENTS:
            return False
        first = list(root.environments.values())[limits.ENVIRONMENTS]
        self._diagnostics.add(
            Diagnostic(
                codes.OVER_LIMIT,
                f"a file has {limits.ENVIRONMENTS} environments at most, and this one has {len(root.environments):,}",
                root.span(first.name or first),
                label="one too many; the pipeline was not checked",
                help=["give what differs as a `param`, with `--set`"],
            )
        )
        return True

    def _unknown_environment(self, root: Module) -> None:
        near = nearest(self.environment, root.environments)
        known = ", ".join(f"`{name}`" for name in root.environments)
        help = f"did you mean `{near}`?" if near else f"it declares {known}" if known else "it declares none"
        self._diagnostics.add(
            Diagnostic(
                codes.UNKNOWN_ENVIRONMENT,
                f"`{self.path}` has no environment `{self.environment}`",
                Span(root.source, 0, 0),
                help=[help],
            )
        )
