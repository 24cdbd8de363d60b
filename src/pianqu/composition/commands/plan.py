"""`pianqu plan NAME`: plans from files to files, without a server and without a database."""

import sys
from importlib import import_module

PACKAGE = "pianqu.composition.commands"
NAMES = {
    "merge": ("plan_merge", "every department's grid merged into one 多网合一"),
    "clusters": ("plan_clusters", "cells or communities joined to clusters 片区规划"),
    "cells": ("plan_cells", "buildings joined to grid cells 网格规划"),
    "reproduce": ("plan_reproduce", "a plan computed again from its record 重算方案"),
    "sites": ("plan_sites", "where service points should be 阵地选址"),
}


def main(argv: list[str]) -> int:
    """Run one kind of plan."""
    if not argv or argv[0] not in NAMES:
        lines = [f"  pianqu plan {name:<9} {words}\n" for name, (_module, words) in NAMES.items()]
        sys.stdout.write("Plans 规划:\n" + "".join(lines) + "Each has --help.\n")
        return 0 if argv and argv[0] in {"-h", "--help"} else 2
    return int(import_module(f"{PACKAGE}.{NAMES[argv[0]][0]}").main(argv[1:]))
