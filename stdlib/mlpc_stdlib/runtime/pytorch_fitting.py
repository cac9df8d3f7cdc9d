"""Fits and runs networks of PyTorch, on the CPU. Runs in a child process only.

The same job gives the same bytes: only operations that are deterministic are used, each fit starts from its seed, and what was
fitted before in the same process does not change it. How many threads share an operation does, and is part of the job.
"""

from __future__ import annotations

from . import codes, fits, pytorch_network
from .contract import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .contract import JsonObject


def predict(job: JsonObject) -> JsonObject:
    """Write what the model in the folder ``model`` says of ``rows`` (a file, ``[rows, *shape]``) to the file ``said``."""
    import numpy

    network = pytorch_network.load(job["model"])
    numpy.save(job["said"], pytorch_network.said(network, numpy.load(job["rows"])))
    return {}


def fit(job: JsonObject) -> JsonObject:
    """Fit a network and measure it; job and answer are those of :mod:`mlpc_stdlib.runtime.fits`.

    Raises:
        StepError: a layer does not fit, or a batch is too small for `batch_norm`.
    """
    import torch

    settings = job["settings"]
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(job["threads"])
    torch.manual_seed(settings["seed"])
    rows, targets = fits.array(job["rows"]), fits.array(job["targets"])
    network = pytorch_network.build(job["shape"], job["layers"])
    classifies = job["task"] == "classification"
    centre, spread = (0.0, 1.0) if classifies or not fits.linear(job["layers"]) else fits.scale(targets)
    epochs = fits.Epochs(settings["epochs"], spread**2, job["shown"])
    learned = targets if classifies else ((targets - centre) / spread).astype("float32")
    try:
        _learn(network, torch.from_numpy(rows), torch.from_numpy(learned), classifies, settings, epochs)
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            "`batch_norm` measures how rows differ, and there is one row in a batch",
            "take a larger `batch`, or leave `batch_norm` out",
        ) from None
    figures = None
    if epochs.finite:
        if (centre, spread) != (0.0, 1.0):
            _put_scale_in(network, centre, spread)
        said = pytorch_network.said(network.eval(), fits.array(job["judged"][0]))
        figures = fits.measured(said, fits.array(job["judged"][1]), classifies)
    if job["folder"] is not None and figures is not None:
        pytorch_network.save(network, job["shape"], job["layers"], job["folder"])
    weights = sum(value.numel() for value in network.parameters())
    return {"figures": figures, "history": epochs.history, "weights": weights}


def _learn(
    network: Any, rows: Any, targets: Any, classifies: bool, settings: JsonObject, epochs: fits.Epochs
) -> None:
    """Change the weights of a network, batch by batch, until all epochs are done or the loss is no number."""
    import torch
    from torch.nn import functional

    scores, softmax = pytorch_network.end(network)

    def lost(said: Any, wanted: Any) -> Any:
        if not classifies:
            return functional.mse_loss(said[:, 0], wanted)
        # What a softmax rounds to 0 has a logarithm before.
        if softmax:
            return functional.cross_entropy(said, wanted)
        return functional.nll_loss(said.clamp(min=torch.finfo(said.dtype).eps).log(), wanted)

    optimizer = _optimizer(settings["optimizer"], settings["learning_rate"], network)
    order = torch.Generator().manual_seed(settings["seed"])
    network.train()
    for epoch in range(settings["epochs"]):
        shuffled = torch.randperm(len(rows), generator=order)
        loss, right = 0.0, 0
        for batch in _batches(shuffled, settings["batch"]):
            optimizer.zero_grad()
            said = scores(rows[batch])
            found = lost(said, targets[batch])
            found.backward()
            optimizer.step()
            loss += float(found.detach()) * len(batch)
            if classifies:
                right += int((said.argmax(dim=1) == targets[batch]).sum())
        figures = {"loss": loss / len(rows)}
        if classifies:
            figures["accuracy"] = right / len(rows)
        if not epochs.told(epoch, figures):
            return


def _batches(rows: Any, size: int) -> list[Any]:
    """Return the numbers of rows in batches; a last one of a single row goes with those before, for `batch_norm`."""
    found = list(rows.split(size))
    if size > 1 and len(found) > 1 and len(found[-1]) == 1:
        found[-2:] = [rows[-size - 1 :]]
    return found


def _optimizer(name: str, rate: float, network: Any) -> Any:
    from torch import optim

    known = {"adam": optim.Adam, "adamw": optim.AdamW, "sgd": optim.SGD, "rmsprop": optim.RMSprop}
    return known[name](network.parameters(), lr=rate)


def _put_scale_in(network: Any, centre: float, spread: float) -> None:
    """Let the last layer, which is linear, give values in the unit of the label."""
    import torch

    dense = list(network.children())[-1].dense
    with torch.no_grad():
        dense.weight.mul_(spread)
        dense.bias.mul_(spread).add_(centre)
