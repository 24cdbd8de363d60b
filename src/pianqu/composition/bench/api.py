"""The JSON API and Open311 as programs use them: statements, processor time of the real server, and how long crowds wait.

A list is read through from its first page to its last, and repeated keys are shown to do nothing twice, also when 32
programs send the same one at once.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.composition.bench.casework import LEADS, SIGNALENS, sign_in
from pianqu.composition.bench.filling import BATCH, NOW, fill_to, ground
from pianqu.composition.bench.place import Filled
from pianqu.composition.bench.report import Row, p50
from pianqu.composition.bench.serving import CROWDS, WARM, Act, Asked, ask, crowd, figures, link_to, server
from pianqu.foundation.actor import Actor
from pianqu.foundation.api import RIGHTS
from pianqu.foundation.db import fetch
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.services import Opening, PlaceChoice
from pianqu.rooms.directory import services as directory

ROOT, OPEN311 = "/api/v1", "/open311/v2"
WORDS = "路灯坏了三天，晚上很黑"
PAGE = 200
"""The longest page of the API: a program that takes a whole list over asks for it."""
LIKE_THE_FIRST = 1.5
"""The last pages of a list may take so many times as long as its first."""
COUNTED = 4
"""So many matters of each kind are spent on counting statements."""
VERB, DOOR = 15, 4
"""Statements of a verb, as on pages; and of its door: the token, whether its post sees the matter, the key, what it answered."""
NO_LIMIT = {"PIANQU_API_RATE": "0"}


@dataclass(frozen=True, slots=True)
class Program:
    """Another system that calls with a token."""

    token: str

    def get(self, path: str) -> Asked:
        return Asked("GET", path, self._headers())

    def post(self, path: str, body: dict[str, Any], *, key: str = "") -> Asked:
        kind = {"Content-Type": "application/json", "Idempotency-Key": key or secrets.token_hex(16)}
        return Asked("POST", path, self._headers() | kind, json.dumps(body, ensure_ascii=False))

    def _headers(self) -> dict[str, str]:
        return {"Accept": "application/json"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})


NOBODY = Program("")


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of request: what it is, how many statements and how much time it may take, and what others need."""

    name: str
    asked: Callable[[int], Asked]
    statements: int
    cpu_ms: float | None = None
    baseline: str = ""
    share: float = 1


def measure(*, rows: int, filled: Filled, quick: bool) -> list[Row]:
    """All figures over so many matters."""
    fill_to(rows, filled)
    requests = 96 if quick else 160
    centre, department = program_of(casework.centre_code()), program_of(LEADS)
    steps = _steps(centre, department, requests)
    found = [Row(name="matters", value=_matters())]
    found += [_statements(step) for step in steps]
    with server(**NO_LIMIT) as (port, pid):
        found += _read_through(port, centre)
        for step in steps:
            act = Act(step.name, step.asked, step.cpu_ms, baseline=step.baseline, share=step.share)
            found += figures(port, pid, act, requests=requests)
        found += _same_key(port, pid, requests)
    return found


def program_of(organisation_code: str) -> Program:
    """A program with a token of a new official of the organisation."""
    now = timezone.now()
    actor = sign_in(organisation_code).actor
    return Program(
        directory.issue_token(
            actor=actor, name="bench", rights=tuple(RIGHTS), expires_at=now + timedelta(days=300), now=now
        )
    )


def _matters() -> int:
    return int(fetch(("SELECT COUNT(*) FROM casework_case", ()))[0][0])


# what is asked -------------------------------------------------------------------------------------------------------


def report_of(number: int) -> dict[str, Any]:
    """What a resident's program sends."""
    place = {"community_code": "330205005003", "landmark": "桥头"}
    return {"words": f"{WORDS} {number}", "category": "roads", "place": place}


def _steps(centre: Program, department: Program, requests: int) -> list[Step]:
    waiting = _waiting(COUNTED + WARM + len(CROWDS) * requests)
    given, answered, looked_at = iter(waiting), iter(waiting), waiting[-1]
    given_now = {"lead_code": LEADS, "nature": "complaint"}
    published = casework.published_id(looked_at)
    days = urlencode({"start_date": (NOW - timedelta(days=89)).isoformat(), "end_date": NOW.isoformat()})
    listed = f"{OPEN311}/requests.json?{days}"
    changed = f"{OPEN311}/servicerequestupdates.json?{days}&page_size=50"
    sent: dict[str, Any] = {"reply": "路灯已修好。"}
    told = SIGNALENS
    return [
        Step("report", lambda n: NOBODY.post(f"{ROOT}/reports", report_of(n)), 12, 6, told["create"]),
        Step("list of 50", lambda _n: centre.get(f"{ROOT}/cases"), 10, 12, told["list"]),
        Step("list of 50 in a department's scope", lambda _n: department.get(f"{ROOT}/cases"), 10, 12, told["list"]),
        Step("one matter", lambda _n: centre.get(f"{ROOT}/cases/{looked_at}"), 22, 12, told["detail"]),
        Step(
            "dispatch", lambda _n: centre.post(_act(next(given), "dispatch"), given_now), VERB + DOOR, None, told["act"]
        ),
        Step(
            "answer", lambda _n: department.post(_act(next(answered), "resolve"), sent), VERB + DOOR, None, told["act"]
        ),
        Step("Open311 file", _filed, 12, 6, told["create"]),
        Step("Open311 list of 50", lambda _n: NOBODY.get(f"{listed}&page_size=50"), 10, 12, told["list"]),
        Step("Open311 list of 1000", lambda _n: NOBODY.get(listed), 10, share=0.2),
        Step("Open311 list of 50, open ones", lambda _n: NOBODY.get(f"{listed}&page_size=50&status=open"), 10, 12),
        Step("Open311 changes, 50", lambda _n: NOBODY.get(changed), 10, 12),
        Step("Open311 one request", lambda _n: NOBODY.get(f"{OPEN311}/requests/{published}.json"), 10, 6),
    ]


def _act(case_id: object, verb: str) -> str:
    return f"{ROOT}/cases/{case_id}/{verb}"


def _filed(number: int) -> Asked:
    """A matter as a client of Open311 files it, at a point; no two have the same words, for those would be one."""
    typed = {
        "service_code": "roads",
        "description": f"{WORDS} {number} {secrets.token_hex(4)}",
        "lat": "29.887",
        "long": "121.551",
    }
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return Asked("POST", f"{OPEN311}/requests.json", kind, urlencode(typed))


def _waiting(count: int) -> Sequence[Any]:
    """New matters that nobody has yet."""
    centre, known, now = Actor(kind="system", organisation_code=casework.centre_code()), ground(), timezone.now()
    found: list[Any] = []
    while len(found) < count:
        items = [
            Opening(
                words=f"{WORDS} {number}",
                category="roads",
                place=PlaceChoice(
                    community_code=known.communities[number % len(known.communities)], source="community"
                ),
            )
            for number in range(min(BATCH, count - len(found)))
        ]
        found += [opened.case_id for opened in cases.open_cases(actor=centre, items=items, now=now)]
    return found


# statements ----------------------------------------------------------------------------------------------------------


def _statements(step: Step) -> Row:
    """SQL statements of one request, counted inside this process; BEGIN and COMMIT count too."""
    _here(step.asked(0))
    with CaptureQueriesContext(connection) as seen:
        _here(step.asked(1))
    return Row(name=f"{step.name}: statements", value=len(seen), at_most=step.statements)


def _here(asked: Asked) -> bytes:
    client = Client(SERVER_NAME="localhost", headers={"accept-language": "zh-CN", **asked.headers})
    kind = asked.headers.get("Content-Type", "application/octet-stream")
    answer: Any = client.generic(asked.method, asked.path, asked.body, content_type=kind)
    if answer.status_code >= 400:
        raise RuntimeError(f"{asked.method} {asked.path} answered {answer.status_code}: {answer.content!r}")
    return bytes(answer.content)


# the whole list ------------------------------------------------------------------------------------------------------


def _read_through(port: int, program: Program) -> list[Row]:
    """Every page of the list by its cursor: how long each takes, and whether each matter comes by exactly once."""
    expected = _matters()
    connection.close()
    waits: list[float] = []
    ids: list[str] = []
    ask(link_to(port), program.get(f"{ROOT}/cases?size={PAGE}"))
    for waited, page in _pages(port, program):
        waits.append(waited)
        ids += page
    end = max(3, len(waits) // 20)
    first, last = (
        p50(waits[1 : end + 1]),
        p50(waits[-end - 1 : -1]),
    )  # the very last is not full
    wrong = len(ids) - len(set(ids)) + abs(expected - len(set(ids)))
    return [
        Row(name=f"pages of {PAGE} by cursor", value=len(waits)),
        Row(name="first pages: p50", value=first, unit="ms"),
        Row(name="last pages: p50", value=last, unit="ms"),
        Row(name="last pages against first", value=last / first, at_most=LIKE_THE_FIRST),
        Row(name="longest page", value=max(waits), unit="ms"),
        Row(name="matters left out or met twice", value=wrong, at_most=0),
    ]


def _pages(port: int, program: Program) -> Iterator[tuple[float, list[str]]]:
    link, cursor = link_to(port), ""
    while True:
        began = time.perf_counter()
        status, body = ask(link, program.get(f"{ROOT}/cases?{urlencode({'size': PAGE, 'cursor': cursor})}"))
        waited = (time.perf_counter() - began) * 1000
        if status != 200:
            raise RuntimeError(f"a page answered {status}: {body!r}")
        told = json.loads(body)
        yield waited, [row["case_id"] for row in told["rows"]]
        if not (cursor := told["next_cursor"]):
            link.close()
            return


# the same key again --------------------------------------------------------------------------------------------------


def _same_key(port: int, pid: int, requests: int) -> list[Row]:
    """One key sent again and again, by 32 programs from its first moment on: one matter, and always the same answer."""
    before, key, told = _matters(), secrets.token_hex(16), set[bytes]()
    asked = NOBODY.post(f"{ROOT}/reports", report_of(0), key=key)

    def right(status: int, body: bytes) -> bool:
        told.add(body)
        return status == 201

    act = Act("same key again", lambda _n: asked, 6, right=right)
    connection.close()
    at_once = crowd(port, pid, act, clients=max(CROWDS), requests=max(CROWDS))
    found = [
        Row(name="a new key from 32 programs at once: failures", value=at_once.failed, at_most=0),
        *figures(port, pid, act, requests=requests),
        Row(name="same key: different answers", value=len(told), at_most=1),
        Row(name="same key: matters made", value=_matters() - before, at_most=1, at_least=1),
    ]
    with CaptureQueriesContext(connection) as seen:
        _here(asked)
    return [Row(name="same key again: statements", value=len(seen), at_most=12), *found]
