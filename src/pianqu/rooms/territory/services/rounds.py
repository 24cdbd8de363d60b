"""Joint rounds of the four parties, and the promises made on them: of organisations, never of persons."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import masking
from pianqu.kernels import words as kernel
from pianqu.kernels.leaf import SALT_BYTES, text_commitment
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries, rules
from pianqu.rooms.territory.facts import PromiseMade, PromiseTold, RoundHeld
from pianqu.rooms.territory.models import JointRound, Promise, RoundParty
from pianqu.rooms.territory.queries import KEPT, VERDICTS, Neighbourhood

LONGEST_WORDS = 300
OLDEST_ROUND = timedelta(days=60)
LONGEST_TERM = timedelta(days=366)
MOST_AT_ONCE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPromise:
    """What one of the four promises, and by when."""

    role: str
    organisation_code: str
    words: str
    due_on: date


@verb
def hold_round(
    *,
    actor: Actor,
    kind: str,
    code: str,
    day: date,
    parties: Sequence[tuple[str, str]],
    promises: Sequence[NewPromise] = (),
    now: datetime,
) -> uuid.UUID:
    """Enter a round that was held in a cell or a cluster, who took part as (role, organisation), and what was promised.

    Raises Absent for an unknown place, Forbidden, Invalid for days, parties or words that cannot be.
    """
    today = timezone.localdate(now)
    where = queries.neighbourhood(kind, code, on=today)
    rules.check_may_go_round(actor, queries.circle_of(where, on=today))
    if not today - OLDEST_ROUND <= day <= today:
        raise Invalid("round-day", _("A round is entered after it was held, within 60 days. Nothing was entered."))
    chosen = tuple(dict.fromkeys(parties))
    _check_parties(where, chosen, today)
    row = JointRound.objects.create(
        id=new_id(),
        day=day,
        cell_code=where.code if where.kind == "cell" else "",
        cluster_code=where.code if where.kind == "cluster" else "",
        organisation_code=actor.organisation_code,
        held_at=now,
    )
    RoundParty.objects.bulk_create(
        RoundParty(id=new_id(), round=row, role=role, organisation_code=body) for role, body in chosen
    )
    told = RoundHeld(
        subject=f"round:{row.id}",
        organisation_code=actor.organisation_code,
        round_id=str(row.id),
        day=day.isoformat(),
        cell_code=row.cell_code,
        cluster_code=row.cluster_code,
        roles=tuple(role for role, _body in chosen),
        organisation_codes=tuple(body for _role, body in chosen),
    )
    ledger.record([told, *_promised(actor, row, chosen, promises, now)], actor=actor, now=now)
    return row.id


def _check_parties(where: Neighbourhood, chosen: Sequence[tuple[str, str]], today: date) -> None:
    known = {(card.role, card.organisation_code) for card in queries.parties_of(where, on=today)}
    if set(chosen) - known:
        raise Invalid("round-parties", _("Please choose parties of this place from the list. Nothing was entered."))
    if len(chosen) < 2:
        raise Invalid("round-parties", _("A joint round has at least two parties. Nothing was entered."))


@verb
def make_promise(*, actor: Actor, round_id: uuid.UUID, promise: NewPromise, now: datetime) -> uuid.UUID:
    """One more promise of a round's party. Raises Absent, Forbidden, Invalid."""
    row = JointRound.objects.filter(id=round_id).first()
    if row is None:
        raise Absent("round-absent", _("There is no such round."))
    rules.check_may_go_round(actor, queries.circle_of(_place(row, timezone.localdate(now)), on=timezone.localdate(now)))
    took_part = tuple(RoundParty.objects.filter(round=row).values_list("role", "organisation_code"))
    facts = _promised(actor, row, took_part, [promise], now)
    ledger.record(facts, actor=actor, now=now)
    return uuid.UUID(facts[0].promise_id)


def _promised(
    actor: Actor,
    row: JointRound,
    took_part: Sequence[tuple[str, str]],
    promises: Sequence[NewPromise],
    now: datetime,
) -> list[PromiseMade]:
    """Keep the promises, and what is to be told of them."""
    if len(promises) > MOST_AT_ONCE:
        raise Invalid("promise-many", _("At most 12 promises are entered at once. Nothing was entered."))
    made = []
    for promise in promises:
        _check_promise(row, took_part, promise)
        words = checked_words(promise.words, _("Please write what was promised."))
        salt = secrets.token_bytes(SALT_BYTES)
        kept = Promise.objects.create(
            id=new_id(),
            round=row,
            role=promise.role,
            organisation_code=promise.organisation_code,
            words=words,
            salt=salt,
            due_on=promise.due_on,
            made_at=now,
        )
        made.append(
            PromiseMade(
                subject=f"promise:{kept.id}",
                organisation_code=actor.organisation_code,
                promise_id=str(kept.id),
                round_id=str(row.id),
                role=promise.role,
                promiser_code=promise.organisation_code,
                due_on=promise.due_on.isoformat(),
                words_commitment=text_commitment(words, salt),
            )
        )
    return made


def _check_promise(row: JointRound, took_part: Sequence[tuple[str, str]], promise: NewPromise) -> None:
    if (promise.role, promise.organisation_code) not in took_part:
        sentence = _("Only who took part in a round promises something there. Nothing was entered.")
        raise Invalid("promise-party", sentence)
    if not row.day <= promise.due_on <= row.day + LONGEST_TERM:
        sentence = _("A promise is for a day after the round, within a year. Nothing was entered.")
        raise Invalid("promise-day", sentence)


def checked_words(words: str, missing: str) -> str:
    """The words as everybody will read them. Raises Invalid for none, too many, and for what points at a person."""
    text = kernel.clean(words)
    if not text:
        raise Invalid("promise-words", missing)
    if len(text) > LONGEST_WORDS:
        raise Invalid("promise-words", _("Please say it in 300 characters; what you wrote is still here."))
    if masking.masked(text) != masking.narrow(text):
        sentence = _(
            "Everybody reads this: it seems to hold a name, a number or an address of a person. Please take it out."
        )
        raise Invalid("promise-person", sentence)
    return text


@verb
def tell_promise(
    *, actor: Actor, promise_id: uuid.UUID, verdict: str, on: date, words: str = "", now: datetime
) -> None:
    """Tell that a promise was kept or broken, and on which day; who tells is named. Told again, the later word counts.

    Words are needed where it was broken. Raises Absent, Forbidden, Invalid, Refused where that was told already.
    """
    row = Promise.objects.select_for_update(of=("self",)).select_related("round").filter(id=promise_id).first()
    if row is None:
        raise Absent("promise-absent", _("There is no such promise."))
    today = timezone.localdate(now)
    rules.check_may_go_round(actor, queries.circle_of(_place(row.round, today), on=today))
    _check_told(row, verdict, on, today)
    text = checked_words(words, _("Please say in a few words why.")) if words.strip() or verdict != KEPT else ""
    salt = secrets.token_bytes(SALT_BYTES) if text else None
    row.verdict, row.settled_on, row.told_by, row.told_at = verdict, on, actor.organisation_code, now
    row.told_words, row.told_salt = text, salt
    row.save(update_fields=["verdict", "settled_on", "told_by", "told_at", "told_words", "told_salt"])
    told: Fact = PromiseTold(
        subject=f"promise:{row.id}",
        organisation_code=actor.organisation_code,
        promise_id=str(row.id),
        round_id=str(row.round_id),
        promiser_code=row.organisation_code,
        verdict=verdict,
        settled_on=on.isoformat(),
        due_on=row.due_on.isoformat(),
        words_commitment=text_commitment(text, salt) if salt else "",
    )
    ledger.record([told], actor=actor, now=now)


def _check_told(row: Promise, verdict: str, on: date, today: date) -> None:
    if verdict not in VERDICTS:
        raise Invalid("promise-verdict", _("Please say whether the promise was kept or not."))
    if not row.round.day <= on <= today:
        raise Invalid("promise-told-day", _("The day lies between the round and today. Nothing was changed."))
    if (row.verdict, row.settled_on) == (verdict, on):
        raise Refused("promise-told", _("This was told already. Nothing was changed."))


def _place(row: JointRound, today: date) -> Neighbourhood:
    """Where a round was held, by today's grid. A place that is no more is arranged by nobody."""
    kind = "cell" if row.cell_code else "cluster"
    try:
        return queries.neighbourhood(kind, row.cell_code or row.cluster_code, on=today)
    except Absent as absent:
        sentence = _("The cell or cluster of this round is in today's grid no more. Nothing was changed.")
        raise Refused("round-place-gone", sentence) from absent
