"""JSON doors of territory: cells and clusters, where a point lies, service points, rooms and bookings."""

import uuid

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from pianqu.foundation.api import Code, Doors, Moment, Short, actor_of
from pianqu.foundation.errors import Invalid, Refused
from pianqu.kernels import opening
from pianqu.rooms.territory import queries, schemas, services
from pianqu.rooms.territory.queries import (
    CellCard,
    CellPlace,
    ClusterCard,
    DutyLine,
    EntryAnswer,
    EstateCard,
    Hit,
    PartyCard,
    PointCard,
    VersionCard,
)

LONGEST_DAYS = 92

territory = Doors("territory")
routers = {"": territory.router}


@territory.asks(
    "/grid/versions", name="listGridVersions", says=gettext_noop("Grids by day"), gives=list[VersionCard], right=""
)
def versions(request: HttpRequest) -> list[VersionCard]:
    return list(queries.versions())


@territory.does(
    "/grid/revert",
    name="revertGrid",
    says=gettext_noop("Take a mistaken adoption back: an earlier grid holds again, as a new version"),
    right="arrange",
)
def revert(request: HttpRequest, typed: schemas.Reverting) -> uuid.UUID:
    return services.revert_grid(actor=actor_of(request), now=timezone.now(), **dict(typed))


@territory.asks(
    "/clusters",
    name="listClusters",
    says=gettext_noop("Clusters of a day with their communities"),
    gives=list[ClusterCard],
    right="",
)
def clusters(request: HttpRequest, on: schemas.Day | None = None) -> list[ClusterCard]:
    return list(queries.clusters(on=on or timezone.localdate()))


@territory.asks(
    "/cells", name="listCells", says=gettext_noop("Cells of a day, of one community or all"), gives=list[CellCard]
)
def cells(request: HttpRequest, on: schemas.Day | None = None, community: Code | None = None) -> list[CellCard]:
    return list(queries.cells(on=on or timezone.localdate(), community_code=community or ""))


@territory.asks(
    "/cells/{code}",
    name="getCell",
    says=gettext_noop("One cell and the posts that answer for it"),
    gives=schemas.CellWhole,
)
def cell(request: HttpRequest, code: Code, on: schemas.Day | None = None) -> schemas.CellWhole:
    day = on or timezone.localdate()
    card = queries.cell(code, on=day)
    return schemas.CellWhole(cell=card, people=list(queries.people_of(card.code, on=day)))


@territory.asks(
    "/cells/{code}/entry",
    name="checkEntry",
    says=gettext_noop("Whether a cell's entry list holds a category"),
    gives=EntryAnswer,
)
def entry(request: HttpRequest, code: Code, category: Code, on: schemas.Day | None = None) -> EntryAnswer:
    return queries.check_entry(cell_code=code, category=category, on=on or timezone.localdate())


@territory.does(
    "/cells/{code}/people", name="staffCell", says=gettext_noop("Say which posts answer for a cell"), right="arrange"
)
def staff(request: HttpRequest, code: Code, typed: schemas.Staff) -> None:
    people = [services.NewPerson(role=one.role, post_id=_id(one.post_id)) for one in typed.people]
    services.staff_cell(
        actor=actor_of(request),
        cell_code=code,
        people=people,
        valid_from=typed.valid_from or timezone.localdate(),
        now=timezone.now(),
    )


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid("id-wrong", _("This is no id as the API gives them.")) from error


@territory.does(
    "/entry-list", name="setEntryList", says=gettext_noop("Put an entry list in force, whole"), right="arrange"
)
def set_entry_list(request: HttpRequest, typed: schemas.EntryList) -> None:
    services.set_entry_list(
        actor=actor_of(request),
        list_name=typed.name,
        items=[services.NewEntry(**dict(item)) for item in typed.items],
        valid_from=typed.valid_from or timezone.localdate(),
        now=timezone.now(),
    )


@territory.asks(
    "/entry-list", name="listEntries", says=gettext_noop("The entry list of a day"), gives=list[schemas.EntryLine]
)
def entries(request: HttpRequest, on: schemas.Day | None = None) -> list[schemas.EntryLine]:
    names = ("list_name", "cell_kind", "category", "article")
    rows = queries.entry_list(on=on or timezone.localdate())
    return [schemas.EntryLine(**dict(zip(names, row, strict=True))) for row in rows]


@territory.asks(
    "/find", name="findPlaces", says=gettext_noop("Places and landmarks by name"), gives=list[Hit], right=""
)
def find(request: HttpRequest, q: Short) -> list[Hit]:
    return list(queries.find(q))


@territory.asks(
    "/locate",
    name="locate",
    says=gettext_noop("In which cell, community and cluster a point lies"),
    gives=CellPlace,
    right="",
)
def locate(request: HttpRequest, lon: float, lat: float, on: schemas.Day | None = None) -> CellPlace:
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise Invalid("point-wrong", _("A point has a longitude from -180 to 180 and a latitude from -90 to 90."))
    return queries.locate_cell(lon=lon, lat=lat, on=on or timezone.localdate())


@territory.does(
    "/locate",
    name="locateMany",
    says=gettext_noop("The same for up to 10,000 points at once, in their order"),
    right="read",
    gives=list[CellPlace],
)
def locate_many(request: HttpRequest, typed: schemas.Lot) -> list[CellPlace]:
    return list(queries.locate_cells(typed.points, on=typed.on or timezone.localdate()))


# buildings -----------------------------------------------------------------------------------------------------------


@territory.asks(
    "/households",
    name="listHouseholds",
    says=gettext_noop("How many households and people each community has"),
    gives=list[schemas.Households],
)
def households(request: HttpRequest) -> list[schemas.Households]:
    found = queries.households_by_community()
    return [
        schemas.Households(
            community_code=code,
            buildings=counts.buildings,
            households=counts.households,
            population=counts.population,
        )
        for code, counts in found.items()
    ]


@territory.does(
    "/buildings",
    name="takeInBuildings",
    says=gettext_noop("Take in how many households each building has, all at once"),
    right="arrange",
    gives=uuid.UUID,
    status=201,
)
def take_in_buildings(request: HttpRequest, typed: schemas.BuildingRoll) -> uuid.UUID:
    return services.take_in_buildings(
        actor=actor_of(request),
        items=[services.NewBuilding(**dict(item)) for item in typed.items],
        source=typed.source,
        now=timezone.now(),
    )


# service points ------------------------------------------------------------------------------------------------------


@territory.asks(
    "/points", name="listPoints", says=gettext_noop("Service points of a day"), gives=list[PointCard], right=""
)
def points(request: HttpRequest, on: schemas.Day | None = None) -> list[PointCard]:
    return list(queries.points(on=on or timezone.localdate()))


@territory.asks(
    "/points/{code}",
    name="getPoint",
    says=gettext_noop("One service point and its rooms"),
    gives=schemas.PointWhole,
    right="",
)
def point(request: HttpRequest, code: Code) -> schemas.PointWhole:
    card = queries.point(code)
    return schemas.PointWhole(point=card, rooms=list(queries.rooms(card.code)))


@territory.does("/points", name="openPoint", says=gettext_noop("Open a service point"), right="arrange", status=201)
def open_point(request: HttpRequest, typed: schemas.NewPoint) -> str:
    given = dict(typed)
    valid_from = given.pop("valid_from") or timezone.localdate()
    item = services.NewPoint(**{**given, "weekly": _weekly(typed.weekly)})
    if not services.open_points(actor=actor_of(request), items=[item], valid_from=valid_from, now=timezone.now()):
        raise Refused("point-known", _("There is a service point with this code already. Nothing was changed."))
    return item.code


def _weekly(texts: list[str]) -> list[opening.Spans]:
    return [_spans(text) for text in texts] or [()] * 7


def _spans(text: str) -> opening.Spans:
    try:
        return opening.read(text)
    except opening.WrongHours as wrong:
        raise services.wrong_hours(text) from wrong


@territory.asks(
    "/points/{code}/hours", name="getHours", says=gettext_noop("When a point is open"), gives=schemas.Hours, right=""
)
def hours(request: HttpRequest, code: Code) -> schemas.Hours:
    table = queries.hours_of([queries.point(code).code])[code]
    return schemas.Hours(
        weekly=[opening.write(spans) for spans in table.weekly],
        days={day.isoformat(): opening.write(spans) for day, spans in table.exceptions.items()},
    )


@territory.does(
    "/points/{code}/hours", name="setHours", says=gettext_noop("Say anew when a point is open"), right="arrange"
)
def set_hours(request: HttpRequest, code: Code, typed: schemas.NewHours) -> None:
    services.set_hours(
        actor=actor_of(request),
        code=code,
        weekly=_weekly(typed.weekly),
        days={day: _spans(text) for day, text in typed.days.items()},
        now=timezone.now(),
    )


@territory.asks(
    "/points/{code}/bookings",
    name="listBookings",
    says=gettext_noop("What the rooms of a point are booked for, in at most 92 days"),
    gives=schemas.Bookings,
)
def bookings(request: HttpRequest, code: Code, since: Moment, until: Moment) -> schemas.Bookings:
    if not since <= until or (until - since).days > LONGEST_DAYS:
        raise Invalid("span-wrong", _("The end must be after the beginning, by at most 92 days."))
    ids = [room.room_id for room in queries.rooms(queries.point(code).code)]
    return schemas.Bookings(bookings=list(queries.bookings(ids, since=since, until=until)))


@territory.does(
    "/points/{code}/close", name="closePoint", says=gettext_noop("Close a service point from a day on"), right="arrange"
)
def close_point(request: HttpRequest, code: Code, typed: schemas.Ending) -> None:
    services.close_point(actor=actor_of(request), code=code, on=typed.on, now=timezone.now())


@territory.does(
    "/points/{code}/rooms", name="addRoom", says=gettext_noop("Add a room to a point"), right="arrange", status=201
)
def add_room(request: HttpRequest, code: Code, typed: schemas.NewRoom) -> uuid.UUID:
    return services.add_room(actor=actor_of(request), code=code, now=timezone.now(), **dict(typed))


@territory.does(
    "/rooms/{uuid:room_id}/bookings", name="bookRoom", says=gettext_noop("Book a room"), right="handle", status=201
)
def book_room(request: HttpRequest, room_id: uuid.UUID, typed: schemas.NewBooking) -> uuid.UUID:
    return services.book_room(actor=actor_of(request), room_id=room_id, now=timezone.now(), **dict(typed))


@territory.does(
    "/bookings/{uuid:booking_id}",
    name="cancelBooking",
    says=gettext_noop("Cancel a booking"),
    right="handle",
    method="DELETE",
)
def cancel_booking(request: HttpRequest, booking_id: uuid.UUID) -> None:
    services.cancel_booking(actor=actor_of(request), booking_id=booking_id, now=timezone.now())


# the four parties ----------------------------------------------------------------------------------------------------


@territory.asks(
    "/estates",
    name="listEstates",
    says=gettext_noop("Estates of a day with their property company and owners' committee"),
    gives=list[EstateCard],
    right="",
)
def estates(request: HttpRequest, on: schemas.Day | None = None, community: Code | None = None) -> list[EstateCard]:
    return list(queries.estates(on=on or timezone.localdate(), community_codes=[community] if community else None))


@territory.does(
    "/estates",
    name="setEstate",
    says=gettext_noop("Set an estate with its parties from a day on"),
    right="arrange",
    status=201,
)
def set_estate(request: HttpRequest, typed: schemas.NewEstate) -> str:
    given = dict(typed)
    valid_from = given.pop("valid_from") or timezone.localdate()
    item = services.NewEstate(**given)
    services.set_estates(actor=actor_of(request), items=[item], valid_from=valid_from, now=timezone.now())
    return item.code


@territory.does(
    "/estates/{code}/end", name="endEstate", says=gettext_noop("End an estate from a day on"), right="arrange"
)
def end_estate(request: HttpRequest, code: Code, typed: schemas.EstateEnd) -> None:
    services.end_estate(actor=actor_of(request), code=code, on=typed.on, now=timezone.now())


@territory.asks(
    "/cells/{code}/parties",
    name="listParties",
    says=gettext_noop("The four parties of a cell: property company, residents' and owners' committee, grid workers"),
    gives=list[PartyCard],
    right="",
)
def parties(request: HttpRequest, code: Code, on: schemas.Day | None = None) -> list[PartyCard]:
    day = on or timezone.localdate()
    return list(queries.parties_of(queries.neighbourhood("cell", code, on=day), on=day))


@territory.asks(
    "/cells/{code}/duties",
    name="listPartyDuties",
    says=gettext_noop("What lists give each of the four parties of a cell, with article and day"),
    gives=list[DutyLine],
    right="",
)
def duties(request: HttpRequest, code: Code, on: schemas.Day | None = None) -> list[DutyLine]:
    day = on or timezone.localdate()
    where = queries.neighbourhood("cell", code, on=day)
    return list(queries.duties_of(where, queries.parties_of(where, on=day), on=day))


@territory.asks(
    "/promises",
    name="listPromises",
    says=gettext_noop("Promises of joint rounds, those that wait first, of a cell, a cluster or all"),
    gives=list[schemas.PromiseLine],
    right="",
)
def promises(
    request: HttpRequest, cell: Code | None = None, cluster: Code | None = None, waiting: bool = False
) -> list[schemas.PromiseLine]:
    today = timezone.localdate()
    if not cell and not cluster:
        found = queries.all_promises(only_open=waiting)
    else:
        kind = "cell" if cell else "cluster"
        here = queries.promises_of(queries.neighbourhood(kind, cell or cluster or "", on=today))
        found = tuple(card for card in here if not (waiting and card.verdict))
    return [schemas.PromiseLine(promise=card, standing=card.standing(today)) for card in found]


@territory.does(
    "/rounds",
    name="holdRound",
    says=gettext_noop("Enter a joint round of a cell or a cluster with what was promised"),
    right="handle",
    status=201,
)
def hold_round(request: HttpRequest, typed: schemas.NewRound) -> uuid.UUID:
    return services.hold_round(
        actor=actor_of(request),
        kind=typed.kind,
        code=typed.code,
        day=typed.day,
        parties=[(one.role, one.organisation_code) for one in typed.parties],
        promises=[services.NewPromise(**dict(one)) for one in typed.promises],
        now=timezone.now(),
    )


@territory.does(
    "/rounds/{uuid:round_id}/promises",
    name="makePromise",
    says=gettext_noop("Enter one more promise of a round"),
    right="handle",
    status=201,
)
def make_promise(request: HttpRequest, round_id: uuid.UUID, typed: schemas.NewPromise) -> uuid.UUID:
    promise = services.NewPromise(**dict(typed))
    return services.make_promise(actor=actor_of(request), round_id=round_id, promise=promise, now=timezone.now())


@territory.does(
    "/promises/{uuid:promise_id}/told",
    name="tellPromise",
    says=gettext_noop("Tell whether a promise was kept"),
    right="handle",
)
def tell_promise(request: HttpRequest, promise_id: uuid.UUID, typed: schemas.PromiseTold) -> None:
    services.tell_promise(actor=actor_of(request), promise_id=promise_id, now=timezone.now(), **dict(typed))
