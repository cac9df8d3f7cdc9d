"""Pages of the command in a real browser: one Chromium for all of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.mlpc_stdlib.runtime.web.browser import CHROMIUM, packages


def visit(pages: dict[Path, str], **more: Any) -> dict[str, Any]:
    """Look at pages, each with the story that it goes through (or none), and return what was seen, by name of the file.

    With ``MLPC_PICTURES`` set to a folder, pictures of all pages are left there.
    """
    given = {
        **more,
        "pages": [{"file": str(file), "story": story} for file, story in pages.items()],
        "pictures": os.environ.get("MLPC_PICTURES"),
    }
    words = ["node", str(Path(__file__).with_suffix(".mjs")), str(packages()), CHROMIUM, json.dumps(given)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
