"""Examples in pages, and whether they are what the page says they are.

What stands behind ``mlp`` in the first line of a fence says what its text is:

- nothing: a whole program, in which `mlpc check` finds nothing at all, laid out as `mlpc fmt` does, whose tests pass;
- ``wrong NAME …``: a program of which `mlpc check` says just that, once each;
- ``lint NAME …``: a program without mistakes in which the linter finds just that;
- ``in CONTEXT``, also behind the two above: a part; ``contexts/CONTEXT.mlp`` is the program it stands in;
- ``values``: a value in each line, behind ``# is`` what it comes to;
- ``statements``, ``declarations``: parts that are parsed, and laid out.

``loose`` behind any of these says that it is not laid out, to show that it need not be.

A line with a path in backticks and a colon above a fence, `` `boards.mlp`: ``, makes it a file: it lies beside the other
examples of its section. One that another example of the section uses is checked with that.
"""

from __future__ import annotations

import re
import textwrap
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mlpc.compilation import Compilation
from mlpc.format import format_source
from mlpc.ir.verify import problems
from mlpc.lint import read_settings
from mlpc.source import Source
from mlpc.spectest.judge import PASSED
from mlpc.syntax.parser import parse
from mlpc_cli.loader import DiskLoader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlpc.source import Loader

CONTEXTS = Path(__file__).parent / "contexts"
#: The line of a context in whose place a part stands.
HERE = "# here"
_FENCE = re.compile(
    r"^(?:`(?P<path>[\w./-]+)`:\n\n)?(?P<ticks>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=ticks)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^#{1,4} ", re.MULTILINE)
_LANGUAGES = ("mlp", "python", "toml")


class Fence:
    """A block of code on a page: ``line`` is its first, ``path`` names it as a file, ``files`` lie beside it."""

    __slots__ = ("files", "language", "line", "path", "text", "words")

    def __init__(self, line: int, info: str, path: str, text: str, files: Mapping[str, str]) -> None:
        self.line = line
        self.language, *self.words = info.split() or [""]
        self.path = path
        self.text = text
        self.files = files

    def __repr__(self) -> str:
        return f"line {self.line}: {self.text.partition(chr(10))[0]}"


class Project:
    """A loader over texts, with the standard library as it is."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._disk = DiskLoader("/nonexistent")

    def read(self, path: str) -> bytes | None:
        """Return the bytes of ``path``, None where there is no such file."""
        if path.startswith(("std:", "backend:")):
            return self._disk.read(path)
        text = self._files.get(path)
        # What is no UTF-8 cannot be shown as it is; a page writes the byte as an escape.
        return text.encode().replace(rb"\xE9", b"\xe9") if text is not None else None

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in ``folder``."""
        if folder.startswith(("std:", "backend:")):
            return self._disk.names(folder)
        prefix = f"{folder}/" if folder else ""
        return sorted(path.removeprefix(prefix) for path in self._files if path.rpartition("/")[0] == folder)

    def what(self, path: str) -> str:
        """Return what ``path`` is where it is no file."""
        return "a folder" if any(not path or each.startswith(f"{path}/") for each in self._files) else ""


def fences(page: str) -> list[Fence]:
    """Return every block of code of a page, in order; beside each lie the named files of its section."""
    made: list[Fence] = []
    named: dict[int, dict[str, str]] = {}
    section = last = 0
    for found in _FENCE.finditer(page):
        section += len(_HEADING.findall(page, last, found.start()))
        last = found.end()
        files = named.setdefault(section, {})
        line = page.count("\n", 0, found.start("ticks")) + 1
        fence = Fence(line, found["info"], found["path"] or "", found["text"], files)
        if fence.path and fence.language in _LANGUAGES:
            files[fence.path] = fence.text
        made.append(fence)
    return made


def faults(fence: Fence) -> list[str]:
    """Return what an example is that the page does not say, or is not that it says; nothing of what is no mlp."""
    if fence.language != "mlp":
        return []
    loose = "loose" in fence.words
    words = [word for word in fence.words if word != "loose"]
    if words == ["values"]:
        return [fault for line in fence.text.splitlines() for fault in _faults_of_value(line)]
    if words in (["statements"], ["declarations"]):
        whole = f"mlp 1\n\nstep s {{\n{textwrap.indent(fence.text, '  ')}}}\n"
        whole = whole if words == ["statements"] else f"mlp 1\n\n{fence.text}"
        return _faults_of_syntax(whole) if loose else _faults_of_layout(whole)
    text = fence.text
    sort = words.pop(0) if words and words[0] in ("wrong", "lint") else ""
    if "in" in words:
        place = words.index("in")
        text = within(words[place + 1], text)
        del words[place : place + 2]
    if not sort and words:
        return [f"`{' '.join(words)}` says nothing about an example"]
    main = fence.path or "main.mlp"
    if any(f'"./{main}"' in other for path, other in fence.files.items() if path != main):
        return []
    return faults_of_program({**fence.files, main: text}, main, sort, words, loose=loose)


def faults_of_program(
    files: Mapping[str, str], main: str, sort: str, expected: list[str], *, loose: bool = False
) -> list[str]:
    """Return what a program is that was not said of it: ``sort`` is ``wrong``, ``lint`` or empty."""
    loader: Loader = Project({"train.py": _python(files[main]), **files})
    compilation = Compilation(loader, main)
    said = list(compilation.check())
    if sort == "lint":
        settings = read_settings(loader)
        said += [*settings.diagnostics, *compilation.lint(settings)]
    names = sorted(item.code.name for item in said)
    if names != sorted(expected):
        shown = "".join(f"\n    {item.code.name}: {item.message}" for item in said)
        return [f"expected {sorted(expected) or 'no diagnostic'}, found {names or 'none'}{shown}"]
    if sort == "wrong":
        return []
    found = [] if loose else _faults_of_layout(files[main])
    if compilation.typed is not None and not any(item.severity == "error" for item in said):
        workflow = compilation.workflow()
        found += [str(item.message) for item in problems(workflow)] if workflow is not None else []
        found += [
            f"test `{result.test.name}` has {result.state}"
            for result in compilation.tests()
            if result.state != PASSED
        ]
    return found


def _faults_of_layout(text: str) -> list[str]:
    formatted = format_source(Source("main.mlp", text))
    if formatted.diagnostics:
        return [str(item.message) for item in formatted.diagnostics]
    return [f"`mlpc fmt` lays it out as\n{formatted.text}"] if formatted.text != text else []


def _faults_of_value(line: str) -> list[str]:
    value, sign, comes_to = line.partition("# is ")
    if not sign:
        return _faults_of_syntax(f"mlp 1\nlet value = {line}\n")
    text = within("value", f"let value = {value.strip()}\n")
    compilation = Compilation(Project({"main.mlp": text}), "main.mlp")
    said = [str(item.message) for item in compilation.check()]
    origins, _ = compilation.origins("value")
    found = next((origin.value or origin.text for origin in origins if origin.counts), "")
    if not said and found != comes_to.strip():
        said = [f"it is {found}, not {comes_to.strip()}"]
    return [f"`{value.strip()}`: {each}" for each in said]


def _faults_of_syntax(text: str) -> list[str]:
    return [str(item.message) for item in parse(Source("main.mlp", text)).diagnostics]


def within(context: str, part: str) -> str:
    """Return the program that a part stands in."""
    whole = _context(context)
    found = re.search(rf"^([ ]*){HERE}\n", whole, re.MULTILINE)
    assert found is not None, f"contexts/{context}.mlp has no line `{HERE}`"
    return whole[: found.start()] + textwrap.indent(part, found[1]) + whole[found.end() :]


@cache
def _context(name: str) -> str:
    return (CONTEXTS / f"{name}.mlp").read_text(encoding="utf-8")


def _python(text: str) -> str:
    """Return a file with every function that a program names in `train.py`; what it takes is not the page's subject."""
    names = dict.fromkeys(re.findall(r'"train\.py:(\w+)"', text))
    return "\n\n\n".join(f"def {name}(data, **settings):\n    ..." for name in names) + "\n"
