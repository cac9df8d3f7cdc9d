"""Generate docs/targets.md from the capability tables of the backends: `make docs`.

The tables are what `mlpc targets` prints and what a compile goes by, so the page cannot say anything else.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlpc.backend import CONSTRUCTS, REFUSED
from mlpc_cli import backends

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlpc.backend import Backend, Capability

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "targets.md"
HEAD = """\
# What each target does

Made by `make docs` from the tables that `mlpc compile` goes by; do not edit. `mlpc targets main.mlp` prints the part of it
that a spec uses. *native*: the engine has it. *lowered*: the engine lacks it, something else stands for it, and a compile
says so. *refused*: a compile ends with `MLP510` at the place in the spec, and says what to write instead.
"""


def generate() -> str:
    """Return what docs/targets.md has to hold."""
    found = backends.every()
    lines = [HEAD]
    lines += _table(
        ("", *(f"[{each.name}](#{each.name})" for each in found)),
        (
            (f"{what} (`{construct}`)", *(each.capabilities[construct].support for each in found))
            for construct, what in CONSTRUCTS.items()
        ),
    )
    for each in found:
        lines += ["", *_section(each)]
    return "\n".join(lines) + "\n"


def _section(backend: Backend) -> list[str]:
    capabilities = backend.capabilities
    rows = (
        (what, capabilities[construct].support, _how(capabilities[construct]))
        for construct, what in CONSTRUCTS.items()
    )
    return [
        f"## {backend.name}",
        "",
        f"Version {capabilities.version} of its table.",
        "",
        *_table(("", "", "how"), rows),
    ]


def _how(capability: Capability) -> str:
    return f"instead: {capability.text}" if capability.support == REFUSED else capability.text


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    made = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in made]


def main() -> int:
    """Write the page; with `--check` only say whether it is current."""
    text = generate()
    if sys.argv[1:] == ["--check"]:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
