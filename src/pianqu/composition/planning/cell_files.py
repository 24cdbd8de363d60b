"""Proposed cells as a map, sheets and a part of the report, with what old grids hand over: households, duties, workers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.composition.planning.duties import Posts, at
from pianqu.composition.planning.extras import Extra, Sheet
from pianqu.composition.planning.merge_files import counted, place_head, place_row
from pianqu.composition.planning.merged import Merged
from pianqu.composition.planning.proposing import Cell, Proposal
from pianqu.composition.planning.writing import Rows, as_text
from pianqu.foundation.saying import told
from pianqu.kernels.overlay.tables import dissolved, shared_out
from pianqu.kernels.overlay.writing import written

CELLS = "cells.geojson"
Handed = dict[tuple[str, str, str], tuple[int, int, int]]
"""From a grid's code to a cell ("" for none): households, square metres, workers."""


def cells(merged: Merged, proposal: Proposal, posts: Posts) -> Extra:
    """All that is written of them."""
    handed = handed_over(merged, proposal, posts)
    duties = {cell.code: _duties(merged, cell, posts) for cell in proposal.cells}
    workers: defaultdict[str, int] = defaultdict(int)
    for (_grid, _code, cell), (_count, _area, some) in handed.items():
        workers[cell] += some
    sheets: list[Sheet] = [
        (pgettext("plan", "Cells"), _head(merged, posts), _rows(merged, proposal, posts, duties, workers)),
        (pgettext("plan", "Old to new"), _handed_head(merged, posts), _handed_rows(handed, posts)),
        (pgettext("plan", "Not proposed"), _lacking_head(merged), _lacking_rows(proposal)),
    ]
    if proposal.added:
        head = [*place_head(merged), pgettext("plan", "given to")]
        rows: Rows = [[*place_row(merged, place), name] for place, name in proposal.added]
        sheets.append((pgettext("plan", "Without a community"), head, rows))
    return Extra(
        sheets=tuple(sheets),
        files={CELLS: as_text(_map(merged, proposal, duties, workers, posts)).encode()},
        told={"cells": _told(proposal, duties, workers, posts)},
        lines=tuple(_lines(merged, proposal)),
    )


def handed_over(merged: Merged, proposal: Proposal, posts: Posts) -> Handed:
    """What each old cell gives to each new one; its workers in whole ones by households, by area where it has none."""
    cell_of = proposal.code_of()
    sums: defaultdict[tuple[str, str], defaultdict[str, list[float]]] = defaultdict(
        lambda: defaultdict(lambda: [0, 0.0])
    )
    for place in merged.places:
        for grid, code in zip(merged.refinement.layers, place.atom.members, strict=True):
            if code:
                one = sums[grid, code][cell_of.get(place.number, "")]
                one[0] += place.households or 0
                one[1] += place.atom.area_m2
    found: Handed = {}
    for (grid, code), cells in sorted(sums.items()):
        names = sorted(cells)
        post = posts.get(grid, {}).get(code)
        workers = shared_out(post.workers if post else 0, _shares([cells[name] for name in names]))
        for name, some in zip(names, workers, strict=True):
            found[grid, code, name] = int(cells[name][0]), round(cells[name][1]), some
    return found


def _shares(cells: Sequence[Sequence[float]]) -> list[float]:
    measure = 0 if any(one[0] for one in cells) else 1
    whole = sum(one[measure] for one in cells) or 1
    return [one[measure] / whole for one in cells]


def _duties(merged: Merged, cell: Cell, posts: Posts) -> list[tuple[str, list[str]]]:
    """Duties of anybody somewhere in the cell, with the grids that have them."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for place in cell.places:
        for duty, several in at(posts, merged.refinement.layers, place).items():
            found[duty] |= {grid for grid, _code in several}
    return [(duty, sorted(grids)) for duty, grids in sorted(found.items())]


# tables ----------------------------------------------------------------------------------------------------------------


def _head(merged: Merged, posts: Posts) -> list[str]:
    more = [pgettext("plan", "workers"), pgettext("plan", "duties")] if posts else []
    head = [pgettext("plan", "cell"), pgettext("plan", "community"), pgettext("plan", "places")]
    return [*head, pgettext("plan", "area (m²)"), counted(merged), pgettext("plan", "remark"), *more]


def _rows(
    merged: Merged,
    proposal: Proposal,
    posts: Posts,
    duties: Mapping[str, list[tuple[str, list[str]]]],
    workers: Mapping[str, int],
) -> Rows:
    rows: Rows = []
    for cell in proposal.cells:
        more: list[str | int] = [workers.get(cell.code, 0), _listed(duties[cell.code])] if posts else []
        row = (
            cell.code,
            cell.community,
            len(cell.places),
            round(_area(cell)),
            cell.households,
            _remark(proposal, cell),
        )
        rows.append((*row, *more))
    return rows


def _area(cell: Cell) -> float:
    return sum(place.atom.area_m2 for place in cell.places)


def _listed(duties: Sequence[tuple[str, list[str]]]) -> str:
    comma = pgettext("plan", ", ")
    return comma.join(f"{duty} ({comma.join(grids)})" for duty, grids in duties)


def _remark(proposal: Proposal, cell: Cell) -> str:
    if cell.small:
        return _("the whole community, which has fewer")
    band = proposal.wish.band
    return "" if band.least <= cell.households <= band.most else _("outside the limits")


def _handed_head(merged: Merged, posts: Posts) -> list[str]:
    workers = [pgettext("plan", "workers")] if posts else []
    head = [pgettext("plan", "grid"), pgettext("plan", "old code"), pgettext("plan", "cell"), counted(merged)]
    return [*head, pgettext("plan", "area (m²)"), pgettext("plan", "share of the old code (%)"), *workers]


def _handed_rows(handed: Handed, posts: Posts) -> Rows:
    nobody = pgettext("plan", "(none)")
    whole: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (grid, code, _cell), (count, area, _workers) in handed.items():
        whole[grid, code][0] += count
        whole[grid, code][1] += area
    rows: Rows = []
    for (grid, code, cell), (count, area, workers) in handed.items():
        counts, areas = whole[grid, code]
        share = 100 * count / counts if counts else 100 * area / (areas or 1)
        rows.append((grid, code, cell or nobody, count, area, round(share, 2), *([workers] if posts else [])))
    return rows


def _lacking_head(merged: Merged) -> list[str]:
    return [pgettext("plan", "community"), counted(merged), pgettext("plan", "why there are no cells")]


def _lacking_rows(proposal: Proposal) -> Rows:
    return [(name, count, told(reason.sentence)) for name, count, reason in proposal.lacking]


# map, report, lines ----------------------------------------------------------------------------------------------------


def _map(
    merged: Merged,
    proposal: Proposal,
    duties: Mapping[str, list[tuple[str, list[str]]]],
    workers: Mapping[str, int],
    posts: Posts,
) -> dict[str, Any]:
    cell_of = proposal.code_of()
    shapes = dissolved(
        merged.refinement, [cell_of.get(number, "") for number in range(1, len(merged.refinement.atoms) + 1)]
    )
    drawn = dict(zip(shapes, written(list(shapes.values()), merged.grids.plane), strict=True))
    features = []
    for cell in proposal.cells:
        body: dict[str, Any] = {
            "cell": cell.code,
            "community": cell.community or None,
            "area_m2": round(_area(cell), 1),
            "households": cell.households,
        }
        if posts:
            body |= {"workers": workers.get(cell.code, 0), "duties": [duty for duty, _grids in duties[cell.code]]}
        shape = drawn.get(cell.code)
        where = None if shape is None else shapely.geometry.mapping(shape)
        features.append({"type": "Feature", "properties": body, "geometry": where})
    return {"type": "FeatureCollection", "features": features}


def _told(
    proposal: Proposal,
    duties: Mapping[str, list[tuple[str, list[str]]]],
    workers: Mapping[str, int],
    posts: Posts,
) -> dict[str, Any]:
    wish = proposal.wish
    return {
        "least": wish.band.least,
        "most": wish.band.most,
        "within": wish.within or None,
        "seed": wish.seed,
        "effort": {"steps_a_unit": wish.sweeps},
        "cells": [
            {"cell": cell.code, "community": cell.community or None, "places": [place.number for place in cell.places]}
            | {"households": cell.households, "small": cell.small, "over": cell.over}
            | ({"workers": workers.get(cell.code, 0), "duties": dict(duties[cell.code])} if posts else {})
            for cell in proposal.cells
        ],
        "workers_without_a_cell": workers.get("", 0) if posts else None,
        "not_proposed": [
            {"community": name, "households": count, "kind": str(reason.kind), "sentence": told(reason.sentence)}
            for name, count, reason in proposal.lacking
        ],
        "given_to_a_community": [{"place": place.number, "community": name} for place, name in proposal.added],
        "parts_joined": proposal.bridged,
    }


def _lines(merged: Merged, proposal: Proposal) -> list[str]:
    outside = sum(bool(_remark(proposal, cell)) for cell in proposal.cells)
    counts = [cell.households for cell in proposal.cells] or [0]
    words = {
        "cells": len(proposal.cells),
        "least": min(counts),
        "most": max(counts),
        "counted": counted(merged),
        "outside": outside,
        "lacking": len(proposal.lacking),
        "added": len(proposal.added),
    }
    said = [
        _("Proposed cells: %(cells)s with %(least)s to %(most)s (%(counted)s); outside the limits: %(outside)s.")
        % words
    ]
    if proposal.added:
        said.append(_("Places without a community that were given to a neighbour: %(added)s.") % words)
    said += [
        _("No cells for %(community)s: %(why)s") % {"community": name or "-", "why": told(reason.sentence)}
        for name, _count, reason in proposal.lacking[:5]
    ]
    return said
