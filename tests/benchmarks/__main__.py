"""All benchmarks, one after the other: `make bench`, or `python -m tests.benchmarks check kubeflow …` for some."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def server() -> None:
    """Print the ratios of the server, over the forest of `examples/tumor`."""
    from tests.benchmarks import bench_server
    from tests.benchmarks.tumor import export

    with tempfile.TemporaryDirectory() as folder:
        bench_server.main(export(Path(folder)))


def main(wanted: list[str]) -> int:
    """Run the benchmarks that are named, or all; say what failed and go on."""
    from tests.benchmarks import (
        bench_airflow,
        bench_check,
        bench_check_many,
        bench_compile,
        bench_engine,
        bench_exports,
        bench_kubeflow,
        bench_lsp,
    )

    known = {
        "check": bench_check.main,
        "check_many": bench_check_many.main,
        "engine": bench_engine.main,
        "server": server,
        "kubeflow": bench_kubeflow.main,
        "compile": bench_compile.main,
        "airflow": bench_airflow.main,
        "exports": bench_exports.main,
        "lsp": bench_lsp.main,
    }
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"there are the benchmarks {', '.join(known)}, not {', '.join(unknown)}", file=sys.stderr)
        return 2
    failed = False
    for name in wanted or known:
        try:
            known[name]()
        except RuntimeError as error:
            failed = True
            print(f"{name}: {error}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
