"""Calls a function of the user's own, which knows nothing of mlpc: what it gets follows from its annotations."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import inspect
import json
import os
import sys

from . import codes, metrics
from .contract import (
    Artefact,
    Result,
    StepError,
    Task,
    Terminated,
    a_or_an,
    did_you_mean,
    missing_library,
    out_of_memory,
    say,
    write_atomically,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType, ModuleType, TracebackType
    from typing import Any

    import pandas

    from .contract import JsonObject

_LOADED: dict[str, str] = {}
_FILES: set[str] = set()


def loaded() -> dict[str, str]:
    """Return the modules that were loaded from the project: file relative to its root, by name."""
    return dict(_LOADED)


def call(task: Task, result: Result) -> None:
    """Play an action of kind ``project``."""
    function = load(task)
    given = arguments_for(task, function)
    if task.seed is not None:
        seed_libraries(task.seed)
    returned = guarded(task, function, given)
    Outputs(task, result, function).take(returned)


# Loading


class ProjectLoader(importlib.machinery.SourceFileLoader):
    """Loads a file of the project; its code is known by the path within the project, wherever that lies.

    Nothing is written beside the source.
    """

    root = ""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        relative = os.path.relpath(os.path.realpath(path), self.root)
        _LOADED[fullname] = relative
        _FILES.add(relative)
        code: CodeType = compile(self.get_data(path), relative, "exec", dont_inherit=True)
        return code


def load(task: Task) -> Callable[..., Any]:
    """Import the file of a task by its path and return the function.

    Raises:
        StepError: there is no such file or function, or the file fails when it is imported.
    """
    target, name = task.action["target"], task.action["function"]
    root = os.path.realpath(task.project or os.getcwd())
    path = os.path.realpath(os.path.join(root, target))
    if not path.startswith(root + os.sep):
        raise StepError(codes.NO_SUCH_FUNCTION, f"`{target}` lies outside of the project")
    if not os.path.isfile(path):
        raise StepError(codes.NO_SUCH_FUNCTION, f"the project has no file `{target}`")
    _make_importable(root, os.path.dirname(path))
    module_name = os.path.splitext(os.path.basename(path))[0]
    if module_name in sys.modules or module_name in sys.stdlib_module_names:
        module_name = f"project_{module_name}"
    module = guarded(task, _import, {"name": module_name, "path": path})
    function = getattr(module, name, None)
    if function is None:
        known = [key for key, value in vars(module).items() if inspect.isroutine(value)]
        raise StepError(
            codes.NO_SUCH_FUNCTION,
            f"{target} has no function `{name}`" + did_you_mean(name, known),
            f"it has: {', '.join(f'`{key}`' for key in known)}" if known else "it defines no function at all",
            {"file": target},
        )
    if not callable(function):
        raise StepError(
            codes.NO_SUCH_FUNCTION,
            f"`{name}` in {target} is no function but {a_or_an(function)}",
            place={"file": target},
        )
    return function  # type: ignore[no-any-return]


def _make_importable(root: str, folder: str) -> None:
    """Put the project and the folder of the file on the path: before what is installed, after Python's own."""
    hook = _hook(root)
    sys.path_hooks.insert(0, hook)
    first = next(
        (
            position
            for position, entry in enumerate(sys.path)
            if entry.endswith(("site-packages", "dist-packages"))
        ),
        len(sys.path),
    )
    for entry in dict.fromkeys((root, folder)):
        if entry in sys.path:
            sys.path.remove(entry)
            first = min(first, len(sys.path))
        sys.path.insert(first, entry)
    for entry in list(sys.path_importer_cache):
        if os.path.realpath(entry).startswith(root):
            del sys.path_importer_cache[entry]


def _hook(root: str) -> Callable[[str], Any]:
    loader = type("ProjectLoader", (ProjectLoader,), {"root": root})
    suffixes = importlib.machinery.EXTENSION_SUFFIXES

    def find(path: str) -> Any:
        real = os.path.realpath(path)
        inside = real == root or real.startswith(root + os.sep)
        if not inside or "site-packages" in real[len(root) :].split(os.sep):
            raise ImportError("not of the project")
        extensions = (importlib.machinery.ExtensionFileLoader, suffixes)
        return importlib.machinery.FileFinder(real, (loader, [".py"]), extensions)

    loader.__module__ = __name__
    find.loader = loader  # type: ignore[attr-defined]
    return find


def _import(name: str, path: str) -> ModuleType:
    loader = sys.path_hooks[0].loader(name, path)  # type: ignore[attr-defined]
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def seed_libraries(seed: int) -> None:
    """Seed the generators of the libraries that the user's code has imported."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed % 2**32)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)


# Calling


def guarded(task: Task, function: Callable[..., Any], given: JsonObject) -> Any:
    """Call the user's code; what it raises is told by the user's own lines.

    Raises:
        StepError: the code raised something.
    """
    try:
        return function(**given)
    except (StepError, Terminated, KeyboardInterrupt):
        raise
    except SystemExit as error:
        raise StepError(
            codes.USER_CODE_FAILED,
            f"{task.action['target']} ended the process with exit status {error.code!r}",
            "return from the function instead of calling sys.exit()",
            _place(error.__traceback__),
        ) from None
    except ModuleNotFoundError as error:
        show(error)
        found = missing_library((error.name or "").partition(".")[0])
        found.place = _place(error.__traceback__)
        raise found from None
    except SyntaxError as error:
        show(error)
        raise StepError(
            codes.USER_CODE_FAILED,
            f"SyntaxError: {error.msg}",
            place={"file": error.filename, "line": error.lineno, "column": error.offset},
        ) from None
    except MemoryError as error:
        show(error)
        raise out_of_memory(error, _place(error.__traceback__)) from None
    except BaseException as error:  # noqa: BLE001 - the user's code may raise anything
        show(error)
        raise StepError(
            codes.USER_CODE_FAILED,
            _summary(error),
            place=_place(error.__traceback__),
            final=False,
        ) from None


def show(error: BaseException) -> None:
    """Write a traceback to the log, with the user's own frames and how many others were left out."""
    import traceback

    seen: set[int] = set()
    chain: list[tuple[BaseException, str]] = []
    current: BaseException | None = error
    link = ""
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        chain.append((current, link))
        if current.__cause__ is not None:
            current, link = current.__cause__, "\nwhich led to:\n"
        elif current.__context__ is not None and not current.__suppress_context__:
            current, link = current.__context__, "\nand while that was handled:\n"
        else:
            current = None
    links = [""] + [link for _, link in chain[:0:-1]]
    shown = False
    for (item, _), between in zip(reversed(chain), links, strict=True):
        # What a library handled on its way tells the user nothing.
        if item is not error and _place(item.__traceback__) is None:
            continue
        if between and shown:
            say(between)
        shown = True
        say("Traceback (most recent call last), frames of the project:")
        left: list[str] = []
        for frame in traceback.extract_tb(item.__traceback__):
            if frame.filename in _FILES:
                _show_left(left)
                say("".join(traceback.format_list([frame])).rstrip())
            elif os.path.dirname(os.path.realpath(frame.filename)) != os.path.dirname(
                os.path.realpath(__file__)
            ):
                left.append(_library(frame.filename))
        _show_left(left)
        say("".join(traceback.format_exception_only(item)).rstrip())


def _show_left(left: list[str]) -> None:
    if left:
        names = ", ".join(dict.fromkeys(left))
        say(f"  … {len(left)} {'frame' if len(left) == 1 else 'frames'} inside {names}")
        left.clear()


def _library(file: str) -> str:
    parts = file.split(os.sep)
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1].removesuffix(".py")
    return "Python" if os.sep in file else file


def _place(trace: TracebackType | None) -> JsonObject | None:
    import traceback

    frames = [frame for frame in traceback.extract_tb(trace) if frame.filename in _FILES]
    if not frames:
        return None
    return {"file": frames[-1].filename, "line": frames[-1].lineno}


def _summary(error: BaseException, most: int = 500) -> str:
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return text if len(text) <= most else text[: most - 1] + "…"


# What the function gets


def arguments_for(task: Task, function: Callable[..., Any]) -> JsonObject:
    """Return what to pass by keyword.

    Raises:
        StepError: the function does not take what the step has, or asks for what it does not have.
    """
    where = f"`{task.action['function']}` in {task.action['target']}"
    place = _place_of(function, task)
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        raise StepError(
            codes.UNFIT_SIGNATURE, f"{where} has no signature that can be read", (), place
        ) from None
    hints = _hints(function)
    takes_any = any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters.values())
    named = {
        name: item
        for name, item in parameters.items()
        if item.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    }
    for name, item in parameters.items():
        if item.kind is inspect.Parameter.POSITIONAL_ONLY and item.default is inspect.Parameter.empty:
            raise StepError(
                codes.UNFIT_SIGNATURE,
                f"{where} takes `{name}` by position only; a step passes everything by name",
                "remove the `/` from its parameters",
                place,
            )
    passed = dict.fromkeys([*task.inputs, *task.arguments, *task.secrets])
    offered = list(dict.fromkeys(name.partition(".")[0] for name in passed))
    given: JsonObject = {}
    for name in offered:
        taken = named.get(name)
        if taken is None and not takes_any:
            if name in task.arguments and task.arguments[name] is None and name not in task.inputs:
                continue
            missing = [key for key in named if key not in offered and key not in task.outputs]
            raise StepError(
                codes.UNFIT_SIGNATURE,
                f"{where} has no parameter `{name}`, which the step passes" + did_you_mean(name, missing),
                f"add it: def {task.action['function']}({', '.join(offered)})",
                place,
            )
        if name not in passed:
            given[name] = _block(task, name + ".", passed)
            continue
        optional = taken is not None and taken.default is not inspect.Parameter.empty
        if optional and name in task.arguments and task.arguments[name] is None:
            continue
        given[name] = _value(task, name, hints.get(name))
    for name, item in named.items():
        if name in given or name in offered:
            continue
        if name == "seed":
            given[name] = task.seed if task.seed is not None else 0
        elif name in task.outputs and _is_path(hints.get(name)):
            place_to_write = task.outputs[name].path
            given[name] = _pathlike(place_to_write, hints.get(name)) or place_to_write
        elif item.default is inspect.Parameter.empty:
            raise StepError(
                codes.UNFIT_SIGNATURE,
                f"{where} asks for `{name}`, which the step does not have" + did_you_mean(name, offered),
                f"the step has: {', '.join(f'`{key}`' for key in [*offered, 'seed'])}",
                place,
            )
    return given


def _value(task: Task, name: str, hint: Any) -> Any:
    if name in task.inputs:
        return input_value(task.inputs[name], hint, f"input `{name}`")
    if name in task.secrets:
        return _pathlike(task.secrets[name], hint) or task.secret(name)
    return argument_value(task, task.arguments[name], hint)


def _block(task: Task, prefix: str, passed: Iterable[str]) -> JsonObject:
    """Return what a nested block holds, by name; a block in it is a dict again."""
    found: JsonObject = {}
    for name in passed:
        if name.startswith(prefix):
            *blocks, last = name.removeprefix(prefix).split(".")
            inner = found
            for block in blocks:
                inner = inner.setdefault(block, {})
            inner[last] = _value(task, name, None)
    return found


def _place_of(function: Callable[..., Any], task: Task) -> JsonObject:
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or code.co_filename not in _FILES:
        return {"file": task.action["target"]}
    return {"file": code.co_filename, "line": code.co_firstlineno}


def _hints(function: Callable[..., Any]) -> JsonObject:
    """Return annotations as types; one that cannot be evaluated stays a text."""
    import typing

    try:
        found = typing.get_type_hints(inspect.unwrap(function))
    except Exception:  # noqa: BLE001 - an annotation may be any expression
        found = dict(getattr(inspect.unwrap(function), "__annotations__", {}))
    return {name: _without_none(hint) for name, hint in found.items()}


def _without_none(hint: Any) -> Any:
    import types
    import typing

    if isinstance(hint, str):
        return hint.replace("| None", "").replace("None |", "").strip()
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        kept = [item for item in typing.get_args(hint) if item is not type(None)]
        return kept[0] if len(kept) == 1 else None
    if typing.get_origin(hint) is typing.Annotated:
        return typing.get_args(hint)[0]
    return hint


def _named(hint: Any, package: str, *names: str) -> bool:
    if isinstance(hint, str):
        return hint.rpartition(".")[2] in names
    return (
        getattr(hint, "__name__", "") in names
        and getattr(hint, "__module__", "").partition(".")[0] == package
    )


def _is_path(hint: Any) -> bool:
    return hint in (str, "str") or _named(hint, "pathlib", "Path", "PurePath", "PosixPath")


def _pathlike(path: str, hint: Any) -> Any:
    """Return a path as ``pathlib.Path`` where that is what the annotation says."""
    from pathlib import Path

    return Path(path) if _named(hint, "pathlib", "Path", "PurePath", "PosixPath") else None


def input_value(source: Artefact | list[Artefact], hint: Any, what: str) -> Any:
    """Return an input as its annotation asks for it; an input that takes many is a dict by key, or a list.

    Raises:
        StepError: the input has no such form.
    """
    if isinstance(source, list):
        import typing

        inner = [item for item in typing.get_args(hint) if item is not str or typing.get_origin(hint) is list]
        of = inner[-1] if inner else None
        values = {item.key or str(number): input_value(item, of, what) for number, item in enumerate(source)}
        return list(values.values()) if (typing.get_origin(hint) or hint) is list else values
    if not source.path:
        if hint in (None, str, "str"):
            return source.url
        raise StepError(
            codes.UNFIT_SIGNATURE, f"{what} is at {source.url}; annotate it as `str` to get the address"
        )
    if _is_path(hint):
        return _pathlike(source.path, hint) or source.path
    if source.kind == "dataset":
        from . import tables

        if _named(hint, "numpy", "ndarray", "NDArray") or _named(
            getattr(hint, "__origin__", None), "numpy", "ndarray"
        ):
            return tables.read(source).to_numpy()
        if hint is None or _named(hint, "pandas", "DataFrame") or _named(hint, "typing", "Any"):
            return tables.read(source)
        raise StepError(
            codes.UNFIT_SIGNATURE,
            f"{what} is a dataset, and cannot be had as {getattr(hint, '__name__', hint)}",
            "annotate it as pandas.DataFrame, numpy.ndarray, pathlib.Path or str",
        )
    if source.kind == "model":
        if source.type.get("framework") == "sklearn":
            from . import models

            return models.load(source)[0]
        return _pathlike(source.path, hint) or source.path
    if source.kind == "metrics":
        with open(source.path, "rb") as file:
            return json.loads(file.read())
    from pathlib import Path

    return Path(source.path)


def argument_value(task: Task, value: Any, hint: Any) -> Any:
    """Return an argument; a file path, where the annotation says so, from the project's root."""
    if isinstance(value, str):
        return _pathlike(os.path.join(task.project, value), hint) or value
    if hint in (float, "float") and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


# What it returns


class Outputs:
    """Puts what the user's function returned where the outputs go."""

    def __init__(self, task: Task, result: Result, function: Callable[..., Any]) -> None:
        self.task = task
        self.result = result
        self.where = f"`{task.action['function']}` in {task.action['target']}"
        self.place = _place_of(function, task)
        hints = _hints(function)
        parameters = inspect.signature(function).parameters
        #: Outputs that the function wrote itself, at the paths that it asked for.
        self.written = [
            name
            for name in task.outputs
            if name in parameters and name not in task.inputs and _is_path(hints.get(name))
        ]

    def take(self, returned: Any) -> None:
        """Judge and write what came back.

        Raises:
            StepError: it is not what the outputs ask for.
        """
        wanted = [name for name in self.task.outputs if name not in self.written]
        for name in self.written:
            if not os.path.exists(self.task.outputs[name].path):
                self._refuse(f"did not write its output `{name}` to the path that it was given")
            self._finish_written(name, self.task.outputs[name])
        for name, value in self._by_name(returned, wanted).items():
            if name in wanted:
                self._write(name, self.task.outputs[name], value)
            else:
                self._figures(value, "`metrics`")

    def _by_name(self, returned: Any, wanted: list[str]) -> JsonObject:
        listed = ", ".join(f"`{name}`" for name in wanted)
        if not wanted:
            if isinstance(returned, dict):
                return {"metrics": returned}
            if returned is not None:
                self.result.warning(f"{self.where} returned a value, and the step has no output for it")
            return {}
        if isinstance(returned, dict) and (len(wanted) > 1 or set(wanted) <= set(returned)):
            unknown = [str(name) for name in returned if name not in wanted and name != "metrics"]
            if unknown:
                figure = isinstance(returned[unknown[0]], (int, float))
                self._refuse(
                    f"returned `{unknown[0]}`, which is no output of the step"
                    + ("" if figure else did_you_mean(unknown[0], wanted)),
                    *([f'figures stand under `metrics`: "metrics": {{"{unknown[0]}": …}}'] if figure else []),
                )
            missing = [name for name in wanted if name not in returned]
            if missing:
                self._refuse(f"returned no `{missing[0]}`; the outputs are {listed}")
            return dict(returned)
        if len(wanted) == 1:
            if returned is None:
                self._refuse(f"returned nothing, and the step has an output {listed}")
            return {wanted[0]: returned}
        if not isinstance(returned, (tuple, list)):
            self._refuse(
                f"returned {a_or_an(returned)}, and the step has the outputs {listed}",
                "return a tuple in that order, or a dict by name",
            )
        if len(returned) != len(wanted):
            self._refuse(f"returned {len(returned)} values for {len(wanted)} outputs: {listed}")
        return dict(zip(wanted, returned, strict=True))

    def _write(self, name: str, output: Artefact, value: Any) -> None:
        origin = f"what {self.where} returned" + (f" as `{name}`" if len(self.task.outputs) > 1 else "")
        if output.kind == "dataset":
            pandas = sys.modules.get("pandas")
            if pandas is None or not isinstance(value, pandas.DataFrame):
                self._refuse(
                    f"returned {a_or_an(value)} for the dataset `{name}`", "return a pandas.DataFrame"
                )
            self._write_rows(name, output, value, origin)
        elif output.kind == "model" and output.type.get("framework") in (None, "", "sklearn"):
            from . import models, tables

            data = self._training_data()
            frame = tables.read(data) if data is not None else None
            models.save(output.path, value, models.describe(value, output, data, frame, origin))
        elif output.kind == "model" and output.type.get("framework") == "pytorch":
            from . import pytorch_own, tables

            data = self._training_data()
            frame = tables.read(data) if data is not None else None
            pytorch_own.save(output, value, data, frame, origin)
        elif output.kind == "metrics":
            self._figures(value, f"`{name}`")
            metrics.write(output.path, metrics.from_mapping(value, f"`{name}`"))
        else:
            self._write_file(name, output, value)

    def _write_rows(self, name: str, output: Artefact, frame: pandas.DataFrame, origin: str) -> None:
        from . import changes, tables

        try:
            changes.judge(self.task, name, [str(each) for each in frame.columns], origin)
            self.result.rows[name] = tables.write(output.path, frame, output.type, origin)
        except StepError as error:
            error.place = error.place or self.place
            raise

    def _write_file(self, name: str, output: Artefact, value: Any) -> None:
        if isinstance(value, str) and "\n" not in value and os.path.isfile(value):
            value = _existing(value)
        elif isinstance(value, os.PathLike):
            value = _existing(os.fspath(value))
        if isinstance(value, str):
            value = value.encode("utf-8")
        if isinstance(value, (dict, list)) and output.type.get("format") in (None, "json"):
            value = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode("utf-8")
        if not isinstance(value, (bytes, bytearray, memoryview)):
            self._refuse(
                f"returned {a_or_an(value)} for `{name}`, a {output.kind}",
                "return bytes, a text or a path",
            )
        write_atomically(output.path, bytes(value))

    def _figures(self, value: Any, origin: str) -> None:
        self.result.metrics.update(metrics.from_mapping(value, origin))

    def _finish_written(self, name: str, output: Artefact) -> None:
        """Judge what the function wrote itself: rows by their schema, figures by their names."""
        if output.kind == "dataset":
            from . import tables

            self._write_rows(name, output, tables.read(output), f"what {self.where} wrote as `{name}`")
        elif output.kind == "metrics":
            with open(output.path, "rb") as file:
                self._figures(json.loads(file.read()), "the metrics file")

    def _training_data(self) -> Artefact | None:
        """Return the dataset that a model was fitted on: the first with a label, else the first."""
        found = [
            item
            for item in self.task.inputs.values()
            if isinstance(item, Artefact) and item.kind == "dataset"
        ]
        from . import schema

        return next((item for item in found if schema.label_of(item.type)), found[0] if found else None)

    def _refuse(self, message: str, help: str = "") -> Any:
        raise StepError(codes.WRONG_RETURN, f"{self.where} {message}", help or (), self.place)


def _existing(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
