"""`pianqu plan merge` as somebody meets it who has departments' files and no installation: one ground, or one sentence."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import shapefile
import shapely
from django.utils.translation import override
from openpyxl import Workbook, load_workbook

from pianqu.composition.commands import plan, plan_merge
from pianqu.composition.planning.merge_files import NAMES, WORKBOOK
from pianqu.kernels import geo
from tests.platform.houses import PROJECT

Box = tuple[float, float, float, float]
POLICE = {"P1": (0, 0, 1, 2), "P2": (1, 0, 2, 2)}
PARTY = {"=D1": (0, 0, 2, 1), "D2": (0, 1, 2, 2)}
DISTRICT = {"all": (0, 0, 3, 2)}
HOMES = "编码,经度,纬度,户数\nA,121.555,29.895,7\nB,121.565,29.905,5\nC,121.575,29.895,3\nD,121.600,29.895,2\n"


def ring(box: Box) -> list[tuple[float, float]]:
    """A rectangle in hundredths of a degree from a corner in 江北区."""
    west, south, east, north = box
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return [(round(121.55 + x / 100, 7), round(29.89 + y / 100, 7)) for x, y in corners]


def collection(shapes: dict[str, Any], **more: Any) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"编码": code},
            "geometry": {"type": "Polygon", "coordinates": [ring(box) if len(box) == 4 else list(box)]},
        }
        for code, box in shapes.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "police.geojson").write_text(collection(POLICE))
    (tmp_path / "party.geojson").write_text(collection(PARTY))
    (tmp_path / "district.geojson").write_text(collection(DISTRICT))
    (tmp_path / "homes.csv").write_text(HOMES, encoding="utf-8-sig")
    return tmp_path


def words(folder: Path, *more: str, district: bool = True, homes: bool = False) -> list[str]:
    given = ["--in", f"公安={folder / 'police.geojson'}", "--in", f"党建={folder / 'party.geojson'}"]
    given += ["--district", str(folder / "district.geojson")] if district else []
    given += ["--households", str(folder / "homes.csv")] if homes else []
    return [*given, "--out", str(folder / "out"), *more]


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out/report.json").read_text())
    return found


def features(folder: Path, name: str = "atoms.geojson") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "out" / name).read_text())["features"]
    return found


def rows(folder: Path, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO((folder / "out" / name).read_text(encoding="utf-8-sig"))))


def sheets(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    book = load_workbook(folder / "out" / WORKBOOK)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def is_nearly(feature: dict[str, Any], box: Box) -> bool:
    """But for hairs: what is straight in degrees is none on the plane."""
    told, drawn = shapely.geometry.shape(feature["geometry"]), shapely.Polygon(ring(box))
    return bool(told.symmetric_difference(drawn).area < drawn.area / 1000)


# answers ---------------------------------------------------------------------------------------------------------------


def test_without_an_installation_grids_in_any_order_give_the_same_bytes(folder: Path) -> None:
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PIANQU_", "DJANGO_"))}
    ran = subprocess.run(
        [sys.executable, "-m", "pianqu.composition.cli", "plan", "merge", *words(folder)],
        cwd=folder,
        env=known | {"PYTHONPATH": str(PROJECT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "没有部门管的地方：1 处" in ran.stdout and "- 公安：区内有" in ran.stdout, ran.stdout
    assert sorted(path.name for path in (folder / "out").iterdir()) == sorted(NAMES)
    alone = [(folder / "out" / name).read_bytes() for name in NAMES if name != WORKBOOK]
    given = words(folder)
    with override("zh-hans"):
        assert plan_merge.main([*given[2:4], *given[:2], *given[4:]]) == 0
    assert alone == [(folder / "out" / name).read_bytes() for name in NAMES if name != WORKBOOK]


def test_every_place_says_whose_it_is_and_what_nobody_covers_stands_alone(folder: Path) -> None:
    assert plan.main(["merge", *words(folder, homes=True)]) == 0
    places = [feature["properties"] for feature in features(folder)]
    assert {(one["公安"], one["党建"]): one["households"] for one in places} == {
        ("P1", "=D1"): 7,
        ("P1", "D2"): 0,
        ("P2", "=D1"): 0,
        ("P2", "D2"): 5,
        (None, None): 3,
    }
    bare = features(folder, "uncovered.geojson")
    assert [one["properties"]["households"] for one in bare] == [3]
    assert is_nearly(bare[0], (2, 0, 3, 2))
    told = report(folder)
    assert told["uncovered"]["places"] == 1 and told["twice"]["places"] == 0 and told["tolerance_m"] == 6
    assert told["households"] == {"counted": "households", "points": 4, "total": 17, "outside": 2}
    assert [one["role"] for one in told["inputs"]] == ["district", "grid", "grid", "households"]
    assert {"pianqu", "geos", "shapely"} <= set(told["versions"]) and len(told["inputs"][0]["sha256"]) == 64


def test_the_crosswalk_counts_households_exactly_and_holds_text_only(folder: Path) -> None:
    with override("en"):
        assert plan_merge.main(words(folder, homes=True)) == 0
    found = sheets(folder)
    assert list(found) == ["党建→公安", "Covered by nobody", "Covered twice"]
    head, *lines = found["党建→公安"]
    assert head[:3] == ("from: 党建", "to: 公安", "households")
    assert sum(line[2] for line in lines) == 17
    assert ("=D1", "P1", 7, 100, 0, 100, 0) in lines and ("(nobody)", "(nobody)", 5, 100, 0, 100, 0) in lines
    book = load_workbook(folder / "out" / WORKBOOK)
    assert all(cell.data_type != "f" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)
    assert len(found["Covered by nobody"]) == 2 and len(found["Covered twice"]) == 1


def test_without_households_the_crosswalk_goes_by_area_and_says_how_far_it_may_be_off(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with override("en"):
        assert plan_merge.main(words(folder)) == 0
    said = capsys.readouterr().out
    assert "goes by area" in said and "Places that no department covers: 1 (" in said
    lines = {line[:2]: line[2:] for line in sheets(folder)["党建→公安"][1:]}
    assert lines["=D1", "P1"][1:] == pytest.approx((50, 50, 50, 50), abs=0.1)
    assert lines["(nobody)", "(nobody)"][1:] == (100, 0, 100, 0)
    told = report(folder)["crosswalks"][0]
    assert told["by"] == "area" and 0.2 < told["misplaced"] < 0.5


def test_what_one_grid_covers_twice_is_listed_and_the_smaller_shape_counts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    market = {**PARTY, "@M": (0.2, 0.2, 0.4, 0.4)}
    (folder / "party.geojson").write_text(collection(market))
    with override("en"):
        assert plan_merge.main(words(folder, homes=True)) == 0
    assert "the smaller one was taken there" in capsys.readouterr().out
    head, line = rows(folder, "twice.csv")
    assert head[-3:] == ["grid", "counts for", "also in"] and line[-3:] == ["党建", "'@M", "'=D1"]
    kinds = {row[0]: row for row in rows(folder, "findings.csv")[1:]}
    assert "党建" in kinds["overlap"][5] and 121.552 < float(kinds["overlap"][3]) < 121.554
    assert {"overlap", "layer-uncovered", "uncovered"} == set(kinds)
    assert report(folder)["twice"]["places"] == 1 and "Covered twice" in sheets(folder)


def test_without_the_border_places_that_the_grids_enclose_are_still_found(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    around = {"W": (0, 0, 1, 3), "E": (2, 0, 3, 3), "S": (1, 0, 2, 1), "N": (1, 2, 2, 3)}
    (folder / "party.geojson").write_text(collection(around))
    (folder / "police.geojson").write_text(collection({"P": (0, 0, 1, 3)}))
    people = HOMES.replace("121.575,29.895,3", "121.565,29.905,3").replace("户数", "人口")
    (folder / "homes.csv").write_text(people, encoding="utf-8")
    with override("en"):
        assert plan_merge.main(words(folder, district=False, homes=True)) == 0
    said = capsys.readouterr().out
    assert "--district" in said and "population: 8" in said
    (bare,) = features(folder, "uncovered.geojson")
    assert bare["properties"]["population"] == 8 and bare["properties"]["党建"] is None
    assert is_nearly(bare, (1, 1, 2, 2))
    assert report(folder)["households"]["outside"] == 2


def test_a_shapefile_and_a_table_of_codes_are_grids_too(folder: Path) -> None:
    parts = {part: io.BytesIO() for part in ("shp", "shx", "dbf")}
    with shapefile.Writer(**parts, encoding="gb18030") as writer:
        writer.field("代码", "C", 20)
        for code, box in POLICE.items():
            writer.poly([ring(box)])
            writer.record(f"警{code}")
    with zipfile.ZipFile(folder / "police.zip", "w") as packed:
        for part, content in parts.items():
            packed.writestr(f"格.{part}", content.getvalue())
    book = Workbook()
    for line in (("网格编码", "公安"), ("环一", "警P1"), ("环一", "警P2"), ("环二", "警P9")):
        book.active.append(line)
    book.save(folder / "codes.xlsx")
    given = [
        "--in",
        f"公安={folder / 'police.zip'}",
        "--in",
        f"环保={folder / 'codes.xlsx'}",
        "--out",
        str(folder / "out"),
    ]
    with override("zh-hans"):
        assert plan_merge.main(given) == 0
    assert {(one["properties"]["公安"], one["properties"]["环保"]) for one in features(folder)} == {
        ("警P1", "环一"),
        ("警P2", "环一"),
    }
    kinds = [row[0] for row in rows(folder, "findings.csv")[1:]]
    assert kinds == ["system-assumed", "place-unknown"] and "警P9" in rows(folder, "findings.csv")[2][5]


def test_chinese_map_coordinates_are_suspected_and_taken_back_once_somebody_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = {code: [geo.gcj02(*point) for point in ring(box)] for code, box in DISTRICT.items()}
    (folder / "police.geojson").write_text(collection({code: tuple(points) for code, points in whole.items()}))
    with override("en"):
        assert plan_merge.main(words(folder)) == 0
        assert "is it GCJ-02?" in capsys.readouterr().out
        assert plan_merge.main(words(folder, "--crs", "公安=GCJ-02", "--keep", "党建")) == 0
        assert "GCJ-02?" not in capsys.readouterr().out
    told = report(folder)
    assert told["uncovered"]["places"] == 0 and told["systems"] == {"公安": "GCJ-02"} and told["keep"] == "党建"


# trouble ---------------------------------------------------------------------------------------------------------------

CROSSED = collection({"P1": [(121.55, 29.89), (121.57, 29.91), (121.57, 29.89), (121.55, 29.91), (121.55, 29.89)]})
FAR = collection({"P1": (300, 0, 301, 1)})


@pytest.mark.parametrize(
    ("name", "content", "chinese", "english"),
    [
        ("police.geojson", "[", "不是 GeoJSON：第 1 行第 2 列", "is no GeoJSON: what stands in line 1, column 2"),
        ("police.geojson", collection({}), "没有", "holds no area"),
        ("police.geojson", FAR, "公里|米", "covers nothing of the district"),
        ("district.geojson", collection({}), "没有", "holds no area"),
        ("homes.csv", HOMES.replace("户数", "门牌"), "缺少", "lacks what counts"),
        ("homes.csv", HOMES.replace("29.905", "x"), "第 3 行", "line 3"),
    ],
)
def test_files_that_cannot_be_used_get_one_sentence_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, chinese: str, english: str
) -> None:
    (folder / name).write_text(content, encoding="utf-8")
    for language, expected in (("zh-hans", chinese), ("en", english)):
        with override(language):
            assert plan_merge.main(words(folder, homes=True)) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and any(part in said for part in expected.split("|")), said
        assert said.endswith(("。什么都没有写。\n", ". Nothing was written.\n")), said
    assert not (folder / "out").exists()


def test_shapes_without_codes_are_numbered_and_the_option_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "police.geojson").write_text(collection(POLICE).replace("\\u7f16\\u7801", "no"))
    for language, expected in (("zh-hans", "（同类的还有 1 条）"), ("en", "(and 1 more like it)")):
        with override(language):
            assert plan_merge.main(words(folder)) == 0
        said = capsys.readouterr().out
        assert "--code 公安=" in said and expected in said, said
    assert {one["properties"]["公安"] for one in features(folder)} == {"#1", "#2", None}
    assert plan_merge.main(words(folder, "--code", "公安=no")) == 0
    assert {one["properties"]["公安"] for one in features(folder)} == {"P1", "P2", None}


def test_shapes_that_cross_themselves_are_repaired_and_told_with_their_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "police.geojson").write_text(CROSSED)
    for language, expected in (("zh-hans", "自相交"), ("en", "crosses itself near (121.56, 29.9")):
        with override(language):
            assert plan_merge.main(words(folder)) == 0
        assert expected in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "english"),
    [
        (["--keep", "城管"], "No grid is called “城管”"),
        (["--code", "城管=x"], "No grid is called"),
        (["--code", "公安=门牌"], "has no column 门牌"),
        (["--crs", "公安=EPSG:1"], "is not known"),
        (["--crs", "households=EPSG:4527"], "are in degrees"),
        (["--in", "公安=police.geojson"], "two layers have this name"),
        (["--in", "place=police.geojson"], "cannot be a grid's name"),
        (["--in", "x=police.shp"], "neither .geojson nor .zip"),
        (["--in", "x=absent.zip"], "There is no file"),
        (["--in", "x=homes.csv"], "exactly one column must have another grid's name"),
        (["--in", "x=half.csv"], "half.csv, line 5: the code is missing"),
        (["--in", "x=nameless.csv"], "has no column"),
        (["--in", "x=unknown.csv"], "x, E1: the place P9 is not known. Nothing was written."),
        (["--district", "homes.csv"], "must be shapes"),
        (["--out", "homes.csv"], "is a file"),
        (["--out", "nowhere/out"], "There is no folder"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str], english: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "half.csv").write_text("code,公安\n\nE1,P1\n\nE2,\n")
    (folder / "unknown.csv").write_text("code,公安\nE1,P9\n")
    (folder / "nameless.csv").write_text("公安,floor\nP1,3\n")
    with override("en"):
        assert plan_merge.main(words(folder, *more, homes=True)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and english in said, said
    assert not (folder / "out").exists() and (folder / "homes.csv").read_text(encoding="utf-8-sig") == HOMES


def test_an_input_in_the_folder_of_the_output_is_never_overwritten(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "out").mkdir()
    (folder / "out/atoms.geojson").write_text(collection(PARTY))
    with override("en"):
        assert plan_merge.main(words(folder, "--in", f"x={folder / 'out/atoms.geojson'}")) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert (folder / "out/atoms.geojson").read_text() == collection(PARTY)


@pytest.mark.parametrize("option", ["--tolerance=-1", "--tolerance=nan", "--in=police", "--crs=公安", "--code==x"])
def test_options_out_of_range_are_refused(folder: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    with pytest.raises(SystemExit) as ended:
        plan_merge.main([*words(folder), option])
    assert ended.value.code == 2 and "usage" in capsys.readouterr().err


# duties, workers, proposed cells -----------------------------------------------------------------------------------------

POLICE_POSTS = "code,duties,workers\nP1,巡逻、消防,3\nP2,巡逻,2\n"
PARTY_POSTS = "编码,职责,网格员\n=D1,走访；消防,1\n"


def posts(folder: Path) -> list[str]:
    (folder / "police.csv").write_text(POLICE_POSTS)
    (folder / "party.csv").write_text(PARTY_POSTS)
    return ["--duties", f"公安={folder / 'police.csv'}", "--duties", f"党建={folder / 'party.csv'}"]


def test_duties_that_two_do_or_nobody_does_are_told_with_their_places(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with override("en"):
        assert plan_merge.main(words(folder, *posts(folder), homes=True)) == 0
    told = report(folder)["duties"]
    assert [(one["grid"], one["workers"]) for one in told["grids"]] == [("党建", 1), ("公安", 5)]
    [twice] = told["done_twice"]
    assert (twice["duty"], twice["count"]) == ("消防", 7)
    assert twice["cells"] == [{"grid": "党建", "code": "=D1"}, {"grid": "公安", "code": "P1"}]
    nobody = {one["duty"]: one["count"] for one in told["done_by_nobody"]}
    assert nobody == {"巡逻": 3, "消防": 5 + 3, "走访": 5 + 3}
    found = sheets(folder)
    assert ("公安", "P1", 7, 3, "巡逻, 消防") in [row[:2] + row[3:] for row in found["Duties"]]
    assert found["Duties done twice"][1][:3] == ("消防", "党建 =D1, 公安 P1", 1)
    assert [row[0] for row in found["Duties nobody does"][1:]] == ["巡逻", "消防", "走访"]
    assert "3 duties in 3 cells with 6 workers" in capsys.readouterr().out.replace("Duties: 3 in", "3 duties in")


def crowd(folder: Path) -> list[str]:
    """Twelve police cells of 60 households in two communities, and a strip that belongs to nobody."""
    cells = {
        f"P{x}{y}": (x / 2, y / 2, x / 2 + 0.5, y / 2 + 0.5) for x in range(4) for y in range(4) if (x, y) != (3, 3)
    }
    (folder / "police.geojson").write_text(collection(cells))
    (folder / "party.geojson").write_text(collection({"北": (0, 1, 1.5, 2), "南": (0, 0, 2, 1)}))
    (folder / "district.geojson").write_text(collection({"all": (0, 0, 2, 2)}))
    homes = "".join(f"{x}-{y},{121.5525 + x / 200},{29.8925 + y / 200},60\n" for x in range(4) for y in range(4))
    (folder / "homes.csv").write_text("编码,经度,纬度,户数\n" + homes)
    rows_ = "".join(f"{code},巡逻,1\n" for code in cells)
    (folder / "posts.csv").write_text("code,duties,workers\n" + rows_)
    return words(folder, "--cells", "100-140", "--within", "党建", "--effort", "100", homes=True)


def test_cells_are_proposed_within_communities_for_every_place_of_the_district(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*crowd(folder), "--duties", f"公安={folder / 'posts.csv'}"]
    with override("en"):
        assert plan_merge.main(given) == 0
    told = report(folder)["cells"]
    assert [one["community"] for one in told["cells"]] == ["北"] * 4 + ["南"] * 4
    assert {one["households"] for one in told["cells"]} == {120} and not told["not_proposed"]
    assert sorted(place for one in told["cells"] for place in one["places"]) == list(
        range(1, len(features(folder)) + 1)
    )
    assert sum(one["workers"] for one in told["cells"]) == 15 and told["workers_without_a_cell"] == 0
    assert told["cells"][0]["duties"] == {"巡逻": ["公安"]} and len(told["given_to_a_community"]) == 2
    drawn = features(folder, "cells.geojson")
    whole = shapely.union_all([shapely.geometry.shape(one["geometry"]) for one in drawn])
    assert whole.symmetric_difference(shapely.Polygon(ring((0, 0, 2, 2)))).area < whole.area / 1000
    assert drawn[0]["properties"]["cell"] == "北-01" and drawn[0]["properties"]["workers"] >= 1
    found = sheets(folder)
    assert len(found["Cells"]) == 9 and len(found["Without a community"]) == 3
    handed = [row for row in found["Old to new"][1:] if row[0] == "公安"]
    assert len(handed) == 15 and all(row[5] == 100 and row[6] == 1 for row in handed)
    assert "Proposed cells: 8 with 120 to 120" in capsys.readouterr().out
    before = {name: (folder / "out" / name).read_bytes() for name in ("cells.geojson", "report.json")}
    with override("en"):
        assert plan_merge.main(given) == 0
    assert before == {name: (folder / "out" / name).read_bytes() for name in before}


def test_a_small_community_is_one_cell_and_what_cannot_be_divided_is_told_why(folder: Path) -> None:
    given = crowd(folder)
    given[given.index("100-140")] = "500-600"
    assert plan_merge.main(given) == 0
    told = report(folder)["cells"]
    assert [(one["community"], one["small"], one["households"]) for one in told["cells"]] == [
        ("北", True, 480),
        ("南", True, 480),
    ]
    given[given.index("500-600")] = "50-55"
    assert plan_merge.main(given) == 0
    told = report(folder)["cells"]
    assert not told["cells"] and {one["kind"] for one in told["not_proposed"]} == {"too-large"}


def test_parts_of_a_community_that_lie_apart_are_joined_to_the_nearest(folder: Path) -> None:
    given = crowd(folder)
    (folder / "party.geojson").write_text(
        collection({"北": (0, 1.5, 2, 2), "南": (0, 0.5, 2, 1.5), "北岛": (0, 0, 2, 0.5)})
    )
    body = json.loads((folder / "party.geojson").read_text())
    body["features"][2]["properties"]["编码"] = "北"
    (folder / "party.geojson").write_text(json.dumps(body))
    assert plan_merge.main(given) == 0
    told = report(folder)["cells"]
    assert told["parts_joined"] == 1 and {one["households"] for one in told["cells"]} == {120}


@pytest.mark.parametrize(
    ("more", "english"),
    [
        (["--duties", "城管=posts.csv"], "No grid is called “城管”"),
        (["--duties", "公安=unknown.csv"], "unknown.csv, line 2: the grid has no code “P9”"),
        (["--duties", "公安=many.csv"], "many.csv, line 2: “many” is no whole number"),
        (["--duties", "公安=posts.csv", "--duties", "公安=posts.csv"], "two tables of duties"),
        (["--cells", "300-500"], "where --district and --households are given"),
        (["--cells", "300-500", "--within", "城管"], "No grid is called"),
    ],
)
def test_duties_and_wishes_that_cannot_be_are_refused_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str], english: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "posts.csv").write_text(POLICE_POSTS)
    (folder / "unknown.csv").write_text("code,workers\nP9,1\n")
    (folder / "many.csv").write_text("code,workers\nP1,many\n")
    with override("en"):
        assert plan_merge.main(words(folder, *more)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and english in said, said
    assert not (folder / "out").exists()


# editions --------------------------------------------------------------------------------------------------------------

JIANGBEI = PROJECT.parent / "shared/data/jiangbei"
OLD = "编码,名称\n330205001001,外滩社区\n330205001002,槐树社区\n330205001003,上邵村委会\n330205001004,白沙社区\n"
NEW = "code,name\n330205001001,外滩社区居委会\n330205002002,白沙社区\n330205001009,上邵社区\n330205001010,云谷社区\n"


def test_two_editions_of_codes_are_told_apart_and_doubts_are_asked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "old.csv").write_text(OLD)
    (folder / "new.csv").write_text(NEW)
    given = ["--old", str(folder / "old.csv"), "--new", str(folder / "new.csv"), "--out", str(folder / "out")]
    with override("en"):
        assert plan_merge.main(given) == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["editions.csv", "editions.xlsx", "report.json"]
    book = load_workbook(folder / "out/editions.xlsx")
    found = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}
    assert [(row[0], row[3], row[6], row[7]) for row in found["Codes"][1:]] == [
        ("330205001001", "330205001001", "as it was", "yes"),
        ("330205001002", None, "not found again", "to be decided"),
        ("330205001003", "330205001009", "similar name", "to be decided"),
        ("330205001004", "330205002002", "moved to another street", "yes"),
    ]
    assert [row[:2] + row[3:] for row in found["To be decided"][1:]] == [
        ["330205001002", "槐树社区", "not found again", "330205001010 云谷社区", None],
        ["330205001003", "上邵村委会", "similar name", "330205001009 上邵社区", None],
    ]
    assert [row[0] for row in found["New"][1:]] == ["330205001010"]
    told = report(folder)["editions"]
    assert (told["removed"], told["added"], told["kept"], told["moved"]) == (3, 3, 1, 1)
    assert len(rows(folder, "editions.csv")) == 5 and set(report(folder)["outputs"]) == {"editions.csv"}
    assert "3 removed, 3 added" in capsys.readouterr().out


def test_editions_stand_beside_a_merge_of_grids(folder: Path) -> None:
    (folder / "old.csv").write_text(OLD)
    (folder / "new.csv").write_text(NEW)
    assert plan_merge.main(words(folder, "--old", str(folder / "old.csv"), "--new", str(folder / "new.csv"))) == 0
    assert report(folder)["editions"]["gone"] == 1 and report(folder)["grids"] == ["党建", "公安"]
    assert {"atoms.geojson", "editions.csv"} <= set(report(folder)["outputs"])


@pytest.mark.parametrize(
    ("more", "english"),
    [
        (["--old", "old.csv"], "two editions of codes"),
        ([], "Please name grids"),
        (["--old", "old.csv", "--new", "homes.csv"], "lacks the columns name"),
        (["--old", "old.csv", "--new", "twice.csv"], "twice.csv, line 4: the code stands on an earlier line"),
        (["--old", "old.csv", "--new", "nameless.csv"], "nameless.csv, line 2: the name is missing"),
    ],
)
def test_editions_that_cannot_be_used_are_refused_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str], english: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "old.csv").write_text(OLD)
    (folder / "twice.csv").write_text("code,name\n1,a\n\n1,b\n")
    (folder / "nameless.csv").write_text("code,name\n1,\n")
    with override("en"):
        assert plan_merge.main([*more, "--out", "out"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and english in said, said
    assert not (folder / "out").exists()


@pytest.mark.skipif(not JIANGBEI.is_dir(), reason="the editions of 江北区's codes are not here")
def test_the_reorganisation_of_jiangbei_from_files_to_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [
        word
        for year, name in ((2019, "--old"), (2023, "--new"))
        for word in (name, str(JIANGBEI / f"jiangbei_communities_{year}.csv"))
    ]
    assert plan_merge.main([*given, "--out", str(folder / "out")]) == 0
    told = report(folder)["editions"]
    assert (told["removed"], told["added"], told["kept"], told["moved"]) == (44, 36, 116, 16)
    assert (told["alike"], told["gone"], told["new"], len(told["to_be_decided"])) == (5, 23, 15, 28)
    lines = rows(folder, "editions.csv")
    assert [(line[4], line[7]) for line in lines if line[1] == "上邵村委会"] == [("上邵社区", "待定")]
    assert sum(line[6] == "换了街道" for line in lines) == 16 and "撤 44、增 36" in capsys.readouterr().out
