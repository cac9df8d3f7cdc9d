"""What a node does inside its container: from the workflow and the store to artefacts, a record, an exit status."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from mlpc.ir.nodes import Action, Figure, Task
from mlpc_stdlib.runtime import digests

from .pipelines import COUNT, DOUBLE, GATE, Engine, Retry, Secret, task


def test_a_task_takes_from_the_store_and_gives_to_it(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, GATE, DOUBLE)
    assert words.run("count")[0] == 0
    assert (tmp_path / "store" / "count" / "words").read_text(encoding="utf-8") == "6"
    assert words.run("enough") == (0, "enough passed\n  ok    size: words >= 6  (words is 6)\n")
    assert words.run("double")[0] == 0
    assert (tmp_path / "store" / "double" / "made").read_text(encoding="utf-8") == "66"
    record = words.record("count")
    assert (record["status"], record["metrics"], record["attempts"]) == ("done", {"words": 6}, 1)
    assert record["outputs"]["words"] == digests.of_artefact(str(tmp_path / "store" / "count" / "words"))
    assert record["inputs"]["text"] == digests.of_artefact(str(tmp_path / "data" / "texts" / "three.txt"))
    assert not list((tmp_path / "store" / ".work").iterdir())


def test_a_gate_that_does_not_pass_ends_with_1_and_holds_back_what_follows(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, GATE, DOUBLE)
    assert words.run("count", "--param", "factor=1")[0] == 0
    assert words.run("enough") == (1, "enough not passed\n  FAIL  size: words >= 6  (words is 3)\n")
    status, said = words.run("double")
    assert (status, said.splitlines()[0]) == (
        3,
        "error[MLP794 held-back]: `double` does not run: `enough` did not pass",
    )
    assert not (tmp_path / "store" / "double" / "made").exists()
    summary = words.summary()
    assert [(step["node"], step["state"], step["by"]) for step in summary["steps"]] == [
        ("count", "ran", []),
        ("double", "blocked", ["enough"]),
    ]
    assert (summary["gates"][0]["passed"], summary["exit_code"]) == (False, 1)


def test_what_was_not_made_in_one_run_is_not_mixed(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, GATE, DOUBLE)
    assert [words.run(id)[0] for id in ("count", "enough", "double")] == [0, 0, 0]
    assert words.run("count", "--param", "factor=5")[0] == 0
    status, said = words.run("double")
    assert status == 3
    assert "`enough` belongs to another run" in said


def test_a_summary_may_be_of_one_run_alone(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, GATE, DOUBLE)
    for id in ("count", "enough", "double"):
        assert words.run(id, "--run", "monday")[0] == 0
    assert words.run("count", "--run", "tuesday", "--param", "factor=5")[0] == 0
    states = {
        run: [(step["state"], step["metrics"]) for step in words.summary("--run", run)["steps"]]
        for run in ("monday", "tuesday", "friday")
    }
    assert states == {
        "monday": [("skipped", {}), ("skipped", {})],
        "tuesday": [("ran", {"words": 15}), ("skipped", {})],
        "friday": [("skipped", {}), ("skipped", {})],
    }


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ([], 0, "6"),
        (["--param-variable", "factor=FACTOR"], 0, "12"),
        (
            ["--param", "factor=12"],
            2,
            "the parameter `factor` cannot be `12`: it is a whole number >= 1 and <= 9",
        ),
        (
            ["--param", "factor=x"],
            2,
            "the parameter `factor` cannot be `x`: it is a whole number >= 1 and <= 9",
        ),
        (["--param", "facter=3"], 2, "has no parameter `facter`; did you mean `factor`?"),
    ],
)
def test_parameters(tmp_path: Path, given: list[str], status: int, said: str) -> None:
    words = Engine(tmp_path, COUNT)
    found, text = words.run("count", *given, FACTOR="4")
    assert found == status
    made = tmp_path / "store" / "count" / "words"
    assert said == made.read_text(encoding="utf-8") if status == 0 else said in text


def test_a_parameter_whose_variable_is_empty_keeps_its_default(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT)
    assert words.run("count", "--param-variable", "factor=FACTOR", FACTOR="")[0] == 0
    assert words.record("count")["metrics"] == {"words": 6}


def test_the_time_of_a_run_has_to_be_told(tmp_path: Path) -> None:
    """Nobody's clock stands in for it: the containers of one run would not agree."""
    words = Engine(tmp_path, COUNT, task("tell", arguments={"key": {"param": "nightly.time"}}))
    words.run("count")
    status, said = words.run("tell", "--param-variable", "nightly.time=MOMENT")
    assert status == 2
    assert (
        "`key` of `tell` has no value: the parameter `nightly.time` has no value\n"
        "  help: the time of a schedule is told by `mlpc submit`; by hand it is given like any parameter"
        in said
    )
    status, said = words.run("tell", "--param", "nightly.time=tomorrow")
    assert status == 2
    assert (
        "the parameter `nightly.time` cannot be `tomorrow`: it is a time such as 2026-01-31T12:00:00" in said
    )
    assert words.run("tell", "--param", "nightly.time=2026-01-31T03:00:00Z")[0] == 0


def test_another_attempt_is_made_as_declared(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, task("flaky", retry=Retry(3, 0.01)))
    words.run("count")
    status, said = words.run("flaky")
    assert (status, words.record("flaky")["attempts"]) == (0, 3)
    assert "flaky: attempt 2 of 3 failed: RuntimeError: not yet" in said


def test_attempts_come_to_an_end(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, task("flaky", retry=Retry(2, 0.01)))
    words.run("count")
    assert words.run("flaky")[0] == 2
    summary = words.summary()
    assert summary["exit_code"] == 5
    assert summary["steps"][1]["state"] == "failed"
    assert summary["steps"][1]["error"]["message"].endswith("RuntimeError: not yet")


def test_a_step_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, task("slow", timeout=0.7))
    words.run("count")
    status, said = words.run("slow")
    assert status == 2
    assert "error[MLP631 step-timed-out]: `slow` was ended: it took longer than its timeout of 0.7 s" in said


def test_sigterm_reaches_the_step(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, task("slow"))
    words.run("count")
    with words.start("slow") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(20) == 143
    assert words.summary()["steps"][1]["state"] == "failed"


def test_a_container_that_was_killed_is_reported_as_failed(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, task("slow"))
    words.run("count")
    with words.start("slow") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    (step,) = [step for step in words.summary()["steps"] if step["node"] == "slow"]
    assert step["state"] == "failed"
    assert step["error"]["message"] == "its container ended before the step was done"


def test_a_secret_is_a_file_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3same+0pen", encoding="utf-8")
    tell = task("tell", arguments={"key": {"secret": "key"}})
    words = Engine(tmp_path, COUNT, tell, secrets=(Secret("key", {"base": "string"}, None),))
    words.run("count")
    status, said = words.run("tell", "--secret", f"key={tmp_path / 'key'}")
    assert (status, said) == (0, "the key is ***\n")
    assert (tmp_path / "store" / "tell" / "made").read_text(encoding="utf-8") == "nep0+emas3s"
    assert "s3same" not in (tmp_path / "store" / "tell" / "result.json").read_text(encoding="utf-8")


def test_credentials_of_an_object_store_are_not_shown(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, task("blab"))
    words.run("count")
    told = {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
        "AWS_SESSION_TOKEN": "AQoEXAMPLEH4aoAH0gNCAPy",
    }
    status, said = words.run("blab", **told)
    assert status == 2
    assert "in the environment: *** ***\n" in said
    assert "ValueError: ***" in said
    record = (tmp_path / "store" / "blab" / "result.json").read_text(encoding="utf-8")
    assert not any(value in said + record for value in told.values())
    # Of a store for trials they are words like any other.
    assert "environment: test test" in words.run("blab", **dict.fromkeys(told, "test"))[1]


def test_a_secret_that_is_not_mounted(tmp_path: Path) -> None:
    tell = task("tell", arguments={"key": {"secret": "key"}})
    words = Engine(tmp_path, COUNT, tell, secrets=(Secret("key", {"base": "string"}, None),))
    words.run("count")
    status, said = words.run("tell", "--secret", "key=/nowhere/key")
    assert status == 2
    assert (
        "error[MLP607 missing-secret]: the secret `key`, which `tell` takes as `key`, cannot be read" in said
    )


def test_a_secret_that_is_not_what_it_is_declared_as(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3same+0pen\n", encoding="utf-8")
    tell = task("tell", arguments={"key": {"secret": "key"}})
    words = Engine(tmp_path, COUNT, tell, secrets=(Secret("key", {"base": "url"}, None),))
    words.run("count")
    status, said = words.run("tell", "--secret", f"key={tmp_path / 'key'}")
    assert status == 2
    wanted = "the secret `key`, which `tell` takes as `key`, is not a URL such as https://example.org"
    assert f"error[MLP796 bad-secret]: {wanted}" in said
    assert "s3same" not in said + (tmp_path / "store" / "tell" / "result.json").read_text(encoding="utf-8")


def test_a_step_is_refused_that_would_take_a_value_that_does_not_fit(tmp_path: Path) -> None:
    place = {"file": "main.mlp", "line": 9, "column": 12}
    expr = {"op": "*", "args": [{"param": "factor"}, {"metric": {"node": "count", "name": "words"}}]}
    checked = {
        "checked": expr,
        "type": {"base": "int", "max": 10},
        "what": "`key` of `tell`",
        "text": "factor * …",
    }
    words = Engine(tmp_path, COUNT, task("tell", arguments={"key": {**checked, "place": place}}))
    assert words.run("count", "--param", "factor=6")[0] == 0
    status, said = words.run("tell", "--param", "factor=6")
    assert status == 2
    assert (
        "error[MLP795 value-does-not-fit]: `key` of `tell` is a whole number <= 10, but comes to 108" in said
    )
    error = words.record("tell")["error"]
    assert (error["code"], error["place"], error["final"]) == ("MLP795", place, True)
    assert error["help"] == ["main.mlp:9:12 says `factor * …`"]


_RATED = ", and its component `rated` declares `share` as a number >= 0 and <= 1"


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ({"share": 0.5, "more": "text"}, ""),
        ({}, ""),
        (
            {"share": {"": 0.5, "legal": 95}},
            'MLP744 not-as-declared]: `rate` measured `share["legal"]` as 95' + _RATED,
        ),
        (
            {"share": "half"},
            'MLP744 not-as-declared]: `rate` measured `share` as "half"' + _RATED,
        ),
        ([0.5], "MLP799 step-crashed]: `metrics` of the result of `rate` has the wrong form"),
    ],
)
def test_figures_of_a_program_of_the_users_own_are_what_its_component_declares(
    metrics: object, said: str, tmp_path: Path
) -> None:
    answer = {"contract": 1, "status": "done", "metrics": metrics}
    program = f"import json, sys; json.dump({answer!r}, open(json.load(open(sys.argv[2]))['result'], 'w'))"
    rate = Task(
        "rate",
        Action("container", "registry.example.org/rate:1", "", (sys.executable, "-c", program)),
        {},
        {},
        {},
        labels={"component": "rated"},
        figures={"share": Figure({"base": "float", "min": 0, "max": 1}, None)},
    )
    engine = Engine(tmp_path, rate)
    status, printed = engine.run("rate")
    record = engine.record("rate")
    if said:
        assert (status, record["status"]) == (2, "failed")
        assert f"error[{said}\n" in printed
    else:
        assert (status, record["status"], record["metrics"]) == (0, "done", metrics)


def test_data_that_is_not_mounted(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT)
    (tmp_path / "data" / "texts" / "three.txt").unlink()
    status, said = words.run("count")
    assert status == 2
    assert "`texts/three.txt`, which `count` reads as its `text`, cannot be read: No such file" in said


def test_digests_are_of_content_alone(tmp_path: Path) -> None:
    from hashlib import sha256

    folder = tmp_path / "model"
    (folder / "deep" / "empty").mkdir(parents=True)
    (folder / "deep" / "b.txt").write_bytes(b"b")
    (folder / "a ü.txt").write_bytes(b"a" * 3_000_000)
    large, small = (sha256(content).hexdigest() for content in (b"a" * 3_000_000, b"b"))
    listing = f"{large} a ü.txt\n{small} deep/b.txt\n- deep/empty/\n"
    assert digests.of_artefact(str(folder / "a ü.txt")) == f"sha256:{large}"
    assert digests.of_artefact(str(folder)) == f"tree:{sha256(listing.encode()).hexdigest()}"
