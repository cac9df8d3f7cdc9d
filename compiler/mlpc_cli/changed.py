"""Which specs are touched by what changed since a revision of git: `mlpc check --changed`.

A spec is touched where a file that its check reads, or looks for in vain, is another one than at that revision: itself,
what it uses (schemas among that), Python that it names, `mlpc.toml`. What a check asks its loader for is recorded, so
that none is left out. Most specs of a large project are told apart before, by their texts: one that names nothing that
changed, nor uses a file that does, need not be checked to know that.
"""

from __future__ import annotations

import os
import re
import subprocess

from mlpc import codes

from .errors import CommandError, reason
from .loader import INSTALLED, read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .loader import DiskLoader

#: What bare `--changed` compares with: the last commit.
HEAD = "HEAD"
#: How long git may take, in seconds.
_PATIENCE = 120
#: A text of a spec that may name a file.
_TEXT = re.compile(rb'"([^"\n]*)"')
#: Ends of the files that a check reads at the root of a project though no spec names them.
_OF_PROJECT = (".toml", ".lock")


class Changes:
    """Files that differ from ``revision``, in each repository in which a spec lies.

    A repository is compared with the commit at which its history and that of the revision parted, so that what others did there
    since does not count. Files that are new and not ignored count, and so does what is not committed yet.
    """

    __slots__ = ("_below", "_known", "_repositories", "revision")

    def __init__(self, revision: str) -> None:
        self.revision = revision
        #: Changed files by the folder of their repository, absolute and without symbolic links.
        self._repositories: dict[str, frozenset[str]] = {}
        self._known: dict[str, str] = {}
        self._below: dict[str, _Below] = {}

    def may_touch(self, loader: DiskLoader, path: str) -> bool:
        """Return whether the spec at ``path`` may be touched; no means that it is not.

        Raises:
            CommandError: git does not tell.
        """
        place = loader.place(path)
        if place is None:
            return True
        below = self._changed_below(loader.root, os.path.dirname(place))
        return below.may_touch(loader, path)

    def touch(self, loader: DiskLoader, path: str, asked: Iterable[tuple[str, str]]) -> bool:
        """Return whether the spec at ``path`` is touched, whose check ``asked`` its loader this: kinds of questions and paths."""
        below = self._changed_below(loader.root, os.path.dirname(loader.place(path) or loader.root))
        return any(kind == "r" and below.holds(loader, name) for kind, name in asked)

    def _changed_below(self, root: str, folder: str) -> _Below:
        """Return what changed in the project at ``root``, of which a spec lies in ``folder``."""
        top = self._repository(folder)
        key = f"{top}\0{root}"
        found = self._below.get(key)
        if found is None:
            # A file of the project may be of another repository than the spec, but both are asked for their own.
            changed = self._repositories.get(top)
            if changed is None:
                changed = self._repositories[top] = frozenset(_changed(top, self.revision))
            found = self._below[key] = _Below(root, changed)
        return found

    def _repository(self, folder: str) -> str:
        """Return the folder of the repository to which ``folder`` belongs."""
        known = self._known.get(folder)
        if known is None:
            above = os.path.dirname(folder)
            # What is no repository itself is of that of the folder above; git is asked once a repository.
            if above != folder and not os.path.lexists(os.path.join(folder, ".git")) and _is_in_one(above):
                known = self._repository(above)
            else:
                known = _top(folder)
            self._known[folder] = known
        return known


class _Below:
    """What changed in a project; a folder among that is a repository of its own, all of which counts."""

    __slots__ = ("_files", "_folders", "_named", "_of_project")

    def __init__(self, root: str, changed: Iterable[str]) -> None:
        above = root.rstrip(os.sep) + os.sep
        inside = {place for place in changed if place.startswith(above) or above.startswith(place + os.sep)}
        self._folders = tuple(place + os.sep for place in inside if os.path.isdir(place))
        self._files = inside
        names = [place[place.rfind(os.sep) + 1 :] for place in inside]
        #: What a spec that reads one of them has to name: an address may leave an ending out, or add something.
        self._named = [os.fsencode(name.partition(".")[0] or name) for name in names]
        self._of_project = any(
            os.path.dirname(place) == root and place.endswith(_OF_PROJECT) for place in inside
        )

    def holds(self, loader: DiskLoader, path: str) -> bool:
        """Return whether the file of the project at ``path`` changed."""
        if path.startswith(INSTALLED):
            return False
        # A link counts as what it is and as what it leads to.
        written = os.path.normpath(os.path.join(loader.root, path))
        places = (written, loader.place(path) or written)
        return not self._files.isdisjoint(places) or any(map(self._in_folder, places))

    def _in_folder(self, place: str) -> bool:
        return place.startswith(self._folders)

    def may_touch(self, loader: DiskLoader, path: str) -> bool:
        """Return whether the check of the spec at ``path`` may read what changed, judged by texts."""
        if not self._files:
            return False
        if self._of_project or self._folders or self.holds(loader, path):
            return True
        seen = {path}
        waiting = [path]
        while waiting:
            path = waiting.pop()
            try:
                text = read_file(loader.place(path) or "")
            except OSError:
                continue
            # What is written with escapes is not looked for as it stands.
            if b"\\" in text or any(name in text for name in self._named):
                return True
            for target in _used(path, text):
                if target in seen:
                    continue
                if self.holds(loader, target):
                    return True  # a link has another name
                seen.add(target)
                if target.endswith(".mlp"):
                    waiting.append(target)
        return False


def _used(path: str, text: bytes) -> Iterator[str]:
    """Yield the paths of all specs and Python files that a text may use."""
    folder = os.path.dirname(path)
    for found in _TEXT.findall(text):
        named = found.partition(b":")[0]
        if named.endswith((b".mlp", b".py")):
            yield os.path.normpath(os.path.join(folder, os.fsdecode(named)))


def _is_in_one(folder: str) -> bool:
    """Return whether ``folder`` looks like one of a repository; git may know better."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return False
        folder = above
    return True


def _top(folder: str) -> str:
    """Return the folder of the repository to which ``folder`` belongs.

    Raises:
        CommandError: it belongs to none, or git is not there.
    """
    return os.path.realpath(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n")))


def _changed(top: str, revision: str) -> Iterator[str]:
    """Yield what differs in the repository at ``top``: absolute paths.

    Raises:
        CommandError: the revision is not there, or has nothing to do with what is there.
    """
    base = _base(top, revision)
    listings = (
        ("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-relative", base, "--"),
        ("ls-files", "--others", "--exclude-standard", "-z"),
    )  # fmt: skip
    for listing in listings:
        for name in _git(top, *listing).split(b"\0"):
            if name:
                yield os.path.join(top, os.fsdecode(name).rstrip(os.sep))


def _base(top: str, revision: str) -> str:
    """Return the commit that ``revision`` and what is there have in common."""
    commit = _commit(top, revision)
    if commit is None:
        if revision == HEAD and not _git(top, "rev-list", "--all", "--max-count=1"):
            # Nothing was committed yet, so that everything is new.
            return _git(top, "hash-object", "-t", "tree", os.devnull).decode().strip()
        raise CommandError(
            codes.UNKNOWN_REVISION,
            f"git knows no revision `{revision}` in `{top}`",
            help=[
                "name a commit, a branch or a tag, such as `--changed=origin/main`",
                f"in CI it may have to be fetched first: `git fetch origin {revision.removeprefix('origin/')}`",
            ],
        )
    try:
        return _git(top, "merge-base", commit, HEAD).decode().split()[0]
    except _Failed:
        raise CommandError(
            codes.UNKNOWN_REVISION,
            f"`{revision}` and what is checked out have no commit in common",
            help=[
                "CI fetches only the last commit unless it is told otherwise: `fetch-depth: 0` (GitHub), `GIT_DEPTH: 0` (GitLab)"
            ],
        ) from None


def _commit(top: str, revision: str) -> str | None:
    """Return the commit that ``revision`` names, or None where there is none."""
    named = f"{revision}^{{commit}}"
    try:
        return _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", named).decode().strip()
    except _Failed:
        return None


class _Failed(CommandError):
    """Git ended with a status that is not 0."""


def _git(folder: str, *arguments: str) -> bytes:
    """Return what git prints in ``folder``.

    Raises:
        _Failed: it ended with another status than 0.
        CommandError: it is not installed, does not end, or ``folder`` is in no repository.
    """
    # Nothing that a repository says is run: it may be another person's.
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", *arguments]
    variables = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise CommandError(
            codes.NOT_UNDER_GIT,
            "git is not installed",
            help=["install it, or leave `--changed` out to check everything"],
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        why = reason(error) if isinstance(error, OSError) else f"no answer within {_PATIENCE} s"
        raise CommandError(codes.NOT_UNDER_GIT, f"git cannot be asked: {why}") from None
    if done.returncode == 0:
        return done.stdout
    told = done.stderr.decode("utf-8", "replace").strip()
    if (arguments[0] == "rev-parse" and "--show-toplevel" in arguments) or "not a git repository" in told:
        help = ["leave `--changed` out to check everything"]
        if "dubious ownership" in told:
            help = [
                f"it belongs to another user; where that is meant: `git config --global --add safe.directory {folder}`"
            ]
        raise CommandError(
            codes.NOT_UNDER_GIT, f"`{folder}` is not in a repository of git that can be asked", help=help
        )
    raise _Failed(codes.UNKNOWN_REVISION, told.partition("\n")[0] or f"git {arguments[0]} failed")
