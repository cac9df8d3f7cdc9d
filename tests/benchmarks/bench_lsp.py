"""Typing into a spec of 1,000 lines, and into a YAML file of like size: our server against yaml-language-server.

One client types the same way into both, in one run, letter by letter at places drawn by chance, and waits for the diagnostics of
each text. What is printed are CPU times of the servers, which pauses do not touch: yaml-language-server waits for 200 ms before
it validates, ours for 50 where the editor does not ask for diagnostics. Our linter is asked once nobody types, as in VS Code.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.benchmarks.editor import Client, Keystroke
from tests.benchmarks.measure import ROOT
from tests.npm import installed

LINES = 1_000
#: Places at which something is typed, and how often all of it is done.
PLACES = 12
AIM = 0.020
_LOCK = Path(__file__).parent / "yaml_server"
#: Names of `tests/specs/tumor.mlp` that each copy of its blocks has for itself.
_NAMES = ("cells", "parts", "forest", "quality", "catalog", "portable", "api", "page", "drift", "nightly")


def spec(lines: int = LINES) -> str:
    """Return a spec as people lay one out: the blocks of a reference spec, as often as fit into so many lines."""
    text = (ROOT / "tests" / "specs" / "tumor.mlp").read_text(encoding="utf-8")
    head, start, rest = text.partition("  data cells: csv {")
    blocks, end, tail = (start + rest).partition("\n}\n\nschema")
    copies: list[str] = []
    while sum(copy.count("\n") + 1 for copy in copies) + text.count("\n") - blocks.count("\n") < lines:
        copy = blocks
        for name in _NAMES:
            copy = re.sub(rf'(?<![\w."/-]){name}(?!\w)(?!\.csv)', f"{name}{len(copies)}", copy)
        copies.append(copy)
    for name in _NAMES:
        tail = re.sub(rf"(data|evaluate|deploy) {name}\b", rf"\1 {name}0", tail)
    return head + "\n\n".join(copies) + end + tail


def yaml(lines: int = LINES) -> str:
    """Return the same as YAML, as people write it: a list of steps with what each is given."""
    steps = []
    for number in range(lines // 10):
        steps.append(
            f"  - name: forest{number}\n    kind: train\n    component: sklearn.random_forest\n    inputs:\n"
            f"      data: parts{number}.train\n    trees: {100 + number}\n    max_depth: 8\n    seed: 7\n"
            "    resources: { cpu: 2, memory: 2GiB }\n    require: [accuracy >= 0.92, recall >= 0.85]\n"
        )
    return 'pipeline: tumor\nowner: "diagnostics@example.org"\nsteps:\n' + "".join(steps)


#: What the YAML file is validated by: types, bounds and names, as a schema can tell.
_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["pipeline", "steps"],
    "additionalProperties": False,
    "properties": {
        "pipeline": {"type": "string"},
        "owner": {"type": "string"},
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "kind", "component"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
                    "kind": {"enum": ["data", "split", "train", "evaluate", "register", "export", "deploy"]},
                    "component": {"type": "string"},
                    "inputs": {"type": "object", "additionalProperties": {"type": "string"}},
                    "trees": {"type": "integer", "minimum": 1, "maximum": 100000},
                    "max_depth": {"type": "integer", "minimum": 1},
                    "seed": {"type": "integer"},
                    "timeout": {"type": "string"},
                    "resources": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {"cpu": {"type": "integer"}, "memory": {"type": "string"}},
                    },
                    "require": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


def typed(
    client: Client, text: str, line_of: str, word: str, chance: random.Random, places: int
) -> list[Keystroke]:
    """Type ``word`` on a line of its own behind lines that are ``line_of``, letter by letter, and take it away again."""
    lines = text.split("\n")
    found = [number for number, line in enumerate(lines) if line == line_of]
    made = []
    for number in chance.sample(found, min(places, len(found))):
        indent = len(line_of) - len(line_of.lstrip())
        for place, letter in enumerate("\n" + " " * indent + word):
            if place == 0:
                client.type(letter, number, len(line_of))  # an editor sends the line end with its blanks
                continue
            stroke = client.type(letter, number + 1, place - 1)
            if place > indent:
                made.append(stroke)
        client.type("", number, len(line_of), (number + 1, indent + len(word)))
    return made


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def compare(places: int = PLACES) -> list[str]:
    """Return the lines that are printed."""
    server = installed(_LOCK, "yaml-language-server")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mlpc.toml").write_text("")
        (folder / "main.mlp").write_text(spec(), encoding="utf-8")
        (folder / "main.yaml").write_text(yaml(), encoding="utf-8")
        (folder / "schema.json").write_text(json.dumps(_SCHEMA))
        settings: dict[str, object] = {
            "yaml": {"schemas": {(folder / "schema.json").as_uri(): "main.yaml"}, "validate": True},
        }
        program = str(server / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server")
        ours = Client([sys.executable, "-m", "mlpc_cli", "lsp"], folder / "main.mlp", "mlp", {}, pulls=True)
        theirs = Client(["node", program, "--stdio"], folder / "main.yaml", "yaml", settings, pulls=False)
        mine: list[Keystroke] = []
        yours: list[Keystroke] = []
        try:
            _proves_that_it_validates(theirs)
            for part in range(places):
                chance = random.Random(part)
                mine += typed(ours, spec(), "    max_depth = 8", "min_samples_leaf = 2", chance, 1)
                yours += typed(theirs, yaml(), "    max_depth: 8", "timeout: 25min", chance, 1)
        finally:
            ours.close()
            theirs.close()
    return _lines(mine, yours)


def _proves_that_it_validates(client: Client) -> None:
    """See to it that the schema is in use.

    Raises:
        RuntimeError: a wrong text has no diagnostics.
    """
    client.type("x", 0, 0)
    found = client.found
    client.type("", 0, 0, (0, 1))
    if not found:
        raise RuntimeError("yaml-language-server validates nothing")


def _lines(mine: list[Keystroke], yours: list[Keystroke]) -> list[str]:
    ours, theirs = [stroke.cpu for stroke in mine], [stroke.cpu for stroke in yours]
    p95 = [_quantile(values, 0.95) for values in (ours, theirs)]
    half = [median(values) for values in (ours, theirs)]
    against = (
        f"typing into 1,000 lines, CPU a keystroke until its diagnostics: yaml-language-server takes "
        f"{half[1] / half[0]:.2f}x of ours in the median ({1000 * half[0]:.1f} ms, {1000 * half[1]:.1f} ms), "
        f"{p95[1] / p95[0]:.2f}x at p95 ({1000 * p95[0]:.1f} ms, {1000 * p95[1]:.1f} ms)"
    )
    aim = f"p95 of ours against {1000 * AIM:.0f} ms: {p95[0] / AIM:.2f}x (at most 1.00x); {len(ours)} keystrokes each"
    return [against, aim]


def main() -> None:
    """Print the ratios."""
    for line in compare():
        print(line, flush=True)


if __name__ == "__main__":
    main()
