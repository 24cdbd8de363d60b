"""`pianqu plan merge`: every department's grid laid over the others: what belongs to whom, what to nobody, what twice."""

import argparse
from pathlib import Path

from pianqu.composition.commands.plan_cells import band
from pianqu.composition.commands.plan_clusters import whole
from pianqu.composition.planning.answering import answered
from pianqu.kernels.overlay.refining import TOLERANCE_M

MOST_M = 100.0
EPILOGUE = """Grids 网格: GeoJSON, a shapefile in a zip 压缩的 shapefile, or a table 代码表 (.csv, .xlsx) of codes in which
one more column has the name of another grid and holds that grid's codes 另有一列以另一张网的名称为列名，填那张网的编码.
Households 住户点: code 编码, lon 经度, lat 纬度, and one of weight 权重, population 人口, households 户数, cases 办件数; with
them the crosswalk is exact, without them it goes by area 有住户点则对照表准确，没有则按面积.
Exit code 0: written; 2: something cannot be used, and nothing was written. 退出码：0 已写出，2 文件有误、什么都没写。"""


def main(argv: list[str]) -> int:
    """0: everything was written; 2: the files cannot be used."""
    return answered("merging", "merge", _parser().parse_args(argv))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pianqu plan merge",
        description="Merge every department's grid, from files to files. 多网合一：把各部门的网格叠成一张，全程只用文件。",
        epilog=EPILOGUE,
    )
    add = parser.add_argument
    add(
        "--in",
        dest="grids",
        type=_named_file,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="a department's grid, once for each 一张网，可多次",
    )
    add("--out", type=Path, required=True, metavar="FOLDER", help="where the files are written 输出文件夹")
    add("--district", type=Path, metavar="FILE", help="the district's area, so that nothing is missed 区界")
    add("--households", type=Path, metavar="FILE", help="points with counts: .csv, .xlsx, .geojson 住户点")
    add(
        "--duties",
        type=_named_file,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="what a grid's cells do: code 编码, duties 职责, workers 网格员 职责表",
    )
    add("--cells", type=band, metavar="LEAST-MOST", help="propose merged cells of so many households 建议新网格的户数")
    add("--within", default="", metavar="NAME", help="cells lie within this grid's shapes, as communities 不跨哪张网")
    add("--seed", type=whole(0, 2**31), default=1, help="of proposed cells: the same seed, the same cells (1) 随机种子")
    add("--effort", type=whole(1, 100_000), default=1_000, metavar="STEPS", help="of proposed cells (1000) 每块步数")
    add(
        "--old", type=Path, metavar="FILE", help="table of codes of an earlier edition, code 编码, name 名称 旧版代码表"
    )
    add("--new", type=Path, metavar="FILE", help="the same of the new edition; parent 上级编码 新版代码表")
    add(
        "--tolerance",
        type=_tolerance,
        default=TOLERANCE_M,
        metavar="METRES",
        help=f"narrower slivers are drawing errors ({TOLERANCE_M:g}) 细缝容差（米）",
    )
    add("--keep", default="", metavar="NAME", help="the grid whose borders do not move 边界不动的一张网")
    add(
        "--code",
        dest="codes",
        type=_named,
        action="append",
        default=[],
        metavar="NAME=COLUMN",
        help="where a grid's codes stand, if not found by itself 编码所在列",
    )
    add(
        "--crs",
        dest="systems",
        type=_named,
        action="append",
        default=[],
        metavar="NAME=SYSTEM",
        help="WGS84, CGCS2000, GCJ-02 or EPSG:NUMBER, instead of what the file says; NAME may be district or households 坐标系",
    )
    return parser


def _named(text: str) -> tuple[str, str]:
    name, _equals, value = text.partition("=")
    if not name.strip() or not value.strip():
        raise argparse.ArgumentTypeError("please write NAME=VALUE 请写成 名称=值")
    return name.strip(), value.strip()


def _named_file(text: str) -> tuple[str, Path]:
    name, value = _named(text)
    return name, Path(value)


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= MOST_M:
        raise argparse.ArgumentTypeError(f"METRES are from 0 to {MOST_M:g} 容差应在 0 到 {MOST_M:g} 米之间")
    return value
