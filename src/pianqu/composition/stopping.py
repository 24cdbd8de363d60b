"""How a long-running process of the house learns that it should stop, without busy waiting."""

import os
import select
import signal
from types import FrameType

ASKS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stop:
    """Set by TERM, INT or HUP. A wait ends at once on any signal, a child's death included.

    Signals arrive through a pipe: a handler that touched a lock could wait for the very thread that it interrupts.
    """

    def __init__(self) -> None:
        self.asked = False
        self._read, write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in ASKS:
            signal.signal(number, self._ask)
        signal.signal(signal.SIGCHLD, _wake)

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than until the next signal."""
        if not self.asked and select.select([self._read], [], [], seconds)[0]:
            os.read(self._read, 4096)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def _wake(_number: int, _frame: FrameType | None) -> None:
    """The pipe has already told."""
