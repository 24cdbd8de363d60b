"""Two real installations hand a matter to each other, while the network between them breaks and processes are killed."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pianqu.kernels import receipt as receipts
from pianqu.kernels.letter import RECEIVED, WRITTEN
from pianqu_client import Pianqu, Refused
from tests.platform.cable import Cable, cable
from tests.platform.houses import Up, command, environment, up

pytestmark = pytest.mark.slow
PATIENCE = 60.0
CONTACT = "13912345678"
WORDS = "区界上的桥面塌了一角，桥那边归你们区。"
ISSUE = """
from datetime import timedelta
from django.utils import timezone
from pianqu.foundation.api import RIGHTS
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries, services
now = timezone.now()
for login in {logins!r}:
    actor = queries.acting(Account.objects.get(login=login).pk, "", now)
    print(login, services.issue_token(
        actor=actor, name="test", rights=tuple(RIGHTS), expires_at=now + timedelta(days=1), now=now))
"""


@dataclass
class District:
    """A running installation, and programs that act in its posts."""

    house: Up
    tokens: dict[str, str]
    programs: dict[str, Pianqu] = field(default_factory=dict)

    def program(self, login: str = "") -> Pianqu:
        """The program of this post; each reads the description once."""
        if login not in self.programs:
            url = f"http://127.0.0.1:{self.house.port}"
            self.programs[login] = Pianqu(url, token=self.tokens.get(login, ""), language="en")
        return self.programs[login]

    def kill_worker(self) -> None:
        os.kill(self.house.children()["worker"], signal.SIGKILL)

    def transfers(self) -> list[dict[str, Any]]:
        return list(self.program("window").call("listTransfers"))

    def transfer(self, transfer_id: str) -> dict[str, Any]:
        return dict(self.program("window").call("getTransfer", transfer_id=transfer_id))


@dataclass
class Pair:
    """Giver and taker, with the cables over which each reaches the other."""

    giver: District
    taker: District
    there: Cable
    back: Cable


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with ExitStack() as stack:
        giver, taker = (_district(stack, tmp_path_factory.mktemp(name) / "data") for name in ("giver", "taker"))
        there, back = (stack.enter_context(cable(one.house.port)) for one in (taker, giver))
        for one, other, line in ((giver, taker, there), (taker, giver, back)):
            digits = other.program("admin").call("showOurCard")["fingerprint"]
            one.program("admin").call("connectDistrict", body={"url": line.url, "fingerprint": digits})
        yield Pair(giver, taker, there, back)


def _district(stack: ExitStack, data: Path) -> District:
    more = {"PIANQU_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    house = stack.enter_context(up(data, **more))
    done = subprocess.run(
        command("django", "shell", "--no-imports", "-c", ISSUE.format(logins=["window", "admin", "handler"])),
        env=environment(data, **more),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=data.parent,
    )
    assert done.returncode == 0, done.stderr
    return District(house, dict(line.split() for line in done.stdout.splitlines()))


def until(holds: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := holds():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"in {PATIENCE:.0f} s it did not happen: {what}")


def offered(pair: Pair, words: str = WORDS) -> tuple[dict[str, Any], str]:
    """A matter that a resident reported to the giver, offered to the taker."""
    place = {"community_code": "330205001001", "landmark": "界桥"}
    body = {"words": words, "category": "roads", "place": place, "contact": CONTACT}
    case = pair.giver.program().call("report", body=body)
    window = pair.giver.program("window")
    taker = window.call("listTakers", case_id=case["case_id"])[0]
    body = {"partner_id": taker["partner_id"], "words": "请接手。"}
    return case, window.call("offerCase", case_id=case["case_id"], body=body)["id"]


def at(district: District, transfer_id: str, state: str) -> Callable[[], Any]:
    def holds() -> Any:
        try:
            found = district.transfer(transfer_id)
        except Refused:
            return None
        return found if found["state"] == state else None

    return holds


def all_proven(district: District, transfer_id: str) -> bool:
    letters = district.transfer(transfer_id)["letters"]
    return all(letter["has_proof"] and letter["sealed"] for letter in letters)


def test_a_matter_goes_over_and_its_answer_comes_back_whatever_the_network_does(pair: Pair) -> None:
    before = len(pair.taker.transfers())
    pair.there.break_off()
    case, transfer_id = offered(pair)
    time.sleep(3)
    assert len(pair.taker.transfers()) == before, "the cable is cut"
    pair.there.mend()
    pair.there.deaf = True  # it arrives there, and the answer is lost: the giver sends it again
    until(at(pair.taker, transfer_id, "offered"), "the offer arrives")
    pair.giver.kill_worker()
    pair.there.mend()
    found = pair.taker.transfer(transfer_id)
    assert found["offer"]["words"] == WORDS and found["offer"]["note"] == "请接手。"
    assert CONTACT not in json.dumps(found, ensure_ascii=False)

    pair.back.break_off()
    window = pair.taker.program("window")
    theirs = window.call("takeOffer", transfer_id=transfer_id, body={"category": "roads"})["id"]
    lead = window.call("getCase", case_id=theirs)["case"]["organisation_code"].replace("centre", "enforcement")
    window.call("dispatchCase", case_id=theirs, body={"lead_code": lead, "nature": "complaint"})
    handler = pair.taker.program("handler")
    handler.call("resolveCase", case_id=theirs, body={"reply": "桥面已修好，请放心通行。"})
    time.sleep(3)
    assert pair.giver.transfer(transfer_id)["state"] == "offered", "nothing came through"
    pair.taker.kill_worker()
    pair.back.mend()
    pair.back.deaf = True
    until(lambda: pair.giver.transfer(transfer_id)["state"] != "offered", "letters come through")
    pair.back.mend()
    until(at(pair.giver, transfer_id, "answered"), "the answer comes back")
    mine = until(lambda: _answered(pair.giver, case["case_id"]), "who reported it is answered")
    assert "桥面已修好" in mine["reply"]
    until(lambda: all_proven(pair.giver, transfer_id) and all_proven(pair.taker, transfer_id), "receipts of both")
    _check_both_ledgers(pair, transfer_id)

    secret = {"Receipt_Secret": case["receipt_secret"], "code": case["code"]}
    pair.giver.program().call("reopenReport", body={"words": "又塌了"}, **secret)
    until(at(pair.taker, transfer_id, "taken"), "it is looked at again there")
    until(lambda: window.call("getCase", case_id=theirs)["case"]["state"] == "reopened", "their matter is reopened")
    window.call("resolveCase", case_id=theirs, body={"reply": "这次换了整块桥板。"})
    until(at(pair.giver, transfer_id, "answered"), "the second answer comes back")
    again = until(lambda: _answered(pair.giver, case["case_id"]), "who reported it is answered again")
    assert "整块桥板" in again["reply"]
    pair.giver.program().call("rateReport", body={"score": 5, "words": "好"}, **secret)
    until(lambda: window.call("getCase", case_id=theirs)["case"]["score"] == 5, "the rating arrives there")
    window.call("closeCase", case_id=theirs)
    until(at(pair.giver, transfer_id, "closed"), "the end is told")

    assert len(pair.taker.transfers()) == before + 1, "nothing twice"
    one, other = (sorted(_numbers(d, transfer_id)) for d in (pair.giver, pair.taker))
    assert one == other, "both hold the same letters"
    until(lambda: all_proven(pair.giver, transfer_id) and all_proven(pair.taker, transfer_id), "receipts of both")
    _check_both_ledgers(pair, transfer_id)


def _answered(district: District, case_id: str) -> Any:
    case = district.program("window").call("getCase", case_id=case_id)["case"]
    return case if case["state"] == "resolved" else None


def _numbers(district: District, transfer_id: str) -> list[tuple[int, str]]:
    """Each letter's number and kind."""
    return [(letter["number"], letter["kind"]) for letter in district.transfer(transfer_id)["letters"]]


def _check_both_ledgers(pair: Pair, transfer_id: str) -> None:
    """Each letter has two receipts on each side, of the writer's ledger and of the reader's, and both name one digest."""
    keys = {d.program("admin").call("showOurCard")["vkey"]: d for d in (pair.giver, pair.taker)}
    for district in (pair.giver, pair.taker):
        for letter in district.transfer(transfer_id)["letters"]:
            texts = [
                district.program("window").call("getLetterReceipt", letter_id=letter["letter_id"], side=side).decode()
                for side in ("ours", "theirs")
            ]
            verdicts = [receipts.verify(receipts.parse(text), tuple(keys)) for text in texts]
            assert all(verdict.genuine for verdict in verdicts), letter
            assert len({verdict.origin for verdict in verdicts}) == 2, "of two ledgers"
            told = [verdict.payload for verdict in verdicts if verdict.payload]
            assert {one["kind"] for one in told} == {WRITTEN, RECEIVED}
            assert len({one["fact"]["digest"] for one in told}) == 1


def test_what_is_declined_and_what_is_taken_back(pair: Pair) -> None:
    case, transfer_id = offered(pair, "路牌歪了，可能归你们。")
    until(at(pair.taker, transfer_id, "offered"), "the offer arrives")
    pair.taker.program("window").call("declineOffer", transfer_id=transfer_id, body={"words": "不在我区。"})
    until(at(pair.giver, transfer_id, "declined"), "it is told")
    assert pair.taker.transfer(transfer_id)["offer"]["words"] == "", "its words are destroyed there"
    case, transfer_id = offered(pair, "另一处路牌也歪了。")
    until(at(pair.taker, transfer_id, "offered"), "the offer arrives")
    secret = {"Receipt_Secret": case["receipt_secret"], "code": case["code"]}
    pair.giver.program().call("withdrawReport", **secret)
    until(at(pair.taker, transfer_id, "withdrawn"), "who reported it took it back")
