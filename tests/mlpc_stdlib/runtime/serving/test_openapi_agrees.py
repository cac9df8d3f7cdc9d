"""Any JSON whatever is answered with 200 or 422, and with 200 exactly where the server's own schema takes it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from .servers import Server

LARGEST = 3.4028234663852886e38

Anything = st.SearchStrategy[Any]

fields: dict[str, Anything] = {
    "length": st.floats(0, 10) | st.integers(0, 10),
    "width": st.floats(0, LARGEST) | st.integers(0, 10**30),
    "petals": st.integers(0, 20),
    "wild": st.booleans(),
}
rows: Anything = st.fixed_dictionaries(fields)
scalars: Anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything: Anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def nearly(draw: st.DrawFn) -> Any:
    """A row in which something is changed, or nothing."""
    row = dict(draw(rows))
    change = draw(st.sampled_from(["none", "remove", "replace", "add"]))
    if change == "remove":
        del row[draw(st.sampled_from(sorted(row)))]
    elif change == "replace":
        row[draw(st.sampled_from(sorted(row)))] = draw(anything)
    elif change == "add":
        row[draw(st.sampled_from(["label", "lenght", "rows"]) | st.text(max_size=5))] = draw(anything)
    return row


bodies: Anything = (
    nearly()
    | st.lists(nearly(), max_size=4).map(lambda items: {"rows": items})
    | st.fixed_dictionaries({"rows": anything})
    | anything
)


@pytest.fixture(scope="module")
def schema(server: Server) -> jsonschema.Draft202012Validator:
    document = server.client.get("/openapi.json").json()
    request = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator({**document, **request})


def is_written_otherwise(value: Any) -> bool:
    """Whether JSON Schema and the server may differ: it knows neither 32 bits nor that 7.0 is written as a float."""
    if isinstance(value, dict):
        return any(is_written_otherwise(item) for item in value.values())
    if isinstance(value, list):
        return any(is_written_otherwise(item) for item in value)
    if isinstance(value, float):
        return not math.isfinite(value) or value.is_integer() or abs(value) > LARGEST
    return isinstance(value, int) and abs(value) > LARGEST


@given(body=bodies)
def test_the_server_takes_what_its_schema_takes(
    server: Server, schema: jsonschema.Draft202012Validator, body: Any
) -> None:
    answer = server.client.post("/predict", content=json.dumps(body).encode())
    assert answer.status_code in (200, 422), answer.text
    valid = schema.is_valid(body)
    if answer.status_code == 200:
        assert valid
    elif valid:
        assert is_written_otherwise(body)


@given(body=st.binary(max_size=200) | st.text(max_size=50).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_answered(server: Server, body: bytes) -> None:
    answer = server.client.post("/predict", content=body)
    assert answer.status_code == 422
    assert answer.json()["detail"]


@given(
    path=st.text("abcdefg/%.?&=~é\\", max_size=20), method=st.sampled_from(["GET", "POST", "PUT", "DELETE"])
)
def test_any_path_is_answered(server: Server, path: str, method: str) -> None:
    try:
        request = server.client.build_request(method, f"/x{path}")
    except httpx.InvalidURL:
        return
    # The client takes `/x/..` away itself: what it asks for is the page of all that there is.
    assume(request.url.path.startswith("/x"))
    assert server.client.send(request).status_code in (404, 405)


def test_what_happened_here_left_no_trace_in_the_log(server: Server) -> None:
    assert "Traceback" not in server.log


def test_deep_nesting_is_refused(server: Server) -> None:
    for opening in (b"[", b'{"rows":[', b'{"length":'):
        answer = server.client.post("/predict", content=opening * 1500)
        assert answer.status_code == 422, answer.text


def test_one_of_each(server: Server, bundle: Path) -> None:
    example = json.loads((bundle / "signature.json").read_bytes())["example"]
    assert server.ask(example).status_code == 200
