"""Inputs that coverage leads to: what grows out of the programs of the tests is taken or refused as any other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines import ROOT, python_with
from tests.fuzz.seeds import PROGRAMS

LONGEST = 4096
#: Each is run before the first mutation; the specs are few, have no mistake, and use most of the language.
SEEDS = {name: text.encode() for name, text in PROGRAMS.items() if len(text.encode()) <= LONGEST}
SPECS = [text for name, text in SEEDS.items() if name.startswith("tests/specs/")]


class Fuzzed:
    """What a run of the fuzzer ended with."""

    def __init__(self, status: int, output: str, failing: list[bytes]) -> None:
        self.status = status
        self.output = output
        self.failing = failing

    def reached(self, event: str) -> int:
        """Return how much of the compiler was covered at an event, `INITED` (after the seeds) or `DONE`."""
        found = re.search(rf"\s{event}\s+cov: (\d+)", self.output)
        assert found, self.output
        return int(found[1])

    def why(self) -> str:
        """Return the inputs that failed and the end of the output, with the traceback."""
        return "\n".join([*(f"input: {data!r}" for data in self.failing), self.output[-6000:]])


def fuzzed(folder: Path, target: str, seeds: list[bytes], *flags: str) -> Fuzzed:
    """Fuzz ``target`` in a process of its own, from ``seeds``, with further flags of libFuzzer."""
    corpus, failing = folder / "corpus", folder / "failing"
    corpus.mkdir()
    failing.mkdir()
    for number, data in enumerate(seeds):
        (corpus / f"{number:04}").write_bytes(data)
    command = [
        str(python_with("atheris")),
        "-m",
        "tests.fuzz.guided",
        target,
        "-seed=1",
        f"-max_len={LONGEST}",
    ]
    command += ["-rss_limit_mb=2048", "-timeout=20", f"-artifact_prefix={failing}/", *flags, str(corpus)]
    # The fuzzer's own environment has nothing but the fuzzer; all else is what this process imports.
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    variables["PYTHONHASHSEED"] = "0"
    done = subprocess.run(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    inputs = [file.read_bytes() for file in sorted(failing.iterdir())]
    return Fuzzed(done.returncode, done.stdout.decode("utf-8", "replace"), inputs)


@pytest.mark.parametrize("target", ["check", "format"])
def test_nothing_that_coverage_leads_to_is_a_fault(target: str, tmp_path: Path, full: bool) -> None:
    # So many inputs, not so many seconds: the same ones on every run, however busy the machine is.
    seeds, bound = (list(SEEDS.values()), "-max_total_time=300") if full else (SPECS, "-runs=200")
    found = fuzzed(tmp_path, target, seeds, bound)
    assert found.status == 0, found.why()
    # It is the compiler whose coverage leads, and mutations come to parts of it that no seed reaches.
    assert found.reached("DONE") > found.reached("INITED"), found.why()
    assert found.reached("DONE") > 1000, found.why()


def test_a_fault_that_is_planted_is_found(tmp_path: Path) -> None:
    found = fuzzed(tmp_path, "planted", [], "-runs=200000")
    assert found.status != 0, "a run that ends well although there is a fault finds none"
    assert found.failing
    assert found.failing[0].startswith(b"mlpc")
    assert "AssertionError: planted" in found.why()
