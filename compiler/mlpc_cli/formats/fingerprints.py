"""Names findings so that they are known again when the text around them has changed.

A fingerprint is made of the code, the file, what stands around the place (`pipeline demo`, `split parts`, `stratify`)
and the words at the place itself, blanks aside. No line, no message and nothing of other declarations goes into it. What
is equal in all of that is counted, in the order of the text.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from hashlib import sha256

from mlpc.syntax import tree
from mlpc.syntax.parser import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .report import Finding

#: Goes up when fingerprints are made in another way; a part of the key under which SARIF carries them.
VERSION = 1


def fingerprints(findings: Sequence[Finding]) -> list[str]:
    """Return a fingerprint of 32 hexadecimal digits for each of ``findings``, all different."""
    trees: dict[int, tree.File] = {}
    keys = [_key(finding, trees) for finding in findings]
    order = sorted(range(len(findings)), key=lambda at: (*findings[at].place, findings[at].item.message))
    counts: dict[tuple[str, ...], int] = {}
    made = [""] * len(findings)
    for at in order:
        key = keys[at]
        number = counts[key] = counts.get(key, 0) + 1
        text = "\0".join((*key, str(number)))
        made[at] = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return made


def _key(finding: Finding, trees: dict[int, tree.File]) -> tuple[str, ...]:
    item, loader = finding.item, finding.loader
    if loader is None or item.span is None:
        return item.code.code, _from_repository(finding.path), item.message
    source = item.span.source
    path = source.path
    if not path.startswith("std:"):
        path = _from_repository(os.path.join(loader.root, path))
    parsed = trees.get(id(source))
    if parsed is None:
        parsed = trees[id(source)] = parse(source).file
    return item.code.code, path, *_around(parsed, item.span.start), " ".join(item.span.text.split())


def _around(file: tree.File, at: int) -> list[str]:
    """Return the declarations and keys around an offset, from the outermost."""
    found: list[str] = []
    items: tuple[tree.Item, ...] = file.items
    while True:
        number = bisect_right(items, at, key=_start) - 1
        if number < 0 or at > items[number].end:
            return found
        inner = items[number]
        name = getattr(inner, "name", None)
        words = getattr(name, "text", "") or ""
        if isinstance(inner, tree.Decl):
            words = f"{inner.kind.text} {words}"
        found.append(words)
        body = getattr(inner, "body", None)
        if body is None:
            return found
        items = body.items


def _start(item: tree.Item) -> int:
    return item.start


def _from_repository(path: str) -> str:
    """Return ``path`` from the folder that is the repository, else from the current one, with slashes."""
    place = folder = os.path.realpath(path)
    while (above := os.path.dirname(folder)) != folder:
        folder = above
        if os.path.exists(os.path.join(folder, ".git")):
            return os.path.relpath(place, folder).replace(os.sep, "/")
    return os.path.relpath(place).replace(os.sep, "/")
