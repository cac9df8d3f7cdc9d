"""Values that are given when a pipeline is started: ``--set trees=50``."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, article
from ..resolve.modules import Module
from ..source import Source
from ..syntax import tree
from ..syntax.parser import parse
from .types import TEXTS, Type
from .values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .fit import Fitter

_BEFORE = "mlp 1\nlet given = "


def given_value(name: str, text: str, type: Type, problems: list[Diagnostic]) -> Value | None:
    """Return ``text`` as a value of ``type``, or None after adding to ``problems`` why it is none."""
    found: list[Diagnostic] = []
    value: Value | None = None
    # Only a text may mean the blanks around it.
    if type.base != "string" or text.lstrip().startswith('"'):
        text = text.strip()
    if type.base in TEXTS and not text.startswith('"'):
        source = Source(f"--set {name}", text)
        module = Module(source.path, source, tree.File(source, None, (), (), (), 0, 0))
        value = Value(Type("string"), module, tree.Name(text, 0, len(text)), known=True, value=text)
    else:
        value = _read(name, text, found)
    if value is not None and not value.wrong:
        value = _fitter(found).fit(value, type, f"`{name}`")
    if value is None or value.wrong or not value.known:
        if found and found[0].code is codes.UNKNOWN_NAME:
            # No name is known here, so that none was meant.
            found = [Diagnostic(codes.WRONG_TYPE, f"`{name}` is {article(type.show())}, but this is a word")]
        for problem in found[:1]:
            # The text stands on the command line: a place in it helps nobody.
            problems.append(
                Diagnostic(problem.code, f"--set {name}={text}: {problem.message}", None, help=problem.help)
            )
        if not found:
            problems.append(Diagnostic(codes.BAD_ARGUMENT, f"--set {name}={text}: this is no value", None))
        return None
    return value


def _fitter(found: list[Diagnostic]) -> Fitter:
    from .fit import Fitter

    return Fitter(found.append)


def _read(name: str, text: str, found: list[Diagnostic]) -> Value | None:
    from ..diagnostics import Diagnostics
    from ..resolve.modules import Modules
    from .checker import Checker

    source = Source(f"--set {name}", _BEFORE + text + "\n")
    parsed = parse(source)
    decl = parsed.file.items[0] if len(parsed.file.items) == 1 else None
    if parsed.diagnostics or not isinstance(decl, tree.Decl) or decl.value is None or "\n" in text:
        found.extend(parsed.diagnostics[:1])
        return None
    diagnostics = Diagnostics()
    checker = Checker(Modules(_NoFiles(), diagnostics), diagnostics)
    value = checker.constant(Module(source.path, source, parsed.file), decl.value)
    found.extend(diagnostics)
    return value


class _NoFiles:
    def read(self, path: str) -> bytes | None:
        return None

    def names(self, folder: str) -> list[str]:
        return []

    def what(self, path: str) -> str:
        return ""
