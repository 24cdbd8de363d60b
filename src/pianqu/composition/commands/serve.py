"""`pianqu serve`: the web server alone, for installations that have their own supervisor."""

import argparse

from pianqu.composition.env import current
from pianqu.composition.prepare import prepare
from pianqu.composition.web import serve


def main(argv: list[str]) -> int:
    """Serve until told to stop."""
    argparse.ArgumentParser(prog="pianqu serve", description="Only the web server 只启动网页。").parse_args(argv)
    prepare(empty=True)
    serve(current())
    return 0
