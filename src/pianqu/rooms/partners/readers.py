"""What partners does when facts come: letters are put on their way, what they ask for is done, matters are followed.

Three readers. `post` makes a posting for each letter that the ledger has sealed, so that its receipt can go with it; `act`
carries out what came in; `follow` writes what partners have to hear. Each does nothing twice, also in a replay.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from pianqu.foundation.errors import Problem
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.ledger.services import Heard
from pianqu.rooms.partners import queries, rules, services
from pianqu.rooms.partners.facts import LetterReceived, LetterWritten, PostingSettled
from pianqu.rooms.partners.models import Carried, Followed, Letter, Posting, Watch
from pianqu.rooms.partners.services.following import FOLLOWED, Following, case_of

POST, ACT, FOLLOW = "partners.post", "partners.act", "partners.follow"


def keep() -> None:
    """Nothing is removed before a replay: what was sent stays sent, what was done stays done."""


def post(heard: Sequence[Heard]) -> None:
    """A posting for each letter; a watch for each matter that an Open311 server has; what somebody found out."""
    now = timezone.now()
    letters = [(item, fact) for item in heard if isinstance(fact := item.fact, LetterWritten)]
    here = _here([uuid.UUID(fact.letter_id) for _item, fact in letters])
    Posting.objects.bulk_create(
        [
            Posting(letter_id=fact.letter_id, partner_id=fact.partner_id, number=fact.number, next_at=now)
            for _item, fact in letters
            if uuid.UUID(fact.letter_id) in here
        ],
        ignore_conflicts=True,
    )
    ledger.pass_over(reader=POST, facts=[item for item, fact in letters if uuid.UUID(fact.letter_id) not in here])
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


def _here(letter_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of these letters that are here. One statement, none where none is asked for."""
    rows = Letter.objects.filter(id__in=letter_ids).values_list("id", flat=True) if letter_ids else ()
    return frozenset(rows)


def act(heard: Sequence[Heard]) -> None:
    """Carry out what letters ask for, each once; what cannot be done is answered with the reason."""
    letters = [(item, uuid.UUID(item.fact.letter_id)) for item in heard if isinstance(item.fact, LetterReceived)]
    ids = [letter_id for _item, letter_id in letters]
    here = _here(ids)
    done = set(Carried.objects.filter(letter_id__in=ids).values_list("letter_id", flat=True)) if ids else set()
    for letter_id in ids:
        if letter_id in here and letter_id not in done:
            now = timezone.now()
            Carried.objects.create(letter_id=letter_id, at=now, trouble=_act(letter_id, now))
    ledger.pass_over(reader=ACT, facts=[item for item, letter_id in letters if letter_id not in here])


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
    items = [(item, fact) for item in fresh if (fact := item.fact) and isinstance(fact, FOLLOWED)]
    concerned = queries.followed({case_of(fact) for _item, fact in items})
    here = casework.codes_of(concerned)
    if mine := [Following(item.entry_id, fact) for item, fact in items if case_of(fact) in here]:
        services.follow_cases(actor=rules.programs(), items=mine, now=timezone.now())
    missing = concerned - here.keys()
    ledger.pass_over(reader=FOLLOW, facts=[item for item, fact in items if case_of(fact) in missing])
    if fresh:
        done.up_to = fresh[-1].position
        done.save(update_fields=["up_to"])
