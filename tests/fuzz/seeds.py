"""What mutations start from: the programs of the tests, and the other files that mlpc reads."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (
        *sorted((ROOT / "tests" / "specs").glob("*.mlp")),
        *sorted((ROOT / "examples").glob("*/main.mlp")),
        *sorted((ROOT / "tests" / "cases").glob("*/*/main.mlp")),
    )
    if path.stat().st_size < 20_000
}
FILES: dict[str, str | bytes] = {
    "boards.mlp": PROGRAMS["tests/specs/boards.mlp"],
    "train.py": (ROOT / "examples" / "own_code" / "train.py").read_bytes(),
}
#: Workflows, as a plan or a compiled directory holds them.
WORKFLOWS = [
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "cases").glob("*/*/workflow*.json"))
]
LOCKS = [
    """{"version": 1, "python": "3.11", "packages": {"numpy==2.1.0": ["sha256:00", "sha256:11"]},
"sets": [{"requirements": ["numpy>=2"], "pipelines": ["p"], "packages": ["numpy==2.1.0 ; python_version > '3'"]}]}"""
]
SETTINGS = [
    """[lint]
strict = true

[lint.rules]
no-owner = "off"
leakage = "error"

[prices]
currency = "EUR"
hour = 0.01
cpu_hour = 0.04

[prices.gpu_hour]
nvidia-t4 = 0.35
""",
    '[[lint]]\nrules.no-seed = "warn"\n"lint".x = [1, {a = 1979-05-27}]\nprices = {hour = inf, gpu_hour = {}}\n',
]
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\w+|\.\.\.|\.\.|[<>=!]=|\s+|.', re.DOTALL)
#: What takes the place of a token: words that mean something somewhere, and signs.
WORDS = sorted({token for text in PROGRAMS.values() for token in TOKEN.findall(text) if not token.isspace()})
#: What means something to somebody who reads numbers, texts or names.
ODD = [
    *(
        "0",
        "-1",
        "1e999",
        "9" * 401,
        "1e-400",
        "0x10",
        "00",
        "1_000",
        "100%",
        "3furlongs",
        "inf",
        "nan",
        "1..",
    ),
    *(
        '""',
        '"""',
        '"${"',
        '"${a}"',
        '"${${a}}"',
        '"\'"',
        '"\\u{110000}"',
        '"\\0"',
        '"../../../etc/passwd"',
        '"/dev/zero"',
    ),
    *(
        "\0",
        "\r",
        "\t",
        "\x0b",
        "\u2028",
        "\ufeff",
        "\ud800",
        "é",
        "𝔡",
        "\u202e",
        "# allow(no-seed): x\n",
        "## x\n",
    ),
    *(
        "none",
        "true",
        "[]",
        "{}",
        "()",
        "[*]",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        ",",
        "=",
        ":",
        "..",
        "...",
        "@",
        "@label",
    ),
    *(
        "each x in [1, 2]",
        "if a then b else c",
        "require a >= 1",
        'alert "x" when 1 > 2 {}',
        "remove x",
        "env e: e {}",
    ),
    *(
        "best_of(a[*], by = minimize(b[*].c))",
        'use "./main.mlp" as m\n',
        "null",
        "1979-05-27",
        "[[x]]",
        '{"op":"+"}',
    ),
]
