"""A project whose spec has a hostile text in every place that is executed, with steps that need no packages."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import uuid4

from tests.mlpc_backends.spec import CODE, VARIABLE, in_code, in_path, source

#: Means something to every shell, template, parser and format that it comes by on an engine.
TEXT = (
    "'\"\\ $(id) ${HOME} $$ `id` {% raw %} {# c #} }} %2F %s &a *b !!c : | # ü🙂\u2028\u202e </script>\n"
    "--node=x\t--\n{{ 7 * 7 }} {{$.pipeline_job_uuid}} ${MLPC_DATA:-y} '] == true || true\n\n"
)


class Project:
    """A project in ``folder``; ``text`` stands in it wherever a person may write one, but in ``without``."""

    def __init__(self, folder: Path, *without: str, text: str = TEXT) -> None:
        self.folder = folder
        self.text = text
        self.plain = text if "default" not in without else "zqx"
        self.data = f"data/{in_path(text)}.txt"
        self.secret = f"s3cr3t/{uuid4().hex}+?=&%"
        for path, content in {
            "main.mlp": source(text, "secret", *without, light=True),
            # Images are called by their content; this one is nobody else's.
            f"{in_code(text)}steps.py": f"{CODE}\n# {uuid4().hex}\n",
            self.data: f"the data {text}",
        }.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content.encode("utf-8"))

    @property
    def variables(self) -> dict[str, str]:
        return {VARIABLE: self.secret}

    def told(self) -> dict[str, Any]:
        """What the steps have to be told, and so write down."""
        return {
            "data": f"the data {self.text}",
            "said": self.plain,
            "choice": self.plain,
            "many": [self.plain, "two"],
            "named": {self.plain: self.plain},
            "mixed": f"{self.text}{self.plain}{self.text}",
            "key": len(self.secret),
            "lines": [self.text, "two"],
            "exposed": [],
        }


class Searched:
    """Looks for a secret in whatever it is given, in each form in which it could have got there."""

    def __init__(self, secret: str) -> None:
        forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
        for before in range(3):
            # What stands before it moves the bits; the last characters depend on what follows.
            made = b64encode(b"\0" * before + secret.encode()).decode()
            inner = made[4 * (before > 0) : -4]
            forms |= {inner, inner.translate(str.maketrans("+/", "-_"))}
        forms |= {secret.encode().hex(), secret[::-1]}
        self._forms = [form.encode() for form in forms]
        self.looked_at = 0

    def bytes(self, what: str, content: bytes | str) -> None:
        """Fail if the secret is in ``content``."""
        content = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        self.looked_at += len(content)
        for form in self._forms:
            at = content.find(form)
            assert at < 0, f"{what}: …{content[max(0, at - 100) : at]!r} and then the secret as {form[:4]!r}…"

    def image(self, tag: str) -> None:
        """Fail if it is in what an image says of itself, in how it was made, or in a file of any of its layers."""
        for words in (("history", "--no-trunc", tag), ("inspect", tag)):
            done = subprocess.run(["docker", *words], capture_output=True, check=True)
            self.bytes(f"docker {words[0]}", done.stdout)
        with subprocess.Popen(["docker", "save", tag], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            rest = b""
            while block := process.stdout.read(1 << 24):
                self.bytes(f"the layers of {tag}", rest + block)
                rest = block[-1000:]
        assert process.returncode == 0

    def folder(self, folder: Path, *except_for: str) -> None:
        """Fail if it is in the name or content of anything below ``folder``, but for files called so."""
        for path in sorted(folder.rglob("*")):
            self.bytes(str(path), str(path))
            if path.is_file() and not path.is_symlink() and path.name not in except_for:
                self.bytes(str(path), path.read_bytes())
