"""Diagnostics as lines of text, from which they are made again together with the texts in which they have their places."""

from __future__ import annotations

from mlpc.codes import ALL
from mlpc.diagnostics import Diagnostic, Fix, Label
from mlpc.source import Source, Span

from .results import escaped, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Read = Callable[[str], bytes | None]

_MARK = b"\xef\xbb\xbf"


def written(found: Sequence[Diagnostic], read: Read) -> list[str] | None:
    """Return the lines for ``found``; None where a text is not simply that of the file as ``read`` gives it."""
    lines: list[list[str]] = []
    sources: dict[int, Source] = {}

    def place(span: Span | None) -> list[str]:
        if span is None:
            return ["", "", ""]
        sources[id(span.source)] = span.source
        return [span.source.path, str(span.start), str(span.end)]

    for item in found:
        lines.append(["d", item.code.code, item.severity, *place(item.span), item.message, item.label])
        lines += [["l", *place(label.span), label.message] for label in item.labels]
        lines += [["h", text] for text in item.help]
        for fix in item.fixes:
            lines.append(["f", "safe" if fix.safe else "", fix.message])
            lines += [["e", *place(span), text] for span, text in fix.edits]
    if any(source.text != _text(read(source.path)) for source in sources.values()):
        return None
    return ["\t".join([escaped(text) for text in line]) for line in lines]


def read(text: str, read: Read) -> list[Diagnostic]:
    """Return the diagnostics that ``text`` holds.

    Raises:
        ValueError, KeyError, IndexError: it is none of :func:`written`.
    """
    sources: dict[str, Source] = {}

    def place(path: str, start: str, end: str) -> Span:
        source = sources.get(path)
        if source is None:
            found = _text(read(path))
            if found is None:
                raise ValueError(path)
            source = sources[path] = Source(path, found)
        return Span(source, int(start), int(end))

    made: list[Diagnostic] = []
    for line in text.split("\n"):
        kind, *rest = fields(line)
        if kind == "d":
            code, severity, path, start, end, message, label = rest
            span = place(path, start, end) if start else None
            item = Diagnostic(ALL[code], "", span, severity=severity)
            # What is too long was shortened when it was found.
            item.message, item.label = message, label
            made.append(item)
        elif kind == "l":
            path, start, end, message = rest
            made_label = Label(place(path, start, end), "")
            made_label.message = message
            made[-1].labels += (made_label,)
        elif kind == "h":
            (help,) = rest
            made[-1].help += (help,)
        elif kind == "f":
            safe, message = rest
            fix = Fix("", (), safe=bool(safe))
            fix.message = message
            made[-1].fixes += (fix,)
        elif kind == "e":
            path, start, end, inserted = rest
            made[-1].fixes[-1].edits += ((place(path, start, end), inserted),)
        else:
            raise ValueError(kind)
    return made


def _text(data: bytes | None) -> str | None:
    """Return the text of a file in UTF-8; None where it is none."""
    if data is None:
        return ""
    try:
        return data.removeprefix(_MARK).decode("utf-8")
    except UnicodeDecodeError:
        return None
