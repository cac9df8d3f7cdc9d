"""What is to hold for any input, by what reads it: each function raises where mlpc is at fault."""

from __future__ import annotations

import json
import os
import tempfile

from mlpc import codes
from mlpc.diagnostics import Diagnostic
from mlpc.format import format_source
from mlpc.ir.canonical import dumps
from mlpc.ir.draw import tree
from mlpc.ir.errors import IRError
from mlpc.ir.models import loads
from mlpc.lint.fixing import mend
from mlpc.source import Source, Span
from mlpc.syntax.parser import decode, parse
from mlpc_backends.airflow import BACKEND as AIRFLOW
from mlpc_backends.compose import BACKEND as COMPOSE
from mlpc_backends.kubeflow import BACKEND as KUBEFLOW
from mlpc_backends.local import BACKEND as LOCAL
from mlpc_cli.lint import lay_out, look
from mlpc_run import lock
from mlpc_run.errors import EngineError
from tests.fuzz.seeds import FILES, LOCKS, PROGRAMS, SETTINGS, WORKFLOWS
from tests.loader import Texts, compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpc.backend import Backend
    from mlpc.compilation import Compilation

BACKENDS: tuple[Backend, ...] = (LOCAL, COMPOSE, KUBEFLOW, AIRFLOW)


def is_sound(diagnostic: Diagnostic) -> None:
    """Check that a diagnostic has a code, words, and places that there are."""
    assert diagnostic.code.code.startswith("MLP")
    assert diagnostic.code != codes.INTERNAL_FAULT
    assert diagnostic.message.strip()
    assert "\n" not in diagnostic.message
    places = [diagnostic.span, *(label.span for label in diagnostic.labels)]
    assert diagnostic.span is not None
    for fix in diagnostic.fixes:
        assert fix.message.strip()
        assert fix.edits
        places += [span for span, _ in fix.edits]
    for span in places:
        assert isinstance(span, Span)
        assert 0 <= span.start <= span.end <= len(span.source.text), diagnostic
    assert all(text.strip() for text in diagnostic.help)
    json.dumps(diagnostic.to_json())


def checked(text: str) -> Compilation | None:
    """Check that what is said of ``text`` is sound; return its compilation where it is a pipeline without errors."""
    compilation = compiled(text, FILES)
    found = compilation.check()
    for diagnostic in found:
        is_sound(diagnostic)
    places = [(d.code.code, d.span, d.message) for d in found]
    assert len(set(places)) == len(places), "nothing is said twice"
    if any(diagnostic.severity == "error" for diagnostic in found) or compilation.is_library:
        return None
    return compilation


def is_handled(text: str) -> None:
    """Check that ``text`` gives sound diagnostics, or a workflow and results of its tests under every environment."""
    compilation = checked(text)
    if compilation is None:
        return
    found = list(compilation.check())
    for environment in ("", *compilation.environments()):
        made = compiled(text, FILES, environment)
        assert made.workflow() is not None or list(made.check()) != found
    compilation.tests()


def is_read(text: str) -> None:
    """Check that the parser reads ``text``, or says what is wrong."""
    source, problems = decode("main.mlp", text.encode("utf-8", "surrogatepass"))
    for diagnostic in (*problems, *parse(source).diagnostics):
        is_sound(diagnostic)


def is_laid_out(text: str) -> None:
    """Check that the formatter's proof holds."""
    done = format_source(Source("main.mlp", text))
    assert all(item.code != codes.FORMATTER_FAULT for item in done.diagnostics), text
    if not done.diagnostics:
        assert format_source(Source("main.mlp", done.text)).text == done.text


def is_mended(text: str) -> None:
    """Check that the linter says what is sound, and that its fixes leave a program without errors."""
    files = {**FILES, "main.mlp": text}
    broken, found = look(Texts(files), "main.mlp")
    if broken:
        return
    for diagnostic in found:
        is_sound(diagnostic)
    after = mend(Texts(files), lambda over: look(over, "main.mlp"), lay_out, unsafe=True)
    assert not look(Texts({**files, **after.texts}), "main.mlp")[0]


def is_compiled(text: str) -> None:
    """Check that each engine takes or refuses a program that can run, the same way twice."""
    from mlpc.backend import Material

    workflow = compiled(text, FILES).workflow()
    if workflow is None:
        return
    material = Material({"mlpc_stdlib/__init__.py": b""}, {"train.py": b""})
    for backend in BACKENDS:
        first = backend.emit(workflow, material) if backend.takes_material else backend.emit(workflow)
        again = backend.emit(workflow, material) if backend.takes_material else backend.emit(workflow)
        assert first.files == again.files
        for diagnostic in first.diagnostics:
            assert diagnostic.message.strip()


def is_a_workflow(text: str) -> None:
    """Check that a workflow is read, or refused as one that is wrong; what is read can be written and drawn."""
    try:
        workflow = loads(text.encode("utf-8", "surrogatepass"))
    except IRError:
        return
    assert dumps(loads(dumps(workflow))) == dumps(workflow)
    tree(workflow)


def is_a_lock(text: str) -> None:
    """Check that a lock is read, or refused as none."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mlpc.lock")
        with open(path, "wb") as file:
            file.write(text.encode("utf-8", "surrogatepass"))
        try:
            found = lock.read(path)
        except EngineError:
            return
        assert found is not None
        found.dumps()


def are_settings(text: str) -> None:
    """Check that a project's `mlpc.toml` is read, or said to be wrong at its place, by all that read it."""
    _, found = look(Texts({**FILES, "main.mlp": _PRICED, "mlpc.toml": text}), "main.mlp")
    for diagnostic in found:
        is_sound(diagnostic)


_PRICED = PROGRAMS["examples/tumor/main.mlp"].replace(
    "\npipeline tumor {\n", "\npipeline tumor {\n  budget { require cost <= 40USD }\n", 1
)
_ALL = list(PROGRAMS.values())
#: By name: what is to hold, and what inputs begin as.
TARGETS: dict[str, tuple[Callable[[str], None], list[str]]] = {
    "check": (is_handled, _ALL),
    "parse": (is_read, _ALL),
    "format": (is_laid_out, _ALL),
    "lint": (is_mended, [text for text in _ALL if "test " in text or "each" in text or "evaluate" in text]),
    "compile": (is_compiled, [PROGRAMS[name] for name in PROGRAMS if not name.startswith("tests/cases")]),
    "workflow": (is_a_workflow, WORKFLOWS),
    "lock": (is_a_lock, LOCKS),
    "settings": (are_settings, SETTINGS),
}
