"""`pianqu status`: what runs on a data folder and how far its ledger is."""

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from pianqu.composition.env import Env, current
from pianqu.composition.supervise import status_file


def main(argv: list[str]) -> int:
    """Print the state; 0 when everything runs and the ledger is well, else 1."""
    parser = argparse.ArgumentParser(prog="pianqu status", description="What runs here 运行状态。")
    parser.add_argument("--data", type=Path, help="data folder (default ./data) 数据文件夹")
    asked = parser.parse_args(argv)
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    env = current()
    if not env.key_folder.exists():
        sys.stdout.write(f"Nothing has been set up in {env.data}. ./pianqu up starts it.\n")
        return 1
    running = _running(env)
    well = _ledger()
    _systems()
    return 0 if running and well else 1


def _running(env: Env) -> bool:
    path = status_file(env.data)
    state = json.loads(path.read_text()) if path.exists() else {}
    if not state or not _lives(state["pid"]):
        sys.stdout.write(f"Not running. Data folder: {env.data}\n")
        return False
    sys.stdout.write(f"Running at {state['url']} (process {state['pid']}). Data folder: {env.data}\n")
    wide = max(map(len, state["children"]), default=0)
    for name, child in state["children"].items():
        sys.stdout.write(f"  {name:<{wide}}  {_describe(child)}, started again {child['restarts']} times\n")
    return all(child["pid"] and _lives(child["pid"]) for child in state["children"].values())


def _describe(child: dict[str, Any]) -> str:
    if not child["pid"] or not _lives(child["pid"]):
        return "is down"
    return f"runs for {timedelta(seconds=int(time.time() - child['started_at']))} (process {child['pid']})"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _ledger() -> bool:
    django.setup()
    ledger = import_module("pianqu.rooms.ledger.queries")
    state, authority = ledger.status(), ledger.authority()
    sys.stdout.write(f"Ledger {state.origin}: {state.size} entries sealed, {state.waiting} waiting")
    sys.stdout.write(f", last sealed {state.sealed_at:%Y-%m-%d %H:%M:%S %Z}\n" if state.sealed_at else "\n")
    if state.trouble:
        sys.stdout.write(f"{state.trouble}\n")
    _twin(ledger.twin_card(), ledger.twin_trouble())
    if authority.trouble:
        since = f"{authority.trouble_at:%Y-%m-%d %H:%M:%S %Z}"
        sys.stdout.write(f"The timestamp authority gives none since {since} ({authority.detail})\n")
    _chain(ledger)
    return watched(ledger) and not state.trouble


def watched(ledger: Any) -> bool:
    """What everybody reads on the open ledger too: forks, what the monitor found, witnesses and mirrors that do not keep up."""
    found = ledger.verdict(now=datetime.now(UTC))
    if found.forks:
        sys.stdout.write(f"TWO HISTORIES exist ({found.forks} proofs): /open/ledger/forks/ shows them to everybody\n")
    for sentence in found.watch.wrong:
        sys.stdout.write(f"The monitor found: {sentence}\n")
    if found.word == "stalled":
        sys.stdout.write(f"Too few witnesses have signed: {found.witnessed_size} entries are witnessed\n")
    for kind, one in [("Witness", each) for each in ledger.witnesses()] + [
        ("Mirror", each) for each in ledger.mirrors()
    ]:
        if one.trouble:
            said = f" ({detail})" if (detail := getattr(one, "detail", "")) else ""
            since = f" since {one.trouble_at:%Y-%m-%d %H:%M:%S %Z}" if one.trouble_at else ""
            sys.stdout.write(f"{kind} {one.name}: {one.trouble}{since}{said}, {one.behind} entries behind\n")
    return found.word not in {"forked", "wrong", "behind", "stalled"}


def _twin(card: Any, trouble: str) -> None:
    """The twin by the national standards, where it is kept."""
    if not card.is_kept:
        return
    made = f", last signed {card.made_at:%Y-%m-%d %H:%M:%S %Z}" if card.made_at else ""
    sys.stdout.write(f"Twin by SM3 and SM2: {card.size} entries, {card.behind} to come{made}\n")
    if trouble:
        sys.stdout.write(f"{trouble}\n")


def _chain(ledger: Any) -> None:
    """What a chain holds of the ledger, and what keeps the next anchor."""
    node, last = ledger.evm_node(), ledger.evm_last()
    if last is not None:
        sys.stdout.write(
            f"Chain {last.chain_id} holds {last.size} entries, block {last.block} of {_at(last.block_at)}\n"
        )
    if node.trouble:
        sys.stdout.write(f"The chain's node {node.place} is of no use since {_at(node.trouble_at)} ({node.detail})\n")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"


def _systems() -> None:
    """Other systems that take none of their messages: nothing is lost, but somebody should know."""
    for hook in import_module("pianqu.rooms.notices.queries").webhooks():
        if hook.silent_since:
            since = f"{hook.silent_since:%Y-%m-%d %H:%M:%S %Z}"
            sys.stdout.write(
                f"{hook.name} takes nothing since {since} ({hook.trouble}); {hook.waiting} messages wait for it\n"
            )
