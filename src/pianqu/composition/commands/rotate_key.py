"""`pianqu rotate-key`: the ledger signs with a new key, for a while beside the old one."""

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.utils import timezone

from pianqu.composition.commands.installed import installed

OVERLAP_DAYS = 90
EPILOG = (
    "Both keys sign until the days are over, so that whoever knows the old key learns the new one in time: witnesses "
    "(pianqu witness --log KEY), districts that exchange matters, people who keep receipts. If the old key is lost or "
    "stolen, --days 0 lets only the new one sign from now on; then give it to everybody by hand. "
    "新旧两把密钥在重叠期内同时签名；旧密钥遗失或泄露时用 --days 0，并另行告知各方新公钥。"
)


def main(argv: list[str]) -> int:
    """Rotate, end the overlap, or only show; 0 when it is done."""
    asked = _arguments(argv)
    installed(asked.data)
    django.setup()
    ledger = import_module("pianqu.rooms.ledger.queries")
    if not asked.show:
        _change(asked)
    sys.stdout.write(_told(ledger.log()))
    return 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pianqu rotate-key",
        description="Let the ledger sign with a new key; its name stays. 账本换密钥，名称不变。",
        epilog=EPILOG,
    )
    parser.add_argument("--data", type=Path, help="data folder 数据文件夹")
    act = parser.add_mutually_exclusive_group()
    act.add_argument(
        "--days",
        type=int,
        default=OVERLAP_DAYS,
        help=f"for so long both keys sign, {OVERLAP_DAYS} if not said 重叠天数",
    )
    act.add_argument("--retire-old", action="store_true", help="only the newest key signs from now on 立即停用旧密钥")
    act.add_argument("--show", action="store_true", help="only show the keys 只显示密钥")
    return parser.parse_args(argv)


def _change(asked: argparse.Namespace) -> None:
    services = import_module("pianqu.rooms.ledger.services")
    actor = import_module("pianqu.composition.chores").system_actor()
    if asked.retire_old:
        services.retire_keys(actor=actor, now=timezone.now())
    else:
        services.prepare_key()
        services.rotate_key(actor=actor, days=asked.days, now=timezone.now())
    import_module("pianqu.composition.wiring").seal()


def _told(log: Any) -> str:
    lines = [log.origin]
    now = timezone.now()
    for key in log.keys:
        until = f" until {key.until_at:%Y-%m-%d %H:%M %Z}" if key.until_at else ""
        state = (
            f"signs{until} 在用" if key.signs_at(now) else f"signs no more, since{until.removeprefix(' until')} 停用"
        )
        lines.append(f"  {key.number}  {key.vkey}  {state}")
    return "\n".join(lines) + "\n"
