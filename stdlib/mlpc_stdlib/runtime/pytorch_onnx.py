"""Turns a network of PyTorch into ONNX, by PyTorch's own exporter. Runs in a child process only.

The exporter follows the network's operations (`torch.export`); the older one, which traced them, goes with TorchScript.
"""

from __future__ import annotations

import os

from . import codes, export, graphs, pytorch_network
from .contract import StepError, first_line, write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy

    from .contract import JsonObject

    Array = numpy.ndarray[Any, Any]

#: Where the exporter says of a node in which modules it lies, and in which order of depth.
_SCOPES = "pkg.torch.onnx.name_scopes"


def convert(job: JsonObject) -> JsonObject:
    """Write ``model.onnx``, and let the original answer.

    Raises:
        StepError: the network has no ONNX form.
    """
    from .onnx_networks import canonical

    network = pytorch_network.load(job["model"])
    names = pytorch_network.names(network)
    made = _exported(network, job["shape"])
    own = pytorch_network.answer(network, job)
    if own:
        _compare_layers(made, names, own, job)
    content = canonical(made, made.graph.input[0].name, made.graph.output[0].name, job)
    write_atomically(os.path.join(job["folder"], export.ONNX_FILE), content)
    return {"layers": names, "libraries": pytorch_network.libraries()}


def _exported(network: Any, shape: list[int]) -> Any:
    import io
    import logging
    import warnings

    import onnx
    import torch

    # It says that torchvision is not there, and which of its functions will go.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    # Of one row, the exporter would take the number as part of the network.
    example = torch.zeros((2, *shape))
    content = io.BytesIO()
    try:
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            opset_version=export.OPSET,
            verbose=False,
        )
        program.save(content)
    except (torch.onnx.errors.OnnxExporterError, RuntimeError, ValueError) as error:
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"the network has no ONNX form: {first_line(error)[:300]}",
            "the log of the step has all that the exporter said",
        ) from None
    return onnx.load_from_string(content.getvalue())


def _compare_layers(made: Any, names: list[str], own: list[Array], job: JsonObject) -> None:
    """Write what lies behind each layer of what became of a network, by its number; ``own`` lies there in the network."""
    import numpy
    import onnx
    import onnxruntime

    rows = numpy.load(job["rows"])[: graphs.PROBED]
    last: dict[int, str] = {}
    for node in made.graph.node:
        told = {item.key: item.value for item in node.metadata_props}.get(_SCOPES, "")
        for number, name in enumerate(names):
            if f"'{name}'" in told:
                last[number] = node.output[0]
    probe = type(made).FromString(made.SerializeToString())
    del probe.graph.output[:]
    probe.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in last.values())
    session = onnxruntime.InferenceSession(probe.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(None, {session.get_inputs()[0].name: rows})
    # Where the exporter put two changes of order into one, what a layer gives lies nowhere as it was.
    alike = {n: values for n, values in zip(last, found, strict=True) if values.shape == own[n].shape}
    graphs.keep_layers(job, "probed.npz", alike)
