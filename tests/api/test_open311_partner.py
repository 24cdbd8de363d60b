"""Our Open311 client against our Open311 server, over HTTP: a matter is filed there, answered, reopened and answered again."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from pianqu.composition.wiring import seal_and_drain
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.foundation.limits import LIMITS
from pianqu.foundation.testing import reset_database
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.tests.builders import clerk, importer, opened, resident, small_district
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.partners import jobs, queries, services
from pianqu.rooms.partners.services import NewServer


@pytest.fixture
def server(live_server: Any, transactional_db: None) -> Iterator[str]:
    LIMITS.forget()
    small_district()
    ledger.create_log(now=timezone.now())
    names = {name: getattr(installation(), name) for name in installation().__dataclass_fields__}
    reached = type(installation())(**{**names, "webhook_networks": ("127.0.0.0/8",), "api_rate": 0})
    with override_settings(INSTALLATION=reached):
        installation.cache_clear()
        yield f"{live_server.url}/open311/v2"
    installation.cache_clear()
    reset_database()


def go(minutes: int) -> None:
    """What the worker does in a few seconds."""
    seal_and_drain()
    jobs.exchange(actor=importer(), now=timezone.now() + timedelta(minutes=minutes))
    seal_and_drain()


def there(mine: uuid.UUID) -> uuid.UUID:
    """The matter that the server made of ours: the other one."""
    rows = casework.cases_for(Actor(kind="system", organisation_code=casework.centre_code()), size=10).rows
    return next(row.case_id for row in rows if row.case_id != mine)


def test_filed_answered_reopened_and_answered_again(server: str) -> None:
    new = NewServer(name="自己", url=server, services={"roads": "roads"}, takes_updates=True)
    partner = services.add_server(actor=importer(), server=new, now=timezone.now())
    case = opened(now=timezone.now())
    transfer = services.offer_case(actor=clerk(), case_id=case.case_id, partner_id=partner, now=timezone.now())
    go(1)
    card = queries.transfer_for(clerk(), transfer)
    assert card.state == "taken" and len(card.their_reference) == 32
    copy = there(case.case_id)
    assert casework.case_for(clerk(), copy).channel == "open311"
    cases.extend_case(actor=resident(), case_id=case.case_id, words="还有一盏", now=timezone.now())
    go(2)
    assert [one.words for one in casework.resident_case(copy).additions] == ["还有一盏"]

    cases.resolve_case(actor=clerk(), case_id=copy, reply="两盏都换好了。", now=timezone.now())
    go(20)
    mine = casework.resident_case(case.case_id)
    assert mine.state == "resolved" and mine.reply.startswith("两盏都换好了。")

    cases.reopen_case(actor=resident(), case_id=case.case_id, words="又灭了", now=timezone.now())
    go(40)
    assert casework.case_head(copy).state == "reopened"
    cases.resolve_case(actor=clerk(), case_id=copy, reply="查清了，是线路。", now=timezone.now())
    go(60)
    go(80)
    mine = casework.resident_case(case.case_id)
    assert mine.state == "resolved" and mine.reply.startswith("查清了")
    assert len(casework.cases_for(importer(), size=10).rows) == 2, "nothing twice"
