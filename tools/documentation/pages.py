"""What the site consists of: each page as Markdown, by its path, with every example checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mlpc import codes
from mlpc.lint.rules import RULES
from mlpc_cli.commands.explain import page as page_of_code
from mlpc_cli.handbook import Handbook
from mlpc_cli.loader import DiskLoader

from .examples import faults, faults_of_program, fences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlpc_cli.handbook import Entry

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = "grammar/mlpc_grammar/reference"

#: What the hundreds of the codes are about: path of the section, its title, its codes.
SECTIONS = (
    ("text", "Text and syntax", ("MLP0",)),
    ("names", "Names and structure", ("MLP1",)),
    ("types", "Types, units and values", ("MLP2",)),
    ("columns", "Data, columns and artefacts", ("MLP3",)),
    ("conditions", "Conditions and promotion", ("MLP4",)),
    ("targets", "Engines and targets", ("MLP5",)),
    ("running", "Environments, store and engine", ("MLP6",)),
    ("data", "What a step found in data", ("MLP7",)),
    ("lint", "What the linter finds", ("MLP8",)),
    ("faults", "Faults of mlpc itself", ("MLP9",)),
)


class BrokenExample(Exception):
    """An example is not what its page says it is."""


def pages(root: Path = ROOT, *, only_written: bool = False) -> dict[str, str]:
    """Return the text of every page by its path, such as ``reference/values.md``.

    With ``only_written`` those that lie in ``root`` as they are, and none that is made of something else.

    Raises:
        BrokenExample: examples are not what their pages say; the message names them all.
    """
    found: dict[str, str] = {}
    broken: list[str] = []
    for path, origin, text in [*_written(root), *([] if only_written else _generated())]:
        code = codes.find(Path(path).stem) if path.startswith("diagnostics/") else None
        if code is not None:
            broken += [f"{origin}: {fault}" for fault in _faults_of_code(code, text)]
            text = _marked(text)
        else:
            broken += [f"{origin}:{fence.line}: {fault}" for fence in fences(text) for fault in faults(fence)]
        found[path] = _staged(text)
    if broken:
        raise BrokenExample("\n".join(broken))
    return found


def _written(root: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the path of each page, where its text comes from, and the text."""
    for file in sorted((root / "docs").rglob("*.md")):
        path = file.relative_to(root / "docs").as_posix()
        yield path, f"docs/{path}", _linked(file.read_text(encoding="utf-8"))
    for file in sorted((root / REFERENCE).glob("*.md")):
        yield f"reference/{file.name}", f"{REFERENCE}/{file.name}", _linked(file.read_text(encoding="utf-8"))


def _generated() -> Iterator[tuple[str, str, str]]:
    handbook = Handbook(DiskLoader("/nonexistent"))
    for entry in handbook.entries:
        if entry.kind == "kind" and handbook.players(entry.name):
            continue  # the front page of its components
        yield f"components/{entry.path}.md", entry.module.path, _with_links(handbook, entry)
    yield "components/devices.md", "std:devices", handbook.devices_page()
    yield from _components(handbook)
    yield from _diagnostics()


def _components(handbook: Handbook) -> Iterator[tuple[str, str, str]]:
    lines = [
        "# Components",
        "",
        "A block is played by a component of its kind. `mlpc docs NAME` prints these pages on a terminal.",
        "",
    ]
    within: list[str] = []
    for kind in (entry for entry in handbook.entries if entry.kind == "kind"):
        players = handbook.players(kind.name)
        above = f"{kind.name}/index" if players else kind.path
        within.append(above)
        if not players:
            continue
        lines += [f"## {kind.name}", "", f"{kind.summary}.", "", "| | |", "|---|---|"]
        lines += [f"| [{each.name}]({each.path}.md) | {each.summary} |" for each in players]
        lines.append("")
        text = handbook.page(kind).replace("## Components\n", "## Components of this kind\n")
        for each in players:
            text = text.replace(f"| `{each.name}` |", f"| [{each.name}]({each.name}.md) |")
        yield f"components/{above}.md", kind.module.path, text + _toctree(each.name for each in players)
    lines += ["## Devices", "", "Boards and computers that [`std.devices`](devices.md) knows.", ""]
    yield "components/index.md", "std", "\n".join(lines) + _toctree([*within, "devices"])


def _with_links(handbook: Handbook, entry: Entry) -> str:
    text = handbook.page(entry)
    if entry.kind == "kind":
        return text
    to = f"[`{entry.kind}`](index.md)"
    return text.replace(
        f"A component of the kind `{entry.kind}`.", f"A component of the kind {to}.", 1
    ).replace(f"see the kind `{entry.kind}`.", f"see {to}.")


def _diagnostics() -> Iterator[tuple[str, str, str]]:
    lines = [
        "# Diagnostics",
        "",
        "What `mlpc` may say, by code. `mlpc explain MLP301` prints a page on a terminal.",
        "",
    ]
    rules = {rule.code.code: rule for rule in RULES}
    for path, title, begins in SECTIONS:
        own = sorted(
            (code for code in codes.ALL.values() if code.code.startswith(begins)), key=lambda each: each.code
        )
        rows = []
        for code in own:
            text = page_of_code(code)
            origin = (
                f"compiler/mlpc/lint/rules/{code.name.replace('-', '_')}.py"
                if code.code in rules
                else f"compiler/mlpc/explain/{code.name}.md"
            )
            yield f"diagnostics/{code.name}.md", origin, text
            rows.append(f"| {code.code} | [{code.name}]({code.name}.md) | {_first_sentence(text)} |")
        section = [f"# {title}", "", "| | | |", "|---|---|---|", *rows, ""]
        yield f"diagnostics/{path}.md", "codes", "\n".join(section) + _toctree(code.name for code in own)
        lines.append(f"- [{title}]({path}.md): {len(own)}")
    yield (
        "diagnostics/index.md",
        "codes",
        "\n".join([*lines, ""]) + _toctree(path for path, *_ in SECTIONS),
    )


def _faults_of_code(code: codes.Code, text: str) -> list[str]:
    """Return what is wrong with the examples of a page of a code: those below "Wrong" yield it, those below "Right" nothing."""
    found = []
    if code.code in codes.RULES:
        from tests.mlpc.lint.pages import files_of
        from tests.mlpc.lint.programs import found_in

        for title, yields in (("Wrong", True), ("Right", False)):
            names = [item.code.name for item in found_in(files_of(code.name, title))]
            if (code.name in names) != yields:
                found.append(f"the example below `{title}` yields {names}")
        return found
    from tests.pages import section

    linted = "lint" if code.code.startswith("MLP8") else ""
    wrong, right = section(text, "Wrong"), section(text, "Right")
    if wrong:
        found += faults_of_program(wrong, "main.mlp", linted or "wrong", [code.name], loose=True)
    if right:
        found += faults_of_program(right, "main.mlp", linted, [])
    return found


def _first_sentence(page: str) -> str:
    text = " ".join(page.partition("\n\n")[2].partition("\n\n")[0].split())
    found = re.match(r"(.*?[.:])(?= [A-Z]|$)", text)
    return (found[1] if found else text).replace("|", r"\|")


def _marked(text: str) -> str:
    """Return a page of a code with the examples below "Wrong" marked."""
    parts = re.split(r"(?m)^(?=## )", text)
    return "".join(
        re.sub(r"(?m)^```(mlp)\b.*$", r"```{code-block} \1\n:class: wrong\n", part)
        if part.startswith("## Wrong")
        else part
        for part in parts
    )


def _toctree(names: Iterable[str]) -> str:
    return "\n```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"


def _linked(text: str) -> str:
    """Return a page with links to files of the project, which are no pages, as what they say."""
    return re.sub(r"\[([^\]]+)\]\((?:\.\./)+(?:examples|tests|compiler|stdlib|README)[^)]*\)", r"\1", text)


def _staged(text: str) -> str:
    """Return a page as the generator reads it: a fence with a mistake says which."""
    lines = text.split("\n")
    for fence in fences(text):
        if fence.language == "mlp" and fence.words[:1] in (["wrong"], ["lint"]):
            said = " and ".join(_said(word) for word in fence.words[1:] if codes.find(word) is not None)
            ticks = lines[fence.line - 1].partition("mlp")[0]
            lines[fence.line - 1] = f"{ticks}{{code-block}} mlp\n:class: wrong\n:caption: {said}\n"
    return "\n".join(lines)


def _said(name: str) -> str:
    code = codes.find(name)
    assert code is not None
    return f"{code.code} [{name}](/diagnostics/{name}.md)"
