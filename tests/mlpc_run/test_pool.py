"""What waits for steps answers signals whenever they come."""

from __future__ import annotations

import signal
import threading
from typing import Any, cast

import pytest

from mlpc_run.events import Event
from mlpc_run.pool import Pool
from mlpc_run.worker import Worker


class Asked:
    """A worker that notes what it is asked for; its step runs until then."""

    def __init__(self) -> None:
        self.what: list[str] = []
        self.over = threading.Event()

    def do(self, job: object) -> Any:
        self.over.wait(60)
        return job

    def cancel(self) -> None:
        self.what.append("cancel")

    def terminate(self) -> None:
        self.what.append("terminate")
        self.over.set()

    def kill(self) -> None:
        self.what.append("kill")


@pytest.mark.timeout(30)
def test_a_signal_that_does_not_end_the_wait_is_answered_all_the_same() -> None:
    worker = Asked()
    told: list[Event] = []
    pool = Pool(cast(Worker, worker), 1, told.append)
    try:
        pool.start(cast(Any, "step"))
        # As where it comes just before the main thread begins to wait: what the system calls does not interrupt that thread.
        timer = threading.Timer(0.2, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM))
        timer.start()
        done = pool.next()
        while done is None:
            done = pool.next()
    finally:
        pool.close()
    assert worker.what == ["cancel", "terminate"]
    assert [event.kind for event in told] == ["interrupted"]
