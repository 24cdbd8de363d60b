"""`pianqu plan clusters`: which units make one cluster, within a balance, with few borders cut and few boundaries split."""

import argparse
from collections.abc import Callable
from pathlib import Path

from pianqu.composition.planning.answering import answered

MOST = 50
"""Plans (`kernels.partition.front.MOST`, which is loaded only when it is needed)."""

EPILOGUE = """Units 单元: .geojson or shapefile .zip of areas, or .csv, .xlsx with --adjacent; code 编码, name 名称, population
人口, households 户数, workload 工作量. --adjacent and --bridges: unit 单元, neighbour 相邻单元, metres 米. --lock: code 编码,
cluster 片区 (1 to K). --centres: code 编码. Exit code 0: a plan; 1: there is none, or none was found (then the nearest is
written), the report says why; 2: a file cannot be used; 3: stopped by Ctrl-C, and the best found until then is written.
退出码：0 有方案，1 不可划分或没有找到（没有找到时写出最接近的方案；原因见报告），2 文件有误，3 按 Ctrl-C 停下
（已写出当时最好的方案）。"""


def main(argv: list[str]) -> int:
    """0: a plan was written; 1: none is possible or none was found; 2: the files cannot be used; 3: stopped by Ctrl-C."""
    return answered("clustering", "clusters", _parser().parse_args(argv))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pianqu plan clusters",
        description="Join units to connected clusters of like size, from files to files. 把单元划成片区，全程只用文件。",
        epilog=EPILOGUE,
    )
    add_files(parser)
    add = parser.add_argument
    add("--clusters", type=whole(1, 100_000), required=True, metavar="K", help="how many clusters 片区数")
    add("--tolerance", type=number(0, 1_000), default=5.0, metavar="PERCENT", help="allowed deviation (5) 允许偏差")
    add(
        "--balance",
        choices=("population", "households", "workload"),
        default="population",
        help="what is to be alike (population) 按什么均衡",
    )
    add("--lock", type=Path, metavar="FILE", help="table: code 编码, cluster 片区 锁定")
    add("--centres", type=Path, metavar="FILE", help="table: code 编码; no two in one cluster 中心")
    add("--now", default="", metavar="FIELD", help="column of each unit's present cluster 现片区列")
    add("--moved", type=whole(0, 1_000), default=1, metavar="N", help="weight of moved households (1) 搬动户数的权重")
    add(
        "--plans", type=whole(2, MOST), default=0, metavar="N", help="search so many, write all worth a choice 多个方案"
    )
    add("--workers", type=whole(1, 1_000), default=0, metavar="N", help="processes for --plans (as processors) 进程数")
    add("--ray", default="", metavar="ADDRESS", help="a Ray cluster for --plans, or local; extra cluster 集群地址")
    return parser


def add_files(parser: argparse.ArgumentParser) -> None:
    """What clusters and cells have in common."""
    add = parser.add_argument
    add("--in", dest="units", type=Path, required=True, metavar="FILE", help="units: .geojson, .zip, .csv, .xlsx 单元")
    add("--out", type=Path, required=True, metavar="FILE", help="the plan: .geojson, .csv or .xlsx 方案")
    add("--report", type=Path, metavar="FILE", help="JSON report (default: beside the plan) 报告")
    for role, words in (("code", "编码"), ("population", "人口"), ("households", "户数"), ("workload", "工作量")):
        add(
            f"--{role}",
            default="",
            metavar="FIELD",
            help=f"the column's name, if another 列名（默认 {role} 或 {words}）",
        )
    add(
        "--keep",
        type=_kept,
        default=[],
        metavar="FIELD[=N],…",
        help="columns of areas to keep whole, with weights 要保留的边界及权重",
    )
    add("--adjacent", type=Path, metavar="FILE", help="table of neighbours 相邻表")
    add("--bridges", type=Path, metavar="FILE", help="table of units joined by a bridge or ferry 连桥表")
    add(
        "--border",
        type=number(0, 1_000),
        default=2.0,
        metavar="METRES",
        help="shortest border that counts (2) 公共边下限",
    )
    add(
        "--near", type=number(0, 500), default=0.0, metavar="METRES", help="units this near are neighbours (0) 邻近距离"
    )
    add("--crs", default="", metavar="CRS", help="WGS84, CGCS2000, GCJ-02 or EPSG:… (default: as the file says) 坐标系")
    add("--seed", type=whole(0, 2**31), default=1, help="the same seed gives the same plan (1) 随机种子")
    add("--effort", type=whole(1, 100_000), default=1_000, metavar="STEPS", help="steps a unit (1000) 每单元步数")


def number(low: float, high: float) -> Callable[[str], float]:
    """A type of option: a number between these."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"a number from {low:g} to {high:g} 应在 {low:g} 到 {high:g} 之间")
        return value

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """Likewise a whole number."""

    def read(text: str) -> int:
        value = int(text) if text.strip().isdecimal() else low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"a whole number from {low} to {high} 应为 {low} 到 {high} 的整数")
        return value

    return read


def _kept(text: str) -> list[tuple[str, int]]:
    """Columns with how much each counts."""
    found = {}
    for part in text.replace("，", ",").split(","):
        name, _equals, weight = part.strip().partition("=")
        if not name or not (weight or "1").isdecimal() or not 0 <= int(weight or 1) <= 1_000:
            raise argparse.ArgumentTypeError(
                "FIELD or FIELD=N, N from 0 to 1000, with commas 列名或 列名=权重，逗号分开"
            )
        found[name] = int(weight or 1)
    return list(found.items())
