"""A department's grid: read from any file, everything found is told, nothing counts before it is taken."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
import shapefile
from django.utils.translation import override
from pyproj import Transformer

from pianqu.foundation import files
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import Asked
from pianqu.rooms.planning.tests.builders import NOW, SYSTEM, post, small_district
from pianqu.rooms.planning.tests.grids import (
    POLICE,
    URBAN,
    box,
    departments,
    feature,
    geojson,
    handed_in,
    police,
    sheet,
    taken,
    urban,
)
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.tests.builders import ONE, SIDE, SOUTH, STREET, TODAY, TOMORROW, TWO, WEST

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _district() -> None:
    territory.forget_places()
    territory.forget_grids()
    small_district()
    departments()


def read(
    content: bytes, ending: str = ".geojson", duties_list: bytes | None = None, **words: str
) -> queries.CheckedGrid:
    return queries.read_grid(content, Asked(name="公安警务区", ending=ending, **words), duties_list=duties_list)


def codes(found: queries.CheckedGrid) -> set[str]:
    return {finding.code for finding in found.findings}


def test_cells_come_with_their_duties_and_workers_and_what_the_grid_leaves_out_is_told() -> None:
    found = read(police())
    first = found.cells[0]
    assert (first.code, first.name, first.workers) == ("P1", "外滩一警区", ("张警官",))
    assert first.duties == ("治安巡防", "流动人口登记")
    assert 7_450 <= found.covered <= 7_550
    assert codes(found) == {"layer-uncovered", "uncovered"}


def test_what_was_repaired_is_told_with_its_place_and_code() -> None:
    bow = [[WEST, SOUTH], [WEST + SIDE, SOUTH + SIDE], [WEST + SIDE, SOUTH], [WEST, SOUTH + SIDE], [WEST, SOUTH]]
    found = read(geojson(feature("P1", bow), feature("P2", box(0, 0, 4, 2)), feature("P3", box(3, 0, 4, 2))))
    told = next(one for one in found.findings if one.code == "self-intersection")
    assert told.keys == ("P1",)
    assert told.at == pytest.approx((WEST + SIDE / 2, SOUTH + SIDE / 2), abs=1e-4)
    assert "overlap" in codes(found)
    with override("zh-hans"):
        assert "P1" in queries.told_findings([told])[0]


def test_a_shapefile_in_its_archive_is_read_like_the_rest() -> None:
    parts = {name: io.BytesIO() for name in ("shp", "shx", "dbf")}
    with shapefile.Writer(**parts, shapeType=shapefile.POLYGON, encoding="utf-8") as writer:
        writer.field("CODE", "C", 20)
        writer.field("NAME", "C", 60)
        writer.poly([box(0, 0, 4, 2)[::-1]])
        writer.record("P1", "外滩警区")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(f"grid.{name}", part.getvalue())
    found = read(packed.getvalue(), ".zip")
    assert [(cell.code, cell.name) for cell in found.cells] == [("P1", "外滩警区")]
    assert found.covered == 10_000


def test_a_table_of_codes_takes_its_ground_from_communities_and_streets() -> None:
    found = read(
        sheet(["网格编码", "网格名称", "社区", "网格员"], ["E1", "东片", ONE, "赵"], ["E1", "东片", TWO, "钱"]), ".xlsx"
    )
    assert [(cell.code, cell.name, cell.workers) for cell in found.cells] == [("E1", "东片", ("赵", "钱"))]
    assert found.covered == 10_000
    whole = read(f"code,street\nE1,{STREET}\nE2,330205999999\n".encode(), ".csv")
    assert whole.covered == 10_000
    assert "place-unknown" in codes(whole)


def test_codes_alike_in_their_first_sixty_characters_are_refused_with_a_sentence() -> None:
    alike = geojson(feature("甲" * 60 + "1", box(0, 0, 2, 2)), feature("甲" * 60 + "2", box(2, 0, 4, 2)))
    with override("zh-hans"), pytest.raises(Invalid, match="不是编码：有 61 个字，最多 60 个"):
        read(alike)
    asked = Asked(name="公安警务区", ending=".geojson")
    looked = queries.looked_at(alike, asked)
    assert (looked.cells, codes(looked)) == ((), {"code-long"}), "it can be kept and read by another column"
    longest = read(geojson(feature("甲" * 60, box(0, 0, 4, 2))))
    assert [cell.code for cell in longest.cells] == ["甲" * 60]


def test_a_second_table_brings_duties_and_workers_and_names_cells_that_are_not_there() -> None:
    extra = sheet(["编码", "职责", "网格员"], ["P1", "消防检查、禁毒", "孙"], ["P9", "禁毒", "周"])
    found = read(geojson(feature("P1", box(0, 0, 4, 2))), duties_list=extra)
    assert (found.cells[0].duties, found.cells[0].workers) == (("消防检查", "禁毒"), ("孙",))
    assert [one.keys for one in found.findings if one.code == "list-cell-unknown"] == [("P9",)]


def test_metres_that_are_declared_as_degrees_are_read_as_what_they_are_and_told() -> None:
    way = Transformer.from_crs("EPSG:4326", "EPSG:4549", always_xy=True)
    found = read(geojson(feature("P1", [list(way.transform(*point)) for point in box(0, 0, 4, 2)])))
    assert "degrees-are-metres" in codes(found)
    assert found.covered > 9_900
    assert found.crs.startswith("EPSG:")


@pytest.mark.parametrize(
    ("content", "ending", "words", "said"),
    [
        (b"\x00\x01", ".geojson", {}, "is no GeoJSON: what stands in line 1, column 1 cannot be read"),
        (b"PK\x03\x04broken", ".zip", {}, "cannot be read as ZIP"),
        (geojson(), ".geojson", {}, "holds no area"),
        (geojson(feature("P1", [[2, 48], [3, 48], [3, 49], [2, 49], [2, 48]])), ".geojson", {}, "covers nothing"),
        (police(), ".geojson", {"crs": "EPSG:99999"}, "is not known"),
        (police(), ".geojson", {"code": "警区号"}, "has no column 警区号"),
        (b"code,name\nE1,x\n", ".csv", {}, "has no column"),
        (geojson(feature("P1", [[9e7, 9e7], [9.1e7, 9e7], [9e7, 9.1e7]])), ".geojson", {}, "no system was found"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_a_sentence(
    content: bytes, ending: str, words: dict[str, str], said: str
) -> None:
    with override("en"), pytest.raises(Invalid, match=said) as refused:
        read(content, ending, **words)
    assert "Nothing was kept" in refused.value.message


def test_a_grid_waits_with_its_file_and_counts_once_it_is_taken() -> None:
    grid_id = handed_in(police())
    card = queries.department_grid(grid_id)
    assert (card.waits, card.cells, card.organisation, card.crs) == (True, 2, "公安", "WGS84")
    assert queries.grids_on(TODAY) == ()
    kept = queries.grid_files(grid_id)
    assert files.read(kept.content) == police()
    assert queries.department_files_in_use([kept.content, "x"]) == {kept.content}
    services.take_department_grid(actor=SYSTEM, grid_id=grid_id, valid_from=TODAY, now=NOW)
    assert [one.grid_id for one in queries.grids_on(TODAY)] == [grid_id]
    with pytest.raises(Absent):
        queries.grid_files(grid_id)
    kinds = [item.kind for item in ledger.history(f"department-grid:{grid_id}")]
    assert kinds == ["planning.department-grid-checked", "planning.department-grid-taken"]
    with override("en"), pytest.raises(Refused, match="already"):
        services.take_department_grid(actor=SYSTEM, grid_id=grid_id, valid_from=TODAY, now=NOW)


def test_no_name_of_a_worker_reaches_the_ledger() -> None:
    grid_id = taken(police())
    assert queries.department_cells([grid_id])[grid_id]["P1"].workers == ("张警官",)
    assert "张警官" not in json.dumps(
        [item.fact for item in ledger.history(f"department-grid:{grid_id}")], ensure_ascii=False
    )


def test_a_new_edition_ends_the_former_one_and_past_days_keep_theirs() -> None:
    first = taken(police())
    second = taken(geojson(feature("P1", box(0, 0, 4, 2))), valid_from=TOMORROW)
    assert [one.grid_id for one in queries.grids_on(TODAY)] == [first]
    assert [one.grid_id for one in queries.grids_on(TOMORROW)] == [second]
    third = handed_in(police())
    with override("en"), pytest.raises(Refused, match="has to begin after it"):
        services.take_department_grid(actor=SYSTEM, grid_id=third, valid_from=TOMORROW, now=NOW)
    assert queries.department_grid(third).waits


def test_the_file_that_waits_is_read_again_with_other_words_about_it() -> None:
    content = geojson(feature("P1", box(0, 0, 4, 2), 警区="外滩"))
    grid_id = handed_in(content)
    asked = Asked(name="公安警务区", ending=".geojson", cell_name="警区")
    found = queries.read_grid(content, asked)
    services.check_grid_again(actor=SYSTEM, grid_id=grid_id, asked=asked, found=found, now=NOW)
    assert queries.department_cells([grid_id])[grid_id]["P1"].name == "外滩"
    assert queries.department_grid(grid_id).asked["cell_name"] == "警区"


def test_what_nobody_takes_goes_by_hand_or_after_its_days_and_its_file_with_it() -> None:
    one, other = handed_in(police()), handed_in(urban(), system="urban", organisation_code=URBAN, name="城管网格")
    kept = queries.grid_files(one)
    services.drop_department_grid(actor=SYSTEM, grid_id=one, now=NOW)
    with pytest.raises(Absent):
        queries.department_grid(one)
    later = NOW + timedelta(days=31)
    assert services.put_away_department_grids(actor=SYSTEM, before=NOW + timedelta(days=1), now=later) == 1
    assert services.put_away_department_grids(actor=SYSTEM, before=NOW + timedelta(days=1), now=later) == 0
    with pytest.raises(Absent):
        queries.department_grid(other)
    assert kept.content


def test_a_department_hands_in_its_own_grid_and_nobody_elses() -> None:
    own, worker = post(POLICE), post(POLICE, "handler")
    handed_in(police(), actor=own)
    handed_in(police(), actor=post())
    with pytest.raises(Forbidden):
        handed_in(police(), actor=worker)
    with pytest.raises(Forbidden):
        handed_in(urban(), actor=own, system="urban", organisation_code=URBAN, name="城管网格")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"system": "army"}, "which department"),
        ({"name": " "}, "a name"),
        ({"organisation_code": "nobody"}, "Choose the"),
    ],
)
def test_what_is_missing_about_a_grid_is_asked_for(given: dict[str, str], said: str) -> None:
    with override("en"), pytest.raises(Invalid, match=said):
        handed_in(police(), **given)
