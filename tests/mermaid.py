"""Mermaid itself, for tests: its own bundle for browsers, run by Chromium."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.engines import FOLDER
from tests.mlpc_stdlib.runtime.web.browser import CHROMIUM, packages

VERSION = "12.3.0"
#: What npm's registry says of the package. Of its 70 dependencies none is installed: the bundle holds them.
INTEGRITY = "sha512-4113TdXeLAsMruJ79OpFL5O8+LTFXhQqZ260rF3tgUmiNAtRm4Uume04I+65PRN6yZ69J4f8rVYWW8zRk65UYw=="
_BUNDLE = "package/dist/mermaid.min.js"


def bundle() -> Path:
    """Return the bundle, fetched where it is not there yet."""
    made = FOLDER / f"mermaid-{VERSION}.js"
    FOLDER.mkdir(exist_ok=True)
    with open(FOLDER / "mermaid.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder = FOLDER / "mermaid.making"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            words = ["npm", "pack", f"mermaid@{VERSION}", "--json", "--silent"]
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            (told,) = json.loads(done.stdout)
            assert told["integrity"] == INTEGRITY, "npm checks the file against it"
            with tarfile.open(folder / told["filename"]) as archive:
                content = archive.extractfile(_BUNDLE)
                assert content is not None
                (folder / "mermaid.js").write_bytes(content.read())
            (folder / "mermaid.js").rename(made)
            shutil.rmtree(folder)
    return made


def drawn(texts: list[str]) -> list[list[str] | str]:
    """Let Mermaid draw flowcharts; return the texts of the nodes of each picture, sorted, or what it says is wrong."""
    words = ["node", str(Path(__file__).with_suffix(".mjs")), str(packages()), CHROMIUM, str(bundle())]
    done = subprocess.run(
        words, input=json.dumps(texts), capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[list[str] | str] = json.loads(done.stdout)
    return found
