"""Pages in a real browser: they say what onnxruntime says, look well at every width, and work without a connection."""

from __future__ import annotations

import gzip
import json
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import pandas
import pytest

from mlpc_stdlib.runtime import export, models, sklearn, tables
from mlpc_stdlib.runtime.contract import Artefact
from tests.mlpc_stdlib import bundles, flats

from . import digits
from .browser import visit
from .sites import make_site

CELLS = Path(__file__).parents[4] / "examples" / "tumor" / "data" / "cells.csv"
#: What 32 bits resolve: onnxruntime-web is another build of the same program.
NEAR = 1e-6


class Made:
    """An exported model and its site."""

    def __init__(self, model: Path, page: Path) -> None:
        self.model = model
        self.page = page

    def scores(self, rows: Any) -> list[list[float]]:
        """Return what onnxruntime says of rows."""
        session = export.open_session(str(self.model / "model.onnx"))
        found: list[list[float]] = export.run(session, rows).tolist()
        return found


@pytest.fixture(scope="module")
def tumor(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The page of the example: a forest over thirty measurements."""
    folder = tmp_path_factory.mktemp("tumor")
    frame = pandas.read_csv(CELLS)
    type = bundles.dataset(
        bundles.column("smoothness_mean", min=0, max=1),
        bundles.column("malignant", "bool", "label"),
        rest={"base": "float", "min": 0},
    )
    data = Artefact(str(folder / "cells.parquet"), type)
    tables.write(data.path, frame, type, "cells")
    model = Artefact(str(folder / "model"), {"type": "model", "framework": "sklearn", "label": "malignant"})
    bundles.step(sklearn.random_forest, {"data": data}, {"model": model}, trees=50, max_depth=8, seed=7)
    exported = Artefact(str(folder / "onnx"), {"type": "model", "framework": "onnx"})
    bundles.step(export.onnx, {"model": model}, {"portable": exported})
    page = make_site(
        folder,
        Path(exported.path),
        title="tumor",
        description="Tell malignant from benign tumours.\n\nData: 569 rows.",
    )
    return Made(Path(exported.path), page)


def cells(made: Made, count: int) -> list[list[float]]:
    names = [
        feature["name"] for feature in json.loads((made.model / "signature.json").read_text())["features"]
    ]
    rows: list[list[float]] = pandas.read_csv(CELLS)[names].iloc[::31].head(count).to_numpy().tolist()
    return rows


@pytest.fixture(scope="module")
def answered(tumor: Made) -> dict[str, Any]:
    return visit(tumor.page, "rows", rows=[[repr(value) for value in row] for row in cells(tumor, 12)])


def test_the_page_says_what_onnxruntime_says(tumor: Made, answered: dict[str, Any]) -> None:
    wanted = tumor.scores(cells(tumor, 12))
    assert {answer["headline"] for answer in answered["answers"]} == {"malignant", "not malignant"}
    for answer, scores in zip(answered["answers"], wanted, strict=True):
        assert answer["state"] == "ready"
        assert answer["names"] == ["not malignant", "malignant"]
        assert answer["scores"] == pytest.approx(scores, abs=NEAR)
        assert answer["headline"] == answer["names"][scores.index(max(scores))]


def test_it_begins_with_the_answer_to_the_example(tumor: Made, answered: dict[str, Any]) -> None:
    told = json.loads((tumor.model / "signature.json").read_text())
    row = [told["example"][feature["name"]] for feature in told["features"]]
    assert answered["first"]["scores"] == pytest.approx(tumor.scores([row])[0], abs=NEAR)


def test_nothing_is_said_on_the_console_and_nothing_comes_from_elsewhere(answered: dict[str, Any]) -> None:
    """A policy that is not kept is said there."""
    assert answered["said"] == []
    assert answered["elsewhere"] == []


def test_it_is_accessible_and_fits_at_every_width_in_light_and_dark(tumor: Made, tmp_path: Path) -> None:
    found = visit(tumor.page, "looks", pictures=str(tmp_path))["found"]
    assert [(each["width"], each["colorScheme"]) for each in found] == [
        (390, "light"),
        (390, "dark"),
        (1280, "light"),
        (1280, "dark"),
    ]
    for each in found:
        assert each["violations"] == []
        assert each["wide"] <= 0
    pictures = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(set(pictures.values())) == 4


def test_it_works_without_a_server_once_it_was_loaded(tumor: Made, answered: dict[str, Any]) -> None:
    found = visit(tumor.page, "offline")
    assert found["scores"] == answered["first"]["scores"]
    assert found["state"] == "ready"


def test_it_is_used_with_the_keyboard_alone(tumor: Made) -> None:
    (row,) = cells(tumor, 1)
    found = visit(tumor.page, "keyboard", row=[repr(value) for value in row])
    answer, refused = found["steps"]
    assert answer["scores"] == pytest.approx(tumor.scores([row])[0], abs=NEAR)
    assert refused["state"] == "waiting"
    assert found["wrong"] == ["true", "Has to be 0 or more"]
    assert refused["text"] == found["spoken"] == "Radius (mean) has to be 0 or more"


def test_from_a_disk_it_says_how_to_open_it(tumor: Made) -> None:
    found = visit(tumor.page, "file")
    assert found["told"]
    assert found["title"] == "Tumor"


def test_a_file_that_was_changed_is_refused(tumor: Made) -> None:
    parts = ["model", "runtime", "form"]
    found = visit(tumor.page, "changed", parts=parts)
    for part in parts:
        assert any("integrity" in line for line in found[part]["said"]), part
        assert not found[part]["started"], part


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A page with a field of every kind."""
    folder = tmp_path_factory.mktemp("flats")
    model, _ = flats.exported(folder)
    return Made(model, make_site(folder, model, title="Flats", columns=flats.DOCS))


def said_of(made: Made, rows: pandas.DataFrame) -> list[list[float]]:
    """Return what onnxruntime says of rows with texts."""
    told = json.loads((made.model / "signature.json").read_text())
    session = export.open_session(str(made.model / "model.onnx"))
    found: list[list[float]] = export.answer(session, told, models.matrix(told, rows, "the rows")).tolist()
    return found


def test_fields_of_every_kind_say_what_onnxruntime_says(home: Made) -> None:
    rows = flats.rows(12, seed=8)[0]
    # A text that nobody has seen, and signs that mean something elsewhere.
    rows.loc[3, "street"] = 'Łąka <i>7</i> "&'
    written = []
    for row in rows.drop(columns="dear").to_dict("records"):
        row["city"] = row["city"].replace("_", " ")
        row["renovated"] = str(int(row["renovated"]))
        row["rating"] = "" if math.isnan(row["rating"]) else row["rating"]
        row["lift"] = "unknown" if pandas.isna(row["lift"]) else "yes" if row["lift"] else "no"
        written.append([str(value) for value in row.values()])
    found = visit(home.page, "rows", rows=written)
    assert found["said"] == []
    assert [each["state"] for each in found["answers"]] == ["ready"] * 12
    assert [each["scores"] for each in found["answers"]] == [
        pytest.approx(scores, abs=NEAR) for scores in said_of(home, rows)
    ]
    assert len({each["headline"] for each in found["answers"]}) == 2


def test_a_form_of_every_kind_is_filled_in_with_keys_alone(home: Made) -> None:
    typed = [["85.5"], ["3"], ["osl"], ["Park Lane"], [" "], ["600"], ["0.5"], ["ArrowDown", "ArrowDown"]]
    wrong = [["f0", "5"], ["f0", ""], ["f1", "2.5"], ["f3", " "], ["f5", "-1"], ["f6", "1.5"]]
    found = visit(home.page, "keys", keys=typed, wrong=wrong)
    assert (found["cleared"]["state"], found["said"]) == ("waiting", [])
    assert found["held"] == ["85.5", "3", "oslo", "Park Lane", "true", "600", "0.5", "no"]
    row = {"area": 85.5, "rooms": 3, "city": "oslo", "street": "Park Lane", "renovated": True, "way": 600.0}
    rows = pandas.DataFrame([{**row, "rating": 0.5, "lift": False}])
    assert found["answer"]["scores"] == pytest.approx(said_of(home, rows)[0], abs=NEAR)
    assert found["refused"] == [
        "Has to be from 10 to 500",
        "Is missing",
        "Has to be a whole number",
        "Is missing",
        "Has to be 0 s or more",
        "Has to be from 0 to 1",
    ]


def test_a_form_of_every_kind_is_accessible_and_fits_at_every_width(home: Made, tmp_path: Path) -> None:
    found = visit(home.page, "looks", pictures=str(tmp_path))["found"]
    assert len(found) == 4
    for each in found:
        assert each["violations"] == []
        assert each["wide"] <= 0


def png(rows: list[list[int]]) -> bytes:
    """Return a picture in shades of grey as PNG."""

    def part(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(row) for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(lines)) + part(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A page on which one draws a digit."""
    folder = tmp_path_factory.mktemp("digits")
    digits.make_model(folder / "model")
    return Made(folder / "model", make_site(folder, folder / "model", title="digits"))


def test_drawn_digits_are_read(drawn: Made) -> None:
    found = visit(drawn.page, "drawings", drawings=digits.STROKES)
    assert [answer["headline"] for answer in found["answers"]] == list("0123456789")
    assert found["said"] == []


def test_where_and_how_large_a_digit_is_drawn_does_not_matter(drawn: Made) -> None:
    three = digits.STROKES[3]
    small = [[[x / 2 + 0.45, y / 2 + 0.05] for x, y in stroke] for stroke in three]
    found = visit(drawn.page, "drawings", drawings=[three, small])
    large, little = found["answers"]
    assert little["headline"] == large["headline"] == "3"
    # Points of a smaller drawing are rounded to coarser places.
    assert little["scores"] == pytest.approx(large["scores"], abs=0.15)


def test_a_digit_is_drawn_with_the_keyboard(drawn: Made) -> None:
    zero = ["ArrowUp"] * 8 + [" "] + ["ArrowRight"] * 4 + ["ArrowDown"] * 16 + ["ArrowLeft"] * 8
    zero += ["ArrowUp"] * 16 + ["ArrowRight"] * 4 + [" "]
    found = visit(drawn.page, "keyboard", keys=zero)
    assert (found["state"], found["headline"]) == ("ready", "0")


def test_a_picture_from_a_file_is_read_like_a_drawing(drawn: Made, tmp_path: Path) -> None:
    """Dark on light paper, at one side: the paper is taken away, and the digit is moved to the middle."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    pixels = images[0].reshape(8, 8)
    rows = [[235] * 40 for _ in range(40)]
    for y in range(16):
        for x in range(16):
            rows[y + 20][x + 2] = 235 - int(pixels[y // 2][x // 2] * 13)
    (tmp_path / "digit.png").write_bytes(png(rows))
    found = visit(drawn.page, "picture", file=str(tmp_path / "digit.png"))
    assert found["headline"] == str(labels[0])


def test_a_page_for_drawing_is_accessible_and_small(drawn: Made) -> None:
    for each in visit(drawn.page, "looks", strokes=digits.STROKES[2])["found"]:
        assert each["violations"] == []
        assert each["wide"] <= 0
    packed = [path.read_bytes() for path in drawn.page.rglob("*") if path.is_file()]
    assert sum(min(len(content), len(gzip.compress(content))) for content in packed) < 200 * 2**10


@pytest.mark.parametrize("label", ["enum", "float"])
def test_several_classes_and_values(tmp_path: Path, label: str) -> None:
    model = bundles.make_bundle(tmp_path, label)
    made = Made(model, make_site(tmp_path, model))
    rows = [[2.5, 1.25, 4, 0], [9.75, 4.5, 8, 1]]
    found = visit(made.page, "rows", rows=[[str(value) for value in row] for row in rows])
    wanted = made.scores(rows)
    for answer, scores in zip(found["answers"], wanted, strict=True):
        if label == "float":
            assert float(answer["headline"].replace(",", "")) == pytest.approx(scores[0], rel=1e-5)
            continue
        shown = dict(zip(answer["names"], answer["scores"], strict=True))
        assert shown == pytest.approx(dict(zip(bundles.FLOWERS, scores, strict=True)), abs=NEAR)
        assert answer["names"][0] == answer["headline"]
