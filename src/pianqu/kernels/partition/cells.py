"""Grid cells and micro-cells: whole buildings, so many households each, a compact walk; households say how many cells.

Problem: a cell (网格) has 300 to 500 households, a micro-cell (微网格) within it 50 to 80, as a rule sets them; no building is
divided, and one worker walks it.
Method: units of one building become one; the search of `search.py` with limits instead of a tolerance and borders by their
length, so that what is short around is compact; a greatest sum of work keeps it walkable. The number of cells nearest to the
middle of the limits is tried first, then its neighbours.
Cost: a search a number that is tried. Guarantee: a building lies in one cell; cells are connected and within the limits, or it
is said why not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pianqu.kernels.partition.figures import figures
from pianqu.kernels.partition.graph import joined, numbered
from pianqu.kernels.partition.level import level
from pianqu.kernels.partition.problem import MEASURES, Measure, Task, Units, Weights
from pianqu.kernels.partition.reasons import Kind, Reason, not_found, part_ranges, wrong
from pianqu.kernels.partition.records import some_of
from pianqu.kernels.partition.search import Heard, Infeasible, Plan, Progress, last, steps
from pianqu.kernels.saying import say

WALK = Weights(cut=1, split=5, by_length=True)
TRIED = 3
"""So many numbers of cells are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Least and greatest households of a cell, and the most work of one worker, where it is known."""

    least: int
    most: int
    work: int | None = None


CELL = Band(least=300, most=500)
MICRO = Band(least=50, most=80)
"""What Zhejiang asks for; other places set other numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Micro:
    """Micro-cells of all cells, numbered through; −1 where a cell has none."""

    part: tuple[int, ...]
    cells: tuple[int, ...]
    """The cell of each micro-cell."""
    reasons: tuple[tuple[int, Reason], ...]
    """By cell: why it has none, or that none within the limits were found (`Kind.NOT_FOUND`; then the nearest are there)."""


def cells(
    units: Units,
    band: Band = CELL,
    *,
    whole: str = "",
    weights: Weights = WALK,
    seed: int = 0,
    sweeps: int = 1_000,
    tries: int = 8,
    locks: Mapping[int, int] | None = None,
    plain: bool | None = None,
    goes_on: Callable[[Progress], bool] = lambda _progress: True,
) -> Plan | Infeasible:
    """Cells of these units. `whole` names the system (of buildings) whose areas are never divided.

    `goes_on` is asked again and again; once it says no, the answer is the best plan until then.

    Locks are for units that are no part of a building with others; they say which units are in one cell, numbered from 0.
    """
    most: tuple[tuple[Measure, int], ...] = () if band.work is None else (("workload", band.work),)
    task = Task(
        clusters=1,
        balance="households",
        limits=(band.least, band.most),
        most=most,
        weights=weights,
        seed=seed,
        sweeps=sweeps,
        tries=tries,
    )
    reasons = wrong(units, task)
    if reasons:
        return Infeasible(reasons=tuple(reasons))
    building = buildings(units, whole)
    merged = gathered(units, building)
    counts = _counts(merged, task)
    if not counts:
        return Infeasible(reasons=(_no_number(units, band),))
    held = {building[unit]: cell for unit, cell in (locks or {}).items()}
    least = max(held.values(), default=-1) + 1
    tasks = [replace(task, clusters=count, locks=held) for count in counts if count >= least]
    heard = Heard(goes_on)
    tasks = tasks or [replace(task, clusters=least, locks=held)]
    return _tried(units, building, tasks, lambda asked: last(steps(merged, asked, plain=plain), heard), heard)


def micro_cells(
    units: Units,
    cell: Sequence[int],
    band: Band = MICRO,
    *,
    whole: str = "",
    seed: int = 0,
    sweeps: int = 1_000,
    plain: bool | None = None,
    goes_on: Callable[[tuple[int, int]], bool] = lambda _done_of_all: True,
) -> Micro:
    """Micro-cells inside each cell. `goes_on` is asked again and again, with how many cells are done and how many there are; once
    it says no, the cell at hand and those after it have none."""
    part, of, reasons = [-1] * len(units), list[int](), list[tuple[int, Reason]]()
    numbers = sorted(set(cell) - {-1})
    for done, number in enumerate(numbers):
        heard = Heard(_at(goes_on, (done, len(numbers))))
        members = [unit for unit, its in enumerate(cell) if its == number]
        found = cells(some_of(units, members), band, whole=whole, seed=seed, sweeps=sweeps, plain=plain, goes_on=heard)
        if heard.stopped:
            break
        if isinstance(found, Infeasible):
            back = (replace(one, units=tuple(members[n] for n in one.units)) for one in found.reasons)
            reasons += [(number, reason) for reason in back]
            continue
        if not found.holds:
            reasons.append((number, not_found(found.figures.over)))
        for unit, place in zip(members, found.part, strict=True):
            part[unit] = len(of) + place
        of += [number] * (max(found.part) + 1)
    return Micro(part=tuple(part), cells=tuple(of), reasons=tuple(reasons))


def _at(goes_on: Callable[[tuple[int, int]], bool], place: tuple[int, int]) -> Callable[[Progress], bool]:
    return lambda _progress: goes_on(place)


def _tried(
    units: Units,
    building: Sequence[int],
    tasks: Sequence[Task],
    searched: Callable[[Task], Plan | Infeasible],
    heard: Heard[Progress],
) -> Plan | Infeasible:
    """The first plan within the limits, or else what came nearest; no more is tried once somebody stopped it."""
    first: Plan | Infeasible | None = None
    for task in tasks:
        found = searched(task)
        if isinstance(found, Plan) and found.holds:
            return _spread(units, task, building, found)
        if first is None or (isinstance(found, Plan) and isinstance(first, Infeasible)):
            first = _spread(units, task, building, found) if isinstance(found, Plan) else _named(building, found)
        if heard.stopped:
            break
    assert first is not None
    return first


def _spread(units: Units, task: Task, building: Sequence[int], found: Plan) -> Plan:
    """The plan of buildings as one of units."""
    part = tuple(found.part[one] for one in building)
    return replace(found, part=part, figures=replace(figures(units, task, part), loose=found.figures.loose))


def _named(building: Sequence[int], found: Infeasible) -> Infeasible:
    """Reasons about buildings as reasons about units."""
    members: dict[int, list[int]] = {}
    for unit, one in enumerate(building):
        members.setdefault(one, []).append(unit)
    return Infeasible(
        reasons=tuple(
            replace(reason, units=tuple(unit for one in reason.units for unit in members[one]))
            for reason in found.reasons
        )
    )


def _counts(units: Units, task: Task) -> list[int]:
    """Numbers of cells worth trying, the best first."""
    of = level(units, task, np.full(len(units), -1, dtype=np.int64))
    low, high = of.lows[0], of.highs[0]
    total = sum(units.column("households"))
    ranges = part_ranges(of)
    one_part_of_small_units = len(ranges) == 1 and int(of.amounts[:, 0].max()) <= high
    if any(fewest > most for fewest, most in ranges) and not one_part_of_small_units:
        return [max(1, min(len(units), -(-total // max(1, high))))]
    fewest, most = sum(one for one, _most in ranges), sum(one for _fewest, one in ranges)
    for measure, limit in task.most:
        fewest = max(fewest, -(-sum(units.column(measure)) // max(1, limit)))
    best = max(1, (2 * total + (low + high) // 2) // max(1, low + high))
    return sorted(range(fewest, most + 1), key=lambda count: (abs(count - best), count))[:TRIED]


def _no_number(units: Units, band: Band) -> Reason:
    words = (
        "%(households)s households are no whole number of cells with %(least)s to %(most)s each and the work of one."
    )
    sentence = say(words, households=sum(units.column("households")), least=band.least, most=band.most)
    return Reason(kind=Kind.NO_NUMBER, sentence=sentence, units=tuple(range(len(units))))


# pieces of a problem -------------------------------------------------------------------------------------------------


def buildings(units: Units, whole: str) -> tuple[int, ...]:
    """Each unit's building, numbered from 0; a unit without one is its own."""
    areas = next((system.areas for system in units.systems if system.name == whole), ("",) * len(units))
    names: dict[str, int] = {}
    labels = [names.setdefault(area or f"\0{unit}", len(names)) for unit, area in enumerate(areas)]
    found: tuple[int, ...] = tuple(numbered(joined([np.array(labels, dtype=np.int64)], len(units))).tolist())
    return found


def gathered(units: Units, building: Sequence[int]) -> Units:
    """Units joined into buildings: numbers and borders are added; of systems the first unit tells."""
    count = max(building, default=-1) + 1
    first = [0] * count
    for unit in reversed(range(len(units))):
        first[building[unit]] = unit
    sums = {measure: [0] * count for measure in MEASURES}
    for measure, column in sums.items():
        for unit, amount in enumerate(units.column(measure)):
            column[building[unit]] += amount
    return Units(
        population=tuple(sums["population"]),
        households=tuple(sums["households"]),
        workload=tuple(sums["workload"]),
        borders=tuple(_between(units.borders, building)),
        bridges=tuple((building[one], building[other]) for one, other in units.bridges),
        systems=tuple(replace(system, areas=tuple(system.areas[unit] for unit in first)) for system in units.systems),
        home=tuple(units.home[unit] for unit in first) if units.home else (),
        keys=tuple(units.key(unit) for unit in first),
    )


def _between(borders: Sequence[tuple[int, int, int]], building: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    added: dict[tuple[int, int], int] = {}
    for one, other, length in {(min(a, b), max(a, b)): (a, b, length) for a, b, length in borders}.values():
        pair = min(building[one], building[other]), max(building[one], building[other])
        if pair[0] != pair[1]:
            added[pair] = added.get(pair, 0) + length
    return ((one, other, length) for (one, other), length in added.items())
