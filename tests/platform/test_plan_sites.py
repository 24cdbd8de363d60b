"""`pianqu plan sites` as somebody meets it who has files and no installation: whole answers, or one sentence."""

import ast
import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override
from openpyxl import Workbook, load_workbook

from pianqu.composition.commands import plan, plan_sites
from pianqu.composition.planning.sentences import SITING
from pianqu.kernels import geo
from tests.platform.houses import PROJECT

DEMAND = """编码,名称,经度,纬度,人口
A,甲社区,121.550,29.890,100
B,乙社区,121.560,29.890,200
C,丙社区,121.600,29.890,50
D,无人处,121.700,29.890,0
"""
SITES = """code,name,lon,lat,state,floor
1,=cmd,121.551,29.890,保留,ignored
2,二站,121.561,29.890,,
3,三站,121.600,29.890,可撤,
4,四站,121.602,29.890,forbidden,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "demand.csv").write_text(DEMAND, encoding="utf-8-sig")
    (tmp_path / "sites.csv").write_text(SITES, encoding="utf-8")
    return tmp_path


def words(folder: Path, out: str = "plan.csv", **changed: Any) -> list[str]:
    options = {
        "--in": folder / "demand.csv",
        "--candidates": folder / "sites.csv",
        "--out": folder / out,
        "--sites": 2,
    } | {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
    return [str(word) for pair in options.items() for word in pair if word is not None]


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "plan.report.json").read_text())
    return found


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))


# answers ---------------------------------------------------------------------------------------------------------------


def test_without_an_installation_the_same_files_and_seed_give_the_same_bytes(folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PIANQU_", "DJANGO_"))}
    runs = []
    for _time in range(2):
        program = [sys.executable, "-m", "pianqu.composition.cli", "plan", "sites", *words(folder, seed=7)]
        ran = subprocess.run(
            program,
            cwd=folder,
            env=known | {"PYTHONPATH": str(PROJECT / "src")},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "已证明" in ran.stdout
        runs.append([(folder / name).read_bytes() for name in ("plan.csv", "plan.sites.csv", "plan.report.json")])
    assert runs[0] == runs[1]
    assert {path.name for path in folder.iterdir()} - before == {"plan.csv", "plan.sites.csv", "plan.report.json"}


def test_a_table_says_who_goes_where_and_the_report_how_to_compute_it_again(folder: Path) -> None:
    assert plan.main(["sites", *words(folder)]) == 0
    told = report(folder)
    assert [one["code"] for one in told["open"]] == ["1", "3"]
    assert (told["seed"], told["proved"], told["closed"], told["inputs"][0]["lines"]) == (1, True, [], 4)
    assert {"numpy", "highspy", "pianqu"} <= set(told["versions"]) and len(told["inputs"][1]["sha256"]) == 64
    points = rows(folder / "plan.csv")
    assert [row[3] for row in points[1:]] == ["1", "1", "3", ""]
    assert points[1][4] == "'=cmd", "no programme takes a name for a formula"
    assert [row[4] for row in rows(folder / "plan.sites.csv")[1:]] == ["300", "50", "0", "0"]


def test_who_is_beyond_and_what_one_more_would_bring(folder: Path) -> None:
    assert plan_sites.main(words(folder, within=10, sites=1)) == 0
    told = report(folder)
    assert told["within_metres"] == 666 and told["beyond"]["points"] == ["B", "C"]
    assert told["beyond"]["weight"] == 250 and told["beyond"]["share"] == pytest.approx(250 / 350, abs=1e-6)
    more = {one["measure"]: one for one in told["one_more"]}
    assert (more["coverage"]["site"], more["coverage"]["before"], more["coverage"]["after"]) == ("2", 100, 300)
    assert more["centre"]["site"] == "3"


def test_geojson_in_and_out_with_areas_and_rings(folder: Path) -> None:
    square = [[121.54, 29.88], [121.56, 29.88], [121.56, 29.90], [121.54, 29.90], [121.54, 29.88]]
    area = {
        "type": "Feature",
        "properties": {"code": "A", "户数": 9},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    (folder / "demand.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
    given = words(folder, out="plan.geojson", **{"in": folder / "demand.geojson"})
    assert plan_sites.main(given) == 0
    made = json.loads((folder / "plan.geojson").read_text())["features"]
    roles = [feature["properties"]["role"] for feature in made]
    assert roles == ["ring"] * 3 + ["demand"] + ["site"] * 4
    lon, lat = made[3]["geometry"]["coordinates"]
    assert 121.54 < lon < 121.56 and 29.88 < lat < 29.90 and made[3]["properties"]["weight"] == 9


def test_excel_in_and_out_holds_text_only(folder: Path) -> None:
    book = Workbook()
    for line in csv.reader(DEMAND.splitlines()):
        book.active.append(line)
    book.save(folder / "demand.xlsx")
    given = words(folder, out="plan.xlsx", **{"in": folder / "demand.xlsx"})
    assert plan_sites.main(given) == 0
    sheets = load_workbook(folder / "plan.xlsx").worksheets
    assert len(sheets) == 3 and sheets[0]["B2"].value == "=cmd" and sheets[0]["B2"].data_type == "s"


def test_chinese_map_coordinates_are_taken_back(folder: Path) -> None:
    shifted = ["code,lon,lat,weight", "A,{:.7f},{:.7f},1".format(*geo.gcj02(121.55, 29.89))]
    (folder / "demand.csv").write_text("\n".join(shifted))
    lines = ["code,lon,lat", "1,{:.7f},{:.7f}".format(*geo.gcj02(121.55, 29.89))]
    (folder / "sites.csv").write_text("\n".join(lines))
    assert plan_sites.main(words(folder, out="plan.geojson", sites=1, crs="GCJ-02")) == 0
    made = json.loads((folder / "plan.geojson").read_text())["features"]
    assert made[-1]["geometry"]["coordinates"] == pytest.approx([121.55, 29.89], abs=1e-6)


def test_a_table_of_ways_stands_for_the_map_and_what_it_lacks_cannot_be_gone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "ways.csv").write_text("需求点,候选点,米\nA,1,500\nB,2,10\nB,1,800\n")
    given = words(folder, sites=1, costs=folder / "ways.csv")
    assert plan_sites.main(given) == 1
    assert [(one["kind"], one["points"]) for one in report(folder)["reasons"]] == [("unreachable", ["C"])]
    assert capsys.readouterr().out == f"已写出：{folder / 'plan.report.json'}\n", (
        "what was kept although there is no plan"
    )
    assert not (folder / "plan.csv").exists()
    assert plan_sites.main([*given, "--leave-out"]) == 0
    told = report(folder)
    assert told["left_out"] == ["C"] and told["value"] == 100 * 500 + 200 * 800


def test_streets_are_walked_along(folder: Path) -> None:
    line = {"type": "LineString", "coordinates": [[121.55, 29.89], [121.55, 29.90], [121.56, 29.89]]}
    streets = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": line}]}
    (folder / "streets.geojson").write_text(json.dumps(streets))
    assert plan_sites.main(words(folder, streets=folder / "streets.geojson")) == 0
    assert report(folder)["inputs"][2]["role"] == "streets"


# trouble ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "chinese", "english"),
    [
        ("demand.csv", "编码,名称\nA,甲\n", "缺少", "lacks what counts"),
        ("demand.csv", "名称,人口\n甲,1\n", "编码", "code"),
        ("demand.csv", DEMAND.replace("200", "很多"), "第 3 行", "line 3"),
        ("demand.csv", DEMAND.replace("121.560", "40507221.3"), "第 3 行", "not in degrees"),
        ("demand.csv", DEMAND.replace("121.560", ""), "第 3 行", "no number"),
        ("demand.csv", DEMAND.replace("B,", "A,"), "第 3 行", "earlier line"),
        ("demand.csv", DEMAND.replace("B,", ",").replace("C,", ","), "2 行", "2 lines have faults"),
        ("demand.csv", DEMAND.splitlines()[0], "没有", "lacks|has no"),
        ("sites.csv", SITES.replace("可撤", "也许"), "也许", "none of"),
        ("sites.csv", "code,lon,lat\n", "没有", "no lines"),
    ],
)
def test_files_that_cannot_be_used_get_one_sentence_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, chinese: str, english: str
) -> None:
    (folder / name).write_text(content, encoding="utf-8")
    for language, expected in (("zh-hans", chinese), ("en", english)):
        with override(language):
            assert plan_sites.main(words(folder)) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and any(part in said for part in expected.split("|")), said
    assert sorted(path.name for path in folder.iterdir()) == ["demand.csv", "sites.csv"]


@pytest.mark.parametrize(
    "changed",
    [
        {"out": "plan.pdf"},
        {"out": "nowhere/plan.csv"},
        {"out": "demand.csv"},
        {"report": "sites.csv"},
        {"in": "absent.csv"},
        {"in": "absent.geojson"},
        {"streets": "absent.geojson"},
        {"in": "demand.txt"},
    ],
)
def test_places_that_cannot_be_are_refused_with_the_inputs_untouched(
    folder: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, str]
) -> None:
    assert plan_sites.main(words(folder, **{name: folder / value for name, value in changed.items()})) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert (folder / "demand.csv").read_text(encoding="utf-8-sig") == DEMAND
    assert (folder / "sites.csv").read_text(encoding="utf-8") == SITES


def test_the_table_of_sites_does_not_take_an_input_s_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    earlier = (folder / "sites.csv").rename(folder / "plan.sites.csv")
    assert plan_sites.main(words(folder, candidates=earlier)) == 2
    assert "plan.sites.csv" in capsys.readouterr().err
    assert plan_sites.main(words(folder, out="plan.geojson", candidates=earlier)) == 0, "here no such table is written"
    assert earlier.read_text(encoding="utf-8") == SITES


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"[]", b'{"features": 3}', b'{"features": [{"geometry": {"type": "Point"}}]}', b"[" * 9999]
)
def test_broken_geojson_gets_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    (folder / "demand.geojson").write_bytes(body)
    given = words(folder, **{"in": folder / "demand.geojson"})
    assert plan_sites.main(given) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("sites", "capacity", "kind"),
    [(9, "", "too-few-candidates"), (0, "", "no-sites"), (2, "100", "capacity-below-demand")],
)
def test_what_is_impossible_is_told_in_the_reader_s_language(
    folder: Path, capsys: pytest.CaptureFixture[str], sites: int, capacity: str, kind: str
) -> None:
    lines = SITES.replace(",floor", ",capacity").replace("ignored", "").splitlines()
    (folder / "sites.csv").write_text("\n".join([lines[0], *(line + capacity for line in lines[1:])]), encoding="utf-8")
    said = []
    for language in ("zh-hans", "en"):
        with override(language):
            assert plan_sites.main(words(folder, sites=sites)) == 1
        said.append(capsys.readouterr().err)
    assert [one["kind"] for one in report(folder)["reasons"]] == [kind]
    assert said[0] != said[1] and all(one.count("\n") == 1 for one in said)
    assert not said[0].isascii() and not (folder / "plan.csv").exists()


@pytest.mark.parametrize("option", ["--within=0", "--detour=nan", "--rounds=-1", "--sites=x", "--measure=best"])
def test_options_out_of_range_are_refused(folder: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    with pytest.raises(SystemExit) as ended:
        plan_sites.main([*words(folder), option])
    assert ended.value.code == 2 and "usage" in capsys.readouterr().err


def test_every_sentence_of_the_kernel_is_known_to_the_catalogue() -> None:
    said = {words for path in (PROJECT / "src/pianqu/kernels/siting").glob("*.py") for words in sentences(path)}
    assert said == set(SITING)


def sentences(path: Path) -> list[str]:
    return [node.args[0].value for node in ast.walk(ast.parse(path.read_text())) if is_saying(node)]  # type: ignore[attr-defined]


def is_saying(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"say", "BadQuestion"}


def test_the_command_tells_which_plans_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert plan.main([]) == 2 and plan.main(["--help"]) == 0 and plan.main(["palaces"]) == 2
    assert "pianqu plan sites" in capsys.readouterr().out
