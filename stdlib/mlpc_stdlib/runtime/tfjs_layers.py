"""A network of Keras as the layers of TensorFlow.js: what each layer is, and its weights. Runs in a child process only.

TensorFlow.js names layers as Keras 2 did, has fewer of them than Keras, and overlooks settings that it does not know. So what
travels is listed here, layer by layer, and a setting that has no counterpart there is refused.
"""

from __future__ import annotations

from . import codes, graphs
from .contract import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    import numpy

    from .contract import JsonObject

    Array = numpy.ndarray[Any, Any]
    #: What the manifest says of how a weight is stored, and its bytes; see :func:`mlpc_stdlib.runtime.tfjs.packed_weight`.
    Pack = Callable[[Array, bool], tuple[JsonObject, bytes]]

#: By layer: the settings that travel.
_LAYERS: dict[str, tuple[str, ...]] = {
    "AveragePooling2D": ("pool_size", "strides", "padding"),
    "BatchNormalization": ("axis", "momentum", "epsilon", "center", "scale"),
    "Conv2D": ("filters", "kernel_size", "strides", "padding", "dilation_rate", "activation", "use_bias"),
    "Dense": ("units", "activation", "use_bias"),
    "DepthwiseConv2D": (
        "kernel_size",
        "strides",
        "padding",
        "depth_multiplier",
        "dilation_rate",
        "activation",
        "use_bias",
    ),
    "Dropout": ("rate",),
    "Flatten": (),
    "GRU": ("units", "activation", "recurrent_activation", "use_bias", "return_sequences", "go_backwards"),
    "GlobalAveragePooling2D": (),
    "LSTM": ("units", "activation", "recurrent_activation", "use_bias", "return_sequences", "go_backwards"),
    "LayerNormalization": ("axis", "epsilon", "center", "scale"),
    "MaxPooling2D": ("pool_size", "strides", "padding"),
    "UpSampling2D": ("size", "interpolation"),
}
#: Settings that have no counterpart there, and the value that they have to have.
_DEMANDED = {
    "data_format": "channels_last",
    "groups": 1,
    "keepdims": False,
    "reset_after": False,
    "return_state": False,
    "rms_scaling": False,
    "stateful": False,
}
#: Activations by what TensorFlow.js calls them.
_ACTIVATIONS = {
    **dict.fromkeys(("linear", "relu", "gelu", "tanh", "sigmoid", "softmax"), ""),
    "silu": "swish",
}
#: Weights that have another name there.
_RENAMED = {("DepthwiseConv2D", "kernel"): "depthwise_kernel"}


def layers_model(model: Any, shape: Sequence[int], file: str, pack: Pack) -> tuple[JsonObject, bytes]:
    """Return ``model.json`` and the bytes of the weights, which will lie in ``file``.

    All layers here take one thing and give one, so that a network of one input and one output that is made of them is a row.

    Raises:
        StepError: the network holds what TensorFlow.js has no layer or no setting for.
    """
    import keras

    graphs.single(model, shape)
    written: list[JsonObject] = [
        {
            "class_name": "InputLayer",
            "config": {"batch_input_shape": [None, *shape], "dtype": "float32", "name": graphs.INPUT},
        }
    ]
    entries: list[JsonObject] = []
    content = bytearray()
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        kind = type(layer).__name__
        written.append({"class_name": kind, "config": {"name": layer.name, **_settings(layer, kind)}})
        for weight in layer.weights:
            values = weight.numpy()
            name = _RENAMED.get((kind, weight.name), weight.name)
            told, packed = pack(values, values.ndim > 1)
            entries.append(
                {"name": f"{layer.name}/{name}", "shape": list(values.shape), "dtype": "float32", **told}
            )
            content += packed
    topology = {
        "format": "layers-model",
        "generatedBy": "mlpc",
        "convertedBy": "mlpc",
        "modelTopology": {
            "backend": "tensorflow",
            "keras_version": keras.__version__,
            "model_config": {"class_name": "Sequential", "config": {"name": "network", "layers": written}},
        },
        "weightsManifest": [{"paths": [file], "weights": entries}],
    }
    return topology, bytes(content)


def _settings(layer: Any, kind: str) -> JsonObject:
    """Return what TensorFlow.js is told of a layer."""
    if kind not in _LAYERS:
        raise _refused(f"the layer `{layer.name}` is a {kind}, which TensorFlow.js has not")
    config = layer.get_config()
    for name, value in _DEMANDED.items():
        if config.get(name, value) != value:
            raise _refused(
                f"the layer `{layer.name}` has `{name}={config[name]!r}`, which TensorFlow.js has not"
            )
    made: JsonObject = {}
    for name in _LAYERS[kind]:
        value = config[name]
        if name.endswith("activation"):
            if value not in _ACTIVATIONS:
                raise _refused(
                    f"the layer `{layer.name}` has the activation {value!r}, which TensorFlow.js has not"
                )
            value = _ACTIVATIONS[value] or value
        made[name] = list(value) if isinstance(value, list | tuple) else value
    return made


def _refused(why: str) -> StepError:
    return StepError(
        codes.NOT_EXPORTABLE, f"the network has no form of layers: {why}", 'write `format = "graph"`'
    )
