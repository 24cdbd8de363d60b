"""A child process ends with its parent, however the parent ended: no server is left behind a kill -9."""

import ctypes
import os
import signal
import sys
import threading
import time

PARENT = "PIANQU_PARENT"
GRACE = 2.0
_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def end_with_parent(*, at_once: bool = False) -> None:
    """End when the parent that is named in the environment is gone.

    On Linux the kernel tells of it: with KILL (`at_once`, for processes without children of their own) or TERM. A thread
    watches as well, for other systems and for a process that does not come to an end.
    """
    parent = int(os.environ.get(PARENT, "0"))
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL if at_once else signal.SIGTERM)
    threading.Thread(target=_watch, args=(parent,), name="orphan-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)
