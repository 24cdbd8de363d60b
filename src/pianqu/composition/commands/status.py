"""`pianqu status`: what runs on a data folder and how far its ledger is."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.utils import timezone
from django.utils.translation import gettext_lazy, override

from pianqu.composition.env import Env, current
from pianqu.composition.supervise import status_file

_SILENT = gettext_lazy("%(name)s takes nothing since %(since)s (%(trouble)s); %(waiting)s messages wait for it.")
_UNSTAMPED = gettext_lazy("The timestamp authority gives none since %(since)s (%(detail)s).")
_HISTORIES = gettext_lazy("TWO HISTORIES exist (%(many)s proofs): /open/ledger/forks/ shows them to everybody")
_FOUND = gettext_lazy("The monitor found: %(what)s")
_STALLED = gettext_lazy("Too few witnesses have signed: %(size)s entries are witnessed")
_WITNESS = gettext_lazy("Witness %(name)s: %(trouble)s; %(behind)s entries behind")
_MIRROR = gettext_lazy("Mirror %(name)s: %(trouble)s; %(behind)s entries behind")
_SINCE = gettext_lazy("%(trouble)s since %(since)s")
_PASSED = gettext_lazy("Reader %(name)s passed over facts about what is not here, %(many)s in number")
_TWIN = gettext_lazy("Twin by SM3 and SM2: %(size)s entries, %(behind)s to come")
_TWIN_SIGNED = gettext_lazy("Twin by SM3 and SM2: %(size)s entries, %(behind)s to come, last signed %(at)s")
_CHAIN = gettext_lazy("Chain %(number)s holds %(size)s entries, block %(block)s of %(at)s")
_NODE = gettext_lazy("The chain's node %(place)s is of no use since %(since)s (%(detail)s)")


def main(argv: list[str]) -> int:
    """Print the state; 0 when everything runs and the ledger is well, else 1."""
    parser = argparse.ArgumentParser(prog="pianqu status", description="What runs here 运行状态。")
    parser.add_argument("--data", type=Path, help="data folder (default ./data) 数据文件夹")
    asked = parser.parse_args(argv)
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    env = current()
    if not env.key_folder.exists():
        sys.stdout.write(
            f"Nothing has been set up in {env.data}. ./pianqu up starts it. 尚未安装；请运行 ./pianqu up。\n"
        )
        return 1
    running = _running(env)
    well = _ledger()
    _systems()
    return 0 if running and well else 1


def _running(env: Env) -> bool:
    path = status_file(env.data)
    state = json.loads(path.read_text()) if path.exists() else {}
    if not state or not _lives(state["pid"]):
        sys.stdout.write(f"Not running 未运行. Data folder 数据文件夹: {env.data}\n")
        return False
    sys.stdout.write(f"Running 运行中: {state['url']} (process {state['pid']}). Data folder 数据文件夹: {env.data}\n")
    wide = max(map(len, state["children"]), default=0)
    for name, child in state["children"].items():
        sys.stdout.write(f"  {name:<{wide}}  {_describe(child)}, started again {child['restarts']} times\n")
    return all(child["pid"] and _lives(child["pid"]) for child in state["children"].values())


def _describe(child: dict[str, Any]) -> str:
    if not child["pid"] or not _lives(child["pid"]):
        return "is down 已停"
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
    if state.why:
        _say(partial(ledger.told, state.why))
    _twin(ledger)
    if authority.trouble:
        _tell(_UNSTAMPED, since=_at(authority.trouble_at), detail=authority.detail)
    _chain(ledger)
    for name, many in ledger.passed_over():
        _tell(_PASSED, name=name, many=many)
    return watched(ledger) and not state.trouble


def watched(ledger: Any) -> bool:
    """What everybody reads on the open ledger too: forks, what the monitor found, witnesses and mirrors that do not keep up."""
    found = ledger.verdict(now=timezone.now())
    if found.forks:
        _tell(_HISTORIES, many=found.forks)
    for sentence in found.watch.wrong:
        _say(partial(_found, ledger, sentence))
    if found.word == "stalled":
        _tell(_STALLED, size=found.witnessed_size)
    for one in ledger.witnesses():
        if one.trouble:
            _say(partial(_behind, ledger, _WITNESS, one, one.detail))
    for one in ledger.mirrors():
        if one.trouble:
            _say(partial(_behind, ledger, _MIRROR, one))
    return found.word not in {"forked", "wrong", "behind", "stalled"}


def _found(ledger: Any, sentence: Any) -> str:
    return _filled(_FOUND, {"what": ledger.told(sentence)})


def _behind(ledger: Any, words: object, one: Any, detail: str = "") -> str:
    """How a witness or mirror stands, with what more is known: in the reader's language, or in the other machine's words."""
    trouble = str(ledger.TROUBLES[one.trouble])
    if one.trouble_at:
        trouble = _filled(_SINCE, {"trouble": trouble, "since": _at(one.trouble_at)})
    said = _filled(words, {"name": ledger.called(one.name), "trouble": trouble, "behind": one.behind})
    more = detail and (ledger.detail_of(one.trouble, detail) or detail)
    return f"{said} ({more})" if more else said


def _twin(ledger: Any) -> None:
    """The twin by the national standards, where it is kept."""
    card, trouble = ledger.twin_card(), ledger.twin_trouble()
    if not card.is_kept:
        return
    if card.made_at:
        _tell(_TWIN_SIGNED, size=card.size, behind=card.behind, at=_at(card.made_at))
    else:
        _tell(_TWIN, size=card.size, behind=card.behind)
    if trouble:
        _say(partial(ledger.told, trouble))


def _chain(ledger: Any) -> None:
    """What a chain holds of the ledger, and what keeps the next anchor."""
    node, last = ledger.evm_node(), ledger.evm_last()
    if last is not None:
        _tell(_CHAIN, number=last.chain_id, size=last.size, block=last.block, at=_at(last.block_at))
    if node.trouble:
        _tell(_NODE, place=node.place, since=_at(node.trouble_at), detail=node.detail)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"


def _filled(words: object, values: dict[str, object]) -> str:
    return str(words) % values


def _tell(words: object, **values: object) -> None:
    _say(partial(_filled, words, values))


def _say(sentence: Callable[[], str]) -> None:
    """In both languages: who reads a terminal has not said which one they read."""
    said = []
    for language in ("en", "zh-hans"):
        with override(language):
            said.append(str(sentence()))
    sys.stdout.writelines(f"{line}\n" for line in dict.fromkeys(said))


def _systems() -> None:
    """Other systems that take none of their messages: nothing is lost, but somebody should know."""
    for hook in import_module("pianqu.rooms.notices.queries").webhooks():
        if hook.silent_since:
            since = _at(hook.silent_since)
            _tell(_SILENT, name=hook.name, since=since, trouble=hook.trouble, waiting=hook.waiting)
