"""Whether a function of the user's own fits the component that runs it: parameters, annotations, what it returns.

Nothing is imported. What an annotation says is compared as far as its name tells; one of the user's own classes, or of a
library that is not known here, fits everything.
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label, article
from ..resolve.similar import nearest
from .units import DIMENSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..source import Span
    from .functions import Function, Hint, Parameter, PythonFile
    from .specs import BlockSpec, ComponentSpec, ParamSpec
    from .types import Type

#: Annotations whose meaning is certain; any other may be anything.
_SCALARS = ("int", "float", "str", "bool", "bytes", "complex")
_LISTS = ("list", "Sequence", "Iterable", "Collection", "MutableSequence")
_MAPS = ("dict", "Mapping", "MutableMapping")
_PATHS = ("pathlib.Path", "pathlib.PurePath", "os.PathLike")
_FRAMES = ("pandas.DataFrame",)
_ARRAYS = ("numpy.ndarray", "numpy.typing.NDArray")
_OTHERS = (
    "tuple",
    "set",
    "frozenset",
    "pandas.Series",
    "polars.DataFrame",
    "polars.LazyFrame",
    "pyarrow.Table",
    "datetime.date",
    "datetime.datetime",
    "datetime.timedelta",
    "decimal.Decimal",
    "None",
)
_CERTAIN = frozenset((*_SCALARS, *_LISTS, *_MAPS, *_PATHS, *_FRAMES, *_ARRAYS, *_OTHERS))
#: What a step hands over for a param of each type, in words, and the annotations that say so.
_TEXT = ("str", *_PATHS)


def find(
    report: Callable[[Diagnostic], None], file: PythonFile, path: str, name: str, target: str, span: Span
) -> Function | None:
    """Return the function that a component names, or None after reporting why a step cannot call it.

    ``span`` is where the component names it, ``target`` the file as it is named there.
    """
    function = file.functions.get(name)
    where = file.elsewhere.get(name)
    if function is None and where is not None and where[1] in ("imported", "assigned"):
        return None  # only running the file would tell what it is
    problem, label, help = "", "", ""
    if function is None and where is not None:
        place, what = where
        problem = {
            "class": f"`{name}` in `{path}` is a class, and a step runs a function",
            "method": f"`{name}` in `{path}` is a method, and a step runs a function at the top level of a file",
            "inside": f"`{name}` in `{path}` stands inside another function, and a step runs one at the top level",
            "value": f"`{name}` in `{path}` is a value, and a step runs a function",
        }[what]
        label = {
            "class": "the class",
            "method": "the method",
            "inside": "the function",
            "value": "the value",
        }[what]
        help = "write a function at the top level that calls it, and name that"
        if what == "value":
            help = "name a function that stands at the top level of the file"
    elif function is not None and function.later:
        place, problem, label = (
            function.span,
            f"`{name}` in `{path}` is `async`: a step would not wait for it",
            "here",
        )
        help = "write an ordinary function: one that calls `asyncio.run(…)` can run this"
    elif function is not None and function.yields:
        place, problem = (
            function.span,
            f"`{name}` in `{path}` yields: calling it gives a generator and runs nothing",
        )
        label, help = "this is a generator", "write a function that returns its outputs"
    elif function is not None:
        return function
    if problem:
        report(
            Diagnostic(
                codes.MISSING_FUNCTION,
                problem,
                span,
                label="named here",
                labels=[Label(place, label)],
                help=[help],
            )
        )
        return None
    if file.star:
        return None
    near = nearest(name, file.functions)
    written = f'"{target}:{near}"'
    report(
        Diagnostic(
            codes.MISSING_FUNCTION,
            f"`{path}` has no function `{name}`",
            span,
            label=f"did you mean `{near}`?" if near else "not found",
            labels=[Label(file.functions[near].span, f"`{near}` is here")] if near else [],
            help=[]
            if near
            else ["it has " + ", ".join(f"`{each}`" for each in file.functions)]
            if file.functions
            else ["a step runs a function at the top level of a file, and it has none"],
            fixes=[Fix(f"write `{written}`", [(span, written)])] if near else [],
        )
    )
    return None


class Signature:
    """Checks one function against the component that runs it."""

    __slots__ = ("function", "path", "report", "span", "spec")

    def __init__(
        self,
        report: Callable[[Diagnostic], None],
        function: Function,
        path: str,
        spec: ComponentSpec,
        span: Span,
    ) -> None:
        self.report = report
        self.function = function
        self.path = path
        self.spec = spec
        #: Where the component names the function.
        self.span = span

    def check(self) -> None:
        """Report what the function does not take, or takes as something else, and outputs that it does not return."""
        if self.function.decorated is not None:
            return  # what it takes is the decorator's affair, and told when the step runs
        spec, function = self.spec, self.function
        offered: dict[str, Span] = {name: port.span for name, port in spec.inputs.items()}
        # A schema says what an output holds; it is no value, and no function is given one.
        offered |= {name: p.span for name, p in spec.params.items() if p.type.base != "schema"}
        offered |= {name: block.span for name, block in spec.blocks.items()}
        asked = [name for name in function.parameters if name not in (*offered, *spec.outputs, "seed")]
        missing = [
            name for name in asked if not function.parameters[name].optional and not spec.may_have(name)
        ]
        wrong = False
        for name, parameter in function.parameters.items():
            if parameter.positional and (name in offered or not parameter.optional):
                self._by_position(name, parameter)
                return
        for name, place in offered.items():
            if name not in function.parameters and not function.anything:
                near = nearest(name, asked)
                if near in missing:
                    missing.remove(near)
                wrong = True
                self._untaken(name, place, near)
        untaken = [name for name in offered if name not in function.parameters]
        if len(untaken) == len(missing) == 1 and wrong:
            missing = []  # most likely one of another name: one mistake
        for name in missing:
            wrong = True
            self._not_offered(name, function.parameters[name])
        if wrong:
            return
        for name, port in spec.inputs.items():
            if name in function.parameters:
                self._input(name, port.type, port.span, function.parameters[name])
        for name, param in spec.params.items():
            if name in function.parameters and param.type.base != "schema":
                self._param(param, function.parameters[name])
        for name, block in spec.blocks.items():
            if name in function.parameters:
                self._block(name, block, function.parameters[name])
        self._returns()

    # -- names -------------------------------------------------------------------------------------------------

    @property
    def _who(self) -> str:
        return f"`{self.function.name}` in `{self.path}`"

    def _by_position(self, name: str, parameter: Parameter) -> None:
        self.report(
            Diagnostic(
                codes.MISSING_FUNCTION,
                f"{self._who} takes `{name}` by position only, and a step passes everything by name",
                self.span,
                label="named here",
                labels=[Label(parameter.span, "before the `/`")],
                help=["take the `/` out of its parameters"],
            )
        )

    def _untaken(self, name: str, place: Span, near: str | None) -> None:
        accepted = list(self.function.parameters)
        labels = [Label(self.span, "the function"), Label(self.function.span, "it begins here")]
        if near:
            labels[1] = Label(self.function.parameters[near].span, f"it takes `{near}`")
        self.report(
            Diagnostic(
                codes.MISSING_FUNCTION,
                f"{self._who} takes no `{name}`",
                place,
                label=f"did you mean `{near}`?" if near else "declared here, not in the function",
                labels=labels,
                help=["it takes " + ", ".join(f"`{each}`" for each in accepted)]
                if accepted
                else ["it takes nothing"],
            )
        )

    def _not_offered(self, name: str, parameter: Parameter) -> None:
        if name in self.spec.params:
            problem = "but a schema is not passed to functions"
            help = "take it away in Python: what the function returns is compared with the schema after it"
        elif name in self.spec.blocks:
            problem = "which the component does not declare"
            help = f"give it a default in Python: who uses the component may leave out the block `{name}`"
        else:
            problem = "which the component does not declare"
            help = f"declare `input {name}: …` or `param {name}: …`, or give it a default in Python"
        self.report(
            Diagnostic(
                codes.MISSING_FUNCTION,
                f"{self._who} needs `{name}`, {problem}",
                self.span,
                label="named here",
                labels=[Label(parameter.span, "it has no default")],
                help=[help],
            )
        )

    # -- annotations -------------------------------------------------------------------------------------------

    def _misfit(self, parameter: Parameter, what: str, place: Span, gets: str, write: str) -> None:
        self.report(
            Diagnostic(
                codes.UNFIT_ANNOTATION,
                f"{self._who} takes `{parameter.name}` as `{parameter.hint.text}`, but it is given {gets}",
                place,
                label=what,
                labels=[Label(parameter.span, f"annotated as `{parameter.hint.text}`")],
                help=[f"annotate it as {write}"],
            )
        )

    def _input(self, name: str, type: Type, place: Span, parameter: Parameter) -> None:
        hint = parameter.hint
        if type.optional and not parameter.optional:
            self._needs_default(name, parameter, place, f"the input `{name}` may be left out")
            return
        if not _certain(hint):
            return
        gets, allowed, write = {
            "dataset": (
                "rows",
                (*_FRAMES, *_ARRAYS, *_PATHS, "str"),
                "`pandas.DataFrame`, `numpy.ndarray` or `pathlib.Path`",
            ),
            "metrics": ("figures by name", (*_MAPS, *_PATHS, "str"), "`dict` or `pathlib.Path`"),
            "model": ("a model", (*_PATHS, "str"), "what its framework loads, or as `pathlib.Path`"),
        }.get(type.base, ("the path of a file", (*_PATHS, "str"), "`pathlib.Path` or `str`"))
        if not _one_of(hint, allowed):
            self._misfit(parameter, f"an input of type `{type.show()}`", place, gets, write)

    def _needs_default(self, name: str, parameter: Parameter, place: Span, why: str) -> None:
        self.report(
            Diagnostic(
                codes.MISSING_FUNCTION,
                f"{self._who} needs `{name}`, which may not be there",
                self.span,
                label="named here",
                labels=[Label(place, why), Label(parameter.span, "it has no default")],
                help=["give it a default in Python: `= None`"],
            )
        )

    def _param(self, param: ParamSpec, parameter: Parameter) -> None:
        hint, type = parameter.hint, param.type
        if not hint.text:
            return
        what = f"a param of type `{type.show()}`"
        if type.base == "error":
            return
        gets, allowed, write = _handed_over(type)
        if "secret" in param.marks:
            gets, allowed, write = (
                "the secret as text",
                _TEXT,
                "`str`, or `pathlib.Path` for the file that holds it",
            )
        if _certain(hint) and not _one_of(hint, allowed):
            self._misfit(parameter, what, param.span, gets, write)
            return
        if hint.texts and type.choices is not None:
            more = [each for each in type.choices if each not in hint.texts]
            if more:
                self._misfit(parameter, what, param.span, f'"{more[0]}" as well', write)
                return
        of = hint.args[-1] if hint.args and type.base in ("list", "map") else None
        if of is not None and type.of is not None and _certain(of) and hint.name != "tuple":
            inner, fits, as_ = _handed_over(type.of)
            if not _one_of(of, fits):
                kind = "a list of" if type.base == "list" else "a dict of"
                as_ = f"`{hint.name}[{'str, ' if type.base == 'map' else ''}{as_.split('`')[1]}]`"
                self._misfit(parameter, what, param.span, f"{kind} values, each {inner}", as_)
                return
        absent = param.default is not None and param.default.known and param.default.value is None
        if absent and not parameter.optional and not hint.none and _certain(hint):
            self._misfit(
                parameter,
                "may be none",
                param.span,
                "`None` where the spec says nothing",
                f"`{hint.text} | None`, or give it a default",
            )

    def _block(self, name: str, block: BlockSpec, parameter: Parameter) -> None:
        if not parameter.optional:
            self._needs_default(name, parameter, block.span, f"the block `{name}` may be left out")
        elif _certain(parameter.hint) and not _one_of(parameter.hint, _MAPS):
            self._misfit(parameter, "a nested block", block.span, "a dict by name", "`dict[str, object]`")

    # -- what comes back ---------------------------------------------------------------------------------------

    def _returns(self) -> None:
        function, hint = self.function, self.function.returns
        outputs = {}
        for name, port in self.spec.outputs.items():
            asked = function.parameters.get(name)
            # What goes in under that name comes first: `test = 20%` of a split with an output `test`.
            if (
                asked is None
                or name in self.spec.inputs
                or name in self.spec.params
                or name in self.spec.blocks
            ):
                outputs[name] = port
            elif asked.hint.name not in ("str", *_PATHS):
                if not asked.optional:
                    self._misfit_output(name, port.span, asked)
                    return
                outputs[name] = port
        if not hint.text or not _certain(hint) or not outputs:
            return
        if any(port.type.base == "error" for port in outputs.values()):
            return  # what it is was told where it is declared
        listed = ", ".join(f"`{name}`" for name in outputs)
        port = next(iter(outputs.values()))
        if hint.name == "None":
            self._unreturned(
                "nothing",
                port.span,
                f"the outputs are {listed}" if len(outputs) > 1 else f"an output, {listed}",
            )
        elif len(outputs) > 1:
            if (
                hint.name == "tuple"
                and hint.args
                and hint.args[-1].text != "..."
                and len(hint.args) != len(outputs)
            ):
                self._unreturned(f"{len(hint.args)} values", port.span, f"the outputs are {listed}")
            elif not _one_of(hint, ("tuple", *_LISTS, *_MAPS)):
                self._unreturned(f"`{hint.text}`", port.span, f"the outputs are {listed}")
        elif not _one_of(hint, _MAPS):
            allowed = {
                "dataset": _FRAMES,
                "metrics": _MAPS,
                "model": ("str", "bytes", *_PATHS) if port.type.framework not in ("", "sklearn") else (),
            }.get(port.type.base, ("str", "bytes", *_PATHS, *_LISTS))
            if not _one_of(hint, allowed):
                self._unreturned(f"`{hint.text}`", port.span, f"{listed} is {article(port.type.show())}")

    def _misfit_output(self, name: str, place: Span, parameter: Parameter) -> None:
        self.report(
            Diagnostic(
                codes.UNFIT_ANNOTATION,
                f"{self._who} needs `{name}`, an output: it is given the path to write to where it asks for one",
                place,
                label="an output",
                labels=[Label(parameter.span, "not annotated as a path")],
                help=["annotate it as `pathlib.Path` or `str`, or take it out and return the value"],
            )
        )

    def _unreturned(self, returned: str, place: Span, wanted: str) -> None:
        write = {
            "dataset": "return a `pandas.DataFrame`",
            "metrics": "return a `dict` of numbers",
            "model": "return the model",
        }.get(next(iter(self.spec.outputs.values())).type.base, "return bytes, a text or a path")
        if len(self.spec.outputs) > 1:
            write = "return a tuple in their order, or a dict by name"
        self.report(
            Diagnostic(
                codes.UNFIT_ANNOTATION,
                f"{self._who} returns {returned}, but the component has {wanted}"
                if wanted.startswith("an output")
                else f"{self._who} returns {returned}, but {wanted}",
                place,
                label="declared here",
                labels=[Label(self.function.span, f"returns {returned}")],
                help=[write],
            )
        )


def _certain(hint: Hint) -> bool:
    return bool(hint.name) and all(name in _CERTAIN for name in hint.name.split("|"))


def _one_of(hint: Hint, allowed: tuple[str, ...]) -> bool:
    """Return whether something that an annotation allows is among what is given."""
    return any(name in allowed for name in hint.name.split("|"))


def _handed_over(type: Type) -> tuple[str, tuple[str, ...], str]:
    """Return what a function gets for a param: in words, the annotations that take it, and what to write."""
    base = type.base
    if base == "int":
        return "a whole number", ("int", "float", "complex"), "`int`"
    if base == "float" or base in ("money", "USD", "EUR"):
        return "a number", ("float", "complex"), "`float`"
    if base == "bool":
        return "`True` or `False`", ("bool", "int"), "`bool`"
    if base in DIMENSIONS:
        unit = {
            "duration": "seconds",
            "size": "bytes",
            "frequency": "hertz",
            "power": "watts",
            "energy": "joules",
        }.get(base, "base units")
        return f"a number of {unit}", ("float", "int", "complex"), "`float`"
    if base in ("list", "range", "tensor"):
        return "a list", _LISTS, "`list`"
    if base in ("map", "device", "call"):
        return "a dict", _MAPS, "`dict`"
    if base == "column":
        return "the name of a column", _TEXT, "`str`"
    if base in ("date", "datetime"):
        return "a text such as 2026-01-31", _TEXT, "`str`"
    return "a text", _TEXT, "`str`"
