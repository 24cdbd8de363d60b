"""The demo's grid: every community split into cells by seed, special cells around real names, micro-cells, clusters, people.

The shapes are synthetic, like the outlines that they divide; every map says so.
"""

import itertools
import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import shapely
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from pianqu.composition import district
from pianqu.composition.demo.people import NO_PASSWORD
from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Account
from pianqu.kernels import rings
from pianqu.rooms.directory import queries as directory_questions
from pianqu.rooms.directory import services as directory
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.queries import ClusterCard
from pianqu.rooms.territory.services import NewCell, NewCluster, NewEntry, NewPerson

SOURCE = "演示网格（合成）"
NEXT_SOURCE = "演示网格调整（合成）"
KM2_PER_CELL = 0.16
FEWEST, MOST = 5, 12
KINDS = {"school": ("campus", "校园"), "hospital": ("hospital", "医院"), "commercial": ("market", "市场")}
SPECIAL_DEGREES = 0.0011
"""Half the width of a special cell, about 110 m."""
MICRO_IN = 0.08
"""Part of the ordinary cells that are divided once more."""
ENTRIES = (
    ("ordinary", "environment", "第 1 项"),
    ("ordinary", "noise", "第 2 项"),
    ("ordinary", "property", "第 3 项"),
    ("ordinary", "roads", "第 4 项"),
    ("special", "environment", "第 11 项"),
    ("special", "market", "第 12 项"),
    ("special", "traffic", "第 13 项"),
    ("micro", "environment", "第 21 项"),
)


@dataclass(frozen=True, slots=True)
class _Community:
    code: str
    name: str
    shape: BaseGeometry


def make_grid(*, now: datetime, valid_from: date) -> None:
    """Once: where a grid is in force already, nothing is done."""
    if territory.versions():
        return
    actor = Actor(kind="system", organisation_code=installation().district_code)
    chance = random.Random(f"{installation().district_code} grid")
    outlines, places = territory.outlines(), territory.places()
    communities = [
        _Community(code, places[code].short_name, rings.shape_of(outline)) for code, outline in sorted(outlines.items())
    ]
    marks = _marks(communities)
    cells = [cell for community in communities for cell in _cells(community, marks.get(community.code, []), chance)]
    services.adopt_grid(
        actor=actor,
        cells=cells,
        clusters=_clusters(),
        valid_from=valid_from,
        source=SOURCE,
        synthetic=True,
        now=now,
    )
    items = [NewEntry(cell_kind=kind, category=category, article=article) for kind, category, article in ENTRIES]
    name = "网格事项准入清单（演示）"
    services.set_entry_list(actor=actor, list_name=name, items=items, valid_from=valid_from, now=now)
    _people(actor, cells, valid_from, now)


def make_next_grid(*, now: datetime, valid_from: date) -> None:
    """Another grid from a day on: a cluster with a centre takes a community in, and two of its cells become one.

    Everything else stays as it is in force now. Once: where a second grid is known, nothing is done.
    """
    if len(territory.versions()) > 1:
        return
    actor, today = Actor(kind="system", organisation_code=installation().district_code), timezone.localdate(now)
    clusters = territory.clusters(on=today)
    grows = next(one for one in clusters if one.centre_code)
    street = grows.community_codes[0][:9]
    gives = next(one for one in clusters if not one.centre_code and one.community_codes[0].startswith(street))
    moved = gives.community_codes[0]
    services.adopt_grid(
        actor=actor,
        cells=_redrawn(grows.community_codes[0], today),
        clusters=[
            NewCluster(
                code=one.code,
                name=one.name,
                centre_code=one.centre_code,
                community_codes=_with(one, moved, to=grows),
            )
            for one in clusters
            if one.community_codes != (moved,)
        ],
        valid_from=valid_from,
        source=NEXT_SOURCE,
        synthetic=True,
        now=now,
    )


def _with(cluster: ClusterCard, moved: str, *, to: ClusterCard) -> list[str]:
    """The communities of a cluster when one goes to another."""
    rest = [code for code in cluster.community_codes if code != moved]
    return sorted([*rest, moved]) if cluster == to else rest


def _redrawn(community: str, today: date) -> list[NewCell]:
    """The cells of today, the first two ordinary ones of a community that touch as one new cell."""
    version = territory.version_on(today)
    shapes = territory.cell_shapes(version.version_id) if version else {}
    cells = territory.cells(on=today)
    whole = {cell.parent_code for cell in cells}
    plain = [cell for cell in cells if cell.community_code == community and cell.kind == "ordinary"]
    alone = [cell for cell in plain if cell.code not in whole]
    one, other = next(
        (one, other)
        for one, other in itertools.combinations(alone, 2)
        if rings.shape_of(shapes[one.code]).intersection(rings.shape_of(shapes[other.code])).length > 0
    )
    joined = rings.drawn(rings.joined([shapes[one.code], shapes[other.code]]))
    fresh = NewCell(
        code=f"{community}{len(plain) + 1:03}",
        name=f"{one.name.partition('第')[0]}第{len(plain) + 1}网格",
        kind="ordinary",
        community_code=community,
        geometry=joined.geometry,
        lon=joined.lon,
        lat=joined.lat,
    )
    kept = [cell for cell in cells if cell not in (one, other)]
    return [fresh, *(NewCell(**asdict(cell), geometry=shapes[cell.code]) for cell in kept)]


def _marks(communities: Sequence[_Community]) -> dict[str, list[tuple[str, str, float, float]]]:
    """Names of schools, hospitals and markets by community."""
    found: dict[str, list[tuple[str, str, float, float]]] = {}
    for shape in territory.map_layers()["features"]:
        told = shape["properties"]
        if told["level"] != "landmark" or told["kind"] not in KINDS:
            continue
        lon, lat = shape["geometry"]["coordinates"]
        point = shapely.Point(lon, lat)
        home = next((one for one in communities if one.shape.contains(point)), None)
        if home:
            found.setdefault(home.code, []).append((told["name"], told["kind"], lon, lat))
    return found


def _cells(
    community: _Community, marks: Sequence[tuple[str, str, float, float]], chance: random.Random
) -> Iterator[NewCell]:
    special: list[BaseGeometry] = []
    number = 0
    for name, kind, lon, lat in marks[:3]:
        around = shapely.Point(lon, lat).buffer(SPECIAL_DEGREES, quad_segs=3).intersection(community.shape)
        free = around.difference(shapely.union_all(special)) if special else around
        if free.is_empty or free.area < around.area / 2:
            continue
        special.append(free)
        number += 1
        code, (special_kind, word) = f"{community.code}9{number:02}", KINDS[kind]
        yield from _made(code, f"{name}{word}专属网格"[:60], "special", community, free, special_kind=special_kind)
        yield from _micro(code, community, free, 2, chance)
    rest = community.shape.difference(shapely.union_all(special)) if special else community.shape
    count = max(FEWEST, min(MOST, round(rings.area_m2(rings.as_geojson(community.shape)) / 1e6 / KM2_PER_CELL)))
    for number, part in enumerate(_split(rest, count, chance), start=1):
        code = f"{community.code}{number:03}"
        yield from _made(code, f"{community.name}第{number}网格", "ordinary", community, part)
        if chance.random() < MICRO_IN:
            yield from _micro(code, community, part, 3, chance)


def _micro(
    parent: str, community: _Community, shape: BaseGeometry, count: int, chance: random.Random
) -> Iterator[NewCell]:
    for number, part in enumerate(_split(shape, count, chance), start=1):
        name = f"{community.name}微网格{parent[-3:]}-{number}"
        yield from _made(f"{parent}-{number}", name, "micro", community, part, parent_code=parent)


def _made(code: str, name: str, kind: str, community: _Community, shape: BaseGeometry, **own: str) -> Iterator[NewCell]:
    try:
        drawn = rings.drawn(rings.as_geojson(_polygons(shape)))
    except rings.NoShape:
        return
    yield NewCell(
        code=code,
        name=name,
        kind=kind,
        community_code=community.code,
        geometry=drawn.geometry,
        lon=drawn.lon,
        lat=drawn.lat,
        **own,
    )


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    kept = shapely.set_precision(shape, rings.CENTIMETRE)
    return shapely.MultiPolygon([part for part in shapely.get_parts(kept) if part.geom_type == "Polygon"])


def _split(shape: BaseGeometry, count: int, chance: random.Random) -> list[BaseGeometry]:
    """The shape in parts of about the same size: a Voronoi diagram whose points were moved to the middles twice."""
    points = [_inside(shape, chance) for _number in range(count)]
    parts: list[BaseGeometry] = [shape]
    for _round in range(3):
        diagram = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=shape)
        parts = [part.intersection(shape) for part in shapely.get_parts(diagram)]
        parts = [part for part in parts if part.area > 0]
        points = [part.representative_point() if len(parts) < 2 else part.centroid for part in parts]
    return sorted(parts, key=lambda part: (-round(part.centroid.y, 5), part.centroid.x))


def _inside(shape: BaseGeometry, chance: random.Random) -> shapely.Point:
    west, south, east, north = shape.bounds
    while True:
        point = shapely.Point(chance.uniform(west, east), chance.uniform(south, north))
        if shape.contains(point):
            return point


def _clusters() -> list[NewCluster]:
    """Those of the district pack with their centres, and the rest of each street as one more."""
    pack = Path(district.__file__).parent / installation().district_code / "organisations.toml"
    rows = tomllib.loads(pack.read_text(encoding="utf-8"))["organisation"]
    made = [
        NewCluster(
            code=row["code"].partition("-")[2],
            name=row["short_name"],
            community_codes=row["areas"],
            centre_code=row["code"],
        )
        for row in rows
        if row["kind"] == "centre" and row.get("areas")
    ]
    taken = {code for cluster in made for code in cluster.community_codes}
    for choice in territory.community_choices():
        rest = [card.code for card in choice.communities if card.code not in taken]
        name = choice.street.short_name.removesuffix("街道").removesuffix("镇")
        if rest:
            made.append(NewCluster(code=f"c{choice.street.code[6:9]}", name=f"{name}片区", community_codes=rest))
    return made


def _people(actor: Actor, cells: Sequence[NewCell], valid_from: date, now: datetime) -> None:
    """Three grid workers for the cells of each cluster centre's first community."""
    for cluster in territory.clusters(on=valid_from):
        if not cluster.centre_code:
            continue
        community = cluster.community_codes[0]
        roles = {"leader": "网格长", "full_time": "专职网格员", "part_time": "兼职网格员"}
        people = [
            NewPerson(role=role, post_id=_worker(actor, community, role, title, now)) for role, title in roles.items()
        ]
        for cell in cells:
            if cell.community_code == community and cell.kind != "micro":
                services.staff_cell(actor=actor, cell_code=cell.code, people=people, valid_from=valid_from, now=now)


def _worker(actor: Actor, community: str, role: str, title: str, now: datetime) -> Any:
    account = Account(id=new_id(), login=f"grid-{community}-{role}", name=f"演示{title}", password=NO_PASSWORD)
    account.save()
    directory.appoint(
        actor=actor,
        account_id=account.id,
        organisation_code=community,
        kind="grid_worker",
        title=title,
        now=now,
    )
    return directory_questions.posts_of(account.id)[0].post_id
