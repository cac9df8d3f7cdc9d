"""What a run came to, where Airflow knows of a task what the store cannot."""

from __future__ import annotations

from typing import Any

from mlpc_engines.airflow_summary import missing, reconcile


def step(node: str, state: str, started: float = 1.0) -> dict[str, Any]:
    return {"node": node, "state": state, "by": [], "started": started, "error": None}


def summary(*steps: dict[str, Any], exit_code: int = 0, promoted: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "steps": list(steps),
        "gates": [],
        "promoted": list(promoted),
        "reasons": [],
        "seconds": 1.0,
        "exit_code": exit_code,
    }


def no_log(node: str) -> str:
    raise AssertionError("nothing has to be asked")


def test_what_agrees_stays() -> None:
    found = summary(step("fit", "ran"), promoted=("fit",))
    reconcile(found, "success", {"fit": "success"}, no_log)
    assert found == summary(step("fit", "ran"), promoted=("fit",))


def test_a_container_that_was_never_started() -> None:
    found = summary(step("fit", "skipped", 0.0), step("tell", "skipped", 0.0), exit_code=1)
    states = {"fit": "failed", "tell": "upstream_failed"}
    reconcile(found, "failed", states, lambda node: "one\nImageNotFound: 404\n")
    fit, tell = found["steps"]
    assert (fit["state"], fit["error"]["help"]) == ("failed", ["it printed last: ImageNotFound: 404"])
    assert fit["error"]["message"] == "Airflow ended its task before it could say why"
    assert (tell["state"], tell["by"]) == ("skipped", ["fit"])
    assert (found["exit_code"], found["reasons"]) == (5, ["`fit` failed"])


def test_a_step_that_was_done_and_that_airflow_lost() -> None:
    found = summary(step("fit", "ran"), promoted=("fit",))
    reconcile(found, "failed", {"fit": "failed"}, lambda node: "")
    assert found["steps"][0]["error"]["message"] == (
        "its container was done, but Airflow counts its task as failed"
    )
    assert (found["exit_code"], found["promoted"]) == (5, [])


def test_a_gate_that_failed_is_no_gate_that_did_not_pass() -> None:
    found = summary(step("fit", "ran"), exit_code=1)
    reconcile(found, "failed", {"fit": "success", "enough": "failed"}, lambda node: "")
    assert (found["exit_code"], found["reasons"]) == (5, ["`enough` failed"])


def test_a_run_that_was_marked_as_failed_by_hand() -> None:
    found = summary(step("fit", "ran"), step("tell", "skipped", 0.0), exit_code=1)
    reconcile(found, "failed", {"fit": "success", "tell": "skipped"}, no_log)
    assert (found["exit_code"], found["reasons"]) == (5, ["the run was marked as failed in Airflow"])


def test_a_failure_that_was_marked_as_success_stays_one() -> None:
    found = summary(step("fit", "failed"), exit_code=5)
    reconcile(found, "success", {"fit": "success"}, no_log)
    assert (found["exit_code"], found["steps"][0]["state"]) == (5, "failed")
    assert missing(found, {"fit": "success"}) == []


def test_a_step_that_the_store_knows_nothing_of_is_missing() -> None:
    found = summary(step("fit", "skipped", 0.0), step("tell", "skipped", 0.0), exit_code=1)
    assert missing(found, {"fit": "success", "tell": "skipped"}) == ["fit"]
