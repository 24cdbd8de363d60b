"""A partner that is broken or means ill, and one that comes back: nothing stands still, nothing is lost."""

import json
import uuid
from datetime import timedelta
from io import BytesIO
from random import Random
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from pianqu.foundation import posting
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.limits import LIMITS
from pianqu.foundation.photos import sanitise
from pianqu.kernels import letter as kernel
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.tests.builders import clerk, importer, opened, resident
from pianqu.rooms.partners import jobs, queries, services
from pianqu.rooms.partners.jobs import districts
from pianqu.rooms.partners.models import Letter, Posting, Transfer
from pianqu.rooms.partners.tests.builders import NOW, Neighbour, hear, partner, rows
from pianqu.rooms.partners.tests.conftest import Door


def given(neighbour: Neighbour, case_id: uuid.UUID | None = None) -> tuple[uuid.UUID, uuid.UUID]:
    """A matter of ours and its transfer to this neighbour; one that was given away before is given again an hour later."""
    now = NOW + timedelta(hours=1) if case_id else NOW
    case_id = case_id or opened().case_id
    return case_id, services.offer_case(actor=clerk(), case_id=case_id, partner_id=neighbour.partner_id, now=now)


def other_neighbour() -> Neighbour:
    """A third district."""
    made = Neighbour(signer=kernel.note.Signer.from_seed("pianqu.invalid/330203/haishu", bytes(32)))
    card = made.card()
    made.partner_id = services.add_district(
        actor=importer(), url="https://haishu.example", card=card, fingerprint=card.fingerprint, now=NOW
    )
    return made


def notes(case_id: uuid.UUID, *, for_reporter: bool = False) -> str:
    return "\n".join(line.words for line in casework.timeline(case_id, for_reporter=for_reporter))


# what a partner may do with our matters -------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [[], ["declined"]])
def test_who_has_not_taken_a_matter_does_not_answer_it(neighbour: Neighbour, before: list[str]) -> None:
    case_id, transfer = given(neighbour)
    for kind in [*before, "answered"]:
        neighbour.sends(kind, transfer, {"words": "已修好。"})
    hear()
    assert casework.case_head(case_id).state == "opened"
    assert "已修好。" in notes(case_id), "people here read what it wrote"
    assert "已修好。" not in notes(case_id, for_reporter=True)


def test_an_answer_that_crosses_our_taking_back_is_for_people_here(neighbour: Neighbour) -> None:
    case_id, transfer = given(neighbour)
    neighbour.sends("taken", transfer, {"reference": "YZ-1"})
    services.withdraw_offer(actor=clerk(), transfer_id=transfer, words="我们自己修", now=NOW)
    neighbour.sends("answered", transfer, {"words": "已修好。"})
    hear()
    assert casework.case_head(case_id).state == "opened" and "已修好。" in notes(case_id)


@pytest.mark.parametrize(("kind", "said"), [("taken", "YZ-1"), ("progress", "我们接手了")])
def test_who_reported_it_reads_nothing_of_a_matter_that_was_taken_back(
    neighbour: Neighbour, kind: str, said: str
) -> None:
    case_id, transfer = given(neighbour)
    services.withdraw_offer(actor=clerk(), transfer_id=transfer, now=NOW)
    neighbour.sends(kind, transfer, {"reference": "YZ-1", "words": "我们接手了"})
    hear()
    assert said in notes(case_id) and said not in notes(case_id, for_reporter=True)


def test_a_refusal_of_what_was_never_asked_moves_nothing(neighbour: Neighbour) -> None:
    _case_id, transfer = given(neighbour)
    neighbour.sends("declined", transfer, {"words": "不在我区"})
    neighbour.sends("refused", transfer, {"kind": "reopened", "words": "太晚了"})
    assert Transfer.objects.get(id=transfer).state == "declined"


def test_who_closes_without_an_answer_leaves_the_matter_to_people_here(neighbour: Neighbour) -> None:
    case_id, transfer = given(neighbour)
    neighbour.sends("taken", transfer, {"reference": "YZ-1"})
    neighbour.sends("closed", transfer, {"reason": "withdrawn"})
    hear()
    assert casework.case_head(case_id).state == "opened"
    assert "鄞州区未作答复" in notes(case_id) and "未作答复" not in notes(case_id, for_reporter=True)


def test_the_longest_answer_reaches_who_reported_it(neighbour: Neighbour) -> None:
    case_id, transfer = given(neighbour)
    neighbour.sends("taken", transfer, {"reference": "YZ-1"})
    neighbour.sends("answered", transfer, {"words": "修" * 5_000})
    hear()
    mine = casework.resident_case(case_id)
    assert mine.state == "resolved" and len(mine.reply) <= 5_000 and "YZ-1" in mine.reply


# what must not stand still --------------------------------------------------------------------------------------------


def test_only_who_had_it_last_is_asked_to_look_again(neighbour: Neighbour) -> None:
    other = other_neighbour()
    case_id, first = given(neighbour)
    neighbour.sends("taken", first, {"reference": "YZ-1"})
    neighbour.sends("closed", first, {"reason": "withdrawn"})
    hear()
    _same, second = given(other, case_id)
    for kind, body in (("taken", {"reference": "HS-1"}), ("answered", {"words": "修好了"}), ("closed", {})):
        other.sends(kind, second, body)
    hear()
    cases.reopen_case(actor=resident(), case_id=case_id, words="还是坏的", now=NOW)
    hear()
    assert rows(first) == ["offered"] and rows(second) == ["offered", "reopened"]


@pytest.mark.parametrize(
    "answer", [{"code": "\ud800"}, {"code": "a\u0000b"}, {"title": {"\ud800": 1}}, {"code": "x\n" * 90}]
)
def test_no_answer_of_one_partner_holds_up_the_others(door: Door, answer: dict[str, Any]) -> None:
    there = Neighbour.connected(door.url)
    _case_id, transfer = given(there)
    hear()
    door.answers = [(400, json.dumps(answer).encode())]
    assert districts.post_letters(now=timezone.now()) == 1
    kept = Posting.objects.get(letter__transfer_id=transfer)
    assert kept.state == "waiting" and kept.outcome.startswith("answer 400")
    assert kept.outcome.isprintable()


@pytest.mark.parametrize(
    "url", ["https://a.example/平台", "https://a.example/a b", "https://a.example/?q", "https://a.example/#f"]
)
def test_an_address_to_which_nothing_can_be_added_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        queries.checked_url(url)
    assert caught.value.code == "partner-url"


def test_photos_of_any_size_make_no_letter_that_nobody_takes(neighbour: Neighbour) -> None:
    picture = BytesIO()
    Image.frombytes("RGB", (2_048, 2_048), Random(1).randbytes(2_048 * 2_048 * 3)).save(picture, "JPEG", quality=98)
    noise = sanitise(picture.getvalue())
    case = opened(photos=[noise] * 5)
    _case_id, transfer = given(neighbour, case.case_id)
    cases.extend_case(actor=resident(), case_id=case.case_id, words="还有", photos=[noise] * 5, now=NOW)
    hear()
    for row in Letter.objects.filter(transfer_id=transfer):
        letter = kernel.decode(row.text.encode())
        assert len(letter.body["photos"]) >= 2
    assert rows(transfer) == ["offered", "added"]


# coming back ----------------------------------------------------------------------------------------------------------


def test_who_comes_back_gets_what_waited_and_hears_what_happens(neighbour: Neighbour) -> None:
    case_id, transfer = given(neighbour)
    theirs = neighbour.offers()
    hear()
    services.drop_partner(actor=importer(), partner_id=neighbour.partner_id, now=NOW)
    card = neighbour.card()
    again = services.add_district(
        actor=importer(), url="https://new.example", card=card, fingerprint=card.fingerprint, now=NOW
    )
    neighbour.partner_id = again
    assert partner(neighbour).url == "https://new.example"
    cases.extend_case(actor=resident(), case_id=case_id, words="还有一处", now=NOW)
    services.take_offer(actor=clerk(), transfer_id=theirs, now=NOW)
    hear()
    waiting = Posting.objects.filter(partner_id=again, state="waiting", letter__partner__dropped_at=None)
    assert sorted(waiting.values_list("number", "letter__kind")) == [(1, "offered"), (2, "taken"), (3, "added")]
    assert rows(transfer) == ["offered", "added"]


# erasure --------------------------------------------------------------------------------------------------------------


def erased(case_id: uuid.UUID) -> None:
    cases.erase_case(actor=clerk(), case_id=case_id, basis="consent-withdrawn", now=NOW)
    hear()
    Posting.objects.filter(letter__partner__dropped_at=None).update(state="proven")
    services.empty_letters(actor=importer(), now=NOW)


def answered_and_closed(case_id: uuid.UUID) -> None:
    cases.resolve_case(actor=clerk(), case_id=case_id, reply="修了。", now=NOW)
    cases.close_case(actor=clerk(), case_id=case_id, now=NOW)
    hear()


@pytest.mark.django_db(transaction=True)  # so that the guard looks at each commit
def test_what_we_took_and_erased_is_in_no_letter_here(neighbour: Neighbour) -> None:
    transfer = neighbour.offers()
    case = services.take_offer(actor=clerk(), transfer_id=transfer, now=NOW)
    answered_and_closed(case.case_id)
    erased(case.case_id)
    assert not Letter.objects.exclude(text="").exists()
    assert "erased" not in rows(transfer), "the giver answers for its own copy"


@pytest.mark.django_db(transaction=True)
def test_what_was_erased_is_in_no_letter_to_who_was_disconnected(neighbour: Neighbour) -> None:
    case_id, _transfer = given(neighbour)
    answered_and_closed(case_id)
    services.drop_partner(actor=importer(), partner_id=neighbour.partner_id, now=NOW)
    erased(case_id)
    assert not Letter.objects.exclude(text="").exists()


# strangers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", [True, False])
def test_a_stranger_fills_no_memory(client: Client, inside: bool) -> None:
    LIMITS.forget()
    many = f"[{'[],' * 300_000}0]"
    content = json.dumps({"letter": many, "receipt": ""}) if inside else f'{{"letter":{many},"receipt":""}}'
    answer = client.post("/districts/v1/letters", content, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "letter-too-many-parts")


def test_who_asks_for_everything_again_and_again_has_to_wait(door: Door) -> None:
    there = Neighbour.connected(door.url)
    for _number in range(2):
        services.offer_case(actor=clerk(), case_id=opened().case_id, partner_id=there.partner_id, now=NOW)
    hear()
    for turn in range(6):
        door.answers = [(200, {"number": 1, "receipt": ""}), (409, {"code": "letter-out-of-turn", "next": 1})]
        door.answers += [(503, {})] * 5
        jobs.exchange(actor=importer(), now=timezone.now() + timedelta(seconds=turn))
    stuck = Posting.objects.get(number=2)
    assert stuck.tries >= 2 and stuck.next_at > timezone.now() + timedelta(seconds=2)


def test_only_the_centre_reads_every_transfer_and_only_it_and_administrators_where_partners_are(
    neighbour: Neighbour,
) -> None:
    transfer = neighbour.offers()
    outside = Actor(kind="post", post_id="2" * 32, organisation_code="330205")
    with pytest.raises(Absent):
        queries.transfer_for(outside, transfer)
    (card,) = queries.partners_for(outside)
    assert (card.name, card.url, card.origin) == ("鄞州区", "", "")
    assert queries.partners_for(clerk())[0].url


def test_an_address_that_no_request_line_holds_is_not_reached() -> None:
    with pytest.raises(posting.NotSent):
        posting.get("http://127.0.0.1:9/路", {}, address="127.0.0.1")
