"""Several plans of clusters among which an office chooses: of those found, all that no other beats in everything."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import pgettext

from pianqu.composition.planning.maps import feature, measures
from pianqu.composition.planning.partitions import Asked, Rules, digest_of, head, told_reasons
from pianqu.composition.planning.units import Given
from pianqu.composition.planning.writing import Rows, as_csv, as_excel, as_text, whole
from pianqu.kernels.partition.front import non_dominated, values
from pianqu.kernels.partition.problem import FINE, Task
from pianqu.kernels.partition.reasons import Reason, not_found
from pianqu.kernels.partition.search import Infeasible, Plan

Tried = tuple[Task, Plan | Infeasible]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was searched, and what was found."""

    asked: Asked
    given: Given
    rules: Rules
    settings: int
    """How many were to be searched."""
    tried: tuple[Tried, ...]

    @property
    def stopped(self) -> bool:
        return len(self.tried) < self.settings

    @property
    def best(self) -> list[tuple[Task, Plan]]:
        """Plans that no other beats or equals in everything, those with the least deviation first."""
        plans = [(task, plan) for task, plan in self.tried if isinstance(plan, Plan) and plan.holds]
        points = [values(plan.figures) for _task, plan in plans]
        return [plans[at] for at in sorted(non_dominated(points), key=points.__getitem__)]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why there is none: what forbids the widest tolerance, or that nothing was found."""
        if self.best or not self.tried:
            return ()
        _task, answer = max(self.tried, key=lambda one: one[0].tolerance)
        return answer.reasons if isinstance(answer, Infeasible) else (not_found(answer.figures.over),)


def report(choice: Choice) -> dict[str, Any]:
    """All settings with what became of them; the same for the same input."""
    body = head(choice.asked, choice.given, choice.rules) | {"feasible": bool(choice.best)}
    if choice.reasons:
        body |= told_reasons(choice.given, choice.reasons)
    found = sum(isinstance(answer, Plan) and answer.holds for _task, answer in choice.tried)
    body |= {"settings": choice.settings, "searched": len(choice.tried), "within_limits": found}
    return body | {"plans": [_told(choice, *one) for one in enumerate(choice.best, 1)]}


def _told(choice: Choice, number: int, one: tuple[Task, Plan]) -> dict[str, Any]:
    task, plan = one
    figures = plan.figures
    return {
        "number": number,
        "seed": plan.seed,
        "tolerance_percent": task.tolerance * 100 / FINE,
        "weights": asdict(plan.weights),
        "proposals": plan.turns,
        "score": figures.score,
        "deviation_percent": figures.deviation * 100 / FINE,
        "cut": figures.cut,
        "cut_m": figures.length,
        "splits": figures.splits,
        "moved": figures.moved,
        "loads": list(figures.loads),
        "plan_sha256": digest_of(choice.given, [(str(place + 1),) for place in plan.part]),
    }


def units_beside(path: Path) -> Path:
    """Where the plans' units go: into the same file, or beside a table that has one sheet only."""
    return path.with_name(f"{path.stem}.units.csv") if path.suffix.lower() == ".csv" else path


def write(path: Path, choice: Choice) -> tuple[Path, ...]:
    """The plans in the format that the name asks for; answers which files were written."""
    kind, units = path.suffix.lower(), units_beside(path)
    if kind == ".geojson":
        whole(path, as_text(_geojson(choice)).encode())
        return (path,)
    if kind == ".xlsx":
        plans = (pgettext("plan", "Plans"), _plan_head(choice), plan_rows(choice))
        whole(path, as_excel(plans, (pgettext("plan", "Units"), _unit_head(choice), unit_rows(choice))))
        return (path,)
    whole(path, as_csv(_plan_head(choice), plan_rows(choice)))
    whole(units, as_csv(_unit_head(choice), unit_rows(choice)))
    return path, units


def _plan_head(choice: Choice) -> list[str]:
    moved = [pgettext("plan", "moved households")] if choice.asked.fields.now else []
    return [
        pgettext("plan", "plan"),
        pgettext("plan", "largest deviation, %"),
        pgettext("plan", "cut borders"),
        pgettext("plan", "metres cut"),
        pgettext("plan", "split areas"),
        *moved,
        pgettext("plan", "allowed deviation, %"),
        pgettext("plan", "weight of split areas"),
        *([pgettext("plan", "weight of moved households")] if moved else []),
        pgettext("plan", "seed"),
    ]


def plan_rows(choice: Choice) -> Rows:
    """A line for each plan."""
    now = bool(choice.asked.fields.now)
    return [
        (
            *(number, plan.figures.deviation * 100 / FINE, plan.figures.cut, plan.figures.length, plan.figures.splits),
            *([plan.figures.moved] if now else []),
            *(task.tolerance * 100 / FINE, task.weights.split, *([task.weights.moved] if now else []), task.seed),
        )
        for number, (task, plan) in enumerate(choice.best, 1)
    ]


def _unit_head(choice: Choice) -> list[str]:
    now = [pgettext("plan", "present cluster")] if choice.asked.fields.now else []
    plan = pgettext("plan", "plan")
    numbers = [f"{plan} {number}" for number in range(1, len(choice.best) + 1)]
    return [pgettext("plan", "code"), pgettext("plan", "name"), *now, *measures(), *numbers]


def unit_rows(choice: Choice) -> Rows:
    """A line for each unit: its cluster in every plan."""
    now, parts = bool(choice.asked.fields.now), _parts(choice)
    return [
        (
            *(unit.code, unit.name, *([unit.now] if now else [])),
            *(unit.population, unit.households, unit.workload, *(part[at] + 1 for part in parts)),
        )
        for at, unit in enumerate(choice.given.units)
    ]


def _parts(choice: Choice) -> list[Sequence[int]]:
    return [plan.part for _task, plan in choice.best]


def _geojson(choice: Choice) -> dict[str, Any]:
    """Units with their cluster in every plan."""
    parts = _parts(choice)
    features = []
    for at, unit in enumerate(choice.given.units):
        told = {"role": "unit", "code": unit.code, "name": unit.name}
        plans = {f"plan_{number}": str(part[at] + 1) for number, part in enumerate(parts, 1)}
        features.append(feature(unit.shape, told | plans))
    return {"type": "FeatureCollection", "features": features}
