"""The district's clusters for everybody: in which one am I, where is its centre, who is there today, what do they answer for.

Rooms are asked, nothing is kept. Departments are named, persons never: of a person who came down only the department is told,
since the words beside it are free text. Figures are the district's, as the first page publishes them; below five none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pianqu.composition import cluster_parties
from pianqu.kernels import opening
from pianqu.kernels.opening import Table
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.queries import OrganisationCard, SendDownCard
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import ClusterCard, PlaceCard, PointCard

TONES = 8
FEWEST = 5
"""Fewer matters than these are no published figure."""
PERSON, CENTRE = "person", "centre"
ICONS = {"resource": "building", "service": "heart-handshake", PERSON: "user", "responsibility": "signature"}
WORDS, CODE = 60, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name with the language it is in."""

    text: str
    lang: str = "zh-CN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A service point as a line: where, and whether it is open now."""

    name: Name
    link: str
    address: str
    phone: str
    is_open: bool
    standing: str
    weekly: tuple[tuple[str, str], ...]
    today: str
    is_centre: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A cluster in the list, under the street in which most of its communities lie."""

    code: str
    name: str
    called: str
    """The centre's English name, for a reader of English."""
    tone: int
    count: int
    also: tuple[Name, ...]
    """Other streets that it reaches into."""
    centre: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """A street with what lies in it: clusters in the one list, communities in the other."""

    name: Name
    rows: tuple[Row, ...] = ()
    communities: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place that fits the words looked for, with its cluster."""

    name: str
    detail: str
    cluster: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Something that a department has at the centre today."""

    icon: str
    title: str
    """Empty for a person."""
    what: str
    sender: Name
    presence: str
    decides: tuple[str, ...]


# the pages -----------------------------------------------------------------------------------------------------------


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All clusters; a community that was chosen leads to its cluster, or hears that it has none."""
    now = timezone.now()
    cards, places = territory.clusters(on=timezone.localdate(now)), territory.places()
    home = _homes(cards)
    asked, words = places.get(request.GET.get("place", "")[:CODE]), request.GET.get("q", "").strip()[:WORDS]
    if asked and asked.code in home:
        return redirect(f"{reverse('cluster', args=[home[asked.code].code])}?place={asked.code}")
    points = _points(now)
    bodies = directory.organisations(card.centre_code for card in cards)
    context = {
        "streets": _streets(cards, places, points, bodies),
        "count": len(cards),
        "without": _without(places, home),
        "choices": _choices(),
        "words": words,
        "hits": _hits(words, home) if words else (),
        "asked": _place(asked) if asked else None,
        "street": _place(places.get(asked.parent_code)) if asked else None,
    }
    return render(request, "composition/clusters.html", context)


@require_safe
def one(request: HttpRequest, code: str) -> HttpResponse:
    """One cluster: its communities, its centre, who is there today, what the centre answers for."""
    now = timezone.now()
    on = timezone.localdate(now)
    card, places = _found(territory.clusters(on=on), code), territory.places()
    here = directory.here_by_centre(on, [card.centre_code]).get(card.centre_code, ())
    bodies = directory.organisations([card.centre_code, *(one.from_code for one in here)])
    names = _categories()
    told_points = _points(now)
    points = [point for point, told in told_points if _serves(told, card)]
    asked = request.GET.get("place", "")
    context = {
        "card": card,
        "called": _called(bodies.get(card.centre_code)),
        "body": _body(bodies.get(card.centre_code), card.centre_code) if card.centre_code else None,
        "streets": _members(card, places),
        "count": len(card.community_codes),
        "centres": [point for point in points if point.is_centre],
        "points": [point for point in points if not point.is_centre],
        "here": [_present(sent, bodies, names) for sent in here],
        "duty": directory.on_duty(card.centre_code, now),
        "answers": _answers(card.centre_code, names, now),
        "counts": casework.counts(),
        "fewest": FEWEST,
        "asked": _place(places.get(asked)) if asked in card.community_codes else None,
        **cluster_parties.of_cluster(card, (told for _point, told in told_points), on),
    }
    return render(request, "composition/cluster.html", context)


@require_safe
def layers(request: HttpRequest) -> HttpResponse:
    """What the maps draw, the first on top: every cluster's centre and ground, or points and communities of `?only=`."""
    on, only = timezone.localdate(), request.GET.get("only", "")
    cards, places = territory.clusters(on=on), territory.places()
    version, told = territory.version_on(on), territory.points(on=on)
    if only:
        card = _found(cards, only)
        tone = cards.index(card) % TONES + 1
        marks = (_mark(one) for one in told if one.lon is not None and _serves(one, card))
        features = [*marks, *_parts(card, places, tone)]
    else:
        shapes = territory.cluster_shapes(version.version_id) if version else {}
        marks = (_mark(one) for one in told if one.lon is not None and one.kind == CENTRE)
        features = [*marks, *_grounds(cards, places, shapes)]
    response = JsonResponse({"type": "FeatureCollection", "features": features})
    response["Cache-Control"] = "public, max-age=300"
    return response


def _found(cards: Iterable[ClusterCard], code: str) -> ClusterCard:
    card = next((card for card in cards if card.code == code), None)
    if card is None:
        raise Http404
    return card


# the list ------------------------------------------------------------------------------------------------------------


def _homes(cards: Iterable[ClusterCard]) -> dict[str, ClusterCard]:
    """Community → its cluster."""
    return {code: card for card in cards for code in card.community_codes}


def _streets(
    cards: Sequence[ClusterCard],
    places: Mapping[str, PlaceCard],
    points: Sequence[tuple[Point, PointCard]],
    bodies: Mapping[str, OrganisationCard],
) -> list[Street]:
    rows: dict[str, list[Row]] = {}
    for order, card in enumerate(cards):
        above = _above(card, places)
        centre = next((one for one, told in points if one.is_centre and _serves(told, card)), None)
        row = Row(
            code=card.code,
            name=card.name,
            called=_called(bodies.get(card.centre_code)),
            tone=order % TONES + 1,
            count=len(card.community_codes),
            also=tuple(_place(places.get(code), code) for code in above[1:]),
            centre=centre,
        )
        rows.setdefault(above[0] if above else "", []).append(row)
    return [Street(name=_place(places.get(code), code), rows=tuple(found)) for code, found in sorted(rows.items())]


def _above(card: ClusterCard, places: Mapping[str, PlaceCard]) -> list[str]:
    """The streets of a cluster, that of most of its communities first."""
    above = [places[code].parent_code for code in card.community_codes if code in places]
    return sorted(set(above), key=lambda code: (-above.count(code), code))


def _without(places: Mapping[str, PlaceCard], home: Mapping[str, ClusterCard]) -> list[Street]:
    """Communities that belong to no cluster, by street."""
    found: dict[str, list[Name]] = {}
    for code, card in sorted(places.items()):
        if card.level == "community" and code not in home:
            found.setdefault(card.parent_code, []).append(_place(card))
    return [
        Street(name=_place(places.get(code), code), communities=tuple(names)) for code, names in sorted(found.items())
    ]


def _choices() -> list[tuple[Name, list[tuple[str, Name]]]]:
    """Streets with their communities, as a select shows them."""
    return [
        (_place(group.street), [(card.code, _place(card)) for card in group.communities])
        for group in territory.community_choices()
    ]


def _hits(words: str, home: Mapping[str, ClusterCard]) -> list[Hit]:
    """What fits the words and lies in a community; of the same name one."""
    hits = (hit for hit in territory.find(words) if hit.community_code)
    return [
        Hit(
            name=hit.name,
            detail=hit.detail,
            cluster=home[hit.community_code].name if hit.community_code in home else "",
            link=f"{reverse('clusters')}?place={hit.community_code}",
        )
        for hit in hits
    ]


# one cluster ---------------------------------------------------------------------------------------------------------


def _members(card: ClusterCard, places: Mapping[str, PlaceCard]) -> list[Street]:
    """The communities of a cluster under their streets."""
    known = [places[code] for code in card.community_codes if code in places]
    return [
        Street(
            name=_place(places.get(street), street),
            communities=tuple(_place(one) for one in known if one.parent_code == street),
        )
        for street in _above(card, places)
    ]


def _serves(point: PointCard, card: ClusterCard) -> bool:
    """It lies there, or it is the centre's own door somewhere else."""
    return point.place_code in card.community_codes or (
        point.kind == CENTRE and bool(card.centre_code) and point.organisation_code == card.centre_code
    )


def _present(card: SendDownCard, bodies: Mapping[str, OrganisationCard], names: Mapping[str, str]) -> Present:
    return Present(
        icon=ICONS.get(card.what, "building"),
        title="" if card.what == PERSON else card.title,
        what=_what(card.what),
        sender=_body(bodies.get(card.from_code), card.from_code),
        presence=_presence(card.presence),
        decides=tuple(names.get(code, code) for code in card.may_decide),
    )


def _what(what: str) -> str:
    return {
        "resource": pgettext("sent down", "A resource"),
        "service": pgettext("sent down", "A service"),
        PERSON: pgettext("sent down", "A colleague"),
        "responsibility": pgettext("sent down", "A responsibility"),
    }.get(what, what)


def _presence(presence: str) -> str:
    return {
        "resident": pgettext("presence", "always here"),
        "rotating": pgettext("presence", "here today by turns"),
        "on_call": pgettext("presence", "comes when called"),
    }.get(presence, presence)


def _answers(centre_code: str, names: Mapping[str, str], now: datetime) -> list[str]:
    """The categories that the duty lists give the centre itself."""
    powers = directory.powers_of(centre_code, timezone.localdate(now))
    return [
        names.get(code, code) for code in dict.fromkeys(power.category for power in powers if power.verb == "handle")
    ]


def _categories() -> dict[str, str]:
    english = _in_english()
    return {card.code: card.name_en if english else card.name_zh for card in casework.categories()}


# points and hours ----------------------------------------------------------------------------------------------------


def _points(now: datetime) -> list[tuple[Point, PointCard]]:
    """Every service point of today, open ones first. Two statements."""
    cards = territory.points(on=timezone.localdate(now))
    tables = territory.hours_of([card.code for card in cards])
    found = [(_point(card, tables[card.code], now), card) for card in cards]
    return sorted(found, key=lambda pair: (not pair[0].is_open, pair[1].code))


def _point(card: PointCard, table: Table, now: datetime) -> Point:
    here = timezone.localtime(now).replace(tzinfo=None)
    return Point(
        name=_named(card.name, card.name_en),
        link=reverse("points:one", args=[card.code]),
        address=card.address,
        phone=card.phone,
        is_open=opening.is_open(table, here),
        standing=_standing(table, here),
        weekly=tuple(_weekly(table)),
        today=opening.write(table.on(here.date())) or pgettext("hours", "closed"),
        is_centre=card.kind == CENTRE,
    )


def _standing(table: Table, here: datetime) -> str:
    if opening.is_open(table, here):
        closes = opening.open_until(table, here)
        return _("open now, until %(at)s") % {"at": _clock(closes, here)} if closes else _("open day and night")
    opens = opening.next_opening(table, here)
    return _("closed now, opens %(at)s") % {"at": _clock(opens, here)} if opens else _("no opening hours are known")


def _clock(at: datetime, here: datetime) -> str:
    """An hour, with its weekday unless it is today; midnight is 24:00 of the day that ends."""
    hour = f"{at:%H:%M}"
    if at.time() == time() and at > here:
        at, hour = at - timedelta(days=1), "24:00"
    return hour if at.date() == here.date() else f"{WEEKDAYS[at.weekday()]} {hour}"


def _weekly(table: Table) -> Iterable[tuple[str, str]]:
    """Weekdays with the same hours together."""
    for first, last, spans in opening.grouped(table.weekly):
        days = str(WEEKDAYS[first])
        if (first, last) == (0, 6):
            days = _("Every day")
        elif first != last:
            days = _("%(first)s to %(last)s") % {"first": WEEKDAYS[first], "last": WEEKDAYS[last]}
        yield days, opening.write(spans) or pgettext("hours", "closed")


# the map -------------------------------------------------------------------------------------------------------------


def _grounds(
    cards: Sequence[ClusterCard], places: Mapping[str, PlaceCard], shapes: Mapping[str, Any]
) -> Iterable[dict[str, Any]]:
    """Every cluster's ground with its name on that of its communities which lies nearest to the middle."""
    for order, card in enumerate(cards):
        if card.code in shapes:
            link = reverse("cluster", args=[card.code])
            yield _ground(shapes[card.code], tone=order % TONES + 1, tip=card.name, href=link)
    for card in cards:
        middles = [at for code in card.community_codes if (at := _middle(places.get(code)))]
        if card.code in shapes and middles:
            yield _label(card.name, _nearest(middles))


def _parts(card: ClusterCard, places: Mapping[str, PlaceCard], tone: int) -> Iterable[dict[str, Any]]:
    """The communities of one cluster with their names."""
    outlines = territory.outlines()
    for code in card.community_codes:
        if code in outlines:
            yield _ground(outlines[code], tone=tone, tip=_place(places.get(code), code).text)
    for code in card.community_codes:
        if code in outlines and (at := _middle(places.get(code))):
            yield _label(_place(places.get(code), code).text, at)


def _ground(geometry: Any, **told: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"level": "cell", "kind": "ordinary", **told}, "geometry": geometry}


def _label(name: str, at: tuple[float, float]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"level": "cluster", "name": name},
        "geometry": {"type": "Point", "coordinates": at},
    }


def _mark(card: PointCard) -> dict[str, Any]:
    link = reverse("points:one", args=[card.code])
    return {
        "type": "Feature",
        "properties": {"level": "point", "name": _named(card.name, card.name_en).text, "href": link},
        "geometry": {"type": "Point", "coordinates": (card.lon, card.lat)},
    }


def _middle(place: PlaceCard | None) -> tuple[float, float] | None:
    return (place.lon, place.lat) if place and place.lon is not None and place.lat is not None else None


def _nearest(middles: Sequence[tuple[float, float]]) -> tuple[float, float]:
    east, north = (sum(one[axis] for one in middles) / len(middles) for axis in (0, 1))
    return min(middles, key=lambda at: ((at[0] - east) ** 2 + (at[1] - north) ** 2, at))


# names ---------------------------------------------------------------------------------------------------------------


def _in_english() -> bool:
    return (get_language() or "").startswith("en")


def _named(name: str, name_en: str) -> Name:
    return Name(text=name_en, lang="en") if _in_english() and name_en else Name(text=name)


def _place(card: PlaceCard | None, code: str = "") -> Name:
    return _named(card.short_name or card.name, card.name_en) if card else Name(text=code)


def _body(card: OrganisationCard | None, code: str) -> Name:
    return _named(card.short_name, card.name_en) if card else Name(text=code)


def _called(centre: OrganisationCard | None) -> str:
    return centre.name_en if centre and _in_english() else ""
