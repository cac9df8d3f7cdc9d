"""What the server counts, in the exposition format of Prometheus.

With several processes each writes what it counts into files below ``PROMETHEUS_MULTIPROC_DIR``, which has to be
set before this module is imported; a scrape of any process tells the sum.
"""

from __future__ import annotations

import os

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

#: Seconds. The lowest fits a small model on one machine, the highest the longest request that is let run.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST


class Metrics:
    """The metrics of one server; ``classes`` are the names of the classes, none for a regression."""

    def __init__(self, classes: Sequence[str], version: str, model_digest: str) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self.requests = Counter(
            "mlpc_requests", "Requests answered, by path and status.", ("path", "status"), registry=registry
        )
        self.duration = Histogram(
            "mlpc_request_duration_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ("path",),
            buckets=BUCKETS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "mlpc_requests_in_flight",
            "Predictions that are being answered.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.rows = Counter("mlpc_rows", "Rows predicted.", registry=registry)
        predictions = Counter(
            "mlpc_predictions", "Rows predicted, by predicted class.", ("class",), registry=registry
        )
        #: One counter a class, in the order of the classes, so that each is there from the start.
        self.predictions = [predictions.labels(name) for name in classes]
        self.rejected = Counter(
            "mlpc_rejected_rows",
            "Requests refused because their rows do not fit the schema.",
            registry=registry,
        )
        info = Gauge(
            "mlpc_build_info",
            "Always 1; the labels say what is served by what.",
            ("version", "onnxruntime", "model_digest"),
            registry=registry,
            multiprocess_mode="max",
        )
        import onnxruntime

        info.labels(version, onnxruntime.__version__, model_digest).set(1)

    def text(self) -> bytes:
        """Return all metrics as a scrape reads them."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        from prometheus_client.multiprocess import MultiProcessCollector

        summed = CollectorRegistry()
        MultiProcessCollector(summed)  # type: ignore[no-untyped-call]
        return generate_latest(summed)
