"""JSON doors of the district's own terms and of the breach forecast: what holds, a draft and its preview, versions, the model."""

import uuid
from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import ConfigDict, Field

from pianqu.foundation.api import Body, Code, Doors, Text, actor_of
from pianqu.foundation.errors import Refused
from pianqu.kernels import breach
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import BreachCard, LocalTerm, Shift, Tally, VersionCard
from pianqu.rooms.casework.schemas import Day, Nature

doors = Doors("clocks")


class TermBody(Body):
    """A term: for one nature, and for one category or (empty) for every other."""

    nature: Nature = Field(examples=["complaint"])
    category: Code | Literal[""] = Field("", examples=["noise"])
    amount: int = Field(ge=1, le=1000, examples=[3])
    unit: Literal["h", "wd", "cd", "mo"] = Field(examples=["wd"])
    rolls: bool = Field(False, description="Whether a last day of rest moves to the next working day.")


class DraftBody(Body):
    """All terms that are to hold; what is left out is the pack's."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"terms": [{"nature": "complaint", "category": "noise", "amount": 3, "unit": "wd"}]}]
        },
    )

    terms: list[TermBody] = Field(max_length=200)
    seen: Code | None = Field(
        None, description="The digest of the draft that this one changes: another one by now is then not overwritten."
    )


class EnforceBody(Body):
    """From which day on the draft holds, for which matters, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"seen": "9f2c4b1a7d3e5f60", "from_date": "2026-12-01", "also_open": True, "words": "先试行一季度"}
            ]
        },
    )

    seen: Code = Field(description="The digest that the preview answered: what was seen is what is put in force.")
    from_date: Day
    also_open: bool = False
    words: Text


class Term(Schema):
    """A term that holds today."""

    nature: str
    category: str
    amount: int
    unit: str


class Terms(Schema):
    """What holds for matters that come in today. Version 0 is the pack's alone."""

    version: int
    terms: list[Term]


class Draft(Schema):
    """A draft and what it would move, by organisation and matter by matter. `seen` is what puts it in force."""

    version: int
    seen: str
    running: int
    unmoved: int
    is_whole: bool
    total: Tally
    by_organisation: list[Tally]
    shifts: list[Shift] = Field(description="At most 500; the workbook of the page holds all.")


class Forecasts(Schema):
    """What the breach forecast is learned from and how good it is. `model` is null while nothing was learned."""

    fields: list[str] = Field(description="All that it knows of a matter.")
    ended: int
    needed: int
    open: int
    marked: int
    model: BreachCard | None


MOST = 500


@doors.asks("", name="listTerms", says=gettext_noop("Terms of the district that hold today"), gives=Terms)
def list_terms(request: HttpRequest) -> Terms:
    actor_of(request)
    current = queries.clock_rules(on=timezone.localdate())
    packs = {nature: current.term(nature, "") for nature in queries.pack_rules()}
    usual = [Term(nature=nature, category="", amount=t.amount, unit=str(t.unit)) for nature, t in packs.items()]
    own = [
        Term(nature=one.nature, category=one.category, amount=one.amount, unit=one.unit)
        for one in current.terms
        if one.category
    ]
    return Terms(version=current.version, terms=[*usual, *own])


@doors.asks(
    "/versions",
    name="listTermVersions",
    says=gettext_noop("Versions of the district's terms, the newest first, with how far they are applied"),
    gives=list[VersionCard],
)
def list_versions(request: HttpRequest) -> list[VersionCard]:
    actor_of(request)
    return list(queries.clock_versions(now=timezone.now()))


@doors.does(
    "/draft",
    name="draftTerms",
    says=gettext_noop("Write down which terms are to hold; nothing moves by that"),
    right="arrange",
    method="PUT",
)
def draft_terms(request: HttpRequest, typed: DraftBody) -> uuid.UUID:
    terms = [LocalTerm(**one.model_dump()) for one in typed.terms]
    return services.draft_clock_rules(actor=actor_of(request), terms=terms, seen=typed.seen, now=timezone.now())


@doors.does("/draft", name="dropTermsDraft", says=gettext_noop("Drop the draft"), right="arrange", method="DELETE")
def drop_draft(request: HttpRequest) -> None:
    services.drop_clock_draft(actor=actor_of(request), now=timezone.now())


@doors.asks(
    "/draft",
    name="previewTerms",
    says=gettext_noop("What the draft would move if it held for open matters from now on"),
    gives=Draft,
)
def preview_terms(request: HttpRequest) -> Draft:
    actor, now, draft = actor_of(request), timezone.now(), queries.clock_draft()
    if draft is None:
        raise Refused("clock-draft-none", _("There is no draft any more: a colleague put it in force or dropped it."))
    found = queries.preview_clocks(actor, draft.rules, now=now)
    return Draft(
        version=draft.number,
        seen=draft.digest,
        running=found.running,
        unmoved=found.unmoved,
        is_whole=found.is_whole,
        total=found.total,
        by_organisation=list(found.by_organisation),
        shifts=list(found.shifts[:MOST]),
    )


@doors.does(
    "/draft/enforce",
    name="enforceTerms",
    says=gettext_noop("Put the draft in force from a day on, for new matters or for open ones too"),
    right="arrange",
)
def enforce_terms(request: HttpRequest, typed: EnforceBody) -> uuid.UUID:
    return services.enforce_clock_rules(actor=actor_of(request), now=timezone.now(), **typed.model_dump())


@doors.asks(
    "/forecasts",
    name="getForecasts",
    says=gettext_noop("What is said of open matters that are likely to be late, and how good that is"),
    gives=Forecasts,
)
def get_forecasts(request: HttpRequest) -> Forecasts:
    actor_of(request)
    now: datetime = timezone.now()
    seen = queries.breach_seen(now=now)
    return Forecasts(
        fields=list(breach.FIELDS),
        ended=seen.ended,
        needed=seen.needed,
        open=seen.open,
        marked=seen.marked,
        model=seen.model,
    )
