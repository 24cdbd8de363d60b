"""The resident roll, asked by the person or for one person at a time: no list of residents exists."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation import throttle
from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import decrypt, has_fingerprint
from pianqu.foundation.errors import Refused
from pianqu.foundation.reached import Reached
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.models import Enrolment, Resident

ANONYMOUS, CONFIRMED, PROVEN = "", "confirmed", "proven"
LEVELS = (ANONYMOUS, CONFIRMED, PROVEN)
"""How sure the house is who somebody is: not at all, by a contact, by a card or the identity service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentCard:
    """A person of the roll, for the person's own pages. `contact` is in plain words: it goes to nobody else."""

    resident_id: uuid.UUID
    former_ids: tuple[uuid.UUID, ...]
    level: str
    contact: Reached
    name: str
    area_code: str
    confirmed_at: datetime | None
    proven_at: datetime | None
    proven_how: str
    doubted: bool

    @property
    def ids(self) -> tuple[uuid.UUID, ...]:
        """Everything under which this person may have reported."""
        return (self.resident_id, *self.former_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentCard:
    """A card that was read once and waits for its second reading. The name is masked."""

    enrolment_id: uuid.UUID
    name: str
    area_code: str
    first_post_id: uuid.UUID
    begun_at: datetime
    may_finish: bool


def resident(resident_id: uuid.UUID, *, since: datetime) -> ResidentCard | None:
    """Whom a pass given `since` then names; None where the roll or the person ended it. One statement."""
    row = Resident.objects.filter(id=resident_id, passes_from__lte=since).exclude(contact_print="").first()
    if row is None:
        return None
    contact = decrypt(row.contact_sealed, table="directory_resident", column="contact", row=str(row.id))
    proven = row.proven_at is not None and not row.doubted
    name = decrypt(row.name_sealed, table="directory_resident", column="name", row=str(row.id)) if proven else ""
    return ResidentCard(
        resident_id=row.id,
        former_ids=tuple(uuid.UUID(text) for text in row.former_ids),
        level=PROVEN if proven else CONFIRMED,
        contact=Reached(row.contact_kind, contact),
        name=name,
        area_code=row.area_code if proven else "",
        confirmed_at=row.confirmed_at,
        proven_at=row.proven_at if proven else None,
        proven_how=row.proven_how if proven else "",
        doubted=row.doubted,
    )


def masked_name(name: str) -> str:
    """The family name's first character; the rest as stars."""
    return name[:1] + "*" * min(len(name) - 1, 3)


def enrolments_for(actor: Actor) -> tuple[EnrolmentCard, ...]:
    """What waits in the actor's organisation for a second officer, oldest first. One statement."""
    rows = Enrolment.objects.filter(organisation_code=actor.organisation_code).order_by("begun_at", "id")[:100]
    return tuple(
        EnrolmentCard(
            enrolment_id=row.id,
            name=masked_name(decrypt(row.name_sealed, table="directory_enrolment", column="name", row=str(row.id))),
            area_code=row.area_code,
            first_post_id=row.first_post_id,
            begun_at=row.begun_at,
            may_finish=str(row.first_account_id) != str(actor.account_id),
        )
        for row in rows
    )


def check_is_number(typed: str, known: str) -> None:
    """Raise Invalid for what is no number, Refused for another one than the roll knows."""
    if not known or not has_fingerprint(rules.identity_number(typed).text, known, scope=rules.NUMBER):
        raise Refused("number-differs", _("This is not the number that the roll knows. Please check it."))


def check_number(resident_id: uuid.UUID, typed: str, *, now: datetime) -> None:
    """The same for what a person typed: five wrong ones within an hour lock for an hour. Raises Invalid, Refused, TooMany."""
    party = str(resident_id)
    throttle.check_open(scope=rules.NUMBER, party=party, now=now)
    known = Resident.objects.filter(id=resident_id).values_list("number_print", flat=True).first()
    try:
        check_is_number(typed, known or "")
    except Refused:
        throttle.count_wrong(scope=rules.NUMBER, party=party, now=now)
        raise
    throttle.forgive(scope=rules.NUMBER, party=party)
