"""Comments that allow a finding: `# allow(rule-name): reason`, on the line above or at the end of the line.

The reason is mandatory. What allows nothing, names no rule or gives no reason is reported.
"""

from __future__ import annotations

import re

from .. import codes
from ..diagnostics import Diagnostic, Fix
from ..resolve.similar import nearest
from ..source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..resolve.modules import Module
    from ..syntax import tree
    from .settings import Settings

_FORM = re.compile(r"#+[ \t]*(\w+)[ \t]*\(([^()]*)\)[ \t]*(:?)[ \t]*(.*)", re.DOTALL)


class _Allowance:
    __slots__ = ("code", "comment", "line", "name", "span", "used")

    def __init__(self, code: codes.Code, name: str, span: Span, comment: tree.Comment, line: int) -> None:
        self.code = code
        self.name = name
        self.span = span
        self.comment = comment
        #: The line whose findings it allows.
        self.line = line
        self.used = False


def minding(modules: list[Module], found: list[Diagnostic], settings: Settings) -> list[Diagnostic]:
    """Return what is left of ``found`` when comments are minded, and what is wrong with the comments."""
    said: list[Diagnostic] = []
    allowed: dict[tuple[str, int, str], list[_Allowance]] = {}
    every: list[tuple[Module, list[_Allowance]]] = []
    for module in modules:
        own = _read(module, said)
        every.append((module, own))
        for allowance in own:
            key = (module.path, allowance.line, allowance.code.code)
            allowed.setdefault(key, []).append(allowance)
    kept = []
    for item in found:
        span = item.span
        hits = (
            allowed.get((span.source.path, span.source.position(span.start)[0], item.code.code), [])
            if span is not None
            else []
        )
        for allowance in hits[:1]:
            allowance.used = True
        if not hits:
            kept.append(item)
    for module, own in every:
        said += [
            _unused(module, allowance, own)
            for allowance in own
            if not allowance.used and not settings.is_off(allowance.code)
        ]
    return [*kept, *said]


def _read(module: Module, said: list[Diagnostic]) -> list[_Allowance]:
    source, comments = module.source, module.file.comments
    if "(" not in source.text:
        return []
    alone = {source.position(comment.start)[0] for comment in comments if comment.own_line}
    found: list[_Allowance] = []
    for comment in comments:
        match = _FORM.match(comment.text)
        if match is None:
            continue
        word, names, _, reason = match.groups()
        if word != "allow" or comment.doc:
            close = comment.text[match.end(1) : match.end(1) + 1] == "("
            if close and any(codes.find(name) in codes.RULES.values() for name in _split(names)):
                said.append(_misspelt(module, comment, match))
            continue
        line = source.position(comment.start)[0]
        if comment.own_line:
            line += 1
            while line in alone:  # several comments may stand above one line
                line += 1
        at = comment.start + match.start(2)
        for name in _split(names):
            at = source.text.index(name, at)
            span = Span(source, at, at + len(name))
            at += len(name)
            code = codes.find(name)
            if code is None or code.code not in codes.RULES:
                said.append(_no_rule(name, code, span))
            else:
                found.append(_Allowance(code, name, span, comment, line))
        if not reason.strip():
            said.append(
                Diagnostic(
                    codes.MISSING_REASON,
                    f"why is `{names.strip()}` allowed here?",
                    module.span(comment),
                    label="no reason is given",
                    help=[f"write `# allow({names.strip()}): …` and say why it is right here"],
                )
            )
    return found


def _split(names: str) -> list[str]:
    return [name for name in re.split(r"[\s,]+", names) if name]


def _misspelt(module: Module, comment: tree.Comment, match: re.Match[str]) -> Diagnostic:
    end = comment.start + match.end(1)
    return Diagnostic(
        codes.UNKNOWN_RULE,
        "a doc comment allows nothing"
        if match[1] == "allow"
        else f"`{match[1]}` allows nothing: the word is `allow`",
        module.span(comment),
        label="not read as an allowance",
        help=[f"write `# allow({match[2].strip()}): …`"],
        fixes=[Fix("write `# allow`", [(Span(module.source, comment.start, end), "# allow")])],
    )


def _no_rule(name: str, code: codes.Code | None, span: Span) -> Diagnostic:
    if code is not None:
        return Diagnostic(
            codes.UNKNOWN_RULE,
            f"`{name}` is no rule of the linter: what `mlpc check` reports cannot be allowed",
            span,
            label="not a rule",
        )
    near = nearest(name, [known.name for known in codes.RULES.values()])
    return Diagnostic(
        codes.UNKNOWN_RULE,
        f"there is no rule `{name}`",
        span,
        label=f"did you mean `{near}`?" if near else "not a rule",
        help=[] if near else ["`mlpc explain` lists the rules"],
        fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
    )


def _unused(module: Module, allowance: _Allowance, own: list[_Allowance]) -> Diagnostic:
    comment, text = allowance.comment, module.source.text
    fixes = []
    if sum(each.comment is comment for each in own) == 1 and "," not in comment.text.partition(")")[0]:
        start, end = comment.start, comment.end
        if comment.own_line:
            start = text.rfind("\n", 0, start) + 1
            end = min(end + 1, len(text))
        else:
            while text[start - 1] in " \t":
                start -= 1
        fixes = [Fix("take the comment away", [(Span(module.source, start, end), "")])]
    return Diagnostic(
        codes.UNUSED_ALLOWANCE,
        f"there is no `{allowance.name}` to allow here",
        allowance.span,
        label="allows nothing",
        help=["an allowance holds for the line below it, or for the line that it ends"] if not fixes else [],
        fixes=fixes,
    )
