"""Gathers the diagnostics of a run of the command, each once, for a format to write."""

from __future__ import annotations

from ..terminal import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlpc.diagnostics import Diagnostic

    from ..loader import DiskLoader


class Finding:
    """A diagnostic, and where a person finds it.

    ``path`` is the file as it is reached from the current folder: the one that the diagnostic names, else the spec that
    was checked; empty where there is none. ``loader`` is None where the command could not open a file at all.
    """

    __slots__ = ("item", "loader", "path")

    def __init__(self, item: Diagnostic, loader: DiskLoader | None, path: str) -> None:
        self.item = item
        self.loader = loader
        self.path = path

    @property
    def shown(self) -> Callable[[str], str]:
        """Gives the path under which a file of the compiler is found from here."""
        return self.loader.shown if self.loader is not None else str

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Line and column, end line and end column, 1-based; what has no place stands at the beginning of its file."""
        span = self.item.span
        if span is None:
            return 1, 1, 1, 1
        return (*span.source.position(span.start), *span.source.position(max(span.end, span.start)))

    @property
    def told(self) -> list[str]:
        """What there is to say below the headline: the words at the place itself, then the help."""
        item = self.item
        label = item.label if item.label and item.label not in item.message else ""
        return [*([label] if label else []), *item.help]


class Report:
    """Gathers what was found; a mistake in a file that two specs use is one mistake.

    ``counts`` says how many there are of each severity, ``files`` in which files they stand.
    """

    __slots__ = ("_seen", "counts", "files")

    def __init__(self) -> None:
        self.counts = {"error": 0, "warning": 0, "note": 0}
        self.files: set[str] = set()
        self._seen: set[tuple[str, str, int, int, str]] = set()

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return self.counts["error"] > 0

    def add(self, item: Diagnostic, loader: DiskLoader | None, spec: str = "") -> None:
        """Add a diagnostic that checking ``spec`` gave."""
        path = place = spec
        start = end = 0
        if item.span is not None and loader is not None:
            path, start, end = loader.shown(item.span.source.path), item.span.start, item.span.end
            # The same file may be called in several ways.
            place = f"{loader.root}/{item.span.source.path}"
        identity = (item.code.code, place, start, end, item.message)
        if identity in self._seen:
            return
        self._seen.add(identity)
        if item.span is not None:
            self.files.add(path)
        self.counts[item.severity] += 1
        self.write(Finding(item, loader, path))

    def write(self, finding: Finding) -> None:
        """Take one that was not there before."""
        raise NotImplementedError

    def close(self, checked: Sequence[str]) -> None:
        """Write all of it; ``checked`` are the specs, in order."""
        raise NotImplementedError


class Document(Report):
    """Keeps all findings, for formats that are one document."""

    __slots__ = ("_findings",)

    def __init__(self) -> None:
        super().__init__()
        self._findings: list[Finding] = []

    def write(self, finding: Finding) -> None:
        """Keep it."""
        self._findings.append(finding)

    def close(self, checked: Sequence[str]) -> None:
        """Write the document."""
        emit(self.document(self._findings, checked))

    def document(self, findings: Sequence[Finding], checked: Sequence[str]) -> str:
        """Return the document."""
        raise NotImplementedError
