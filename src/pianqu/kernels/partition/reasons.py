"""Why there can be no plan: every reason that can be proved before a search, with the units and clusters it concerns.

Problem: "no plan found" helps nobody; an office has to know which lock, island or number stands in the way, and how much
tolerance it would take.
Method: necessary conditions only. Numbers that are missing or wrong; clusters and units counted; loads that are multiples of
one number; the largest unit; connected parts, each of which needs a whole number of clusters within the limits; locks by load,
by connection and by what is within their reach; pockets that only one cluster can reach. Finding out whether any plan exists is
NP-hard (equal sums), so silence proves nothing: a search that then finds none says so (`search.Plan.over`).
Cost: O(clusters · (units + borders)). Guarantee: what is called impossible is impossible.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import gcd

import numpy as np

from pianqu.kernels.partition.graph import Array, parts, summed
from pianqu.kernels.partition.level import Level
from pianqu.kernels.partition.problem import FINE, MEASURES, Task, Units
from pianqu.kernels.saying import Sentence, say

HEAVIEST = 1_000


class Kind(StrEnum):
    NO_UNITS = "no-units"
    WRONG_TASK = "wrong-task"
    MISSING_POPULATION = "missing-population"
    NEGATIVE = "negative"
    NOBODY = "nobody"
    TOO_MANY_CLUSTERS = "too-many-clusters"
    TOO_LARGE = "too-large"
    STEPS = "steps"
    ISLAND = "island"
    ISLANDS = "islands"
    WRONG_LOCK = "wrong-lock"
    TWO_CENTRES = "two-centres"
    LOCKED_LOAD = "locked-load"
    LOCKED_APART = "locked-apart"
    OUT_OF_REACH = "out-of-reach"
    POCKET = "pocket"
    NOT_JOINED = "not-joined"
    NO_NUMBER = "no-number"
    NOT_FOUND = "not-found"
    """Nothing forbids a plan, and the search ended without one."""


ADVICE: Mapping[Kind, str] = {
    Kind.MISSING_POPULATION: "Please write their population, and 0 where nobody lives.",
    Kind.NEGATIVE: "Please put these numbers right.",
    Kind.NOBODY: "Please balance by a number that more of the units have.",
    Kind.TOO_MANY_CLUSTERS: "Please ask for fewer clusters.",
    Kind.TOO_LARGE: "Please divide these units, or ask for fewer clusters.",
    Kind.STEPS: "Please allow a greater deviation, or ask for another number of clusters.",
    Kind.ISLANDS: "Please join parts by a bridge, or ask for another number of clusters.",
    Kind.WRONG_LOCK: "Please take these locks or centres out.",
    Kind.TWO_CENTRES: "Please unlock one of them, or ask for more clusters.",
    Kind.LOCKED_LOAD: "Please unlock some of it.",
    Kind.LOCKED_APART: "Please lock what lies between them into the same cluster, or unlock one of them.",
    Kind.OUT_OF_REACH: "Please unlock some of what stands in its way.",
    Kind.POCKET: "Please unlock some of what surrounds them.",
    Kind.NOT_JOINED: "Please unlock one of them.",
    Kind.NO_NUMBER: "Please set wider limits.",
    Kind.NOT_FOUND: "Please allow a greater deviation or more steps, or take the nearest one and change it.",
}
"""What whoever asked can do about it."""
ADVISED = "%(reason)s %(advice)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One of them. Units and clusters by number."""

    kind: Kind
    sentence: Sentence
    units: tuple[int, ...] = ()
    clusters: tuple[int, ...] = ()
    tolerance: int | None = None
    """The tolerance below which this reason holds, in ten-thousandths, where tolerance would help."""
    proven: bool = True
    """Whether no plan can exist; else none was found."""

    @property
    def advice(self) -> Sentence | None:
        """What to do about it, where its own sentence does not say so."""
        return say(ADVICE[self.kind]) if self.kind in ADVICE else None

    @property
    def advised(self) -> Sentence:
        """The sentence, and what to do."""
        return say(ADVISED, reason=self.sentence, advice=self.advice) if self.advice else self.sentence

    def __str__(self) -> str:
        return str(self.sentence)


def not_found(over: int) -> Reason:
    """Of a search that ended outside the limits, its nearest plan by so much: that proves nothing."""
    words = (
        "No plan within the limits was found; it is not proved that there is none. The nearest one is over by %(over)s."
    )
    return Reason(kind=Kind.NOT_FOUND, sentence=say(words, over=over), proven=False)


def wrong(units: Units, task: Task) -> list[Reason]:
    """What is wrong with what was given, before anything can be computed from it."""
    return [*_numbers(units, task), *_locks(units, task)]


def _numbers(units: Units, task: Task) -> Iterator[Reason]:
    count = len(units)
    if not count:
        yield Reason(kind=Kind.NO_UNITS, sentence=say("There are no units."))
        return
    missing = tuple(n for n, people in enumerate(units.population) if people is None)
    if missing:
        words = "The population of %(count)s units is missing: %(units)s."
        yield Reason(kind=Kind.MISSING_POPULATION, sentence=_units(units, words, missing), units=missing)
    columns = [units.column(measure) for measure in MEASURES]
    negative = tuple(n for n in range(count) if any(column[n] < 0 for column in columns if column))
    if negative:
        words = "%(count)s units have a number below zero: %(units)s."
        yield Reason(kind=Kind.NEGATIVE, sentence=_units(units, words, negative), units=negative)
    yield from _asked(units, task)


def _asked(units: Units, task: Task) -> Iterator[Reason]:
    low, high = task.limits or (0, 0)
    weights = (task.weights.cut, task.weights.split, task.weights.moved, *(system.weight for system in units.systems))
    if not all(0 <= weight <= HEAVIEST for weight in weights):
        yield Reason(kind=Kind.WRONG_TASK, sentence=say("Weights lie between 0 and %(most)s.", most=HEAVIEST))
    if task.clusters < 1 or task.tolerance < 0 or low > high or low < 0 or task.sweeps < 0 or not 1 <= task.tries <= 64:
        words = "At least one cluster, a tolerance from 0 on, and a least load below the greatest have to be asked for."
        yield Reason(kind=Kind.WRONG_TASK, sentence=say(words))
    elif task.clusters > len(units):
        words = "%(clusters)s clusters of %(units)s units: none may be empty."
        sentence = say(words, clusters=task.clusters, units=len(units))
        yield Reason(kind=Kind.TOO_MANY_CLUSTERS, sentence=sentence)


def _locks(units: Units, task: Task) -> Iterator[Reason]:
    outside = tuple(
        sorted(
            {unit for unit, cluster in task.locks.items() if not _is_there(unit, cluster, units, task)}
            | {unit for unit in task.centres if not 0 <= unit < len(units)}
        )
    )
    if outside:
        words = "%(count)s locks or centres name a unit or a cluster that does not exist."
        yield Reason(kind=Kind.WRONG_LOCK, sentence=say(words, count=len(outside)), units=outside)
    if len(task.centres) > max(task.clusters, 0):
        words = "%(centres)s centres for %(clusters)s clusters: two would share one."
        sentence = say(words, centres=len(task.centres), clusters=task.clusters)
        yield Reason(kind=Kind.TWO_CENTRES, sentence=sentence, units=task.centres)
    by_cluster: dict[int, list[int]] = {}
    for unit in task.centres:
        by_cluster.setdefault(task.locks.get(unit, -1 - unit), []).append(unit)
    for cluster, some in sorted(by_cluster.items()):
        if len(some) > 1:
            words = "Centres %(units)s are locked into one cluster (%(cluster)s)."
            sentence = say(words, units=_names(units, some), cluster=max(cluster, 0) + 1)
            clusters = (cluster,) if cluster >= 0 else ()
            yield Reason(kind=Kind.TWO_CENTRES, sentence=sentence, units=tuple(some), clusters=clusters)


def _is_there(unit: int, cluster: int, units: Units, task: Task) -> bool:
    return 0 <= unit < len(units) and 0 <= cluster < task.clusters


def locked(units: Units, task: Task) -> Array:
    """Each unit's lock. Centres that have none get their present cluster, one that nothing is locked into, or any."""
    locks = np.full(len(units), -1, dtype=np.int64)
    for unit, cluster in task.locks.items():
        locks[unit] = cluster
    home = units.home or (-1,) * len(units)
    taken = {int(locks[unit]) for unit in task.centres} - {-1}
    open_ = [unit for unit in task.centres if locks[unit] < 0]
    for unit in open_:
        if 0 <= home[unit] < task.clusters and home[unit] not in taken and home[unit] not in locks:
            locks[unit] = home[unit]
            taken.add(home[unit])
    used = set(locks.tolist())
    free = [c for c in range(task.clusters) if c not in taken]
    for unit in open_:
        if locks[unit] < 0:
            free.sort(key=lambda c: (c in used, c))
            locks[unit] = free.pop(0)
            free = [c for c in free if c != locks[unit]]
    return locks


# what no plan can meet -----------------------------------------------------------------------------------------------


def impossible(units: Units, task: Task, of: Level) -> list[Reason]:
    """What is proved to be impossible about the balanced loads."""
    load = of.amounts[:, 0]
    if of.lows[0] > 0 and np.count_nonzero(load) < of.clusters:
        words = "%(clusters)s clusters, but only %(count)s units where anybody lives: every cluster needs one."
        sentence = say(words, clusters=of.clusters, count=int(np.count_nonzero(load)))
        return [Reason(kind=Kind.NOBODY, sentence=sentence, units=_some(load == 0))]
    if not load.any():
        return [Reason(kind=Kind.NOBODY, sentence=say("All numbers are zero: nothing can be balanced."), proven=False)]
    found = [*_large(units, task, of), *_steps(of, task), *_islands(units, task, of)]
    return [*found, *_lock_loads(units, task, of), *_lock_reach(units, task, of), *_pockets(units, task, of)]


def _large(units: Units, task: Task, of: Level) -> Iterator[Reason]:
    for measure, high in enumerate(of.highs):
        large = _some(of.amounts[:, measure] > high)
        if large:
            words = "%(count)s units alone are more than the most that a cluster may have (%(most)s): %(units)s."
            sentence = _units(units, words, large, most=high)
            needs = _needed(of, task, int(of.amounts[:, 0].max())) if measure == 0 else None
            yield Reason(kind=Kind.TOO_LARGE, sentence=sentence, units=large, tolerance=needs)


def _steps(of: Level, task: Task) -> Iterator[Reason]:
    one = 0
    for load in of.amounts[:, 0].tolist():
        one = gcd(one, load)
    if one > 1 and of.highs[0] // one * one < of.lows[0]:
        words = "All numbers are multiples of %(step)s, and none of those lies between %(low)s and %(high)s."
        sentence = say(words, step=one, low=of.lows[0], high=of.highs[0])
        below = of.lows[0] // one * one
        needs = [needed for load in (below, below + one) if (needed := _needed(of, task, load)) is not None]
        yield Reason(kind=Kind.STEPS, sentence=sentence, tolerance=min(needs, default=None))


def _needed(of: Level, task: Task, load: int) -> int | None:
    """The tolerance within which a cluster of this load is."""
    if task.limits is not None:
        return None
    total = int(of.amounts[:, 0].sum())
    return -(-abs(load * of.clusters - total) * FINE // total)


def shares(of: Level) -> list[int] | None:
    """How many clusters each connected part gets, near to its share of the load and within what limits and locks allow."""
    ranges = part_ranges(of)
    if any(low > high for low, high in ranges):
        return None
    found = [low for low, _high in ranges]
    loads = summed(of.amounts[:, 0], parts(of.graph), len(ranges)).tolist()
    for _ in range(of.clusters - sum(found)):
        room = [n for n, (_low, high) in enumerate(ranges) if found[n] < high]
        if not room:
            return None
        found[max(room, key=lambda n: (loads[n] * FINE // found[n], -n))] += 1
    return found if sum(found) == of.clusters else None


def part_ranges(of: Level) -> list[tuple[int, int]]:
    """The fewest and most clusters that each connected part can have."""
    component = parts(of.graph)
    count = int(component.max(initial=-1)) + 1
    loads, nodes = summed(of.amounts[:, 0], component, count).tolist(), np.bincount(component, minlength=count).tolist()
    low, high = of.lows[0], of.highs[0]
    found = []
    for number, load in enumerate(loads):
        held = of.locks[component == number]
        fewest = max(1, -(-load // high) if high else 1, len(np.unique(held[held >= 0])))
        found.append((fewest, min(nodes[number], load // low if low else nodes[number])))
    return found


def _islands(units: Units, task: Task, of: Level) -> Iterator[Reason]:
    component = parts(of.graph)
    ranges = part_ranges(of)
    smallest_first = sorted(enumerate(ranges), key=lambda one: np.count_nonzero(component == one[0]))
    for number, (fewest, most) in smallest_first:
        if fewest > most and not (len(ranges) == 1 and of.lows[0] == 0):
            members = _some(component == number)
            load = int(of.amounts[component == number, 0].sum())
            words = (
                "%(count)s units (%(units)s) touch no others and have %(load)s in all: that is no whole number of clusters"
                " with %(low)s to %(high)s each. Joined to others by a bridge they can be planned."
            )
            sentence = _units(units, words, members, load=load, low=of.lows[0], high=of.highs[0])
            yield Reason(kind=Kind.ISLAND, sentence=sentence, units=members, tolerance=_island_needs(of, task, load))
    if len(ranges) > 1 and all(fewest <= most for fewest, most in ranges):
        least, greatest = sum(low for low, _high in ranges), sum(high for _low, high in ranges)
        if not least <= of.clusters <= greatest:
            words = "%(parts)s parts that do not touch need %(least)s to %(most)s clusters; %(clusters)s are asked for."
            sentence = say(words, parts=len(ranges), least=least, most=greatest, clusters=of.clusters)
            largest = int(np.bincount(component).argmax())
            yield Reason(kind=Kind.ISLANDS, sentence=sentence, units=_some(component != largest))


def _island_needs(of: Level, task: Task, load: int) -> int | None:
    """The least tolerance with which a part of this load is a whole number of clusters."""
    mean = max(1, int(of.amounts[:, 0].sum()) // of.clusters)
    near = {max(1, load // mean), max(1, load // mean + 1)}
    needs = [
        needed
        for count in near
        for share in (load // count, -(-load // count))
        if (needed := _needed(of, task, share)) is not None
    ]
    return min(needs, default=None)


def _lock_loads(units: Units, task: Task, of: Level) -> Iterator[Reason]:
    for cluster in np.unique(of.locks[of.locks >= 0]).tolist():
        held = of.locks == cluster
        for measure, high in enumerate(of.highs):
            load = int(of.amounts[held, measure].sum())
            if load > high:
                words = "What is locked into cluster %(cluster)s has %(load)s already; at most %(most)s is allowed."
                sentence = say(words, cluster=cluster + 1, load=load, most=high)
                needs = _needed(of, task, load) if measure == 0 else None
                yield Reason(
                    kind=Kind.LOCKED_LOAD, sentence=sentence, units=_some(held), clusters=(cluster,), tolerance=needs
                )


def _lock_reach(units: Units, task: Task, of: Level) -> Iterator[Reason]:
    """Every cluster with locks: whether they can be connected, and whether enough is within reach."""
    for cluster in np.unique(of.locks[of.locks >= 0]).tolist():
        held = of.locks == cluster
        reach = parts(of.graph, among=held | (of.locks < 0))
        places = np.unique(reach[held])
        if len(places) > 1:
            words = "What is locked into cluster %(cluster)s cannot be connected: %(units)s."
            sentence = say(words, cluster=cluster + 1, units=_names(units, _some(held)))
            yield Reason(kind=Kind.LOCKED_APART, sentence=sentence, units=_some(held), clusters=(cluster,))
            continue
        load = int(of.amounts[reach == places[0], 0].sum())
        if load < of.lows[0]:
            words = "Cluster %(cluster)s can reach no more than %(load)s between other locks; it needs %(least)s."
            sentence = say(words, cluster=cluster + 1, load=load, least=of.lows[0])
            needs = _needed(of, task, load)
            yield Reason(
                kind=Kind.OUT_OF_REACH, sentence=sentence, units=_some(held), clusters=(cluster,), tolerance=needs
            )


def _pockets(units: Units, task: Task, of: Level) -> Iterator[Reason]:
    """Unlocked units that only locked clusters can reach and that are no cluster of their own: they must fit there."""
    if not (of.locks >= 0).any():
        return
    pocket = parts(of.graph, among=of.locks < 0)
    one, other = of.graph.froms(), of.graph.ends
    inner = (pocket[one] >= 0) & (of.locks[other] >= 0)
    near = sorted(set(zip(pocket[one[inner]].tolist(), of.locks[other[inner]].tolist(), strict=True)))
    around: dict[int, list[int]] = {}
    for number, cluster in near:
        around.setdefault(number, []).append(cluster)
    no_more = len(np.unique(of.locks[of.locks >= 0])) == of.clusters
    for number, clusters in around.items():
        members = pocket == number
        load = int(of.amounts[members, 0].sum())
        if load >= of.lows[0] and not no_more:
            continue
        room = sum(of.highs[0] - int(of.amounts[of.locks == cluster, 0].sum()) for cluster in clusters)
        if load > room:
            words = "%(count)s units (%(units)s) can only go to clusters %(clusters)s, and %(load)s is %(more)s more than fits."
            names = ", ".join(str(cluster + 1) for cluster in clusters)
            sentence = _units(units, words, _some(members), clusters=names, load=load, more=load - room)
            yield Reason(kind=Kind.POCKET, sentence=sentence, units=_some(members), clusters=tuple(clusters))


# words ---------------------------------------------------------------------------------------------------------------

SHOWN = 5


def _some(which: Array) -> tuple[int, ...]:
    return tuple(np.flatnonzero(which).tolist())


def _names(units: Units, some: Sequence[int]) -> str:
    return ", ".join(units.key(unit) for unit in some[:SHOWN]) + (" …" if len(some) > SHOWN else "")


def _units(units: Units, words: str, some: Sequence[int], **values: str | int | Sentence) -> Sentence:
    return say(words, count=len(some), units=_names(units, some), **values)
