"""What the DAG that `mlpc compile --to airflow` writes costs inside Airflow, against a naive one of equal shape.

The naive DAG has the same tasks with the same images, commands and edges, written as people write them by hand: every
argument again at every operator, an arrow for every edge. Both lie in a real Airflow 3 with SQLite.

*Parse* is what the DAG processor, and every worker before every task, does with the file: a `DagBag` of it, in turns in one
process, CPU time, after Airflow and its provider for Docker were imported. *Run* is `dag.test()`, CPU time, in a process and
with a database of its own, the second time that it is called there: the first starts what Airflow keeps. The operators'
`execute` is replaced by one that does nothing, the same on both sides, because a thousand containers would measure Docker. So
it holds Airflow's own work for a task (rendering its templates, states, the decision what comes next) and no container, no
pauses of the scheduler, and no worker, which would parse the file once more for every task. It is measured with fewer tasks
than parsing is: each takes some 50 ms, of a hundred as of a thousand.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from tests.benchmarks.bench_check import install
from tests.benchmarks.large import trainings
from tests.benchmarks.measure import once
from tests.mlpc_backends.airflow.engine import Airflow

#: Blocks of the specs, and how often each DAG is parsed and run.
PARSED, PARSES = 668, 7
RUN, RUNS = 68, 3

_PARSE = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.docker.operators.docker import DockerOperator
*files, rounds, answer = sys.argv[1:]
costs = [[] for _ in files]
for _ in range(1 + int(rounds)):
    for file, found in zip(files, costs):
        start = time.process_time()
        bag = DagBag(dag_folder=file)
        found.append(time.process_time() - start)
        assert not bag.import_errors, bag.import_errors
        (dag,) = bag.dags.values()
        assert len(dag.tasks) > 100
json.dump([found[1:] for found in costs], open(answer, "w"))
"""

_SHAPE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
(dag,) = DagBag(dag_folder=sys.argv[1]).dags.values()
tasks = [
    [task.task_id, task.image, task.command, sorted(task.upstream_task_ids)] for task in dag.topological_sort()
]
json.dump(tasks, open(sys.argv[2], "w"))
"""

_RUN = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.docker.operators.docker import DockerOperator
DockerOperator.execute = lambda self, context: None
(dag,) = DagBag(dag_folder=sys.argv[1]).dags.values()
dag.test()
start = time.process_time()
run = dag.test()
cost = time.process_time() - start
states = {each.state for each in run.get_task_instances()}
json.dump([cost, run.state, sorted(states), len(dag.tasks)], open(sys.argv[2], "w"))
"""

_NAIVE = """from datetime import datetime

from airflow.providers.docker.operators.docker import DockerOperator
from airflow.sdk import DAG
from docker.types import Mount

with DAG(dag_id="naive", schedule=None, start_date=datetime(2000, 1, 1), catchup=False, max_active_runs=1):
"""


def naive(tasks: list[tuple[str, str, list[str], list[str]]]) -> str:
    """Return the DAG file that a person would write for ``tasks``: id, image, command, what each waits for."""
    names = {id: f"t{number}" for number, (id, *_) in enumerate(tasks)}
    operators = [
        f"    {names[id]} = DockerOperator(\n"
        f"        task_id={id!r},\n"
        f"        image={image!r},\n"
        f"        command={command!r},\n"
        '        mounts=[Mount(source="store", target="/mlpc/store", type="volume")],\n'
        '        auto_remove="force",\n'
        "        mount_tmp_dir=False,\n"
        "        do_xcom_push=False,\n"
        "        retries=0,\n"
        "        skip_on_exit_code=99,\n"
        "    )\n"
        for id, image, command, _ in tasks
    ]
    edges = [f"    {names[before]} >> {names[id]}\n" for id, _, _, waits in tasks for before in waits]
    return "".join([_NAIVE, *operators, *edges])


def pair(folder: Path, mlpc: Path, blocks: int) -> list[Path]:
    """Write the DAG that is compiled from a spec of ``blocks`` blocks and a naive one, each into a folder of its own."""
    spec = folder / "main.mlp"
    folder.mkdir()
    spec.write_text(trainings(blocks)["main.mlp"], encoding="utf-8")
    once([mlpc, "compile", spec, "--to", "airflow", "-o", "compiled"], folder)
    airflow = Airflow(folder / "shape")
    written = folder / "naive" / "dag.py"
    written.parent.mkdir()
    tasks = airflow.ask(_SHAPE, str(folder / "compiled" / "dag.py"))
    written.write_text(naive(tasks), encoding="utf-8")
    return [folder / "compiled" / "dag.py", written]


def run(folder: Path, dag: Path) -> tuple[float, int]:
    """Run a DAG in an Airflow of its own; return its CPU seconds and the number of its tasks."""
    airflow = Airflow(folder)
    airflow.dags.rmdir()
    airflow.dags.symlink_to(dag.parent)
    airflow.migrate()
    cost, state, states, tasks = airflow.ask(_RUN, str(airflow.dags / dag.name))
    if (state, states) != ("success", ["success"]):
        raise RuntimeError(f"the run of {dag} ended as {state}, its tasks as {', '.join(states)}")
    return cost, tasks


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        mlpc = install(folder, dependencies=True) / "mlpc"
        files = pair(folder / "large", mlpc, PARSED)
        costs = Airflow(folder / "parse").ask(_PARSE, *(str(file) for file in files), str(PARSES))
        ours, theirs = (median(found) for found in costs)
        print(
            f"parse of a generated DAG of 1,001 tasks inside Airflow against a naive one: CPU {ours / theirs:.2f}x "
            f"({ours:.2f} s, {theirs:.2f} s, medians of {PARSES}); 0.76 is possible",
            flush=True,
        )
        files = pair(folder / "small", mlpc, RUN)
        found: list[list[float]] = [[], []]
        tasks = set()
        for number in range(RUNS):
            for seconds, file in zip(found, files, strict=True):
                cost, count = run(folder / f"run-{number}-{file.parent.name}", file)
                seconds.append(cost)
                tasks.add(count)
        (count,) = tasks
        ours, theirs = (median(seconds) for seconds in found)
        print(
            f"run of a generated DAG of {count} tasks inside Airflow against a naive one: CPU {ours / theirs:.2f}x "
            f"({1000 * ours / count:.0f} ms, {1000 * theirs / count:.0f} ms a task, medians of {RUNS}); 1 is equal",
            flush=True,
        )


if __name__ == "__main__":
    main()
