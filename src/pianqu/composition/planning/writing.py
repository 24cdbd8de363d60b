"""A plan of sites as GeoJSON, Excel or CSV: whole under its name, or not there at all."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from pianqu.composition.importing.workbook import inert, saved
from pianqu.composition.planning.sites import Outcome, loads
from pianqu.foundation.errors import Invalid
from pianqu.kernels.siting import walking
from pianqu.kernels.siting.model import Plan
from pianqu.kernels.spreadsheet import guarded

FORMATS = (".geojson", ".csv", ".xlsx")
Cell = str | int | float | None
Rows = list[Sequence[Cell]]


def check_place(path: Path, inputs: Sequence[Path]) -> None:
    """Refuse a place that cannot be written, before anything is computed."""
    if path.suffix.lower() not in FORMATS:
        raise Invalid("plan-out-format", _("%(file)s must end in .geojson, .csv or .xlsx.") % {"file": path.name})
    if not path.parent.is_dir():
        raise Invalid("plan-out-folder", _("There is no folder %(folder)s.") % {"folder": path.parent})
    if any(path.resolve() == one.resolve() for one in inputs):
        raise Invalid(
            "plan-out-input", _("%(file)s is one of the inputs: please name another file.") % {"file": path.name}
        )


def check_places(out: Path, report: Path, second: Path, inputs: Sequence[Path]) -> None:
    """Nothing that is written may take the place of an input or of another. `second` stands beside `out`, or is the same."""
    check_place(out, inputs)
    for path, others in ((report, [*inputs, out, second]), (second, inputs)):
        if any(path.resolve() == other.resolve() for other in others):
            words = {"file": path.name}
            raise Invalid("plan-out-input", _("%(file)s is one of the inputs: please name another file.") % words)


def beside(path: Path) -> Path:
    """Where the sites go: into the plan's own file, or beside a table that has one sheet only."""
    return path.with_name(f"{path.stem}.sites.csv") if path.suffix.lower() == ".csv" else path


def write(path: Path, outcome: Outcome, answer: Plan) -> tuple[Path, ...]:
    """The plan in the format that the name asks for; answers which files were written."""
    kind = path.suffix.lower()
    if kind == ".geojson":
        whole(path, as_text(_geojson(outcome, answer)).encode())
        return (path,)
    if kind == ".xlsx":
        whole(path, _excel(outcome, answer))
        return (path,)
    sites = beside(path)
    whole(path, as_csv(_demand_head(), demand_rows(outcome, answer)))
    whole(sites, as_csv(_site_head(), site_rows(outcome, answer)))
    return path, sites


def whole(path: Path, content: bytes) -> None:
    """Written beside its place and then renamed."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        words = {"file": path, "why": error.strerror or error}
        raise Invalid("plan-out", _("%(file)s cannot be written (%(why)s).") % words) from error


def as_text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _minutes(metres: int) -> float:
    return round(metres / walking.METRES_A_MINUTE, 1)


def _demand_head() -> list[str]:
    return [
        pgettext("plan", "code"),
        pgettext("plan", "name"),
        pgettext("plan", "weight"),
        pgettext("plan", "goes to"),
        pgettext("plan", "name of the site"),
        pgettext("plan", "metres"),
        pgettext("plan", "minutes"),
        pgettext("plan", "beyond the limit"),
    ]


def demand_rows(outcome: Outcome, answer: Plan) -> Rows:
    """A line for each share of a point; a point that goes nowhere has one with an empty site."""
    yes, no = pgettext("plan", "yes"), pgettext("plan", "no")
    rows: Rows = []
    shares: dict[int, list[Any]] = {}
    for share in answer.shares:
        shares.setdefault(share.point, []).append(share)
    for at, spot in enumerate(outcome.points):
        left = (spot.number or 0) - sum(share.weight for share in shares.get(at, ()))
        for share in shares.get(at, ()):
            metres, site = int(outcome.question.cost[at, share.site]), outcome.sites[share.site]
            late = yes if metres > outcome.asked.within_m else no
            rows.append((spot.code, spot.name, share.weight, site.code, site.name, metres, _minutes(metres), late))
        if left or at not in shares:
            rows.append((spot.code, spot.name, left, None, None, None, None, yes if left else no))
    return rows


def _site_head() -> list[str]:
    return [
        pgettext("plan", "code"),
        pgettext("plan", "name"),
        pgettext("plan", "state"),
        pgettext("plan", "open"),
        pgettext("plan", "serves"),
        pgettext("plan", "capacity"),
    ]


def site_rows(outcome: Outcome, answer: Plan) -> Rows:
    """A line for each candidate, the open ones first."""
    yes, no, load = pgettext("plan", "yes"), pgettext("plan", "no"), loads(outcome, answer)
    order = [*answer.sites, *(at for at in range(len(outcome.sites)) if at not in load)]
    return [
        (spot.code, spot.name, state(spot.state), yes if at in load else no, load.get(at, 0), spot.number)
        for at, spot in ((at, outcome.sites[at]) for at in order)
    ]


def state(code: str) -> str:
    """What a candidate is, as people say it."""
    return {
        "candidate": pgettext("plan", "candidate"),
        "keep": pgettext("plan", "to stay"),
        "closable": pgettext("plan", "may close"),
        "forbidden": pgettext("plan", "forbidden"),
    }[code]


def more_rows(outcome: Outcome) -> Rows:
    """For each measure what one more site would bring."""
    return [
        (
            measure(more.measure),
            None if more.site is None else outcome.sites[more.site].code,
            None if more.site is None else outcome.sites[more.site].name,
            more.before,
            more.after,
        )
        for more in outcome.one_more
    ]


def measure(code: str) -> str:
    return {
        "median": pgettext("plan", "total way (weight × metres)"),
        "centre": pgettext("plan", "longest way (metres)"),
        "coverage": pgettext("plan", "served within the limit"),
    }[code]


def _more_head() -> list[str]:
    return [
        pgettext("plan", "measure"),
        pgettext("plan", "best further site"),
        pgettext("plan", "name"),
        pgettext("plan", "without it"),
        pgettext("plan", "with it"),
    ]


def as_csv(head: Sequence[str], rows: Rows) -> bytes:
    """A table that Excel opens as it is; text is never a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(cell) for cell in head])
    writer.writerows([[guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def _excel(outcome: Outcome, answer: Plan) -> bytes:
    return as_excel(
        (pgettext("plan", "Sites"), _site_head(), site_rows(outcome, answer)),
        (pgettext("plan", "Demand"), _demand_head(), demand_rows(outcome, answer)),
        (pgettext("plan", "One more site"), _more_head(), more_rows(outcome)),
    )


def as_excel(*sheets: tuple[str, Sequence[str], Rows]) -> bytes:
    """A workbook of sheets, each with its title, its heading and its rows; text is never a formula."""
    book = Workbook()
    book.remove(book.active)
    for title, head, rows in sheets:
        sheet = book.create_sheet(title)
        for row in (head, *rows):
            sheet.append([_holdable(cell) for cell in row])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            sheet.column_dimensions[cell.column_letter].width = 18
        sheet.freeze_panes = "A2"
        inert(sheet)
    return saved(book)


def _holdable(cell: Cell) -> Cell:
    """Without the control characters that a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell


def _geojson(outcome: Outcome, answer: Plan) -> dict[str, Any]:
    """Rings first, so that maps draw them beneath; then points, then sites. What has no place has no geometry."""
    load = loads(outcome, answer)
    places = [(outcome.sites[at].lon, outcome.sites[at].lat) for at in answer.sites]
    features: list[dict[str, Any]] = []
    if all(lon is not None for lon, _lat in places):
        limits = [outcome.asked.minutes / 3, outcome.asked.minutes * 2 / 3, outcome.asked.minutes]
        shapes = walking.rings(places, limits, detour=outcome.asked.detour)
        features += [
            {"type": "Feature", "properties": {"role": "ring", "minutes": round(limit, 2)}, "geometry": shape}
            for limit, shape in zip(limits, shapes, strict=True)
        ]
    going: dict[int, list[str]] = {}
    for share in answer.shares:
        going.setdefault(share.point, []).append(outcome.sites[share.site].code)
    beyond = set(outcome.beyond.points) if outcome.beyond else set()
    for at, spot in enumerate(outcome.points):
        told = {"role": "demand", "code": spot.code, "name": spot.name, "weight": spot.number}
        features.append(_feature(spot, told | {"sites": going.get(at, []), "beyond": at in beyond}))
    for at, spot in enumerate(outcome.sites):
        told = {"role": "site", "code": spot.code, "name": spot.name, "state": spot.state, "open": at in load}
        features.append(_feature(spot, told | {"load": load.get(at, 0), "capacity": spot.number}))
    return {"type": "FeatureCollection", "features": features}


def _feature(spot: Any, told: dict[str, Any]) -> dict[str, Any]:
    where = None if spot.lon is None else {"type": "Point", "coordinates": [round(spot.lon, 7), round(spot.lat, 7)]}
    return {"type": "Feature", "properties": told, "geometry": where}
