"""How sure a share or a quantile of few observations is.

Share: the score interval of E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference",
J. Amer. Statist. Assoc. 22, 209-212. Quantile: the nearest rank, with the distribution-free interval by order statistics of
W. J. Conover, "Practical Nonparametric Statistics", section 3.2, ranks by the normal approximation. Cost O(values).
Both intervals hold the truth in about 95 of 100 samples; the bounds of a quantile are always observed values.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

Z = 1.959963984540054
"""Of the standard normal distribution, 97.5 % lies below this."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, as fractions of one."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quantile:
    value: int
    low: int
    high: int


def share(part: int, whole: int) -> Share:
    """Raises ValueError unless 0 <= part <= whole and whole > 0."""
    if not 0 <= part <= whole or whole == 0:
        raise ValueError(f"{part} of {whole} is no share")
    value, pull = part / whole, Z * Z / whole
    middle = (value + pull / 2) / (1 + pull)
    half = Z * math.sqrt(value * (1 - value) / whole + pull / (4 * whole)) / (1 + pull)
    return Share(value, max(0.0, min(value, middle - half)), min(1.0, max(value, middle + half)))


def quantile(counts: Mapping[int, int], q: float) -> Quantile:
    """Of values by how often each was seen. Raises ValueError when nothing was seen or q is not within (0, 1)."""
    seen = sum(counts.values())
    if seen == 0 or not 0 < q < 1:
        raise ValueError("a quantile needs observations and a q between 0 and 1")
    half = Z * math.sqrt(seen * q * (1 - q))
    ranks = (math.ceil(seen * q), math.floor(seen * q - half), math.ceil(seen * q + half) + 1)
    value, low, high = (_at(counts, min(seen, max(1, rank))) for rank in ranks)
    return Quantile(value, low, high)


def _at(counts: Mapping[int, int], rank: int) -> int:
    """The value of this rank, counted from 1."""
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value
    raise ValueError("no such rank")
