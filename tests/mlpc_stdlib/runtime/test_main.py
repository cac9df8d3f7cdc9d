"""Steps as processes: a task file in, an exit status and ``result.json`` out."""

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

from mlpc_stdlib.runtime import contract, models
from tests.mlpc_stdlib.bundles import flowers

ROOT = Path(__file__).resolve().parents[3]


class Bench:
    """A folder in which steps run as an engine runs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.project.mkdir()

    def task(self, action: str, **more: Any) -> dict[str, Any]:
        target, function = action.split(":")
        kind = "project" if target.endswith(".py") else "runtime"
        return {
            "contract": 1,
            "task": function,
            "action": {"kind": kind, "target": target, "function": function},
            "attempt": 1,
            "seed": 3,
            "threads": 1,
            "inputs": {},
            "outputs": {},
            "arguments": {},
            "secrets": {},
            "project": str(self.project),
            "result": str(self.folder / "result.json"),
            "context": {"pipeline": "garden", "run": "1", "labels": {}},
            **more,
        }

    def start(self, task: dict[str, Any] | str, **environment: str) -> subprocess.Popen[str]:
        path = self.folder / "task.json"
        path.write_text(task if isinstance(task, str) else json.dumps(task))
        return subprocess.Popen(
            [sys.executable, "-m", "mlpc_stdlib.runtime", "--task", str(path)],
            cwd=self.folder,
            env={**os.environ, "PYTHONHASHSEED": "0", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, task: dict[str, Any] | str, **environment: str) -> tuple[int, dict[str, Any], str]:
        """Return the exit status, the result and what was said."""
        (self.folder / "result.json").unlink(missing_ok=True)
        process = self.start(task, **environment)
        said = process.communicate(timeout=120)[1]
        result = self.folder / "result.json"
        return process.returncode, json.loads(result.read_text()) if result.exists() else {}, said

    def code(self, text: str) -> str:
        (self.project / "own.py").write_text(text)
        return "own.py:go"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def chain(bench: Bench, **environment: str) -> dict[str, bytes]:
    """Read, split, train, measure and export by processes; return the bytes of all that was made."""
    frame, type = flowers("enum")
    frame.to_csv(bench.project / "flowers.csv", index=False)
    out = bench.folder / "out"
    out.mkdir(exist_ok=True)

    def at(name: str, port: dict[str, Any] = type) -> dict[str, Any]:
        return {"path": str(out / name), "type": port}

    model = {"type": "model", "framework": "sklearn", "schema": type["schema"], "label": "label"}
    package = "mlpc_stdlib.runtime"
    steps = [
        bench.task(
            f"{package}.data:csv",
            inputs={"path": {"path": str(bench.project / "flowers.csv"), "type": {}}},
            outputs={"rows": at("rows")},
        ),
        bench.task(
            f"{package}.split:random",
            inputs={"data": at("rows")},
            outputs={"train": at("train"), "test": at("test")},
            arguments={"test": 0.2, "validation": None, "stratify": "label", "seed": 7},
        ),
        bench.task(
            f"{package}.sklearn:random_forest",
            inputs={"data": at("train")},
            outputs={"model": at("model", model)},
            arguments={"trees": 10, "max_depth": 5, "min_samples_leaf": 1, "seed": 7},
        ),
        bench.task(
            f"{package}.evaluate:classification",
            inputs={"model": at("model", model), "data": at("test")},
            outputs={
                "metrics": at("metrics", {"type": "metrics"}),
                "report": at("report", {"type": "report"}),
            },
        ),
        bench.task(
            f"{package}.export:onnx",
            inputs={"model": at("model", model), "parity.data": at("test")},
            outputs={"portable": at("portable", {**model, "framework": "onnx"})},
            arguments={"parity.max_abs": 1e-4},
        ),
    ]
    made: dict[str, bytes] = {}
    for number, task in enumerate(steps):
        status, result, said = bench.run(task, **environment)
        assert status == 0, said
        assert result["status"] == "done"
        made[f"result {number}"] = json.dumps(result).encode()
    for path in sorted(out.rglob("*")):
        if path.is_file():
            made[str(path.relative_to(out))] = path.read_bytes()
    return made


def test_a_whole_chain_gives_the_same_bytes_whatever_the_hash_seed_and_the_folder(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "elsewhere").mkdir()
    first = chain(Bench(tmp_path / "one"), PYTHONHASHSEED="1")
    second = chain(Bench(tmp_path / "elsewhere"), PYTHONHASHSEED="4711", OMP_NUM_THREADS="2", TZ="Asia/Tokyo")
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert not any(str(tmp_path).encode() in content for content in first.values())


def test_a_class_of_the_users_own_gives_the_same_bytes_and_loads_in_a_later_step(tmp_path: Path) -> None:
    code = """
import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

class Mean(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.mean_ = float(np.mean(y))
        return self
    def predict(self, X):
        return np.full(len(X), self.mean_)

def go(data):
    return Mean().fit(data[["length"]], data["label"])
"""
    frame, type = flowers("float")
    made = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        bench = Bench(tmp_path / name)
        frame.to_csv(bench.project / "f.csv", index=False)
        rows = {"path": str(bench.folder / "rows"), "type": type}
        model = {"path": str(bench.folder / "model"), "type": {"type": "model", "framework": "sklearn"}}
        csv = {"path": {"path": str(bench.project / "f.csv"), "type": {}}}
        assert (
            bench.run(bench.task("mlpc_stdlib.runtime.data:csv", inputs=csv, outputs={"rows": rows}))[0] == 0
        )
        task = bench.task(bench.code(code), inputs={"data": rows}, outputs={"model": model})
        assert bench.run(task, PYTHONHASHSEED=str(len(name)))[0] == 0
        made.append((bench.folder / "model" / models.MODEL_FILE).read_bytes())
        (bench.project / "own.py").unlink()
        measure = bench.task("mlpc_stdlib.runtime.evaluate:regression", inputs={"model": model, "data": rows})
        status, result, said = bench.run(measure)
        assert status == 0, said
        assert result["metrics"]["r2"] == pytest.approx(0.0)
    assert made[0] == made[1]


# How a step ends


def test_done(bench: Bench) -> None:
    status, result, _ = bench.run(bench.task(bench.code("def go(): return {'answer': 42}")))
    assert status == 0
    assert result == {
        "contract": 1,
        "status": "done",
        "metrics": {"answer": 42},
        "rows": {},
        "messages": [],
    }


def test_failed_with_an_error_that_says_what_helps(bench: Bench) -> None:
    status, result, said = bench.run(bench.task(bench.code("def go(): raise ValueError('too dry')")))
    assert status == 2
    assert result["status"] == "failed"
    assert result["error"] == {
        "code": "MLP743",
        "name": "user-code-failed",
        "message": "ValueError: too dry",
        "help": [],
        "place": {"file": "own.py", "line": 1},
        "final": False,
    }
    assert said.splitlines()[-2:] == ["error[MLP743 user-code-failed]: ValueError: too dry", "  at own.py:1"]


def test_not_passed_when_an_effect_no_longer_stands(bench: Bench) -> None:
    task = bench.task(
        "mlpc_stdlib.runtime.register:mlflow",
        arguments={"name": "flowers"},
        state=str(bench.folder / "state"),
        verify={"name": "flowers", "version": "1", "alias": None},
    )
    status, result, _ = bench.run(task)
    assert (status, result["status"]) == (1, "not_passed")


def test_a_task_that_does_not_keep_to_the_contract(bench: Bench) -> None:
    status, result, said = bench.run("{")
    assert (status, result) == (2, {})
    assert said.startswith("error[MLP790 invalid-task]: ")
    assert said.count("\n") == 1


def test_a_step_of_another_version(bench: Bench) -> None:
    status, result, _ = bench.run(bench.task("mlpc_stdlib.runtime.nonesuch:go"))
    assert status == 2
    assert result["error"]["message"] == "the step runtime has no module `mlpc_stdlib.runtime.nonesuch`"
    status, result, _ = bench.run(bench.task("mlpc_stdlib.runtime.data:nonesuch"))
    assert result["error"]["message"] == "`mlpc_stdlib.runtime.data` has no step `nonesuch`"
    for target in ("os:system", "mlpc_stdlib.runtime.data:local", "mlpc_stdlib.runtime.split:_shares"):
        assert bench.run(bench.task(target))[1]["error"]["code"] == "MLP790"


def test_a_library_that_is_not_there(bench: Bench) -> None:
    blocked = bench.folder / "blocked"
    blocked.mkdir()
    (blocked / "pyarrow.py").write_text("raise ModuleNotFoundError('No module', name='pyarrow')")
    (bench.project / "f.csv").write_text("a\n1\n")
    task = bench.task(
        "mlpc_stdlib.runtime.data:csv",
        inputs={"path": {"path": str(bench.project / "f.csv"), "type": {}}},
        outputs={"rows": {"path": str(bench.folder / "rows"), "type": {}}},
    )
    status, result, _ = bench.run(task, PYTHONPATH=str(blocked))
    assert status == 2
    assert result["error"]["message"] == "the environment of this step has no module `pyarrow`"
    assert result["error"]["final"]


def test_threads_are_set_before_a_library_reads_them(bench: Bench) -> None:
    code = "import os\ndef go(): return {'threads': int(os.environ['OMP_NUM_THREADS'])}"
    assert bench.run(bench.task(bench.code(code), threads=3))[1]["metrics"] == {"threads": 3}


def test_the_entry_imports_the_standard_library_only() -> None:
    heavy = {"numpy", "pandas", "pyarrow", "sklearn", "typing", "inspect", "pathlib"}
    code = f"import sys, mlpc_stdlib.runtime.__main__; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


# Signals


def wait_for(path: Path) -> None:
    for _ in range(400):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


def test_sigterm_lets_the_code_clean_up_and_ends_the_step(bench: Bench) -> None:
    code = """
import pathlib, time
here = pathlib.Path(__file__).parent
def go():
    try:
        (here / "started").write_text("")
        time.sleep(60)
    finally:
        (here / "cleaned").write_text("")
"""
    process = bench.start(bench.task(bench.code(code)))
    wait_for(bench.project / "started")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143
    assert time.monotonic() - began < 5
    assert (bench.project / "cleaned").exists()
    assert not (bench.folder / "result.json").exists()
    process.communicate()


@pytest.mark.full
def test_sigterm_ends_a_step_that_is_deep_in_a_library(bench: Bench) -> None:
    code = """
import pathlib, sqlite3

here = pathlib.Path(__file__).parent
ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"

def go():
    with sqlite3.connect(":memory:") as store:
        (here / "started").write_text("")
        store.execute(ENDLESS).fetchone()
"""
    process = bench.start(bench.task(bench.code(code)))
    wait_for(bench.project / "started")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143
    assert 6 < time.monotonic() - began < 10
    process.communicate()


# The contract's own checks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"contract": 2}, "this runtime keeps to version 1 of the step contract, the task to version 2"),
        ({"action": {"kind": "runtime"}}, "`action.target` has to be a text"),
        ({"action": []}, "`action` has to be an object"),
        ({"result": ""}, "`result` has to be a text"),
        ({"threads": 0}, "`threads` has to be a whole number above 0"),
        ({"threads": True}, "`threads` has to be a whole number above 0"),
        ({"seed": "7"}, "`seed` has to be a whole number"),
        ({"inputs": {"data": {}}}, "`inputs.data` has to be an object with a `path` or a `url`"),
        ({"outputs": {"rows": "x"}}, "`outputs.rows` has to be an object with a `path` or a `url`"),
    ],
)
def test_what_a_task_may_not_be(bench: Bench, change: dict[str, Any], message: str) -> None:
    with pytest.raises(contract.StepError) as caught:
        contract.parse_task({**bench.task("own.py:go"), **change})
    assert caught.value.message == message


def test_result_json_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    contract.write_json(str(path), {"a": 0.1 + 0.2})
    assert json.loads(path.read_text()) == {"a": 0.30000000000000004}
    with pytest.raises(ValueError, match="Out of range float"):
        contract.write_json(str(path), {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 0.30000000000000004}
    assert [item.name for item in tmp_path.iterdir()] == ["result.json"]
