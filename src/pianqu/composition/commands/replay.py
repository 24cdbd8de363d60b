"""`pianqu replay READER`: derived rows are thrown away and made again from the facts."""

import argparse
import sys
from importlib import import_module

import django


def main(argv: list[str]) -> int:
    """Replay one reader and say how many facts it heard."""
    django.setup()
    wiring = import_module("pianqu.composition.wiring")
    names = [reader.name for reader in wiring.READERS]
    parser = argparse.ArgumentParser(
        prog="pianqu replay", description="Let a reader hear every fact again 重读全部事实。"
    )
    parser.add_argument("reader", choices=names, help="which reader 读者")
    asked = parser.parse_args(argv)
    sys.stdout.write(f"{asked.reader} heard {wiring.replay(asked.reader)} facts.\n")
    return 0
