"""`pianqu verify receipt FILE | log | mirror …`: a receipt under a policy, or the whole ledger of this installation."""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

import django

from pianqu.composition.commands import verify_chain, verify_mirror
from pianqu.composition.env import current
from pianqu.kernels import policy, receipt, twin
from pianqu.kernels.note import NoteError
from pianqu.kernels.policy import Policy, PolicyError
from pianqu.kernels.receipt import Receipt, ReceiptError
from pianqu.kernels.sm2 import NoSM2
from pianqu.kernels.sm3 import NoSM3

EPILOGUE = """pianqu verify FILE is pianqu verify receipt FILE. Without --policy and --vkey a receipt is judged by the policy
of the installation in the data folder. 0: genuine and witnessed as the policy asks, or all is well; 1: not so; 2: unreadable.
不写 --policy 与 --vkey 时，按数据文件夹里那一套的规则核验。0 属实且见证够数（或一切正常），1 不符或见证不够，2 读不出来。"""

UNREADABLE = 2


def main(argv: list[str]) -> int:
    """0: genuine and witnessed as the policy asks, or all is well; 1: it does not hold; 2: it could not be read."""
    if argv[:1] == ["mirror"]:
        return verify_mirror.main(argv[1:])
    is_file = argv[:1] == ["receipt"]
    asked = _parser().parse_args(argv[1:] if is_file else argv)
    if asked.data or not os.environ.get("PIANQU_DATA"):
        home = Path(os.environ.get("PIANQU_HOME", "."))
        os.environ["PIANQU_DATA"] = str((asked.data or home / "data").resolve())
    if asked.what == "log" and not is_file:
        return _log(asked.node)
    found = _receipt(Path(asked.what), asked.policy, asked.vkey)
    if asked.anchor is None or found == UNREADABLE:
        return found
    return max(found, verify_chain.receipt_on_chain(Path(asked.what), asked.anchor, asked.node))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pianqu verify",
        usage="pianqu verify [receipt] FILE [--policy FILE | --vkey KEY …] [--anchor FILE [--node URL]] [--data FOLDER]\n"
        "       pianqu verify log [--node URL] [--data FOLDER]\n       pianqu verify mirror URL|FOLDER --vkey KEY",
        description="Check a receipt, or the whole log. 核验回执或整个账本。",
        epilog=EPILOGUE,
    )
    parser.add_argument(
        "what", help="a receipt's file (.tlog-proof or the text of its QR code), or the word log 回执文件或 log"
    )
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument(
        "--policy", type=Path, help="file with ledger, witnesses and rule (C2SP tlog-policy) 见证规则文件"
    )
    trust.add_argument(
        "--vkey", action="append", default=[], help="public key of the ledger, or a file with it; asks no witness 公钥"
    )
    parser.add_argument(
        "--data", type=Path, help="data folder whose policy and log are meant (default ./data) 数据文件夹"
    )
    parser.add_argument(
        "--anchor", type=Path, help="the file chain.json: whether a chain holds what the receipt says 链上锚文件"
    )
    parser.add_argument("--node", default="", help="node of the chain, asked whether it does (JSON-RPC) 链节点地址")
    return parser


def _receipt(path: Path, policy_file: Path | None, vkeys: list[str]) -> int:
    try:
        given = receipt.parse(path.read_text(encoding="utf-8"))
        if twin.is_twin(given.checkpoint.partition("\n")[0]):
            return _twin_receipt(given, policy_file, vkeys)
        rule = receipt.read_trust(policy_file, vkeys) if policy_file or vkeys else _own_policy()
    except (OSError, UnicodeDecodeError, ReceiptError, NoteError, PolicyError, NoSM2, NoSM3) as error:
        sys.stderr.write(f"{receipt.unread(error)}\n")
        return UNREADABLE
    verdict = receipt.verify(given, rule)
    ended = [] if policy_file or vkeys else _ended(verdict.origin)
    sys.stdout.write("\n".join([verdict.message, *receipt.told(verdict, rule), *ended]) + "\n")
    return 0 if verdict.genuine else 1


def _twin_receipt(given: Receipt, policy_file: Path | None, vkeys: list[str]) -> int:
    """The proof of an entry in the twin by the national standards, under its own keys: a policy knows none of them."""
    if policy_file:
        raise ReceiptError("This is a proof by SM3 and SM2: name the twin's key with --vkey; a policy knows none.")
    if not vkeys:
        _check_there()
        django.setup()
        vkeys = list(import_module("pianqu.rooms.ledger.queries").twin_card().vkeys)
    verdict = twin.verify(given, twin.read_keys(vkeys))
    sys.stdout.write("\n".join([verdict.message, *twin.told(verdict)]) + "\n")
    return 0 if verdict.genuine else 1


def _own_policy() -> Policy:
    _check_there()
    django.setup()
    return policy.parse(import_module("pianqu.rooms.ledger.queries").policy_text().encode())


def _ended(origin: str) -> list[str]:
    """What to add where the receipt is of a log that was declared dead."""
    return [
        f"This ledger ended on {one.ended_at:%Y-%m-%d} and went on as {one.went_on_as}."
        for one in import_module("pianqu.rooms.ledger.queries").ended_logs()
        if one.origin == origin
    ]


def _check_there() -> None:
    env = current()
    if not env.key_folder.exists():
        raise ReceiptError(
            f"There is no installation in {env.data}: name a policy with --policy, or the ledger's public key with --vkey."
        )


def _log(node: str) -> int:
    try:
        _check_there()
    except ReceiptError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    django.setup()
    ledger = import_module("pianqu.rooms.ledger.queries")
    problems = [*ledger.audit(), *ledger.audit_anchors(), *map(str, ledger.audit_evm_anchors()), *ledger.audit_twin()]
    state, by_gm = ledger.status(), ledger.twin_card()
    sys.stdout.write(f"{state.origin}: {state.size} entries sealed, {state.waiting} waiting\n")
    if by_gm.size:
        sys.stdout.write(f"Twin by SM3 and SM2: {by_gm.size} entries\n")
    if last := ledger.last_anchor():
        stamp = f"{last.stamped_at:%Y-%m-%d %H:%M:%S %Z} by {last.authority}"
        sys.stdout.write(f"Last timestamp: {last.size} entries, {stamp}\n")
    if anchored := ledger.evm_last():
        where = f"block {anchored.block} of {anchored.block_at:%Y-%m-%d %H:%M:%S %Z}"
        sys.stdout.write(f"Last anchor on chain {anchored.chain_id}: {anchored.size} entries, {where}\n")
        if not ledger.evm_readable():
            sys.stdout.write(f"{verify_chain.MISSING}\n")
    problems += verify_chain.ask(node, ledger) if node else []
    sys.stdout.writelines(f"WRONG: {problem}\n" for problem in problems)
    if not problems:
        sys.stdout.write("Every chain, position, tile, checkpoint, timestamp and anchor holds.\n")
    return 1 if problems else 0
