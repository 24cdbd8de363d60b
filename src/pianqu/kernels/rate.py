"""How fast requests may come: the generic cell rate algorithm, as virtual scheduling.

Problem: let a caller make `burst` requests at once and then one in each `interval_s`, remembering one number a caller.
Method: ITU-T I.371 (03/2004), annex A.1, virtual scheduling: a theoretical arrival time moves on by one interval with each
request that is let in; a request is refused while that time lies more than (burst - 1) intervals ahead. Cost: O(1), one float.
Guarantee: in any time t at most burst + t / interval_s requests are let in; who waits `wait_s` is let in. Moments are
floats: up to about 1e9 seconds of the clock and intervals from 0.01 s on, their rounding lies within what is allowed for.
"""

import math
from dataclasses import dataclass

_ROUNDING = 1e-3
"""Parts of an interval that sums of floats may be off."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one request."""

    admitted: bool
    arrival: float
    """The theoretical arrival time to remember, in seconds of the caller's clock."""
    remaining: int
    """How many more would be let in at this moment."""
    wait_s: float
    """Seconds until one is let in again; 0 where one is."""


def admit(arrival: float | None, now: float, *, interval_s: float, burst: int) -> Verdict:
    """Decide on a request at `now` (seconds), given what was remembered; None for a caller that is new.

    Raises ValueError for an interval or burst that is not positive.
    """
    if interval_s <= 0 or burst < 1:
        raise ValueError("interval and burst must be positive")
    theoretical = now if arrival is None else max(arrival, now)
    earliest = theoretical - (burst - 1) * interval_s
    if now < earliest - _ROUNDING * interval_s:
        return Verdict(False, theoretical, 0, earliest - now)
    reached = theoretical + interval_s
    free = (now - (reached - (burst - 1) * interval_s)) / interval_s + 1
    remaining = max(0, math.floor(free + _ROUNDING))
    return Verdict(True, reached, remaining, 0.0 if remaining else reached - (burst - 1) * interval_s - now)
