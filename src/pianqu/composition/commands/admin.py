"""`pianqu admin add LOGIN`: a one-time password for an administrator, where nobody can give one on the pages any more."""

import argparse
import os
from importlib import import_module
from pathlib import Path

from pianqu.composition import prepare


def main(argv: list[str]) -> int:
    """Add one; 0 when it is done."""
    asked = _arguments(argv)
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    prepare.prepare(empty=True)
    code = int(import_module("pianqu.composition.administrators").run(asked.login, asked.name))
    import_module("pianqu.composition.wiring").seal_and_drain()
    return code


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pianqu admin",
        description="Who may do everything on the pages 管理员. For whoever owns the machine; the ledger records it 记入账本.",
    )
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add = acts.add_parser("add", help="make or renew an administrator; prints a one-time password 新增或重发管理员")
    add.add_argument("login", metavar="LOGIN", help="sign-in name 登录名")
    add.add_argument("--name", default="", help="how colleagues call them 称呼")
    add.add_argument("--data", type=Path, help="data folder 数据文件夹")
    return parser.parse_args(argv)
