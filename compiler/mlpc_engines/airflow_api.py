"""Airflow's stable REST API, version 2, as far as submitting needs it; on the HTTP client of the standard library."""

from __future__ import annotations

import json
import os
import time

from mlpc.codes import NO_AIRFLOW

from .errors import SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

#: Where Airflow answers unless somebody says otherwise.
HERE = "http://127.0.0.1:8080"
#: Seconds in which an answer has to come, and for how long one that does not is asked for again.
TIMEOUT, PATIENCE = 30.0, 300.0
#: The same where Airflow answers with a fault of its own: its database was busy for a moment, or it is broken.
FAULT_PATIENCE = 60.0
_PAUSE = 2.0
#: Most entries of a list that one answer holds.
_PAGE = 100
_FORBIDDEN, _NOT_FOUND, _CONFLICT, _FAULT = 403, 404, 409, 500
#: Answers of a server that is starting, stopping or overloaded, or whose database is.
_PASSING = frozenset({429, _FAULT, 502, 503, 504})


class Refused(Exception):
    """Airflow answered, and not well: ``status`` of HTTP, and what it said. 0: nothing answered."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said

    @property
    def passes(self) -> bool:
        """Whether the same question may be answered a little later."""
        return self.status == 0 or self.status in _PASSING

    @property
    def patience(self) -> float:
        """For how many seconds the question is asked again."""
        return FAULT_PATIENCE if self.status == _FAULT else PATIENCE

    @property
    def is_missing(self) -> bool:
        """Whether what was asked for is not there."""
        return self.status == _NOT_FOUND

    @property
    def is_conflict(self) -> bool:
        """Whether it is there already."""
        return self.status == _CONFLICT


class Api:
    """The API at ``url``; ``listen`` gets a line when it stops answering, and one when it answers again."""

    def __init__(self, url: str, listen: Callable[[str], None]) -> None:
        """Find where Airflow is to be asked, without asking.

        Raises:
            SubmitError: the address is none of HTTP.
        """
        told = (
            (url, "--url")
            if url
            else (os.environ.get("AIRFLOW__API__BASE_URL", ""), "the variable AIRFLOW__API__BASE_URL")
        )
        self.url, self._from = (told[0].rstrip("/"), told[1]) if told[0] else (HERE, "the default")
        self._listen = listen
        self._token = ""
        self._opener: Any = None
        self._look_at_url()

    def connect(self) -> None:
        """See to it that an Airflow 3 answers, and log in.

        Raises:
            SubmitError: it does not, or does not let us in.
        """
        try:
            version = self._send("GET", "/api/v2/version", None, token="")
        except Refused as refused:
            raise self._none(refused) from None
        if not isinstance(version, dict) or not str(version.get("version", "")).startswith("3."):
            raise self._none(Refused(200, "what answers there is not the API of Airflow 3"))
        self._log_in()
        self.find("dags", limit=1)

    def get(self, *path: str, **query: str | int | list[str]) -> Any:
        """Return what lies under a path, whose parts may be any texts; asked for again where nothing answers.

        Raises:
            Refused: Airflow says no.
            SubmitError: nothing has answered for a while.
        """
        return self._patiently("GET", path, query, None)

    def find(self, *path: str, **query: str | int | list[str]) -> Any:
        """Return the same, or None where there is no such thing.

        Raises:
            SubmitError: as for ``get``, and where Airflow says no.
        """
        try:
            return self.get(*path, **query)
        except Refused as refused:
            if refused.is_missing:
                return None
            raise self.failed(refused) from None

    def see(self, *path: str, **query: str | int | list[str]) -> Any:
        """Return the same, or None where it is not for us to see: what is of use, but can be done without.

        Raises:
            SubmitError: as for ``find``.
        """
        try:
            return self.get(*path, **query)
        except Refused as refused:
            if refused.is_missing or refused.status == _FORBIDDEN:
                return None
            raise self.failed(refused) from None

    def all(self, name: str, *path: str, **query: str | int | list[str]) -> list[dict[str, Any]]:
        """Return all entries of the list ``name``, however many answers they take.

        Raises:
            Refused: Airflow says no.
            SubmitError: as for ``get``.
        """
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(*path, **query, limit=_PAGE, offset=len(found))[name]
            found.extend(page)
            if len(page) < _PAGE:
                return found

    def change(self, method: str, *path: str, body: Any = None, **query: str | int | list[str]) -> Any:
        """Send what changes something; sent again where nothing answers, so it has to bear being done twice.

        Raises:
            Refused: Airflow says no.
            SubmitError: as for ``get``.
        """
        return self._patiently(method, path, query, body)

    def failed(self, refused: Refused, *help: str) -> SubmitError:
        """Return what a person is told of an answer that keeps us from going on."""
        if refused.status in (401, 403):
            help = (*help, "the user has to be allowed to see, change and run DAGs: the role Op, or Admin")
        return SubmitError(NO_AIRFLOW, f"Airflow at {self.url} refuses: {refused.said}", *help)

    # Asking

    def _patiently(
        self, method: str, path: tuple[str, ...], query: Mapping[str, str | int | list[str]], body: Any
    ) -> Any:
        from urllib.parse import quote, urlencode

        where = "/api/v2/" + "/".join(quote(part, safe="") for part in path)
        if query:
            where += "?" + urlencode(query, doseq=True)
        began, again = 0.0, False
        while True:
            try:
                found = self._send(method, where, body, self._token)
            except Refused as refused:
                if refused.status == 401 and not again:
                    # Tokens end, and an API server that was started anew may not know those of before.
                    again = True
                    if self._log_in_again():
                        continue
                if not refused.passes:
                    raise
                now = time.monotonic()
                if not began:
                    began = now
                    self._listen(
                        f"Airflow does not answer at {self.url} ({refused.said}); "
                        f"it is asked again for {refused.patience:g} s"
                    )
                if now - began > refused.patience:
                    raise SubmitError(
                        NO_AIRFLOW,
                        f"Airflow at {self.url} has not answered for {refused.patience:g} s: {refused.said}",
                        *(["its API server's log tells why"] if refused.status == _FAULT else []),
                    ) from None
                time.sleep(_PAUSE)
            else:
                if began:
                    self._listen("Airflow answers again")
                return found

    def _send(self, method: str, where: str, body: Any, token: str) -> Any:
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import Request

        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode("utf-8")
        request = Request(self.url + where, data, headers, method=method)
        try:
            with self._open(request) as answer:
                text: bytes = answer.read()
        except HTTPError as error:
            with error:
                raise Refused(error.code, _said(error)) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise Refused(0, _one_line(getattr(reason, "strerror", None) or str(reason))) from None
        try:
            return json.loads(text) if text.strip() else None
        except ValueError:
            raise Refused(200, "what answers there is not the API of Airflow 3") from None

    def _open(self, request: Any) -> Any:
        if self._opener is None:
            from urllib.parse import urlsplit
            from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

            class Stay(HTTPRedirectHandler):
                """The token is for the address that was given, and for no other."""

                def redirect_request(self, *arguments: Any) -> None:
                    return None

            handlers: list[Any] = [Stay()]
            if urlsplit(self.url).hostname in ("localhost", "127.0.0.1", "::1"):
                handlers.append(ProxyHandler({}))
            self._opener = build_opener(*handlers)
        return self._opener.open(request, timeout=TIMEOUT)

    # Logging in

    def _log_in(self) -> None:
        token = os.environ.get("AIRFLOW_API_TOKEN", "").strip()
        if token:
            if not (token.isascii() and token.isprintable()):
                raise SubmitError(
                    NO_AIRFLOW, "AIRFLOW_API_TOKEN is no token: it has characters that none has"
                )
            self._token = token
            return
        user, password = os.environ.get("AIRFLOW_USER", ""), os.environ.get("AIRFLOW_PASSWORD", "")
        try:
            if user:
                given = {"username": user, "password": password}
                found = self._send("POST", "/auth/token", given, token="")
            else:
                found = self._send("GET", "/auth/token", None, token="")
            self._token = str(found["access_token"])
        except (Refused, KeyError, TypeError) as error:
            said = f": {error.said}" if isinstance(error, Refused) and error.status == 0 else ""
            if user:
                message = f"Airflow at {self.url} does not let the user {user} in{said}"
                help = "look at AIRFLOW_USER and AIRFLOW_PASSWORD, or give a token: AIRFLOW_API_TOKEN"
            else:
                message = f"Airflow at {self.url} wants to know who we are{said}"
                help = "export AIRFLOW_API_TOKEN=…, or AIRFLOW_USER=… and AIRFLOW_PASSWORD=…"
            raise SubmitError(NO_AIRFLOW, message, help) from None

    def _log_in_again(self) -> bool:
        before = self._token
        try:
            self._log_in()
        except SubmitError:
            return False
        return self._token != before

    def _look_at_url(self) -> None:
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(self.url)
            right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
            # What is sent and shown as one line has no room for any other character.
            right = right and self.url.isascii() and self.url.isprintable() and " " not in self.url
            named = "@" in parts.netloc
        except ValueError:
            right = named = False
        if named:
            raise SubmitError(
                NO_AIRFLOW,
                f"the address that comes from {self._from} names a user",
                "give it without, and the user in AIRFLOW_USER and AIRFLOW_PASSWORD",
            )
        if not right:
            raise SubmitError(
                NO_AIRFLOW,
                f"`{self.url}`, which comes from {self._from}, is no address of an API",
                f"such as {HERE}, or https://airflow.example.org",
            )

    def _none(self, refused: Refused) -> SubmitError:
        help = ["start it (`airflow standalone`), or say where it answers: `--url URL`"]
        if refused.status:
            help = ["mlpc submits to Airflow 3; say where its API server answers: `--url URL`"]
            if 300 <= refused.status < 400:
                help = [f"it points elsewhere ({refused.said}): give that address, `--url URL`"]
            elif self._is_2():
                help = ["it is Airflow 2: put the folder there by hand, as its README.md says"]
        return SubmitError(
            NO_AIRFLOW, f"no Airflow answers at {self.url} ({self._from}): {refused.said}", *help
        )

    def _is_2(self) -> bool:
        try:
            found = self._send("GET", "/api/v1/version", None, token="")
        except Refused:
            return False
        return isinstance(found, dict) and str(found.get("version", "")).startswith("2.")


def _said(error: Any) -> str:
    """Return what an answer says of why it is none."""
    if 300 <= error.code < 400:
        return f"HTTP {error.code} to {_one_line(str(error.headers.get('Location', 'nowhere')))}"
    try:
        told = json.loads(error.read(65536))["detail"]
    except (OSError, ValueError, KeyError, TypeError):
        return f"HTTP {error.code} {_one_line(str(error.reason))}".strip()
    if isinstance(told, list):
        told = "; ".join(str(each.get("msg", each)) if isinstance(each, dict) else str(each) for each in told)
    elif isinstance(told, dict):
        told = told.get("reason") or json.dumps(told)
    return f"HTTP {error.code}: {_one_line(str(told))}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500] or "no reason was given"
