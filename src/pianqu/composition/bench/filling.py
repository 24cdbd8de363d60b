"""A year of matters at any size: what is past is taken over as history, the latest go through every step here.

Past matters come in as an import brings them, in batches by the verbs that record their facts; two processes share them.
"""

import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from pianqu.composition.bench.corpus import Corpus
from pianqu.composition.bench.place import Filled
from pianqu.composition.district import load_district
from pianqu.foundation.actor import Actor
from pianqu.foundation.db import run, vendor
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.services import Claim, Closing, Opening, PlaceChoice, Resolution
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries as territory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
FROM = "bench"
BATCH = 2_000
WORKERS = 2


def fill_to(rows: int, filled: Filled) -> None:
    """Bring the installation to so many matters; what is there already is kept."""
    if not filled.rows:
        load_district(code="330205", now=NOW)
    missing = rows - filled.rows
    if missing > 0:
        seconds = fill_history(missing, first=filled.rows)
        filled.grew(rows=missing, seconds=seconds)
    run(("ANALYZE" if vendor() == "sqlite" else "VACUUM ANALYZE", ()))


@dataclass(frozen=True, slots=True)
class Ground:
    """What matters are about and where they lie."""

    categories: tuple[str, ...]
    communities: tuple[str, ...]


def ground() -> Ground:
    """The district's own."""
    communities = [place.code for street in territory.community_choices() for place in street.communities]
    return Ground(tuple(card.code for card in casework.shipped_categories()), tuple(communities))


def fill_history(rows: int, *, first: int = 0, seed: int = 7) -> float:
    """So many past matters with their facts, two of three answered and archived; answers the seconds that it took."""
    began, known = time.perf_counter(), ground()
    if vendor() == "sqlite":  # one writer at a time
        _share(range(first, first + rows), known, seed, rows)
    else:
        _at_once(rows, first, known, seed)
    while _seal():
        pass
    return time.perf_counter() - began


def _at_once(rows: int, first: int, known: Ground, seed: int) -> None:
    """Several processes share the work; this one seals meanwhile."""
    connection.close()
    share = -(-rows // WORKERS)
    workers = [
        _fork(range(first + start, first + min(start + share, rows)), known, seed, rows)
        for start in range(0, rows, share)
    ]
    while workers:
        done, status = os.waitpid(-1, os.WNOHANG)
        if done in workers:
            workers.remove(done)
            if status:
                raise RuntimeError("a worker of the fill failed; its words stand above")
        if not _seal() and not done:
            time.sleep(0.2)


def _seal() -> int:
    return ledger.seal(now=NOW)


def _fork(numbers: Sequence[int], known: Ground, seed: int, rows: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _share(numbers, known, seed, rows)
        connection.close()
        code = 0
    finally:
        os._exit(code)


def _share(numbers: Sequence[int], known: Ground, seed: int, rows: int) -> None:
    for start in range(0, len(numbers), BATCH):
        _batch(numbers[start : start + BATCH], known, Corpus(seed=seed), rows)


def _batch(numbers: Sequence[int], known: Ground, corpus: Corpus, rows: int) -> None:
    centre = Actor(kind="system", organisation_code=casework.centre_code())
    dice = random.Random(f"{corpus.seed}/{numbers[0]}")
    moments = [NOW - YEAR * (1 - (number % rows) / rows) for number in numbers]
    opened = cases.open_cases(
        actor=centre,
        items=[
            Opening(
                words=corpus.words(number),
                category=dice.choice(known.categories),
                place=PlaceChoice(
                    community_code=dice.choice(known.communities),
                    landmark=corpus.landmark(number),
                    source="imported",
                ),
                channel="import",
                claim=Claim(happened_at=at, imported_from=FROM, imported_id=str(number)),
            )
            for number, at in zip(numbers, moments, strict=True)
        ],
        now=NOW,
    )
    done = [(case.case_id, at) for case, at in zip(opened, moments, strict=True) if dice.random() < 2 / 3]
    cases.resolve_cases(
        actor=centre,
        items=[Resolution(case_id=one, reply="已经修好，请放心。", claim=_later(at, hours=30)) for one, at in done],
        now=NOW,
    )
    cases.close_cases(
        actor=centre, items=[Closing(case_id=one, claim=_later(at, hours=200)) for one, at in done], now=NOW
    )


def _later(at: datetime, *, hours: int) -> Claim:
    return Claim(happened_at=min(at + timedelta(hours=hours), NOW), imported_from=FROM)
