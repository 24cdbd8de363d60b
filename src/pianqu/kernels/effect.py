"""Whether measures against the cause of many matters had an effect, beside what happened elsewhere at the same time.

Problem: after the measures fewer matters came in at the place. Would they have become fewer anyway, because a season or a
surge passed? The rest of the district, in the same category and the same weeks, says what happened where nothing was done.
Method: the ratio of two ratios of counts, (after/before here) / (after/before elsewhere), a difference in differences of
logarithms; its interval is the normal one of the logarithm with half a matter added to each count (J. B. S. Haldane 1956,
"The estimation and significance of the logarithm of a ratio of frequencies", Ann. Hum. Genet. 20), widened by how much more
the counts of weeks vary than chance alone would let them (Pearson's chi-square over its degrees of freedom, P. McCullagh,
J. A. Nelder 1989, "Generalized Linear Models", section 6.2; never narrowed).
Cost: O(weeks). Guarantee: none is given for few matters; with before and after exchanged the ratio is its inverse. It is
no proof of a cause: a surge that was measured against at its height falls by itself more often than not, and the rest of
the district had none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959963984540054
LEAST = 10
"""Before the measures here, so many have to be there, and as many elsewhere before and after: else chance would speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Matters of each week, before and after the measures took effect. Weeks of both have the same length."""

    before: Sequence[int]
    after: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """`ratio` below one: fewer than one would have expected from elsewhere. The truth lies in about 95 of 100 such intervals."""

    ratio: float
    low: float
    high: float
    expected: float
    """How many would have come in here in all weeks after, had it gone as elsewhere."""
    verdict: str
    """`fewer`, `more`, or `unclear`: the interval holds one."""


def effect(here: Counts, elsewhere: Counts) -> Effect | None:
    """None for too few, and where there is no whole week on a side. Raises ValueError for counts below none."""
    tables = (here.before, here.after, elsewhere.before, elsewhere.after)
    if any(count < 0 for weeks in tables for count in weeks):
        raise ValueError("there cannot be fewer than none")
    if len(here.before) != len(elsewhere.before) or len(here.after) != len(elsewhere.after):
        raise ValueError("the same weeks are compared")
    if not all(tables):
        return None
    a, b, c, d = (sum(weeks) for weeks in tables)
    if min(a, c, d) < LEAST:
        return None
    log = _log(b, len(here.after)) - _log(a, len(here.before)) - _log(d, len(here.after)) + _log(c, len(here.before))
    half = Z * math.sqrt(sum(1 / (count + 0.5) for count in (a, b, c, d)) * spread(tables))
    ratio, low, high = (math.exp(each) for each in (log, log - half, log + half))
    verdict = "fewer" if high < 1 else "more" if low > 1 else "unclear"
    return Effect(ratio=ratio, low=low, high=high, expected=a * d / c, verdict=verdict)


def _log(count: int, weeks: int) -> float:
    """The logarithm of the rate of a week."""
    return math.log((count + 0.5) / weeks)


def spread(tables: Sequence[Sequence[int]]) -> float:
    """How much more weeks vary around the mean of their part than chance would let them; one at least."""
    square, free = 0.0, 0
    for weeks in tables:
        mean = sum(weeks) / len(weeks)
        if mean > 0:
            square += sum((count - mean) ** 2 / mean for count in weeks)
            free += len(weeks) - 1
    return max(1.0, square / free) if free else 1.0
