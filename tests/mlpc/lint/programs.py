"""Programs for the tests of the linter: three that no rule says anything about, and what cases change in them.

A case is written as what is different: declarations by name, which take the place of those of the base or are added.
`remove NAME` takes one away; `remove description` the doc comment of the pipeline, `remove lock` the file `mlpc.lock`.
What begins with `mlp 1` is a whole program.
"""

from __future__ import annotations

import re
from pathlib import Path

from mlpc.compilation import Compilation
from mlpc.diagnostics import Diagnostic
from mlpc.format import format_source
from mlpc.lint import read_settings
from mlpc.source import Source
from mlpc.syntax import tree
from mlpc.syntax.parser import parse
from tests.loader import Texts

BASES = Path(__file__).parent / "bases"
CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in BASES.iterdir())
TOP = ("schema", "component", "env", "let")
SERVER = 'def serve(model, **settings):\n    answers = {"/ready": 200}\n    ...\n'
PYTHON = "def fit(data=None, **settings): ...\n\ndef clean(data): ...\n"


class Parts:
    """The declarations of a program as texts, by name."""

    def __init__(self, text: str) -> None:
        self.uses: list[str] = []
        self.doc = ""
        self.pipeline = "demo"
        self.inside: dict[str, str] = {}
        self.outside: dict[str, str] = {}
        self.removed: list[str] = []
        self._read(text if text.startswith("mlp 1") else f"mlp 1\n\n{text}")

    def _read(self, text: str) -> None:
        # What is said of the pipeline as a whole cannot stand at the top level.
        for line in re.findall(r"(?m)^(?:owner|description|tags) = .*\n", text):
            self.inside[line.split(" ")[0]] = line.strip()
            text = text.replace(line, "")
        file = parse(Source("part.mlp", text)).file
        self.uses = [text[use.start : use.end] for use in file.uses]
        for item, part in _slices(text, file.items, file.uses[-1].end if file.uses else len("mlp 1")):
            if isinstance(item, tree.Decl) and item.kind.text == "pipeline":
                assert item.body is not None
                self.doc = "\n".join(f"## {line}".rstrip() for line in item.doc.lines) if item.doc else ""
                self.pipeline = _name(item)
                for inner, inner_part in _slices(text, item.body.items, item.body.start + 1):
                    self.inside[_name(inner)] = inner_part
            elif isinstance(item, tree.Decl) and item.kind.text == "remove":
                self.removed.append(_name(item))
            elif isinstance(item, tree.Decl) and item.kind.text in TOP:
                self.outside[_name(item)] = part
            else:
                self.inside[_name(item)] = part

    def text(self) -> str:
        """The program, laid out."""
        inside = "\n\n".join(self.inside.values())
        pipeline = f"{self.doc}\npipeline {self.pipeline} {{\n{inside}\n}}".lstrip()
        text = "\n\n".join(["mlp 1", "\n".join(self.uses), pipeline, *self.outside.values()]) + "\n"
        formatted = format_source(Source("main.mlp", text))
        assert not formatted.diagnostics, (formatted.diagnostics, text)
        return formatted.text


def _slices(text: str, items: tuple[tree.Item, ...], start: int) -> list[tuple[tree.Item, str]]:
    """Return each item with its text, comments above it and behind it included."""
    found = []
    for item in items:
        newline = text.find("\n", item.end)
        rest = text[item.end : newline]
        end = newline if newline >= 0 and rest.strip().startswith("#") else item.end
        found.append((item, text[start:end].strip("\n ,")))
        start = end
    return found


def _name(item: tree.Item) -> str:
    name = getattr(item, "name", None)
    assert isinstance(name, tree.Name), item
    return name.text


def on(base: str, change: str) -> Texts:
    """Return the files of a base with something changed."""
    folder = BASES / base
    files: dict[str, str | bytes] = {path.name: path.read_text() for path in folder.glob("*.mlp")}
    files.update({"train.py": PYTHON, "serve.py": SERVER, "mlpc.lock": ""})
    return changed(Texts(files), change)


def changed(program: Texts, change: str) -> Texts:
    """Return the files of ``program`` with something changed."""
    files = dict(program.files)
    if re.match(r"(#.*\n|\s)*mlp 1\n", change):
        return Texts({**files, "main.mlp": change})
    parts, more = Parts(str(files["main.mlp"])), Parts(change)
    parts.uses += more.uses
    for name in more.removed:
        if name == "lock":
            del files["mlpc.lock"]
        elif name == "description":
            parts.doc = ""
        elif name in parts.inside:
            del parts.inside[name]
        else:
            del parts.outside[name]
    parts.inside.update(more.inside)
    parts.outside.update(more.outside)
    return Texts({**files, "main.mlp": parts.text()})


def found_in(files: Texts) -> list[Diagnostic]:
    """Return what the linter finds; the program itself has to be without errors."""
    compilation = Compilation(files, "main.mlp")
    errors = [item for item in compilation.check() if item.severity == "error"]
    assert errors == [], (errors, files.files["main.mlp"])
    settings = read_settings(files)
    return [*settings.diagnostics, *compilation.lint(settings)]


class Case:
    """A change of a base, and what the linter has to find then: (rule, text of the place)."""

    def __init__(self, rule: str, base: str, wanted: list[tuple[str, str]], change: str) -> None:
        self.rule = rule
        self.base = base
        self.wanted = wanted
        self.change = change

    @property
    def fires(self) -> bool:
        """Whether the rule finds something."""
        return any(rule == self.rule for rule, _ in self.wanted)


def cases(path: Path) -> list[Case]:
    """Return the cases of a rule.

    Each begins with a line `#: fires on BASE at PLACE | PLACE` or `#: quiet on BASE`; `#: and RULE at PLACE` may follow.
    """
    rule = path.stem
    found: list[Case] = []
    for part in re.split(r"(?m)^#: (?=fires|quiet)", path.read_text(encoding="utf-8"))[1:]:
        head, _, rest = part.partition("\n")
        match = re.fullmatch(r"(fires|quiet) on (\w+)(?: at (.+))?", head)
        assert match is not None, (path, head)
        wanted = [(rule, place) for place in match[3].split(" | ")] if match[1] == "fires" else []
        while rest.startswith("#: and "):
            more, _, rest = rest.partition("\n")
            other, _, place = more.removeprefix("#: and ").partition(" at ")
            wanted.append((other, place))
        found.append(Case(rule, match[2], wanted, rest.strip("\n") + "\n"))
    return found
