"""Trains small networks and saves them as models: ``python make_networks.py FOLDER``, where Keras is.

| folder | network |
|---|---|
| ``digits`` | images of 8 x 8 as one tensor, ten classes by softmax |
| ``tumors`` | thirty numbers with a scaling, `gelu`, two classes by one sigmoid |
| ``progress`` | ten numbers, a regression |

``digits/said.npy`` is what the first says of the images from 1200 on, which it has not seen, ``[rows, 10]``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

CONTRACT = 1


def main(folder: Path) -> None:
    layers = keras.layers
    digits = load_digits()
    images = (digits.images / 16.0).astype("float32")[..., None]
    keras.utils.set_random_seed(7)
    network = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="input"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    fit(network, images[:1200], digits.target[:1200], "sparse_categorical_crossentropy", 15)
    pixels = {"base": "tensor", "of": {"base": "float"}, "shape": [8, 8, 1]}
    feature = {"name": "pixels", "type": pixels, "dtype": "tensor", "nullable": False}
    label = {"name": "digit", "type": {"base": "int"}}
    save(folder / "digits", network, [feature], label, list(range(10)))
    numpy.save(folder / "digits" / "said.npy", network(images[1200:], training=False))

    tumors = load_breast_cancer()
    mean, scale = tumors.data.mean(axis=0), tumors.data.std(axis=0)
    rows = ((tumors.data - mean) / scale).astype("float32")
    network = keras.Sequential(
        [
            keras.Input((30,), name="input"),
            layers.Dense(8, activation="gelu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    fit(network, rows, tumors.target, "binary_crossentropy", 10)
    scaling = {"mean": mean.tolist(), "scale": scale.tolist()}
    label = {"name": "benign", "type": {"base": "bool"}}
    save(folder / "tumors", network, numbers(30), label, [False, True], scaling)
    numpy.save(folder / "tumors" / "said.npy", network(rows, training=False))

    progress = load_diabetes()
    rows = progress.data.astype("float32")
    network = keras.Sequential(
        [keras.Input((10,), name="input"), layers.Dense(8, activation="tanh"), layers.Dense(1)]
    )
    fit(network, rows, progress.target / 100.0, "mse", 10)
    save(folder / "progress", network, numbers(10), {"name": "y", "type": {"base": "float"}}, None)


def fit(network: Any, rows: Any, targets: Any, loss: str, epochs: int) -> None:
    network.compile(keras.optimizers.Adam(0.01), loss)
    network.fit(rows, targets, epochs=epochs, batch_size=64, verbose=0)


def numbers(count: int) -> list[dict[str, Any]]:
    return [
        {"name": f"x{number}", "type": {"base": "float"}, "dtype": "float64", "nullable": False}
        for number in range(count)
    ]


def save(
    folder: Path,
    network: Any,
    features: list[dict[str, Any]],
    label: dict[str, Any],
    classes: list[Any] | None,
    scaling: dict[str, Any] | None = None,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / "model.keras", include_optimizer=False)
    said = {"name": "scores", "kind": "probability", "dtype": "float32", "shape": [None, len(classes or ())]}
    if classes is None:
        said = {"name": "value", "kind": "value", "dtype": "float32", "shape": [None, 1]}
    signature = {
        "contract": CONTRACT,
        "framework": "keras",
        "task": "regression" if classes is None else "classification",
        "features": features,
        "label": label,
        "classes": classes,
        "positive": True if classes == [False, True] else None,
        "inputs": None,
        "outputs": [said],
        "example": None,
        "libraries": {"keras": keras.__version__},
        **({"scaling": scaling} if scaling else {}),
    }
    (folder / "signature.json").write_text(json.dumps(signature))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
