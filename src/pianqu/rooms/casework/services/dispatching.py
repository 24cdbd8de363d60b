"""Who answers for it: accept, dispatch, begin, return, object, review, join, and a helper's part done."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    CaseAccepted,
    CaseDispatched,
    DispatchObjected,
    ObjectionReviewed,
    PingPongAlarmed,
    TaskDone,
    TaskJoined,
    TaskReturned,
    TaskStarted,
)
from pianqu.rooms.casework.lifecycle import HANDLED, OPEN, Move, State
from pianqu.rooms.casework.models import Case, Request, Task
from pianqu.rooms.casework.services import forces, joint
from pianqu.rooms.casework.services.clocks import DUE, rule_of, running, started
from pianqu.rooms.casework.services.steps import end_tasks, iso, live_tasks, locked, moved, noted, said, tell
from pianqu.rooms.casework.services.suggesting import used
from pianqu.rooms.casework.services.triaging import answered_category, answered_organisation
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory

LEAD, HELPER = "lead", "helper"
OF_ESTATES = ("property", "owners_committee")
"""Kinds of organisations that work in their own estates alone."""
ALARM_AT = 2
"""Returns after which a leader is told."""
CITED = 80
"""Characters of an item as it is cited."""
LIST_COMMA = "; "
SAVED = ["state", "nature", "danger", "lead_code", "returns", *DUE]


@verb
def accept_case(
    *, actor: Actor, case_id: uuid.UUID, nature: str, suggested_by: int | None = None, now: datetime
) -> uuid.UUID:
    """Say what kind of matter it is; the clock of that kind begins when the matter came in.

    With `suggested_by`, the version whose suggestion was shown, it counts whether the category agrees with it.
    """
    case = locked([case_id])[case_id]
    rules.check_may_triage(actor)
    moved(case, Move.ACCEPT)
    facts = _accepted(actor, case, nature, now)
    case.save(update_fields=SAVED)
    entry = noted(actor, case, facts, now)
    answered_category(actor, case, suggested_by, now)
    return entry


def _accepted(actor: Actor, case: Case, nature: str, now: datetime) -> list[Fact]:
    rule = rule_of(nature)
    case.nature = nature
    case.danger = case.danger and nature == "urgent"  # otherwise a person who read it says that it is no emergency
    due = started(actor, case, rule, case.opened_at, "accepted", said_at=now)
    return [tell(actor, case, CaseAccepted, nature=nature), due]


@verb
def dispatch_case(
    *,
    actor: Actor,
    case_id: uuid.UUID,
    lead_code: str,
    helper_codes: Sequence[str] = (),
    nature: str = "",
    sub_due: datetime | None = None,
    cell_code: str = "",
    template_code: str = "",
    words: str = "",
    automatic: bool = False,
    suggested_by: int | None = None,
    now: datetime,
) -> uuid.UUID:
    """Give the matter to one organisation that leads, and to others that help; or to a cell: then its community leads.

    A matter that nobody accepted yet needs its nature too. `sub_due` is the helpers' own date, within the case's. A template of
    joint handling adds its helpers with their dates, their order and its checklist, and its lead where none is chosen.
    What a rule suggested is kept beside it (`suggesting`); `suggested_by` as in `accept_case`, for the lead as well.
    Raises Invalid for unknown organisations or dates, Refused where the state or the cell's entry list does not allow it.
    """
    rules.check_may_triage(actor)
    lead_code = territory.cell(cell_code, on=timezone.localdate(now)).community_code if cell_code else lead_code
    plan = joint.planned(template_code, lead_code, helper_codes)
    lead_code, helper_codes = plan.lead_code, plan.helper_codes
    known = directory.hold([lead_code, *helper_codes])
    case = locked([case_id])[case_id]
    by_entry = _entry(case, cell_code, now)
    _check_parties(known, [lead_code, *helper_codes])
    _check_not_upheld(case, lead_code)
    _check_own_estate(case, known[lead_code], now)
    listed = _listed(case, known[lead_code], now, by_entry=by_entry)
    why = said(words, needed=False)
    found = queries.suggestion_for(case, now=now)
    facts: list[Fact] = []
    is_new = case.state == State.OPENED
    if is_new:
        facts = _accepted(actor, case, nature, now)
    elif case.due_at is None and not running(case).exists():
        facts = [started(actor, case, rule_of(case.nature or nature), now, "dispatched")]
    moved(case, Move.DISPATCH)
    former = list(Task.objects.filter(case=case))
    end_tasks((task for task in former if task.ended_at is None), "replaced", now)
    case.lead_code = lead_code
    parts = [(lead_code, LEAD, None, _returned_before(former, lead_code))]
    _give(
        actor,
        case,
        [
            *parts,
            *(
                (code, HELPER, _within(case, plan.due_of(code, case, now) or sub_due, now), False)
                for code in helper_codes
            ),
        ],
        now,
        cell_code,
    )
    case.save(update_fields=SAVED)
    told = tell(
        actor,
        case,
        CaseDispatched,
        lead_code=lead_code,
        helper_codes=tuple(helper_codes),
        article=listed,
        cell_code=cell_code,
        entry_article=by_entry,
        due_at=iso(case.due_at),
        words_commitment=why.commitment,
    )
    more = [
        *joint.applied(actor, case, plan, now, anew=any(task.role == HELPER for task in former)),
        *used(actor, case, found, helper_codes, automatic=automatic, now=now),
    ]
    entry = noted(actor, case, [*facts, told, *more], now, words=why, main=len(facts))
    if is_new:
        answered_category(actor, case, suggested_by, now)
    answered_organisation(actor, case, suggested_by, now)
    return entry


def _check_parties(known: Mapping[str, directory.OrganisationCard], codes: Sequence[str]) -> None:
    if len(set(codes)) < len(codes):
        raise Invalid("party-twice", _("An organisation cannot lead and help, or help twice."))
    if set(codes) - set(known):
        raise Invalid("party-unknown", _("Please choose organisations from the list."))
    if gone := [known[code].short_name for code in codes if known[code].ended]:
        sentence = _("%(name)s has ended. Please choose who took over.")
        raise Invalid("party-ended", sentence % {"name": gone[0]})


def _check_not_upheld(case: Case, lead_code: str) -> None:
    """Raise Refused for an organisation whose objection to this matter was upheld: the decision binds the centre too."""
    upheld = Request.objects.filter(case=case, kind="objection", organisation_code=lead_code, granted=True)
    if upheld.exists():
        sentence = _("The objection of %(name)s was upheld: it does not lead this matter. Please choose another one.")
        raise Refused("objection-upheld", sentence % {"name": directory.name_of(lead_code)})


def _check_own_estate(case: Case, lead: directory.OrganisationCard, now: datetime) -> None:
    """Raise Refused for a property company or owners' committee of other estates of the community, where the estate is known."""
    if lead.kind not in OF_ESTATES:
        return
    answer, on = queries.party_answer(case, now), timezone.localdate(now)
    if answer is not None and territory.is_of_another(answer, lead.code, on=on):
        sentence = _("%(name)s looks after other estates, not after %(estate)s. Please choose another one.")
        raise Refused("other-estate", sentence % {"name": lead.short_name, "estate": answer.estate.name})


def _listed(case: Case, lead: directory.OrganisationCard, now: datetime, *, by_entry: str = "") -> str:
    """The item of the duty list by which the organisation answers; empty for a department that no list names, and for the
    community of a cell whose entry list holds the matter (`by_entry`): that list gives it, unless a department took it back.

    A department may always be asked: it objects where it is wrong. The ground may not be, without a listed power
    (国办函〔2025〕66号: what departments have to handle is not given to the grass roots). Raises Refused citing the list.
    """
    if not case.place_code:
        return ""
    giving = directory.may_be_given(
        category=case.category,
        place_code=case.place_code,
        organisation_code=lead.code,
        on=timezone.localdate(now),
        kind=lead.kind,
    )
    if not giving.allowed and not (by_entry and not giving.article):
        sentence = _("No duty list gives this matter to %(name)s, so it cannot be handed down.")
        cited = _instead(case, giving.article, now)
        raise Refused("not-listed", f"{sentence % {'name': lead.short_name}} {cited}".strip())
    return giving.article[:80]


def _instead(case: Case, article: str, now: datetime) -> str:
    """What the list says instead: the item that takes it back, or whom it names."""
    if article:
        return _("The list says: %(article)s.") % {"article": article}
    named = directory.who_answers(category=case.category, place_code=case.place_code or "", on=timezone.localdate(now))
    if not named.lead:
        return ""
    given = {"name": directory.name_of(named.lead), "article": named.article}
    return _("The list names %(name)s (%(article)s).") % given


def _entry(case: Case, cell_code: str, now: datetime) -> str:
    """The item of the entry list by which a cell takes it (网格事项准入). Raises Invalid for a cell elsewhere, Refused."""
    if not cell_code:
        return ""
    on = timezone.localdate(now)
    elsewhere = case.place_code and territory.cell(cell_code, on=on).community_code != case.place_code
    if elsewhere and not _lies_there_now(case, cell_code):
        raise Invalid("cell-elsewhere", _("This cell does not lie in the community of the matter."))
    answer = territory.check_entry(cell_code=cell_code, category=case.category, on=on)
    if not answer.allowed:
        sentence = _("%(list)s does not hold this kind of matter for such a cell, so it cannot be handed to it.")
        raise Refused("entry-not-listed", sentence % {"list": answer.list_name or _("The entry list")})
    return answer.article


def _lies_there_now(case: Case, cell_code: str) -> bool:
    """Whether the grid of today has its point in this cell, whose community may be another one than before."""
    home = queries.home_of(case.id)
    return home is not None and home.cell_code == cell_code


def _within(case: Case, sub_due: datetime | None, now: datetime) -> datetime | None:
    """The helpers' own date. Raises Invalid for one that has gone by or lies behind the case's own."""
    if sub_due is not None and sub_due <= now:
        raise Invalid("sub-due-past", _("A helper's date cannot have gone by already."))
    if (
        sub_due is not None
        and case.due_at is not None
        and timezone.localdate(sub_due) > timezone.localdate(case.due_at)
    ):
        raise Invalid("sub-due-late", _("A helper's date cannot be later than the matter's own."))
    return min(sub_due, case.due_at) if sub_due is not None and case.due_at is not None else sub_due


def _returned_before(former: Sequence[Task], organisation_code: str) -> bool:
    """Whether this organisation gave it back before and the centre insists: then it may only object."""
    return any(task.organisation_code == organisation_code and task.state == "returned" for task in former)


def _give(
    actor: Actor,
    case: Case,
    parts: Sequence[tuple[str, str, datetime | None, bool]],
    now: datetime,
    cell_code: str = "",
) -> None:
    Task.objects.bulk_create(
        Task(
            id=new_id(),
            case=case,
            case_opened_at=case.opened_at,
            organisation_code=code,
            role=role,
            state="given",
            binding=binding,
            cell_code=cell_code if role == LEAD else "",
            due_at=sub_due,
            given_at=now,
            given_by_post=actor.post_id or "",
        )
        for code, role, sub_due, binding in parts
    )


@verb
def take_case(*, actor: Actor, case_id: uuid.UUID, nature: str = "", now: datetime) -> uuid.UUID:
    """自办: the organisation that the duty list names takes the matter on and begins, without a way through the centre.

    Raises Forbidden where the list does not name it there, Refused where the state does not allow it.
    """
    own = [actor.organisation_code]
    _check_parties(directory.hold(own), own)
    case = locked([case_id])[case_id]
    listed = queries.named_by_list(actor, case.category, case.place_code or "", timezone.localdate(now))
    rules.check_may_take(actor, named=bool(listed))
    _check_not_upheld(case, actor.organisation_code)
    facts: list[Fact] = []
    if case.state == State.OPENED:
        facts = _accepted(actor, case, nature, now)
    elif case.due_at is None and not running(case).exists():
        facts = [started(actor, case, rule_of(case.nature or nature), now, "dispatched")]
    moved(case, Move.DISPATCH)
    moved(case, Move.START)
    end_tasks(live_tasks(case).values(), "replaced", now)
    case.lead_code = actor.organisation_code
    _give(actor, case, [(actor.organisation_code, LEAD, None, False)], now)
    Task.objects.filter(case=case, ended_at=None).update(state="working")
    case.save(update_fields=SAVED)
    told = tell(
        actor,
        case,
        CaseDispatched,
        lead_code=actor.organisation_code,
        helper_codes=(),
        article=listed,
        due_at=iso(case.due_at),
        words_commitment="",
    )
    begun = tell(actor, case, TaskStarted, task_code=actor.organisation_code)
    return noted(actor, case, [*facts, told, begun], now, main=len(facts))


@verb
def start_task(*, actor: Actor, case_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """The lead organisation, or a helper, begins to work."""
    case = locked([case_id])[case_id]
    task = _own_task(actor, case)
    if task.role == LEAD:
        moved(case, Move.START)
        case.save(update_fields=["state"])
    elif task.state != "given":
        raise Refused("task-begun", _("Your organisation works on it already. Nothing was changed."))
    joint.check_turn(case, task.organisation_code)
    forces.check_order(case)
    task.state = "working"
    task.save(update_fields=["state"])
    return noted(actor, case, [tell(actor, case, TaskStarted, task_code=task.organisation_code)], now)


def _own_task(actor: Actor, case: Case) -> Task:
    task = live_tasks(case).get(actor.organisation_code)
    rules.check_has_part(actor, has_part=task is not None)
    if task is None:
        raise Refused("task-none", _("Your organisation has no part in this matter."))
    return task


@verb
def return_task(*, actor: Actor, case_id: uuid.UUID, article: str, words: str, now: datetime) -> uuid.UUID:
    """Give the part back to the centre, citing the list. The second return of a lead raises an alarm.

    Raises Refused where the centre has insisted: then only an objection helps.
    """
    case = locked([case_id])[case_id]
    task = _own_task(actor, case)
    if task.binding:
        raise Refused(
            "return-twice",
            _("The centre sent it to you again after a return. Object to it, and another colleague decides."),
        )
    cited, why = _cited(case, article, now), said(words, filled=True)
    facts: list[Fact] = []
    if task.role == LEAD:
        moved(case, Move.RETURN)
        case.returns += 1
        case.lead_code = ""
        end_tasks(live_tasks(case).values(), "returned", now)
        case.save(update_fields=SAVED)
        if case.returns >= ALARM_AT:
            facts.append(tell(actor, case, PingPongAlarmed, returns=case.returns))
    else:
        end_tasks([task], "returned", now)
    told = tell(
        actor,
        case,
        TaskReturned,
        task_code=task.organisation_code,
        role=task.role,
        article=cited,
        returns=case.returns,
        words_commitment=why.commitment,
    )
    return noted(actor, case, [told, *facts], now, words=why)


def _cited(case: Case, article: str, now: datetime) -> str:
    """The item that is relied on. Raises Invalid where none is named, or where lists are in force there and none has it.

    It may be one of another kind of matter: whoever sent it may have taken it for the wrong one.
    """
    cited = " ".join(article.split())[:CITED]
    if not cited:
        raise Invalid("article-missing", _("Please name the item of the duty list that you rely on."))
    on, place_code = timezone.localdate(now), case.place_code or ""
    known = {item[:CITED] for item in directory.articles_at(place_code=place_code, on=on)}
    if known and cited not in known:
        named = directory.items_at(category=case.category, place_code=place_code, on=on)
        sentence = _("No list in force there has an item “%(cited)s”.")
        offered = _("For such matters there is: %(items)s.") % {
            "items": LIST_COMMA.join(item.article for item in named)
        }
        raise Invalid("article-unknown", f"{sentence % {'cited': cited}} {offered if named else ''}".strip())
    return cited


@verb
def object_to_dispatch(*, actor: Actor, case_id: uuid.UUID, article: str, words: str, now: datetime) -> uuid.UUID:
    """The lead organisation asks for a review of the dispatch; work and clock go on meanwhile."""
    case = locked([case_id])[case_id]
    task = _own_task(actor, case)
    if task.role != LEAD or case.state not in HANDLED:
        raise Refused("objection-not-lead", _("Only the organisation that leads a matter can object to its dispatch."))
    if Request.objects.filter(case=case, kind="objection", organisation_code=task.organisation_code).exists():
        raise Refused("objection-twice", _("Your objection was made before; the decision on it binds."))
    cited, why = _cited(case, article, now), said(words, filled=True)
    Request.objects.create(
        id=new_id(),
        case=case,
        kind="objection",
        organisation_code=task.organisation_code,
        by_post=actor.post_id or "",
        asked_at=now,
    )
    fact = tell(
        actor, case, DispatchObjected, task_code=task.organisation_code, article=cited, words_commitment=why.commitment
    )
    return noted(actor, case, [fact], now, words=why)


@verb
def review_objection(*, actor: Actor, case_id: uuid.UUID, upheld: bool, words: str, now: datetime) -> uuid.UUID:
    """Decide on an objection: another post than the one that dispatched. Upheld, it comes back to the centre."""
    case = locked([case_id])[case_id]
    request = Request.objects.filter(case=case, kind="objection", decided_at=None).first()
    if request is None or case.state not in OPEN:
        raise Refused("objection-none", _("Nobody objects to this dispatch. Nothing was changed."))
    task = Task.objects.filter(case=case, organisation_code=request.organisation_code).latest("given_at")
    rules.check_may_review(actor, dispatched_by=task.given_by_post)
    why = said(words)
    request.granted, request.decided_at = upheld, now
    request.save(update_fields=["granted", "decided_at"])
    if upheld:
        moved(case, Move.RETURN)
        case.returns += 1
        case.lead_code = ""
        end_tasks(live_tasks(case).values(), "objected", now)
        case.save(update_fields=SAVED)
    elif task.ended_at is None:
        task.binding = True
        task.save(update_fields=["binding"])
    fact = tell(
        actor,
        case,
        ObjectionReviewed,
        task_code=request.organisation_code,
        upheld=upheld,
        words_commitment=why.commitment,
    )
    return noted(actor, case, [fact], now, words=why)


@verb
def join_case(
    *,
    actor: Actor,
    case_id: uuid.UUID,
    helper_code: str,
    sub_due: datetime | None = None,
    words: str = "",
    now: datetime,
) -> uuid.UUID:
    """Another organisation helps: the centre or the lead asks it to."""
    _check_parties(directory.hold([helper_code]), [helper_code])
    case = locked([case_id])[case_id]
    rules.check_may_ask_for_help(actor, case.lead_code)
    if case.state not in HANDLED:
        raise Refused("join-state", _("Only a matter that an organisation works on can be handled jointly."))
    tasks = live_tasks(case)
    if helper_code in tasks:
        raise Refused("join-twice", _("This organisation has a part in the matter already. Nothing was changed."))
    why = said(words, needed=False)
    within = _within(case, sub_due, now)
    _give(actor, case, [(helper_code, HELPER, within, False)], now)
    fact = tell(actor, case, TaskJoined, task_code=helper_code, due_at=iso(within), words_commitment=why.commitment)
    return noted(actor, case, [fact], now, words=why)


def call_helpers(actor: Actor, case: Case, codes: Sequence[str], last_day: date, now: datetime) -> datetime:
    """Parts for several helpers at once, until the end of a day; answers that moment, within the own term while it runs."""
    end = timezone.make_aware(datetime.combine(last_day, time.max.replace(microsecond=0)))
    is_late = case.due_at is not None and case.due_at <= now
    within = end if is_late else _within(case, end, now) or end
    _give(actor, case, [(code, HELPER, within, False) for code in codes], now)
    return within


@verb
def finish_task(*, actor: Actor, case_id: uuid.UUID, words: str, now: datetime) -> uuid.UUID:
    """A helper did its part and says what; the lead answers the reporter when all helpers have."""
    case = locked([case_id])[case_id]
    task = _own_task(actor, case)
    if task.role != HELPER:
        raise Refused("task-leads", _("Who leads a matter ends it with an answer to the reporter."))
    why = said(words, filled=True)
    end_tasks([task], "done", now)
    fact = tell(actor, case, TaskDone, task_code=task.organisation_code, words_commitment=why.commitment)
    return noted(actor, case, [fact], now, words=why)
