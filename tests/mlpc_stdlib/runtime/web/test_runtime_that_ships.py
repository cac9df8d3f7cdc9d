"""What ships of TensorFlow.js is what its script makes, to the byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mlpc_stdlib.runtime.web import site

from . import browser

BUILD = Path(__file__).parents[4] / "tools" / "web_runtime" / "build.sh"


def test_the_script_makes_the_file_that_ships(tmp_path: Path) -> None:
    browser.programs()
    made = tmp_path / "tensorflow.js"
    done = subprocess.run([str(BUILD), str(made)], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert made.read_bytes() == (Path(site.ASSETS) / "tensorflow.js").read_bytes()
