"""Root causes 未诉先办: matters that keep coming get one cause, somebody who leads, measures, and an effect that is looked at."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import words as kernel
from pianqu.kernels.leaf import SALT_BYTES, text_commitment
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    AboutCause,
    CauseClosed,
    CauseLinked,
    CauseOpened,
    CauseReopened,
    CauseTookEffect,
    CauseUnlinked,
    MeasureEnded,
    MeasurePlanned,
)
from pianqu.rooms.casework.lifecycle import CauseMove, CauseState, check_cause_move
from pianqu.rooms.casework.models import CauseMatter, Measure, RootCause
from pianqu.rooms.casework.services.parts import Words, taken
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries as territory

F = TypeVar("F", bound=AboutCause)
LONGEST_TITLE = 60
MOST_AT_ONCE = 500
MOST_MEASURES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCause:
    """What is typed to open a root cause. An empty place means the whole district."""

    title: str
    hypothesis: str
    category: str
    place_code: str = ""
    lead_code: str
    due_on: date | None


@verb
def open_root_cause(*, actor: Actor, item: NewCause, case_ids: Sequence[uuid.UUID] = (), now: datetime) -> uuid.UUID:
    """Open it with the matters that are known to come from it. Raises Forbidden, Invalid, Refused for another cause's matters."""
    _check_ground(item.place_code, timezone.localdate(now))
    rules.check_may_open_cause(actor, item.place_code)
    title = _title(item.title)
    why = taken(item.hypothesis, missing=_("Please say what is supposed to be the cause."))
    if item.category not in queries.known_codes():
        raise Invalid("category-unknown", _("Please choose one of the listed categories."))
    _check_organisation(item.lead_code, "cause-lead", _("Please choose who leads it."))
    row = RootCause.objects.create(
        id=new_id(),
        title=title.text,
        title_salt=title.salt,
        hypothesis=why.text,
        hypothesis_salt=why.salt,
        category=item.category,
        place_code=item.place_code,
        state=CauseState.OPENED,
        lead_code=item.lead_code,
        opened_by=actor.organisation_code,
        due_on=_day_ahead(item.due_on, now),
        opened_at=now,
    )
    told = _tell(
        actor,
        row,
        CauseOpened,
        lead_code=row.lead_code,
        due_on=row.due_on.isoformat(),
        title_commitment=title.commitment,
        words_commitment=why.commitment,
    )
    ledger.record([told], actor=actor, now=now)
    if case_ids:
        _link(actor, row, case_ids, now)
    return row.id


@verb
def link_to_cause(*, actor: Actor, cause_id: uuid.UUID, case_ids: Sequence[uuid.UUID], now: datetime) -> int:
    """These matters come from it; answers how many are new there. Raises Absent for what the actor does not see, Refused for
    another cause's."""
    row = _worked_on(actor, cause_id, CauseMove.LINK)
    return _link(actor, row, case_ids, now)


def _link(actor: Actor, row: RootCause, case_ids: Sequence[uuid.UUID], now: datetime) -> int:
    wanted = sorted(set(case_ids))
    if not wanted:
        raise Invalid("cause-matters", _("Please choose at least one matter."))
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid("cause-matters", _("At most 500 matters can be linked at a time. Nothing was changed."))
    if len(queries.rows_for(actor, wanted)) < len(wanted):
        raise Absent("case-absent", _("There is no such matter, or you may not see it. Nothing was changed."))
    known = dict(CauseMatter.objects.filter(case_id__in=wanted).values_list("case_id", "cause_id"))
    if any(cause != row.id for cause in known.values()):
        raise Refused(
            "cause-other",
            _("One of these matters belongs to another root cause. Take it out there first. Nothing was changed."),
        )
    fresh = [case_id for case_id in wanted if case_id not in known]
    if fresh:
        CauseMatter.objects.bulk_create([CauseMatter(cause=row, case_id=one, linked_at=now) for one in fresh])
        told = _tell(actor, row, CauseLinked, case_ids=tuple(str(one) for one in fresh))
        ledger.record([told], actor=actor, now=now)
    return len(fresh)


@verb
def link_case_to_cause(*, actor: Actor, case_id: uuid.UUID, cause_id: uuid.UUID, now: datetime) -> None:
    """The same for one matter, from its own page."""
    row = _worked_on(actor, cause_id, CauseMove.LINK)
    _link(actor, row, [case_id], now)


@verb
def unlink_from_cause(*, actor: Actor, cause_id: uuid.UUID, case_id: uuid.UUID, now: datetime) -> None:
    """This matter does not come from it after all. Raises Absent where it is not linked."""
    row = _worked_on(actor, cause_id, CauseMove.LINK)
    gone, _rows = CauseMatter.objects.filter(cause=row, case_id=case_id).delete()
    if not gone:
        raise Absent("cause-matter-absent", _("This matter is not linked to this root cause. Nothing was changed."))
    ledger.record([_tell(actor, row, CauseUnlinked, case_id=str(case_id))], actor=actor, now=now)


@verb
def plan_measure(
    *, actor: Actor, cause_id: uuid.UUID, words: str, organisation_code: str, due_on: date | None, now: datetime
) -> uuid.UUID:
    """Plan a step: what, who, by when. Raises Invalid, Refused where there are too many."""
    row = _worked_on(actor, cause_id, CauseMove.PLAN)
    what = taken(words, missing=_("Please say what is to be done."))
    _check_organisation(organisation_code, "measure-who", _("Please choose who does it."))
    if Measure.objects.filter(cause=row).count() >= MOST_MEASURES:
        raise Refused("measures-many", _("There are forty measures already. Nothing was changed."))
    measure = Measure.objects.create(
        id=new_id(),
        cause=row,
        words=what.text,
        salt=what.salt,
        organisation_code=organisation_code,
        due_on=_day_ahead(due_on, now),
        planned_at=now,
    )
    row.save(update_fields=["state"])
    told = _tell(
        actor,
        row,
        MeasurePlanned,
        measure_id=str(measure.id),
        by_code=organisation_code,
        due_on=measure.due_on.isoformat(),
        words_commitment=what.commitment,
    )
    ledger.record([told], actor=actor, now=now)
    return measure.id


@verb
def end_measure(*, actor: Actor, cause_id: uuid.UUID, measure_id: uuid.UUID, done: bool, now: datetime) -> None:
    """It is done, or given up. Raises Absent, Refused for one that has ended."""
    row = _locked(actor, cause_id)
    measure = Measure.objects.filter(cause=row, id=measure_id).first()
    if measure is None:
        raise Absent("measure-absent", _("There is no such measure."))
    rules.check_may_end_measure(
        actor, lead_code=row.lead_code, opened_by=row.opened_by, by_code=measure.organisation_code
    )
    row.state = check_cause_move(row.state, CauseMove.FINISH)
    if measure.ended_at is not None:
        raise Refused("measure-ended", _("This measure has ended already. Nothing was changed."))
    measure.ended_at, measure.done = now, done
    measure.save(update_fields=["ended_at", "done"])
    ledger.record([_tell(actor, row, MeasureEnded, measure_id=str(measure.id), done=done)], actor=actor, now=now)


@verb
def take_effect(*, actor: Actor, cause_id: uuid.UUID, effective_on: date | None, now: datetime) -> None:
    """Its measures work from this day on: what came in before and after is compared from then. A wrong day can be mended.

    Raises Invalid for a day to come, Refused before any measure is done.
    """
    row = _worked_on(actor, cause_id, CauseMove.TAKE_EFFECT)
    if effective_on is None or effective_on > timezone.localdate(now):
        raise Invalid("effect-day", _("Please give the day from which the measures work; it cannot lie ahead."))
    if not Measure.objects.filter(cause=row, done=True).exists():
        raise Refused("effect-no-measure", _("No measure is done yet, so none can work. Nothing was changed."))
    row.effective_on = effective_on
    row.save(update_fields=["state", "effective_on"])
    told = _tell(actor, row, CauseTookEffect, effective_on=effective_on.isoformat())
    ledger.record([told], actor=actor, now=now)


@verb
def close_root_cause(*, actor: Actor, cause_id: uuid.UUID, words: str, now: datetime) -> None:
    """Close it with what came of it; what the counts said then is recorded beside. Raises Invalid without words."""
    row = _locked(actor, cause_id)
    rules.check_may_close_cause(actor, opened_by=row.opened_by)
    row.state = check_cause_move(row.state, CauseMove.CLOSE)
    said = taken(words, missing=_("Please say what came of it."))
    found = queries.effect_of(row.id, now=now)
    row.outcome, row.outcome_salt, row.closed_at = said.text, said.salt, now
    row.save(update_fields=["state", "outcome", "outcome_salt", "closed_at"])
    verdict = found.effect.verdict if found and found.effect else ""
    told = _tell(actor, row, CauseClosed, verdict=verdict, words_commitment=said.commitment)
    ledger.record([told], actor=actor, now=now)


@verb
def reopen_root_cause(*, actor: Actor, cause_id: uuid.UUID, words: str, now: datetime) -> None:
    """It was not gone after all; why stands in the ledger as a commitment and in place of what came of it."""
    row = _locked(actor, cause_id)
    rules.check_may_close_cause(actor, opened_by=row.opened_by)
    row.state = check_cause_move(row.state, CauseMove.REOPEN)
    said = taken(words, missing=_("Please say why it is looked at again."))
    row.outcome, row.outcome_salt, row.closed_at = said.text, said.salt, None
    row.reopenings += 1
    row.save(update_fields=["state", "outcome", "outcome_salt", "closed_at", "reopenings"])
    ledger.record([_tell(actor, row, CauseReopened, words_commitment=said.commitment)], actor=actor, now=now)


def _locked(actor: Actor, cause_id: uuid.UUID) -> RootCause:
    """The row, if the actor may see it. Raises Absent."""
    queries.check_sees_cause(actor, cause_id)
    return RootCause.objects.select_for_update().get(id=cause_id)


def _worked_on(actor: Actor, cause_id: uuid.UUID, move: CauseMove) -> RootCause:
    """The same for who works on it, in the state after the move."""
    row = _locked(actor, cause_id)
    rules.check_may_work_on_cause(actor, lead_code=row.lead_code, opened_by=row.opened_by)
    row.state = check_cause_move(row.state, move)
    return row


def _title(typed: str) -> Words:
    text = kernel.clean(typed)
    if not text or len(text) > LONGEST_TITLE:
        raise Invalid("cause-title", _("Please give it a name of at most 60 characters."))
    salt = secrets.token_bytes(SALT_BYTES)
    return Words(text, salt, text_commitment(text, salt))


def _day_ahead(day: date | None, now: datetime) -> date:
    if day is None or day < timezone.localdate(now):
        raise Invalid("cause-due", _("Please give a last day; it cannot lie in the past."))
    return day


def _check_ground(place_code: str, on: date) -> None:
    if place_code and territory.ground(on=on).places.get(place_code) is None:
        raise Invalid("place-unknown", _("This community is not on the list. Please choose the place again."))


def _check_organisation(code: str, problem: str, sentence: str) -> None:
    if not code or code not in directory.organisations([code]):
        raise Invalid(problem, sentence)


def _tell(actor: Actor, row: RootCause, fact: type[F], **own: Any) -> F:
    return fact(
        subject=f"cause:{row.id}",
        organisation_code=actor.organisation_code,
        cause_id=str(row.id),
        category=row.category,
        place_code=row.place_code,
        **own,
    )
