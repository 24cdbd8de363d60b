"""`pianqu import grid` and `pianqu export grid`: a whole grid as GeoJSON, checked shape by shape before anything is changed.

A feature is a cell (properties code, name, kind, special_kind, parent_code, community_code) or a cluster (properties
code, name, cluster: true, communities: [codes], centre_code; its geometry may be null).
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.installation import installation
from pianqu.kernels import rings
from pianqu.kernels.overlay.findings import in_groups
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.queries import MICRO
from pianqu.rooms.territory.services import NewCell, NewCluster

LARGEST = 100_000_000
SHOWN = 40
SWAMPED = 0.5
"""So much of a cell outside of its community is a fault, less is reported."""

REPAIRS = {
    "unclosed": gettext_noop("%(where)s: the ring was open; it was repaired"),
    "points-twice": gettext_noop("%(where)s: points stood twice; it was repaired"),
    "self-intersection": gettext_noop("%(where)s: the ring crossed itself; it was repaired"),
}
REASONS = {
    "no-polygon": gettext_noop("%(where)s: is no area"),
    "not-a-number": gettext_noop("%(where)s: has a coordinate that is no number"),
    "too-few-points": gettext_noop("%(where)s: has fewer than three points"),
    "off-the-map": gettext_noop("%(where)s: has a coordinate off the map"),
    "empty": gettext_noop("%(where)s: encloses nothing"),
}


@dataclass(slots=True)
class Checked:
    """What a file holds: what can be taken, what cannot, and what was noticed."""

    cells: list[NewCell] = field(default_factory=list)
    clusters: list[NewCluster] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    """Codes of cells that a fault names."""

    def refuse(self, code: str, sentence: str) -> None:
        self.bad.add(code)
        self.faults.append(sentence)


def read_features(path: Path) -> list[Mapping[str, Any]]:
    """The features of a GeoJSON file. Raises Invalid for a file that is none."""
    if not path.is_file():
        raise Invalid("grid-absent", _("There is no file %(path)s.") % {"path": path})
    if path.stat().st_size > LARGEST:
        words = {"file": path.name, "size": LARGEST // 1_000_000}
        raise Invalid("grid-large", _("%(file)s is larger than %(size)s MB: please divide it.") % words)
    try:
        return features_of(path.read_bytes())
    except Invalid as problem:
        words = {"file": path.name, "why": problem.message}
        raise Invalid(problem.code, _("%(file)s: %(why)s") % words) from problem


def said_crs(path: Path) -> str:
    """The coordinates that a file of ours says it is in; WGS84, as GeoJSON has it, for one that does not say."""
    table = json.loads(path.read_bytes())
    named = table.get("crs_name")
    return named if named in {"WGS84", "CGCS2000", "GCJ-02"} else "WGS84"


def features_of(content: bytes) -> list[Mapping[str, Any]]:
    """The features of GeoJSON text. Raises Invalid with the reason."""
    if not content.strip():
        raise Invalid("grid-empty", _("The file is empty. Nothing was taken in."))
    try:
        table = json.loads(content)
    except json.JSONDecodeError as error:
        sentence = _(
            "This is no GeoJSON: what stands in line %(line)s, column %(column)s cannot be read. Nothing was taken in."
        )
        raise Invalid("grid-json", sentence % {"line": error.lineno, "column": error.colno}) from error
    except (ValueError, RecursionError):
        table = None
    features = table.get("features") if isinstance(table, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise Invalid("grid-geojson", _("This is no GeoJSON FeatureCollection. Nothing was taken in."))
    return features


def checked(features: Sequence[Mapping[str, Any]], *, crs: str) -> Checked:
    """Every feature made fit for use or named with its reason; then overlaps and what sticks out of its community."""
    found = Checked()
    for number, feature in enumerate(features, start=1):
        _take(found, number, feature, crs)
    for code, reason, _is_twice in services.cell_faults(found.cells):
        found.refuse(code, _("cell %(code)s: %(reason)s") % {"code": code, "reason": reason})
    _look_around(found)
    return found


def _take(found: Checked, number: int, feature: Mapping[str, Any], crs: str) -> None:
    properties = feature.get("properties")
    told: Mapping[str, Any] = properties if isinstance(properties, dict) else {}
    code = str(told.get("code") or "")
    words = {"number": number, "code": code}
    where = _("feature %(number)s (%(code)s)") % words if code else _("feature %(number)s") % words
    if not code:
        found.faults.append(_("%(where)s: has no code") % {"where": where})
    elif told.get("cluster"):
        found.clusters.append(_cluster(code, told))
    else:
        _take_cell(found, where, code, told, feature.get("geometry"), crs)


def _cluster(code: str, told: Mapping[str, Any]) -> NewCluster:
    members = told.get("communities")
    return NewCluster(
        code=code,
        name=str(told.get("name") or code),
        community_codes=[str(member) for member in members] if isinstance(members, list) else [],
        centre_code=str(told.get("centre_code") or ""),
    )


def _take_cell(found: Checked, where: str, code: str, told: Mapping[str, Any], geometry: Any, crs: str) -> None:
    try:
        shape = rings.drawn(geometry if isinstance(geometry, dict) else {}, crs=crs)
    except rings.NoShape as refused:
        found.faults.append(_(REASONS[refused.reason]) % {"where": where})
        return
    found.notices += [_(REPAIRS[repair]) % {"where": where} for repair in shape.repairs]
    found.cells.append(
        NewCell(
            code=code,
            name=str(told.get("name") or code),
            kind=str(told.get("kind") or "ordinary"),
            special_kind=str(told.get("special_kind") or ""),
            parent_code=str(told.get("parent_code") or ""),
            community_code=str(told.get("community_code") or ""),
            geometry=shape.geometry,
            lon=shape.lon,
            lat=shape.lat,
        )
    )


def _look_around(found: Checked) -> None:
    outlines = territory.outlines()
    for cell in found.cells:
        outline = outlines.get(cell.community_code)
        out = rings.outside_m2(cell.geometry, outline) if outline else 0.0
        if not out:
            continue
        share = out / rings.area_m2(cell.geometry)
        words = {"code": cell.code, "area": in_groups(out), "percent": f"{share:.0%}", "community": cell.community_code}
        sentence = _("cell %(code)s: %(area)s m² (%(percent)s) lie outside of community %(community)s") % words
        if share > SWAMPED:
            found.refuse(cell.code, sentence)
        else:
            found.notices.append(sentence)
    whole = {cell.code: cell.geometry for cell in found.cells if cell.kind != MICRO}
    for overlap in rings.overlaps(whole):
        words = {"one": overlap.one, "other": overlap.other, "area": in_groups(overlap.area_m2)}
        found.notices.append(_("cells %(one)s and %(other)s: overlap by %(area)s m²") % words)
    found.notices += _bare(found, outlines)


def _bare(found: Checked, outlines: Mapping[str, Any]) -> Iterable[str]:
    """Communities that no cell covers, or not wholly."""
    by_community: dict[str, list[Mapping[str, Any]]] = {}
    for cell in found.cells:
        by_community.setdefault(cell.community_code, []).append(cell.geometry)
    for code, outline in sorted(outlines.items()):
        bare = rings.uncovered_m2(outline, by_community.get(code, []))
        if bare:
            words = {"code": code, "area": in_groups(bare)}
            yield _("community %(code)s: %(area)s m² without a cell") % words


def run(path: Path, *, crs: str, valid_from: date | None, source: str, skip_bad: bool, dry_run: bool) -> int:
    """Check the file and adopt the grid; 1 when a fault stopped it."""
    features = read_features(path)
    found = checked(features, crs=crs or said_crs(path))
    sys.stdout.write(_listed("notice 提示", found.notices) + _listed("fault 错误", found.faults))
    if found.faults and not skip_bad:
        sys.stdout.write("Nothing was imported 未导入. Mend these features, or pass over them with --skip-bad.\n")
        return 1
    if dry_run:
        sys.stdout.write(f"{len(found.cells)} cells can be taken 可导入.\n")
        return 0
    day = valid_from or timezone.localdate()
    version = adopt(without_faults(found), valid_from=day, source=source or path.stem)
    sys.stdout.write(f"{len(found.cells)} cells 网格, {len(found.clusters)} clusters 片区, from 自 {day}: {version}\n")
    return 0


def without_faults(found: Checked) -> Checked:
    """Without the cells that a fault names."""
    return Checked(cells=[cell for cell in found.cells if cell.code not in found.bad], clusters=found.clusters)


def adopt(found: Checked, *, valid_from: date, source: str, actor: Actor | None = None) -> str:
    """Put the grid into force. Raises Invalid, Refused, Forbidden."""
    by = actor or Actor(kind="system", organisation_code=installation().district_code)
    version = services.adopt_grid(
        actor=by,
        cells=found.cells,
        clusters=found.clusters,
        valid_from=valid_from,
        source=source,
        now=timezone.now(),
    )
    return str(version)


def _listed(word: str, lines: Sequence[str]) -> str:
    shown = "".join(f"{word}: {line}\n" for line in lines[:SHOWN])
    return shown + (f"… and {len(lines) - SHOWN} more 另有\n" if len(lines) > SHOWN else "")


def exported(*, on: date, crs: str) -> dict[str, Any]:
    """The grid of a day as a FeatureCollection that `checked` takes again. Raises Absent where there is none."""
    version = territory.version_on(on)
    if version is None:
        raise Absent("grid-none", _("No grid is in force on %(day)s.") % {"day": on})
    shapes = territory.cell_shapes(version.version_id)
    cells = [
        {
            "type": "Feature",
            "properties": {
                "code": cell.code,
                "name": cell.name,
                "kind": cell.kind,
                "special_kind": cell.special_kind,
                "parent_code": cell.parent_code,
                "community_code": cell.community_code,
            },
            "geometry": rings.converted(shapes[cell.code], crs=crs),
        }
        for cell in territory.cells(on=on)
    ]
    clusters = [
        {
            "type": "Feature",
            "properties": {
                "code": cluster.code,
                "name": cluster.name,
                "cluster": True,
                "communities": list(cluster.community_codes),
                "centre_code": cluster.centre_code,
            },
            "geometry": None,
        }
        for cluster in territory.clusters(on=on)
    ]
    told = {"crs_name": crs, "valid_from": version.valid_from.isoformat(), "source": version.source}
    return {"type": "FeatureCollection", **told, "synthetic": version.synthetic, "features": cells + clusters}


def write(path: Path, *, on: date | None, crs: str) -> int:
    """The same into a file."""
    table = exported(on=on or timezone.localdate(), crs=crs)
    path.write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(table['features'])} features 要素 → {path}\n")
    return 0
