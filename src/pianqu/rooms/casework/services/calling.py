"""回访: matters whose reporters are asked how the answer was, by somebody who had no hand in it.

A sample of what was answered is drawn with a recorded seed; every matter that was rated badly is listed by itself.
"""

import secrets
import uuid
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from hashlib import sha256

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused, unchanged
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import drawing
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import CallBackDone, CallBacksDrawn
from pianqu.rooms.casework.lifecycle import ANSWERED, Move, may_move
from pianqu.rooms.casework.models import CallBack, CallBackDraw, Case, Contact
from pianqu.rooms.casework.services.reopening import reopened
from pianqu.rooms.casework.services.steps import locked, noted, said, tell
from pianqu.rooms.ledger import services as ledger

SAMPLE, BAD_RATING, REOPENED = "sample", "bad-rating", "reopened"
OUTCOMES = ("satisfied", "dissatisfied", "unreachable", "holds", "fails")
"""What its reporter said, and where nobody can be asked, whether the answer holds for who looked at it."""
COMES_BACK, LOOKED_AT = ("dissatisfied", "fails"), ("holds", "fails")
NO_CONTACT, RATED = "no-contact", "rated"
"""How a call-back ends that needs no call: nobody left a number, or the reporter has rated the new answer."""
BAD = 2
"""A rating that is no better reopens the matter by itself, the first time, and has its reporter called back in any case."""
LEAST, MOST = 5, 60
"""How many a draw takes at least, if there are so many, and at most."""
LONGEST = timedelta(days=93)


@verb
def draw_call_backs(
    *, actor: Actor, since: date, until: date, percent: int = 10, seed: str = "", now: datetime
) -> uuid.UUID:
    """Draw a sample of what was answered on these days and has a contact; answers the draw's id.

    What waits for a call-back or had one is not drawn again. The seed is drawn too, and recorded with the size of the list, so
    that anybody who may see the matters can draw the same. Raises Forbidden, Invalid, and Refused for days drawn before.
    """
    rules.check_may_draw(actor)
    if not 1 <= percent <= 100:
        raise Invalid("draw-percent", _("Please draw from 1 to 100 per cent. Nothing was changed."))
    if not (since <= until < timezone.localdate(now) and until - since <= LONGEST):
        sentence = _("Please choose days that are over, the first not after the last, three months at most.")
        raise Invalid("draw-days", unchanged(sentence))
    if CallBackDraw.objects.filter(since__lte=until, until__gte=since).exists():
        raise Refused("draw-twice", _("Of some of these days a sample was drawn already. Nothing was changed."))
    named = sorted(str(one) for one in _drawable(since, until).values_list("id", flat=True))
    count = drawing.share_of(len(named), percent, least=LEAST, most=MOST)
    seed = (seed or secrets.token_hex(16)) if actor.kind == "system" else secrets.token_hex(16)
    drawn = drawing.draw(named, count, seed=seed)
    row = CallBackDraw.objects.create(
        id=new_id(),
        since=since,
        until=until,
        percent=percent,
        seed=seed,
        population=len(named),
        drawn=len(drawn),
        drawn_at=now,
        by_post=actor.post_id or "",
    )
    CallBack.objects.bulk_create(
        CallBack(id=new_id(), case_id=uuid.UUID(one), reason=SAMPLE, draw=row, listed_at=now) for one in drawn
    )
    fact = CallBacksDrawn(
        subject=f"draw:{row.id}",
        organisation_code=actor.organisation_code,
        draw_id=str(row.id),
        since=since.isoformat(),
        until=until.isoformat(),
        percent=percent,
        seed=seed,
        population=len(named),
        drawn=len(drawn),
        digest=sha256("\n".join(drawn).encode()).hexdigest(),
    )
    ledger.record([fact], actor=actor, now=now)
    return row.id


def _drawable(since: date, until: date) -> QuerySet[Case]:
    zone = timezone.get_default_timezone()
    first, end = (datetime.combine(day, time.min, zone) for day in (since, until + timedelta(days=1)))
    answered = Case.objects.filter(resolved_at__gte=first, resolved_at__lt=end, state__in=ANSWERED, imported_from=None)
    reachable = answered.filter(id__in=Contact.objects.values("case_id"))
    return reachable.exclude(id__in=CallBack.objects.values("case_id"))


@verb
def draw_last_week(*, actor: Actor, now: datetime) -> int:
    """Draw of the last whole week, Monday to Sunday; answers how many are to be called.

    Days of which somebody drew already are left out, the others are drawn from, each run of days by itself. Nothing where nothing
    was answered on them.
    """
    today = timezone.localdate(now)
    since = today - timedelta(days=today.weekday() + 7)
    drawn = [
        draw_call_backs(actor=actor, since=first, until=last, now=now)
        for first, last in _undrawn(since, since + timedelta(days=6))
        if Case.objects.filter(resolved_at__date__gte=first, resolved_at__date__lte=last).exists()
    ]
    return CallBack.objects.filter(draw_id__in=drawn).count()


def _undrawn(since: date, until: date) -> list[tuple[date, date]]:
    """The runs of days of which nobody drew yet, first and last day of each."""
    draws = CallBackDraw.objects.filter(since__lte=until, until__gte=since).values_list("since", "until")
    spans, day = list(draws), since
    runs: list[tuple[date, date]] = []
    while day <= until:
        if not any(first <= day <= last for first, last in spans):
            if runs and runs[-1][1] == day - timedelta(days=1):
                runs[-1] = (runs[-1][0], day)
            else:
                runs.append((day, day))
        day += timedelta(days=1)
    return runs


def list_bad_rated(case: Case, now: datetime) -> None:
    """A matter that was rated badly is to be called back, unless it waits for a call already.

    Where it came back, this is the check of its new answer. Where nobody left a number and there is no new answer, nobody can
    do anything: it is over at once.
    """
    if CallBack.objects.filter(case=case, ended_at=None).exists():
        return
    silent = not case.reopenings and not Contact.objects.filter(case=case).exists()
    ended = {"outcome": NO_CONTACT, "ended_at": now} if silent else {}
    CallBack.objects.create(id=new_id(), case=case, reason=BAD_RATING, listed_at=now, **ended)


def list_checks(cases: Iterable[Case], now: datetime) -> None:
    """The new answers of those that were reopened are to be checked, unless a call-back waits on them. At most two statements."""
    answered = [case for case in cases if case.reopenings and not case.imported_from]
    if not answered:
        return
    waiting = set(CallBack.objects.filter(case__in=answered, ended_at=None).values_list("case_id", flat=True))
    CallBack.objects.bulk_create(
        CallBack(id=new_id(), case=case, reason=REOPENED, listed_at=now) for case in answered if case.id not in waiting
    )


def end_check(case: Case, outcome: str, now: datetime, *, entry_id: uuid.UUID, by_post: str = "") -> None:
    """What waits on the matter is over: its reporter has said how the answer was. One statement."""
    row = CallBack.objects.filter(case=case, ended_at=None)
    called = {"attempts": F("attempts") + 1, "tried_at": now, "by_post": by_post} if by_post else {}
    row.update(outcome=outcome, ended_at=now, entry_id=entry_id, **called)


def check_was_checked(actor: Actor, case: Case) -> None:
    """Nobody archives the new answer of a matter that came back before somebody looked at it. Raises Refused."""
    if actor.kind == "post" and queries.awaits_check(case):
        sentence = _(
            "This matter was reopened: its new answer can be archived once a colleague who had no hand in it has checked "
            "it, or its reporter has rated it."
        )
        raise Refused("close-unchecked", unchanged(sentence))


@verb
def record_call_back(
    *, actor: Actor, call_back_id: uuid.UUID, outcome: str, words: str = "", now: datetime
) -> uuid.UUID:
    """Write down what a call-back said; answers the entry. Who is not satisfied gets the matter reopened, where it is in time.

    Nobody who handled the matter may do it, nor its own department, nor who checked the answer with which it came back.
    Somebody who is not reached is listed on until the third try; then the new answer of a matter that was reopened is looked at,
    as where nobody left a number. Raises Absent, Forbidden, Invalid, Refused.
    """
    row = CallBack.objects.filter(id=call_back_id).first()
    if row is None:
        raise Absent("call-back-absent", _("There is no such call-back."))
    case = locked([row.case_id])[row.case_id]
    check_may_do(actor, case)
    row = CallBack.objects.select_for_update().filter(id=call_back_id, ended_at=None).first()
    if row is None:
        raise Refused("call-back-over", _("A colleague has done this call-back already. Nothing was changed."))
    if outcome not in OUTCOMES:
        raise Invalid("call-back-outcome", _("Please choose how the call-back went. Nothing was changed."))
    _check_is_another_try(row, outcome, now)
    if case.state not in ANSWERED:
        raise Refused("call-back-early", _("This matter has no answer at the moment: call back when it has one."))
    _check_can_end_so(row, case, outcome)
    why = said(words, needed=outcome in (*COMES_BACK, *LOOKED_AT))
    row.attempts, row.tried_at, row.by_post = row.attempts + 1, now, actor.post_id or ""
    if outcome != "unreachable" or (row.attempts >= queries.ATTEMPTS and not case.reopenings):
        row.outcome, row.ended_at = outcome, now
    told = {"call_back_id": str(row.id), "reason": row.reason, "outcome": outcome, "attempt": row.attempts}
    facts: list[Fact] = [tell(actor, case, CallBackDone, words_commitment=why.commitment, **told)]
    if outcome != "unreachable":
        case.checker_post = actor.post_id or ""
    if outcome in COMES_BACK and may_move(case.state, Move.REOPEN) and queries.can_reopen(case, now):
        facts += reopened(actor, case, now, cause="call-back")
    case.save()
    entry_id = row.entry_id = noted(actor, case, facts, now, words=why)
    row.save()
    return entry_id


def _check_can_end_so(row: CallBack, case: Case, outcome: str) -> None:
    """Who can be called is called; where that is not possible, somebody looks. Raises Invalid, Refused."""
    has_contact = Contact.objects.filter(case=case).exists()
    if outcome in LOOKED_AT and has_contact and not row.attempts:
        raise Invalid("call-back-call-first", _("Its reporter left a number: please call first. Nothing was changed."))
    if outcome == "unreachable" and not has_contact:
        raise Invalid(
            "call-back-no-contact",
            unchanged(_("No contact was left, so nobody can be called: please look at the answer yourself.")),
        )
    if outcome == "unreachable" and case.reopenings and row.attempts >= queries.ATTEMPTS:
        raise Refused(
            "call-back-look",
            unchanged(_("Three calls were not answered: please look at the answer yourself and say whether it holds.")),
        )


def _check_is_another_try(row: CallBack, outcome: str, now: datetime) -> None:
    """Raises Refused: who was not reached just now is tried at another time of the day."""
    next_at = queries.next_try(row.tried_at)
    if outcome == "unreachable" and next_at is not None and now < next_at:
        sentence = _("They were not reached at %(last)s: a further try counts from %(next)s on. Nothing was changed.")
        raise Refused("call-back-soon", sentence % {"last": _clock(row.tried_at), "next": _clock(next_at)})


def _clock(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%H:%M}" if at else ""


def check_may_do(actor: Actor, case: Case) -> None:
    """Raise Forbidden for who has no right to call back here, answered with its organisation, or had a hand in the matter."""
    lead_code = case.lead_code
    rules.check_may_call_back_for(actor, organisation_code=case.organisation_code, lead_code=lead_code)
    if queries.has_handled(actor, case.id):
        raise Forbidden(
            "call-back-own",
            unchanged(_("You had a hand in this matter, so a colleague who had none has to call back.")),
        )
    if queries.has_judged(queries.posts_of(actor), case):
        sentence = _("You answered this matter or checked its last answer, so another colleague has to check this one.")
        raise Forbidden("call-back-twice", unchanged(sentence))
