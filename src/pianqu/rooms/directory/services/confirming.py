"""confirm_contact: a code shows that a telephone number or mail address is somebody's own; then the person stands on the roll."""

import uuid
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from pianqu.foundation import onetime
from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import fingerprint
from pianqu.foundation.errors import Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.reached import Reached
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import queries, rules
from pianqu.rooms.directory.facts import ContactConfirmed, ContactFreed, ContactUsed, PassesEnded, ProofRestored
from pianqu.rooms.directory.models import Resident
from pianqu.rooms.directory.services.residents import CONTACT, prints_of, resident_row, sealed_for
from pianqu.rooms.ledger import services as ledger

CHANGES_HANDS = timedelta(days=90)
"""A telephone number that its holder gave up goes to somebody else no earlier; used within it, it is the same person's."""


@verb
def confirm_contact(*, actor: Actor, to: Reached, code: str, now: datetime) -> uuid.UUID:
    """Who gives the code that was sent there stands on the roll with this contact; answers the resident's id.

    Whoever takes the code from a person lets `onetime.check` count wrong ones first. Raises Refused.
    """
    rules.check_is_resident(actor)
    onetime.use(to=to.value, code=code, now=now)
    row = Resident.objects.select_for_update().filter(contact_print__in=prints_of(CONTACT, to.value)).first()
    if row is not None and row.used_at is not None and now - row.used_at >= CHANGES_HANDS:
        row = _grown_old(actor, row, now)
    if row is None:
        row = Resident(id=new_id(), passes_from=now, contact_kind=to.kind)
        row.contact_sealed, row.contact_print = (
            sealed_for(row.id, "contact", to.value),
            fingerprint(to.value, scope=CONTACT),
        )
    first = row.confirmed_at is None
    row.confirmed_at, row.used_at = row.confirmed_at or now, now
    row.save()
    about = {"subject": f"resident:{row.id}", "organisation_code": actor.organisation_code, "resident_id": str(row.id)}
    told = ContactConfirmed(contact_kind=to.kind, **about) if first else ContactUsed(**about)
    ledger.record([told], actor=actor, now=now)
    return row.id


def _grown_old(actor: Actor, row: Resident, now: datetime) -> Resident | None:
    """Long unused, it may have passed to another person: who is proven says so with the identity number; else it begins anew."""
    if row.proven_at is not None:
        row.doubted = True
        return row
    _free(actor, row, now)
    row.delete()
    return None


@verb
def not_me(*, actor: Actor, resident_id: uuid.UUID, now: datetime) -> None:
    """The contact came to somebody else: its former holder stays proven without it, who has it now begins anew.

    Raises Absent, Refused where nobody doubts it.
    """
    rules.check_is_resident(actor)
    row = resident_row(resident_id)
    if not row.doubted:
        raise Refused("contact-not-doubted", _("This contact is in use. Nothing was changed."))
    _free(actor, row, now)
    fields = {"contact_kind": "", "contact_sealed": "", "contact_print": "", "confirmed_at": None, "used_at": None}
    Resident.objects.filter(id=resident_id).update(**fields, doubted=False, passes_from=now)


def _free(actor: Actor, row: Resident, now: datetime) -> None:
    told = ContactFreed(
        subject=f"resident:{row.id}", organisation_code=actor.organisation_code, resident_id=str(row.id)
    )
    ledger.record([told], actor=actor, now=now)


@verb
def restore_proof(*, actor: Actor, resident_id: uuid.UUID, number: str, now: datetime) -> None:
    """Who is asked after a long time gives the identity number again. Raises Invalid, Refused.

    Whoever takes the number from a person lets `queries.check_number` count wrong ones first.
    """
    rules.check_is_resident(actor)
    row = resident_row(resident_id)
    queries.check_is_number(number, row.number_print)
    Resident.objects.filter(id=resident_id).update(doubted=False, used_at=now)
    told = ProofRestored(
        subject=f"resident:{row.id}", organisation_code=actor.organisation_code, resident_id=str(row.id)
    )
    ledger.record([told], actor=actor, now=now)


@verb
def end_passes(*, actor: Actor, resident_id: uuid.UUID, now: datetime) -> None:
    """Every device forgets the person; who wants in asks for a new code. Raises Absent."""
    rules.check_is_resident(actor)
    row = resident_row(resident_id)
    Resident.objects.filter(id=resident_id).update(passes_from=now)
    told = PassesEnded(subject=f"resident:{row.id}", organisation_code=actor.organisation_code, resident_id=str(row.id))
    ledger.record([told], actor=actor, now=now)
