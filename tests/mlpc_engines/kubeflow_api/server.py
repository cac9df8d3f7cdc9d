"""A stand-in for the API of Kubeflow Pipelines, v2beta1: it checks what is sent, and answers from a script.

Every body is read strictly as the model that Kubeflow generates for it, every query has to be one that the generated client
knows, and the rules of the real server which its source states are kept: names have to be given and may not be too long,
what is referred to has to be there, a pipeline or a version is not made twice. What is wrong is answered with status 400, and
noted in ``problems``. Runs are not run: a test says what the tasks of a run do, one state after the other.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit
from uuid import uuid4
from zlib import crc32

from .strict import OPERATIONS, read, read_filter

START = datetime(2026, 1, 1, tzinfo=UTC)
#: Queries that the generated client sends, by method and path.
_LISTED = {"namespace", "page_token", "page_size", "sort_by", "filter"}
_FIELDS = {
    "runs": {"name", "display_name", "created_at", "state", "storage_state", "experiment_id"},
    "recurringruns": {"name", "display_name", "created_at"},
    "experiments": {"name", "display_name", "created_at", "storage_state"},
    "versions": {"name", "display_name", "created_at"},
}


class Refusal(Exception):
    """What the server says no with."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Run:
    """A run: ``frames`` are what is seen of it, one look after the other; the last one stays."""

    def __init__(self, content: dict[str, Any], frames: list[tuple[str, dict[str, str]]]) -> None:
        self.content = content
        self.frames = frames
        self.looks = 0

    def look(self) -> dict[str, Any]:
        state, tasks = self.frames[min(self.looks, len(self.frames) - 1)]
        self.looks += 1
        details = [detail for name, its in tasks.items() for detail in nodes(name, its)]
        return {**self.content, "state": state, "run_details": {"task_details": details}}


def nodes(name: str, state: str) -> list[dict[str, Any]]:
    """What the API tells of a task: the nodes of Argo, of which the task, what prepares it and its container are three."""
    number = crc32(name.encode())
    started = (START + timedelta(seconds=10)).isoformat()
    ended = (START + timedelta(seconds=15)).isoformat()
    done = state in ("SUCCEEDED", "FAILED", "SKIPPED")
    common = {"create_time": START.isoformat(), "start_time": started}
    task = {
        **common,
        "display_name": name,
        "state": state,
        "end_time": ended if done else datetime.fromtimestamp(0, UTC).isoformat(),
        "task_id": str(uuid4()),
        "child_tasks": [] if state == "SKIPPED" else [{"pod_name": f"words-x7k2p-{number}"}],
    }
    driver = {**common, "display_name": f"{name}-driver", "state": "SUCCEEDED", "end_time": started}
    executor = {**task, "display_name": "executor", "child_tasks": []}
    return [driver, task, *([] if state == "SKIPPED" else [executor])]


class StandIn:
    """The server. ``multi_user`` and ``token`` are how it is set up; ``plan`` gives the frames of each run."""

    def __init__(self, plan: Callable[[dict[str, Any]], list[tuple[str, dict[str, str]]]]) -> None:
        self.plan = plan
        self.multi_user = False
        self.token = ""
        #: What is answered in place of everything: by a server that is another one.
        self.instead = ""
        #: Answers that are lost: what is asked for is done, and the connection closed. By method and path.
        self.lose: list[tuple[str, str]] = []
        #: How many requests find nobody from now on.
        self.drop = 0
        self.logs: dict[str, str] = {}
        self.problems: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.pipelines: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.experiments: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, Run] = {}
        self.recurring: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *arguments: Any) -> None:
                pass

            def do_GET(self) -> None:
                stand_in.answer(self)

            do_POST = do_DELETE = do_PUT = do_PATCH = do_GET

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    # Answers

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        path, query = unquote(parts.path), dict(parse_qsl(parts.query))
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        with self._lock:
            self.requests.append((request.command, path))
            if self.drop:
                self.drop -= 1
                request.close_connection = True
                return
            try:
                if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
                    raise Refusal(401, "Unauthenticated: request carries no identity")
                status, content = 200, self.instead or self.route(request, path, query, body)
            except Refusal as refusal:
                status, content = refusal.status, {"error": str(refusal), "code": 3, "message": str(refusal)}
                if status == 400:
                    self.problems.append(f"{request.command} {path}: {refusal}")
            if (request.command, path) in self.lose:
                self.lose.remove((request.command, path))
                request.close_connection = True
                return
        text = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        request.send_response(status)
        request.send_header("Content-Type", "text/plain" if isinstance(content, str) else "application/json")
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def route(self, request: BaseHTTPRequestHandler, path: str, query: dict[str, str], body: bytes) -> Any:
        method = request.command
        place = path.removeprefix("/apis/v2beta1/")
        if (method, place) == ("GET", "healthz"):
            return {"commit_sha": "0", "tag_name": "2.17.0", "multi_user": self.multi_user}
        if log := re.fullmatch(r"/apis/v1alpha1/runs/([^/]+)/nodes/([^/]+)/log", path):
            # The real server has sent status 200 before it looks for the log.
            return self.logs.get(log[2], '{"error_message":"Failed to read logs"}')
        if (method, place) == ("POST", "pipelines"):
            return self.new_pipeline(self.body(body, "V2beta1Pipeline"))
        if (method, place) == ("POST", "pipelines/upload_version"):
            self.queries(query, {"name", "display_name", "pipelineid", "description", "tags"})
            return self.new_version(query, upload(request.headers["Content-Type"], body))
        if method == "GET" and (named := re.fullmatch(r"pipelines/names/([^/]+)", place)):
            self.queries(query, {"namespace"})
            return self.one(
                self.pipelines, lambda each: each["name"] == named[1] and self.mine(each, query), "Pipeline"
            )
        if method == "GET" and (of := re.fullmatch(r"pipelines/([^/]+)/versions", place)):
            found = [each for each in self.versions.values() if each["pipeline_id"] == of[1]]
            return self.listed(found, query, "versions", "pipeline_versions")
        if (method, place) == ("POST", "experiments"):
            return self.new_experiment(self.body(body, "V2beta1Experiment"))
        if (method, place) == ("GET", "experiments"):
            return self.listed(self.of_user(self.experiments, query), query, "experiments", "experiments")
        if method == "POST" and (archived := re.fullmatch(r"experiments/([^/]+):unarchive", place)):
            self.experiments[archived[1]]["storage_state"] = "AVAILABLE"
            return {}
        if (method, place) == ("POST", "runs"):
            self.queries(query, {"experiment_id"})
            return self.new_run(self.body(body, "V2beta1Run"))
        if (method, place) == ("GET", "runs"):
            found = [run.content for run in self.runs.values()]
            return self.listed(found, query, "runs", "runs", more={"experiment_id"})
        if method == "GET" and (asked := re.fullmatch(r"runs/([^/]+)", place)):
            self.queries(query, {"experiment_id"})
            if asked[1] not in self.runs:
                raise Refusal(404, f"Run {asked[1]} not found")
            seen = self.runs[asked[1]].look()
            assert read(seen, "V2beta1Run") == []
            return seen
        if (method, place) == ("POST", "recurringruns"):
            return self.new_recurring(self.body(body, "V2beta1RecurringRun"))
        if (method, place) == ("GET", "recurringruns"):
            return self.listed(
                list(self.recurring.values()), query, "recurringruns", "recurringRuns", more={"experiment_id"}
            )
        if method == "DELETE" and (gone := re.fullmatch(r"recurringruns/([^/]+)", place)):
            if self.recurring.pop(gone[1], None) is None:
                raise Refusal(404, "Job not found")
            return {}
        raise Refusal(400, f"nothing is known of {method} {path}")

    # What is sent

    def body(self, text: bytes, model: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(text)
        wrong = read(content, model)
        if wrong:
            raise Refusal(400, "; ".join(wrong))
        return content

    def queries(self, query: dict[str, str], known: set[str]) -> None:
        unknown = set(query) - known
        if unknown:
            raise Refusal(400, f"no query is called {sorted(unknown)}")

    def namespace(self, content: dict[str, Any]) -> None:
        if self.multi_user and not content.get("namespace"):
            raise Refusal(400, "Namespace cannot be empty in multi-user mode")
        if not self.multi_user and content.get("namespace"):
            raise Refusal(400, "In single-user mode, a namespace cannot be specified")

    def name(self, text: Any, longest: int = 128) -> None:
        if not isinstance(text, str) or not text.strip() or len(text) > longest:
            raise Refusal(400, f"no name: {text!r}")

    def new_pipeline(self, content: dict[str, Any]) -> dict[str, Any]:
        self.namespace(content)
        self.name(content.get("name"))
        if any(each["name"] == content["name"] for each in self.pipelines.values()):
            raise Refusal(409, f"The name {content['name']} already exists")
        return self.made(self.pipelines, {**content, "pipeline_id": str(uuid4())}, "pipeline_id")

    def new_version(self, query: dict[str, str], file: tuple[str, bytes]) -> dict[str, Any]:
        self.name(query.get("name"), 127)
        if query.get("pipelineid") not in self.pipelines:
            raise Refusal(400, "there is no such pipeline")
        if not file[0].endswith((".yaml", ".yml", ".json", ".zip", ".tar.gz")) or not file[1]:
            raise Refusal(400, "Unexpected pipeline file format")
        if any(each["name"] == query["name"] for each in self.versions.values()):
            raise Refusal(409, f"The name {query['name']} already exists")
        content = {
            "pipeline_id": query["pipelineid"],
            "pipeline_version_id": str(uuid4()),
            "name": query["name"],
            "display_name": query.get("display_name") or query["name"],
        }
        self.files[content["pipeline_version_id"]] = file[1]
        return self.made(self.versions, content, "pipeline_version_id")

    def new_experiment(self, content: dict[str, Any]) -> dict[str, Any]:
        self.namespace(content)
        self.name(content.get("display_name"))
        made = {**content, "experiment_id": str(uuid4()), "storage_state": "AVAILABLE"}
        return self.made(self.experiments, made, "experiment_id")

    def new_run(self, content: dict[str, Any]) -> dict[str, Any]:
        self.startable(content)
        made = self.made({}, {**content, "run_id": str(uuid4()), "storage_state": "AVAILABLE"}, "run_id")
        self.runs[made["run_id"]] = Run(made, self.plan(made))
        return made

    def new_recurring(self, content: dict[str, Any]) -> dict[str, Any]:
        self.startable(content)
        cron = content.get("trigger", {}).get("cron_schedule", {}).get("cron", "")
        # The server reads six fields, the seconds first.
        if len(cron.split()) != 6:
            raise Refusal(400, f"Schedule cron is not supported: {cron!r}")
        if not 1 <= int(content.get("max_concurrency") or 0) <= 10:
            raise Refusal(400, "The max concurrency of the job is out of range. Support 1-10")
        if content.get("mode") not in ("ENABLE", "DISABLE"):
            raise Refusal(400, "Job mode is not set")
        made = {**content, "recurring_run_id": str(uuid4())}
        return self.made(self.recurring, made, "recurring_run_id")

    def startable(self, content: dict[str, Any]) -> None:
        self.name(content.get("display_name"))
        reference = content.get("pipeline_version_reference") or {}
        version = self.versions.get(reference.get("pipeline_version_id", ""))
        if version is None or version["pipeline_id"] != reference.get("pipeline_id"):
            raise Refusal(400, "the version of the pipeline is not there")
        experiment = self.experiments.get(content.get("experiment_id", ""))
        if experiment is None or experiment["storage_state"] != "AVAILABLE":
            raise Refusal(400, "the experiment is not there")

    def made(self, into: dict[str, dict[str, Any]], content: dict[str, Any], id: str) -> dict[str, Any]:
        moment = START + timedelta(seconds=len(self.requests))
        made = {**content, "created_at": moment.isoformat()}
        into[made[id]] = made
        return made

    # What is asked for

    def mine(self, content: dict[str, Any], query: dict[str, str]) -> bool:
        return not self.multi_user or content.get("namespace") == query.get("namespace")

    def of_user(self, stored: dict[str, dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
        if self.multi_user and not query.get("namespace"):
            raise Refusal(400, "a namespace has to be given")
        return [each for each in stored.values() if self.mine(each, query)]

    def one(
        self, stored: dict[str, dict[str, Any]], fits: Callable[[dict[str, Any]], bool], what: str
    ) -> dict[str, Any]:
        for each in stored.values():
            if fits(each):
                return each
        raise Refusal(404, f"{what} not found")

    def listed(
        self,
        stored: list[dict[str, Any]],
        query: dict[str, str],
        kind: str,
        member: str,
        more: set[str] | None = None,
    ) -> dict[str, Any]:
        self.queries(query, _LISTED | (more or set()))
        found = stored
        if query.get("filter"):
            told = json.loads(unquote_plus(query["filter"]))
            wrong = read_filter(told)
            if wrong:
                raise Refusal(400, "; ".join(wrong))
            for each in told["predicates"]:
                if each["key"] not in _FIELDS[kind]:
                    raise Refusal(400, f"no such field: {each['key']}")
                found = [item for item in found if _fits(item, each)]
        order = query.get("sort_by", "").split()
        if order:
            if order[0] not in _FIELDS[kind]:
                raise Refusal(400, f"Cannot sort on field {order[0]}")
            found = sorted(found, key=lambda item: item[order[0]], reverse=order[1:] == ["desc"])
        first = int(query.get("page_token") or 0)
        size = int(query.get("page_size") or 10)
        made: dict[str, Any] = {member: found[first : first + size], "total_size": len(found)}
        if first + size < len(found):
            made["next_page_token"] = str(first + size)
        return made


def _fits(item: dict[str, Any], predicate: dict[str, Any]) -> bool:
    key = "display_name" if predicate["key"] == "name" and "name" not in item else predicate["key"]
    value = predicate["stringValue"]
    operation = OPERATIONS[predicate["operation"]]
    if operation == "EQUALS":
        return bool(item[key] == value)
    assert operation == "IS_SUBSTRING"
    return value in item[key]


def upload(kind: str, body: bytes) -> tuple[str, bytes]:
    """Return the name and the content of the file ``uploadfile`` of a form."""
    message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    parts = message.get_payload()
    assert isinstance(parts, list)
    for part in parts:
        disposition = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
        if disposition == "uploadfile":
            content = part.get_payload(decode=True)  # type: ignore[union-attr]
            assert isinstance(content, bytes)
            return str(part.get_filename()), content  # type: ignore[union-attr]
    raise Refusal(400, "Failed to read pipeline from file")
