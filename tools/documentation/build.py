"""From pages to a site: Sphinx, in an environment of its own from `requirements/site.txt`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engines import python_with

from .pages import ROOT, pages

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "sphinx"


class BuildFailed(Exception):
    """Sphinx said something: a page is not as it has to be."""


def build(target: Path, texts: Mapping[str, str] | None = None) -> int:
    """Write the site into the folder ``target``, in place of what is there, and return the number of its pages.

    Raises:
        BrokenExample: an example is not what its page says it is.
        BuildFailed: a link leads nowhere, or a page has another fault.
    """
    found = pages() if texts is None else texts
    python = python_with("site")
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "source", Path(folder) / "site"
        shutil.copytree(FOLDER, source, ignore=shutil.ignore_patterns("__pycache__"))
        for path, text in found.items():
            file = source / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        # What is written hangs on nothing but the pages: not on the clock, nor on the order of sets.
        variables = {**os.environ, "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0", "TZ": "UTC"}
        variables["PYTHONPATH"] = str(ROOT / "compiler")
        command = [str(python), "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "2", "-b", "html"]
        done = subprocess.run(
            [*command, "-d", str(Path(folder) / "trees"), str(source), str(made)],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise BuildFailed(done.stderr.replace(f"{source}/", ""))
        for left in (".buildinfo", "objects.inv"):
            (made / left).unlink(missing_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, target)
    return len(found)
