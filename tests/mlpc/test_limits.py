"""Programs made to exhaust the compiler end in a clear error, at a cost that grows with their length and no faster.

Cost is counted in calls, which is the same on every machine; memory is bounded by the operating system.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlpc import limits

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "grammar" / "mlpc_grammar" / "reference" / "limits.md"
OWN = """
component c: train {
  param text: string = ""
  param figures: list(int) = []
  param number: float = 1
  input rows: dataset = none
  output model: model("own")
  run = none
}
"""
#: Memory that checking one of these programs may take; the standard library and Python take a tenth of it.
MEMORY = 1 << 30


def program(body: str, beside: str = "") -> str:
    """Return a program whose pipeline holds ``body``."""
    return f'mlp 1\n\npipeline p {{\n  param k: int = 1\n  param t: string = "a"\n{body}\n}}\n{OWN}{beside}'


def chain(first: str, following: str, use: str, length: int) -> str:
    """Return a program with a chain of lets; `@` stands for the one before."""
    lets = [f"  let x0 = {first}"]
    lets += [f"  let x{number} = " + following.replace("@", f"x{number - 1}") for number in range(1, length)]
    return program("\n".join([*lets, "  train f: c { " + use.replace("@", f"x{length - 1}") + " }"]))


def environments(length: int) -> str:
    return "env e0 { param k = 1 }\n" + "\n".join(
        f"env e{number}: e{number - 1} {{ param k = {number} }}" for number in range(1, length)
    )


def schemas(length: int, circle: bool = False) -> str:
    first = f"schema S0: S{length - 1} {{ a: int }}" if circle else "schema S0 { a: int }"
    return "\n".join([first, *(f"schema S{n}: S{n - 1} {{ a{n}: int }}" for n in range(1, length))])


#: A program of a length, and the codes that it ends in when it is a long one.
BOMBS: dict[str, tuple[Callable[[int], str], set[str]]] = {
    "a text that doubles": (lambda n: chain('"ab"', '"${@}${@}"', "text = @", n), {"over-limit"}),
    "a list that doubles": (lambda n: chain("[1]", "[@, @]", "figures = @", n), {"over-limit"}),
    "a map that doubles": (lambda n: chain("{ a = 1 }", "{ a = @, b = @ }", "number = 1", n), {"over-limit"}),
    "a member of what doubles": (
        lambda n: chain("[1]", "[@, @]\n  let y@ = [@, @]\n  let z@ = y@[1]", "number = 1", n),
        {"over-limit"},
    ),
    "a later text that doubles": (lambda n: chain('"${t}"', '"${@}${@}"', "text = @", n), {"over-limit"}),
    "a later list that doubles": (lambda n: chain("[k]", "[@, @]", "figures = @", n), {"over-limit"}),
    "a later sum that doubles": (lambda n: chain("k", "@ + @", "number = @", n), {"over-limit"}),
    "a choice that doubles": (
        lambda n: chain("k", "if @ > 1 then @ else @", "number = @", n),
        {"over-limit"},
    ),
    "a call that doubles": (lambda n: chain("k", "max(@, @)", "number = @", n), {"over-limit"}),
    "a comparison that doubles": (lambda n: chain("k > 1", "@ == @", "number = 1", n), {"over-limit"}),
    "a number that doubles": (lambda n: chain("3", "@ * @", "number = @", n), {"bad-number"}),
    "a float that doubles": (lambda n: chain("1.5", "@ * @", "number = @", n), {"bad-number"}),
    "a deep sum": (lambda n: chain("k", "@ + 1", "number = @", n), {"over-limit"}),
    "a deep text": (lambda n: chain('"${t}"', '"a${@}"', "text = @", n), {"over-limit"}),
    "a deep list": (lambda n: chain("[1]", "[@]", "number = 1", n), {"over-limit"}),
    "a deep map": (lambda n: chain("{ a = 1 }", "{ a = @ }", "number = 1", n), {"over-limit"}),
    "a deep test": (lambda n: chain("k > 1", "not @", "number = 1", n), {"over-limit"}),
    "a chain of schemas": (
        lambda n: program(f'  data d: csv {{ path = "a.csv", schema = S{n - 1} }}', schemas(n)),
        {"nested-too-deep"},
    ),
    "a circle of schemas": (
        lambda n: program('  data d: csv { path = "a.csv", schema = S0 }', schemas(n, circle=True)),
        {"cycle"},
    ),
    "a chain of environments": (lambda n: program("  train f: c {}", environments(n)), {"over-limit"}),
    "a wide schema": (
        lambda n: program(
            '  data d: csv { path = "a.csv", schema = S }',
            "schema S {\n" + "\n".join(f"  a{number}: int" for number in range(n)) + "\n}\n",
        ),
        set(),
    ),
    "many mistakes": (
        lambda n: program("\n".join(f"  train f{number}: unknown {{}}" for number in range(n))),
        {"unknown-component"},
    ),
    "deep blocks": (
        lambda n: program("  train f: c { " + "a { " * n + "}" * n + " }"),
        {"nested-too-deep"},
    ),
}
#: Programs that are short, and ask for a great deal.
SHORT = {
    "each over a huge range": ("  train f each i in 1..1000000000: c { number = i }", {"too-many-instances"}),
    "each of each": (
        "  train f each i in 1..1000 each j in 1..1000: c { number = i }",
        {"too-many-instances"},
    ),
    "six each": (
        "  train f " + " ".join(f"each i{n} in 1..9" for n in range(6)) + ": c {}",
        {"too-many-instances"},
    ),
    "all instances of many": (
        "  train f each i in 1..1000: c { number = i }\n"
        + "\n".join(f"  let l{n} = f[*]" for n in range(2000)),
        {"over-limit"},
    ),
    "many blocks of many instances": (
        "\n".join(f"  train f{n} each i in 1..1000: c {{ number = i }}" for n in range(60)),
        {"over-limit"},
    ),
    "one long text for many": (
        '  let x = "'
        + "a" * 500_000
        + '"\n'
        + "\n".join(f"  train f{n}: c {{ text = x }}" for n in range(1000)),
        {"over-limit"},
    ),
    "a huge float": ("  train f: c { number = 1e999 }", {"bad-number"}),
    "a huge quantity": ("  train f: c { number = 1e999min }", {"bad-number"}),
    "a huge number": ("  train f: c { number = " + "9" * 100_000 + " }", {"bad-number"}),
    "a huge index": ("  let a = [1]\n  train f: c { number = a[" + "9" * 300 + "] }", {"unknown-member"}),
    "a huge quotient": ("  train f: c { number = " + "9" * 390 + " / 7 }", {"bad-number"}),
}
CHECK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from tests.loader import checked
calls = 0
def count(frame, event, argument):
    global calls
    calls += event in ("call", "c_call")
checked("mlp 1\\n\\npipeline p {\\n  data d: csv { path = 1 }\\n}\\n")  # what is imported on the way
told = []
texts = json.load(sys.stdin)
for text in texts:
    before = calls
    sys.setprofile(count if len(texts) > 1 else None)
    found = checked(text)
    sys.setprofile(None)
    told.append([calls - before, sorted({item.code.name for item in found if item.severity == "error"})])
json.dump(told, sys.stdout)
"""


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def checked(*texts: str) -> list[tuple[int, set[str]]]:
    """Return of each text the codes of its errors and, of several, the calls that checking takes; memory is bounded."""
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(ROOT)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=bounded,
    )
    assert done.returncode == 0, done.stderr
    return [(calls, set(codes)) for calls, codes in json.loads(done.stdout)]


@pytest.mark.parametrize("name", BOMBS)
def test_what_grows_costs_no_more_than_its_length(name: str) -> None:
    make, codes = BOMBS[name]
    (small, _), (large, found) = checked(make(250), make(2500))
    assert codes <= found
    assert len(found) <= len(codes) + 1  # what a value that is wrong would have been given to may say so
    assert large <= 13 * small, "ten times the text is ten times the work"


@pytest.mark.parametrize("name", SHORT)
def test_what_asks_for_a_great_deal_ends_in_an_error(name: str) -> None:
    body, codes = SHORT[name]
    [(_, found)] = checked(program(body))
    assert found == codes


def test_the_reference_lists_every_limit() -> None:
    section = REFERENCE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| ([\d,]+) \|$", section, re.MULTILINE)
    values = [value for name, value in vars(limits).items() if name.isupper() and isinstance(value, int)]
    assert [number for _, number in rows] == [f"{value:,}" for value in values]
