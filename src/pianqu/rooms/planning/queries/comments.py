"""What was said of a draft, for officials and for everybody."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pianqu.rooms.planning.models import Comment
from pianqu.rooms.planning.queries.drafts import post_title
from pianqu.rooms.planning.queries.units import units_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

HIDING: "dict[str, StrOrPromise]" = {
    "personal": _("It names a person, a phone number or an address."),
    "insult": _("It insults or threatens somebody."),
    "advert": _("It advertises something."),
    "off-topic": _("It is not about this plan."),
    "twice": _("The same words stand here already."),
}
"""Why a comment is not shown to everybody: code → what everybody reads instead."""


MOST_COMMENTS = 5_000
"""On one draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentCard:
    """A comment; of a hidden one everybody reads why, and officials the words."""

    comment_id: uuid.UUID
    words: str
    by: str
    """resident or post."""
    who: str
    """The official's post; empty for residents."""
    revision: int
    """The one of which it speaks."""
    changes_since: int
    """Revisions of the draft after that one."""
    unit: str
    unit_name: str
    answer: str
    answered_at: datetime | None
    hidden: str
    hidden_because: str
    made_at: datetime


def comments(draft_id: uuid.UUID, *, for_all: bool = False, most: int = 500) -> tuple[CommentCard, ...]:
    """The newest first. `for_all` leaves out hidden words. Two statements, and one for each post that spoke."""
    rows = list(Comment.objects.filter(draft_id=draft_id).select_related("draft").order_by("-made_at", "-id")[:most])
    if not rows:
        return ()
    written = units_of(rows[0].draft.units_id)
    names = dict(zip(written.keys, written.names, strict=True))
    titles = {post: post_title(post) for post in {row.post_id for row in rows}}
    return tuple(
        CommentCard(
            comment_id=row.id,
            words="" if row.hidden and for_all else row.words,
            by=row.kind,
            who=titles[row.post_id],
            revision=row.revision,
            changes_since=max(0, row.draft.revision - row.revision),
            unit=row.unit,
            unit_name=names.get(row.unit, ""),
            answer=row.answer,
            answered_at=row.answered_at,
            hidden=row.hidden,
            hidden_because=str(HIDING.get(row.hidden, "")),
            made_at=row.made_at,
        )
        for row in rows
    )
