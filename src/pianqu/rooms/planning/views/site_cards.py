"""A study of sites as its pages show it: sites, communities, the curve, and what lies on the map."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pianqu.foundation.templatetags.ui import thousands
from pianqu.kernels import suppression
from pianqu.rooms.planning import queries
from pianqu.rooms.planning.queries import CommunityReach, GroundCard, Reach, StudyCard
from pianqu.rooms.planning.views import site_words as words
from pianqu.rooms.planning.views.site_words import Name
from pianqu.rooms.territory import queries as territory

SHADES = (10, 30, 50, 70)
"""Percent beyond the walk from which on the map gets darker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """An open site."""

    number: int
    name: Name
    kind: str
    community: Name
    state: str
    """keep, free, candidate."""
    load: str
    """Empty: fewer than five, or they could be found out."""
    full: int | None
    """Percent of its room that is used; None where room is not limited."""
    is_moved: bool
    """It was not among those that the search found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityRow:
    """A community: all, and who of them is beyond the walk. None: fewer than five, or they could be found out."""

    code: str
    name: Name
    street: Name
    total: int | None
    beyond: int | None
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveRow:
    """The most that so many sites have within the walk."""

    sites: int
    within: str
    share: str
    more: str
    is_own: bool
    is_proved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A key figure: the number, what it is, its denominator, and what it was with the sites that were kept."""

    text: str
    name: str
    note: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A candidate in a list."""

    number: int
    text: str


def site_rows(card: StudyCard, laid: GroundCard, reach: Reach) -> list[SiteRow]:
    """Present ones first, then by community."""
    known, kinds, found = territory.places(), words.kind_words(), set(card.found)
    rows, loads = [], _loads(reach)
    for site in sorted(reach.sites, key=lambda one: (laid.candidates[one.number].state != "keep", one.community_code)):
        one, load = laid.candidates[site.number], loads[site.number]
        rows.append(
            SiteRow(
                number=site.number,
                name=words.candidate_name(one),
                kind=kinds.get(one.kind, one.kind),
                community=words.place_name(known.get(site.community_code), site.community_code),
                state=one.state,
                load="" if load is None else thousands(load),
                full=None if card.capacity is None or load is None else round(100 * load / card.capacity),
                is_moved=site.number not in found,
            )
        )
    return rows


def _loads(reach: Reach) -> dict[int, int | None]:
    """Who goes to each site, without what would tell of fewer than five."""
    told = suppression.published([[*(site.load for site in reach.sites), reach.unserved]])[0]
    return {site.number: load for site, load in zip(reach.sites, told, strict=False)}


def community_rows(reach: Reach) -> list[CommunityRow]:
    """By code, those left out in which nobody is beyond."""
    known = territory.places()
    return [_community(one, known) for one in reach.communities if one.beyond != 0]


def _community(one: CommunityReach, known: dict[str, territory.PlaceCard]) -> CommunityRow:
    place = known.get(one.community_code)
    street = place.parent_code if place else ""
    return CommunityRow(
        code=one.community_code,
        name=words.place_name(place, one.community_code),
        street=words.place_name(known.get(street), street),
        total=one.total,
        beyond=one.beyond,
        share="" if one.total is None or one.beyond is None else words.percent(one.beyond, one.total),
    )


def curve_rows(card: StudyCard, total: int) -> list[CurveRow]:
    rows, before = list[CurveRow](), 0
    for number, step in enumerate(card.curve):
        rows.append(
            CurveRow(
                sites=step.sites,
                within=words.counted(step.within, total),
                share=words.share(step.within, total),
                more=_more(before, step.within, total) if number else "",
                is_own=step.sites == card.sites,
                is_proved=step.within == step.bound,
            )
        )
        before = step.within
    return rows


def _more(before: int, now: int, total: int) -> str:
    """How many more; nothing where an end of it is not told, or they are so few."""
    is_told = words.is_told(before, total) and words.is_told(now, total) and words.is_told(now - before, total)
    return f"+{thousands(now - before)}" if is_told else ""


def choices(laid: GroundCard, taken: Sequence[int]) -> list[tuple[str, list[Choice]]]:
    """Candidates that are not open, by kind, with their community."""
    known, kinds, open_now = territory.places(), words.kind_words(), set(taken)
    groups: dict[str, list[Choice]] = {}
    for number, one in enumerate(laid.candidates):
        if number not in open_now:
            where = words.place_name(known.get(one.community_code), one.community_code).text
            text = f"{words.candidate_name(one).text} · {where}"
            groups.setdefault(one.kind, []).append(Choice(number=number, text=text))
    return [(kinds.get(kind, kind), found) for kind, found in groups.items()]


def query_of(sites: Sequence[int], **more: int) -> str:
    """The address of a trial."""
    return "?" + urlencode([*(("site", number) for number in sites), *more.items()])


# the map -------------------------------------------------------------------------------------------------------------


def layers(card: StudyCard, sites: Sequence[int], *, is_desk: bool) -> dict[str, Any]:
    """Communities by their share beyond the walk, rings, candidates, and the open sites above them."""
    if card.ground_id is None:
        return {"type": "FeatureCollection", "features": []}
    laid = queries.ground(card.ground_id)
    reach = queries.reach(card, sites)
    features = [*_shares(card, reach), *_rings(card, sites)]
    if is_desk:
        features += list(_options(laid, sites))
    return {"type": "FeatureCollection", "features": [*features, *_sites(laid, sites, card)]}


def _shares(card: StudyCard, reach: Reach) -> Iterator[dict[str, Any]]:
    known = territory.places()
    told = {one.community_code: (one.total, one.beyond) for one in reach.communities}
    for code, outline in sorted(territory.outlines().items()):
        total, beyond = told.get(code, (0, 0))
        name = words.place_name(known.get(code), code).text
        yield _feature(
            outline,
            level="share",
            shade=_shade(total, beyond),
            tip=_tip(name, total, beyond, card.demand),
            synthetic=True,
        )


def _shade(total: int | None, beyond: int | None) -> int:
    """1 to 5; 0 where nobody is counted or it is not told."""
    if not total or beyond is None:
        return 0
    return 1 + sum(100 * beyond >= edge * total for edge in SHADES)


def _tip(name: str, total: int | None, beyond: int | None, demand: str) -> str:
    if total is None or beyond is None:
        return words.few_told(name)
    return words.reach_told(name, words.amount(total, demand), words.amount(beyond, demand))


def _rings(card: StudyCard, sites: Sequence[int]) -> Iterator[dict[str, Any]]:
    for number, (minutes, shape) in enumerate(queries.rings(card, sites), start=1):
        yield _feature(shape, level="ring", ring=number, tip="", minutes=minutes)


def _options(laid: GroundCard, sites: Sequence[int]) -> Iterator[dict[str, Any]]:
    kinds = words.kind_words()
    for number, one in enumerate(laid.candidates):
        if number not in sites:
            tip = f"{words.candidate_name(one).text} · {kinds.get(one.kind, one.kind)}"
            yield _point(one.lon, one.lat, level="option", tip=tip, href=f"{query_of(sites, to=number)}#move")


def _sites(laid: GroundCard, sites: Sequence[int], card: StudyCard) -> Iterator[dict[str, Any]]:
    for number in sites:
        one = laid.candidates[number]
        kept = one.state != "candidate"
        yield _point(one.lon, one.lat, level="site", kept=kept, tip=words.candidate_name(one).text)


def _point(lon: float, lat: float, **properties: object) -> dict[str, Any]:
    return _feature({"type": "Point", "coordinates": [lon, lat]}, **properties)


def _feature(geometry: Any, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}
