"""`pianqu bench triage`: categories from words and departments from kind and place, on real matters beside simple methods."""

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from pianqu.composition.bench.report import finish, options

HOME = Path(__file__).resolve().parents[4]
DATA = Path(os.environ.get("PIANQU_SHARED_DATA", HOME.parent / "shared/data"))


def main(argv: list[str]) -> int:
    """Measure what the data that is here allows."""
    parser = options("triage", "Suggestions of categories and departments, beside simple methods 分类建议测评。")
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="where the data sets lie 数据集目录")
    asked = parser.parse_args(argv)
    titles = asked.data / "requests_zh/titles_labelled_dev.csv"
    matters = asked.data / "boston311/boston311_2015_jan_sep.csv.gz"
    if not (titles.exists() and matters.exists()):
        parser.exit(2, f"The data sets requests_zh and boston311 are not in {asked.data}. 未找到数据集。\n")
    if find_spec("sklearn") is None:
        parser.exit(2, "scikit-learn is not installed here: add the extra “insight”. 未安装 scikit-learn。\n")
    measure = import_module("pianqu.composition.bench.triage").measure
    return finish(asked, "Suggestions", measure(titles, matters, quick=asked.quick))
