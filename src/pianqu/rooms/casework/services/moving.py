"""What happens to a case after it was opened: check who, check the state, change, record."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import fingerprint
from pianqu.foundation.db import save_many
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.idempotency import answer_once
from pianqu.foundation.ids import new_id
from pianqu.foundation.photos import SafePhoto
from pianqu.foundation.verbs import verb
from pianqu.kernels import checkcode
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import CaseClosed, CaseExtended, CaseResolved, CaseWithdrawn
from pianqu.rooms.casework.lifecycle import Move, check_move
from pianqu.rooms.casework.models import Addition, Case, Note, Photo
from pianqu.rooms.casework.services.calling import check_was_checked, list_checks
from pianqu.rooms.casework.services.clocks import DUE, stop
from pianqu.rooms.casework.services.parts import Claim, kept_photos, taken
from pianqu.rooms.casework.services.rating import free_joined, waiting_children
from pianqu.rooms.casework.services.steps import (
    check_filled,
    end_tasks,
    live_tasks,
    locked,
    parts_know,
    recorded_by,
)
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger

EXTEND = "casework.extend"
SETTLED, NOT_RATED = "settled", "not-rated"
"""Why a case was closed. Nobody's silence is counted as satisfaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """One case's answer."""

    case_id: uuid.UUID
    reply: str
    claim: Claim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One case's end; `reason` is a code."""

    case_id: uuid.UUID
    reason: str = SETTLED
    claim: Claim | None = None


@verb
def extend_case(
    *,
    actor: Actor,
    case_id: uuid.UUID,
    words: str,
    photos: Sequence[SafePhoto] = (),
    idempotency_key: str | None = None,
    now: datetime,
) -> uuid.UUID:
    """Add words or photos to an open case; answers the addition's entry in the ledger.

    With an idempotency key a repeated request adds nothing and gets the first answer again.
    """
    if idempotency_key is None:
        return _extend(actor, case_id, words, photos, now)
    content = [str(case_id), actor.kind, words, [sha256(photo.content).hexdigest() for photo in photos]]
    answer = answer_once(
        scope=EXTEND,
        key=idempotency_key,
        fingerprint=fingerprint(repr(content), scope=EXTEND),
        now=now,
        act=lambda: str(_extend(actor, case_id, words, photos, now)),
    )
    return uuid.UUID(answer)


def _extend(actor: Actor, case_id: uuid.UUID, words: str, photos: Sequence[SafePhoto], now: datetime) -> uuid.UUID:
    case = locked([case_id])[case_id]
    rules.check_may_extend(actor, case.organisation_code)
    check_move(case.state, Move.EXTEND)
    said = taken(
        words,
        shortest=0 if photos else 1,
        missing=_("Please write what is new, or choose a photo."),
    )
    addition_id = new_id()
    kept = kept_photos(photos, case_id=case_id, addition_id=addition_id)
    raised = not case.danger and bool(queries.dangers_in(said.text))
    fact = CaseExtended(
        subject=f"case:{case_id}",
        organisation_code=recorded_by(actor, case),
        case_id=str(case_id),
        category=case.category,
        place_code=case.place_code,
        words_commitment=said.commitment,
        photo_commitments=tuple(photo.commitment for photo in kept),
        danger=raised,
    )
    if raised:
        case.danger = True
        case.save(update_fields=["danger"])
    entry = ledger.record([fact], actor=actor, now=now)[0]
    Addition.objects.create(
        id=addition_id, case=case, entry_id=entry.entry_id, words=said.text, words_salt=said.salt, added_at=now
    )
    Photo.objects.bulk_create(kept)
    return entry.entry_id


@verb
def withdraw_case(*, actor: Actor, case_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """The reporter takes the matter back; answers the entry in the ledger."""
    case = locked([case_id])[case_id]
    rules.check_may_withdraw(actor, case.organisation_code)
    case.state = check_move(case.state, Move.WITHDRAW)
    case.closed_at = max(now, case.opened_at)
    stop(case, now)
    end_tasks(live_tasks(case).values(), "withdrawn", now)
    fact = CaseWithdrawn(
        subject=f"case:{case_id}",
        organisation_code=recorded_by(actor, case),
        case_id=str(case_id),
        category=case.category,
        place_code=case.place_code,
    )
    entry = ledger.record([fact], actor=actor, now=now)[0]
    _save([case], ["state", "closed_at", *DUE])
    free_joined(case, now)
    parts_know([case], ended=True)
    return entry.entry_id


@verb
def resolve_case(
    *, actor: Actor, case_id: uuid.UUID, reply: str, claim: Claim | None = None, now: datetime
) -> uuid.UUID:
    """Answer the reporter: the matter was dealt with; answers the entry in the ledger."""
    item = Resolution(case_id=case_id, reply=reply, claim=claim)
    return resolve_cases(actor=actor, items=[item], now=now)[0]


@verb
def resolve_cases(*, actor: Actor, items: Sequence[Resolution], now: datetime) -> tuple[uuid.UUID, ...]:
    """Answer many cases at once."""
    cases = locked([item.case_id for item in items])
    facts = [_resolve(actor, cases[item.case_id], item, now) for item in items]
    recorded = ledger.record(facts, actor=actor, now=now)
    _save(cases.values(), [*_RESOLVED])
    list_checks([cases[item.case_id] for item in items if item.claim is None], now)
    Note.objects.bulk_create(
        Note(entry_id=entry.entry_id, case=case, words=case.reply, salt=case.reply_salt, for_reporter=True)
        for entry, item in zip(recorded, items, strict=True)
        if item.claim is None and (case := cases[item.case_id])
    )
    return tuple(entry.entry_id for entry in recorded)


_RESOLVED = ("state", "reply", "reply_salt", "resolved_at", "resolver_post", *DUE)


def _resolve(actor: Actor, case: Case, item: Resolution, now: datetime) -> CaseResolved:
    rules.check_may_resolve(actor, case.lead_code or case.organisation_code)
    if item.claim is None:
        if actor.kind == "post":  # what another system answered is its own
            check_filled(item.reply)
        _end_the_work(actor, case, now)
    case.state = check_move(case.state, Move.RESOLVE)
    reply = taken(item.reply, missing=_("Please write the answer: who reported it reads exactly this."))
    case.reply, case.reply_salt, case.resolver_post = reply.text, reply.salt, actor.post_id or ""
    case.resolved_at = _moment(actor, item.claim, case.opened_at, now)
    return CaseResolved(
        subject=f"case:{case.id}",
        organisation_code=recorded_by(actor, case),
        case_id=str(case.id),
        category=case.category,
        place_code=case.place_code,
        reply_commitment=reply.commitment,
        **(item.claim.told() if item.claim else {}),
    )


def _end_the_work(actor: Actor, case: Case, now: datetime) -> None:
    """Stop clock and tasks. Raises Refused while somebody who helps has not done the part."""
    check_move(case.state, Move.RESOLVE)
    tasks = live_tasks(case)
    if helping := [task.organisation_code for task in tasks.values() if task.role == "helper"]:
        raise Refused(
            "helpers-at-work",
            _("%(codes)s have not done their part yet. Your answer was not sent; it is still here.")
            % {"codes": ", ".join(directory.name_of(code) for code in helping)},
        )
    stop(case, now)
    end_tasks(tasks.values(), "done", now)


@verb
def close_case(
    *, actor: Actor, case_id: uuid.UUID, reason: str = SETTLED, claim: Claim | None = None, now: datetime
) -> uuid.UUID:
    """Put a resolved case into the archive; answers the entry in the ledger."""
    item = Closing(case_id=case_id, reason=reason, claim=claim)
    return close_cases(actor=actor, items=[item], now=now)[0]


@verb
def close_cases(*, actor: Actor, items: Sequence[Closing], now: datetime) -> tuple[uuid.UUID, ...]:
    """Put many resolved cases into the archive."""
    cases = locked([item.case_id for item in items])
    facts = [_close(actor, cases[item.case_id], item, now) for item in items]
    recorded = ledger.record(facts, actor=actor, now=now)
    _save(cases.values(), ["state", "closed_at"])
    parts_know(cases.values(), ended=True)
    return tuple(entry.entry_id for entry in recorded)


def _close(actor: Actor, case: Case, item: Closing, now: datetime) -> CaseClosed:
    rules.check_may_close(actor, case.organisation_code)
    many, children = waiting_children(case) if item.claim is None else (0, ())
    if many:
        raise Refused(
            "children-open",
            _("%(count)d matters that are joined to this one have not ended: %(codes)s. Nothing was changed.")
            % {"count": many, "codes": ", ".join(map(checkcode.show, children))},
        )
    check_move(case.state, Move.CLOSE)
    if item.claim is None:
        check_was_checked(actor, case)
    case.state = check_move(case.state, Move.CLOSE)
    case.closed_at = _moment(actor, item.claim, case.resolved_at or case.opened_at, now)
    return CaseClosed(
        subject=f"case:{case.id}",
        organisation_code=recorded_by(actor, case),
        case_id=str(case.id),
        category=case.category,
        place_code=case.place_code,
        reason=item.reason if case.score or item.claim or item.reason != SETTLED else NOT_RATED,
        **(item.claim.told() if item.claim else {}),
    )


def _moment(actor: Actor, claim: Claim | None, earliest: datetime, now: datetime) -> datetime:
    """When it happened: now (never before what came earlier, should the clock have gone back), or as claimed."""
    if claim is None:
        return max(now, earliest)
    rules.check_may_claim(actor)
    if claim.happened_at < earliest:
        raise Invalid("closed-before-opened", _("This matter cannot end before it began."))
    return claim.happened_at


def _save(cases: Iterable[Case], fields: list[str]) -> None:
    """One update, whatever their number."""
    rows = list(cases)
    if len(rows) == 1:
        rows[0].save(update_fields=fields)
    else:
        save_many(rows, fields)
