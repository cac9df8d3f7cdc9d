"""Writes what has to happen to a row before an exported network takes it, as C, JavaScript and Python.

Some of a network's preparation never lies in its export: the scaling of columns (inside a graph of whole numbers it would take
their range from all others) and the rounding to the whole numbers that such a graph takes. Whoever runs the export gets both as
code that is ready to be used, beside the model:

| file | what |
|---|---|
| ``prepare.h``, ``prepare.c`` | C99: no allocation, no files, no state |
| ``prepare.mjs`` | a module of JavaScript, for browsers and Node |
| ``prepare.py`` | Python, with nothing but its standard library |

All three come to the same numbers, to the last bit: ``(value - mean) / scale`` in 64 bits (IEEE 754), that in 32 bits, and of
that ``value / scale + zero_point``, rounded half away from zero and held within what the type holds.
"""

from __future__ import annotations

import json
import math
import os

from . import c_code
from .contract import write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .contract import JsonObject

HEADER, SOURCE, MODULE, PYTHON = "prepare.h", "prepare.c", "prepare.mjs", "prepare.py"

#: By the type of what the model takes: that of C, of JavaScript's arrays, of Python's arrays; least and most whole number.
_TYPES = {
    "float32": ("float", "Float32Array", "f", 0, 0),
    "int8": ("int8_t", "Int8Array", "b", -128, 127),
    "int16": ("int16_t", "Int16Array", "h", -32768, 32767),
}


def write(folder: str, signature: JsonObject) -> None:
    """Write the files into the folder of an export; none where its graph takes what the columns hold.

    Raises:
        OSError: they cannot be written.
    """
    for name, text in files(signature).items():
        write_atomically(os.path.join(folder, name), text.encode())


def files(signature: JsonObject) -> dict[str, str]:
    """Return the texts of the files by name, for the signature of an export; the same signature gives the same texts.

    Empty where there is nothing to prepare: no ``scaling``, and no input of whole numbers.
    """
    told = _Preparation(signature)
    if not told.scaled and told.step is None:
        return {}
    return {HEADER: _header(told), SOURCE: _source(told), MODULE: _module(told), PYTHON: _python(told)}


class _Preparation:
    """What is to be done: with ``mean`` and ``deviation`` of each column if they are ``scaled``; with ``step`` and ``zero``
    if the model takes whole numbers. Numbers are texts, as all three languages read them.
    """

    def __init__(self, signature: JsonObject) -> None:
        self.features: Sequence[JsonObject] = signature["features"]
        self.tensor = self.features[0]["dtype"] == "tensor"
        shape = self.features[0]["type"]["shape"] if self.tensor else [len(self.features)]
        self.size = math.prod(shape)
        self.shape = " x ".join(str(size) for size in shape)
        scaling = signature.get("scaling") or {}
        self.scaled = bool(scaling)
        self.mean = [repr(float(value)) for value in scaling.get("mean", ())]
        self.deviation = [repr(float(value)) for value in scaling.get("scale", ())]
        (taken,) = signature["inputs"]
        self.c, self.array, self.code, self.least, self.most = _TYPES[taken["dtype"]]
        whole = taken.get("quantization")
        self.step = None if whole is None else repr(float(whole["scale"]))
        self.zero = 0 if whole is None else int(whole["zero_point"])

    @property
    def what(self) -> str:
        """What a row is called."""
        return (
            f"the {self.size} numbers of a tensor ({self.shape})" if self.tensor else "the columns of a row"
        )

    @property
    def steps(self) -> list[str]:
        """What is done, in words."""
        said = []
        if self.scaled:
            said.append(
                "Each value is brought to one scale, (value - mean) / scale in 64 bits, and then made 32 bits."
            )
        if self.step is not None:
            said.append(
                f"A whole number stands for (number {_signed(-self.zero)}) * {self.step}: values are rounded half away from zero,"
            )
            said.append(f"and what lies beyond {self.least} and {self.most} becomes these.")
        return said


def _header(told: _Preparation) -> str:
    given = "float" if told.tensor else "double"
    if told.tensor:
        columns = [
            f" * The tensor {c_code.comment(told.features[0]['name'])} is given as {told.shape} numbers, row by row."
        ]
    else:
        columns = [
            " * Columns, in this order:",
            *c_code.listed([{**each, "nullable": False} for each in told.features]),
        ]
    return "\n".join(
        [
            "/*",
            f" * Makes of {told.what} what the model beside this file takes.",
            " * Plain C (C99): no allocation, no files, no state; any number of threads may call it.",
            " *",
            *(f" * {line}" for line in told.steps),
            " *",
            *columns,
            " */",
            "#ifndef PREPARE_H",
            "#define PREPARE_H",
            "",
            "#include <stdint.h>",
            "",
            f"#define PREPARE_SIZE {told.size}",
            "",
            "#ifdef __cplusplus",
            'extern "C" {',
            "#endif",
            "",
            f"typedef {told.c} prepare_number;",
            "",
            "/* Fills `input`. Returns 0, or the number of the first value that is missing (NAN), counted from 1. */",
            f"int prepare(const {given} row[PREPARE_SIZE], prepare_number input[PREPARE_SIZE]);",
            "",
            "#ifdef __cplusplus",
            "}",
            "#endif",
            "",
            "#endif",
            "",
        ]
    )


def _source(told: _Preparation) -> str:
    lines = [f'#include "{HEADER}"', "", "#include <math.h>", ""]
    if told.scaled:
        lines += [
            c_code.table("double", "mean", told.mean),
            c_code.table("double", "scale", told.deviation),
            "",
        ]
    if told.step is not None:
        lines += [
            "static prepare_number whole(float value)",
            "{",
            f"  const double scaled = (double)value / {told.step};",
            "  const double rounded = scaled < 0.0 ? -floor(0.5 - scaled) : floor(scaled + 0.5);",
            f"  const double number = rounded {_signed(float(told.zero))};",
            f"  if (number < {float(told.least)!r}) return {told.least};",
            f"  if (number > {float(told.most)!r}) return {told.most};",
            "  return (prepare_number)number;",
            "}",
            "",
        ]
    value = "(float)((row[i] - mean[i]) / scale[i])" if told.scaled else "(float)row[i]"
    lines += [
        f"int prepare(const {'float' if told.tensor else 'double'} row[PREPARE_SIZE], prepare_number input[PREPARE_SIZE])",
        "{",
        "  int i;",
        "  for (i = 0; i < PREPARE_SIZE; i++) {",
        "    if (isnan(row[i])) return i + 1;",
        f"    input[i] = {value if told.step is None else f'whole({value})'};",
        "  }",
        "  return 0;",
        "}",
        "",
    ]
    return "\n".join(lines)


def _module(told: _Preparation) -> str:
    if told.tensor:
        names = [f"const tensor = {json.dumps(told.features[0]['name'])};"]
        lacking = "`number ${i} of ${tensor} is missing, or no number`"
    else:
        names = [
            "/** The columns of a row, in their order. */",
            "export const columns = [",
            *(f"  {json.dumps(feature['name'])}," for feature in told.features),
            "];",
        ]
        lacking = "`${columns[i]} is missing, or no number`"
    lines = [
        f"// Makes of {told.what} what the model beside this file takes.",
        *(f"// {line}" for line in told.steps),
        "",
        *names,
    ]
    if told.scaled:
        lines += [f"const mean = [{', '.join(told.mean)}];", f"const scale = [{', '.join(told.deviation)}];"]
    if told.step is not None:
        lines += [
            "",
            "function whole(value) {",
            f"  const scaled = value / {told.step};",
            "  const rounded = scaled < 0 ? -Math.floor(0.5 - scaled) : Math.floor(scaled + 0.5);",
            f"  return Math.min({told.most}, Math.max({told.least}, rounded {_signed(told.zero)}));",
            "}",
        ]
    value = "(value - mean[i]) / scale[i]" if told.scaled else "value"
    given = (
        "numbers, row by row" if told.tensor else "values of `columns`; `false` and `true` count as 0 and 1"
    )
    lines += [
        "",
        "/**",
        f" * @param {{ArrayLike<number | boolean>}} row The {told.size} {given}.",
        f" * @returns {{{told.array}}} What the model takes.",
        " * @throws {RangeError} A value is missing (`null`, `undefined`, `NaN`) or no number, or there are more or fewer.",
        " */",
        "export function prepare(row) {",
        f"  if (row.length !== {told.size}) throw new RangeError(`a row has {told.size} values, not ${{row.length}}`);",
        f"  const input = new {told.array}({told.size});",
        f"  for (let i = 0; i < {told.size}; i += 1) {{",
        '    const value = typeof row[i] === "boolean" ? Number(row[i]) : row[i];',
        '    if (typeof value !== "number" || Number.isNaN(value)) {',
        f"      throw new RangeError({lacking});",
        "    }",
        f"    input[i] = {value if told.step is None else f'whole(Math.fround({value}))'};",
        "  }",
        "  return input;",
        "}",
        "",
    ]
    return "\n".join(lines)


def _python(told: _Preparation) -> str:
    if told.tensor:
        names = [f"TENSOR = {told.features[0]['name']!a}"]
        lacking = '"number %d of %s is missing, or no number" % (number, TENSOR)'
    else:
        names = [
            "#: The columns of a row, in their order.",
            "COLUMNS = (",
            *(f"    {feature['name']!a}," for feature in told.features),
            ")",
        ]
        lacking = '"%s is missing, or no number" % COLUMNS[number]'
    lines = [
        f'"""Makes of {told.what} what the model beside this file takes; needs nothing but Python, 3.8 or newer.',
        *(["", *told.steps] if told.steps else []),
        '"""',
        "",
        "import math",
        "from array import array",
        "",
        *names,
    ]
    if told.scaled:
        lines += [
            "MEAN = (",
            *(f"    {value}," for value in told.mean),
            ")",
            "SCALE = (",
            *(f"    {value}," for value in told.deviation),
            ")",
        ]
    value = "(value - MEAN[number]) / SCALE[number]" if told.scaled else "value"
    given = "numbers, row by row." if told.tensor else "values of `COLUMNS`; False and True count as 0 and 1."
    lines += [
        "",
        "",
        "def prepare(row):",
        f'    """Return a row as the model takes it: an array of {told.size} numbers of the type {told.code!r}.',
        "",
        "    Args:",
        f"        row: the {told.size} {given}",
        "",
        "    Raises:",
        "        ValueError: a value is missing (None, NaN) or no number, or there are more or fewer.",
        '    """',
        "    row = list(row)",
        f"    if len(row) != {told.size}:",
        f'        raise ValueError("a row has {told.size} values, not %d" % len(row))',
        '    values = array("f", [0.0]) * len(row)',
        "    for number, given in enumerate(row):",
        "        try:",
        "            value = math.nan if isinstance(given, (str, bytes)) else float(given)",
        "        except (TypeError, ValueError, OverflowError):",
        "            value = math.nan",
        "        if math.isnan(value):",
        f"            raise ValueError({lacking})",
        f"        values[number] = {value}",
    ]
    if told.step is None:
        lines += ["    return values", ""]
    else:
        lines += [
            f'    return array("{told.code}", map(_whole, values))',
            "",
            "",
            "def _whole(value):",
            f"    scaled = value / {told.step}",
            "    if math.isinf(scaled):",
            f"        return {told.most} if scaled > 0 else {told.least}",
            "    rounded = -math.floor(0.5 - scaled) if scaled < 0 else math.floor(scaled + 0.5)",
            f"    return min({told.most}, max({told.least}, rounded {_signed(told.zero)}))",
            "",
        ]
    return "\n".join(lines)


def _signed(number: float) -> str:
    """Write a number as it is added: ``+ 9``, ``- 9``."""
    return f"{'-' if number < 0 else '+'} {abs(number)!r}"
