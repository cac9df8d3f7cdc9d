"""A PostgreSQL of the tests' own: Debian's, on a port that the system chose, with a password and a user that is not root."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.system import install

#: Who runs the server where the tests run as root, which PostgreSQL refuses to do.
USER = "postgres"


class Postgres:
    """A running server with one database, whose owner may do everything in it."""

    def __init__(self, port: int, password: str, folder: Path, programs: Path) -> None:
        self.port = port
        self.password = password
        self.folder = folder
        self._programs = programs

    def url(self, host: str = "127.0.0.1", user: str = "owner", password: str = "") -> str:
        """Return the address of the database."""
        return f"postgresql://{user}:{password or self.password}@{host}:{self.port}/warehouse"

    def sql(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def control(self, *arguments: str) -> None:
        """Start or stop the server."""
        as_user(str(self._programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w", *arguments)


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """Start a server in a folder of its own, and remove both afterwards."""
    programs = installed()
    folder = Path(tempfile.mkdtemp(prefix="mlpc-postgres-"))
    password = secrets.token_hex(12)
    word = folder / "password"
    word.write_text(password, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    if os.getuid() == 0:
        who = pwd.getpwnam(USER)
        for path in (folder, word):
            os.chown(path, who.pw_uid, who.pw_gid)
    server = Postgres(port, password, folder, programs)
    try:
        as_user(
            str(programs / "initdb"),
            *("-D", str(folder / "data"), "-U", "owner", "--pwfile", str(word)),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
        )
        # Containers reach the server by the address of Docker's bridge; the password is asked of everyone.
        with open(folder / "data" / "pg_hba.conf", "a", encoding="utf-8") as file:
            file.write("host all all all scram-sha-256\n")
        options = f"-p {port} -k {folder} -c listen_addresses=* -c fsync=off"
        server.control("-l", str(folder / "log"), "-o", options, "start")
        import psycopg

        address = f"postgresql://owner:{password}@127.0.0.1:{port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("create database warehouse")
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.control("-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def installed() -> Path:
    """Return the folder of PostgreSQL's programs, installed by apt where it is not there yet."""
    found = _programs()
    if found is None:
        install("postgresql")
        found = _programs()
    assert found is not None, "PostgreSQL was installed, and is not where Debian has it"
    return found


def _programs() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def as_user(*command: str) -> None:
    """Run a command, as the user of the server where this is root."""
    before = ["runuser", "-u", USER, "--"] if os.getuid() == 0 else []
    done = subprocess.run(
        [*before, *command], capture_output=True, text=True, cwd="/", check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
