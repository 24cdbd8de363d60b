"""What is to be planned and how it is asked: columns of whole numbers, units by their number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Measure = Literal["population", "households", "workload"]

MEASURES: tuple[Measure, ...] = ("population", "households", "workload")
FINE = 10_000
"""Tolerances are given in so many parts of the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system of boundaries worth keeping: each unit's area, by name; "" where it has none."""

    name: str
    areas: tuple[str, ...]
    weight: int = 1
    """How much this system counts beside the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Columns by unit. `None` for a population that nobody knows."""

    population: tuple[int | None, ...]
    households: tuple[int, ...] = ()
    workload: tuple[int, ...] = ()
    borders: tuple[tuple[int, int, int], ...] = ()
    """Two units that touch, and along how many metres (1 where nobody measured)."""
    bridges: tuple[tuple[int, int], ...] = ()
    """Units that count as connected although they do not touch (an island and where its ferry lands); never cut borders."""
    systems: tuple[System, ...] = ()
    home: tuple[int, ...] = ()
    """Each unit's cluster as it is now; −1 for none. Empty: nothing is now."""
    keys: tuple[str, ...] = ()
    """What people call the units."""

    def __len__(self) -> int:
        return len(self.population)

    def column(self, measure: Measure) -> tuple[int, ...]:
        """The measure's numbers; nothing known is zero."""
        if measure == "population":
            return tuple(count or 0 for count in self.population)
        return (self.households if measure == "households" else self.workload) or (0,) * len(self)

    def key(self, unit: int) -> str:
        return self.keys[unit] if self.keys else str(unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Score = cut · borders between clusters + split · pieces too many of kept areas + moved · mean units that change cluster."""

    cut: int = 1
    split: int = 5
    moved: int = 0
    by_length: bool = False
    """Borders count by their length, in mean lengths, instead of one each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked."""

    clusters: int
    tolerance: int = 500
    """By how many ten-thousandths a cluster's load may differ from the mean; never less than whole numbers allow."""
    balance: Measure = "population"
    limits: tuple[int, int] | None = None
    """Least and greatest load instead of a tolerance."""
    most: tuple[tuple[Measure, int], ...] = ()
    """Greatest sums of other measures, as what one worker can walk."""
    locks: Mapping[int, int] = field(default_factory=dict)
    """Units that stay in a cluster."""
    centres: tuple[int, ...] = ()
    """Units of which no two may be in one cluster."""
    weights: Weights = field(default_factory=Weights)
    seed: int = 0
    sweeps: int = 1_000
    """Proposals a unit: iterations, not seconds, so that a plan can be made again."""
    tries: int = 8
    """So many times from the beginning, by other lots; the best is the plan."""

    def bounds(self, total: int) -> tuple[int, int]:
        """Least and greatest load of a cluster."""
        if self.limits is not None:
            return self.limits
        k = self.clusters
        low = -(-total * (FINE - self.tolerance) // (FINE * k))
        high = total * (FINE + self.tolerance) // (FINE * k)
        return max(0, min(low, total // k)), max(high, -(-total // k))
