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
    end_with_parent()
    os.environ[PARENT] = str(os.getpid())
    Server(
        "pianqu.composition.wsgi:application",
        address=env.bind,
        port=env.port,
        interface=Interfaces.WSGI,
        workers=env.workers,
        blocking_threads=THREADS,
        backlog=512,
        log_access=False,
        log_level=LogLevels.warning,
        websockets=False,
        workers_kill_timeout=3,
    ).serve()


if __name__ == "__main__":
    serve(current())
