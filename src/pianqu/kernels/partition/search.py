"""From units to a plan: checks, METIS, annealing on atoms, annealing on units, a finish within the limits, a last cooling.

Method: simulated annealing (`loop.py`) at two levels. Atoms (`level.py`) keep boundaries together while the large shape is
found; units then find what atoms cannot. Loads outside their limits cost little at first and much at the end; if none of the
plans on the way is within them, pairs of neighbours are cut anew (merge-split) while prices double. Temperatures and prices are
decimal arithmetic, proposals are counted, nothing depends on time or on the order of a hash.
Cost: O(sweeps · units · degree) and METIS. Guarantee: the same units, task and version of this kernel and of METIS give the
same plan, with numba or without, in any process; a plan has connected clusters and keeps every lock.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from importlib.metadata import version
from itertools import islice
from typing import Generic, TypeVar

import numpy as np

from pianqu.kernels.partition import compiled, loop
from pianqu.kernels.partition.figures import Figures, figures_of
from pianqu.kernels.partition.graph import Array
from pianqu.kernels.partition.level import Level, atoms, board, coarse, level, together
from pianqu.kernels.partition.problem import Task, Units, Weights
from pianqu.kernels.partition.reasons import Kind, Reason, impossible, lockings, shares, wrong
from pianqu.kernels.partition.seed import first_plan, mend
from pianqu.kernels.saying import say

FIXED = frozenset([Kind.NOBODY, Kind.TOO_LARGE, Kind.STEPS])
"""Reasons that no other choice of centres' clusters removes."""
MOST_LOCKINGS = 60
"""So many other choices are looked at before a reason is only a guess."""
MOST_OTHERS = 4
"""So many of those are searched, too, where none of the plans before is within its limits."""
VERSION = 2
"""Counts up whenever the same task may give another plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan and all that it takes to make it again."""

    part: tuple[int, ...]
    figures: Figures
    seed: int
    weights: Weights
    sweeps: int
    tries: int
    turns: int
    """Proposals made."""
    version: int
    metis: str

    @property
    def holds(self) -> bool:
        return self.figures.holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Infeasible:
    """Why there is no plan."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is, and what its best plan is worth: whoever stops here has that."""

    turns: int
    """Proposals made in this try."""
    score: int
    over: int
    tries: int = 0
    """Tries that are over."""


Told = TypeVar("Told")


class Heard(Generic[Told]):
    """Asks whether to go on, and remembers that the answer was no."""

    def __init__(self, goes_on: Callable[[Told], bool]) -> None:
        self._goes_on = goes_on
        self.stopped = False

    def __call__(self, told: Told) -> bool:
        self.stopped = self.stopped or not self._goes_on(told)
        return not self.stopped


Steps = Generator[Progress, bool | None, Plan | Infeasible]
"""Whoever sends true from some step on gets the best plan of the steps before."""
Going = Generator[Progress, None, None]


def plan(units: Units, task: Task, *, plain: bool | None = None) -> Plan | Infeasible:
    """The plan, or why there is none. `plain` forbids (or demands) compiled code; it changes nothing but the time."""
    return last(steps(units, task, plain=plain))


def last(running: Steps, goes_on: Callable[[Progress], bool] = lambda _progress: True) -> Plan | Infeasible:
    """Run to the end, or until `goes_on` says no: then the best plan yet."""
    while True:
        try:
            progress = next(running)
        except StopIteration as end:
            found: Plan | Infeasible = end.value
            return found
        if not goes_on(progress):
            return enough(running)


def enough(running: Steps) -> Plan | Infeasible:
    """End a search that has begun, with the best plan yet."""
    try:
        running.send(True)
    except StopIteration as end:
        found: Plan | Infeasible = end.value
        return found
    raise RuntimeError("the search went on")


def steps(units: Units, task: Task, *, plain: bool | None = None) -> Steps:
    """The same, in steps between which it may be stopped."""
    of = checked(units, task)
    if isinstance(of, Infeasible):
        return of
    found, ended = yield from _tries(units, task, of, plain)
    for other in _others(units, task, of):
        if not ended or (isinstance(found, Plan) and found.holds):
            break
        again, ended = yield from _tries(units, task, other, plain)
        found = _nearer(found, again)
    return found


def _tries(
    units: Units, task: Task, of: Level, plain: bool | None
) -> Generator[Progress, bool | None, tuple[Plan | Infeasible, bool]]:
    """The best of all tries, and whether they came to their end."""
    best: Run | None = None
    turns, ended = 0, True
    for number in range(max(1, task.tries)):
        run = Run(task, seed=task.seed * MOST_TRIES + number, plain=plain)
        over = yield from _one_try(run, of, best)
        if over is None:
            return _not_joined(of), True
        turns += run.turns
        best, ended = _better(best, run), over
        if not ended:
            break
    assert best is not None
    return answer(units, task, of, best.best(), turns), ended


def _others(units: Units, task: Task, of: Level) -> Iterator[Level]:
    """A few other ways to give clusters to centres that have none, where locks make them differ."""
    ways = (one for one in islice(lockings(units, task), 1, MOST_LOCKINGS) if (one != of.locks).any())
    levels = (level(units, task, locks) for locks in ways)
    return islice((other for other in levels if not _against(units, task, other)), MOST_OTHERS)


def _nearer(one: Plan | Infeasible, other: Plan | Infeasible) -> Plan | Infeasible:
    """Of two answers the plan that is nearer to its limits, the first of equals."""
    if isinstance(one, Infeasible) or isinstance(other, Infeasible):
        return other if isinstance(one, Infeasible) else one
    return other if other.figures.over < one.figures.over else one


def _one_try(run: "Run", of: Level, best: "Run | None") -> Generator[Progress, bool | None, bool | None]:
    """Whether it came to its end, or was stopped; None where nothing could begin."""
    going = _search(run, of)
    for progress in going:
        told = progress if best is None else replace(_better(best, run).progress, turns=run.turns, tries=run.number)
        if (yield told):
            return False
    return True if run.began else None


def _better(best: "Run | None", run: "Run") -> "Run":
    return run if best is None else min(best, run, key=lambda one: (one.progress.over, one.progress.score))


def _search(run: "Run", of: Level) -> Going:
    begin, was_coarse = yield from _begin(run, of)
    if begin is not None:
        run.lay(of, begin)
        yield from run.cool(UNITS if was_coarse else ALONE)
        yield from run.finish()


def repair(
    units: Units, task: Task, part: Sequence[int], near: Sequence[int], *, reach: int = 3, plain: bool | None = None
) -> Plan | Infeasible:
    """A plan that a person changed, set right: only unlocked units within `reach` steps of those move, and what is in pieces.

    A plan within its limits never gets worse by it; one that is not may need a greater reach (`Plan.holds`).
    """
    task = _centres_stay(task, part)
    of = checked(units, task)
    if isinstance(of, Infeasible):
        return of
    begin = mend(of, _known(of, part))
    if begin is None:
        return _not_joined(of)
    run = Run(task, seed=task.seed, plain=plain)
    run.lay(of, begin, around(of, near, reach))
    for _ in run.cool(REPAIR):
        pass
    for _ in run.finish():
        pass
    return answer(units, task, of, run.best(), run.turns)


def _centres_stay(task: Task, part: Sequence[int]) -> Task:
    """Centres that have no lock stay where they are, if no two of all are together."""
    own = {unit: part[unit] for unit in task.centres if 0 <= unit < len(part) and 0 <= part[unit] < task.clusters}
    locks = {**own, **task.locks}
    apart = len({locks.get(unit, -1) for unit in task.centres} - {-1}) == len(task.centres)
    return replace(task, locks=locks) if apart else task


def around(of: Level, near: Sequence[int], reach: int) -> Array:
    """1 for nodes within so many steps of these."""
    found = np.zeros(len(of), dtype=np.int64)
    edge = sorted({node for node in near if 0 <= node < len(of)})
    found[edge] = 1
    for _ in range(reach):
        edge = sorted({other for node in edge for other in of.graph.of(node) if not found[other]})
        found[edge] = 1
    return found


def _known(of: Level, part: Sequence[int]) -> Array:
    """The same, and −1 for clusters that are not asked for."""
    found = np.array(part, dtype=np.int64)
    return np.where((found >= 0) & (found < of.clusters), found, -1)


def _not_joined(of: Level) -> Infeasible:
    if not (of.locks >= 0).any():
        return Infeasible(reasons=(_not_divided(of.clusters),))
    words = "What is locked into the same clusters could not be connected without crossing each other."
    return Infeasible(reasons=(Reason(kind=Kind.NOT_JOINED, sentence=say(words), proven=False),))


def checked(units: Units, task: Task) -> Level | Infeasible:
    """The level of units, unless something is wrong or impossible.

    Where the clusters that centres were given by themselves stand in the way of locks, others are tried.
    """
    reasons = wrong(units, task)
    if reasons:
        return Infeasible(reasons=tuple(reasons))
    first: list[Reason] = []
    for number, locks in enumerate(lockings(units, task)):
        of = level(units, task, locks)
        reasons = _against(units, task, of)
        if not reasons:
            return of
        first = first or reasons
        if FIXED.issuperset(reason.kind for reason in first):
            break
        if number == MOST_LOCKINGS:
            first = [replace(reason, proven=False) for reason in first]
            break
    return Infeasible(reasons=tuple(first))


def _against(units: Units, task: Task, of: Level) -> list[Reason]:
    reasons = impossible(units, task, of)
    return reasons if reasons or shares(of) is not None else [_not_divided(of.clusters)]


def _not_divided(clusters: int) -> Reason:
    words = "The parts that do not touch cannot be divided into %(clusters)s clusters."
    return Reason(kind=Kind.ISLANDS, sentence=say(words, clusters=clusters), proven=False)


def answer(units: Units, task: Task, of: Level, part: Array, turns: int) -> Plan:
    """A plan with what it takes to make it again."""
    return Plan(
        part=tuple(part.tolist()),
        figures=figures_of(units, of, part),
        seed=task.seed,
        weights=task.weights,
        sweeps=task.sweeps,
        tries=task.tries,
        turns=turns,
        version=VERSION,
        metis=version("pymetis"),
    )


def _begin(run: "Run", of: Level) -> Generator[Progress, None, tuple[Array | None, bool]]:
    """Where the units are now, if moving counts; else METIS's plan, cooled on atoms where boundaries bind units together."""
    if run.task.weights.moved and (of.home >= 0).any():
        begin = mend(of, _known(of, of.home.tolist()))
        if begin is not None:
            return begin, True
    atom = atoms(of, max(1, of.highs[0] // LARGE_ATOM))
    if any(of.keep) and 2 * of.clusters <= int(atom.max()) + 1 <= FEW_ATOMS * len(of):
        above = coarse(of, atom)
        begin = _first(above, run.seed)
        if begin is not None:
            run.lay(above, begin, atom=atom)
            yield from run.cool(ATOMS, size=len(of))
            return run.stands()[atom], True
    return _first(of, run.seed), False


def _first(of: Level, seed: int) -> Array | None:
    share = shares(of)
    return None if share is None else first_plan(of, share, seed)


# schedules -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooling:
    """From one temperature to another (thousandths of a mean border), and prices likewise (of a mean node outside the limits)."""

    hot: int
    cold: int
    cheap: int = 300
    dear: int = 1_500
    share: int = 100
    """Percent of the sweeps that were asked for."""
    near: int = 64
    """So many units are looked at to see that a cluster stays connected."""
    exchanges: int = 0
    """So many of 256 proposals are exchanges."""
    steps: int = 200
    mixes: int = 0
    """So many merge-splits at each temperature: they turn what is large, which single units cannot."""


ALONE = Cooling(hot=1_000, cold=150)
ATOMS = Cooling(hot=4_000, cold=300, cheap=700, dear=8_000, share=200, steps=300, mixes=20)
UNITS = Cooling(hot=1_000, cold=100, cheap=3_000, dear=8_000, mixes=20)
REPAIR = Cooling(hot=500, cold=100, cheap=1_500, dear=8_000, share=25, near=1 << 40, steps=50)
LAST = Cooling(hot=150, cold=80, cheap=1_500, dear=3_000, share=10, near=1 << 40, steps=50, exchanges=64)
"""Found by trial on planted plans and grids (`pianqu bench planning`)."""
LARGE_ATOM = 4
"""An atom with more than this part of a cluster's greatest load is left in units."""
FEW_ATOMS = 0.8
FEW_TURNS = 500
"""A temperature has at least so many proposals."""
ROUNDS = 10
MOST_TRIES, MOST_LAYERS = 64, 8
"""So many times prices double until a plan within the limits is found."""


def between(first: int, final: int, count: int) -> list[Decimal]:
    """A geometric row in decimal arithmetic."""
    with localcontext() as context:
        context.prec = 30
        ratio = (Decimal(final) / Decimal(first)).ln()
        return [Decimal(first) * (ratio * n / max(1, count - 1)).exp() for n in range(count)]


def inverse(temperature: Decimal, scale: int) -> int:
    """What a change is multiplied with to find its place in the table of chances."""
    return int(Decimal(1000 << (loop.BETA_BITS + loop.STEP_BITS)) / (temperature * scale))


class Run:
    """One annealing: its board, and how many proposals were made."""

    def __init__(self, task: Task, *, seed: int, plain: bool | None = None) -> None:
        self.task, self.seed = task, seed
        self.turns = self._layers = 0
        self._atom: Array | None = None
        self._plain = not compiled.is_there() if plain is None else plain
        self._code = vars(loop) if self._plain else compiled.compiled(loop)
        self._of: Level
        self._place: Array | slice
        """Where each node stands on the board."""
        self._board: loop.Board

    @property
    def number(self) -> int:
        """How many tries were before this one."""
        return self.seed % MOST_TRIES

    @property
    def began(self) -> bool:
        return self._layers > 0

    def lay(self, of: Level, part: Array, free: Array | None = None, atom: Array | None = None) -> None:
        """Go on with this plan of this level; only what is free (and not locked) moves. `atom`: each unit's node."""
        may = np.ones(len(of), dtype=np.int64) if free is None else free
        seed = self.seed * MOST_LAYERS + self._layers
        self._of, self._layers, self._atom = of, self._layers + 1, atom
        order = None if self._plain else together(of, part)
        self._place = slice(None) if order is None else np.argsort(order)
        self._board = board(of, part, seed=seed, free=np.where(of.locks < 0, may, 0), order=order)
        self._frees = int(self._free().sum())

    def best(self) -> Array:
        """The best plan of units within all limits, or else the one at which the run stands."""
        found = self._by_node(self._board.best if self.holds else self._board.part)
        return found if self._atom is None else found[self._atom]

    def stands(self) -> Array:
        """Where the run stands: better than the best plan within the limits, often, and nearly within them."""
        return self._by_node(self._board.part)

    @property
    def holds(self) -> bool:
        return self._board.memo[loop.BEST] >= 0

    @property
    def progress(self) -> Progress:
        memo = self._board.memo
        score = memo[loop.BEST] if self.holds else memo[loop.SCORE]
        return Progress(turns=self.turns, score=int(score), over=0 if self.holds else int(memo[loop.OVER]))

    def cool(self, by: Cooling, *, size: int | None = None) -> Going:
        """One cooling; proposals for what moves, or for a problem of that size."""
        scale = self._scale()
        wanted = self.task.sweeps * (self._frees if size is None else size) * by.share // 100
        count = max(1, min(by.steps, wanted // FEW_TURNS))
        heats, costs = between(by.hot, by.cold, count), between(by.cheap, by.dear, count)
        turns = -(-wanted // count)
        for heat, cost in zip(heats, costs, strict=True):
            self._price(cost, scale)
            beta = inverse(heat, scale)
            if by.mixes:
                self._code["mix"](self._board, by.mixes, beta)
            self._code["sweep"](self._board, turns, beta, by.near, by.exchanges)
            self.turns += turns
            yield self.progress

    def _scale(self) -> int:
        """A mean border of this level."""
        widths = self._of.graph.widths
        return max(1, self._of.scale, int(widths.sum()) // max(1, len(widths)))

    def _price(self, cost: Decimal, scale: int) -> None:
        count = len(self._of)
        for measure, column in enumerate(self._of.amounts.T):
            total = int(column.sum()) or 1
            price = int(cost * scale * count * (1 << loop.PRICE_BITS) / (1000 * total))
            self._board.prices[measure] = min(price, (1 << 61) // (2 * total))

    def finish(self) -> Going:
        """Within the limits, if it was not yet; then the last cooling from the best plan."""
        for number in range(ROUNDS):
            if self._board.memo[loop.OVER] == 0:
                break
            dear = 1_500 << (number + 1)
            again = Cooling(
                hot=400,
                cold=150,
                cheap=dear // 4,
                dear=dear,
                share=15,
                near=1 << 40,
                steps=30,
                exchanges=64,
                mixes=max(8, self._of.clusters),
            )
            yield from self.cool(again)
        if self.holds:
            self.lay(self._of, self.best(), self._free())
        yield from self.cool(LAST)

    def _free(self) -> Array:
        return self._by_node(self._board.free)

    def _by_node(self, row: Sequence[int]) -> Array:
        """A row of the board in the order of the level."""
        return np.array(row, dtype=np.int64)[self._place]
