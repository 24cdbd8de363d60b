"""`pianqu plan cells`: buildings or units joined to grid cells of so many households, and micro-cells within them."""

import argparse

from pianqu.composition.commands.plan_clusters import add_files, whole
from pianqu.composition.planning.answering import answered

MOST = 1_000_000
EPILOGUE = """Units 单元: .geojson or shapefile .zip of areas; or .csv, .xlsx with --adjacent, or with lon 经度, lat 纬度 and
--near. Columns: code 编码, name 名称, households 户数, workload 工作量. Buildings that do not touch need --near. Exit code 0: a
plan; 1: there is none, or none was found (then the nearest is written), the report says why; 2: a file cannot be used;
3: stopped by Ctrl-C, and the best found until then is written.
退出码：0 有方案，1 不可划分或没有找到（没有找到时写出最接近的方案；原因见报告），2 文件有误，3 按 Ctrl-C 停下
（已写出当时最好的方案）。"""


def main(argv: list[str]) -> int:
    """0: a plan was written; 1: none is possible or none was found; 2: the files cannot be used; 3: stopped by Ctrl-C."""
    return answered("clustering", "cells", _parser().parse_args(argv))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pianqu plan cells",
        description="Join buildings to grid cells and micro-cells, from files to files. 把楼栋划成网格和微网格，全程只用文件。",
        epilog=EPILOGUE,
    )
    add_files(parser)
    add = parser.add_argument
    add("--cell", type=band, default=(300, 500), metavar="LEAST-MOST", help="households of a cell (300-500) 网格户数")
    add(
        "--micro",
        type=_band_or_none,
        default=(50, 80),
        metavar="LEAST-MOST",
        help="of a micro-cell, or none (50-80) 微网格",
    )
    add("--whole", default="", metavar="FIELD", help="column of the building that a unit is in 楼栋列")
    add("--work", type=whole(1, 2**40), metavar="N", help="most workload of a cell 网格工作量上限")
    return parser


def band(text: str) -> tuple[int, int]:
    """A type of option: least and most."""
    least, _dash, most = text.replace("—", "-").replace("–", "-").partition("-")
    if not (least.isdecimal() and most.isdecimal() and 1 <= int(least) <= int(most) <= MOST):
        raise argparse.ArgumentTypeError("LEAST-MOST households, such as 300-500 应写成 300-500")
    return int(least), int(most)


def _band_or_none(text: str) -> tuple[int, int] | None:
    return None if text in {"none", "无"} else band(text)
