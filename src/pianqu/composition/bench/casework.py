"""Create, list and detail: statements, processor time of the real server, and how long clients wait.

The rows are made by the batch form of the verbs; the server is the one that `pianqu up` starts; processor time is that of
its whole process tree, so that nothing it does is left out.
"""

import http.client
import os
import random
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pianqu.composition.bench.recording import verbs_per_second
from pianqu.composition.bench.report import Row, p50, percentile
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
HEADERS = {"Host": "localhost", "Connection": "keep-alive", "Accept": "text/html", "Accept-Language": "zh-CN"}
SIGNALENS = {
    "create": "Signalen: 45 statements, 52-62 ms, 17/s with 1 client, 33/s with 8",
    "list": "Signalen: 263 statements, 217-223 ms, 9/s with 8 clients",
    "detail": "Signalen: 2 statements, 10-14 ms",
}


@dataclass(frozen=True, slots=True)
class Session:
    """What a signed-in browser holds."""

    cookie: str
    token: str


@dataclass(frozen=True, slots=True)
class Run:
    """What a crowd of clients saw."""

    waits_ms: list[float]
    cpu_ms: float
    per_second: float
    failed: int


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
    _dispatch(min(GIVEN, rows // 5))


def _dispatch(count: int) -> None:
    """Give the latest waiting matters to one department, so that a scope has something to hold."""
    centre = Actor(kind="system", organisation_code=casework.centre_code())
    waiting = casework.cases_for(centre, filters=casework.CaseFilter(queue="unassigned"), size=count, now=NOW)
    for row in waiting.rows:
        cases.dispatch_case(actor=centre, case_id=row.case_id, lead_code=LEADS, nature="complaint", now=NOW)


def measure(*, rows: int, quick: bool) -> list[Row]:
    """All figures at this size, on the database of this process's settings."""
    began = time.process_time()
    fill(rows)
    filled = time.process_time() - began
    session, scoped = _sign_in("bench", casework.centre_code()), _sign_in("bench-scoped", LEADS)
    found = [Row(name="rows", value=rows), Row(name="fill, CPU per row", value=filled / rows * 1000, unit="ms")]
    found += _statements(session, scoped)
    found += _steps()
    with server() as (port, pid):
        found += _over_http(port, pid, session, scoped, quick)
    if connection.vendor == "postgresql":
        rate, failed = verbs_per_second(clients=32, verbs=640 if quick else 3200)
        found += [
            Row(name="32 clients, one organisation: verbs", value=rate, unit="/s", at_least=200),
            Row(name="32 clients, one organisation: failures", value=failed, at_most=0),
        ]
    return found


def _sign_in(login: str, organisation_code: str) -> Session:
    """An official of the organisation, signed in."""
    account = Account.objects.create_account(login=login, password=secrets.token_urlsafe(16), name=login)
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
    return Session(f"{cookie}; {settings.CSRF_COOKIE_NAME}={token}", token)


def _form(session: Session, number: int) -> dict[str, str]:
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
    detail = _detail_path(client.get("/desk/").content.decode())
    acts: list[tuple[str, Callable[[], Any], int]] = [
        ("create", lambda: client.post("/report/", _form(session, 1)), 12),
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


def _steps() -> list[Row]:
    """Statements of each step that changes a matter's state, on one that a department leads."""
    clerk, handler = _actor_of("bench"), _actor_of("bench-scoped")
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


def _actor_of(login: str) -> Actor:
    actor = directory_questions.actor_for(Account.objects.get(login=login).id)
    if actor is None:
        raise RuntimeError(f"{login} holds no post")
    return actor


def _detail_path(page: str) -> str:
    found = re.search(r'href="(/desk/case/[0-9a-f-]+/)"', page)
    if found is None:
        raise RuntimeError("the list shows no case")
    return found.group(1)


@contextmanager
def server() -> Iterator[tuple[int, int]]:
    """The real web server on a free port of this machine; answers the port and its process."""
    connection.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environ = {**os.environ, "PIANQU_PORT": str(port), "PIANQU_BIND": "127.0.0.1"}
    process = subprocess.Popen([sys.executable, "-m", "pianqu.composition.web"], env=environ, start_new_session=True)
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(15)


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the web server did not start")


Asked = tuple[str, str, str]


def _over_http(port: int, pid: int, session: Session, scoped: Session, quick: bool) -> list[Row]:
    listing = _ask(http.client.HTTPConnection("127.0.0.1", port, timeout=30), "GET", "/desk/", session)[1]
    detail = _detail_path(listing.decode())
    acts: list[tuple[str, Session, Callable[[int], Asked], float | None]] = [
        ("create", session, lambda n: ("POST", "/report/", urlencode(_form(session, n))), 6),
        ("list of 50", session, lambda _n: ("GET", "/desk/", ""), 12),
        ("list of 50 in a department's scope", scoped, lambda _n: ("GET", "/desk/", ""), 12),
        ("detail", session, lambda _n: ("GET", detail, ""), None),
        ("overview", session, lambda _n: ("GET", "/desk/overview/", ""), None),
    ]
    found: list[Row] = []
    for name, who, act, most in acts:
        _crowd(port, pid, who, act, clients=8, requests=80)  # warm: every thread of every worker has been asked
        for clients in (1, 8, 32):
            run = _crowd(port, pid, who, act, clients=clients, requests=(160 if quick else 800))
            label = f"{name}, {clients} client{'s' if clients > 1 else ''}"
            if clients == 1:
                found.append(Row(name=f"{name}: CPU", value=run.cpu_ms, unit="ms", at_most=most))
            found += [
                Row(name=f"{label}: p50", value=p50(run.waits_ms), unit="ms"),
                Row(name=f"{label}: p95", value=percentile(run.waits_ms, 0.95), unit="ms"),
                Row(name=f"{label}: rate", value=run.per_second, unit="/s"),
                Row(name=f"{label}: failures", value=run.failed, at_most=0),
            ]
    return found


def _ask(
    link: http.client.HTTPConnection, method: str, path: str, session: Session, body: str = ""
) -> tuple[int, bytes]:
    headers = {**HEADERS, "Cookie": session.cookie}
    if body:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://localhost"}
    link.request(method, path, body=body or None, headers=headers)
    answer = link.getresponse()
    return answer.status, answer.read()


def _crowd(port: int, pid: int, session: Session, act: Callable[[int], Asked], *, clients: int, requests: int) -> Run:
    each = requests // clients
    waits: list[float] = []
    failed: list[int] = []

    def client(who: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for turn in range(each):
            began = time.perf_counter()
            status, _body = _ask(link, *_spread(act(who * each + turn), session))
            waits.append((time.perf_counter() - began) * 1000)
            if status not in {200, 302}:
                failed.append(status)
        link.close()

    crowd = [threading.Thread(target=client, args=(who,)) for who in range(clients)]
    cpu, began = cpu_seconds(pid), time.perf_counter()
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    seconds, used = time.perf_counter() - began, cpu_seconds(pid) - cpu
    return Run(waits, used / (each * clients) * 1000, each * clients / seconds, len(failed))


def _spread(request: tuple[str, str, str], session: Session) -> tuple[str, str, Session, str]:
    method, path, body = request
    return method, path, session, body


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all below it (Linux)."""
    ticks = sum(_ticks(each) for each in _tree(pid))
    return ticks / os.sysconf("SC_CLK_TCK")


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _tree(int(child))
    return found


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
