"""Notes among colleagues: those of a matter, whom they may mention, and where a post is mentioned."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.ids import read_id
from pianqu.kernels import checkcode
from pianqu.kernels.mentions import called_in
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.models import Case, ColleagueNote, Mention, Note, Task
from pianqu.rooms.casework.queries.cases import TimelineItem
from pianqu.rooms.casework.queries.seen import few_seen_by, one_seen_by
from pianqu.rooms.directory import queries as directory

MENTIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCard:
    """A note among colleagues. Its mark is `retracted`, `struck` or empty; `by` and `mentions` are posts' titles."""

    note_id: uuid.UUID
    at: datetime
    organisation_code: str
    by: str
    words: str
    mark: str
    mentions: tuple[str, ...]
    may_retract: bool
    may_strike: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionCard:
    """A note that mentions the reader's post. Without `words` where the matter is not the reader's to see any more."""

    mention_id: uuid.UUID
    case_id: uuid.UUID
    shown_code: str
    at: datetime
    organisation_code: str
    by: str
    words: str
    is_new: bool
    is_seen: bool
    is_struck: bool


def is_internal(item: TimelineItem) -> bool:
    """Whether a line of a timeline is a note that only colleagues read."""
    return item.kind == "casework.case-noted" and not item.fact.get("for_reporter")


def notes_among(actor: Actor, items: Sequence[TimelineItem], *, retract_after: datetime) -> tuple[NoteCard, ...]:
    """The notes of a matter's timeline, the newest first. No statement where there is none, three or four where there are.

    `retract_after`: what was written later can still be taken back by who wrote it."""
    lines = [item for item in items if is_internal(item)]
    if not lines:
        return ()
    rows = {row.entry_id: row for row in ColleagueNote.objects.filter(entry_id__in=[item.entry_id for item in lines])}
    called: dict[uuid.UUID, list[str]] = {}
    for note_id, post_id in Mention.objects.filter(note__in=rows).order_by("id").values_list("note_id", "post_id"):
        called.setdefault(note_id, []).append(post_id)
    posts = [row.by_post for row in rows.values()] + [post for found in called.values() for post in found]
    titles, leads = _titles(posts), bool(rows) and actor.acts and directory.is_leader(actor)
    return tuple(
        _note(actor, item, rows.get(item.entry_id), titles, called.get(item.entry_id, []), leads, retract_after)
        for item in reversed(lines)
    )


def _note(
    actor: Actor,
    item: TimelineItem,
    row: ColleagueNote | None,
    titles: dict[str, str],
    called: Sequence[str],
    leads: bool,
    retract_after: datetime,
) -> NoteCard:
    stands = row is not None and not row.retracted_at and not row.struck_at and actor.acts
    own = row is not None and row.by_post == actor.acting_post_id
    over = leads and (rules.sees_all(actor) or (row is not None and row.organisation_code == actor.organisation_code))
    return NoteCard(
        note_id=item.entry_id,
        at=item.at,
        organisation_code=item.organisation_code,
        by=titles.get(row.by_post, "") if row else "",
        words=item.words,
        mark="retracted" if row and row.retracted_at else "struck" if row and row.struck_at else "",
        mentions=tuple(titles[post] for post in called if post in titles),
        may_retract=bool(stands and own and row and row.written_at > retract_after),
        may_strike=bool(stands and (own or over)),
    )


def _titles(post_ids: Collection[str]) -> dict[str, str]:
    """Organisation and title of current posts; no name of a person."""
    held = directory.holders(uuid.UUID(post) for post in set(post_ids) if post)
    return {str(post_id): f"{one.organisation_name} · {one.title}" for post_id, one in held.items()}


def colleagues_around(actor: Actor, case_id: uuid.UUID) -> tuple[directory.HeldPost, ...]:
    """Posts of the organisations that have to do with a matter, without the actor's own. Raises Absent. Three statements."""
    case = one_seen_by(actor).filter(id=case_id).first()
    if case is None:
        raise Absent("case-absent", _("There is no such matter."))
    parts = Task.objects.filter(case=case, ended_at=None).values_list("organisation_code", flat=True)
    place = case.place_code or ""
    area = {place, f"{place[:9]}000"} if place else set()
    codes = {case.organisation_code, case.lead_code, rules.centre_code(), *parts, *area} - {""}
    return tuple(one for one in directory.held_posts(codes) if str(one.post_id) != actor.acting_post_id)


def mentioned_by(
    actor: Actor, case_id: uuid.UUID, words: str, post_ids: Sequence[str]
) -> tuple[directory.HeldPost, ...]:
    """Whom a note mentions: chosen posts, and those of sign-in names behind an @ that may see the matter. Raises Invalid."""
    found: dict[uuid.UUID, directory.HeldPost] = {}
    chosen = directory.holders(post for text in post_ids if (post := read_id(text)) is not None)
    for text in post_ids:
        post_id = read_id(text)
        one = chosen.get(post_id) if post_id else None
        if one is None or not _may_see(one, case_id):
            raise _not_mentioned(f"{one.organisation_name} · {one.title}" if one else _("a post that ended"))
        found[one.post_id] = one
    for login in called_in(words):
        account_id = directory.account_of_login(login)
        own = [card.post_id for card in directory.posts_of(account_id)] if account_id else []
        seeing = [one for one in directory.holders(own).values() if _may_see(one, case_id)]
        if not seeing:
            raise _not_mentioned(f"@{login}")
        found.setdefault(seeing[0].post_id, seeing[0])
    return tuple(one for one in found.values() if str(one.post_id) != actor.acting_post_id)


def _may_see(one: directory.HeldPost, case_id: uuid.UUID) -> bool:
    actor = directory.actor_for(one.account_id, one.post_id)
    return actor is not None and one_seen_by(actor).filter(id=case_id).exists()


def _not_mentioned(name: str) -> Invalid:
    """The same for who does not exist and for who may not see it: neither is told apart."""
    sentence = _(
        "%(name)s cannot be mentioned: nobody of this name holds a post that sees this matter. "
        "The note was not kept yet; your text is still here."
    )
    return Invalid("mention-unseen", sentence % {"name": name})


def mentions_new(actor: Actor) -> int:
    """With how many notes that mention it the post is not done. One statement."""
    return Mention.objects.filter(post_id=actor.acting_post_id or "-", done_at=None).count()


def mentions_of(actor: Actor, *, page: int = 1) -> tuple[tuple[MentionCard, ...], bool]:
    """Where the post is mentioned, what is new first, and whether there is more. Four statements."""
    first = (page - 1) * MENTIONS
    rows = Mention.objects.filter(post_id=actor.acting_post_id or "-").select_related("note", "case")
    new_first = F("done_at").desc(nulls_first=True)
    found = list(rows.order_by(new_first, "-at", "-id")[first : first + MENTIONS + 1])
    shown = found[:MENTIONS]
    seen = set(few_seen_by(actor).filter(id__in={row.case_id for row in shown}).values_list("id", flat=True))
    words = dict(Note.objects.filter(entry_id__in=[row.note_id for row in shown]).values_list("entry_id", "words"))
    titles = _titles([row.note.by_post for row in shown])
    return tuple(_mention(row, seen, words, titles) for row in shown), len(found) > MENTIONS


def _mention(row: Mention, seen: set[uuid.UUID], words: dict[uuid.UUID, str], titles: dict[str, str]) -> MentionCard:
    case: Case = row.case
    return MentionCard(
        mention_id=row.id,
        case_id=row.case_id,
        shown_code=checkcode.show(case.code),
        at=row.at,
        organisation_code=row.note.organisation_code,
        by=titles.get(row.note.by_post, ""),
        words=words.get(row.note_id, "") if row.case_id in seen else "",
        is_new=row.done_at is None,
        is_seen=row.case_id in seen,
        is_struck=row.note.struck_at is not None,
    )
