"""Tokens: who calls, and which ones there are."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.api import Caller, Unknown
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.models import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCard:
    """A token as its holder sees it: never the token itself."""

    token_id: uuid.UUID
    name: str
    organisation_name: str
    title: str
    holder: str
    rights: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime


def caller_with(secret: str, *, at: datetime) -> Caller:
    """Who calls with this token. One statement. Raises Unknown with the reason where it opens nothing (any more)."""
    row = (
        Token.objects.select_related("post__organisation", "post__account")
        .filter(secret_hash=hashlib.sha256(secret.encode("utf-8", "backslashreplace")).digest())
        .first()
    )
    if row is None:
        raise Unknown("token-unknown", _("This token is not known here. Please check that it is whole."))
    if row.ended_at is not None:
        raise Unknown("token-ended", _("This token was ended. Its holder can issue another one under “My account”."))
    if at >= row.expires_at:
        raise Unknown(
            "token-expired", _("This token has expired. Its holder can issue another one under “My account”.")
        )
    post = row.post
    if post.valid_to is not None or not post.account.is_active:
        raise Unknown("token-post-ended", _("The post of this token has ended, and the token with it."))
    actor = Actor(
        kind="post",
        account_id=str(post.account_id),
        post_id=str(post.id),
        organisation_code=post.organisation.code,
        reads_only=post.kind in rules.READING,
        title=f"{post.organisation.short_name} · {post.title}",
    )
    return Caller(actor=actor, rights=frozenset(row.rights), token_id=row.id, name=row.name, expires_at=row.expires_at)


def tokens_for(actor: Actor, *, at: datetime) -> tuple[TokenCard, ...]:
    """Living tokens of the actor's own post; for those who may change the directory, of all. At most five statements."""
    rows = Token.objects.filter(ended_at=None, expires_at__gt=at, post__valid_to=None)
    if not rules.may_change_directory(actor):
        own = rules.post_uuid(actor.post_id)
        rows = rows.filter(post_id=own) if own else rows.none()
    joined = rows.select_related("post__organisation", "post__account").order_by("post_id", "issued_at", "id")
    return tuple(
        TokenCard(
            token_id=row.id,
            name=row.name,
            organisation_name=row.post.organisation.short_name,
            title=row.post.title,
            holder=row.post.account.name,
            rights=tuple(row.rights),
            issued_at=row.issued_at,
            expires_at=row.expires_at,
        )
        for row in joined[:500]
    )
