"""A chain holds what the ledger was: a real node (anvil), read by web3; and nodes, chains and accounts that are no use."""

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings
from django.utils import timezone
from django.utils.translation import override
from web3 import HTTPProvider, Web3

from pianqu.foundation import evm as nodes
from pianqu.foundation.installation import EvmChain, installation
from pianqu.foundation.keys import evm_key, keys, make_evm_key, make_keys
from pianqu.foundation.posting import post_bytes
from pianqu.kernels import evm_anchor, evm_transaction
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.jobs import EvmAnchorer, read_again
from pianqu.rooms.ledger.jobs import evm as job
from pianqu.rooms.ledger.models import EvmAnchor
from pianqu.rooms.ledger.tests.builders import NOW, note_down, noted
from tests import anvil

pytestmark = pytest.mark.django_db(transaction=True)
sys.setrecursionlimit(1_000)  # what web3 needs has raised it so far that a deep text ends the process
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ENOUGH = 3


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return anvil.program(tmp_path_factory.mktemp("anvil"))


@dataclass
class Here:
    """A ledger, a chain, an account, and a clock that can be put forward."""

    chain: anvil.Chain
    key: bytes
    forward: timedelta = timedelta()
    anchorer: EvmAnchorer = field(init=False)

    def __post_init__(self) -> None:
        self.anew()

    def anew(self) -> None:
        """As after a start of the worker."""
        self.anchorer = EvmAnchorer(self.now)

    def now(self) -> datetime:
        return timezone.now() + self.forward

    @property
    def account(self) -> str:
        return evm_transaction.address_of(self.key)

    @property
    def trouble(self) -> str:
        return queries.evm_node().trouble

    def look(self, *, later: timedelta = timedelta()) -> int:
        self.forward += later
        return self.anchorer.anchor()

    def anchored(self) -> str:
        """One anchor from beginning to end; answers its transaction."""
        assert self.look() == 0
        self.chain.mine(ENOUGH)
        assert self.look() == 1
        return queries.evm_anchors()[0].hash


@pytest.fixture
def here(program: Path, tmp_path: Path) -> Iterator[Here]:
    folder = tmp_path / "keys"
    make_keys(folder)
    make_evm_key(folder, "")
    key = evm_key(folder)
    assert key is not None
    with anvil.running(program) as chain, settings(folder, chain.url):
        services.create_log(now=timezone.now())
        standing = Here(chain, key)
        chain.endow(standing.account)
        grown()
        yield standing
    _anew()


@contextmanager
def settings(folder: Path, url: str) -> Iterator[None]:
    chain = EvmChain(url=url, chain_id=anvil.CHAIN, confirmations=ENOUGH, every=24 * HOUR)
    with override_settings(INSTALLATION=replace(installation(), keys=folder, evm=chain)):
        _anew()
        yield
    _anew()


@contextmanager
def changed(**more: Any) -> Iterator[None]:
    chain = installation().evm
    assert chain is not None
    with override_settings(INSTALLATION=replace(installation(), evm=replace(chain, **more))):
        _anew()
        yield
    _anew()


def _anew() -> None:
    installation.cache_clear()
    keys.cache_clear()


def grown() -> int:
    note_down(noted(1))
    services.seal(now=timezone.now())
    return queries.sealed_size()


def reader(url: str) -> Web3:
    """web3, which knows nothing of us."""
    return Web3(HTTPProvider(url))


# as it should be -----------------------------------------------------------------------------------------------------


def test_what_the_ledger_was_can_be_read_from_the_chain_by_others(here: Here) -> None:
    shown = queries.offered()
    assert shown is not None and here.look() == 0
    assert queries.evm_anchors() == () and len(here.chain.waiting()) == 1, "sent, in no block yet"
    here.chain.mine(1)
    assert here.look() == 0 and queries.evm_anchors() == (), "in a block, under too few others"
    here.chain.mine(ENOUGH - 2)
    assert here.look() == 0
    here.chain.mine(1)
    assert here.look() == 1 and not here.trouble
    (card,) = queries.evm_anchors()
    assert (card.size, card.text, card.sender, card.chain_id) == (shown.size, shown.text, here.account, anvil.CHAIN)
    foreign = reader(here.chain.url)
    told = foreign.eth.get_transaction(card.hash)
    block = foreign.eth.get_block(told["blockNumber"])
    assert told["from"] == told["to"] == here.account and told["value"] == 0
    assert (block["number"], block["hash"].to_0x_hex()) == (card.block, card.block_hash)
    assert card.block_at == datetime.fromtimestamp(block["timestamp"], UTC)
    assert foreign.eth.get_block(0)["hash"].to_0x_hex() == card.genesis
    name, origin, size, root, digest = bytes(told["input"]).decode().splitlines()
    assert (name, origin, int(size)) == ("pianqu/anchor/v1", shown.origin, shown.size)
    assert f"{origin}\n{size}\n{root}\n" == shown.text.partition("\n\n")[0] + "\n"
    assert evm_anchor.mark_of(shown.text).digest.hex() == digest
    assert list(queries.audit_evm_anchors()) == []


def test_it_is_anchored_each_day_on_which_the_ledger_grew(here: Here) -> None:
    here.anchored()
    for later, grows, begins in [(0, 1, 0), (23, 0, 0), (2, 0, 1), (30, 0, 0), (1, 1, 1)]:
        if grows:
            grown()
        before = here.chain.height(), len(here.chain.waiting())
        assert here.look(later=later * HOUR) == 0
        assert len(here.chain.waiting()) == before[1] + begins
        here.chain.mine(ENOUGH)
        assert here.look() == begins
    assert [card.size for card in queries.evm_anchors()] == [3, 2, 1]
    assert reader(here.chain.url).eth.get_transaction_count(here.account) == 3


def test_nothing_is_asked_where_nothing_is_to_be_done(here: Here) -> None:
    here.anchored()
    with changed(url="http://127.0.0.1:9"):
        assert here.look(later=48 * HOUR) == 0 and not here.trouble
    with override_settings(INSTALLATION=replace(installation(), evm=None)):
        installation.cache_clear()
        grown()
        assert here.look(later=48 * HOUR) == 0 and queries.evm_node().place == ""


def test_a_receiver_that_the_chain_prescribes(here: Here) -> None:
    to = "0x" + "ab" * 20
    with changed(to=to):
        hash = here.anchored()
    assert reader(here.chain.url).eth.get_transaction(hash)["to"].lower() == to


def test_a_chain_on_which_nothing_costs_anything(program: Path, here: Here) -> None:
    with anvil.running(program, "--gas-price", "0", "--base-fee", "0") as free:
        _free(here, free)


def _free(here: Here, free: anvil.Chain) -> None:
    here.chain = free
    with changed(url=free.url, most_gas_price=0):
        hash = here.anchored()
        told = reader(free.url).eth.get_transaction(hash)
        assert told["gasPrice"] == 0 and reader(free.url).eth.get_balance(here.account) == 0


def test_the_audit_finds_what_was_changed(here: Here) -> None:
    here.anchored()
    row = EvmAnchor.objects.get()
    said = evm_transaction.read(bytes(row.raw)).said
    other = evm_transaction.sign(here.key, replace(said, data=said.data.replace(b"\n1\n", b"\n2\n")))
    EvmAnchor.objects.update(raw=other.raw)
    assert list(map(str, queries.audit_evm_anchors())) == ["chain anchor 1: the transaction's bytes have another hash"]
    EvmAnchor.objects.update(raw=other.raw, hash=other.hash)
    assert list(map(str, queries.audit_evm_anchors())) == ["chain anchor 1: the transaction is about another text"]
    EvmAnchor.objects.update(raw=b"none")
    assert "this is no signed transaction" in str(next(queries.audit_evm_anchors()))
    grown()
    EvmAnchor.objects.update(raw=row.raw, hash=row.hash, size=2)
    assert list(map(str, queries.audit_evm_anchors())) == ["chain anchor 2: it does not fit the entries"]
    read_again(now=here.now())
    with override("zh-hans"):
        assert [queries.told(one) for one in queries.watch().wrong] == ["2 条时的链上锚定：与条目不符"]
    assert [str(one) for one in queries.watch().wrong] == ["chain anchor 2: it does not fit the entries"]


# crashes between two steps -------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Where the machine stops."""


STEPS = ["keep_evm_anchor", "send before", "send after", "confirm_evm_anchor"]


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_that_is_killed_sends_none_twice_and_loses_none(
    here: Here, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_given: object, **_more: object) -> None:
        raise Killed

    def sends_and_dies(self: nodes.Node, raw: bytes) -> str:
        here.chain.ask("eth_sendRawTransaction", f"0x{raw.hex()}")
        raise Killed

    with monkeypatch.context() as patch:
        if step == "send before":
            patch.setattr(nodes.Node, "send", dies)
        elif step == "send after":
            patch.setattr(nodes.Node, "send", sends_and_dies)
        else:
            patch.setattr(services, step, dies)
        with pytest.raises(Killed):
            here.look()
            here.chain.mine(ENOUGH)
            here.look()
    here.anew()
    here.look()
    here.chain.mine(ENOUGH)
    here.look()
    assert len(queries.evm_anchors()) == 1 and EvmAnchor.objects.count() == 1
    assert reader(here.chain.url).eth.get_transaction_count(here.account) == 1


def test_two_workers_at_once_send_one(here: Here) -> None:
    def look() -> None:
        try:
            EvmAnchorer(here.now).anchor()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=look) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert EvmAnchor.objects.count() == 1 and len(here.chain.waiting()) == 1
    here.chain.mine(ENOUGH)
    assert here.look(later=2 * HOUR) == 1


# what a chain does ---------------------------------------------------------------------------------------------------


def test_a_block_that_is_taken_back_does_not_count(here: Here) -> None:
    before = here.chain.ask("evm_snapshot")
    here.look()
    here.chain.mine(ENOUGH - 1)
    assert here.look() == 0 and queries.evm_anchors() == ()
    assert here.chain.ask("evm_revert", before)
    here.chain.mine(ENOUGH + 2)
    assert here.look() == 0 and queries.evm_anchors() == (), "other blocks stand there; it was sent again"
    assert len(here.chain.waiting()) == 1
    here.chain.mine(ENOUGH)
    assert here.look() == 1 and EvmAnchor.objects.count() == 1
    assert reader(here.chain.url).eth.get_transaction_count(here.account) == 1


def test_an_anchor_that_counted_and_whose_block_is_replaced_counts_no_more(
    here: Here, caplog: pytest.LogCaptureFixture
) -> None:
    before = here.chain.ask("evm_snapshot")
    hash = here.anchored()
    old = queries.evm_anchors()[0].block_hash
    grown()
    assert here.chain.ask("evm_revert", before)
    here.chain.mine(1)
    assert here.look(later=25 * HOUR) == 0 and here.trouble == "behind" and len(queries.evm_anchors()) == 1
    here.chain.mine(2 * ENOUGH + 2)
    with caplog.at_level(logging.WARNING, logger="pianqu.ledger"):
        assert here.look(later=HOUR) == 0
    assert queries.evm_anchors() == () and "counts no more" in caplog.text
    assert here.chain.waiting() == [hash], "the same bytes again"
    here.chain.mine(ENOUGH)
    assert here.look() == 1 and queries.evm_anchors()[0].block_hash != old
    assert here.look() == 0
    assert len(here.chain.waiting()) == 1, "and then the next"


def test_a_transaction_that_the_node_forgot_is_sent_again(here: Here) -> None:
    here.look()
    (hash,) = here.chain.waiting()
    here.chain.ask("anvil_dropTransaction", hash)
    assert here.chain.waiting() == []
    here.anew()
    here.look(later=MINUTE)
    assert here.chain.waiting() == [hash]
    here.chain.mine(ENOUGH)
    assert here.look() == 1


def by_hand(here: Here, *, nonce: int, gwei: int = 50) -> str:
    """Another transaction of the account, as when somebody uses its key for something else."""
    said = evm_transaction.Transaction(
        chain_id=anvil.CHAIN,
        nonce=nonce,
        gas_price=gwei * 10**9,
        gas=60_000,
        to="0x" + "cd" * 20,
        data=b"of another matter",
    )
    signed = evm_transaction.sign(here.key, said)
    assert reader(here.chain.url).eth.send_raw_transaction(signed.raw).to_0x_hex() == signed.hash
    return signed.hash


def test_a_transaction_whose_place_was_taken_is_given_up_and_made_anew(here: Here) -> None:
    here.look()
    by_hand(here, nonce=0)
    here.chain.mine(1)
    assert here.look() == 0 and here.trouble == "displaced", "that block may be taken back yet"
    here.chain.mine(ENOUGH)
    assert here.look(later=2 * MINUTE) == 0 and not here.trouble
    assert here.look(later=MINUTE) == 0 and here.chain.waiting() == [], "in vain: the next comes an hour later"
    here.look(later=HOUR)
    here.chain.mine(ENOUGH)
    assert here.look() == 1
    assert [(row.nonce, row.void_at is None) for row in EvmAnchor.objects.order_by("nonce")] == [(0, False), (1, True)]


def test_others_of_the_account_that_wait_come_first(here: Here) -> None:
    by_hand(here, nonce=0)
    here.look()
    assert EvmAnchor.objects.get().nonce == 1
    here.chain.mine(ENOUGH)
    assert here.look() == 1


def test_others_that_were_dropped_leave_a_gap_that_is_not_waited_for(here: Here) -> None:
    first = by_hand(here, nonce=0)
    here.look()
    here.chain.ask("anvil_dropTransaction", first)
    here.chain.mine(ENOUGH)
    assert here.look(later=MINUTE) == 0 and not here.trouble
    assert here.look(later=job.STUCK) == 0 and here.trouble == "stuck"
    here.look(later=HOUR)
    here.chain.mine(ENOUGH)
    assert here.look() == 1 and queries.evm_anchors()[0].nonce == 0


def test_one_that_became_too_cheap_is_sent_dearer_and_counts_once(here: Here) -> None:
    here.look()
    here.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(20 * 10**9))
    here.chain.mine(1)
    here.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(20 * 10**9))
    assert here.look(later=MINUTE) == 0 and EvmAnchor.objects.count() == 1
    here.look(later=job.STUCK)
    assert [row.attempt for row in EvmAnchor.objects.order_by("attempt")] == [0, 1]
    here.chain.mine(ENOUGH)
    assert here.look() == 1
    (card,) = queries.evm_anchors()
    assert card.attempt == 1 and EvmAnchor.objects.get(attempt=0).void_at is not None
    assert reader(here.chain.url).eth.get_transaction_count(here.account) == 1


def test_one_that_no_block_takes_is_said(here: Here) -> None:
    here.look()
    assert here.look(later=job.STUCK) == 0 and here.trouble == "stuck"
    here.chain.mine(ENOUGH)
    assert here.look(later=2 * MINUTE) == 1 and not here.trouble


def test_a_receiver_that_refuses(here: Here) -> None:
    to = "0x" + "fe" * 20
    with changed(to=to):
        here.look()
        here.chain.ask("anvil_setCode", to, "0x60006000fd")
        here.chain.mine(ENOUGH)
        assert here.look() == 0 and here.trouble == "reverted" and queries.evm_anchors() == ()
        assert here.look(later=2 * MINUTE) == 0 and EvmAnchor.objects.count() == 1
        assert here.look(later=HOUR) == 0 and here.trouble == "refused" and EvmAnchor.objects.count() == 1


# what keeps it -------------------------------------------------------------------------------------------------------


def test_an_account_without_money_is_said_and_goes_on_when_it_has_some(
    here: Here, caplog: pytest.LogCaptureFixture
) -> None:
    here.chain.endow(here.account, 0)
    with caplog.at_level(logging.WARNING, logger="pianqu.ledger"):
        for minutes in (0, 0.5, 1, 1):
            here.look(later=minutes * MINUTE)
    assert here.trouble in {"funds", "refused"} and len(caplog.records) == 1 and not EvmAnchor.objects.exists()
    here.chain.endow(here.account)
    here.forward += HOUR
    here.anchored()
    assert not here.trouble


def test_gas_that_costs_more_than_is_allowed(here: Here) -> None:
    with changed(most_gas_price=1):
        assert here.look() == 0 and here.trouble == "price" and not EvmAnchor.objects.exists()


def test_another_chain_gets_nothing(here: Here) -> None:
    with changed(chain_id=1):
        assert here.look() == 0 and here.trouble == "chain"
    assert here.chain.waiting() == [] and not EvmAnchor.objects.exists()


def test_another_chain_of_the_same_number_is_told_apart(program: Path, here: Here) -> None:
    first = here.anchored()
    grown()
    with anvil.running(program, "--timestamp", "1") as other, changed(url=other.url):
        here.chain = other
        other.endow(here.account)
        here.forward += 25 * HOUR
        second = here.anchored()
    both = queries.evm_anchors()
    assert {card.hash for card in both} == {first, second} and len({card.genesis for card in both}) == 2


def test_a_node_that_lost_its_chain_writes_nothing_anew(here: Here) -> None:
    before = here.chain.ask("evm_snapshot")
    here.anchored()
    grown()
    here.chain.ask("evm_revert", before)
    assert here.look(later=25 * HOUR) == 0 and here.trouble == "behind"
    assert EvmAnchor.objects.count() == 1 and here.chain.waiting() == []


def test_without_a_key_nothing_is_sent(here: Here) -> None:
    (installation().keys / "evm.key").unlink()
    assert here.look() == 0 and here.trouble == "key"
    (installation().keys / "evm.key").write_text("nonsense")
    assert here.look(later=2 * MINUTE) == 0 and here.trouble == "key"
    (installation().keys / "evm.key").write_text("f" * 64)
    assert here.look(later=HOUR) == 0 and here.trouble == "key"
    assert not EvmAnchor.objects.exists()


def test_a_node_that_is_away_is_asked_later_and_later(here: Here) -> None:
    with changed(url="http://127.0.0.1:9"):
        here.look()
        assert here.trouble == "unreachable"
    assert here.look(later=MINUTE / 2) == 0 and here.chain.waiting() == []
    here.look(later=MINUTE)
    assert len(here.chain.waiting()) == 1


# nodes that lie ------------------------------------------------------------------------------------------------------

Answer = Callable[[dict[str, Any], bytes], bytes]


@contextmanager
def between(chain: anvil.Chain, answer: Answer) -> Iterator[str]:
    """A node that asks the real one and tells something else: `answer` gets the question and the true answer."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            true = post_bytes(chain.url, raw, {"Content-Type": "application/json"}).body
            body = answer(json.loads(raw), true)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def tells(method: str, change: Callable[[Any], Any]) -> Answer:
    def answer(question: dict[str, Any], true: bytes) -> bytes:
        if question["method"] != method:
            return true
        said = json.loads(true)
        return json.dumps({"jsonrpc": "2.0", "id": said["id"], "result": change(said.get("result"))}).encode()

    return answer


def _other(name: str, value: Any) -> Callable[[Any], Any]:
    return lambda said: said and {**said, name: value}


LIES: dict[str, tuple[Answer, str]] = {
    "garbage": (lambda _question, _true: b"<html>", "unclear"),
    "nothing": (lambda _question, _true: b"", "unclear"),
    "too much": (lambda _question, _true: b" " * (nodes.MOST + 10), "unclear"),
    "deep": (lambda _question, _true: b"[" * 200_000, "unclear"),
    "a list": (lambda _question, _true: b"[]", "unclear"),
    "of another question": (lambda _question, true: true.replace(b'"id":', b'"id":9'), "unclear"),
    "another chain": (tells("eth_chainId", lambda _said: "0x1"), "chain"),
    "no blocks": (tells("eth_getBlockByNumber", lambda _said: None), "behind"),
    "a huge number": (tells("eth_gasPrice", lambda _said: "0x" + "f" * 64), "price"),
    "no number": (tells("eth_gasPrice", lambda _said: 7), "unclear"),
    "a time of no calendar": (tells("eth_getBlockByNumber", _other("timestamp", "0x" + "f" * 20)), "unclear"),
    "a huge use": (tells("eth_estimateGas", lambda _said: hex(10**9)), "gas"),
    "an account that is poor": (tells("eth_getBalance", lambda _said: "0x0"), "funds"),
    "another transaction": (tells("eth_getTransactionByHash", _other("input", "0x00")), "unclear"),
    "another sender": (tells("eth_getTransactionByHash", _other("from", "0x" + "1" * 40)), "unclear"),
    "a block without it": (tells("eth_getBlockByNumber", _other("transactions", [])), "unclear"),
    "another block": (tells("eth_getTransactionReceipt", _other("blockHash", "0x" + "2" * 64)), "unclear"),
    "a receipt of another": (tells("eth_getTransactionReceipt", _other("transactionHash", "0x" + "2" * 64)), "unclear"),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_a_node_says_instead_does_not_count(here: Here, lie: str) -> None:
    answer, trouble = LIES[lie]
    with between(here.chain, answer) as url, changed(url=url):
        here.look()
        here.chain.mine(ENOUGH)
        here.look(later=2 * MINUTE)
        here.look(later=5 * MINUTE)
        assert (here.trouble, queries.evm_anchors()) == (trouble, ())
    here.forward += HOUR
    here.look()
    here.chain.mine(ENOUGH)
    here.look()
    assert len(queries.evm_anchors()) == 1 and EvmAnchor.objects.count() == 1, "by an honest node it goes on"
    assert reader(here.chain.url).eth.get_transaction_count(here.account) == 1


def test_a_node_that_calls_it_otherwise_has_it_all_the_same(here: Here) -> None:
    lie = tells("eth_sendRawTransaction", lambda _said: "0x" + "1" * 64)
    with between(here.chain, lie) as url, changed(url=url):
        here.look()
        assert here.trouble == "unclear"
        here.chain.mine(ENOUGH)
        assert here.look(later=2 * MINUTE) == 1 and not here.trouble


def test_a_node_that_hangs_holds_up_for_a_while_only(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "TIMEOUT", 0.2)
    monkeypatch.setattr(nodes, "WHOLE", 0.4)
    ended = threading.Event()

    def hangs(_question: dict[str, Any], true: bytes) -> bytes:
        ended.wait(5)
        return true

    with between(here.chain, hangs) as url, changed(url=url):
        here.look()
        assert here.trouble == "unclear"
        ended.set()


def test_a_node_that_hides_what_was_mined_cannot_make_the_account_pay_at_will(here: Here) -> None:
    with between(here.chain, tells("eth_getTransactionReceipt", lambda _said: None)) as url, changed(url=url):
        for _minute in range(0, 180, 5):
            here.look(later=5 * MINUTE)
            here.chain.mine(ENOUGH)
    assert EvmAnchor.objects.count() <= 4, "one an hour at most"


def test_an_ended_ledger_keeps_what_it_anchored_as_evidence(here: Here, tmp_path: Path) -> None:
    with override_settings(INSTALLATION=replace(installation(), data=tmp_path / "data")):
        installation.cache_clear()
        services.publish()
        hash = here.anchored()
        from pianqu.rooms.ledger.tests.builders import SYSTEM

        ended = services.declare_dead(actor=SYSTEM, confirm=queries.log().origin, reason="test", now=NOW)
        lines = [json.loads(line) for line in (ended.folder / "evidence.jsonl").read_text().splitlines()]
        assert [line["transaction"] for line in lines if "transaction" in line] == [hash]
        assert queries.evm_anchors() == ()
    installation.cache_clear()
