"""The threads that wait for steps, one a step, and the queue through which they speak to the run."""

from __future__ import annotations

import time

from mlpc.codes import ENGINE_FAULT

from . import events
from .errors import STEP, EngineError
from .events import Event
from .processes import GRACE, LOOK
from .worker import Done

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mlpc.ir.nodes import Task

    from .cache import Ready
    from .worker import Worker


class Pool:
    """Does tasks in threads and answers SIGINT and SIGTERM: steps are asked to end, and killed ten seconds later or
    when it is asked for once more.
    """

    def __init__(self, worker: Worker, size: int, listen: Callable[[Event], None]) -> None:
        import signal
        import threading
        from _queue import SimpleQueue

        self._worker = worker
        self._listen = listen
        self._queue: SimpleQueue[Event | Done | None] = SimpleQueue()
        self._threading = threading
        self._thread = threading.current_thread()
        self._deadline = 0.0
        self._before: dict[int, Any] = {}
        #: How many tasks are being done, and how many may be.
        self.busy = 0
        self.size = size
        #: How often the run was asked to end.
        self.interrupted = 0
        if self._thread is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._on_signal)

    def tell(self, event: Event) -> None:
        """Pass an event on to the thread of the run."""
        if self._threading.current_thread() is self._thread:
            self._listen(event)
        else:
            self._queue.put(event)

    def _on_signal(self, number: int, frame: object) -> None:
        self.interrupted += 1
        self._worker.cancel()
        self._queue.put(None)

    def start(self, job: Ready | Task) -> None:
        """Do a task in a thread of its own."""
        self.busy += 1
        self._threading.Thread(target=self._do, args=(job,), daemon=True).start()

    def _do(self, job: Ready | Task) -> None:
        from .cache import Ready

        try:
            done = self._worker.do(job)
        except BaseException as problem:  # noqa: BLE001 - whatever happens in a thread, the run must hear of it
            import traceback

            done = Done(job.task if isinstance(job, Ready) else job)
            done.error = EngineError(
                ENGINE_FAULT,
                f"the engine failed in `{done.task.id}`: {type(problem).__name__}: {problem}",
                *traceback.format_exc().strip().splitlines()[-6:],
                exit_code=STEP,
            )
        self._queue.put(done)

    def next(self) -> Done | None:
        """Wait for something to happen; return the task that is done, if one is."""
        from _queue import Empty

        try:
            item = self._queue.get(timeout=0.2 if self.interrupted else LOOK)
        except Empty:
            if not self.interrupted:
                return None
            item = None
        if isinstance(item, Event):
            self._listen(item)
            return None
        if item is None:
            self._end()
            return None
        self.busy -= 1
        return item

    def _end(self) -> None:
        if not self._deadline:
            self._deadline = time.monotonic() + GRACE
            text = "ending the steps that run; once more to end them at once"
            self._listen(Event(events.INTERRUPTED, text=text))
            self._worker.terminate()
        if self.interrupted > 1 or time.monotonic() > self._deadline:
            self._worker.kill()

    def close(self) -> None:
        """Give the signals back."""
        import signal

        for number, handler in self._before.items():
            signal.signal(number, handler)
