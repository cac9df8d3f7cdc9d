"""From the body of a request to the body of its answer, without any network."""

from __future__ import annotations

import json

from .bundle import example
from .requests import RequestError, Requests, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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
        self._texts = [number for number, each in enumerate(bundle.features) if each.kind == "text"]
        self._encode = json.JSONEncoder(
            ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
        ).encode

    def answer(self, body: bytes) -> Answer:
        """Return the answer to a body.

        Raises:
            RequestError: the body is not what the model takes.
        """
        rows, batch = self.requests.read(body)
        try:
            found = self.bundle.run(rows)
        except Exception:
            if self._texts:
                self._look_at_texts(rows, batch)
            raise
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

    def _look_at_texts(self, rows: Sequence[Sequence[Any]], batch: bool) -> None:
        """Raise for the first row that the model does not take by itself, though it fits the schema.

        A model may refuse texts that it did not learn from, as scikit-learn's `OneHotEncoder` does by default.

        Raises:
            RequestError: there is such a row.
        """
        for number, row in enumerate(rows):
            try:
                self.bundle.run([row])
            except Exception:  # noqa: BLE001 - its exceptions share no base
                names = " or ".join(f"`{self.bundle.features[each].name}`" for each in self._texts)
                place = ["rows", number] if batch else []
                told = f"The model did not learn from such a text, and takes no other: look at {names}"
                given = {self.bundle.features[each].name: shown(row[each]) for each in self._texts}
                item = {"type": "value_error", "loc": ["body", *place], "msg": told, "input": given}
                raise RequestError([item]) from None

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
