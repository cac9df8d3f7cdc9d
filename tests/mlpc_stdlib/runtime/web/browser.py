"""A real browser for tests: Chromium, driven by playwright-core in Node, which are installed where they are not there yet."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.npm import installed
from tests.system import install

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"


def programs() -> None:
    """See to it that Node, npm and Chromium are there."""
    for program, package in (("node", "nodejs"), ("npm", "npm"), ("chromium", "chromium")):
        if shutil.which(program) is None:
            install(package)


def packages() -> Path:
    """Return the folder with playwright-core and axe-core, as the lock beside this file has them."""
    programs()
    return installed(HERE, "browser")


def visit(site: Path | str, story: str, **given: Any) -> dict[str, Any]:
    """Serve a site (or take the address of one that is served), let a browser go through a story of ``browser.mjs``, and
    return what it tells.
    """
    words = [
        "node",
        str(HERE / "browser.mjs"),
        str(packages()),
        CHROMIUM,
        str(site),
        story,
        json.dumps(given),
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
