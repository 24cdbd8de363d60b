"""Merged grids as files: GeoJSON of all places and of those that nobody covers, tables, a workbook, and a report."""

import hashlib
import json
import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import pyproj
import shapely
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from shapely.geometry.base import BaseGeometry

import pianqu
from pianqu.composition.planning.extras import Extra, Sheet
from pianqu.composition.planning.merged import Merged, Pair, Place
from pianqu.composition.planning.writing import Rows, as_csv, as_excel, as_text
from pianqu.foundation.saying import told
from pianqu.kernels.overlay.findings import Finding, sentence
from pianqu.kernels.overlay.tables import Share
from pianqu.kernels.overlay.writing import written

PLACES, UNCOVERED, TWICE, FINDINGS, WORKBOOK, REPORT = (
    "atoms.geojson",
    "uncovered.geojson",
    "twice.csv",
    "findings.csv",
    "crosswalk.xlsx",
    "report.json",
)
NAMES = (PLACES, UNCOVERED, TWICE, FINDINGS, WORKBOOK, REPORT)
LIBRARIES = ("numpy", "scipy", "shapely", "pyproj", "pyshp", "openpyxl")
TITLE = 31
"""Characters of a sheet's title (Excel's own limit)."""
_NO_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def files(merged: Merged, settings: Mapping[str, Any], extras: Sequence[Extra] = ()) -> dict[str, bytes]:
    """Every file by its name, the report last; only workbooks' bytes say when they were written."""
    shapes = written([place.atom.geometry for place in merged.places], merged.grids.plane)
    bare = [(place, shape) for place, shape in zip(merged.places, shapes, strict=True) if place.uncovered]
    made = {
        PLACES: _geojson(merged, list(zip(merged.places, shapes, strict=True))),
        UNCOVERED: _geojson(merged, bare),
        TWICE: as_csv(_twice_head(merged), _twice_rows(merged)),
        FINDINGS: as_csv(_finding_head(), _finding_rows(merged)),
    }
    made |= {WORKBOOK: _workbook(merged, [sheet for extra in extras for sheet in extra.sheets])}
    return with_report(made, report(merged, settings), extras)


def with_report(made: Mapping[str, bytes], body: Mapping[str, Any], extras: Sequence[Extra]) -> dict[str, bytes]:
    """The files with what else there is, and a report that has the digests of all that is the same again."""
    files = dict(made)
    told = dict(body)
    for extra in extras:
        files |= {**extra.files, **extra.workbooks}
        told |= extra.told
    told["outputs"] = {name: _digest(files[name]) for name in files if not name.endswith(".xlsx")}
    return files | {REPORT: as_text(told).encode()}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _geojson(merged: Merged, places: Sequence[tuple[Place, BaseGeometry | None]]) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": _properties(merged, place),
            "geometry": None if shape is None else shapely.geometry.mapping(shape),
        }
        for place, shape in places
    ]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'.encode()


def _properties(merged: Merged, place: Place) -> dict[str, Any]:
    """A place's number and figures, and under each grid's name the code of its shape there (null for none)."""
    codes = zip(merged.refinement.layers, place.atom.members, strict=True)
    body: dict[str, Any] = {"place": place.number, "area_m2": round(place.atom.area_m2, 1), "within": place.atom.within}
    if merged.grids.households:
        body[merged.grids.households.counted] = place.households
    return body | {name: code or None for name, code in codes}


def report(merged: Merged, settings: Mapping[str, Any]) -> dict[str, Any]:
    """All figures, and with what they can be computed again."""
    made = merged.refinement
    return {
        "plan": "merge",
        **settings,
        "versions": versions(),
        "inputs": [
            {
                "role": one.role,
                "name": one.name,
                "file": one.file,
                "sha256": one.sha256,
                "system": one.system,
                "count": one.count,
            }
            for one in merged.grids.sources
        ],
        "grids": list(made.layers),
        "places": len(merged.places),
        "apart": alone(merged),
        "beyond_district": sum(not place.atom.within for place in merged.places),
        "slivers": {
            "joined": made.slivers,
            "area_m2": round(made.sliver_m2, 1),
            "moved_m2": {name: round(area, 1) for name, area in zip(made.layers, made.moved_m2, strict=True)},
            "cut_off_m2": round(made.trimmed_m2, 1),
        },
        "uncovered": sums(merged, merged.uncovered),
        "twice": sums(merged, merged.twice),
        "households": _household_sums(merged),
        "crosswalks": [_crosswalk(merged, pair) for pair in merged.pairs],
        "findings": [_finding(finding) for finding in merged.findings],
    }


def versions() -> dict[str, str]:
    """Of all that counts."""
    return {
        "pianqu": pianqu.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "geos": shapely.geos_version_string,
        "proj": pyproj.proj_version_str,
    }


def alone(merged: Merged) -> list[str]:
    """Grids whose box meets no other grid's: where no district is given, nothing else shows a wrong coordinate system."""
    boxes = {
        name: shapely.box(
            *shapely.total_bounds([place.atom.geometry for place in merged.places if place.atom.members[at]])
        )
        for at, name in enumerate(merged.refinement.layers)
    }
    others = {name: [box for other, box in boxes.items() if other != name] for name in boxes}
    return [
        name for name, box in boxes.items() if others[name] and not any(box.intersects(other) for other in others[name])
    ]


def sums(merged: Merged, places: Sequence[Place]) -> dict[str, Any]:
    """How many places, how large, with how many households (or what else was counted; None without points)."""
    return {
        "places": len(places),
        "area_m2": round(sum((place.atom.area_m2 for place in places), 0.0), 1),
        "count": sum(place.households or 0 for place in places) if merged.grids.households else None,
    }


def _household_sums(merged: Merged) -> dict[str, Any] | None:
    given = merged.grids.households
    if given is None:
        return None
    figures = {"points": len(given.counts), "total": sum(given.counts), "outside": merged.outside}
    return {"counted": given.counted} | figures


def counted(merged: Merged) -> str:
    """What was counted at the points, as people call it."""
    given = merged.grids.households
    words = {
        "households": pgettext("plan", "households"),
        "population": pgettext("plan", "population"),
        "cases": pgettext("plan", "cases"),
        "weight": pgettext("plan", "weight"),
    }
    return words[given.counted] if given else ""


def _crosswalk(merged: Merged, pair: Pair) -> dict[str, Any]:
    return {
        "from": pair.there.first,
        "to": pair.there.second,
        "by": "points" if merged.grids.households else "area",
        "rows": len(pair.there.rows),
        "total": pair.there.total,
        "misplaced": round(pair.there.misplaced, 6),
        "misplaced_back": round(pair.back.misplaced, 6),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    values = {name: round(value, 6) if isinstance(value, float) else value for name, value in finding.values.items()}
    return {
        "code": finding.code,
        "grid": finding.layer,
        "shapes": list(finding.keys),
        "at": None if finding.at is None else [round(number, 7) for number in finding.at],
        "values": values,
    }


# tables ----------------------------------------------------------------------------------------------------------------


def place_head(merged: Merged) -> list[str]:
    """What a table says of a place."""
    head = [
        pgettext("plan", "place"),
        pgettext("plan", "longitude"),
        pgettext("plan", "latitude"),
        pgettext("plan", "area (m²)"),
    ]
    return [*head, counted(merged)] if merged.grids.households else head


def place_row(merged: Merged, place: Place) -> list[str | int | float | None]:
    """The same of one."""
    inside = merged.grids.plane.degrees(place.atom.geometry.representative_point())
    row = [place.number, round(inside.x, 6), round(inside.y, 6), round(place.atom.area_m2)]
    return [*row, place.households] if merged.grids.households else row


def _twice_head(merged: Merged) -> list[str]:
    return [*place_head(merged), pgettext("plan", "grid"), pgettext("plan", "counts for"), pgettext("plan", "also in")]


def _twice_rows(merged: Merged) -> Rows:
    return [
        [*place_row(merged, place), grid, codes[0], pgettext("plan", ", ").join(codes[1:])]
        for place in merged.twice
        for grid, codes in place.atom.twice
    ]


def _finding_head() -> list[str]:
    return [
        pgettext("plan", "kind"),
        pgettext("plan", "grid"),
        pgettext("plan", "shapes"),
        "x",
        "y",
        pgettext("plan", "what was found and what was done"),
    ]


def _finding_rows(merged: Merged) -> Rows:
    comma = pgettext("plan", ", ")
    return [
        [
            finding.code,
            finding.layer,
            comma.join(finding.keys),
            *(round(number, 7) for number in finding.at or ()),
            *(() if finding.at else (None, None)),
            told(sentence(finding)),
        ]
        for finding in merged.findings
    ]


def _workbook(merged: Merged, more: Sequence[Sheet]) -> bytes:
    bare = [place_row(merged, place) for place in merged.uncovered]
    sheets: list[Sheet] = [
        (pgettext("plan", "Covered by nobody"), place_head(merged), list(bare)),
        (pgettext("plan", "Covered twice"), _twice_head(merged), _twice_rows(merged)),
        *more,
    ]
    taken = {title.casefold() for title, _head, _rows in sheets}
    for pair in merged.pairs:
        title = _title(f"{pair.there.first}→{pair.there.second}", taken)
        sheets.append((title, _pair_head(merged, pair), _pair_rows(pair)))
    own = 2 + len(more)
    return as_excel(*sheets[2:own], *sheets[own:], *sheets[:2])


def _title(words: str, taken: set[str]) -> str:
    """A sheet's title as Excel takes it, and no other sheet's."""
    plain = _NO_TITLE.sub(" ", words).strip("'") or "-"
    title, number = plain[:TITLE], 1
    while title.casefold() in taken:
        number += 1
        title = f"{plain[: TITLE - 1 - len(str(number))]} {number}"
    taken.add(title.casefold())
    return title


def _pair_head(merged: Merged, pair: Pair) -> list[str]:
    one, other = {"grid": pair.there.first}, {"grid": pair.there.second}
    error = _("error ± (percentage points)")
    return [
        _("from: %(grid)s") % one,
        _("to: %(grid)s") % other,
        counted(merged) or pgettext("plan", "area (m²)"),
        _("share of %(grid)s (%%)") % one,
        error,
        _("share of %(grid)s (%%)") % other,
        error,
    ]


def _pair_rows(pair: Pair) -> Rows:
    nobody = pgettext("plan", "(nobody)")
    return [
        [there.one or nobody, there.other or nobody, there.count, *_shares(there), *_shares(back)]
        for there, back in pair.rows()
    ]


def _shares(share: Share) -> tuple[float, float]:
    """Percent, and how far they may be off: the standard deviation if all of the shape's people live at one place."""
    return round(100 * share.share, 2), round(100 * share.error / share.high, 2) if share.high else 0.0
