"""`pianqu bench breach`: whether lateness can be told beforehand, on Boston's requests of 2015, beside simple baselines."""

import sys
from importlib import import_module
from pathlib import Path

from pianqu.composition.bench.report import finish, options

SHARED = Path(__file__).resolve().parents[5] / "shared/data/boston311/boston311_2015_jan_sep.csv.gz"


def main(argv: list[str]) -> int:
    """Measure on a file that is not part of the house; without it, say so and do nothing."""
    parser = options("breach", "Whether lateness can be told beforehand 超期预判：准确度与校准。")
    parser.add_argument("--data", type=Path, default=SHARED, metavar="FILE", help="the requests, CSV in gzip 数据文件")
    asked = parser.parse_args(argv)
    if not asked.data.is_file():
        sys.stdout.write(f"{asked.data} is not there, so nothing was measured. 没有数据文件，未测。\n")
        return 0 if not asked.check else 2
    found = import_module("pianqu.composition.bench.breach").measure(asked.data, quick=asked.quick)
    return finish(asked, "Lateness told beforehand", found)
