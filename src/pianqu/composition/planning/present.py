"""The clusters that there are now: which number of a plan continues which of them, and what moves."""

from collections import Counter
from collections.abc import Sequence

from pianqu.composition.planning.units import Unit

Moves = list[tuple[str, str, str, str, int]]
"""Code, name, present cluster, cluster in the plan, households (or people, where nobody counted households)."""


def numbers(units: Sequence[Unit], clusters: int) -> dict[str, int]:
    """A number for the name of each present cluster: its own where all names are numbers of the plan, else in the order of names.

    Where there are more of them than the plan has clusters, the largest are continued.
    """
    sizes: Counter[str] = Counter()
    for unit, size in zip(units, sizes_of(units), strict=True):
        if unit.now:
            sizes[unit.now] += size
    names = sorted(sizes)
    if names and all(name.isdecimal() and 1 <= int(name) <= clusters and name == str(int(name)) for name in names):
        return {name: int(name) - 1 for name in names}
    largest = set(sorted(names, key=lambda name: (-sizes[name], name))[:clusters])
    order = [name for name in names if name in largest] + [name for name in names if name not in largest]
    return {name: number for number, name in enumerate(order)}


def sizes_of(units: Sequence[Unit]) -> list[int]:
    """Households, or people where nobody counted households."""
    counted = any(unit.households for unit in units)
    return [unit.households if counted else unit.population or 0 for unit in units]


def homes(units: Sequence[Unit], clusters: int) -> tuple[int, ...]:
    """Each unit's present cluster by number, −1 for none; empty where no unit has one."""
    known = numbers(units, clusters)
    return tuple(known.get(unit.now, -1) for unit in units) if known else ()


def moves(units: Sequence[Unit], part: Sequence[int], clusters: int) -> Moves:
    """Units that get another cluster than they have."""
    known = numbers(units, clusters)
    return [
        (unit.code, unit.name, unit.now, str(place + 1), size)
        for unit, place, size in zip(units, part, sizes_of(units), strict=True)
        if unit.now and known[unit.now] != place
    ]
