"""What is said where no Airflow answers, or something else does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mlpc_engines import airflow_api
from mlpc_engines.airflow_api import Api
from mlpc_engines.errors import SubmitError


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRFLOW__API__BASE_URL", "AIRFLOW_API_TOKEN", "AIRFLOW_USER", "AIRFLOW_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


class Other:
    """A server that is no Airflow: it gives ``answers`` by path, and 404 else; ``asked`` is what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str]] = {}
        self.asked: list[tuple[str, str]] = []
        other = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                other.asked.append((self.path, self.headers.get("Authorization", "")))
                status, text = other.answers.get(self.path, (404, "<html>no</html>"))
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", text)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def other() -> Iterator[Other]:
    made = Other()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def refused(url: str) -> SubmitError:
    with pytest.raises(SubmitError) as caught:
        Api(url, lambda text: None).connect()
    assert (caught.value.code.name, caught.value.exit_code) == ("no-airflow", 4)
    return caught.value


def test_nothing_answers() -> None:
    error = refused("http://127.0.0.1:1")
    assert error.message == "no Airflow answers at http://127.0.0.1:1 (--url): Connection refused"
    assert error.help == ("start it (`airflow standalone`), or say where it answers: `--url URL`",)


def test_the_address_comes_from_airflows_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://127.0.0.1:1/")
    said = (
        "no Airflow answers at http://127.0.0.1:1 (the variable AIRFLOW__API__BASE_URL): Connection refused"
    )
    assert refused("").message == said


def test_a_host_that_there_is_not() -> None:
    assert "no Airflow answers at http://airflow.invalid (--url)" in refused("http://airflow.invalid").message


@pytest.mark.parametrize(
    "url", ["ftp://x", "airflow", "http:///x", "http://x:y", "http://x y", "http://[", "file:///x"]
)
def test_what_is_no_address(url: str) -> None:
    assert refused(url).message == f"`{url}`, which comes from --url, is no address of an API"


def test_an_address_with_a_password_is_not_repeated() -> None:
    error = refused("https://me:hunter2@airflow.example.org")
    assert error.message == "the address that comes from --url names a user"
    assert "hunter2" not in repr((error.message, error.help))


def test_something_else_answers(other: Other) -> None:
    assert f"no Airflow answers at {other.url} (--url): HTTP 404 Not Found" in refused(other.url).message
    other.answers["/api/v2/version"] = (200, "<html>Welcome</html>")
    assert refused(other.url).message.endswith("what answers there is not the API of Airflow 3")
    other.answers["/api/v2/version"] = (200, '["3.0"]')
    assert refused(other.url).message.endswith("what answers there is not the API of Airflow 3")


def test_airflow_2_answers(other: Other) -> None:
    other.answers["/api/v1/version"] = (200, '{"version": "2.11.0"}')
    assert refused(other.url).help == (
        "it is Airflow 2: put the folder there by hand, as its README.md says",
    )


def test_a_token_is_for_one_address_only(other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_API_TOKEN", "t0ken")
    other.answers["/api/v2/version"] = (200, '{"version": "3.1.0"}')
    other.answers["/api/v2/dags?limit=1"] = (302, f"{other.url}/elsewhere")
    error = refused(other.url)
    assert error.message == f"Airflow at {other.url} refuses: HTTP 302 to {other.url}/elsewhere"
    assert other.asked == [("/api/v2/version", ""), ("/api/v2/dags?limit=1", "Bearer t0ken")]


def test_who_asks_has_to_be_said(other: Other) -> None:
    other.answers["/api/v2/version"] = (200, '{"version": "3.1.0"}')
    other.answers["/auth/token"] = (403, json.dumps({"detail": "not for everyone"}))
    error = refused(other.url)
    assert error.message == f"Airflow at {other.url} wants to know who we are"
    assert error.help == ("export AIRFLOW_API_TOKEN=…, or AIRFLOW_USER=… and AIRFLOW_PASSWORD=…",)


def test_a_token_that_is_none(other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    other.answers["/api/v2/version"] = (200, '{"version": "3.1.0"}')
    monkeypatch.setenv("AIRFLOW_API_TOKEN", "a\nb: c")
    error = refused(other.url)
    assert error.message == "AIRFLOW_API_TOKEN is no token: it has characters that none has"


def test_a_fault_of_airflows_own_is_asked_about_again_and_not_for_ever(
    other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(airflow_api, "FAULT_PATIENCE", 0.5)
    monkeypatch.setattr(airflow_api, "_PAUSE", 0.2)
    told: list[str] = []
    api = Api(other.url, told.append)
    other.answers["/api/v2/dags/words"] = (500, json.dumps({"detail": {"reason": "Database error"}}))
    with pytest.raises(SubmitError) as caught:
        api.get("dags", "words")
    assert told == [
        f"Airflow does not answer at {other.url} (HTTP 500: Database error); it is asked again for 0.5 s"
    ]
    said = f"Airflow at {other.url} has not answered for 0.5 s: HTTP 500: Database error"
    assert (caught.value.message, caught.value.help) == (said, ("its API server's log tells why",))
    assert len(other.asked) > 2
