"""Large specs of several shapes, free of mistakes. All give the files of a project by name, `main.mlp` among them."""

from __future__ import annotations

#: Blocks of one turn of :func:`all_constructs`: of those with `each`, both instances count.
_TURN = 16

_SCHEMAS = """
schema Row {
  radius: float >= 0
  texture: float >= 0
  malignant: bool @label
}

schema Digit {
  pixels: tensor(float, [8, 8, 1]) in 0..1
  digit: int in 0..9 @label
}
"""


def trainings(blocks: int) -> dict[str, str]:
    """Trainings, each with what measures it."""
    pairs = "".join(
        f"  train t{number}: sklearn.random_forest {{\n    data = parts.train\n    trees = {number % 90 + 10}\n  }}\n"
        f"  evaluate q{number}: classification {{\n    model = t{number}\n    data = parts.test\n"
        "    require accuracy >= 0.9\n  }\n"
        for number in range((blocks - 2) // 2)
    )
    return {"main.mlp": f"mlp 1\n\npipeline big {{\n{_DATA}{pairs}}}\n{_SCHEMAS}"}


_DATA = """\
  data cells: csv {
    path = "cells.csv"
    schema = Row
  }
  split parts: random {
    data = cells
    test = 20%
  }
"""


def all_constructs(blocks: int) -> dict[str, str]:
    """What the language has: instances, choices, layers, searches, arithmetic, conditions, an environment.

    The environment doubles the work: a file is checked under each.
    """
    turns = blocks // _TURN
    body = "".join(_turn(number) for number in range(turns))
    changed = "".join(
        f"  train n{number} {{ resources {{ gpu = 1, gpu_type = \"nvidia-t4\" }} }}\n" for number in range(0, turns, 10)
    )  # fmt: skip
    return {
        "main.mlp": (
            "mlp 1\n\nuse std.devices as devices\n\n## Everything at once.\npipeline big {\n"
            "  param trees: int in 1..500 = 100\n  param floor: float in 0..1 = 0.8\n  secret warehouse: url\n"
            '  let seed = 11\n  let names = ["eu", "us"]\n'
            f"{body}}}\n{_SCHEMAS}\nenv prod {{\n  param trees = 200\n{changed}}}\n"
        )
    }


def _turn(n: int) -> str:
    return f"""\
  ## Data of turn {n}.
  data d{n} each name in names: csv {{
    path = "data/{n}/${{name}}.csv"
    schema = Row
  }}
  split s{n} each name in names: random {{
    data = d{n}[name]
    test = 20%
    validation = 10%
    stratify = d{n}[name].malignant
    seed = seed + {n}
  }}
  train f{n} each name in names: sklearn.random_forest {{
    data = s{n}[name].train
    trees = if name == "eu" then trees else {n % 90 + 10}
    max_depth = 2 * {n % 4 + 1} + 1
    seed = seed
    timeout = 10min
    resources {{ cpu = 1, memory = 512MiB }}
  }}
  evaluate q{n} each name in names: classification {{
    model = f{n}[name]
    data = s{n}[name].test
    require floor: accuracy >= floor
    require recall >= {n % 9 / 10} and auc > 0.5
  }}
  register r{n}: mlflow {{
    model = best_of(f{n}[*], by = maximize(q{n}[*].accuracy))
    name = "model-{n}"
  }}
  data i{n}: csv {{ path = "digits/{n}.csv", schema = Row }}
  split p{n}: random {{ data = i{n}, test = 20%, validation = 10%, seed = seed }}
  train n{n}: keras.classifier {{
    data = p{n}.train
    epochs = {n % 20 + 1}
    batch = 64
    seed = seed
    layers = [
      dense(32, activation = "relu"),
      dense({n % 30 + 2}, activation = "relu"),
      dense(2, activation = "softmax"),
    ]
    tune {{
      on = p{n}.validation
      goal = maximize(accuracy)
      trials = 8
      search {{ learning_rate = log_uniform(1e-4, 1e-2) }}
    }}
  }}
  evaluate m{n}: classification {{ model = n{n}, data = p{n}.test, require accuracy >= 95% }}
  export x{n}: tflite {{
    model = n{n}
    quantize = "int8"
    calibrate = p{n}.train
    parity {{ data = p{n}.test, agree = 98% }}
  }}
  deploy e{n}: edge {{
    model = x{n}
    device = devices.raspberry_pi_4
    require size <= {n % 300 + 100}KiB
    require latency <= 20ms
  }}
  schedule c{n} {{ cron = "{n % 60} 3 * * *", timezone = "Europe/Berlin" }}
"""


def promotions(blocks: int) -> dict[str, str]:
    """Models that are each judged, exported with a gate, registered and served: as much is promoted as can be."""
    turns = "".join(
        f"  train t{n}: sklearn.random_forest {{ data = parts.train, trees = {n % 90 + 10} }}\n"
        f"  evaluate q{n}: classification {{\n    model = t{n}\n    data = parts.test\n"
        "    require accuracy >= 0.9\n    require recall >= 0.5\n  }\n"
        f'  register r{n}: mlflow {{ model = t{n}, name = "m{n}" }}\n'
        f"  export x{n}: onnx {{\n    model = t{n}\n    parity {{ data = parts.test, max_abs = 1e-4 }}\n  }}\n"
        f"  deploy d{n}: server {{ model = x{n} }}\n"
        for n in range((blocks - 2) // 5)
    )
    return {"main.mlp": f"mlp 1\n\npipeline big {{\n{_DATA}{turns}}}\n{_SCHEMAS}"}


def files_in_a_row(blocks: int, depth: int = 90) -> dict[str, str]:
    """Components that stand in files which use each other, ``depth`` deep, and blocks of the component of each."""
    files = {}
    for n in range(depth):
        use = f'use "./f{n + 1}.mlp" as next\n\n' if n + 1 < depth else ""
        files[f"lib/f{n}.mlp"] = (
            f"mlp 1\n\n{use}component own: train {{\n  param trees: int in 1..100 = {n + 1}\n  input data: dataset\n"
            '  output model: model("sklearn")\n  run = python("../own.py:fit")\n}\n'
        )
    uses = "".join(f'use "./lib/f{n}.mlp" as f{n}\n' for n in range(depth))
    body = "".join(
        f"  train t{n}: f{n % depth}.own {{ data = parts.train, trees = {n % 90 + 10} }}\n"
        for n in range(blocks - 2)
    )
    return {
        **files,
        "own.py": "def fit(data, trees):\n    return None\n",
        "main.mlp": f"mlp 1\n\n{uses}\npipeline big {{\n{_DATA}{body}}}\n{_SCHEMAS}",
    }
