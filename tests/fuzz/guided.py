"""Fuzz the compiler led by coverage: ``python -m tests.fuzz.guided TARGET [FLAG OF LIBFUZZER]... FOLDER``.

Runs under the Python of ``requirements/atheris.txt``, with the libraries of the tests' own environment behind it;
inputs that bring something new are added to the folder.
"""

from __future__ import annotations

import random
import sys

import atheris

#: Left on while fuzzing: the compiler imports some of its parts when it first needs them.
_INSTRUMENTED = atheris.instrument_imports(include=["mlpc"])
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def text_of(data: bytes) -> str:
    """Return the text that ``data`` stands for; half a surrogate stays one, other wrong bytes are replaced."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def planted(text: str) -> None:
    """Fail for `mlpc`: too rare to be hit by chance, soon found where each letter in its place counts as new."""
    if text[0:1] == "m" and text[1:2] == "l" and text[2:3] == "p" and text[3:4] == "c":
        raise AssertionError("planted")


def main(arguments: list[str]) -> None:
    """Fuzz until a flag ends it; the process dies of the first exception."""
    name, *rest = arguments
    with _INSTRUMENTED:
        holds: Callable[[str], None]
        if name == "planted":
            holds = atheris.instrument_func(planted)
            atheris.Setup([sys.argv[0], *rest], lambda data: holds(text_of(data)))
        else:
            from tests.fuzz.mutator import mutated
            from tests.fuzz.targets import TARGETS

            holds, seeds = TARGETS[name]
            # Instrumenting what is imported when first needed takes seconds, which are not the first input's.
            holds(seeds[0])

            def mutate(data: bytes, longest: int, seed: int) -> bytes:
                choose = random.Random(seed)
                if not choose.randrange(4):
                    return bytes(atheris.Mutate(data, longest))
                text = mutated(text_of(data), choose.choice(seeds), choose, choose.randint(1, 4))
                return text.encode("utf-8", "surrogatepass")[:longest]

            atheris.Setup([sys.argv[0], *rest], lambda data: holds(text_of(data)), custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
