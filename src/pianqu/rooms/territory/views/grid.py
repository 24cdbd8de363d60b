"""The grid of a day: clusters, the cells of one, a cell with its people and what may be handed to it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Problem
from pianqu.kernels import rings
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries, rules, services
from pianqu.rooms.territory.queries import CELL_KINDS, MICRO, CellCard, ClusterCard, PlaceCard, VersionCard
from pianqu.rooms.territory.views import shown, staffing
from pianqu.rooms.territory.views.shown import Categories, Files, Name

ON_A_PAGE = 25
TONES = 8
NO_CLUSTER = "none"
STAFFED = "staffed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRow:
    """A cluster with how much lies in it; `tone` is its colour on the map."""

    code: str
    name: str
    tone: int
    centre: Name | None
    communities: int
    ordinary: int
    special: int
    micro: int
    staffed: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """A cell in the table."""

    code: str
    name: str
    kind: str
    kind_word: str
    community: Name
    is_staffed: bool
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """What may be handed to a kind of cell: category and article."""

    kind: str
    word: str
    items: tuple[tuple[str, str], ...]
    list_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSheet:
    """One cell, as its card tells of it."""

    row: CellRow
    cluster: str
    parent: CellRow | None
    micro: tuple[CellRow, ...]
    people: tuple[staffing.PersonRow, ...]
    form: staffing.PeopleForm | None
    """For who may name its people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the address asks for."""

    on: date
    cluster: str
    cell: str
    words: str
    bare: bool
    """Only cells without a leader."""
    page: int
    error: str

    @property
    def only(self) -> str:
        """`bare` as an address says it."""
        return "1" if self.bare else ""

    def link(self, **changes: object) -> str:
        given = {"on": self.on.isoformat() if self.on != timezone.localdate() else "", "cluster": self.cluster}
        kept = {name: value for name, value in {**given, **changes}.items() if value}
        return f"?{urlencode(kept)}"


class _Grid:
    """Everything of a day, asked for once."""

    def __init__(self, on: date) -> None:
        self.version = queries.version_on(on)
        self.cells: Sequence[CellCard] = queries.cells(on=on)
        self.clusters: Sequence[ClusterCard] = queries.clusters(on=on)
        self.by_code = {cell.code: cell for cell in self.cells}
        self.home = {code: cluster.code for cluster in self.clusters for code in cluster.community_codes}
        self.tones = {cluster.code: order % TONES + 1 for order, cluster in enumerate(self.clusters)}
        self.names = {cluster.code: cluster.name for cluster in self.clusters}
        self.staffed = queries.staffed(on=on)
        self.places: Mapping[str, PlaceCard] = queries.places()

    def cluster_of(self, cell: CellCard) -> str:
        return self.home.get(cell.community_code, NO_CLUSTER)

    def has_cells(self, cluster: ClusterCard) -> bool:
        return any(cell.community_code in cluster.community_codes for cell in self.cells)

    def asked(self, asked: _Asked) -> list[CellCard]:
        """The cells of the cluster asked for whose name or code holds the words."""
        return [
            cell
            for cell in self.cells
            if (not asked.cluster or self.cluster_of(cell) == asked.cluster)
            and (not asked.words or asked.words in cell.name or asked.words in cell.code)
            and (not asked.bare or (cell.kind != MICRO and cell.code not in self.staffed))
        ]


@never_cache
@login_required
@require_safe
def page(request: HttpRequest, *, categories: Categories, files: Files) -> HttpResponse:
    """Map and table of a day; `?cluster=`, `?q=`, `?bare=` and `?cell=` narrow it."""
    return _show(request, shown.actor_of(request), _asked(request.GET), categories)


@never_cache
@login_required
@require_POST
def name_people(request: HttpRequest, *, categories: Categories, files: Files) -> HttpResponse:
    """Name everybody who works in a cell; refused, the page shows what was typed and why."""
    actor, typed = shown.actor_of(request), request.POST
    asked = _asked(typed)
    try:
        chosen, starts = staffing.named(typed)
        services.staff_cell(actor=actor, cell_code=asked.cell, people=chosen, valid_from=starts, now=timezone.now())
    except Problem as problem:
        failed = staffing.Failed(typed=typed, message=str(problem.message))
        return _show(request, actor, asked, categories, failed=failed, status=problem.status)
    on = starts.isoformat() if starts != timezone.localdate() else ""
    kept = {"on": on, "cluster": asked.cluster, "cell": asked.cell, "named": "1"}
    query = urlencode({name: value for name, value in kept.items() if value})
    return HttpResponseRedirect(f"{reverse('territory:grid')}?{query}#cell")


def _show(
    request: HttpRequest,
    actor: Actor,
    asked: _Asked,
    categories: Categories,
    *,
    failed: staffing.Failed | None = None,
    status: int = 200,
) -> HttpResponse:
    grid, may_adopt = _Grid(asked.on), rules.may_adopt_grid(actor)
    listed = bool(asked.cluster or asked.words or asked.bare)
    cells = grid.asked(asked) if listed else []
    last = max(1, -(-len(cells) // ON_A_PAGE))
    number = min(asked.page, last)
    context = {
        "asked": asked,
        "today": timezone.localdate(),
        "version": grid.version,
        "counts": Counter(cell.kind for cell in grid.cells),
        "clusters": _cluster_rows(grid, asked),
        "cluster_name": grid.names.get(asked.cluster, ""),
        "listed": listed,
        "cells": [_row(cell, grid, asked) for cell in cells[(number - 1) * ON_A_PAGE : number * ON_A_PAGE]],
        "found": len(cells),
        "page": number,
        "last": last,
        "before": asked.link(q=asked.words, bare=asked.only, page=number - 1) if number > 1 else "",
        "after": asked.link(q=asked.words, bare=asked.only, page=number + 1) if number < last else "",
        "entries": _entries(asked.on, categories),
        "sheet": _sheet(grid, asked, failed, may_name=may_adopt) if asked.cell in grid.by_code else None,
        "may_adopt": may_adopt,
        "named": request.GET.get("named") == "1",
        "versions": [(card, _days(card)) for card in queries.versions()],
        "layers": _layers_link(grid, asked),
        "systems": rings.CRS,
        "adopted": request.GET.get("adopted", ""),
    }
    return render(request, "territory/grid.html", context, status=status)


def _asked(given: QueryDict) -> _Asked:
    today, text = timezone.localdate(), given.get("on", "")
    day = shown.day_of(text)
    number = given.get("page", "")
    return _Asked(
        on=day or today,
        cluster=given.get("cluster", ""),
        cell=given.get("cell", ""),
        words=given.get("q", "").strip()[:40],
        bare=given.get("bare") == "1",
        page=int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 6 and int(number) else 1,
        error=_("That is no day. Today is shown.") if text and not day else "",
    )


def _layers_link(grid: _Grid, asked: _Asked) -> str:
    """By the version's first day, so that a browser may keep it: a version never changes."""
    if grid.version is None:
        return ""
    cell = grid.by_code.get(asked.cell)
    cluster = grid.cluster_of(cell) if cell else asked.cluster
    return urlencode({"on": grid.version.valid_from.isoformat(), "cluster": cluster, "cell": cell.code if cell else ""})


def _cluster_rows(grid: _Grid, asked: _Asked) -> list[ClusterRow]:
    counts = Counter((grid.cluster_of(cell), cell.kind) for cell in grid.cells)
    counts += Counter((grid.cluster_of(cell), STAFFED) for cell in grid.cells if cell.code in grid.staffed)
    bodies = directory.organisations({cluster.centre_code for cluster in grid.clusters if cluster.centre_code})
    rows = [_cluster_row(grid, asked, counts, cluster, bodies.get(cluster.centre_code)) for cluster in grid.clusters]
    lone = {cell.community_code for cell in grid.cells} - set(grid.home)
    if lone:
        rest = ClusterCard(code=NO_CLUSTER, name="", centre_code="", community_codes=tuple(lone))
        rows.append(_cluster_row(grid, asked, counts, rest, None))
    return rows


def _cluster_row(
    grid: _Grid,
    asked: _Asked,
    counts: Counter[tuple[str, str]],
    cluster: ClusterCard,
    body: directory.OrganisationCard | None,
) -> ClusterRow:
    centre = _body_name(body)
    return ClusterRow(
        code=cluster.code,
        name=cluster.name,
        tone=grid.tones.get(cluster.code, 0),
        centre=centre if centre and centre.text != cluster.name else None,
        communities=len(cluster.community_codes),
        ordinary=counts[cluster.code, "ordinary"],
        special=counts[cluster.code, "special"],
        micro=counts[cluster.code, MICRO],
        staffed=counts[cluster.code, STAFFED],
        link=asked.link(cluster=cluster.code),
    )


def _body_name(card: directory.OrganisationCard | None) -> Name | None:
    if card is None:
        return None
    english = bool(shown.in_english() and card.name_en)
    return Name(text=card.name_en, lang="en") if english else Name(text=card.short_name)


def _row(cell: CellCard, grid: _Grid, asked: _Asked) -> CellRow:
    return CellRow(
        code=cell.code,
        name=cell.name,
        kind=cell.kind,
        kind_word=shown.kind_word(cell.kind, cell.special_kind),
        community=shown.place_name(grid.places.get(cell.community_code), cell.community_code),
        is_staffed=cell.code in grid.staffed,
        link=asked.link(q=asked.words, bare=asked.only, page=asked.page if asked.page > 1 else "", cell=cell.code),
    )


def _sheet(grid: _Grid, asked: _Asked, failed: staffing.Failed | None, *, may_name: bool) -> CellSheet:
    cell = grid.by_code[asked.cell]
    staff = queries.people_of(cell.code, on=asked.on)
    cluster = next((one for one in grid.clusters if one.code == grid.cluster_of(cell)), None)
    parent = grid.by_code.get(cell.parent_code)
    return CellSheet(
        row=_row(cell, grid, asked),
        cluster=grid.names.get(grid.cluster_of(cell), ""),
        parent=_row(parent, grid, asked) if parent else None,
        micro=tuple(_row(one, grid, asked) for one in grid.cells if one.parent_code == cell.code),
        people=staffing.rows(staff),
        form=staffing.form(cell, cluster, grid.places, staff, failed) if may_name else None,
    )


def _entries(on: date, categories: Categories) -> list[EntryRow]:
    """The entry list by kind of cell, as staff read it."""
    names, found = shown.category_names(categories()), queries.entry_list(on=on)
    rows = []
    for kind in CELL_KINDS:
        items = [(names.get(category, category), article) for _list, of, category, article in found if of == kind]
        if items:
            rows.append(EntryRow(kind=kind, word=shown.kind_word(kind), items=tuple(items), list_name=found[0][0]))
    return rows


def _days(card: VersionCard) -> str:
    """The last day on which a version holds; empty while it has no end."""
    return (card.valid_to - timedelta(days=1)).isoformat() if card.valid_to else ""


@login_required
@require_safe
def layers(request: HttpRequest, *, categories: Categories, files: Files) -> HttpResponse:
    """What the map draws: the clusters, or the cells of one."""
    shown.actor_of(request)
    asked = _asked(request.GET)
    grid = _Grid(asked.on)
    features = _cell_features(grid, asked) if asked.cluster else _cluster_features(grid, asked)
    response = JsonResponse({"type": "FeatureCollection", "features": features})
    response["Cache-Control"] = "private, max-age=300"
    return response


def _cell_features(grid: _Grid, asked: _Asked) -> list[dict[str, Any]]:
    """The map draws the first on top: the cell asked for, then micro-cells."""
    shapes = queries.cell_shapes(grid.version.version_id) if grid.version else {}
    ordered = sorted(grid.asked(asked), key=lambda cell: (cell.code != asked.cell, cell.kind != MICRO))
    return [_feature(cell, shapes[cell.code], grid, asked) for cell in ordered]


def _cluster_features(grid: _Grid, asked: _Asked) -> list[dict[str, Any]]:
    shapes = queries.cluster_shapes(grid.version.version_id) if grid.version else {}
    drawn = [cluster for cluster in grid.clusters if cluster.code in shapes and grid.has_cells(cluster)]
    return [_ground(grid, cluster, shapes[cluster.code], asked) for cluster in drawn] + [
        _label(grid, cluster) for cluster in drawn
    ]


def _ground(grid: _Grid, cluster: ClusterCard, geometry: Any, asked: _Asked) -> dict[str, Any]:
    link = asked.link(cluster=cluster.code)
    told = {"level": "cell", "kind": "ordinary", "tone": grid.tones[cluster.code], "tip": cluster.name, "href": link}
    return {"type": "Feature", "properties": told, "geometry": geometry}


def _feature(cell: CellCard, geometry: Any, grid: _Grid, asked: _Asked) -> dict[str, Any]:
    cluster = grid.cluster_of(cell)
    told = {
        "level": "cell",
        "kind": cell.kind,
        "tone": grid.tones.get(cluster, 0),
        "tip": cell.name,
        "here": cell.code == asked.cell,
        "href": asked.link(cluster=cluster, cell=cell.code),
    }
    return {"type": "Feature", "properties": told, "geometry": geometry}


def _label(grid: _Grid, cluster: ClusterCard) -> dict[str, Any]:
    """A cluster's name on that of its cells which lies nearest to the middle: another cluster may lie in the middle."""
    own = [cell for cell in grid.cells if cell.community_code in cluster.community_codes]
    east, north = sum(cell.lon for cell in own) / len(own), sum(cell.lat for cell in own) / len(own)
    at = min(((cell.lon - east) ** 2 + (cell.lat - north) ** 2, cell.lon, cell.lat) for cell in own)[1:]
    told = {"level": "cluster", "name": cluster.name}
    return {"type": "Feature", "properties": told, "geometry": {"type": "Point", "coordinates": at}}


@never_cache
@login_required
@require_safe
def download(request: HttpRequest, *, categories: Categories, files: Files) -> HttpResponse:
    """The grid of a day as GeoJSON in the system asked for; it can be taken in again."""
    shown.actor_of(request)
    asked, crs = _asked(request.GET), request.GET.get("crs", "WGS84")
    if asked.error or crs not in rings.CRS:
        raise Invalid("grid-asked", _("The day or the coordinate system is not known."))
    if queries.version_on(asked.on) is None:
        raise Absent("grid-none", _("No grid is in force on that day."))
    response = JsonResponse(files.exported(on=asked.on, crs=crs), json_dumps_params={"ensure_ascii": False})
    response["Content-Type"] = "application/geo+json"
    response["Content-Disposition"] = f'attachment; filename="grid-{asked.on.isoformat()}-{crs}.geojson"'
    return response
