"""Keeps the values of secrets out of what steps print and report."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

MASK = "***"
#: Characters of Base64 that are as good as the value itself.
_LEAST = 8
_URL_SAFE = str.maketrans("+/", "-_")


class Masker:
    """Replaces the values of secrets by ``***``: as they are, line by line, as JSON, in addresses and in Base64."""

    def __init__(self, values: Iterable[str]) -> None:
        import json
        from urllib.parse import quote, quote_plus

        forms: set[str] = set()
        for value in values:
            for part in {value, value.strip(), *value.splitlines()}:
                if part.strip():
                    escaped = (
                        json.dumps(part)[1:-1],
                        json.dumps(part, ensure_ascii=False)[1:-1],
                        repr(part)[1:-1],
                    )
                    forms.update((part, quote(part, safe=""), quote_plus(part), quote(part), *escaped))
                    forms.update(_in_base64(part.encode("utf-8", "surrogatepass")))
        self._forms = sorted(forms, key=lambda form: (-len(form), form))
        self._bytes = [form.encode("utf-8", "surrogatepass") for form in self._forms]
        #: Length in bytes of the longest form of a secret.
        self.longest = max((len(form) for form in self._bytes), default=0)

    def text(self, text: str) -> str:
        """Return a text with the values masked."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def bytes(self, content: bytes) -> bytes:
        """Return bytes with the values masked."""
        for form in self._bytes:
            content = content.replace(form, MASK.encode())
        return content

    def json(self, value: Any) -> Any:
        """Return a JSON value with the values masked in every text, names of members too."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {self.text(name): self.json(item) for name, item in value.items()}
        return value


def _in_base64(value: bytes) -> Iterator[str]:
    """Yield what a value becomes in Base64 wherever in a text it stands, as in the header of a request.

    Characters that what stands around it has a part in are left out; what is left of a short value could be anything.
    """
    from base64 import b64encode

    for before in range(3):
        made = b64encode(b"\0" * before + value).decode("ascii")
        rest = (before + len(value)) % 3
        inner = made[(0, 2, 3)[before] : len(made) - (0, 3, 2)[rest]]
        if len(inner) >= _LEAST:
            yield inner
            yield inner.translate(_URL_SAFE)


class Lines:
    """Takes what a step prints as it comes, masks it and passes it on by whole lines."""

    #: A line is passed on in parts when it is longer than this, in bytes.
    LONGEST = 1 << 16

    def __init__(self, masker: Masker, write: Callable[[bytes], None]) -> None:
        self._masker = masker
        self._write = write
        self._rest = b""

    def feed(self, block: bytes) -> None:
        """Take some bytes."""
        whole, newline, self._rest = (self._rest + block).rpartition(b"\n")
        if newline:
            self._write(self._masker.bytes(whole) + b"\n")
        if len(self._rest) > self.LONGEST:
            # The end may be the beginning of a secret: it waits for what follows.
            masked = self._masker.bytes(self._rest)
            cut = len(masked) - self._masker.longest
            self._write(masked[:cut])
            self._rest = masked[cut:]

    def end(self) -> None:
        """Pass on what is left."""
        if self._rest:
            self._write(self._masker.bytes(self._rest) + b"\n")
            self._rest = b""
