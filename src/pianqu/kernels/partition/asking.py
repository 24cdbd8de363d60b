"""One question as it is written down, its answer as it is written down: what a worker computes, and an auditor computes again.

Problem: a plan is only worth its record if the record alone gives the plan again.
Method: a question is the units' text and {"clusters", "settings", "locks" [[unit, cluster]], "centres", "known"}; `known` is the
plan that stood when it was asked, after whose numbers the new clusters are called. Cells are sought in each group (community)
for itself; a group with fewer households than a cell should have is one cell, and one for which none are found keeps what it has.
Cost: that of the searches. Guarantee: the same question and the same versions give the same answer, in any process; one that
was stopped gives the same again if it is stopped after as many steps.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pianqu.kernels.partition.cells import Band, cells
from pianqu.kernels.partition.figures import Figures
from pianqu.kernels.partition.front import settings as front_settings
from pianqu.kernels.partition.problem import Task, Units
from pianqu.kernels.partition.records import (
    CELLS,
    Written,
    digest_of,
    figures_told,
    numbered_like,
    read_units,
    some_of,
    task_of,
    weighed,
)
from pianqu.kernels.partition.search import VERSION, Infeasible, Plan, steps
from pianqu.kernels.saying import kept, say

Question = Mapping[str, Any]
Message = dict[str, Any]
FEW_TURNS = 500_000
"""Proposals that plain code makes in less time than it takes to load compiled code."""
MOST_SHARE = 310
"""Percent of the sweeps that a try takes at most (`search.py`)."""
SMALL = "%(name)s has %(households)s households, fewer than a cell should have: it is one cell."
AS_NEAR = (
    "%(name)s: %(households)s households are no whole number of cells within the limits; it has %(cells)s smaller ones."
)
LIKE = 80
"""Percent of the mean that such a cell has at least."""
AS_IT_IS = "%(name)s keeps its cells: %(why)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A plan, or why there is none."""

    part: tuple[int, ...] = ()
    figures: Figures | None = None
    sentences: tuple[list[Any], ...] = ()
    """[words, values] each, as `kernels.saying.kept` writes them."""
    steps: int = 0
    """After so many steps somebody stopped it; 0: it ran to its end."""
    metis: str = ""

    @property
    def is_plan(self) -> bool:
        return self.figures is not None

    @property
    def digest(self) -> str:
        return digest_of(list(self.part))

    def as_message(self) -> Message:
        told = asdict(self.figures) if self.figures else None
        return {
            "part": list(self.part),
            "figures": told and {**told, "loads": list(told["loads"]), "loose": list(told["loose"])},
            "sentences": list(self.sentences),
            "steps": self.steps,
            "metis": self.metis,
            "kernel": VERSION,
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is."""

    done: int
    of: int


Solving = Generator[Step, bool | None, Answer]


def questions(written: Written, asked: Question, count: int) -> tuple[Question, ...]:
    """So many questions around this one (`front.settings`): other tolerances, weights and seeds."""
    units, task = _problem(written, asked)
    return tuple(
        {
            **asked,
            "settings": {
                **asked["settings"],
                "tolerance": one.tolerance,
                "split": one.weights.split,
                "moved": one.weights.moved,
                "seed": one.seed,
            },
        }
        for one in front_settings(units, task, count)
    )


def solving(written: Written, asked: Question, *, plain: bool | None = None) -> Solving:
    """Answer a question, in steps between which it may be stopped by sending true. `plain` changes nothing but the time."""
    if written.level == CELLS:
        return (yield from _cells(written, asked, plain))
    return (yield from _clusters(written, asked, plain))


def solve(written: Written, asked: Question, *, stop_after: int = 0) -> Answer:
    """To the end, or until so many steps are done."""
    running, count = solving(written, asked), 0
    try:
        next(running)
        while True:
            count += 1
            running.send(bool(stop_after) and count >= stop_after)
    except StopIteration as end:
        found: Answer = end.value
        return found


def search(asked: Mapping[str, Any]) -> Generator[Message, bool | None, None]:
    """Many questions about the same units, as messages: {"number", "done", "of"}, then the answer with its number."""
    written = read_units(asked["units"])
    plain = True if sum(_turns(written, one) for _number, one in asked["questions"]) <= FEW_TURNS else None
    for number, question in asked["questions"]:
        running, stop = solving(written, question, plain=plain), None
        while True:
            try:
                step = next(running) if stop is None else running.send(stop)
            except StopIteration as end:
                yield {"number": number, **end.value.as_message()}
                break
            stop = bool((yield {"number": number, "done": step.done, "of": step.of}))
        if stop:
            return


def _turns(written: Written, asked: Question) -> int:
    return len(written) * int(asked["settings"]["sweeps"]) * int(asked["settings"]["tries"]) * MOST_SHARE // 100


def _problem(written: Written, asked: Question) -> tuple[Units, Task]:
    locks = {unit: cluster for unit, cluster in asked["locks"]}
    task = task_of(asked["settings"], clusters=asked["clusters"], locks=locks, centres=asked["centres"])
    return weighed(written, asked["settings"]), task


# clusters ------------------------------------------------------------------------------------------------------------


def _clusters(written: Written, asked: Question, plain: bool | None) -> Solving:
    units, task = _problem(written, asked)
    running, stop, count, tried, before = steps(units, task, plain=plain), None, 0, 0, 0
    a_try = max(1, task.sweeps * len(units) * (MOST_SHARE if units.systems else 110) // 100)
    while True:
        try:
            progress = next(running) if stop is None else running.send(stop)
        except StopIteration as end:
            return _answer(units, task, asked, end.value, count if stop else 0)
        count += 1
        tried += progress.turns < before
        before = progress.turns
        done = min(tried, task.tries - 1) * a_try + min(progress.turns, a_try)
        stop = bool((yield Step(done, a_try * task.tries)))


def _answer(units: Units, task: Task, asked: Question, found: Plan | Infeasible, stopped: int) -> Answer:
    if isinstance(found, Infeasible):
        return Answer(sentences=tuple(kept(reason.advised) for reason in found.reasons))
    part = numbered_like(units, found.part, asked["known"], locked_in(task), task.clusters)
    return Answer(part=part, figures=figures_told(units, task, part), steps=stopped, metis=found.metis)


def locked_in(task: Task) -> Mapping[int, int]:
    """Units whose cluster's number was asked for."""
    return task.locks


# cells ---------------------------------------------------------------------------------------------------------------


def _cells(written: Written, asked: Question, plain: bool | None) -> Solving:
    """Group by group; groups that were not reached when somebody stopped keep what they have."""
    units, task = _problem(written, asked)
    part, said, metis, fresh = list(asked["known"]), [], "", asked["clusters"]
    members = groups(written)
    stop, done = False, 0
    for done, (_group, some) in enumerate(sorted(members.items()), 1):
        found, name = _group_cells(units, task, some, plain), _name(written, some[0])
        if isinstance(found, Infeasible):
            why = found.reasons[0].sentence
            said.append(kept(say(AS_IT_IS, name=name, why=why)))
        else:
            metis = found.metis or metis
            told = AS_NEAR if found.as_near else "" if found.metis else SMALL
            if told:
                count, total = max(found.part) + 1, sum(units.households[unit] for unit in some)
                said.append(kept(say(told, name=name, households=total, cells=count)))
            for unit, cell in zip(some, found.part, strict=True):
                part[unit] = fresh + cell
            fresh += max(found.part) + 1
        stop = bool((yield Step(done, len(members))))
        if stop:
            break
    closed = closed_up(part)
    count = max(closed) + 1
    size = max(count, asked["clusters"])
    numbered = closed_up(numbered_like(units, closed, asked["known"], locked_in(task), size), keep_below=count)
    of_all = replace(task, clusters=max(numbered) + 1)
    return Answer(
        part=numbered,
        figures=figures_told(units, of_all, numbered),
        sentences=tuple(said),
        steps=done if stop and done < len(members) else 0,
        metis=metis,
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    part: Sequence[int]
    metis: str
    as_near: bool = False


def _group_cells(units: Units, task: Task, some: Sequence[int], plain: bool | None) -> _Cells | Infeasible:
    low, high = task.limits or (0, 0)
    own = some_of(units, some)
    place = {unit: number for number, unit in enumerate(some)}
    local = {cell: n for n, cell in enumerate(sorted({task.locks[unit] for unit in some if unit in task.locks}))}
    locks = {place[unit]: local[task.locks[unit]] for unit in some if unit in task.locks}
    total = sum(own.households)
    if total < low and len(local) < 2:
        return _Cells([0] * len(some), "")
    found = cells(
        own,
        Band(least=low, most=high),
        weights=task.weights,
        seed=task.seed,
        sweeps=task.sweeps,
        tries=task.tries,
        locks=locks,
        plain=plain,
    )
    return (
        _as_near(own, task, locks, total, plain) if isinstance(found, Infeasible) else _Cells(found.part, found.metis)
    )


def _as_near(units: Units, task: Task, locks: Mapping[int, int], total: int, plain: bool | None) -> _Cells | Infeasible:
    """Where no number of cells fits between the limits: as many as hold the upper one, alike in size."""
    _low, high = task.limits or (0, 0)
    count = -(-total // max(1, high))
    band = Band(least=total * LIKE // (100 * count), most=min(high, -(-total * (200 - LIKE) // (100 * count))))
    found = cells(
        units,
        band,
        weights=task.weights,
        seed=task.seed,
        sweeps=task.sweeps,
        tries=task.tries,
        locks=locks,
        plain=plain,
    )
    return found if isinstance(found, Infeasible) else _Cells(found.part, found.metis, as_near=True)


def groups(written: Written) -> dict[int, list[int]]:
    """The units of each group."""
    found: dict[int, list[int]] = {}
    for unit, group in enumerate(written.groups):
        found.setdefault(group, []).append(unit)
    return found


def _name(written: Written, unit: int) -> str:
    names: Sequence[str] = written.sources.get("groups", ())
    group = written.groups[unit]
    return names[group] if group < len(names) else str(group + 1)


def closed_up(part: Sequence[int], keep_below: int = 0) -> tuple[int, ...]:
    """The same cells without empty numbers; those below a number keep theirs, and others fill the gaps."""
    used = sorted({cell for cell in part if cell >= 0})
    place = {cell: cell for cell in used if cell < keep_below}
    free: Iterator[int] = (n for n in range(len(used) + 1) if n not in place)
    place |= {cell: next(free) for cell in used if cell not in place}
    return tuple(place[cell] if cell >= 0 else -1 for cell in part)
