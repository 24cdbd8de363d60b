"""Which units surely do better than others: ranks as ranges, ties where intervals overlap, nobody ranked on a small sample.

Problem: units answered different numbers of matters, and some of them well (in time, right at the first try). A list sorted by
the shares alone ranks chance. Say which order the numbers support, and no more.
Method: each share gets the score interval of E. B. Wilson (1927), all of them together at the level `confidence` by Šidák's
correction (Z. Šidák 1967, J. Amer. Statist. Assoc. 62, 626-633). A unit stands surely before another where its lower bound
lies at or above the other's upper bound; otherwise they are tied. The range of a unit's rank goes from one more than how many
stand surely before it to the number of units less those that stand surely behind it: the joint confidence region of M. Klein,
T. Wright and J. Wieczorek (2020), "A joint confidence region for an overall ranking of populations", J. R. Statist. Soc. C 69,
589-606; on league tables see H. Goldstein and D. J. Spiegelhalter (1996), J. R. Statist. Soc. A 159, 385-443.
Cost O(n log n) for n units. Guarantee: where the intervals hold all true shares (in about 95 of 100 cases), every range holds
its unit's true rank. Units below `least` get an interval and no rank, and do not count in others' ranks.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

LEAST = 30
"""Matters that a unit needs to be ranked."""


@dataclass(frozen=True, slots=True)
class Unit:
    """So many of so many matters of one unit."""

    code: str
    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A unit's share with its interval, as fractions of one, and between which ranks it stands; 0 and 0: not ranked."""

    code: str
    part: int
    whole: int
    value: float
    low: float
    high: float
    first: int
    last: int

    @property
    def is_ranked(self) -> bool:
        return self.first > 0


def ranked(units: Iterable[Unit], *, least: int = LEAST, confidence: float = 0.95) -> tuple[Ranked, ...]:
    """Units that can be ranked, those that surely do well first; then the small ones by their codes.

    Units of which nothing was counted are left out. Raises ValueError for a part that is no part, or a senseless confidence.
    """
    if not 0 < confidence < 1:
        raise ValueError("a confidence lies between 0 and 1")
    found = [unit for unit in units if unit.whole]
    large = [unit for unit in found if unit.whole >= least]
    z = _z(confidence ** (1 / len(large)) if large else confidence)
    bounds = {unit.code: interval(unit.part, unit.whole, z=z) for unit in large}
    lows, highs = sorted(low for low, _high in bounds.values()), sorted(high for _low, high in bounds.values())
    done = [_placed(unit, *bounds[unit.code], lows, highs) for unit in large]
    done.sort(key=lambda one: (one.first, one.last, -one.value, one.code))
    single = _z(confidence)
    small = [_bare(unit, single) for unit in sorted(found, key=lambda unit: unit.code) if unit.whole < least]
    return (*done, *small)


def interval(part: int, whole: int, *, z: float) -> tuple[float, float]:
    """The score interval of a share. Raises ValueError unless 0 <= part <= whole and whole > 0."""
    if not 0 <= part <= whole or whole == 0:
        raise ValueError(f"{part} of {whole} is no share")
    value, pull = part / whole, z * z / whole
    middle = (value + pull / 2) / (1 + pull)
    half = z * math.sqrt(value * (1 - value) / whole + pull / (4 * whole)) / (1 + pull)
    return max(0.0, min(value, middle - half)), min(1.0, max(value, middle + half))


def _z(confidence: float) -> float:
    """So many standard deviations to both sides hold this much of the normal distribution."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _placed(unit: Unit, low: float, high: float, lows: list[float], highs: list[float]) -> Ranked:
    """Surely before it stand those whose lower bound reaches its upper one; an interval is never a point, so not itself."""
    before, behind = len(lows) - bisect_left(lows, high), bisect_right(highs, low)
    value = unit.part / unit.whole
    return Ranked(unit.code, unit.part, unit.whole, value, low, high, 1 + before, len(lows) - behind)


def _bare(unit: Unit, z: float) -> Ranked:
    low, high = interval(unit.part, unit.whole, z=z)
    return Ranked(unit.code, unit.part, unit.whole, unit.part / unit.whole, low, high, 0, 0)
