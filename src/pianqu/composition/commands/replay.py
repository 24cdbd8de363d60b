"""`pianqu replay READER`: derived rows are thrown away and made again from the facts; `tiles`: the tree from the entries;
`gm`: that of the twin by the national standards."""

import argparse
import sys
from importlib import import_module

import django

TILES = "tiles"
GM = "gm"


def main(argv: list[str]) -> int:
    """Replay one reader and say how many facts it heard."""
    django.setup()
    wiring = import_module("pianqu.composition.wiring")
    names = [*(reader.name for reader in wiring.READERS), TILES, GM]
    parser = argparse.ArgumentParser(
        prog="pianqu replay", description="Let a reader hear every fact again 重读全部事实。"
    )
    parser.add_argument("reader", choices=names, help="which reader, or the ledger's own tree 读者，或账本的树")
    parser.add_argument(
        "--new-key", action="store_true", help="with gm: it signs with a new SM2 key from now on 国密账换新密钥"
    )
    asked = parser.parse_args(argv)
    if asked.new_key and asked.reader != GM:
        parser.error("--new-key belongs to gm")
    if asked.reader == GM:
        return _twin(new_key=asked.new_key)
    if asked.reader == TILES:
        services = import_module("pianqu.rooms.ledger.services")
        services.rebuild_tiles()
        sys.stdout.write("The tree was made anew from the entries, and leads to what was signed.\n")
        return 0
    sys.stdout.write(f"{asked.reader} heard {wiring.replay(asked.reader)} facts.\n")
    return 0


def _twin(*, new_key: bool) -> int:
    services = import_module("pianqu.rooms.ledger.services")
    if new_key:
        vkey = services.renew_twin_key()
        sys.stdout.write(f"The twin signs with a new key from now on; the ledger itself will tell so:\n{vkey}\n")
    size = services.rebuild_twin()
    sys.stdout.write(f"The twin's tree of {size} entries was made anew from them, and leads to what it signed.\n")
    return 0
