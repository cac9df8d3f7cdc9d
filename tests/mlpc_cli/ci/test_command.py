"""`mlpc ci`: what it writes, what it leaves alone, and what the systems' own schemas say of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from mlpc import __version__
from mlpc_cli.ci import SYSTEMS, may_be_replaced, written
from tests.engines import ROOT, python_with
from tests.mlpc_cli.ci.scratch import ran
from tests.mlpc_cli.command import environment, mlpc

NAMES = list(SYSTEMS)


@pytest.mark.parametrize("system", NAMES)
def test_it_writes_and_knows_what_it_wrote(tmp_path: Path, system: str) -> None:
    path = SYSTEMS[system].path
    answer = mlpc("ci", system, "--check", cwd=tmp_path)
    assert (answer.code, answer.out) == (1, f"{path}: is not there: `mlpc ci {system}`\n")
    answer = mlpc("ci", system, cwd=tmp_path)
    assert answer.code == 0
    assert answer.out.startswith(f"{path}: written\n")
    data = (tmp_path / path).read_bytes()
    assert data == written(system)
    assert may_be_replaced(data)
    assert b"@INSTALL@" not in data
    assert f"mlpc=={__version__}".encode() in data
    assert mlpc("ci", system, "--check", cwd=tmp_path).code == 0
    assert mlpc("ci", system, cwd=tmp_path).out == f"{path}: up to date\n"
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [Path(path).name]


@pytest.mark.parametrize("system", NAMES)
def test_what_somebody_else_wrote_is_left_alone(tmp_path: Path, system: str) -> None:
    path = tmp_path / SYSTEMS[system].path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("name: mine\n", encoding="utf-8")
    answer = mlpc("ci", system, cwd=tmp_path)
    assert answer.code == 4
    assert answer.err.startswith(
        f"error[MLP695] occupied-file: `{SYSTEMS[system].path}` was written or changed by somebody else\n  = help: `-o "
    )
    assert path.read_text(encoding="utf-8") == "name: mine\n"
    assert mlpc("ci", system, "--force", cwd=tmp_path).code == 0
    assert path.read_bytes() == written(system)


def test_a_change_by_hand_is_kept_and_an_older_version_replaced(tmp_path: Path) -> None:
    path = tmp_path / "ci.yml"
    assert mlpc("ci", "azure", "-o", "ci.yml", cwd=tmp_path).code == 0
    ours = path.read_bytes()
    path.write_bytes(ours.replace(b"ubuntu-24.04", b"windows-2022"))
    assert mlpc("ci", "azure", "-o", "ci.yml", cwd=tmp_path).code == 4
    answer = mlpc("ci", "azure", "-o", "ci.yml", "--check", cwd=tmp_path)
    assert (answer.code, answer.out) == (
        1,
        f"ci.yml: is not what mlpc {__version__} writes: `mlpc ci azure -o ci.yml`\n",
    )
    # What another system, and so what another version, was written for is as good as any.
    path.write_bytes(written("gitlab"))
    answer = mlpc("ci", "azure", "-o", "ci.yml", cwd=tmp_path)
    assert (answer.code, answer.out) == (0, "ci.yml: replaced\n")
    assert path.read_bytes() == ours


@pytest.mark.parametrize("install", ["./mlpc.whl", "mlpc @ git+https://example.org/a#b: \"c\" \\ 'd' é"])
@pytest.mark.parametrize("system", NAMES)
def test_another_one_is_installed_if_that_is_said(tmp_path: Path, system: str, install: str) -> None:
    assert mlpc("ci", system, "--install", install, "-o", "x.yml", cwd=tmp_path).code == 0
    told = yaml.safe_load((tmp_path / "x.yml").read_text(encoding="utf-8"))
    if system == "pre-commit":
        found = told["repos"][0]["hooks"][2]["additional_dependencies"][0]
    elif system == "github":
        found = told["env"]["MLPC"]
    else:
        found = (told["mlpc"] if system == "gitlab" else told)["variables"]["MLPC"]
    assert found == install
    assert mlpc("ci", system, "--install", install, "-o", "x.yml", "--check", cwd=tmp_path).code == 0
    assert mlpc("ci", system, "-o", "x.yml", "--check", cwd=tmp_path).code == 1
    assert mlpc("ci", system, "-o", "x.yml", cwd=tmp_path).out.startswith("x.yml: replaced\n")


def test_it_prints(tmp_path: Path) -> None:
    answer = mlpc("ci", "github", "-o", "-", cwd=tmp_path)
    assert (answer.code, answer.out.encode()) == (0, written("github"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["jenkins"], 2, "`jenkins` is not one of"),
        (["githb"], 2, "did you mean `github`?"),
        ([], 2, "missing argument"),
        (["github", "--check", "--force"], 2, "`--check` writes nothing"),
        (["github", "--check", "-o", "-"], 2, "`--check` writes nothing"),
        (["github", "--install", "--index-url=x"], 2, "is no plain requirement"),
        (["github", "--install", "${{ github.head_ref }}"], 2, "is no plain requirement"),
        (["gitlab", "--install", "a\nb"], 2, "is no plain requirement"),
        (["azure", "--install", ""], 2, "is no plain requirement"),
        (["github", "-o", "folder"], 4, "cannot be replaced: is a directory"),
        (["github", "-o", "file/x.yml"], 4, "cannot be"),
        (["github", "-o", "dangling"], 4, "is a link to what is not there"),
    ],
)
def test_what_it_cannot_do(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    answer = mlpc("ci", *words, cwd=tmp_path)
    assert answer.code == code
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "nowhere").exists()


# What the systems say of it


def checked(*words: str, status: int = 0) -> str:
    program = python_with("schemas").with_name("check-jsonschema")
    return ran([str(program), *words], ROOT, environment(), status)


SCHEMAS = {
    "github": ["vendor.github-workflows"],
    "gitlab": ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
    "azure": [
        "vendor.azure-pipelines",
        "--data-transform",
        "azure-pipelines",
        "--regex-variant",
        "nonunicode",
    ],
}


@pytest.mark.parametrize(
    ("system", "wrong"),
    [
        ("github", (b"runs-on:", b"runs-on: []\n    runs-of:")),
        ("gitlab", (b"when: always", b"when: allways")),
        ("azure", (b"displayName: Install", b"displayname: Install")),
    ],
)
def test_its_schema_takes_it(tmp_path: Path, system: str, wrong: tuple[bytes, bytes]) -> None:
    path = tmp_path / "file.yml"
    path.write_bytes(written(system))
    options = ["--builtin-schema", *SCHEMAS[system]]
    checked(*options, str(path))
    # And is no schema that takes anything.
    path.write_bytes(written(system).replace(*wrong))
    checked(*options, str(path), status=1)


def test_the_action_is_one() -> None:
    checked("--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml"))


def test_actionlint_has_nothing_to_say(tmp_path: Path) -> None:
    program = str(python_with("ci").with_name("actionlint"))
    path = tmp_path / "mlpc.yml"
    path.write_bytes(written("github"))
    assert ran([program, "-shellcheck=", str(path)], tmp_path, environment()) == ""
    path.write_bytes(written("github").replace(b"github.base_ref", b"github.base_reff"))
    assert "base_reff" in ran([program, "-shellcheck=", str(path)], tmp_path, environment(), status=1)


def test_pre_commit_takes_the_configuration_and_the_hooks(tmp_path: Path) -> None:
    program = str(python_with("ci").with_name("pre-commit"))
    path = tmp_path / "config.yaml"
    path.write_bytes(written("pre-commit"))
    ran([program, "validate-config", str(path)], tmp_path, environment())
    ran([program, "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")], tmp_path, environment())


def test_both_ways_to_the_hooks_lead_to_the_same() -> None:
    manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (only,) = yaml.safe_load(written("pre-commit"))["repos"]
    for ours, theirs in zip(only["hooks"], manifest, strict=True):
        assert ours.pop("additional_dependencies") == [f"mlpc=={__version__}"]
        theirs.pop("minimum_pre_commit_version")
        assert ours == theirs


def test_actions_are_pinned_by_what_cannot_be_moved() -> None:
    texts = [written("github").decode(), (ROOT / "action.yml").read_text(encoding="utf-8")]
    used = [name for text in texts for name in re.findall(r"^ *-? *uses: (\S+)", text, re.MULTILINE)]
    assert len(used) == 3
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name) for name in used)


@pytest.mark.parametrize("system", NAMES)
def test_no_expression_is_put_into_a_script(system: str) -> None:
    """What an event says reaches a script by its environment: a branch may be called anything."""
    texts = {"github": [written("github").decode(), (ROOT / "action.yml").read_text(encoding="utf-8")]}
    for text in texts.get(system, [written(system).decode()]):
        for script in re.findall(r"(?:run|bash|script): *\|?\n?((?:.*\n)*?)(?= *(?:- |\w+:))", text):
            assert "${{" not in script
            assert "$(" not in script
