"""From the body of a request to the body of its answer, without any network."""

from __future__ import annotations

import json

from .bundle import example
from .requests import Requests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .bundle import Bundle

#: Rows on which the cost of a row is measured.
_TRIAL_ROWS = 64


class Answer:
    """The body of an answer, how many rows it judged and how many of them went to each class."""

    __slots__ = ("body", "counts", "rows")

    def __init__(self, body: bytes, rows: int, counts: list[int]) -> None:
        self.body = body
        self.rows = rows
        self.counts = counts


class Predictor:
    """Answers bodies with a bundle."""

    def __init__(self, bundle: Bundle, max_rows: int) -> None:
        self.bundle = bundle
        self.requests = Requests(bundle.features, bundle.label, max_rows)
        self._encode = json.JSONEncoder(
            ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
        ).encode

    def answer(self, body: bytes) -> Answer:
        """Return the answer to a body.

        Raises:
            RequestError: the body is not what the model takes.
        """
        rows, batch = self.requests.read(body)
        found = self.bundle.run(rows)
        classes = self.bundle.classes
        counts: list[int] = []
        predictions: list[dict[str, Any]]
        if self.bundle.kind == "value" or classes is None:
            predictions = [{"value": value} for value in found.tolist()]
        else:
            if self.bundle.kind == "probability":
                best = found.argmax(axis=1).tolist()
                names = self.bundle.class_names
                predictions = [
                    {"label": classes[index], "scores": dict(zip(names, scores, strict=True))}
                    for index, scores in zip(best, found.tolist(), strict=True)
                ]
            else:
                best = found.tolist()
                predictions = [{"label": classes[index]} for index in best]
            counts = [0] * len(classes)
            for index in best:
                counts[index] += 1
        made = {"predictions": predictions} if batch else predictions[0]
        return Answer(self._encode(made).encode("utf-8"), len(rows), counts)

    def cost(self, clock: Callable[[], float]) -> tuple[float, float]:
        """Measure the model: seconds for one row, and for each further row of the same request."""
        one = self._time(1, clock)
        many = self._time(_TRIAL_ROWS, clock)
        return one, max(0.0, (many - one) / (_TRIAL_ROWS - 1))

    def _time(self, rows: int, clock: Callable[[], float]) -> float:
        row = list(example(self.bundle).values())
        trial = [row] * rows
        found = []
        for _ in range(5):
            start = clock()
            self.bundle.run(trial)
            found.append(clock() - start)
        return min(found)
