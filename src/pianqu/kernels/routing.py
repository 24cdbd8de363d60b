"""Whose a matter is, from what kind it is and where it lies: counts of former matters, coarse before fine.

Problem: most matters of a kind go to one organisation, some kinds are divided by area, and areas are not written down anywhere.
Method: for each kind, and for each kind within cells of ever finer grids, how often which organisation had it; a finer cell is
believed as far as it has counts: p = (n + strength * p of the coarser one) / (N + strength). How fine grids are and how strong
the coarser one is are chosen on the newest sixth of the matters, learned from the rest, since matters drift with time.
Source: Jelinek and Mercer 1980 (interpolated estimates); Katz 1987 (back-off).
Cost: O(matters * levels * choices) to learn, O(levels) a matter. Guarantee: no feature but kind and place; the same matters give
the same router; shares add to one; a kind that was never seen gets the shares of all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, floor, radians

FIELDS = ("kind", "lon", "lat")
"""Everything that a router looks at."""
CHOICES: tuple[tuple[tuple[int, ...], float], ...] = tuple(
    (scales, strength) for scales in ((), (15,), (30,), (15, 50), (20, 50, 150, 400)) for strength in (3.0, 8.0, 25.0)
)
"""Cells to a degree of latitude, and how much the coarser estimate counts."""
HELD = 6
Key = tuple[str | int, ...]
Counts = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is known when a matter is routed. Without a place only its kind counts."""

    kind: str
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Counts by key."""

    scales: tuple[int, ...]
    strength: float
    tables: dict[Key, Counts]

    def shares(self, matter: Matter) -> dict[str, float]:
        """Each organisation with its probability."""
        found: dict[str, float] = {}
        for key in _keys(matter, self.scales):
            counts = self.tables.get(key)
            if counts is None:
                continue
            before = self.strength if len(key) > 1 and found else 0.0
            total = sum(counts.values()) + before
            labels = {**found, **counts}
            found = {one: (counts.get(one, 0.0) + before * found.get(one, 0.0)) / total for one in labels}
        return found

    def first(self, matter: Matter) -> str:
        """The likeliest organisation; of equals the one first by name. Empty where nothing was learned."""
        shares = self.shares(matter)
        return min(shares, key=lambda one: (-shares[one], one)) if shares else ""


def learn(matters: Sequence[Matter], owners: Sequence[str]) -> Router:
    """A router from matters in the order in which they came."""
    held = len(matters) // HELD
    best = CHOICES[0]
    if held:
        old, new = slice(None, len(matters) - held), slice(len(matters) - held, None)
        best = max(
            CHOICES, key=lambda choice: _right(fit(matters[old], owners[old], *choice), matters[new], owners[new])
        )
    return fit(matters, owners, *best)


def fit(matters: Iterable[Matter], owners: Iterable[str], scales: tuple[int, ...], strength: float) -> Router:
    """Count under given scales."""
    tables: dict[Key, Counts] = {}
    for matter, owner in zip(matters, owners, strict=True):
        for key in _keys(matter, scales):
            counts = tables.setdefault(key, {})
            counts[owner] = counts.get(owner, 0.0) + 1
    return Router(scales=scales, strength=strength, tables=tables)


def _right(router: Router, matters: Sequence[Matter], owners: Sequence[str]) -> int:
    return sum(router.first(matter) == owner for matter, owner in zip(matters, owners, strict=True))


def _keys(matter: Matter, scales: Sequence[int]) -> Iterable[Key]:
    """All, the kind, then the kind in finer and finer cells; a cell is about as wide as high."""
    yield ()
    yield (matter.kind,)
    if matter.lon is None or matter.lat is None:
        return
    east = cos(radians(round(matter.lat)))
    for scale in scales:
        yield (matter.kind, scale, floor(matter.lat * scale), floor(matter.lon * scale * east))
