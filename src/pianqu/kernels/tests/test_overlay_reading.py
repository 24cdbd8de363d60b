"""Files of polygons become layers on a plane: read in their encoding and system, or refused with the reason."""

import io
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import shapefile
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from shapely import box

from pianqu.kernels import geo
from pianqu.kernels.overlay.findings import Finding, Refused
from pianqu.kernels.overlay.layers import Layer, Limits, Shape
from pianqu.kernels.overlay.planes import Plane, placed, plane_of, suspicion
from pianqu.kernels.overlay.reading import held, layer_of_codes, read, read_table
from pianqu.kernels.overlay.refining import refined
from pianqu.kernels.overlay.tables import atom_of
from pianqu.kernels.overlay.writing import written
from pianqu.kernels.rings import as_geojson
from pianqu.kernels.tests.test_overlay import noisy

SHARED = Path(__file__).parents[5] / "shared/data"
BOUNDS = (121.4, 29.8, 121.7, 30.1)
CELLS = {"甲": box(121.45, 29.85, 121.55, 30.05), "乙": box(121.55, 29.85, 121.65, 30.05)}


def geojson(shapes: dict[str, Any], **more: Any) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"code": key},
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }
        for key, shape in shapes.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **more}, ensure_ascii=False).encode()


def archive(
    shapes: dict[str, Any] = CELLS,
    *,
    encoding: str = "utf-8",
    system: int | None = 4326,
    cpg: str | None = None,
    stem: str = "网格",
    more: dict[str, bytes] | None = None,
    without: str = "",
) -> bytes:
    """A zipped shapefile as GIS programs write it."""
    files = {part: io.BytesIO() for part in ("shp", "dbf", "shx")}
    with shapefile.Writer(**files, shapeType=shapefile.POLYGON, encoding=encoding) as writer:
        writer.field("CODE", "C", size=40)
        for key, shape in shapes.items():
            writer.record(key)
            writer.shape(shape.__geo_interface__)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, file in files.items():
            if part != without:
                archive.writestr(f"{stem}.{part}", file.getvalue())
        if system:
            archive.writestr(f"{stem}.prj", CRS.from_epsg(system).to_wkt("WKT1_ESRI"))
        if cpg is not None:
            archive.writestr(f"{stem}.cpg", cpg)
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return packed.getvalue()


def turned(shapes: dict[str, Any], move: Callable[[Any], Any]) -> dict[str, Any]:
    return {key: shapely.transform(shape, move) for key, shape in shapes.items()}


def projected(epsg: int) -> dict[str, Any]:
    way = Transformer.from_crs("EPSG:4326", epsg, always_xy=True)
    return turned(shapely_dense(CELLS), lambda points: np.column_stack(way.transform(points[:, 0], points[:, 1])))


def shapely_dense(shapes: dict[str, Any]) -> dict[str, Any]:
    return {key: shapely.segmentize(shape, 0.01) for key, shape in shapes.items()}


def lies_right(layer: Layer) -> bool:
    return all(shapely.hausdorff_distance(shape.geometry, CELLS[shape.key]) < 2e-6 for shape in layer.shapes) and {
        shape.key for shape in layer.shapes
    } == set(CELLS)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    assert str(refused.value)
    return refused.value.finding.code


def test_geojson_is_read_with_its_codes() -> None:
    file = read(geojson(CELLS), "police")
    assert file.system == "WGS84" and not file.findings
    assert lies_right(placed(file.layer, file.system).layer)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_geojson_is_read_in_the_encoding_it_has(encoding: str) -> None:
    file = read(geojson(CELLS).decode().encode(encoding), "police")
    assert [shape.key for shape in file.layer.shapes] == list(CELLS)


@pytest.mark.parametrize(
    ("encoding", "cpg"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8", None),
        ("gbk", "GBK"),
        ("gbk", "936"),
        ("gbk", "ANSI 936"),
        ("gbk", None),
        ("utf-8", "?"),
    ],
)
def test_a_shapefile_is_read_in_the_encoding_it_has(encoding: str, cpg: str | None) -> None:
    file = read(archive(encoding=encoding, cpg=cpg), "police")
    assert not file.findings
    assert lies_right(placed(file.layer, file.system).layer)


def test_names_in_another_encoding_than_declared_are_told() -> None:
    file = read(archive(encoding="gbk", cpg="UTF-8"), "police")
    assert [finding.code for finding in file.findings] == ["text-replaced"]


@pytest.mark.parametrize("epsg", [4490, 4549, 3857, 2385])
def test_the_declared_system_of_a_shapefile_is_used(epsg: int) -> None:
    shapes = shapely_dense(CELLS) if epsg == 4490 else projected(epsg)
    file = read(archive(shapes, system=epsg), "police")
    found = placed(file.layer, file.system, district=BOUNDS)
    west = found.layer.shapes[0].geometry
    assert west is not None
    datum_m = 200 if epsg == 2385 else 0.1  # Xi'an 1980 has another datum
    assert plane_of([west]).flat(west).distance(plane_of([west]).flat(CELLS["甲"]).centroid) == 0
    assert plane_of([west]).flat(west).hausdorff_distance(plane_of([west]).flat(shapely_dense(CELLS)["甲"])) < datum_m


@pytest.mark.parametrize("epsg", [4528])
def test_metres_declared_as_degrees_are_recognised_by_the_district(epsg: int) -> None:
    file = read(geojson(projected(epsg)), "police")
    found = placed(file.layer, file.system, district=BOUNDS)
    assert [finding.code for finding in found.findings] == ["degrees-are-metres"]
    assert lies_right(found.layer)


def test_metres_with_the_northing_first_are_recognised_too() -> None:
    file = read(geojson(turned(projected(4549), lambda points: points[:, ::-1])), "police")
    found = placed(file.layer, file.system, district=BOUNDS)
    assert [finding.code for finding in found.findings] == ["degrees-are-metres", "swapped"]
    assert lies_right(found.layer)


def test_metres_declared_as_degrees_are_refused_with_coordinates_where_nothing_fits() -> None:
    file = read(geojson(projected(4549)), "police")
    with pytest.raises(Refused) as refused:
        placed(file.layer, file.system, district=(2.0, 48.0, 2.5, 49.0))
    assert refused.value.finding.code == "off-the-map"
    assert refused.value.finding.at is not None and refused.value.finding.at[1] == pytest.approx(3_303_000, abs=20_000)
    assert refusal(lambda: placed(file.layer, file.system)) == "off-the-map"


def test_degrees_declared_as_metres_are_read_as_degrees() -> None:
    file = read(archive(system=4549), "police")
    found = placed(file.layer, file.system, district=BOUNDS)
    assert [finding.code for finding in found.findings] == ["metres-are-degrees"]
    assert lies_right(found.layer)


@pytest.mark.parametrize("district", [BOUNDS, None])
def test_latitude_before_longitude_is_put_right(district: geo.Bounds | None) -> None:
    file = read(geojson(turned(CELLS, lambda points: points[:, ::-1])), "police")
    found = placed(file.layer, file.system, district=district)
    assert [finding.code for finding in found.findings] == ["swapped"]
    assert lies_right(found.layer)


def test_gcj02_is_taken_back_when_it_is_declared() -> None:
    shifted = turned(CELLS, lambda points: np.array([geo.gcj02(*point) for point in points]))
    assert lies_right(placed(read(geojson(shifted), "police").layer, "GCJ-02", district=BOUNDS).layer)


def test_gcj02_that_nobody_declared_is_suspected() -> None:
    outline = shapely.union_all(list(CELLS.values()))
    shifted = turned(shapely_dense(CELLS), lambda points: np.array([geo.gcj02(*point) for point in points]))
    layer = read(geojson(shifted), "police").layer
    finding = suspicion(layer, outline)
    assert finding is not None and finding.code == "gcj02-suspected"
    assert float(finding.values["before_m"]) > 200 > 20 > float(finding.values["after_m"])
    assert suspicion(read(geojson(CELLS), "police").layer, outline) is None


def test_gcj02_is_suspected_of_a_ring_that_crosses_itself() -> None:
    outline = shapely.union_all(list(shapely_dense(CELLS).values()))
    ring = np.array(outline.exterior.coords)
    back_and_forth = np.array([ring[0], ring[0] - (0.01, 0.01), ring[0]])
    spiked = {"whole": shapely.Polygon(np.concatenate([back_and_forth, ring[1:]]))}
    assert shapely.make_valid(spiked["whole"]).geom_type == "GeometryCollection"
    shifted = turned(spiked, lambda points: np.array([geo.gcj02(*point) for point in points]))
    finding = suspicion(read(geojson(shifted), "police").layer, outline)
    assert finding is not None and float(finding.values["before_m"]) > 200 > 20 > float(finding.values["after_m"])


def test_where_a_file_stops_being_json_is_told_in_our_own_words() -> None:
    broken = b'{"type": "FeatureCollection",\n "features": [{,]}'
    with pytest.raises(Refused, match="is no GeoJSON: what stands in line 2, column 16 cannot be read"):
        read(broken, "police")


def test_a_system_that_is_not_said_or_not_known_is_told() -> None:
    file = read(archive(system=None), "police")
    assert [finding.code for finding in placed(file.layer, file.system).findings] == ["system-assumed"]
    assert refusal(lambda: placed(file.layer, "my own system")) == "system-unknown"
    assert refusal(lambda: placed(file.layer, "EPSG:5773")) == "system-unknown"  # heights


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_a_plane_leads_there_and_back(east: float, north: float) -> None:
    plane = Plane(121.55, 29.95)
    point = shapely.Point(121.55 + east, 29.95 + north)
    there = plane.flat(point)
    assert plane.degrees(there).distance(point) < 1e-8
    assert there.distance(shapely.Point(0, 0)) == pytest.approx(
        geo.distance_m(121.55, 29.95, point.x, point.y), rel=0.006, abs=1e-3
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b" \n", "file-empty"),
        (b"no json", "json-broken"),
        (b"[]", "json-other"),
        (b'{"features": [1]}', "json-other"),
        (b'{"features": ' + b"9" * 5_000 + b"}", "file-unreadable"),
        (b"[" * 100_000, "file-unreadable"),
        (b"PK\x03\x04 broken", "file-unreadable"),
        (archive(without="dbf"), "file-part-missing"),
        (archive(without="shp"), "file-part-missing"),
        (archive(more={"other.shp": b""}), "shapefiles"),
        (archive(more={"../../etc/passwd": b""}), "file-name-refused"),
        (archive(more={"/etc/passwd": b""}), "file-name-refused"),
        (archive(more={"..\\boot.ini": b""}), "file-name-refused"),
        (archive(stem="C:grid"), "file-name-refused"),
        (archive(more={f"{number}.txt": b"" for number in range(201)}), "too-many-shapes"),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes, code: str) -> None:
    assert refusal(lambda: read(content, "police")) == code


def test_a_shapefile_that_was_cut_off_is_refused() -> None:
    whole = archive()
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    for name in ("网格.shp", "网格.dbf"):
        for end in (0, 10, 31, 50, 101, 130):
            packed_again = io.BytesIO()
            with zipfile.ZipFile(packed_again, "w") as cut:
                for part, content in parts.items():
                    cut.writestr(part, content[:end] if part == name else content)
            cut_off = packed_again.getvalue()
            assert len(parts[name]) > end
            assert refusal(lambda cut_off=cut_off: read(cut_off, "police")) == "file-cut-off"


def test_an_archive_that_unpacks_to_more_than_the_limit_is_refused() -> None:
    bomb = archive(more={"网格.cpg": b"0" * 5_000_000})
    assert len(bomb) < 20_000
    assert refusal(lambda: read(bomb, "police", limits=Limits(bytes=1_000_000))) == "file-packed-too-tightly"


def test_two_gigabytes_are_refused_before_they_are_held(tmp_path: Path) -> None:
    huge = tmp_path / "huge.geojson"
    with huge.open("wb") as file:
        file.truncate(2_000_000_000)
    with huge.open("rb") as file:
        assert refusal(lambda: held(file, "police", Limits(bytes=1_000_000))) == "too-many-bytes"
        assert file.tell() <= 1_100_000


def test_a_file_within_the_limit_is_held() -> None:
    assert held(io.BytesIO(b"12345"), "police", Limits(bytes=5)) == b"12345"
    assert refusal(lambda: held(io.BytesIO(b"123456"), "police", Limits(bytes=5))) == "too-many-bytes"
    assert refusal(lambda: read(b"123456", "police", limits=Limits(bytes=5))) == "too-many-bytes"


def test_too_many_shapes_and_points_are_refused() -> None:
    assert refusal(lambda: read(geojson(CELLS), "police", limits=Limits(shapes=1))) == "too-many-shapes"
    assert refusal(lambda: read(geojson(CELLS), "police", limits=Limits(points=9))) == "too-many-points"
    assert refusal(lambda: read(archive(), "police", limits=Limits(shapes=1))) == "too-many-shapes"


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        ("null", "empty"),
        ('{"type": "Polygon", "coordinates": []}', "empty"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}', "empty"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, NaN], [1, 1]]]}', "not-a-number"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, "x"], [1, 1]]]}', "not-a-number"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1], [1, 1]]]}', "not-a-number"),
        ('{"type": "Polygon", "coordinates": 5}', "not-a-number"),
        ('{"type": "Polygon"}', "not-a-number"),
        ('{"type": "Point", "coordinates": [1, 1]}', "not-an-area"),
        ('{"type": 5}', "empty"),
    ],
)
def test_what_is_no_shape_is_listed_with_its_code(geometry: str, code: str) -> None:
    text = f'{{"features": [{{"properties": {{"code": "x"}}, "geometry": {geometry}}}]}}'
    file = read(text.encode(), "police")
    assert not file.layer.shapes
    assert [(finding.code, finding.keys) for finding in file.findings] == [(code, ("x",))]


def test_the_column_of_the_codes_is_found_or_asked_for() -> None:
    square = b'{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}'
    text = b'{"features": [{"properties": {"OBJECTID": 7.0, "grid": "G1"}, "geometry": %s}]}' % square
    assert [shape.key for shape in read(text, "police").layer.shapes] == ["7"]
    assert [shape.key for shape in read(text, "police", code="grid").layer.shapes] == ["G1"]
    with pytest.raises(Refused, match="OBJECTID, grid"):
        read(text, "police", code="cell")


def test_shapes_without_a_code_are_told() -> None:
    file = read(geojson({"": box(0, 0, 1, 1)}), "police")
    assert [shape.key for shape in file.layer.shapes] == ["#1"]
    assert [finding.code for finding in file.findings] == ["code-missing"]


def test_a_place_in_metres_is_told_in_degrees() -> None:
    finding = Finding(code="overlap", layer="police", keys=("a", "b"), at=(0.0, 0.0), values={"area_m2": 5.0})
    assert Plane(121.55, 29.95).told(finding).at == (121.55, 29.95)
    assert Plane(121.55, 29.95).told(replace(finding, at=None)).at is None


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "网格,社区\nG1,330205001001\nG1,330205001004\n".encode(),
        "网格;社区\r\nG1;330205001001\r\nG1;330205001004\r\n".encode("gbk"),
        "网格\t社区\nG1\t330205001001\n\nG1\t330205001004\n".encode("utf-8-sig"),
        workbook(("网格", "社区"), ("G1", 330205001001), ("G1", "330205001004")),
    ],
)
def test_a_table_of_codes_is_read(content: bytes) -> None:
    table = read_table(content, "party")
    assert table.columns == ("网格", "社区") and not table.findings
    assert [row["社区"] for row in table.rows] == ["330205001001", "330205001004"]


def test_codes_that_a_spreadsheet_has_rounded_are_told() -> None:
    table = read_table("网格,社区\n\nG1,3.30205E+11\n".encode(), "party")
    assert [(finding.code, finding.keys) for finding in table.findings] == [("code-rounded", ("3.30205E+11",))]
    assert table.findings[0].values["row"] == 3 and table.numbers == (3,)


@pytest.mark.parametrize("content", [b"", b"code\n", b"PK\x03\x04", archive()])
def test_a_table_that_is_none_is_refused(content: bytes) -> None:
    assert refusal(lambda: read_table(content, "party")) in {"no-rows", "file-unreadable"}


def test_a_table_of_codes_becomes_a_layer_on_known_ground() -> None:
    ground = {"a": box(0, 0, 1, 1), "b": box(1, 0, 2, 1), "c": box(2, 0, 3, 1)}
    layer, found = layer_of_codes("party", [("G1", "a"), ("G1", "b"), ("G2", "c"), ("G2", "zz")], ground)
    assert [(shape.key, shape.geometry.area) for shape in layer.shapes if shape.geometry] == [("G1", 2.0), ("G2", 1.0)]
    assert [(finding.code, finding.keys, finding.values["place"]) for finding in found] == [
        ("place-unknown", ("G2",), "zz")
    ]


def test_atoms_written_with_seven_decimals_still_fit_together() -> None:
    dice = random.Random(7)
    made = refined([noisy(dice, name, 5) for name in "abcd"], tolerance_m=0)
    plane = Plane(121.55, 29.95)
    atoms = [atom.geometry for atom in made.atoms]
    shapes = written(atoms, plane)
    back = [json.loads(json.dumps(as_geojson(shape))) for shape in shapes if shape is not None]
    again = np.array([shapely.geometry.shape(one) for one in back])
    assert shapely.is_valid(again).all() and shapely.coverage_is_valid(again)
    assert shapely.area(plane.flat(again)).sum() == pytest.approx(sum(atom.area_m2 for atom in made.atoms), rel=1e-4)
    for atom, shape in zip(atoms, shapes, strict=True):
        assert shape is not None or atom.area < 1
    assert written([], plane) == ()


@pytest.mark.skipif(not (SHARED / "multigrid").exists(), reason="the three layers of New York are not here")
def test_three_real_grids_agree_with_the_citys_own_table() -> None:
    folder = SHARED / "multigrid"
    plane = Plane(-73.97, 40.7)
    files = {"community-districts.geojson": "BoroCD", "NTA.geo.json": "NTACode", "UHF42.geo.json": "GEOCODE"}
    layers: list[Layer] = []
    for file, code in files.items():
        taken = read((folder / file).read_bytes(), file, code=code)
        assert taken.system == "WGS84"
        layers.append(plane.layer(placed(taken.layer, taken.system).layer))
    made = refined(layers, tolerance_m=60)  # one of them draws the shore with a third of the points
    assert shapely.coverage_is_valid([atom.geometry for atom in made.atoms])
    rows = read_table((folder / "nyc_tract_multigrid_crosswalk.csv").read_bytes(), "tracts").rows
    feet = Layer("t", [Shape(row["k"], shapely.Point(float(row["x"]), float(row["y"]))) for row in rows])
    points = plane.layer(placed(feet, "EPSG:2263").layer).shapes
    where = atom_of(made, shapely.get_coordinates([shape.geometry for shape in points]))
    people = wrong = 0
    for row, at in zip(rows, where.tolist(), strict=True):
        told = dict(zip(made.layers, made.atoms[at].members, strict=True)) if at >= 0 else {}
        people += int(row["TotalPop"])
        expected = {"community-districts.geojson": row["community"], "NTA.geo.json": row["nta"]}
        expected["UHF42.geo.json"] = row["uhf42"].removesuffix(".0")
        wrong += int(row["TotalPop"]) * (told != expected)
    assert people == 8_426_743
    assert wrong == 0
