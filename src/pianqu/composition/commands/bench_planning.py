"""`pianqu bench planning`: plans of clusters on planted, known and real instances, beside METIS alone and gerrychain."""

import os
from importlib import import_module
from pathlib import Path

from pianqu.composition.bench.report import Row, finish, options

PARTS = {"clusters": "pianqu.composition.bench.planning.clusters"}
"""Each part's module, whose `measure` answers its figures."""


def main(argv: list[str]) -> int:
    """Measure without a database; what others need is kept in the data folder's cache."""
    parser = options("planning", "Clusters, beside METIS alone and gerrychain 片区规划测评。")
    parser.add_argument(
        "--part", action="append", metavar="NAME", choices=[*PARTS], help="only this part; may be repeated 只测某部分"
    )
    data = Path(os.environ.get("PIANQU_DATA") or "data")
    parser.add_argument(
        "--cache", type=Path, default=data / "cache", metavar="FOLDER", help="for environments of others 缓存文件夹"
    )
    parser.add_argument(
        "--seconds", type=int, default=20, metavar="N", help="gerrychain gets so many for each instance 对照时长"
    )
    asked = parser.parse_args(argv)
    found: list[Row] = []
    for part in asked.part or PARTS:
        measure = import_module(PARTS[part]).measure
        found += measure(quick=asked.quick, cache=asked.cache.expanduser().resolve(), seconds=asked.seconds)
    return finish(asked, "Planning", found)
