"""`pianqu work`: the worker alone, for installations that have their own supervisor."""

import argparse
from importlib import import_module

from pianqu.composition.prepare import prepare
from pianqu.composition.worker import work


def main(argv: list[str]) -> int:
    """Seal and deliver until told to stop."""
    argparse.ArgumentParser(prog="pianqu work", description="Only the worker 只启动后台。").parse_args(argv)
    prepare(empty=True)
    work(import_module("pianqu.composition.wiring").seal_and_drain)
    return 0
