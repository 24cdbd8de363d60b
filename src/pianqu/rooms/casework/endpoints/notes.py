"""JSON doors of notes among colleagues and of mentions."""

import uuid

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import ConfigDict, Field

from pianqu.foundation.api import Body, Doors, Text, actor_of
from pianqu.rooms.casework import queries, schemas, services
from pianqu.rooms.casework.endpoints.cases import cases
from pianqu.rooms.casework.queries import MentionCard, NoteCard

mentions = Doors("desk")


class NoteBody(Body):
    """A note; posts are called by their ids, or by @ and a sign-in name in the words."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"words": "请明天上午一起到现场。", "post_ids": []}]}
    )

    words: Text
    post_ids: list[uuid.UUID] = Field(default_factory=list, max_length=services.MOST_MENTIONED)


class SettledBody(Body):
    """With which mentions the post is done; none named: with all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"mention_ids": None}]})

    mention_ids: list[uuid.UUID] | None = Field(None, max_length=200)


class Mentions(Schema):
    """A page of mentions."""

    rows: list[MentionCard]
    next_page: int | None


@cases.asks(
    "/{uuid:case_id}/notes",
    name="listNotes",
    says=gettext_noop("What colleagues wrote beside a matter; its reporter never sees it"),
    gives=list[NoteCard],
)
def list_notes(request: HttpRequest, case_id: uuid.UUID) -> list[NoteCard]:
    actor, after = actor_of(request), timezone.now() - services.RETRACT_WITHIN
    return list(queries.notes_among(actor, queries.case_for(actor, case_id).timeline, retract_after=after))


@cases.does(
    "/{uuid:case_id}/notes",
    name="writeNote",
    says=gettext_noop("Write a note among colleagues, and call some of them"),
    right="handle",
    status=201,
)
def write(request: HttpRequest, case_id: uuid.UUID, typed: NoteBody) -> uuid.UUID:
    posts = [str(post) for post in typed.post_ids]
    return services.write_note(
        actor=actor_of(request), case_id=case_id, words=typed.words, post_ids=posts, now=timezone.now()
    )


@cases.does(
    "/{uuid:case_id}/notes/{uuid:note_id}/retract",
    name="retractNote",
    says=gettext_noop("Take an own note back soon after it was written"),
    right="handle",
)
def retract(request: HttpRequest, case_id: uuid.UUID, note_id: uuid.UUID) -> uuid.UUID:
    return services.retract_note(actor=actor_of(request), case_id=case_id, note_id=note_id, now=timezone.now())


@cases.does(
    "/{uuid:case_id}/notes/{uuid:note_id}/strike",
    name="strikeNote",
    says=gettext_noop("Strike a note: its words stay, marked"),
    right="handle",
)
def strike(request: HttpRequest, case_id: uuid.UUID, note_id: uuid.UUID) -> uuid.UUID:
    return services.strike_note(actor=actor_of(request), case_id=case_id, note_id=note_id, now=timezone.now())


@mentions.asks("", name="listMentions", says=gettext_noop("Where the post is mentioned"), gives=Mentions)
def list_mentions(request: HttpRequest, page: schemas.PageNumber = 1) -> Mentions:
    rows, has_more = queries.mentions_of(actor_of(request), page=page)
    return Mentions(rows=list(rows), next_page=page + 1 if has_more else None)


@mentions.does(
    "/settled", name="settleMentions", says=gettext_noop("Be done with notes that mention the post"), right="handle"
)
def settle(request: HttpRequest, typed: SettledBody) -> None:
    services.settle_mentions(actor=actor_of(request), mention_ids=typed.mention_ids, now=timezone.now())
