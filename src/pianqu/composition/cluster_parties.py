"""The four parties of a cluster for everybody: estates with companies and committees by community, and what was promised."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import get_language, pgettext

from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.queries import OrganisationCard
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import ClusterCard, EstateCard, PlaceCard, PointCard, PromiseCard

MOST = 30
"""Promises on the page: those that wait, and the latest others."""
TONES = {
    "open": ("azure", "clock"),
    "overdue": ("red", "alert-triangle"),
    "kept": ("green", "circle-check"),
    "late": ("yellow", "circle-check"),
    "broken": ("orange", "circle-x"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A name with the language it is in."""

    text: str
    lang: str = "zh-CN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """An estate with who looks after it and the telephones of their offices."""

    name: str
    company: Called | None
    company_phone: str
    owners: Called | None
    owners_phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """A community of the cluster: its office, its estates, its cells with their pages."""

    name: Called
    phone: str
    estates: tuple[Estate, ...]
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A promise as a line."""

    card: PromiseCard
    who: Called
    role: str
    where: str
    link: str
    word: str
    tone: str
    icon: str
    told_by: Called | None


def of_cluster(cluster: ClusterCard, points: Iterable[PointCard], on: date) -> Mapping[str, object]:
    """What the cluster's page shows of its parties; `points` are the day's service points. Three statements."""
    ground = territory.cells(on=on)
    where = territory.whole_cluster(cluster, ground)
    estates = territory.estates(on=on, community_codes=where.community_codes, ground=ground)
    phones = {point.organisation_code: point.phone for point in points if point.phone}
    places, bodies = territory.places(), _bodies()
    cells = [card for card in ground if card.kind != territory.MICRO]
    names = {card.code: card.name for card in cells}
    promises = territory.promises_of(where, most=MOST)
    return {
        "communities": [
            Community(
                name=_place(places.get(community), community),
                phone=_phone(community, estates, phones),
                estates=tuple(_estate(card, bodies) for card in estates if card.community_code == community),
                cells=tuple(
                    (card.name, reverse("territory:cell", args=[cluster.code, card.code]))
                    for card in cells
                    if card.community_code == community
                ),
            )
            for community in where.community_codes
        ],
        "promises": [_promised(card, cluster.code, names, bodies, on) for card in promises],
    }


def _bodies() -> Mapping[str, OrganisationCard]:
    return {card.code: card for card in directory.every_organisation()}


def _phone(community: str, estates: Iterable[EstateCard], phones: Mapping[str, str]) -> str:
    told = (card.committee_phone for card in estates if card.community_code == community)
    return phones.get(community, "") or next(filter(None, told), "")


def _estate(card: EstateCard, bodies: Mapping[str, OrganisationCard]) -> Estate:
    return Estate(
        name=card.name,
        company=_body(bodies, card.property_code) if card.property_code else None,
        company_phone=card.property_phone,
        owners=_body(bodies, card.owners_code) if card.owners_code else None,
        owners_phone=card.owners_phone,
    )


def _promised(
    card: PromiseCard, cluster: str, cells: Mapping[str, str], bodies: Mapping[str, OrganisationCard], today: date
) -> Promised:
    state = card.standing(today)
    return Promised(
        card=card,
        who=_body(bodies, card.organisation_code),
        role=_roles()[card.role],
        where=cells.get(card.cell_code, card.cell_code),
        link=reverse("territory:cell", args=[cluster, card.cell_code]) if card.cell_code in cells else "",
        word=_states()[state],
        tone=TONES[state][0],
        icon=TONES[state][1],
        told_by=_body(bodies, card.told_by) if card.told_by else None,
    )


def _roles() -> dict[str, str]:
    return {
        territory.COMPANY: pgettext("party", "Property company"),
        territory.COMMITTEE: pgettext("party", "Residents' committee"),
        territory.OWNERS: pgettext("party", "Owners' committee"),
        territory.GRID: pgettext("party", "Grid workers"),
    }


def _states() -> dict[str, str]:
    return {
        "open": pgettext("promise", "Not due yet"),
        "overdue": pgettext("promise", "Overdue"),
        "kept": pgettext("promise", "Kept"),
        "late": pgettext("promise", "Kept late"),
        "broken": pgettext("promise", "Not kept"),
    }


def _in_english() -> bool:
    return (get_language() or "").startswith("en")


def _body(bodies: Mapping[str, OrganisationCard], code: str) -> Called:
    card = bodies.get(code)
    if card is None:
        return Called(text=code, lang="en")
    return Called(text=card.name_en, lang="en") if _in_english() and card.name_en else Called(text=card.short_name)


def _place(card: PlaceCard | None, code: str) -> Called:
    if card is None:
        return Called(text=code, lang="en")
    return Called(text=card.name_en, lang="en") if _in_english() and card.name_en else Called(text=card.short_name)
