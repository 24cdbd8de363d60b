"""What is asked of a search for sites, and what it answers.

Problem: demand points and candidate sites with a whole-number cost (metres or seconds) from each to each; p sites are to be
open.
Method: plain tables of whole numbers, so that the same question gives the same answer on any machine.
Cost: O(1).
Guarantee: a question that contradicts itself in form is refused here with a sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pianqu.kernels.saying import Said, Sentence

Table = Any
"""An array of whole numbers (int64)."""
UNREACHABLE = -1
"""Stands in the table of costs where nobody can go from the point to the site."""
LARGEST = 2**40
"""A cost or a weight larger than this is a mistake of units."""


class BadQuestion(Said):
    """The tables do not fit together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Demand points stand in rows, candidates in columns. `sites` counts all that are open in the end, kept ones too."""

    cost: Table
    weight: Table
    """Persons, households or cases of each demand point."""
    sites: int
    capacity: Table | None = None
    """How much weight each candidate can take; a point may be shared among sites."""
    kept: tuple[int, ...] = ()
    """Existing sites that stay open. Existing ones that may be closed are candidates like others."""
    forbidden: tuple[int, ...] = ()
    """Candidates that must not be open."""

    def __post_init__(self) -> None:
        for name in ("cost", "weight", "capacity"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _whole(name, value))
        _check_shapes(self)


def _whole(name: str, value: object) -> Table:
    found = np.asarray(value)
    if found.size and found.dtype.kind not in "iu":
        raise BadQuestion("The table of %(name)s holds something else than whole numbers.", name=name)
    return np.ascontiguousarray(found, dtype=np.int64)


def _check_shapes(asked: Question) -> None:
    points, candidates = asked.cost.shape if asked.cost.ndim == 2 else (-1, -1)
    if asked.weight.shape != (points,) or (asked.capacity is not None and asked.capacity.shape != (candidates,)):
        raise BadQuestion("The tables of costs, weights and capacities do not have the same points and candidates.")
    negative = (asked.weight < 0).any() or (asked.cost < UNREACHABLE).any()
    if negative or (asked.capacity is not None and (asked.capacity < 0).any()):
        raise BadQuestion("A cost, a weight or a capacity is below zero.")
    if asked.cost.size and max(int(asked.cost.max()), int(asked.weight.max())) > LARGEST:
        raise BadQuestion("A cost or a weight is larger than %(most)s: please use a coarser unit.", most=LARGEST)
    for one in (*asked.kept, *asked.forbidden):
        if not 0 <= one < candidates:
            raise BadQuestion("There is no candidate with the number %(number)s.", number=one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long is searched: in steps, never in seconds, so that the same seed gives the same answer."""

    rounds: int = 300
    """Shakes of the search."""
    steps: int = 600
    """Steps towards the lower bound."""
    looks: int = 6_000_000_000
    """So many times a pair of point and site is looked at while what is in doubt is divided."""
    nodes: int = 200
    """Branches that HiGHS may look at."""
    pairs: int = 10_000
    """HiGHS is asked when no more pairs of point and site are left in doubt."""


Measure = Literal["median", "centre", "coverage"]
Kind = Literal[
    "no-demand",
    "no-sites",
    "too-few-candidates",
    "too-many-kept",
    "kept-forbidden",
    "unreachable",
    "capacity-below-demand",
    "capacity-out-of-reach",
    "too-few-sites",
    "none-found",
    "too-large",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why there is no plan. `points` and `candidates` name whom it is about."""

    kind: Kind
    sentence: Sentence
    points: tuple[int, ...] = ()
    candidates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Infeasible:
    """No plan, and every reason that was found. `proved`: there is none; otherwise none was found."""

    reasons: tuple[Reason, ...]
    proved: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So much of a point's weight goes to a site."""

    point: int
    site: int
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which sites are open, who goes where, and how good that is."""

    measure: Measure
    sites: tuple[int, ...]
    """Numbers of the open candidates, in order."""
    value: int
    """Median: total of weight times cost; centre: the largest cost; coverage: the weight within the limit."""
    bound: int
    """No plan is better than this: at least so much for median and centre, at most so much for coverage."""
    shares: tuple[Share, ...]
    rounds: int
    """Shakes that were made."""

    @property
    def proved(self) -> bool:
        """Whether no plan is better."""
        return self.value == self.bound

    @property
    def gap(self) -> float:
        """By which part of the value a plan could be better at most."""
        return abs(self.value - self.bound) / self.value if self.value else float(self.value != self.bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What all three measures come to: open p columns so that the cost of all is smallest.

    Costs are per unit of weight; who is not served costs `miss` a unit. The first `held` columns are open in any case.
    """

    cost: Table
    weight: Table
    miss: int
    sites: int
    held: int
    capacity: Table | None
    full: bool = False
    """Every site can take every point whole: nobody is ever missed."""
    aim: int | None = None
    """Only whether a plan of at most this cost exists is asked; None: the cheapest is."""

    @property
    def table(self) -> Table:
        """Cost of serving the whole point, a row a point; a pair that cannot be costs as if not served."""
        return np.minimum(self.cost, self.miss) * self.weight[:, None]

    @property
    def most(self) -> Table:
        return self.weight * self.miss

    def of(self, columns: Sequence[int]) -> "Task":
        """The same with these columns only, those that are held first."""
        return Task(
            cost=self.cost[:, columns],
            weight=self.weight,
            miss=self.miss,
            sites=self.sites,
            held=self.held,
            capacity=None if self.capacity is None else self.capacity[columns],
            full=self.full,
            aim=self.aim,
        )
