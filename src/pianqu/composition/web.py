"""The web server process: granian in front of the WSGI application, and in front of an outsider's doors."""

import os
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
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
    _serve(target, address=bind, port=port, interface=Interfaces.WSGI, workers=workers, blocking_threads=THREADS)


def serve_patient(target: str, *, bind: str, port: int, patience: float) -> None:
    """The same for one process and an application that takes requests in by itself (RSGI, see outsider/receiving.py).

    A connection on which no request begins and comes to its body within so many seconds is closed. HTTP/1 alone: for the other
    kind, and for finding out which it is, the server has no such limit.
    """
    limits = HTTP1Settings(header_read_timeout=int(patience * 1_000))
    _serve(target, address=bind, port=port, interface=Interfaces.RSGI, http=HTTPModes.http1, http1_settings=limits)


def _serve(target: str, **more: Any) -> None:
    end_with_parent()
    os.environ[PARENT] = str(os.getpid())
    Server(
        target,
        backlog=512,
        log_access=False,
        log_level=LogLevels.warning,
        websockets=False,
        workers_kill_timeout=3,
        **more,
    ).serve()


if __name__ == "__main__":
    serve(current())
