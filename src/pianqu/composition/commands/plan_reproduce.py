"""`pianqu plan reproduce`: a plan of clusters or cells computed again from what the ledger says, or from two files."""

import argparse
from pathlib import Path

from pianqu.composition import prepare
from pianqu.composition.commands.installed import installed
from pianqu.composition.planning.answering import answered

EPILOGUE = """FACT is the id of an entry planning.plan-computed or planning.draft-adopted; it is looked up in the installation.
With --units and --record (downloaded from a published plan: units-….json, plan-….json) no installation is needed; FACT then names
the plan that is meant, or is left out. Exit code 0: the same; 1: another plan, or changes that do not fit; 2: a file is no use.
退出码：0 一致，1 不一致，2 文件有误。"""


def main(argv: list[str]) -> int:
    """0: computed again and the same; 1: not the same; 2: nothing to compute from."""
    parser = _parser()
    asked = parser.parse_args(argv)
    if (asked.units is None) != (asked.record is None):
        parser.error("--units and --record belong together 须同时给出")
    if asked.units is None:
        if asked.fact is None:
            parser.error("name an entry of the ledger, or give --units and --record 请给出账本条目或两个文件")
        installed(asked.data)
        prepare.prepare(empty=True)
    return answered("reproducing", "reproduce", asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pianqu plan reproduce",
        description="Compute a plan again and compare it with its record. 重算方案并与记录比对。",
        epilog=EPILOGUE,
    )
    add = parser.add_argument
    add("fact", nargs="?", metavar="FACT", help="entry of the ledger 账本条目编号")
    add("--units", type=Path, metavar="FILE", help="units-….json 规划单元")
    add("--record", type=Path, metavar="FILE", help="plan-….json 方案记录")
    add("--data", type=Path, metavar="FOLDER", help="data folder of the installation 数据文件夹")
    return parser
