"""Pipelines whose values, figures and rows are known only when they run, and what is said of each that does not fit."""

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

  param lost: int = 0

  param day: string = "2026-01-31"

  data counted: counted { path = "data/words.txt", lost = lost }

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
  param lost: int
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
def count(path, lost: int):
    text = path.read_text()
    return {"text": text, "metrics": {"words" if lost < 9 else "wrods": len(text.split()) - lost}}


def double(text, size: int, start: int, since: str, site: str):
    return f"{since} {start} {size} " + text.read_text() * 2
"""
SITE = "https://example.org/words"
FITTING = "2026-01-31 2 9 one two threeone two three"

ROWS = """\
mlp 1

pipeline people {
  data read: csv {
    path = "data/people.csv"
    schema = Person
  }

  data misread: csv {
    path = "data/others.csv"
    schema = Person
  }

  transform made each fault in ["type", "range", "null", "choice"]: made {
    data = read
    fault = fault
  }
}

schema Person {
  age: int in 0..120
  plan: enum("free", "paid")
}

component made: transform {
  input data: dataset
  param fault: string
  output rows: dataset(Person)
  run = python("steps.py:make")
  requires = ["cloudpickle>=3,<4", "pandas>=2.2,<3.1", "pyarrow>=17", "scikit-learn>=1.6,<2"]
}
"""
MAKE = """\
import pandas


def make(data: pandas.DataFrame, fault: str) -> pandas.DataFrame:
    column = "plan" if fault == "choice" else "age"
    values = data[column].astype(object)
    values.iloc[1] = {"type": "old", "range": 121, "null": None, "choice": "lent"}[fault]
    return data.assign(**{column: values})
"""
_MADE = "what `make` in steps.py returned: row 1, column `age`: "
#: What is said of the rows of each step, by its id.
ROWS_REFUSED = {
    "misread": 'data/others.csv, row 3, column `age`: "121" is not a whole number in 0..120',
    "made[type]": _MADE + '"old" is not a whole number in 0..120',
    "made[range]": _MADE + "121 is not a whole number in 0..120",
    "made[null]": _MADE + "is empty, and the column is not @nullable",
    "made[choice]": _MADE.replace("age", "plan") + '"lent" is not one of "free", "paid"',
}
#: So that an image of another test has the packages already.
LOCK = Path(__file__).resolve().parents[2] / "examples" / "tumor" / "mlpc.lock"


class Case:
    """What is given, whether `mlpc run` can tell before anything has run, and what the step that would take it says."""

    def __init__(
        self,
        code: str,
        message: str,
        *help: str,
        node: str = "doubled",
        site: str = SITE,
        early: bool = False,
        place: tuple[int, int] | None = None,
        **params: int | str,
    ) -> None:
        self.code = code
        self.message = message
        self.help = [*help]
        self.node = node
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
        assert (error["code"], error["message"], error["help"]) == (self.code, self.message, self.help)
        # A log alone does not tell the column.
        assert self.place is None or error["place"] in (None, self.place)


SIZE = Case(
    "MLP795",
    "`size` of `doubled` is a whole number >= 0 and <= 10, but comes to 12",
    "main.mlp:16:12 says `counted.words * factor`",
    place=(16, 12),
    factor=4,
)
START = Case(
    "MLP795",
    "`start` of `doubled` is a whole number >= 0 and <= 100, but comes to -1",
    "main.mlp:17:13 says `factor - 1`",
    place=(17, 13),
    early=True,
    factor=0,
)
SINCE = Case(
    "MLP795",
    "`since` of `doubled` is a date such as 2026-01-31, but comes to tuesday",
    "main.mlp:18:13 says `day`",
    place=(18, 13),
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
#: Nothing flows in: what a step says of itself is not what its component declares.
FIGURE = Case(
    "MLP744",
    "`counted` measured `words` as -2, and its component `counted` declares `words` as a whole number >= 0",
    "main.mlp:26:12 declares it",
    "mend what measures it, or declare what it can come to",
    node="counted",
    place=(26, 12),
    lost=5,
)
MISSPELT = Case(
    "MLP744",
    "`counted` did not measure `words`, which its component `counted` declares; did you mean `wrods`?",
    "main.mlp:26:12 declares it",
    "it measured `wrods`, which nothing declares: give both the same name",
    node="counted",
    place=(26, 12),
    lost=9,
)
CASES = (SIZE, START, SINCE, SECRET, FIGURE, MISSPELT)


def words(folder: Path) -> Path:
    """Write the project into ``folder``."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "words.txt").write_text("one two three", encoding="utf-8")
    (folder / "main.mlp").write_text(SPEC, encoding="utf-8")
    (folder / "steps.py").write_text(STEPS, encoding="utf-8")
    return folder


def people(folder: Path) -> Path:
    """Write a project into ``folder`` whose rows do not fit: those that it reads, and those that its own function makes."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "people.csv").write_text("age,plan\n36,free\n41,paid\n", encoding="utf-8")
    (folder / "data" / "others.csv").write_text("age,plan\n36,free\n121,paid\n", encoding="utf-8")
    (folder / "main.mlp").write_text(ROWS, encoding="utf-8")
    (folder / "steps.py").write_text(MAKE, encoding="utf-8")
    shutil.copy(LOCK, folder)
    return folder


def one_of(folder: Path, id: str) -> Path:
    """Write the project of :func:`people` anew beside it, without the steps whose rows do not fit but ``id``."""
    place = Path(shutil.copytree(folder, folder.parent / f"only-{id}"))
    spec = place / "main.mlp"
    text = spec.read_text(encoding="utf-8")
    misread, made = text.index("  data misread"), text.index("  transform made")
    if id == "misread":
        text = text[:made] + text[text.index("}\n\nschema") :]
    else:
        fault = id.removeprefix("made[").removesuffix("]")
        text = text[:misread] + text[made:].replace('"type", "range", "null", "choice"', f'"{fault}"')
    spec.write_text(text, encoding="utf-8")
    return place


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


def rows_are_told(errors: dict[str, dict[str, Any] | None]) -> None:
    """See to it that each step whose rows do not fit was refused for them; ``errors`` are those of all steps."""
    found = {id: error for id, error in errors.items() if error is not None}
    assert {id: error["message"] for id, error in found.items()} == ROWS_REFUSED
    assert {(error["code"], error["name"]) for error in found.values()} == {("MLP701", "row-does-not-fit")}
