"""What Prometheus scrapes is what happened."""

from __future__ import annotations

import json
import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

import mlpc_stdlib

from .servers import Server, serving
from .test_predictions import ROW, SMALL

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(server: Server) -> Samples:
    answer = server.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


def test_what_happened_is_counted(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path) as server:
        before = scrape(server)
        assert of(before, "mlpc_rows_total") == 0
        assert of(before, "mlpc_predictions_total", **{"class": "true"}) == 0
        for _ in range(3):
            server.ask(ROW)
        server.ask({"rows": [ROW, SMALL, SMALL]})
        server.ask({})
        server.ask({"rows": []})
        server.client.get("/predict")
        server.client.get("/a/b/c")
        server.client.get("/x?y=z")
        after = scrape(server)
    assert of(after, "mlpc_requests_total", path="/predict", status="200") == 4
    assert of(after, "mlpc_requests_total", path="/predict", status="422") == 2
    assert of(after, "mlpc_requests_total", path="/predict", status="405") == 1
    assert of(after, "mlpc_requests_total", path="other", status="404") == 2
    assert of(after, "mlpc_rejected_rows_total") == 2
    assert of(after, "mlpc_rows_total") == 6
    assert of(after, "mlpc_predictions_total", **{"class": "true"}) == 4
    assert of(after, "mlpc_predictions_total", **{"class": "false"}) == 2
    assert of(after, "mlpc_requests_in_flight") == 0
    assert of(after, "mlpc_request_duration_seconds_count", path="/predict") == 7
    assert of(after, "mlpc_request_duration_seconds_bucket", path="/predict", le="+Inf") == 7
    assert 0 < of(after, "mlpc_request_duration_seconds_sum", path="/predict") < 7
    [build] = [dict(labels) for name, labels in after if name == "mlpc_build_info"]
    assert build["model_digest"] == server_digest(bundle)
    assert build["version"] == mlpc_stdlib.__version__
    assert set(build) == {"version", "onnxruntime", "model_digest"}


def server_digest(bundle: Path) -> str:
    import hashlib

    return hashlib.sha256((bundle / "model.onnx").read_bytes()).hexdigest()


def test_paths_that_nobody_serves_make_no_series(server: Server) -> None:
    for number in range(20):
        server.client.get(f"/{number}")
    paths = {dict(labels)["path"] for name, labels in scrape(server) if name == "mlpc_requests_total"}
    assert paths <= {
        "/predict",
        "/health",
        "/ready",
        "/model",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/",
        "other",
    }


def test_a_quiet_server_writes_nothing_for_a_request(server: Server) -> None:
    before = server.log, server.output
    server.ask(ROW)
    server.ask({})
    assert (server.log, server.output) == before


def test_a_line_of_json_for_every_request(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, log="json") as server:
        server.ask(ROW)
        server.client.get("/nowhere%0Aat all")
        # A line is written when its answer is on its way.
        deadline = time.monotonic() + 10
        while len(server.output.splitlines()) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        lines = [json.loads(line) for line in server.output.splitlines()]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("POST", "/predict", 200),
        ("GET", "/nowhere\nat all", 404),
    ]
    assert set(lines[0]) == {"time", "method", "path", "status", "ms"}
    assert 0 < lines[0]["ms"] < 10_000
