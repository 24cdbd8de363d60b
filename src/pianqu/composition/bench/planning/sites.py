"""Sites chosen by the house beside HiGHS alone and beside greedy, on the same instances in the same run.

The instances of the OR-Library (p-median, p-centre) and the stores of San Francisco are read where they lie; their licence lets
them be read, not copied. HiGHS alone gets the whole program and as many seconds as `budget` says.
"""

import csv
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import dijkstra

from pianqu.composition.bench.report import Row
from pianqu.kernels.siting import planning
from pianqu.kernels.siting.model import UNREACHABLE, Plan, Question, Task
from pianqu.kernels.siting.proving import Silent
from pianqu.kernels.siting.search import greedy
from pianqu.kernels.siting.transport import shared
from pianqu.kernels.siting.view import View

Table = Any
ODD = tuple(range(1, 40, 2))
QUICK = (1, 3, 5, 7)
MOST_PAIRS = 1_000_000
"""A program with more pairs is not given to HiGHS alone: it would not be read in within the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What HiGHS alone came to: the value of its plan (None: no plan), and its bound."""

    value: int | None
    bound: int | None
    seconds: float

    def __str__(self) -> str:
        if not self.seconds:
            return "HiGHS: not asked"
        if self.value is None:
            return f"HiGHS: no plan in {self.seconds:.0f} s"
        proof = "proved" if self.bound == self.value else f"bound {self.bound}"
        return f"HiGHS: {self.value} ({proof}) in {self.seconds:.1f} s"


def measure(folder: Path, *, quick: bool, budget: float) -> list[Row]:
    """All figures; `folder` holds pmed and siting, `budget` is what HiGHS alone gets for an instance, in seconds."""
    numbers = QUICK if quick else ODD
    return [
        *_medians(folder / "pmed", numbers, budget),
        *_centres(folder / "pmed", numbers),
        *_stores(folder / "siting", budget),
    ]


def _medians(folder: Path, numbers: Sequence[int], budget: float) -> Iterator[Row]:
    optima, gaps, took, unproved = _optima(folder), [], 0.0, 0
    for number in numbers:
        asked, best = instance(folder, number), int(optima[f"pmed{number}"]["pmedian_opt"])
        began = time.perf_counter()
        plan = planning.median(asked)
        took += time.perf_counter() - began
        if not isinstance(plan, Plan):
            raise RuntimeError(f"pmed{number} has a plan")
        gaps.append(100 * (plan.value / best - 1))
        unproved += not plan.proved
        yield Row(name=f"pmed{number}: total, optimum {best}", value=plan.value, baseline=_others(asked, plan, budget))
    yield Row(name="pmed: mean gap to the optimum", value=sum(gaps) / len(gaps), unit="%", at_most=0.1)
    yield Row(name="pmed: worst gap to the optimum", value=max(gaps), unit="%", at_most=0.5)
    yield Row(name=f"pmed: all {len(numbers)} with their bounds", value=took, unit="s", at_most=30)
    yield Row(name="pmed: plans whose bound leaves a gap (shown)", value=unproved)


def _centres(folder: Path, numbers: Sequence[int]) -> Iterator[Row]:
    """The longest way; the published figure of pmed13 is below what can be (35 needs 32 sites)."""
    optima, proved, took, above = _optima(folder), 0, 0.0, 0
    for number in numbers:
        began = time.perf_counter()
        plan = planning.centre(instance(folder, number))
        took += time.perf_counter() - began
        if not isinstance(plan, Plan):
            raise RuntimeError(f"pmed{number} has a plan")
        proved += plan.proved
        above += plan.value > int(optima[f"pmed{number}"]["pcenter_best"])
    yield Row(name=f"pmed as p-centre: proved of {len(numbers)}", value=proved)
    yield Row(name="pmed as p-centre: above the published figure", value=above)
    yield Row(name=f"pmed as p-centre: all {len(numbers)}", value=took, unit="s")


def _stores(folder: Path, budget: float) -> Iterator[Row]:
    base = stores(folder)
    room = np.full(base.cost.shape[1], int(base.weight.sum()) // 3)
    for sites in (4, 6):
        asked = replace(base, sites=sites)
        for name, question in (("", asked), (", places limited", replace(asked, capacity=room))):
            plan = planning.median(question)
            if not isinstance(plan, Plan):
                raise RuntimeError("San Francisco has a plan")
            yield Row(
                name=f"San Francisco, {sites} stores{name}: gap left",
                value=100 * plan.gap,
                unit="%",
                baseline=_others(question, plan, budget),
            )
        covered = planning.coverage(asked, within=3_000)
        if isinstance(covered, Plan):
            share = 100 * covered.value / int(asked.weight.sum())
            proof = "proved" if covered.proved else f"bound {covered.bound}"
            yield Row(name=f"San Francisco, {sites} stores: within 3 km", value=share, unit="%", baseline=proof)


def _others(asked: Question, plan: Plan, budget: float) -> str:
    """Our bound, greedy, and HiGHS alone."""
    view = View(asked)
    task = view.median(_opened(view, plan))
    first = shared(task, np.array(greedy(task)))
    ours = "proved" if plan.proved else f"bound {plan.bound}, gap {100 * plan.gap:.2f} %"
    return f"{ours}; greedy: {first}; {alone(task, budget)}"


def _opened(view: View, plan: Plan) -> tuple[int, ...]:
    """The plan's sites as columns of the view."""
    return tuple(view.columns.index(site) for site in plan.sites)


def alone(task: Task, budget: float) -> Beside:
    """The whole program given to HiGHS (C. S. ReVelle, R. W. Swain 1970), for so many seconds."""
    began = time.perf_counter()
    row, column = np.nonzero(task.cost < task.miss + task.full)
    if len(row) > MOST_PAIRS or budget <= 0:
        return Beside(value=None, bound=None, seconds=0.0)
    solver = Silent()
    solver.setOptionValue("parallel", "off")
    solver.setOptionValue("time_limit", budget)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.passModel(_whole_model(task, row, column))
    solver.run()
    info, took = solver.getInfo(), time.perf_counter() - began
    bound = int(np.ceil(info.mip_dual_bound - 1e-3)) if np.isfinite(info.mip_dual_bound) else None
    if info.primal_solution_status != 2:
        return Beside(value=None, bound=bound, seconds=took)
    return Beside(value=round(info.objective_function_value), bound=bound, seconds=took)


def _whole_model(task: Task, row: Table, column: Table) -> Any:
    """Sites first, then a share of each pair between 0 and 1."""
    points, sites, pairs = len(task.weight), task.cost.shape[1], len(row)
    line, weight = np.arange(pairs), task.weight[row]
    blocks = [
        (np.zeros(sites), np.arange(sites), np.ones(sites)),
        (1 + row, sites + line, np.ones(pairs)),
        (1 + points + line, sites + line, np.ones(pairs)),
        (1 + points + line, column, -np.ones(pairs)),
    ]
    height = 1 + points + pairs
    low, high = (
        np.r_[task.sites, np.ones(points), np.full(pairs, -np.inf)],
        np.r_[task.sites, np.ones(points), np.zeros(pairs)],
    )
    if task.capacity is not None:
        blocks += [
            (height + column, sites + line, weight),
            (height + np.arange(sites), np.arange(sites), -task.capacity),
        ]
        low, high, height = np.r_[low, np.full(sites, -np.inf)], np.r_[high, np.zeros(sites)], height + sites
    at, to, factor = (np.concatenate([block[n] for block in blocks]) for n in range(3))
    matrix = coo_matrix((factor.astype(float), (at, to)), shape=(height, sites + pairs)).tocsr()
    made = highspy.HighsLp()
    made.num_col_, made.num_row_ = sites + pairs, height
    made.col_cost_ = np.r_[np.zeros(sites), (task.cost[row, column] * weight)].astype(float)
    made.col_lower_, made.col_upper_ = np.zeros(sites + pairs), np.ones(sites + pairs)
    made.row_lower_, made.row_upper_ = low.astype(float), high.astype(float)
    made.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    made.a_matrix_.start_, made.a_matrix_.index_, made.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    made.integrality_ = [whole] * sites + [part] * pairs
    return made


def _optima(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "optima.csv").open(newline="", encoding="utf-8") as file:
        return {row["instance"]: row for row in csv.DictReader(file)}


def instance(folder: Path, number: int) -> Question:
    """An instance of the OR-Library: shortest paths; an edge that stands there twice has its last length."""
    words = iter(map(int, (folder / f"pmed{number}.txt").read_text(encoding="ascii").split()))
    points, edges, sites = next(words), next(words), next(words)
    lengths = np.zeros((points, points))
    for _edge in range(edges):
        one, other, length = islice(words, 3)
        lengths[one - 1, other - 1] = lengths[other - 1, one - 1] = length
    paths = np.rint(dijkstra(csr_matrix(lengths), directed=False)).astype(np.int64)
    return Question(cost=paths, weight=np.ones(points, dtype=np.int64), sites=sites)


def stores(folder: Path) -> Question:
    """205 tracts and 16 stores with metres along the streets; people of the year 2000."""
    with (folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = {name: at for at, name in enumerate(sorted({row["name"] for row in rows}))}
    tracts = {name: at for at, name in enumerate(sorted({row["DestinationName"] for row in rows}))}
    cost = np.full((len(tracts), len(names)), UNREACHABLE, dtype=np.int64)
    weight = np.zeros(len(tracts), dtype=np.int64)
    for row in rows:
        at = tracts[row["DestinationName"]]
        cost[at, names[row["name"]]] = round(float(row["distance"]))
        weight[at] = int(row["demand"])
    return Question(cost=cost, weight=weight, sites=1)
