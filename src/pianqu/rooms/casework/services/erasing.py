"""erase_case: what a matter says about a person is destroyed for good; that it was is recorded, and counts stay right."""

import uuid
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from pianqu.foundation import files
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.facts import REGISTRY
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.facts import CaseErased
from pianqu.rooms.casework.lifecycle import ENDED
from pianqu.rooms.casework.models import (
    Addition,
    BulkAct,
    BulkItem,
    Case,
    Contact,
    JointAnswer,
    Note,
    Photo,
    PublicTitle,
    SearchText,
    Whistle,
    WhistleCall,
)
from pianqu.rooms.casework.services.exporting import stop_for_erasure
from pianqu.rooms.casework.services.likening import forget_likeness
from pianqu.rooms.casework.services.lists import forget_listed
from pianqu.rooms.ledger import queries as ledger_queries
from pianqu.rooms.ledger import services as ledger

BASES = ("consent-withdrawn", "purpose-achieved", "period-over", "unlawful")
"""Why it must go: the cases of 个人信息保护法 第四十七条 第一款, as codes."""
_EMPTY = {
    "words": "",
    "words_salt": b"",
    "reply": "",
    "reply_salt": b"",
    "landmark": "",
    "cell_code": "",
    "lon": None,
    "lat": None,
}


@verb
def erase_case(*, actor: Actor, case_id: uuid.UUID, basis: str, now: datetime) -> uuid.UUID:
    """Destroy words, replies, photos, contact and exact place of an ended matter; answers the entry in the ledger.

    Entries about who looked at the contact lose their payload too. Category, community, times and the receipt's stages
    stay. Files go after the commit; one that a crash leaves behind is swept up later. Source: 个人信息保护法 第四十七条.
    Raises Absent, Invalid for an unknown basis, Refused for an open matter or one erased before.
    """
    rules.check_may_erase(actor)
    if basis not in BASES:
        raise Invalid("erase-basis", _("Please choose why it must be erased. Nothing was changed."))
    case = _ended(case_id)
    told = CaseErased(
        subject=f"case:{case_id}",
        organisation_code=actor.organisation_code,
        case_id=str(case_id),
        category=case.category,
        place_code=case.place_code,
        basis=basis,
    )
    entry = ledger.record([told], actor=actor, now=now)[0]
    for item in ledger_queries.history(f"case:{case_id}"):
        if not item.erased and REGISTRY[item.kind].about_person:
            ledger.erase(actor=actor, entry_id=item.entry_id, reason=basis, now=now)
    _destroy(case_id, now)
    forget_listed(case_id, actor, now)
    stop_for_erasure(actor, now)
    return entry.entry_id


def _ended(case_id: uuid.UUID) -> Case:
    case = Case.objects.select_for_update().filter(id=case_id).first()
    if case is None:
        raise Absent("case-absent", _("There is no such matter."))
    if case.erased_at is not None:
        raise Refused("case-erased-before", _("What this matter said was erased before. Nothing was changed."))
    if case.state not in ENDED:
        raise Refused(
            "case-open",
            _("This matter is not ended yet. Close it, or let its reporter withdraw it, before it is erased."),
        )
    return case


def _destroy(case_id: uuid.UUID, now: datetime) -> None:
    photos = Photo.objects.filter(case_id=case_id)
    names = list(photos.values_list("file_name", flat=True))
    photos.delete()
    Contact.objects.filter(case_id=case_id).delete()
    SearchText.objects.filter(case_id=case_id).delete()
    parent_id = Case.objects.values_list("parent_id", flat=True).get(id=case_id)
    forget_likeness(case_id, joined_to=parent_id)
    PublicTitle.objects.filter(case_id=case_id).delete()
    JointAnswer.objects.filter(parent_id=case_id).update(reply="", salt=b"")
    Addition.objects.filter(case_id=case_id).update(words="", words_salt=b"")
    Note.objects.filter(case_id=case_id).update(words="", salt=b"")
    WhistleCall.objects.filter(whistle__case_id=case_id).update(words="", words_salt=b"", office="")
    Whistle.objects.filter(case_id=case_id).update(words="", words_salt=b"", landmark="")
    acts = BulkItem.objects.filter(case_id=case_id).values("bulk_id")
    BulkAct.objects.filter(id__in=acts, ended_at__isnull=False).update(words="")
    Case.objects.filter(id=case_id).update(**_EMPTY, erased_at=now)
    for name in names:
        transaction.on_commit(partial(files.remove, name))
