"""What a site consists of: its files, the hashes in it, its size, and that no text gets into it as something else."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html.parser
import json
import re
from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime import codes
from mlpc_stdlib.runtime.contract import Artefact, StepError
from mlpc_stdlib.runtime.web import markup, signature, site
from tests.mlpc_stdlib import bundles, flats

from . import browser
from .sites import make_site

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&\u2028${x}"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundles.make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    folder = tmp_path_factory.mktemp("site")
    return make_site(folder, model, title="Wild flowers", description="Tells flowers.\n\nData: a meadow.")


class Reader(html.parser.HTMLParser):
    """Gathers elements with their attributes, and the text of each kind of element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open, []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(page: Path) -> Reader:
    return Reader((page / "index.html").read_text(encoding="utf-8"))


def files(page: Path) -> dict[str, bytes]:
    return {str(path.relative_to(page)): path.read_bytes() for path in page.rglob("*") if path.is_file()}


def integrity(content: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path, model: Path, page: Path) -> None:
    again = make_site(tmp_path, model, title="Wild flowers", description="Tells flowers.\n\nData: a meadow.")
    assert files(again) == files(page)


def test_all_that_is_loaded_has_its_digest_in_its_name_and_is_fetched_by_its_hash(page: Path) -> None:
    found = files(page)
    reader = read(page)
    told = json.loads("".join(reader.texts["script"]))
    loaded = {each["src"]: each["integrity"] for each in reader.all("script") if each.get("src")}
    loaded |= {each["href"]: each["integrity"] for each in reader.all("link") if each["rel"] == "stylesheet"}
    loaded |= {each["url"]: each["integrity"] for each in told["files"].values()}
    assert loaded == {path: integrity(found[str(path)]) for path in loaded}
    others = {path for path in found if path not in loaded}
    assert {re.sub("-[0-9a-f]{12}", "", path) for path in others} == {
        "index.html",
        "sw.js",
        "site.webmanifest",
        "assets/icon.svg",
    }
    for path in found:
        if path.startswith("assets/"):
            assert hashlib.sha256(found[path]).hexdigest()[:12] in path


def test_the_service_worker_keeps_every_file_but_itself(page: Path) -> None:
    found = files(page)
    listed = json.loads(re.search(r"const FILES = (.*);", found["sw.js"].decode())[1])  # type: ignore[index]
    kept = {each["url"]: each["integrity"] for each in listed}
    assert kept.pop("./") == integrity(found["index.html"])
    assert kept == {
        path: integrity(content) for path, content in found.items() if path not in ("index.html", "sw.js")
    }


def test_the_policy_lets_nothing_in_the_page_run_and_nothing_from_elsewhere(page: Path) -> None:
    reader = read(page)
    policy = next(
        str(each["content"])
        for each in reader.all("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    )
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}
    assert rules["default-src"] == ["'none'"]
    modules = [f"'{each['integrity']}'" for each in reader.all("script") if each.get("src")]
    assert rules["script-src"] == ["'self'", "'wasm-unsafe-eval'", *modules]
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert "http" not in policy.replace("http-equiv", "")
    # The one script that is written in the page is data.
    assert [each["type"] for each in reader.all("script") if not each.get("src")] == ["application/json"]
    assert not [
        name for _, attributes in reader.elements for name in attributes if name.startswith(("on", "style"))
    ]


def test_size_is_what_a_browser_loads(tmp_path: Path, model: Path) -> None:
    make_site(tmp_path, model)
    result = bundles.step(
        site.site,
        {"model": Artefact(str(model), {"type": "model"})},
        {"page": Artefact(str(tmp_path / "again"), {"type": "report"})},
    )
    packed = sum(
        len(content) if path.endswith(".bin") else len(gzip.compress(content, 9, mtime=0))
        for path, content in files(tmp_path / "again").items()
    )
    assert result.metrics["size"] == packed
    assert 3 * 2**20 < packed < 4 * 2**20


def test_the_page_says_how_much_is_loaded_itself_included(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "shown_size", lambda size: f"{size} bytes")
    result = bundles.step(
        site.site,
        {"model": Artefact(str(model), {"type": "model"})},
        {"page": Artefact(str(tmp_path / "again"), {"type": "report"})},
    )
    text = (tmp_path / "again" / "index.html").read_text()
    said = {int(found) for found in re.findall(r"(\d+) bytes", text)}
    assert len(said) == 1
    # To write down that size takes a byte or two.
    assert abs(said.pop() - result.metrics["size"]) < 64


def test_the_packed_files_are_the_model_and_the_runtime(page: Path, model: Path) -> None:
    found = files(page)
    told = json.loads("".join(read(page).texts["script"]))
    assert gzip.decompress(found[told["files"]["model"]["url"]]) == (model / "model.onnx").read_bytes()
    assert gzip.decompress(found[told["files"]["runtime"]["url"]])[:4] == b"\0asm"


def test_every_field_has_a_label_its_limits_and_the_example(page: Path, model: Path) -> None:
    reader = read(page)
    example = json.loads((model / "signature.json").read_text())["example"]
    assert [each["for"] for each in reader.all("label")] == ["f0", "f1", "f2", "f3"]
    length, width, petals, wild = reader.all("input")
    assert (length["min"], length["max"], length["step"]) == ("0", "10", "any")
    assert (width["min"], width.get("max")) == ("0", None)
    assert (petals["step"], petals["inputmode"]) == ("1", "numeric")
    assert [float(str(each["value"])) for each in (length, width, petals)] == [
        example[name] for name in ("length", "width", "petals")
    ]
    assert (wild["type"], wild["role"], "checked" in wild) == ("checkbox", "switch", example["wild"])
    text = "".join(text for texts in reader.texts.values() for text in texts)
    for said in (
        "Wild flowers",
        "Tells flowers.",
        "Data: a meadow.",
        "0 – 10",
        "95.0%",
        "AUC",
        "abababababababab",
    ):
        assert said in text


def test_no_text_of_a_spec_becomes_markup(tmp_path: Path, model: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    (folder / "model.onnx").write_bytes((model / "model.onnx").read_bytes())
    told = json.loads((model / "signature.json").read_text())
    for feature in told["features"]:
        feature["name"] = f"{feature['name']} {HOSTILE}"
    told["label"] = {"name": HOSTILE, "type": {"base": "enum"}}
    told["classes"] = [HOSTILE, "b"]
    told["libraries"] = {HOSTILE: HOSTILE}
    (folder / "signature.json").write_text(json.dumps(told))
    page = make_site(tmp_path, folder, {HOSTILE: 1.0}, title=HOSTILE, description=f"{HOSTILE}\n\n{HOSTILE}")
    reader = read(page)
    assert not reader.all("img")
    # Runtime, engine, form, preparation and what ties them together, and the data of the page.
    assert len(reader.all("script")) == 5 + 1
    assert json.loads("".join(reader.texts["script"]))["classes"][0].startswith("</script><img")
    assert "".join(reader.texts["title"]) == HOSTILE
    browser.visit(page, "rows", rows=[])


def test_markup_escapes_all_but_markup() -> None:
    made = markup.tag("p", "<b>&\"'", markup.tag("i", "x"), title='"<', hidden=True, lang=None)
    assert made == '<p title="&quot;&lt;" hidden>&lt;b&gt;&amp;&quot;&#x27;<i>x</i></p>'
    assert "</script" not in markup.data('"</script>"')


def features(*names: str, **more: Any) -> dict[str, Any]:
    return {
        "features": [
            {"name": name, "type": {"base": "float"}, "dtype": "float64", "nullable": False, **more}
            for name in names
        ]
    }


def test_fields_whose_names_end_alike_stand_together() -> None:
    names = [f"{what}_{how}" for how in ("mean", "worst") for what in ("radius", "concave_points", "area")]
    found = signature.fields(features(*names))
    assert [(field.group, field.label) for field in found[:2]] == [
        ("Mean", "Radius"),
        ("Mean", "Concave points"),
    ]
    begin = signature.fields(features(*[f"{how}_{what}" for how in ("left", "right") for what in "abc"]))
    assert [(field.group, field.label) for field in begin[2:4]] == [("Left", "C"), ("Right", "A")]
    assert [field.group for field in signature.fields(features("age", "body_mass", "heart_rate"))] == [
        "",
        "",
        "",
    ]


def picture(shape: list[int], **more: Any) -> dict[str, Any]:
    kind = {"base": "tensor", "of": {"base": "float", **more}, "shape": shape}
    return {"features": [{"name": "pixels", "type": kind, "dtype": "tensor", "nullable": False}]}


def test_a_tensor_of_two_sides_and_one_or_three_colours_is_a_picture() -> None:
    assert signature.image(picture([8, 8, 1], min=0, max=16)) == {
        "height": 8,
        "width": 8,
        "channels": 1,
        "low": 0,
        "high": 16,
        "whole": False,
    }
    assert signature.image(features("a")) is None
    for shape in ([8, 8, 2], [8], [4000, 4000, 1]):
        with pytest.raises(StepError, match="a page has no field for `pixels`") as refused:
            signature.image(picture(shape))
        assert refused.value.code == codes.NOT_EXPORTABLE[0]


def test_what_a_page_cannot_ask_for_is_refused() -> None:
    with pytest.raises(StepError, match="no field for `day`, which is timestamp"):
        signature.fields(features("day", dtype="timestamp"))
    both = [{"name": name, "dtype": "float32", "shape": [None, 1]} for name in ("x", "y")]
    with pytest.raises(StepError, match="one tensor of 32-bit floats, or a number or text for each feature"):
        signature.inputs_of({**features("a", "b"), "inputs": both})


def test_enums_are_chosen_from_by_label_and_columns_say_what_they_are(tmp_path: Path) -> None:
    model, _ = flats.exported(tmp_path)
    page = make_site(tmp_path, model, columns={**flats.DOCS, "area": f"{HOSTILE}\n\nMore."})
    reader = read(page)
    cities = [
        readable for readable in reader.texts["option"] if readable not in ("choose", "yes", "no", "unknown")
    ]
    assert cities == ["oslo", "łódź", "new york", 'it\'s "q" & <b>']
    told = json.loads("".join(reader.texts["script"]))
    assert told["fields"][2]["choices"] == flats.CITIES
    assert told["inputs"][2:4] == [
        {"name": name, "dtype": "string", "shape": [1, 1]} for name in ("city", "street")
    ]
    kinds = [each.get("type") for each in reader.all("input")]
    assert kinds == ["number", "number", "text", "checkbox", "number", "number"]
    said = reader.texts["p"]
    # The first paragraph, as it is; the label's stands with the answer.
    assert " ".join(HOSTILE.split()) in said
    assert "As on the door plate." in said
    assert flats.DOCS["dear"] in said
    assert reader.all("input")[0]["aria-describedby"] == "f0d f0e"
    assert reader.all("input")[1]["aria-describedby"] == "f1e"


def test_without_an_example_a_field_holds_the_middle_of_its_range() -> None:
    told = features("share", "count")
    told["features"][0]["type"] |= {"min": 0, "max": 1}
    told["features"][1] |= {"type": {"base": "int", "min": 1, "max": 10}, "dtype": "int64"}
    assert [field.example for field in signature.fields(told)] == [0.5, 6]
    assert [field.example for field in signature.fields({**told, "example": {"share": 0.2}})] == [0.2, 6]


def test_a_model_that_no_page_runs_is_refused(tmp_path: Path, model: Path) -> None:
    told = json.loads((model / "signature.json").read_text())
    (tmp_path / "signature.json").write_text(json.dumps({**told, "framework": "sklearn"}))
    with pytest.raises(StepError, match="runs models of onnx and tfjs, not of sklearn"):
        make_site(tmp_path, tmp_path)
