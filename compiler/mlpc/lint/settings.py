"""What a project wants of the linter: the table `[lint]` of its `mlpc.toml`.

    [lint]
    strict = true              # every finding makes the command fail, not only those of level "error"

    [lint.rules]
    no-owner = "off"           # a rule by its name or code
    leakage = "error"          # or a whole group; what is said of a rule itself counts more

Whatever is wrong with it is reported at its place.
"""

from __future__ import annotations

import re
import tomllib

from .. import codes
from ..check.prices import FILE as PROJECT_FILE
from ..check.prices import TABLES
from ..diagnostics import Diagnostic, Fix
from ..resolve.similar import nearest
from ..source import Source, Span
from .rule import FAIL, GROUPS, LEVELS, OFF, WARN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..source import Loader

_KEYS = ("strict", "rules")
_WORDS = {"warning": WARN, "on": WARN, "none": OFF, "ignore": OFF, "disable": OFF, "fail": FAIL, "deny": FAIL}


class Settings:
    """How loud each rule is."""

    __slots__ = ("_levels", "diagnostics", "strict")

    def __init__(self) -> None:
        #: What is wrong with the settings.
        self.diagnostics: list[Diagnostic] = []
        #: Whether every finding makes the command fail.
        self.strict = False
        self._levels: dict[str, str] = {}

    def level(self, code: codes.Code) -> str:
        """Return `off`, `warn` or `error` for a rule."""
        own = FAIL if code.severity == "error" else WARN
        return self._levels.get(code.name) or self._levels.get(GROUPS[code.code[3:5]]) or own

    def is_off(self, code: codes.Code) -> bool:
        """Return whether a rule is not asked."""
        return self.level(code) == OFF

    def set(self, name: str, level: str) -> None:
        """Give a rule or a group another level."""
        self._levels[name] = level


def read_settings(loader: Loader) -> Settings:
    """Return what the project says of the linter; without a file, or without the table, what holds by default."""
    settings = Settings()
    data = loader.read(PROJECT_FILE)
    if data is None:
        return settings
    source = Source(PROJECT_FILE, data.decode("utf-8", "replace").replace("\r\n", "\n"))
    try:
        told = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        settings.diagnostics.append(_unreadable(source, str(error)))
        return settings
    _Reader(source, settings).file(told)
    return settings


class _Reader:
    def __init__(self, source: Source, settings: Settings) -> None:
        self.source = source
        self.settings = settings

    def report(self, diagnostic: Diagnostic) -> None:
        self.settings.diagnostics.append(diagnostic)

    def file(self, told: dict[str, Any]) -> None:
        for name in told:
            if name not in TABLES:
                what = "table" if isinstance(told[name], dict) else "key"
                self.unknown(
                    f"`{PROJECT_FILE}` has no {what} `{name}`", self.place((name,)), list(TABLES), name
                )
        lint = told.get("lint")
        if lint is None:
            return
        if not isinstance(lint, dict):
            self.wrong(("lint",), "`lint` is a table", ["write `[lint]` on a line of its own"])
            return
        for name, value in lint.items():
            place = ("lint", name)
            if name not in _KEYS:
                code = codes.find(name)
                if (code is not None and code.code in codes.RULES) or name in GROUPS.values():
                    self.unknown(
                        f"`[lint]` has no key `{name}`",
                        self.place(place),
                        [],
                        name,
                        help=[f"levels of rules stand in `[lint.rules]`: `{name} = …`"],
                    )
                else:
                    self.unknown(f"`[lint]` has no key `{name}`", self.place(place), list(_KEYS), name)
            elif name == "strict" and not isinstance(value, bool):
                self.wrong(place, "`strict` is true or false", ["write `strict = true`"])
            elif name == "strict":
                self.settings.strict = value
            elif not isinstance(value, dict):
                self.wrong(
                    place, "`rules` is a table", ['write `[lint.rules]`, and below it `no-owner = "off"`']
                )
            else:
                for rule, level in value.items():
                    self.rule(rule, level)

    def rule(self, name: str, level: object) -> None:
        place = ("lint", "rules", name)
        code = codes.find(name)
        groups = list(dict.fromkeys(GROUPS.values()))
        if (code is None or code.code not in codes.RULES) and name not in groups:
            if code is not None:
                self.unknown(
                    f"`{name}` is no rule of the linter",
                    self.place(place),
                    [],
                    name,
                    help=["what `mlpc check` reports cannot be switched off"],
                )
            else:
                known = [*(each.name for each in codes.RULES.values()), *groups]
                self.unknown(f"there is no rule or group `{name}`", self.place(place), known, name)
            return
        if level not in LEVELS:
            said = level if isinstance(level, str) else ""
            near = _WORDS.get(said.lower()) or nearest(said.lower(), LEVELS)
            span = self.place(place, value=True)
            self.report(
                Diagnostic(
                    codes.WRONG_SETTING,
                    f"the level of `{name}` is none that there is",
                    span,
                    label=f'did you mean `"{near}"`?' if near else "not a level",
                    help=[] if near else ['levels are `"off"`, `"warn"` and `"error"`'],
                    fixes=[Fix(f'write `"{near}"`', [(span, f'"{near}"')])]
                    if near and span.text[:1] == '"'
                    else [],
                )
            )
            return
        self.settings.set(code.name if code is not None else name, str(level))

    def unknown(
        self, message: str, span: Span, known: list[str], name: str, help: list[str] | None = None
    ) -> None:
        near = nearest(name, known)
        self.report(
            Diagnostic(
                codes.UNKNOWN_SETTING,
                message,
                span,
                label=f"did you mean `{near}`?" if near else "unknown",
                help=help
                or ([] if near or len(known) > 10 else ["it has " + ", ".join(f"`{k}`" for k in known)]),
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near and span.text == name else [],
            )
        )

    def wrong(self, path: tuple[str, ...], message: str, help: list[str]) -> None:
        self.report(Diagnostic(codes.WRONG_SETTING, message, self.place(path, value=True), help=help))

    def place(self, path: tuple[str, ...], *, value: bool = False) -> Span:
        """Return where the key at ``path`` stands, or its value; tomllib does not tell."""
        table: tuple[str, ...] = ()
        at = 0
        best = Span(self.source, 0, 0)
        for line in self.source.text.split("\n"):
            head = re.match(r"\s*\[+\s*([^\]]*?)\s*\]", line)
            if head is not None:
                table = _parts(head[1])
                if table[: len(path)] == path:
                    start = at + line.index(path[-1])
                    return Span(self.source, start, start + len(path[-1]))
                if path[: len(table)] == table:
                    start = at + line.rindex(table[-1]) if table else at
                    best = Span(self.source, start, start + len(table[-1]))
            elif (pair := re.match(r"\s*([^=#]+?)\s*=\s*(.*)", line)) is not None:
                key = _parts(pair[1])
                if table + key == path:
                    if value:
                        text = re.match(r'"[^"]*"|\'[^\']*\'|[^#]*', pair[2])
                        start = at + pair.start(2)
                        return Span(self.source, start, start + len((text[0] if text else "").rstrip()))
                    start = at + line.rindex(key[-1], 0, pair.end(1))
                    return Span(self.source, start, start + len(key[-1]))
                if path[: len(table + key)] == table + key:
                    # An inline table: the key stands somewhere behind.
                    inside = line.find(path[-1], pair.start(2))
                    start = at + (inside if inside >= 0 else pair.start(1))
                    best = Span(self.source, start, start + len(path[-1] if inside >= 0 else pair[1]))
            at += len(line) + 1
        return best


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in re.findall(r'"[^"]*"|\'[^\']*\'|[^.]+', text))


def _unreadable(source: Source, message: str) -> Diagnostic:
    place = re.search(r"\(at line (\d+), column (\d+)\)$", message)
    at = len(source.text)
    if place is not None:
        lines = source.text.split("\n")
        at = sum(len(line) + 1 for line in lines[: int(place[1]) - 1]) + int(place[2]) - 1
        message = message[: place.start()].rstrip()
    at = min(at, len(source.text))
    return Diagnostic(
        codes.UNREADABLE_SETTINGS,
        f"`{source.path}` is no TOML: {message[:1].lower()}{message[1:]}",
        Span(source, at, min(at + 1, len(source.text))),
        label="not read from here on",
        help=['levels of rules stand below `[lint.rules]`, such as `no-owner = "off"`'],
    )
