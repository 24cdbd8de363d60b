"""Calendars that are subscribed to: what a program sees with its link, how the link ends, and that it reads nothing else.

The reader is vobject, which shares no code with the library that writes.
"""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import vobject
from django.test import Client
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.api import RIGHTS
from pianqu.foundation.calendars import Event, feed
from pianqu.foundation.installation import installation
from pianqu.foundation.limits import LIMITS
from pianqu.foundation.models import Account
from pianqu.kernels import checkcode
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.tests.builders import HELPER, LEAD, clerk, handler, opened, small_district
from pianqu.rooms.directory import services as directory

pytestmark = pytest.mark.django_db
ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Any three digits stand in one of them now and then."""
SYSTEM = Actor(kind="system", organisation_code="330205")


@pytest.fixture(autouse=True)
def district(db: None) -> Iterator[None]:
    LIMITS.forget()
    small_district()
    queries.forget_working_days()
    yield
    LIMITS.forget()


class Colleague:
    def __init__(self, organisation_code: str, kind: str = "handler") -> None:
        now = timezone.now()
        self.account = Account.objects.create_account(login=f"{organisation_code}-{kind}", password="p", name="王小明")
        self.post_id = directory.appoint(
            actor=SYSTEM,
            account_id=self.account.id,
            organisation_code=organisation_code,
            kind=kind,
            title="经办",
            now=now,
        )
        self.actor = Actor(
            kind="post",
            account_id=str(self.account.id),
            post_id=str(self.post_id),
            organisation_code=organisation_code,
        )
        self.browser = Client(headers={"accept-language": "en"})
        self.browser.force_login(self.account)

    def link(self, which: str = "due") -> str:
        """The secret link's path, as the page shows it once."""
        page = self.browser.post("/desk/calendar/").content.decode()
        address = re.search(rf"<code class=\"mono\">([^<]*/pq_[^<]*/{which}\.ics)</code>", page)
        assert address and address[1].startswith(installation().public_url)
        return address[1].removeprefix(installation().public_url)


def events(content: bytes) -> list[Any]:
    """The feed's events; the feed has CRLF and no line beyond 75 octets."""
    lines = content.split(b"\r\n")
    assert b"\n" not in b"".join(lines) and max(map(len, lines)) <= 75
    calendar = vobject.readOne(content.decode())
    calendar.validate(raiseException=True)
    assert calendar.version.value == "2.0"
    return list(calendar.contents.get("vevent", []))


def anonymous(path: str, **headers: str) -> Any:
    return Client(headers={"accept-language": "en", **headers}).get(path)


def given(**changes: object) -> services.Opened:
    now = timezone.now()
    case = opened(now=now, words="路灯坏了，住在三栋", contact="13805744406", **changes)
    services.dispatch_case(
        actor=clerk(), case_id=case.case_id, lead_code=LEAD, helper_codes=(HELPER,), nature="complaint", now=now
    )
    return case


def test_due_dates_are_read_without_signing_in_and_say_little() -> None:
    case, link = given(), Colleague(LEAD).link()
    answer = anonymous(link)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = events(answer.content)
    row = Case.objects.get(id=case.case_id)
    assert event.dtend.value == row.due_at and event.dtend.value - event.dtstart.value == timedelta(minutes=30)
    assert re.fullmatch(rf"Due: .+ {checkcode.show(case.case_code)} 外滩街道", event.summary.value)
    assert event.url.value.endswith(f"/desk/case/{case.case_id}/")
    text = ID.sub("", answer.content.decode().replace("\r\n ", ""))
    for hidden in ("路灯", "三栋", "桥头", "王小明", "138", "4406"):
        assert hidden not in text
    assert events(anonymous(link).content)[0].uid.value == event.uid.value


def test_a_helper_sees_it_too_and_others_and_ended_ones_are_not_there() -> None:
    case = given()
    helper, other = Colleague(HELPER).link(), Colleague("330205-centre", "window").link()
    assert "helps" in events(anonymous(helper).content)[0].description.value
    assert events(anonymous(other).content) == []
    services.start_task(actor=handler(LEAD), case_id=case.case_id, now=timezone.now())
    services.finish_task(actor=handler(HELPER), case_id=case.case_id, words="查过了", now=timezone.now())
    assert events(anonymous(helper).content) == []
    lead = Colleague(LEAD).link()
    assert len(events(anonymous(lead).content)) == 1
    services.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="灯已换好。", now=timezone.now())
    assert events(anonymous(lead).content) == []


def test_duty_and_turns() -> None:
    one = Colleague(LEAD)
    two = Colleague(HELPER)
    begin = timezone.now().replace(microsecond=0) + timedelta(days=1)
    for colleague, hours in ((one, 0), (two, 8)):
        directory.put_on_duty(
            actor=SYSTEM,
            post_id=colleague.post_id,
            organisation_code=LEAD,
            starts=begin + timedelta(hours=hours),
            ends=begin + timedelta(hours=hours + 8),
            now=timezone.now(),
        )
    link = one.link("duty")
    first, second = events(anonymous(link).content)
    assert first.dtstart.value == begin and first.dtend.value == begin + timedelta(hours=8)
    assert first.summary.value.startswith("My duty") and first.transp.value == "OPAQUE"
    assert second.summary.value == "Duty: 执法局, 经办" and second.transp.value == "TRANSPARENT"
    assert [event.summary.value[:7] for event in events(anonymous(two.link("duty")).content)] == ["My duty"]
    assert "王小明" not in anonymous(link).content.decode()


def test_the_link_opens_nothing_else_and_ends() -> None:
    colleague = Colleague(LEAD)
    link = colleague.link()
    secret = link.split("/")[3]
    program = Client(headers={"authorization": f"Bearer {secret}"})
    assert program.get("/api/v1/cases").status_code == 403
    assert program.get("/api/v1/calendar/due.ics").status_code == 200
    assert program.get("/api/v1/calendar/duty.ics")["Content-Type"] == "text/calendar"
    page = colleague.browser.get("/desk/calendar/").content.decode()
    assert secret not in page
    token_id = re.search(r'name="end" value="([0-9a-f-]{36})"', page)
    assert token_id
    stranger = Colleague(HELPER)
    assert stranger.browser.post("/desk/calendar/", {"end": token_id[1]}).status_code == 404
    assert anonymous(link).status_code == 200
    assert colleague.browser.post("/desk/calendar/", {"end": token_id[1]}).status_code == 200
    ended = anonymous(link)
    assert ended.status_code == 401 and "ended" in ended.content.decode()


def test_a_post_that_ended_has_no_calendar() -> None:
    colleague = Colleague(LEAD)
    link = colleague.link()
    directory.end_post(actor=SYSTEM, post_id=colleague.post_id, now=timezone.now())
    assert anonymous(link).status_code == 401


def test_by_name_and_password() -> None:
    given()
    secret = Colleague(LEAD).link().split("/")[3]

    def basic(password: str) -> str:
        return f"Basic {base64.b64encode(f'me:{password}'.encode()).decode()}"

    assert len(events(anonymous("/desk/calendar/due.ics", authorization=basic(secret)).content)) == 1
    for wrong in ("", "Basic ???", "Bearer x", basic("pq_wrong")):
        answer = anonymous("/desk/calendar/due.ics", **({"authorization": wrong} if wrong else {}))
        assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Basic")


def test_a_token_without_the_right_is_no_link() -> None:
    colleague = Colleague(LEAD)
    token = directory.issue_token(
        actor=colleague.actor,
        name="t",
        rights=set(RIGHTS) - {"calendar"},
        expires_at=timezone.now() + timedelta(days=1),
        now=timezone.now(),
    )
    assert anonymous(f"/desk/calendar/{token}/due.ics").status_code == 403
    assert anonymous(f"/desk/calendar/{token}/else.ics").status_code == 404


def test_text_is_escaped_and_long_lines_are_folded() -> None:
    at = datetime(2026, 11, 28, 16, tzinfo=UTC)
    awkward = "道路，设施; 100%, a\\b\n第二行" * 12
    told = Event(
        key="x",
        starts=date(2026, 11, 30),
        ends=date(2026, 12, 1),
        summary=awkward,
        weekdays=(1, 3),
        until=date(2026, 12, 30),
    )
    (event,) = events(feed([told], name="日历；甲, 乙", now=at))
    assert event.summary.value == awkward
    assert event.dtstart.value == date(2026, 11, 30)
    assert [day.date() for day in event.getrruleset()][:3] == [date(2026, 11, 30), date(2026, 12, 2), date(2026, 12, 7)]


def test_the_apis_page_names_the_calendars() -> None:
    page = anonymous("/open/api/").content.decode()
    assert "Calendars" in page and "/api/v1/calendar/due.ics" in page and "/api/v1/desk/exports" in page
