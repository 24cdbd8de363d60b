"""A draft's plan at one moment, what it is worth, and its digest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from pianqu.kernels.partition.figures import Figures, broken
from pianqu.kernels.partition.problem import Task
from pianqu.kernels.partition.records import CELLS, CLUSTERS, Written, digest_of, figures_told, task_of, weighed
from pianqu.rooms.planning.models import Draft

DEFAULTS: dict[str, dict[str, Any]] = {
    CLUSTERS: {
        "clusters": 12,
        "tolerance": 500,
        "balance": "households",
        "cut": 1,
        "split": 5,
        "moved": 0,
        "by_length": False,
        "systems": {"street": 1},
        "seed": 2611,
        "sweeps": 1000,
        "tries": 8,
    },
    CELLS: {
        "clusters": 1,
        "tolerance": 500,
        "balance": "households",
        "cut": 1,
        "split": 5,
        "moved": 0,
        "by_length": True,
        "systems": {},
        "seed": 2611,
        "sweeps": 1000,
        "tries": 1,
        "least": 300,
        "most": 500,
        "whole": "community",
    },
}
"""What is asked before anybody has asked otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What people change: all of it at one moment."""

    part: tuple[int, ...]
    names: tuple[Mapping[str, str], ...]
    locks: tuple[int, ...] = ()
    centres: tuple[int, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def clusters(self) -> int:
        return len(self.names)

    @property
    def digest(self) -> str:
        """Of the plan alone: which unit is in which cluster, and what those are called by code."""
        return plan_digest(self.part)

    def task(self) -> Task:
        """What the search is asked."""
        locks = {unit: self.part[unit] for unit in self.locks if self.part[unit] >= 0}
        return task_of(self.settings, clusters=self.clusters, locks=locks, centres=self.centres)


FIELDS = tuple(one.name for one in fields(Board))


def plan_digest(part: Sequence[int]) -> str:
    """SHA-256 of which unit is in which cluster."""
    return digest_of(list(part))


def board_of(draft: Draft) -> Board:
    return Board(
        part=tuple(draft.part),
        names=tuple(draft.names),
        locks=tuple(draft.locks),
        centres=tuple(draft.centres),
        settings=draft.settings,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresCard:
    """What a plan is worth, for pages and other programs."""

    loads: tuple[int, ...]
    deviation: int
    cut: int
    length: int
    splits: int
    moved: int
    score: int
    over: int
    loose: tuple[int, ...]
    mean: int
    unassigned: int = 0
    """Units that are in no cluster yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenCard:
    """An area of another system that lies in several clusters."""

    system: str
    label: str
    area: str
    clusters: tuple[int, ...]


GONE = 1_000_000
"""Number of what is in force and not in the plan any more: whoever lives there moves."""


def homes(written: Written, names: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
    """Each unit's present cluster by the number that it has in the plan: numbers change, codes stay."""
    number = {one["code"]: n for n, one in enumerate(names) if one["code"]}
    now = [number.get(one["code"], GONE) for one in written.now]
    return tuple(now[home] if home >= 0 else -1 for home in written.units.home)


def worth(written: Written, board: Board) -> FiguresCard:
    """Of the plan as it stands."""
    task = board.task()
    units = replace(weighed(written, board.settings), home=homes(written, board.names))
    found = figures_told(units, task, board.part)
    return card_of(found, board.part)


def card_of(found: Figures, part: Sequence[int]) -> FiguresCard:
    return FiguresCard(
        loads=found.loads,
        deviation=found.deviation,
        cut=found.cut,
        length=found.length,
        splits=found.splits,
        moved=found.moved,
        score=found.score,
        over=found.over,
        loose=found.loose,
        mean=sum(found.loads) // max(1, len(found.loads)),
        unassigned=sum(cluster < 0 for cluster in part),
    )


def worth_now(written: Written, board: Board) -> FiguresCard | None:
    """Of the clusters in force, measured likewise; None where there are none."""
    if not written.now:
        return None
    as_now = Board(part=written.units.home, names=written.now, settings=board.settings)
    return worth(written, as_now)


def broken_areas(written: Written, part: Sequence[int]) -> tuple[BrokenCard, ...]:
    """Boundaries that the plan does not keep."""
    found = [(name, [cluster for cluster in clusters if cluster >= 0]) for name, clusters in _broken(written, part)]
    return tuple(
        BrokenCard(system=system, label=written.labels.get(system, system), area=area, clusters=tuple(clusters))
        for (system, area), clusters in found
        if len(clusters) > 1
    )


def _broken(written: Written, part: Sequence[int]) -> Iterable[tuple[tuple[str, str], tuple[int, ...]]]:
    return broken(written.units, part).items()


def plain(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value


def revived(value: Any) -> Any:
    """As a board holds it."""
    return tuple(revived(one) for one in value) if isinstance(value, list) else value
