"""The grid's page on the desk: clusters and cells on a map with a table beside it, versions, files in and out."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.composition.desk.who import colleague
from pianqu.composition.importing import grid as files
from pianqu.foundation.errors import Absent, Invalid, Problem
from pianqu.kernels import rings
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import CellCard, ClusterCard, VersionCard

COLOURS = (15, 35, 25, 45)
"""Values on the map's ramp: one shade after the other, so that neighbours differ."""
SPECIAL_SHADE = 45
LARGEST_UPLOAD = 20_000_000
NOTICES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterLine:
    """A cluster in the table."""

    code: str
    name: str
    centre: str
    communities: int
    ordinary: int
    special: int
    micro: int
    staffed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellLine:
    """A cell in the table of one cluster."""

    code: str
    name: str
    kind: str
    community: str
    micro: int
    is_staffed: bool


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The grid of a day; a file that is sent is checked, and adopted when that was asked for."""
    actor = colleague(request)
    may = directory.may_change_directory(actor)
    if request.method != "POST":
        return _page(request, may=may)
    try:
        if not may:
            raise Invalid(
                "grid-forbidden", _("Only the district's administrators may change the grid. Nothing was changed.")
            )
        found = _sent(request)
        if "adopt" not in request.POST or found.faults:
            return _page(request, may=may, checked=found, status=422 if found.faults else 200)
        source = request.POST.get("source", "").strip() or _("Uploaded grid")
        files.adopt(found, valid_from=_wanted_day(request), source=source, actor=actor)
    except Problem as problem:
        return _page(request, may=may, error=problem.message, status=problem.status)
    return redirect("grid")


def _sent(request: HttpRequest) -> files.Checked:
    upload = request.FILES.get("file")
    if upload is None:
        raise Invalid("grid-file", _("Please choose a GeoJSON file first."))
    if (upload.size or 0) > LARGEST_UPLOAD:
        raise Invalid("grid-large", _("The file is larger than 20 MB; please use the command line for it."))
    crs = request.POST.get("crs", "")
    return files.checked(files.features_of(upload.read()), crs=crs if crs in rings.CRS else "WGS84")


def _wanted_day(request: HttpRequest) -> date:
    day = _day(request.POST.get("from", ""))
    if day is None:
        raise Invalid("grid-day-missing", _("Please say from which day on the grid is in force."))
    return day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _on(request: HttpRequest) -> date:
    day = _day(request.GET.get("on", ""))
    return day if day and 2000 <= day.year < 2100 else timezone.localdate()


def _page(
    request: HttpRequest, *, may: bool, checked: files.Checked | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    on = _on(request)
    version = territory.version_on(on)
    chosen = next((c for c in territory.clusters(on=on) if c.code == request.GET.get("cluster")), None)
    cells, staffed = territory.cells(on=on), territory.staffed(on=on)
    context = {
        "on": on,
        "version": version,
        "versions": territory.versions(),
        "chosen": chosen,
        "clusters": _cluster_lines(territory.clusters(on=on), cells, staffed),
        "cells": _cell_lines(chosen, cells, staffed) if chosen else (),
        "total": Counter(cell.kind for cell in cells),
        "entries": _entries(on),
        "may": may,
        "systems": rings.CRS,
        "checked": checked,
        "notices": checked.notices[:NOTICES] if checked else (),
        "error": error,
    }
    return render(request, "composition/grid.html", context, status=status)


def _cluster_lines(
    clusters: Sequence[ClusterCard], cells: Sequence[CellCard], staffed: frozenset[str]
) -> list[ClusterLine]:
    names = {card.code: card for card in directory.every_organisation()}
    by_community: dict[str, list[CellCard]] = {}
    for cell in cells:
        by_community.setdefault(cell.community_code, []).append(cell)
    lines = []
    for cluster in clusters:
        own = [cell for code in cluster.community_codes for cell in by_community.get(code, ())]
        kinds = Counter(cell.kind for cell in own)
        centre = names.get(cluster.centre_code)
        lines.append(
            ClusterLine(
                code=cluster.code,
                name=cluster.name,
                centre=centre.short_name if centre else "",
                communities=len(cluster.community_codes),
                ordinary=kinds["ordinary"],
                special=kinds["special"],
                micro=kinds["micro"],
                staffed=sum(cell.code in staffed for cell in own),
            )
        )
    return lines


def _cell_lines(cluster: ClusterCard, cells: Sequence[CellCard], staffed: frozenset[str]) -> list[CellLine]:
    places = territory.places()
    micro = Counter(cell.parent_code for cell in cells if cell.kind == territory.MICRO)
    own = [c for c in cells if c.community_code in cluster.community_codes and c.kind != territory.MICRO]
    return [
        CellLine(
            code=cell.code,
            name=cell.name,
            kind=cell.special_kind or cell.kind,
            community=places[cell.community_code].short_name if cell.community_code in places else "",
            micro=micro[cell.code],
            is_staffed=cell.code in staffed,
        )
        for cell in own
    ]


def _entries(on: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """The entry list by kind of cell: the category's name with the article."""
    english = (get_language() or "").startswith("en")
    names = {card.code: card.name_en if english else card.name_zh for card in casework.categories()}
    found: dict[str, list[tuple[str, str]]] = {}
    for _name, kind, category, article in territory.entry_list(on=on):
        found.setdefault(kind, []).append((names.get(category, category), article))
    return [(kind, found[kind]) for kind in territory.CELL_KINDS if kind in found]


@login_required
@require_safe
def layers(request: HttpRequest) -> HttpResponse:
    """What the map draws: every cluster, or the cells of one."""
    colleague(request)
    on = _on(request)
    version = territory.version_on(on)
    chosen = request.GET.get("cluster", "")
    shapes = _shapes(version, on, chosen) if version else []
    response = JsonResponse({"type": "FeatureCollection", "features": shapes})
    response["Cache-Control"] = "private, max-age=300"
    return response


def _shapes(version: VersionCard, on: date, chosen: str) -> list[dict[str, Any]]:
    clusters = territory.clusters(on=on)
    if chosen not in {cluster.code for cluster in clusters}:
        grounds = territory.cluster_shapes(version.version_id)
        return [
            _feature(grounds[c.code], c.name, COLOURS[number % len(COLOURS)])
            for number, c in enumerate(clusters)
            if c.code in grounds
        ]
    communities = next(set(c.community_codes) for c in clusters if c.code == chosen)
    shapes = territory.cell_shapes(version.version_id)
    return [
        _feature(shapes[cell.code], cell.name, SPECIAL_SHADE if cell.kind == territory.SPECIAL else COLOURS[0])
        for cell in territory.cells(on=on)
        if cell.community_code in communities and cell.kind != territory.MICRO
    ]


def _feature(geometry: Mapping[str, Any], name: str, value: int) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name, "value": value}, "geometry": geometry}


@login_required
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The grid of a day as GeoJSON that can be taken in again."""
    colleague(request)
    crs = request.GET.get("crs", "")
    on = _on(request)
    table = files.exported(on=on, crs=crs if crs in rings.CRS else "WGS84")
    if not table["features"]:
        raise Absent("grid-none", _("No grid is in force on this day."))
    response = HttpResponse(json.dumps(table, ensure_ascii=False), content_type="application/geo+json")
    response["Content-Disposition"] = f'attachment; filename="grid-{on.isoformat()}.geojson"'
    return response
