"""The same questions over ten thousand, a hundred thousand and a million matters: how their time grows, and what they read.

Times are those that a caller waits, the database's work included; a figure that grows with exponent e takes 100^e as long
over a hundred times as many matters.
"""

import json
import math
import os
import random
import secrets
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pianqu.composition.bench import casework as casework_bench
from pianqu.composition.bench import search
from pianqu.composition.bench.filling import NOW, fill_to, ground
from pianqu.composition.bench.place import Filled
from pianqu.composition.bench.report import Row, p50, percentile
from pianqu.foundation.actor import Actor
from pianqu.foundation.db import fetch, vendor
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.queries import CaseFilter
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.directory import queries as directory

SIZES = (10_000, 100_000, 1_000_000)
LARGE = 10_000
"""Tables with more rows are not to be read from end to end."""
LEADS = "330205-enforcement"
GIVEN = 200
"""So many matters wait with that department at least."""
CROWDS = (8, 32)
CCRS = "CCRS, 16 cores: 37/s to 100 000 rows, 6.3/s and p95 3 340 ms at 1 006 743"
"""Lifecycles as DIGIT publishes them."""
FLAT = 0.1


def measure(*, rows: int, filled: Filled, quick: bool) -> list[Row]:
    """Fill to each size up to `rows`, measure there what should not grow, then all else at the last."""
    for size in [one for one in SIZES if one < rows] + [rows]:
        if size > filled.rows or size == rows:
            fill_to(size, filled)
            casework_bench.give(GIVEN)
            filled.measured(size, _waits(40 if quick else 200))
    found = [Row(name="matters", value=filled.rows)]
    most = 600 if rows >= SIZES[-1] and vendor() == "postgresql" else None
    found.append(Row(name="bulk fill with facts", value=filled.seconds, unit="s", at_most=most))
    found += _growth(filled.sizes)
    found += _random_questions(rows, 200 if quick else 1_000)
    if vendor() == "postgresql":
        found += [Row(name="plans that read a large table from end to end", value=len(whole_reads()), at_most=0)]
    for clients in CROWDS:
        found += _lifecycles(128 if quick else 800, clients)
    return found + casework_bench.asked_by_officials(requests=96 if quick else 160)


# what should not grow ------------------------------------------------------------------------------------------------


def _waits(times: int) -> dict[str, float]:
    """Medians in ms of creating, listing and looking at a matter, each asked in turn with the others."""
    known, dice = ground(), random.Random(5)
    centre = Actor(kind="system", organisation_code=casework.centre_code())
    ids = [row.case_id for row in casework.cases_for(centre, size=200, now=NOW).rows]
    acts: dict[str, Callable[[], object]] = {
        "create": lambda: _open(dice.choice(known.communities)),
        "list of 50": lambda: casework.cases_for(centre, size=50, now=NOW),
        "list of 50 in a department's scope": lambda: casework.cases_for(_post(LEADS), size=50, now=NOW),
        "detail": lambda: casework.case_for(centre, dice.choice(ids)),
        "first page for everybody": lambda: Client(SERVER_NAME="localhost").get("/"),
    }
    waits: dict[str, list[float]] = {name: [] for name in acts}
    for turn in range(times + 5):
        for name, act in acts.items():
            waited = _timed(act)
            if turn >= 5:
                waits[name].append(waited)
    return {name: p50(each) for name, each in waits.items()}


def _open(community: str) -> Any:
    resident = Actor(kind="resident", organisation_code=casework.centre_code())
    place = PlaceChoice(community_code=community, landmark="桥头", source="community")
    words = f"路灯坏了三天 {secrets.token_hex(4)}"
    return cases.open_case(actor=resident, words=words, category="roads", place=place, now=NOW)


def _post(code: str) -> Actor:
    return Actor(kind="post", post_id="0" * 32, organisation_code=code)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _growth(sizes: dict[int, dict[str, float]]) -> list[Row]:
    found = []
    small, large = min(sizes), max(sizes)
    for name in sizes[large]:
        found.append(Row(name=f"{name}, in process: p50", value=sizes[large][name], unit="ms"))
        if large > small:
            grown = math.log(sizes[large][name] / sizes[small][name]) / math.log(large / small)
            found.append(Row(name=f"{name}, in process: exponent", value=grown, at_most=FLAT))
    return found


# random questions ----------------------------------------------------------------------------------------------------


def questions(rows: int, count: int, *, seed: int = 3) -> list[tuple[Actor, CaseFilter]]:
    """Lists and searches as people ask them: by whoever, filtered by whatever."""
    dice, known = random.Random(seed), ground()
    codes = [card.code for card in directory.every_organisation()]
    asked: list[tuple[Actor, CaseFilter]] = []
    for sought in search.searches(rows, count // 2, seed):
        category = dice.choice(known.categories) if dice.random() < 0.2 else ""
        asked.append((sought.actor, CaseFilter(text=sought.text, category=category)))
    while len(asked) < count:
        code = casework.centre_code() if dice.random() < 0.4 else dice.choice(codes)
        asked.append((_post(code), dice.choice(_filters(dice, known.categories, known.communities))))
    dice.shuffle(asked)
    return asked


def _filters(dice: random.Random, categories: Sequence[str], communities: Sequence[str]) -> list[CaseFilter]:
    community = dice.choice(communities)
    return [
        CaseFilter(),
        CaseFilter(category=dice.choice(categories)),
        CaseFilter(place_code=community),
        CaseFilter(place_code=f"{community[:9]}000"),
        CaseFilter(state=dice.choice(["opened", "closed", "resolved", "dispatched"])),
        CaseFilter(queue=dice.choice(casework.QUEUES)),
        CaseFilter(category=dice.choice(categories), place_code=f"{community[:9]}000"),
        CaseFilter(order=casework.DUE),
    ]


def _random_questions(rows: int, count: int) -> list[Row]:
    asked = questions(rows, count)
    waits = [_timed(lambda one=one: _ask(*one)) for one in asked]  # type: ignore[misc]
    slow = sorted(zip(waits, (str(_told(*one)) for one in asked), strict=True), reverse=True)
    label = f"{count} random lists and searches"
    return [
        Row(name=f"{label}: p50", value=p50(waits), unit="ms"),
        Row(name=f"{label}: p95", value=percentile(waits, 0.95), unit="ms", at_most=150),
        Row(name=f"{label}: longest", value=max(waits), unit="ms", baseline=slow[0][1]),
    ]


def _ask(actor: Actor, filters: CaseFilter) -> casework.CasePage:
    return casework.cases_for(actor, filters=filters, size=50, now=NOW)


def _told(actor: Actor, filters: CaseFilter) -> dict[str, object]:
    empty = CaseFilter()
    names = ("state", "category", "place_code", "text", "queue", "order")
    told = {name: value for name in names if (value := getattr(filters, name)) != getattr(empty, name)}
    return {"by": actor.organisation_code, **told}


# plans ---------------------------------------------------------------------------------------------------------------


def whole_reads(count: int = 40) -> list[str]:
    """Statements of lists, searches, a matter's page and what programs ask whose plan reads a table of more than LARGE rows
    from end to end."""
    sizes = {str(name): float(rows) for name, rows in fetch(("SELECT relname, reltuples FROM pg_class", ()))}
    with CaptureQueriesContext(connection) as seen:
        for actor, filters in questions(5_000, count, seed=13):
            page = _ask(actor, filters)
            if page.next_page:
                casework.cases_for(actor, filters=filters, page=page.next_page, size=50, now=NOW)
            for row in page.rows[:1]:
                casework.case_for(actor, row.case_id)
                casework.handling_for(actor, row.case_id, now=NOW)
        for act in _asked_by_programs():
            act()
    reads = [query["sql"] for query in seen if query["sql"].lstrip("( ").upper().startswith(("SELECT", "WITH"))]
    return [sql for sql in reads if any(sizes.get(table, 0) > LARGE for table in _read_whole(_plan(sql)))]


def _asked_by_programs() -> list[Callable[[], object]]:
    """What Open311 and the open doors of the API ask: everybody's, a department's, a street office's and a community's."""
    known, centre = ground(), _post(casework.centre_code())
    askers = (None, centre, _post(LEADS), _post(f"{known.communities[0][:9]}000"), _post(known.communities[0]))
    span: dict[str, Any] = {"since": NOW - timedelta(days=90), "until": NOW, "most": 50}
    acts: list[Callable[[], object]] = [casework.counts, partial(casework.public_recent, 20)]
    for actor in askers:
        found = casework.published_cases(actor=actor, **span)
        acts += [
            partial(casework.published_cases, actor=actor, **span),
            partial(casework.published_cases, actor=actor, is_open=True, **span),
            partial(casework.published_cases, actor=actor, is_open=False, categories=[known.categories[0]], **span),
            partial(casework.published_cases, actor=actor, first=200, **span),
            partial(casework.published_cases, actor=actor, names=[one.published_id for one in found], **span),
            partial(casework.published_changes, actor=actor, now=NOW, **span),
            *(partial(casework.published_case, one.published_id, actor=actor) for one in found[:1]),
        ]
    return acts


def _plan(sql: str) -> dict[str, Any]:
    answer = fetch((f"EXPLAIN (FORMAT JSON) {sql.replace('%', '%%')}", ()))[0][0]
    plans = json.loads(answer) if isinstance(answer, str) else answer
    return dict(plans[0]["Plan"])


def _read_whole(node: dict[str, Any]) -> list[str]:
    own = [str(node["Relation Name"])] if node["Node Type"] == "Seq Scan" else []
    return own + [table for inner in node.get("Plans", ()) for table in _read_whole(inner)]


# lifecycles ----------------------------------------------------------------------------------------------------------


def _lifecycles(count: int, clients: int) -> list[Row]:
    """Open, dispatch, answer and find again, by several processes at once; a failure is one process that gave up."""
    connection.close()
    began = time.perf_counter()
    with TemporaryDirectory() as folder:
        files = [Path(folder) / str(number) for number in range(clients)]
        workers = [_client(file, count // clients) for file in files]
        failed = sum(bool(os.waitpid(pid, 0)[1]) for pid in workers)
        waits = [float(line) for file in files if file.exists() for line in file.read_text().split()]
    seconds = time.perf_counter() - began
    target = 40 if vendor() == "postgresql" and clients == CROWDS[0] else None
    label = f"lifecycles, {clients} clients"
    return [
        Row(name=f"{label}: rate", value=len(waits) / seconds, unit="/s", at_least=target, baseline=CCRS),
        Row(name=f"{label}: p50", value=p50(waits or [1e9]), unit="ms"),
        Row(name=f"{label}: p95", value=percentile(waits or [1e9], 0.95), unit="ms", at_most=target and 500),
        Row(name=f"{label}: failures", value=failed, at_most=0),
    ]


def _client(file: Path, count: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        dice, known = random.Random(os.getpid()), ground()
        waits = [_timed(lambda: _lifecycle(dice.choice(known.communities))) for _ in range(count)]
        file.write_text("\n".join(map(str, waits)))
        code = 0
    except Exception:  # noqa: BLE001 - said here, counted by the parent
        traceback.print_exc()
    finally:
        os._exit(code)


def _lifecycle(community: str) -> None:
    centre = Actor(kind="system", organisation_code=casework.centre_code())
    opened = _open(community)
    cases.dispatch_case(actor=centre, case_id=opened.case_id, lead_code=LEADS, nature="complaint", now=NOW)
    cases.resolve_case(actor=_post(LEADS), case_id=opened.case_id, reply="已经修好，请放心。", now=NOW)
    page = casework.cases_for(_post(LEADS), filters=CaseFilter(text=opened.case_code), size=50, now=NOW)
    if [row.case_id for row in page.rows] != [opened.case_id]:
        raise RuntimeError("what was just answered is not found")
