"""What steps require, resolved: ``mlpc.lock``, and what ``run`` resolves where there is none.

``mlpc.lock`` is JSON with two members that matter: ``packages``, by ``name==version`` the hashes of its files, and
``sets``, one for each distinct list of requirements that a step declares: ``{"requirements", "pipelines", "packages"}``,
where ``packages`` are entries of the first with a marker behind ``;`` where they are not for every platform. Each set
is resolved for all platforms and for the Python named and later; all sets together first, so that two steps
that share a package share its version, wherever that is possible. No index address stands in it.

``images``, where steps bring their own, has by name ``{"digest"}`` as its registry has the image, or, for one that is in none,
``{"id"}`` as this machine has it; and its ``pipelines``.
"""

from __future__ import annotations

import json
import os
import stat
import sys

from mlpc.codes import NOT_LOCKED, STALE_LOCK, UNREADABLE_LOCK
from mlpc.ir.nodes import Service, Task
from mlpc.limits import FILE_BYTES

from . import digests
from .errors import FINDINGS, EngineError
from .failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    from mlpc.ir.nodes import Workflow

    from .layout import Layout
    from .processes import Processes
    from .store import Store

    #: A set of requirements, sorted, each once.
    Set: TypeAlias = tuple[str, ...]

VERSION = 1


class Locked:
    """A set of requirements with what it was resolved to."""

    __slots__ = ("digest", "lines", "requirements")

    def __init__(self, requirements: Set, lines: tuple[str, ...]) -> None:
        self.requirements = requirements
        #: One requirement with its hashes a line, as installers read it.
        self.lines = lines
        self.digest = digests.of_text("\n".join(lines)) if lines else ""

    def pins(self) -> list[str]:
        """Return the packages without their hashes."""
        return [line.partition(" --hash=")[0] for line in self.lines]


class LockFile:
    """The content of ``mlpc.lock``."""

    __slots__ = ("images", "pipelines", "python", "sets")

    def __init__(
        self,
        python: str,
        sets: dict[Set, Locked],
        pipelines: dict[Set, list[str]],
        images: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        self.images = images or {}
        self.python = python
        self.sets = sets
        self.pipelines = pipelines

    def dumps(self) -> str:
        """Return the text of the file: the same content, the same text."""
        packages: dict[str, list[str]] = {}
        sets = []
        for requirements, locked in sorted(self.sets.items()):
            names = []
            for line in locked.lines:
                pin, *hashes = line.split(" --hash=")
                packages[pin.partition(" ;")[0]] = sorted(hashes)
                names.append(pin)
            sets.append(
                {
                    "pipelines": sorted(self.pipelines.get(requirements, [])),
                    "requirements": list(requirements),
                    "packages": names,
                }
            )
        content = {
            "version": VERSION,
            "python": self.python,
            "sets": sets,
            "packages": dict(sorted(packages.items())),
        }
        if self.images:
            content["images"] = dict(sorted(self.images.items()))
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def references(self) -> dict[str, str]:
        """Return the images that a registry has, by name, with the digest at their end: `train:1.4@sha256:…`."""
        return {name: f"{name}@{image['digest']}" for name, image in self.images.items() if "digest" in image}


def images_of(workflow: Workflow) -> list[str]:
    """Return the images that steps of a workflow bring themselves and whose name alone does not say which they are."""
    found = [
        node.action.target
        for node in workflow.nodes
        if isinstance(node, Task) and node.action.kind == "container" and "@sha256:" not in node.action.target
    ]
    return sorted(set(found))


def sets_of(workflow: Workflow) -> dict[Set, list[str]]:
    """Return the distinct sets of requirements of a workflow, with the steps that declare each."""
    found: dict[Set, list[str]] = {}
    for node in workflow.nodes:
        if isinstance(node, Task | Service) and node.action.kind != "container":
            found.setdefault(normal(node.requirements), []).append(node.id)
    return found


def normal(requirements: Iterable[str]) -> Set:
    """Return requirements in the form in which they are compared."""
    return tuple(sorted({" ".join(each.split()) for each in requirements}))


def read(path: str) -> LockFile | None:
    """Return what ``mlpc.lock`` says; None where there is none.

    Raises:
        EngineError: it is no lock of this version.
    """
    try:
        with open(path, encoding="utf-8", opener=_regular) as file:
            content = json.loads(file.read())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from None
    try:
        if content["version"] != VERSION:
            raise _unreadable(path, f"it is of version {content['version']}, this mlpc reads {VERSION}")
        packages = content["packages"]
        sets: dict[Set, Locked] = {}
        pipelines: dict[Set, list[str]] = {}
        for item in content["sets"]:
            lines = tuple(
                " --hash=".join([pin, *packages[pin.partition(" ;")[0]]]) for pin in item["packages"]
            )
            requirements = normal(item["requirements"])
            sets[requirements] = Locked(requirements, lines)
            pipelines[requirements] = [str(name) for name in item["pipelines"]]
        images = {
            str(name): {str(key): value for key, value in image.items()}
            for name, image in content.get("images", {}).items()
        }
        if any(not isinstance(image.get("digest", image.get("id")), str) for image in images.values()):
            raise TypeError
        return LockFile(str(content["python"]), sets, pipelines, images)
    except (KeyError, TypeError, AttributeError):
        raise _unreadable(path, "it does not have the form of a lock") from None


def _regular(path: str, flags: int) -> int:
    """Open a regular file that is no larger than a file of a project may be; a pipe would be waited for without end."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    about = os.fstat(descriptor)
    if stat.S_ISREG(about.st_mode) and about.st_size <= FILE_BYTES:
        return descriptor
    os.close(descriptor)
    if stat.S_ISREG(about.st_mode):
        raise OSError(27, f"it has {about.st_size:,} bytes, and {FILE_BYTES:,} are the most")
    raise OSError(22, "it is not a regular file")


def _unreadable(path: str, why: str) -> EngineError:
    return EngineError(UNREADABLE_LOCK, f"{path} cannot be read: {why}", "`mlpc lock` makes it anew")


def stale(lock: LockFile, workflow: Workflow) -> dict[Set, list[str]]:
    """Return what a workflow declares and a lock does not have, with the steps: sets, and images as sets of one."""
    found = {each: steps for each, steps in sets_of(workflow).items() if each and each not in lock.sets}
    for image in images_of(workflow):
        if image not in lock.images:
            found[(image,)] = [
                node.id
                for node in workflow.nodes
                if isinstance(node, Task) and node.action.kind == "container" and node.action.target == image
            ]
    return found


def pinned(workflow: Workflow, path: str) -> Workflow:
    """Return the workflow with the images that ``mlpc.lock`` at ``path`` names, where it names them.

    Raises:
        EngineError: the lock cannot be read, or an image of this machine is another one than it says.
    """
    if not images_of(workflow):
        return workflow
    from copy import copy

    from .containers import known

    lock = read(path)
    references = lock.references() if lock is not None else {}
    nodes = []
    for node in workflow.nodes:
        image = lock.images.get(node.action.target) if lock is not None and isinstance(node, Task) else None
        if isinstance(node, Task) and node.action.kind == "container" and image is not None:
            name = node.action.target
            here = known(name) if "id" in image else ""
            if here and here != image["id"]:
                raise EngineError(
                    STALE_LOCK,
                    f"the image `{name}`, in which `{node.id}` runs, is another one than mlpc.lock says",
                    "`mlpc lock --upgrade` takes the one that is there now",
                    exit_code=FINDINGS,
                )
            node, action = copy(node), copy(node.action)
            action.target = references.get(name, name)
            node.action = action
        nodes.append(node)
    made = copy(workflow)
    made.nodes = tuple(nodes)
    return made


def write(
    workflows: list[Workflow],
    layout: Layout,
    processes: Processes,
    listen: Callable[[str], None],
    *,
    store: Store | None = None,
    upgrade: bool = False,
) -> tuple[LockFile, bool]:
    """Resolve what the steps of ``workflows`` require and write ``mlpc.lock``; return it, and whether it changed.

    Versions that were locked stay, and where there was no lock those that runs went by, as ``store`` has them;
    unless ``upgrade``. What other pipelines have in the file stays too.

    Raises:
        EngineError: something cannot be resolved, no network, no uv; the file is then as it was.
    """
    before = read(layout.lock_file)
    names = {workflow.name for workflow in workflows}
    wanted: dict[Set, list[str]] = {}
    for workflow in workflows:
        for each in sets_of(workflow):
            if each and workflow.name not in wanted.setdefault(each, []):
                wanted[each].append(workflow.name)
    kept: dict[Set, Locked] = {}
    if before is not None:
        for each, locked in before.sets.items():
            others = [name for name in before.pipelines.get(each, []) if name not in names]
            if others:
                kept[each] = locked
                wanted.setdefault(each, []).extend(name for name in others if name not in wanted[each])
    known: Iterable[Locked] = ()
    if not upgrade:
        known = before.sets.values() if before is not None else _resolved(store) if store is not None else ()
    python = python_version()
    made = resolve(list(wanted), python, layout.root, processes, listen, preferences=known)
    lock = LockFile(python, made, wanted, _images(workflows, before, names, upgrade=upgrade))
    text = lock.dumps()
    changed = before is None or before.dumps() != text
    if changed:
        _replace(layout.lock_file, text)
    return lock, changed


def _images(
    workflows: list[Workflow], before: LockFile | None, names: set[str], *, upgrade: bool
) -> dict[str, dict[str, Any]]:
    """Return what the lock is to say of images; those that were locked stay, and those of other pipelines."""
    from .containers import resolved

    old = before.images if before is not None else {}
    found: dict[str, dict[str, Any]] = {}
    for image in {image for workflow in workflows for image in images_of(workflow)} | set(old):
        users = {workflow.name for workflow in workflows if image in images_of(workflow)}
        users |= {name for name in old.get(image, {}).get("pipelines", []) if name not in names}
        if not users:
            continue
        known = {key: value for key, value in old.get(image, {}).items() if key in ("digest", "id")}
        ours = any(image in images_of(workflow) for workflow in workflows)
        if not known or (upgrade and ours):
            known = resolved(image)
        found[image] = {**known, "pipelines": sorted(users)}
    return found


def _replace(path: str, text: str) -> None:
    from mlpc.codes import CANNOT_WRITE

    part = f"{path}.{os.getpid()}.part"
    try:
        with open(part, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise EngineError(CANNOT_WRITE, f"`{path}` cannot be written: {error.strerror}") from None


def python_version() -> str:
    """Return ``X.Y`` of this Python."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def locked(
    workflow: Workflow,
    layout: Layout,
    store: Store,
    processes: Callable[[], Processes],
    listen: Callable[[str], None],
    *,
    offline: bool,
    resolving: bool = True,
) -> tuple[dict[Set, Locked], str]:
    """Return what each set of requirements of ``workflow`` stands for, and a note for the person (or nothing).

    From ``mlpc.lock``; where there is none, as it was resolved the first time (``resolving`` false: a set that never
    was is missing in what is returned).

    Raises:
        EngineError: the lock does not cover the steps; nothing was resolved yet and ``offline`` forbids to.
    """
    wanted = sets_of(workflow)
    empty = {each: Locked(each, ()) for each in wanted if not each}
    if len(empty) == len(wanted):
        return empty, ""
    lock = read(layout.lock_file)
    if lock is not None:
        if _number(lock.python) > sys.version_info[:2]:
            raise EngineError(
                STALE_LOCK,
                f"mlpc.lock is for Python {lock.python} and later, this is {python_version()}",
                "run `mlpc lock` with this Python",
                exit_code=FINDINGS,
            )
        missing = stale(lock, workflow)
        if missing:
            steps = [step for each in missing.values() for step in each]
            raise EngineError(
                STALE_LOCK,
                "mlpc.lock does not have what "
                + ", ".join(f"`{step}`" for step in steps)
                + (" requires" if len(steps) == 1 else " require"),
                "run `mlpc lock`: requirements were added or changed since it was written",
                exit_code=FINDINGS,
            )
        return {**empty, **{each: lock.sets[each] for each in wanted if each}}, ""
    python = python_version()
    keys = {each: digests.of_text(json.dumps([python, each])) for each in wanted}
    found = {
        each: Locked(each, tuple(row[0][0].splitlines()))
        for each in wanted
        if (row := store.rows("SELECT locked FROM resolutions WHERE key=?", keys[each]))
    }
    found.update(empty)
    missing_sets = [each for each in wanted if each not in found]
    note = "there is no mlpc.lock: what the steps require was resolved when they first ran; `mlpc lock` writes it down"
    if not missing_sets or not resolving:
        return found, note
    if offline:
        raise EngineError(
            NOT_LOCKED,
            "there is no mlpc.lock, and --offline forbids to resolve what the steps require",
            "run `mlpc lock`, or run once without --offline",
        )
    reach("resolving")
    made = resolve(
        [each for each in wanted if each],
        python,
        layout.root,
        processes(),
        listen,
        preferences=[*_resolved(store), *(each for each in found.values() if each.lines)],
    )
    import time

    store.write(
        (
            "INSERT OR REPLACE INTO resolutions(key, requirements, locked, created) VALUES(?,?,?,?)",
            (keys[each], json.dumps(each), "\n".join(made[each].lines), time.time()),
        )
        for each in missing_sets
    )
    reach("resolved")
    return {**{each: made[each] for each in missing_sets}, **found}, note


def _resolved(store: Store) -> list[Locked]:
    """Return what runs resolved for want of a lock, the oldest first."""
    return [
        Locked(tuple(json.loads(requirements)), tuple(lines.splitlines()))
        for requirements, lines in store.rows(
            "SELECT requirements, locked FROM resolutions ORDER BY created, key"
        )
    ]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def resolve(
    sets: list[Set],
    python: str,
    folder: str,
    processes: Processes,
    listen: Callable[[str], None],
    *,
    preferences: Iterable[Locked] = (),
) -> dict[Set, Locked]:
    """Resolve sets of requirements; versions among the ``preferences`` are kept where they fit.

    Raises:
        EngineError: a set cannot be resolved, no network, no uv.
    """
    import tempfile

    pins = {line.partition(" --hash=")[0]: line for each in preferences for line in each.lines}
    made: dict[Set, Locked] = {}
    wanted = [each for each in sets if each]
    with tempfile.TemporaryDirectory(prefix="mlpc-lock-") as scratch:
        together = ""
        if len(wanted) > 1:
            union = normal(name for each in wanted for name in each)
            listen(f"resolving {len(union)} requirements")
            try:
                lines = _compile(union, python, folder, processes, scratch, pins, "")
            except EngineError as error:
                if error.exit_code != FINDINGS:
                    raise
                listen("the steps' requirements exclude each other: each set is resolved for itself")
            else:
                together = os.path.join(scratch, "together.txt")
                with open(together, "w", encoding="utf-8") as file:
                    file.writelines(f"{line.partition(' --hash=')[0]}\n" for line in lines)
        for each in wanted:
            listen("resolving " + ", ".join(each))
            made[each] = Locked(each, _compile(each, python, folder, processes, scratch, pins, together))
    made.update({each: Locked(each, ()) for each in sets if not each})
    return made


def _compile(
    requirements: Set,
    python: str,
    folder: str,
    processes: Processes,
    scratch: str,
    pins: Mapping[str, str],
    constraints: str,
) -> tuple[str, ...]:
    from . import uv

    given, out = os.path.join(scratch, "requirements.in"), os.path.join(scratch, "requirements.txt")
    with open(given, "w", encoding="utf-8") as file:
        file.writelines(f"{each}\n" for each in requirements)
    with open(out, "w", encoding="utf-8") as file:
        file.writelines(line.replace(" --hash=", " \\\n    --hash=") + "\n" for line in pins.values())
    status, output = uv.call(
        processes,
        [
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--generate-hashes",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--no-header",
            "--no-annotate",
            "--python",
            uv.base_python(),
            "--python-version",
            python,
            *(["--constraints", constraints] if constraints else []),
            given,
            "--output-file",
            out,
        ],
        folder,
        lambda line: None,
        resolving=True,
    )
    if status != 0:
        raise uv.failure("resolving " + ", ".join(requirements), output, offline=False)
    with open(out, encoding="utf-8") as file:
        text = file.read().replace("\\\n", " ")
    return tuple(
        " ".join(line.split())
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    )


def as_requirements(locked: Locked) -> str:
    """Return the text of a requirements file that installs exactly what was locked."""
    return "".join(f"{line}\n" for line in locked.lines)


def summary(locked: Locked) -> dict[str, Any]:
    """Return what a report says of a resolved set."""
    return {"requirements": list(locked.requirements), "packages": locked.pins()}
