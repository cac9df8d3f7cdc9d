"""`test "…" { given … expect … }`: what is given and what is expected, checked and ready to be judged by :mod:`mlpc.spectest`."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label, article
from ..resolve.similar import nearest
from ..syntax import tree
from ..syntax.edits import removal
from .scope import Scope
from .values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..ir.nodes import Json
    from ..resolve.modules import Module
    from ..resolve.program import Program
    from ..source import Span
    from .checker import Checker
    from .typed import TypedProgram

#: What can be given, for help texts.
_GIVEN = 'a figure (`given quality.accuracy = 80%`), a param (`given trees = 50`), `given env = "prod"` or `given runs(…)`'


class Part:
    """A part of an expectation whose value is shown when it does not hold."""

    __slots__ = ("text", "value")

    def __init__(self, text: str, value: Value) -> None:
        self.text = text
        self.value = value


class Expectation:
    """One `expect`; ``expr`` is its value, or the IR's expression for it, with `runs` and `estimate` beside the rest."""

    __slots__ = ("expr", "parts", "span", "text")

    def __init__(self, text: str, expr: Json, span: Span, parts: list[Part]) -> None:
        self.text = text
        self.expr = expr
        self.span = span
        self.parts = parts


class TypedTest:
    """One test: figures by block, name and class; values of params; blocks that are said to run or not."""

    __slots__ = ("environment", "expectations", "figures", "name", "params", "runs", "span", "written")

    def __init__(self, name: str, span: Span, environment: str) -> None:
        self.name = name
        self.span = span
        self.environment = environment
        self.figures: dict[tuple[str, str, str], Any] = {}
        self.params: dict[str, Any] = {}
        self.runs: dict[str, bool] = {}
        #: How the instances of an `each` are written, by id: `fit["eu"]`.
        self.written: dict[str, str] = {}
        self.expectations: list[Expectation] = []


class Tests:
    """The tests of one file."""

    __slots__ = ("checker", "module", "report")

    def __init__(self, checker: Checker, module: Module) -> None:
        self.checker = checker
        self.module = module
        self.report = checker.report

    def names(self) -> None:
        """Report tests without a name, or with one that another has, and environments that are not there."""
        first: dict[str, tree.Decl] = {}
        for decl in self.module.tests:
            if decl.eaches:
                self.checker.misplaced_each(self.module, decl)
            name = _text(decl.name)
            if isinstance(decl.name, tree.String) and (
                not name.strip() or not all(isinstance(part, str) for part in decl.name.parts)
            ):
                self.report(
                    Diagnostic(
                        codes.MISSING_NAME,
                        "the name of a test is plain text that says what is expected",
                        self.module.span(decl.name),
                        label="holds `${…}`" if len(decl.name.parts) > 1 or name.strip() else "empty",
                        help=['such as `test "a weak model is never deployed" { … }`'],
                    )
                )
                continue
            if not isinstance(decl.name, tree.String):
                span = self.module.span(decl.name or decl.kind)
                written = f'test "{span.text}"' if decl.name is not None else 'test "what is expected"'
                self.report(
                    Diagnostic(
                        codes.MISSING_NAME,
                        "the name of a test is a text that says what is expected",
                        span,
                        help=[f"write `{written} {{ … }}`"],
                        fixes=[Fix(f'write `"{span.text}"`', [(span, f'"{span.text}"')])]
                        if decl.name is not None
                        else [],
                    )
                )
            elif name in first:
                other = first[name]
                self.report(
                    Diagnostic(
                        codes.DUPLICATE_NAME,
                        f'there are two tests "{name}"',
                        self.module.span(decl.name),
                        label="declared again",
                        labels=[Label(self.module.span(other.name or other), "declared first")],
                        help=["give one of them another name"],
                    )
                )
            first.setdefault(name, decl)
            if not self.module.pipelines and not self.module.lost:
                self.report(
                    Diagnostic(
                        codes.WRONG_PLACE,
                        "a test belongs to the file of its pipeline",
                        self.module.span(decl.kind),
                        help=["this file has no pipeline"],
                    )
                )
            environment, node = self._environment(decl)
            if node is not None and environment not in self.module.environments:
                known = list(self.module.environments)
                near = nearest(environment, known)
                span = self.module.span(node)
                self.report(
                    Diagnostic(
                        codes.UNKNOWN_ENVIRONMENT,
                        f"there is no environment `{environment}`",
                        span,
                        label=f"did you mean `{near}`?" if near else "not declared",
                        help=[]
                        if near
                        else ["there is " + ", ".join(f"`{each}`" for each in known)]
                        if known
                        else ["the file declares none"],
                        fixes=[Fix(f'write `"{near}"`', [(span, f'"{near}"')])] if near else [],
                    )
                )

    def under(self, typed: TypedProgram) -> list[TypedTest]:
        """Return the tests under the environment of ``typed``, after checking them."""
        found = []
        for decl in self.module.tests:
            environment, _ = self._environment(decl)
            if environment not in self.module.environments:
                environment = ""  # reported; the rest of the test is checked all the same
            if environment == typed.program.environment:
                found.append(_Reader(self.checker, self.module, typed, decl).read())
        return found

    def _environment(self, decl: tree.Decl) -> tuple[str, tree.Node | None]:
        for item in decl.body.items if decl.body is not None else ():
            if isinstance(item, tree.Fact) and item.verb.text == "given" and _is_environment(item.expr):
                assert isinstance(item.expr, tree.Binary)  # as it just said
                if isinstance(item.expr.right, tree.String):
                    return _text(item.expr.right), item.expr.right
        return "", None


class _Reader:
    """Reads one test."""

    __slots__ = ("checker", "decl", "module", "places", "program", "report", "scope", "test")

    def __init__(self, checker: Checker, module: Module, typed: TypedProgram, decl: tree.Decl) -> None:
        self.checker = checker
        self.module = module
        self.decl = decl
        self.report = checker.report
        self.program: Program = typed.program
        self.scope = Scope(module, typed.program, facts=True)
        self.test = TypedTest(_text(decl.name), module.span(decl.name or decl), typed.program.environment)
        for found in typed.instances.values():
            self.test.written.update({found.id(keys): found.written(keys) for keys in found.keys(())})
        #: Where what was given was given first.
        self.places: dict[str, tree.Node] = {}

    def read(self) -> TypedTest:
        items = self.decl.body.items if self.decl.body is not None else ()
        for item in items:
            if isinstance(item, tree.ErrorItem):
                continue
            if not isinstance(item, tree.Fact):
                self._no_fact_at_all(item)
            elif item.verb.text == "given":
                self._given(item.expr)
            else:
                self._expect(item.expr)
        # What stands in its place was meant as a fact, and told.
        if not any(not isinstance(item, tree.Fact) or _expects(item) for item in items):
            self.report(
                Diagnostic(
                    codes.BAD_DECLARATION,
                    "this test expects nothing",
                    self.test.span,
                    help=["say what follows from what is given: `expect not runs(api)`"],
                )
            )
        return self.test

    def _no_fact_at_all(self, item: tree.Item) -> None:
        help, fixes = ["write `given … = …` and `expect …`"], []
        if isinstance(item, tree.Condition) and item.verb.text == "require":
            help = ["what has to hold in a test is expected: `expect …`"]
            if item.name is None and item.body is None:
                fixes = [Fix("write `expect`", [(self.module.span(item.verb), "expect")])]
        elif isinstance(item, tree.Attr):
            text = self.module.source.text[item.start : item.end]
            help = [f"write `given {text}`, or `expect {item.name.text} == …`"] if "\n" not in text else help
        elif isinstance(item, tree.Decl) and isinstance(item.name, tree.Name):
            self.module.lost.add(item.name.text)  # what uses it is not to be told as well
            if item.kind.text == "let":
                help = ["a `let` stands in the pipeline or at the top level of the file; a test sees both"]
        self.report(
            Diagnostic(
                codes.WRONG_PLACE, "a test holds facts only", self.module.span(item), help=help, fixes=fixes
            )
        )

    # -- given -------------------------------------------------------------------------------------------------

    def _given(self, expr: tree.Expr) -> None:
        if isinstance(expr, tree.Binary) and expr.operator == "=":
            self._equal(expr)
            return
        negated = isinstance(expr, tree.Unary) and expr.operator == "not"
        inner = expr.operand if isinstance(expr, tree.Unary) and negated else expr
        if isinstance(inner, tree.Call):
            value = self.checker.expressions.evaluate(inner, self.scope)
            if value.wrong:
                return
            if isinstance(value.expr, dict) and "runs" in value.expr:
                id = str(value.expr["runs"])
                if self._first(f"runs({id})", expr):
                    self.test.runs[id] = not negated
                return
        if isinstance(inner, tree.Binary) and inner.operator == "==":
            shown = self.module.source.text[inner.left.start : inner.right.end]
            span = self.module.span(inner)
            written = shown.replace("==", "=", 1)
            self._no_fact(
                span, "this compares, and gives nothing", [Fix(f"write `{written}`", [(span, written)])]
            )
            return
        self._no_fact(self.module.span(expr), "nothing is given by this")

    def _no_fact(self, span: Span, message: str, fixes: list[Fix] | None = None) -> None:
        self.report(
            Diagnostic(
                codes.NOT_A_FACT,
                message,
                span,
                label="no fact",
                help=[f"what can be given is {_GIVEN}"],
                fixes=fixes or [],
            )
        )

    def _first(self, what: str, node: tree.Node) -> bool:
        """Return whether ``what`` was not given before; else report it."""
        before = self.places.setdefault(what, node)
        if before is node:
            return True
        self.report(
            Diagnostic(
                codes.DUPLICATE_KEY,
                f"`{what}` is given twice",
                self.module.span(node),
                label="given again",
                labels=[Label(self.module.span(before), "given first")],
                help=["keep one of them"],
            )
        )
        return False

    def _equal(self, expr: tree.Binary) -> None:
        if _is_environment(expr):
            if not isinstance(expr.right, tree.String):
                self._no_fact(self.module.span(expr.right), "an environment is named by a text")
            self._first("env", expr.left)
            return
        left = self.checker.expressions.evaluate(expr.left, self.scope)
        if left.wrong:
            return
        what = left.entity.what if left.entity is not None else ""
        if what == "secret":
            self._no_fact(left.span, "a secret has no value in a test")
            return
        if what == "compared" and left.entity is not None and not left.known:
            self._missing_model(left, expr)
            return
        metric: Any = left.expr.get("metric") if isinstance(left.expr, dict) else None
        # The time of a run is given like a param.
        param = left.expr.get("param") if isinstance(left.expr, dict) and what == "output" else None
        if what == "param" and left.entity is not None:
            param = left.entity.name
        if metric is None and not isinstance(param, str):
            said = f"`{left.text}` is known already" if left.known else f"`{left.text}` cannot be given"
            self._no_fact(left.span, said)
            return
        right = self.checker.expressions.evaluate(expr.right, self.scope.wanting(left.type))
        fitted = self.checker.fit(right, left.type, f"`{left.text}`")
        if fitted.wrong:
            return
        if not fitted.known:
            self.report(
                Diagnostic(
                    codes.NOT_KNOWN_YET,
                    "what is given is a value, but this is known when the pipeline runs only",
                    fitted.span,
                    label="not known",
                    help=["write the value"],
                )
            )
            return
        if not self._first(left.text, expr.left):
            return
        if isinstance(param, str):
            self.test.params[param] = fitted.value
        else:
            self.test.figures[(metric["node"], metric["name"], metric.get("class", ""))] = fitted.value

    def _missing_model(self, left: Value, expr: tree.Binary) -> None:
        """Take `quality.baseline = none`: of one that is there, its figures are given."""
        entity = left.entity
        if entity is None or not isinstance(expr.right, tree.NoneLiteral) or not left.type.optional:
            self._no_fact(
                left.span, f"what is given of `{left.text}` are its figures, such as `{left.text}.…`"
            )
        elif self._first(left.text, expr.left):
            self.test.figures[(entity.block, entity.name, "")] = None

    # -- expect ------------------------------------------------------------------------------------------------

    def _expect(self, expr: tree.Expr) -> None:
        value = self.checker.expressions.evaluate(expr, self.scope)
        if value.wrong:
            return
        span = self.module.span(expr)
        if value.type.base != "bool":
            self.report(
                Diagnostic(
                    codes.NOT_A_CONDITION,
                    f"an expectation is true or false, but this is {article(value.type.show())}",
                    span,
                    label=value.type.show(),
                    help=[f"write `runs({value.text})`, or compare what it has: `{value.text}.… == …`"]
                    if value.type.base == "block"
                    else [f"compare it: `expect {value.text} == …`"],
                )
            )
            return
        text = " ".join(span.text.split())
        self.test.expectations.append(Expectation(text, value.to_json(), span, self._parts(expr)))

    def _parts(self, expr: tree.Expr) -> list[Part]:
        """Return what stands on both sides of comparisons and is no literal, and what runs; in order."""
        found: list[Part] = []
        waiting = [expr]
        while waiting:
            node = waiting.pop()
            if isinstance(node, tree.Paren):
                waiting.append(node.inner)
            elif isinstance(node, tree.Unary):
                waiting.append(node.operand)
            elif isinstance(node, tree.Binary):
                waiting += [node.right, node.left]
            elif isinstance(node, tree.Ref | tree.Member | tree.Index | tree.Call):
                value = self.checker.expressions.evaluate(node, self.scope)
                text = " ".join(self.module.source.text[node.start : node.end].split())
                if not value.wrong and text not in [part.text for part in found]:
                    found.append(Part(text, value))
        return found


def _text(node: tree.Node | None) -> str:
    if isinstance(node, tree.String):
        return "".join(part for part in node.parts if isinstance(part, str))
    return node.text if isinstance(node, tree.Name) else ""


def _is_environment(expr: tree.Expr) -> bool:
    return (
        isinstance(expr, tree.Binary)
        and expr.operator == "="
        and isinstance(expr.left, tree.Ref)
        and expr.left.names == ("env",)
    )


def _expects(item: tree.Item) -> bool:
    return not isinstance(item, tree.Fact) or item.verb.text == "expect"


def runs(checker: Checker, node: tree.Call, scope: Scope) -> Value:
    """Return what `runs(block)` means in a test."""
    from .types import BOOL

    id = _block(checker, node, scope, "runs")
    if id is None:
        from .values import wrong

        return wrong(scope.module, node)
    return Value(BOOL, scope.module, node, expr={"runs": id})


def estimate(checker: Checker, node: tree.Call, scope: Scope) -> Value:
    """Return what `estimate(block)` means in a test: the figures that are known before anything runs."""
    from .types import Type
    from .values import Entity, wrong

    program = scope.program
    arg = node.args[0].value if len(node.args) == 1 and node.args[0].name is None else None
    pipeline = program.decl.name if program is not None else None
    if (
        program is not None
        and isinstance(arg, tree.Ref)
        and isinstance(pipeline, tree.Name)
        and arg.names == (pipeline.text,)
        and pipeline.text not in program.names
    ):
        return Value(Type("estimate"), scope.module, node, entity=Entity("estimate", pipeline.text))
    id = _block(checker, node, scope, "estimate")
    if id is None:
        return wrong(scope.module, node)
    return Value(Type("estimate"), scope.module, node, entity=Entity("estimate", id, block=id))


def _block(checker: Checker, node: tree.Call, scope: Scope, name: str) -> str | None:
    module = scope.module
    if len(node.args) != 1 or node.args[0].name is not None:
        place = node.args[1] if len(node.args) > 1 else node.args[0] if node.args else node
        blocks = scope.program.blocks if scope.program is not None else []
        known = [block.id for block in blocks if not block.decl.eaches]
        checker.report(
            Diagnostic(
                codes.BAD_ARGUMENT,
                f"`{name}` takes one block",
                module.span(place),
                help=[f"such as `{name}({known[0]})`"] if known else [],
                fixes=[Fix("take it away", removal(module.source, place), safe=False)]
                if len(node.args) > 1
                else [],
            )
        )
        return None
    value = checker.expressions.evaluate(node.args[0].value, scope)
    if value.wrong:
        return None
    if value.entity is not None and value.entity.what == "block":
        return value.entity.block
    checker.report(
        Diagnostic(
            codes.WRONG_TYPE,
            f"`{name}` takes a block of the pipeline, but this is {article(value.type.show())}",
            value.span,
            label=value.type.show(),
        )
    )
    return None


def estimated(checker: Checker, value: Value, name: str, span: Span, node: tree.Node, scope: Scope) -> Value:
    """Return the figure ``name`` of an estimate: `estimate(sensor).flash`."""
    from .footprint import ESTIMATED, footprint
    from .specs import CHECK
    from .types import Type
    from .values import wrong

    entity = value.entity
    assert entity is not None  # asked by the caller
    if not entity.block:
        return _of_pipeline(checker, entity.name, name, span, node, scope)
    typed = checker.block(entity.block)
    if typed is None or typed.component is None:
        return wrong(scope.module, node)
    declared = [each for each, spec in typed.quantities.items() if spec.when == CHECK]
    spec = typed.quantities.get(name)
    found = footprint(checker, checker.typed, typed)
    # What fits a board is a figure of what is put on one.
    known = [
        *declared,
        *(each for each in found.figures if each not in ("flash", "ram") and each not in declared),
    ]
    if name in known:
        asked: dict[str, Json] = {"node": entity.block, "name": name}
        if name in found.figures:
            asked["value"] = found.figures[name]
        else:
            asked["because"] = found.why or "nothing estimates it"
        type = spec.type if spec is not None else Type(ESTIMATED[name])
        return Value(type, scope.module, node, expr={"estimate": asked})
    near = nearest(name, known)
    help = [f"`{entity.block}` is estimated by " + ", ".join(f"`{each}`" for each in known)]
    if not known:
        help = [f"no figure of `{entity.block}` is known before it runs"]
    elif near:
        help = []
    if spec is not None:
        help = [f"`{name}` is known once it has run: write `{entity.block}.{name}`, and give it"]
        help += [f"it is not estimated: {found.why}"] if found.why and name in ESTIMATED else []
    checker.report(
        Diagnostic(
            codes.UNKNOWN_METRIC,
            f"there is no estimate of `{name}` for `{entity.block}`",
            span,
            label=f"did you mean `{near}`?" if near else "not estimated",
            help=help,
            fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
        )
    )
    return wrong(scope.module, node)


def _of_pipeline(
    checker: Checker, pipeline: str, name: str, span: Span, node: tree.Node, scope: Scope
) -> Value:
    from .budget import ESTIMATED
    from .types import Type
    from .values import wrong

    found = checker.estimates()
    known = list(ESTIMATED)
    if name not in known:
        near = nearest(name, known)
        checker.report(
            Diagnostic(
                codes.UNKNOWN_METRIC,
                f"there is no estimate of `{name}` for the pipeline",
                span,
                label=f"did you mean `{near}`?" if near else "not estimated",
                help=[] if near else ["it has " + ", ".join(f"`{each}`" for each in known)],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )
        return wrong(scope.module, node)
    one = found[name]
    type = Type("duration") if name == "time" else Type(checker.prices.currency)
    if not one.unknown:
        return Value(type, scope.module, node, known=True, value=one.amount)
    reasons: list[Json] = [reason for reason, *_ in one.unknown]
    return Value(
        type, scope.module, node, expr={"estimate": {"node": pipeline, "name": name, "unknown": reasons}}
    )
