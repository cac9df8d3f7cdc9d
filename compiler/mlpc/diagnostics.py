"""The one diagnostic object: it feeds the terminal, JSON and, later, editors and CI formats."""

from __future__ import annotations

from .source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .codes import Code

ERROR = "error"
WARNING = "warning"
NOTE = "note"

# A word of so many characters is no name that anybody reads: a message holds its beginning.
_LONG = 500
_SHOWN = 60


class Label:
    """A second place that helps to understand the first, with a few words on what is there."""

    __slots__ = ("message", "span")

    def __init__(self, span: Span, message: str) -> None:
        self.span = span
        self.message = message if len(message) < _LONG else shortened(message)


class Fix:
    """A change of text that would repair the mistake. ``safe`` ones keep the meaning that was intended."""

    __slots__ = ("edits", "message", "safe")

    def __init__(self, message: str, edits: Sequence[tuple[Span, str]], *, safe: bool = True) -> None:
        self.message = message if len(message) < _LONG else shortened(message)
        self.edits = tuple(edits)
        self.safe = safe


class Diagnostic:
    """One mistake, once: what is wrong, where, what else is involved and what would work.

    ``label`` is the short text drawn under the primary span; ``message`` the headline.
    """

    __slots__ = ("code", "fixes", "help", "label", "labels", "message", "severity", "span")

    def __init__(
        self,
        code: Code,
        message: str,
        span: Span | None = None,
        *,
        label: str = "",
        labels: Sequence[Label] = (),
        help: Sequence[str] = (),
        fixes: Sequence[Fix] = (),
        severity: str | None = None,
    ) -> None:
        self.code = code
        self.message = message if len(message) < _LONG else shortened(message)
        self.span = span
        self.label = label if len(label) < _LONG else shortened(label)
        self.labels = tuple(labels)
        self.help = tuple([line if len(line) < _LONG else shortened(line) for line in help])
        self.fixes = tuple(fixes)
        self.severity = severity or code.severity

    def to_json(self) -> dict[str, object]:
        """Return the object that ``--error-format json`` prints, one a line."""
        file, line, column, end_line, end_column = _place(self.span)
        return {
            "code": self.code.code,
            "name": self.code.name,
            "severity": self.severity,
            "message": self.message,
            "file": file,
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
            "help": list(self.help),
            "labels": [_labelled(label.span, label.message) for label in self.labels],
            "fixes": [
                {
                    "message": fix.message,
                    "safe": fix.safe,
                    "edits": [_labelled(span, text, "text") for span, text in fix.edits],
                }
                for fix in self.fixes
            ],
        }

    def __repr__(self) -> str:
        return f"{self.code.code} {self.span!r} {self.message}"


def shortened(text: str) -> str:
    """Return ``text`` with what stands for very long words: a line of 10 MB without a blank is no message."""
    return " ".join(
        [word if len(word) < _LONG else f"{word[:_SHOWN]}…{word[-1:]}" for word in text.split(" ")]
    )


def article(text: str) -> str:
    """Return ``text`` with `a` or `an` before it; backticks around it do not count."""
    return f"{'an' if text.lstrip('`')[:1] in tuple('aeiou') else 'a'} {text}"


def _place(span: Span | None) -> tuple[str | None, int | None, int | None, int | None, int | None]:
    if span is None:
        return None, None, None, None, None
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return span.source.path, line, column, end_line, end_column


def _labelled(span: Span, text: str, key: str = "message") -> dict[str, object]:
    file, line, column, end_line, end_column = _place(span)
    return {
        "file": file,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        key: text,
    }


class Diagnostics:
    """Gathers diagnostics; iterating gives them in the order of files and places, each once."""

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: list[Diagnostic] = []

    def add(self, diagnostic: Diagnostic) -> None:
        """Add one."""
        self._items.append(diagnostic)

    def extend(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Add several."""
        self._items.extend(diagnostics)

    def explain_from(self, first: int, environment: str, apart: Span) -> None:
        """Say under which environment that is so which was added since there were ``first`` diagnostics.

        What was there before, stands in ``apart`` or names the environment itself is left as it is.
        """
        name = f"environment `{environment}`"
        known = {(item.code.code, item.span, item.message) for item in self._items[:first]}
        for item in self._items[first:]:
            span = item.span
            inside = (
                span is not None
                and span.source.path == apart.source.path
                and apart.start <= span.start <= apart.end
            )
            said = name in item.message or (item.code.code, span, item.message) in known
            if not inside and not said:
                item.help = (*item.help, f"this is so under {name}")

    def within(self, code: Code, place: Span) -> list[Diagnostic]:
        """Return what was said with ``code`` of what stands within ``place``."""
        return [
            item
            for item in self._items
            if item.code is code
            and item.span is not None
            and item.span.source is place.source
            and place.start <= item.span.start <= place.end
        ]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Diagnostic]:
        seen = set()
        for item in sorted(self._items, key=_order):
            identity = (item.code.code, item.span, item.message)
            if identity not in seen:
                seen.add(identity)
                yield item

    @property
    def has_errors(self) -> bool:
        """Whether any is an error."""
        return any(item.severity == ERROR for item in self._items)


def _order(item: Diagnostic) -> tuple[str, int, int, str]:
    if item.span is None:
        return "", -1, -1, item.code.code
    return item.span.source.path, item.span.start, item.span.end, item.code.code
