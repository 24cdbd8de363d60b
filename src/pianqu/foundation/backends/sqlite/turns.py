"""Writers of one database file wait in line, in this process and among all that use the file.

SQLite lets one write at a time and has no line: who finds it busy sleeps and tries again, so that it stands idle between two
writers, and who is unlucky never gets in. Here the threads of a process wait at its door, a lock of that process. The one inside
waits for the other processes at two locks of a file: NEXT, which one process holds while it waits for NOW, so that a process
that has just written cannot overtake the one that waits.
The locks are advice: who does not know of them (the sqlite3 program) is waited for as before, and where the file cannot be
made, processes wait for each other as before.
"""

import fcntl
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

NOW, NEXT = 0, 1
"""Bytes of the file. POSIX locks belong to the process: they end with it, and no child inherits them."""
PAUSES = {NOW: 0.0002, NEXT: 0.001}
"""Seconds between two tries; one process alone waits for NOW."""


class Line:
    """The line of one database file, as this process stands in it."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}-turns")
        self._begin()

    def _begin(self) -> None:
        self._door = threading.Lock()
        self._file: int | None = None

    def take(self, until: float) -> bool:
        """Wait for the turn, until that moment of the monotonic clock at the latest; answers whether it came."""
        if not self._door.acquire(timeout=max(0.0, until - time.monotonic())):
            return False
        came = False
        try:
            came = self._take_among_processes(until)
        finally:
            if not came:
                self._door.release()
        return came

    def give_back(self) -> None:
        """The next one's turn. Only for who has it."""
        try:
            self._unlock(NOW)
        finally:
            self._door.release()

    def _take_among_processes(self, until: float) -> bool:
        if self._file is None:
            with suppress(OSError):
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if self._file is None:
            return True
        if not self._lock(NEXT, until):
            return False
        try:
            return self._lock(NOW, until)
        finally:
            self._unlock(NEXT)

    def _lock(self, byte: int, until: float) -> bool:
        while True:
            try:
                fcntl.lockf(self._file or 0, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
            except BlockingIOError:
                if time.monotonic() >= until:
                    return False
                time.sleep(PAUSES[byte])
            else:
                return True

    def _unlock(self, byte: int) -> None:
        if self._file is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)


_lines: dict[Path, Line] = {}
_making = threading.Lock()


def line_of(path: Path) -> Line:
    """The one line of this file: a second one of the same process would not wait for the first."""
    found = _lines.get(path)
    if found is None:
        with _making:
            found = _lines.setdefault(path, Line(path))
    return found


def _child_begins() -> None:
    """A child has none of its parent's turns and is at no door."""
    global _making
    _making = threading.Lock()
    for line in _lines.values():
        line._begin()


os.register_at_fork(after_in_child=_child_begins)
