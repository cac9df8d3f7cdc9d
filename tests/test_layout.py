"""The shape of the project and the laws of ARCHITECTURE.md that no import contract can see."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked_files() -> list[Path]:
    """Every file that is, or with the next commit may be, part of the project."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    files = [ROOT / name for name in listing.split("\0") if name]
    return [file for file in files if file.is_file() and not file.is_symlink()]


FILES = tracked_files()


# The tree


@pytest.mark.parametrize(
    "name",
    [
        "pyproject.toml",
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        ".ci/run",
        "compiler/mlpc/__init__.py",
        "compiler/mlpc/source.py",
        "compiler/mlpc/diagnostics.py",
        "compiler/mlpc/codes.py",
        "compiler/mlpc/syntax/__init__.py",
        "compiler/mlpc/resolve/__init__.py",
        "compiler/mlpc/check/__init__.py",
        "compiler/mlpc/ir/__init__.py",
        "compiler/mlpc/lower/passes/__init__.py",
        "compiler/mlpc/format/__init__.py",
        "compiler/mlpc/lint/rules/__init__.py",
        "compiler/mlpc/backend.py",
        "compiler/mlpc/compilation.py",
        "compiler/mlpc_cli/__init__.py",
        "compiler/mlpc_run/__init__.py",
        "backends/mlpc_backends/local",
        "backends/mlpc_backends/shared",
        "grammar/mlpc_grammar/mlp.lark",
        "stdlib/mlpc_stdlib/runtime/__init__.py",
        "examples/tumor/main.mlp",
        "examples/own_code/main.mlp",
        "tests/cases",
    ],
)
def test_everything_lies_where_the_architecture_says(name: str) -> None:
    assert (ROOT / name).exists()


def test_no_top_level_folder_is_a_surprise() -> None:
    known = {
        ".ci",
        "backends",
        "compiler",
        "docs",
        "editors",
        "examples",
        "grammar",
        "requirements",
        "stdlib",
        "tests",
        "tools",
    }
    found = {file.relative_to(ROOT).parts[0] for file in FILES if len(file.relative_to(ROOT).parts) > 1}
    assert found <= known


def test_a_source_root_holds_packages_and_is_none() -> None:
    for root in PROJECT["tool"]["hatch"]["build"]["dev-mode-dirs"]:
        assert not (ROOT / root / "__init__.py").exists()


def test_the_wheel_takes_every_package_of_the_source_roots() -> None:
    roots = PROJECT["tool"]["hatch"]["build"]["dev-mode-dirs"]
    packages = {
        "/".join(file.relative_to(ROOT).parts[:2])
        for file in FILES
        if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in roots
    }
    assert packages == set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def test_every_folder_with_modules_is_a_package() -> None:
    """A folder without `__init__.py` would be seen from a checkout and by luck alone from a wheel."""
    roots = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    folders = {
        file.parent
        for file in FILES
        if file.suffix == ".py" and str(file.relative_to(ROOT)).startswith(tuple(roots))
    }
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_examples_have_a_program_and_a_page() -> None:
    for folder in sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir()):
        assert (folder / "main.mlp").is_file(), folder
        assert (folder / "README.md").is_file(), folder


# One version


def test_the_version_is_the_same_everywhere() -> None:
    version = PROJECT["project"]["version"]
    for package in ("compiler/mlpc", "stdlib/mlpc_stdlib"):
        namespace = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
        assert re.findall(r'^__version__ = "(.*)"$', namespace, re.MULTILINE) == [version]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    latest = re.findall(r"^## \[?(\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert latest[:1] == [version]


# Nothing of one machine


def test_no_file_names_a_place_on_one_machine_or_an_index() -> None:
    folders = "|".join(("work", "root", "home/[a-z]", "Users"))
    place = re.compile(rf"(?<![\w.$}}/])/(?:{folders})(?:/[\w.]|\b(?=[\"'\s]))")
    index = re.compile(r"\b(?:files\.pythonhosted\.|pypi\.org/simple|deb\.debian\.org|index-url[ =]+\w+://)")
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for file in FILES
        if file != Path(__file__) and file.suffix not in {".onnx", ".parquet", ".png"}
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if place.search(line) or index.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("lock", sorted(path.name for path in (ROOT / "requirements").glob("*.txt")))
def test_a_lock_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.rstrip())
    unhashed = [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert unhashed == []


def test_what_is_declared_is_locked() -> None:
    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[<>=!~;\[ ]", line, maxsplit=1)[0].lower() for line in requirements}

    def locked(lock: str) -> set[str]:
        text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==", text, re.MULTILINE))

    core = names(PROJECT["project"]["dependencies"])
    extras = PROJECT["project"]["optional-dependencies"]
    assert core <= locked("mlpc.txt")
    assert core | names([line for extra in extras.values() for line in extra]) <= locked("dev.txt")
    assert {"uv"} | names(PROJECT["build-system"]["requires"]) <= locked("bootstrap.txt")


# The compiler and the backends touch nothing

# `sys` stays allowed for its limits and its interning, `datetime` for its types; what either could read is
# listed under attributes.
TOUCHING = {
    "asyncio", "concurrent", "ctypes", "fcntl", "getpass", "glob", "http", "locale", "logging", "mmap",
    "multiprocessing", "os", "pathlib", "platform", "random", "requests", "resource", "secrets", "select",
    "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib",
    "uuid", "httpx", "importlib", "pkgutil", "pickle", "io",
}  # fmt: skip
TOUCHING_CALLS = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
TOUCHING_ATTRIBUTES = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "sys": {"argv", "path", "stdin", "stdout", "stderr", "modules", "executable", "exit", "platform"},
}


def touches(source: str) -> list[str]:
    """What a module does that reaches outside: imports, calls and attributes, each as `line: what`."""
    found = []
    tree = ast.parse(source)
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        found += [f"{node.lineno}: import {name}" for name in names if name.split(".")[0] in TOUCHING]  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOUCHING_CALLS:
            found.append(f"{node.lineno}: {node.func.id}(...)")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if node.attr in TOUCHING_ATTRIBUTES.get(owner, ()):
                found.append(f"{node.lineno}: {owner}.{node.attr}")
    return found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import os.path", ["1: import os.path"]),
        ("from time import monotonic", ["1: import time"]),
        ("def f():\n    import socket", ["2: import socket"]),
        ("text = open('a').read()", ["1: open(...)"]),
        ("print('a')", ["1: print(...)"]),
        ("import datetime\nnow = datetime.datetime.now()", ["2: datetime.now"]),
        ("import sys\nsys.stdout.write('a')", ["2: sys.stdout"]),
        ("import re\nre.compile('a')", []),
        ("from datetime import date\nday = date(2026, 1, 1)", []),
        ("from . import os_names", []),
    ],
)
def test_what_counts_as_touching(source: str, found: list[str]) -> None:
    assert touches(source) == found


PURE = sorted(
    str(file.relative_to(ROOT))
    for file in FILES
    if file.suffix == ".py"
    and str(file.relative_to(ROOT)).startswith(("compiler/mlpc/", "backends/mlpc_backends/"))
)


@pytest.mark.parametrize("module", PURE)
def test_the_compiler_and_the_backends_do_no_io(module: str) -> None:
    assert touches((ROOT / module).read_text(encoding="utf-8")) == []
