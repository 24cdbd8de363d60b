"""follow_cases: what happens to a matter here is told to the partner that gave it to us or has it from us."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from pianqu.foundation.actor import Actor
from pianqu.foundation.facts import Fact
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import facts as told
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.partners.facts import LettersEmptied
from pianqu.rooms.partners.lifecycle import LIVE, State
from pianqu.rooms.partners.models import Letter, Posting, Transfer
from pianqu.rooms.partners.queries import encoded
from pianqu.rooms.partners.services.writing import locked_partner, write

Body = Mapping[str, Any]
LEAVING = ("waiting", "sending", "doubtful")
"""Postings whose letters still have to leave, unless nothing is exchanged with their partner any more."""


@dataclass(frozen=True, slots=True)
class Following:
    """One fact about a matter that a partner may have to hear of."""

    entry_id: uuid.UUID
    fact: Fact


@verb
def follow_cases(*, actor: Actor, items: Sequence[Following], now: datetime) -> int:
    """Write the letters that follow from these facts, each once for ever; answers how many."""
    transfers = _transfers({case_of(item.fact) for item in items})
    written = 0
    for item in _without_repeats(items):
        for transfer in transfers.get(case_of(item.fact), ()):
            partner = locked_partner(transfer.partner_id)  # first: a letter that comes in meanwhile moves the transfer
            transfer.refresh_from_db()
            listens = partner.dropped_at is None and not _is_written(transfer, item.entry_id)
            letter = _letter(transfer, item) if listens else None
            if letter is not None:
                write(actor, partner, transfer, *letter, now, cause=item.entry_id)
                written += 1
            # what cannot leave any more is emptied at once, the rest when it has left
            if isinstance(item.fact, told.CaseErased) and (_emptied(actor, transfer, now) or letter is not None):
                transfer.erased_at = now
                transfer.save(update_fields=["erased_at"])
    return written


def _transfers(case_ids: set[uuid.UUID]) -> dict[uuid.UUID, list[Transfer]]:
    """The transfers of these matters, those of disconnected partners too: what was erased goes from their letters."""
    found: dict[uuid.UUID, list[Transfer]] = {}
    rows = Transfer.objects.filter(case_id__in=case_ids).order_by("offered_at", "id")
    for transfer in rows.select_related("partner"):
        assert transfer.case_id is not None
        found.setdefault(transfer.case_id, []).append(transfer)
    return found


def case_of(fact: Fact) -> uuid.UUID:
    """The matter that a followed fact is about."""
    return uuid.UUID(getattr(fact, "case_id", ""))


def _without_repeats(items: Sequence[Following]) -> Iterable[Following]:
    """Of the steps that only tell how a matter stands, the last of each matter is enough."""
    last = {case_of(item.fact): item for item in items if isinstance(item.fact, _STEPS)}
    return [item for item in items if not isinstance(item.fact, _STEPS) or last[case_of(item.fact)] is item]


def _is_written(transfer: Transfer, cause: uuid.UUID) -> bool:
    return Letter.objects.filter(transfer=transfer, cause=cause).exists()


def _letter(transfer: Transfer, item: Following) -> tuple[str, Body] | None:
    """What the partner hears of this fact: kind and body; None where it is no news for it."""
    if transfer.state == State.OFFERED and transfer.direction == "in":
        return None
    if isinstance(item.fact, told.CaseErased):
        return ("erased", {}) if transfer.direction == "out" else None
    say = _TO_TAKER if transfer.direction == "out" else _TO_GIVER
    rule = say.get(type(item.fact))
    return rule(transfer, item) if rule and transfer.state in (*LIVE, State.CLOSED) else None


def _words(item: Following) -> str:
    """The words that belong to the fact's entry, as far as its reporter may read them."""
    lines = casework.timeline(case_of(item.fact), for_reporter=True)
    return next((line.words for line in lines if line.entry_id == item.entry_id), "")


# to who has a matter from us -----------------------------------------------------------------------------------------


def _added(transfer: Transfer, item: Following) -> tuple[str, Body] | None:
    if transfer.state not in (State.OFFERED, State.TAKEN):
        return None
    added = casework.addition_of(item.entry_id)
    if added is None:
        return None
    photos = encoded(casework.resident_photo(case_of(item.fact), one.photo_id).content for one in added.photos)
    return "added", {"words": added.words, "photos": photos}


def _taken_back(transfer: Transfer, _item: Following) -> tuple[str, Body] | None:
    """Withdrawn, or answered here after all: nobody has to work on it there."""
    return ("withdrawn", {"words": ""}) if transfer.state in (State.OFFERED, State.TAKEN) else None


def _reopened(transfer: Transfer, item: Following) -> tuple[str, Body] | None:
    """To who had it last alone: a matter lies with one system at a time."""
    later = Transfer.objects.filter(case_id=transfer.case_id, direction="out", offered_at__gt=transfer.offered_at)
    if transfer.state not in (State.ANSWERED, State.CLOSED) or later.exists():
        return None
    return "reopened", {"words": _words(item)}


def _rated(transfer: Transfer, item: Following) -> tuple[str, Body] | None:
    assert isinstance(item.fact, told.CaseRated)
    answered = transfer.state in (State.ANSWERED, State.CLOSED)
    return ("rated", {"score": item.fact.score, "words": _words(item)}) if answered else None


# to who gave a matter to us ------------------------------------------------------------------------------------------


def _progress(transfer: Transfer, _item: Following) -> tuple[str, Body]:
    assert transfer.case_id is not None
    head = casework.case_head(transfer.case_id)
    lead = directory.name_of(head.lead_code) if head.lead_code else ""
    return "progress", {"state": head.state, "lead": lead, "due_at": head.due_at.isoformat() if head.due_at else ""}


def _answered(transfer: Transfer, item: Following) -> tuple[str, Body] | None:
    return ("answered", {"words": _words(item)}) if transfer.state == State.TAKEN else None


def _closed(transfer: Transfer, item: Following) -> tuple[str, Body] | None:
    reason = item.fact.reason if isinstance(item.fact, told.CaseClosed) else "withdrawn"
    return ("closed", {"reason": reason}) if transfer.state in (State.TAKEN, State.ANSWERED) else None


Say = Callable[[Transfer, Following], tuple[str, Body] | None]
_TO_TAKER: dict[type[Fact], Say] = {
    told.CaseExtended: _added,
    told.CaseWithdrawn: _taken_back,
    told.CaseResolved: _taken_back,
    told.CaseReopened: _reopened,
    told.CaseRated: _rated,
}
_STEPS = (
    told.CaseAccepted,
    told.CaseDispatched,
    told.TaskStarted,
    told.TaskReturned,
    told.CasePaused,
    told.CaseResumed,
    told.ExtensionDecided,
    told.DueDateSet,
)
_TO_GIVER: dict[type[Fact], Say] = {
    **dict.fromkeys(_STEPS, _progress),
    told.CaseReopened: _progress,
    told.CaseResolved: _answered,
    told.CaseClosed: _closed,
    told.CaseWithdrawn: _closed,
}
FOLLOWED = (*_TO_TAKER, *_TO_GIVER, told.CaseErased)
"""Facts of casework that a partner may have to hear of."""


@verb
def empty_letters(*, actor: Actor, now: datetime) -> int:
    """Destroy the words of letters whose matter was erased, as soon as none of them waits to leave; answers how many."""
    waiting = Posting.objects.filter(state__in=LEAVING, letter__partner__dropped_at=None).values("letter__transfer_id")
    full = Letter.objects.exclude(text="").values("transfer_id")
    due = Transfer.objects.exclude(erased_at=None).filter(id__in=full).exclude(id__in=waiting)
    return sum(_emptied(actor, transfer, now) for transfer in due.order_by("id")[:100])


def _emptied(actor: Actor, transfer: Transfer, now: datetime) -> int:
    """Destroy the words of a transfer's letters, but for those that still leave; answers how many."""
    full = Letter.objects.filter(transfer=transfer).exclude(text="")
    gone = Posting.objects.exclude(state__in=LEAVING).values("letter_id")
    waits = Q(direction="out", partner__dropped_at=None) & ~Q(id__in=gone)  # also where there is no posting yet
    if emptied := full.exclude(waits).update(text=""):
        fact = LettersEmptied(
            subject=f"case:{transfer.case_id}" if transfer.case_id else f"transfer:{transfer.id}",
            organisation_code=actor.organisation_code,
            transfer_id=str(transfer.id),
            letters=emptied,
            case_id=str(transfer.case_id or ""),
        )
        ledger.record([fact], actor=actor, now=now)
    return emptied
