"""The step contract, version 1: what a step is told and what it answers (``docs/step-contract.md``).

Only the standard library is imported, and little of it: a step's own cost is mostly what it imports.
"""

from __future__ import annotations

import json
import os
import sys

from . import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypeAlias

    Json: TypeAlias = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
    JsonObject: TypeAlias = dict[str, Any]

VERSION = 1


class StepError(Exception):
    """Something that the person who runs the pipeline can mend.

    ``code`` is one of :mod:`mlpc_stdlib.runtime.codes`, ``place`` an object such as ``{"file", "line",
    "column"}``, ``final`` says that another attempt would fail in the same way.
    """

    def __init__(
        self,
        code: codes.Code,
        message: str,
        help: str | list[str] | tuple[str, ...] = (),
        place: JsonObject | None = None,
        final: bool = True,
    ) -> None:
        super().__init__(message)
        self.code, self.name = code
        self.message = message
        self.help = [help] if isinstance(help, str) else list(help)
        self.place = place
        self.final = final

    def to_json(self) -> JsonObject:
        """Return the ``error`` of ``result.json``."""
        return {
            "code": self.code,
            "name": self.name,
            "message": self.message,
            "help": self.help,
            "place": self.place,
            "final": self.final,
        }

    def __str__(self) -> str:
        return f"{self.code} {self.name}: {self.message}"


class Terminated(SystemExit):
    """SIGTERM came."""


class Artefact:
    """One input or output: a local ``path`` or a ``url``, the port ``type``, for an input a ``digest``; ``location`` is
    how the spec calls a file of the project that lies elsewhere here.
    """

    __slots__ = ("digest", "key", "location", "path", "type", "url")

    def __init__(
        self,
        path: str = "",
        type: JsonObject | None = None,
        digest: str = "",
        url: str = "",
        key: str = "",
        location: str = "",
    ) -> None:
        self.location = location
        self.path = path
        self.type = type or {}
        self.digest = digest
        self.url = url
        self.key = key

    @property
    def kind(self) -> str:
        """The name of the port type: ``dataset``, ``model``, …"""
        return str(self.type.get("type", ""))

    @property
    def columns(self) -> list[JsonObject]:
        """The columns that the schema names; empty for what has no schema."""
        schema = self.type.get("schema") or {}
        return list(schema.get("columns") or [])


class Task:
    """A parsed ``task.json``."""

    __slots__ = (
        "action",
        "arguments",
        "attempt",
        "context",
        "id",
        "inputs",
        "outputs",
        "project",
        "result",
        "secrets",
        "seed",
        "service",
        "state",
        "threads",
        "verify",
    )

    def __init__(
        self,
        id: str,
        action: dict[str, str],
        result: str,
        inputs: dict[str, Artefact | list[Artefact]] | None = None,
        outputs: dict[str, Artefact] | None = None,
        arguments: JsonObject | None = None,
        secrets: dict[str, str] | None = None,
        project: str = "",
        state: str = "",
        context: JsonObject | None = None,
        verify: JsonObject | None = None,
        service: JsonObject | None = None,
        attempt: int = 1,
        seed: int | None = None,
        threads: int = 1,
    ) -> None:
        self.id = id
        self.action = action
        self.result = result
        self.inputs = inputs or {}
        self.outputs = outputs or {}
        self.arguments = arguments or {}
        self.secrets = secrets or {}
        self.project = project
        self.state = state
        self.context = context or {}
        self.verify = verify
        self.service = service
        self.attempt = attempt
        self.seed = seed
        self.threads = threads

    def input(self, port: str) -> Artefact:
        """Return the single artefact at an input port.

        Raises:
            StepError: the task has none.
        """
        found = self.inputs.get(port)
        if not isinstance(found, Artefact):
            raise StepError(codes.INVALID_TASK, f"the task gives no input `{port}`")
        return found

    def optional_input(self, port: str) -> Artefact | None:
        """Return the single artefact at an input port, or None."""
        found = self.inputs.get(port)
        return found if isinstance(found, Artefact) else None

    def output(self, port: str) -> Artefact:
        """Return where an output goes.

        Raises:
            StepError: the task asks for no such output.
        """
        found = self.outputs.get(port)
        if found is None:
            raise StepError(codes.INVALID_TASK, f"the task names no output `{port}`")
        return found

    def argument(self, name: str, default: Any = None) -> Any:
        """Return an argument; one that is null or absent is ``default``."""
        value = self.arguments.get(name)
        return default if value is None else value

    def secret(self, name: str) -> str | None:
        """Return the value of a secret, without the newline that editors add; None if it was not given."""
        path = self.secrets.get(name)
        if path is None:
            return None
        with open(path, encoding="utf-8") as file:
            return file.read().rstrip("\r\n")

    def shown(self, path: str) -> str:
        """Return how to call a file in a message: as the spec does, or relative to the project where it lies in it."""
        for given in self.inputs.values():
            for item in given if isinstance(given, list) else [given]:
                if item.path == path and item.location:
                    return item.location
        if self.project:
            root = os.path.realpath(self.project) + os.sep
            real = os.path.realpath(path)
            if real.startswith(root):
                return real[len(root) :]
        return os.path.basename(path)


class Result:
    """What a step has to say, gathered while it runs."""

    __slots__ = ("effect", "error", "messages", "metrics", "report", "rows", "status")

    def __init__(self) -> None:
        self.status = "done"
        self.metrics: JsonObject = {}
        self.rows: dict[str, int] = {}
        self.messages: list[dict[str, str]] = []
        self.effect: JsonObject | None = None
        self.error: JsonObject | None = None
        self.report: Json = None

    def info(self, text: str) -> None:
        """Tell the person who runs the pipeline something."""
        self.messages.append({"level": "info", "text": text})

    def warning(self, text: str) -> None:
        """Tell the person who runs the pipeline something that may be wrong."""
        self.messages.append({"level": "warning", "text": text})

    def fail(self, error: StepError) -> None:
        """Turn this into the answer of a step that failed."""
        self.status = "failed"
        self.error = error.to_json()

    def to_json(self) -> JsonObject:
        """Return ``result.json``."""
        made: JsonObject = {
            "contract": VERSION,
            "status": self.status,
            "metrics": self.metrics,
            "rows": self.rows,
            "messages": self.messages,
        }
        for name in ("effect", "error", "report"):
            if getattr(self, name) is not None:
                made[name] = getattr(self, name)
        return made


def write_json(path: str, value: Any) -> None:
    """Write JSON in one form, atomically. Numbers read back exactly.

    Raises:
        ValueError: a number is infinite or not a number.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1)
    write_atomically(path, (text + "\n").encode("utf-8", "surrogatepass"))


def write_atomically(path: str, content: bytes) -> None:
    """Write a file that is either there whole or not there."""
    temporary = f"{path}.{os.getpid()}.part"
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass
        raise


def read_task(path: str) -> Task:
    """Read and judge a ``task.json``.

    Raises:
        StepError: it cannot be read or does not keep to the contract.
    """
    try:
        with open(path, "rb") as file:
            raw = json.loads(file.read())
    except OSError as error:
        raise StepError(codes.INVALID_TASK, f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise StepError(codes.INVALID_TASK, f"{path} is not JSON: {error}") from None
    return parse_task(raw)


def parse_task(raw: Any) -> Task:
    """Judge the JSON of a task.

    Raises:
        StepError: it does not keep to the contract.
    """
    if not isinstance(raw, dict):
        _refuse("a task is an object")
    version = raw.get("contract")
    if version != VERSION:
        _refuse(
            f"this runtime keeps to version {VERSION} of the step contract, the task to version {version!r}",
            "install the mlpc that made the plan into the step's environment",
        )
    action = _object(raw, "action")
    for name in ("kind", "target", "function"):
        if not isinstance(action.get(name), str) or not action[name]:
            _refuse(f"`action.{name}` has to be a text")
    threads = raw.get("threads", 1)
    attempt = raw.get("attempt", 1)
    seed = raw.get("seed")
    if seed is None and type(_object(raw, "arguments").get("seed")) is int:
        seed = max(0, raw["arguments"]["seed"])  # of a parameter: known only when the step runs
    for name, number in (("threads", threads), ("attempt", attempt), ("seed", 0 if seed is None else seed)):
        if isinstance(number, bool) or not isinstance(number, int) or number < (name != "seed"):
            _refuse(f"`{name}` has to be a whole number{'' if name == 'seed' else ' above 0'}")
    inputs: dict[str, Artefact | list[Artefact]] = {}
    for port, value in _object(raw, "inputs").items():
        if isinstance(value, list):
            inputs[port] = [_artefact(f"inputs.{port}", item) for item in value]
        else:
            inputs[port] = _artefact(f"inputs.{port}", value)
    return Task(
        id=_text(raw, "task"),
        action={name: action[name] for name in ("kind", "target", "function")},
        result=_text(raw, "result"),
        inputs=inputs,
        outputs={
            port: _artefact(f"outputs.{port}", value) for port, value in _object(raw, "outputs").items()
        },
        arguments=_object(raw, "arguments"),
        secrets=_object(raw, "secrets"),
        project=_text(raw, "project", ""),
        state=_text(raw, "state", ""),
        context=_object(raw, "context"),
        verify=raw.get("verify"),
        service=raw.get("service"),
        attempt=attempt,
        seed=seed,
        threads=threads,
    )


def _artefact(where: str, value: Any) -> Artefact:
    if not isinstance(value, dict) or not (value.get("path") or value.get("url")):
        _refuse(f"`{where}` has to be an object with a `path` or a `url`")
    return Artefact(
        path=value.get("path") or "",
        type=value.get("type") or {},
        digest=value.get("digest") or "",
        url=value.get("url") or "",
        key=value.get("key") or "",
        location=value.get("location") or "",
    )


def _object(raw: JsonObject, name: str) -> JsonObject:
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        _refuse(f"`{name}` has to be an object")
    return value


def _text(raw: JsonObject, name: str, default: str | None = None) -> str:
    value = raw.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (default is None and not value):
        _refuse(f"`{name}` has to be a text")
    return value


def _refuse(message: str, help: str = "") -> NoReturn:
    raise StepError(codes.INVALID_TASK, message, help or ())


def missing_library(module: str) -> StepError:
    """Say that the step's environment lacks a library."""
    package = {"sklearn": "scikit-learn", "yaml": "pyyaml", "PIL": "pillow", "cv2": "opencv-python"}
    name = package.get(module, module)
    return StepError(
        codes.MISSING_LIBRARY,
        f"the environment of this step has no module `{module}`",
        f'add "{name}" to the `requires` of its component, or with --no-isolation: pip install {name}',
    )


def out_of_memory(problem: MemoryError, place: JsonObject | None = None) -> StepError:
    """Say that a library found no memory left; how much the step was given, its engine adds."""
    said = str(problem) or type(problem).__name__
    return StepError(codes.OUT_OF_MEMORY, said, "ask for more with `resources { memory = … }`", place, False)


def a_or_an(value: object) -> str:
    """Return the type of a value with its article: ``an int``, ``a DataFrame``."""
    name = type(value).__name__
    return f"{'an' if name[:1] in 'aeiouAEIO' else 'a'} {name}"


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says; of one that says nothing, its type."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def nearest(wrong: str, known: list[str]) -> str:
    """Return which of the names ``known`` is near to ``wrong``; an empty text where none is."""
    import difflib

    near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.6)
    return near[0] if near else ""


def did_you_mean(wrong: str, known: list[str]) -> str:
    """Return ``; did you mean `x`?``, or nothing where no name is near."""
    near = nearest(wrong, known)
    return f"; did you mean `{near}`?" if near else ""


def say(text: str) -> None:
    """Write a line to the step's log."""
    print(text, file=sys.stderr, flush=True)
