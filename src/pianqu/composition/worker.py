"""The worker process: seals what was recorded within a second and lets the readers catch up."""

import logging
import signal
import threading
from collections.abc import Callable
from importlib import import_module
from types import FrameType

import django
from django.db import Error, connection

from pianqu.composition.orphan import end_with_parent
from pianqu.foundation.errors import Problem

PAUSE = 0.4
LONGEST_PAUSE = 15.0
log = logging.getLogger("pianqu.worker")


def work(round_of_work: Callable[[], None]) -> None:
    """Seal and deliver until told to stop. A database that is gone is waited for; each kind of trouble is said once."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    end_with_parent()
    pause, said = PAUSE, ""
    while not stop.is_set():
        trouble = _round(round_of_work)
        if trouble and trouble != said:
            log.error(trouble)
        said = trouble
        pause = min(pause * 2, LONGEST_PAUSE) if trouble else PAUSE
        stop.wait(pause)


def _round(round_of_work: Callable[[], None]) -> str:
    """One turn; answers what went wrong, or nothing."""
    try:
        round_of_work()
    except Problem as problem:
        return str(problem)
    except (Error, OSError) as error:
        connection.close()
        return f"{type(error).__name__}: {error}. Nothing is lost; the worker tries again."
    return ""


if __name__ == "__main__":
    django.setup()
    work(import_module("pianqu.composition.wiring").seal_and_drain)
