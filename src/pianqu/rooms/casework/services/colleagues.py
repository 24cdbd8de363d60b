"""Notes among colleagues: written with mentions, taken back or struck, and a post's mentions settled."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels.mentions import called_in
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    CaseNoted,
    ColleaguesMentioned,
    MentionsSettled,
    NoteRetracted,
    NoteStruck,
)
from pianqu.rooms.casework.models import ColleagueNote, Mention, Note
from pianqu.rooms.casework.services.steps import locked, noted, said, tell
from pianqu.rooms.ledger import services as ledger

RETRACT_WITHIN = timedelta(minutes=15)
MOST_MENTIONED = 10


@verb
def write_note(
    *, actor: Actor, case_id: uuid.UUID, words: str, post_ids: Sequence[str] = (), now: datetime
) -> uuid.UUID:
    """Write a note that only colleagues read; posts that are chosen, or called by @ and a sign-in name, are told.

    Whoever sees the matter and acts may write; only who sees it may be mentioned. Raises Absent, Forbidden, Invalid, Refused.
    """
    queries.check_sees(actor, case_id)
    case = locked([case_id])[case_id]
    rules.check_may_write_note(actor)
    if case.erased_at is not None:
        raise Refused(
            "case-erased-before", _("What this matter said was erased: nothing is written beside it any more.")
        )
    why = said(words)
    if max(len(set(post_ids)), len(called_in(why.text))) > MOST_MENTIONED + 1:  # the own one is not counted
        raise _too_many()
    called = queries.mentioned_by(actor, case_id, why.text, post_ids)
    if len(called) > MOST_MENTIONED:
        raise _too_many()
    facts = [tell(actor, case, CaseNoted, words_commitment=why.commitment, for_reporter=False)]
    if called:
        posts = tuple(str(one.post_id) for one in called)
        organisations = tuple(dict.fromkeys(one.organisation_code for one in called))
        facts.append(tell(actor, case, ColleaguesMentioned, post_ids=posts, called_organisations=organisations))  # type: ignore[arg-type]
    entry = noted(actor, case, facts, now, words=why)
    note = ColleagueNote.objects.create(
        entry_id=entry,
        case=case,
        organisation_code=actor.organisation_code,
        by_post=actor.acting_post_id or "",
        written_at=now,
    )
    Mention.objects.bulk_create(
        Mention(id=new_id(), note=note, case=case, post_id=str(one.post_id), at=now) for one in called
    )
    return entry


@verb
def retract_note(*, actor: Actor, case_id: uuid.UUID, note_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """Who wrote it takes it back, soon after: words and mentions are gone, that there was one stays. Raises Refused."""
    row = _standing_note(actor, case_id, note_id)
    if row.by_post != actor.acting_post_id:
        raise Forbidden("note-others", _("Only who wrote a note takes it back. Nothing was changed."))
    if now - row.written_at > RETRACT_WITHIN:
        sentence = _("A note is taken back within 15 minutes; after that it can be struck. Nothing was changed.")
        raise Refused("note-late", sentence)
    row.retracted_at = now
    row.save(update_fields=["retracted_at"])
    Note.objects.filter(entry_id=row.entry_id).update(words="", salt=b"")
    Mention.objects.filter(note=row).delete()
    return noted(actor, row.case, [tell(actor, row.case, NoteRetracted, note_id=str(note_id))], now)


@verb
def strike_note(*, actor: Actor, case_id: uuid.UUID, note_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """It holds no longer; its words stay, struck. Who wrote it, or a leader of that organisation or the centre."""
    row = _standing_note(actor, case_id, note_id)
    rules.check_may_strike_note(actor, by_post=row.by_post, organisation_code=row.organisation_code)
    row.struck_at = now
    row.save(update_fields=["struck_at"])
    return noted(actor, row.case, [tell(actor, row.case, NoteStruck, note_id=str(note_id))], now)


@verb
def settle_mentions(*, actor: Actor, mention_ids: Sequence[uuid.UUID] | None = None, now: datetime) -> int:
    """The post is done with these notes that mention it, or with all; answers how many. Nobody else is told."""
    rules.check_in_post(actor)
    rows = Mention.objects.select_for_update().filter(post_id=actor.acting_post_id, done_at=None)
    if mention_ids is not None:
        rows = rows.filter(id__in=mention_ids)
    found = list(rows.values_list("id", flat=True))
    if found:
        Mention.objects.filter(id__in=found).update(done_at=now)
        code = actor.organisation_code
        fact = MentionsSettled(subject=f"post:{actor.acting_post_id}", organisation_code=code, mentions=len(found))
        ledger.record([fact], actor=actor, now=now)
    return len(found)


def _too_many() -> Invalid:
    sentence = _("At most %(n)s colleagues are mentioned at once. The note was not kept yet; your text is still here.")
    return Invalid("mention-many", sentence % {"n": MOST_MENTIONED})


def _standing_note(actor: Actor, case_id: uuid.UUID, note_id: uuid.UUID) -> ColleagueNote:
    queries.check_sees(actor, case_id)
    rules.check_may_write_note(actor)
    rows = ColleagueNote.objects.select_for_update().select_related("case")
    row = rows.filter(entry_id=note_id, case_id=case_id).first()
    if row is None:
        raise Absent("note-absent", _("There is no such note."))
    if row.retracted_at or row.struck_at:
        raise Refused("note-over", _("This note was taken back or struck before. Nothing was changed."))
    return row
