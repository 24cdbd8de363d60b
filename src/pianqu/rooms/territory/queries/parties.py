"""The four parties of a place 物居业网: which estates lie there, who looks after them, and who of the four answers for what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, hypot, radians

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory.models import EntryItem, Estate
from pianqu.rooms.territory.queries.buildings import buildings_by_code
from pianqu.rooms.territory.queries.grids import (
    CellCard,
    ClusterCard,
    PersonCard,
    all_people,
    cell,
    cells,
    check_entry,
    cluster_of,
    clusters,
    locate_cells,
    people_of,
)
from pianqu.rooms.territory.queries.places import places
from pianqu.rooms.territory.queries.points import points
from pianqu.rooms.territory.rules import Circle

COMPANY, COMMITTEE, OWNERS, GRID = "property", "committee", "owners", "grid"
PARTY_ROLES = (COMPANY, COMMITTEE, OWNERS, GRID)
"""The four, in the order of 物、居、业、网: property company, residents' committee, owners' committee, grid workers."""
PROPERTY = ("property",)
"""Categories of matters that the four have among them."""
NEAR_M = 60.0
"""So near to a building of an estate a matter lies in the estate."""
METRES = 111_320.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateCard:
    """An estate on a day. Codes and telephones that nobody gave are empty."""

    code: str
    name: str
    community_code: str
    property_code: str
    owners_code: str
    property_phone: str
    owners_phone: str
    committee_phone: str
    cell_codes: tuple[str, ...]
    building_codes: tuple[str, ...]
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """A cell, or a cluster by all its cells: where the four parties work together."""

    kind: str
    """`cell` or `cluster`."""
    code: str
    name: str
    cell_kind: str
    cluster_code: str
    centre_code: str
    community_codes: tuple[str, ...]
    cell_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyCard:
    """One of the four at a place: the organisation, its office's telephone, for which estates. Grid workers are counted."""

    role: str
    organisation_code: str
    phone: str
    estate_codes: tuple[str, ...]
    posts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyLine:
    """One line of a list by which one of the four may do something with a category there. `verb` is `cell` for the entry list."""

    role: str
    organisation_code: str
    category: str
    verb: str
    article: str
    source: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyAnswer:
    """Which of the four the lists name for a matter in an estate. `role` is empty where it is none of them, or several."""

    estate: EstateCard
    how: str
    """How the estate is known: `name` in the words, `near` a building of it, the only one of the `cell`."""
    role: str
    lead: str
    """Whom the lists name; where `role` is empty, somebody else, or nobody."""
    article: str
    source: str
    since: date | None
    candidates: tuple[str, ...]
    """Those whom the lists name at once."""
    entry_list: str = ""
    entry_article: str = ""
    """The item of the entry list by which the grid workers of the cell may have it; empty where it holds none."""
    also: EstateCard | None = None
    """Another estate that the words name, while the place lies in `estate`: a person has to choose between the two."""


# estates -------------------------------------------------------------------------------------------------------------


def estates(
    *, on: date, community_codes: Collection[str] | None = None, ground: Iterable[CellCard] | None = None
) -> tuple[EstateCard, ...]:
    """The estates of a day by code, of these communities or of all. Three statements; two where the day's cells are given."""
    rows = _standing(on)
    if community_codes is not None:
        rows = rows.filter(community_code__in=set(community_codes))
    drawn = frozenset(card.code for card in (cells(on=on) if ground is None else ground))
    return _cards(list(rows.order_by("code")), drawn, on)


def estate(code: str, *, on: date) -> EstateCard:
    """Raises Absent for a code that no estate has on that day."""
    row = _standing(on).filter(code=code).first()
    if row is None:
        raise Absent("estate-absent", _("There is no such estate."))
    return _cards([row], frozenset(card.code for card in cells(on=on)), on)[0]


def _standing(on: date) -> QuerySet[Estate]:
    return Estate.objects.filter(Q(valid_to=None) | Q(valid_to__gt=on), valid_from__lte=on)


def _cards(rows: Sequence[Estate], drawn: frozenset[str], on: date) -> tuple[EstateCard, ...]:
    """With their cells; where a later grid has none of them any more, those in which their buildings stand."""
    known = {row.code: tuple(sorted(drawn & set(row.cell_codes))) for row in rows}
    stands = cells_by_building({code for row in rows if not known[row.code] for code in row.building_codes}, on=on)
    return tuple(_card(row, known[row.code] or lie_in(row.building_codes, stands)) for row in rows)


def _card(row: Estate, cell_codes: tuple[str, ...]) -> EstateCard:
    return EstateCard(
        code=row.code,
        name=row.name,
        community_code=row.community_code,
        property_code=row.property_code,
        owners_code=row.owners_code,
        property_phone=row.property_phone,
        owners_phone=row.owners_phone,
        committee_phone=row.committee_phone,
        cell_codes=cell_codes,
        building_codes=tuple(row.building_codes),
        valid_from=row.valid_from,
    )


def cells_by_building(codes: Collection[str], *, on: date) -> dict[str, str]:
    """Building → the cell of a day in which it stands by the latest roll; others are missing. At most three statements."""
    houses = buildings_by_code() if codes else {}
    known = sorted(code for code in codes if code in houses)
    places = locate_cells([(houses[code].lon, houses[code].lat) for code in known], on=on) if known else ()
    return {code: place.cell_code for code, place in zip(known, places, strict=True) if place.cell_code}


def lie_in(building_codes: Collection[str], stands: Mapping[str, str]) -> tuple[str, ...]:
    """The cells of these buildings, by code."""
    return tuple(sorted({stands[code] for code in building_codes if code in stands}))


Known = tuple[EstateCard, str, EstateCard | None]
"""An estate, how it is known, and another one that the words name."""


def _estate_at(
    known: Sequence[EstateCard], cell_code: str, at: tuple[float | None, float | None], words: str
) -> Known | None:
    """In which estate a matter lies, and how that is known: by its name, a building nearby, or as the cell's only one.

    Where the place lies in another estate than the words name, both are told.
    """
    called = [card for card in known if card.name in words]
    named = max(called, key=lambda card: (len(card.name), card.code), default=None)
    near, own = _near(known, *at), [card for card in known if cell_code and cell_code in card.cell_codes]
    lies = (near[0], "near") if near else (own[0], "cell") if len(own) == 1 else None
    if named is None:
        return (*lies, None) if lies else None
    if lies is None or named in (near or own):
        return named, "name", None
    return (*lies, named)


def _near(known: Sequence[EstateCard], lon: float | None, lat: float | None) -> list[EstateCard]:
    """Estates with a building so near to a point that it may lie in them, the nearest first."""
    if lon is None or lat is None:
        return []
    by_code, east = buildings_by_code(), cos(radians(lat))
    away: dict[str, float] = {}
    for card in known:
        for house in filter(None, map(by_code.get, card.building_codes)):
            metres = METRES * hypot((house.lon - lon) * east, house.lat - lat)
            away[card.code] = min(metres, away.get(card.code, metres))
    near = [card for card in known if away.get(card.code, NEAR_M + 1) <= NEAR_M]
    return sorted(near, key=lambda card: (away[card.code], card.code))


# neighbourhoods and parties ------------------------------------------------------------------------------------------


def neighbourhood(kind: str, code: str, *, on: date) -> Neighbourhood:
    """A cell or a cluster of a day. Raises Absent."""
    if kind == "cell":
        card = cell(code, on=on)
        return _of_cell(card, cluster_of(card.community_code, on=on))
    found = next((one for one in clusters(on=on) if one.code == code), None)
    if found is None:
        raise Absent("cluster-absent", _("There is no such cluster."))
    return whole_cluster(found, cells(on=on))


def neighbourhoods(*, on: date) -> tuple[tuple[Neighbourhood, ...], tuple[Neighbourhood, ...]]:
    """All clusters and all cells of a day, by code."""
    known, ground = clusters(on=on), cells(on=on)
    home = {code: card for card in known for code in card.community_codes}
    return (
        tuple(whole_cluster(card, ground) for card in known),
        tuple(_of_cell(card, home.get(card.community_code)) for card in ground),
    )


def _of_cell(card: CellCard, cluster: ClusterCard | None) -> Neighbourhood:
    return Neighbourhood(
        kind="cell",
        code=card.code,
        name=card.name,
        cell_kind=card.kind,
        cluster_code=cluster.code if cluster else "",
        centre_code=cluster.centre_code if cluster else "",
        community_codes=(card.community_code,),
        cell_codes=(card.code,),
    )


def whole_cluster(card: ClusterCard, ground: Iterable[CellCard]) -> Neighbourhood:
    """A cluster with those of the day's cells that lie in it."""
    return Neighbourhood(
        kind="cluster",
        code=card.code,
        name=card.name,
        cell_kind="",
        cluster_code=card.code,
        centre_code=card.centre_code,
        community_codes=card.community_codes,
        cell_codes=tuple(one.code for one in ground if one.community_code in card.community_codes),
    )


def estates_in(where: Neighbourhood, known: Iterable[EstateCard]) -> tuple[EstateCard, ...]:
    """Those that lie in a cell, or in the communities of a cluster."""
    inside, whole = set(where.cell_codes), set(where.community_codes)
    if where.kind == "cluster":
        return tuple(card for card in known if card.community_code in whole)
    return tuple(card for card in known if inside & set(card.cell_codes))


def parties_of(where: Neighbourhood, *, on: date) -> tuple[PartyCard, ...]:
    """The four parties of a place, in their order; a party that nobody named is missing. At most three statements."""
    known = estates(on=on, community_codes=where.community_codes)
    people = {where.code: people_of(where.code, on=on)} if where.kind == "cell" else all_people(on=on)
    return parties_among(where, known, people, community_phones(on))


def parties_among(
    where: Neighbourhood,
    known: Iterable[EstateCard],
    people: Mapping[str, tuple[PersonCard, ...]],
    phones: Mapping[str, str],
) -> tuple[PartyCard, ...]:
    """The same from what was asked before, for many places at once. `phones`: those of the communities' own offices."""
    own = estates_in(where, known)
    return (
        *_bodies(COMPANY, [(card.property_code, card.property_phone, card.code) for card in own]),
        *_bodies(COMMITTEE, [(code, _committee_phone(code, own, phones), "") for code in where.community_codes]),
        *_bodies(OWNERS, [(card.owners_code, card.owners_phone, card.code) for card in own]),
        *_workers(where, own, people, phones),
    )


def _bodies(role: str, told: Iterable[tuple[str, str, str]]) -> list[PartyCard]:
    """One card an organisation, from (organisation, telephone, estate)."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for code, phone, estate_code in told:
        numbers, codes = found.setdefault(code, ([], []))
        numbers.append(phone)
        codes.append(estate_code)
    return [
        PartyCard(
            role=role,
            organisation_code=code,
            phone=next(filter(None, numbers), ""),
            estate_codes=tuple(filter(None, codes)),
        )
        for code, (numbers, codes) in sorted(found.items())
        if code
    ]


def _workers(
    where: Neighbourhood,
    own: Sequence[EstateCard],
    people: Mapping[str, tuple[PersonCard, ...]],
    phones: Mapping[str, str],
) -> list[PartyCard]:
    """The grid workers: they answer in their community's name, and are reached at its office."""
    posts = sum(len(people.get(code, ())) for code in where.cell_codes)
    return [
        PartyCard(
            role=GRID,
            organisation_code=code,
            phone=_committee_phone(code, own, phones),
            estate_codes=(),
            posts=posts if where.kind == "cell" else 0,
        )
        for code in where.community_codes
        if posts
    ]


def _committee_phone(code: str, own: Iterable[EstateCard], phones: Mapping[str, str]) -> str:
    return phones.get(code, "") or next(
        (card.committee_phone for card in own if card.community_code == code and card.committee_phone), ""
    )


def community_phones(on: date) -> dict[str, str]:
    """Community → the telephone of a service point that it runs itself. One statement."""
    return {card.organisation_code: card.phone for card in points(on=on) if card.phone}


def circle_of(where: Neighbourhood, *, on: date) -> Circle:
    """Who may enter rounds and promises there: the four parties, and who leads street and cluster. At most three statements."""
    known = estates(on=on, community_codes=where.community_codes)
    people = people_of(where.code, on=on) if where.kind == "cell" else ()
    cards = places()
    streets = {cards[code].parent_code for code in where.community_codes if code in cards}
    return Circle(
        members=frozenset(
            code
            for code in (
                *where.community_codes,
                *(code for card in estates_in(where, known) for code in (card.property_code, card.owners_code)),
            )
            if code
        ),
        posts=frozenset(str(person.post_id) for person in people),
        leaders=frozenset({*streets, where.centre_code} - {""}),
    )


def leaders_of(community_code: str, *, on: date) -> frozenset[str]:
    """Whose leaders arrange the estates of a community: its own, its street's, its cluster centre's."""
    card, cluster = places().get(community_code), cluster_of(community_code, on=on)
    above = {card.parent_code if card else "", cluster.centre_code if cluster else ""}
    return frozenset({community_code, *above} - {""})


# who answers for what ------------------------------------------------------------------------------------------------


def duties_of(where: Neighbourhood, parties: Collection[PartyCard], *, on: date) -> tuple[DutyLine, ...]:
    """What the lists give the parties there, property matters first; for a cell its entry list too. At most two statements."""
    roles = {(card.organisation_code, card.role) for card in parties if card.role != GRID}
    powers = directory.powers_of_all({code for code, _role in roles}, on)
    lines = [
        DutyLine(
            role=role,
            organisation_code=power.organisation_code,
            category=power.category,
            verb=power.verb,
            article=power.article,
            source=power.source,
            since=power.valid_from,
        )
        for power in powers
        if any(code.startswith(directory.stem(power.area_code)) for code in where.community_codes)
        for code, role in sorted(roles)
        if code == power.organisation_code
    ]
    return tuple(sorted([*lines, *_entries(where, parties, on)], key=_in_order))


def _in_order(line: DutyLine) -> tuple[bool, str, int, str, str]:
    role = PARTY_ROLES.index(line.role)
    return line.category not in PROPERTY, line.category, role, line.organisation_code, line.article


def _entries(where: Neighbourhood, parties: Iterable[PartyCard], on: date) -> list[DutyLine]:
    workers = next((card for card in parties if card.role == GRID), None)
    if workers is None or where.kind != "cell":
        return []
    rows = EntryItem.objects.filter(Q(valid_to=None) | Q(valid_to__gt=on), valid_from__lte=on)
    return [
        DutyLine(
            role=GRID,
            organisation_code=workers.organisation_code,
            category=row.category,
            verb="cell",
            article=row.article,
            source=row.list_name,
            since=row.valid_from,
        )
        for row in rows.filter(cell_kind=where.cell_kind)
    ]


def prevailing(where: Neighbourhood, *, category: str, on: date) -> directory.Responsibility | None:
    """Whom the lists name for a category in a cell, its own estates' companies and committees alone. Three statements."""
    if where.kind != "cell":
        return None
    known = estates(on=on, community_codes=where.community_codes)
    return _named(category, where.community_codes[0], known, estates_in(where, known), on)


def _named(
    category: str, place_code: str, known: Iterable[EstateCard], own: Collection[EstateCard], on: date
) -> directory.Responsibility:
    """The lists' answer there, without companies and committees of other estates of the community."""
    mine = {code for card in own for code in (card.property_code, card.owners_code)}
    others = {code for card in known for code in (card.property_code, card.owners_code)} - mine - {""}
    return directory.who_answers(category=category, place_code=place_code, on=on, without=others)


def party_for(
    *,
    category: str,
    community_code: str,
    cell_code: str,
    lon: float | None,
    lat: float | None,
    words: str,
    on: date,
) -> PartyAnswer | None:
    """Which of the four the lists name for a property matter; None for other matters, and where no estate is known.

    What departments took back, or what a nearer list gives to somebody else, is none of theirs. At most six statements.
    """
    if category not in PROPERTY or not community_code:
        return None
    known = estates(on=on, community_codes=[community_code])
    found = _estate_at(known, cell_code, (lon, lat), words)
    if found is None:
        return None
    card, how, also = found
    named = _named(category, community_code, known, [card, also] if also else [card], on)
    roles = {community_code: COMMITTEE}
    for one in filter(None, (card, also)):
        roles |= {one.property_code: COMPANY, one.owners_code: OWNERS}
    stands = {one.code for one in cells(on=on, community_code=community_code)}
    entry = check_entry(cell_code=cell_code, category=category, on=on) if cell_code in stands else None
    return PartyAnswer(
        estate=card,
        how=how,
        role=roles.get(named.lead, "") if named.lead else "",
        lead=named.lead,
        article=named.article,
        source=named.source,
        since=named.valid_from,
        candidates=named.candidates,
        entry_list=entry.list_name if entry and entry.allowed else "",
        entry_article=entry.article if entry and entry.allowed else "",
        also=also,
    )


def is_of_another(answer: PartyAnswer, organisation_code: str, *, on: date) -> bool:
    """Whether an organisation looks after estates of the community, but not after one in which the matter may lie."""
    may_lie = [answer.estate, *([answer.also] if answer.also else [])]
    if any(organisation_code in (card.property_code, card.owners_code) for card in may_lie):
        return False
    known = estates(on=on, community_codes=[answer.estate.community_code])
    return any(organisation_code in (card.property_code, card.owners_code) for card in known)
