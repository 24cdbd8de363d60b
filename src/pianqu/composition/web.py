"""The web server process: granian in front of the WSGI application."""

import os

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from pianqu.composition.env import Env, current
from pianqu.composition.orphan import PARENT, end_with_parent

THREADS = 4


def serve(env: Env) -> None:
    """Serve until told to stop; blocks."""
    serve_wsgi("pianqu.composition.wsgi:application", bind=env.bind, port=env.port, workers=env.workers)


def serve_wsgi(target: str, *, bind: str, port: int, workers: int = 1) -> None:
    """Serve a WSGI application (`module:name`) until told to stop; its processes end with this one. Blocks."""
    end_with_parent()
    os.environ[PARENT] = str(os.getpid())
    Server(
        target,
        address=bind,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backlog=512,
        log_access=False,
        log_level=LogLevels.warning,
        websockets=False,
        workers_kill_timeout=3,
    ).serve()


if __name__ == "__main__":
    serve(current())
