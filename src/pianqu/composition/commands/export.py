"""`pianqu export`: what the installation holds, as files that other systems read."""

import argparse
import os
from datetime import date
from importlib import import_module
from pathlib import Path

from pianqu.composition import prepare


def main(argv: list[str]) -> int:
    """Write one file."""
    asked = _arguments(argv)
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    prepare.prepare(empty=True)
    return int(import_module("pianqu.composition.importing.grid").write(asked.file, on=asked.on, crs=asked.crs))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write 2026-03-01 请写 2026-03-01")


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pianqu export", description="Write data for other systems 导出数据.")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    grid = kinds.add_parser("grid", help="cells and clusters as GeoJSON 网格与片区")
    grid.add_argument("file", type=Path, metavar="FILE", help="GeoJSON")
    grid.add_argument("--on", type=_day, metavar="DAY", help="the grid of this day (today) 哪一天的网格")
    grid.add_argument("--crs", choices=("WGS84", "CGCS2000", "GCJ-02"), default="WGS84", help="coordinates 坐标系")
    grid.add_argument("--data", type=Path, help="data folder 数据文件夹")
    return parser.parse_args(argv)
