"""`pianqu bench table`: runs side by side, from the files that --json wrote."""

import argparse
import sys
from importlib import import_module
from pathlib import Path


def main(argv: list[str]) -> int:
    """Print one table for each kind of measurement."""
    parser = argparse.ArgumentParser(
        prog="pianqu bench table", description="Runs side by side, a column for each database and size 测速结果并列。"
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what --json wrote 由 --json 写出的文件")
    asked = parser.parse_args(argv)
    tables = import_module("pianqu.composition.bench.tables")
    sys.stdout.write(tables.tables([tables.read(path) for path in asked.files]))
    return 0
