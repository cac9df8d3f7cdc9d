"""Where the export of a network is made: a folder in which child processes leave what they converted and measured.

| file | what |
|---|---|
| ``rows.npy`` | the rows of ``parity.data`` as the network takes them, ``[rows, *shape]`` |
| ``given.npy`` | the same rows as the export's own signature says that they are to be made |
| ``original.npy``, ``exported.npy`` | what the original and the export said of them, ``[rows, outputs]`` |
| ``RUNTIME.npy`` | what the export said of them in another runtime than its own |
| ``layers.npz``, ``probed.npz`` | what lies behind each layer, for the first rows: of the original, of the export |
"""

from __future__ import annotations

import os
import tempfile

from . import codes, graphs, models, parity, parity_report, preparation, runtimes, tensors
from .contract import StepError, write_atomically, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    import numpy

    from .contract import Artefact, JsonObject, Result, Task

    Array = numpy.ndarray[Any, Any]
    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]


def signature_of(source: Artefact, framework: str, *others: str) -> JsonObject:
    """Return the signature of a network of a framework, or one of some others.

    Raises:
        StepError: it is of none of them.
    """
    found = models.read_signature(source.path)
    frameworks = (framework, *others)
    if found["framework"] not in frameworks:
        raise StepError(
            codes.UNREADABLE_MODEL,
            f"this step takes a model of {' or '.join(frameworks)}, not one of {found['framework']}",
        )
    return found


class Workplace:
    """The folder of one export; gone with what is in it at the end of ``with``."""

    def __init__(self, task: Task, signature: JsonObject) -> None:
        self.signature = signature
        self._holder = tempfile.TemporaryDirectory(prefix="mlpc-export-")
        self.folder = self._holder.name
        self._max_abs = task.argument("parity.max_abs")
        self._report = task.outputs.get("report")
        try:
            self.shape = tensors.shape_of(signature)
            self._features = parity.rows(task, signature)
            self.rows = self._prepared("rows.npy", signature)
        except BaseException:
            self._holder.cleanup()
            raise

    def __enter__(self) -> Workplace:
        return self

    def __exit__(self, *raised: object) -> None:
        self._holder.cleanup()

    def _prepared(self, file: str, signature: JsonObject) -> str | None:
        if self._features is None:
            return None
        return self.keep(file, tensors.of_frame(signature, self._features, f"`{parity.PORT}`"))

    def given(self, output: Artefact) -> str | None:
        """Prepare the rows by the signature that was written, as whoever runs the export does, and return where they lie.

        What is wrong in that signature (a scaling, the order of the classes) is then seen like what is wrong in the
        file beside it.
        """
        self._exported = models.read_signature(output.path)
        return self._prepared("given.npy", self._exported)

    def path(self, name: str) -> str:
        """Return where a file of the folder lies."""
        return os.path.join(self.folder, name)

    def keep(self, name: str, values: Array) -> str:
        """Write an array and return where it lies."""
        import numpy

        numpy.save(self.path(name), values)
        return self.path(name)

    def portable_signature(self, form: str, width: int, libraries: dict[str, str]) -> JsonObject:
        """Return the signature of a graph with the one input ``input``, whose one output says ``width`` numbers of a row."""
        made = dict(self.signature)
        made["framework"] = form
        made["inputs"] = [{"name": graphs.INPUT, "dtype": "float32", "shape": [None, *self.shape]}]
        made["outputs"] = [{**made["outputs"][0], "dtype": "float32", "shape": [None, width]}]
        made["libraries"] = {**made["libraries"], **libraries}
        return made

    def deliver(self, name: str, output: Artefact) -> int:
        """Copy a file that a child made into the directory of ``output``, and return its bytes."""
        os.makedirs(output.path, exist_ok=True)
        with open(self.path(name), "rb") as file:
            made = file.read()
        write_atomically(os.path.join(output.path, name), made)
        return len(made)

    def describe(self, signature: JsonObject, output: Artefact) -> None:
        """Write the signature of an export, and the code that prepares rows for it where that is no part of its graph."""
        write_json(os.path.join(output.path, models.SIGNATURE_FILE), signature)
        preparation.write(output.path, signature)

    def job(self, source: Artefact, **more: Any) -> JsonObject:
        """Return what a child is told."""
        return {
            "model": source.path,
            "folder": self.folder,
            "shape": list(self.shape),
            "rows": self.rows,
            **more,
        }

    def ask(self, form: str, names: Iterable[str], output: Artefact) -> None:
        """Let those runtimes answer that the step itself does not run: see :mod:`mlpc_stdlib.runtime.runtimes`."""
        import numpy

        for name in names if self.rows is not None else ():
            if not runtimes.is_own(form, name):
                given = numpy.load(self.path("given.npy"))
                self.keep(f"{name}.npy", runtimes.answer(name, form, output.path, given))

    def compared(self, name: str) -> parity.Compared:
        """Return the answers of both sides: of the original, and of the export in the runtime ``name``."""
        import numpy

        original = scores(self.signature, numpy.load(self.path("original.npy")))
        own = self.path(f"{name}.npy")
        exported = numpy.load(own if os.path.exists(own) else self.path("exported.npy"))
        exported = scores(self._exported, exported)
        exported = parity.in_order(self.signature, self._exported, exported)
        decided = original.argmax(axis=1) if self.signature["task"] == "classification" else None
        return parity.Compared(original, exported, decided, self._max_abs)

    def layers(self, names: Sequence[str]) -> list[JsonObject]:
        """Return for each layer that the export has as well how far it is off: ``layer``, ``difference``, ``span``."""
        import numpy

        if not os.path.exists(self.path("layers.npz")) or not os.path.exists(self.path("probed.npz")):
            return []
        found = []
        with numpy.load(self.path("layers.npz")) as own, numpy.load(self.path("probed.npz")) as other:
            for number in sorted(set(own.files) & set(other.files)):
                before, after = own[number], other[number]
                if before.shape != after.shape or not before.size:
                    continue
                difference = numpy.abs(after - before).max()
                found.append(
                    {
                        "layer": names[int(number)],
                        "difference": float(difference) if numpy.isfinite(difference) else None,
                        "span": float(before.max() - before.min()),
                    }
                )
        return found

    def judge(self, result: Result, form: str, asked: Mapping[str, str], names: Sequence[str]) -> None:
        """Put the figures of parity into the result of the step, write its report, and name the first layer that differs.

        ``form`` is what the model was exported to, ``asked`` are the names of what ran it and what that is called; ``names`` are
        those of its layers.
        """
        found = {name: self.compared(name) for name in asked} if self.rows is not None else {}
        layers = self.layers(names)
        about = {
            "format": form,
            "runtimes": dict(asked),
            "size": result.metrics["size"],
            "max_abs": self._max_abs,
        }
        parity_report.write(self._report, self.signature, found, about, layers)
        if not found:
            return
        parity.record(result, found)
        worst = parity.worst(found)
        first = next(filter(_apart, layers), None)
        within = self._max_abs is None or worst["difference"] <= self._max_abs
        if first is not None and not (within and worst["agreement"] == 1.0):
            off = (
                "is no number"
                if first["difference"] is None
                else f"is off by up to {first['difference']:.3g}"
            )
            result.warning(
                f"the first layer that differs is `{first['layer']}`: it {off}, where its values span"
                f" {first['span']:.3g}"
            )


def _apart(layer: JsonObject) -> bool:
    difference = layer["difference"]
    return difference is None or difference > parity.APART * layer["span"]


def scores(signature: JsonObject, values: Floats) -> Floats:
    """Return what a network says as scores of the classes: one output for two classes is the probability of the second."""
    import numpy

    if signature["task"] == "classification" and values.shape[1] == 1:
        return numpy.hstack([1.0 - values, values])
    return values
