"""A child process ends with its parent, however the parent ended: no server is left behind a kill -9."""

import os
import signal
import threading
import time

PARENT = "PIANQU_PARENT"
GRACE = 2.0


def end_with_parent(parent: int | None = None) -> None:
    """Watch the parent (by default the supervisor named in the environment) from a thread; end when it is gone."""
    pid = parent or int(os.environ.get(PARENT, "0"))
    if pid:
        threading.Thread(target=_watch, args=(pid,), name="orphan-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)
