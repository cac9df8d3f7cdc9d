"""The ASGI application: routes, limits, and what is counted about every request."""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import perf_counter

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ..metrics import WHOLE
from . import openapi, pages
from .bundle import example
from .metrics import CONTENT_TYPE
from .requests import RequestError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope, Send

    from .answers import Answer, Predictor
    from .metrics import Metrics
    from .settings import Settings

#: Seconds of work that may hold up other requests; what takes longer goes to a thread.
_INLINE_TIME = 0.002
#: Bytes of a body that is judged at once.
_INLINE_BODY = 16 * 1024
#: A body that is too large is read on, and thrown away, up to so many times the limit: a client that is still
#: sending would else see a broken connection instead of the answer.
_READ_ON = 16

_JSON = "application/json"


class App:
    """The application of one process. ``draining`` tells clients to go elsewhere with their next request."""

    def __init__(self, predictor: Predictor, metrics: Metrics, settings: Settings) -> None:
        bundle = predictor.bundle
        limits = settings.limits
        self.draining = False
        self._predictor = predictor
        self._metrics = metrics
        self._limits = limits
        self._log = settings.log
        self._in_flight = 0
        self._pool = ThreadPoolExecutor(max(2, settings.threads), thread_name_prefix="predict")
        self._one, self._each = predictor.cost(perf_counter)
        self._row_bytes = max(2, len(json.dumps(example(bundle))) // 2)
        self._children: dict[tuple[str, int], tuple[Any, Any]] = {}
        described = openapi.document(bundle, settings.title, bundle.digest[:12], limits.rows, limits.body)
        facts = {
            "title": settings.title,
            **settings.facts,
            "digest": f"sha256:{bundle.digest}",
            "limits": limits.to_json(),
            "signature": bundle.signature,
        }
        shown = {name: settings.facts.get(name) for name in ("pipeline", "run", "promoted")}
        shown["predicts"] = bundle.label
        shown["model"] = f"sha256:{bundle.digest[:12]}…"
        shown.update(_figures(settings.facts.get("figures") or {}))
        self._known = {"/predict", "/health", "/ready", "/model", "/metrics", "/openapi.json", "/docs", "/"}
        headers = {"content-security-policy": pages.policy(), "x-content-type-options": "nosniff"}
        self._app = Starlette(
            routes=[
                Route("/predict", self._predict, methods=["POST"]),
                Route("/health", self._health),
                Route("/ready", self._ready),
                Route("/metrics", self._scrape),
                Route("/model", _constant(_encoded(facts), _JSON)),
                Route("/openapi.json", _constant(_encoded(described), _JSON)),
                Route("/docs", _page(pages.docs(described), headers)),
                Route("/", _page(pages.front(bundle, settings.title, shown, settings.url), headers)),
            ],
            exception_handlers={HTTPException: _refused, Exception: _fault},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, count it, and say when it was the last on its connection."""
        if scope["type"] != "http":
            return
        start = perf_counter()
        status = 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self.draining:
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            self._count(scope, status, perf_counter() - start)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        path = scope["path"] if scope["path"] in self._known else "other"
        found = self._children.get((path, status))
        if found is None:
            metrics = self._metrics
            found = metrics.requests.labels(path, str(status)), metrics.duration.labels(path)
            self._children[path, status] = found
        requests, duration = found
        requests.inc()
        duration.observe(seconds)
        if self._log == "json":
            line = {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "ms": round(seconds * 1000, 3),
            }
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()

    async def _predict(self, request: Request) -> Response:
        if self._in_flight >= self._limits.concurrency:
            return _busy(f"{self._in_flight} predictions are being answered; try again")
        self._in_flight += 1
        self._metrics.in_flight.inc()
        try:
            try:
                async with asyncio.timeout(self._limits.time):
                    body = await self._read(request)
            except TimeoutError:
                return _said(408, f"the body did not arrive within {self._limits.time:g} s")
            except ClientDisconnect:
                return _said(400, "the client went away")
            if body is None:
                return _said(413, f"the body is larger than {self._limits.body} bytes")
            try:
                answer = await self._answer(body)
            except RequestError as error:
                return self._mistakes(error)
            except TimeoutError:
                return _busy(f"no answer within {self._limits.time:g} s")
        finally:
            self._in_flight -= 1
            self._metrics.in_flight.dec()
        self._metrics.rows.inc(answer.rows)
        for counter, count in zip(self._metrics.predictions, answer.counts, strict=False):
            if count:
                counter.inc(count)
        return Response(answer.body, media_type=_JSON)

    async def _read(self, request: Request) -> bytes | None:
        """Return the body, or None where it is larger than it may be."""
        limit = self._limits.body
        chunks: list[bytes] = []
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            elif size > _READ_ON * limit:
                return None
            else:
                chunks.clear()
        return b"".join(chunks) if size <= limit else None

    async def _answer(self, body: bytes) -> Answer:
        expected = self._one + self._each * (len(body) / self._row_bytes)
        if expected <= _INLINE_TIME and len(body) <= _INLINE_BODY:
            return self._predictor.answer(body)
        loop = asyncio.get_running_loop()
        working = loop.run_in_executor(self._pool, self._predictor.answer, body)
        return await asyncio.wait_for(working, self._limits.time)

    def _mistakes(self, error: RequestError) -> Response:
        self._metrics.rejected.inc()
        told: dict[str, Any] = {"detail": error.detail}
        if error.more:
            told["more"] = error.more
        return Response(_encoded(told), 422, media_type=_JSON)

    async def _health(self, request: Request) -> Response:
        return Response(b'{"status":"alive"}', media_type=_JSON)

    async def _ready(self, request: Request) -> Response:
        if self.draining:
            return _busy("on the way out")
        return Response(b'{"status":"ready"}', media_type=_JSON)

    async def _scrape(self, request: Request) -> Response:
        return Response(self._metrics.text(), headers={"content-type": CONTENT_TYPE})


def _figures(by_step: dict[str, Any]) -> dict[str, str]:
    """Return figures as the front page shows them: ``step.figure``, of one by class the whole."""
    found = {}
    for step, figures in by_step.items():
        for name, value in figures.items():
            number = value.get(WHOLE) if isinstance(value, dict) else value
            if number is not None:
                found[f"{step}.{name}"] = f"{number:.4g}"
    return found


def _constant(body: bytes, media_type: str) -> Any:
    async def answer(request: Request) -> Response:
        return Response(body, media_type=media_type)

    return answer


def _page(text: str, headers: dict[str, str]) -> Any:
    async def answer(request: Request) -> Response:
        return HTMLResponse(text, headers=headers)

    return answer


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")


def _said(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return Response(_encoded({"detail": detail}), status, headers, _JSON)


def _busy(detail: str) -> Response:
    return _said(503, detail, {"retry-after": "1"})


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    detail = error.detail
    if error.status_code == 404:
        detail = f"there is nothing at {request.url.path}; the API is described at /docs"
    elif error.status_code == 405 and error.headers:
        detail = f"{request.url.path} takes {error.headers.get('Allow', 'another method')}"
    return _said(error.status_code, detail, dict(error.headers or {}))


async def _fault(request: Request, error: Exception) -> Response:
    return _said(500, "the server failed at this request; its log says why")
