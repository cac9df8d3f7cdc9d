"""Reads data by the step of the standard library, against the schema that `mlpc infer` wrote for it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from mlpc.compilation import Compilation
from mlpc.format import format_source
from mlpc.ir.canonical import to_json
from mlpc.source import Source
from mlpc_cli.loader import DiskLoader
from mlpc_stdlib.runtime.data import Reader
from tests.mlpc_cli.command import Answer, mlpc

_BLOCK = re.compile(r"^#     (data rows: csv \{ .*\})$", re.MULTILINE)


def inferred(folder: Path, data: str | bytes, *arguments: str, file: str = "data.csv") -> str:
    """Return the schema of ``data``: a program in its layout, without mistakes, which the data fits when it is read."""
    (folder / file).write_bytes(data.encode() if isinstance(data, str) else data)
    answer = mlpc("infer", file, *arguments, cwd=folder)
    assert (answer.code, answer.err) == (0, ""), answer
    assert fits(folder, answer.out, file) > 0
    return answer.out


def fits(folder: Path, text: str, file: str) -> int:
    """Check ``text`` in every way, read the data by the step, and return the number of rows."""
    formatted = format_source(Source("schema.mlp", text))
    assert (formatted.text, formatted.diagnostics) == (text, ())
    block = _BLOCK.search(text)
    assert block is not None, text
    spec = f"{text}\npipeline demo {{\n  {block[1]}\n}}\n"
    (folder / "main.mlp").write_text(spec, encoding="utf-8")
    compilation = Compilation(DiskLoader(str(folder)), "main.mlp")
    assert [item.message for item in compilation.check()] == []
    workflow = compilation.workflow()
    assert workflow is not None
    nodes: list[dict[str, Any]] = json.loads(json.dumps(to_json(workflow)))["nodes"]
    (node,) = [node for node in nodes if node["id"] == "rows"]
    given = node["arguments"]
    options = {name: given[name] for name in ("separator", "encoding", "decimal", "missing")}
    table = Reader(path=str(folder / file), file=file, **options).read(node["outputs"]["rows"]["type"])
    return int(table.num_rows)


def refused(folder: Path, data: str | bytes, *arguments: str, file: str = "data.csv") -> Answer:
    """Return what is said of data from which nothing can be inferred."""
    (folder / file).write_bytes(data.encode() if isinstance(data, str) else data)
    answer = mlpc("infer", file, *arguments, cwd=folder)
    assert answer.code in (2, 4)
    assert answer.out == ""
    assert "Traceback" not in answer.err
    return answer


def port(folder: Path, schema: str) -> dict[str, Any]:
    """Return the type of a port with the schema."""
    use = '\npipeline demo {\n  data rows: csv { path = "x.csv", schema = Data }\n}\n'
    (folder / "main.mlp").write_text(schema + use, encoding="utf-8")
    compilation = Compilation(DiskLoader(str(folder)), "main.mlp")
    assert [item.message for item in compilation.check()] == []
    workflow = compilation.workflow()
    assert workflow is not None
    (node,) = json.loads(json.dumps(to_json(workflow)))["nodes"]
    found: dict[str, Any] = node["outputs"]["rows"]["type"]
    return found
