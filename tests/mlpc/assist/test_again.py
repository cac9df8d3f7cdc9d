"""Texts that are written and changed: what is found by what was known before is what is found from scratch."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpc.assist.again import Sound, follow
from mlpc.assist.hints import hints
from mlpc.assist.lenses import lenses
from mlpc.assist.links import links
from mlpc.assist.outline import symbols
from mlpc.assist.targets import target
from mlpc.assist.tokens import tokens
from mlpc.assist.view import View
from mlpc.compilation import Compilation
from mlpc.diagnostics import Diagnostic
from mlpc.ir.canonical import to_json
from mlpc.lint import read_settings
from mlpc.resolve.modules import Module
from mlpc.source import Source
from tests.benchmarks import large
from tests.loader import Texts

SPECS = Path(__file__).parents[2] / "specs"
_BESIDE: dict[str, str | bytes] = {
    path.name: path.read_bytes() for path in SPECS.iterdir() if path.suffix in (".mlp", ".py")
}
TEXTS = {
    "tumor": (SPECS / "tumor.mlp").read_text(encoding="utf-8"),
    "digits": (SPECS / "digits.mlp").read_text(encoding="utf-8"),
    "everything": large.all_constructs(16)["main.mlp"],
    "promotions": large.promotions(20)["main.mlp"],
}
#: What somebody types; each letter is a text of its own.
_TYPED = (
    "seed = 12\n",
    "{ a = 1 }",
    "\n",
    "}",
    '"',
    "@label",
    " = ",
    "😀",
    "require accuracy > 1\n",
    "trees",
    "0",
    "resources { cpu = 2 }",
    "features = [",
    "max(1, (",
    "'a",
    '"""',
)


class Writer:
    """Has a file whose text changes, and what is known of it."""

    def __init__(self, text: str) -> None:
        self.files = Texts({**_BESIDE, "main.mlp": text})
        self.sound: Sound | None = None
        self.again = 0
        self.view = self.write(text)

    def write(self, text: str) -> View:
        """Return the view of the file with another text."""
        self.files.files["main.mlp"] = text
        made = self.sound.next(text.encode()) if self.sound is not None else None
        found = made if made is not None else Compilation(self.files, "main.mlp", follows=True)
        self.again += made is not None
        self.view = View(found)
        self.sound = follow(found, self.sound if made is not None else None) or self.sound
        return self.view

    def anew(self) -> View:
        """Return the view of the text as it is, found from scratch."""
        return View(Compilation(self.files, "main.mlp"))


def alike(ours: View, theirs: View, text: str) -> None:
    """Check that two views of one text say the same of everything."""
    found = [item.to_json() for item in theirs.compilation.check()]
    assert [item.to_json() for item in ours.compilation.check()] == found, text
    for asked in (hints, links, lenses, tokens):
        made = [[_slots(each) for each in asked(view)] for view in (ours, theirs)]
        assert made[0] == made[1], (asked.__name__, text)
    assert ours.module is not None
    assert theirs.module is not None
    assert list(map(_slots, symbols(ours.module.file))) == list(map(_slots, symbols(theirs.module.file)))
    comments = [list(map(_slots, view.module.file.comments)) for view in (ours, theirs) if view.module]
    assert comments[0] == comments[1], text
    for offset in range(0, len(text), 23):
        names = [target(view, offset) for view in (ours, theirs)]
        assert _slots(names[0]) == _slots(names[1]), (text, offset)
    if not found:
        graphs = [view.compilation.graph() for view in (ours, theirs)]
        assert graphs[0] is not None
        assert graphs[1] is not None
        assert to_json(graphs[0]) == to_json(graphs[1])
        settings = read_settings(theirs.modules.loader)
        told = [[item.to_json() for item in view.compilation.lint(settings)] for view in (ours, theirs)]
        assert told[0] == told[1], text


def _slots(thing: object) -> object:
    if thing is None or isinstance(thing, str | int | bool | tuple | frozenset):
        return thing
    if isinstance(thing, list):
        return [_slots(each) for each in thing]
    if thing.__class__.__name__ == "Span":
        return repr(thing)
    return [_slots(getattr(thing, name)) for name in thing.__slots__]  # type: ignore[attr-defined]


def changes(text: str, seed: int, count: int) -> Iterator[str]:
    """Yield texts that come of changes at random places, one from the other, now and then the first again."""
    chance = random.Random(seed)
    now = text
    for _ in range(count):
        place = chance.randrange(len(now) + 1)
        start = now.rfind("\n", 0, place) + 1
        end = (now.find("\n", place) + 1) or len(now)
        match chance.randrange(5):
            case 0 | 1:  # typing
                word = chance.choice((*_TYPED, chance.choice(text.split())))
                made = [now[:place] + word[:length] + now[place:] for length in range(1, len(word) + 1)]
            case 2:  # a few letters fewer
                made = [now[:place] + now[place + chance.randrange(1, 12) :]]
            case 3:  # a line fewer
                made = [now[:start] + now[end:]]
            case _:  # a line once more, somewhere else
                other = now.rfind("\n", 0, chance.randrange(len(now) + 1)) + 1
                made = [now[:other] + now[start:end] + now[other:]]
        yield from made
        # Most mistakes are mended; the others stay for a while.
        now = now if chance.random() < 0.7 else made[-1] if chance.random() < 0.8 else text
        yield now


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", TEXTS)
def test_whatever_is_changed_is_found_as_from_scratch(name: str, full: bool) -> None:
    again = written = 0
    for seed in range(8 if full else 1):
        writer = Writer(TEXTS[name])
        texts = list(changes(TEXTS[name], seed, 100 if full else 12))
        for number, text in enumerate(texts):
            view = writer.write(text)
            if full or number % 3 == 0:
                alike(view, writer.anew(), text)
        again += writer.again
        written += len(texts)
    # Of a long row of changes that stay, one may leave no text for the rest of them that can be followed.
    assert again > written // 5


def test_what_was_estimated_of_layers_moves_with_them() -> None:
    text = TEXTS["digits"]
    writer = Writer(text)
    before = [hint.label for hint in hints(writer.view)]
    assert "[32], 2,336 parameters" in before
    for typed in ("# f", "# further down"):
        changed = text.replace("  train", f"  {typed}\n  train", 1)
        alike(writer.write(changed), writer.anew(), changed)
        assert [hint.label for hint in hints(writer.view)] == before
    assert writer.again == 2


def test_what_nobody_wrote_in_is_not_checked_again() -> None:
    text = TEXTS["tumor"]
    writer = Writer(text)
    assert writer.view.typed is not None
    before = dict(writer.view.typed.blocks)
    changed = text.replace("max_depth = 8", "max_depth = 7\n    # moved\n")
    alike(writer.write(changed), writer.anew(), changed)
    assert writer.again == 1
    assert writer.view.typed is not None
    kept = {name for name, block in writer.view.typed.blocks.items() if block is before[name]}
    # What others see of `forest`, its arguments, is another thing now: who names it is checked again.
    assert kept == {"cells", "parts", "drift", "nightly"}
    broken = changed.replace("cron = ", "cron = = ")
    alike(writer.write(broken), writer.anew(), broken)
    assert writer.again == 2
    assert {item.code.code for item in writer.view.compilation.check()} == {"MLP010"}


def test_comments_are_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sound, "_whole", None)
    text = TEXTS["tumor"].replace("max_depth = 8\n", "max_depth = 8\n    # behind\n")
    writer = Writer(text)
    for depth in ("81", "812", "8", "12"):
        changed = text.replace("max_depth = 8", f"max_depth = {depth}")
        alike(writer.write(changed), writer.anew(), changed)


def test_a_block_that_is_pasted_is_another_one() -> None:
    block = '\n  data more: csv { path = "data/cells.csv", schema = Cell }\n'
    text = TEXTS["tumor"].replace("\n  split parts", f"{block}\n  split parts")
    pasted = text.replace(block, block * 2)
    writer = Writer(text)
    for changed in (pasted, pasted.replace(block * 2, block + block.replace("Cell", "Cel")), pasted, text):
        alike(writer.write(changed), writer.anew(), changed)
    assert writer.again == 4


@pytest.mark.parametrize(
    "typed",
    [
        "resources {",
        "features = [",
        "x = max(1, 2",
        'name = "',
        "seed = 7 ]",
        "a = [1, 2)",
        "name = 'a",
        "a = 1 // 2",
    ],
)
def test_a_mistake_of_signs_is_read_within_its_block(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEXTS["tumor"]
    writer = Writer(text)
    monkeypatch.setattr(Sound, "_whole", None)
    for length in range(1, len(typed) + 1):
        changed = text.replace("max_depth = 8\n", f"max_depth = 8\n    {typed[:length]}\n")
        alike(writer.write(changed), writer.anew(), changed)
    assert writer.again == len(typed)


def test_a_block_that_is_begun_is_read_between_those_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text, typed = TEXTS["tumor"], "split more: random {\n    test = 20%\n  }"
    place = text.index("\n\n  split parts") + 1
    writer = Writer(f"{text[:place]}\n  \n{text[place:]}")
    whole: list[str] = []
    read = Sound._whole

    def read_whole(self: Sound, root: Module, source: Source) -> list[Diagnostic] | None:
        whole.append(source.text)
        return read(self, root, source)

    monkeypatch.setattr(Sound, "_whole", read_whole)
    for length in (*range(1, len(typed) + 1), 30, 3, 0):
        changed = f"{text[:place]}\n  {typed[:length]}\n{text[place:]}"
        alike(writer.write(changed), writer.anew(), changed)
    # Where it is not clear where the block ends, all is read.
    assert len(whole) < len(typed) // 4, whole
    alike(writer.write(text), writer.anew(), text)


def test_where_lines_are_indented_anyhow_a_bracket_is_looked_for_in_the_whole_text() -> None:
    # By its indentation `quality` stands in `forest`: it says nothing about what is closed where.
    text = TEXTS["tumor"].replace("\n  evaluate quality", "\n      evaluate quality")
    for typed in ("resources {", "features = ["):
        changed = text.replace("max_depth = 8\n", f"max_depth = 8\n    {typed}\n")
        writer = Writer(text)
        alike(writer.write(changed), writer.anew(), changed)
        back = Writer(TEXTS["tumor"])
        for each in (text, changed):
            alike(back.write(each), back.anew(), each)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("float >= 0", "float >= 1"),  # a schema
        ("= 200", "= 100"),  # a param
        ("owner =", "tags ="),  # what the pipeline itself says
        ("trees = 20\n", "trees = 21\n"),  # an environment
        ("pipeline tumor", "pipeline tumour"),
        ("mlp 1", "mlp 2"),
    ],
)
def test_where_more_than_blocks_change_all_is_checked(old: str, new: str) -> None:
    writer = Writer(TEXTS["tumor"])
    text = TEXTS["tumor"].replace(old, new, 1)
    alike(writer.write(text), writer.anew(), text)
    assert writer.again == 0
    # And what was known holds again as soon as it is as it was.
    alike(writer.write(TEXTS["tumor"]), writer.anew(), TEXTS["tumor"])


def test_who_names_a_block_on_a_circle_is_checked_again() -> None:
    writer = Writer(TEXTS["tumor"])
    # Read so that `forest` holds what names it.
    text = TEXTS["tumor"].replace("30s }\n  }\n\n  evaluate quality", "30 evaluate quality")
    alike(writer.write(text), writer.anew(), text)
    assert writer.again == 1
    place = text.index("observed = api") + len("observed = ")
    assert _slots(target(writer.view, place)) == _slots(target(writer.anew(), place))


def test_what_was_kept_is_forgotten_in_the_end() -> None:
    text = large.trainings(4)["main.mlp"]
    writer = Writer(text)
    for number in range(1, 220):
        writer.write(text.replace("trees = 10", f"trees = {number}"))
    assert 200 <= writer.again < 219
    assert writer.sound is not None
