"""Make the demo district's outlines: synthetic cells around real names, because no open boundary data may be shipped.

For developers, with shapely and pypinyin at hand; the result is committed. Each street or town has a representative
point (read off public maps, rounded to about 500 m); its communities lie around it in a low-discrepancy spiral; cells
are the Voronoi diagram of those points inside a rounded union of discs. Every feature says `synthetic`.
"""

import csv
import json
import math
from pathlib import Path
from typing import Any

import shapely
import shapely.affinity
from pypinyin import lazy_pinyin
from shapely.geometry import MultiPoint, Point, mapping
from shapely.ops import unary_union

PACK = Path(__file__).resolve().parent.parent / "src/pianqu/composition/district/330205"
STREETS = {
    "330205001": (121.556, 29.885, 1.5),
    "330205003": (121.584, 29.903, 1.6),
    "330205004": (121.563, 29.904, 1.4),
    "330205005": (121.607, 29.930, 2.6),
    "330205006": (121.549, 29.937, 2.8),
    "330205007": (121.507, 29.950, 2.8),
    "330205008": (121.530, 29.975, 2.3),
    "330205103": (121.440, 29.985, 6.2),
}
"""Nine digits of the code → longitude, latitude, radius in kilometres."""
ENGLISH = {"街道": "Subdistrict", "镇": "Town", "社区": "Community", "村": "Village"}
GOLDEN = math.pi * (3 - math.sqrt(5))
KM_LAT = 1 / 111.2
KM_LON = KM_LAT / math.cos(math.radians(29.95))


def main() -> None:
    rows = list(csv.DictReader((PACK / "communities.csv").open(encoding="utf-8")))
    points = {row["code"]: spread(row, [r for r in rows if r["street_code"] == row["street_code"]]) for row in rows}
    cells = voronoi(points)
    shapes = [feature(row["code"], "community", cells[row["code"]]) for row in rows]
    for code in STREETS:
        union = unary_union([cells[r["code"]] for r in rows if r["street_code"] == code])
        shapes.append(feature(code.ljust(12, "0"), "street", union))
    collection = {"type": "FeatureCollection", "features": shapes}
    (PACK / "outlines_synthetic.geojson").write_text(json.dumps(collection, separators=(",", ":")) + "\n")
    names = {code: [round(p.x, 5), round(p.y, 5)] for code, p in points.items()}
    (PACK / "points_synthetic.json").write_text(json.dumps(names, indent=0) + "\n")
    write_english(rows)


def spread(row: dict[str, str], siblings: list[dict[str, str]]) -> Point:
    lon, lat, radius = STREETS[row["street_code"]]
    place, count = siblings.index(row), len(siblings)
    r, turn = radius * math.sqrt((place + 0.5) / count), place * GOLDEN
    return Point(lon + r * math.cos(turn) * KM_LON, lat + r * math.sin(turn) * KM_LAT)


def voronoi(points: dict[str, Point]) -> dict[str, Any]:
    discs = [
        shapely.affinity.scale(Point(lon, lat).buffer(1), (r + 0.5) * KM_LON, (r + 0.5) * KM_LAT)
        for lon, lat, r in STREETS.values()
    ]
    land = unary_union(discs).buffer(0.012).buffer(-0.010).simplify(0.0008)
    diagram = shapely.voronoi_polygons(MultiPoint(list(points.values())), extend_to=land)
    cells = {}
    for cell in diagram.geoms:
        code = next(code for code, point in points.items() if cell.covers(point))
        cells[code] = shapely.set_precision(cell.intersection(land), 0.00001)
    return cells


def feature(code: str, level: str, shape: Any) -> dict[str, Any]:
    geometry = mapping(shape)
    return {
        "type": "Feature",
        "properties": {"code": code, "level": level, "synthetic": True},
        "geometry": rounded(geometry),
    }


def rounded(geometry: Any) -> Any:
    return json.loads(json.dumps(geometry), parse_float=lambda text: round(float(text), 5))


def write_english(rows: list[dict[str, str]]) -> None:
    names = {row["short_name"]: english(row["short_name"]) for row in rows}
    names |= {row["street_name"]: english(row["street_name"]) for row in rows}
    with (PACK / "english_names.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "name_en"])
        writer.writerows(sorted(names.items()))


def english(name: str) -> str:
    for suffix, word in ENGLISH.items():
        if name.endswith(suffix) and len(name) > len(suffix):
            return f"{''.join(lazy_pinyin(name[: -len(suffix)])).capitalize()} {word}"
    return "".join(lazy_pinyin(name)).capitalize()


if __name__ == "__main__":
    main()
