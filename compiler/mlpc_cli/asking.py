"""A request to a server that has just begun to answer, as a line to be pasted into a shell."""

from __future__ import annotations

import http.client
import json
import shlex
from typing import Any
from urllib.parse import urlsplit

_PATIENCE = 3.0
_LARGEST = 4 * 1024 * 1024


def request_line(url: str) -> str:
    """Return a `curl` line with the first example of the server's OpenAPI document; empty where it has none."""
    document = _fetch(url, "/openapi.json")
    for path, verbs in _items(document.get("paths") if isinstance(document, dict) else None):
        for verb, operation in _items(verbs):
            content = _at(operation, "requestBody", "content", "application/json")
            examples = list(_items(_at(content, "examples")))
            if verb == "post" and examples:
                body = json.dumps(_at(examples[0][1], "value"), ensure_ascii=False)
                return f"curl -s {shlex.quote(url + path)} -H 'content-type: application/json' -d {shlex.quote(body)}"
    return ""


def _fetch(url: str, path: str) -> Any:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return json.loads(answer.read(_LARGEST)) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
