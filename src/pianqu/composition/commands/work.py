"""`pianqu work`: the worker alone, for installations that have their own supervisor."""

import argparse

from pianqu.composition import worker
from pianqu.composition.prepare import prepare


def main(argv: list[str]) -> int:
    """Seal and deliver until told to stop."""
    argparse.ArgumentParser(prog="pianqu work", description="Only the worker 只启动后台。").parse_args(argv)
    prepare(empty=True)
    worker.main()
    return 0
