"""The pages for people: plain HTML that loads nothing from elsewhere."""

from __future__ import annotations

import json
import shlex
from html import escape

from ..schema import describe
from .bundle import example

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..contract import JsonObject
    from .bundle import Bundle

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
code, pre, textarea { font: 14px/1.45 ui-monospace, monospace; }
pre, textarea { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .7rem; }
pre { overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
textarea { width: 100%; box-sizing: border-box; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .2rem .9rem .2rem 0; vertical-align: top; }
tr { border-bottom: 1px solid var(--line); } .verb { font-weight: 600; }
button { font: inherit; padding: .3rem 1rem; }
"""

#: Sends what stands in the text field and shows the answer; the only script there is.
_SCRIPT = """
const form = document.querySelector("form");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const out = document.querySelector("#answer");
  out.textContent = "…";
  try {
    const body = document.querySelector("textarea").value;
    const headers = { "content-type": "application/json" };
    const answer = await fetch("predict", { method: "POST", headers, body });
    const text = await answer.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it is */ }
    out.textContent = answer.status + " " + answer.statusText + "\\n" + shown;
  } catch (error) {
    out.textContent = String(error);
  }
});
"""


def policy() -> str:
    """Return the content security policy of the pages: nothing but what stands in them."""
    import base64
    import hashlib

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")

    return (
        f"default-src 'none'; style-src 'sha256-{digest(_STYLE)}'; script-src 'sha256-{digest(_SCRIPT)}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def front(bundle: Bundle, title: str, facts: JsonObject, url: str) -> str:
    """Return the page at `/`: what is served, how to ask it, the columns it needs."""
    row = json.dumps(example(bundle), ensure_ascii=False)
    command = f"curl -s {url}/predict -H 'content-type: application/json' -d {shlex.quote(row)}"
    known = "".join(
        f"<tr><td>{escape(name)}</td><td><code>{escape(str(value))}</code></td></tr>"
        for name, value in facts.items()
        if value not in (None, "", {}, [])
    )
    features = "".join(
        f"<tr><td><code>{escape(feature.name)}</code></td><td>{escape(describe(feature.type))}"
        f"{', or null' if feature.nullable else ''}</td><td>{escape(feature.doc)}</td></tr>"
        for feature in bundle.features
    )
    return _page(
        title,
        f"<h1>{escape(title)}</h1>"
        '<p><a href="docs">Try it and read the API</a> · <a href="openapi.json">OpenAPI</a> · '
        '<a href="model">Model</a> · <a href="metrics">Metrics</a> · <a href="ready">Ready?</a></p>'
        f"<table>{known}</table>"
        f"<h2>Ask it</h2><pre>{escape(command)}</pre>"
        f"<h2>{len(bundle.features)} features</h2><table>{features}</table>",
    )


def docs(document: JsonObject) -> str:
    """Return the page at `/docs`: the OpenAPI document as a person reads it, with a form that sends a request."""
    parts = []
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            answers = "".join(
                f"<tr><td><code>{escape(status)}</code></td><td>{escape(answer['description'])}</td></tr>"
                for status, answer in operation["responses"].items()
            )
            parts.append(
                f'<h2><span class="verb">{escape(verb.upper())}</span> <code>{escape(path)}</code></h2>'
                f"<p>{escape(operation['summary'])}</p><table>{answers}</table>"
            )
    examples = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    body = json.dumps(examples["one row"]["value"], indent=2, ensure_ascii=False)
    schemas = "".join(
        f"<h3><code>{escape(name)}</code></h3>"
        f"<pre>{escape(json.dumps(schema, indent=2, ensure_ascii=False))}</pre>"
        for name, schema in document["components"]["schemas"].items()
    )
    info = document["info"]
    return _page(
        info["title"],
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])} "
        '<a href="openapi.json">openapi.json</a></p>'
        f'<h2>Try it</h2><form><textarea rows="12" spellcheck="false" aria-label="body">{escape(body)}</textarea>'
        '<p><button>POST /predict</button></p></form><pre id="answer">The answer comes here.</pre>'
        + "".join(parts)
        + f"<h2>Schemas</h2>{schemas}<script>{_SCRIPT}</script>",
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )
