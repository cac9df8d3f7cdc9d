"""How steps are run: side by side, again, no longer than they may, and what is said when they fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mlpc.ir.canonical import dumps
from mlpc.ir.nodes import Action, Resources, Retry, Service, Trigger
from mlpc_run.errors import EngineError
from mlpc_run.processes import Processes

from .projects import (
    Project,
    diamond,
    environment,
    error,
    gate,
    gone,
    measure,
    said,
    states,
    step,
    text,
    workflow,
)


def test_steps_that_need_nothing_of_each_other_run_side_by_side(project: Project) -> None:
    # Each waits until it sees the other: one after the other neither would end.
    project.write(
        "meet.py",
        """
        import time
        from pathlib import Path

        def meet(mine: str, other: str) -> str:
            Path(mine).touch()
            while not Path(other).exists():
                time.sleep(0.01)
            return "met"
        """,
    )
    here, there = str(project.root / "here"), str(project.root / "there")
    pair = workflow(
        step("a", "meet", file="meet.py", mine=here, other=there, timeout=20.0),
        step("b", "meet", file="meet.py", mine=there, other=here, timeout=20.0),
    )
    assert states(project.run(pair, jobs=2)) == {"a": "ran", "b": "ran"}


def test_jobs_bounds_what_runs_at_once(project: Project) -> None:
    spec = workflow(*(step(f"s{n}", text=str(n), seconds=0.05) for n in range(4)))
    assert set(states(project.run(spec, jobs=1)).values()) == {"ran"}
    running = most = 0
    for event in project.events:
        running += (event.kind == "started") - (event.kind == "finished")
        most = max(most, running)
    assert most == 1


def test_what_follows_a_failure_is_skipped_and_the_rest_goes_on(project: Project) -> None:
    project.write("bad.py", "def bad() -> str:\n    raise ValueError('no luck')\n")
    spec = workflow(
        step("a", "bad", file="bad.py"),
        step("b", "copy", {"data": "a"}),
        measure("c", "b"),
        gate("g", "c", ">", 0),
        step("d", text="x"),
    )
    summary = project.run(spec)
    assert states(summary) == {"a": "failed", "b": "skipped", "c": "skipped", "d": "ran"}
    assert summary.exit_code == 5
    assert summary.gates[0].passed is None
    assert (summary.step("c").by, summary.step("b").by) == (["a"], ["a"])
    assert error(summary, "a")["message"] == "ValueError: no luck"
    assert "no luck" in Path(summary.step("a").log).read_text()
    assert summary.reasons == ["`a` failed: ValueError: no luck"]
    # A message that names its step is not introduced by its name.
    slow = workflow(step("slow", text="x", seconds=30, timeout=0.2))
    assert project.run(slow).reasons == ["`slow` was ended: it took longer than its timeout of 0.2 s"]
    again = project.run(spec)
    assert states(again) == {"a": "failed", "b": "skipped", "c": "skipped", "d": "cached"}


ENVIRONMENT = """
    import os


    def seen(at: str = "") -> str:
        return " ".join(sorted(name for name in os.environ if name.startswith(("AWS_", "MY_"))))
"""


@pytest.mark.parametrize(
    ("location", "seen"),
    [
        ("s3://bucket/cells.csv", "AWS_REGION"),
        ("gs://bucket/cells.csv", ""),
        ("https://example.org/cells.csv", ""),
    ],
)
def test_credentials_of_an_object_store_are_for_steps_that_read_one(
    project: Project, monkeypatch: pytest.MonkeyPatch, location: str, seen: str
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("MY_OWN", "x")
    project.write("seen.py", ENVIRONMENT)
    reads = step("reads", "seen", {"at": location}, file="seen.py")
    summary = project.run(workflow(reads, step("other", "seen", file="seen.py")))
    assert (text(summary, "reads"), text(summary, "other")) == (seen, "")


def test_what_a_step_shows_of_them_is_masked(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
    project.write(
        "show.py",
        """
        import os

        def show(at: str) -> str:
            print(os.environ["AWS_SECRET_ACCESS_KEY"])
            raise ValueError(os.environ["AWS_SECRET_ACCESS_KEY"])
        """,
    )
    summary = project.run(workflow(step("a", "show", {"at": "s3://bucket/cells.csv"}, file="show.py")))
    assert error(summary, "a")["message"] == "ValueError: ***"
    everything = b"".join(path.read_bytes() for path in (project.root / ".mlpc").rglob("*") if path.is_file())
    assert b"wJalrXUtn" not in everything
    assert "wJalrXUtn" not in repr([(event.text, event.data) for event in project.events])


FLAKY = """
    import sys
    from pathlib import Path


    def flaky(count: str, until: int) -> str:
        seen = Path(count)
        tries = len(seen.read_text()) + 1 if seen.exists() else 1
        seen.write_text("x" * tries)
        if tries < until:
            raise OSError(f"try {tries}")
        return f"after {tries}"
"""


def test_a_step_is_tried_again_and_waits_twice_as_long_each_time(project: Project) -> None:
    project.write("flaky.py", FLAKY)
    count = str(project.root / "count")
    spec = workflow(
        step("a", "flaky", file="flaky.py", count=count, until=4, retry=Retry(attempts=5, backoff=0.01))
    )
    summary = project.run(spec)
    assert text(summary, "a") == "after 4"
    assert summary.step("a").attempts == 4
    assert [event.data["wait"] for event in project.happened("retry")] == [0.01, 0.02, 0.04]
    logs = [project.layout.log(summary.run, "a", attempt) for attempt in (1, 2, 3, 4)]
    assert ["OSError" in Path(log).read_text() for log in logs] == [True, True, True, False]


def test_attempts_come_to_an_end(project: Project) -> None:
    project.write("flaky.py", FLAKY)
    count = str(project.root / "count")
    spec = workflow(step("a", "flaky", file="flaky.py", count=count, until=9, retry=Retry(attempts=2)))
    summary = project.run(spec)
    assert (summary.exit_code, summary.step("a").attempts) == (5, 2)
    assert error(summary, "a")["message"] == "OSError: try 2"


def test_what_would_fail_again_is_not_tried_again(project: Project) -> None:
    spec = workflow(step("a", "no_such_function", retry=Retry(attempts=5)))
    summary = project.run(spec)
    assert (summary.exit_code, summary.step("a").attempts) == (5, 1)
    assert error(summary, "a")["final"] is True


def test_a_timeout_ends_a_step_and_all_that_it_started(project: Project) -> None:
    project.write(
        "slow.py",
        """
        import subprocess, time
        from pathlib import Path

        def slow(note: str) -> str:
            child = subprocess.Popen(["sleep", "600"])
            Path(note).write_text(str(child.pid))
            time.sleep(600)
        """,
    )
    note = project.root / "note"
    spec = workflow(step("a", "slow", file="slow.py", note=str(note), timeout=1.0))
    began = time.monotonic()
    summary = project.run(spec)
    assert time.monotonic() - began < 9
    assert summary.exit_code == 5
    assert error(summary, "a")["message"] == "`a` was ended: it took longer than its timeout of 1 s"
    assert gone(int(note.read_text()))


def test_a_step_that_ignores_sigterm_is_killed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlpc_run.processes.GRACE", 0.5)
    project.write(
        "deaf.py",
        """
        import signal, time

        def deaf() -> str:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.set_wakeup_fd(-1)
            while True:
                time.sleep(1)
        """,
    )
    began = time.monotonic()
    summary = project.run(workflow(step("a", "deaf", file="deaf.py", timeout=1.0)))
    assert error(summary, "a")["name"] == "step-timed-out"
    assert time.monotonic() - began < 8


def test_what_a_step_leaves_running_ends_with_it(project: Project) -> None:
    project.write(
        "leave.py",
        """
        import subprocess

        def leave() -> str:
            group = subprocess.Popen(["sleep", "600"]).pid
            apart = subprocess.Popen(["sleep", "600"], start_new_session=True).pid
            return f"{group} {apart}"
        """,
    )
    pids = text(project.run(workflow(step("a", "leave", file="leave.py"))), "a").split()
    assert [gone(int(pid)) for pid in pids] == [True, True]


def test_a_step_that_dies_of_a_signal_says_so(project: Project) -> None:
    project.write("die.py", "import os\ndef die() -> str:\n    os.kill(os.getpid(), 9)\n")
    summary = project.run(workflow(step("a", "die", file="die.py")))
    assert (error(summary, "a")["code"], error(summary, "a")["message"]) == (
        "MLP632",
        "`a` was ended by SIGKILL",
    )
    # Somebody sent it: the system, which tells when it ends a process for want of memory, did not.
    assert "memory" not in str(error(summary, "a")["help"])


def test_a_step_that_takes_its_output_away(project: Project) -> None:
    project.write(
        "take.py",
        """
        import atexit, os
        def away() -> None:
            for folder, _, files in os.walk(os.getcwd()):
                for name in files:
                    if "result" not in name:
                        os.remove(os.path.join(folder, name))
        def take() -> str:
            atexit.register(away)
            return "x"
        """,
    )
    summary = project.run(workflow(step("a", "take", file="take.py")))
    assert (error(summary, "a")["code"], error(summary, "a")["message"]) == (
        "MLP609",
        "`a` ended well, but did not write its output `out`",
    )


def test_the_process_that_watches_over_the_steps_dies() -> None:
    with Processes() as processes:
        os.kill(processes._pid, signal.SIGKILL)
        while not gone(processes._pid):
            time.sleep(0.01)
        with pytest.raises(EngineError) as caught:
            processes.start(["true"], {}, os.curdir)
    assert said(caught.value) == "MLP600 the process that watches over the steps has died"


def test_a_step_that_leaves_without_a_result(project: Project) -> None:
    project.write("leave.py", "import os\ndef leave(status: int) -> str:\n    os._exit(status)\n")
    for status, name in ((0, "bad-result"), (1, "bad-result"), (3, "step-failed")):
        summary = project.run(workflow(step("a", "leave", file="leave.py", status=status)))
        assert (summary.exit_code, error(summary, "a")["name"]) == (5, name)


def test_an_environment_has_links_of_its_own(project: Project) -> None:
    plain, other = workflow(step("a", text="plain")), workflow(step("a", text="of ci"))
    other.environment = "ci"
    first = Path(project.run(plain).artefacts["a"]["out"])
    second = Path(project.run(other).artefacts["a"]["out"])
    assert second == project.root / ".mlpc/latest/small@ci/a/out.txt"
    assert (first.read_text(), second.read_text()) == ("plain", "of ci")


def test_artefacts_are_read_only_and_lie_where_a_person_finds_them(project: Project) -> None:
    summary = project.run(workflow(step("a", text="hello"), step("b", "folder")))
    path = Path(summary.artefacts["a"]["out"])
    assert path == project.root / ".mlpc/latest/small/a/out.txt"
    assert path.read_text() == "hello"
    assert os.stat(path).st_mode & 0o222 == 0
    folder = Path(summary.artefacts["b"]["out"])
    assert sorted(str(each.relative_to(folder)) for each in folder.rglob("*.txt")) == [
        "inside/two.txt",
        "one.txt",
    ]


def test_git_leaves_the_store_alone(project: Project) -> None:
    project.run(workflow(step("a")))
    assert (project.root / ".mlpc/.gitignore").read_text() == "*\n"


def test_a_step_sees_what_it_is_given_and_nothing_of_the_users_shell(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONPATH", "API_TOKEN", "OMP_NUM_THREADS", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "of the user")
    project.write("look.py", "import os, json\ndef look() -> str:\n    return json.dumps(dict(os.environ))\n")
    spec = workflow(step("a", "look", file="look.py", resources=Resources(cpu=2.5)))
    seen = json.loads(text(project.run(spec), "a"))
    assert "of the user" not in [seen.get(name) for name in ("PYTHONPATH", "API_TOKEN", "VIRTUAL_ENV")]
    assert seen["OMP_NUM_THREADS"] == seen["OPENBLAS_NUM_THREADS"] == "3"
    assert seen["PYTHONHASHSEED"] == "0"
    assert seen["TMPDIR"].startswith(str(project.root / ".mlpc/work"))


def test_a_step_cannot_import_what_its_environment_does_not_have(project: Project) -> None:
    project.write("look.py", "def look() -> str:\n    import click\n    return click.__name__\n")
    spec = workflow(step("a", "look", file="look.py"))
    assert error(project.run(spec), "a")["name"] == "missing-library"
    assert text(project.run(spec, isolation=False), "a") == "click", "but where mlpc is installed it is there"


def test_data_that_vanished(project: Project) -> None:
    project.write("data/inn.txt", "x")
    summary = project.run(diamond())
    assert summary.exit_code == 4
    found = error(summary, "top")
    assert (found["code"], found["name"]) == ("MLP604", "no-such-input")
    assert found["message"] == (
        "`data/in.txt`, which `top` reads as its `data`, cannot be read: No such file or directory; "
        "did you mean `inn.txt`?"
    )
    with pytest.raises(EngineError, match="did you mean `inn"):
        project.plan(diamond())


def test_data_that_changes_while_it_is_read(project: Project) -> None:
    data = project.write("data/in.txt", "abc")
    project.write(
        "read.py",
        f"from pathlib import Path\ndef read(data: Path) -> str:\n    Path({str(data)!r}).write_text('x')\n    return ''\n",
    )
    summary = project.run(workflow(step("a", "read", {"data": "data/in.txt"}, file="read.py")))
    assert summary.exit_code == 4
    assert (error(summary, "a")["code"], error(summary, "a")["message"]) == (
        "MLP606",
        "`data/in.txt` changed while `a` was reading it",
    )


def test_code_that_is_not_there(project: Project) -> None:
    summary = project.run(workflow(step("a", "fit", file="train.py")))
    assert summary.exit_code == 4
    assert (error(summary, "a")["code"], error(summary, "a")["message"]) == (
        "MLP605",
        "the code of `a` cannot be read: train.py: No such file or directory",
    )


def test_data_from_outside_is_read_every_time(project: Project) -> None:
    project.write("fetch.py", "def fetch(data: str) -> str:\n    return data\n")
    spec = workflow(
        step("a", "fetch", {"data": "https://example.org/x"}, file="fetch.py"),
        step("b", "copy", {"data": "a"}),
    )
    for state in ("ran", "cached"):
        summary = project.run(spec)
        assert states(summary) == {"a": "ran", "b": state}
        assert text(summary, "b") == "https://example.org/x"


def test_a_gpu_that_is_not_there_is_said_before_anything_runs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlpc_run.selection.gpus", lambda: 0)
    spec = workflow(step("a"), step("b", resources=Resources(gpu=1)))
    with pytest.raises(EngineError) as caught:
        project.run(spec, others=("cpu",))
    assert said(caught.value) == (
        "MLP641 `b` asks for 1 GPU, this machine has none\n"
        "these would run here: --env cpu\n"
        "on a machine without a GPU, a step must not ask for one: resources { gpu = 0 }"
    )
    assert not (project.root / ".mlpc").exists()
    assert states(project.run(spec, only=("a",))) == {"a": "ran"}


def test_a_service_in_a_container_is_refused(project: Project) -> None:
    spec = workflow(Service("a", Action("container", "python:3.11", command=("true",)), {}, {}))
    with pytest.raises(EngineError, match="`a` serves from a container") as caught:
        project.run(spec)
    assert caught.value.diagnostic.code.code == "MLP640"


def test_names_that_nothing_has(project: Project) -> None:
    spec = workflow(step("forest"), params={"trees": "1"})
    with pytest.raises(EngineError, match="`small` has no step `forrest`; did you mean `forest`"):
        project.run(spec, only=("forrest",))
    with pytest.raises(EngineError, match="has no parameter `tree`; did you mean `trees`"):
        project.run(spec, {"tree": "2"})


def test_a_trigger_does_nothing_here(project: Project) -> None:
    assert project.run(workflow(Trigger("nightly", "0 3 * * *", "UTC"), step("a"))).exit_code == 0


def test_an_empty_pipeline(project: Project) -> None:
    assert project.run(workflow()).exit_code == 0


def test_many_steps_in_a_row(project: Project) -> None:
    nodes: list[Any] = [step("s0", text="x")]
    nodes += [step(f"s{n}", "copy", {"data": f"s{n - 1}"}) for n in range(1, 300)]
    # All copies of one text are one step but for the first, so that this is quick.
    summary = project.run(workflow(*nodes))
    assert summary.exit_code == 0
    assert list(states(summary).values()).count("ran") == 2


def test_names_that_no_file_may_have(project: Project) -> None:
    names = ["a/b", "..", "", "ü" * 200, "regions[north]", "a\nb"]
    spec = workflow(*(step(name or " ", text=name) for name in names))
    summary = project.run(spec)
    assert summary.exit_code == 0
    assert [text(summary, name or " ") for name in names] == names


SECRET = "s3cr3t/päss word"


def test_a_secret_comes_as_a_file_and_never_shows(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE", SECRET)
    project.write(
        "connect.py",
        """
        import os, sys
        from pathlib import Path
        from urllib.parse import quote

        def connect(password: str) -> dict:
            assert password == "s3cr3t/päss word"
            print("in clear:", password)
            print("in an address:", "db://me:" + quote(password, safe="") + "@host", file=sys.stderr)
            sys.stdout.write("in pieces: " + password[:4])
            sys.stdout.flush()
            print(password[4:])
            assert password not in os.environ.values()
            return {"letters": len(password)}
        """,
    )
    spec = workflow(
        step(
            "a",
            "connect",
            file="connect.py",
            outputs={"m": {"type": "metrics"}},
            password={"secret": "warehouse"},
        ),
        secrets={"warehouse": "WAREHOUSE"},
    )
    summary = project.run(spec)
    assert summary.exit_code == 0, summary.steps[0].error
    log = Path(summary.step("a").log).read_text()
    assert log == "in clear: ***\nin an address: db://me:***@host\nin pieces: ***\n".replace("\n", "\n")
    assert summary.step("a").metrics == {"letters": len(SECRET)}
    everything = b"".join(path.read_bytes() for path in (project.root / ".mlpc").rglob("*") if path.is_file())
    assert SECRET.encode() not in everything
    assert SECRET not in repr([(event.text, event.data) for event in project.events])
    monkeypatch.setenv("WAREHOUSE", "another")
    assert states(project.run(spec)) == {"a": "cached"}, "the value decides nothing"


def test_an_error_that_shows_a_secret_is_masked(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "topsecret")
    project.write("fail.py", "def fail(key: str) -> str:\n    raise ValueError(f'refused {key}')\n")
    spec = workflow(step("a", "fail", file="fail.py", key={"secret": "k"}), secrets={"k": "KEY"})
    assert error(project.run(spec), "a")["message"] == "ValueError: refused ***"


def test_a_secret_that_is_not_what_it_is_declared_as_is_said_without_its_value(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "topsecret")
    spec = workflow(step("z"), step("a", password={"secret": "warehouse"}), secrets={"warehouse": "KEY"})
    spec.secrets[0].type = {"base": "url"}
    with pytest.raises(EngineError) as caught:
        project.run(spec)
    assert said(caught.value) == (
        "MLP796 the secret `warehouse` is not a URL such as https://example.org\n"
        "its value is not shown; look where it comes from"
    )
    assert project.happened("started") == []


def test_a_secret_that_is_not_there_is_said_before_anything_runs(project: Project) -> None:
    spec = workflow(
        step("z"), step("a", password={"secret": "warehouse"}), secrets={"warehouse": "NO_SUCH_NAME"}
    )
    with pytest.raises(EngineError) as caught:
        project.run(spec)
    assert said(caught.value) == (
        "MLP607 the secret `warehouse` comes from the environment variable NO_SUCH_NAME, which is not set\n"
        "export NO_SUCH_NAME=…"
    )
    assert project.happened("started") == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_process(project: Project, cache: Path, number: int) -> None:
    project.write(
        "slow.py",
        """
        import subprocess, time
        from pathlib import Path

        def slow(note: str) -> str:
            Path(note).write_text(str(subprocess.Popen(["sleep", "600"], start_new_session=True).pid))
            time.sleep(600)
        """,
    )
    note = project.root / "note"
    spec = workflow(
        step("first", text="x"),
        step("a", "slow", file="slow.py", note=str(note)),
        step("b", "copy", {"data": "a"}),
    )
    (project.root / "plan.json").write_bytes(dumps(spec))
    engine = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.mlpc_run.engine",
            project.root,
            project.root / "plan.json",
            project.root / "out",
        ],
        env=environment(MLPC_CACHE_DIR=str(cache)),
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while (
        not (note.exists() and note.read_text())
        or '"finished", "first"' not in (project.root / "out").read_text()
    ):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(engine.pid, number)
    assert engine.wait(timeout=15) == 130
    deadline = time.monotonic() + 5
    while not gone(int(note.read_text())):
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.01)
    assert project.audit() == []
    assert project.plan(spec)["first"][0] == "cached", "what was finished is kept"
    assert os.listdir(project.layout.path("work")) == []


def test_what_a_step_prints_is_shown_as_it_comes(project: Project) -> None:
    project.write(
        "talk.py",
        "import sys\ndef talk() -> str:\n    print('one'); print('two', file=sys.stderr)\n    return ''\n",
    )
    project.run(workflow(step("a", "talk", file="talk.py")))
    assert [event.text for event in project.happened("log")] == ["one", "two"]


def test_a_flood_of_text_is_no_trouble(project: Project) -> None:
    project.write(
        "flood.py", "def flood() -> str:\n    print('x' * 3_000_000)\n    print('end')\n    return ''\n"
    )
    summary = project.run(workflow(step("a", "flood", file="flood.py")))
    assert Path(summary.step("a").log).read_bytes().count(b"x") == 3_000_000
    assert project.happened("log")[-1].text == "end"
