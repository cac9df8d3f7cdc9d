"""The OpenAPI description of a server, made from the signature of its model."""

from __future__ import annotations

from ..schema import describe
from .bundle import example

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..contract import JsonObject
    from .bundle import Bundle, Feature


def document(bundle: Bundle, title: str, version: str, max_rows: int, max_body: int) -> JsonObject:
    """Return the OpenAPI 3.1 document; ``max_body`` in bytes."""
    row = example(bundle)
    predicted = _prediction(bundle)
    refusals = {
        "413": _plain(f"The body is larger than {max_body} bytes."),
        "422": {
            "description": "The body is no row of the schema: where, what, and what was sent.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Mistakes"}}},
        },
        "503": {
            **_plain("Busy, or on the way out: try again after as many seconds as `Retry-After` says."),
            "headers": {"Retry-After": {"schema": {"type": "integer"}}},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": _description(bundle)},
        "paths": {
            "/predict": {
                "post": {
                    "operationId": "predict",
                    "summary": "Predict one row, or several at once",
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {
                                    "oneOf": [
                                        {"$ref": "#/components/schemas/Row"},
                                        {"$ref": "#/components/schemas/Rows"},
                                    ]
                                },
                                "examples": {
                                    "one row": {"value": row},
                                    "several rows": {"value": {"rows": [row, row]}},
                                },
                            }
                        },
                    },
                    "responses": {
                        "200": {
                            "description": "A prediction for the row, or one for each row in the same order.",
                            "content": {
                                "application/json": {
                                    "schema": {
                                        "oneOf": [
                                            {"$ref": "#/components/schemas/Prediction"},
                                            {"$ref": "#/components/schemas/Predictions"},
                                        ]
                                    }
                                }
                            },
                        },
                        "408": _plain("The body did not arrive in time."),
                        **refusals,
                    },
                }
            },
            "/health": {"get": _get("health", "Whether the process lives", "It lives.")},
            "/ready": {
                "get": {
                    **_get("ready", "Whether it takes requests", "It takes requests."),
                    "responses": {
                        "200": _plain("It takes requests."),
                        "503": _plain("It is on the way out."),
                    },
                }
            },
            "/model": {"get": _get("model", "The model that is served", "Signature, digest and figures.")},
            "/metrics": {
                "get": {
                    "operationId": "metrics",
                    "summary": "Counters and latencies for Prometheus",
                    "responses": {"200": {"description": "Text.", "content": {"text/plain": {}}}},
                }
            },
        },
        "components": {
            "schemas": {
                "Row": {
                    "type": "object",
                    "properties": {feature.name: value_schema(feature) for feature in bundle.features},
                    "required": [feature.name for feature in bundle.features if not feature.nullable],
                    "additionalProperties": False,
                },
                "Rows": {
                    "type": "object",
                    "properties": {
                        "rows": {
                            "type": "array",
                            "items": {"$ref": "#/components/schemas/Row"},
                            "minItems": 1,
                            "maxItems": max_rows,
                        }
                    },
                    "required": ["rows"],
                    "additionalProperties": False,
                },
                "Prediction": predicted,
                "Predictions": _object(
                    predictions={"type": "array", "items": {"$ref": "#/components/schemas/Prediction"}}
                ),
                "Mistakes": _MISTAKES,
            }
        },
    }


def value_schema(feature: Feature) -> JsonObject:
    """Return the JSON Schema of one feature."""
    made: JsonObject
    if feature.choices is not None:
        made = {"enum": [*feature.choices, None] if feature.nullable else list(feature.choices)}
    elif feature.element is not None:
        made = value_schema(feature.element)
        for size in reversed(feature.shape):
            made = {"type": "array", "minItems": size, "maxItems": size, "items": made}
    else:
        name = {"bool": "boolean", "int": "integer", "text": "string"}.get(feature.kind, "number")
        made = {"type": [name, "null"] if feature.nullable else name}
        if name == "number":
            made["format"] = "float"
        for bound, is_open, loose, strict in (
            ("min", "min_open", "minimum", "exclusiveMinimum"),
            ("max", "max_open", "maximum", "exclusiveMaximum"),
        ):
            limit = feature.type.get(bound)
            if limit is not None:
                made[strict if feature.type.get(is_open) else loose] = limit
    made["description"] = feature.doc or describe(feature.type)
    return made


def _prediction(bundle: Bundle) -> JsonObject:
    if bundle.classes is None:
        return _object(value={"type": "number", "description": bundle.label or "The prediction."})
    label = {"enum": bundle.classes, "description": f"The predicted {bundle.label or 'class'}."}
    if bundle.kind == "class":
        return _object(label=label)
    scores = _object(**{name: {"type": "number"} for name in bundle.class_names})
    return _object(label=label, scores={**scores, "description": "The score of each class."})


def _description(bundle: Bundle) -> str:
    what = bundle.label or "the label"
    if bundle.classes is None:
        return f"Predicts {what} from {len(bundle.features)} features."
    names = ", ".join(bundle.class_names[:10]) + (", …" if len(bundle.class_names) > 10 else "")
    return f"Predicts {what} ({names}) from {len(bundle.features)} features."


def _object(**members: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def _plain(description: str) -> JsonObject:
    return {"description": description, "content": {"application/json": {"schema": {"type": "object"}}}}


def _get(name: str, summary: str, description: str) -> JsonObject:
    return {"operationId": name, "summary": summary, "responses": {"200": _plain(description)}}


_MISTAKES: JsonObject = {
    "type": "object",
    "properties": {
        "detail": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "type": {"type": "string"},
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "msg": {"type": "string"},
                    "input": {},
                },
                "required": ["type", "loc", "msg", "input"],
            },
        },
        "more": {"type": "integer", "description": "How many mistakes are not listed."},
    },
    "required": ["detail"],
}
