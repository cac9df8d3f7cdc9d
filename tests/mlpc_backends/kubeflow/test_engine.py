"""Kubeflow's own SDK reads what is emitted, as strictly as can be, and its engine for one machine runs it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from mlpc.ir import models, nodes
from mlpc_backends.kubeflow import BACKEND
from mlpc_backends.kubeflow.spec import PARAMETERS
from tests.mlpc.ir.workflows import small, workflows
from tests.mlpc_backends.kubeflow.reading import (
    documents,
    gate,
    material,
    problems,
    run,
    said,
    service,
    task,
    write,
)
from tests.mlpc_cli.command import mlpc

pytestmark = pytest.mark.engine

#: Texts that mean something to YAML, CEL, Kubeflow, Argo, a shell, or a page.
HOSTILE = [
    "a'] == true || true || inputs.parameter_values['b",
    "{{$}}",
    "{{workflow.name}}",
    "{{$.inputs.parameters['x']}}",
    '"\n- !!python/object:os.system x\n',
    "&anchor *alias <<: !tag",
    "a: b\n---\nc",
    "$(id) ${HOME} `id`",
    "</script><script>",
    "# Description: x",
    "--node",
    "=/%2F",
    "   ",
    "null",
    "1e3",
    "ü🙂\u2028\x85\ufeff",
    "{% raw %}",
]


def hostile(text: str, number: int) -> nodes.Workflow:
    """The same pipeline whatever ``text`` is, with the text wherever a spec has one."""

    def name(kind: str) -> str:
        return (kind + text)[:60]

    many = nodes.Input((nodes.Reference(name("a"), name("o")), nodes.Reference("b", "made")), many=True)
    labels: nodes.JsonObject = {"owner": text, text: text}
    made: list[nodes.Node] = [
        task(
            name("a"), f"file:{name('d')}", outputs=(name("o"),), arguments={name("x"): {"param": name("p")}}
        ),
        task("b", arguments={text: {"const": {text: text}}, "key": {"secret": name("s")}}, labels=labels),
        gate(name("g"), name("a"), "b"),
        nodes.Task(
            name("c"), nodes.Action("project", "train.py", text), {text: many}, {}, {}, after=(name("g"),)
        ),
        service("api", f"{name('a')}.{name('o')}" if "." not in name("o") else "b.made", name("g")),
    ]
    return nodes.Workflow(
        f"pipeline{number}",
        tuple(made),
        (nodes.Param(name("p"), {"base": "string"}, text.replace("{{", "{ {"), text),),
        (nodes.Secret(name("s"), {"base": "string"}, {"env": text}),),
        environment=text,
        doc=text,
        labels=labels,
    )


def shape(item: Any) -> Any:
    """What is left of a document without its texts."""
    if isinstance(item, dict):
        return [shape(each) for each in item.values()]
    if isinstance(item, list):
        return [shape(each) for each in item]
    return type(item).__name__


def fitting(workflow: nodes.Workflow) -> nodes.Workflow:
    """The same workflow without what Kubeflow refuses in any case; long names and odd paths stay."""
    defaults: dict[str, nodes.Json] = {
        "NUMBER_INTEGER": 3,
        "NUMBER_DOUBLE": 0.5,
        "BOOLEAN": True,
        "LIST": [1],
        "STRUCT": {"a": [1]},
    }
    params = [
        nodes.Param(
            each.name, each.type, defaults.get(PARAMETERS.get(str(each.type["base"]), ""), each.doc), each.doc
        )
        for each in workflow.params
    ]
    made: list[nodes.Node] = []
    for node in workflow.nodes:
        if isinstance(node, nodes.Task | nodes.Service):
            members = {name: getattr(node, name) for name in node.__slots__}
            members |= {
                "action": nodes.Action("project", "steps.py", node.action.function),
                "requirements": (),
            }
            made.append(type(node)(**members))
        else:
            made.append(nodes.Trigger(node.id, node.cron, "UTC") if isinstance(node, nodes.Trigger) else node)
    members = {name: getattr(workflow, name) for name in workflow.__slots__}
    return nodes.Workflow(**{**members, "nodes": tuple(made), "params": tuple(params), "settings": {}})


def test_the_sdk_finds_nothing_wrong_with_any_pipeline(tmp_path: Path) -> None:
    files: list[Path] = []

    @settings(max_examples=100, phases=[Phase.generate])
    @given(workflows())
    def emit(workflow: nodes.Workflow) -> None:
        result = BACKEND.emit(fitting(workflow))
        if not result.has_errors and workflow.nodes:
            files.append(tmp_path / f"{len(files)}.yaml")
            files[-1].write_bytes(result.files["pipeline.yaml"])

    emit()
    assert len(files) > 20
    assert problems(*files) == [[]] * len(files)


def test_no_text_of_a_spec_changes_what_kubeflow_reads(tmp_path: Path) -> None:
    files, shapes = [], []
    for number, text in enumerate(["plain", *HOSTILE]):
        result = BACKEND.emit(hostile(text, number))
        if any("too long" in line for line in said(result)):
            # Escaped it is too long for a name; where it is no name it must do no harm either.
            result = BACKEND.emit(
                nodes.Workflow(
                    f"pipeline{number}", (task("a", labels={text: text}),), doc=text, environment=text
                )
            )
        else:
            shapes.append(shape(documents(result)))
        files.append(tmp_path / f"{number}.yaml")
        files[-1].write_bytes(result.files["pipeline.yaml"])
    assert len(shapes) > 8
    assert all(each == shapes[0] for each in shapes)
    assert problems(*files) == [[]] * len(files)


def test_the_validator_finds_what_is_wrong(tmp_path: Path) -> None:
    text = BACKEND.emit(models.loads(json.dumps(small()).encode())).files["pipeline.yaml"].decode("utf-8")
    broken = {
        "schemaVersion": text.replace('"2.1.0"', '"2.1.1"'),
        "containre": text.replace("container:", "containre:"),
        "secretNam": text.replace("secretName:", "secretNam:"),
        "comes from nowhere": text.replace('outputArtifactKey: "model"', 'outputArtifactKey: "modell"'),
        "does not wait for": re.sub(r' *dependentTasks:\n( +- "forest"\n)( +- ".*"\n)*', "", text),
        "the condition of": text.replace("== true", "== ture"),
    }
    for number, content in enumerate(broken.values()):
        (tmp_path / f"{number}.yaml").write_text(content, encoding="utf-8")
    found = problems(*(tmp_path / f"{number}.yaml" for number in range(len(broken))))
    assert [any(what in each for each in one) for what, one in zip(broken, found, strict=True)] == [True] * 6


CODE = """
from pathlib import Path


def count(text: Path, factor):
    return {"words": str(len(text.read_text().split()) * factor), "metrics": {"recall": factor / 10}}


def double(words: Path):
    return {"made": words.read_text() * 2, "metrics": {"recall": 0.95}}


def halve(words: Path):
    text = words.read_text()
    return text[: len(text) // 2]


def tell(words: Path):
    print("told:", words.read_text())


def flaky(words: Path, marks):
    marks = Path(marks)
    marks.write_text(marks.read_text() + "x" if marks.exists() else "x")
    if len(marks.read_text()) < 3:
        raise RuntimeError("not yet")
    return "good"
"""
FACTOR = nodes.Param("factor", {"base": "int", "min": 1, "max": 10}, 9)


def words(*more: nodes.Node, **given: Any) -> nodes.Workflow:
    """Words are counted, and more is done with their number."""
    count = nodes.Task(
        "count",
        nodes.Action("project", "steps.py", "count"),
        {"text": nodes.Input((nodes.External("texts/three.txt", False, {"type": "file", "format": ""}),))},
        {"words": nodes.Output({"type": "file", "format": "txt"})},
        {"factor": {"param": "factor"}},
    )
    return nodes.Workflow("words", (count, *more), (FACTOR, *given.pop("params", ())), **given)


def step(function: str, read: str, id: str = "", **more: Any) -> nodes.Task:
    node, _, port = read.partition(".")
    source = nodes.Input((nodes.Reference(node, port),))
    given = {"outputs": {"made": nodes.Output({"type": "file", "format": "txt"})}, "arguments": {}, **more}
    return nodes.Task(
        id or function, nodes.Action("project", "steps.py", function), {"words": source}, **given
    )


def compiled(workflow: nodes.Workflow, folder: Path) -> Path:
    result = BACKEND.emit(workflow, material({"steps.py": CODE}))
    assert not result.has_errors, said(result)
    (folder / "texts").mkdir(parents=True, exist_ok=True)
    (folder / "texts" / "three.txt").write_text("one two three", encoding="utf-8")
    return write(result.files, folder / "build")


def test_steps_run_one_after_the_other_and_a_gate_lets_what_is_good_pass(tmp_path: Path) -> None:
    tell = step("tell", "double.made", outputs={}, after=("enough",), effect=True)
    api = service("api", "double.made", "enough")
    directory = compiled(words(step("double", "count.words"), gate("enough", "count"), tell, api), tmp_path)
    done = run(directory, tmp_path, {"data___count___text": str(tmp_path / "texts" / "three.txt")})
    assert done.failed == []
    # What does not wait for each other runs in any order.
    assert (done.ran[0], set(done.ran[1:3])) == ("count", {"double", "enough"})
    assert set(done.ran[3:]) == {"tell", "api"}
    assert "told: 2727" in done.log
    assert done.record("count")["metrics"] == {"recall": 0.9}
    assert done.output("enough", "passed") is True
    bundle = Path(done.output("api", "bundle"))
    content = json.loads((bundle / "bundle.json").read_bytes())
    assert (bundle / content["inputs"]["model"]["path"]).read_text(encoding="utf-8") == "2727"
    assert content["inputs"]["model"]["digest"] == done.record("double")["outputs"]["made"]
    assert content["figures"] == {"count": {"recall": 0.9}, "double": {"recall": 0.95}}


def test_steps_run_in_the_images_that_were_built_for_them(tmp_path: Path, docker_engine: None) -> None:
    tell = step("tell", "double.made", outputs={}, after=("enough",), effect=True)
    api = service("api", "double.made", "enough")
    directory = compiled(words(step("double", "count.words"), gate("enough", "count"), tell, api), tmp_path)
    answer = mlpc("build", str(directory), cwd=tmp_path)
    assert answer.code == 0, answer
    # What is imported has to lie where the containers see it.
    text = tmp_path / "out" / "three.txt"
    text.parent.mkdir()
    shutil.copy(tmp_path / "texts" / "three.txt", text)
    done = run(directory, tmp_path, {"data___count___text": str(text)}, containers=True)
    assert done.failed == [], done.log
    assert set(done.ran) == {"count", "double", "enough", "tell", "api"}
    assert "told: 2727" in done.log
    assert done.record("double")["metrics"] == {"recall": 0.95}
    assert done.output("enough", "passed") is True
    assert (Path(done.output("api", "bundle")) / "bundle.json").exists()


def test_a_gate_that_does_not_pass_is_a_result_and_promotes_nothing(tmp_path: Path) -> None:
    tell = step("tell", "double.made", outputs={}, after=("enough",), effect=True)
    api = service("api", "double.made", "enough")
    directory = compiled(words(step("double", "count.words"), gate("enough", "count"), tell, api), tmp_path)
    data = {"data___count___text": str(tmp_path / "texts" / "three.txt")}
    done = run(directory, tmp_path, {**data, "factor": 8})
    assert done.failed == []
    assert (done.ran[0], set(done.ran[1:])) == ("count", {"double", "enough"})
    assert done.output("enough", "passed") is False
    assert "FAIL  recall >= 0.9  (recall is 0.8)" in done.log
    assert not list((tmp_path / "out").rglob("bundle*"))


@pytest.mark.parametrize(("factor", "ran"), [(9, ["small", "again", "tiny"]), (5, [])])
def test_gates_behind_gates(tmp_path: Path, factor: int, ran: list[str]) -> None:
    steps = (
        gate("first", "count"),
        step("double", "count.words", id="small", after=("first",)),
        gate("again", "small"),
        step("halve", "small.made", id="tiny", after=("again",)),
    )
    directory = compiled(words(*steps), tmp_path)
    assert problems(directory / "pipeline.yaml") == [[]]
    data = {"data___count___text": str(tmp_path / "texts" / "three.txt")}
    done = run(directory, tmp_path, {**data, "factor": factor})
    assert done.failed == []
    assert done.ran == ["count", "first", *ran]
    if ran:
        assert Path(done.output("tiny", "made")).read_text(encoding="utf-8") == "27"


def test_kubeflow_makes_the_attempts(tmp_path: Path) -> None:
    flaky = step(
        "flaky", "count.words", arguments={"marks": str(tmp_path / "marks")}, retry=nodes.Retry(3, 0.0)
    )
    directory = compiled(words(flaky), tmp_path)
    done = run(directory, tmp_path, {"data___count___text": str(tmp_path / "texts" / "three.txt")})
    assert done.failed == []
    assert (tmp_path / "marks").read_text(encoding="utf-8") == "xxx"


def test_a_value_that_does_not_fit_fails_its_step_with_a_reason(tmp_path: Path) -> None:
    directory = compiled(words(), tmp_path)
    data = {"data___count___text": str(tmp_path / "texts" / "three.txt")}
    done = run(directory, tmp_path, {**data, "factor": 11})
    assert done.failed == ["count"]
    assert "the parameter `factor` cannot be `11`: it is a whole number >= 1 and <= 10" in done.log


def test_texts_that_mean_something_to_kubeflow_reach_the_step_as_they_are(tmp_path: Path) -> None:
    code = 'def show(said, more):\n    print("said:", ascii(said), ascii(more))\n'
    text = "'] || true \"\n$(id) ${HOME} {{$}} {{$.pipeline_job_name}} %2F ü\u2028 </script>"
    given = "'\"\n$(id) ${HOME} { {$}} %2F ü\u2028"
    show = nodes.Task(
        "sh[{{$}}']",
        nodes.Action("project", "steps.py", "show"),
        {},
        {},
        {"said": text, "more": {"param": "mo're"}},
    )
    workflow = nodes.Workflow("words", (show,), (nodes.Param("mo're", {"base": "string"}, given),), doc=text)
    result = BACKEND.emit(workflow, material({"steps.py": code}))
    assert not result.has_errors, said(result)
    done = run(write(result.files, tmp_path / "build"), tmp_path, {})
    assert done.failed == []
    assert f"said: {text!a} {given!a}" in done.log
