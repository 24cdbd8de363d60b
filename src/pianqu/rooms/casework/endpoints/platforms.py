"""JSON doors of the four platforms. What is done with one matter there stands among the acts on matters (cases.py)."""

import uuid

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop

from pianqu.foundation.api import Code, Doors, actor_of
from pianqu.rooms.casework import queries, schemas, services
from pianqu.rooms.casework.queries import ActCard, MemberCard, PlatformCounts

platforms = Doors("platforms")


@platforms.asks(
    "", name="listPlatforms", says=gettext_noop("The four platforms at one look"), gives=list[PlatformCounts]
)
def list_platforms(request: HttpRequest) -> list[PlatformCounts]:
    return list(queries.platforms_for(actor_of(request), now=timezone.now()))


@platforms.asks(
    "/{code}/figures",
    name="getPlatformFigures",
    says=gettext_noop("How a platform's matters stand, and went in twelve weeks"),
    gives=schemas.PlatformFigures,
)
def figures(request: HttpRequest, code: Code, street: Code | None = None) -> schemas.PlatformFigures:
    found = queries.platform_figures(actor_of(request), code, street_code=(street or "")[:12], now=timezone.now())
    return schemas.PlatformFigures.of(found)


@platforms.asks(
    "/{code}/cases",
    name="listPlatformCases",
    says=gettext_noop("A platform's matters, what is due first at the head"),
    gives=schemas.PlatformCases,
)
def list_cases(
    request: HttpRequest,
    code: Code,
    street: Code | None = None,
    queue: schemas.PlatformQueueName = "open",
    page: schemas.PageNumber = 1,
) -> schemas.PlatformCases:
    found = queries.platform_queue(
        actor_of(request), code, street_code=(street or "")[:12], queue=queue, page=page, now=timezone.now()
    )
    return schemas.PlatformCases(rows=list(found.rows), next_page=page + 1 if found.has_next else None)


@platforms.asks(
    "/{code}/members",
    name="listPlatformMembers",
    says=gettext_noop("Who takes part in a platform of a street"),
    gives=list[MemberCard],
)
def list_members(request: HttpRequest, code: Code, street: Code) -> list[MemberCard]:
    actor_of(request)
    return list(queries.live_members(code, street[:12]))


@platforms.asks(
    "/{code}/powers",
    name="listPlatformPowers",
    says=gettext_noop("What the duty lists in force give whom for a platform's categories in a street"),
    gives=list[schemas.PlatformPower],
)
def list_powers(request: HttpRequest, code: Code, street: Code) -> list[schemas.PlatformPower]:
    actor_of(request)
    return [schemas.PlatformPower.of(card) for card in queries.platform_powers(code, street[:12], timezone.localdate())]


@platforms.does(
    "/{code}/members",
    name="addPlatformMember",
    says=gettext_noop("Let an organisation, or one post of it, take part in a platform of a street"),
    right="handle",
    status=201,
)
def add_member(request: HttpRequest, code: Code, typed: schemas.PlatformMember) -> uuid.UUID:
    return services.add_platform_member(
        actor=actor_of(request),
        platform=code,
        street_code=typed.street,
        organisation_code=typed.organisation_code,
        post_id=typed.post_id,
        now=timezone.now(),
    )


@platforms.does(
    "/members/{uuid:member_id}",
    name="removePlatformMember",
    says=gettext_noop("Let somebody take part in a platform no longer"),
    right="handle",
    method="DELETE",
)
def remove_member(request: HttpRequest, member_id: uuid.UUID) -> None:
    services.remove_platform_member(actor=actor_of(request), member_id=member_id, now=timezone.now())


@platforms.asks(
    "/acts/{uuid:act_id}",
    name="getPlatformAct",
    says=gettext_noop("What a platform did with a matter, as its paper says it"),
    gives=ActCard,
)
def get_act(request: HttpRequest, act_id: uuid.UUID) -> ActCard:
    return queries.platform_act(actor_of(request), act_id)
