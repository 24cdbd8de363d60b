"""`pianqu verify FILE|log`: a receipt with nothing but a public key, or the whole ledger of this installation."""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

import django

from pianqu.composition.commands import verify_mirror
from pianqu.composition.env import current
from pianqu.kernels import receipt
from pianqu.kernels.note import NoteError
from pianqu.kernels.receipt import ReceiptError, Verdict


def main(argv: list[str]) -> int:
    """0: genuine, or all is well; 1: it does not hold; 2: it could not be read."""
    if argv[:1] == ["mirror"]:
        return verify_mirror.main(argv[1:])
    parser = argparse.ArgumentParser(
        prog="pianqu verify", description="Check a receipt, or the whole log. 核验回执或整个账本。"
    )
    parser.add_argument(
        "what", help="a receipt's file (.tlog-proof or the text of its QR code), or the word log 回执文件或 log"
    )
    parser.add_argument("--vkey", action="append", default=[], help="public key of the ledger, or a file with it 公钥")
    parser.add_argument("--data", type=Path, help="data folder whose key and log are meant (default ./data) 数据文件夹")
    asked = parser.parse_args(argv)
    if asked.data or not os.environ.get("PIANQU_DATA"):
        home = Path(os.environ.get("PIANQU_HOME", "."))
        os.environ["PIANQU_DATA"] = str((asked.data or home / "data").resolve())
    return _log() if asked.what == "log" else _receipt(Path(asked.what), asked.vkey)


def _receipt(path: Path, vkeys: list[str]) -> int:
    keys = tuple(Path(key).read_text(encoding="utf-8") if Path(key).is_file() else key for key in vkeys)
    try:
        verdict = receipt.verify(receipt.parse(path.read_text(encoding="utf-8")), keys or (_own_key(),))
    except (OSError, UnicodeDecodeError, ReceiptError, NoteError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(_told(verdict))
    return 0 if verdict.genuine else 1


def _told(verdict: Verdict) -> str:
    lines = [verdict.message]
    if verdict.payload and verdict.leaf:
        lines += [
            f"Recorded: {verdict.leaf.kind} by {verdict.leaf.organisation_code}, {verdict.payload['at']}",
            f"Entry {(verdict.index or 0) + 1} of {verdict.size} in {verdict.origin}",
            "It does not show that what was recorded is true, and no outside witness has signed yet.",
        ]
    return "\n".join(lines) + "\n"


def _own_key() -> str:
    _check_there()
    django.setup()
    return str(import_module("pianqu.rooms.ledger.queries").log().vkey)


def _check_there() -> None:
    env = current()
    if not env.key_folder.exists():
        raise ReceiptError(f"There is no installation in {env.data}: name the ledger's public key with --vkey.")


def _log() -> int:
    try:
        _check_there()
    except ReceiptError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    django.setup()
    ledger = import_module("pianqu.rooms.ledger.queries")
    problems = list(ledger.audit())
    state = ledger.status()
    sys.stdout.write(f"{state.origin}: {state.size} entries sealed, {state.waiting} waiting\n")
    sys.stdout.writelines(f"WRONG: {problem}\n" for problem in problems)
    if not problems:
        sys.stdout.write("Every chain, position, tile and checkpoint holds.\n")
    return 1 if problems else 0
