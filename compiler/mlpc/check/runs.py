"""What a component runs: `run = python("train.py:fit")`, `run = container(image = "…", command = ["…"])`."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label
from ..resolve.similar import nearest
from ..syntax import tree
from ..syntax.edits import removal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..resolve.modules import Module
    from .declared import Declarations
    from .specs import ComponentSpec

#: What the steps of the standard library are: modules that every step environment has, not files of a project.
_RUNTIME = "mlpc_stdlib.runtime."
#: Arguments by name; what has none is called "".
_TAKES: dict[str, tuple[str, ...]] = {"python": ("",), "container": ("image", "command")}
_HELP = {
    "python": 'write `python("train.py:fit")`',
    "container": 'write `container(image = "…", command = ["…"])`',
}


def run(declarations: Declarations, module: Module, spec: ComponentSpec, node: tree.Expr) -> None:
    """Read what stands behind `run =` into ``spec``; what is wrong about it is reported once."""
    if isinstance(node, tree.ErrorExpr):
        return
    if isinstance(node, tree.NoneLiteral):
        spec.unbuilt = True
        return
    called = isinstance(node, tree.Call) and isinstance(node.function, tree.Ref) and node.function.text
    if not isinstance(node, tree.Call) or called not in _TAKES:
        _runs_nothing(declarations, module, node)
        return
    given = _arguments(declarations, module, node, called)
    if given is None:
        return
    if called == "python":
        _python(declarations, module, spec, node, given)
    else:
        _container(declarations, module, spec, node, given)


def _runs_nothing(declarations: Declarations, module: Module, node: tree.Expr) -> None:
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Ref):
        near = nearest(node.function.text, _TAKES)
        if near is not None:
            span = module.span(node.function)
            declarations.report(
                Diagnostic(
                    codes.BAD_DECLARATION,
                    f"`{node.function.text}` runs nothing: what runs is a Python function or a container",
                    span,
                    label=f"did you mean `{near}`?",
                    fixes=[Fix(f"write `{near}`", [(span, near)])],
                )
            )
            return
    help = 'write `run = python("train.py:fit")` or `run = container(image = "…", command = ["…"])`'
    if isinstance(node, tree.String) and ".py:" in node.text:
        help = f"write `run = python({node.text})`"
    declarations.bad(module, node, "`run` says what runs: a Python function or a container", help)


def _arguments(
    declarations: Declarations, module: Module, node: tree.Call, called: str
) -> dict[str, tree.Expr] | None:
    """Return what is given, by name; None where an argument is unknown or there twice, which is reported."""
    known = _TAKES[called]
    given: dict[str, tree.Arg] = {}
    fine = True
    for arg in node.args:
        name = arg.name.text if arg.name is not None else ""
        span = module.span(arg.name or arg)
        if name in known and name not in given:
            given[name] = arg
            continue
        if not name and not fine:
            continue
        fine = False
        if name in known and name:
            declarations.report(
                Diagnostic(
                    codes.DUPLICATE_KEY,
                    f"`{name}` of `{called}` is set twice",
                    span,
                    label="set again",
                    labels=[Label(module.span(given[name].name or arg), "set first")],
                    help=["keep one of them"],
                )
            )
            continue
        near = nearest(name, known) if name and called == "container" else None
        if not name:
            message = (
                "`python` takes one text" if name in known else f"`{called}` takes what it needs by name"
            )
            label = "one too many" if name in known else "without a name"
        else:
            message = f"`{called}` takes no `{name}`"
            label = f"did you mean `{near}`?" if near else "unknown"
        takes = "a file and a function" if called == "python" else "`image` and `command`, by name"
        declarations.report(
            Diagnostic(
                codes.BAD_ARGUMENT,
                message,
                span,
                label=label,
                help=[] if near else [f"it takes {takes}: {_HELP[called]}"],
                fixes=[Fix(f"write `{near}`", [(span, near)])]
                if near
                else [Fix("take it away", removal(module.source, arg), safe=False)]
                if label != "without a name" and len(node.args) > 1
                else [],
            )
        )
    return {name: arg.value for name, arg in given.items()} if fine else None


def _python(
    declarations: Declarations,
    module: Module,
    spec: ComponentSpec,
    node: tree.Call,
    given: dict[str, tree.Expr],
) -> None:
    texts = declarations.texts(module, (given[""],)) if "" in given else [""]
    if texts is None:
        return
    target, _, name = texts[0].partition(":")
    if not target or not name or ":" in name:
        declarations.bad(module, node, "`python` takes a file and a function", _HELP["python"])
    elif target.startswith(_RUNTIME):
        spec.action = ("runtime", target, name, ())
    elif not target.endswith(".py"):
        declarations.bad(module, node, f"`{target}` is no Python file", _HELP["python"])
    else:
        declarations.checker.user_function(module, given[""], target, name, spec)


def _names(item: tree.Expr) -> set[str]:
    """Return the names that a word of a command goes by, be it in an interpolation."""
    if isinstance(item, tree.Ref):
        return {item.names[0]}
    if isinstance(item, tree.String):
        return {part.names[0] for part in item.parts if isinstance(part, tree.Ref)}
    return set()


def _container(
    declarations: Declarations,
    module: Module,
    spec: ComponentSpec,
    node: tree.Call,
    given: dict[str, tree.Expr],
) -> None:
    image, command = given.get("image"), given.get("command")
    missing = image is None or not isinstance(command, tree.List) or not command.items
    if missing and not isinstance(command, tree.ErrorExpr) and not isinstance(image, tree.ErrorExpr):
        declarations.bad(
            module, node, "`container` takes an image and the command that runs in it", _HELP["container"]
        )
    if image is None or not isinstance(command, tree.List) or not command.items:
        return
    name = declarations.texts(module, (image,))
    ports = {*spec.inputs, *spec.params, *spec.outputs}
    given_away = next((item for item in command.items if _names(item) & ports), None)
    if given_away is not None:
        shown = ", ".join(f"`{each}`" for each in sorted(_names(given_away) & ports))
        declarations.bad(
            module,
            given_away,
            f"a command is plain text: {shown} cannot stand in it",
            "inputs, params and outputs are told by a file, whose path follows `--task` behind the command",
        )
        return
    words = declarations.texts(module, command.items)
    if name is None or words is None:
        return
    from ..ir.image_names import is_image

    if not is_image(name[0]):
        declarations.report(
            Diagnostic(
                codes.BAD_FORMAT,
                "no image can have such a name",
                module.span(image),
                help=["such as `python:3.11-slim` or `registry.example.org/team/train:1.4`"],
            )
        )
        return
    spec.action = ("container", name[0], "", tuple(words))
