"""Letters leave in order, are repeated until they are taken, and proven by the other ledger; the other side is a real server."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.foundation.limits import LIMITS
from pianqu.kernels import letter as kernel
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.tests.builders import clerk, importer, opened, resident
from pianqu.rooms.partners import jobs, queries, services
from pianqu.rooms.partners.models import Letter, Posting
from pianqu.rooms.partners.queries import NoCard
from pianqu.rooms.partners.tests.builders import NOW, Neighbour, hear
from pianqu.rooms.partners.tests.conftest import Door


def given(neighbour: Neighbour) -> uuid.UUID:
    case = opened()
    return services.offer_case(actor=clerk(), case_id=case.case_id, partner_id=neighbour.partner_id, now=NOW)


def round_at(now: datetime) -> None:
    jobs.exchange(actor=importer(), now=now)


def states() -> list[tuple[int, str]]:
    return list(Posting.objects.order_by("number").values_list("number", "state"))


def later(**apart: float) -> datetime:
    return timezone.now() + timedelta(**apart)


def test_a_letter_leaves_with_its_receipt_and_comes_back_proven(door: Door) -> None:
    there = Neighbour.connected(door.url)
    given(there)
    hear()

    vkey = queries.our_card().vkey

    def takes(request: tuple[str, str, bytes]) -> tuple[int, Any]:
        sent = json.loads(request[2])
        raw = sent["letter"].encode()
        assert kernel.check(raw, sent["receipt"], vkey=vkey, receiver=there.signer.name).kind == "offered"
        return 200, {"number": 1, "next": 2, "entry": "x", "receipt": there.proof(raw, kind=kernel.RECEIVED)}

    door.answers = [takes]
    round_at(later(seconds=1))
    assert door.got[0][:2] == ("POST", "/districts/v1/letters") and states() == [(1, "proven")]
    letter = queries.transfer_for(clerk(), Letter.objects.get().transfer_id).letters[0]
    assert letter.has_proof and letter.sealed
    assert queries.letter_proof(clerk(), letter.letter_id, theirs=True).startswith("c2sp.org/tlog-proof")
    round_at(later(seconds=9))
    assert len(door.got) == 1, "nothing is left to do"


def test_what_is_not_taken_is_sent_again_and_holds_up_what_comes_after(door: Door) -> None:
    there = Neighbour.connected(door.url)
    for _number in range(2):
        given(there)
    hear()
    refusals: list[Any] = [(500, b"<html>"), "hang up", (200, b"[]"), (200, {"number": 9}), (404, {}), (302, {})]
    for turn, answer in enumerate(refusals):
        door.answers = [answer]
        round_at(later(hours=turn + 1))
        assert states() == [(1, "waiting"), (2, "waiting")], answer
        assert len(door.got) == turn + 1, "the second letter waits for the first"
    assert Posting.objects.get(number=1).tries == len(refusals)
    assert queries.partners_for(importer())[0].trouble == "answer 302"
    door.answers = [(200, {"number": 1, "receipt": ""}), (200, {"number": 2, "receipt": ""})]
    door.answers += [(503, {})] * 5
    round_at(later(hours=20))
    assert states() == [(1, "sent"), (2, "sent")]


def test_a_false_receipt_is_not_kept_and_asked_for_again(door: Door) -> None:
    there = Neighbour.connected(door.url)
    given(there)
    hear()
    raw = Letter.objects.get().text.encode()
    other = there.letter("offered", uuid.uuid4(), {"words": "x"})
    door.answers = [(200, {"number": 1, "receipt": there.proof(other, kind=kernel.RECEIVED)})]
    round_at(later(seconds=1))
    posting = Posting.objects.get()
    assert (posting.state, posting.receipt) == ("sent", "") and posting.outcome.startswith("false-receipt")
    door.answers = [(200, {"number": 1, "receipt": there.proof(raw, kind=kernel.RECEIVED)})]
    round_at(later(minutes=10))
    assert door.got[-1][0] == "GET" and door.got[-1][1].endswith(kernel.digest(raw))
    assert Posting.objects.get().state == "proven"


def test_who_lost_letters_gets_them_again_in_order(door: Door) -> None:
    """The other side was restored from a backup: it expects a number that it had taken before."""
    there = Neighbour.connected(door.url)
    for _number in range(3):
        given(there)
    hear()
    door.answers = [(200, {"number": number, "receipt": ""}) for number in (1, 2)]
    door.answers += [(409, {"code": "letter-out-of-turn", "next": 2})] + [(503, {})] * 4
    round_at(later(seconds=1))
    assert states() == [(1, "sent"), (2, "waiting"), (3, "waiting")]
    door.got.clear()
    door.answers = [(200, {"number": number, "receipt": ""}) for number in (2, 3)] + [(503, {})] * 4
    round_at(later(seconds=5))
    sent = [json.loads(json.loads(body)["letter"])["number"] for method, _path, body in door.got if method == "POST"]
    assert sent == [2, 3]


def test_a_partner_inside_is_not_reached_without_the_operators_leave() -> None:
    there = Neighbour.connected("https://127.0.0.1:9")
    given(there)
    hear()
    round_at(later(seconds=1))
    assert Posting.objects.get().outcome == "no-address"


def test_nothing_leaves_to_who_was_disconnected(door: Door) -> None:
    there = Neighbour.connected(door.url)
    given(there)
    hear()
    services.drop_partner(actor=importer(), partner_id=there.partner_id, now=NOW)
    round_at(later(seconds=1))
    assert not door.got


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, {"v": 1}), "card-broken"),
        ((200, b"x" * 9_000), "card-broken"),
        ((404, {}), "card-absent"),
        ((302, {}), "card-absent"),
        ("hang up", "card-not-reached"),
    ],
)
def test_what_is_no_district_says_so(door: Door, answer: Any, code: str) -> None:
    door.answers = [answer]
    with pytest.raises(NoCard) as caught:
        queries.read_card(door.url)
    assert caught.value.code == code


def test_a_district_shows_its_card(door: Door) -> None:
    card = Neighbour().card()
    door.answers = [(200, card.as_dict())]
    assert queries.read_card(f"{door.url}/") == card
    assert door.got[0][1] == "/districts/v1/card"


# our own doors -------------------------------------------------------------------------------------------------------


def post(client: Client, raw: bytes, proof: str) -> Any:
    body = {"letter": raw.decode(), "receipt": proof}
    return client.post("/districts/v1/letters", body, content_type="application/json")


def test_our_doors_take_a_letter_and_prove_it(client: Client, neighbour: Neighbour) -> None:
    LIMITS.forget()
    ours = client.get("/districts/v1/card").json()
    assert ours["vkey"] == queries.our_card().vkey
    transfer = uuid.uuid4()
    raw = neighbour.letter("offered", transfer, {"words": "桥"})
    told = post(client, raw, neighbour.proof(raw)).json()
    assert (told["number"], told["next"], told["receipt"]) == (1, 2, "")
    hear()
    told = post(client, raw, neighbour.proof(raw)).json()
    kernel.check_taken(raw, told["receipt"], vkey=ours["vkey"])
    asked = client.get(f"/districts/v1/letters/{kernel.digest(raw)}").json()
    assert asked["receipt"] == told["receipt"]
    late = neighbour.letter("added", transfer, {"words": "b"}, number=5)
    answer = post(client, late, neighbour.proof(late))
    assert answer.status_code == 409 and answer.json()["next"] == 2
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff\xfe", b'{"letter": 1, "receipt": 2}', b'{"letter": "x", "receipt": "y"}', b"[" * 50_000],
)
def test_what_is_no_letter_is_refused_in_words(client: Client, content: bytes) -> None:
    LIMITS.forget()
    answer = client.post("/districts/v1/letters", content, content_type="application/json")
    assert answer.status_code == 422 and answer.json()["title"] and answer.json()["code"]


def test_other_methods_other_digests_and_altered_letters(client: Client, neighbour: Neighbour) -> None:
    LIMITS.forget()
    assert client.get("/districts/v1/letters").status_code == 405
    assert client.get("/districts/v1/letters/none").status_code == 404
    raw = neighbour.letter("offered", uuid.uuid4(), {"words": "桥"})
    altered = raw.replace("桥".encode(), "路".encode())
    answer = post(client, altered, neighbour.proof(raw))
    assert (answer.status_code, answer.json()["code"]) == (422, "letter-altered")
    assert not Letter.objects.exists()


def test_the_letters_of_a_matter_that_ends_meanwhile(door: Door) -> None:
    """Withdrawn while the offer is on its way: both letters arrive, in order."""
    there = Neighbour.connected(door.url)
    case = opened()
    services.offer_case(actor=clerk(), case_id=case.case_id, partner_id=there.partner_id, now=NOW)
    cases.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW)
    hear()
    door.answers = [(200, {"number": number, "receipt": ""}) for number in (1, 2)] + [(503, {})] * 4
    round_at(later(seconds=1))
    kinds = [json.loads(json.loads(body)["letter"])["kind"] for method, _p, body in door.got if method == "POST"]
    assert kinds == ["offered", "withdrawn"]
