"""`pianqu chain-key`: the key of the account that anchors the ledger on a chain, made or taken in, and how the node sees it."""

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from pianqu.composition.commands.installed import installed

EPILOG = (
    "The key lies in the key folder as evm.key, readable by its owner only, and is never replaced: move it away first. Use it "
    "for nothing else: other transactions of the account get in the way of the ledger's. "
    "密钥存为密钥文件夹里的 evm.key（仅所有者可读），已有的不会被替换。这个账户请勿另作他用。"
)


def main(argv: list[str]) -> int:
    """Make, take in or only show; 0 when there is a key and, where a node is named, it answers well."""
    asked = _arguments(argv)
    env = installed(asked.data)
    try:
        brought = asked.take.read_text() if asked.take else ""
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{asked.take} cannot be read ({type(error).__name__}). Nothing was changed.\n")
        return 2
    django.setup()
    keys = import_module("pianqu.foundation.keys")
    if asked.take and not brought.strip():
        sys.stderr.write(f"{asked.take} is empty. Nothing was changed.\n")
        return 2
    if not asked.show and not keys.make_evm_key(env.key_folder, brought) and asked.take:
        sys.stderr.write(f"There is a key already: {env.key_folder / keys.EVM_KEY}. Nothing was changed.\n")
        return 1
    key = keys.evm_key(env.key_folder)
    if key is None:
        sys.stdout.write("There is no key yet. ./pianqu chain-key makes one. 还没有密钥。\n")
        return 1
    return _told(key)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pianqu chain-key",
        description="The key of the account that anchors the ledger on a chain. 账本上链账户的密钥。",
        epilog=EPILOG,
    )
    parser.add_argument("--data", type=Path, help="data folder 数据文件夹")
    act = parser.add_mutually_exclusive_group()
    act.add_argument(
        "--take",
        type=Path,
        metavar="FILE",
        help="take in a key: a file with its 64 digits 导入已有密钥（64 位十六进制）",
    )
    act.add_argument("--show", action="store_true", help="make none, only show 只显示，不新建")
    return parser.parse_args(argv)


def _told(key: bytes) -> int:
    """The account, and what the node says of it."""
    try:
        transactions = import_module("pianqu.kernels.evm_transaction")
    except ImportError:
        missing = import_module("pianqu.rooms.ledger.queries").EVM_MISSING
        sys.stderr.write(f"The key is there, but {missing}.\n")
        return 1
    try:
        address = transactions.address_of(key)
    except transactions.TransactionError as error:
        sys.stderr.write(f"What lies there as evm.key is no key: {error}.\n")
        return 1
    sys.stdout.write(f"Account 账户: {address}\n")
    chain = import_module("pianqu.foundation.installation").installation().evm
    if chain is None:
        sys.stdout.write("PIANQU_EVM_URL names no node: nothing is anchored. 未配置节点，不上链。\n")
        return 0
    return _node(chain, address)


def _node(chain: Any, address: str) -> int:
    nodes = import_module("pianqu.foundation.evm")
    node = nodes.Node(chain.url, chain.token)
    try:
        told, head, price = node.chain_id(), node.block("latest"), node.gas_price()
        sent, balance = node.sent_by(address, "pending"), node.balance(address)
    except nodes.NodeError as error:
        sys.stderr.write(f"The node gives no answer of use ({error.code}: {error}). 节点没有可用的回答。\n")
        return 1
    height = head.number if head else 0
    sys.stdout.write(f"Node 节点: chain {told}, block {height}, a unit of gas costs {price / 10**9:g} gwei\n")
    sys.stdout.write(
        f"The account has {balance} wei and has sent {sent} transactions. 余额 {balance} wei，已发 {sent} 笔。\n"
    )
    if told != chain.chain_id:
        sys.stderr.write(f"PIANQU_EVM_CHAIN_ID is {chain.chain_id}: this is another chain. 链号不符。\n")
        return 1
    return 0
