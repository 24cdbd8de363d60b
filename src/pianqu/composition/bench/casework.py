"""Create, list and detail: statements, processor time of the real server, and how long clients wait.

The rows are made by the batch form of the verbs; the server is the one that `pianqu up` starts; processor time is that of
its whole process tree, so that nothing it does is left out.
"""

import random
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pianqu.composition.bench.recording import verbs_per_second
from pianqu.composition.bench.report import Row
from pianqu.composition.bench.serving import Act, Asked, ask, figures, link_to, server
from pianqu.composition.district import load_district
from pianqu.foundation.actor import Actor
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.services import Closing, Opening, PlaceChoice, Resolution
from pianqu.rooms.directory import queries as directory_questions
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries as territory

LEADS = "330205-enforcement"
"""The department whose handler asks for a list in its scope."""
GIVEN = 1_000
"""So many matters, at most, are with that department."""
ARCHIVED = timedelta(days=14)
"""After so long an answered matter is in the archive, as ten working days do it in life."""
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BATCH = 1_000
WORDS = (
    "楼下的路灯坏了三天，晚上很黑",
    "井盖松动，车压过去很响",
    "半夜施工太吵，孩子睡不着",
    "垃圾两天没有清运",
    "电梯又停了，老人下不了楼",
)
SIGNALENS = {
    "create": "Signalen: 45 statements, 52-62 ms, 17/s with 1 client, 33/s with 8",
    "list": "Signalen: 263 statements, 217-223 ms, 9/s with 8 clients",
    "detail": "Signalen: 2 statements, 10-14 ms",
    "act": "Signalen: 41 statements",
}


@dataclass(frozen=True, slots=True)
class Session:
    """What a signed-in browser holds, and in which post its official acts."""

    cookie: str
    token: str
    actor: Actor

    def get(self, path: str) -> Asked:
        return Asked("GET", path, {"Accept": "text/html", "Cookie": self.cookie})

    def post(self, path: str, form: dict[str, str]) -> Asked:
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://localhost"}
        return Asked("POST", path, {"Accept": "text/html", "Cookie": self.cookie, **kind}, urlencode(form))


def fill(rows: int, *, seed: int = 7) -> None:
    """So many synthetic matters over a year and all communities, two of three resolved. Sealed as they come."""
    load_district(code="330205", now=NOW)
    centre = Actor(kind="system", organisation_code=casework.centre_code())
    dice = random.Random(seed)
    communities = [c.code for street in territory.community_choices() for c in street.communities]
    categories = [c.code for c in casework.shipped_categories()]
    for start in range(0, rows, BATCH):
        items = [
            Opening(
                words=f"{dice.choice(WORDS)}（{start + n}）",
                category=dice.choice(categories),
                place=PlaceChoice(community_code=dice.choice(communities), source="community"),
            )
            for n in range(min(BATCH, rows - start))
        ]
        at = NOW - timedelta(days=365 * (1 - start / rows))
        opened = cases.open_cases(actor=centre, items=items, now=at)
        done = [
            Resolution(case_id=case.case_id, reply="已经修好，请放心。") for case in opened if dice.random() < 2 / 3
        ]
        cases.resolve_cases(actor=centre, items=done, now=at + timedelta(hours=1))
        if at < NOW - ARCHIVED:
            ended = [Closing(case_id=one.case_id) for one in done]
            cases.close_cases(actor=centre, items=ended, now=at + ARCHIVED)
        while ledger.seal(now=at):
            pass
    give(min(GIVEN, rows // 5))


def give(count: int) -> None:
    """Give the latest waiting matters to one department until it has so many, so that a scope has something to hold."""
    led = casework.CaseFilter(state="dispatched")
    leads = Actor(kind="post", post_id="0" * 32, organisation_code=LEADS)
    has = casework.cases_for(leads, filters=led, size=1, now=NOW)
    count = max(0, count - (has.more_than if has.total is None else has.total))
    if not count:
        return
    centre = Actor(kind="system", organisation_code=casework.centre_code())
    waiting = casework.cases_for(centre, filters=casework.CaseFilter(queue="unassigned"), size=count, now=NOW)
    for row in waiting.rows:
        cases.dispatch_case(actor=centre, case_id=row.case_id, lead_code=LEADS, nature="complaint", now=NOW)


def measure(*, rows: int, quick: bool) -> list[Row]:
    """All figures at this size, on the database of this process's settings."""
    began = time.process_time()
    fill(rows)
    filled = time.process_time() - began
    found = [Row(name="rows", value=rows), Row(name="fill, CPU per row", value=filled / rows * 1000, unit="ms")]
    found += asked_by_officials(requests=160 if quick else 800)
    if connection.vendor == "postgresql":
        rate, failed = verbs_per_second(clients=32, verbs=640 if quick else 3200)
        found += [
            Row(name="32 clients, one organisation: verbs", value=rate, unit="/s", at_least=200),
            Row(name="32 clients, one organisation: failures", value=failed, at_most=0),
        ]
    return found


def asked_by_officials(*, requests: int) -> list[Row]:
    """What pages cost over what is there: statements, processor time, and how long crowds of clients wait."""
    session, scoped = sign_in(casework.centre_code()), sign_in(LEADS)
    found = _statements(session, scoped) + _steps(session.actor, scoped.actor)
    with server() as (port, pid):
        return found + _over_http(port, pid, session, scoped, requests)


def sign_in(organisation_code: str) -> Session:
    """A new official of the organisation, signed in."""
    login = f"bench-{secrets.token_hex(4)}"
    account = Account.objects.create_account(login=login, password=secrets.token_urlsafe(16), name="测速")
    system = Actor(kind="system", organisation_code="330205")
    directory.appoint(
        actor=system,
        account_id=account.id,
        organisation_code=organisation_code,
        kind="window",
        title="窗口",
        now=NOW,
    )
    client = Client()
    client.force_login(account)
    token = secrets.token_hex(16)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    return Session(f"{cookie}; {settings.CSRF_COOKIE_NAME}={token}", token, _actor_of(account))


def form(session: Session, number: int) -> dict[str, str]:
    """A report as the portal's form posts it."""
    return {
        "csrfmiddlewaretoken": session.token,
        "key": secrets.token_urlsafe(16),
        "words": f"{WORDS[number % len(WORDS)]} {number}",
        "category": "roads",
        "community": "330205005003",
    }


def _client(session: Session) -> Client:
    client = Client(SERVER_NAME="localhost", headers={"accept-language": "zh-CN"})
    client.cookies.load(session.cookie)
    return client


def _statements(session: Session, scoped: Session) -> list[Row]:
    """SQL statements of the same requests, counted inside this process; BEGIN and COMMIT count too."""
    client, handler = _client(session), _client(scoped)
    detail = detail_path(client.get("/desk/").content.decode())
    acts: list[tuple[str, Callable[[], Any], int]] = [
        ("create", lambda: client.post("/report/", form(session, 1)), 12),
        ("list of 50", lambda: client.get("/desk/"), 10),
        ("list of 50 in a department's scope", lambda: handler.get("/desk/"), 10),
        ("detail", lambda: client.get(detail), 22),
        ("overview", lambda: client.get("/desk/overview/"), 16),
    ]
    found = []
    for name, act, most in acts:
        act()
        with CaptureQueriesContext(connection) as seen:
            answer = act()
        if answer.status_code >= 400:
            raise RuntimeError(f"{name}: the page answered {answer.status_code}")
        found.append(
            Row(name=f"{name}: statements", value=len(seen), at_most=most, baseline=SIGNALENS.get(name.split()[0], ""))
        )
    return found


def _steps(clerk: Actor, handler: Actor) -> list[Row]:
    """Statements of each step that changes a matter's state, on one that a department leads."""
    given = casework.CaseFilter(state="dispatched", order=casework.DUE)
    case = casework.cases_for(handler, filters=given, size=1, now=NOW).rows[0]
    at: dict[str, Any] = {"case_id": case.case_id, "now": NOW}
    cited = min(directory_questions.articles_at(place_code=case.place_code, on=NOW.date()))
    acts: list[tuple[str, Callable[[], object]]] = [
        ("start", lambda: cases.start_task(actor=handler, **at)),
        ("pause", lambda: cases.pause_case(actor=handler, reason="weather", words="雨", **at)),
        ("resume", lambda: cases.resume_case(actor=handler, **at)),
        ("return", lambda: cases.return_task(actor=handler, article=cited, words="不归我局", **at)),
        ("dispatch", lambda: cases.dispatch_case(actor=clerk, lead_code=LEADS, **at)),
        ("resolve", lambda: cases.resolve_case(actor=handler, reply="好了", **at)),
        ("reopen", lambda: cases.reopen_case(actor=clerk, words="没好", **at)),
    ]
    found = []
    for name, act in acts:
        with CaptureQueriesContext(connection) as seen:
            act()
        found.append(Row(name=f"{name}: statements", value=len(seen), at_most=15))
    return found


def _actor_of(account: Account) -> Actor:
    actor = directory_questions.actor_for(account.id)
    if actor is None:
        raise RuntimeError("who was just appointed holds no post")
    return actor


def detail_path(page: str) -> str:
    """The first matter of a list's page."""
    found = re.search(r'href="(/desk/case/[0-9a-f-]+/)"', page)
    if found is None:
        raise RuntimeError("the list shows no case")
    return found.group(1)


def _over_http(port: int, pid: int, session: Session, scoped: Session, requests: int) -> list[Row]:
    listing = ask(link_to(port), session.get("/desk/"))[1]
    detail = detail_path(listing.decode())
    acts = [
        Act("create", lambda n: session.post("/report/", form(session, n)), 6),
        Act("list of 50", lambda _n: session.get("/desk/"), 12),
        Act("list of 50 in a department's scope", lambda _n: scoped.get("/desk/"), 12),
        Act("detail", lambda _n: session.get(detail)),
        Act("overview", lambda _n: session.get("/desk/overview/"), share=0.05),
    ]
    return [row for act in acts for row in figures(port, pid, act, requests=requests)]
