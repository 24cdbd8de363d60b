"""HiGHS decides what the bound left in doubt: a better plan, a higher bound, or the proof that there is no better plan.

Problem: after the bound has put sites and pairs aside, what remains is a small mixed-integer program.
Method: branch and cut by HiGHS (Q. Huangfu, J. A. J. Hall 2018, "Parallelizing the dual revised simplex method") on one
thread with a limit on branches. Covering is written with one variable a point, everything else with one a pair (C. S.
ReVelle, R. W. Swain 1970; R. L. Church, C. S. ReVelle 1974).
Cost: exponential at worst, bounded by branches.
Guarantee: up to HiGHS's tolerances, the answer's bound holds for every plan of at most `aim`; the same question gives
the same answer with one version of HiGHS.
"""

import math
from typing import Any

import highspy
import numpy as np

from pianqu.kernels.siting.model import Effort, Task
from pianqu.kernels.siting.relaxing import Proven, Relaxed, doubtful
from pianqu.kernels.solvers import sparse

Table = Any
TOLERANCE = 1e-9
"""Of a bound, besides a millionth: what HiGHS's sums may be wrong by."""
COVERED = 8
"""A pair of point and near site costs so much less than one with a variable of its own."""
FEASIBLE = 2
"""HiGHS's word for a solution that keeps all rows."""
WHOLE, PART = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous


def prove(task: Task, relaxed: Relaxed, aim: int, effort: Effort) -> Proven | None:
    """What HiGHS finds among plans of at most `aim`; None where too much is in doubt to ask.

    Nor is it asked while somebody is missed at a price beside which everything else is lost in its tolerances.
    """
    if aim >= task.miss > 1 and not task.full:
        return None
    columns, added = doubtful(task, relaxed, aim)
    if len(columns) < task.sites:
        return Proven(bound=aim + 1)
    small = task.of(columns)
    program = _Program(len(columns), task.held)
    if task.capacity is not None or task.miss > 1:
        allowed = _allowed(small, relaxed, aim, added[columns])
        if int(allowed.sum()) > effort.pairs:
            return None
        _assign(program, small, allowed)
        if task.aim == 0:
            program.cost[: len(columns)] = [1.0] * len(columns)
            return _fewest(program, columns, task, effort.nodes)
    elif int((small.cost == 0).sum()) > effort.pairs * COVERED:
        return None
    elif task.aim == 0:
        _cover_all(program, small)
        return _fewest(program, columns, task, effort.nodes)
    else:
        _cover(program, small)
    program.block(*_all(len(columns)), np.array([task.sites]), np.array([task.sites]))
    return _cheapest(program, columns, task, aim, effort.nodes)


class Silent(highspy.Highs):
    """HiGHS that says nothing: its own beginning turns on callbacks before anybody can silence it, and greets on the way."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        self.setOptionValue("output_flag", False)


class _Program:
    """A mixed-integer program that grows block by block; its first columns are the sites."""

    def __init__(self, sites: int, held: int) -> None:
        self.cost: list[float] = [0.0] * sites
        self.lower: list[float] = [1.0] * held + [0.0] * (sites - held)
        self.upper: list[float] = [1.0] * sites
        self.kinds = [WHOLE] * sites
        self.at: list[tuple[Table, Table, Table]] = []
        self.low: list[Table] = []
        self.high: list[Table] = []
        self.height = 0

    def add(self, cost: Table, upper: Table) -> int:
        """New columns for parts; answers the number of the first."""
        first = len(self.cost)
        self.cost += [float(one) for one in cost]
        self.lower += [0.0] * len(cost)
        self.upper += [float(one) for one in upper]
        self.kinds += [PART] * len(cost)
        return first

    def block(self, row: Table, column: Table, factor: Table, low: Table, high: Table) -> None:
        """Many rows at once; `row` counts within the block."""
        self.at.append((row + self.height, column, factor))
        self.low.append(low.astype(float))
        self.high.append(high.astype(float))
        self.height += len(low)

    def model(self) -> Any:
        row, column, factor = (np.concatenate([part[n] for part in self.at]) for n in range(3))
        matrix = sparse(factor.astype(float), (row, column), (self.height, len(self.cost)))
        made = highspy.HighsLp()
        made.num_col_, made.num_row_ = len(self.cost), self.height
        made.col_cost_, made.col_lower_, made.col_upper_ = (np.array(n) for n in (self.cost, self.lower, self.upper))
        made.row_lower_, made.row_upper_ = np.concatenate(self.low), np.concatenate(self.high)
        made.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        made.a_matrix_.start_, made.a_matrix_.index_, made.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
        made.integrality_ = self.kinds
        return made


def _all(columns: int) -> tuple[Table, Table, Table]:
    """One row with every site once."""
    return np.zeros(columns, dtype=np.int64), np.arange(columns), np.ones(columns)


def _cover_all(program: _Program, task: Task) -> None:
    """Every point has an open site near it; as few sites as possible are open."""
    row, column = np.nonzero(task.cost == 0)
    program.cost = [1.0] * len(program.cost)
    points = len(task.weight)
    program.block(row, column, np.ones(len(row)), np.ones(points), np.full(points, np.inf))


def _cover(program: _Program, task: Task) -> None:
    """A point has an open site near it, or it is missed."""
    points = len(task.weight)
    missed = program.add(task.weight, np.ones(points))
    row, column = np.nonzero(task.cost == 0)
    program.block(
        np.r_[row, np.arange(points)],
        np.r_[column, missed + np.arange(points)],
        np.ones(len(row) + points),
        np.ones(points),
        np.full(points, np.inf),
    )


def _allowed(task: Task, relaxed: Relaxed, aim: int, added: Table) -> Table:
    """Pairs of point and site that a plan of at most `aim` can have."""
    allowed = task.cost < task.miss + task.full
    if task.capacity is None:
        gap = aim * relaxed.scale - relaxed.bound
        more = np.maximum(np.minimum(task.table, aim + 1) * relaxed.scale - relaxed.price[:, None], 0) + added
        allowed &= more <= gap
    return allowed


def _assign(program: _Program, task: Task, allowed: Table) -> None:
    """A variable for each pair that is still in doubt, and one for who is not served where that may be."""
    row, column = np.nonzero(allowed)
    points, pairs = len(task.weight), len(row)
    size = task.weight if task.capacity is not None else np.ones(points, dtype=np.int64)
    unit = task.weight // size if task.capacity is None else np.ones(points, dtype=np.int64)
    first = program.add(task.cost[row, column] * unit[row], size[row])
    missed = program.add(unit, size if task.miss == 1 and task.aim is None else np.zeros(points))
    line = np.arange(pairs)
    program.block(
        np.r_[row, np.arange(points)],
        np.r_[first + line, missed + np.arange(points)],
        np.ones(pairs + points),
        size,
        size,
    )
    program.block(
        np.r_[line, line],
        np.r_[first + line, column],
        np.r_[np.ones(pairs), -size[row]],
        np.full(pairs, -np.inf),
        np.zeros(pairs),
    )
    if task.capacity is not None:
        sites = np.arange(len(task.capacity))
        program.block(
            np.r_[column, sites],
            np.r_[first + line, sites],
            np.r_[np.ones(pairs), -task.capacity],
            np.full(len(sites), -np.inf),
            np.zeros(len(sites)),
        )


def _run(program: _Program, sites: int, nodes: int) -> tuple[int | None, list[int], bool]:
    """The bound rounded up (None: no plan keeps the rows), the open sites of a plan if one was found, and if it is the best."""
    solver = Silent()
    # Not `threads`: HiGHS refuses to run when another part of the program began with another number of them.
    solver.setOptionValue("parallel", "off")
    solver.setOptionValue("random_seed", 1)
    solver.setOptionValue("mip_max_nodes", nodes)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.99)
    solver.passModel(program.model())
    if solver.run() == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS could not work on the program")
    info = solver.getInfo()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None, [], True
    low = info.mip_dual_bound
    bound = math.ceil(low - 1e-6 - TOLERANCE * abs(low)) if math.isfinite(low) else 0
    if info.primal_solution_status != FEASIBLE:
        return bound, [], False
    values = np.asarray(solver.getSolution().col_value)[:sites]
    best = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return bound, [int(one) for one in np.flatnonzero(values > 0.5)], best


def _cheapest(program: _Program, columns: list[int], task: Task, aim: int, nodes: int) -> Proven:
    bound, found, best = _run(program, len(columns), nodes)
    if bound is None:
        return Proven(bound=aim + 1)
    plan = tuple(columns[one] for one in found)
    whole = len(plan) == task.sites
    return Proven(bound=min(bound, aim + 1), columns=plan if whole else (), best=best and whole)


def _fewest(program: _Program, columns: list[int], task: Task, nodes: int) -> Proven:
    """Whether so few sites are enough; what is left over goes to any."""
    bound, found, _best = _run(program, len(columns), nodes)
    if bound is None or bound > task.sites:
        return Proven(bound=1)
    if not found or len(found) > task.sites:
        return Proven(bound=0)
    plan = [columns[one] for one in found]
    spare = [one for one in range(task.cost.shape[1]) if one not in set(plan)]
    return Proven(bound=0, columns=tuple([*plan, *spare][: task.sites]))
