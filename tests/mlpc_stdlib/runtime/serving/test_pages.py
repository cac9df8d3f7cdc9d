"""What people and tools read about the service: pages that load nothing from elsewhere, and an OpenAPI document."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from .servers import Server, serving
from .test_predictions import ROW


class Page(HTMLParser):
    """The elements and links of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("href", "src", "action")]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_loads_nothing_from_elsewhere(server: Server, path: str) -> None:
    answer = server.client.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    assert set(page.addresses) <= {"docs", "openapi.json", "model", "metrics", "ready"}
    for address in page.addresses:
        assert server.client.get(f"/{address}").status_code == 200
    assert "link" not in page.tags
    assert "img" not in page.tags
    assert "import" not in re.findall(r"@(\w+)", answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_policy_lets_the_pages_own_style_and_script_through(server: Server) -> None:
    import base64
    import hashlib

    answer = server.client.get("/docs")
    policy = answer.headers["content-security-policy"]
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_front_page_shows_how_to_ask(server: Server) -> None:
    import shlex

    page = Page(server.client.get("/").text)
    (command,) = re.findall(r"curl -s .*?'\{.*?\}'", page.words)
    words = shlex.split(command)
    assert words[2] == f"{server.url}/predict"
    assert server.client.post("/predict", content=words[-1].encode()).status_code == 200
    for text in (
        "length",
        "a number in 0..10",
        "quality.accuracy",
        "0.93",
        "quality.recall",
        "0.9123",
        "2026-01-02T03:04:05Z",
    ):
        assert text in page.words


def test_text_of_a_spec_is_no_markup(bundle: Path, tmp_path: Path) -> None:
    hostile = "</textarea><script>alert('1')</script>&\"'"
    copy = tmp_path / "bundle"
    shutil.copytree(bundle, copy)
    signature = json.loads((copy / "signature.json").read_bytes())
    signature["features"][0]["name"] = hostile
    signature["example"] = None
    (copy / "signature.json").write_text(json.dumps(signature), encoding="utf-8")
    with serving(copy, tmp_path / "server", context={"pipeline": hostile}) as server:
        for path in ("/", "/docs"):
            html = server.client.get(path).text
            assert hostile in Page(html).words
            assert "<script>alert" not in html
            assert "</textarea><script>" not in html
        row = {**ROW, hostile: 1.0}
        del row["length"]
        assert server.ask(row).status_code == 200


# OpenAPI


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.client.get("/openapi.json").json()
    return found


def validator(document: dict[str, Any], name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**document, "$ref": f"#/components/schemas/{name}"})


def test_every_schema_is_one(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    wanted = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert wanted == set(document["components"]["schemas"])


def test_the_row_is_the_schema_of_the_data(document: dict[str, Any]) -> None:
    assert document["components"]["schemas"]["Row"] == {
        "type": "object",
        "properties": {
            "length": {
                "type": "number",
                "format": "float",
                "minimum": 0,
                "maximum": 10,
                "description": "a number in 0..10",
            },
            "width": {"type": "number", "format": "float", "minimum": 0, "description": "a number >= 0"},
            "petals": {
                "type": "integer",
                "minimum": 0,
                "maximum": 20,
                "description": "a whole number in 0..20",
            },
            "wild": {"type": "boolean", "description": "true or false"},
        },
        "required": ["length", "width", "petals", "wild"],
        "additionalProperties": False,
    }
    assert document["components"]["schemas"]["Rows"]["properties"]["rows"]["maxItems"] == 50


def test_every_example_is_answered_as_described(server: Server, document: dict[str, Any]) -> None:
    operation = document["paths"]["/predict"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    for name, kind in (("one row", "Prediction"), ("several rows", "Predictions")):
        answer = server.ask(examples[name]["value"])
        assert answer.status_code == 200
        validator(document, kind).validate(answer.json())


def test_refusals_are_as_described(server: Server, document: dict[str, Any]) -> None:
    validator(document, "Mistakes").validate(server.ask({}).json())
    validator(document, "Mistakes").validate(server.ask({"rows": [7] * 40}).json())


@pytest.mark.parametrize("path", ["/health", "/ready", "/model", "/metrics"])
def test_every_path_is_there(server: Server, document: dict[str, Any], path: str) -> None:
    assert str(server.client.get(path).status_code) in document["paths"][path]["get"]["responses"]
