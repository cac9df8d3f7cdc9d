"""The user's own function: what it gets by its annotations, where what it returns goes, how its mistakes are told."""

from __future__ import annotations

import json
import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy
import pandas
import pytest

from mlpc_stdlib.runtime import models, project, tables
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError, Task
from tests.mlpc_stdlib.bundles import column, dataset, make_model

ROWS = dataset(column("a", "float"), column("b", "int"), column("y", "float", "label"))
FRAME = pandas.DataFrame({"a": [0.5, 1.5, 2.5, 4.0], "b": [1, 2, 3, 5], "y": [1.0, 2.0, 3.0, 5.0]})
MODEL = {"type": "model", "framework": "sklearn", "schema": ROWS["schema"], "label": "y"}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget what a test imported from its project."""
    modules, path, hooks = set(sys.modules), list(sys.path), list(sys.path_hooks)
    yield
    for name in project.loaded():
        if name not in modules:
            sys.modules.pop(name, None)
    project._LOADED.clear()
    project._FILES.clear()
    sys.path[:], sys.path_hooks[:] = path, hooks
    sys.path_importer_cache.clear()
    linecache.clearcache()


class Project:
    """A folder with the user's code and a dataset."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "src").mkdir()
        self.data = Artefact(str(folder / "rows.parquet"), ROWS)
        tables.write(self.data.path, FRAME, ROWS, "rows")

    def write(self, name: str, code: str) -> None:
        (self.folder / "src" / name).write_text(dedent(code))

    def run(
        self,
        code: str = "",
        outputs: dict[str, dict[str, Any]] | None = None,
        inputs: dict[str, Any] | None = None,
        seed: int | None = None,
        secrets: dict[str, str] | None = None,
        function: str = "fit",
        target: str = "train.py",
        **arguments: Any,
    ) -> Result:
        if code:
            self.write("train.py", code)
        task = Task(
            id="own",
            action={"kind": "project", "target": target, "function": function},
            result="",
            inputs={"data": self.data} if inputs is None else inputs,
            outputs={name: Artefact(str(self.folder / name), type) for name, type in (outputs or {}).items()},
            arguments=arguments,
            secrets=secrets or {},
            project=str(self.folder / "src"),
            seed=seed,
        )
        result = Result()
        project.call(task, result)
        return result

    def refused(self, *given: Any, **more: Any) -> StepError:
        with pytest.raises(StepError) as caught:
            self.run(*given, **more)
        return caught.value


@pytest.fixture
def own(tmp_path: Path) -> Project:
    return Project(tmp_path)


# What the function gets


@pytest.mark.parametrize(
    ("annotation", "imports", "shown"),
    [
        ("", "", "DataFrame (4, 3)"),
        (": pd.DataFrame", "import pandas as pd", "DataFrame (4, 3)"),
        (": 'pd.DataFrame'", "", "DataFrame (4, 3)"),
        (": pd.DataFrame", "from __future__ import annotations\nimport pandas as pd", "DataFrame (4, 3)"),
        (": pd.DataFrame | None = None", "import pandas as pd", "DataFrame (4, 3)"),
        (": np.ndarray", "import numpy as np", "ndarray (4, 3)"),
        (": npt.NDArray[np.float64]", "import numpy as np\nimport numpy.typing as npt", "ndarray (4, 3)"),
        (": Path", "from pathlib import Path", "PosixPath rows.parquet"),
        (": str", "", "str rows.parquet"),
        (": Any", "from typing import Any", "DataFrame (4, 3)"),
    ],
)
def test_a_dataset_comes_as_its_annotation_says(
    own: Project, annotation: str, imports: str, shown: str
) -> None:
    own.run(
        imports
        + f"\nimport os\ndef fit(data{annotation}):\n"
        + "    kind = type(data).__name__\n"
        + "    return f'{kind} {data.shape}' if hasattr(data, 'shape') else f'{kind} {os.path.basename(data)}'\n",
        {"note": {"type": "file", "format": "text"}},
    )
    assert (own.folder / "note").read_text() == shown


def test_parameters_come_by_name_and_with_their_types(own: Project) -> None:
    result = own.run(
        """
        from pathlib import Path
        def fit(data, alpha: float, table: Path, names: list[str], depth: int = 5, seed=None):
            assert isinstance(alpha, float) and table.is_absolute() and table.read_text() == "x"
            assert depth == 5
            return {"alpha": alpha, "names": len(names), "seed": seed}
        """
        if (own.folder / "src" / "t.txt").write_text("x")
        else "",
        alpha=1,
        table="t.txt",
        names=["a", "b"],
        depth=None,
        seed=17,
    )
    assert result.metrics == {"alpha": 1.0, "names": 2, "seed": 17}


def test_a_function_that_takes_anything_by_name(own: Project) -> None:
    assert own.run("def fit(**given): return {'given': len(given)}", alpha=1, beta=None).metrics == {
        "given": 3
    }


def test_a_secret_comes_as_its_value(own: Project) -> None:
    (own.folder / "secret").write_text("s3cret\n")
    result = own.run(
        "def fit(data, token): return {'right': int(token == 's3cret')}",
        secrets={"token": str(own.folder / "secret")},
    )
    assert result.metrics == {"right": 1}


def test_models_figures_and_many_inputs(own: Project) -> None:
    model = make_model(own.folder / "m", "float")
    (own.folder / "figures.json").write_text('{"rmse": 2.5}')
    result = own.run(
        """
        import pandas as pd
        def fit(model, figures, many, listed: list[pd.DataFrame]):
            assert hasattr(model, "predict")
            assert set(many) == {"eu", "us"} and len(many["eu"]) == 4
            return {"rmse": figures["rmse"], "rows": sum(len(frame) for frame in listed)}
        """,
        inputs={
            "model": model,
            "figures": Artefact(str(own.folder / "figures.json"), {"type": "metrics"}),
            "many": [Artefact(own.data.path, ROWS, key="eu"), Artefact(own.data.path, ROWS, key="us")],
            "listed": [own.data, own.data],
        },
    )
    assert result.metrics == {"rmse": 2.5, "rows": 8}


def test_a_nested_block_is_a_dict(own: Project) -> None:
    code = """
        def fit(data, alpha: float, smoothing: dict, sharpening: dict | None = None):
            inner = smoothing["inner"]
            return {
                "window": smoothing["window"], "depth": inner["depth"], "rows": len(smoothing["extra"]),
                "secret": len(smoothing["token"]), "sharp": 0 if sharpening is None else 1,
            }
    """
    (own.folder / "token").write_text("abc")
    nested: dict[str, Any] = {"smoothing.window": 5, "smoothing.inner.depth": 2}
    result = own.run(
        code,
        inputs={"data": own.data, "smoothing.extra": own.data},
        secrets={"smoothing.token": str(own.folder / "token")},
        alpha=1,
        **nested,
    )
    assert result.metrics == {"window": 5, "depth": 2, "rows": 4, "secret": 3, "sharp": 0}


def test_a_nested_block_that_the_function_does_not_take(own: Project) -> None:
    error = own.refused("def fit(data, smooth=None): return None", **{"smoothing.window": 5})
    assert error.message == (
        "`fit` in train.py has no parameter `smoothing`, which the step passes; did you mean `smooth`?"
    )
    assert error.help == ["add it: def fit(data, smoothing)"]


def test_the_seed_is_set_in_the_libraries_that_the_code_imports(own: Project) -> None:
    code = "import numpy, random\ndef fit(data): return {'drawn': float(numpy.random.uniform())}"
    assert own.run(code, seed=3).metrics == {"drawn": float(numpy.random.RandomState(3).uniform())}


def test_files_of_the_project_import_each_other(own: Project) -> None:
    own.write("shared.py", "FACTOR = 3.0\n")
    (own.folder / "src" / "code").mkdir()
    own.write("code/near.py", "from shared import FACTOR\nTWICE = FACTOR * 2\n")
    own.write("code/train.py", "from near import TWICE\ndef fit(data): return {'x': TWICE}\n")
    assert own.run(target="code/train.py").metrics == {"x": 6.0}
    assert not list((own.folder / "src").rglob("__pycache__"))


def test_a_file_may_be_called_like_a_module_of_python(own: Project) -> None:
    own.write("random.py", "import random\ndef fit(data): return {'x': int(hasattr(random, 'gauss'))}\n")
    assert own.run(target="random.py").metrics == {"x": 1}


# What it returns

FIT = """
from sklearn.linear_model import LinearRegression
def fit(data):
    return LinearRegression().fit(data[["a", "b"]], data["y"])
"""


def test_an_estimator_becomes_a_model_with_its_signature(own: Project) -> None:
    own.run(FIT, {"model": MODEL})
    model, signature = models.load(Artefact(str(own.folder / "model"), MODEL))
    assert model.predict(FRAME[["a", "b"]]) == pytest.approx(FRAME["y"])
    assert [feature["name"] for feature in signature["features"]] == ["a", "b"]
    assert signature["task"] == "regression"
    assert signature["label"] == {"name": "y", "type": {"base": "float"}}
    assert signature["example"] == {"a": 1.5, "b": 2}


def test_several_outputs_as_a_tuple_or_by_name(own: Project) -> None:
    outputs = {"left": ROWS, "right": ROWS, "figures": {"type": "metrics"}}
    code = "def fit(data):\n    parts = data[data.b < 3], data[data.b >= 3]\n"
    first = own.run(code + "    return (*parts, {'cut': 3})\n", outputs)
    assert first.metrics == {"cut": 3}
    assert first.rows == {"left": 2, "right": 2}
    assert json.loads((own.folder / "figures").read_text()) == {"cut": 3}


def test_figures_beside_an_output(own: Project) -> None:
    code = (
        FIT.replace("return ", "model = ")
        + "    return {'model': model, 'metrics': {'r2': model.score(data[['a', 'b']], data.y)}}\n"
    )
    assert own.run(code, {"model": MODEL}).metrics == {"r2": 1.0}


def test_figures_by_class_and_of_numpy(own: Project) -> None:
    code = "import numpy\ndef fit(data): return {'recall': {True: numpy.float32(0.5), 'x': 1}, 'n': numpy.int64(3)}"
    assert own.run(code).metrics == {"recall": {"true": 0.5, "x": 1}, "n": 3}


@pytest.mark.parametrize("hint", ["Path", "str"])
def test_an_output_written_to_the_path_that_was_asked_for(own: Project, hint: str) -> None:
    code = f"from pathlib import Path\ndef fit(data, page: {hint}): Path(page).write_text('hello')"
    own.run(code, {"page": {"type": "file", "format": "html"}})
    assert (own.folder / "page").read_text() == "hello"


@pytest.mark.parametrize(
    ("returned", "content"),
    [
        ("'text'", b"text"),
        ("b'bytes'", b"bytes"),
        ("path", b"from a file"),
        ("{'b': 1, 'a': 2}", b'{\n "a": 2,\n "b": 1\n}'),
    ],
)
def test_files(own: Project, returned: str, content: bytes) -> None:
    (own.folder / "made").write_bytes(b"from a file")
    code = f"from pathlib import Path\npath = Path({str(own.folder / 'made')!r})\ndef fit(data): return {returned}"
    own.run(code, {"out": {"type": "file", "format": "json"}})
    assert (own.folder / "out").read_bytes() == content


def test_a_class_of_the_project_travels_in_the_model(own: Project) -> None:
    code = """
    import numpy as np
    from sklearn.base import BaseEstimator, RegressorMixin
    from shared import OFFSET
    class Mean(RegressorMixin, BaseEstimator):
        def __init__(self, shift=0.0):
            self.shift = shift
        def fit(self, X, y):
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)
            self.mean_ = float(np.mean(y)) + self.shift
            return self
        def predict(self, X):
            return np.full(len(X), self.mean_ + OFFSET)
    def fit(data):
        return Mean(0.25).fit(data[["a"]], data["y"])
    """
    own.write("shared.py", "OFFSET = 100.0\n")
    own.run(code, {"model": MODEL})
    content = (own.folder / "model" / "model.joblib").read_bytes()
    assert str(own.folder).encode() not in content
    # As in a later step, which knows nothing of the project.
    for name in project.loaded():
        sys.modules.pop(name, None)
    sys.path[:] = [entry for entry in sys.path if str(own.folder) not in entry]
    model, signature = models.load(Artefact(str(own.folder / "model"), MODEL))
    assert model.predict(FRAME[["a"]])[0] == 2.75 + 0.25 + 100.0
    assert [feature["name"] for feature in signature["features"]] == ["a"]


def test_an_estimator_without_names_gets_those_of_the_data(own: Project) -> None:
    code = FIT.replace('data[["a", "b"]]', 'data[["a", "b"]].to_numpy()')
    own.run(code, {"model": MODEL})
    signature = models.read_signature(str(own.folder / "model"))
    assert [feature["name"] for feature in signature["features"]] == ["a", "b"]


# Mistakes


@pytest.mark.parametrize(
    ("code", "message", "help"),
    [
        (
            "def fitt(data): pass",
            "MLP740 no-such-function: train.py has no function `fit`; did you mean `fitt`?",
            ["it has: `fitt`"],
        ),
        ("fit = 3", "MLP740 no-such-function: `fit` in train.py is no function but an int", []),
        (
            "def fit(data, alfa): pass",
            "MLP741 unfit-signature: `fit` in train.py has no parameter `alpha`, which the step passes; did you mean `alfa`?",
            ["add it: def fit(data, alpha)"],
        ),
        (
            "def fit(data, alpha, beta): pass",
            "MLP741 unfit-signature: `fit` in train.py asks for `beta`, which the step does not have",
            ["the step has: `data`, `alpha`, `seed`"],
        ),
        (
            "def fit(data, /, alpha): pass",
            "MLP741 unfit-signature: `fit` in train.py takes `data` by position only; a step passes everything by name",
            ["remove the `/` from its parameters"],
        ),
        (
            "def fit(data: int, alpha): pass",
            "MLP741 unfit-signature: input `data` is a dataset, and cannot be had as int",
            ["annotate it as pandas.DataFrame, numpy.ndarray, pathlib.Path or str"],
        ),
        (
            "def fit(data, alpha): return None",
            "MLP742 wrong-return: `fit` in train.py returned nothing, and the step has an output `model`",
            [],
        ),
        (
            "def fit(data, alpha): return 3",
            (
                "MLP742 wrong-return: what `fit` in train.py returned has to be a fitted estimator, "
                "with a method `predict`, and is an int"
            ),
            [],
        ),
        (
            "def fit(data, alpha): import sys; sys.exit(3)",
            "MLP743 user-code-failed: train.py ended the process with exit status 3",
            ["return from the function instead of calling sys.exit()"],
        ),
        (
            "import nonesuch\ndef fit(data, alpha): pass",
            "MLP791 missing-library: the environment of this step has no module `nonesuch`",
            [
                'add "nonesuch" to the `requires` of its component, or with --no-isolation: pip install nonesuch'
            ],
        ),
        ("def fit(data, alpha) pass", "MLP743 user-code-failed: SyntaxError: expected ':'", []),
        (
            FIT.replace("data[['a', 'b']]", "")
            .replace('data[["a", "b"]]', "data")
            .replace("fit(data):", "fit(data, alpha):"),
            "MLP720 not-a-feature: what `fit` in train.py returned was fitted on the label `y` itself",
            ['leave it out of the features: data.drop(columns="y")'],
        ),
    ],
)
def test_mistakes(own: Project, code: str, message: str, help: list[str]) -> None:
    error = own.refused(code, {"model": MODEL}, alpha=1.0)
    assert str(error) == message
    assert error.help == help
    assert error.final


def test_a_file_that_is_not_there_or_lies_elsewhere(own: Project) -> None:
    assert own.refused(target="gone.py").message == "the project has no file `gone.py`"
    assert own.refused(target="../rows.parquet").message == "`../rows.parquet` lies outside of the project"


def test_an_exception_is_told_by_the_users_own_lines(
    own: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    code = """
    import pandas as pd

    def load(frame):
        return frame["nope"]

    def fit(data):
        return load(data)
    """
    error = own.refused(code, {"model": MODEL})
    assert str(error) == "MLP743 user-code-failed: KeyError: 'nope'"
    assert error.place == {"file": "train.py", "line": 5}
    assert not error.final
    said = capsys.readouterr().err
    assert said.startswith("Traceback"), (
        "what pandas handled on its way is not told, nor that it led to anything"
    )
    assert 'File "train.py", line 8, in fit' in said
    assert 'return frame["nope"]' in said
    assert "inside pandas" in said
    assert "site-packages" not in said
    assert "runtime/project.py" not in said


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("3", "`fit` in train.py returned an int, and the step has the outputs `left`, `right`"),
        ("(data,)", "`fit` in train.py returned 1 values for 2 outputs: `left`, `right`"),
        ("{'left': data}", "`fit` in train.py returned no `right`; the outputs are `left`, `right`"),
        (
            "{'left': data, 'rigth': data}",
            "`fit` in train.py returned `rigth`, which is no output of the step; did you mean `right`?",
        ),
        ("(data, 3)", "`fit` in train.py returned an int for the dataset `right`"),
        (
            "(data, data.drop(columns='y'))",
            "what `fit` in train.py returned as `right` has no column `y`, which its schema declares",
        ),
        (
            "(data, data.assign(z=1))",
            "what `fit` in train.py returned as `right` has a column `z`, which its schema does not have",
        ),
        (
            "(data, data.assign(b=None))",
            (
                "what `fit` in train.py returned as `right`: row 0, column `b`: "
                "is empty, and the column is not @nullable (and 3 more)"
            ),
        ),
    ],
)
def test_outputs_that_do_not_fit(own: Project, returned: str, message: str) -> None:
    error = own.refused(f"def fit(data): return {returned}", {"left": ROWS, "right": ROWS})
    assert error.message == message


def test_a_figure_beside_the_outputs_is_told_its_place(own: Project) -> None:
    error = own.refused("def fit(data): return {'left': data, 'grown': 3.0}", {"left": ROWS})
    assert error.message == "`fit` in train.py returned `grown`, which is no output of the step"
    assert list(error.help) == ['figures stand under `metrics`: "metrics": {"grown": …}']


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("{'x': float('nan')}", "`metrics`: `x` is nan, which is no figure"),
        ("{'x': 'high'}", "`metrics`: `x` has to be a number, and is a str"),
        ("{'x': True}", "`metrics`: `x` has to be a number, and is a bool"),
    ],
)
def test_figures_that_are_none(own: Project, returned: str, message: str) -> None:
    assert own.refused(f"def fit(data): return {returned}").message == message


def test_a_model_that_cannot_be_saved(own: Project) -> None:
    code = (
        FIT.replace("return ", "model = ")
        + "    model.lock = __import__('threading').Lock()\n    return model\n"
    )
    error = own.refused(code, {"model": MODEL})
    assert (
        str(error)
        == "MLP732 unsaveable-model: a LinearRegression cannot be saved: cannot pickle '_thread.lock' object"
    )


# Columns that the component declares to come and go

FREE = {**ROWS, "schema": {**ROWS["schema"], "rest": {"base": "float"}}}


def changing(
    *columns: dict[str, Any],
    rest: bool = False,
    adds: tuple[str, ...] = (),
    drops: tuple[str, ...] = (),
    **renames: str,
) -> dict[str, dict[str, Any]]:
    type = dataset(*columns)
    if rest:
        type["schema"]["rest"] = {"base": "float"}
    changes = {"input": "data", "adds": list(adds), "drops": list(drops), "renames": renames}
    return {"rows": {**type, "changes": changes}}


#: What a declaration says of the columns a, b and y.
DECLARED = changing(
    column("pieces", "int"),
    column("y", "float", "label"),
    column("high", "bool"),
    adds=("high",),
    drops=("a",),
    b="pieces",
)
AS_DECLARED = 'data.drop(columns="a").rename(columns={"b": "pieces"}).assign(high=data["y"] > 2)'


def test_rows_may_be_what_their_component_declares(own: Project) -> None:
    result = own.run(f"def fit(data):\n    return {AS_DECLARED}\n", DECLARED)
    assert result.rows == {"rows": 4}
    made = tables.read(Artefact(str(own.folder / "rows"), DECLARED["rows"]))
    assert list(made.columns) == ["pieces", "y", "high"]


@pytest.mark.parametrize(
    ("returned", "message", "help"),
    [
        (
            'data.rename(columns={"b": "pieces"}).assign(high=data["y"] > 2)',
            "has a column `a`",
            "the component drops it",
        ),
        (
            'data.drop(columns="a").assign(high=data["y"] > 2)',
            "has no column `pieces`",
            "the component renames `b` to it",
        ),
        (
            f'{AS_DECLARED}.rename(columns={{"high": "hihg"}})',
            "has no column `high`; did you mean `hihg`?",
            "the component adds it",
        ),
        (
            f'{AS_DECLARED}.drop(columns="y")',
            "has no column `y`",
            'its input has it, and the component does not drop it: `drops = ["y"]` would say so',
        ),
        (
            f'{AS_DECLARED}.assign(b=data["b"])',
            "has a column `b`",
            "the component renames it to `pieces`",
        ),
        (
            f"{AS_DECLARED}.assign(more=1.5)",
            "has a column `more`",
            "the component does not add it: `adds { more: … }` would say so",
        ),
    ],
)
def test_what_is_not_as_declared_is_told_at_the_function(
    own: Project, returned: str, message: str, help: str
) -> None:
    with pytest.raises(StepError) as caught:
        own.run(f"\n\ndef fit(data):\n    return {returned}\n", DECLARED)
    assert (caught.value.code, caught.value.name) == ("MLP744", "not-as-declared")
    assert caught.value.message == f"what `fit` in train.py returned {message}"
    assert list(caught.value.help) == [help]
    assert caught.value.place == {"file": "train.py", "line": 3}
    assert not (own.folder / "rows").exists()


def test_columns_that_only_the_rest_covers_are_followed_too(own: Project) -> None:
    """The schema would take any number: that it is not what came in is seen by the declaration alone."""
    tables.write(own.data.path, FRAME.assign(z=1.5), FREE, "rows")
    own.data.type = FREE
    outputs = changing(column("b", "int"), column("y", "float", "label"), rest=True, drops=("a",))
    assert own.run('def fit(data):\n    return data.drop(columns="a")\n', outputs).rows == {"rows": 4}
    for returned, column_ in (
        ('data.drop(columns=["a", "z"])', "has no column `z`"),
        ('data.drop(columns="a").assign(w=0.5)', "has a column `w`"),
        ("data", "has a column `a`"),
    ):
        with pytest.raises(StepError, match=column_) as caught:
            own.run(f"def fit(data):\n    return {returned}\n", outputs)
        assert caught.value.code == "MLP744"


def test_rows_that_a_function_writes_itself_are_judged_alike(own: Project) -> None:
    code = f"""
        def fit(data, rows: str):
            made = {AS_DECLARED}
            made.CHANGED.to_parquet(rows)
        """
    assert own.run(code.replace("CHANGED", "copy()"), DECLARED).rows == {"rows": 4}
    with pytest.raises(StepError, match=r"`fit` in train\.py wrote as `rows` has no column `high`") as caught:
        own.run(code.replace("CHANGED", 'drop(columns="high")'), DECLARED)
    assert caught.value.code == "MLP744"
    with pytest.raises(StepError, match=r"row 0, column `pieces`: 1\.5 is not a whole number") as caught:
        own.run(code.replace("CHANGED", "assign(pieces=1.5)"), DECLARED)
    assert caught.value.code == "MLP701"


def test_the_first_row_of_which_no_column_can_be_made_is_named(own: Project) -> None:
    for value, shown in (("1.5", "1.5"), ("10**30", str(10**30)), ("'many'", '"many"'), ("b'x'", "b'x'")):
        code = f"""
            def fit(data):
                made = {AS_DECLARED}
                made["pieces"] = made["pieces"].astype(object)
                made.loc[[2, 3], "pieces"] = {value}
                return made
            """
        with pytest.raises(StepError) as caught:
            own.run(code, DECLARED)
        assert caught.value.code == "MLP701"
        assert caught.value.message == (
            f"what `fit` in train.py returned: row 2, column `pieces`: {shown} is not a whole number"
        )
