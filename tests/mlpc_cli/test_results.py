"""A result that is used again is what a check, or the linter, would give now: after any change of what it depends on."""

from __future__ import annotations

import ast
import io
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlpc
import mlpc_backends
import mlpc_stdlib
from mlpc.diagnostics import Diagnostic
from mlpc.source import Span
from mlpc_cli import results
from mlpc_cli.check import check
from mlpc_cli.formats import NAMES
from mlpc_cli.lint import lint
from mlpc_cli.loader import open_spec
from mlpc_cli.result_file import ResultFiles
from mlpc_cli.results import Recorder, Results, open_results
from tests.mlpc_cli.command import mlpc as command

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted(path.parent for path in (ROOT / "tests/cases").glob("*/*/main.mlp"))

MAIN = """\
mlp 1

use "./lib/schemas.mlp" as schemas
use "./lib/parts.mlp" as parts
use std.devices as devices

pipeline demo {
  param trees: int in 1..500 = 100

  data cells: csv {
    path = "cells.csv"
    schema = schemas.Cell
    timeout = 1h
  }

  split halves: random {
    data = cells
    test = 20%
    stratify = cells.malignant
    seed = 7
    timeout = 1h
  }

  train own: parts.my_trainer {
    data = halves.train
    trees = trees
    timeout = 1h
    resources { cpu = 2, memory = 1GiB }
  }

  evaluate quality: classification {
    model = own
    data = halves.test
    timeout = 1h
    require accuracy >= 90%
  }

  export portable: onnx { model = own, timeout = 1h }

  deploy api: server { model = portable, replicas = 1 }

  budget { require cost <= 5USD }

  backend compose {}
}

env prod {
  param trees = 200
  deploy api { replicas = 3 }
}
"""

FILES = {
    "main.mlp": MAIN,
    "lib/schemas.mlp": "mlp 1\n\nschema Cell {\n  radius: float >= 0\n  malignant: bool @label\n}\n",
    "lib/parts.mlp": (
        'mlp 1\n\ncomponent my_trainer: train {\n  param trees: int = 10\n  input data: dataset\n'
        '  output model: model("sklearn", data)\n  run = python("../steps/train.py:fit")\n}\n'
    ),
    "steps/train.py": "def fit(data: str, trees: int) -> object:\n    return None\n",
    "mlpc.toml": '[prices]\ncurrency = "USD"\nhour = 0.1\n',
    "mlpc.lock": "# what steps need\n",
}  # fmt: skip

#: Words that take the place of others: some are right where they come to stand, most are not.
WORDS = [
    "cells", "malignant", "malignent", "trees", "200", "0.5", "20%", "schemas", "Cell", "parts", "fit", "train", "prod",
    "GiB", "{", "}", "@label", "hour", "gpu_hour", "compose", "kubeflow", "sklearn", "std", '"./lib/extra.mlp"', "def",
    "replicas", "remove", "mlp 2", "\ufeff", "\r\n", "\t", "\\n", "é", "\u202e",
]  # fmt: skip
#: Files that may appear: some shadow others, or are near in name to what is looked for.
NEW = [
    "lib/extra.mlp", "lib/schema.mlp", "main.mlpc", "steps/trainer.py", "mlpc.toml", "lib/mlpc.toml", "other.mlp",
    "steps/mlpc.toml", "mlpc.lock",
]  # fmt: skip


class Project:
    """A project with a standard library and backends of its own, which a test may change, too."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "project"
        self.cache = folder / "cache"
        for name, text in FILES.items():
            self.put(name, text)
        standard, backends = folder / "std", folder / "backends"
        shutil.copytree(mlpc_stdlib.__path__[0], standard, ignore=lambda *_: {"runtime", "__pycache__"})
        for settings_file in Path(mlpc_backends.__path__[0]).glob("*/settings.mlp"):
            (backends / settings_file.parent.name).mkdir(parents=True)
            shutil.copy(settings_file, backends / settings_file.parent.name)
        patch.setattr(mlpc_stdlib, "__path__", [str(standard)])
        patch.setattr(mlpc_backends, "__path__", [str(backends)])
        patch.setenv("MLPC_CACHE_DIR", str(self.cache))
        self.places = {
            "project": self.folder, "std": standard, "backends": backends,
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8", newline="")

    def files(self, place: str) -> list[Path]:
        return sorted(path for path in self.places[place].rglob("*") if path.is_file() or path.is_symlink())

    def kept(self) -> list[Path]:
        return sorted(path for path in self.cache.rglob("*") if path.is_file())

    def said(self, *, cache: bool, **options: str) -> tuple[int, str]:
        out = io.StringIO()
        with chdir(self.folder), redirect_stdout(out):
            code = check(["."], cache=cache, **options)
        return code, out.getvalue()

    def linted(self, *, cache: bool, error_format: str = "text", colour: str = "auto") -> tuple[int, str]:
        out = io.StringIO()
        with chdir(self.folder), redirect_stdout(out):
            code = lint(["."], cache=cache, error_format=error_format, colour=colour)
        return code, out.getvalue()


def change(project: Project, chance: random.Random) -> str:
    """Change one thing, and say which."""
    what = chance.choice(
        ["word"] * 4
        + ["gone"] * 4
        + ["new"] * 6
        + ["cut", "back", "folder", "link", "std", "backend", "root", "bytes"]
    )
    files = project.files("std" if what == "std" else "backends" if what == "backend" else "project")
    files = [
        path for path in files if path.suffix in (".mlp", ".py", ".toml", ".lock") and not path.is_symlink()
    ]
    if what == "back" or not files:
        for name, text in FILES.items():
            path = project.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            elif path.is_symlink():
                path.unlink()
            project.put(name, text)
        return "back"
    path = chance.choice(files)
    if what in ("word", "std", "backend"):
        words = path.read_text(encoding="utf-8", errors="replace").split(" ")
        words[chance.randrange(len(words))] = chance.choice(WORDS)
        path.write_text(" ".join(words), encoding="utf-8", newline="")
    elif what == "cut":
        path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size + 1)])
    elif what == "bytes":
        path.write_bytes(path.read_bytes() + bytes(chance.randrange(256) for _ in range(3)))
    elif what == "gone":
        path.unlink()
    elif what == "folder":
        path.unlink()
        path.mkdir()
    elif what == "link":
        other = chance.choice([*files, Path("/etc/hostname")])
        path.unlink()
        path.symlink_to(other)
    elif what == "root":
        (project.folder.parent / "mlpc.toml").touch()
    else:
        path = project.folder / chance.choice(NEW)
        if not path.exists():
            project.put(str(path.relative_to(project.folder)), chance.choice(list(FILES.values())))
    return f"{what} {path}"


def damage(project: Project, chance: random.Random) -> None:
    """Do something to one of the results that are kept."""
    kept = project.kept()
    if not kept:
        return
    path = chance.choice(kept)
    what = chance.choice(["cut", "byte", "other", "gone", "folder", "writable"])
    if what == "cut":
        os.truncate(path, chance.randrange(path.stat().st_size))
    elif what == "byte":
        data = bytearray(path.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
    elif what == "other":
        path.write_bytes(chance.choice(kept).read_bytes())
    elif what == "writable":
        path.chmod(0o666)
    else:
        path.unlink()
        if what == "folder":
            path.mkdir()


OPTIONS = st.fixed_dictionaries(
    {
        "error_format": st.sampled_from(NAMES),
        "colour": st.sampled_from(["auto", "always", "never"]),
        "environment": st.sampled_from(["", "", "prod", "none"]),
    }
)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(st.tuples(OPTIONS, st.sampled_from(["", "1"]), st.booleans()), min_size=1, max_size=5),
)
def test_with_the_cache_as_without(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    steps: list[tuple[dict[str, str], str, bool]],
) -> None:
    chance = random.Random(seed)
    done: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        project = Project(tmp_path_factory.mktemp("changes"), patch)
        assert project.said(cache=True) == project.said(cache=False)
        for options, force, damaged in steps:
            done.append(change(project, chance))
            patch.setenv("FORCE_COLOR", force)
            if damaged:
                damage(project, chance)
            expected = project.said(cache=False, **options)
            assert project.said(cache=True, **options) == expected, done
            assert project.said(cache=True, **options) == expected, ("the second time", done)
            options.pop("environment")
            expected = project.linted(cache=False, **options)
            assert project.linted(cache=True, **options) == expected, done
            assert project.linted(cache=True, **options) == expected, ("linted the second time", done)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(tmp_path, monkeypatch)


def test_the_project_is_right_as_it_stands(project: Project) -> None:
    assert project.said(cache=False) == (0, "3 files: ok\n")


def hits(project: Project, spec: str = "main.mlp", environment: str = "") -> bool:
    """Whether a check would be answered from what is kept."""
    found = open_results()
    assert found is not None
    loader, path = open_spec(str(project.folder / spec))
    return found.get(found.key(loader, path, ("check", environment)), loader) is not None


@pytest.mark.parametrize("name", list(FILES))
def test_what_is_read_is_part_of_what_must_be_the_same(project: Project, name: str) -> None:
    project.said(cache=True)
    assert hits(project)
    before = (project.folder / name).read_bytes()
    (project.folder / name).write_bytes(before + b"\n")
    # What a check does not read does not matter to it.
    assert hits(project) == (name == "mlpc.lock")
    (project.folder / name).write_bytes(before)
    assert hits(project)


def lint_hits(project: Project) -> bool:
    """Whether the linter would be answered from what is kept."""
    found = open_results(results.LINTER)
    assert found is not None
    loader, path = open_spec(str(project.folder / "main.mlp"))
    return found.get(found.key(loader, path, ("lint",)), loader) is not None


@pytest.mark.parametrize("name", list(FILES))
def test_what_the_linter_reads_is_part_of_it_too(project: Project, name: str) -> None:
    """Its settings and the lock among them; and a result of a check is none of its own."""
    project.said(cache=True)
    assert not lint_hits(project)
    project.linted(cache=True)
    assert lint_hits(project)
    before = (project.folder / name).read_bytes()
    (project.folder / name).write_bytes(before + b"\n")
    assert not lint_hits(project)
    (project.folder / name).write_bytes(before)
    assert lint_hits(project)


def test_settings_that_change_change_what_the_linter_says(project: Project) -> None:
    assert project.linted(cache=True)[0] == 0
    for text, code in (
        ('[lint.rules]\nno-description = "error"\n', 1),
        ('[lint.rules]\nno-description = "off"\n', 0),
        ("[lint]\nstrict = true\n", 1),
        ('[lint]\n"stri\\u0063t" = true\n', 1),
    ):
        project.put("mlpc.toml", text)
        for _ in range(2):
            assert project.linted(cache=True) == project.linted(cache=False)
            assert project.linted(cache=True)[0] == code, text


def test_the_library_and_the_settings_of_a_backend_are_read_too(project: Project) -> None:
    project.said(cache=True)
    for path in (project.places["std"] / "deploy.mlp", project.places["backends"] / "compose/settings.mlp"):
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        assert not hits(project)
        path.write_bytes(before)
        assert hits(project)
    (project.places["std"] / "sql.mlp").write_text("mlp 1\n")
    assert hits(project)


def test_an_environment_has_a_result_of_its_own(project: Project) -> None:
    project.said(cache=True)
    assert hits(project)
    assert not hits(project, environment="prod")
    assert not hits(project, environment="none")


def test_a_file_that_appears(project: Project) -> None:
    (project.folder / "lib/schemas.mlp").rename(project.folder / "lib/schema.mlp")
    code, out = project.said(cache=True)
    assert code == 1
    assert "did you mean `./lib/schema.mlp`?" in out
    project.put("lib/schemas.mlp", FILES["lib/schemas.mlp"])
    assert project.said(cache=True) == (0, "4 files: ok\n")


def test_a_file_that_appears_beside_one_that_is_missing(project: Project) -> None:
    for name in ("lib/schemas.mlp", "steps/train.py"):
        (project.folder / name).unlink()
    code, out = project.said(cache=True)
    assert code == 1
    assert "did you mean" not in out
    project.put("lib/schema.mlp", "mlp 1\n")
    assert "did you mean `./lib/schema.mlp`?" in project.said(cache=True)[1]
    project.put("steps/trains.py", "")
    assert "did you mean `trains.py`?" in project.said(cache=True)[1]


def test_what_stands_in_the_place_of_a_file(project: Project) -> None:
    for name in ("lib/schemas.mlp", "steps/train.py"):
        path = project.folder / name
        text = path.read_bytes()
        path.unlink()
        for what in ("a folder", "a named pipe", "a link to what is not there"):
            if what == "a folder":
                path.mkdir()
            elif what == "a named pipe":
                os.mkfifo(path)
            else:
                path.symlink_to("nowhere")
            assert f"`{name}` is {what}" in project.said(cache=True)[1]
            assert hits(project)
            path.rmdir() if path.is_dir() else path.unlink()
        assert f"there is no file `{name}`" in project.said(cache=True)[1]
        path.write_bytes(text)
    assert project.said(cache=True) == (0, "3 files: ok\n")


def test_a_project_that_begins_higher(project: Project) -> None:
    """A new mlpc.toml above moves the root, and with it the paths in messages."""
    (project.folder / "mlpc.toml").unlink()
    (project.folder / "lib/parts.mlp").unlink()
    assert "no file `lib/parts.mlp`" in project.said(cache=True)[1]
    (project.folder.parent / "mlpc.toml").touch()
    assert "no file `project/lib/parts.mlp`" in project.said(cache=True)[1]


def test_another_place_has_the_same_results(project: Project, tmp_path: Path) -> None:
    project.said(cache=True)
    shutil.copytree(project.folder, tmp_path / "elsewhere")
    project.folder = tmp_path / "elsewhere"
    assert hits(project)


def test_a_compiler_that_changed(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "mlpc"
    shutil.copytree(mlpc.__path__[0], package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(mlpc, "__path__", [str(package)])
    project.said(cache=True)
    assert hits(project)
    module = package / "check/units.py"
    about, text = module.stat(), module.read_bytes()
    module.write_bytes(text.replace(b"1024", b"1000", 1))
    os.utime(module, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert len(text) == module.stat().st_size
    assert not hits(project)
    project.said(cache=True)
    assert hits(project)
    monkeypatch.setattr(mlpc, "__version__", "9.9.9")
    assert not hits(project)


def test_a_compiler_whose_files_cannot_be_seen(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlpc, "__path__", ["/dev/null/archive.zip"])
    assert open_results() is None
    assert project.said(cache=True) == (0, "3 files: ok\n")
    assert project.kept() == []


def imported(path: Path) -> Iterator[str]:
    """The modules of the compiler that a module imports, anywhere in it."""
    package = path.relative_to(Path(mlpc.__path__[0]).parent).parent.parts
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [
        node
        for node in tree.body
        if not (
            isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        )
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            found = [*base, *(node.module or "").split(".")]
            yield ".".join(part for part in found if part)


def test_all_code_that_makes_a_result_is_looked_at() -> None:
    """What a check imports lies in the folders whose files are part of the key."""
    folder = Path(mlpc.__path__[0])
    inside = {f"mlpc.{name}".rstrip(".") for name in results._CODE}
    for name in results._CODE:
        for path in (folder / name).glob("*.py"):
            if path.name in ("compilation.py", "backend.py"):
                continue  # these also do what is no check, see below
            for module in imported(path):
                assert module in inside or module.rpartition(".")[0] in inside, (path, module)


def test_no_other_code_is_loaded_by_a_check(project: Project) -> None:
    project.put("main.mlp", MAIN.replace("malignant", "malignent").replace("compose", "composed"))
    script = (
        "import sys; from mlpc_cli.check import check; check(['.']);"
        "print(*sorted({name.rpartition('.')[0] for name in sys.modules if name.startswith('mlpc.')}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project.folder, capture_output=True, text=True, check=True
    )
    inside = {f"mlpc.{name}".rstrip(".") for name in results._CODE}
    assert set(done.stderr.split()) == inside


# A compiler that reads while somebody writes


def test_a_question_that_is_asked_twice_has_one_answer(project: Project) -> None:
    loader, path = open_spec(str(project.folder / "main.mlp"))
    recorder = Recorder(loader)
    first, names, what = recorder.read(path), recorder.names("lib"), recorder.what("lib/new.mlp")
    project.put("main.mlp", "mlp 1\n")
    (project.folder / "lib/new.mlp").mkdir()
    project.put("lib/newer.mlp", "mlp 1\n")
    assert (recorder.read(path), recorder.names("lib"), recorder.what("lib/new.mlp")) == (first, names, what)


def test_a_spec_that_changes_between_the_key_and_the_check(project: Project) -> None:
    """The result is that of the text that was read, and is found with no other."""
    found = open_results()
    assert found is not None
    loader, path = open_spec(str(project.folder / "main.mlp"))
    key = found.key(loader, path, ("check", ""))
    recorder = Recorder(loader)
    project.put("main.mlp", "mlp 1\n")
    recorder.read(path)
    found.put(key, recorder, [])
    assert not hits(project)
    project.put("main.mlp", MAIN)
    assert not hits(project)


# What cannot be had again exactly is not kept


def again(found: list[Diagnostic]) -> list[object]:
    def place(span: Span | None) -> object:
        return span and (span.source.path, span.source.text, span.start, span.end)

    return [
        (
            item.code, item.severity, item.message, item.label, place(item.span), item.help,
            [(place(label.span), label.message) for label in item.labels],
            [(fix.message, fix.safe, [(place(span), text) for span, text in fix.edits]) for fix in item.fixes],
        )
        for item in found
    ]  # fmt: skip


def test_a_rule_that_changed(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "mlpc"
    shutil.copytree(mlpc.__path__[0], package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(mlpc, "__path__", [str(package)])
    project.said(cache=True)
    project.linted(cache=True)
    rule = package / "lint/rules/no_owner.py"
    rule.write_bytes(rule.read_bytes() + b"\n")
    assert not lint_hits(project)
    assert hits(project)


def test_all_code_that_makes_a_finding_is_looked_at() -> None:
    folder = Path(mlpc.__path__[0])
    inside = {f"mlpc.{name}".rstrip(".").replace("/", ".") for name in (*results._CODE, *results.LINTER)}
    for name in results.LINTER:
        for path in (folder / name).glob("*.py"):
            for module in imported(path):
                assert module in inside or module.rpartition(".")[0] in inside, (path, module)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: "/".join(folder.parts[-2:]))
def test_every_case_is_had_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlpc.compilation import Compilation

    monkeypatch.chdir(folder)
    loader, path = open_spec("main.mlp")
    recorder = Recorder(loader)
    found = list(Compilation(recorder, path).check())
    kept = Results(ResultFiles(str(tmp_path)), "a compiler")
    key = kept.key(loader, path, ())
    kept.put(key, recorder, found)
    had = kept.get(key, loader)
    if had is None:
        # A text that is not simply its bytes.
        texts = [file.read_bytes() for file in folder.iterdir() if file.suffix in (".mlp", ".py")]
        with pytest.raises(UnicodeDecodeError):
            b"\n".join(texts).decode("utf-8")
    else:
        assert again(had) == again(found)


def test_what_is_no_result_of_ours(project: Project) -> None:
    """Bytes with the right digest, from another version or from whoever made them."""
    found = open_results()
    assert found is not None
    loader, path = open_spec(str(project.folder / "main.mlp"))
    key = found.key(loader, path, ("check", ""))
    (question,) = (f"r\tmain.mlp\t{results.digest(MAIN.encode())}",)
    for data in (
        b"", b"\n", b"\n\n", b"\xff", b"r\tmain.mlp", b"x\tmain.mlp\t-", f"{question}\n\n".encode(),
        f"{question}\n\nd\tMLP999\terror\t\t\t\tm\tl".encode(), f"{question}\n\nd\tMLP301".encode(),
        f"{question}\n\nh\tno diagnostic before it".encode(),
        f"{question}\n\nd\tMLP301\terror\tmain.mlp\tone\t2\tm\tl".encode(),
        f"{question}\n\nd\tMLP301\terror\tother.mlp\t1\t2\tm\tl".encode(),
    ):  # fmt: skip
        found.files.write(key, data)
        assert found.get(key, loader) is None, data
        assert project.said(cache=True) == (0, "3 files: ok\n")


# The command


def test_the_second_time_nothing_is_compiled(project: Project) -> None:
    script = (
        "import sys; from mlpc_cli.__main__ import main; code = main(['check', 'main.mlp']);"
        "heavy = {'re', 'json', 'hashlib', 'mlpc.codes', 'mlpc.compilation', 'mlpc_cli.render', 'mlpc_cli.files'};"
        "print(code, sorted(heavy & set(sys.modules)))"
    )

    def said() -> str:
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=project.folder, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert "mlpc.compilation" in said()
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(sorted({'re', 'json', 'hashlib'} & set(sys.modules)))"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said() == f"main.mlp: ok\n0 {bare}"


def test_no_cache(project: Project) -> None:
    for arguments in (["check", "--no-cache", "."], ["check", "--no-cache", "--", "."]):
        assert command(*arguments, cwd=project.folder).out == "3 files: ok\n"
        assert project.kept() == []
    assert command("check", ".", cwd=project.folder).out == "3 files: ok\n"
    assert len(project.kept()) == 3


@pytest.mark.parametrize("place", ["/proc/none", "/dev/null/none"])
def test_where_nothing_can_be_kept(project: Project, place: str) -> None:
    for _ in range(2):
        answer = command("check", ".", cwd=project.folder, MLPC_CACHE_DIR=place)
        assert (answer.code, answer.out, answer.err) == (0, "3 files: ok\n", "")


def test_a_user_without_a_home(project: Project) -> None:
    answer = command("check", ".", cwd=project.folder, MLPC_CACHE_DIR="", XDG_CACHE_HOME="", HOME="")
    assert (answer.code, answer.out, answer.err) == (0, "3 files: ok\n", "")
    assert not (project.folder / ".cache").exists()


def test_several_at_once(project: Project) -> None:
    for number in range(20):
        project.put(f"more/{number}.mlp", MAIN.replace("./lib", "../lib").replace("20%", f"{number}"))
    expected = project.said(cache=False, colour="never")
    others = [
        subprocess.Popen(
            [sys.executable, "-m", "mlpc_cli", "check", ".", "--color", "never"],
            cwd=project.folder, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    assert {(other.communicate()[0], other.wait()) for other in others} == {(expected[1], expected[0])}
    assert project.said(cache=True, colour="never") == expected
