"""Turns a network of PyTorch into the archive of `torch.export`, and runs that beside the original.

The archive is the network's operations, in JSON, and its weights. What PyTorch puts there beside that says where it was made:
lines of code with their paths, and an example of the rows as a pickle, which would run anything when it is read. Both go.
"""

from __future__ import annotations

import os

from . import children, codes, graphs, pytorch_network
from .contract import StepError, first_line, write_atomically
from .workplace import Workplace, signature_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy

    from .contract import JsonObject, Result, Task

    Array = numpy.ndarray[Any, Any]

PT2_FILE = "model.pt2"
#: The time that stands in the archive: any, but always the same.
_TIME = (1980, 1, 1, 0, 0, 0)
#: Parts of the archive: a digest of the others, which differs once they are changed, and the example.
_LEFT_OUT, _EMPTIED, _PROGRAM = ".data/serialization_id", "data/sample_inputs/model.pt", "models/model.json"


def pt2(task: Task, result: Result) -> None:
    """Export a model of PyTorch to an archive of `torch.export`, which takes any number of rows.

    Raises:
        StepError: the model has no such form, or a process died.
    """
    source, output = task.input("model"), task.output("portable")
    signature = signature_of(source, "pytorch")
    with Workplace(task, signature) as place:
        job = place.job(source)
        told = children.call(_convert, job, "the export by `torch.export`")
        result.metrics["size"] = place.deliver(PT2_FILE, output)
        portable = {**signature, "framework": "pt2"}
        portable["libraries"] = {**signature["libraries"], **told["libraries"]}
        place.describe(portable, output)
        given = place.given(output)
        children.call(
            _run,
            {**job, "rows": given, "layers": told["layers"]},
            "running the exported model",
        )
        runtime = {"pytorch": "PyTorch, without the code of the network,"}
        place.judge(result, "pt2", runtime, told["layers"])


def _convert(job: JsonObject) -> JsonObject:
    """In a child: write the archive, and let the original answer."""
    network = pytorch_network.load(job["model"])
    pytorch_network.answer(network, job)
    try:
        content = pytorch_network.archive(network, job["shape"])
    except (RuntimeError, ValueError) as error:
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"the network cannot be exported: {first_line(error)[:300]}",
            "the log of the step has all that PyTorch said",
        ) from None
    write_atomically(os.path.join(job["folder"], PT2_FILE), canonical(content))
    return {"layers": pytorch_network.names(network), "libraries": pytorch_network.libraries()}


def canonical(content: bytes) -> bytes:
    """Return an archive of `torch.export` without what says where it was made, and without a pickle."""
    import io
    import json
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(made, "w") as archive:
        for name in given.namelist():
            _, _, inside = name.partition("/")
            if inside == _LEFT_OUT:
                continue
            part = b"" if inside == _EMPTIED else given.read(name)
            if inside == _PROGRAM:
                told = json.loads(part)
                _forget(told)
                part = json.dumps(told).encode()
            archive.writestr(zipfile.ZipInfo(name, _TIME), part)
    return made.getvalue()


def _forget(told: Any) -> None:
    """Take the lines of code and their paths out of what is said of operations."""
    waiting = [told]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            each.pop("stack_trace", None)
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _run(job: JsonObject) -> JsonObject:
    """In a child: let the archive answer, ``exported.npy``, and say what lies behind its layers, ``probed.npz``."""
    import numpy
    import torch

    torch.set_num_threads(1)
    module = torch.export.load(os.path.join(job["folder"], PT2_FILE)).module()
    if not job["rows"]:
        return {}
    rows = numpy.load(job["rows"])
    numpy.save(os.path.join(job["folder"], "exported.npy"), pytorch_network.said(module, rows))
    probed = _between(module, job["layers"], rows[: graphs.PROBED])
    graphs.keep_layers(job, "probed.npz", probed)
    return {}


def _between(module: Any, names: list[str], rows: Array) -> dict[int, Array]:
    """Return what lies behind layers of an exported network, by their numbers: where an operation tells whose it is."""
    import torch

    numbers = {name: number for number, name in enumerate(names)}
    found: dict[int, Array] = {}

    class Probe(torch.fx.Interpreter):  # type: ignore[misc]
        def run_node(self, node: Any) -> Any:
            value = super().run_node(node)
            for path, _ in node.meta.get("nn_module_stack", {}).values():
                number = numbers.get(path.partition(".")[0])
                if number is not None and isinstance(value, torch.Tensor):
                    found[number] = value.numpy().astype("float64")
            return value

    with torch.inference_mode():
        Probe(module).run(torch.from_numpy(rows))
    return found
