"""Readers meet facts about what is not here, as after a restore: each goes on with what comes behind, and people can see it."""

import uuid
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

import pytest
from django.utils import timezone

from pianqu.composition import wiring
from pianqu.composition.commands import status
from pianqu.foundation.actor import Actor
from pianqu.foundation.facts import REGISTRY, Fact
from pianqu.foundation.guard import lifted
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import facts as told
from pianqu.rooms.casework import readers as casework
from pianqu.rooms.casework.models import Change
from pianqu.rooms.casework.tests.builders import LEAD, clerk, resolved, small_district
from pianqu.rooms.ledger import queries as ledger_questions
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.partners import readers as partners
from pianqu.rooms.partners.facts import LetterReceived, LetterWritten
from pianqu.rooms.partners.models import Carried, Posting, Transfer
from pianqu.rooms.partners.tests.builders import Neighbour
from pianqu.rooms.territory import readers as territory

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN = {"outcome": "arrived", "letter_kind": "taken", "score": 1, "day": "2026-01-05"}
PLAIN: dict[object, object] = {str: "", int: 1, bool: True}


@pytest.fixture(autouse=True)
def _here() -> None:
    small_district()
    ledger.create_log(now=timezone.now())


def of_nothing(kind: type[Fact], **more: object) -> Fact:
    """A fact of this kind whose every id belongs to nothing."""
    values: dict[str, object] = {}
    for field in fields(kind):
        plain = PLAIN.get(field.type, ())
        values[field.name] = str(uuid.uuid4()) if field.name.endswith("_id") else GIVEN.get(field.name, plain)
    return kind(**values | {"subject": f"case:{uuid.uuid4()}", "organisation_code": LEAD} | more)


@verb
def note(*, facts: Sequence[Fact], actor: Actor, now: datetime) -> None:
    """As a verb would have recorded them, but without what they are about."""
    ledger.record(facts, actor=actor, now=now)


def record(*facts: Fact) -> None:
    note(facts=facts, actor=clerk(), now=timezone.now())
    ledger.seal(now=timezone.now())


def test_every_reader_goes_on_behind_a_fact_of_every_kind_about_nothing() -> None:
    record(*[of_nothing(kind) for name, kind in sorted(REGISTRY.items()) if not name.startswith("tests.")])
    size = ledger_questions.sealed_size()
    wiring.drain()
    assert {reader.name: ledger_questions.unheard(reader.name) for reader in wiring.READERS} == {
        reader.name: 0 for reader in wiring.READERS
    }
    assert size > 100 and dict(ledger_questions.passed_over()) == {
        casework.CHANGES: 2,
        casework.REHOMING: 2,
        territory.NAME: 2,
        partners.ACT: 1,
        partners.POST: 1,
    }


def test_what_stands_beside_it_on_the_page_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    record(of_nothing(told.CaseReopened))
    case = resolved()
    record(of_nothing(told.CaseResolved))
    wiring.drain()
    assert list(Change.objects.values_list("case_id", flat=True)) == [case.case_id]
    status._ledger()
    said = capsys.readouterr().out
    assert "Reader casework.changes passed over facts about what is not here, 2 in number" in said
    assert "读者 casework.changes 跳过了 2 条事实：它们说的事项不在这里" in said
    wiring.replay(casework.CHANGES)
    assert dict(ledger_questions.passed_over()) == {casework.CHANGES: 2}


def test_letters_that_are_not_here_are_passed_over_and_the_next_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    record(of_nothing(LetterWritten), of_nothing(LetterReceived))
    neighbour = Neighbour.connected()
    neighbour.offers()
    wiring.seal_and_drain()
    assert (
        Carried.objects.count() == 1
        and "partners.post passed over what is about nothing that is here: 1" in caplog.text
    )
    transfer = Transfer.objects.get()
    transfer.case_id, transfer.state = uuid.uuid4(), "taken"
    with lifted("a matter that is not here any more"):
        transfer.save()
    record(of_nothing(told.CaseClosed, case_id=str(transfer.case_id)))
    wiring.drain()
    found = dict(ledger_questions.passed_over())
    assert found == {partners.ACT: 1, partners.FOLLOW: 1, partners.POST: 1}
    assert Posting.objects.count() == 0 and ledger_questions.unheard(partners.FOLLOW) == 0
