"""`pianqu replay READER`: derived rows are thrown away and made again from the facts; `tiles`: the tree from the entries."""

import argparse
import sys
from importlib import import_module

import django

TILES = "tiles"


def main(argv: list[str]) -> int:
    """Replay one reader and say how many facts it heard."""
    django.setup()
    wiring = import_module("pianqu.composition.wiring")
    names = [*(reader.name for reader in wiring.READERS), TILES]
    parser = argparse.ArgumentParser(
        prog="pianqu replay", description="Let a reader hear every fact again 重读全部事实。"
    )
    parser.add_argument("reader", choices=names, help="which reader, or the ledger's own tree 读者，或账本的树")
    asked = parser.parse_args(argv)
    if asked.reader == TILES:
        services = import_module("pianqu.rooms.ledger.services")
        services.rebuild_tiles()
        sys.stdout.write("The tree was made anew from the entries, and leads to what was signed.\n")
        return 0
    sys.stdout.write(f"{asked.reader} heard {wiring.replay(asked.reader)} facts.\n")
    return 0
