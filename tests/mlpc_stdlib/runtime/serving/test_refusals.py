"""What a model does not take is refused: which field, why, and what was sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime.serving.bundle import Feature
from mlpc_stdlib.runtime.serving.requests import TOLD, RequestError, Requests

from .servers import Server
from .test_predictions import ROW

Mistake = tuple[str, list[Any], str, Any]


def refused(server: Server, body: object) -> list[Mistake]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = server.client.post("/predict", content=content)
    assert answer.status_code == 422
    return [(item["type"], item["loc"], item["msg"], item["input"]) for item in answer.json()["detail"]]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ROW.items() if key != name}


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        (without("width"), [("missing", ["body", "width"], "Field required", None)]),
        (
            {**without("width"), "widht": 4.5},
            [
                ("missing", ["body", "width"], "Field required", None),
                ("extra_forbidden", ["body", "widht"], "Unknown field: did you mean `width`?", 4.5),
            ],
        ),
        ({**ROW, "colour": "red"}, [("extra_forbidden", ["body", "colour"], "Unknown field", "red")]),
        (
            {**ROW, "label": True},
            [
                (
                    "extra_forbidden",
                    ["body", "label"],
                    "`label` is what the model predicts: leave it out",
                    True,
                )
            ],
        ),
        (
            {**ROW, "length": 10.5},
            [("less_than_equal", ["body", "length"], "Input should be less than or equal to 10", 10.5)],
        ),
        (
            {**ROW, "width": -0.5},
            [("greater_than_equal", ["body", "width"], "Input should be greater than or equal to 0", -0.5)],
        ),
        (
            {**ROW, "width": "4.5"},
            [("float_type", ["body", "width"], "Input should be a valid number", "4.5")],
        ),
        ({**ROW, "width": None}, [("float_type", ["body", "width"], "Input should be a valid number", None)]),
        ({**ROW, "width": True}, [("float_type", ["body", "width"], "Input should be a valid number", True)]),
        (
            {**ROW, "width": [1, 2]},
            [("float_type", ["body", "width"], "Input should be a valid number", "a list of 2")],
        ),
        ({**ROW, "petals": 7.5}, [("int_type", ["body", "petals"], "Input should be a valid integer", 7.5)]),
        ({**ROW, "wild": 1}, [("bool_type", ["body", "wild"], "Input should be a valid boolean", 1)]),
        ({**ROW, "wild": "yes"}, [("bool_type", ["body", "wild"], "Input should be a valid boolean", "yes")]),
        ([ROW], [("dict_type", ["body"], "Input should be an object", "a list of 1")]),
        ("a row", [("dict_type", ["body"], "Input should be an object", "a row")]),
        ({"rows": []}, [("too_short", ["body", "rows"], "Send at least 1 row", "a list of 0")]),
        ({"rows": [ROW, 7]}, [("dict_type", ["body", "rows", 1], "Input should be an object", 7)]),
        (
            {"rows": [ROW, without("wild")]},
            [("missing", ["body", "rows", 1, "wild"], "Field required", None)],
        ),
        (
            {"rows": [ROW] * 51},
            [("too_long", ["body", "rows"], "Send at most 50 rows at once, not 51", "a list of 51")],
        ),
        (
            {"rows": [ROW], "threshold": 0.5},
            [("extra_forbidden", ["body", "threshold"], "Unknown field", 0.5)],
        ),
        (
            {"rows": [ROW], "width": 0.5},
            [("extra_forbidden", ["body", "width"], "Send either `rows` or the fields of one row", 0.5)],
        ),
        ({"rows": 3}, [("list_type", ["body", "rows"], "Input should be a list of rows", 3)]),
        (
            {**ROW, "rows": ROW},
            [
                ("list_type", ["body", "rows"], "Input should be a list of rows", f"an object of {len(ROW)}"),
                *(
                    ("extra_forbidden", ["body", name], "Send either `rows` or the fields of one row", value)
                    for name, value in ROW.items()
                ),
            ],
        ),
    ],
)
def test_a_body_that_does_not_fit(server: Server, body: object, mistakes: list[Mistake]) -> None:
    assert refused(server, body) == mistakes


@pytest.mark.parametrize(
    ("number", "shown"),
    [(b"NaN", "nan"), (b"Infinity", "inf"), (b"-Infinity", "-inf"), (b"1e999", "inf")],
)
def test_numbers_that_are_none(server: Server, number: bytes, shown: str) -> None:
    body = json.dumps(ROW).encode().replace(b"4.5", number)
    assert refused(server, body) == [
        ("finite_number", ["body", "width"], "Input should be a finite number", shown)
    ]


def test_a_number_that_32_bits_do_not_hold(server: Server) -> None:
    [(kind, loc, _, given)] = refused(server, {**ROW, "width": 1e39})
    assert (kind, loc, given) == ("less_than_equal", ["body", "width"], 1e39)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Invalid JSON: EOF while parsing a value at line 1 column 0"),
        (b'{"length": ', "Invalid JSON: EOF while parsing a value at line 1 column 11"),
        (b"length=9", "Invalid JSON: expected value at line 1 column 1"),
        (b'{"length": 9,}', "Invalid JSON: trailing comma at line 1 column 14"),
        (b'{"rows": [\xff]}', "Invalid JSON: expected value at line 1 column 11"),
    ],
)
def test_a_body_that_is_no_json(server: Server, body: bytes, message: str) -> None:
    assert refused(server, body) == [("json_invalid", ["body"], message, None)]


def test_many_mistakes_are_counted(server: Server) -> None:
    answer = server.ask({"rows": [{**ROW, "width": -1}] * 50}).json()
    assert len(answer["detail"]) == TOLD
    assert answer["more"] == 50 - TOLD


def test_a_long_text_is_not_sent_back_whole(server: Server) -> None:
    [(_, _, _, given)] = refused(server, {**ROW, "width": "x" * 5000})
    assert given == "x" * 99 + "…"


def test_the_mistakes_of_one_request_do_not_change_the_next(server: Server) -> None:
    refused(server, {"rows": [ROW, 7]})
    assert server.ask(ROW).status_code == 200


# Features of every kind, without a network


def requests(*features: dict[str, Any], label: str | None = None, max_rows: int = 3) -> Requests:
    return Requests([Feature({"name": f"f{n}", **raw}) for n, raw in enumerate(features)], label, max_rows)


def messages(known: Requests, body: object) -> list[str]:
    with pytest.raises(RequestError) as caught:
        known.read(json.dumps(body).encode())
    return [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in caught.value.detail]


def test_an_enum_lists_its_choices() -> None:
    known = requests({"type": {"base": "enum", "choices": ["eu", "us"]}})
    assert known.read(b'{"f0": "us"}') == ([["us"]], False)
    assert messages(known, {"f0": "asia"}) == ["body.f0: Input should be 'eu' or 'us'"]


def test_open_bounds() -> None:
    known = requests({"type": {"base": "float", "min": 0, "max": 1, "min_open": True, "max_open": True}})
    assert known.read(b'{"f0": 0.5}') == ([[0.5]], False)
    assert messages(known, {"f0": 0}) == ["body.f0: Input should be greater than 0"]
    assert messages(known, {"f0": 1}) == ["body.f0: Input should be less than 1"]


def test_what_is_nullable_may_be_null_or_absent() -> None:
    known = requests({"type": {"base": "float"}, "nullable": True}, {"type": {"base": "int"}})
    assert known.read(b'{"f1": 1}') == ([[None, 1]], False)
    assert known.read(b'{"f1": 1, "f0": null}') == ([[None, 1]], False)
    assert known.read(b'{"rows": [{"f1": 1}, {"f0": 2, "f1": 3}]}') == ([[None, 1], [2.0, 3]], True)


def test_a_whole_number_of_more_than_64_bits() -> None:
    known = requests({"type": {"base": "int"}})
    assert messages(known, {"f0": 2**63}) == [
        "body.f0: Input should be less than or equal to 9223372036854775807"
    ]
    assert len(messages(known, {"f0": 10**400})) == 1


def test_a_feature_may_be_called_rows() -> None:
    known = Requests([Feature({"name": "rows", "type": {"base": "int"}})], None, 3)
    assert known.read(b'{"rows": 4}') == ([[4]], False)
    assert known.read(b'{"rows": [{"rows": 4}, {"rows": 5}]}') == ([[4], [5]], True)


def test_rows_need_not_come_first() -> None:
    known = requests({"type": {"base": "int"}})
    assert messages(known, {"other": 1, "rows": [{"f0": 1}, {"f0": "x"}]}) == [
        "body.rows.1.f0: Input should be a valid integer",
        "body.other: Unknown field",
    ]


def test_what_the_signature_says_is_what_is_judged(bundle: Path) -> None:
    signature = json.loads((bundle / "signature.json").read_bytes())
    known = Requests([Feature(raw) for raw in signature["features"]], "label", 10)
    assert known.names == ["length", "width", "petals", "wild"]
    assert known.read(json.dumps(signature["example"]).encode())[1] is False
