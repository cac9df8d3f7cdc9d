"""Data in an object store, against real servers that speak as one; what goes wrong is told apart by its code."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpc.ir import stores as known
from mlpc_stdlib.runtime import data, stores, tables
from mlpc_stdlib.runtime.contract import Artefact, StepError
from tests.mlpc_stdlib.bundles import column, dataset, step
from tests.stores.server import BUCKET, S3, Google, google, s3

CELLS = dataset(column("radius", "float", min=0), column("malignant", "bool", "label"))
CSV = b"radius,malignant\n12.5,true\n7,false\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with s3(tmp_path_factory.mktemp("store")) as made:
        made.put("2026/cells.csv", CSV)
        made.put("2026/all cells, ü+?.csv.gz", gzip.compress(CSV))
        made.put("strange.csv", b"radius,malignant\n12.5,perhaps\n")
        yield made


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: S3) -> pytest.MonkeyPatch:
    """An environment that tells of the store, and of nothing else."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    tell(monkeypatch, store.variables())
    return monkeypatch


def tell(environment: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)


def rows(folder: Path, url: str) -> list[list[object]]:
    made = Artefact(str(folder / "rows.arrow"), CELLS)
    step(data.csv, {"path": Artefact(url=url)}, {"rows": made})
    found: list[list[object]] = tables.read(made).to_numpy().tolist()
    return found


def refused(folder: Path, url: str) -> StepError:
    with pytest.raises(StepError) as caught:
        rows(folder, url)
    return caught.value


# What is there


def test_an_object_is_read_like_a_file(told: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert rows(tmp_path, f"s3://{BUCKET}/2026/cells.csv") == [[12.5, True], [7.0, False]]


def test_a_name_is_written_as_in_any_address(told: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = f"s3://{BUCKET}/2026/all%20cells,%20ü+%3F.csv.gz"
    assert rows(tmp_path, url) == [[12.5, True], [7.0, False]]


def test_credentials_that_are_lent_for_a_while(told: pytest.MonkeyPatch, tmp_path: Path, store: S3) -> None:
    tell(told, store.session)
    assert len(rows(tmp_path, f"s3://{BUCKET}/2026/cells.csv")) == 2


def test_the_endpoint_of_s3_goes_before_that_of_all_services(
    told: pytest.MonkeyPatch, tmp_path: Path, store: S3
) -> None:
    told.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    told.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{store.port}/")
    assert len(rows(tmp_path, f"s3://{BUCKET}/2026/cells.csv")) == 2


def test_a_store_of_ones_own_needs_no_region(told: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told.delenv("AWS_REGION")
    assert len(rows(tmp_path, f"s3://{BUCKET}/2026/cells.csv")) == 2


def test_rows_are_checked_and_a_message_names_the_object(told: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = refused(tmp_path, f"s3://{BUCKET}/strange.csv")
    assert str(error) == (
        f"MLP701 row-does-not-fit: s3://{BUCKET}/strange.csv, row 2, column `malignant`: "
        '"perhaps" is not true or false'
    )


# What goes wrong


def test_no_such_bucket(told: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = refused(tmp_path, "s3://hospital/2026/cells.csv")
    assert str(error) == (
        "MLP711 no-such-bucket: s3://hospital/2026/cells.csv is not there: there is no bucket `hospital`"
    )
    assert error.final


def test_no_such_object(told: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = refused(tmp_path, f"s3://{BUCKET}/2026/Cells.csv")
    assert str(error) == (
        f"MLP709 missing-data: s3://{BUCKET}/2026/Cells.csv is not there: "
        f"the bucket `{BUCKET}` has no object `2026/Cells.csv`"
    )
    assert error.final
    assert str(refused(tmp_path, f"s3://{BUCKET}/2026")) == (
        f"MLP709 missing-data: s3://{BUCKET}/2026 is a folder"
    )


@pytest.mark.parametrize(
    ("who", "changed", "reason"),
    [
        ("reader", {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "the store does not know the access key"),
        ("reader", {"AWS_SECRET_ACCESS_KEY": "wr0ng"}, "the secret key is not that of the access key"),
        ("session", {"AWS_SESSION_TOKEN": "wr0ng"}, "the session token is not valid"),
        ("stranger", {}, "these credentials have no access to it"),
    ],
)
def test_credentials_that_do_not_do(
    told: pytest.MonkeyPatch, tmp_path: Path, store: S3, who: str, changed: dict[str, str], reason: str
) -> None:
    given = {**getattr(store, who), **changed}
    tell(told, given)
    error = refused(tmp_path, f"s3://{BUCKET}/2026/cells.csv")
    assert str(error) == f"MLP712 access-refused: s3://{BUCKET}/2026/cells.csv may not be read: {reason}"
    assert error.final
    assert not any(value in str([error, *error.help]) for value in given.values())


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
def test_nobody_answers(told: pytest.MonkeyPatch, tmp_path: Path, host: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        told.setenv("AWS_ENDPOINT_URL", f"http://{host}:{taken.getsockname()[1]}")
        error = refused(tmp_path, f"s3://{BUCKET}/2026/cells.csv")
    assert str(error).startswith(f"MLP707 unreachable-data: s3://{BUCKET}/2026/cells.csv cannot be reached: ")
    assert not error.final, "it may answer the next time"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"s3://AKIA:s3cret@{BUCKET}/cells.csv", "holds credentials, which do not belong into an address"),
        (
            f"s3://{BUCKET}/cells.csv?region=eu",
            "goes on with `?`, and an object store takes no options there",
        ),
        (f"s3://{BUCKET}", "names no object: a bucket and a path are needed"),
        (f"s3://{BUCKET}/2026/", "names no object: a bucket and a path are needed"),
        ("abfs://container/cells.csv", "names no account"),
    ],
)
def test_addresses_that_name_no_object(
    told: pytest.MonkeyPatch, tmp_path: Path, url: str, message: str
) -> None:
    error = refused(tmp_path, url)
    assert str(error).startswith("MLP722 impossible-setting: ")
    assert message in str(error)
    assert "s3cret" not in str([error, *error.help])


def test_an_endpoint_without_a_scheme(told: pytest.MonkeyPatch, tmp_path: Path, store: S3) -> None:
    told.setenv("AWS_ENDPOINT_URL", f"127.0.0.1:{store.port}")
    error = refused(tmp_path, f"s3://{BUCKET}/2026/cells.csv")
    assert str(error) == "MLP722 impossible-setting: AWS_ENDPOINT_URL holds no address of a server"


# The variables are known in two places, since a step imports nothing of the compiler


def test_compiler_and_steps_mean_the_same_stores() -> None:
    assert set(stores.SCHEMES) == set(known.SCHEMES)
    assert known.files(known.FILES) == stores.FILES
    assert set(stores.SECRETS) <= set(known.variables(known.VARIABLES))


# Google Cloud Storage


@pytest.fixture(scope="module")
def googles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    with google(tmp_path_factory.mktemp("google")) as made:
        made.put("2026/cells.csv", CSV)
        yield made


def test_objects_of_google(googles: Google, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tell(monkeypatch, googles.variables())
    assert rows(tmp_path, f"gs://{BUCKET}/2026/cells.csv") == [[12.5, True], [7.0, False]]
    assert str(refused(tmp_path, f"gs://{BUCKET}/2026/Cells.csv")) == (
        f"MLP709 missing-data: gs://{BUCKET}/2026/Cells.csv is not there: "
        f"the bucket `{BUCKET}` has no object `2026/Cells.csv`"
    )
    assert str(refused(tmp_path, "gs://hospital/cells.csv")) == (
        "MLP711 no-such-bucket: gs://hospital/cells.csv is not there: there is no bucket `hospital`"
    )


def test_credentials_of_google_that_are_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    error = refused(tmp_path, f"gs://{BUCKET}/cells.csv")
    assert error.code == "MLP712"


@pytest.mark.full
def test_nobody_answers_for_google(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLOUD_STORAGE_EMULATOR_ENDPOINT", "http://127.0.0.1:9")
    error = refused(tmp_path, f"gs://{BUCKET}/cells.csv")
    assert str(error).startswith(f"MLP707 unreachable-data: gs://{BUCKET}/cells.csv cannot be reached: ")
    assert not error.final
