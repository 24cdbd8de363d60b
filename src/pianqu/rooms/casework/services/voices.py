"""How a person is counted once and known by nobody: a keyed hash of their contact, whose salt is destroyed after a month.

The mark stands in the contact's row and goes with it. Marks of two salts cannot be held together, by us either: then the same
person counts anew. Who left no contact has none.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.reached import Reached
from pianqu.foundation.verbs import verb
from pianqu.kernels.leaf import SALT_BYTES
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.facts import VoiceSaltRenewed
from pianqu.rooms.casework.models import Contact, VoiceSalt
from pianqu.rooms.ledger import services as ledger

LASTS = timedelta(days=30)


def mark_of(contact: Reached) -> str:
    """The contact's mark under today's salt; empty before there is one."""
    salt = VoiceSalt.objects.order_by("-day").first()
    if salt is None:
        return ""
    hashed = hmac.new(bytes(salt.salt), f"{contact.kind}|{contact.value}".encode(), sha256)
    return f"{salt.day:%Y%m%d}.{hashed.hexdigest()[:24]}"


@verb
def renew_voice_salt(*, actor: Actor, now: datetime) -> bool:
    """Where the salt is a month old: destroy it, draw another, and wipe the marks of the one before it. The first is drawn when
    somebody left a contact.

    Marks of the salt that is destroyed stay until the next renewal, so that what was said lately is still counted right.
    """
    rules.check_is_own_program(actor)
    today, old = timezone.localdate(now), list(VoiceSalt.objects.select_for_update().order_by("day"))
    if old and old[-1].day > today - LASTS:
        return False
    if not old and not Contact.objects.exists():
        return False
    kept = [f"{salt.day:%Y%m%d}." for salt in old[-1:]]
    marked = Contact.objects.exclude(voice="")
    for stem in kept:
        marked = marked.exclude(voice__startswith=stem)
    wiped = marked.update(voice="")
    VoiceSalt.objects.all().delete()
    VoiceSalt.objects.create(day=today, salt=secrets.token_bytes(SALT_BYTES))
    code = actor.organisation_code
    told = VoiceSaltRenewed(subject=f"organisation:{code}", organisation_code=code, day=today.isoformat(), wiped=wiped)
    ledger.record([told], actor=actor, now=now)
    return True
