"""Units, tasks and plans as they are written down, so that anybody can compute a plan again from two small files.

Problem: what a room stores, a page draws, a worker computes and an auditor checks has to be one thing.
Method: canonical JSON (`canonical.py`) of whole numbers and names, its SHA-256 for a name.
Units: "v" 1; by unit "keys", "names",
"population" (null: nobody knows), "households", "workload"; "borders" [[unit, unit, metres]], "bridges" [[unit, unit]], "systems"
[{"name", "label", "areas"}], "home" (each unit's cluster now, −1 for none) and "now" (those clusters). Tasks: the settings of a
draft with its locks and centres. Cost: O(units + borders). Guarantee: reading what was written gives the same problem.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np

from pianqu.kernels import canonical
from pianqu.kernels.partition.figures import Figures, figures
from pianqu.kernels.partition.problem import MEASURES, Measure, System, Task, Units, Weights
from pianqu.kernels.solvers import assignment

UNITS_VERSION = 1
CLUSTERS, CELLS = "clusters", "cells"
Part = Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Units as they were written down."""

    level: str
    keys: tuple[str, ...]
    names: tuple[str, ...]
    units: Units
    labels: Mapping[str, str]
    """System of boundaries → what people call it."""
    now: tuple[Mapping[str, str], ...]
    """Clusters or cells as they were: code, name, centre_code."""
    groups: tuple[int, ...]
    """By unit: the part of the district beyond which no cell reaches (its community); all 0 for clusters."""
    sources: Mapping[str, Any]
    digest: str

    def __len__(self) -> int:
        return len(self.keys)


def read_units(content: str) -> Written:
    """Raises ValueError for what is no such file."""
    try:
        told = json.loads(content)
        if told["v"] != UNITS_VERSION:
            raise ValueError("written by another version")
        return _written(told, sha256(content.encode()).hexdigest())
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no planning.units/v1") from error


def _written(told: Mapping[str, Any], digest: str) -> Written:
    units = Units(
        population=tuple(told["population"]),
        households=tuple(told["households"]),
        workload=tuple(told["workload"]),
        borders=tuple((one, other, metres) for one, other, metres in told["borders"]),
        bridges=tuple((one, other) for one, other in told["bridges"]),
        systems=tuple(System(name=system["name"], areas=tuple(system["areas"])) for system in told["systems"]),
        home=tuple(told["home"]),
        keys=tuple(told["names"]),
    )
    columns = (units.households, units.workload, units.home, units.keys, told["keys"])
    if any(len(column) != len(units) for column in columns):
        raise ValueError("columns of different lengths")
    return Written(
        level=told["level"],
        keys=tuple(told["keys"]),
        names=tuple(told["names"]),
        units=units,
        labels={system["name"]: system["label"] for system in told["systems"]},
        now=tuple(told["now"]),
        groups=tuple(told.get("groups") or (0,) * len(units)),
        sources=told["sources"],
        digest=digest,
    )


def write_units(told: Mapping[str, Any]) -> str:
    """The canonical text."""
    return canonical.text({"v": UNITS_VERSION, **told})


# tasks ---------------------------------------------------------------------------------------------------------------


def weighed(written: Written, settings: Mapping[str, Any]) -> Units:
    """The units with each system's weight; where people are not balanced, nobody has to know how many there are."""
    weights = settings.get("systems", {})
    systems = tuple(replace(system, weight=int(weights.get(system.name, 1))) for system in written.units.systems)
    people = written.units.population
    if settings.get("balance") != "population":
        people = tuple(count or 0 for count in people)
    return replace(written.units, systems=systems, population=people)


def task_of(settings: Mapping[str, Any], *, clusters: int, locks: Mapping[int, int], centres: Part) -> Task:
    """What a draft asks. A centre stays in its cluster, unless it is locked into another."""
    own = {unit: cluster for cluster, unit in enumerate(centres) if unit >= 0}
    balance: Measure = next((one for one in MEASURES if one == settings.get("balance")), "households")
    limits = (int(settings["least"]), int(settings["most"])) if "least" in settings else None
    return Task(
        clusters=clusters,
        tolerance=int(settings.get("tolerance", 500)),
        balance=balance,
        limits=limits,
        locks={**own, **locks},
        centres=tuple(unit for unit in centres if unit >= 0),
        weights=Weights(
            cut=int(settings.get("cut", 1)),
            split=int(settings.get("split", 5)),
            moved=int(settings.get("moved", 0)),
            by_length=bool(settings.get("by_length", False)),
        ),
        seed=int(settings.get("seed", 0)),
        sweeps=int(settings.get("sweeps", 1_000)),
        tries=int(settings.get("tries", 8)),
    )


def as_record(task: Task) -> dict[str, Any]:
    """A task as JSON; `read_task` reads it."""
    return {**asdict(task), "locks": sorted([unit, cluster] for unit, cluster in task.locks.items())}


def read_task(told: Mapping[str, Any]) -> Task:
    """Raises KeyError or TypeError for what is no task."""
    own = dict(told)
    own["weights"] = Weights(**own["weights"])
    own["locks"] = {unit: cluster for unit, cluster in own["locks"]}
    own["centres"] = tuple(own["centres"])
    own["limits"] = tuple(own["limits"]) if own["limits"] else None
    own["most"] = tuple((measure, most) for measure, most in own["most"])
    return Task(**own)


def digest_of(value: Any) -> str:
    """SHA-256 of the canonical text."""
    return sha256(canonical.encode(value)).hexdigest()


# plans ---------------------------------------------------------------------------------------------------------------


def numbered_like(units: Units, part: Part, known: Part, kept: Mapping[int, int], clusters: int) -> tuple[int, ...]:
    """A plan whose clusters bear the numbers of the known ones with which they share most households; `kept` are locks."""
    shared = np.zeros((clusters, clusters), dtype=np.int64)
    who = units.households or units.column("population")
    for count, new, old in zip(who, part, known, strict=True):
        if 0 <= old < clusters and new >= 0:
            shared[new, old] += count * (clusters + 1)
    shared += np.eye(clusters, dtype=np.int64)
    for unit, cluster in kept.items():
        shared[part[unit], cluster] = 1 << 50
    order = assignment(shared)[1].tolist()
    return tuple(order[cluster] if cluster >= 0 else -1 for cluster in part)


def figures_told(units: Units, task: Task, part: Part) -> Figures:
    """The figures of a plan in which some units belong to nobody yet: of those that do."""
    members = [unit for unit, cluster in enumerate(part) if cluster >= 0]
    if len(members) == len(part):
        return figures(units, task, part)
    return figures(some_of(units, members), task, [part[unit] for unit in members])


def some_of(units: Units, members: Sequence[int]) -> Units:
    """Some units as a problem of their own."""
    place = {unit: number for number, unit in enumerate(members)}

    def some(column: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(column[unit] for unit in members) if column else ()

    return Units(
        population=some(units.population),
        households=some(units.households),
        workload=some(units.workload),
        borders=tuple((place[a], place[b], length) for a, b, length in units.borders if a in place and b in place),
        bridges=tuple((place[a], place[b]) for a, b in units.bridges if a in place and b in place),
        systems=tuple(replace(system, areas=some(system.areas)) for system in units.systems),
        home=some(units.home),
        keys=some(units.keys),
    )
