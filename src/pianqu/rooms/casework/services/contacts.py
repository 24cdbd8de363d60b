"""How to reach the reporter: sealed when it is taken, shown masked, revealed one at a time with a recorded purpose."""

import re
import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import decrypt, encrypt, fingerprint
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.verbs import verb
from pianqu.kernels import words
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.models import Contact
from pianqu.rooms.ledger import services as ledger

TABLE, COLUMN = "casework_contact", "sealed"
_SEPARATORS = re.compile(r"[\s\-‐‑–—－().（）]+")
_PHONE = re.compile(r"\+?[0-9]{7,15}")
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９＋", "0123456789+")


def number_of(typed: str) -> str:
    """The bare digits of what was typed. Raises Invalid when it is no telephone number."""
    number = _SEPARATORS.sub("", words.clean(typed).translate(_WIDE_DIGITS))
    if not _PHONE.fullmatch(number):
        raise Invalid(
            "contact-not-a-number",
            _("This is not a telephone number. Please correct it, or leave it empty: a contact is not needed."),
        )
    return number


def sealed_contact(typed: str, *, case_id: uuid.UUID) -> Contact:
    """The contact's row for this case. Raises Invalid when it is no telephone number."""
    number = number_of(typed)
    return Contact(
        case_id=case_id,
        sealed=encrypt(number, table=TABLE, column=COLUMN, row=str(case_id)),
        mask=_mask(number),
        tail_hash=fingerprint(number[-4:], scope=queries.tail_scope(case_id)),
    )


def _mask(number: str) -> str:
    """Enough to tell one's own numbers apart. Never the last digits: they prove to be the reporter."""
    shown = 3 if len(number) >= 11 else 2
    return number[:shown] + "*" * (len(number) - shown)


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
