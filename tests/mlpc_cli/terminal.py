"""Runs the command on a pseudo terminal, as somebody who sits before one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path

from tests.mlpc_cli.command import EXECUTABLE, environment

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Screen:
    """What came out on a terminal, and the exit code."""

    def __init__(self, code: int, raw: str) -> None:
        self.code = code
        self.raw = raw

    @property
    def text(self) -> str:
        """What came out, without colours and movements of the cursor."""
        return ANSI.sub("", self.raw).replace("\r\n", "\n")

    @property
    def cursor_is_shown(self) -> bool:
        """Whether the cursor, if it was hidden, was shown again."""
        return self.raw.rfind("\x1b[?25l") <= self.raw.rfind("\x1b[?25h")


def on_terminal(
    *arguments: str,
    cwd: Path,
    columns: int = 100,
    interrupt: Callable[[str], bool] | None = None,
    timeout: float = 300,
    variables: dict[str, str] | None = None,
    typed: str = "",
) -> Screen:
    """Run ``mlpc`` on a terminal of so many columns; press Ctrl-C once when ``interrupt`` of what is there says so.

    ``typed`` is what somebody types ahead, line by line.
    """
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    settings = environment(**{"TERM": "xterm-256color", **(variables or {})})
    process = subprocess.Popen(
        [EXECUTABLE, *arguments],
        cwd=cwd,
        stdin=side,
        stdout=side,
        stderr=side,
        env=settings,
        start_new_session=True,
    )
    os.close(side)
    os.write(main, typed.encode())
    parts: list[bytes] = []
    ends = time.monotonic() + timeout
    while time.monotonic() < ends:
        ready, _, _ = select.select([main], [], [], 0.1)
        if ready:
            try:
                part = os.read(main, 65536)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
            if interrupt is not None and interrupt(b"".join(parts).decode(errors="replace")):
                interrupt = None
                os.killpg(process.pid, signal.SIGINT)
        elif process.poll() is not None:
            break
    try:
        code = process.wait(timeout=20)
    finally:
        process.kill()
        os.close(main)
    return Screen(code, b"".join(parts).decode(errors="replace"))
