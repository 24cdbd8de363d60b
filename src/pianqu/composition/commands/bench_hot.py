"""`pianqu bench hot`: messages with one cause are found and grouped, beside simple ways of grouping."""

import sys
from pathlib import Path

from pianqu.composition.bench.hot import measure
from pianqu.composition.bench.report import finish, options

TITLES = Path(__file__).parents[5] / "shared" / "data" / "requests_zh" / "hot_titles.csv"
"""Beside the checkout, where it was fetched; its owners allow no copy of it."""


def main(argv: list[str]) -> int:
    """Measure; the real titles only where their file lies."""
    parser = options("hot", "Groups of messages with one cause, against simple ways of grouping 热点归并测速。")
    parser.add_argument("--titles", type=Path, default=TITLES, metavar="FILE", help="id, time, title as CSV 标题文件")
    asked = parser.parse_args(argv)
    titles = asked.titles if asked.titles.is_file() else None
    if titles is None:
        sys.stdout.write(
            "The file of real titles is not here: only planted surges are measured 没有标题文件，只测合成数据。\n"
        )
    return finish(asked, "Hot issues", measure(quick=asked.quick, titles=titles))
