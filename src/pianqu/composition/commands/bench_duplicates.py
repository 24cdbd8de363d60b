"""`pianqu bench duplicates`: whether altered copies of reports are found again, and how often somebody is asked for nothing."""

import sys
from importlib import import_module
from pathlib import Path

from pianqu.composition.bench.report import finish, options

SHARED = Path(__file__).resolve().parents[5] / "shared/data/requests_zh"


def main(argv: list[str]) -> int:
    """Measure on titles that are not part of the house; without them, say so and do nothing."""
    parser = options("duplicates", "Altered copies among real titles 重复诉求：找回率与误提示率。")
    parser.add_argument("--data", type=Path, default=SHARED, metavar="FOLDER", help="titles as CSV 标题文件夹")
    asked = parser.parse_args(argv)
    if not asked.data.is_dir():
        sys.stdout.write(f"{asked.data} is not there, so nothing was measured. 没有数据，未测。\n")
        return 0 if not asked.check else 2
    found = import_module("pianqu.composition.bench.duplicates").measure(asked.data, quick=asked.quick)
    return finish(asked, "Altered copies found again", found)
