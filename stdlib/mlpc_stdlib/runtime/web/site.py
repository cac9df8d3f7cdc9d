"""Makes the site: a folder that any file server can serve, in which the browser runs the model.

Every file but ``index.html``, ``sw.js`` and ``site.webmanifest`` has a digest in its name, and is fetched with the hash of its
content. What is large (the runtime, the model) lies there compressed, so that a server that compresses nothing sends
as little as one that does. The same inputs give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib

from .. import codes, models, npm, preparation
from ..contract import Result, StepError, Task
from . import page as pages
from . import signature as signatures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..contract import Artefact, JsonObject

ASSETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "assets")
INDEX, WORKER, MANIFEST = "index.html", "sw.js", "site.webmanifest"
#: Figures shown of what judged the model: so many, the first.
_FIGURES = 8
_RUNTIME = (
    "onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
    "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
)


def site(task: Task, result: Result) -> None:
    """Make the site of the input ``model`` in the output ``page``.

    ``size`` is what a browser loads: the files that lie there compressed as they are, all others by ``gzip -9``.

    Raises:
        StepError: a page cannot run such a model, or its runtime cannot be fetched.
    """
    model = task.input("model")
    signature = models.read_signature(model.path)
    made = Site()
    name = readable_title(task)
    page = pages.Page()
    page.title = name
    lead, *about = [
        " ".join(text.split()) for text in str(task.argument("description") or "").split("\n\n")
    ] or [""]
    page.lead, page.about = lead, about
    page.image = signatures.image(signature)
    docs = task.argument("columns") or {}
    page.fields = signatures.fields(signature, docs)
    page.figures = _figures(task)
    label = (signature.get("label") or {}).get("name") or "answer"
    is_asked = ((signature.get("label") or {}).get("type") or {}).get("base") == "bool"
    page.question = signatures.readable(label) + ("?" if is_asked else "")
    page.asked = signatures.first_paragraph(docs.get(label, ""))
    engine, files, runtime = engine_of(signature, model, made)
    made.finish(page, signature, engine, files, model.path)
    # The page says how much is loaded, itself included: only when it is there that is known.
    for _ in range(2):
        page.facts = _facts(signature, model, runtime, made)
        page.script["shownSize"] = shown_size(made.size())
        made.complete(page)
    output = task.output("page").path
    for path, content in made.files.items():
        place = os.path.join(output, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(content)
    result.metrics["size"] = made.size()
    result.info(f"a browser loads {shown_size(made.size())}, all in all")


def readable_title(task: Task) -> str:
    """Return the heading: as it was given, or made of a name."""
    title = str(task.argument("title") or task.id)
    return title if " " in title else signatures.readable(title)


def engine_of(signature: JsonObject, model: Artefact, made: Site) -> tuple[str, dict[str, JsonObject], str]:
    """Add what runs the model; return the script that drives it, the files that that loads, and what it is called."""
    framework = signature.get("framework")
    if framework == "onnx":
        folder = npm.folder("onnxruntime-web")
        script = _read(os.path.join(folder, _RUNTIME[0]))
        # The map that the last line names is not there.
        script = script.split(b"\n//# sourceMappingURL=")[0] + b"\n"
        runtime = made.add("runtime.js", script)
        files = {
            "runtime": made.packed("runtime.bin", _read(os.path.join(folder, _RUNTIME[1]))),
            "model": made.packed("model.bin", _read(os.path.join(model.path, "model.onnx"))),
        }
        engine = made.script("onnx.js", {"./runtime.js": runtime})
        return engine, files, f"onnxruntime-web {_pinned('onnxruntime-web')}"
    if framework == "tfjs":
        script = _read(os.path.join(ASSETS, "tensorflow.js"))
        runtime = made.add("runtime.js", script)
        files = {
            "model": made.packed("model.bin", _read(os.path.join(model.path, "model.json"))),
            "weights": made.packed("weights.bin", _weights(model.path)),
        }
        # The first line of the file says what it is: `/*! TensorFlow.js 4.22.0: …`.
        version = script[: script.index(b":")].decode("ascii").rpartition(" ")[2]
        return made.script("tfjs.js", {"./runtime.js": runtime}), files, f"TensorFlow.js {version}"
    raise StepError(
        codes.NOT_EXPORTABLE,
        f"a page runs models of onnx and tfjs, not of {framework}",
        "export the model first: `export portable: onnx { model = … }`",
    )


def _weights(folder: str) -> bytes:
    """Return the weights of a TensorFlow.js model, the files of its manifest one after the other.

    Raises:
        StepError: it is no graph model, or a file is missing.
    """
    told = json.loads(_read(os.path.join(folder, "model.json")))
    if told.get("format") != "graph-model":
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"a page runs graph models of TensorFlow.js, not a {told.get('format')}",
            "export the model with `tfjs`, whose result is a graph model",
        )
    paths = [path for group in told["weightsManifest"] for path in group["paths"]]
    return b"".join(_read(os.path.join(folder, os.path.basename(path))) for path in paths)


class Site:
    """The files of a site, while it is made."""

    def __init__(self) -> None:
        #: By path. What is in ``_packed`` is sent as it is, whatever a server does.
        self.files: dict[str, bytes] = {}
        self._packed: set[str] = set()
        self._modules: list[str] = []
        self._app = ""

    def add(self, name: str, content: bytes) -> str:
        """Add a file under a name that holds its digest; return its path."""
        stem, _, extension = name.rpartition(".")
        path = f"assets/{stem}-{hashlib.sha256(content).hexdigest()[:12]}.{extension}"
        self.files[path] = content
        if extension == "js":
            self._modules.append(path)
        return path

    def packed(self, name: str, content: bytes) -> JsonObject:
        """Add a file compressed; return what a script needs to load it."""
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        path = self.add(name, packer.compress(content) + packer.flush())
        self._packed.add(path)
        return {"url": path, "integrity": integrity(self.files[path])}

    def script(self, name: str, imports: dict[str, str]) -> str:
        """Add a script of this package; ``imports`` says which file each of its imports is."""
        content = _read(os.path.join(ASSETS, name)).decode()
        for written, path in imports.items():
            content = content.replace(f'from "{written}"', f'from "./{os.path.basename(path)}"')
        return self.add(name, content.encode())

    def finish(
        self, page: pages.Page, signature: JsonObject, engine: str, files: dict[str, JsonObject], model: str
    ) -> None:
        """Add scripts and style, and tell the page of them and of the model, which lies in the folder ``model``."""
        entry = self.script("image.js" if page.image else "form.js", {})
        prepare = (
            self.add("prepare.js", _read(os.path.join(model, preparation.MODULE)))
            if signature.get("scaling")
            else self.script("prepare.js", {})
        )
        imports = {"./engine.js": engine, "./input.js": entry, "./prepare.js": prepare}
        self._app = self.script("app.js", imports)
        style = self.add("style.css", _read(os.path.join(ASSETS, "style.css")))
        page.icon = self.add("icon.svg", _read(os.path.join(ASSETS, "icon.svg")))
        page.style = (style, integrity(self.files[style]))
        page.modules = [(path, integrity(self.files[path])) for path in self._modules]
        page.policy = policy(page)
        classes = signatures.classes(signature)
        label = (signature.get("label") or {}).get("type") or {}
        page.script = {
            "classes": classes,
            "fields": [field.to_json() for field in page.fields],
            "files": files,
            "image": page.image,
            "inputs": signatures.inputs_of(signature),
            "output": signature["outputs"][0]["name"],
            "ranked": classes is not None and 2 < len(classes) < pages.MANY,
            "unit": signatures.UNITS.get(str(label.get("base")), ""),
        }

    def complete(self, page: pages.Page) -> dict[str, bytes]:
        """Add what has no digest in its name, anew where it is there, and return all files by path."""
        self.files[MANIFEST] = _json(
            {
                "name": page.title,
                "short_name": page.title[:30],
                "description": page.lead,
                "start_url": "./",
                "display": "standalone",
                "icons": [{"src": page.icon, "sizes": "any", "type": "image/svg+xml"}],
            }
        )
        self.files[INDEX] = pages.render(page)
        listed: list[Any] = [{"url": "./", "integrity": integrity(self.files[INDEX])}]
        listed += [
            {"url": path, "integrity": integrity(content)}
            for path, content in sorted(self.files.items())
            if path not in (INDEX, WORKER)
        ]
        version = hashlib.sha256(_json(listed)).hexdigest()[:16]
        worker = _read(os.path.join(ASSETS, WORKER))
        worker = worker.replace(b'"@version@"', _json(version)).replace(b'"@files@"', _json(listed))
        self.files[WORKER] = worker
        return self.files

    def size(self) -> int:
        """Return the bytes that a browser loads so far: what lies there compressed as it is, all else by ``gzip -9``."""
        return sum(
            len(content) if path in self._packed else len(zlib.compress(content, 9)) + 12
            for path, content in self.files.items()
        )


def policy(page: pages.Page) -> str:
    """Return the content security policy: nothing from elsewhere, no script in the page, no text run as a script."""
    scripts = " ".join(f"'{each}'" for _, each in page.modules)
    return "; ".join(
        [
            "default-src 'none'",
            # Not every browser knows the hashes of files yet; for those that do not there is 'self'.
            f"script-src 'self' 'wasm-unsafe-eval' {scripts}",
            f"style-src 'self' '{page.style[1]}'",
            "img-src 'self' blob: data:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def integrity(content: bytes) -> str:
    """Return the hash of a file as browsers compare it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


def shown_size(size: int) -> str:
    """Return a size in a few digits: ``3.6 MiB``."""
    if size >= 2**20:
        return f"{size / 2**20:.1f} MiB"
    return f"{max(1, round(size / 2**10))} KiB"


def _facts(signature: JsonObject, model: Artefact, runtime: str, made: Site) -> list[tuple[str, str, bool]]:
    libraries = signature.get("libraries") or {}
    trained = [
        f"{name} {version}"
        for name, version in libraries.items()
        # What it was exported for is said below; the build for processors is the library itself.
        if name != "numpy"
        and not name.startswith("@")
        and name.removesuffix("-cpu") not in libraries.keys() - {name}
    ]
    digest = model.digest.rpartition(":")[2]
    found = [
        ("Trained with", ", ".join(trained), False),
        ("Run by", runtime, False),
        ("Loaded once", shown_size(made.size()), False),
        ("Digest", digest[:16], True),
    ]
    return [each for each in found if each[1]]


def _figures(task: Task) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the figures of everything that judged the model, by its name, as they are shown."""
    given = task.inputs.get("metrics") or []
    found = []
    for artefact in given if isinstance(given, list) else [given]:
        with open(artefact.path, "rb") as file:
            figures = json.loads(file.read())
        rows = []
        for name, value in figures.items():
            whole = value.get("") if isinstance(value, dict) else value
            if isinstance(whole, int | float) and not isinstance(whole, bool):
                rows.append((_NAMES.get(name, signatures.readable(name)), _shown_figure(name, whole)))
        if rows:
            found.append((artefact.key or "evaluation", rows[:_FIGURES]))
    return found


_NAMES = {
    "auc": "AUC",
    "f1": "F1",
    "r2": "R²",
    "rmse": "RMSE",
    "mae": "MAE",
    "mape": "MAPE",
    "support": "Rows",
}
_SHARES = ("accuracy", "precision", "recall", "f1", "mape")


def _shown_figure(name: str, value: float) -> str:
    if name in _SHARES:
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _pinned(package: str) -> str:
    with open(os.path.join(npm.LOCKS, package, "package-lock.json"), "rb") as file:
        return str(json.loads(file.read())["packages"][f"node_modules/{package}"]["version"])


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise StepError(
            codes.UNREADABLE_MODEL, f"{os.path.basename(path)}, which the page needs, is not there"
        ) from None
