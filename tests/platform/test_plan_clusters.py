"""`pianqu plan clusters` and `cells` as somebody meets them who has files and no installation: whole answers, or a sentence."""

import ast
import csv
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapefile
import shapely
from django.utils.translation import override
from openpyxl import Workbook, load_workbook

from pianqu.composition.commands import plan, plan_cells, plan_clusters
from pianqu.composition.planning import watching
from pianqu.composition.planning.sentences import ADVICE, PARTITION
from pianqu.kernels.partition import reasons
from tests.platform.houses import PROJECT

STEP = 0.003
"""Degrees: some 290 m by 330 m."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "units.geojson").write_text(json.dumps(collection(list(squares(4, 6)))), encoding="utf-8")
    return tmp_path


def squares(rows: int, columns: int, gap: float = 0.0) -> Iterator[dict[str, Any]]:
    for y in range(rows):
        for x in range(columns):
            west, south = 121.55 + x * STEP, 29.88 + y * STEP
            box = shapely.box(west, south, west + STEP - gap, south + STEP - gap)
            told = {"编码": f"{y}{x}", "名称": f"=第{y}{x}", "人口": 100 + 10 * (x % 2), "households": 50}
            told |= {"street": "东" if x < 3 else "西", "building": f"{y}{x // 2}"}
            yield {"type": "Feature", "properties": told, "geometry": shapely.geometry.mapping(box)}


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def words(folder: Path, out: str = "plan.csv", **changed: Any) -> list[str]:
    options = {"--in": folder / "units.geojson", "--out": folder / out, "--effort": 60, "--clusters": 4} | {
        f"--{name}": value for name, value in changed.items()
    }
    return [str(word) for pair in options.items() for word in pair if word is not None]


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "plan.report.json").read_text())
    return found


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))


def table(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


def line(folder: Path, count: int = 6) -> dict[str, Path]:
    """Units in a row, as tables."""
    units = "".join(f"{at},{100},{60},{121.5 + at / 1000}\n" for at in range(count))
    near = "".join(f"{at},{at + 1},{10 + at}\n" for at in range(count - 1))
    return {
        "in": table(folder, "units.csv", "编码,人口,户数,经度,纬度\n" + units.replace("\n", ",29.9\n")),
        "adjacent": table(folder, "near.csv", "单元,相邻单元,米\n" + near),
    }


# answers ---------------------------------------------------------------------------------------------------------------


def test_without_an_installation_the_same_files_and_seed_give_the_same_bytes(folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PIANQU_", "DJANGO_"))}
    known |= {"PYTHONPATH": str(PROJECT / "src")}
    given = words(folder, out="plan.geojson", keep="street", seed=7)
    ran = subprocess.run(
        [sys.executable, "-m", "pianqu.composition.cli", "plan", "clusters", *given],
        cwd=folder,
        env=known | {"PYTHONHASHSEED": "22"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "") and "4 个片区" in ran.stdout
    made = [(folder / name).read_bytes() for name in ("plan.geojson", "plan.report.json")]
    assert {path.name for path in folder.iterdir()} - before == {"plan.geojson", "plan.report.json"}
    with override("zh-hans"):
        assert plan_clusters.main(given) == 0  # this process has another hash seed, unless somebody set it
    assert made == [(folder / name).read_bytes() for name in ("plan.geojson", "plan.report.json")]


def test_a_table_says_where_each_unit_goes_and_the_report_how_to_compute_it_again(folder: Path) -> None:
    assert plan.main(["clusters", *words(folder, keep="street=2", seed=3)]) == 0
    told = report(folder)
    assert (told["feasible"], told["seed"], told["effort"], told["inputs"][0]["lines"]) == (
        True,
        3,
        {"steps_a_unit": 60},
        24,
    )
    assert told["asked"]["keep"] == {"street": 2} and told["weights"]["split"] == 5
    assert {"numpy", "pymetis", "pianqu", "partition"} <= set(told["versions"]) and len(
        told["inputs"][0]["sha256"]
    ) == 64
    units, clusters = rows(folder / "plan.csv"), rows(folder / "plan.clusters.csv")
    assert len(units) == 25 and units[1][1] == "'=第00", "no programme takes a name for a formula"
    assert sum(int(row[2]) for row in clusters[1:]) == 24 * 105 == sum(one["population"] for one in told["clusters"])
    at = {row[0]: row[2] for row in units[1:]}
    assert len(told["cut_edges"]) == told["cut"] and all(at[one] != at[other] for one, other, _m in told["cut_edges"])
    assert {round(metres, -1) for _one, _other, metres in told["cut_edges"]} <= {290, 330}
    assert told["score"] == told["cut"] + 5 * 2 * told["splits"]
    assert max(abs(one["deviation_percent"]) for one in told["clusters"]) <= 5


def test_split_boundaries_are_named(folder: Path) -> None:
    assert plan_clusters.main(words(folder, keep="street", clusters=3)) == 0
    told = report(folder)
    assert {one["area"] for one in told["split_boundaries"]} == {"东", "西"}
    assert told["splits"] == sum(len(one["in"]) - 1 for one in told["split_boundaries"])


def test_a_map_takes_no_place_of_a_table_that_it_does_not_write(folder: Path) -> None:
    features = list(squares(4, 6))
    lines = "".join(f"{one['properties']['编码']},5\n" for one in features)
    given = {"in": table(folder, "plan.clusters.csv", "code,population\n" + lines)}
    given["adjacent"] = table(
        folder,
        "near.csv",
        "unit,neighbour\n"
        + "".join(f"{y}{x},{y}{x + 1}\n" for y in range(4) for x in range(5))
        + "".join(f"{y}0,{y + 1}0\n" for y in range(3)),
    )
    assert plan_clusters.main(words(folder, out="plan.geojson", clusters=2, **given)) == 0
    assert (folder / "plan.clusters.csv").read_text().startswith("code,population")
    assert plan_clusters.main(words(folder, out="plan.csv", clusters=2, **given)) == 2


def test_a_map_has_the_clusters_as_areas_that_fit_together(folder: Path) -> None:
    assert plan_clusters.main(words(folder, out="plan.geojson", clusters=3)) == 0
    made = json.loads((folder / "plan.geojson").read_text())["features"]
    assert [one["properties"]["role"] for one in made] == ["cluster"] * 3 + ["unit"] * 24
    shapes = [shapely.geometry.shape(one["geometry"]) for one in made]
    assert shapely.coverage_is_valid(shapes[:3])
    assert shapely.union_all(shapes[:3]).symmetric_difference(shapely.union_all(shapes[3:])).area < 1e-9
    for feature, shape in zip(made[3:], shapes[3:], strict=True):
        assert shapes[int(feature["properties"]["cluster"]) - 1].covers(shape.centroid)


def test_a_shapefile_in_a_projection_and_excel_out(folder: Path) -> None:
    parts = {name: io.BytesIO() for name in ("shp", "shx", "dbf")}
    with shapefile.Writer(**parts, encoding="utf-8") as made:
        made.field("ID", "C")
        made.field("POP", "N")
        for x in range(4):
            made.poly([[[x * 300, 0], [x * 300, 300], [x * 300 + 300, 300], [x * 300 + 300, 0], [x * 300, 0]]])
            made.record(f"0{x}", 10)
    with zipfile.ZipFile(folder / "units.zip", "w") as packed:
        for name, content in parts.items():
            packed.writestr(f"units.{name}", content.getvalue())
    given = words(
        folder, out="plan.xlsx", clusters=2, population="POP", crs="EPSG:32651", **{"in": folder / "units.zip"}
    )
    assert plan_clusters.main(given) == 0
    sheets = load_workbook(folder / "plan.xlsx").worksheets
    assert [row[2].value for row in sheets[0].iter_rows(min_row=2)] == [20, 20]
    assert [sheets[1].cell(2, 1).value, sheets[1].cell(2, 1).data_type] == ["00", "s"]
    assert len({sheets[1].cell(row, 3).value for row in (2, 3)}) == 1 and report(folder)["cut"] == 1


def test_tables_with_locks_centres_and_a_bridge(folder: Path) -> None:
    given = line(folder) | {
        "bridges": table(folder, "bridge.csv", "unit,neighbour\n5,6\n"),
        "lock": table(folder, "lock.csv", "编码,片区\n0,2\n"),
        "centres": table(folder, "centres.csv", "code\n0\n5\n"),
    }
    content = given["in"].read_text() + "6,0,0,121.9,29.9\n"
    table(folder, "units.csv", content)
    assert plan_clusters.main(words(folder, clusters=2, **given)) == 0
    assert [row[2] for row in rows(folder / "plan.csv")[1:]] == ["2"] * 3 + ["1"] * 4
    told = report(folder)
    assert told["cut_edges"] == [["2", "3", 12]]
    assert [one["role"] for one in told["inputs"]] == ["units", "adjacent", "bridges", "centres", "lock"]


def test_points_are_neighbours_where_they_are_near(folder: Path) -> None:
    given = {"in": line(folder)["in"], "near": 150, "balance": "households", "clusters": 3}
    assert plan_clusters.main(words(folder, **given)) == 0
    assert [one["households"] for one in report(folder)["clusters"]] == [120] * 3
    assert plan_clusters.main(words(folder, **given | {"near": 50})) == 1


def test_cells_of_whole_buildings_and_micro_cells_within(folder: Path) -> None:
    given = words(folder, clusters=None, whole="building", cell="300-500", micro="100-150")
    given = given[: given.index("--clusters")] + given[given.index("--clusters") + 1 :]
    assert plan.main(["cells", *given]) == 0
    told = report(folder)
    assert all(300 <= one["households"] <= 500 for one in told["cells"]) and told["asked"]["micro"]["most"] == 150
    assert all(100 <= one["households"] <= 150 for one in told["micro_cells"]) and not told["micro_cells_lacking"]
    buildings: dict[str, set[tuple[str, str]]] = {}
    for row in rows(folder / "plan.csv")[1:]:
        buildings.setdefault(row[-1], set()).add((row[2], row[3]))
        assert row[3].split("-")[0] == row[2]
    assert len(buildings) == 12 and all(len(places) == 1 for places in buildings.values())


@pytest.mark.parametrize(("gap_m", "neighbours"), [(0, 38), (0.5, 38), (-0.5, 38), (3, 0)])
def test_hairs_between_neighbours_are_the_pen_s_and_corners_are_no_border(
    folder: Path, gap_m: float, neighbours: int
) -> None:
    table(folder, "units.geojson", json.dumps(collection(list(squares(4, 6, gap=gap_m / 111_000)))))
    assert plan_clusters.main(words(folder, effort=1)) == (0 if neighbours else 1)
    assert report(folder)["neighbours"] == neighbours


def test_buildings_that_do_not_touch_need_a_distance(folder: Path) -> None:
    table(folder, "units.geojson", json.dumps(collection(list(squares(3, 4, gap=STEP / 10)))))
    given = ["--in", folder / "units.geojson", "--out", folder / "plan.geojson", "--effort", 50, "--micro", "none"]
    assert plan_cells.main([str(word) for word in given]) == 1
    assert {one["kind"] for one in report(folder)["reasons"]} == {"island"} and not (folder / "plan.geojson").exists()
    assert plan_cells.main([str(word) for word in [*given, "--near", 40]]) == 0
    assert "micro_cell" not in json.loads((folder / "plan.geojson").read_text())["features"][-1]["properties"]


def cells_of(folder: Path) -> list[str]:
    given = ["--in", folder / "units.geojson", "--out", folder / "plan.csv", "--effort", 60]
    return [*map(str, given), "--cell=200-400", "--micro=50-100"]


def test_cells_tell_how_far_they_are(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "ELSEWHERE_S", 0.0)
    assert plan_cells.main(cells_of(folder)) == 0
    told = capsys.readouterr().err
    assert "第 1 次（共 8 次）" in told, "the search of cells"
    assert "微网格：已完成 0 个网格，共" in told, "and of micro-cells within each"


@pytest.mark.parametrize(("words_of", "micro"), [("得分", False), ("微网格：已完成 1 个", True)])
def test_who_stops_cells_gets_the_best_so_far(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words_of: str,
    micro: bool,
) -> None:
    monkeypatch.setattr(watching, "ELSEWHERE_S", 0.0)
    tell = watching.Watch._tell

    def told(watch: watching.Watch, said: str) -> None:
        tell(watch, said)
        if words_of in said and not watch.stopped:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(watching.Watch, "_tell", told)
    assert plan_cells.main(cells_of(folder)) == 3
    out = capsys.readouterr()
    assert "正在停止" in out.err and "提前停止" in out.out
    assert all(row[1] for row in rows(folder / "plan.csv")[1:]), "every unit has its cell"
    assert report(folder)["stopped"] is True
    assert ("还没有微网格" in out.out) is micro


def test_of_many_reasons_the_first_are_told_and_how_many_more_there_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "units.geojson").write_text(json.dumps(collection(list(squares(4, 6, gap=0.001)))), encoding="utf-8")
    assert plan_cells.main(cells_of(folder)) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11 and lines[-1] == "另有 14 条原因见报告。"
    assert len(report(folder)["reasons"]) == 24


def test_cells_without_micro_cells_say_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--in", folder / "units.geojson", "--out", folder / "plan.xlsx", "--effort", 50, "--micro", "60-70"]
    assert plan_cells.main([str(word) for word in given]) == 0
    assert "没有划出微网格" in capsys.readouterr().out
    assert {one["cell"] for one in report(folder)["micro_cells_lacking"]} == {"1", "2", "3"}
    assert len(load_workbook(folder / "plan.xlsx").worksheets) == 5


# trouble ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"clusters": 30}, "too-many-clusters"),
        ({"clusters": 5, "tolerance": 0, "balance": "households"}, "steps"),
        ({"lock": "编码,片区\n00,1\n05,1\n01,2\n11,2\n10,2\n"}, "locked-apart"),
        ({"lock": "code,cluster\n00,1\n01,1\n", "centres": "code\n00\n01\n"}, "two-centres"),
        ({"lock": "code,cluster\n" + "".join(f"{y}{x},1\n" for y in range(4) for x in range(3))}, "locked-load"),
    ],
)
def test_what_is_impossible_is_told_in_the_reader_s_language(
    folder: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, Any], kind: str
) -> None:
    given = {
        name: table(folder, f"{name}.csv", value) if isinstance(value, str) and "\n" in value else value
        for name, value in changed.items()
    }
    said = []
    for language in ("zh-hans", "en"):
        with override(language):
            assert plan_clusters.main(words(folder, **given)) == 1
        said.append(capsys.readouterr().err)
    told = report(folder)
    assert kind in [one["kind"] for one in told["reasons"]] and (told["feasible"], told["proved"]) == (False, True)
    assert said[0] != said[1] and all(one.count("\n") == len(told["reasons"]) for one in said)
    assert not said[0].isascii() and said[1].isascii() and not (folder / "plan.csv").exists()


def test_a_tolerance_that_would_help_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = line(folder, 5)
    with override("en"):
        assert plan_clusters.main(words(folder, clusters=2, **given)) == 1
        assert "at least 20.00 %" in capsys.readouterr().err
    assert plan_clusters.main(words(folder, clusters=2, tolerance=20, **given)) == 0


def test_what_was_not_found_is_not_called_impossible_and_the_nearest_plan_is_written(folder: Path) -> None:
    """A star: every cluster but the middle's is a single leaf."""
    units = "code,population\n0,0\n" + "".join(f"{at},10\n" for at in range(1, 7))
    given = {"in": table(folder, "units.csv", units)}
    given["adjacent"] = table(folder, "near.csv", "unit,neighbour\n" + "".join(f"0,{at}\n" for at in range(1, 7)))
    assert plan_clusters.main(words(folder, clusters=3, **given)) == 1
    told = report(folder)
    assert (told["feasible"], told["proved"], told["reasons"][0]["kind"]) == (False, False, "not-found")
    assert told["over"] > 0 and len(rows(folder / "plan.csv")) == 8


def test_a_missing_population_is_named_and_none_at_all_is_planned(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    features = list(squares(4, 6))
    features[3]["properties"]["人口"] = None
    table(folder, "units.geojson", json.dumps(collection(features)))
    assert plan_clusters.main(words(folder)) == 1
    assert report(folder)["reasons"][0]["units"] == ["03"] and "03" in capsys.readouterr().err
    features[3]["properties"]["人口"] = 0
    table(folder, "units.geojson", json.dumps(collection(features)))
    assert plan_clusters.main(words(folder, tolerance=15)) == 0


@pytest.mark.parametrize(
    ("changed", "chinese", "english"),
    [
        ({"population": "people"}, "people", "lacks the columns people"),
        ({"keep": "police"}, "police", "lacks the columns police"),
        ({"in": "编码,人口\n1,5\n"}, "--adjacent", "which units are neighbours"),
        ({"in": "编码,人口\n1,5\n", "near": 50}, "第 2 行", "no number"),
        ({"lock": "code,cluster\n99,1\n"}, "没有单元“99”", "no unit “99”"),
        ({"lock": "code,cluster\n00,5\n"}, "没有片区 5", "no cluster 5"),
        ({"lock": "code,cluster\n00,1\n00,2\n"}, "第 3 行", "earlier line"),
        ({"lock": "\ncode,cluster\n\n00,1\n\n00,2\n"}, "第 6 行", "line 6"),
        ({"centres": "code\n99\n"}, "没有单元", "no unit"),
        ({"adjacent": "unit,neighbour,metres\n00,01,far\n"}, "第 2 行", "no whole number"),
        ({"balance": "workload"}, "工作量", "lacks the columns workload"),
        ({"crs": "EPSG:1"}, "坐标系", "not known"),
        ({"out": "plan.pdf"}, "plan.pdf", "must end in"),
        ({"report": "units.geojson"}, "units.geojson", "one of the inputs"),
    ],
)
def test_files_that_cannot_be_used_get_one_sentence_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, Any], chinese: str, english: str
) -> None:
    given = {
        name: table(folder, f"{name}.csv", value) if isinstance(value, str) and "\n" in value else value
        for name, value in changed.items()
    }
    given = {name: folder / value if name in {"out", "report"} else value for name, value in given.items()}
    before = sorted(path.name for path in folder.iterdir())
    for language, expected in (("zh-hans", chinese), ("en", english)):
        with override(language):
            assert plan_clusters.main(words(folder, **given)) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and expected in said, said
        assert said.endswith(("。什么都没有写。\n", ". Nothing was written.\n")), said
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize(
    "geometry",
    [None, {"type": "Point", "coordinates": [121.5, 29.8]}, {"type": "Polygon", "coordinates": [[["a", 1]]]}],
)
def test_a_unit_without_an_area_is_not_left_out_silently(
    folder: Path, capsys: pytest.CaptureFixture[str], geometry: dict[str, Any] | None
) -> None:
    features = [*squares(2, 2), {"type": "Feature", "properties": {"编码": "x", "人口": 5}, "geometry": geometry}]
    table(folder, "units.geojson", json.dumps(collection(features)))
    assert plan_clusters.main(words(folder)) == 2
    assert "没有面的单元：1 个" in capsys.readouterr().err


def test_a_code_that_stands_twice_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table(folder, "units.geojson", json.dumps(collection([*squares(2, 2), *squares(1, 1)])))
    assert plan_clusters.main(words(folder)) == 2
    assert "第 5 行" in capsys.readouterr().err


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[]", b'{"features": 3}', b"PK\x03\x04", b"[" * 9999])
def test_broken_files_get_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    (folder / "units.geojson").write_bytes(body)
    assert plan_clusters.main(words(folder)) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_excel_is_read_with_columns_of_any_name(folder: Path) -> None:
    book = Workbook()
    for row in (["Block", "Residents"], [1, 10], [2, 10]):
        book.active.append(row)
    book.save(folder / "units.xlsx")
    given = {"in": folder / "units.xlsx", "adjacent": table(folder, "near.csv", "unit,neighbour\n1,2\n")}
    assert plan_clusters.main(words(folder, clusters=2, code="Block", population="Residents", **given)) == 0
    assert [row[0] for row in rows(folder / "plan.csv")[1:]] == ["1", "2"]


@pytest.mark.parametrize(
    "option",
    ["--clusters=0", "--tolerance=nan", "--effort=x", "--keep==3", "--near=501", "--seed=-1", "--balance=love"],
)
def test_options_out_of_range_are_refused(folder: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    with pytest.raises(SystemExit) as ended:
        plan_clusters.main([*words(folder), option])
    assert ended.value.code == 2 and "usage" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--cell=500-300", "--micro=0-5", "--cell=many"])
def test_bands_out_of_range_are_refused(folder: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    with pytest.raises(SystemExit):
        plan_cells.main(["--in", "a.csv", "--out", "b.csv", option])
    assert "usage" in capsys.readouterr().err


def test_every_sentence_of_the_kernel_is_known_to_the_catalogue() -> None:
    found = {words for path in (PROJECT / "src/pianqu/kernels/partition").glob("*.py") for words in sentences(path)}
    assert found == set(PARTITION) | {reasons.ADVISED}
    assert {*reasons.ADVICE.values(), reasons.ADVISED} == set(ADVICE)


def test_what_a_reason_does_not_say_itself_is_advised() -> None:
    say_so_themselves = {
        reasons.Kind.ISLAND,
        reasons.Kind.NO_UNITS,
        reasons.Kind.TOO_MUCH,
        reasons.Kind.WRONG_TASK,
    }
    assert set(reasons.Kind) - set(reasons.ADVICE) == say_so_themselves


def sentences(path: Path) -> Iterator[str]:
    """What stands in `say(…)`, in `words` before it, or in a constant of the module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and "%(" in str(node.value.value):
            yield str(node.value.value)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "words":
            yield ast.literal_eval(node.value)
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") == "say"
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)
