"""How many requests a program may make: counted in this process, so that saying no costs no statement.

Each process of the web server counts by itself: what an operator sets is the most that one process lets in.
"""

import time
from collections import OrderedDict
from threading import Lock

from django.utils.translation import gettext as _

from pianqu.foundation.errors import TooMany
from pianqu.kernels.rate import Verdict, admit

PARTIES = 10_000
"""How many callers are remembered; the one that was seen longest ago is forgotten first."""
BURST_S = 10
"""How many seconds' worth of requests may come at once."""


class TooFast(TooMany):
    """This program asks too often; `wait_s` says how long it should rest."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(
            "too-many-requests", _("Too many requests came from here. This one was not looked at; wait a little.")
        )
        self.wait_s = wait_s


class Limits:
    """The memory of one process."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def check(self, party: str, *, per_minute: int, at: float | None = None) -> Verdict | None:
        """Count one request. None where nothing is limited (0 a minute). Raises TooFast."""
        if per_minute < 1:
            return None
        moment = time.monotonic() if at is None else at
        with self._lock:
            verdict = admit(
                self._seen.pop(party, None),
                moment,
                interval_s=60 / per_minute,
                burst=max(1, per_minute * BURST_S // 60),
            )
            self._seen[party] = verdict.arrival
            while len(self._seen) > PARTIES:
                self._seen.popitem(last=False)
        if not verdict.admitted:
            raise TooFast(verdict.wait_s)
        return verdict

    def forget(self) -> None:
        """As a fresh process."""
        with self._lock:
            self._seen.clear()


LIMITS = Limits()
