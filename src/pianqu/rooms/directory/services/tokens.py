"""Tokens: other programs act in a post, with the rights that its holder gives them."""

import hashlib
import secrets
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.api import RIGHTS
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import words
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.facts import TokenEnded, TokenIssued
from pianqu.rooms.directory.models import Token
from pianqu.rooms.directory.services.parts import held
from pianqu.rooms.ledger import services as ledger

PREFIX = "pq_"
"""Tokens begin with it, so that whoever finds one in a file knows what it is."""
LONGEST = timedelta(days=366)
MOST = 20
"""Living tokens of one post."""


@verb
def issue_token(*, actor: Actor, name: str, rights: Collection[str], expires_at: datetime, now: datetime) -> str:
    """A token for the actor's own post. Answers the token itself: it is told this once, and kept as a hash only.

    Nobody issues one for somebody else: that would be acting in their place. Raises Forbidden, Invalid, Refused.
    """
    rules.check_may_issue_token(actor)
    kept_name, kept_rights = words.clean(name), tuple(right for right in RIGHTS if right in rights)
    if not 0 < len(kept_name) <= 40:
        raise Invalid("token-name", _("Please give it a name of at most 40 characters: the program that will use it."))
    if not kept_rights or len(kept_rights) != len(set(rights)):
        raise Invalid("token-rights", _("Please choose at least one of the listed rights."))
    if not now < expires_at <= now + LONGEST:
        raise Invalid("token-expiry", _("A token ends within a year; please choose a day that is yet to come."))
    post = held(uuid.UUID(str(actor.post_id)))
    if Token.objects.filter(post=post, ended_at=None, expires_at__gt=now).count() >= MOST:
        raise Refused("token-many", _("This post has 20 tokens already. Please end one that is not needed any more."))
    secret = f"{PREFIX}{secrets.token_urlsafe(32)}"
    row = Token.objects.create(
        id=new_id(),
        post=post,
        name=kept_name,
        secret_hash=hashlib.sha256(secret.encode()).digest(),
        rights=list(kept_rights),
        issued_at=now,
        expires_at=expires_at,
    )
    told = TokenIssued(
        subject=f"post:{post.id}",
        organisation_code=post.organisation.code,
        token_id=str(row.id),
        post_id=str(post.id),
        rights=kept_rights,
        expires=expires_at.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)
    return secret


@verb
def end_token(*, actor: Actor, token_id: uuid.UUID, now: datetime) -> None:
    """The program acts no more from now on. Its holder ends it, or an administrator. Raises Absent, Forbidden."""
    row = (
        Token.objects.select_for_update(of=("self",))
        .select_related("post__organisation")
        .filter(id=token_id, ended_at=None)
        .first()
    )
    if row is None or not rules.may_end_token(actor, row.post):
        raise Absent("token-absent", _("There is no such token, or it has ended already."))
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    told = TokenEnded(
        subject=f"post:{row.post_id}",
        organisation_code=row.post.organisation.code,
        token_id=str(row.id),
        post_id=str(row.post_id),
    )
    ledger.record([told], actor=actor, now=now)
