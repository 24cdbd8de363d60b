"""Posts: who an account acts as, for itself or for somebody absent."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pianqu.foundation.actor import Actor
from pianqu.foundation.models import Account
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.models import Post, Substitution
from pianqu.rooms.directory.queries.organisations import superiors


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCard:
    """A post that an account may act in now."""

    post_id: uuid.UUID
    organisation_code: str
    organisation_name: str
    kind: str
    title: str
    valid_from: datetime
    instead_of: uuid.UUID | None = None
    """The account of the absent colleague whose post this is."""
    until: datetime | None = None
    """Until when it is held for somebody else."""


_COLUMNS = ("id", "organisation__code", "organisation__short_name", "kind", "title", "valid_from")


def posts_of(account_id: uuid.UUID, at: datetime | None = None) -> tuple[PostCard, ...]:
    """Every post that the account holds, longest held first, then (given a moment) those it holds for absent colleagues.

    Two statements with a moment, one without.
    """
    rows = Post.objects.filter(account_id=account_id, valid_to=None).order_by("valid_from", "id").values_list(*_COLUMNS)
    own = tuple(_card(*row) for row in rows)
    return own if at is None else own + tuple(card for card, _by in _substituting(account_id, at))


def every_post_of(account_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """The ids of all posts that the account holds or held: what was done in a former one, the same person did. One statement."""
    return frozenset(Post.objects.filter(account_id=account_id).values_list("id", flat=True))


def _card(post_id: uuid.UUID, code: str, name: str, kind: str, title: str, valid_from: datetime) -> PostCard:
    return PostCard(
        post_id=post_id,
        organisation_code=code,
        organisation_name=name,
        kind=kind,
        title=title,
        valid_from=valid_from,
    )


def _substituting(account_id: uuid.UUID, at: datetime) -> list[tuple[PostCard, uuid.UUID]]:
    """Absent colleagues' posts with the own post by which they are held."""
    rows = (
        Substitution.objects.filter(by_post__account_id=account_id, by_post__valid_to=None, post__valid_to=None)
        .filter(starts__lte=at, ends__gt=at)
        .order_by("starts", "id")
        .values_list(*(f"post__{name}" for name in _COLUMNS), "post__account_id", "ends", "by_post_id")
    )
    return [
        (
            PostCard(
                post_id=row[0],
                organisation_code=row[1],
                organisation_name=row[2],
                kind=row[3],
                title=row[4],
                valid_from=row[5],
                instead_of=row[6],
                until=row[7],
            ),
            row[8],
        )
        for row in rows
    ]


def actor_for(account_id: uuid.UUID, post_id: uuid.UUID | None = None, at: datetime | None = None) -> Actor | None:
    """The actor that an account is: in its longest held post, or in the post that is asked for.

    None where it holds no (such) post. Given a moment, the post may be an absent colleague's: then the actor stands in the
    colleague's organisation, keeps its own `post_id`, and says `for_post_id`.
    """
    rows = Post.objects.filter(account_id=account_id, valid_to=None).order_by("valid_from", "id")
    if post_id is not None:
        rows = rows.filter(id=post_id)
    row = rows.values_list("id", "organisation__code", "kind", "organisation__short_name", "title").first()
    if row is not None:
        return Actor(
            kind="post",
            account_id=str(account_id),
            post_id=str(row[0]),
            organisation_code=row[1],
            reads_only=row[2] in rules.READING,
            title=f"{row[3]} · {row[4]}",
        )
    return _substitute(account_id, post_id, at) if post_id is not None and at is not None else None


def acting(account_id: uuid.UUID, chosen: str, at: datetime) -> Actor | None:
    """The actor of the chosen post if the account (still) holds it at that moment, for itself or for somebody absent; else of its
    longest held one."""
    post_id = rules.post_uuid(chosen)
    actor = actor_for(account_id, post_id, at) if post_id else None
    return actor or actor_for(account_id)


def _substitute(account_id: uuid.UUID, post_id: uuid.UUID, at: datetime) -> Actor | None:
    for card, by_post_id in _substituting(account_id, at):
        if card.post_id == post_id:
            return Actor(
                kind="post",
                account_id=str(account_id),
                post_id=str(by_post_id),
                organisation_code=card.organisation_code,
                for_post_id=str(post_id),
                reads_only=card.kind in rules.READING,
                title=f"{card.organisation_name} · {card.title}",
            )
    return None


def title_of(account_id: uuid.UUID, post_id: uuid.UUID | None = None) -> str:
    """How the holder's post is called, with its organisation; empty where there is none."""
    held = [card for card in posts_of(account_id) if post_id in (None, card.post_id)]
    return f"{held[0].organisation_name} · {held[0].title}" if held else ""


def title_of_post(actor: Actor) -> str:
    """How the post is called in which the actor acts, with its organisation."""
    if actor.title:
        return actor.title
    post_id = rules.post_uuid(actor.acting_post_id)
    if post_id is None:
        return ""
    row = Post.objects.filter(id=post_id).values_list("organisation__short_name", "title").first()
    return f"{row[0]} · {row[1]}" if row else ""


def is_leader(actor: Actor) -> bool:
    """Whether the post in which the actor acts is a leader's, now."""
    return rules.post_kind(actor) == "leader"


def may_approve(actor: Actor, organisation_code: str) -> bool:
    """An approver or leader of the organisation itself or of one above it in the reporting line. At most two statements."""
    if rules.post_kind(actor) not in rules.APPROVING:
        return False
    return actor.organisation_code in (organisation_code, *superiors(organisation_code))


def names_of(account_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """How colleagues are called, for pages that only staff see. One statement."""
    return dict(Account.objects.filter(id__in=set(account_ids)).values_list("id", "name"))
