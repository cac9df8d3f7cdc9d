"""Writes trees as plain C (C99): no allocation, no files, no state; numbers of 32 bits."""

from __future__ import annotations

import json

from . import models, refinements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .contract import JsonObject
    from .forest import Forest

    #: What happens to each feature before the trees, with one or two numbers for each: ``fill`` puts the first in the place
    #: of a missing value, ``scale`` takes the first away and divides by the second, ``stretch`` multiplies and adds.
    Stage = tuple[str, list[float], list[float]]

HEADER, SOURCE, DRIVER = "model.h", "model.c", "driver.c"

_WIDE = {True: "double", False: "float"}


def header(signature: JsonObject, wide: bool) -> str:
    """Return the header of a model: its features, classes and functions; ``wide``: features of 64 bits."""
    features = signature["features"]
    classes = signature["classes"]
    lines = [
        "/*",
        " * A model of trees in plain C (C99): no allocation, no files, no state; any number of threads may call it.",
        " *",
        f" * It foretells {comment(signature['label']['name']) if signature['label'] else 'a value'}.",
        " *",
        " * Features, in this order:",
    ]
    lines += listed(features)
    if classes is not None:
        lines += [" *", " * Classes, in the order of the scores:"]
        lines += [
            f" * {number:5}  {comment(models.python_value(value))}" for number, value in enumerate(classes)
        ]
    lines += [
        " */",
        "#ifndef MODEL_H",
        "#define MODEL_H",
        "",
        f"#define MODEL_FEATURES {len(features)}",
    ]
    if classes is not None:
        lines.append(f"#define MODEL_CLASSES {len(classes)}")
    lines += [
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        f"typedef {_WIDE[wide]} model_number;",
        "",
    ]
    if classes is not None:
        lines += [
            "/* Writes the probability of each class and returns the number of the most probable one, the first of equals. */",
            "int model_predict(const model_number features[MODEL_FEATURES], float scores[MODEL_CLASSES]);",
            "",
            "/* The name of a class by its number, in UTF-8. */",
            "extern const char *const model_classes[MODEL_CLASSES];",
        ]
    else:
        label = signature["label"]
        unit = refinements.UNITS.get((label or {}).get("type", {}).get("base", ""))
        lines += [
            f"/* Returns the value that is foretold{f', in {unit}' if unit else ''}. */",
            "float model_predict(const model_number features[MODEL_FEATURES]);",
        ]
    lines += ["", "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""]
    return "\n".join(lines)


def source(forest: Forest, stages: Sequence[Stage], signature: JsonObject) -> str:
    """Return the code of a model. The same trees give the same text."""
    classes, width = signature["classes"], forest.width
    kinds = {
        "jump": _whole(forest.jump),
        "feature": _whole([2 * number + 1 for number in forest.feature]),
        "root": _whole(forest.roots),
        "sum": _whole([max(0, number) for number in forest.sums]),
    }
    tells = [2 * number + int(left) for number, left in zip(forest.feature, forest.missing_left, strict=True)]
    parts = [
        f'#include "{HEADER}"',
        "",
        "#include <math.h>",
        "#include <stdint.h>",
        "",
        f"#define TREES {len(forest.roots)}",
        f"#define SUMS {width}",
        "",
        "/* Trees in preorder. Of a division: the threshold, how far on its right side is (its left side comes next), and twice",
        "   the number of its feature, with one more where a missing value goes left. Of a leaf: what it adds, and 0. */",
        table("float", "value", [_number(value) for value in forest.value]),
        table(kinds["jump"], "jump", map(str, forest.jump)),
        table(kinds["feature"], "feature", map(str, tells)),
        table(kinds["root"], "root", map(str, forest.roots)),
    ]
    vectors = bool(forest.leaves)
    if vectors:
        parts += [
            "/* What leaves add to the sums; of a leaf the value is the number of its row. */",
            table(
                "float",
                "leaf",
                [_number(value) for row in forest.leaves for value in row],
            ),
        ]
    elif width > 1:
        parts += ["/* The sum that each tree adds to. */", table(kinds["sum"], "sum", map(str, forest.sums))]
    parts.append(table("float", "start", [_number(value) for value in forest.start]))
    for number, (_, first, second) in enumerate(stages):
        parts.append(table("double", f"first{number}", [_wide(value) for value in first]))
        if second:
            parts.append(table("double", f"second{number}", [_wide(value) for value in second]))
    if classes is not None:
        names = ", ".join(_string(value) for value in classes)
        parts += ["", f"const char *const model_classes[MODEL_CLASSES] = {{{names}}};"]
    parts += ["", *_walk(forest)]
    if stages:
        parts += ["", *_prepare(stages)]
    parts += ["", *_predict(forest, bool(stages), vectors, classes is not None), ""]
    return "\n".join(parts)


def _walk(forest: Forest) -> list[str]:
    return [
        "static uint32_t leaf_of(uint32_t node, const float *row)",
        "{",
        "  while (jump[node] != 0) {",
        "    const float x = row[feature[node] >> 1];",
        f"    const int left = isnan(x) ? (feature[node] & 1) : (x {forest.comparison} value[node]);",
        "    node += left ? 1u : (uint32_t)jump[node];",
        "  }",
        "  return node;",
        "}",
    ]


def _prepare(stages: Sequence[Stage]) -> list[str]:
    lines = [
        "/* As before the training: in 64 bits, and only then of 32. */",
        "static void prepare(const double *features, float *row)",
        "{",
        "  int i;",
        "  for (i = 0; i < MODEL_FEATURES; i++) {",
        "    double x = features[i];",
    ]
    for number, (kind, _, _) in enumerate(stages):
        lines.append(
            {
                "fill": f"    x = isnan(x) ? first{number}[i] : x;",
                "scale": f"    x = (x - first{number}[i]) / second{number}[i];",
                "stretch": f"    x = x * first{number}[i] + second{number}[i];",
            }[kind]
        )
    return [*lines, "    row[i] = (float)x;", "  }", "}"]


def _predict(forest: Forest, prepared: bool, vectors: bool, classifies: bool) -> list[str]:
    row = "row" if prepared else "features"
    lines = [
        "int model_predict(const model_number features[MODEL_FEATURES], float scores[MODEL_CLASSES])"
        if classifies
        else "float model_predict(const model_number features[MODEL_FEATURES])",
        "{",
        *(["  float row[MODEL_FEATURES];"] if prepared else []),
        "  float sums[SUMS];",
        "  int i, k;" if forest.width > 1 or classifies else "  int i;",
        *(["  int best = 0;"] if classifies else []),
        *(["  prepare(features, row);"] if prepared else []),
    ]
    several = forest.width > 1
    lines.append("  for (k = 0; k < SUMS; k++) sums[k] = start[k];" if several else "  sums[0] = start[0];")
    lines.append("  for (i = 0; i < TREES; i++) {")
    if vectors:
        lines += [
            f"    const float *adds = leaf + SUMS * (uint32_t)value[leaf_of(root[i], {row})];",
            "    for (k = 0; k < SUMS; k++) sums[k] += adds[k];" if several else "    sums[0] += adds[0];",
        ]
    else:
        lines.append(f"    sums[{'sum[i]' if several else '0'}] += value[leaf_of(root[i], {row})];")
    lines.append("  }")
    every = "  for (k = 0; k < SUMS; k++) sums[k] " if several else "  sums[0] "
    each = "k" if several else "0"
    if forest.averaged:
        lines.append(f"{every}/= TREES;")
    if forest.link == "sigmoid":
        slope = "" if forest.slope == 1.0 else f"{_number(forest.slope)} * "
        lines.append(f"{every}= 1.0f / (1.0f + expf(-{slope}sums[{each}]));")
    elif forest.link == "exponential":
        lines.append(f"{every}= expf(sums[{each}]);")
    elif forest.link == "softmax":
        lines += [
            "  {",
            "    float most = sums[0], whole = 0.0f;",
            "    for (k = 1; k < SUMS; k++) if (sums[k] > most) most = sums[k];",
            "    for (k = 0; k < SUMS; k++) whole += (sums[k] = expf(sums[k] - most));",
            "    for (k = 0; k < SUMS; k++) sums[k] /= whole;",
            "  }",
        ]
    if not classifies:
        return [*lines, "  return sums[0];", "}"]
    if several:
        lines.append("  for (k = 0; k < SUMS; k++) scores[k] = sums[k];")
    else:
        lines += ["  scores[0] = 1.0f - sums[0];", "  scores[1] = sums[0];"]
    return [
        *lines,
        "  for (k = 1; k < MODEL_CLASSES; k++) if (scores[k] > scores[best]) best = k;",
        "  return best;",
        "}",
    ]


def driver(classifies: bool) -> str:
    """Return a program that reads rows of doubles from its input and writes scores, and for classes the decision, as doubles."""
    calls = (
        [
            "    static float scores[MODEL_CLASSES];",
            "    static double out[MODEL_CLASSES + 1];",
            "    out[MODEL_CLASSES] = model_predict(row, scores);",
            "    for (i = 0; i < MODEL_CLASSES; i++) out[i] = scores[i];",
        ]
        if classifies
        else ["    static double out[1];", "    out[0] = model_predict(row);"]
    )
    return "\n".join(
        [
            f'#include "{HEADER}"',
            "",
            "#include <stdio.h>",
            "",
            "int main(void)",
            "{",
            "  static double in[MODEL_FEATURES];",
            "  static model_number row[MODEL_FEATURES];",
            "  while (fread(in, sizeof in, 1, stdin) == 1) {",
            "    int i;",
            *calls[: 2 if classifies else 1],
            "    for (i = 0; i < MODEL_FEATURES; i++) row[i] = (model_number)in[i];",
            *calls[2 if classifies else 1 :],
            "    if (fwrite(out, sizeof out, 1, stdout) != 1) return 1;",
            "  }",
            "  return 0;",
            "}",
            "",
        ]
    )


# How things are written


def listed(features: Sequence[JsonObject]) -> list[str]:
    """Return the lines of a comment that say of each feature its number, its name and what it may be."""
    lines = []
    for number, feature in enumerate(features):
        said = refinements.wanted(feature["type"])
        if feature["type"].get("base") == "bool":
            said = "0 or 1"
        missing = ", or NAN where it is missing" if feature["nullable"] else ""
        lines.append(f" * {number:5}  {comment(feature['name'])}: {_plain(said)}{missing}")
    return lines


def table(kind: str, name: str, values: Any) -> str:
    """Return a constant table of numbers that are written already, in lines of a readable length."""
    given = list(values)
    lines, line = [], " "
    for value in given:
        if len(line) + len(value) > 108:
            lines.append(line)
            line = " "
        line += f" {value},"
    return "\n".join([f"static const {kind} {name}[{len(given)}] = {{", *lines, line, "};"])


def _whole(values: Sequence[int]) -> str:
    """Return the smallest unsigned type that holds whole numbers."""
    most = max(values, default=0)
    return "uint8_t" if most < 256 else "uint16_t" if most < 65536 else "uint32_t"


def _number(value: float) -> str:
    """Write a number of 32 bits with as many digits as it takes to read the same back."""
    import numpy

    single = numpy.float32(value)
    if not numpy.isfinite(single):
        return "NAN" if numpy.isnan(single) else "INFINITY" if single > 0 else "-INFINITY"
    said = str(single)
    return said + ("f" if "." in said or "e" in said else ".0f")


def _wide(value: float) -> str:
    return repr(float(value))


def _string(value: Any) -> str:
    """Write a text as a literal of C: every byte that is no letter, digit, space or underscore by its number."""
    from .metrics import class_name

    said = class_name(value)
    kept = (
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in " _") else f"\\{byte:03o}"
        for byte in said.encode("utf-8", "replace")
    )
    return '"' + "".join(kept) + '"'


def comment(value: Any) -> str:
    """Write a value so that it ends no comment, begins none and no trigraph: as JSON, without stars and question marks."""
    return json.dumps(value).replace("*", "\\u002a").replace("?", "\\u003f")


def _plain(said: str) -> str:
    return (
        said if not any(sign in said for sign in ("*", "\\", "?", '"')) and said.isascii() else comment(said)
    )
