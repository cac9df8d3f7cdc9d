"""Secrets: read from where the spec says, handed to steps as files, masked in whatever they print."""

from __future__ import annotations

import os

from mlpc.codes import MISSING_SECRET

from .errors import EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from mlpc.ir.nodes import Json, Secret

MASK = "***"


def read(secrets: Iterable[Secret], wanted: Collection[str], project: str) -> dict[str, str]:
    """Return the values of the secrets named in ``wanted``.

    Raises:
        EngineError: one is not declared, has no source that this engine reads, or is not there.
    """
    declared = {secret.name: secret for secret in secrets}
    found: dict[str, str] = {}
    for name in wanted:
        secret = declared.get(name)
        source = secret.source if secret is not None else None
        if source is None:
            raise EngineError(
                MISSING_SECRET,
                f"nothing says where the secret `{name}` comes from",
                f'say so in the `env` of this run: secret {name} = env("NAME")',
            )
        if "env" in source:
            variable = str(source["env"])
            value = os.environ.get(variable)
            if value is None:
                raise EngineError(
                    MISSING_SECRET,
                    f"the secret `{name}` comes from the environment variable {variable}, which is not set",
                    f"export {variable}=…",
                )
            found[name] = value
        else:
            path = os.path.join(project, os.path.expanduser(str(source.get("file", ""))))
            try:
                with open(path, encoding="utf-8") as file:
                    found[name] = file.read()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                raise EngineError(
                    MISSING_SECRET, f"the secret `{name}` cannot be read from {path}: {reason}"
                ) from None
    return found


def variables(secrets: Iterable[Secret]) -> set[str]:
    """Return the environment variables that hold secrets."""
    return {str(secret.source["env"]) for secret in secrets if secret.source and "env" in secret.source}


class Masker:
    """Replaces the values of secrets by ``***``: as they are, line by line, as JSON and in addresses."""

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
        self._forms = sorted(forms, key=lambda form: (-len(form), form))
        self._bytes = [form.encode("utf-8", "surrogatepass") for form in self._forms]
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

    def json(self, value: Json) -> Json:
        """Return a JSON value with the values masked in every text, names of members too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {self.text(name): self.json(item) for name, item in value.items()}
        return value


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
