"""The resident roll: two officers read the same card, or the identity service vouches; leaving it destroys what it held."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import decrypt, encrypt, fingerprint, fingerprints
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.facts import REGISTRY
from pianqu.foundation.ids import new_id
from pianqu.foundation.reached import reached
from pianqu.foundation.verbs import verb
from pianqu.kernels import words
from pianqu.kernels.identity_number import IdentityNumber
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.facts import EnrolmentBegun, EnrolmentDropped, IdentityProven, ResidentLeft
from pianqu.rooms.directory.models import Enrolment, Resident
from pianqu.rooms.ledger import queries as ledger_questions
from pianqu.rooms.ledger import services as ledger

CONTACT = "resident-contact"
WAITS = timedelta(days=1)
"""How long a card that was read once waits for its second reading."""
WINDOW, SERVICE = "window", "service"


def prints_of(scope: str, text: str) -> Sequence[str]:
    """The fingerprints under which the roll may know it: one for each key of the ring."""
    return fingerprints(text, scope=scope)


def sealed_for(row_id: uuid.UUID, column: str, text: str, table: str = "directory_resident") -> str:
    return encrypt(text, table=table, column=column, row=str(row_id))


def resident_row(resident_id: uuid.UUID) -> Resident:
    """The person's row, held until the verb is done. Raises Absent."""
    row = Resident.objects.select_for_update().filter(id=resident_id).first()
    if row is None:
        raise Absent("resident-absent", _("The roll no longer knows you. Please confirm your contact again."))
    return row


@verb
def begin_enrolment(
    *, actor: Actor, name: str, number: str, area_code: str, contact: str = "", now: datetime
) -> uuid.UUID:
    """What one officer reads from a person's card, with the person there; waits for a colleague. Answers its id.

    For somebody who is proven already it brings a new name, community or contact. Raises Forbidden; Invalid for what is no
    number, name or contact, or for a child under 14 (个人信息保护法 第三十一条); Refused while the same card waits elsewhere.
    """
    rules.check_may_enrol(actor)
    person = _grown_up(rules.identity_number(number), now)
    called = _checked_name(name)
    if not area_code:
        raise Invalid("area-missing", _("Please choose the community where the person lives."))
    way = reached(contact) if contact.strip() else None
    if Enrolment.objects.filter(number_print__in=prints_of(rules.NUMBER, person.text)).exists():
        raise Refused("enrolment-waits", _("This card was read already and waits for a second officer."))
    row = Enrolment(
        id=new_id(),
        organisation_code=actor.organisation_code,
        number_print=fingerprint(person.text, scope=rules.NUMBER),
        area_code=area_code,
        first_account_id=uuid.UUID(str(actor.account_id)),
        first_post_id=uuid.UUID(str(actor.post_id)),
        begun_at=now,
    )
    row.name_sealed = sealed_for(row.id, "name", called, "directory_enrolment")
    if way is not None:
        _check_free(way.value, person)
        row.contact_kind, row.contact_print = way.kind, fingerprint(way.value, scope=CONTACT)
        row.contact_sealed = sealed_for(row.id, "contact", way.value, "directory_enrolment")
    row.save(force_insert=True)
    told = EnrolmentBegun(
        subject=f"enrolment:{row.id}",
        organisation_code=actor.organisation_code,
        enrolment_id=str(row.id),
        area_code=area_code,
    )
    ledger.record([told], actor=actor, now=now)
    return row.id


def _grown_up(person: IdentityNumber, now: datetime) -> IdentityNumber:
    today = timezone.localdate(now)
    if person.born > today or person.age(today) > 150:
        raise Invalid("number-wrong", _("The birthday in this number cannot be right. Please read the card again."))
    if person.age(today) < rules.CHILD:
        sentence = _(
            "Children under 14 are not entered: a guardian speaks for them. Nothing was kept of what you typed."
        )
        raise Invalid("number-child", sentence)
    return person


def _checked_name(name: str) -> str:
    called = words.clean(name).strip()
    if not 1 < len(called) <= 40 or any(character.isdigit() for character in called):
        raise Invalid("name-wrong", _("Please give the name as it stands on the card, of 2 to 40 characters."))
    return called


def _check_free(contact: str, person: IdentityNumber) -> None:
    """Raise Refused where somebody else who is proven has this contact: one telephone speaks for one person."""
    others = Resident.objects.filter(contact_print__in=prints_of(CONTACT, contact)).exclude(proven_at=None)
    if others.exclude(number_print__in=prints_of(rules.NUMBER, person.text)).exists():
        sentence = _(
            "Another proven person uses this contact. Please leave it empty, or give one that is the person's own."
        )
        raise Refused("contact-taken", sentence)


@verb
def finish_enrolment(*, actor: Actor, enrolment_id: uuid.UUID, number: str, now: datetime) -> uuid.UUID:
    """A second officer of the same organisation read the same card; the person is proven. Answers the resident's id.

    Raises Absent, Forbidden for the first officer, Invalid where the numbers differ.
    """
    row = _waiting(actor, enrolment_id)
    rules.check_is_second(actor, row.first_account_id)
    person = rules.identity_number(number)
    if row.number_print not in prints_of(rules.NUMBER, person.text):
        sentence = _(
            "This number is not the one that the first officer read. Please read the card again; if it is right, "
            "give this enrolment up and begin a new one."
        )
        raise Invalid("number-differs", sentence)
    name, contact = _opened(row)
    known = _resident_of(person, contact)
    known.name_sealed = sealed_for(known.id, "name", name)
    known.area_code = row.area_code
    if contact:
        _check_free(contact, person)
        if known.contact_print != row.contact_print:
            known.confirmed_at, known.used_at = None, None
        known.contact_kind, known.contact_print = row.contact_kind, row.contact_print
        known.contact_sealed = sealed_for(known.id, "contact", contact)
    _prove(actor, known, person, WINDOW, row, now)
    row.delete()
    return known.id


def _resident_of(person: IdentityNumber, contact: str) -> Resident:
    """The row of this number; else that of this contact, if nobody is proven by it; else a new one. A contact's own row of
    somebody who has another one is merged into it."""
    rows = Resident.objects.select_for_update()
    known = rows.filter(number_print__in=prints_of(rules.NUMBER, person.text)).first()
    other = rows.filter(contact_print__in=prints_of(CONTACT, contact)).first() if contact else None
    if known is None:
        return other if other is not None and other.proven_at is None else Resident(id=new_id())
    if other is not None and other.id != known.id and other.proven_at is None:
        known.confirmed_at, known.used_at, known.contact_print = other.confirmed_at, other.used_at, other.contact_print
        _merge(known, other)
    return known


def _merge(known: Resident, other: Resident) -> None:
    """Two rows turned out to be one person; what was reported under the other one's id stays this person's."""
    known.former_ids = [*known.former_ids, str(other.id), *other.former_ids]
    other.delete()


def _prove(
    actor: Actor, known: Resident, person: IdentityNumber, how: str, row: Enrolment | None, now: datetime
) -> None:
    known.number_print = fingerprint(person.text, scope=rules.NUMBER)
    known.proven_at, known.proven_how, known.doubted, known.passes_from = now, how, False, known.passes_from or now
    known.save()
    told = IdentityProven(
        subject=f"resident:{known.id}",
        organisation_code=actor.organisation_code,
        resident_id=str(known.id),
        how=how,
        area_code=known.area_code,
        enrolment_id=str(row.id) if row else "",
        first_post_id=str(row.first_post_id) if row else "",
        second_post_id=str(actor.post_id or "") if row else "",
    )
    ledger.record([told], actor=actor, now=now)


@verb
def drop_enrolment(*, actor: Actor, enrolment_id: uuid.UUID, now: datetime) -> None:
    """Give up a card that was read once; nothing of it is kept. Raises Absent, Forbidden."""
    row = _waiting(actor, enrolment_id)
    rules.check_may_enrol(actor)
    _drop(actor, [row], "given-up", now)


@verb
def drop_old_enrolments(*, actor: Actor, now: datetime) -> int:
    """Give up what no second officer read within a day; answers how many."""
    old = list(Enrolment.objects.select_for_update().filter(begun_at__lte=now - WAITS).order_by("id")[:200])
    _drop(actor, old, "too-late", now)
    return len(old)


def _drop(actor: Actor, rows: Sequence[Enrolment], why: str, now: datetime) -> None:
    if not rows:
        return
    facts = [
        EnrolmentDropped(
            subject=f"enrolment:{row.id}", organisation_code=row.organisation_code, enrolment_id=str(row.id), why=why
        )
        for row in rows
    ]
    ledger.record(facts, actor=actor, now=now)
    Enrolment.objects.filter(id__in=[row.id for row in rows]).delete()


def _waiting(actor: Actor, enrolment_id: uuid.UUID) -> Enrolment:
    rows = Enrolment.objects.select_for_update().filter(organisation_code=actor.organisation_code)
    row = rows.filter(id=enrolment_id).first() if actor.kind == "post" else None
    if row is None:
        raise Absent("enrolment-absent", _("This enrolment waits no longer."))
    return row


def _opened(row: Enrolment) -> tuple[str, str]:
    name = decrypt(row.name_sealed, table="directory_enrolment", column="name", row=str(row.id))
    contact = row.contact_sealed
    return name, decrypt(contact, table="directory_enrolment", column="contact", row=str(row.id)) if contact else ""


@verb
def prove_by_service(*, actor: Actor, resident_id: uuid.UUID, name: str, number: str, now: datetime) -> uuid.UUID:
    """The identity service says who holds this contact. Answers the resident's id: that of the number, where it is known.

    Raises Absent, Invalid, Refused where the number is another person's who has a contact of their own in use.
    """
    rules.check_is_resident(actor)
    mine = resident_row(resident_id)
    person = _grown_up(rules.identity_number(number), now)
    prints = prints_of(rules.NUMBER, person.text)
    if mine.number_print and mine.number_print not in prints:
        sentence = _("This contact belongs to another proven person. Please use a contact of your own.")
        raise Refused("contact-taken", sentence)
    known = Resident.objects.select_for_update().filter(number_print__in=prints).exclude(id=mine.id).first()
    if known is not None:
        known.contact_kind, known.contact_print = mine.contact_kind, mine.contact_print
        known.confirmed_at, known.used_at = mine.confirmed_at, mine.used_at
        known.contact_sealed = sealed_for(known.id, "contact", _contact_of(mine))
        _merge(known, mine)
        mine = known
    mine.name_sealed = sealed_for(mine.id, "name", _checked_name(name))
    _prove(actor, mine, person, SERVICE, None, now)
    return mine.id


def _contact_of(row: Resident) -> str:
    return decrypt(row.contact_sealed, table="directory_resident", column="contact", row=str(row.id))


@verb
def leave_roll(*, actor: Actor, resident_id: uuid.UUID, now: datetime) -> None:
    """The person takes themselves off: the row goes, and what the ledger says of them loses payload and salt.

    What they reported stays as it is, without a link to them. Source: 个人信息保护法 第十五条, 第四十七条. Raises Absent.
    """
    rules.check_is_resident(actor)
    row = resident_row(resident_id)
    subject = f"resident:{resident_id}"
    told = ResidentLeft(subject=subject, organisation_code=actor.organisation_code)
    ledger.record([told], actor=actor, now=now)
    for item in ledger_questions.history(subject):
        if not item.erased and REGISTRY[item.kind].about_person:
            ledger.erase(actor=actor, entry_id=item.entry_id, reason="consent-withdrawn", now=now)
    row.delete()
