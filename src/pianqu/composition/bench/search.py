"""Two characters and more, found in so many matters: the same as a plain reading finds, and how long it takes.

A plain reading (LIKE over words and landmark) is the baseline and the oracle, in the same run and over the same rows.
"""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from pianqu.composition.bench.corpus import Corpus
from pianqu.composition.bench.filling import NOW
from pianqu.composition.bench.report import Row, p50, percentile
from pianqu.foundation.actor import Actor
from pianqu.foundation.db import fetch, vendor
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory

SMALL = 15_000
PAGE = 50
SAMPLE = 60
"""So many searches are compared with a plain reading, which takes long."""
SIGNS = frozenset("，。 ")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who looks for what."""

    actor: Actor
    text: str


def measure(*, rows: int, count: int, seed: int = 11) -> list[Row]:
    """Figures over what is there: the fill of `rows` matters, whose texts the searches are cut from."""
    asked = searches(rows, count, seed)
    for one in asked[:20]:
        _search(one)
    waits = [_timed(lambda one=one: _search(one)) for one in asked]  # type: ignore[misc]
    centre = [Asked(_centre(), one.text) for one in asked[:SAMPLE]]
    hits = [_compared(one) for one in centre]
    found, right, read = (sum(each[number] for each in hits) for number in range(3))
    plain = [_timed(lambda one=one: _read(one.text)) for one in centre]  # type: ignore[misc]
    return [
        Row(name="matters", value=_count()),
        Row(name="searches", value=len(asked)),
        Row(name="search: p50", value=p50(waits), unit="ms", baseline=f"plain reading: {p50(plain):.0f} ms"),
        Row(
            name="search: p95",
            value=percentile(waits, 0.95),
            unit="ms",
            at_most=50 if rows <= SMALL else 150,
            baseline=f"plain reading: {percentile(plain, 0.95):.0f} ms",
        ),
        Row(name="search: longest", value=max(waits), unit="ms"),
        Row(name="recall against a plain reading", value=right / max(read, 1), at_least=0.99),
        Row(name="precision against a plain reading", value=right / max(found, 1), at_least=0.99),
        Row(name="index, per matter", value=_index_bytes() / max(_count(), 1) / 1024, unit="KiB"),
    ]


def _centre() -> Actor:
    return Actor(kind="system", organisation_code=casework.centre_code())


def searches(rows: int, count: int, seed: int) -> list[Asked]:
    """Words cut out of random texts, most of two characters, asked by the centre, street offices, communities, departments."""
    dice, corpus = random.Random(seed), Corpus()
    by_kind: dict[str, list[str]] = {}
    for card in directory.every_organisation():
        by_kind.setdefault(card.kind, []).append(card.code)
    kinds = sorted(by_kind)
    found: list[Asked] = []
    while len(found) < count:
        text = corpus.words(dice.randrange(rows))
        length = dice.choices((1, 2, 3, 4), (5, 65, 15, 15))[0]
        start = dice.randrange(len(text) - length)
        word = text[start : start + length]
        if SIGNS & set(word):
            continue
        if dice.random() < 0.1:
            word += f" {corpus.words(dice.randrange(rows))[-2:]}"
        code = casework.centre_code() if dice.random() < 0.5 else dice.choice(by_kind[dice.choice(kinds)])
        found.append(Asked(Actor(kind="post", post_id="0" * 32, organisation_code=code), word))
    return found


def _search(asked: Asked) -> casework.CasePage:
    return casework.cases_for(asked.actor, filters=casework.CaseFilter(text=asked.text), size=PAGE, now=NOW)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _compared(asked: Asked) -> tuple[int, int, int]:
    """How many of the first page are there, right, and read by LIKE."""
    found = [row.case_id for row in _search(asked).rows]
    read = _read(asked.text)
    return len(found), len(set(found) & set(read)), len(read)


def _read(text: str) -> list[object]:
    """The newest page of what a plain reading finds."""
    words = [f"%{word}%" for word in text.split()]
    where = " AND ".join(["(words LIKE %s OR landmark LIKE %s)"] * len(words))
    page = f"SELECT id FROM casework_case WHERE {where} ORDER BY opened_at DESC, id DESC LIMIT {PAGE}"
    rows = fetch((page, [word for each in words for word in (each, each)]))
    return [uuid.UUID(str(row[0])) for row in rows]


def _count() -> int:
    return int(fetch(("SELECT COUNT(*) FROM casework_case", ()))[0][0])


def _index_bytes() -> float:
    """Table and index of what a search reads."""
    if vendor() == "sqlite":
        texts = "SELECT SUM(LENGTH(CAST(folded AS BLOB)) + LENGTH(grams)) FROM casework_searchtext"
        index = "SELECT SUM(LENGTH(block)) FROM casework_grams_data"
        return float(fetch((texts, ()))[0][0]) + float(fetch((index, ()))[0][0])
    return float(fetch(("SELECT pg_total_relation_size('casework_searchtext')", ()))[0][0])
