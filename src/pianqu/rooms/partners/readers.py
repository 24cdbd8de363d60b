"""What partners does when facts come: letters are put on their way, what they ask for is done, matters are followed.

Three readers. `post` makes a posting for each letter that the ledger has sealed, so that its receipt can go with it; `act`
carries out what came in; `follow` writes what partners have to hear. Each does nothing twice, also in a replay.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from pianqu.foundation.errors import Problem
from pianqu.rooms.ledger.services import Heard
from pianqu.rooms.partners import queries, rules, services
from pianqu.rooms.partners.facts import LetterReceived, LetterWritten, PostingSettled
from pianqu.rooms.partners.models import Carried, Followed, Posting, Watch
from pianqu.rooms.partners.services.following import FOLLOWED, Following, case_of

POST, ACT, FOLLOW = "partners.post", "partners.act", "partners.follow"


def keep() -> None:
    """Nothing is removed before a replay: what was sent stays sent, what was done stays done."""


def post(heard: Sequence[Heard]) -> None:
    """A posting for each letter; a watch for each matter that an Open311 server has; what somebody found out."""
    now = timezone.now()
    letters = [fact for item in heard if isinstance(fact := item.fact, LetterWritten)]
    Posting.objects.bulk_create(
        [
            Posting(letter_id=fact.letter_id, partner_id=fact.partner_id, number=fact.number, next_at=now)
            for fact in letters
        ],
        ignore_conflicts=True,
    )
    taken = [fact for item in heard if isinstance(fact := item.fact, LetterReceived) and fact.letter_kind == "taken"]
    foreign = queries.at_servers([uuid.UUID(fact.transfer_id) for fact in taken])
    Watch.objects.bulk_create([Watch(transfer_id=id_, next_at=now) for id_ in foreign], ignore_conflicts=True)
    for item in heard:
        if isinstance(item.fact, PostingSettled):
            _settle(item.fact, now)


def _settle(fact: PostingSettled, now: datetime) -> None:
    state = {"arrived": "sent", "again": "waiting", "given-up": "given-up"}[fact.outcome]
    doubtful = Posting.objects.filter(letter_id=fact.letter_id, state="doubtful")
    doubtful.update(state=state, next_at=now, outcome=f"settled: {fact.outcome}")


def act(heard: Sequence[Heard]) -> None:
    """Carry out what letters ask for, each once; what cannot be done is answered with the reason."""
    ids = [uuid.UUID(item.fact.letter_id) for item in heard if isinstance(item.fact, LetterReceived)]
    done = set(Carried.objects.filter(letter_id__in=ids).values_list("letter_id", flat=True)) if ids else set()
    for letter_id in ids:
        if letter_id not in done:
            now = timezone.now()
            Carried.objects.create(letter_id=letter_id, at=now, trouble=_act(letter_id, now))


def _act(letter_id: uuid.UUID, now: datetime) -> str:
    """Why it could not be carried out; empty where it was."""
    actor = rules.programs()
    try:
        services.carry_out(actor=actor, letter_id=letter_id, now=now)
    except Problem as problem:
        services.leave_undone(actor=actor, letter_id=letter_id, code=problem.code, sentence=problem.message, now=now)
        return problem.message[:300]
    return ""


def follow(heard: Sequence[Heard]) -> None:
    """Tell partners what happened to matters that they gave us, or have from us; each fact's once for ever."""
    done, _made = Followed.objects.get_or_create(name=FOLLOW)
    fresh = [item for item in heard if item.position > done.up_to]
    items = [Following(item.entry_id, item.fact) for item in fresh if item.fact and isinstance(item.fact, FOLLOWED)]
    concerned = queries.followed({case_of(item.fact) for item in items})
    if mine := [item for item in items if case_of(item.fact) in concerned]:
        services.follow_cases(actor=rules.programs(), items=mine, now=timezone.now())
    if fresh:
        done.up_to = fresh[-1].position
        done.save(update_fields=["up_to"])
