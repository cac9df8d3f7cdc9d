"""Images of steps: one for each distinct set of requirements, from a Dockerfile that holds no text of a spec but the name of
an image that a step brings itself, which is nothing but a name.

Packages are installed in a stage of their own, so that what the build was told of an index is not in the image. The
context of every build is the whole output directory; `.dockerignore` leaves all but what is copied outside.
"""

from __future__ import annotations

from mlpc.codes import BAD_FORMAT, BAD_REQUIREMENT, UNLOCKED_IMAGE
from mlpc.diagnostics import Diagnostic
from mlpc.ir.image_names import is_image
from mlpc.ir.nodes import Gate, Service, Task
from mlpc.ir.requirements import is_requirement

from .limits import unnameable
from .names import DNS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlpc.backend import Material
    from mlpc.ir.nodes import JsonObject, Workflow

#: Number of the user and the group that steps run as.
USER = 10001
PYTHON = "/opt/mlpc/bin/python"
WORKFLOW, RUNTIME, CODE = "workflow.json", "runtime", "project"
#: Variables by which pip is told of an index, or of pages with links; a build passes them on where they are set.
INDEX_VARIABLES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_TRUSTED_HOST",
    "PIP_DEFAULT_TIMEOUT",
)
#: Where packages are installed from: the requirements, and the wheels that were put beside them before the build.
_PACKAGES = "/tmp/packages"
_BASE_PYTHON = "3.11"
#: Steps that take files from packages of npm, which are fetched when their image is built: by module, the lock's name.
_OF_NPM = {"mlpc_stdlib.runtime.tfjs": "tensorflow", "mlpc_stdlib.runtime.web.site": "onnxruntime-web"}
#: The same for steps that do so where an argument has a value among its list.
_OF_NPM_WHERE = {"mlpc_stdlib.runtime.export": ("parity.runtimes", "node", "onnxruntime-web")}
_VARIABLES = {
    "PATH": "/opt/mlpc/bin:$PATH",
    "PYTHONPATH": "/mlpc/runtime",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONUNBUFFERED": "1",
    "HOME": "/tmp",
    "USER": "mlpc",
    "LOGNAME": "mlpc",
}


class Image:
    """One image: ``tag`` with a digest of all that is in it, ``nodes`` that run in it, files of its own."""

    __slots__ = (
        "base",
        "dockerfile",
        "locked",
        "name",
        "nodes",
        "requirements",
        "tag",
        "text",
        "lines",
        "npm",
    )

    def __init__(
        self,
        name: str,
        requirements: tuple[str, ...],
        lines: tuple[str, ...],
        locked: bool,
        base: str | None = None,
    ) -> None:
        #: The image of the user's own that it is built on, where steps run in one.
        self.base = base
        self.name = name
        self.requirements = requirements
        self.lines = lines
        self.locked = locked
        self.nodes: list[str] = []
        #: Locks of npm packages that its steps take files from.
        self.npm: list[str] = []
        self.dockerfile = f"images/{name}/Dockerfile"
        self.text = ""
        self.tag = ""

    @property
    def build_arguments(self) -> tuple[str, ...]:
        """The variables that its build takes where they are set."""
        own = ("NPM_CONFIG_REGISTRY",) if self.npm else ()
        return (*INDEX_VARIABLES, *own) if self.requirements else ()

    def to_json(self) -> JsonObject:
        """Return what a manifest says of it."""
        return {
            "dockerfile": self.dockerfile,
            "nodes": list(self.nodes),
            "requirements": list(self.requirements),
            "locked": self.locked,
        }


class Images:
    """The images of a workflow, and the files that their builds need."""

    def __init__(self, workflow: Workflow, content: bytes, material: Material) -> None:
        """Plan the images of ``workflow``, whose canonical form as it is copied into them is ``content``."""
        self._workflow = workflow
        self._material = material
        self._by_node: dict[str, Image] = {}
        self._sets: dict[tuple[str, ...], Image] = {}
        self._digests: dict[str, str] = {}
        self.context: dict[str, bytes] = {
            WORKFLOW: content,
            **{f"{RUNTIME}/{path}": text for path, text in material.runtime.items()},
            **{f"{CODE}/{path}": text for path, text in material.code.items()},
        }
        for node in workflow.nodes:
            if isinstance(node, Task | Service) and node.action.kind == "container":
                self._build_on(node.id, node.action.target)
            elif isinstance(node, Task | Service):
                image = self._take(
                    node.id, tuple(sorted({" ".join(each.split()) for each in node.requirements}))
                )
                lock = _npm_of(node)
                if lock and lock not in image.npm:
                    image.npm.append(lock)
            elif isinstance(node, Gate):
                self._take(node.id, ())
        for image in self._sets.values():
            image.text = (
                _on_top(image.base, code=bool(material.code))
                if image.base is not None
                else _dockerfile(image, self._base(), code=bool(material.code), runtime=True)
            )
            image.tag = self._tag(image, self.context)

    def of(self, node: str) -> Image:
        """Return the image that a task, gate or service runs in."""
        return self._by_node[node]

    def all(self) -> list[Image]:
        """Return every image, each once, in the order of the nodes that use them first."""
        return list(self._sets.values())

    def extra(self, name: str, package: str, lines: tuple[str, ...], folders: tuple[str, ...]) -> Image:
        """Plan an image of something that is no step: ``package`` as ``lines`` have it locked, with ``folders`` that its user
        may write to.
        """
        image = Image(f"{name}--server", (package,), lines, True)
        image.text = _dockerfile(image, self._base(), code=False, runtime=False, folders=folders)
        image.tag = self._tag(image, {})
        self._sets[(name, package)] = image
        return image

    def files(self) -> dict[str, bytes]:
        """Return all that the builds need, by path in the output directory."""
        found = dict(self.context)
        lines = [
            "# What builds of images may see.",
            "*",
            "!images",
            f"!{RUNTIME}",
            f"!{CODE}",
            f"!{WORKFLOW}",
        ]
        found[".dockerignore"] = "".join(f"{line}\n" for line in lines).encode()
        for image in self._sets.values():
            found[image.dockerfile] = image.text.encode("utf-8")
            if image.requirements:
                found[f"images/{image.name}/requirements.txt"] = _requirements(image)
        return found

    def refused(self) -> Iterator[Diagnostic]:
        """Yield an error for each image that Docker could not name."""
        for image in self._sets.values():
            if image.base is not None and not is_image(image.base):
                yield Diagnostic(
                    BAD_FORMAT, f"`{image.base[:100]}`, in which `{image.nodes[0][:40]}` runs, is no image"
                )
            yield from unnameable(f"the image of `{image.nodes[0][:40]}`", image.tag.rpartition(":")[0])

    def notes(self) -> list[Diagnostic]:
        """Return a note where images install what fits ranges, not what was locked."""
        loose = [image for image in self._sets.values() if image.nodes and not image.locked]
        moving = [image.base for image in loose if image.base]
        loose = [image for image in loose if not image.base]
        notes = [
            Diagnostic(
                UNLOCKED_IMAGE,
                f"the image `{base}` is named by a tag, which may come to mean another one",
                help=("`mlpc lock` writes down its digest, if a registry has it",),
            )
            for base in moving
        ]
        if not loose:
            return notes
        listed = ", ".join(f"`{image.name}`" for image in loose)
        return [
            *notes,
            Diagnostic(
                UNLOCKED_IMAGE,
                f"what the images {listed} install is not locked: they hold ranges of versions"
                if len(loose) > 1
                else f"what the image {listed} installs is not locked: it holds ranges of versions",
                help=("`mlpc lock` pins them with hashes, so that every build installs the same",),
            ),
        ]

    def _take(self, node: str, requirements: tuple[str, ...]) -> Image:
        image = self._sets.get(requirements)
        if image is None:
            # A gate needs no packages: what it runs in has a name that no node has.
            name = DNS.mangle(node) if requirements else "plain--image"
            image = Image(name, requirements, self._lines(requirements), self._is_locked(requirements))
            self._sets[requirements] = image
        image.nodes.append(node)
        self._by_node[node] = image
        return image

    def _build_on(self, node: str, base: str) -> None:
        """Take the image of a step that brings its own: the adaptor is put on top of that."""
        image = self._sets.get(("", base))
        if image is None:
            found = self._material.images.get(base, base)
            image = self._sets[("", base)] = Image(DNS.mangle(node), (), (), "@sha256:" in found, found)
        image.nodes.append(node)
        self._by_node[node] = image

    def _is_locked(self, requirements: tuple[str, ...]) -> bool:
        return not requirements or requirements in self._material.locked

    def _lines(self, requirements: tuple[str, ...]) -> tuple[str, ...]:
        return self._material.locked.get(requirements, requirements)

    def _base(self) -> str:
        return f"python:{self._material.python or _BASE_PYTHON}-slim"

    def _tag(self, image: Image, context: Mapping[str, bytes]) -> str:
        from hashlib import sha256

        if context and not self._digests:
            self._digests = {path: sha256(text).hexdigest() for path, text in context.items()}
        own = {"Dockerfile": image.text.encode(), "requirements.txt": _requirements(image)}
        digests = {path: self._digests[path] for path in context}
        digests.update({path: sha256(text).hexdigest() for path, text in own.items()})
        listing = "".join(f"{digests[path]} {path}\n" for path in sorted(digests))
        digest = sha256(listing.encode("utf-8")).hexdigest()[:12]
        return f"mlpc-{DNS.mangle(self._workflow.name)}/{image.name}:{digest}"


def _npm_of(node: Task | Service) -> str:
    """Return the lock of npm packages that a step takes files from, or nothing."""
    module = node.action.target
    argument, value, lock = _OF_NPM_WHERE.get(module, ("", "", ""))
    given = node.arguments.get(argument)
    if isinstance(given, list) and value in given:
        return lock
    return _OF_NPM.get(module, "")


def bad_requirements(workflow: Workflow) -> Iterator[Diagnostic]:
    """Yield an error for each requirement that a file of requirements would take for something else."""
    for node in workflow.nodes:
        for text in node.requirements if isinstance(node, Task | Service) else ():
            if not is_requirement(text):
                yield Diagnostic(
                    BAD_REQUIREMENT,
                    f"`{node.id}` requires `{text}`, which is no requirement of a package",
                    help=('write a name and, where it matters, versions: `"scikit-learn>=1.6,<2"`',),
                )


def _requirements(image: Image) -> bytes:
    lines = [line.replace(" --hash=", " \\\n    --hash=") for line in image.lines]
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _dockerfile(
    image: Image, base: str, *, code: bool, runtime: bool, folders: tuple[str, ...] = ("/mlpc/store",)
) -> str:
    """Return the Dockerfile; the name of the image, which is safe, is all that differs between two of them."""
    lines = [f"FROM {base} AS packages"]
    lines += [f"ARG {name}" for name in image.build_arguments]
    lines.append('RUN ["python", "-m", "venv", "/opt/mlpc"]')
    if image.requirements:
        install = ["/opt/mlpc/bin/pip", "install", "--no-cache-dir", "--disable-pip-version-check"]
        # What was locked is what is installed: uv, which locks it, heeds no upper bound of `Requires-Python`, as pip does.
        install += ["--require-hashes", "--ignore-requires-python"] if image.locked else []
        install += ["--find-links", _PACKAGES, "-r", f"{_PACKAGES}/requirements.txt"]
        beside = f"images/{image.name}"
        lines += [
            # There need not be a wheel.
            f'COPY ["{beside}/requirements.txt", "{beside}/*.whl", "{_PACKAGES}/"]',
            f"RUN {_words(install)}",
        ]
    if image.npm:
        fetch = ["/opt/mlpc/bin/python", "-P", "-s", "-m", "mlpc_stdlib.runtime.npm", *image.npm]
        lines += [
            'COPY ["runtime", "/mlpc/runtime"]',
            'ENV PYTHONPATH="/mlpc/runtime"',
            f"RUN {_words(fetch)}",
        ]
    owned = ["install", "--directory", f"--owner={USER}", f"--group={USER}", *folders]
    user = [
        "useradd",
        "--uid",
        str(USER),
        "--gid",
        str(USER),
        "--no-create-home",
        "--home-dir",
        "/tmp",
        "mlpc",
    ]
    lines += [
        "",
        f"FROM {base}",
        "ENV " + " ".join(f'{name}="{value}"' for name, value in _VARIABLES.items()),
        f"RUN {_words(['groupadd', '--gid', str(USER), 'mlpc'])}",
        f"RUN {_words(user)}",
        f"RUN {_words(owned)}",
        'COPY --from=packages ["/opt/mlpc", "/opt/mlpc"]',
    ]
    if runtime:
        lines += [
            'COPY ["runtime", "/mlpc/runtime"]',
            'RUN ["python", "-m", "compileall", "-q", "/mlpc/runtime"]',
            *(['COPY ["project", "/mlpc/project"]'] if code else []),
            'COPY ["workflow.json", "/mlpc/workflow.json"]',
        ]
    lines += [f"USER {USER}:{USER}", 'WORKDIR "/mlpc"' if runtime else 'WORKDIR "/tmp"']
    if runtime:
        lines.append(f'ENTRYPOINT ["{PYTHON}", "-P", "-s", "-m", "mlpc_stdlib.runtime.container"]')
    return "".join(f"{line}\n" for line in lines)


def _on_top(base: str, *, code: bool) -> str:
    """Return the Dockerfile of an image of the user's own with the adaptor in it, which needs a Python of that image."""
    variables = {name: value for name, value in _VARIABLES.items() if name != "PATH"}
    # Nothing but Python is taken to be there: no shell, no `useradd`.
    check = (
        "import os, sys\n"
        "sys.version_info < (3, 11) and sys.exit('the adaptor of mlpc needs Python 3.11 or newer in the image')\n"
        "os.makedirs('/opt/mlpc/bin', exist_ok=True)\n"
        f"os.path.lexists({PYTHON!r}) or os.symlink(sys.executable, {PYTHON!r})\n"
        "os.makedirs('/mlpc/store', exist_ok=True)\n"
        f"os.chown('/mlpc/store', {USER}, {USER})\n"
    )
    lines = [
        f"FROM {base}",
        "USER 0:0",
        f"RUN {_words(['python3', '-c', check])}",
        'COPY ["runtime", "/mlpc/runtime"]',
        *(['COPY ["project", "/mlpc/project"]'] if code else []),
        'COPY ["workflow.json", "/mlpc/workflow.json"]',
        "ENV " + " ".join(f'{name}="{value}"' for name, value in variables.items()),
        f"USER {USER}:{USER}",
        'WORKDIR "/mlpc"',
        f'ENTRYPOINT ["{PYTHON}", "-P", "-s", "-m", "mlpc_stdlib.runtime.container"]',
        "CMD []",
    ]
    return "".join(f"{line}\n" for line in lines)


def _words(words: Sequence[str]) -> str:
    """Return a command in the form that no shell reads."""
    import json

    return json.dumps(list(words))
