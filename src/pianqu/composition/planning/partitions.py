"""Clusters and cells planned from files: the question, its answer, and a report from which anybody can compute it again."""

import hashlib
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pianqu
from pianqu.composition.planning.points import digest
from pianqu.composition.planning.present import Moves, homes, moves, numbers
from pianqu.composition.planning.sentences import told
from pianqu.composition.planning.units import Fields, Given, Near
from pianqu.kernels.partition.cells import Band, Micro, cells, micro_cells
from pianqu.kernels.partition.figures import broken
from pianqu.kernels.partition.problem import FINE, MEASURES, Measure, System, Task, Units, Weights
from pianqu.kernels.partition.reasons import Kind, Reason, not_found
from pianqu.kernels.partition.search import VERSION, Heard, Infeasible, Plan, Progress, last, steps

LIBRARIES = ("numpy", "scipy", "shapely", "pyproj", "pymetis")
"""numba is none of them: it changes nothing but the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the caller wants."""

    kind: str
    balance: Measure
    seed: int
    sweeps: int
    fields: Fields
    near: Near
    weights: Mapping[str, int]
    """How much each system of boundaries to keep counts."""
    clusters: int = 0
    tolerance: int = 0
    cell: Band | None = None
    micro: Band | None = None
    whole: str = ""
    """The column that says which units are one building."""
    moved: int = 0
    """How much a unit of mean size counts that gets another cluster than it has."""

    @property
    def task(self) -> Task:
        """What the search of clusters is asked, rules aside."""
        return Task(
            clusters=self.clusters,
            tolerance=self.tolerance,
            balance=self.balance,
            weights=Weights(moved=self.moved),
            seed=self.seed,
            sweeps=self.sweeps,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What was asked in tables: locks, centres, bridges, and their files by role."""

    locks: Mapping[int, int] = field(default_factory=dict)
    centres: tuple[int, ...] = ()
    bridges: tuple[tuple[int, int], ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All there is to write down."""

    asked: Asked
    given: Given
    rules: Rules
    units: Units
    answer: Plan | Infeasible
    micro: Micro | None = None
    stopped: bool = False
    """Whether somebody ended the search before its end."""

    @property
    def plan(self) -> Plan | None:
        """The plan, or the one that came nearest."""
        return self.answer if isinstance(self.answer, Plan) else None

    @property
    def holds(self) -> bool:
        return self.plan is not None and self.plan.holds

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why there is no plan, or none was found."""
        if isinstance(self.answer, Infeasible):
            return self.answer.reasons
        return () if self.answer.holds else (not_found(self.answer.figures.over),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A cluster, a cell or a micro-cell with its sums."""

    name: str
    units: int
    sums: Mapping[str, int]
    deviation: float | None = None
    """Of the balanced sum from the mean, in percent."""


Stage = Progress | tuple[int, int]
"""Of the search of clusters or cells; of micro-cells, of how many cells they are done, and of how many in all."""


def solve(asked: Asked, given: Given, rules: Rules, goes_on: Callable[[Stage], bool] = lambda _stage: True) -> Outcome:
    """Ask the kernel; `goes_on` is asked again and again while it searches."""
    units, heard = units_of(asked, given, rules), Heard(goes_on)
    if asked.cell is None:
        answer = last(steps(units, task_of(asked, rules)), heard)
        return Outcome(asked=asked, given=given, rules=rules, units=units, answer=answer, stopped=heard.stopped)
    answer = cells(units, asked.cell, whole=asked.whole, seed=asked.seed, sweeps=asked.sweeps, goes_on=heard)
    micro = None
    if asked.micro and isinstance(answer, Plan) and answer.holds and not heard.stopped:
        micro = micro_cells(
            units,
            answer.part,
            asked.micro,
            whole=asked.whole,
            seed=asked.seed,
            sweeps=asked.sweeps,
            goes_on=heard,
        )
    return Outcome(
        asked=asked, given=given, rules=rules, units=units, answer=answer, micro=micro, stopped=heard.stopped
    )


def task_of(asked: Asked, rules: Rules) -> Task:
    """What the search of clusters is asked."""
    return replace(asked.task, locks=rules.locks, centres=rules.centres)


def units_of(asked: Asked, given: Given, rules: Rules) -> Units:
    """As the kernel takes them."""
    households = tuple(unit.households for unit in given.units)
    return Units(
        population=tuple(unit.population for unit in given.units),
        households=households if any(households) else (),
        workload=tuple(unit.workload for unit in given.units),
        borders=given.borders,
        bridges=rules.bridges,
        systems=tuple(
            System(name=name, areas=tuple(unit.areas[at] for unit in given.units), weight=asked.weights.get(name, 1))
            for at, name in enumerate(asked.fields.areas)
        ),
        home=homes(given.units, asked.clusters),
        keys=tuple(unit.code for unit in given.units),
    )


# sums ----------------------------------------------------------------------------------------------------------------


def groups(outcome: Outcome) -> list[Group]:
    """The clusters or cells."""
    found = outcome.plan
    if found is None:
        return []
    count = max(found.part) + 1
    names = [str(number + 1) for number in range(count)]
    made = _groups(outcome, found.part, names)
    total = sum(group.sums[outcome.asked.balance] for group in made)
    return [
        Group(name=one.name, units=one.units, sums=one.sums, deviation=_deviation(one, outcome, count, total))
        for one in made
    ]


def _deviation(group: Group, outcome: Outcome, count: int, total: int) -> float:
    load = group.sums[outcome.asked.balance]
    return round(100 * (load * count - total) / total, 2) if total else 0.0


def micro_groups(outcome: Outcome) -> list[Group]:
    """The micro-cells."""
    return _groups(outcome, outcome.micro.part, micro_names(outcome.micro)) if outcome.micro else []


def micro_names(micro: Micro) -> list[str]:
    """A micro-cell's cell and its number therein."""
    seen: dict[int, int] = {}
    names = []
    for cell in micro.cells:
        seen[cell] = seen.get(cell, 0) + 1
        names.append(f"{cell + 1}-{seen[cell]}")
    return names


def _groups(outcome: Outcome, part: Sequence[int], names: Sequence[str]) -> list[Group]:
    counts = [0] * len(names)
    sums = {measure: [0] * len(names) for measure in MEASURES}
    columns = {measure: outcome.units.column(measure) for measure in MEASURES}
    for unit, group in enumerate(part):
        if group >= 0:
            counts[group] += 1
            for measure, column in columns.items():
                sums[measure][group] += column[unit]
    return [
        Group(name=name, units=counts[at], sums={measure: column[at] for measure, column in sums.items()})
        for at, name in enumerate(names)
    ]


def outside(outcome: Outcome) -> list[Group]:
    """Micro-cells that are not within their limits."""
    band = outcome.asked.micro
    if band is None:
        return []
    return [one for one in micro_groups(outcome) if not band.least <= one.sums["households"] <= band.most]


def moved(outcome: Outcome) -> Moves:
    """Units that get another cluster than they have."""
    return moves(outcome.given.units, outcome.plan.part, outcome.asked.clusters) if outcome.plan else []


def lacking(micro: Micro) -> list[tuple[int, Reason]]:
    """Cells without micro-cells, and why."""
    return [one for one in micro.reasons if one[1].kind is not Kind.NOT_FOUND]


def asked_for_micro(micro: Micro) -> set[int]:
    """Cells of which it is known what micro-cells they have, or why none."""
    return {*micro.cells, *(cell for cell, _reason in micro.reasons)}


def nearest(micro: Micro) -> list[tuple[int, Reason]]:
    """Cells whose micro-cells are the nearest to their limits that were found."""
    return [one for one in micro.reasons if one[1].kind is Kind.NOT_FOUND]


def cut(outcome: Outcome) -> list[tuple[int, int, int]]:
    """Neighbours in two clusters, with their metres."""
    part = outcome.plan.part if outcome.plan else ()
    return [border for border in outcome.given.borders if part and part[border[0]] != part[border[1]]]


def split(outcome: Outcome) -> list[tuple[str, str, list[str]]]:
    """Areas to keep that lie in several clusters: column, area, clusters."""
    if outcome.plan is None:
        return []
    found = broken(outcome.units, outcome.plan.part)
    return [(name, area, [str(one + 1) for one in clusters]) for (name, area), clusters in found.items()]


# report --------------------------------------------------------------------------------------------------------------


def report(outcome: Outcome) -> dict[str, Any]:
    """Seed, weights, steps, versions, digests of the inputs, and the answer; the same for the same input."""
    body = head(outcome.asked, outcome.given, outcome.rules) | {"feasible": outcome.holds}
    if outcome.stopped:
        body["stopped"] = True
    if outcome.reasons:
        body |= told_reasons(outcome.given, outcome.reasons)
    return body | (_figures(outcome, outcome.plan) if outcome.plan else {})


def head(asked: Asked, given: Given, rules: Rules) -> dict[str, Any]:
    """What a report says before there is an answer."""
    return {
        "plan": asked.kind,
        "asked": _asked(asked),
        "seed": asked.seed,
        "effort": {"steps_a_unit": asked.sweeps},
        "versions": {
            "pianqu": pianqu.__version__,
            "python": platform.python_version(),
            "partition": VERSION,
            **{name: version(name) for name in LIBRARIES},
        },
        "inputs": [
            {"role": "units", "file": given.path.name, "sha256": given.digest, "lines": len(given.units)},
            *({"role": role, "file": path.name, "sha256": digest(path)} for role, path in sorted(rules.files.items())),
        ],
        "system": given.system,
        "neighbours": len(given.borders),
        "notes": [told(note) for note in given.notes],
    }


def told_reasons(given: Given, reasons: Sequence[Reason]) -> dict[str, Any]:
    return {"proved": all(one.proven for one in reasons), "reasons": _reasons(given, reasons)}


def _asked(asked: Asked) -> dict[str, Any]:
    near, fields = asked.near, asked.fields
    told_: dict[str, Any] = {
        "balance": asked.balance,
        "columns": dict(fields.own),
        "keep": {name: asked.weights.get(name, 1) for name in fields.areas if name != asked.whole},
        "crs": near.crs,
        "least_border_m": near.border_m,
        "near_m": near.near_m,
    }
    if asked.cell is None:
        told_ |= {"clusters": asked.clusters, "tolerance_percent": asked.tolerance * 100 / FINE}
        return told_ | ({"now": fields.now} if fields.now else {})
    micro = asdict(asked.micro) if asked.micro else None
    return told_ | {"cell": asdict(asked.cell), "micro": micro, "whole": asked.whole}


def _reasons(given: Given, reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [
        {
            "kind": str(reason.kind),
            "sentence": told(reason.sentence),
            "units": [given.units[at].code for at in reason.units],
            "clusters": [number + 1 for number in reason.clusters],
            "tolerance_percent": None if reason.tolerance is None else reason.tolerance * 100 / FINE,
        }
        for reason in reasons
    ]


def _figures(outcome: Outcome, found: Plan) -> dict[str, Any]:
    codes, noun = [unit.code for unit in outcome.given.units], outcome.asked.kind
    body = {
        "weights": asdict(found.weights),
        "tries": found.tries,
        "proposals": found.turns,
        "score": found.figures.score,
        "deviation_percent": found.figures.deviation * 100 / FINE,
        "over": found.figures.over,
        "cut": found.figures.cut,
        "cut_m": found.figures.length,
        "splits": found.figures.splits,
        noun: [_group(one) for one in groups(outcome)],
        "cut_edges": [[codes[one], codes[other], metres] for one, other, metres in cut(outcome)],
        "split_boundaries": [{"column": name, "area": area, "in": clusters} for name, area, clusters in split(outcome)],
    }
    if outcome.asked.fields.now:
        known = numbers(outcome.given.units, outcome.asked.clusters)
        body |= {
            "present": {name: str(at + 1) if at < outcome.asked.clusters else None for name, at in known.items()},
            "moved": found.figures.moved,
            "moved_units": [list(one) for one in moved(outcome)],
        }
    if outcome.micro:
        body |= {
            "micro_cells": [_group(one) for one in micro_groups(outcome)],
            "micro_cells_outside": [one.name for one in outside(outcome)],
            "micro_cells_lacking": _by_cell(outcome, lacking(outcome.micro)),
            "micro_cells_not_found": _by_cell(outcome, nearest(outcome.micro)),
        }
    return body | {"plan_sha256": plan_digest(outcome)}


def _by_cell(outcome: Outcome, reasons: Sequence[tuple[int, Reason]]) -> list[dict[str, Any]]:
    return [{"cell": str(cell + 1)} | _reasons(outcome.given, [reason])[0] for cell, reason in reasons]


def _group(one: Group) -> dict[str, Any]:
    told_ = {"name": one.name, "units": one.units, **one.sums}
    return told_ if one.deviation is None else told_ | {"deviation_percent": one.deviation}


def plan_digest(outcome: Outcome) -> str:
    """Of what matters in a plan, whatever the format it is written in: a line for each unit, code, cluster and micro-cell."""
    return digest_of(outcome.given, places(outcome))


def digest_of(given: Given, belongs: Sequence[tuple[str, ...]]) -> str:
    lines = ["\t".join((unit.code, *one)) + "\n" for unit, one in zip(given.units, belongs, strict=True)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def places(outcome: Outcome) -> list[tuple[str, ...]]:
    """Each unit's cluster, or cell and micro-cell."""
    assert outcome.plan is not None
    top = [str(number + 1) for number in outcome.plan.part]
    if outcome.asked.micro is None:
        return [(one,) for one in top]
    if outcome.micro is None:
        return [(one, "") for one in top]
    names = micro_names(outcome.micro)
    below = [names[number] if number >= 0 else "" for number in outcome.micro.part]
    return list(zip(top, below, strict=True))
