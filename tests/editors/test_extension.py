"""The extension of VS Code: its types are checked, it is packaged as people install it, and what is in the package is looked at.

`test_in_vscode.py` runs it in VS Code itself.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mlpc.compilation import Compilation
from mlpc.format import format_source
from mlpc.source import Source
from mlpc_cli.backends import names
from mlpc_cli.group import COMMANDS
from tests.loader import Texts
from tests.npm import installed

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "editors/vscode"
MANIFEST: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((EXTENSION / "src").glob("*.ts")))


def workshop(folder: Path) -> Path:
    """Return a copy of the extension's sources with the packages of its lock."""
    shutil.copytree(EXTENSION, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "*.vsix"))
    (folder / "node_modules").symlink_to(installed(EXTENSION, "vscode") / "node_modules")
    return folder


def ran(folder: Path, *words: str) -> str:
    """Run a program of the packages, which finds no network."""
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    command = [str(folder / "node_modules/.bin" / words[0]), *words[1:]]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **nowhere, "npm_config_offline": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def package(folder: Path) -> Path:
    """Package the extension as a `.vsix`."""
    made = workshop(folder / "vscode")
    ran(
        made,
        "vsce",
        "package",
        "--no-dependencies",
        "--allow-missing-repository",
        "--out",
        str(folder / "mlpc.vsix"),
    )
    return folder / "mlpc.vsix"


@pytest.fixture(scope="module")
def vsix(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(package(tmp_path_factory.mktemp("vsix")))


def test_the_package_holds_what_it_needs_and_nothing_else(vsix: zipfile.ZipFile) -> None:
    assert sorted(vsix.namelist()) == sorted(
        [
            "[Content_Types].xml",
            "extension.vsixmanifest",
            *(
                f"extension/{name}"
                for name in (
                    "LICENSE.txt", "dist/extension.js", "images/file.svg", "images/icon.png", "images/icon.svg",
                    "language-configuration.json", "package.json", "readme.md", "snippets.json",
                    "syntaxes/markdown.json", "syntaxes/mlp.tmLanguage.json",
                )
            ),
        ]
    )  # fmt: skip
    code = vsix.read("extension/dist/extension.js").decode()
    assert 'require("vscode")' in code
    # Everything else is in it, and nothing of the machine that packaged it.
    assert not re.search(r'require\("(?:vscode-languageclient|vscode-languageserver|semver|minimatch)', code)
    assert str(ROOT) not in code
    assert len(code) < 1_000_000
    assert (
        vsix.read("extension/syntaxes/mlp.tmLanguage.json")
        == (EXTENSION / "syntaxes/mlp.tmLanguage.json").read_bytes()
    )
    told = json.loads(vsix.read("extension/package.json"))
    for path in re.findall(r'"(\./[^"]+)"', json.dumps({key: told[key] for key in ("main", "contributes")})):
        assert f"extension/{path[2:]}" in vsix.namelist(), path


def test_its_types_are_checked(tmp_path: Path) -> None:
    assert ran(workshop(tmp_path / "vscode"), "tsc", "--noEmit") == ""


def test_the_version_is_that_of_mlpc() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert MANIFEST["version"] == project["version"]
    lock = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["version"] == lock["packages"][""]["version"] == project["version"]
    assert (EXTENSION / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_packages_are_pinned() -> None:
    for name, version in {**MANIFEST["dependencies"], **MANIFEST["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
    lock = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    others = {name: each for name, each in lock["packages"].items() if name}
    assert [name for name, each in others.items() if "integrity" not in each or "resolved" in each] == []


def test_every_command_is_there_once_and_carried_out() -> None:
    declared = [each["command"] for each in MANIFEST["contributes"]["commands"]]
    registered = re.findall(r'(?:command|registerCommand)\("(mlpc\.\w+)"', SOURCES)
    assert sorted(declared) == sorted(registered)
    # Those that lenses of the server name: see `docs/editors.md`.
    for name in ("check", "run", "test", "compile"):
        assert f"mlpc.{name}" in declared
        assert name in COMMANDS
    menus = [each["command"] for menu in MANIFEST["contributes"]["menus"].values() for each in menu]
    assert set(menus) == set(declared)


def test_engines_and_settings_are_those_that_there_are() -> None:
    (engines,) = re.findall(r"const ENGINES = \[([^\]]*)\]", SOURCES)
    assert sorted(re.findall(r'"(\w+)"', engines)) == sorted(names())
    used = set(re.findall(r'affectsConfiguration\("(mlpc\.\w+)"', SOURCES))
    used |= {
        f"mlpc.{name}" for name in re.findall(r'getConfiguration\("mlpc", folder\)\.get\("(\w+)"', SOURCES)
    }
    # The client of the protocol reads the other one by its own name.
    assert {*used, "mlpc.trace.server"} == set(MANIFEST["contributes"]["configuration"]["properties"])


def plain(body: list[str]) -> str:
    """Return what a snippet leaves where nothing is changed: the first choice of each, and the text of each name."""
    text = "\n".join(body)
    values: dict[str, str] = {}

    def first(found: re.Match[str]) -> str:
        number, default, choices = found.groups()
        values[number] = default if default is not None else choices.split(",")[0]
        return values[number]

    text = re.sub(r"\$\{(\d+)(?::([^}]*)|\|([^}]*)\|)\}", first, text)
    return re.sub(r"\$(\d)", lambda found: values.get(found[1], ""), text)


SNIPPETS: dict[str, Any] = json.loads((EXTENSION / "snippets.json").read_text(encoding="utf-8"))
AROUND = plain(SNIPPETS["New spec"]["body"])
AT_THE_TOP = ("Schema", "Environment", "Test")
NAMED = {
    "Data from a CSV file": "more", "Split": "more", "Train": "more", "Evaluate": "more", "Export with parity": "portable",
    "Deploy a server": "api", "Schema": "Other",
}  # fmt: skip


def errors_of(text: str) -> list[str]:
    loader = Texts({"main.mlp": text})
    return [item.message for item in Compilation(loader, "main.mlp").check() if item.severity == "error"]


def test_a_new_spec_is_sound_and_laid_out() -> None:
    assert errors_of(AROUND) == []
    assert format_source(Source("main.mlp", AROUND)).text == AROUND.rstrip("\n") + "\n"


@pytest.mark.parametrize("name", [name for name in SNIPPETS if name != "New spec"])
def test_a_snippet_fits_into_a_spec(name: str) -> None:
    body = plain(SNIPPETS[name]["body"])
    if name in NAMED:
        body = re.sub(r"^(\w+) \w+", rf"\1 {NAMED[name]}", body)
    body = re.sub(r"\bmodel = (?:model)\b", "model = forest", body).replace("label: bool", "label: bool")
    export = "\n".join(f"  {line}" for line in plain(SNIPPETS["Export with parity"]["body"]).splitlines())
    inside = f"{export.replace('model = model', 'model = forest')}\n\n"
    deploy = "\n".join(f"  {line}" for line in plain(SNIPPETS["Deploy a server"]["body"]).splitlines()) + "\n"
    if name in AT_THE_TOP:
        text = AROUND.replace("\n}\n\nschema", f"\n\n{inside}{deploy}}}\n\nschema") + f"\n{body}\n"
    else:
        own = "\n".join(f"  {line}" for line in body.splitlines())
        before = "" if name == "Export with parity" else inside
        text = AROUND.replace("\n}\n\nschema", f"\n\n{before}{own}\n}}\n\nschema")
    assert errors_of(text) == []


def test_the_icon_is_one() -> None:
    with Image.open(EXTENSION / "images/icon.png") as icon:
        assert icon.size == (256, 256)
        assert len(set(icon.convert("RGB").resize((32, 32)).tobytes())) > 4
    assert MANIFEST["icon"] == "images/icon.png"


def test_rules_of_the_editor_are_expressions() -> None:
    told = json.loads((EXTENSION / "language-configuration.json").read_text(encoding="utf-8"))
    assert told["comments"] == {"lineComment": "#"}
    increase, decrease = (told["indentationRules"][f"{way}IndentPattern"] for way in ("increase", "decrease"))
    assert re.match(increase, "  train forest: sklearn.random_forest {")
    assert re.match(increase, "layers = [ # of the network")
    assert not re.match(increase, "# a {")
    assert re.match(decrease, "  }")
    assert re.findall(told["wordPattern"], "require size <= 4GiB @label") == [
        "require",
        "size",
        "4GiB",
        "@label",
    ]
