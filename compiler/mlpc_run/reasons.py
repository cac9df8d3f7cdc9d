"""Why a step has to run: which part of its key is another than the last time."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SHOWN = 6


def why(before: dict[str, Any] | None, now: dict[str, Any], origins: dict[str, str]) -> list[str]:
    """Return what changed between two sets of parts of a key, in words; ``before`` is None for a step that never
    ran, ``origins`` says by input where it comes from.
    """
    if before is None:
        return ["it has not run before"]
    found: list[str] = []
    if before.get("action") != now["action"] or before.get("ports") != now["ports"]:
        found.append("its component changed")
    found.extend(_arguments(before.get("arguments") or {}, now["arguments"]))
    if before.get("seed") != now["seed"]:
        found.append(f"its seed is {now['seed']}, was {before.get('seed')}")
    found.extend(_inputs(before.get("inputs") or {}, now["inputs"], origins))
    found.extend(_files("code", before.get("code") or {}, now["code"]))
    found.extend(_files("file", before.get("files") or {}, now["files"]))
    if before.get("requirements") != now["requirements"]:
        found.append("its requirements changed")
    if before.get("platform") != now["platform"]:
        found.append(f"it ran with {before.get('platform')}, this is {now['platform']}")
    return found


def _arguments(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [
        f"its parameter `{name}` is {_shown(now.get(name))}, was {_shown(before.get(name))}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name) or (name in before) is not (name in now)
    ]


def _inputs(before: dict[str, Any], now: dict[str, Any], origins: dict[str, str]) -> list[str]:
    return [
        f"its input `{name}` changed" + (f" ({origins[name]})" if name in origins else "")
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]


def _files(what: str, before: dict[str, str], now: dict[str, str]) -> list[str]:
    found = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    if not found:
        return []
    if all(name.startswith("mlpc:") for name in found):
        return ["mlpc's own code for it changed"]
    own = [name for name in found if not name.startswith("mlpc:")]
    more = f" and {len(own) - _SHOWN} more" if len(own) > _SHOWN else ""
    return [f"{what} changed: {', '.join(own[:_SHOWN])}{more}"]


def _shown(value: Any) -> str:
    import json

    text = "none" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:37] + "…"
