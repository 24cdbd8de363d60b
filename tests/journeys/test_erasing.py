"""After an erasure: a replay counts the same, the receipt still proves, and history says what happened."""

from datetime import timedelta

import pytest

from pianqu.composition import wiring
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import DayCount
from pianqu.rooms.casework.tests.builders import NOW, clerk, resolved, small_district
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services as ledger_services


def counted() -> list[tuple[object, ...]]:
    return sorted(DayCount.objects.values_list("day", "category", "street_code", "opened", "resolved", "closed"))


@pytest.mark.django_db(transaction=True)
def test_counts_receipt_and_history_stand() -> None:
    ledger_services.create_log(now=NOW)
    small_district()
    case = resolved(contact="13805744406")
    services.reveal_contact(actor=clerk(), case_id=case.case_id, purpose="给老王回电", now=NOW)
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    wiring.seal_and_drain()
    before, receipt = counted(), ledger.receipt_for(case.entry_id)
    assert before
    later = NOW + timedelta(days=400)
    services.erase_case(actor=clerk(), case_id=case.case_id, basis="consent-withdrawn", now=later)
    wiring.seal_and_drain()
    wiring.replay("casework.day-counts")
    assert counted() == before
    assert ledger.receipt_for(case.entry_id).position == receipt.position
    kinds = {item.kind: item for item in queries.timeline(case.case_id)}
    assert kinds["ledger.personal-data-read"].erased and kinds["ledger.personal-data-read"].purpose == ""
    assert "casework.case-erased" in kinds
    assert ledger.history(f"case:{case.case_id}")[0].fact["case_code"] == case.case_code
