"""Posts: who acts in which organisation, and who stands in for whom."""

import uuid
from datetime import datetime

from django.db.models import F, Q
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.facts import PostAppointed, PostEnded, SubstituteEnded, SubstituteNamed
from pianqu.rooms.directory.models import Post, Substitution
from pianqu.rooms.directory.services.parts import check_span, held, living
from pianqu.rooms.ledger import services as ledger


@verb
def appoint(
    *,
    actor: Actor,
    account_id: uuid.UUID,
    organisation_code: str,
    kind: str,
    title: str,
    beside: bool = False,
    now: datetime,
) -> uuid.UUID:
    """Give an account a post; its former ones end, unless it is held `beside` them. Answers the post's id.

    Raises Absent, Invalid, and Refused for a second post of the same kind in the same organisation.
    """
    rules.check_may_change_directory(actor)
    if kind not in rules.POST_KINDS:
        raise Invalid("post-kind", _("%(kind)s is no kind of post.") % {"kind": kind})
    organisation = living(organisation_code)
    current = Post.objects.filter(account_id=account_id, valid_to=None)
    if not beside:
        for former in current:
            end_post(actor=actor, post_id=former.id, now=now)
    elif current.filter(organisation=organisation, kind=kind).exists():
        raise Refused("post-held", _("This account holds such a post there already. Nothing was changed."))
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
    post = held(post_id)
    post.valid_to = now
    post.save(update_fields=["valid_to"])
    told = PostEnded(subject=f"post:{post.id}", organisation_code=post.organisation.code, post_id=str(post.id))
    ledger.record([told], actor=actor, now=now)


@verb
def substitute(
    *,
    actor: Actor,
    post_id: uuid.UUID,
    by_post_id: uuid.UUID,
    starts: datetime,
    ends: datetime,
    across: bool = False,
    now: datetime,
) -> uuid.UUID:
    """Let one post act in the place of another for a time; answers the substitution's id.

    Raises Refused where the substitute is substituted itself in that time, or the absent one stands in for somebody: nobody acts
    for a substitute, and no two stand in for each other. And where the two are of different organisations, unless `across`
    says that this is meant: the substitute sees the other one's matters.
    """
    post, by_post = held(post_id), held(by_post_id)
    rules.check_may_manage(actor, post.organisation.code)
    check_span(starts, ends)
    if post.account_id == by_post.account_id:
        raise Invalid("substitute-self", _("Nobody stands in for themselves. Please choose a colleague."))
    _check_not_chained(post, by_post, starts, ends)
    if post.organisation_id != by_post.organisation_id and not across:
        sentence = _("%(name)s is of %(other)s and would see the matters of %(own)s. Tick the box if you mean it.")
        said = {"name": by_post.account.name, "other": by_post.organisation.short_name}
        raise Refused("substitute-elsewhere", sentence % {**said, "own": post.organisation.short_name})
    row = Substitution.objects.create(id=new_id(), post=post, by_post=by_post, starts=starts, ends=ends)
    told = SubstituteNamed(
        subject=f"post:{post.id}",
        organisation_code=post.organisation.code,
        substitution_id=str(row.id),
        post_id=str(post.id),
        by_post_id=str(by_post.id),
        starts=starts.isoformat(),
        ends=ends.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)
    return row.id


def _check_not_chained(post: Post, by_post: Post, starts: datetime, ends: datetime) -> None:
    """Compare accounts, not posts: who is away is away from every post, and who holds a post for another one is no deputy."""
    then = Substitution.objects.filter(starts__lt=ends, ends__gt=starts)
    if then.filter(post=post).exists():
        raise Refused("substitute-double", _("Somebody stands in for this post at that time already."))
    away, stands_in = Q(post__account_id=by_post.account_id), Q(by_post__account_id=post.account_id)
    if then.filter(away | stands_in).exists():
        sentence = _("A substitute has no substitute: one of the two is away, or stands in for somebody, at that time.")
        raise Refused("substitute-chain", sentence)


@verb
def end_substitution(*, actor: Actor, substitution_id: uuid.UUID, now: datetime) -> None:
    """The absent one is back: the substitute acts no more from now on. Raises Absent where none is to come or in force."""
    row = (
        Substitution.objects.select_related("post__organisation")
        .filter(id=substitution_id, ends__gt=now)
        .exclude(ends=F("starts"))
        .first()
    )
    if row is None:
        raise Absent("substitution-absent", _("There is no such substitution."))
    organisation_code = row.post.organisation.code
    rules.check_may_manage(actor, organisation_code)
    row.ends = max(now, row.starts)
    row.save(update_fields=["ends"])
    told = SubstituteEnded(
        subject=f"post:{row.post_id}",
        organisation_code=organisation_code,
        substitution_id=str(row.id),
        ends=row.ends.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)
