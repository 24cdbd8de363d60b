"""JSON doors of the directory: organisations, posts, duty, what is sent down, duty lists, the resident roll."""

import uuid
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Schema

from pianqu.foundation.api import Caller, Code, Doors, Moment, actor_of, caller_of
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.rooms.directory import queries, schemas, services
from pianqu.rooms.directory.queries import (
    DutyCard,
    EnrolmentCard,
    Gap,
    HeldPost,
    OrganisationCard,
    SendDownCard,
    SubstitutionCard,
    TokenCard,
    Trouble,
)

LONGEST_ROSTER_DAYS = 62

me = Doors("token")
directory = Doors("directory")
routers = {"/me": me.router, "": directory.router}


class Me(Schema):
    """Who the token is."""

    name: str
    organisation_code: str
    post_id: str
    title: str
    reads_only: bool
    rights: list[str]
    expires_at: datetime


@me.asks("", name="whoAmI", says=gettext_noop("In which post the token acts, what it allows, until when"), gives=Me)
def who_am_i(request: HttpRequest) -> Me:
    caller: Caller = caller_of(request)
    return Me(
        name=caller.name,
        organisation_code=caller.actor.organisation_code,
        post_id=caller.actor.post_id or "",
        title=caller.actor.title,
        reads_only=caller.actor.reads_only,
        rights=sorted(caller.rights),
        expires_at=caller.expires_at,
    )


# organisations and posts ---------------------------------------------------------------------------------------------


@directory.asks(
    "/organisations", name="listOrganisations", says=gettext_noop("Living organisations"), gives=list[OrganisationCard]
)
def organisations(request: HttpRequest, on: schemas.Day | None = None) -> list[OrganisationCard]:
    return list(queries.all_organisations(on=on))


@directory.asks(
    "/organisations/{code}",
    name="getOrganisation",
    says=gettext_noop("One organisation: its line, its ground, its powers, what it became"),
    gives=schemas.OrganisationWhole,
)
def organisation(request: HttpRequest, code: Code, on: schemas.Day | None = None) -> schemas.OrganisationWhole:
    card, day = queries.organisation(code), on or timezone.localdate()
    return schemas.OrganisationWhole(
        organisation=card,
        superiors=list(queries.superiors(card.code, day)),
        areas=sorted(queries.areas_of(card.code, day)),
        powers=list(queries.powers_of(card.code, day)),
        successors=list(queries.successors(card.code)),
    )


@directory.asks(
    "/organisations/{code}/posts",
    name="listPosts",
    says=gettext_noop("Posts of an organisation with who holds them"),
    gives=list[HeldPost],
)
def posts(request: HttpRequest, code: Code) -> list[HeldPost]:
    return list(queries.held_posts([queries.organisation(code).code]))


@directory.does(
    "/organisations", name="addOrganisation", says=gettext_noop("Enter an organisation"), right="arrange", status=201
)
def add_organisation(request: HttpRequest, typed: schemas.NewBody) -> str:
    given = dict(typed)
    valid_from = given.pop("valid_from") or timezone.localdate()
    item = services.NewOrganisation(**given)
    added = services.add_organisations(actor=actor_of(request), items=[item], valid_from=valid_from, now=timezone.now())
    if not added:
        raise Refused("organisation-known", _("This code is taken: a code is never used again."))
    return item.code


@directory.does(
    "/organisations/{code}/superior",
    name="setSuperior",
    says=gettext_noop("Change to whom it reports"),
    right="arrange",
)
def set_superior(request: HttpRequest, code: Code, typed: schemas.Superior) -> None:
    services.set_superior(
        actor=actor_of(request), code=code, parent_code=typed.parent_code, was=typed.was, now=timezone.now()
    )


@directory.does(
    "/organisations/{code}/areas", name="serveAreas", says=gettext_noop("Say on whose ground it works"), right="arrange"
)
def serve_areas(request: HttpRequest, code: Code, typed: schemas.Areas) -> None:
    services.serve_areas(
        actor=actor_of(request),
        organisation_code=code,
        area_codes=typed.area_codes,
        valid_from=typed.valid_from or timezone.localdate(),
        now=timezone.now(),
    )


@directory.does("/posts", name="appoint", says=gettext_noop("Give an account a post"), right="arrange", status=201)
def appoint(request: HttpRequest, typed: schemas.Appointment) -> uuid.UUID:
    account_id = queries.account_of_login(typed.login)
    if account_id is None:
        raise Absent("account-absent", _("Nobody signs in by this name."))
    return services.appoint(
        actor=actor_of(request),
        account_id=account_id,
        organisation_code=typed.organisation_code,
        kind=typed.kind,
        title=typed.title,
        beside=typed.beside,
        now=timezone.now(),
    )


@directory.does(
    "/posts/{uuid:post_id}", name="endPost", says=gettext_noop("End a post"), right="arrange", method="DELETE"
)
def end_post(request: HttpRequest, post_id: uuid.UUID) -> None:
    services.end_post(actor=actor_of(request), post_id=post_id, now=timezone.now())


@directory.asks(
    "/tokens",
    name="listTokens",
    says=gettext_noop("Living tokens of the own post; administrators see all"),
    gives=list[TokenCard],
    right="arrange",
)
def tokens(request: HttpRequest) -> list[TokenCard]:
    return list(queries.tokens_for(actor_of(request), at=timezone.now()))


@directory.does(
    "/tokens/{uuid:token_id}", name="endToken", says=gettext_noop("End a token"), right="arrange", method="DELETE"
)
def end_token(request: HttpRequest, token_id: uuid.UUID) -> None:
    services.end_token(actor=actor_of(request), token_id=token_id, now=timezone.now())


# who is there --------------------------------------------------------------------------------------------------------


@directory.asks(
    "/substitutions",
    name="listSubstitutions",
    says=gettext_noop("Who stands in for whom, now or later, in the own organisation"),
    gives=list[SubstitutionCard],
)
def substitutions(request: HttpRequest) -> list[SubstitutionCard]:
    return list(queries.substitutions([actor_of(request).organisation_code], timezone.now()))


@directory.does(
    "/substitutions", name="substitute", says=gettext_noop("Let somebody stand in"), right="arrange", status=201
)
def substitute(request: HttpRequest, typed: schemas.Absence) -> uuid.UUID:
    return services.substitute(
        actor=actor_of(request),
        post_id=_id(typed.post_id),
        by_post_id=_id(typed.by_post_id),
        starts=typed.starts,
        ends=typed.ends,
        across=typed.across,
        now=timezone.now(),
    )


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid("id-wrong", _("This is no id as the API gives them.")) from error


@directory.does(
    "/substitutions/{uuid:substitution_id}",
    name="endSubstitution",
    says=gettext_noop("The absent one is back"),
    right="arrange",
    method="DELETE",
)
def end_substitution(request: HttpRequest, substitution_id: uuid.UUID) -> None:
    services.end_substitution(actor=actor_of(request), substitution_id=substitution_id, now=timezone.now())


@directory.asks(
    "/duties", name="listDuties", says=gettext_noop("Who is on duty in a time of at most 62 days"), gives=list[DutyCard]
)
def duties(request: HttpRequest, since: Moment, until: Moment, organisation: Code | None = None) -> list[DutyCard]:
    _check_roster(since, until)
    return list(queries.roster([organisation] if organisation else None, since, until))


def _check_roster(since: datetime, until: datetime) -> None:
    if not since <= until or (until - since).days > LONGEST_ROSTER_DAYS:
        raise Invalid("span-wrong", _("The end must be after the beginning, by at most 62 days."))


@directory.asks(
    "/duties/gaps", name="listDutyGaps", says=gettext_noop("When nobody of an organisation is on duty"), gives=list[Gap]
)
def duty_gaps(request: HttpRequest, organisation: Code, since: Moment, until: Moment) -> list[Gap]:
    _check_roster(since, until)
    return list(queries.duty_gaps(organisation, since, until))


@directory.does("/duties", name="putOnDuty", says=gettext_noop("Put a post on duty"), right="arrange", status=201)
def put_on_duty(request: HttpRequest, typed: schemas.OnDuty) -> uuid.UUID:
    return services.put_on_duty(
        actor=actor_of(request),
        post_id=_id(typed.post_id),
        organisation_code=typed.organisation_code,
        starts=typed.starts,
        ends=typed.ends,
        now=timezone.now(),
    )


@directory.does(
    "/duties/{uuid:duty_id}",
    name="takeOffDuty",
    says=gettext_noop("Take a post off duty"),
    right="arrange",
    method="DELETE",
)
def take_off_duty(request: HttpRequest, duty_id: uuid.UUID) -> None:
    services.take_off_duty(actor=actor_of(request), duty_id=duty_id, now=timezone.now())


@directory.asks(
    "/here",
    name="whoIsHere",
    says=gettext_noop("What upper organisations lend to the ground on a day, by where it is"),
    gives=list[SendDownCard],
)
def here(request: HttpRequest, on: schemas.Day | None = None, centre: Code | None = None) -> list[SendDownCard]:
    found = queries.here_by_centre(on or timezone.localdate(), [centre] if centre else None)
    return [card for cards in found.values() for card in cards]


@directory.does(
    "/send-downs",
    name="sendDown",
    says=gettext_noop("Lend a resource, service, person or responsibility to the ground"),
    right="arrange",
    status=201,
)
def send_down(request: HttpRequest, typed: schemas.Lent) -> uuid.UUID:
    given = dict(typed)
    given["post_id"] = _id(typed.post_id) if typed.post_id else None
    return services.send_down(actor=actor_of(request), now=timezone.now(), **given)


@directory.does(
    "/send-downs/{uuid:send_down_id}",
    name="recall",
    says=gettext_noop("Take back what was lent"),
    right="arrange",
    method="DELETE",
)
def recall(request: HttpRequest, send_down_id: uuid.UUID) -> None:
    services.recall(actor=actor_of(request), send_down_id=send_down_id, now=timezone.now())


# duty lists ----------------------------------------------------------------------------------------------------------


@directory.asks(
    "/powers/troubles",
    name="listTroubles",
    says=gettext_noop("What the duty lists leave open or say twice on a day"),
    gives=list[Trouble],
)
def troubles(request: HttpRequest, on: schemas.Day | None = None) -> list[Trouble]:
    return list(queries.troubles(on=on or timezone.localdate()))[:1_000]


class Imported(Schema):
    """What became of a duty list."""

    added: int
    kept: int
    ended: int
    overlaps: list[Trouble]
    gaps: list[Trouble]


@directory.does(
    "/powers",
    name="importPowers",
    says=gettext_noop("Put a duty list in the place of its former state, whole"),
    right="arrange",
    gives=Imported,
)
def import_powers(request: HttpRequest, typed: schemas.DutyList) -> Imported:
    rows = [services.NewPower(**dict(row)) for row in typed.rows]
    report = services.import_powers(actor=actor_of(request), rows=rows, source=typed.source, now=timezone.now())
    return Imported(
        added=report.added,
        kept=report.kept,
        ended=report.ended,
        overlaps=list(report.overlaps),
        gaps=list(report.gaps),
    )


# the resident roll ---------------------------------------------------------------------------------------------------


@directory.asks(
    "/enrolments",
    name="listEnrolments",
    says=gettext_noop("Residents whose card a second officer has to read too"),
    gives=list[EnrolmentCard],
    right="residents",
)
def enrolments(request: HttpRequest) -> list[EnrolmentCard]:
    return list(queries.enrolments_for(actor_of(request)))


@directory.does(
    "/enrolments",
    name="beginEnrolment",
    says=gettext_noop("Enter a resident: the first officer's reading of the card"),
    right="residents",
    status=201,
)
def begin_enrolment(request: HttpRequest, typed: schemas.Card) -> uuid.UUID:
    return services.begin_enrolment(actor=actor_of(request), now=timezone.now(), **dict(typed))


@directory.does(
    "/enrolments/{uuid:enrolment_id}/finish",
    name="finishEnrolment",
    says=gettext_noop("Enter a resident: the second officer's reading of the card"),
    right="residents",
)
def finish_enrolment(request: HttpRequest, enrolment_id: uuid.UUID, typed: schemas.SecondReading) -> uuid.UUID:
    return services.finish_enrolment(
        actor=actor_of(request), enrolment_id=enrolment_id, number=typed.number, now=timezone.now()
    )


@directory.does(
    "/enrolments/{uuid:enrolment_id}",
    name="dropEnrolment",
    says=gettext_noop("Drop an unfinished enrolment"),
    right="residents",
    method="DELETE",
)
def drop_enrolment(request: HttpRequest, enrolment_id: uuid.UUID) -> None:
    services.drop_enrolment(actor=actor_of(request), enrolment_id=enrolment_id, now=timezone.now())
