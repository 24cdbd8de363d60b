"""`pianqu bench planning`: clusters, grids laid over one another and sites, beside METIS alone, gerrychain and HiGHS alone."""

import os
import sys
from argparse import Namespace
from importlib import import_module
from pathlib import Path
from typing import Any

from pianqu.composition.bench.report import Row, finish, options

SHARED = Path(__file__).resolve().parents[5] / "shared" / "data"
"""Known instances that are read and not shipped."""


def main(argv: list[str]) -> int:
    """Measure without a database; what others need is kept in the data folder's cache."""
    parser = options("planning", "Clusters, grids and sites, beside what others reach 片区、叠合、选址测评。")
    parser.add_argument(
        "--part", action="append", metavar="NAME", choices=[*PARTS], help="only this part; may be repeated 只测某部分"
    )
    data = Path(os.environ.get("PIANQU_DATA") or "data")
    parser.add_argument(
        "--cache", type=Path, default=data / "cache", metavar="FOLDER", help="for environments of others 缓存文件夹"
    )
    parser.add_argument(
        "--seconds", type=int, default=20, metavar="N", help="others get so many for each instance 对照时长"
    )
    asked = parser.parse_args(argv)
    found = [row for part in asked.part or PARTS for row in PARTS[part](asked)]
    return finish(asked, "Planning", found)


def _overlay(asked: Namespace) -> list[Row]:
    return list(_module("overlay").measure(quick=asked.quick))


def _clusters(asked: Namespace) -> list[Row]:
    cache = asked.cache.expanduser().resolve()
    return list(_module("clusters").measure(quick=asked.quick, cache=cache, seconds=asked.seconds))


def _sites(asked: Namespace) -> list[Row]:
    if not (SHARED / "pmed").is_dir():
        sys.stderr.write(f"The known instances are not in {SHARED}: sites are not measured 缺少公开算例，未测选址。\n")
        return []
    budget = 1.0 if asked.quick else float(asked.seconds)
    return list(_module("sites").measure(SHARED, quick=asked.quick, budget=budget))


def _module(name: str) -> Any:
    return import_module(f"pianqu.composition.bench.planning.{name}")


PARTS = {"overlay": _overlay, "clusters": _clusters, "sites": _sites}
