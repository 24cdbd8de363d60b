"""Plans of clusters and cells: the search runs in a child process, each plan is kept as soon as it is found.

A worker that was killed left behind the plans that were ready; the next one computes only the others, and finds the same.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pianqu.foundation.actor import Actor
from pianqu.foundation.aside import Aside, Failed
from pianqu.foundation.errors import Invalid
from pianqu.kernels.partition.asking import questions
from pianqu.kernels.partition.records import read_units
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.jobs.running import Interrupted, Report
from pianqu.rooms.planning.queries import DONE, FAILED, RunWork

SEARCH = "pianqu.kernels.partition.asking:search"
FINE = 1_000
"""The share of one plan that is done is told in so many parts."""
NO_PLAN, ENDED_EARLY = "no-plan", "child-ended"
Clock = Callable[[], datetime]


def compute_plans(work: RunWork, report: Report, actor: Actor, clock: Clock) -> None:
    """One plan, or as many as were asked for."""
    start = queries.computing(work.subject_id, work.run_id)
    asked: Sequence[Mapping[str, Any]] = [work.asked["question"]]
    if work.kind == queries.FRONT:
        asked = questions(read_units(start.units), work.asked["question"], work.asked["count"])
    open_ = [(number, one) for number, one in enumerate(asked) if number not in start.kept]
    told = _Told(work, report, actor, clock, asked, found=len(start.kept))
    with Aside(SEARCH, {"units": start.units, "questions": open_}) as child:
        try:
            for message in child.messages():
                told.hear(message, child)
        except Failed as error:
            raise Invalid(ENDED_EARLY) from error
    told.end()


class _Told:
    """What the child says, carried to who waits."""

    def __init__(
        self,
        work: RunWork,
        report: Report,
        actor: Actor,
        clock: Clock,
        asked: Sequence[Mapping[str, Any]],
        *,
        found: int,
    ) -> None:
        self._work, self._report, self._actor, self._clock = work, report, actor, clock
        self._asked, self._found = asked, found
        self._over, self._at = found, 0
        self._stopped: Interrupted | None = None
        self._details: list[Any] = []

    def hear(self, message: Mapping[str, Any] | None, child: Aside) -> None:
        if message is not None and "part" in message:
            self._keep(message)
        elif message is not None:
            self._at = FINE * message["done"] // max(1, message["of"])
        if self._stopped is None:
            self._tell(child)

    def _keep(self, message: Mapping[str, Any]) -> None:
        self._over, self._at = self._over + 1, 0
        self._details += message["sentences"]
        if not message["part"] or (message["steps"] and len(self._asked) > 1):
            return
        number = message["number"]
        services.keep_plan(
            actor=self._actor,
            run_id=self._work.run_id,
            number=number,
            question=self._asked[number],
            answer=message,
            now=self._clock(),
        )
        self._found += 1

    def _tell(self, child: Aside) -> None:
        """Raises Interrupted at once where another worker has the run; where somebody stopped it, once the child has said what
        it has."""
        try:
            self._report.tell(self._over * FINE + self._at, len(self._asked) * FINE, {"plans": self._found})
        except Interrupted as error:
            if self._report.lost:
                raise
            self._stopped = error
            child.stop()

    def end(self) -> None:
        """With what was said; a run without any plan has failed, and says why."""
        if self._stopped is None or self._details:
            state = DONE if self._found else FAILED
            services.end_run(
                actor=self._actor,
                run_id=self._work.run_id,
                state=state,
                reason="" if self._found else NO_PLAN,
                details=_once(self._details),
                now=self._clock(),
            )


def _once(details: Sequence[Any]) -> list[Any]:
    """Each sentence once: all settings of a front may fail for one reason."""
    return [one for n, one in enumerate(details) if one not in details[:n]]
