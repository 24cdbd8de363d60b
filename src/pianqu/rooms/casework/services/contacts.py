"""How to reach the reporter: sealed when it is taken, shown masked, revealed one at a time with a recorded purpose."""

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import decrypt, encrypt, fingerprint
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.reached import Reached, reached
from pianqu.foundation.verbs import verb
from pianqu.kernels import words
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import ChannelChosen
from pianqu.rooms.casework.models import Contact
from pianqu.rooms.casework.services.steps import locked
from pianqu.rooms.casework.services.steps import tell as tell_of
from pianqu.rooms.ledger import services as ledger

TABLE, COLUMN = "casework_contact", "sealed"


def sealed_contact(typed: str, *, case_id: uuid.UUID, tell: bool = False) -> Contact:
    """The contact's row for this case. Raises Invalid when it is no telephone number and no mail address."""
    contact = reached(typed)
    return Contact(
        case_id=case_id,
        sealed=encrypt(contact.value, table=TABLE, column=COLUMN, row=str(case_id)),
        mask=contact.mask,
        tail_hash=fingerprint(contact.proof, scope=queries.tail_scope(case_id)),
        kind=contact.kind,
        channel=contact.channel if tell else "",
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
