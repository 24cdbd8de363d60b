"""How to reach the reporter: sealed when it is taken, shown masked, revealed one at a time with a recorded purpose."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import decrypt, encrypt, fingerprint
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.reached import Reached, reached
from pianqu.foundation.verbs import verb
from pianqu.kernels import words
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import ChannelChosen, ReporterForgotten, ReporterKnown
from pianqu.rooms.casework.models import Contact
from pianqu.rooms.casework.services.steps import locked
from pianqu.rooms.casework.services.steps import tell as tell_of
from pianqu.rooms.casework.services.voices import mark_of
from pianqu.rooms.ledger import services as ledger

TABLE, COLUMN = "casework_contact", "sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Somebody of the resident roll, with how sure the roll is who it is (`confirmed`, `proven`) and the contact it knows."""

    resident_id: uuid.UUID
    level: str
    contact: Reached


def sealed_contact(typed: str, *, case_id: uuid.UUID, tell: bool = False, by: Reporter | None = None) -> Contact:
    """The contact's row for this case; it names the resident where the contact is theirs.

    Raises Invalid when it is no telephone number and no mail address.
    """
    contact = reached(typed)
    known = by if by is not None and by.contact == contact else None
    return Contact(
        case_id=case_id,
        sealed=encrypt(contact.value, table=TABLE, column=COLUMN, row=str(case_id)),
        mask=contact.mask,
        tail_hash=fingerprint(contact.proof, scope=queries.tail_scope(case_id)),
        kind=contact.kind,
        channel=contact.channel if tell else "",
        resident_id=known.resident_id if known else None,
        identity=known.level if known else "",
        voice=mark_of(contact),
    )


@verb
def choose_channel(*, actor: Actor, case_id: uuid.UUID, tell: bool, contact: str = "", now: datetime) -> None:
    """Who reported says whether to be told, and may give another contact for it; the old one is destroyed then.

    Raises Invalid for what is no contact, Refused where there is none to tell.
    """
    case = locked([case_id])[case_id]
    rules.check_may_extend(actor, case.organisation_code)
    if case.erased_at is not None:
        raise Refused("contact-erased", _("What this matter says about you was erased. Nothing was changed."))
    known = Contact.objects.filter(case_id=case_id).first()
    row = sealed_contact(contact, case_id=case_id, tell=tell) if contact.strip() else known
    if row is None:
        raise Refused("contact-missing", _("Please give a telephone number or a mail address: there is none yet."))
    if not contact.strip():
        row.channel = Reached(row.kind, "").channel if tell else ""
    row.save()
    fact = tell_of(actor, case, ChannelChosen, channel=row.channel, new_contact=bool(contact.strip()))
    ledger.record([fact], actor=actor, now=now)


@verb
def use_contact(*, actor: Actor, case_id: uuid.UUID, channel: str, now: datetime) -> str:
    """The contact for one message that its owner asked for, by a job of the installation; recorded for the owner to find.

    Empty where the owner wants no message this way any more.
    """
    rules.check_may_claim(actor)
    contact = Contact.objects.filter(case_id=case_id, channel=channel).first()
    if contact is None or not channel:
        return ""
    ledger.record_access(actor=actor, subject=f"case:{case_id}", purpose=NOTICE, fields=("contact",), now=now)
    return decrypt(contact.sealed, table=TABLE, column=COLUMN, row=str(case_id))


NOTICE = "notice"
"""The purpose of the access when a message is sent."""


@verb
def reveal_contact(*, actor: Actor, case_id: uuid.UUID, purpose: str, now: datetime) -> str:
    """The contact in plain digits, for one stated purpose; that it was seen is recorded for the person to find."""
    case = queries.case_head(case_id)
    rules.check_may_reveal_contact(actor, case.organisation_code)
    why = words.excerpt(words.clean(purpose), 200)
    if not why:
        raise Invalid("purpose-empty", _("Please say what the contact is needed for."))
    contact = Contact.objects.filter(case_id=case_id).first()
    if contact is None:
        raise Absent("contact-absent", _("No contact was left for this matter."))
    ledger.record_access(actor=actor, subject=f"case:{case_id}", purpose=why, fields=("contact",), now=now)
    return decrypt(contact.sealed, table=TABLE, column=COLUMN, row=str(case_id))


@verb
def recognise_reporter(*, actor: Actor, case_id: uuid.UUID, reporter: Reporter, now: datetime) -> None:
    """A matter that was reported with this contact belongs to its holder's own ones from now on.

    The door lets `queries.follow_as` find it by its code first. Raises Absent where the contact is another one.
    """
    case = locked([case_id])[case_id]
    row = Contact.objects.filter(case_id=case_id).first()
    if row is None or decrypt(row.sealed, table=TABLE, column=COLUMN, row=str(case_id)) != reporter.contact.value:
        raise Absent("contact-differs", _("No matter with this code was reported with your contact."))
    if row.resident_id == reporter.resident_id and row.identity == reporter.level:
        return
    row.resident_id, row.identity = reporter.resident_id, reporter.level
    row.save(update_fields=["resident_id", "identity"])
    ledger.record([tell_of(actor, case, ReporterKnown, identity=reporter.level)], actor=actor, now=now)


@verb
def forget_reporter(*, actor: Actor, resident_ids: Collection[uuid.UUID], now: datetime) -> int:
    """Who leaves the roll takes along what made their matters one person's; answers how many. The contacts left stay."""
    count = Contact.objects.filter(resident_id__in=resident_ids).update(resident_id=None, identity="")
    if count:
        fact = ReporterForgotten(
            subject=f"resident:{min(resident_ids)}", organisation_code=actor.organisation_code, matters=count
        )
        ledger.record([fact], actor=actor, now=now)
    return count
