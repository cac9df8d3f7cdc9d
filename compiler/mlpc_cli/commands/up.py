"""`mlpc up`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlpc_cli.options import Command, environment, optional_file, project
from mlpc_cli.render import clipped
from mlpc_cli.spec import pipeline_of
from mlpc_cli.terminal import BOLD, CYAN, DIM, GREEN, YELLOW, Paint, emit, harmless, wants_colour, width_of

if TYPE_CHECKING:
    from mlpc_run.events import Event


@click.command(
    cls=Command,
    examples=[
        ("mlpc up main.mlp", "serve what was promoted last"),
        ("mlpc up main.mlp --port 8001", "on this port"),
        ("mlpc up main.mlp --env prod", "what was promoted in `prod`"),
        ("mlpc up main.mlp --host 0.0.0.0", "for other machines too"),
    ],
)
@optional_file
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="N",
    help="Port; by default the first free one from 8000.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen on."
)
@environment
@click.option("--no-isolation", is_flag=True, help="Run the server in the environment that mlpc is in.")
@click.option("--offline", is_flag=True, help="Fetch nothing from the network.")
@project
def command(
    file: str | None,
    port: int | None,
    host: str,
    environment: str,
    no_isolation: bool,
    offline: bool,
    project: str,
) -> int:
    """Serve what the pipeline of FILE promoted last, until Ctrl-C.

    Trains nothing and does not look at what the spec says now. FILE may be left out where one pipeline stands in
    the current folder.
    """
    _, root, pipeline = pipeline_of(file, "up", project)
    from mlpc_run.up import up

    return up(
        root,
        pipeline,
        environment,
        host=host,
        port=port,
        isolation=not no_isolation,
        offline=offline,
        listen=_Teller(),
    )


class _Teller:
    """Tells what happens to services, a line each."""

    def __init__(self) -> None:
        self._paint = Paint(wants_colour(sys.stdout))

    def __call__(self, event: Event) -> None:
        paint = self._paint
        if event.data.get("detail"):
            return
        if event.kind == "note":
            text = harmless(clipped(event.text, width_of(sys.stdout) - len("note ")))
        else:
            text = harmless(event.text, lines=True)
        if event.kind == "service-ready":
            url = str(event.data.get("url", ""))
            self._line(
                f"{paint(GREEN, 'ready')} {event.node} at {paint(BOLD, harmless(url))}  (Ctrl-C ends it)"
            )
            from mlpc_cli.asking import request_line

            line = request_line(url)
            if line:
                self._line(f"\n{harmless(line)}\n")
        elif event.kind == "service-ended":
            self._line(f"{event.node} has ended")
        elif event.kind == "note":
            self._line(f"{paint(CYAN, 'note')} {text}")
        elif event.kind == "message":
            self._line(f"{paint(YELLOW, str(event.data.get('level', 'note')))} {text}")
        elif event.kind in ("environment", "log"):
            self._line(paint(DIM, text))
        elif text:
            self._line(text)

    def _line(self, text: str) -> None:
        emit(text.rstrip() + "\n")
        sys.stdout.flush()
