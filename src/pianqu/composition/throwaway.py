"""A PostgreSQL server that lives as long as one test run or measurement, and leaves nothing behind.

It never touches a server that is already there: own folder, own socket, no port. PostgreSQL refuses to run as the
superuser, so under uid 0 it runs as `postgres` or, where that user is missing, as `nobody`.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pianqu.foundation.errors import Unavailable

SOCKET_NAME = "5432"
START_SECONDS = 30.0
_SET_PARENT_DEATH_SIGNAL = 1


def find_programs() -> Path | None:
    """The folder that holds initdb and postgres, newest version first; Debian keeps it out of PATH."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _version(path.parent.name), reverse=True
    )
    on_path = shutil.which("initdb")
    folders = [*debian, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def _version(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return 0.0


@contextmanager
def postgresql(kept: Path | None = None, **options: str) -> Iterator[str]:
    """Start a server and answer the PIANQU_DATABASE of a database in it.

    Without `kept` all is removed at the end; with it the cluster stays in that folder and is used again. `options` are the
    server's own, as `shared_buffers`.
    """
    programs = find_programs()
    if programs is None:
        raise Unavailable("no-postgresql", "No initdb was found. Debian: apt install postgresql")
    folder = kept or Path(tempfile.mkdtemp(prefix="pianqu-pg-", dir="/tmp")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        identity = _identity(folder)
        if not (is_old := (folder / "data").exists()):
            _make_cluster(programs, folder, identity)
        server = _start(programs, folder, identity, options)
        try:
            _reach(programs, folder, server, identity, "psql" if is_old else "createdb")
            yield f"postgresql://postgres@{quote(str(folder), safe='')}:{SOCKET_NAME}/pianqu"
        finally:
            _stop(server)
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def _identity(folder: Path) -> dict[str, Any]:
    """Popen's arguments for the user that the server runs as."""
    if os.getuid() != 0:
        return {}
    user = next((u for u in (_user("postgres"), _user("nobody")) if u), None)
    if user is None:
        raise Unavailable(
            "no-user", "PostgreSQL does not run as root, and there is neither a user postgres nor nobody."
        )
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make_cluster(programs: Path, folder: Path, identity: dict[str, Any]) -> None:
    words = ["--pgdata", str(folder / "data"), "--auth", "trust", "--username", "postgres", "--no-sync"]
    words += ["--encoding", "UTF8", "--locale", "C"]
    done = subprocess.run([str(programs / "initdb"), *words], cwd=folder, capture_output=True, text=True, **identity)
    if done.returncode:
        raise Unavailable("initdb-failed", f"initdb failed: {done.stderr.strip()}")


def _start(programs: Path, folder: Path, identity: dict[str, Any], more: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """The server in the foreground, as our child: it stops when this process ends, however it ends."""
    options = {"listen_addresses": "", "unix_socket_directories": str(folder), "port": SOCKET_NAME}
    options |= {"max_connections": "120", "shared_buffers": "64MB", "timezone": "UTC", **more}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            [str(programs / "postgres"), "-D", str(folder / "data"), *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
            preexec_fn=_end_with_parent,  # safe here: no threads, and only prctl is called
            **identity,
        )


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGINT)


def _reach(
    programs: Path, folder: Path, server: subprocess.Popen[bytes], identity: dict[str, Any], program: str
) -> None:
    """Wait for the server: make its database, or see that it is there."""
    words = ["--host", str(folder), "--port", SOCKET_NAME, "--username", "postgres", "pianqu"]
    words += ["--command", "SELECT 1"] if program == "psql" else []
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        asked = [str(programs / program), *words]
        if not subprocess.run(asked, capture_output=True, cwd=folder, **identity).returncode:
            return
        time.sleep(0.1)
    raise Unavailable("postgresql-did-not-start", (folder / "server.log").read_text(errors="replace")[-600:])


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown; what does not stop in ten seconds is killed."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(5)
