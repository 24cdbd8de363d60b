"""Keeps the twin by the national standards up behind the log, and tells the log of it."""

import time
from collections.abc import Callable
from datetime import datetime

from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.ledger import services

LONGEST_BREATH = 1.0


def keep_twin(*, actor: Actor, clock: Callable[[], datetime]) -> int:
    """One look: grow to what is published, then tell the log where it is time to; answers by how many entries it grew.

    Where there is much to catch up, sealer and readers have the processor after each large step for as long as that took.
    """
    if not installation().gm:
        return 0
    grown, step = 0, 1
    while step:
        began = time.monotonic()
        step = services.grow_twin(now=clock())
        grown += step
        if step >= services.BATCH // 2:
            time.sleep(min(time.monotonic() - began, LONGEST_BREATH))
    services.state_twin(actor=actor, now=clock())
    return grown
