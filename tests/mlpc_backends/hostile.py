"""Reads what was compiled from a spec with a hostile text, and puts the harmless text back wherever that one arrived.

If all that is left is what the harmless spec compiles to, then the text changed no structure and arrived unchanged.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import yaml
from markdown_it import MarkdownIt

from mlpc.backend import Emitted, Material
from mlpc_backends.airflow import BACKEND as AIRFLOW
from mlpc_backends.compose import BACKEND as COMPOSE
from mlpc_backends.kubeflow import BACKEND as KUBEFLOW
from mlpc_backends.local import BACKEND as LOCAL
from tests.loader import compiled
from tests.mlpc_backends.airflow import reading
from tests.mlpc_backends.spec import CODE, PLAIN, in_code, in_path, in_url, in_variable, quoted, source

BACKENDS = {backend.name: backend for backend in (LOCAL, KUBEFLOW, COMPOSE, AIRFLOW)}
#: Digests differ where texts do.
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|(?<=:)[0-9a-f]{12}\b")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


class Compiled:
    """What a spec with ``text`` compiles to on one target."""

    def __init__(self, target: str, text: str, *without: str, name: str = "words") -> None:
        code = {f"{in_code(text)}steps.py": CODE}
        made = compiled(source(text, *without, name=name), dict(code))
        self.diagnostics = [each for each in made.check() if each.severity == "error"]
        assert not self.diagnostics, [f"{each.code} {each.message}" for each in self.diagnostics]
        workflow = made.workflow()
        assert workflow is not None
        self.target = target
        self.text = text
        self.workflow = workflow
        material = Material(
            {"mlpc_stdlib/__init__.py": b""}, {path: text.encode() for path, text in code.items()}
        )
        self.emitted: Emitted = BACKENDS[target].emit(workflow, material)
        written = quoted(text)[1:-1]
        forms = {
            text: PLAIN,
            text[:100]: PLAIN,
            # A condition is shown with one blank for any white space.
            written: PLAIN,
            re.sub(r"\s+", " ", written): PLAIN,
            json.dumps(text, ensure_ascii=False)[1:-1]: PLAIN,
            workflow.doc: PLAIN,
            _harmless(workflow.doc): PLAIN,
            f"data/{in_path(text)}.txt": f"data/{PLAIN}.txt",
            _harmless(f"data/{in_path(text)}.txt"): f"data/{PLAIN}.txt",
            f"example.org/{in_url(text)}": f"example.org/{PLAIN}",
            PLAIN + in_variable(text): PLAIN + PLAIN,
            PLAIN + text.replace("\0", ""): PLAIN + PLAIN,
            f"{in_code(text)}steps.py": f"{PLAIN}steps.py",
        }
        # Longest first: one form of the text may hold another.
        self._forms = dict(sorted(forms.items(), key=lambda each: -len(each[0])))

    def errors(self) -> list[str]:
        return [each.code.code for each in self.emitted.diagnostics if each.severity == "error"]

    def plain(self, text: str) -> str:
        """Return ``text`` with the harmless text in the place of every form of the other one, and no digests."""
        for form, plain in self._forms.items():
            if form:
                text = text.replace(form, plain)
        return _DIGEST.sub("digest", text)

    def content(self) -> dict[str, Any]:
        """Return what every file says, by its path, with the harmless text put back."""
        found = {}
        for path, data in self.emitted.files.items():
            name = path.rpartition("/")[2]
            read = next((read for end, read in _READERS.items() if name.endswith(end)), None)
            assert read is not None, f"nothing reads {path}"
            found[self.plain(path)] = read(self, data)
        return found

    def walk(self, value: Any, text: Callable[[str], str] | None = None) -> Any:
        """Return a document with every key and text put back; places in the spec are left out: they differ."""
        change = text or self.plain
        if isinstance(value, dict):
            return {change(key): self.walk(each, text) for key, each in value.items() if key != "place"}
        if isinstance(value, list):
            return [self.walk(each, text) for each in value]
        return change(value) if isinstance(value, str) else value

    # Readers

    def _json(self, data: bytes) -> Any:
        return self.walk(json.loads(data))

    def _compose(self, data: bytes) -> Any:
        def undoubled(text: str) -> str:
            assert not re.sub(r"\$\$|\$\{MLPC_[A-Z]+(_[a-z]+)?:-[a-z0-9./]+\}", "", text).count("$"), text
            return self.plain(text.replace("$$", "$"))

        return self.walk(yaml.load(data, yaml.CSafeLoader), undoubled)

    def _kubeflow(self, data: bytes) -> Any:
        documents = list(yaml.load_all(data, yaml.CSafeLoader))
        # Only what Kubeflow itself replaces is left as a placeholder.
        words = [
            word
            for executor in documents[0]["deploymentSpec"]["executors"].values()
            for word in executor.get("container", {}).get("args", ())
        ]
        assert {word for word in words if "{{" in word} <= {"{{$}}", "{{$.pipeline_job_uuid}}"}

        # What an import of data is shown as is its path only where that has no odd characters.
        for name, task in documents[0]["root"]["dag"]["tasks"].items():
            if name.startswith("data-0x"):
                del task["taskInfo"]["name"]

        for executor in documents[0]["deploymentSpec"]["executors"].values():
            if "container" in executor:
                executor["container"]["args"] = list(map(unquote, executor["container"]["args"]))
        return self.walk(documents)

    def _dag(self, data: bytes) -> Any:
        assert data.isascii()
        params = {param.name: param.default for param in self.workflow.params}
        steps = {}
        for id, step in reading.steps(data).items():
            for name in ("command", "environment", "mounts"):
                step[name] = self._rendered(step.get(name), params)
            step["command"] = [self._read_back(word, params) for word in step["command"]]
            steps[id] = self.walk({key: each for key, each in step.items() if key != "doc_md"})
            steps[id]["doc"] = self._markdown(step.get("doc_md", ""))
        (dag,) = reading.calls(data, "DAG")
        dag["doc_md"] = self._markdown(dag["doc_md"])
        # A description is on one line.
        for place in (dag, *dag.get("params", {}).values()):
            assert "\n" not in place["description"]
            place["description"] = self._one_line(place["description"])
        return {
            "skeleton": _skeleton(data),
            "steps": steps,
            "dag": self.walk(dag),
            "waits": reading.waits(data),
        }

    def _one_line(self, text: str) -> str:
        said = " ".join(self.workflow.doc.split())
        # Airflow keeps no more of the description of a DAG.
        for form in filter(None, (said, said[:500])):
            text = text.replace(form, PLAIN)
        return self.plain(text)

    @staticmethod
    def _read_back(word: str, params: dict[str, Any]) -> str:
        """Return the option that gives a parameter without its value, where that is written as JSON and is the default."""
        for name, default in params.items():
            option = f"--param={name}="
            if word.startswith(option) and not isinstance(default, str):
                assert json.loads(word.removeprefix(option)) == default
                return option
        return word

    def _rendered(self, value: Any, params: dict[str, Any]) -> Any:
        if isinstance(value, str):
            return reading.rendered(value, **params)
        if isinstance(value, list):
            return [self._rendered(each, params) for each in value]
        if isinstance(value, dict):
            return {key: self._rendered(each, params) for key, each in value.items()}
        return value

    def _markdown(self, data: bytes | str) -> Any:
        text = data if isinstance(data, str) else data.decode("utf-8")
        found: list[Any] = []
        for token in _MARKDOWN.parse(text):
            if token.type in ("code_block", "fence"):
                # Commands: what a person pastes into a shell.
                found.append((token.type, self.plain(token.content)))
            elif token.type == "inline":
                found.append([self._inline(child) for child in token.children or ()])
            else:
                found.append((token.type, token.tag))
        return found

    def _inline(self, token: Any) -> Any:
        if token.type in ("text", "code_inline"):
            return token.type, self._spaced(token.content)
        return token.type

    def _spaced(self, text: str) -> str:
        """Put the harmless text back into one of Markdown, where white space is one blank."""
        text = " ".join(text.split())
        for form, plain in self._forms.items():
            # A reader of Markdown shows no NUL.
            shown = re.sub(r"\s+", " ", form).replace("\0", "\ufffd")
            for spaced in (shown, shown.strip()):
                if spaced.strip():
                    text = text.replace(spaced, plain)
        return _DIGEST.sub("digest", text)

    def _settings(self, data: bytes) -> Any:
        lines = data.decode("ascii").splitlines()
        assert all(re.fullmatch(r"#.*|[A-Z_a-z0-9]+=[A-Za-z0-9._/+-]*", line) for line in lines)
        return [line.lstrip("# ").partition("=")[0] for line in lines]

    def _same(self, data: bytes) -> Any:
        """Files that no text of a spec gets into."""
        assert (
            self.text == PLAIN
            or not self.text.strip()
            or len(self.text) < 4
            or self.text not in data.decode()
        )
        return data


def _harmless(text: str) -> str:
    """What the backend for Kubeflow makes of a text for people that Argo would take for a placeholder."""
    while "{{" in text:
        text = text.replace("{{", "{ {")
    return text


def _skeleton(data: bytes) -> str:
    """The structure of a DAG file: everything but what its literals say."""
    found = ast.parse(data.decode("ascii"))
    for node in ast.walk(found):
        if isinstance(node, ast.Constant):
            node.value = type(node.value).__name__
    return ast.dump(found)


_READERS: dict[str, Callable[[Compiled, bytes], Any]] = {
    ".json": Compiled._json,
    "docker-compose.yml": Compiled._compose,
    "pipeline.yaml": Compiled._kubeflow,
    "dag.py": Compiled._dag,
    "README.md": Compiled._markdown,
    ".env": Compiled._settings,
    "Dockerfile": Compiled._same,
    ".dockerignore": Compiled._same,
    ".airflowignore": Compiled._same,
    "requirements.txt": Compiled._same,
    "__init__.py": Compiled._same,
    "steps.py": Compiled._same,
}


def differences(found: Any, expected: Any, where: str = "") -> list[str]:
    """Return where two documents differ, and how, one line a place."""
    if isinstance(found, dict) and isinstance(expected, dict) and list(found) == list(expected):
        items = [(f"{where}.{key}", found[key], expected[key]) for key in expected]
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        items = [(f"{where}[{at}]", *pair) for at, pair in enumerate(zip(found, expected, strict=True))]
    else:
        return [] if found == expected else [f"{where}: {ascii(found)[:400]} != {ascii(expected)[:400]}"]
    return [line for at, one, other in items for line in differences(one, other, at)]
