"""Networks of PyTorch: made of the layers that a spec says, read and written, asked. Runs in a child process only.

On disk a network is ``network.json``, the shape of a row and the layers, and ``weights.safetensors``: nothing of it is code.
Rows come as the spec has them, images as ``[height, width, channels]``; between the layers the channels of images come first, as
PyTorch computes them.
"""

from __future__ import annotations

import json
import os

from . import codes
from .contract import StepError, first_line, write_atomically, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    import numpy

    from .contract import JsonObject

    Array = numpy.ndarray[Any, Any]

NETWORK_FILE, WEIGHTS_FILE = "network.json", "weights.safetensors"
#: What stands in their place where the user's own code made the network: an archive of `torch.export`.
PROGRAM_FILE = "program.pt2"
#: Rows that go through a network at a time.
_BATCH = 256
#: How many dimensions of a row a layer takes, where not any.
_TAKES = {
    "average_pool": 3,
    "conv2d": 3,
    "dense": 1,
    "depthwise_conv2d": 3,
    "global_average_pool": 3,
    "gru": 2,
    "lstm": 2,
    "max_pool": 3,
    "up_sampling": 3,
}


def build(shape: Sequence[int], layers: Sequence[JsonObject]) -> Any:
    """Return a network that takes ``[rows, *shape]``, with weights by chance: those of PyTorch's own first values.

    Each layer has the name ``COMPONENT_NUMBER``, before them stands ``input``.

    Raises:
        StepError: a layer does not fit what comes before it.
    """
    import torch

    network = torch.nn.Sequential()
    network.add_module("input", _turned(0, 3, 1, 2) if len(shape) == 3 else torch.nn.Identity())
    rows = torch.zeros((2, *shape))
    for number, settings in enumerate(layers, start=1):
        component = settings["component"]
        with torch.no_grad():
            given = network(rows).shape[1:]
        if len(given) != _TAKES.get(component, len(given)):
            raise StepError(
                codes.IMPOSSIBLE_SETTING,
                f"`{component}` takes {_TAKES[component]} dimensions of a row, and is given {list(given)}",
            )
        network.add_module(f"{component}_{number}", _layer(settings, tuple(given)))
        network.eval()
    return network


def _layer(settings: JsonObject, given: tuple[int, ...]) -> Any:
    """Return a layer for rows ``given`` as ``[channels, height, width]``, ``[steps, channels]`` or ``[values]``."""
    from torch import nn

    made = nn.Sequential()
    component = settings["component"]
    if component in ("conv2d", "depthwise_conv2d"):
        kernel, stride, channels = settings["kernel"], settings["stride"], given[0]
        if settings["padding"] == "same":
            top, bottom = _padding(given[1], kernel, stride)
            left, right = _padding(given[2], kernel, stride)
            made.add_module("padding", nn.ZeroPad2d((left, right, top, bottom)))
        made.add_module(
            "convolution",
            nn.Conv2d(channels, settings["filters"], kernel, stride)
            if component == "conv2d"
            else nn.Conv2d(channels, channels, kernel, stride, groups=channels),
        )
    elif component == "max_pool":
        made.add_module("pool", nn.MaxPool2d(settings["size"]))
    elif component == "average_pool":
        made.add_module("pool", nn.AvgPool2d(settings["size"]))
    elif component == "global_average_pool":
        made.add_module("pool", nn.AdaptiveAvgPool2d(1))
        made.add_module("flat", nn.Flatten())
    elif component == "flatten":
        if len(given) == 3:
            made.add_module("channels_last", _turned(0, 2, 3, 1))
        made.add_module("flat", nn.Flatten())
    elif component == "dense":
        made.add_module("dense", nn.Linear(given[0], settings["units"]))
    elif component == "up_sampling":
        made.add_module("scale", nn.Upsample(scale_factor=settings["size"], mode="nearest"))
    elif component in ("lstm", "gru"):
        kind = nn.LSTM if component == "lstm" else nn.GRU
        made.add_module(component, _last_step(kind(given[1], settings["units"], batch_first=True)))
    elif component == "layer_norm":
        _add_norm(made, nn.LayerNorm(given[0] if len(given) == 3 else given[-1]), given, last=True)
    elif component == "dropout":
        made.add_module("dropout", nn.Dropout(settings["rate"]))
    else:
        assert component == "batch_norm", component
        kind = nn.BatchNorm2d if len(given) == 3 else nn.BatchNorm1d
        _add_norm(made, kind(given[-1] if len(given) == 2 else given[0]), given, last=False)
    activation = _activation(settings.get("activation", "none"))
    if activation is not None:
        made.add_module("activation", activation)
    return made


def _padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return how many zeros stand before and behind ``size`` pixels, so that only the stride makes less of them.

    Where the number is odd, there is one more behind, as TensorFlow has it
    (https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2).
    """
    count = -(-size // stride)
    zeros = max((count - 1) * stride + kernel - size, 0)
    return zeros // 2, zeros - zeros // 2


def _add_norm(made: Any, norm: Any, given: tuple[int, ...], *, last: bool) -> None:
    """Add a layer that brings values to one scale by channels, which it takes ``last``, or first behind the rows."""
    ways = {3: ((0, 2, 3, 1), (0, 3, 1, 2)), 2: ((0, 2, 1), (0, 2, 1))}
    turned = len(given) == 3 if last else len(given) == 2
    if turned:
        made.add_module("there", _turned(*ways[len(given)][0]))
    made.add_module("norm", norm)
    if turned:
        made.add_module("back", _turned(*ways[len(given)][1]))


def _activation(name: str) -> Any:
    from torch import nn

    known = {
        "relu": nn.ReLU,
        "gelu": nn.GELU,
        "swish": nn.SiLU,
        "hard_swish": nn.Hardswish,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
    }
    if name == "none":
        return None
    return nn.Softmax(dim=1) if name == "softmax" else known[name]()


def _turned(*order: int) -> Any:
    """Return a layer that puts dimensions into another order."""
    import torch

    class Turned(torch.nn.Module):  # type: ignore[misc]
        def forward(self, rows: Any) -> Any:
            return rows.permute(order)

    return Turned()


def _last_step(reader: Any) -> Any:
    """Return a layer that reads a series and gives what is kept at its end."""
    import torch

    class LastStep(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.reader = reader

        def forward(self, rows: Any) -> Any:
            return self.reader(rows)[0][:, -1]

    return LastStep()


def end(network: Any) -> tuple[Any, bool]:
    """Return a network without a softmax at its end, which shares its weights, and whether there was one."""
    import torch

    *before, last = network.children()
    parts = list(last.children())
    if not parts or not isinstance(parts[-1], torch.nn.Softmax):
        return network, False
    return torch.nn.Sequential(*before, *parts[:-1]), True


def save(network: Any, shape: Sequence[int], layers: Sequence[JsonObject], folder: str) -> None:
    """Write a network, the same bytes each time."""
    from safetensors.torch import save as packed

    os.makedirs(folder, exist_ok=True)
    weights = {name: value.detach().contiguous() for name, value in network.state_dict().items()}
    write_atomically(os.path.join(folder, WEIGHTS_FILE), packed(weights))
    write_json(os.path.join(folder, NETWORK_FILE), {"shape": list(shape), "layers": list(layers)})


def load(folder: str) -> Any:
    """Load the network of a model's directory, on one thread: several add up in the order in which they end.

    Raises:
        StepError: it cannot be loaded.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load as unpacked

    torch.set_num_threads(1)
    if os.path.isfile(os.path.join(folder, PROGRAM_FILE)):
        try:
            return torch.export.load(os.path.join(folder, PROGRAM_FILE)).module()
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise StepError(
                codes.UNREADABLE_MODEL, f"the model cannot be loaded: {first_line(error)[:300]}"
            ) from None
    content: dict[str, bytes] = {}
    for name in (NETWORK_FILE, WEIGHTS_FILE):
        try:
            with open(os.path.join(folder, name), "rb") as file:
                content[name] = file.read()
        except FileNotFoundError:
            raise StepError(codes.UNREADABLE_MODEL, f"the model has no {name}") from None
    try:
        told = json.loads(content[NETWORK_FILE])
        network = build(told["shape"], told["layers"])
        network.load_state_dict(unpacked(content[WEIGHTS_FILE]))
    except (ValueError, KeyError, TypeError, AssertionError, RuntimeError, SafetensorError) as error:
        raise StepError(
            codes.UNREADABLE_MODEL, f"the model cannot be loaded: {first_line(error)[:300]}"
        ) from None
    return network.eval()


def said(network: Any, rows: Array) -> Array:
    """Return what a network says of rows, ``[rows, outputs]``, in 64 bits."""
    import numpy
    import torch

    with torch.inference_mode():
        parts = [
            network(torch.from_numpy(rows[start : start + _BATCH])).numpy()
            for start in range(0, len(rows), _BATCH)
        ]
    return numpy.concatenate(parts).astype(numpy.float64)


def answer(
    network: Any, job: JsonObject, arranged: Callable[[Array], Array] = lambda values: values
) -> list[Array]:
    """Write what the original says of the rows ``job["rows"]``, and of its layers for the first few, and return the latter.

    Nothing is written where there are no rows. Files are as of :func:`mlpc_stdlib.runtime.graphs.answer`; ``arranged`` lays what
    is behind a layer out as the export has it.
    """
    import numpy

    from . import graphs

    if not job["rows"]:
        return []
    rows = numpy.load(job["rows"])
    numpy.save(os.path.join(job["folder"], "original.npy"), said(network, rows))
    own = [arranged(values) for _, values in between(network, rows[: graphs.PROBED])]
    graphs.keep_layers(job, "layers.npz", dict(enumerate(own)))
    return own


def between(network: Any, rows: Array) -> list[tuple[str, Array]]:
    """Return name and output of each layer, for rows ``[rows, *shape]``; the output as it lies between the layers.

    Of a network that the user's own code made, no layer is known.
    """
    import torch

    found: list[tuple[str, Array]] = []
    if not names(network):
        return found
    with torch.inference_mode():
        values = torch.from_numpy(rows)
        for name, layer in network.named_children():
            values = layer(values)
            if name != "input":
                found.append((name, values.numpy().astype("float64")))
    return found


def names(network: Any) -> list[str]:
    """Return the names of the layers, in their order; none of a network that the user's own code made."""
    if not hasattr(network, "input"):
        return []
    return [name for name, _ in network.named_children() if name != "input"]


def program(network: Any, shape: Sequence[int]) -> Any:
    """Return a network as PyTorch's own operations, for any number of rows of a shape.

    Raises:
        RuntimeError, ValueError: it has no such form.
    """
    import torch

    # Of one row, the exporter would take the number as part of the network.
    example = torch.zeros((2, *shape))
    return torch.export.export(network, (example,), dynamic_shapes=({0: torch.export.Dim("batch")},))


def archive(network: Any, shape: Sequence[int]) -> bytes:
    """Return a network as an archive of `torch.export`, as PyTorch writes it.

    Raises:
        RuntimeError, ValueError: it has no such form.
    """
    import io

    import torch

    content = io.BytesIO()
    torch.export.save(program(network, shape), content)
    return content.getvalue()


def libraries() -> dict[str, str]:
    """Return the versions of what converts."""
    import torch

    return {"torch": str(torch.__version__)}
