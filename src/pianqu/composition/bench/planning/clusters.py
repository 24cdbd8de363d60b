"""Plans of clusters measured: planted ones, grids whose best plans are known, Arkansas; beside METIS alone and gerrychain."""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from pianqu.composition.bench.planning.gerrychain import Peer, peer, run
from pianqu.composition.bench.planning.instances import Planted, arkansas, grid, planted
from pianqu.composition.bench.report import Row
from pianqu.kernels.partition import compiled
from pianqu.kernels.partition.figures import figures
from pianqu.kernels.partition.level import Level
from pianqu.kernels.partition.problem import FINE, Task, Units
from pianqu.kernels.partition.reasons import shares
from pianqu.kernels.partition.search import Infeasible, Plan, checked, plan
from pianqu.kernels.partition.seed import first_plan

ARKANSAS = Path(__file__).resolve().parents[6] / "shared/data/regions/05_bg_census_consolidated.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One instance: our plan, its time, and what others reached."""

    plan: Plan
    seconds: float
    baseline: str


def measure(*, quick: bool, cache: Path, seconds: int = 20) -> list[Row]:
    """All figures. `cache` keeps gerrychain's environment; it gets so many seconds for each instance."""
    others = peer(cache)
    if others.why:
        sys.stderr.write(f"{others.why}\n")
    began = perf_counter()
    plan(grid(6, 6), Task(clusters=4, sweeps=1))
    rows = [Row(name="code made ready (compiled once, then kept)", value=perf_counter() - began, unit="s")]
    given = 3 if quick else seconds
    for some in (_planted(quick, others, given), _grids(others, given), _arkansas(others, given), _growth(quick)):
        for row in some:
            sys.stderr.write(f"{row.name}: {row.value:.3f} {row.unit} {row.target} {row.baseline}\n")
            rows.append(row)
    return [*rows, *_same()]


def _planted(quick: bool, others: Peer, seconds: int) -> Iterator[Row]:
    worst, share = 0.0, list[float]()
    for seed in (1, 2):
        yield from _one_planted("3 000 units, 30 clusters", planted(3_000, 30, seed=seed), 1.03, 5, others, seconds)
    if not quick:
        yield from _one_planted("30 000 units, 100 clusters", planted(30_000, 100, seed=1), 1.10, 60, others, seconds)
    for seed in (1, 2) if quick else (1, 2, 3, 4):
        instance = planted(3_000, 30, seed=seed, hard=True)
        tried = _try(instance.units, Task(clusters=30, sweeps=2_000, tries=2), others, seconds)
        share.append(_ratio(instance, tried))
        worst = max(share)
        yield Row(
            name=f"harder planted set {seed}, 3 000 units: score to the planted one",
            value=share[-1],
            at_most=1.06,
            baseline=tried.baseline,
        )
    yield Row(name="harder planted sets: the worst", value=worst, at_most=1.06)


def _one_planted(name: str, instance: Planted, most: float, within: int, others: Peer, seconds: int) -> Iterator[Row]:
    sweeps = 2_000 if len(instance.units) <= 3_000 else 300
    task = Task(clusters=instance.clusters, sweeps=sweeps, tries=1)
    tried = _try(instance.units, task, others, seconds)
    yield Row(
        name=f"{name}: score to the planted one", value=_ratio(instance, tried), at_most=most, baseline=tried.baseline
    )
    yield Row(name=f"{name}: one processor", value=tried.seconds, unit="s", at_most=within)


def _ratio(instance: Planted, tried: Tried) -> float:
    """To the planted score; without end where the plan is over its limits."""
    task = Task(clusters=instance.clusters)
    score = figures(instance.units, task, instance.part).score
    return tried.plan.figures.score / score if tried.plan.holds else math.inf


def _grids(others: Peer, seconds: int) -> Iterator[Row]:
    small, large = grid(20, 15), grid(60, 50)
    for name, units, clusters, tolerance, most in (
        ("grid 20x15 in 12, 5%", small, 12, 500, 85),
        ("grid 60x50 in 30, 5%", large, 30, 500, 505),
        ("grid 60x50 in 30, exactly", large, 30, 0, 515),
    ):
        task = Task(clusters=clusters, tolerance=tolerance, sweeps=12_000 if units is large else 2_000, tries=2)
        tried = _try(units, task, others if tolerance else None, seconds)
        yield Row(name=f"{name}: cut ({tried.seconds:.1f} s)", value=_cut(tried), at_most=most, baseline=tried.baseline)


def _cut(tried: Tried) -> float:
    return tried.plan.figures.cut if tried.plan.holds else math.inf


def _arkansas(others: Peer, seconds: int) -> Iterator[Row]:
    if not ARKANSAS.is_file():
        sys.stderr.write(f"Arkansas is left out: {ARKANSAS} is not there.\n")
        return
    units = arkansas(ARKANSAS)
    name = "Arkansas, 2 294 units in 20"
    for said, some in ((f"{name}: cut", replace(units, systems=())), (f"{name}: score with 75 counties", units)):
        tried = _try(some, Task(clusters=20, sweeps=2_700, tries=1), others, seconds)
        of = tried.plan.figures
        score = of.score if tried.plan.holds else math.inf
        divided = f"cut {of.cut}, pieces of counties too many {of.splits}, " if some.systems else ""
        yield Row(name=said, value=score, at_most=515, baseline=f"{divided}{tried.baseline}")
        yield Row(name=f"{said}: deviation", value=100 * of.deviation / FINE, unit="%", at_most=5)
        yield Row(name=f"{said}: one processor", value=tried.seconds, unit="s", at_most=5)


def _growth(quick: bool) -> Iterator[Row]:
    """The exponent of time by units, at as many proposals a unit."""
    sizes = (1_000, 3_000, 9_000) if quick else (1_000, 3_000, 10_000, 30_000)
    times = []
    for size in sizes:
        instance = planted(size, size // 100, seed=3)
        times.append(_try(instance.units, Task(clusters=size // 100, sweeps=500, tries=1), None, 0).seconds)
    slope = float(np.polyfit(np.log(sizes), np.log(times), 1)[0])
    said = ", ".join(f"{size}: {took:.2f} s" for size, took in zip(sizes, times, strict=True))
    yield Row(name="time grows with units to the power of", value=slope, at_most=1.2, baseline=said)


def _same() -> Iterator[Row]:
    """Whether plain Python makes the same plan, and how fast either is."""
    instance = planted(400, 5, seed=5)
    task = Task(clusters=5, sweeps=300, tries=1)
    speeds, plans = list[float](), list[Plan | Infeasible]()
    for plain in (True, False) if compiled.is_there() else (True,):
        began = process_time()
        found = plan(instance.units, task, plain=plain)
        plans.append(found)
        speeds.append((found.turns if isinstance(found, Plan) else 0) / (process_time() - began))
    yield Row(name="proposals in plain Python", value=speeds[0], unit="/s")
    if len(plans) == 1:
        sys.stderr.write("numba is not installed: compiled code is left out.\n")
        return
    yield Row(name="proposals compiled, small instance", value=speeds[1], unit="/s")
    yield Row(name="plans that differ between plain and compiled", value=float(plans[0] != plans[1]), at_most=0)


# one instance --------------------------------------------------------------------------------------------------------


def _try(units: Units, task: Task, others: Peer | None, seconds: int) -> Tried:
    """Ours with its time; METIS alone and gerrychain on the same."""
    began = process_time()
    found = plan(units, task)
    took = process_time() - began
    assert isinstance(found, Plan), found
    of = checked(units, task)
    assert isinstance(of, Level)
    alone = _metis(of)
    said = "METIS no plan"
    if alone is not None:
        metis = figures(units, task, alone)
        said = f"METIS {metis.score} ({metis.deviation / 100:.1f}% off)"
    if others is not None:
        said += ", " + run(others, units, task, alone or (), seconds)
    return Tried(plan=found, seconds=took, baseline=f"ours {found.figures.score}, {said}")


def _metis(of: Level) -> tuple[int, ...] | None:
    """METIS alone."""
    share: Sequence[int] | None = shares(of)
    part = None if share is None else first_plan(of, share, 1)
    return None if part is None else tuple(part.tolist())
