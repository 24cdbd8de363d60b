"""Figures of plans as people read them, and the figures of a plan that is only tried."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pianqu.kernels.partition.problem import FINE
from pianqu.rooms.planning.queries import DraftState, Written, homes

TONES = 8


def percent(fine: int) -> str:
    """Ten-thousandths as a percentage with one place, halves away from zero, as the page's script has it."""
    tenths = (abs(fine) + 5) // 10
    return f"{tenths // 10}.{tenths % 10}%"


def signed(fine: int) -> str:
    """The same with a real sign."""
    return ("+" if fine > 0 else "\u2212" if fine < 0 else "±") + percent(fine)


def off(load: int, loads: Sequence[int]) -> int:
    """A load's difference from the mean in its ten-thousandths, rounded away from zero."""
    total = sum(loads)
    if not total:
        return 0
    far = load * len(loads) - total
    return -(-far * FINE // total) if far > 0 else far * FINE // total


def tones(written: Written, part: Sequence[int], clusters: int) -> tuple[int, ...]:
    """A colour for each cluster, another one than its neighbours' where eight are enough; 1 to 8."""
    near: list[set[int]] = [set() for _ in range(clusters)]
    for one, other, _metres in written.units.borders:
        a, b = part[one], part[other]
        if a != b and a >= 0 and b >= 0:
            near[a].add(b)
            near[b].add(a)
    found: dict[int, int] = {}
    used: Counter[int] = Counter()
    for cluster in range(clusters):
        taken = {found.get(other) for other in near[cluster]}
        free = [tone for tone in range(1, TONES + 1) if tone not in taken] or list(range(1, TONES + 1))
        found[cluster] = min(free, key=lambda tone: (used[tone], tone))
        used[found[cluster]] += 1
    return tuple(found[cluster] for cluster in range(clusters))


def neighbours(written: Written, part: Sequence[int], cluster: int) -> set[int]:
    """Clusters that touch this one."""
    found = set()
    for one, other, _metres in written.units.borders:
        pair = {part[one], part[other]}
        if cluster in pair:
            found |= pair
    return found - {cluster, -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Households that change cluster, from where to where."""

    before: str
    after: str
    units: tuple[str, ...]
    households: int


def moved(written: Written, state: DraftState) -> tuple[Moved, ...]:
    """What changes between the clusters in force and the plan, most households first; by the names of both."""
    units: dict[tuple[int, int], list[int]] = {}
    kept = homes(written, state.names)
    for unit, (then, new) in enumerate(zip(written.units.home, state.part, strict=True)):
        if new >= 0 and kept[unit] != new:
            units.setdefault((then, new), []).append(unit)
    who = written.units.households or written.units.column("population")
    names: Mapping[int, str] = {number: one["name"] for number, one in enumerate(written.now)}
    rows = [
        Moved(
            before=names.get(then, ""),
            after=state.names[new]["name"],
            units=tuple(written.names[unit] for unit in found),
            households=sum(who[unit] for unit in found),
        )
        for (then, new), found in units.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.households, row.before, row.after)))
