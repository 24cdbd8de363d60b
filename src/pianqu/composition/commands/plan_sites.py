"""`pianqu plan sites`: which of the candidates should be open, who goes where, who has too far, what one more would bring."""

import argparse
from pathlib import Path

from pianqu.composition.planning.answering import answered
from pianqu.kernels.siting.walking import DETOUR

EPILOGUE = """Demand 需求点: code 编码, name 名称, lon 经度, lat 纬度, and one of weight 权重, population 人口, households 户数,
cases 办件数. Candidates 候选点: code 编码, name 名称, lon 经度, lat 纬度, capacity 容量, state 状态 (保留 keep, 可撤 may close,
候选 candidate, 禁用 forbidden). Exit code 0: a plan; 1: there is none, the report says why; 2: a file cannot be used.
退出码：0 有方案，1 无可行方案（原因见报告），2 文件有误。"""


def main(argv: list[str]) -> int:
    """0: a plan was written; 1: none is possible or none was found; 2: the files cannot be used."""
    return answered("running", "sites", _parser().parse_args(argv))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pianqu plan sites",
        description="Choose sites among candidates, from files to files. 从候选点中选出服务阵地，全程只用文件。",
        epilog=EPILOGUE,
    )
    add = parser.add_argument
    add("--in", dest="demand", type=Path, required=True, metavar="FILE", help="demand: .csv, .xlsx, .geojson 需求点")
    add("--candidates", type=Path, required=True, metavar="FILE", help="candidate sites, the same formats 候选点")
    add("--out", type=Path, required=True, metavar="FILE", help="the plan: .geojson, .csv or .xlsx 方案")
    add("--report", type=Path, metavar="FILE", help="JSON report (default: beside the plan) 报告")
    add("--sites", type=int, required=True, metavar="N", help="how many are open in the end 开放总数")
    add(
        "--measure",
        choices=("median", "centre", "coverage"),
        default="median",
        help="shortest way of all together 总路程最短, shortest longest way 最远者最近, most within the limit 覆盖最多",
    )
    add("--within", type=_minutes, default=15.0, metavar="MINUTES", help="limit of a walk (15) 步行分钟")
    add(
        "--weight",
        default="",
        choices=("weight", "population", "households", "cases"),
        help="column that counts 以何计数",
    )
    add("--crs", choices=("WGS84", "CGCS2000", "GCJ-02"), default="WGS84", help="coordinates 坐标系")
    add("--detour", type=_detour, default=DETOUR, help=f"way by straight line ({DETOUR}) 绕行系数")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--streets", type=Path, metavar="FILE", help="lines of streets, GeoJSON 道路线")
    ways.add_argument("--costs", type=Path, metavar="FILE", help="table: point 需求点, site 候选点, metres 米 距离表")
    add("--leave-out", action="store_true", help="leave out points that reach no candidate 略去到不了的需求点")
    add("--seed", type=int, default=1, help="the same seed gives the same plan (1) 随机种子")
    add("--rounds", type=_rounds, default=300, help="shakes of the search (300) 搜索轮数")
    return parser


def _minutes(text: str) -> float:
    return _between(text, 0.5, 600, "MINUTES are from 0.5 to 600 分钟数应在 0.5 到 600 之间")


def _detour(text: str) -> float:
    return _between(text, 1, 5, "the detour is from 1 to 5 绕行系数应在 1 到 5 之间")


def _rounds(text: str) -> int:
    return int(_between(text, 0, 100_000, "rounds are from 0 to 100000 轮数应在 0 到 100000 之间"))


def _between(text: str, low: float, high: float, sentence: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(sentence)
    return value
