"""A pipeline whose values are known only when it runs, and what is said of each that does not fit where it flows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from .engine import mlpc

SPEC = """\
mlp 1

pipeline words {
  secret site: url = env("WORDS_SITE")

  param factor: int = 2

  param day: string = "2026-01-31"

  data counted: counted { path = "data/words.txt" }

  step doubled: doubled {
    text = counted
    size = counted.words * factor
    start = factor - 1
    since = day
    site = site
  }
}

component counted: data {
  param path: path
  quantity words: int >= 0 @after
  output text: file("txt")
  run = python("steps.py:count")
}

component doubled: step {
  input text: file("txt")
  param size: int in 0..10
  param start: int in 0..100
  param since: date
  param site: url @secret
  output more: file("txt")
  run = python("steps.py:double")
}
"""
STEPS = """\
def count(path):
    text = path.read_text()
    return {"text": text, "metrics": {"words": len(text.split())}}


def double(text, size: int, start: int, since: str, site: str):
    return f"{since} {start} {size} " + text.read_text() * 2
"""
SITE = "https://example.org/words"
FITTING = "2026-01-31 2 9 one two threeone two three"

ROWS = """\
mlp 1

pipeline people {
  data rows: csv {
    path = "data/people.csv"
    schema = Person
  }
}

schema Person {
  age: int in 0..120
}
"""
#: So that an image of another test has the packages already.
LOCK = Path(__file__).resolve().parents[2] / "examples" / "tumor" / "mlpc.lock"


class Case:
    """What is given, whether `mlpc run` can tell before anything has run, and what the step that would take it says."""

    def __init__(
        self,
        code: str,
        message: str,
        help: str,
        *,
        site: str = SITE,
        early: bool = False,
        place: tuple[int, int] | None = None,
        **params: int | str,
    ) -> None:
        self.code = code
        self.message = message
        self.help = help
        self.early = early
        self.place = place and {"file": "main.mlp", "line": place[0], "column": place[1]}
        self.params = params
        self.site = site

    @property
    def settings(self) -> list[str]:
        return [word for name, value in self.params.items() for word in ("--set", f"{name}={value}")]

    @property
    def variables(self) -> dict[str, str]:
        return {"WORDS_SITE": self.site}

    def is_told(self, step: dict[str, Any]) -> None:
        """See to it that the summary of a run says this of the step."""
        error = step["error"]
        assert error is not None, step
        assert (error["code"], error["message"], error["help"]) == (self.code, self.message, [self.help])
        # A log alone does not tell the column.
        assert self.place is None or error["place"] in (None, self.place)


SIZE = Case(
    "MLP795",
    "`size` of `doubled` is a whole number >= 0 and <= 10, but comes to 12",
    "main.mlp:14:12 says `counted.words * factor`",
    place=(14, 12),
    factor=4,
)
START = Case(
    "MLP795",
    "`start` of `doubled` is a whole number >= 0 and <= 100, but comes to -1",
    "main.mlp:15:13 says `factor - 1`",
    place=(15, 13),
    early=True,
    factor=0,
)
SINCE = Case(
    "MLP795",
    "`since` of `doubled` is a date such as 2026-01-31, but comes to tuesday",
    "main.mlp:16:13 says `day`",
    place=(16, 13),
    early=True,
    day="tuesday",
)
SECRET = Case(
    "MLP796",
    "the secret `site`, which `doubled` takes as `site`, is not a URL such as https://example.org",
    "its value is not shown; look where it comes from",
    early=True,
    site="s3same-of-old",
)
CASES = (SIZE, START, SINCE, SECRET)


def words(folder: Path) -> Path:
    """Write the project into ``folder``."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "words.txt").write_text("one two three", encoding="utf-8")
    (folder / "main.mlp").write_text(SPEC, encoding="utf-8")
    (folder / "steps.py").write_text(STEPS, encoding="utf-8")
    return folder


def people(folder: Path) -> Path:
    """Write a project into ``folder`` whose data has a row that does not fit."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "people.csv").write_text("age\n36\n121\n", encoding="utf-8")
    (folder / "main.mlp").write_text(ROWS, encoding="utf-8")
    shutil.copy(LOCK, folder)
    return folder


def compiled(folder: Path, target: str, *, images: bool = False) -> Path:
    """Compile a project for an engine, and build its images."""
    words = [["compile", "--to", target, "-o", f"build-{target}"]]
    for each in [*words, *([["build", f"build-{target}"]] if images else [])]:
        answer = mlpc(*each, cwd=folder, variables={})
        assert answer.code == 0, answer
    return folder / f"build-{target}"


def step(summary: dict[str, Any], node: str) -> dict[str, Any]:
    """What a summary says of a step."""
    found: dict[str, Any]
    (found,) = [each for each in summary["steps"] if each["node"] == node]
    return found
