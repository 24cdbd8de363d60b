"""JSON doors for matters that are the same: what a report is like, joining, candidates, public titles, joint answers."""

import uuid
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Header, Schema
from pydantic import ConfigDict, Field

from pianqu.foundation.api import RESIDENT_PASS, Body, Code, Short, Text, actor_of, address_of
from pianqu.rooms.casework import queries, schemas, services
from pianqu.rooms.casework.endpoints.cases import _contact, _key, _offered, _reporter, _resident, _taken, cases, reports
from pianqu.rooms.casework.queries import Candidate, JoinedPage, ReportedWords
from pianqu.rooms.casework.services.parts import checked_place

Known = Annotated[Short, Header("", alias=RESIDENT_PASS, description="A pass of the resident roll, if one has it.")]


class AlikeBody(Body):
    """What somebody is about to report."""

    words: Text = Field(examples=["路灯坏了三天，晚上很黑。"])
    category: Code = Field("unknown", examples=["roads"])
    place: schemas.Place = Field(default_factory=lambda: schemas.Place.model_validate({}))


class Offer(Schema):
    """An open matter that may be the same. Never a word of who reported it: only what staff released as a title."""

    offer: str = Field(description="Joins it (joinReport); good for a day, and tells nothing.")
    category: str
    place_code: str
    lon: float | None = Field(description="The middle of a square of 50 metres.")
    lat: float | None
    metres: int | None
    days: int = Field(description="Its age.")
    state: str
    title: str
    joined: int = Field(description="How many others joined it; 0 for fewer than five.")


class JoinBody(schemas.Report):
    """A report that joins the matter of an offer."""

    offer: Text = Field(examples=["Zm9vYmFy"], description="From findAlike.")


class JoinTaken(schemas.Taken):
    """As for a report. Where the other matter had ended meanwhile, `joined` is false: then it is a matter of its own."""

    joined: bool


class TitleBody(Body):
    """What everybody may read; empty takes it back."""

    title: Short = Field("", examples=["桥头路灯不亮"])


class OwnParagraph(Body):
    """A paragraph for one matter alone."""

    case_id: uuid.UUID
    words: Text = Field(examples=["您家门口也加了一盏。"])


class JointBody(Body):
    """An answer for all who joined, and paragraphs for some of them. Without an answer for all only those are answered."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reply": "路灯已经换好。", "own": []}]})

    reply: Text = ""
    own: list[OwnParagraph] = Field(default_factory=list, max_length=services.AT_ONCE)


@reports.does(
    "/alike",
    name="findAlike",
    says=gettext_noop("Open matters that may be the same as what one is about to report"),
    right="",
    gives=list[Offer],
)
def find_alike(request: HttpRequest, typed: AlikeBody) -> list[Offer]:
    queries.check_pace(address_of(request))
    now, place = timezone.now(), checked_place(typed.place.choice(), ours=True)
    report = ReportedWords(
        words=typed.words,
        category=typed.category,
        place_code=place.community_code or "",
        lon=place.lon,
        lat=place.lat,
        landmark=place.landmark or "",
    )
    return [
        Offer(
            offer=services.offer(one.case_id, now=now),
            **{name: getattr(one, name) for name in Offer.model_fields if name != "offer"},
        )
        for one in queries.alike_to(report, now=now)
    ]


@reports.does(
    "/joins",
    name="joinReport",
    says=gettext_noop("Report a matter as one with another: own code, own answer, own rating"),
    right="",
    gives=JoinTaken,
    status=201,
    keyed=True,
)
def join_report(request: HttpRequest, typed: JoinBody, known: Known) -> JoinTaken:
    now, by = timezone.now(), _reporter(known)
    done = services.join_report(
        actor=_resident(),
        parent_id=services.offered(typed.offer, now=now),
        words=typed.words,
        category=_offered(typed.category),
        place=typed.place.choice(),
        contact=_contact(typed, by),
        tell_reporter=typed.tell,
        reporter=by,
        idempotency_key=_key(request),
        now=now,
    )
    return JoinTaken(joined=done.joined, **_taken(done.opened).dict())


@cases.asks(
    "/{uuid:case_id}/alike",
    name="listAlike",
    says=gettext_noop("Open matters in the scope that may be the same, with why"),
    gives=list[Candidate],
)
def list_alike(request: HttpRequest, case_id: uuid.UUID) -> list[Candidate]:
    return list(queries.candidates_for(actor_of(request), case_id, now=timezone.now()))


@cases.asks(
    "/{uuid:case_id}/joined",
    name="listJoined",
    says=gettext_noop("Who joined a matter, one page, and how they rated"),
    gives=JoinedPage,
)
def list_joined(request: HttpRequest, case_id: uuid.UUID, page: Code | None = None) -> JoinedPage:
    return queries.joined_to(actor_of(request), case_id, page=page or "")


@cases.does(
    "/{uuid:case_id}/joined",
    name="answerJoined",
    says=gettext_noop("Answer all who joined a matter, each on their own matter, or some of them"),
    right="handle",
)
def answer_joined(request: HttpRequest, case_id: uuid.UUID, typed: JointBody) -> uuid.UUID:
    actor = actor_of(request)
    queries.check_sees(actor, case_id)
    own = {one.case_id: one.words for one in typed.own}
    return services.answer_joined(actor=actor, case_id=case_id, reply=typed.reply, own=own, now=timezone.now())


@cases.does(
    "/{uuid:case_id}/title",
    name="releaseTitle",
    says=gettext_noop("Let everybody read a title of the matter; an empty one is taken back"),
    right="handle",
)
def release_title(request: HttpRequest, case_id: uuid.UUID, typed: TitleBody) -> uuid.UUID:
    actor = actor_of(request)
    queries.check_sees(actor, case_id)
    return services.release_title(actor=actor, case_id=case_id, title=typed.title, now=timezone.now())
