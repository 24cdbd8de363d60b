"""hand_over: organisations merged or split, and the open matters that they hold pass to those that take over, with what is
under way beside them (passing.py).

Composition calls it beside the directory's own `reorganise`, in one transaction. What is over keeps the names it had.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Refused
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.facts import CaseHandedOver, CasesHandedOver
from pianqu.rooms.casework.lifecycle import ENDED, OPEN, State
from pianqu.rooms.casework.models import Case, Request, Task
from pianqu.rooms.casework.services.passing import Way, pass_joint_work, pass_waits
from pianqu.rooms.casework.services.steps import tell
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.services import Reorganisation
from pianqu.rooms.ledger import services as ledger

RECEIVED, LEADS, HELPS, ASKED = "received", "lead", "helper", "asked"
AT_ONCE = 500
LATELY = timedelta(days=40)
"""What was answered no longer ago may be reopened (ten working days, however many holidays lie between)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """How many matters went from one organisation to another: received, led and helped with by it, and what it asked for."""

    old_code: str
    new_code: str
    received: int = 0
    led: int = 0
    helped: int = 0
    asked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverReport:
    """What became of the open matters. `cases` counts each once."""

    cases: int
    handed: tuple[Handed, ...]
    to_check: tuple[str, ...] = ()
    """Sentences for whoever keeps rules and templates: what a person has to look at."""


@dataclass(slots=True)
class Passing:
    """One matter with the live parts in it, and what changes hands."""

    case: Case
    tasks: list[Task]
    asked: list[Request]
    moves: list[tuple[str, str, str]] = field(default_factory=list)
    """Role, old code, new code."""

    def note(self, role: str, old: str, new: str) -> None:
        self.moves.append((role, old, new))


@verb
def hand_over(*, actor: Actor, plan: Reorganisation, now: datetime) -> HandOverReport:
    """Let every matter that somebody still works on, or that may come back, follow the plan; answers how many went where.

    Parts that meet in one organisation become one, the leading one first. Matters that are over keep their names, and so does
    the history of all. Raises Forbidden, and Refused where nobody would be left to take matters in.
    """
    rules.check_may_hand_over(actor)
    _check(plan)
    found: dict[tuple[str, str], dict[str, int]] = {}
    cases, ids = 0, _concerned(plan.of, now)
    for first in range(0, len(ids), AT_ONCE):
        passed = [one for one in loaded(ids[first : first + AT_ONCE]) if moved(one, _way(plan, one.case))]
        store(passed, lambda case: _way(plan, case), now)
        pass_waits([one.case.id for one in passed], plan)
        ledger.record([_told(actor, one) for one in passed], actor=actor, now=now)
        cases += len(passed)
        _count(found, passed)
    handed = tuple(Handed(old_code=old, new_code=new, **counts) for (old, new), counts in sorted(found.items()))
    ledger.record([_summed(one, plan) for one in handed], actor=actor, now=now)
    return HandOverReport(cases=cases, handed=handed, to_check=pass_joint_work(actor, plan, now))


def _check(plan: Reorganisation) -> None:
    if rules.centre_code() in plan.ends:
        sentence = _("The district's centre takes in every matter, so it cannot end. Nothing was changed.")
        raise Refused("centre-ends", sentence)
    living = {code for code, card in directory.organisations(plan.targets).items() if not card.ended}
    if gone := sorted(set(plan.targets) - living):
        sentence = _("%(name)s has ended and can take nothing over. Nothing was changed.")
        raise Refused("hand-over-gone", sentence % {"name": directory.name_of(gone[0])})


def _concerned(codes: Iterable[str], now: datetime) -> list[UUID]:
    """Matters of these organisations that are not over, by id, so that two verbs cannot wait for each other."""
    codes = set(codes)
    parts = Task.objects.filter(organisation_code__in=codes, ended_at=None).values("case_id")
    asked = Request.objects.filter(organisation_code__in=codes, decided_at=None).values("case_id")
    held = Q(organisation_code__in=codes) | Q(lead_code__in=codes) | Q(id__in=parts) | Q(id__in=asked)
    return list(Case.objects.filter(held & alive(now)).order_by("id").values_list("id", flat=True))


def alive(now: datetime) -> Q:
    """Matters that somebody still works on, or that may come back."""
    return ~Q(state__in=ENDED) | Q(state=State.CLOSED, resolved_at__gt=now - LATELY)


def loaded(ids: Sequence[UUID]) -> list[Passing]:
    """These matters, locked, with their live parts."""
    cases = Case.objects.select_for_update().filter(id__in=ids).order_by("id")
    found = {case.id: Passing(case, [], []) for case in cases}
    for task in Task.objects.filter(case_id__in=ids, ended_at=None).order_by("case_id", "-role", "given_at", "id"):
        found[task.case_id].tasks.append(task)
    for request in Request.objects.filter(case_id__in=ids).order_by("id"):
        found[request.case_id].asked.append(request)
    return list(found.values())


def moved(one: Passing, to: Way) -> bool:
    """Give the case its new names; True where one of them changed. Tasks are only looked at: they are stored anew."""
    case = one.case
    if (new := to(case.organisation_code)) != case.organisation_code:
        one.note(RECEIVED, case.organisation_code, new)
        case.organisation_code = new
    if case.state in OPEN and case.lead_code:
        case.lead_code = to(case.lead_code)
    for task in one.tasks:
        if (new := to(task.organisation_code)) != task.organisation_code:
            one.note(task.role, task.organisation_code, new)
    holding = {task.organisation_code for task in one.tasks}
    kept = [asked for asked in one.asked if asked.decided_at is None or asked.organisation_code in holding]
    one.asked = [asked for asked in kept if to(asked.organisation_code) != asked.organisation_code]
    for asked in one.asked:
        one.note(ASKED, asked.organisation_code, to(asked.organisation_code))
        asked.organisation_code = to(asked.organisation_code)
    return bool(one.moves)


def _way(plan: Reorganisation, case: Case) -> Way:
    """Old code → new code for this case."""
    heir = plan.to_code(case.category, case.place_code or "")
    return lambda code: heir if code in plan.of else code


def store(passed: Sequence[Passing], way_of: Callable[[Case], Way], now: datetime) -> None:
    """Old parts end and new ones begin, so that who had it stays readable."""
    ended: list[Task] = []
    begun: list[Task] = []
    asked: list[Request] = []
    for one in passed:
        to = way_of(one.case)
        for code, parts in _meeting(one.tasks, to).items():
            if [task.organisation_code for task in parts] != [code]:
                ended += parts
                begun.append(_joined(code, parts))
        asked += one.asked
    for task in ended:
        task.state, task.ended_at = "replaced", now
    Case.objects.bulk_update([one.case for one in passed], ["organisation_code", "lead_code"], batch_size=AT_ONCE)
    Task.objects.bulk_update(ended, ["state", "ended_at"], batch_size=AT_ONCE)
    Task.objects.bulk_create(begun)
    Request.objects.bulk_update(asked, ["organisation_code"], batch_size=AT_ONCE)


def _meeting(tasks: Sequence[Task], to: Way) -> dict[str, list[Task]]:
    """The live parts by who has them from now on, the leading one first."""
    found: dict[str, list[Task]] = {}
    for task in sorted(tasks, key=lambda task: (task.role != LEADS, task.given_at)):
        found.setdefault(to(task.organisation_code), []).append(task)
    return found


def _joined(code: str, parts: Sequence[Task]) -> Task:
    """One part of the parts that meet: it leads if one of them did, is begun if one was, and has the earliest date."""
    first = parts[0]
    dates = [task.due_at for task in parts if task.due_at is not None]
    states = {task.state for task in parts if task.role == first.role}
    return Task(
        id=new_id(),
        case_id=first.case_id,
        case_opened_at=first.case_opened_at,
        organisation_code=code,
        role=first.role,
        state="working" if "working" in states else first.state,
        binding=any(task.binding for task in parts if task.role == first.role),
        list_kind=first.list_kind,
        article=first.article,
        due_at=min(dates, default=None) if first.role == HELPS else None,
        given_at=first.given_at,
        given_by_post=first.given_by_post,
    )


def _told(actor: Actor, one: Passing) -> CaseHandedOver:
    return tell(actor, one.case, CaseHandedOver, moves=tuple(one.moves))


def _count(found: dict[tuple[str, str], dict[str, int]], passed: Sequence[Passing]) -> None:
    words = {RECEIVED: "received", LEADS: "led", HELPS: "helped", ASKED: "asked"}
    for one in passed:
        for role, old, new in one.moves:
            counts = found.setdefault((old, new), {})
            counts[words[role]] = counts.get(words[role], 0) + 1


def _summed(one: Handed, plan: Reorganisation) -> Fact:
    return CasesHandedOver(
        subject=f"organisation:{one.old_code}",
        organisation_code=one.old_code,
        old_code=one.old_code,
        new_code=one.new_code,
        on=plan.on.isoformat(),
        received=one.received,
        led=one.led,
        helped=one.helped,
        asked=one.asked,
    )
