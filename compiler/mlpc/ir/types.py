"""The JSON forms of types and values that appear in the IR, in task files and in reports.

Value types (parameters, columns)::

    {"base": "float", "min": 0, "max": 1, "min_open": false, "max_open": false}
    {"base": "int" | "bool" | "string" | "date" | "datetime" | "url" | "path" | "cron" | "column"}
    {"base": "enum", "choices": ["eu", "us"]}
    {"base": "list" | "map", "of": TYPE}
    {"base": "tensor", "of": TYPE, "shape": [8, 8, 1]}
    {"base": "duration" | "size" | "frequency" | "power" | "energy" | "money"}

Numbers with a unit are in SI base units, money in its own unit.
``min`` and ``max`` are included unless ``min_open`` or ``max_open``; absent ones do not bound.

Port types (inputs and outputs of tasks)::

    {"type": "dataset", "schema": SCHEMA, "changes": CHANGES | absent}
    {"type": "model", "framework": "sklearn", "schema": SCHEMA, "label": "malignant" | null,
     "optional": true | absent}
    {"type": "metrics"} {"type": "report"} {"type": "file", "format": "csv"} {"type": "endpoint"}

    SCHEMA = {"name": "Cell", "columns": [COLUMN…], "rest": TYPE | null}
    COLUMN = {"name": "radius_mean", "type": TYPE, "header": "radius (mean)" | absent,
              "nullable": true | absent, "marks": ["label" | "key" | "time" | "sensitive" | "ignore"…],
              "doc": "…" | absent}

    CHANGES = {"input": "data", "adds": ["revenue"], "drops": ["note"], "renames": {"items": "count"}}

``changes``, of an output, is what the step does to the columns of its input. ``rest`` is
the type of every column of the data that the schema does not name, or null where there may be
none.

Value expressions (arguments, conditions) are plain JSON, where an object with exactly one of these keys is
computed when the figures are known::

    {"const": JSON}                                     a literal, needed only for objects
    {"checked": A, "type": TYPE, "what": "…", "text": "…", "place": PLACE}
                                                        A, which has to be of a type, else the step is refused
    {"param": "trees"}                                  a run-time parameter
    {"secret": "warehouse"}                             a secret: in an argument only, as a whole
    {"metric": {"node": "quality", "name": "recall", "class": "legal" | absent}}
    {"op": ">=", "args": [A, B]}                        or and not == != < <= > >= + - * / neg in
    {"call": "min", "args": [A]}                        min max count, over a figure that has several values
    {"if": [CONDITION, THEN, ELSE]}
    {"range": [LOW, HIGH]}                              both ends included; the right side of ``in``
    {"concat": [A, B]}                                  text put together from parts
    {"otherwise": [A, B]}                               A, or B where a figure that A reads was not measured
"""
