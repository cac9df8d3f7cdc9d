"""Trees of XGBoost, LightGBM and scikit-learn as tables of numbers of 32 bits, read by treelite.

A feature is a number of 32 bits. Where a library compares such a number with a threshold of 64 bits, the largest number of
32 bits that is not above the threshold decides the same.
"""

from __future__ import annotations

from . import codes
from .contract import StepError, a_or_an, first_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .contract import JsonObject

#: What may be done with the sums of the trees.
_LINKS = {
    "identity": "identity",
    "identity_multiclass": "identity",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "exponential": "exponential",
}


class Forest:
    """Trees one after the other, each in preorder: behind a division comes what goes to its left.

    By node: ``jump`` is the distance to what goes to the right, 0 for a leaf; ``value`` the threshold, or of a leaf what
    it adds, or the number of a row of ``leaves``; ``feature`` the number of the feature; ``missing_left`` whether a missing
    value goes to the left. By tree: ``roots``, and in ``sums`` the number of the sum that it adds to, -1 for all.
    """

    def __init__(self, told: JsonObject, singles: bool = True) -> None:
        """Take what treelite tells of a model; ``singles``: its library takes features as numbers of 32 bits.

        Raises:
            StepError: there is something in it that has no such form.
        """
        link = _LINKS.get(told["postprocessor"])
        if link is None or told["num_target"] != 1:
            raise _unknown(f"`{told['postprocessor']}` of {told['num_target']} targets")
        self.link: str = link
        self.slope = float(told["sigmoid_alpha"])
        #: Numbers that come out of the sums.
        self.width = int(told["num_class"][0])
        self.start = [float(value) for value in told["base_scores"]]
        self.averaged = bool(told["average_tree_output"])
        #: How a feature is compared with the threshold of what goes to the left: ``<`` or ``<=``.
        self.comparison = "<="
        self.jump: list[int] = []
        self.value: list[float] = []
        self.feature: list[int] = []
        self.missing_left: list[bool] = []
        self.leaves: list[tuple[float, ...]] = []
        self.roots: list[int] = []
        self.sums: list[int] = []
        self._singles = singles
        self._rows: dict[tuple[float, ...], int] = {}
        used = {
            node["comparison_op"]
            for tree in told["trees"]
            for node in tree["nodes"]
            if "comparison_op" in node
        }
        if len(used) > 1 or not used <= {"<", "<="}:
            raise _unknown(f"comparisons by {', '.join(sorted(used))}")
        if used:
            (self.comparison,) = used
        for tree, sum_number in zip(told["trees"], told["class_id"], strict=True):
            self.roots.append(len(self.jump))
            self.sums.append(int(sum_number) if self.width > 1 else 0)
            self._add(tree)

    def _add(self, tree: JsonObject) -> None:
        nodes = {node["node_id"]: node for node in tree["nodes"]}
        # Of each node the place of the division whose right side it is.
        waiting: list[tuple[int, int | None]] = [(0, None)]
        while waiting:
            number, parent = waiting.pop()
            here = len(self.jump)
            if parent is not None:
                self.jump[parent] = here - parent
            node = nodes[number]
            self.jump.append(0)
            if "leaf_value" in node:
                self.value.append(self._leaf(node["leaf_value"]))
                self.feature.append(0)
                self.missing_left.append(False)
                continue
            if node["node_type"] != "numerical_test_node":
                raise _unknown("a division by categories")
            self.value.append(self._threshold(float(node["threshold"])))
            self.feature.append(int(node["split_feature_id"]))
            self.missing_left.append(bool(node["default_left"]))
            waiting.append((node["right_child"], here))
            waiting.append((node["left_child"], None))

    def _threshold(self, value: float) -> float:
        import numpy

        nearest = numpy.float32(value)
        if not self._singles:
            # Rounded alike, features and thresholds keep their order.
            return float(nearest)
        if self.comparison == "<=" and float(nearest) > value:
            nearest = numpy.nextafter(nearest, numpy.float32(-numpy.inf))
        if self.comparison == "<" and float(nearest) < value:
            nearest = numpy.nextafter(nearest, numpy.float32(numpy.inf))
        return float(nearest)

    def _leaf(self, value: Any) -> float:
        if not isinstance(value, list):
            return float(value)
        row = tuple(float(each) for each in value)
        if row not in self._rows:
            self._rows[row] = len(self.leaves)
            self.leaves.append(row)
        return float(self._rows[row])


def read(model: Any, framework: str) -> Forest:
    """Return the trees of a fitted model.

    Raises:
        StepError: it is not made of trees, or of trees that have no such form.
    """
    import json

    import treelite

    try:
        if framework == "xgboost":
            found = treelite.frontend.from_xgboost(model.booster)
        elif framework == "lightgbm":
            found = treelite.frontend.from_lightgbm(model.booster)
        else:
            found = treelite.sklearn.import_model(model)
        # It writes nothing for a number that JSON has not: an infinite threshold parts missing values from all others.
        told = json.loads(
            found.dump_as_json(pretty_print=False).replace('"threshold":,', '"threshold":null,')
        )
        for number, tree in enumerate(told["trees"]):
            for node in tree["nodes"]:
                if node.get("threshold", 0.0) is None:
                    node["threshold"] = found.get_tree_accessor(number).get_field("threshold")[
                        node["node_id"]
                    ]
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - treelite raises what it likes
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"{a_or_an(model)} is not made of trees that have a form in C: {first_line(error)}",
            [
                "random forests, extra trees and gradient boosting of scikit-learn have one, and so have XGBoost and LightGBM",
                "a single tree is a forest of one: `sklearn.random_forest` with `trees = 1`",
                "`export …: onnx` takes most other estimators",
            ],
        ) from None
    # Of what scikit-learn calls by this name features have 64 bits, and a value may be equal to a threshold.
    return Forest(told, singles=not type(model).__name__.startswith("HistGradientBoosting"))


def _unknown(what: str) -> StepError:
    return StepError(
        codes.NOT_EXPORTABLE,
        f"the trees have {what}, which has no form in C here",
        "`export …: onnx` takes such trees",
    )
