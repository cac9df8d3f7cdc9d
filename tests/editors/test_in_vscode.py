"""The packaged extension in VS Code itself: a real extension host, a real server, a browser in which a person works.

VS Code comes from npm as a server (the build of code-server). `MLPC_PICTURES=FOLDER` keeps the pictures that were taken.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.editors.test_extension import package
from tests.mlpc_cli.command import EXECUTABLE
from tests.mlpc_stdlib.runtime.web.browser import CHROMIUM, packages
from tests.npm import installed
from tests.system import install

HERE = Path(__file__).parent
SPEC = (HERE.parents[1] / "tests/specs/tumor.mlp").read_text(encoding="utf-8")


def vscode() -> Path:
    """Return the folder of VS Code's server, with what it needs, and with terminals."""
    top = installed(HERE / "vscode_server", "code-server")
    server = top / "node_modules/code-server/lib/vscode"
    with open(top.with_name("code-server.lock"), "w", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (server / "ready").exists():
            # Its own lock does not agree with its own list of packages, so they have one here.
            needed = installed(HERE / "vscode_server/server", "vscode-server") / "node_modules"
            if not (server / "node_modules").is_symlink():
                shutil.rmtree(server / "node_modules", ignore_errors=True)
                (server / "node_modules").symlink_to(needed)
            # Of what is compiled when it is installed, only terminals are needed.
            if not Path("/usr/include/node/node_api.h").exists():
                install("libnode-dev")
            gyp = (
                Path(ran(["npm", "root", "--global"], server).strip())
                / "npm/node_modules/node-gyp/bin/node-gyp.js"
            )
            ran(["node", str(gyp), "rebuild", "--nodedir=/usr"], needed / "node-pty")
            (server / "ready").touch()
    return server


def ran(words: list[str], folder: Path) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


@pytest.mark.full
def test_a_person_at_work(tmp_path: Path) -> None:
    server = vscode()
    project = tmp_path / "project"
    project.mkdir()
    (project / "mlpc.toml").touch()
    assert "test = 20%" in SPEC
    (project / "main.mlp").write_text(SPEC.replace("test = 20%", "test  =  20"), encoding="utf-8")
    settings = {
        "mlpc.path": str(EXECUTABLE),
        "security.workspace.trust.enabled": False,
        "terminal.integrated.gpuAcceleration": "off",
        "files.autoSave": "off",
        "workbench.startupEditor": "none",
        "telemetry.telemetryLevel": "off",
    }
    for place in ("user/User", "user/Machine", "server/data/User", "server/data/Machine"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    fixed = [
        "node", str(server / "out/server-main.js"), "--accept-server-license-terms", "--telemetry-level", "off",
        "--extensions-dir", str(tmp_path / "extensions"), "--user-data-dir", str(tmp_path / "user"),
        "--server-data-dir", str(tmp_path / "server"),
    ]  # fmt: skip
    told = ran([*fixed, "--install-extension", str(package(tmp_path))], tmp_path)
    assert "was successfully installed" in told
    pictures = Path(os.environ.get("MLPC_PICTURES", tmp_path))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with (tmp_path / "log").open("w") as log:
        words = [*fixed, "--host", "127.0.0.1", "--port", port, "--without-connection-token"]
        process = subprocess.Popen(words, cwd=tmp_path, stdout=log, stderr=log)
        try:
            wait(int(port), process)
            words = [
                "node",
                str(HERE / "in_vscode.mjs"),
                str(packages()),
                CHROMIUM,
                port,
                str(project),
                str(pictures),
            ]
            seen = json.loads(ran(words, tmp_path))
        finally:
            process.terminate()
            process.wait(30)
    assert "error" not in seen, seen
    assert {"Check", "Run", "Compile …", "Run as far as this"} <= set(seen["lenses"])
    assert "test  =  20\n" in seen["before"]
    assert "1 error in 1 file" in seen["terminal"]
    assert any("20%" in fix for fix in seen["fixes"])
    assert "20%" in seen["after"]
    assert seen["graph"] > 100
    assert seen["restarted"]
    # Mended by the fix, laid out by saving: the file is the one that it was.
    assert (project / "main.mlp").read_text(encoding="utf-8") == SPEC


def wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something answers."""
    for _ in range(300):
        assert process.poll() is None, "VS Code ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("VS Code does not answer")
