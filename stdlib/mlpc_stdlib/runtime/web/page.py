"""The page itself: what stands in ``index.html``."""

from __future__ import annotations

import json

from .markup import Markup, data, join, tag
from .signature import Field, readable, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..contract import JsonObject
    from .markup import Content

#: From so many classes on, an answer is a line each, without room between.
MANY = 5
#: Side of the drawing area, in points of its own.
_PAD = 560


class Page:
    """What a page says, all of it plain text.

    ``script`` is what its scripts are told; ``modules`` are the scripts, the ones first that others use, and
    ``style`` the style sheet, as address and integrity; ``policy`` is the content security policy.
    """

    __slots__ = (
        "about",
        "asked",
        "facts",
        "fields",
        "figures",
        "icon",
        "image",
        "lead",
        "modules",
        "policy",
        "question",
        "script",
        "style",
        "title",
    )

    def __init__(self) -> None:
        self.title = ""
        self.lead = ""
        self.about: list[str] = []
        self.asked = ""
        self.facts: list[tuple[str, str, bool]] = []
        self.figures: list[tuple[str, list[tuple[str, str]]]] = []
        self.fields: list[Field] = []
        self.image: JsonObject | None = None
        self.question = ""
        self.script: JsonObject = {}
        self.modules: list[tuple[str, str]] = []
        self.style = ("", "")
        self.icon = ""
        self.policy = ""


def render(page: Page) -> bytes:
    """Return the page as HTML."""
    classes = page.script.get("classes")
    kinds = ["with-image" if page.image else "with-form"]
    if classes:
        kinds.append("many" if len(classes) >= MANY else "two" if len(classes) == 2 else "few")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=page.policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", page.title),
        tag("meta", name="description", content=page.lead) if page.lead else "",
        tag("link", rel="icon", type="image/svg+xml", href=page.icon),
        tag("link", rel="manifest", href="site.webmanifest"),
        tag("link", rel="stylesheet", href=page.style[0], integrity=page.style[1]),
        *(tag("script", type="module", src=url, integrity=integrity) for url, integrity in page.modules),
    )
    header = tag("header", tag("h1", page.title), tag("p", page.lead, class_="lead") if page.lead else "")
    main = tag(
        "main",
        _drawing(page.image) if page.image else _form(page.fields),
        _result(page),
        id="main",
        class_=" ".join(kinds),
        data_state="loading",
        aria_busy="true",
    )
    body = tag(
        "body",
        tag("div", header, main, _footer(page), class_="page"),
        tag("script", data(json.dumps(page.script, sort_keys=True)), type="application/json", id="page"),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n".encode()


def _form(fields: Sequence[Field]) -> Markup:
    groups: dict[str, list[Content]] = {}
    kinds = "fields told" if any(field.doc for field in fields) else "fields"
    for number, field in enumerate(fields):
        groups.setdefault(field.group, []).append(_field(number, field))
    examples = any(field.example is not None for field in fields)
    sets = [
        tag(
            "fieldset",
            tag("legend", name) if name else tag("legend", "Values", class_="hidden"),
            tag("div", *made, class_=kinds),
        )
        for name, made in groups.items()
    ]
    actions = tag(
        "div",
        tag("button", "Predict", type="submit", class_="main"),
        tag("button", "Example", type="reset") if examples else "",
        tag("button", "Clear", type="button", id="clear"),
        class_="actions",
    )
    return tag(
        "section",
        tag("h2", "What the model is told", class_="hidden"),
        tag("form", *sets, actions, id="form", novalidate=True, autocomplete="off"),
        class_="input card",
    )


def _field(number: int, field: Field) -> Markup:
    name, note, doc = f"f{number}", f"f{number}e", f"f{number}d"
    limits = " ".join(filter(None, (field.limits(), field.unit)))
    label = tag(
        "label",
        tag(
            "span",
            field.label,
            tag("span", f" ({field.group.lower()})", class_="hidden") if field.group else "",
        ),
        tag("span", limits, class_="limits") if limits else "",
        for_=name,
    )
    told = {"id": name, "aria_describedby": f"{doc} {note}" if field.doc else note}
    entry = _ENTRIES[field.kind](field, told)
    help = tag("p", field.doc, id=doc, class_="help") if field.doc else ""
    return tag("div", label, entry, help, tag("p", id=note, class_="error"), class_="field")


def _choice(field: Field, told: dict[str, str]) -> Markup:
    chosen = [value for _, value in field.choices].index(field.example) if field.example is not None else None
    options = [
        tag("option", text, value=str(number), selected=number == chosen)
        for number, (text, _) in enumerate(field.choices)
    ]
    first = "unknown" if field.nullable else "choose"
    options.insert(0, tag("option", first, value="", selected=chosen is None))
    return tag("select", *options, required=not field.nullable, **told)


def _switch(field: Field, told: dict[str, str]) -> Markup:
    return tag("input", type="checkbox", role="switch", checked=bool(field.example), **told)


def _text(field: Field, told: dict[str, str]) -> Markup:
    kind = "url" if field.type.get("base") == "url" else "text"
    return tag("input", type=kind, value=field.example, required=True, **told)


def _number(field: Field, told: dict[str, str]) -> Markup:
    low, high = field.bound("min"), field.bound("max")
    return tag(
        "input",
        type="number",
        inputmode="numeric" if field.whole else "decimal",
        step="1" if field.whole else "any",
        min=None if low is None else shown(low),
        max=None if high is None else shown(high),
        value=None if field.example is None else shown(field.example),
        placeholder="unknown" if field.nullable else None,
        required=not field.nullable,
        **told,
    )


#: What a value is given in, by the kind of its field.
_ENTRIES = {"choice": _choice, "number": _number, "switch": _switch, "text": _text}


def _drawing(image: JsonObject) -> Markup:
    height = round(_PAD * image["height"] / image["width"])
    area = tag(
        "div",
        tag(
            "canvas",
            id="pad",
            width=str(_PAD),
            height=str(height),
            tabindex="0",
            role="application",
            aria_label="Drawing area",
            aria_describedby="keys",
        ),
        tag("p", "Draw here", id="padhint"),
        class_="drawing",
    )
    actions = tag(
        "div",
        tag("button", "Clear", type="button", id="clear", class_="main"),
        tag("button", "Undo", type="button", id="undo"),
        tag(
            "label",
            "Choose a picture",
            tag("input", type="file", id="file", accept="image/*", class_="hidden"),
            class_="button",
        ),
        class_="actions",
    )
    keys = tag(
        "p",
        "With the keyboard: arrows move the pen, space puts it down and lifts it, "
        "Backspace takes the last stroke back, Escape clears.",
        id="keys",
        class_="keys",
    )
    seen = tag(
        "div",
        tag(
            "canvas",
            id="seen",
            width=str(image["width"]),
            height=str(image["height"]),
            role="img",
            aria_label="What the model sees",
        ),
        tag("p", f"What the model sees: {image['width']} × {image['height']} points."),
        class_="seen",
    )
    return tag(
        "section", tag("h2", "Drawing", class_="hidden"), area, actions, keys, seen, class_="input image card"
    )


def _result(page: Page) -> Markup:
    return tag(
        "section",
        tag("h2", page.question, id="question"),
        tag("p", page.asked, class_="asked") if page.asked else "",
        tag("p", id="headline"),
        tag("ul", id="bars") if page.script.get("classes") else "",
        tag("p", id="state"),
        tag("p", id="spoken", class_="hidden", role="status", aria_live="polite", aria_atomic="true"),
        tag(
            "p",
            "The model did not start. A browser runs it only if the page comes from a server: one for this folder is ",
            tag("code", "python3 -m http.server"),
            ".",
            class_="unopened",
        ),
        tag("noscript", tag("p", "This page runs the model by JavaScript, which is switched off.")),
        class_="result card",
        aria_labelledby="question",
    )


def _footer(page: Page) -> Markup:
    parts: list[Content] = []
    if page.about:
        parts.append(tag("section", tag("h2", "About"), *(tag("p", text) for text in page.about)))
    for name, figures in page.figures:
        rows = [join(tag("dt", key), tag("dd", value)) for key, value in figures]
        parts.append(tag("section", tag("h2", f"Measured: {readable(name, plain=True)}"), tag("dl", *rows)))
    rows = [
        join(tag("dt", key), tag("dd", tag("code", value) if code else value))
        for key, value, code in page.facts
    ]
    parts.append(tag("section", tag("h2", "Model"), tag("dl", *rows)))
    last = tag(
        "p",
        tag("span", "What you enter stays on this device: the model runs in the browser."),
        tag("span", id="offline"),
        class_="last",
    )
    return tag("footer", tag("div", *parts, class_="facts"), last)
