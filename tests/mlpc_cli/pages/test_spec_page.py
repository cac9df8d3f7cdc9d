"""`mlpc docs main.mlp -o page.html`: what a person reads there, and that no text of a spec does more than be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.mlpc_cli.command import mlpc

from .html_pages import Page, judge

EXAMPLES = Path(__file__).parents[3] / "examples"
SPECS = Path(__file__).parents[2] / "specs"
HOSTILE = "</style></script><script>alert(1)</script><img src=x onerror=alert(1)>&\\u{202e}\\u{7}"


def page(folder: Path, *more: str) -> Page:
    """The page of the spec in a folder, judged."""
    answer = mlpc("docs", "main.mlp", "-o", "page.html", *more, cwd=folder)
    assert (answer.code, answer.out, answer.err) == (0, "page.html\n", "")
    return judge((folder / "page.html").read_bytes())


def copied(name: str, folder: Path) -> Path:
    """An example, without what it ran before."""
    return shutil.copytree(EXAMPLES / name, folder / name, ignore=shutil.ignore_patterns(".mlpc"))


def rows(found: Page) -> list[str]:
    """The rows of the tables, as text."""
    return found.texts["tr"]


def test_what_the_page_of_tumor_says(tmp_path: Path) -> None:
    found = page(copied("tumor", tmp_path))
    assert found.texts["h1"] == ["tumor"]
    assert found.texts["h2"] == [
        "How it fits together",
        "Data",
        "Model",
        "What must hold",
        "How it is judged",
        "What is made of the model",
        "Where it goes",
        "What can be set",
        "Environments",
    ]
    (header,) = found.texts["header"]
    assert "Tell malignant from benign breast tumours" in header
    assert "diagnostics@example.org" in header
    assert "0 3 * * * Europe/Berlin (nightly)" in header
    told = rows(found)
    assert "malignantboolto be foretold The diagnosis." in told
    assert "every other columnfloat >= 0" in told
    assert "treestrees (200 unless set)Number of trees." in told
    assert "recall >= 0.85qualityheld back: catalog, api, page.build" in told
    assert "p95 <= 50msapiwhile it serves: it counts as a fault" in told
    assert "quality: require recallrecall >= 0.85recall >= 0.75" in told
    assert 'cells.path"data/cells.csv""s3://tumor-data/cells.csv"' in told


def test_one_environment_and_what_others_change(tmp_path: Path) -> None:
    found = page(copied("tumor", tmp_path), "--env", "ci")
    assert "Pipeline in the environment ci" in found.texts["p"]
    assert "recall >= 0.75qualityheld back: catalog, api, page.build" in rows(found)
    assert "ci" not in [text.split()[0] for text in found.texts["h3"]]


def test_blocks_of_an_each_stand_there_once(tmp_path: Path) -> None:
    found = page(copied("regions", tmp_path))
    assert "sales data: sql, one for each of eu, us, apac" in found.texts["h3"]
    assert "alphaeu: 0.5; us, apac: 0.1" in rows(found)
    assert "select * from sales\nwhere region = 'us'" in found.texts["pre"]
    assert "rmse <= 150quality (eu, us, apac)it cannot be chosen" in rows(found)
    assert "best_of(model[*], by = minimize(quality[*].rmse))" in found.texts["code"]
    assert "cost <= 40USD" in found.texts["code"]


def test_layers_stand_one_below_the_other(tmp_path: Path) -> None:
    found = page(copied("digits", tmp_path))
    (layers,) = found.texts["ol"]
    assert 'dense(units = 10, activation = "softmax")' in layers
    assert "maximize(accuracy)" in found.texts["code"]


def test_what_watches_and_what_is_not_built(tmp_path: Path) -> None:
    shutil.copy(SPECS / "tumor.mlp", tmp_path / "main.mlp")
    found = page(tmp_path)
    assert "Watching it" in found.texts["h2"]
    assert "not built yet" in found.texts["span"]
    assert (
        'share_drifted > 30%alertseverity "page", runbook "docs/drift.md"Tells somebody; it changes nothing.'
        in rows(found)
    )
    assert "share_drifted > 50%retraincooldown 1dStarts the pipeline again." in rows(found)


BOARD = """mlp 1

use std.devices as devices

## Reads figures on a board.
pipeline digits {
  data images: npz { path = "digits.npz", schema = Digit }
  train net: keras.classifier {
    data = images
    layers = [conv2d(8, kernel = 3, activation = "relu"), flatten(), dense(10, activation = "softmax")]
  }
  export floats: tflite { model = net }
  deploy board: mcu {
    model = floats
    board = devices.nucleo_f446re
    require small: flash <= 100KiB { severity = "warn" }
  }
}

schema Digit {
  pixels: tensor(float, [16, 16, 1]) in 0..1
  digit: int in 0..9 @label
}
"""


def test_what_a_board_takes_is_that_of_the_model_that_is_put_there(tmp_path: Path) -> None:
    """And not that of the smaller one, which the warning proposes."""
    (tmp_path / "main.mlp").write_text(BOARD, encoding="utf-8")
    assert "it would be about 86KiB of flash" in mlpc("check", "main.mlp", cwd=tmp_path).out
    (taken,) = [row for row in page(tmp_path).texts["dd"] if "of flash" in row]
    assert taken == "about 131KiB of flash and about 15KiB of ram"


def test_no_text_of_a_spec_is_more_than_text(tmp_path: Path) -> None:
    folder = copied("tumor", tmp_path)
    main = folder / "main.mlp"
    text = main.read_text(encoding="utf-8")
    for old in ("diagnostics@example.org", "tabular", "data/cells.csv", "tumor-forest"):
        text = text.replace(f'"{old}"', f'"{HOSTILE}"')
    written = HOSTILE.replace("\\u{202e}", "\u200e").replace("\\u{7}", "")
    text = text.replace("The diagnosis.", written).replace("Tell malignant", f"{written} malignant")
    main.write_text(text, encoding="utf-8")
    found = page(folder)
    assert "script" not in found.texts
    assert "<script>alert(1)</script><img" in "".join(found.texts["header"])
    raw = (folder / "page.html").read_text(encoding="utf-8")
    assert not any(char in raw for char in "\u202e\u200e\x07")


def test_the_same_bytes_each_time_and_wherever_it_lies(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b" / "c"
    for folder in (first, second):
        copied("regions", folder)
        page(folder / "regions")
    written = [(folder / "regions" / "page.html").read_bytes() for folder in (first, second)]
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["docs", "sklearn.random_forest", "-o", "x.html"], "has no page of its own"),
        (["docs", "main.mlp", "forest", "-o", "x.html"], "`forest` has no page of its own"),
        (["docs", "main.mlp", "--env", "ci"], "--env is about a page"),
        (["docs", "nowhere.mlp", "-o", "x.html"], "nowhere.mlp"),
    ],
)
def test_what_has_no_page(tmp_path: Path, words: list[str], said: str) -> None:
    answer = mlpc(*words, cwd=copied("tumor", tmp_path))
    assert answer.code != 0
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "tumor" / "x.html").exists()


def test_a_spec_with_errors_gets_no_page(tmp_path: Path) -> None:
    folder = copied("tumor", tmp_path)
    main = folder / "main.mlp"
    main.write_text(main.read_text(encoding="utf-8").replace("recall >=", "recal >="), encoding="utf-8")
    answer = mlpc("docs", "main.mlp", "-o", "page.html", cwd=folder)
    assert answer.code == 1
    assert "did you mean `recall`?" in answer.err
    assert not (folder / "page.html").exists()
