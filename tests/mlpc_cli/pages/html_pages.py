"""Reads pages as a browser would, for tests."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser

_VOID = frozenset({"meta", "link", "input", "br"})


class Page(HTMLParser):
    """The elements of a page. It fails where one is not closed."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        #: The texts of each kind of element, in order.
        self.texts: dict[str, list[str]] = {}
        self.feed(content.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which has to be this one."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Add text to every element around it."""
        for tag in set(self._open):
            self.texts[tag][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of the elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def judge(content: bytes) -> Page:
    """Return a page that keeps to its policy: no script and no style but its own, nothing from elsewhere."""
    page = Page(content)
    (policy,) = [
        each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        for text in page.texts.get(tag, []):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy, tag
    for tag, attributes in page.elements:
        assert tag not in ("iframe", "object", "embed", "base", "form", "link", "img"), tag
        assert not any(name == "style" or name.startswith("on") for name in attributes), attributes
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    return page
