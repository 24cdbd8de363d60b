"""The resident roll: codes, two officers, the identity service, numbers that change hands, leaving; nothing said in plain."""

import uuid
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation import onetime
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Problem, Refused, TooMany
from pianqu.foundation.keys import keys
from pianqu.foundation.reached import Reached, reached
from pianqu.kernels.identity_number import check_character
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.models import Enrolment, Resident
from pianqu.rooms.directory.queries import ResidentCard
from pianqu.rooms.directory.services.confirming import CHANGES_HANDS
from pianqu.rooms.directory.services.residents import WAITS
from pianqu.rooms.directory.tests.builders import (
    CENTRE,
    CICHENG_1,
    LAW,
    NOW,
    SYSTEM,
    WAITAN,
    WAITAN_1,
    official,
    small_district,
)
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db
PERSON = Actor(kind="resident", organisation_code=CENTRE)
PHONE, OTHER = reached("13800001234"), reached("13900005678")
NUMBER = "11010519491231002X"
NAME = "张小满"
LATER = NOW + timedelta(days=3)


def number(born: str, sequence: str = "002") -> str:
    """A number of a place that there is not: nobody has it."""
    body = f"990205{born}{sequence}"
    return body + check_character(body)


SECOND = number("19880308")


@pytest.fixture(autouse=True)
def district() -> None:
    small_district()


def confirm(to: Reached = PHONE, now: object = NOW) -> uuid.UUID:
    code = onetime.new_code(to=to.value, address="", now=now)
    return services.confirm_contact(actor=PERSON, to=to, code=code, now=now)


def person(resident_id: uuid.UUID, now: object = NOW) -> ResidentCard:
    card = queries.resident(resident_id, since=now)
    assert card is not None
    return card


def clerks(at: str = CENTRE) -> tuple[Actor, Actor]:
    return official("first", at, "window"), official("second", at, "leader")


def enrol(first: Actor, second: Actor, of: str = NUMBER, contact: str = "", now: object = NOW) -> uuid.UUID:
    enrolment_id = services.begin_enrolment(
        actor=first, name=NAME, number=of, area_code=WAITAN_1, contact=contact, now=now
    )
    return services.finish_enrolment(actor=second, enrolment_id=enrolment_id, number=of.lower(), now=now)


# a contact -----------------------------------------------------------------------------------------------------------


def test_a_code_shows_that_a_contact_is_ones_own() -> None:
    resident_id = confirm()
    card = person(resident_id)
    assert (card.level, card.contact, card.name, card.proven_at) == (queries.CONFIRMED, PHONE, "", None)
    assert PHONE.value not in str(Resident.objects.values().get())
    [item] = ledger.history(f"resident:{resident_id}")
    assert item.kind == "directory.contact-confirmed" and PHONE.value[-4:] not in str(item.fact)


def test_the_same_person_again_is_the_same() -> None:
    first = confirm()
    assert confirm(now=LATER) == first
    assert [item.kind for item in ledger.history(f"resident:{first}")][1:] == ["directory.contact-used"]
    assert confirm(OTHER) != first


def test_a_mobile_number_with_the_countrys_prefix_is_the_same() -> None:
    assert confirm(reached("+86 138-0000-1234")) == confirm(reached("１３８００００１２３４"))


def test_a_code_is_used_once_and_for_its_own_contact() -> None:
    code = onetime.new_code(to=PHONE.value, address="", now=NOW)
    with pytest.raises(Refused):
        services.confirm_contact(actor=PERSON, to=OTHER, code=code, now=NOW)
    services.confirm_contact(actor=PERSON, to=PHONE, code=code, now=NOW)
    with pytest.raises(Refused):
        services.confirm_contact(actor=PERSON, to=PHONE, code=code, now=NOW)


def test_a_pass_from_before_all_were_ended_is_none() -> None:
    resident_id = confirm()
    services.end_passes(actor=PERSON, resident_id=resident_id, now=LATER)
    assert queries.resident(resident_id, since=NOW) is None and queries.resident(resident_id, since=LATER) is not None


def test_found_again_under_an_older_key() -> None:
    resident_id = confirm()
    ring = keys()
    newer = {**ring.field_ring, "field-2": bytes(range(32))}
    changed = type(ring)(**{**{name: getattr(ring, name) for name in ring.__slots__}, "field_ring": newer})
    with patch("pianqu.foundation.crypto.keys", lambda: changed):
        assert confirm() == resident_id


# a number that changes hands -----------------------------------------------------------------------------------------


def test_a_contact_unused_for_long_begins_anew() -> None:
    old = confirm()
    new = confirm(now=NOW + CHANGES_HANDS)
    assert new != old and queries.resident(old, since=NOW + CHANGES_HANDS) is None
    assert [item.kind for item in ledger.history(f"resident:{old}")][-1] == "directory.contact-freed"


def test_who_is_proven_gives_the_number_again_after_long() -> None:
    resident_id = enrol(*clerks(), contact=PHONE.value)
    confirm()
    much_later = NOW + CHANGES_HANDS
    assert confirm(now=much_later) == resident_id
    card = person(resident_id, much_later)
    assert (card.level, card.doubted, card.name, card.area_code) == (queries.CONFIRMED, True, "", "")
    with pytest.raises(Refused):
        queries.check_number(resident_id, SECOND, now=much_later)
    services.restore_proof(actor=PERSON, resident_id=resident_id, number=NUMBER, now=much_later)
    assert person(resident_id, much_later).level == queries.PROVEN


def test_five_wrong_numbers_lock() -> None:
    resident_id = enrol(*clerks(), contact=PHONE.value)
    for _try in range(5):
        with pytest.raises(Refused):
            queries.check_number(resident_id, SECOND, now=NOW)
    with pytest.raises(TooMany):
        queries.check_number(resident_id, NUMBER, now=NOW)


def test_the_numbers_new_holder_begins_anew_and_the_former_stays_proven() -> None:
    former = enrol(*clerks(), contact=PHONE.value)
    confirm()
    with pytest.raises(Refused):
        services.not_me(actor=PERSON, resident_id=former, now=NOW)
    much_later = NOW + CHANGES_HANDS
    confirm(now=much_later)
    services.not_me(actor=PERSON, resident_id=former, now=much_later)
    assert queries.resident(former, since=much_later) is None
    assert confirm(now=much_later) != former
    assert Resident.objects.get(id=former).proven_at == NOW


# two officers --------------------------------------------------------------------------------------------------------


def test_two_officers_read_the_same_card() -> None:
    first, second = clerks()
    enrolment_id = services.begin_enrolment(
        actor=first, name=NAME, number=NUMBER, area_code=WAITAN_1, contact=PHONE.value, now=NOW
    )
    [waiting] = queries.enrolments_for(second)
    assert (waiting.name, waiting.may_finish) == ("张**", True) and not queries.enrolments_for(first)[0].may_finish
    kept = str(Enrolment.objects.values().get())
    assert not any(word in kept for word in (NAME, NUMBER, PHONE.value))
    resident_id = services.finish_enrolment(actor=second, enrolment_id=enrolment_id, number=NUMBER, now=NOW)
    assert confirm() == resident_id and not Enrolment.objects.exists()
    card = person(resident_id)
    assert (card.level, card.name, card.area_code, card.proven_how) == (queries.PROVEN, NAME, WAITAN_1, "window")
    kept = str(Resident.objects.values().get())
    assert not any(word in kept for word in (NAME, NUMBER, PHONE.value))
    proven = next(i for i in ledger.history(f"resident:{resident_id}") if i.kind == "directory.identity-proven")
    assert (
        proven.fact
        and proven.fact["first_post_id"] == first.post_id
        and proven.fact["second_post_id"] == second.post_id
    )
    assert NAME not in str(proven) and NUMBER not in str(proven)


def test_the_first_officer_is_never_the_second_one_too() -> None:
    first, _second = clerks()
    enrolment_id = services.begin_enrolment(actor=first, name=NAME, number=NUMBER, area_code=WAITAN_1, now=NOW)
    with pytest.raises(Forbidden):
        services.finish_enrolment(actor=first, enrolment_id=enrolment_id, number=NUMBER, now=NOW)
    assert not Resident.objects.exists()


def test_another_organisation_knows_nothing_of_it() -> None:
    first, _second = clerks()
    enrolment_id = services.begin_enrolment(actor=first, name=NAME, number=NUMBER, area_code=WAITAN_1, now=NOW)
    stranger = official("stranger", WAITAN, "window")
    assert queries.enrolments_for(stranger) == ()
    with pytest.raises(Absent):
        services.finish_enrolment(actor=stranger, enrolment_id=enrolment_id, number=NUMBER, now=NOW)
    with pytest.raises(Absent):
        services.drop_enrolment(actor=stranger, enrolment_id=enrolment_id, now=NOW)


def test_a_second_reading_that_differs() -> None:
    first, second = clerks()
    enrolment_id = services.begin_enrolment(actor=first, name=NAME, number=NUMBER, area_code=WAITAN_1, now=NOW)
    with pytest.raises(Invalid):
        services.finish_enrolment(actor=second, enrolment_id=enrolment_id, number=SECOND, now=NOW)
    assert Enrolment.objects.exists() and not Resident.objects.exists()
    services.drop_enrolment(actor=second, enrolment_id=enrolment_id, now=NOW)
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize(
    ("organisation", "kind"), [(LAW, "handler"), (LAW, "leader"), (CENTRE, "auditor"), (CENTRE, "administrator")]
)
def test_who_enters_nobody(organisation: str, kind: str) -> None:
    actor = official("x", organisation, kind)
    with pytest.raises(Forbidden):
        services.begin_enrolment(actor=actor, name=NAME, number=NUMBER, area_code=WAITAN_1, now=NOW)
    assert not queries.may_enrol(actor)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": NUMBER[:-1] + "1"}, "number-wrong"),
        ({"number": ""}, "number-wrong"),
        ({"number": number("20270101")}, "number-wrong"),
        ({"number": number("18500101")}, "number-wrong"),
        ({"number": number("20121124")}, "number-child"),
        ({"name": " "}, "name-wrong"),
        ({"name": "张3"}, "name-wrong"),
        ({"name": "长" * 41}, "name-wrong"),
        ({"area_code": ""}, "area-missing"),
        ({"contact": "12"}, "contact-not-a-number"),
    ],
)
def test_what_is_not_taken(changes: dict[str, str], code: str) -> None:
    given = {"name": NAME, "number": NUMBER, "area_code": WAITAN_1, **changes}
    with pytest.raises(Problem) as caught:
        services.begin_enrolment(actor=clerks()[0], now=NOW, **given)
    assert caught.value.code == code and not Enrolment.objects.exists()


def test_fourteen_today_is_old_enough() -> None:
    services.begin_enrolment(actor=clerks()[0], name=NAME, number=number("20121123"), area_code=WAITAN_1, now=NOW)


def test_a_card_waits_once_and_a_day() -> None:
    first, second = clerks()
    enrolment_id = services.begin_enrolment(actor=first, name=NAME, number=NUMBER, area_code=WAITAN_1, now=NOW)
    with pytest.raises(Refused):
        services.begin_enrolment(actor=second, name=NAME, number=NUMBER, area_code=WAITAN_1, now=NOW)
    assert services.drop_old_enrolments(actor=SYSTEM, now=NOW + WAITS - timedelta(seconds=1)) == 0
    assert services.drop_old_enrolments(actor=SYSTEM, now=NOW + WAITS) == 1
    [_begun, dropped] = ledger.history(f"enrolment:{enrolment_id}")
    assert dropped.fact and dropped.fact["why"] == "too-late"
    assert services.drop_old_enrolments(actor=SYSTEM, now=NOW + WAITS) == 0


def test_one_person_stands_once_on_the_roll() -> None:
    first, second = clerks()
    known = enrol(first, second)
    again = enrol(first, second, contact=PHONE.value, now=LATER)
    assert known == again == confirm() and Resident.objects.count() == 1


def test_whose_contact_was_confirmed_before_is_proven_by_the_card() -> None:
    resident_id = confirm()
    assert enrol(*clerks(), contact=PHONE.value) == resident_id
    card = person(resident_id)
    assert card.level == queries.PROVEN and card.confirmed_at == NOW


def test_a_new_telephone_of_somebody_proven_brings_along_what_was_reported_with_it() -> None:
    first, second = clerks()
    known = enrol(first, second, contact=PHONE.value)
    with_other = confirm(OTHER)
    assert enrol(first, second, contact=OTHER.value, now=LATER) == known
    assert person(known, LATER).ids == (known, with_other) and person(known, LATER).contact == OTHER


def test_a_telephone_speaks_for_one_person() -> None:
    first, second = clerks()
    enrol(first, second, contact=PHONE.value)
    with pytest.raises(Refused):
        services.begin_enrolment(
            actor=first, name="李四", number=SECOND, area_code=CICHENG_1, contact=PHONE.value, now=NOW
        )
    assert enrol(first, second, of=SECOND)


def test_a_new_contact_has_to_be_confirmed_anew() -> None:
    first, second = clerks()
    known = enrol(first, second, contact=PHONE.value)
    confirm()
    enrol(first, second, contact=OTHER.value)
    assert Resident.objects.get().confirmed_at is None
    assert confirm(OTHER) == known and confirm(PHONE) != known


# the identity service ------------------------------------------------------------------------------------------------


def test_the_identity_service_vouches() -> None:
    resident_id = confirm()
    assert (
        services.prove_by_service(actor=PERSON, resident_id=resident_id, name=NAME, number=NUMBER, now=NOW)
        == resident_id
    )
    card = person(resident_id)
    assert (card.level, card.name, card.proven_how) == (queries.PROVEN, NAME, "service")


def test_the_service_knows_somebody_whom_the_window_proved() -> None:
    known = enrol(*clerks())
    mine = confirm()
    assert services.prove_by_service(actor=PERSON, resident_id=mine, name=NAME, number=NUMBER, now=NOW) == known
    card = person(known)
    assert card.ids == (known, mine) and card.contact == PHONE and card.area_code == WAITAN_1


def test_the_service_names_another_than_the_contacts_holder() -> None:
    mine = enrol(*clerks(), contact=PHONE.value)
    confirm()
    with pytest.raises(Refused):
        services.prove_by_service(actor=PERSON, resident_id=mine, name="李四", number=SECOND, now=NOW)


# leaving -------------------------------------------------------------------------------------------------------------


def test_who_leaves_is_forgotten_and_may_come_again() -> None:
    resident_id = enrol(*clerks(), contact=PHONE.value)
    confirm()
    services.leave_roll(actor=PERSON, resident_id=resident_id, now=NOW)
    assert not Resident.objects.exists() and queries.resident(resident_id, since=LATER) is None
    items = ledger.history(f"resident:{resident_id}")
    about = [item for item in items if item.kind in ("directory.contact-confirmed", "directory.identity-proven")]
    assert len(about) == 2 and all(item.erased and not item.fact for item in about)
    with pytest.raises(Absent):
        services.leave_roll(actor=PERSON, resident_id=resident_id, now=NOW)
    assert confirm() != resident_id


def test_few_statements() -> None:
    resident_id = confirm()
    with CaptureQueriesContext(connection) as asked:
        person(resident_id)
    assert len(asked) == 1
    first, second = clerks()
    with CaptureQueriesContext(connection) as asked:
        enrol(first, second, contact=OTHER.value)
    assert len(asked) <= 30, [query["sql"] for query in asked]
