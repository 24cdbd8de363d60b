"""`pianqu declare-dead`: nobody can show any more what the ledger signed; it ends, and another begins over the same entries."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

import django
from django.utils import timezone

from pianqu.composition.commands.installed import installed
from pianqu.composition.supervise import alone
from pianqu.foundation.errors import Invalid, Refused, Unavailable


def main(argv: list[str]) -> int:
    """End the ledger and begin the next; 0 when that is done."""
    asked = _arguments(argv)
    env = installed(asked.data)
    try:
        with alone(env.data, "./pianqu declare-dead"):
            return _end(asked.yes, asked.reason)
    except Unavailable as problem:
        if problem.code != "already-up":
            raise
        sys.stderr.write(
            f"pianqu is running on {env.data}. Stop it first; nothing was changed. 请先停止程序；未作任何更改。\n"
        )
        return 1


def _end(confirm: str, reason: str) -> int:
    django.setup()
    origin = import_module("pianqu.rooms.ledger.queries").log().origin
    services = import_module("pianqu.rooms.ledger.services")
    actor = import_module("pianqu.composition.chores").system_actor()
    try:
        done = services.declare_dead(actor=actor, confirm=confirm or _typed(origin), reason=reason, now=timezone.now())
    except (Refused, Invalid) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(
        f"{done.old} has ended. {done.new} goes on with {done.size} entries; its key is\n{done.vkey}\n"
        f"What the old one signed is kept in {done.folder}. Receipts of it still verify with its own keys.\n"
        "Teach the new key to every witness (pianqu witness --log KEY), mirror and neighbouring district by hand: they "
        "answer that they do not know this ledger until then.\n"
        "旧账本已终止，新账本从现有条目继续；请把新公钥逐一告知见证方、镜像和相邻片区。\n"
    )
    return 0


def _typed(origin: str) -> str:
    sys.stdout.write(
        f"This ends the ledger {origin} for good. Try ./pianqu catch-up first. "
        "To go on, type its name. 此操作不可撤销；请输入账本名称确认：\n> "
    )
    sys.stdout.flush()
    return sys.stdin.readline().strip()


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pianqu declare-dead",
        description=(
            "Only where nobody holds a copy of what was signed, or the ledger told two histories: end it and begin another "
            "over the same entries. Stop the worker first. 仅当无人持有已签署内容的副本或账本已分叉时使用；请先停止后台。"
        ),
    )
    parser.add_argument("--reason", required=True, help="why, shown to everybody 原因，将公开")
    parser.add_argument("--yes", default="", metavar="ORIGIN", help="the ledger's name, instead of typing it 账本名称")
    parser.add_argument("--data", type=Path, help="data folder 数据文件夹")
    return parser.parse_args(argv)
