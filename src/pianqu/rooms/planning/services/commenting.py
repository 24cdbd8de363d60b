"""What residents and officials say of a published draft: taken, answered, hidden for a published reason."""

import secrets
import uuid
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import words as kernel
from pianqu.kernels.leaf import SALT_BYTES, text_commitment
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning import queries, rules
from pianqu.rooms.planning.facts import CommentAnswered, CommentHidden, DraftCommented
from pianqu.rooms.planning.models import Comment, Draft

LONGEST = 1_000


@verb
def comment(
    *, actor: Actor, draft_id: uuid.UUID, words: str, unit: str = "", revision: int | None = None, now: datetime
) -> uuid.UUID:
    """Say something of a published draft, of all or of one unit (by its code). Anybody may, until the last day. `revision`: the
    one that was seen; left out, the latest.

    Raises Absent for a draft that is not published, Refused after the last day, Invalid for no words or too many.
    """
    rules.check_may_comment(actor)
    draft = _open(draft_id, now)
    text = kernel.clean(words)
    if not text or len(text) > LONGEST:
        raise Invalid("comment-words", _("Please write from 1 to %(most)s characters.") % {"most": LONGEST})
    if unit and unit not in queries.units_of(draft.units_id).keys:
        raise Invalid("unit-unknown", _("The place that you chose is not part of this plan. Please choose again."))
    if Comment.objects.filter(draft=draft).count() >= queries.MOST_COMMENTS:
        raise Refused(
            "comments-many", _("This plan has as many comments as can be taken. Please write to the district.")
        )
    salt = secrets.token_bytes(SALT_BYTES)
    row = Comment.objects.create(
        id=new_id(),
        draft=draft,
        words=text,
        salt=salt,
        kind="resident" if actor.kind == "resident" else "post",
        organisation_code=actor.organisation_code,
        post_id=actor.acting_post_id or "",
        revision=_seen(draft, revision),
        unit=unit,
        made_at=now,
    )
    told = DraftCommented(
        subject=f"plan:{draft.id}",
        organisation_code=actor.organisation_code,
        draft_id=str(draft.id),
        comment_id=str(row.id),
        revision=row.revision,
        by=row.kind,
        words_commitment=text_commitment(text, salt),
        unit=unit,
    )
    ledger.record([told], actor=actor, now=now)
    return row.id


def _seen(draft: Draft, revision: int | None) -> int:
    """What was never published, or is not made yet, nobody can have seen."""
    latest, first = draft.revision, draft.published_revision or 0
    return latest if revision is None else max(first, min(revision, latest))


def _open(draft_id: uuid.UUID, now: datetime) -> Draft:
    """A draft on which comments are taken now."""
    draft = Draft.objects.filter(id=draft_id).exclude(published_at=None).first()
    if draft is None:
        raise Absent("draft-absent", _("There is no such draft."))
    if not queries.takes_comments(draft.state, draft.comments_until, timezone.localdate(now)):
        raise Refused("comments-over", _("Comments on this plan are closed. Your words were not sent."))
    return draft


@verb
def answer_comment(*, actor: Actor, draft_id: uuid.UUID, comment_id: uuid.UUID, words: str, now: datetime) -> None:
    """Say what becomes of it; everybody reads the answer. A later answer replaces an earlier one."""
    row = _locked(actor, draft_id, comment_id)
    text = kernel.clean(words)
    if not text or len(text) > LONGEST:
        raise Invalid("comment-words", _("Please write from 1 to %(most)s characters.") % {"most": LONGEST})
    row.answer, row.answered_at = text, now
    row.save(update_fields=["answer", "answered_at"])
    told = CommentAnswered(
        subject=f"plan:{row.draft_id}",
        organisation_code=actor.organisation_code,
        draft_id=str(row.draft_id),
        comment_id=str(row.id),
        words_commitment=text_commitment(text, bytes(row.salt)),
    )
    ledger.record([told], actor=actor, now=now)


@verb
def hide_comment(*, actor: Actor, draft_id: uuid.UUID, comment_id: uuid.UUID, reason: str, now: datetime) -> None:
    """Show everybody the reason instead of the words; an empty reason shows the words again."""
    row = _locked(actor, draft_id, comment_id)
    if reason and reason not in queries.HIDING:
        raise Invalid("hide-reason", _("Please choose one of the published reasons."))
    row.hidden = reason
    row.save(update_fields=["hidden"])
    told = CommentHidden(
        subject=f"plan:{row.draft_id}",
        organisation_code=actor.organisation_code,
        draft_id=str(row.draft_id),
        comment_id=str(row.id),
        reason=reason,
    )
    ledger.record([told], actor=actor, now=now)


def _locked(actor: Actor, draft_id: uuid.UUID, comment_id: uuid.UUID) -> Comment:
    rules.check_may_plan(actor)
    row = Comment.objects.select_for_update(of=("self",)).select_related("draft")
    found = row.filter(id=comment_id, draft_id=draft_id).first()
    if found is None:
        raise Absent("comment-absent", _("There is no such comment on this plan."))
    rules.check_may_change(actor, found.draft.organisation_code)
    return found
