"""A page that stands alone: one file of HTML that loads nothing, prints well, and runs no script but its own.

Its policy names the hash of its one style sheet and of its one script, so that no text in it could be run or styled, even
if it got in as markup. Colours follow the reader's light or dark setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpc_stdlib.runtime.web.markup import Markup, join, tag
from mlpc_stdlib.runtime.web.site import integrity

from ..terminal import harmless
from . import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlpc_stdlib.runtime.web.markup import Content


def page(
    title: str, *content: Content, styles: Sequence[str] = (), script: str = "", class_: str = ""
) -> bytes:
    """Return a whole page. ``styles`` names style sheets of ``assets`` beside that of all pages."""
    css = _colours() + "".join(files.asset(name) for name in ("page.css", *styles))
    policy = [
        "default-src 'none'",
        f"style-src {_hash(css)}",
        *([f"script-src {_hash(script)}"] if script else []),
        "base-uri 'none'",
        "form-action 'none'",
    ]
    head = join(
        Markup('<meta charset="utf-8">\n'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", **{"http-equiv": "Content-Security-Policy"}, content="; ".join(policy)),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", said(title)),
        tag("style", Markup(css)),
    )
    body = join(*content, *([tag("script", Markup(script))] if script else []))
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>\n'
        f"{tag('body', body, class_=class_ or None)}</html>\n"
    ).encode()


def said(text: object) -> str:
    """Return a text of a spec or of a step as it may be shown: what no reader would see is written out."""
    return harmless(str(text), lines=True)


def card(title: str, *content: Content, note: str = "", id: str = "") -> Markup:
    """Return a section with a heading; nothing where there is nothing in it."""
    inside = [each for each in content if each]
    if not inside:
        return Markup("")
    told = [tag("p", said(note), class_="note")] if note else []
    return tag("section", tag("h2", said(title)), *told, *inside, class_="card", id=id or None)


def paragraphs(text: str, class_: str = "") -> list[Markup]:
    """Return a doc comment: paragraphs are apart by an empty line."""
    return [tag("p", prose(part), class_=class_ or None) for part in text.split("\n\n") if part.strip()]


def prose(text: str) -> Markup:
    """Return a text in which what stands between backticks is code."""
    parts = said(" ".join(text.split())).split("`")
    if len(parts) % 2 == 0:
        return join("`".join(parts))
    return join(*(tag("code", part) if at % 2 else part for at, part in enumerate(parts)))


def facts(rows: Iterable[tuple[str, Content]]) -> Markup:
    """Return names with what they are; nothing where there are none."""
    found = [join(tag("dt", said(name)), tag("dd", value)) for name, value in rows if value]
    return tag("dl", *found) if found else Markup("")


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[Content]],
    caption: str,
    class_: str = "",
    right: Sequence[int] = (),
) -> Markup:
    """Return a table with a name for those who hear it; nothing without rows, and no column in which nothing stands.

    Columns ``right`` hold figures. On a phone, the cells of a row of the class ``stack`` stand below each
    other, with ``told`` each with the name of its column.
    """
    told = list(rows)
    if not told:
        return Markup("")
    used = [at for at in range(len(head)) if at == 0 or any(at < len(row) and row[at] for row in told)]

    def kind(at: int) -> str | None:
        return "figure" if at in right else None

    labelled = "told" in class_
    lines = [
        tag(
            "tr",
            tag("th", row[0], scope="row", class_=kind(0)),
            *(
                tag("td", row[at], class_=kind(at), data_label=head[at] if labelled and row[at] else None)
                for at in used[1:]
            ),
        )
        for row in told
    ]
    titles = [tag("th", head[at], scope="col", class_=kind(at)) if head[at] else tag("td", "") for at in used]
    made = tag(
        "table",
        tag("caption", caption, class_="hidden"),
        tag("thead", tag("tr", *titles)),
        tag("tbody", *lines),
        class_=class_ or None,
    )
    return scrolled(made, caption)


def scrolled(content: Markup, name: str, class_: str = "") -> Markup:
    """Return what may be wider than the page in a frame of its own, which the keyboard can move, too."""
    return tag(
        "div",
        content,
        class_=f"scrolled {class_}".strip(),
        tabindex="0",
        role="group",
        aria_label=name,
    )


def code(text: object) -> Markup:
    """Return a value as it is written in a spec."""
    return tag("code", said(text))


def badge(text: str, kind: str = "") -> Markup:
    """Return a word that stands out; ``kind`` is good, bad or held."""
    return tag("span", said(text), class_=f"badge {kind}".strip())


def _colours() -> str:
    day, night = files.colours()

    def told(values: dict[str, str]) -> str:
        return "".join(f"--{name}:{value};" for name, value in values.items())

    # What is printed is dark on light, whatever the screen is.
    return (
        f":root{{color-scheme:light dark;{told(day)}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{told(night)}}}}}\n"
    )


def _hash(text: str) -> str:
    return f"'{integrity(text.encode())}'"
