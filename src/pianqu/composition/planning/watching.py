"""Long computations in a terminal: how far they are, on stderr, and Ctrl-C, which ends them with what they have."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from django.utils.translation import gettext as _

AT_TERMINAL_S, ELSEWHERE_S = 0.5, 30.0
"""How often it is told how far they are: on one line of a terminal, or in a line each in a file."""
WIDEST = 100


class Watch:
    """Asked again and again whether to go on; the first Ctrl-C says no, the second one kills."""

    def __init__(self) -> None:
        self.stopped = False
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + (0 if self._terminal else ELSEWHERE_S)

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._tell(_("Stopping; what was found so far will be written. Ctrl-C again ends it without."))

    def goes_on(self, words: Callable[[], str]) -> bool:
        """Say how far it is, if it is time to."""
        if not self.stopped and time.monotonic() >= self._next:
            self._next = time.monotonic() + (AT_TERMINAL_S if self._terminal else ELSEWHERE_S)
            self._tell(words())
        return not self.stopped

    def _tell(self, words: str) -> None:
        sys.stderr.write(f"\r{words[:WIDEST]}\x1b[K" if self._terminal else f"{words}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave an empty line to who writes next."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def watched() -> Iterator[Watch]:
    """While this lasts, Ctrl-C is the watch's."""
    watch = Watch()
    if threading.current_thread() is not threading.main_thread():
        yield watch
        return
    before = signal.signal(signal.SIGINT, watch.stop)
    try:
        yield watch
    finally:
        signal.signal(signal.SIGINT, before)
        watch.end()
