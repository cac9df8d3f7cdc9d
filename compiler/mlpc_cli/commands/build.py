"""`mlpc build`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlpc_cli import errors
from mlpc_cli.engines import reported
from mlpc_cli.options import Command
from mlpc_cli.say import tell
from mlpc_cli.terminal import CYAN, DIM, GREEN, Paint, harmless, wants_colour

if TYPE_CHECKING:
    from mlpc_engines.docker import Progress


@click.command(
    cls=Command,
    examples=[
        ("mlpc build build", "the images of what was compiled into `build`"),
        ("mlpc build build --no-cache", "from scratch"),
        ("mlpc build build --push", "and push them to the registry that was named when compiling"),
    ],
)
@click.argument("folder", type=click.Path())
@click.option("--no-cache", is_flag=True, help="Build every layer anew.")
@click.option("--pull", is_flag=True, help="Ask for a newer base image.")
@click.option("--push", is_flag=True, help="Push the images to the registry that `compile --registry` named.")
def command(folder: str, no_cache: bool, pull: bool, push: bool) -> int:
    """Build the images of what `mlpc compile` wrote into FOLDER.

    An image that is there already is not built again, nor pushed: its tag names its content.
    """
    with reported():
        from mlpc_engines.directory import Compiled
        from mlpc_engines.docker import Docker

        compiled = Compiled(folder)
        docker = Docker()
        work = docker.push if push else docker.build
        work(compiled, Shown().show, again=no_cache, pull=pull)
    return errors.OK


class Shown:
    """Shows how far builds are: a line that is written over on a terminal, else a line a step."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._paint = Paint(wants_colour(sys.stdout))
        self._last = ""

    def show(self, progress: Progress) -> None:
        """Show one report."""
        if progress.state == "there":
            tell(f"{harmless(progress.image)}  {self._paint(CYAN, 'there already')}")
        elif progress.state in ("built", "pushed"):
            self._clear()
            tell(f"{harmless(progress.image)}  {self._paint(GREEN, progress.state)}")
        else:
            text = f"{progress.image}  {progress.step}/{progress.of}  {progress.text}"
            if self._live:
                self._clear()
                sys.stdout.write(self._paint(DIM, harmless(text)[: self._width() - 1]))
                sys.stdout.flush()
            elif f"{progress.image} {progress.step}" != self._last:
                self._last = f"{progress.image} {progress.step}"
                tell(harmless(text))

    def _clear(self) -> None:
        if self._live:
            sys.stdout.write("\r\x1b[2K")

    def _width(self) -> int:
        import shutil

        return shutil.get_terminal_size().columns
