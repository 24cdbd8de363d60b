"""Grids and code trees as files: everything wrong is named, nothing is taken by half, what is written is read again."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from pianqu.composition.district import load_district
from pianqu.composition.importing import grid, places
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.kernels import rings
from pianqu.rooms.territory import queries
from pianqu.rooms.territory.models import GridVersion, Place

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
SHARED = Path(__file__).resolve().parents[3] / "shared/data/jiangbei/jiangbei_communities_2023.csv"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh() -> None:
    queries.forget_places()
    queries.forget_grids()


def file(folder: Path, *features: dict[str, Any]) -> Path:
    path = folder / "grid.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def feature(code: str, geometry: Any, community: str, **properties: Any) -> dict[str, Any]:
    told = {"code": code, "name": code, "community_code": community, **properties}
    return {"type": "Feature", "properties": told, "geometry": geometry}


def take(path: Path, **changes: Any) -> int:
    given: dict[str, Any] = {"crs": "WGS84", "valid_from": TODAY, "source": "", "skip_bad": False, "dry_run": False}
    return grid.run(path, **{**given, **changes})


def test_a_grid_is_taken_in_and_written_out_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_district(code="330205", now=NOW)
    outlines = queries.outlines()
    one, other = sorted(outlines)[:2]
    cluster = {
        "type": "Feature",
        "properties": {"code": "P1", "name": "一片", "cluster": True, "communities": [one, other]},
        "geometry": None,
    }
    path = file(tmp_path, feature("G1", outlines[one], one), feature("G2", outlines[other], other), cluster)
    assert take(path) == 0
    assert "2 cells" in capsys.readouterr().out
    for crs in rings.CRS:
        out = tmp_path / f"{crs}.geojson"
        assert grid.write(out, on=TODAY, crs=crs) == 0
        again = grid.checked(grid.read_features(out), crs=crs)
        assert not again.faults and {cell.code for cell in again.cells} == {"G1", "G2"}
        assert rings.outside_m2(again.cells[0].geometry, outlines[one]) == 0
    assert queries.cluster_of(other, on=TODAY) == queries.clusters(on=TODAY)[0]
    with pytest.raises(Refused):
        take(path)


def test_everything_wrong_is_named_and_nothing_is_taken_by_half(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_district(code="330205", now=NOW)
    outlines = queries.outlines()
    codes = sorted(outlines)
    ring = outlines[codes[0]]["coordinates"][0]
    bow = {"type": "Polygon", "coordinates": [[ring[0], ring[2], ring[1], ring[3], ring[0]]]}
    far = next(code for code in codes if not code.startswith(codes[0][:9]))
    path = file(
        tmp_path,
        feature("open", {"type": "Polygon", "coordinates": [ring[:-1]]}, codes[0]),
        feature("bow", bow, codes[0]),
        feature("elsewhere", outlines[far], codes[0]),
        feature("line", {"type": "LineString", "coordinates": ring}, codes[0]),
        feature("", outlines[codes[1]], codes[1]),
    )
    with override("en"):
        assert take(path) == 1
    said = capsys.readouterr().out
    assert "feature 1 (open): the ring was open" in said
    assert "(bow): the ring crossed itself" in said
    assert "cell elsewhere" in said and "100%" in said
    assert "feature 4 (line): is no area" in said and "feature 5: has no code" in said
    assert "cells bow and open: overlap" in said and f"{codes[5]}: " in said and "Nothing was imported" in said
    assert not GridVersion.objects.exists()
    assert take(path, skip_bad=True, dry_run=True) == 0 and not GridVersion.objects.exists()
    assert take(path, skip_bad=True) == 0
    assert {cell.code for cell in queries.cells(on=TODAY)} == {"open", "bow"}


def test_what_is_wrong_with_a_grid_is_told_in_one_language(tmp_path: Path) -> None:
    load_district(code="330205", now=NOW)
    (code, outline), *_others = sorted(queries.outlines().items())
    line = {"type": "LineString", "coordinates": outline["coordinates"][0]}
    features = [feature("line", line, code), feature("", outline, code)]
    with override("zh-hans"):
        found = grid.checked(features, crs="WGS84")
        assert found.faults == ["要素 1（line）：不是面", "要素 2：缺少编码"]
        assert all(word.isascii() is False and "cell" not in word for word in found.notices)
        with pytest.raises(Invalid, match="不是 GeoJSON：第 1 行第 2 列读不下去。什么都没有录入。"):
            grid.features_of(b"[,]")
        with pytest.raises(Invalid, match="文件是空的。什么都没有录入。"):
            grid.features_of(b" ")


def test_the_check_finds_what_an_adoption_would_refuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_district(code="330205", now=NOW)
    outlines = queries.outlines()
    one, other = sorted(outlines)[:2]
    path = file(
        tmp_path,
        feature("G1", outlines[one], one),
        feature("G1", outlines[one], one),
        feature("G2", outlines[other], other, kind="vip"),
        feature("G3", outlines[other], other, kind="micro", parent_code="none"),
        feature("G4", outlines[other], "330205999999"),
    )
    with override("en"):
        assert take(path, dry_run=True) == 1
    said = capsys.readouterr().out
    assert all(f"cell {code}: " in said for code in ("G1", "G2", "G3", "G4")) and "Nothing was imported" in said


def test_a_file_of_ours_says_its_coordinates_itself(tmp_path: Path) -> None:
    load_district(code="330205", now=NOW)
    outlines = queries.outlines()
    one = min(outlines)
    assert take(file(tmp_path, feature("G1", outlines[one], one))) == 0
    out = tmp_path / "gcj.geojson"
    grid.write(out, on=TODAY, crs="GCJ-02")
    assert grid.said_crs(out) == "GCJ-02" and grid.said_crs(file(tmp_path)) == "WGS84"
    cell = grid.checked(grid.read_features(out), crs=grid.said_crs(out)).cells[0]
    assert rings.outside_m2(cell.geometry, outlines[one]) < 1


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[]", b"{}", b'{"features": [1]}', b"[" * 100_000])
def test_a_file_that_is_no_grid_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.geojson"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"x\.geojson"):
        take(path)
    with pytest.raises(Invalid):
        take(tmp_path / "absent.geojson")


def test_where_no_grid_is_nothing_is_exported(tmp_path: Path) -> None:
    with pytest.raises(Absent):
        grid.write(tmp_path / "x", on=TODAY, crs="WGS84")


# places --------------------------------------------------------------------------------------------------------------


def table(folder: Path, *lines: str, head: str = "code,name") -> Path:
    path = folder / "codes.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def enter(path: Path, **changes: Any) -> int:
    return places.run(path, **{"valid_from": TODAY, "skip_bad": False, "dry_run": False, **changes})


def test_every_bad_line_is_named_and_nothing_is_entered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(
        tmp_path,
        "330205001,外滩街道",
        "330205001001,外滩社区",
        "33020500100,少一位",
        "330205001001,又一个",
        "330206001001,别的区",
        "330205009001,没有街道",
        "330205001002,",
        "３３０２０５００１００３,全角",
    )
    assert enter(path) == 1
    said = capsys.readouterr().out
    for number, word in (
        (4, "12 digits"),
        (5, "line 3 already"),
        (6, "outside of district"),
        (7, "street 330205009000"),
    ):
        assert any(f"line 第 {number} 行" in line and word in line for line in said.splitlines()), (number, word)
    assert "第 8 行: the name is missing" in said and "第 9 行" in said
    assert not Place.objects.exists()
    assert enter(path, skip_bad=True) == 0
    assert set(Place.objects.values_list("code", flat=True)) == {"330205000000", "330205001000", "330205001001"}


def test_a_second_import_adds_what_is_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert enter(table(tmp_path, "330205001,外滩街道", "330205001001,外滩社区")) == 0
    assert enter(table(tmp_path, "330205001001,外滩社区", "330205001201,某村")) == 0
    assert "1 places added" in capsys.readouterr().out
    assert Place.objects.get(code="330205001201").kind == "village"


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        enter(table(tmp_path, "1", head="id"))


@pytest.mark.skipif(not SHARED.exists(), reason="the shared table of 2023 codes is not here")
def test_the_real_table_of_2023_is_taken_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert enter(SHARED) == 0
    assert Place.objects.filter(level="community").count() == 152
    assert Place.objects.filter(level="street").count() == 8
