"""`pianqu catch-up`: a ledger whose database was put back is completed from a copy, and may sign again."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

import django
from django.utils import timezone

from pianqu.composition.commands.installed import installed
from pianqu.foundation.errors import Refused, Unavailable
from pianqu.foundation.following import Remote, Source, Trouble, entries, newest, origin_hash, proven


def main(argv: list[str]) -> int:
    """Complete the ledger; 0 when it may sign again."""
    asked = _arguments(argv)
    installed(asked.data)
    django.setup()
    ledger = import_module("pianqu.rooms.ledger.queries")
    said = []
    for url in [asked.source] if asked.source else [one.url for one in ledger.mirrors()]:
        try:
            sys.stdout.write(_from(_source(url, ledger.log().origin), url))
            return 0
        except (Trouble, Refused) as problem:
            said.append(f"{url}: {problem}")
    if not said:
        raise Unavailable("no-mirror", "No mirror is known here: name one with --from URL. Nothing was changed.")
    sys.stderr.write("\n".join(said) + "\n")
    return 1


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pianqu catch-up",
        description=(
            "After an old backup was restored: take over from a mirror what the ledger had signed since. Stop the worker "
            "first. 恢复旧备份之后，从镜像补齐账本已签署的记录；请先停止后台。"
        ),
    )
    parser.add_argument(
        "--from", dest="source", default="", metavar="URL", help="the mirror; every known one if not said 镜像地址"
    )
    parser.add_argument("--data", type=Path, help="data folder 数据文件夹")
    return parser.parse_args(argv)


def _source(url: str, origin: str) -> Remote:
    """A mirror's address names the log by its hash; the log's own address is taken as it stands."""
    base = url.rstrip("/")
    return Remote(base if base.endswith("/open/ledger") else f"{base}/{origin_hash(origin)}")


def _from(source: Source, url: str) -> str:
    ledger = import_module("pianqu.rooms.ledger.queries")
    services = import_module("pianqu.rooms.ledger.services")
    begin = ledger.sealed_size()
    signed = newest(source, services.verifiers())
    tree = proven(source, signed.body)
    leaves: list[bytes] = []
    for bundle in entries(source, tree, begin):
        leaves += bundle
    system = import_module("pianqu.composition.chores").system_actor()
    done = services.catch_up(
        actor=system,
        checkpoint=signed.note,
        leaves=leaves[begin % 256 :],
        source=url,
        now=timezone.now(),
    )
    return (
        f"Caught up to {done.size} entries from {url}: {done.recognised} were still here, {done.lost} came back without their "
        f"content, {done.renumbered} recorded since stand behind them. The ledger may sign again. 已补齐，账本可以继续签署。\n"
    )
