"""A server that speaks to clients of Google Cloud Storage: ``python serve_gcs.py``, in an environment that has one.

Prints one line of JSON: the port. Ends when its input does.
"""

from __future__ import annotations

import json
import sys

from gcp_storage_emulator.server import create_server


def main() -> None:
    # Containers reach it by the address of a bridge.
    server = create_server("0.0.0.0", 0, in_memory=True, default_bucket="clinic")
    server.start()
    print(json.dumps({"port": server._api._httpd.server_port}), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
