"""Letters come in once and in order, and what they ask for is done, or answered with the reason."""

import json
import uuid
from base64 import b64encode
from typing import Any

import pytest

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.tests.traces import traces
from pianqu.kernels import note
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.tests.builders import (
    LEAD,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    photo,
    resident,
    resolved,
)
from pianqu.rooms.ledger import queries as ledger_questions
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.partners import facts, queries, readers, services
from pianqu.rooms.partners.models import Carried, Letter, Posting, Transfer
from pianqu.rooms.partners.services.receiving import OutOfTurn
from pianqu.rooms.partners.tests.builders import NOW, Neighbour, hear, rows


def state(transfer: uuid.UUID) -> str:
    return Transfer.objects.get(id=transfer).state


def given(neighbour: Neighbour, **changes: Any) -> tuple[cases.Opened, uuid.UUID]:
    """A matter of ours, offered."""
    case = opened(contact="13912345678", **changes)
    transfer = services.offer_case(actor=clerk(), case_id=case.case_id, partner_id=neighbour.partner_id, now=NOW)
    return case, transfer


def case_state(case: cases.Opened) -> str:
    return casework.case_head(case.case_id).state


# coming in -----------------------------------------------------------------------------------------------------------


def test_a_letter_is_taken_once_and_in_its_turn(neighbour: Neighbour) -> None:
    transfer = uuid.uuid4()
    first = neighbour.letter("offered", transfer, {"words": "a"})
    second = neighbour.letter("added", transfer, {"words": "b"})
    with pytest.raises(OutOfTurn) as early:
        neighbour.hands_in(second, neighbour.proof(second))
    assert early.value.next_number == 1
    once = neighbour.hands_in(first, neighbour.proof(first))
    again = neighbour.hands_in(first, neighbour.proof(first))
    assert again == once and again.next_number == 2
    neighbour.hands_in(second, neighbour.proof(second))
    assert rows(transfer, "in") == ["offered", "added"]
    assert neighbour.hands_in(first, neighbour.proof(first)).entry_id == once.entry_id


def test_another_letter_under_a_number_that_was_taken_shows_a_lost_history(neighbour: Neighbour) -> None:
    neighbour.offers()
    forked = neighbour.letter("offered", uuid.uuid4(), {"words": "anders"}, number=1)
    with pytest.raises(Refused) as caught:
        neighbour.hands_in(forked, neighbour.proof(forked))
    assert caught.value.code == "letter-forked"
    assert Letter.objects.count() == 1


def test_strangers_and_those_who_were_disconnected_are_not_heard(neighbour: Neighbour) -> None:
    stranger = Neighbour()
    raw = stranger.letter("offered", uuid.uuid4(), {"words": "a"})
    with pytest.raises((Forbidden, Invalid)):  # the same name with another key is a stranger too
        queries.incoming(raw, stranger.proof(raw))
    services.drop_partner(actor=importer(), partner_id=neighbour.partner_id, now=NOW)
    raw = neighbour.letter("offered", uuid.uuid4(), {"words": "a"})
    with pytest.raises(Forbidden) as caught:
        queries.incoming(raw, neighbour.proof(raw))
    assert caught.value.code == "partner-unknown"


def test_who_comes_back_goes_on_counting(neighbour: Neighbour) -> None:
    neighbour.offers()
    services.drop_partner(actor=importer(), partner_id=neighbour.partner_id, now=NOW)
    card = neighbour.card()
    services.add_district(
        actor=importer(), url="https://yinzhou.example", card=card, fingerprint=card.fingerprint, now=NOW
    )
    transfer = neighbour.offers()
    assert rows(transfer, "in") == ["offered"]


@pytest.mark.parametrize("kind", ["taken", "answered", "progress", "closed"])
def test_who_offers_a_matter_does_not_answer_it(neighbour: Neighbour, kind: str) -> None:
    transfer = neighbour.offers()
    with pytest.raises(Invalid) as caught:
        neighbour.sends(kind, transfer, {"words": "ja"})
    assert caught.value.code == "letter-of-no-transfer"


def test_a_letter_about_nothing_that_we_know(neighbour: Neighbour) -> None:
    with pytest.raises(Invalid):
        neighbour.sends("withdrawn", uuid.uuid4(), {})


# deciding ------------------------------------------------------------------------------------------------------------


def test_what_is_taken_in_is_a_matter_of_ours(neighbour: Neighbour) -> None:
    picture = b64encode(photo().content).decode()
    transfer = neighbour.offers(
        lon_e7=1_215_500_000, lat_e7=299_000_000, photos=[picture, "no photo", 7], additions=["天黑了更危险"]
    )
    neighbour.sends("added", transfer, {"words": "今天又掉了一块"})
    case = services.take_offer(actor=clerk(), transfer_id=transfer, now=NOW)
    card = casework.case_for(clerk(), case.case_id)
    assert (card.channel, card.category, card.landmark) == ("district", "roads", "界桥")
    assert card.words == "桥面塌了一角\n\n天黑了更危险\n\n今天又掉了一块"
    assert (card.lon, card.lat, len(card.photos), card.masked_contact) == (121.55, 29.9, 1, "")
    assert state(transfer) == "taken" and rows(transfer) == ["taken"]
    with pytest.raises(Refused):
        services.take_offer(actor=clerk(), transfer_id=transfer, now=NOW)


def test_a_place_of_another_district_is_kept_as_words(neighbour: Neighbour) -> None:
    transfer = neighbour.offers(lon_e7=1_000_000_000, lat_e7=100_000_000, category="their-own")
    case = services.take_offer(actor=clerk(), transfer_id=transfer, now=NOW)
    card = casework.case_for(clerk(), case.case_id)
    assert (card.lon, card.landmark, card.category) == (None, "界桥", "unknown")


def test_only_the_centre_decides(neighbour: Neighbour) -> None:
    transfer = neighbour.offers()
    with pytest.raises(Forbidden):
        services.take_offer(actor=handler(LEAD), transfer_id=transfer, now=NOW)
    with pytest.raises(Forbidden):
        services.decline_offer(actor=handler(LEAD), transfer_id=transfer, words="不归我们", now=NOW)
    with pytest.raises(Absent):
        queries.transfer_for(handler(LEAD), transfer)


def test_who_declines_says_why_and_keeps_nothing(neighbour: Neighbour) -> None:
    transfer = neighbour.offers()
    with pytest.raises(Invalid):
        services.decline_offer(actor=clerk(), transfer_id=transfer, words="  ", now=NOW)
    services.decline_offer(actor=clerk(), transfer_id=transfer, words="桥在你区", now=NOW)
    assert state(transfer) == "declined"
    assert not Letter.objects.filter(transfer_id=transfer, direction="in").exclude(text="").exists()
    assert queries.transfer_for(clerk(), transfer).offer == queries.Offer()
    hear()  # what was emptied is heard without trouble


# giving away ---------------------------------------------------------------------------------------------------------


def test_words_place_and_photos_leave_and_the_contact_stays(neighbour: Neighbour) -> None:
    case, transfer = given(neighbour, photos=[photo()])
    text = Letter.objects.get(transfer_id=transfer).text
    body = json.loads(text)["body"]
    assert not traces(text, "13912345678", codes=[case.case_code])
    assert body["words"] == "路灯坏了三天，晚上很黑。" and len(body["photos"]) == 1


def test_who_reported_it_reads_at_once_where_it_went(neighbour: Neighbour) -> None:
    case, _transfer = given(neighbour)
    told = [line.words for line in casework.timeline(case.case_id, for_reporter=True)]
    assert any("鄞州区" in words for words in told)


def test_who_may_give_away_and_what(neighbour: Neighbour) -> None:
    case = dispatched()
    other = handler("330205-market")
    with pytest.raises((Forbidden, Absent)):
        services.offer_case(actor=other, case_id=case.case_id, partner_id=neighbour.partner_id, now=NOW)
    services.offer_case(actor=handler(LEAD), case_id=case.case_id, partner_id=neighbour.partner_id, now=NOW)
    with pytest.raises(Refused) as caught:
        services.offer_case(actor=clerk(), case_id=case.case_id, partner_id=neighbour.partner_id, now=NOW)
    assert caught.value.code == "offer-twice"
    over = resolved()
    with pytest.raises(Refused) as caught:
        services.offer_case(actor=clerk(), case_id=over.case_id, partner_id=neighbour.partner_id, now=NOW)
    assert caught.value.code == "offer-ended"
    with pytest.raises(Absent):
        services.offer_case(actor=clerk(), case_id=opened().case_id, partner_id=uuid.uuid4(), now=NOW)


def test_nothing_is_sent_back_to_where_it_came_from(neighbour: Neighbour) -> None:
    case = services.take_offer(actor=clerk(), transfer_id=neighbour.offers(), now=NOW)
    with pytest.raises(Refused) as caught:
        services.offer_case(actor=clerk(), case_id=case.case_id, partner_id=neighbour.partner_id, now=NOW)
    assert caught.value.code == "offer-back"


def test_their_answer_is_the_answer(neighbour: Neighbour) -> None:
    case, transfer = given(neighbour)
    neighbour.sends("taken", transfer, {"reference": "YZ-77", "due_at": "2026-12-20T10:00:00+08:00"})
    neighbour.sends("progress", transfer, {"state": "in_progress", "lead": "鄞州区市政", "due_at": "nonsense"})
    hear()
    card = queries.transfer_for(clerk(), transfer)
    assert (card.state, card.their_reference, card.their_lead) == ("taken", "YZ-77", "鄞州区市政")
    told = casework.timeline(case.case_id, for_reporter=True)
    assert any("YZ-77" in line.words for line in told), "who reported it reads who has it"
    neighbour.sends("answered", transfer, {"words": "已修好。"})
    hear()
    mine = casework.resident_case(case.case_id)
    assert mine.state == "resolved" and mine.reply.startswith("已修好。") and "鄞州区" in mine.reply
    assert state(transfer) == "answered" and rows(transfer) == ["offered"], "nothing is sent back"


def test_reopened_rated_and_closed(neighbour: Neighbour) -> None:
    case, transfer = given(neighbour)
    for kind, body in (("taken", {"reference": "YZ-1"}), ("answered", {"words": "已修好。"})):
        neighbour.sends(kind, transfer, body)
    hear()
    cases.reopen_case(actor=resident(), case_id=case.case_id, words="还是坏的", now=NOW)
    hear()
    assert rows(transfer) == ["offered", "reopened"] and state(transfer) == "taken"
    neighbour.sends("answered", transfer, {"words": "换了新的。"})
    hear()
    cases.rate_case(actor=resident(), case_id=case.case_id, score=4, words="可以", now=NOW)
    hear()
    rated = Letter.objects.get(transfer_id=transfer, kind="rated")
    assert json.loads(rated.text)["body"] == {"score": 4, "words": "可以"}
    neighbour.sends("closed", transfer, {"reason": "settled"})
    assert state(transfer) == "closed"


def test_what_cannot_be_carried_out_is_kept_as_a_note(neighbour: Neighbour) -> None:
    case = dispatched(helpers=("330205-market",))
    transfer = services.offer_case(actor=clerk(), case_id=case.case_id, partner_id=neighbour.partner_id, now=NOW)
    neighbour.sends("taken", transfer, {"reference": "YZ-2"})
    neighbour.sends("answered", transfer, {"words": "那边修好了。"})
    hear()
    assert case_state(case) == "dispatched", "a helper has not done its part: people here decide"
    notes = [line.words for line in casework.timeline(case.case_id)]
    assert any("那边修好了。" in words for words in notes)
    assert Carried.objects.get(letter__transfer_id=transfer, letter__kind="answered").trouble
    hear()
    assert rows(transfer) == ["offered"], "no quarrel by letters"


def test_what_is_answered_here_after_all_or_withdrawn_is_taken_back_there(neighbour: Neighbour) -> None:
    for end in (
        lambda case: cases.resolve_case(actor=clerk(), case_id=case.case_id, reply="我们修了。", now=NOW),
        lambda case: cases.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW),
    ):
        case, transfer = given(neighbour)
        end(case)
        hear()
        assert state(transfer) == "withdrawn" and rows(transfer) == ["offered", "withdrawn"]


def test_what_its_reporter_adds_goes_after_it(neighbour: Neighbour) -> None:
    case, transfer = given(neighbour)
    cases.extend_case(actor=resident(), case_id=case.case_id, words="还有一处", photos=[photo()], now=NOW)
    hear()
    added = json.loads(Letter.objects.get(transfer_id=transfer, kind="added").text)["body"]
    assert added["words"] == "还有一处" and len(added["photos"]) == 1


# following what we took ----------------------------------------------------------------------------------------------


def test_what_happens_here_is_told_there(neighbour: Neighbour) -> None:
    transfer = neighbour.offers()
    case = services.take_offer(actor=clerk(), transfer_id=transfer, now=NOW)
    cases.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=LEAD, nature="complaint", now=NOW)
    hear()
    assert rows(transfer) == ["taken", "progress"], "one letter for what happened together"
    progress = json.loads(Letter.objects.get(transfer_id=transfer, kind="progress").text)["body"]
    assert progress["state"] == "dispatched" and progress["lead"] == "执法局" and progress["due_at"]
    cases.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="桥板已换。", now=NOW)
    hear()
    answered = json.loads(Letter.objects.get(transfer_id=transfer, kind="answered").text)["body"]
    assert answered == {"words": "桥板已换。"}
    neighbour.sends("rated", transfer, {"score": 5, "words": "好"})
    hear()
    assert casework.case_for(clerk(), case.case_id).score == 5
    cases.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    hear()
    assert rows(transfer)[-1] == "closed" and state(transfer) == "closed"


def test_a_reopening_that_comes_too_late_is_refused_and_says_why(neighbour: Neighbour) -> None:
    transfer = neighbour.offers()
    case = services.take_offer(actor=clerk(), transfer_id=transfer, now=NOW)
    cases.resolve_case(actor=clerk(), case_id=case.case_id, reply="好了。", now=NOW)
    cases.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    hear()
    neighbour.sends("reopened", transfer, {"words": "又坏了"})
    hear()  # the readers' clock is today's: much later than ten working days
    assert case_state(case) == "closed" and state(transfer) == "answered"
    refused = json.loads(Letter.objects.get(transfer_id=transfer, kind="refused").text)["body"]
    assert refused["kind"] == "reopened" and refused["code"] == "reopen-late" and refused["words"]


def test_their_refusal_of_our_reopening_is_a_note_and_no_state(neighbour: Neighbour) -> None:
    case, transfer = given(neighbour)
    for kind, body in (("taken", {"reference": "YZ-1"}), ("answered", {"words": "已修好。"})):
        neighbour.sends(kind, transfer, body)
    hear()
    cases.reopen_case(actor=resident(), case_id=case.case_id, words="还是坏的", now=NOW)
    hear()
    neighbour.sends("refused", transfer, {"kind": "reopened", "code": "reopen-late", "words": "太晚了"})
    hear()
    assert state(transfer) == "answered"
    assert any("太晚了" in line.words for line in casework.timeline(case.case_id))


def test_a_matter_taken_back_is_withdrawn_here(neighbour: Neighbour) -> None:
    transfer = neighbour.offers()
    case = services.take_offer(actor=clerk(), transfer_id=transfer, now=NOW)
    neighbour.sends("withdrawn", transfer, {"words": "找到原因了"})
    hear()
    assert case_state(case) == "withdrawn" and rows(transfer) == ["taken"]
    early = neighbour.offers()
    neighbour.sends("withdrawn", early, {})
    hear()
    assert state(early) == "withdrawn" and services.empty_letters(actor=importer(), now=NOW) == 2
    assert queries.offer_of(early) == queries.Offer()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"words": 7, "photos": "x", "additions": {"a": 1}, "lon_e7": "121", "category": None, "reference": []},
        {"words": "\x00\ud800a".encode("utf-8", "ignore").decode(), "category": "\x00", "landmark": "x" * 190},
        {"words": "字" * 6_000, "photos": ["AAAA"] * 50, "opened_at": "2026-13-45"},
    ],
)
def test_whatever_an_offer_holds_nothing_breaks(neighbour: Neighbour, body: dict[str, Any]) -> None:
    transfer = uuid.uuid4()
    neighbour.sends("offered", transfer, body)
    hear()
    queries.transfer_for(clerk(), transfer)
    services.take_offer(actor=clerk(), transfer_id=transfer, now=NOW)
    hear()


# replays, erasure, proofs --------------------------------------------------------------------------------------------


def test_a_replay_does_and_sends_nothing_twice(neighbour: Neighbour) -> None:
    case, transfer = given(neighbour)
    for kind, body in (("taken", {"reference": "YZ-1"}), ("answered", {"words": "已修好。"})):
        neighbour.sends(kind, transfer, body)
    hear()
    cases.reopen_case(actor=resident(), case_id=case.case_id, words="还是坏的", now=NOW)
    hear()
    before = (Letter.objects.count(), Posting.objects.count(), len(ledger_questions.history(f"case:{case.case_id}")))
    for name in (readers.ACT, readers.FOLLOW, readers.POST):
        ledger.replay(reader=name, forget=readers.keep)
    hear()
    after = (Letter.objects.count(), Posting.objects.count(), len(ledger_questions.history(f"case:{case.case_id}")))
    assert after == before


def test_erased_words_leave_the_letters_once_they_have_gone(neighbour: Neighbour) -> None:
    case, transfer = given(neighbour)
    cases.resolve_case(actor=clerk(), case_id=case.case_id, reply="修了。", now=NOW)
    cases.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    hear()
    cases.erase_case(actor=clerk(), case_id=case.case_id, basis="consent-withdrawn", now=NOW)
    hear()
    assert rows(transfer) == ["offered", "withdrawn", "erased"]
    assert services.empty_letters(actor=importer(), now=NOW) == 0, "they still wait to leave"
    Posting.objects.update(state="proven")
    assert services.empty_letters(actor=importer(), now=NOW) == 3
    assert not Letter.objects.exclude(text="").exists()
    assert all(len(digest) == 43 for digest in Letter.objects.values_list("digest", flat=True))
    kinds = [item.kind for item in ledger_questions.history(f"case:{case.case_id}")]
    assert facts.LettersEmptied.kind in kinds


def test_facts_hold_no_word_of_a_letter(neighbour: Neighbour) -> None:
    case, transfer = given(neighbour)
    neighbour.sends("taken", transfer, {"reference": "YZ-9"})
    hear()
    told = json.dumps([item.fact for item in ledger_questions.history(f"case:{case.case_id}")], ensure_ascii=False)
    assert "路灯" not in told and "YZ-9" not in told and not traces(told, "13912345678", codes=[case.case_code])


def test_connecting_needs_the_right_digits_and_the_right_person(neighbour: Neighbour) -> None:
    other = Neighbour()
    card = other.card()
    wrong = {"actor": importer(), "url": "https://a.example", "card": card, "now": NOW}
    with pytest.raises(Invalid) as caught:
        services.add_district(fingerprint="0000 " * 8, **wrong)
    assert caught.value.code == "fingerprint-differs"
    with pytest.raises(Refused):
        services.add_district(**{**wrong, "card": neighbour.card(), "fingerprint": neighbour.card().fingerprint})
    with pytest.raises(Invalid) as caught:
        services.add_district(**{**wrong, "card": queries.our_card(), "fingerprint": queries.our_card().fingerprint})
    assert caught.value.code == "partner-is-here"
    with pytest.raises(Forbidden):
        services.add_district(**{**wrong, "actor": clerk(), "fingerprint": card.fingerprint})
    for url in ("http://a.example", "ftp://a", "https://", "https://u:p@a.example", "https://a:0", "x" * 400):
        with pytest.raises(Invalid):
            services.add_district(**{**wrong, "url": url, "fingerprint": card.fingerprint})
    for name, is_taken in (("片" * 120, True), ("片" * 121, False)):
        named = Neighbour(note.Signer.from_seed(name, bytes(32))).card()
        asked = {**wrong, "card": named, "fingerprint": named.fingerprint}
        if is_taken:
            assert services.add_district(**asked)
        else:
            with pytest.raises(Invalid, match="120"):
                services.add_district(**asked)
    auditor = Actor(kind="post", post_id="1" * 32, organisation_code="330205-centre", reads_only=True)
    with pytest.raises(Forbidden):
        services.take_offer(actor=auditor, transfer_id=neighbour.offers(), now=NOW)


def test_everybody_sees_the_transfers_of_matters_that_they_see(neighbour: Neighbour) -> None:
    case = dispatched()
    transfer = services.offer_case(actor=handler(LEAD), case_id=case.case_id, partner_id=neighbour.partner_id, now=NOW)
    neighbour.offers()
    assert len(queries.transfers_for(clerk())) == 2
    assert [one.transfer_id for one in queries.transfers_for(handler(LEAD))] == [transfer]
    assert queries.transfers_for(handler("330205-market")) == ()
    with pytest.raises(Absent):
        queries.transfer_for(handler("330205-market"), transfer)
