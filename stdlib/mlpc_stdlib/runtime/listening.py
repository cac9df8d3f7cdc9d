"""The socket on which a service listens, and what there is to say where there can be none."""

from __future__ import annotations

import errno
import socket

from . import codes
from .contract import StepError

#: Connections that wait to be taken.
BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens at ``port`` (0: any free one) of ``host``.

    Raises:
        StepError: the port is taken, or not to be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once (TCP_NODELAY).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # Another server that starts now has to find the port taken.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = f"port {port} of {host} is taken"
            help = "another port: mlpc up --port N; what holds it: ss -ltnp"
        elif error.errno == errno.EACCES:
            message = f"this user may not serve on port {port}"
            help = "ports from 1024 up need no rights: mlpc up --port 8080"
        else:
            message = f"cannot serve on {host}:{port}: {error.strerror or error}"
            help = "127.0.0.1 for this machine alone, 0.0.0.0 for all that reach it"
        raise StepError(codes.CANNOT_LISTEN, message, help) from None
    return listener
