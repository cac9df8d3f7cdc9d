"""What happens during a run, as it happens: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from mlpc.codes import INTERRUPTED
from mlpc_run.figures import measured, named, seconds

from .outcome import Marks
from .render import clipped
from .terminal import (
    CYAN,
    DIM,
    GREEN,
    RED,
    YELLOW,
    Paint,
    emit,
    harmless,
    is_terminal,
    wants_colour,
    width_of,
)

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.console import ConsoleRenderable
    from rich.live import Live

    from mlpc_run.events import Event

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
#: The live view is drawn so often a second.
_REFRESH = 10
#: Kinds of events that say in short what is told in full elsewhere: in the outcome, in a log, in the lock.
_SHORT = ("failed", "retry", "environment")


class Progress:
    """Listens to a run. A context manager: what it did to the terminal is undone when it is left."""

    def __init__(self, *, verbose: bool = False) -> None:
        self.verbose = verbose
        #: Notes that the person has seen.
        self.told: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def __call__(self, event: Event) -> None:
        """Take note of one event; may be called from any thread."""
        raise NotImplementedError


def progress(*, verbose: bool = False) -> Progress:
    """Return what suits standard output."""
    if is_terminal(sys.stdout) and wants_colour(sys.stdout):
        return LiveProgress(verbose=verbose)
    return PlainProgress(verbose=verbose)


def sentence(event: Event) -> tuple[str, str]:
    """Return what an event says in a line, and the colour of it; nothing for what is not worth a line."""
    data: dict[str, Any] = event.data
    kind = event.kind
    if kind == "started":
        again = f", attempt {data['attempt']} of {data['of']}" if data.get("attempt", 1) > 1 else ""
        why = "; ".join(data.get("why") or ())
        return f"runs{again}" + (f" ({why})" if why else ""), ""
    if kind == "cached":
        return "cached", CYAN
    if kind == "finished":
        return f"done in {seconds(data['seconds'])}{_figures(data)}", GREEN
    if kind == "not-passed":
        return f"not passed{_figures(data)}", RED
    if kind == "failed":
        error = data.get("error") or {}
        if error.get("code") == INTERRUPTED.code:
            return "interrupted", YELLOW
        return f"failed: {error.get('message') or 'see its log'}", RED
    if kind == "retry":
        error = data.get("error") or {}
        return (
            f"attempt {data['attempt']} of {data['of']} failed, again in {seconds(data['wait'])}: {error.get('message', '')}",
            YELLOW,
        )
    if kind == "blocked":
        return "blocked by " + ", ".join(data.get("by") or ()), YELLOW
    if kind == "skipped":
        return "skipped, it needs " + ", ".join(data.get("by") or ()), YELLOW
    if kind == "gate":
        short = [
            f"{' '.join(str(item['text']).split())} is {measured(item)}"
            for item in data["verdicts"]
            if not item["passed"]
        ]
        if data["passed"]:
            return "passed", GREEN
        return "not passed: " + "; ".join(short), RED
    if kind == "message":
        return event.text, YELLOW if data.get("level") == "warning" else ""
    if kind == "environment":
        return event.text, DIM
    if kind in ("note", "interrupted"):
        return event.text, CYAN
    return "", ""


def _figures(data: dict[str, Any]) -> str:
    plain = named(data.get("metrics") or {}, data.get("units") or {})
    if not plain:
        return ""
    return ", " + ", ".join(plain[:4]) + (", …" if len(plain) > 4 else "")


class PlainProgress(Progress):
    """A line for each thing worth one: no colour unless wanted, no times of day, nothing drawn over."""

    def __init__(self, *, verbose: bool = False) -> None:
        super().__init__(verbose=verbose)
        self._paint = Paint(wants_colour(sys.stdout))
        self._lock = threading.Lock()
        self._size = 0

    def __call__(self, event: Event) -> None:
        """Print a line."""
        with self._lock:
            if event.kind == "run-started":
                self._size = max((len(step) for step in event.data.get("steps") or ()), default=0)
                return
            if event.kind == "log":
                if self.verbose:
                    emit(f"{event.node:{self._size}}  | {harmless(event.text)}\n")
                return
            if event.data.get("detail"):
                return
            text, style = sentence(event)
            if event.kind == "note":
                self.told.add(event.text)
            if text:
                name = event.node or (event.kind if event.kind in ("environment", "note") else "")
                if event.kind in _SHORT:
                    text = clipped(text, width_of(sys.stdout) - max(self._size, len(name)) - 2)
                emit(f"{harmless(name):{self._size}}  {self._paint(style, harmless(text))}".rstrip() + "\n")
                sys.stdout.flush()


class _Row:
    __slots__ = ("since", "state", "text")

    def __init__(self) -> None:
        self.state = "waiting"
        self.text = ""
        self.since = 0.0


class LiveProgress(Progress):
    """A table of the steps that is drawn anew while they run, and is gone at the end: the outcome says it all.

    It begins with the first thing that takes time, so that a run in which nothing has changed draws nothing.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        super().__init__(verbose=verbose)
        self._lock = threading.RLock()
        self._rows: dict[str, _Row] = {}
        self._environments: dict[str, str] = {}
        self._title = ""
        self._marks = Marks(sys.stdout.encoding)
        self._live: Live | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def _begin(self) -> None:
        from rich.console import Console
        from rich.live import Live

        console = Console(file=sys.stdout, force_terminal=True, highlight=False, markup=False, emoji=False)
        self._live = Live(
            console=console,
            get_renderable=self._draw,
            refresh_per_second=_REFRESH,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def __call__(self, event: Event) -> None:
        """Change the view, and print above it what is to stay."""
        kind = event.kind
        with self._lock:
            if kind == "run-started":
                self._rows = {node: _Row() for node in event.data.get("steps") or ()}
                self._title = f"{event.data.get('pipeline', '')}, run {event.data.get('run', '')}"
            elif kind == "environment":
                self._environments[str(event.data.get("environment", ""))] = event.text
            elif kind in _NEXT and (row := self._rows.get(event.node)) is not None:
                row.state = _NEXT[kind]
                row.text = clipped(sentence(event)[0], width_of(sys.stdout)) if kind != "started" else ""
                row.since = time.monotonic()
                if kind == "started":
                    self._environments.clear()
        # Not while the lock is held: the thread that draws waits for it, and we for that thread.
        if self._live is None and kind in ("started", "environment"):
            self._begin()
        if kind == "note":
            self.told.add(event.text)
        if kind in ("note", "message", "retry", "interrupted"):
            text, style = sentence(event)
            if text:
                text = (f"{event.node}: " if event.node else "") + text
                self._print(clipped(text, width_of(sys.stdout)) if kind == "retry" else text, style)
        elif kind == "log" and self.verbose:
            self._print(f"{event.node} | {event.text}", DIM)

    def _print(self, text: str, style: str) -> None:
        line = Paint(True)(style, harmless(text))
        if self._live is None:
            emit(line + "\n")
            return
        from rich.text import Text

        self._live.console.print(Text.from_ansi(line), soft_wrap=True)

    def _draw(self) -> ConsoleRenderable:
        from rich.text import Text

        with self._lock:
            height = max((self._live.console.size.height if self._live is not None else 24) - 4, 6)
            now = time.monotonic()
            rows = list(self._rows.items())
            done = sum(row.state not in ("waiting", "running") for _, row in rows)
            if len(rows) > height:
                # What runs is what somebody waits for; of the rest the latest.
                running = [pair for pair in rows if pair[1].state == "running"][:height]
                ended = [pair for pair in rows if pair[1].state not in ("waiting", "running")]
                room = height - len(running)
                rows = (ended[-room:] if room else []) + running
            size = max((len(node) for node, _ in rows), default=0)
            frame = _FRAMES[int(now * _REFRESH) % len(_FRAMES)] if self._marks.good == "✓" else "*"
            text = Text(no_wrap=True, overflow="ellipsis")
            text.append(harmless(self._title), "bold")
            text.append(f"  {done} of {len(self._rows)}\n", "dim")
            for node, row in rows:
                sign, style = _SIGNS[row.state]
                mark = {
                    "run": frame,
                    "good": self._marks.good,
                    "bad": self._marks.bad,
                    "dot": self._marks.dot,
                }[sign]
                text.append(f"  {mark} ", style)
                text.append(f"{harmless(node):{size}}", "" if row.state != "waiting" else "dim")
                more = seconds(now - row.since) if row.state == "running" else row.text
                text.append(f"  {harmless(more)}\n", "dim")
            for said in self._environments.values():
                if said:
                    text.append(f"  {frame} environment: {harmless(said)}\n", "cyan")
            text.rstrip()
            return text


_NEXT = {
    "started": "running",
    "cached": "done",
    "finished": "done",
    "not-passed": "bad",
    "failed": "bad",
    "blocked": "held",
    "skipped": "held",
}
_SIGNS = {
    "waiting": ("dot", "dim"),
    "running": ("run", "cyan"),
    "done": ("good", "green"),
    "bad": ("bad", "red"),
    "held": ("dot", "yellow"),
}
