"""`--watch`: does a thing again whenever a file changes that it depends on.

What the compiler asked its loader is asked again every so often, and the files that the run depends on are looked at: by
content, so that a file that was only saved again is no change. A change counts once it has come to rest.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from . import errors
from .loader import INSTALLED
from .results import Recorder
from .say import problem, tell
from .terminal import harmless

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpc.ir.nodes import Workflow

    from .loader import DiskLoader

#: Seconds between two looks, and for which nothing may change before a change has come to rest.
_EVERY, _REST = 0.3, 0.25
#: Files that a change is told of.
_MANY = 4


class View:
    """What one doing depended on, as it was then."""

    def __init__(self, before: View | None = None) -> None:
        from mlpc_run.watched import Seen

        self.is_first = before is None
        self._before = before
        #: Digests are kept from one doing to the next: large data is read once.
        self._seen: Seen = before._seen if before is not None else Seen()
        self._recorders: list[Recorder] = []
        self._files: dict[str, str] | None = None
        self._root: str = before._root if before is not None else ""

    def through(self, loader: DiskLoader) -> Recorder:
        """Return what the compiler is to ask in the place of ``loader``."""
        recorder = Recorder(loader)
        self._recorders.append(recorder)
        self._root = loader.root
        return recorder

    def add(self, workflow: Workflow, root: str) -> None:
        """Look at the files that a run of ``workflow`` depends on, before it begins."""
        from mlpc_run import watched

        self._files = {
            path: watched.state(path, self._seen) for path in watched.paths(workflow, root, self._seen)
        }

    def settle(self) -> None:
        """Take over from the view before what this doing did not come to: what does not compile says nothing of its code."""
        from mlpc_run import watched

        if self._before is not None and not self._recorders:
            for recorder in self._before._recorders:
                again = Recorder(recorder.loader)
                for kind, path in recorder.digests:
                    _ask(again, kind, path)
                self._recorders.append(again)
        if self._files is None:
            known = self._before._files if self._before is not None else None
            self._files = {path: watched.state(path, self._seen) for path in known or ()}
        self._before = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look at: the file itself could not be opened, at the first time."""
        return self.is_first and not self._recorders

    @property
    def count(self) -> int:
        """How many files are looked at."""
        own = {path for recorder in self._recorders for _, path in recorder.digests if _own(path)}
        there = {os.path.normpath(os.path.join(self._root, path)) for path in own}
        return sum(map(os.path.isfile, there | set(self._files or ())))

    def changed(self) -> dict[str, str]:
        """Return what is not as it was: by path, what it is now."""
        from mlpc_run import watched

        found = {}
        for recorder in self._recorders:
            again = Recorder(recorder.loader)
            for (kind, path), digest in recorder.digests.items():
                if not _own(path):
                    continue
                _ask(again, kind, path)
                if again.digests[kind, path] != digest:
                    found[os.path.normpath(os.path.join(self._root, path))] = again.digests[kind, path]
        for path, digest in (self._files or {}).items():
            now = watched.state(path, self._seen)
            if now != digest:
                found[path] = now
        return found

    def wait(self) -> list[str]:
        """Return, once something has changed and come to rest, the paths of it."""
        before: dict[str, str] = {}
        while True:
            changed = self.changed()
            if changed and changed == before:
                return sorted(changed)
            # What was changed and changed back meanwhile is no change.
            before = changed
            time.sleep(_REST if changed else _EVERY)


def _own(path: str) -> bool:
    """Return whether a question is about the project: what is installed does not change meanwhile."""
    return not path.startswith(INSTALLED)


def _ask(recorder: Recorder, kind: str, path: str) -> None:
    {"r": recorder.read, "n": recorder.names, "w": recorder.what}[kind](path)


def watch(once: Callable[[View], int]) -> int:
    """Do ``once``, and again whenever something has changed, until Ctrl-C; return the exit code.

    It is given the view that it tells what it depends on. What goes wrong is said, and the next change waited for; where
    the file itself cannot be opened at first, nothing is watched.
    """
    view = View()
    while True:
        code = _guarded(once, view)
        if code == errors.INTERRUPTED:
            return code
        view.settle()
        count = view.count
        tell(f"\nwatching {count} file{'' if count == 1 else 's'}; Ctrl-C ends")
        sys.stdout.flush()
        try:
            changed = view.wait()
        except KeyboardInterrupt:
            tell("\nno longer watching")
            return errors.OK
        names = [harmless(os.path.relpath(path)) for path in changed[:_MANY]]
        more = f" and {len(changed) - _MANY} more" if len(changed) > _MANY else ""
        tell(f"\nchanged: {', '.join(names)}{more}\n")
        sys.stdout.flush()
        view = View(view)


def _guarded(once: Callable[[View], int], view: View) -> int:
    from mlpc_run.errors import EngineError

    try:
        return once(view)
    except errors.Findings:
        return errors.FINDINGS
    except errors.CommandError as error:
        if view.is_empty:
            raise
        problem(error.diagnostic())
        return error.exit_code
    except EngineError as error:
        problem(error.diagnostic)
        return int(error.exit_code)
