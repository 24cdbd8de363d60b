"""The verbs: what they keep, what they tell the ledger, what they refuse."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import AutoField, Model
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.db import fetch, insert_new
from pianqu.foundation.errors import Absent, Forbidden, Invalid
from pianqu.foundation.guard import lifted
from pianqu.foundation.keys import keys
from pianqu.foundation.models import IdempotencyKey
from pianqu.foundation.tests.traces import traces
from pianqu.kernels.leaf import file_commitment, text_commitment
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Addition, Case, Contact, Photo, SearchText
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.casework.tests.builders import (
    NOW,
    OTHER_COMMUNITY,
    clerk,
    handler,
    importer,
    opened,
    photo,
    resident,
    resolved,
)
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db


def facts(case_id: uuid.UUID) -> list[dict[str, Any]]:
    return [item.fact for item in ledger.history(f"case:{case_id}")]


def test_opening_keeps_words_here_and_tells_the_ledger_only_a_commitment() -> None:
    case = opened(words="  路灯坏了\r\n三天  ", photos=[photo()], contact="138 0000 1234")
    row = Case.objects.get(id=case.case_id)
    (fact,) = facts(case.case_id)
    picture = Photo.objects.get(case=row)
    assert row.words == "路灯坏了\n三天"
    assert fact["words_commitment"] == text_commitment(row.words, bytes(row.words_salt))
    assert fact["photo_commitments"] == [picture.commitment]
    shown = queries.photo_for(clerk(), picture.id)
    assert picture.commitment == file_commitment(shown.content, bytes(picture.salt))
    assert fact["has_contact"] is True
    assert "路灯" not in str(fact) and not traces(str(fact), "13800001234", codes=[case.case_code])
    assert row.entry_id == case.entry_id == ledger.history(f"case:{case.case_id}")[0].entry_id


def test_a_point_finds_its_community() -> None:
    case = opened(place=PlaceChoice(lon=121.451, lat=29.901, source="map"))
    assert queries.resident_case(case.case_id).place_code == OTHER_COMMUNITY
    assert queries.resident_case(opened(place=PlaceChoice()).case_id).place_code == ""


def test_opening_takes_at_most_thirteen_statements() -> None:
    """Of them two for the key, two for the contact and the mark by which a person counts once, one for what a search reads."""
    opened()  # the organisation's chain begins
    with CaptureQueriesContext(connection) as seen:
        opened(contact="13800001234", idempotency_key="k")
    assert len(seen) <= 12, [q["sql"][:80] for q in seen]


def test_the_same_key_makes_one_case_and_gives_the_same_secret() -> None:
    first = opened(idempotency_key="tap", photos=[photo()])
    assert opened(idempotency_key="tap", photos=[photo()]) == first
    assert Case.objects.count() == 1
    with pytest.raises(Invalid) as refusal:
        opened(idempotency_key="tap", words="别的事")
    assert refusal.value.code == "idempotency-key-reused"
    assert Case.objects.count() == 1


def test_a_repeated_request_gets_its_first_answer_though_it_could_not_be_taken_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = opened(idempotency_key="tap")
    monkeypatch.setattr("pianqu.rooms.casework.services.opening.CHANNELS", frozenset())
    assert opened(idempotency_key="tap") == first
    with pytest.raises(Invalid) as refusal:
        opened(idempotency_key="another")
    assert refusal.value.code == "channel-unknown"
    assert Case.objects.count() == 1


def test_rows_put_in_by_hand_are_what_the_orm_puts_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all values that opening sets, and those that it leaves to the models: empty, none, false."""
    made: list[list[Any]] = []

    def watched(rows: list[Any]) -> None:
        made.append(rows)
        insert_new(rows)

    monkeypatch.setattr("pianqu.rooms.casework.services.opening.insert_new", watched)
    monkeypatch.setattr("pianqu.rooms.casework.services.searching.insert_new", watched)
    opened(contact="13800001234", photos=[photo()], place=PlaceChoice(lon=121.451, lat=29.901, source="map"))
    assert [type(row) for rows in made for row in rows] == [Case, SearchText, Contact, Photo]
    by_hand = [kept_by(rows[0]) for rows in made]
    with transaction.atomic(), lifted("the same rows once more, by the ORM"):
        for rows in reversed(made):
            type(rows[0])._default_manager.all().delete()
        for rows in made:
            type(rows[0])._default_manager.bulk_create(rows)
        assert [kept_by(rows[0]) for rows in made] == by_hand


def kept_by(row: Model) -> list[tuple[Any, ...]]:
    """As the database has it: SQLite keeps what it is given, of whatever kind."""
    columns = [f'"{field.column}"' for field in row._meta.concrete_fields if not isinstance(field, AutoField)]
    return fetch((f"SELECT {', '.join(columns)} FROM {row._meta.db_table}", []))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"words": ""}, "words-empty"),
        ({"words": " \u3000\u200b\n"}, "words-empty"),
        ({"words": "\x00\x01"}, "words-empty"),
        ({"words": "长" * 20_000}, "words-too-long"),
        ({"category": "no-such"}, "category-unknown"),
        ({"channel": "telegraph"}, "channel-unknown"),
        ({"contact": "somebody"}, "contact-not-a-number"),
        ({"contact": "123"}, "contact-not-a-number"),
        ({"place": PlaceChoice(lon=float("nan"), lat=29.9, source="map")}, "place-not-a-number"),
        ({"place": PlaceChoice(lon=29.9, lat=121.5, source="map")}, "place-swapped"),
        ({"place": PlaceChoice(lon=29.9, lat=85.0, source="map")}, "place-outside"),
        ({"place": PlaceChoice(lon=116.4, lat=39.9, source="map")}, "place-outside"),
        ({"place": PlaceChoice(community_code="330205999999", source="community")}, "place-unknown"),
        ({"place": PlaceChoice(lon=400.0, lat=200.0, source="map")}, "place-off-the-map"),
        ({"place": PlaceChoice(lon=121.5, source="map")}, "place-half"),
        ({"place": PlaceChoice(source="guess")}, "place-source-unknown"),
        ({"place": PlaceChoice(landmark="远" * 201)}, "landmark-too-long"),
    ],
)
def test_what_cannot_be_taken_is_told_and_nothing_is_kept(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        opened(**changes)
    assert refusal.value.code == code
    assert refusal.value.message != code
    assert not Case.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_code_that_exists_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([7, 7, 8])
    monkeypatch.setattr("secrets.randbelow", lambda limit: next(draws))
    assert opened().case_code != opened().case_code
    assert not list(draws)


@pytest.mark.parametrize("words", ["😀👨‍👩‍👧 灯坏了", "𠮷野家门口𡘙", "מנורה שבורה", "行内\u202e颠倒\u202c"])
def test_unusual_words_are_kept(words: str) -> None:
    case = opened(words=words)
    kept = queries.resident_case(case.case_id).words
    assert kept == words.replace("\u202e", "").replace("\u202c", "")


def test_words_may_have_five_thousand_code_points() -> None:
    assert len(queries.resident_case(opened(words="𠮷" * 5_000).case_id).words) == 5_000


def test_a_contact_is_sealed_masked_and_every_look_at_it_recorded() -> None:
    case = opened(contact="138-0000-1234")
    row = Contact.objects.get(case_id=case.case_id)
    assert "1380000" not in row.sealed and row.mask == "138********"
    assert services.reveal_contact(actor=clerk(), case_id=case.case_id, purpose="回访", now=NOW) == "13800001234"
    read = ledger.history(f"case:{case.case_id}")[-1]
    assert read.kind == "ledger.personal-data-read"
    assert read.fact == {"purpose": "回访", "fields": ["contact"]}


@pytest.mark.parametrize("number", ["13800001234", "057487654321", "87654321", "8765432"])
def test_the_mask_does_not_tell_the_digits_that_prove_to_be_the_reporter(number: str) -> None:
    mask = Contact.objects.get(case_id=opened(contact=number).case_id).mask
    assert mask[:2] == number[:2]
    assert mask[-4:] == "****"


def test_what_is_kept_against_double_taps_is_keyed_so_that_nobody_can_try_numbers() -> None:
    case = opened(contact="13800001234", idempotency_key="tap")
    services.extend_case(actor=resident(), case_id=case.case_id, words="再补一句", idempotency_key="tap", now=NOW)
    kept = IdempotencyKey.objects.values_list("fingerprint", flat=True)
    assert [one.partition(":")[0] in keys().field_ring for one in kept] == [True, True]


def test_a_contact_needs_a_purpose_a_post_and_to_be_there() -> None:
    case = opened(contact="13800001234")
    with pytest.raises(Invalid):
        services.reveal_contact(actor=clerk(), case_id=case.case_id, purpose="  ", now=NOW)
    for actor in (resident(), handler(), importer()):
        with pytest.raises(Forbidden):
            services.reveal_contact(actor=actor, case_id=case.case_id, purpose="回访", now=NOW)
    with pytest.raises(Absent):
        services.reveal_contact(actor=clerk(), case_id=opened().case_id, purpose="回访", now=NOW)


def test_adding_words_and_photos_later() -> None:
    case = opened()
    services.extend_case(actor=resident(), case_id=case.case_id, words="", photos=[photo("red")], now=NOW)
    services.extend_case(actor=resident(), case_id=case.case_id, words="还没好", now=NOW + timedelta(hours=1))
    with pytest.raises(Invalid):
        services.extend_case(actor=resident(), case_id=case.case_id, words=" ", now=NOW)
    card = queries.resident_case(case.case_id)
    assert [(a.words, len(a.photos)) for a in card.additions] == [("", 1), ("还没好", 0)]
    assert [item.kind for item in card.timeline] == ["casework.case-opened"] + ["casework.case-extended"] * 2
    assert Addition.objects.count() == 2


def test_at_most_five_photos() -> None:
    with pytest.raises(Invalid) as refusal:
        opened(photos=[photo()] * 6)
    assert refusal.value.code == "photos-too-many"


def test_a_resolution_is_told_by_its_commitment_in_the_chain_of_who_answers() -> None:
    case = opened(actor=handler("330205-urban"), channel="department")
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="已换灯泡", now=NOW)
    row = Case.objects.get(id=case.case_id)
    told = ledger.history(f"case:{case.case_id}")[-1]
    assert told.fact["reply_commitment"] == text_commitment("已换灯泡", bytes(row.reply_salt))
    assert told.organisation_code == clerk().organisation_code
    assert row.resolved_at == NOW and row.organisation_code == "330205-urban"


def test_a_clock_set_back_never_ends_a_case_before_it_began() -> None:
    case = opened()
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好了", now=NOW - timedelta(days=1))
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW - timedelta(days=2))
    row = Case.objects.get(id=case.case_id)
    assert row.opened_at <= (row.resolved_at or NOW) <= (row.closed_at or NOW)


def test_unknown_cases_are_absent() -> None:
    with pytest.raises(Absent):
        services.resolve_case(actor=clerk(), case_id=uuid.uuid4(), reply="好", now=NOW)


def test_only_an_import_may_claim_the_past() -> None:
    claim = services.Claim(happened_at=NOW - timedelta(days=9), imported_from="elsewhere", imported_id="1")
    for actor in (resident(), clerk()):
        with pytest.raises(Forbidden):
            opened(actor=actor, claim=claim)
    case = resolved()
    with pytest.raises(Forbidden):
        services.close_case(actor=clerk(), case_id=case.case_id, claim=claim, now=NOW)


def test_categories_of_another_district_are_taken_over_once() -> None:
    fresh = [services.NewCategory(code="street-cleaning", name_zh="街道清扫", name_en="Street cleaning")]
    assert services.add_categories(actor=importer(), categories=fresh, now=NOW) == 1
    assert services.add_categories(actor=importer(), categories=fresh, now=NOW) == 0
    assert queries.categories()[-1].code == "street-cleaning"
    assert queries.case_head(opened(category="street-cleaning").case_id).state == "opened"
    with pytest.raises(Forbidden):
        services.add_categories(actor=handler(), categories=fresh, now=NOW)
