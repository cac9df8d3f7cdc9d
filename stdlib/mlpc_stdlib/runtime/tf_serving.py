"""Writes what TF Serving serves from: a SavedModel under its version, and the list of models.

The list is the text form of ``tensorflow.serving.ModelServerConfig``:
https://github.com/tensorflow/serving/blob/master/tensorflow_serving/config/model_server_config.proto. It is written by hand,
so that the step needs nothing of TensorFlow; tests read it with the message type itself.
"""

from __future__ import annotations

import os
import posixpath
import re

from . import codes, models, preparation, repositories, savedmodel
from .contract import Result, StepError, Task, write_atomically, write_json

CONFIG = "models.config"
_BASE = re.compile(r"/[A-Za-z0-9_./-]*")


def tf_serving(task: Task, result: Result) -> None:
    """Write ``NAME/VERSION/saved_model.pb`` and ``models.config``.

    Raises:
        StepError: the name or the base cannot be one.
    """
    source, output = task.input("model"), task.output("repository")
    name = repositories.model_name(str(task.argument("name", "model")))
    base = str(task.argument("base", "/models"))
    if not _BASE.fullmatch(base):
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            f"{base!r} cannot be the folder in which TF Serving looks for models: it takes whole paths alone",
            'letters, digits, `_`, `-`, `.` and `/`, with `/` first: base = "/models"',
        )
    signature = models.read_signature(source.path)
    with open(os.path.join(source.path, savedmodel.MODEL_FILE), "rb") as file:
        content = file.read()
    version = os.path.join(output.path, name, str(int(task.argument("version", 1))))
    os.makedirs(version, exist_ok=True)
    write_atomically(os.path.join(version, savedmodel.MODEL_FILE), content)
    lines = [
        "model_config_list {",
        "  config {",
        f'    name: "{name}"',
        f'    base_path: "{posixpath.join(base, name)}"',
        '    model_platform: "tensorflow"',
        "  }",
        "}",
    ]
    write_atomically(os.path.join(output.path, CONFIG), "".join(f"{line}\n" for line in lines).encode())
    write_json(os.path.join(output.path, models.SIGNATURE_FILE), signature)
    preparation.write(output.path, signature)
    result.metrics["size"] = repositories.size(output.path)
