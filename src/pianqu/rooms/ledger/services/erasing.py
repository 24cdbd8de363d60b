"""erase: payload and salt of an entry about a person are destroyed; that they were is recorded."""

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Refused
from pianqu.foundation.facts import REGISTRY
from pianqu.foundation.verbs import unit, verb
from pianqu.rooms.ledger.facts import EntryErased
from pianqu.rooms.ledger.models import Entry, Erasure, Secret
from pianqu.rooms.ledger.services.recording import KEY, Recorded, record


@verb
def erase(*, actor: Actor, entry_id: uuid.UUID, reason: str, now: datetime) -> Recorded:
    """Destroy what stands behind one entry about a person (个人信息保护法 第四十七条). The leaf stays, unreadable.

    Raises Absent for an unknown entry, Refused where it is not about a person or was erased before.
    """
    entry = Entry.objects.filter(id=entry_id).first()
    if entry is None:
        raise Absent("entry-unknown", _("There is no such entry."))
    fact = REGISTRY.get(entry.kind)
    if fact is None or not fact.about_person:
        raise Refused("entry-not-about-person", _("This entry holds no personal data: only codes and times."))
    if Erasure.objects.filter(entry_id=entry_id).exists():
        raise Refused("entry-erased-before", _("This entry was erased before."))
    told = EntryErased(
        subject=entry.subject, organisation_code=entry.organisation_code, entry_id=str(entry_id), reason=reason
    )
    recorded = record([told], actor=actor, now=now)[0]
    unit().before_commit(f"{KEY}-erase-{entry_id}", lambda: _destroy(entry_id, recorded.entry_id))
    return recorded


def _destroy(entry_id: uuid.UUID, erased_by: uuid.UUID) -> None:
    Erasure.objects.create(entry_id=entry_id, erased_by_id=erased_by)
    Secret.objects.filter(entry_id=entry_id).delete()
