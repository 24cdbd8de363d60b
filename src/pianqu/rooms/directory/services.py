"""The verbs of the directory."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.facts import OrganisationAdded, PostAppointed, PostEnded
from pianqu.rooms.directory.models import Organisation, Post
from pianqu.rooms.ledger import services as ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganisation:
    """What has to be said of an organisation."""

    code: str
    kind: str
    name: str
    short_name: str
    name_en: str = ""
    parent_code: str = ""


@verb
def add_organisations(*, actor: Actor, items: Sequence[NewOrganisation], valid_from: date, now: datetime) -> int:
    """Add those that are not there yet; answers how many. Raises Invalid for an unknown kind or parent."""
    rules.check_may_change_directory(actor)
    known = set(Organisation.objects.values_list("code", flat=True))
    fresh = [item for item in items if item.code not in known]
    _check(fresh, known | {item.code for item in fresh})
    Organisation.objects.bulk_create(_row(item, valid_from) for item in fresh)
    ledger.record([_told(item, valid_from) for item in fresh], actor=actor, now=now)
    return len(fresh)


def _check(items: Sequence[NewOrganisation], codes: set[str]) -> None:
    for item in items:
        if item.kind not in rules.ORGANISATION_KINDS:
            raise Invalid("organisation-kind", _("%(kind)s is no kind of organisation.") % {"kind": item.kind})
        if item.parent_code and item.parent_code not in codes:
            raise Invalid("organisation-orphan", _("%(code)s has an unknown parent.") % {"code": item.code})


def _row(item: NewOrganisation, valid_from: date) -> Organisation:
    return Organisation(
        id=new_id(),
        code=item.code,
        kind=item.kind,
        name=item.name,
        short_name=item.short_name,
        name_en=item.name_en,
        parent_code=item.parent_code,
        valid_from=valid_from,
    )


def _told(item: NewOrganisation, valid_from: date) -> OrganisationAdded:
    return OrganisationAdded(
        subject=f"organisation:{item.code}",
        organisation_code=item.code,
        code=item.code,
        organisation_kind=item.kind,
        parent_code=item.parent_code,
        valid_from=valid_from.isoformat(),
    )


@verb
def appoint(
    *, actor: Actor, account_id: uuid.UUID, organisation_code: str, kind: str, title: str, now: datetime
) -> uuid.UUID:
    """Give an account a post; its former one ends. Answers the post's id. Raises Absent, Invalid."""
    rules.check_may_change_directory(actor)
    if kind not in rules.POST_KINDS:
        raise Invalid("post-kind", _("%(kind)s is no kind of post.") % {"kind": kind})
    organisation = Organisation.objects.filter(code=organisation_code, valid_to=None).first()
    if organisation is None:
        raise Absent("organisation-absent", _("There is no such organisation."))
    for former in Post.objects.filter(account_id=account_id, valid_to=None):
        end_post(actor=actor, post_id=former.id, now=now)
    post = Post.objects.create(
        id=new_id(), account_id=account_id, organisation=organisation, kind=kind, title=title, valid_from=now
    )
    told = PostAppointed(
        subject=f"post:{post.id}", organisation_code=organisation_code, post_id=str(post.id), post_kind=kind
    )
    ledger.record([told], actor=actor, now=now)
    return post.id


@verb
def end_post(*, actor: Actor, post_id: uuid.UUID, now: datetime) -> None:
    """End a post from now on. Raises Absent where there is no current one."""
    rules.check_may_change_directory(actor)
    post = Post.objects.select_related("organisation").filter(id=post_id, valid_to=None).first()
    if post is None:
        raise Absent("post-absent", _("There is no such post."))
    post.valid_to = now
    post.save(update_fields=["valid_to"])
    told = PostEnded(subject=f"post:{post.id}", organisation_code=post.organisation.code, post_id=str(post.id))
    ledger.record([told], actor=actor, now=now)
