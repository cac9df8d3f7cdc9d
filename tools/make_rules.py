"""Generate docs/lint.md from the rules of the linter: `make docs`.

What a rule means is the first sentence of its page, so the list cannot say anything else than `mlpc explain` does.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlpc.lint import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "lint.md"
HEAD = """\
# What the linter finds

Made by `make docs` from the rules; do not edit. `mlpc lint` looks for what is no error and yet most likely a mistake,
in files without errors and in what they use. `mlpc explain no-seed` prints the page of a rule: what it means, a wrong
and a right example, how to mend it.

## What a project wants

`mlpc.toml` at the root of the project says how loud rules are: `"off"`, `"warn"` or `"error"`. A rule is named by its
name or code, or by its group; what is said of a rule itself counts more.

```toml
[lint]
strict = true              # every finding makes the command fail

[lint.rules]
no-owner = "off"
leakage = "error"
```

The exit code is 1 where there are errors, or findings of the level `error`; with `--strict`, or `strict = true`,
where there are any findings.

## What is allowed in one place

`# allow(no-seed): reason`, on the line above or at the end of the line, allows a finding there. The reason is
mandatory. One that allows nothing, or names no rule, is reported.

## Fixes

`--fix` applies those that keep what the spec means, `--unsafe-fixes` the others as well; look at the result. What
comes out parses, checks without errors and is laid out if it was before; a fix that would break the file is not
applied.
"""


def generate() -> str:
    """Return what docs/lint.md has to hold."""
    lines = [HEAD]
    for group in dict.fromkeys(rule.group for rule in RULES):
        lines += [f"## {group.capitalize()}", "", "| | | by default | |", "|---|---|---|---|"]
        for rule in RULES:
            if rule.group == group:
                lines.append(
                    f"| {rule.code.code} | `{rule.name}` | {rule.level} | {_first_sentence(rule.page)} |"
                )
        lines.append("")
    return "\n".join(lines)


def _first_sentence(page: str) -> str:
    text = " ".join(page.partition("\n\n")[0].split())
    found = re.match(r"(.*?[.])(?= [A-Z]|$)", text)
    assert found is not None, text
    return found[1].replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` tell whether it is current."""
    text = generate()
    if "--check" in arguments:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
