"""Matters that are the same 并单: one joins another, staff release a title, and who joined is answered, each on their own."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import decrypt, encrypt
from pianqu.foundation.db import save_many
from pianqu.foundation.errors import Invalid, Refused, Unavailable
from pianqu.foundation.ids import new_id
from pianqu.foundation.photos import SafePhoto
from pianqu.foundation.verbs import verb
from pianqu.kernels import masking
from pianqu.kernels import words as kernel
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.facts import (
    CaseLinked,
    CaseResolved,
    CaseSucceeds,
    JointAnswerCarried,
    JointAnswerGiven,
    TitleReleased,
    TitleTakenBack,
)
from pianqu.rooms.casework.lifecycle import OPEN, Move, may_move
from pianqu.rooms.casework.models import Case, Clock, JointAnswer, Note, Pause, PublicTitle, Succession, Task
from pianqu.rooms.casework.services.calling import list_checks
from pianqu.rooms.casework.services.clocks import DUE, set_due
from pianqu.rooms.casework.services.contacts import Reporter
from pianqu.rooms.casework.services.moving import resolve_case
from pianqu.rooms.casework.services.opening import Opened, open_case
from pianqu.rooms.casework.services.parts import PlaceChoice, taken
from pianqu.rooms.casework.services.steps import check_filled, locked, noted, recorded_by, said, tell
from pianqu.rooms.ledger import services as ledger

OFFER_LIFE = timedelta(days=1)
BATCH = 200
AT_ONCE = 50
"""So many paragraphs of their own go with one answer: as many as a page shows."""
LONGEST_TITLE = 60
_CONTACT = re.compile(r"[0-9０-９][0-9０-９ \-]{5,}[0-9０-９]|@|＠")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What who joined takes home. `joined` is false where the other matter had ended meanwhile: then it is an own matter."""

    opened: Opened
    joined: bool


# offers --------------------------------------------------------------------------------------------------------------


def offer(case_id: uuid.UUID, *, now: datetime) -> str:
    """A matter as it is offered to somebody who may join it: nobody can read which one it is."""
    return encrypt(f"{case_id} {now.timestamp():.0f}", table="case", column="offer", row="join")


def offered(text: str, *, now: datetime) -> uuid.UUID:
    """The matter of an offer. Raises Invalid for what is none, or not any more."""
    try:
        number, _space, at = decrypt(text[:400], table="case", column="offer", row="join").partition(" ")
        case_id, age = uuid.UUID(number), now.timestamp() - float(at)
    except (Unavailable, ValueError) as error:
        raise _over() from error
    if age > OFFER_LIFE.total_seconds():
        raise _over()
    return case_id


def _over() -> Invalid:
    return Invalid("join-over", _("This proposal is over. Everything you typed is still here: please send it again."))


# joining -------------------------------------------------------------------------------------------------------------


@verb
def join_report(
    *,
    actor: Actor,
    parent_id: uuid.UUID,
    words: str,
    category: str,
    place: PlaceChoice,
    contact: str | None = None,
    photos: Sequence[SafePhoto] = (),
    channel: str = "portal",
    tell_reporter: bool = False,
    reporter: Reporter | None = None,
    idempotency_key: str | None = None,
    now: datetime,
) -> Joined:
    """Take in a matter that is another one's: with a code, a receipt, an answer and a rating of its own.

    Where the other one has ended or was answered meanwhile it stays a matter of its own that points there; nothing is lost.
    """
    rules.check_may_join(actor)
    opened = open_case(
        actor=actor,
        words=words,
        category=category,
        place=place,
        contact=contact,
        photos=photos,
        channel=channel,
        tell=tell_reporter,
        reporter=reporter,
        idempotency_key=idempotency_key,
        now=now,
    )
    case, parent = _both(opened.case_id, parent_id)
    if case.parent_id is None and case.id != parent.id and case.state in OPEN:
        _join(actor, case, parent, now)
    return Joined(opened=opened, joined=case.parent_id is not None)


def _both(case_id: uuid.UUID, parent_id: uuid.UUID) -> tuple[Case, Case]:
    """The new matter and the one at the top of those that it joins. Raises Absent."""
    top = Case.objects.filter(id=parent_id).values_list("parent_id", flat=True).first() or parent_id
    found = locked([case_id, top])
    return found[case_id], found[top]


def _join(actor: Actor, case: Case, parent: Case, now: datetime) -> None:
    """Nothing where it is done already: a form may be sent twice."""
    if parent.state in OPEN and parent.parent_id is None and not Case.objects.filter(parent=case).exists():
        case.parent = parent
        set_due(case, now, None)
        case.save(update_fields=["parent", *DUE])
        noted(actor, case, [tell(actor, case, CaseLinked, parent_id=str(parent.id))], now)
    elif Succession.objects.get_or_create(case=case, defaults={"earlier": parent})[1]:
        noted(actor, case, [tell(actor, case, CaseSucceeds, earlier_id=str(parent.id))], now)


# titles --------------------------------------------------------------------------------------------------------------


@verb
def release_title(*, actor: Actor, case_id: uuid.UUID, title: str, now: datetime) -> uuid.UUID:
    """Let everybody read this title of an open matter; an empty one is taken back. Raises Forbidden, Invalid, Refused."""
    case = locked([case_id])[case_id]
    rules.check_may_release_title(actor, case.lead_code)
    if not kernel.clean(title):
        return _take_title_back(actor, case, now)
    if case.state not in OPEN:
        raise Refused("title-ended", _("Nobody joins this matter any more, so it needs no title. Nothing was changed."))
    text = kernel.clean(title)
    if len(text) > LONGEST_TITLE:
        raise Invalid("title-long", _("A title may have 60 characters. It is still here: please shorten it."))
    if _CONTACT.search(text) or masking.masked(text) != masking.narrow(text):
        raise Invalid(
            "title-contact",
            _("A title must name nobody: this one seems to hold a name, a number or an address. Nothing was released."),
        )
    why = said(text)
    PublicTitle.objects.update_or_create(
        case=case,
        defaults={"title": why.text, "salt": why.salt, "by_post": actor.post_id or "", "released_at": now},
    )
    return noted(actor, case, [tell(actor, case, TitleReleased, words_commitment=why.commitment)], now)


def _take_title_back(actor: Actor, case: Case, now: datetime) -> uuid.UUID:
    if not PublicTitle.objects.filter(case=case).delete()[0]:
        raise Invalid("title-empty", _("Please write the title that everybody may read."))
    return noted(actor, case, [tell(actor, case, TitleTakenBack)], now)


# answers -------------------------------------------------------------------------------------------------------------


@verb
def answer_joined(
    *, actor: Actor, case_id: uuid.UUID, reply: str = "", own: Mapping[uuid.UUID, str] | None = None, now: datetime
) -> uuid.UUID:
    """Answer who joined this matter: those of `own` with a paragraph of their own before the common text, now; with a common
    text all others too, by the worker. A matter that is open is resolved with the common text. Raises Refused, Invalid.
    """
    parent = locked([case_id])[case_id]
    rules.check_may_resolve(actor, parent.lead_code or parent.organisation_code)
    own = {child: text for child, text in (own or {}).items() if kernel.clean(text)}
    check_filled("\n".join([reply, *own.values()]))
    common = taken(reply, shortest=0)
    if common.text and JointAnswer.objects.filter(parent=parent, done_at=None).exists():
        raise Refused(
            "joined-being-carried",
            _("An answer for all of them is on its way at this moment. Nothing was sent; your text is still here."),
        )
    children = Case.objects.filter(parent=parent, state__in=OPEN)
    waiting = children.count()
    _check_answer(common.text, own, waiting)
    if common.text and parent.state in OPEN:
        resolve_case(actor=actor, case_id=case_id, reply=common.text, now=now)
    chosen = list(children.select_for_update().filter(id__in=own).order_by("id"))
    if len(chosen) < len(own):
        raise Refused(
            "joined-moved-on",
            _("One of these matters was answered or taken out meanwhile. Nothing was sent; your text is still here."),
        )
    texts = {case.id: taken("\n\n".join(filter(None, (own[case.id], common.text)))).text for case in chosen}
    entry = noted(
        actor,
        parent,
        [
            tell(
                actor,
                parent,
                JointAnswerGiven,
                matters=waiting if common.text else len(chosen),
                words_commitment=common.commitment if common.text else "",
            )
        ],
        now,
    )
    answered = _answer(actor, chosen, texts, by_post=actor.post_id or "", now=now)
    if answered < len(chosen):
        raise Refused("joined-at-work", _at_work())
    if common.text and waiting > answered:
        JointAnswer.objects.create(
            id=new_id(),
            parent=parent,
            reply=common.text,
            salt=common.salt,
            organisation_code=recorded_by(actor, parent),
            by_post=actor.post_id or "",
            asked_at=now,
        )
    return entry


def _at_work() -> str:
    return _("Another organisation works on one of these matters by itself. Nothing was sent; your text is still here.")


def _check_answer(common: str, own: Mapping[uuid.UUID, str], waiting: int) -> None:
    if not waiting:
        raise Refused("joined-none", _("Nobody who joined this matter waits for an answer. Nothing was sent."))
    if not common and not own:
        raise Invalid("words-empty", _("Please write the answer for all, or a paragraph for one of them."))
    if len(own) > AT_ONCE:
        raise Invalid("own-many", _("At most 50 paragraphs of their own go with one answer."))


@verb
def carry_answer(*, actor: Actor, answer_id: uuid.UUID, now: datetime, most: int = BATCH) -> int:
    """Carry a joint answer to some more who joined; answers to how many. With the last of them it is done.

    Who works on one of them by itself answers it by itself. As many statements for each batch.
    """
    rules.check_is_own_program(actor)
    row = JointAnswer.objects.select_for_update().filter(id=answer_id, done_at=None).first()
    if row is None:
        return 0
    busy = Task.objects.filter(ended_at=None, case__parent=row.parent_id).values("case_id")
    waiting = Case.objects.select_for_update().filter(parent=row.parent_id, state__in=OPEN, opened_at__lte=row.asked_at)
    waiting = waiting.exclude(reopened_at__gte=row.asked_at)  # they got it and were not content: somebody has to look
    cases = list(waiting.exclude(state="paused").exclude(id__in=busy).order_by("id")[:most])
    speaker = Actor(kind="system", organisation_code=row.organisation_code)
    texts = dict.fromkeys((case.id for case in cases), row.reply)
    done = _answer(speaker, cases, texts, by_post=row.by_post, now=now, organisation_code=row.organisation_code)
    row.answered += done
    if not done or len(cases) < most:
        row.done_at, row.reply, row.salt = now, "", b""
        ledger.record([_carried(row)], actor=speaker, now=now)
    row.save(update_fields=["answered", "done_at", "reply", "salt"])
    return done


def _carried(row: JointAnswer) -> JointAnswerCarried:
    return JointAnswerCarried(
        subject=f"case:{row.parent_id}",
        organisation_code=row.organisation_code,
        case_id=str(row.parent_id),
        category=row.parent.category,
        place_code=row.parent.place_code,
        matters=row.answered,
    )


_ANSWERED = ("state", "reply", "reply_salt", "resolved_at", "resolver_post", *DUE)


def _answer(
    actor: Actor,
    cases: Sequence[Case],
    texts: Mapping[uuid.UUID, str],
    *,
    by_post: str,
    now: datetime,
    organisation_code: str = "",
) -> int:
    """Resolve these matters, each with its own text, salt and fact, in a handful of statements; answers how many could be."""
    busy = set(Task.objects.filter(case__in=cases, ended_at=None).values_list("case_id", flat=True)) if cases else set()
    free = [case for case in cases if case.id not in busy and may_move(case.state, Move.RESOLVE)]
    if not free:
        return 0
    running = Clock.objects.filter(case__in=free, stopped_at=None)
    Pause.objects.filter(clock__in=running, ended_at=None).update(ended_at=now)
    running.update(stopped_at=now)
    facts = [_resolved(actor, case, texts[case.id], by_post, now, organisation_code) for case in free]
    recorded = ledger.record(facts, actor=actor, now=now)
    save_many(free, [*_ANSWERED])
    list_checks(free, now)
    Note.objects.bulk_create(
        Note(entry_id=entry.entry_id, case=case, words=case.reply, salt=case.reply_salt, for_reporter=True)
        for entry, case in zip(recorded, free, strict=True)
    )
    return len(free)


def _resolved(actor: Actor, case: Case, text: str, by_post: str, now: datetime, organisation_code: str) -> CaseResolved:
    reply = taken(text)
    case.state = "resolved"
    case.reply, case.reply_salt, case.resolver_post = reply.text, reply.salt, by_post
    case.resolved_at = max(now, case.opened_at)
    set_due(case, now, None)
    return CaseResolved(
        subject=f"case:{case.id}",
        organisation_code=organisation_code or recorded_by(actor, case),
        case_id=str(case.id),
        category=case.category,
        place_code=case.place_code,
        reply_commitment=reply.commitment,
    )
