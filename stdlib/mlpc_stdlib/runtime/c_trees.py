"""Exports trees as C, compiles them, and runs what was compiled beside the original."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile

from . import c_code, codes, export, forest, models, parity, parity_report
from .contract import Result, StepError, Task, a_or_an, write_atomically, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy
    import pandas

    from .contract import JsonObject

    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]

#: Contraction would round some products and sums once instead of twice; tables of unwinding no board has a use for.
FLAGS = (
    "-std=c99",
    "-pedantic",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Os",
    "-ffp-contract=off",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
)
#: What runs the export: its name among the figures.
_RUNTIME = "compiled"
#: Seconds that the compiler, and the program that it made, may take.
LIMIT = 600.0


def c_trees(task: Task, result: Result) -> None:
    """Export trees of XGBoost, LightGBM or scikit-learn to C: ``model.h``, ``model.c`` and ``signature.json``.

    What stands before the trees in a pipeline of scikit-learn (imputers, scalers) becomes C as well. ``size`` is what the
    compiled code and its tables take on the machine that exports. Where the input ``parity.data`` is given, its rows go
    through the original and through the compiled export: see :mod:`mlpc_stdlib.runtime.parity`.

    Raises:
        StepError: the model is not made of trees, there is no compiler, or it refuses the code.
    """
    source, output = task.input("model"), task.output("code")
    model, signature = models.load(source, result)
    export.refuse_what_has_no_form(signature)
    files = generate(model, signature)
    with tempfile.TemporaryDirectory(prefix="mlpc-c-") as folder:
        for name, text in {**files, c_code.DRIVER: c_code.driver(signature["classes"] is not None)}.items():
            write_atomically(os.path.join(folder, name), text.encode())
        compiler = find_compiler()
        _compile(compiler, folder, ["-c", c_code.SOURCE, "-o", "model.o"])
        with open(os.path.join(folder, "model.o"), "rb") as file:
            size = loaded_size(file.read())
        result.metrics["size"] = size
        max_abs = task.argument("parity.max_abs")
        found: dict[str, parity.Compared] = {}
        features = parity.rows(task, signature)
        if features is not None:
            _compile(compiler, folder, [c_code.SOURCE, c_code.DRIVER, "-o", "driver", "-lm"])
            exported = run(os.path.join(folder, "driver"), signature, features)
            original, decided = parity.of_estimator(model, signature, features)
            found[_RUNTIME] = parity.Compared(original, exported, decided, max_abs)
            parity.record(result, found)
    os.makedirs(output.path, exist_ok=True)
    for name, text in files.items():
        write_atomically(os.path.join(output.path, name), text.encode())
    write_json(os.path.join(output.path, models.SIGNATURE_FILE), signature_of(signature, files))
    runtimes = {_RUNTIME: "a program compiled from it"}
    about = {"format": "c", "runtimes": runtimes, "size": size, "max_abs": max_abs}
    parity_report.write(task.outputs.get("report"), signature, found, about)


def generate(model: Any, signature: JsonObject) -> dict[str, str]:
    """Return the files of a model in C, by name.

    Raises:
        StepError: it is not made of trees, or something before them has no form in C.
    """
    steps = getattr(model, "steps", None)
    before, last = ([step for _, step in steps[:-1]], steps[-1][1]) if steps else ([], model)
    stages = [stage for step in before for stage in _stages(step, len(signature["features"]))]
    trees = forest.read(last, signature["framework"])
    if signature["classes"] is not None and trees.width not in (len(signature["classes"]), 1):
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"the trees give {trees.width} scores, and the model has {len(signature['classes'])} classes",
        )
    return {
        c_code.HEADER: c_code.header(signature, bool(stages)),
        c_code.SOURCE: c_code.source(trees, stages, signature),
    }


def signature_of(signature: JsonObject, files: dict[str, str]) -> JsonObject:
    """Return the signature of the exported form of a model."""
    made = export.portable_signature(signature)
    made["framework"] = "c"
    wide = "typedef double model_number;" in files[c_code.HEADER]
    made["inputs"] = [
        {
            "name": "features",
            "dtype": "float64" if wide else "float32",
            "shape": [None, len(signature["features"])],
        }
    ]
    return made


def _stages(step: Any, width: int) -> list[c_code.Stage]:
    """Return what a transformer of scikit-learn does to each feature.

    Raises:
        StepError: it does something else.
    """
    import numpy

    if step == "passthrough" or step is None:
        return []
    name = type(step).__name__
    own = type(step).__module__.partition(".")[0] == "sklearn"
    if own and name == "SimpleImputer" and not step.add_indicator:
        fill = numpy.asarray(step.statistics_, dtype=numpy.float64)
        if len(fill) == width and numpy.isfinite(fill).all() and _is_nan(step.missing_values):
            return [("fill", fill.tolist(), [])]
    if own and name == "StandardScaler":
        less = step.mean_ if step.with_mean else numpy.zeros(width)
        over = step.scale_ if step.with_std else numpy.ones(width)
        return [("scale", less.tolist(), over.tolist())]
    if own and name == "MinMaxScaler" and not step.clip:
        return [("stretch", step.scale_.tolist(), step.min_.tolist())]
    raise StepError(
        codes.NOT_EXPORTABLE,
        f"before the trees stands {a_or_an(step)}, which has no form in C",
        [
            "`StandardScaler`, `MinMaxScaler` and `SimpleImputer` have one, as long as they keep the columns",
            "trees need no scaling: leave it out",
        ],
    )


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value


# Compiling


def find_compiler() -> list[str]:
    """Return the command of a compiler of C: the one that the step's environment has, else that of the machine.

    Raises:
        StepError: there is none.
    """
    import importlib.util

    if importlib.util.find_spec("ziglang") is not None:
        # For any machine of the kind, so that the same code has the same size everywhere.
        return [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline"]
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found is not None:
            return [found]
    raise StepError(
        codes.MISSING_LIBRARY,
        "there is no compiler of C here",
        "install one: `pip install ziglang`, or on Debian `apt-get install gcc libc6-dev`",
    )


def _compile(compiler: list[str], folder: str, words: list[str]) -> None:
    """Compile in a folder, with every warning an error.

    Raises:
        StepError: the compiler refuses.
    """
    cache = os.path.join(folder, "cache")
    done = _process(
        [*compiler, *FLAGS, *words],
        folder,
        "the compiler",
        {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache},
    )
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        said = next((line for line in lines if "error" in line), lines[0] if lines else "")
        raise StepError(codes.NOT_EXPORTABLE, f"the compiler refuses the code: {said[:300]}")


def _process(
    command: list[str], folder: str, what: str, more: dict[str, str] | None = None, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            input=given,
            capture_output=True,
            timeout=LIMIT,
            env={**os.environ, **(more or {})},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StepError(codes.STEP_TIMED_OUT, f"{what} took longer than {LIMIT:g} s and was ended") from None


def run(program: str, signature: JsonObject, features: pandas.DataFrame) -> Floats:
    """Return what the compiled model says of rows, ``[rows, classes]`` or ``[rows, 1]``.

    Raises:
        StepError: it crashed, or what it says and what it decides are two things.
    """
    import numpy

    rows = numpy.ascontiguousarray(features.to_numpy(dtype=numpy.float64))
    done = _process([program], os.path.dirname(program), "the compiled model", given=rows.tobytes())
    classes = signature["classes"]
    width = 1 if classes is None else len(classes) + 1
    found: Floats = numpy.frombuffer(done.stdout, dtype=numpy.float64)
    if done.returncode != 0 or found.size != len(rows) * width:
        raise StepError(codes.STEP_CRASHED, f"the compiled model died: exit status {done.returncode}")
    found = found.reshape(len(rows), width)
    if classes is None:
        return found
    scores: Floats = found[:, :-1]
    if (scores.argmax(axis=1) != found[:, -1]).any():
        raise StepError(codes.NOT_EXPORTABLE, "the compiled model decides otherwise than its scores say")
    return scores


def loaded_size(content: bytes) -> int:
    """Return the bytes of an object file (ELF of 64 or 32 bits, little-endian) that go onto a machine: code and constants.

    Those are the sections that are allocated and not empty: ``.text``, ``.rodata``, ``.data`` and what belongs to them.

    Raises:
        StepError: it is no such file.
    """
    import struct

    if content[:4] != b"\x7fELF" or content[5] != 1:
        raise StepError(codes.NOT_EXPORTABLE, "the compiler made no ELF file, by which the size is told")
    wide = content[4] == 2
    (table,) = struct.unpack_from("<Q" if wide else "<I", content, 40 if wide else 32)
    length, count = struct.unpack_from("<HH", content, 58 if wide else 46)
    whole = 0
    for number in range(count):
        at = table + number * length
        if wide:
            kind, flags, _, _, size = struct.unpack_from("<IQQQQ", content, at + 4)
        else:
            kind, flags, _, _, size = struct.unpack_from("<IIIII", content, at + 4)
        # SHT_PROGBITS and SHF_ALLOC.
        if kind == 1 and flags & 2:
            whole += size
    return whole
