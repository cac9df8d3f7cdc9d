"""Builds, fits, saves and runs networks of Keras. Runs in a child process only.

The same job gives the same bytes: operations are deterministic, each fit starts from its seed, and what was fitted before in the
same process does not change it. How many threads share an operation does, since sums are then taken in other parts. That number
is part of the job: it follows from the spec, not from the machine.
"""

from __future__ import annotations

import os

from . import fits, graphs
from .contract import write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy

    from .contract import JsonObject

    Array = numpy.ndarray[Any, Any]

#: The time that stands in the archive of a model: any, but always the same.
_TIME = (1980, 1, 1, 0, 0, 0)


def predict(job: JsonObject) -> JsonObject:
    """Write what the model in the folder ``model`` says of ``rows`` (a file, ``[rows, *shape]``) to the file ``said``."""
    import numpy

    network = graphs.load(job["model"])
    numpy.save(job["said"], graphs.said(network, numpy.load(job["rows"])))
    return {}


def fit(job: JsonObject) -> JsonObject:
    """Fit a network and measure it; job and answer are those of :mod:`mlpc_stdlib.runtime.fits`."""
    import numpy

    _prepare(job["threads"])
    import keras

    settings = job["settings"]
    keras.utils.clear_session()
    keras.utils.set_random_seed(settings["seed"])
    rows, targets = fits.array(job["rows"]), fits.array(job["targets"])
    network = build(job["shape"], job["layers"])
    classifies = job["task"] == "classification"
    centre, spread = (0.0, 1.0) if classifies or not fits.linear(job["layers"]) else fits.scale(targets)
    network.compile(
        optimizer=_optimizer(settings["optimizer"], settings["learning_rate"]),
        loss="sparse_categorical_crossentropy" if classifies else "mean_squared_error",
        metrics=["accuracy"] if classifies else None,
        jit_compile=False,
    )
    epochs = fits.Epochs(settings["epochs"], spread**2, job["shown"])
    network.fit(
        rows,
        targets if classifies else ((targets - centre) / spread).astype(numpy.float32),
        epochs=settings["epochs"],
        batch_size=settings["batch"],
        shuffle=True,
        verbose=0,
        callbacks=[_callback(epochs)],
    )
    figures = None
    if epochs.finite:
        if not classifies:
            _put_scale_in(network, centre, spread)
        figures = fits.measured(
            graphs.said(network, fits.array(job["judged"][0])), fits.array(job["judged"][1]), classifies
        )
    if job["folder"] is not None and figures is not None:
        save(network, job["folder"])
    return {"figures": figures, "history": epochs.history, "weights": int(network.count_params())}


def _prepare(threads: int) -> None:
    import tensorflow

    if tensorflow.config.threading.get_intra_op_parallelism_threads() != threads:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    tensorflow.config.experimental.enable_op_determinism()


def build(shape: Sequence[int], layers: Sequence[JsonObject]) -> Any:
    """Return a network of layers, with an input called ``input``, not trained yet."""
    import keras

    made = keras.Input(tuple(shape), name=graphs.INPUT)
    taken = made
    for number, settings in enumerate(layers, start=1):
        made = _layer(settings, f"{settings['component']}_{number}")(made)
    return keras.Model(taken, made, name="network")


def _layer(settings: JsonObject, name: str) -> Any:
    from keras import layers

    component = settings["component"]
    activation = settings.get("activation")
    common: dict[str, Any] = {"name": name}
    if activation is not None:
        common["activation"] = None if activation == "none" else activation
    if component == "conv2d":
        return layers.Conv2D(
            settings["filters"],
            settings["kernel"],
            strides=settings["stride"],
            padding=settings["padding"],
            **common,
        )
    if component == "depthwise_conv2d":
        return layers.DepthwiseConv2D(
            settings["kernel"], strides=settings["stride"], padding=settings["padding"], **common
        )
    if component == "max_pool":
        return layers.MaxPooling2D(settings["size"], **common)
    if component == "average_pool":
        return layers.AveragePooling2D(settings["size"], **common)
    if component == "global_average_pool":
        return layers.GlobalAveragePooling2D(**common)
    if component == "flatten":
        return layers.Flatten(**common)
    if component == "dense":
        return layers.Dense(settings["units"], **common)
    if component == "up_sampling":
        return layers.UpSampling2D(settings["size"], **common)
    if component == "lstm":
        return layers.LSTM(settings["units"], unroll=settings["unroll"], **common)
    if component == "gru":
        return layers.GRU(settings["units"], unroll=settings["unroll"], **common)
    if component == "layer_norm":
        return layers.LayerNormalization(**common)
    if component == "dropout":
        return layers.Dropout(settings["rate"], **common)
    assert component == "batch_norm", component
    return layers.BatchNormalization(**common)


def _optimizer(name: str, rate: float) -> Any:
    from keras import optimizers

    known = {
        "adam": optimizers.Adam,
        "adamw": optimizers.AdamW,
        "sgd": optimizers.SGD,
        "rmsprop": optimizers.RMSprop,
    }
    return known[name](learning_rate=rate)


def _put_scale_in(network: Any, centre: float, spread: float) -> None:
    """Let the last layer, which is linear, give values in the unit of the label."""
    if (centre, spread) == (0.0, 1.0):
        return
    weights, bias = network.layers[-1].get_weights()
    network.layers[-1].set_weights([weights * spread, bias * spread + centre])


def _callback(epochs: fits.Epochs) -> Any:
    import keras

    class Callback(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            if not epochs.told(epoch, logs or {}):
                self.model.stop_training = True

    return Callback()


def save(network: Any, folder: str) -> None:
    """Write a network without what only its training needs, the same bytes each time."""
    import io
    import json
    import tempfile
    import zipfile

    import keras

    plain = keras.Model(network.input, network.output, name="network")
    content = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="mlpc-keras-") as temporary:
        path = os.path.join(temporary, graphs.KERAS_FILE)
        plain.save(path)
        with zipfile.ZipFile(path) as made, zipfile.ZipFile(content, "w") as archive:
            for name in sorted(made.namelist()):
                part = made.read(name)
                if name.endswith(".json"):
                    told = json.loads(part)
                    if "date_saved" in told:
                        told["date_saved"] = "1980-01-01@00:00:00"
                    _renumber(told, {})
                    part = json.dumps(told, sort_keys=True).encode()
                archive.writestr(zipfile.ZipInfo(name, _TIME), part)
    os.makedirs(folder, exist_ok=True)
    write_atomically(os.path.join(folder, graphs.KERAS_FILE), content.getvalue())


def _renumber(told: Any, known: dict[int, int]) -> None:
    """Number the objects that several layers share from 1 on: Keras calls each by its place in memory."""
    if isinstance(told, dict):
        if "shared_object_id" in told:
            told["shared_object_id"] = known.setdefault(told["shared_object_id"], len(known) + 1)
        told = list(told.values())
    if isinstance(told, list):
        for each in told:
            _renumber(each, known)
