"""Calling uv, which resolves and installs what steps require."""

from __future__ import annotations

import os
import re
import sys

from mlpc.codes import ENVIRONMENT_FAILED, NO_NETWORK, NO_UV, UNSATISFIABLE

from .errors import ENVIRONMENT, FINDINGS, EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .processes import Processes

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NO_NETWORK = (
    "dns error",
    "error sending request",
    "failed to fetch",
    "could not connect",
    "connection refused",
    "network is unreachable",
    "network connectivity is disabled",
    "network was disabled",
    "operation timed out",
    "request failed after",
)


def binary() -> str:
    """Return the path of uv: the one installed beside mlpc, else one on the path.

    Raises:
        EngineError: there is none.
    """
    beside = os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "uv")
    if os.access(beside, os.X_OK):
        return beside
    try:
        from uv import find_uv_bin

        return os.fsdecode(find_uv_bin())
    except (ImportError, FileNotFoundError):
        pass
    import shutil

    found = shutil.which("uv")
    if found is None:
        raise EngineError(
            NO_UV,
            "the environments of steps are made by uv, which is not installed",
            "install it beside mlpc: pip install uv",
            "or run the steps in the environment that mlpc itself is in: --no-isolation",
        )
    return found


def base_python() -> str:
    """Return the interpreter that environments are made from: the one below any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)


def call(
    processes: Processes,
    arguments: list[str],
    folder: str,
    listen: Callable[[str], None],
    *,
    resolving: bool = False,
) -> tuple[int, str]:
    """Run uv in ``folder`` and return its exit status and what it printed; ``listen`` gets each line of it.

    Constraints that the user set in the environment count where versions are chosen, ``resolving``.

    Raises:
        EngineError: there is no uv.
    """
    printed: list[bytes] = []
    rest = b""

    def gather(block: bytes) -> None:
        nonlocal rest
        printed.append(block)
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            shown = plain(line.decode("utf-8", "replace")).strip()
            if shown:
                listen(shown)

    process = processes.start([binary(), *arguments], environment(resolving=resolving), folder)
    status, _ = process.wait(gather)
    return status, plain(b"".join(printed).decode("utf-8", "replace"))


def environment(*, resolving: bool = False) -> dict[str, str]:
    """Return the environment of uv: the user's (indexes, proxies, certificates), and no surprises.

    What pip is told of indexes, of folders of wheels and of constraints, uv is told as well, unless it has its own.
    """
    found = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON")
        and name not in ("VIRTUAL_ENV", "UV_REQUIRE_HASHES", "UV_SYSTEM_PYTHON")
    }
    index = found.get("PIP_INDEX_URL")
    if index and "UV_DEFAULT_INDEX" not in found and "UV_INDEX_URL" not in found:
        found["UV_DEFAULT_INDEX"] = index
    for own, theirs, separator in (
        ("UV_FIND_LINKS", "PIP_FIND_LINKS", ","),
        ("UV_CONSTRAINT", "PIP_CONSTRAINT", " "),
    ):
        told = found.get(theirs, "").split()
        if told and own not in found:
            # uv runs in the folder of the project.
            found[own] = separator.join(each if "://" in each else os.path.abspath(each) for each in told)
    if not resolving:
        # What is installed was chosen before, and pinned: uv refuses constraints beside hashes.
        found.pop("UV_CONSTRAINT", None)
    found.update(UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1", NO_COLOR="1")
    return found


def plain(text: str) -> str:
    """Return text without codes for colours, and without the credentials that an address may carry."""
    return re.sub(r"(://)[^/@\s]+@", r"\1", _COLOURS.sub("", text))


def failure(what: str, output: str, *, offline: bool) -> EngineError:
    """Return the error for a call of uv that failed, with what uv said."""
    said = [line.strip() for line in output.strip().splitlines() if line.strip()]
    lowered = output.lower()
    if offline and ("offline" in lowered or "network" in lowered):
        return EngineError(
            NO_NETWORK,
            f"{what}: what is needed is not on this machine, and --offline forbids to fetch it",
            "run once without --offline",
            *said[-6:],
        )
    if any(sign in lowered for sign in _NO_NETWORK):
        return EngineError(
            NO_NETWORK,
            f"{what}: the package index cannot be reached",
            "check the network and the proxy; another index is set by UV_DEFAULT_INDEX or in uv.toml",
            *said[-6:],
            final=False,
        )
    if "no solution found" in lowered or "unsatisfiable" in lowered:
        return EngineError(
            UNSATISFIABLE, f"{what}: no set of packages fits all of them", *said[-12:], exit_code=FINDINGS
        )
    return EngineError(ENVIRONMENT_FAILED, f"{what}: uv failed", *said[-12:], exit_code=ENVIRONMENT)
