"""What a merge gives to take away: atoms, duties, workers, renames, and crosswalks between any two systems."""

import uuid
from collections.abc import Callable, Iterator

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.foundation.errors import Absent
from pianqu.rooms.planning import queries
from pianqu.rooms.planning.queries import MERGED, MergeWhole
from pianqu.rooms.planning.views import naming
from pianqu.rooms.planning.views.acting import actor_of
from pianqu.rooms.planning.views.books import Cell, Sheet, book
from pianqu.rooms.territory import queries as territory

Row = list[Cell]
BETWEEN = "；"


@never_cache
@login_required
@require_safe
def table(request: HttpRequest, merge_id: uuid.UUID, which: str) -> HttpResponse:
    """One of the workbooks. Raises Absent for what there is not."""
    actor_of(request)
    if which not in BOOKS:
        raise Absent("table-absent", _("There is no such table."))
    return book(f"{which}.xlsx", *BOOKS[which](queries.merge_whole(merge_id)))


@never_cache
@login_required
@require_safe
def crosswalk(request: HttpRequest, merge_id: uuid.UUID) -> HttpResponse:
    """Two systems and the households that their cells share, both ways. Raises Absent for a system that there is not."""
    actor_of(request)
    whole = queries.merge_whole(merge_id)
    first, second = request.GET.get("first", ""), request.GET.get("second", "")
    known = {layer.name for layer in whole.layers} | {MERGED}
    if first not in known or second not in known or first == second:
        raise Absent("crosswalk-absent", _("Choose two different systems of this merge."))
    one, other = naming.layer_name(first).text, naming.layer_name(second).text
    names = whole.names_of(first), whole.names_of(second)
    counted = any(whole.households)
    head = [
        one,
        pgettext("crosswalk", "name"),
        other,
        pgettext("crosswalk", "name"),
        pgettext("crosswalk", "households") if counted else pgettext("crosswalk", "square metres"),
        pgettext("crosswalk", "share of the first"),
        pgettext("crosswalk", "share of the second"),
    ]
    rows: list[Row] = [
        [row.one, names[0].get(row.one), row.other, names[1].get(row.other), row.count, row.there, row.back]
        for row in whole.crosswalk(first, second)
    ]
    return book("crosswalk.xlsx", (f"{one}-{other}", head, rows))


def _atoms(whole: MergeWhole) -> Iterator[Sheet]:
    places = territory.places()
    layers = [layer.name for layer in whole.layers]
    columns = [whole.column(name) for name in layers] + [whole.column(MERGED)]
    head = [
        pgettext("merge", "place"),
        *(_code_head(name) for name in [*layers, MERGED]),
        pgettext("merge", "community"),
        pgettext("merge", "departments"),
        pgettext("merge", "households"),
        pgettext("merge", "square metres"),
        pgettext("merge", "taken by"),
    ]
    rows: list[Row] = [
        [
            place + 1,
            *(column[place] for column in columns),
            naming.place_name(places, whole.communities[place]).text,
            len(whole.covering[place]),
            whole.households[place],
            whole.areas[place],
            _taken(whole, place),
        ]
        for place in range(len(whole.areas))
    ]
    yield pgettext("merge", "Places"), head, rows


def _code_head(layer: str) -> str:
    """A column of codes; the communities' beside the column of their names."""
    return pgettext("merge", "community code") if layer == queries.COMMUNITY else naming.layer_name(layer).text


def _taken(whole: MergeWhole, place: int) -> str:
    closing = whole.closings.get(place)
    if closing is None:
        return _("nobody") if place in whole.bare else ""
    return closing.code or whole.proposals[closing.cell].code


def _duties(whole: MergeWhole) -> Iterator[Sheet]:
    head = [
        *_cell_head(),
        pgettext("merge", "duty"),
        pgettext("merge", "department's grid"),
        pgettext("merge", "share"),
    ]
    rows: list[Row] = [
        [*_cell(whole, row.cell), duty, f"{row.layer} {row.name}", row.share]
        for row in whole.carried
        for duty in row.duties
    ]
    yield pgettext("merge", "Duties"), head, rows
    places = territory.places()
    twice: list[Row] = [
        [
            row.duty,
            BETWEEN.join(row.layers),
            BETWEEN.join(naming.place_name(places, code).text for code in row.communities),
            len(row.places),
            row.households,
        ]
        for row in whole.twice
    ]
    yield pgettext("merge", "Covered twice"), _twice_head(), twice


def _twice_head() -> list[str]:
    return [
        pgettext("merge", "duty"),
        pgettext("merge", "departments"),
        pgettext("merge", "communities"),
        pgettext("merge", "places"),
        pgettext("merge", "households"),
    ]


def _workers(whole: MergeWhole) -> Iterator[Sheet]:
    head = [
        *_cell_head(),
        pgettext("merge", "worker"),
        pgettext("merge", "department's grid"),
        pgettext("merge", "former cell"),
        pgettext("merge", "share"),
        pgettext("merge", "most of it is here"),
    ]
    rows: list[Row] = [
        [
            *_cell(whole, row.cell),
            worker,
            row.layer,
            row.name,
            row.share,
            pgettext("merge", "yes") if row.most else pgettext("merge", "no"),
        ]
        for row in whole.carried
        for worker in row.workers
    ]
    yield pgettext("merge", "Workers"), head, rows


def _renames(whole: MergeWhole) -> Iterator[Sheet]:
    """Old code → new code: each cell of every grid with the merged cell that has most of it."""
    head = [
        pgettext("merge", "system"),
        pgettext("merge", "old code"),
        pgettext("merge", "old name"),
        pgettext("merge", "new code"),
        pgettext("merge", "new name"),
        pgettext("merge", "share"),
        pgettext("merge", "into how many cells"),
    ]
    names = whole.names_of(MERGED)
    rows: list[Row] = []
    for layer in whole.layers:
        if layer.kind == queries.COMMUNITY:
            continue
        own = whole.names_of(layer.name)
        for old, parts in _parts(whole, layer.name).items():
            new, share = parts[0]
            rows.append([naming.layer_name(layer.name).text, old, own.get(old), new, names[new], share, len(parts)])
    yield pgettext("merge", "Renames"), head, rows


def _parts(whole: MergeWhole, layer: str) -> dict[str, list[tuple[str, float]]]:
    """For each cell the merged cells that have something of it, the one with most first."""
    found: dict[str, list[tuple[str, float]]] = {}
    for row in whole.crosswalk(layer, MERGED):
        if row.one:
            found.setdefault(row.one, []).append((row.other, row.there))
    return {old: sorted(parts, key=lambda part: (-part[1], part[0])) for old, parts in found.items()}


def _cells(whole: MergeWhole) -> Iterator[Sheet]:
    head = [
        *_cell_head(),
        pgettext("merge", "community"),
        pgettext("merge", "households"),
        pgettext("merge", "population"),
        pgettext("merge", "square metres"),
        pgettext("merge", "within the limits"),
    ]
    places = territory.places()
    rows: list[Row] = [
        [
            cell.code,
            cell.name,
            naming.place_name(places, cell.community_code).text,
            cell.households,
            cell.population,
            cell.area_m2,
            pgettext("merge", "yes") if cell.fits else pgettext("merge", "no"),
        ]
        for cell in whole.proposals
    ]
    yield pgettext("merge", "Merged cells"), head, rows


def _cell_head() -> list[str]:
    return [pgettext("merge", "cell"), pgettext("merge", "name")]


def _cell(whole: MergeWhole, number: int) -> Row:
    cell = whole.proposals[number]
    return [cell.code, cell.name]


BOOKS: dict[str, Callable[[MergeWhole], Iterator[Sheet]]] = {
    "places": _atoms,
    "duties": _duties,
    "workers": _workers,
    "renames": _renames,
    "cells": _cells,
}
