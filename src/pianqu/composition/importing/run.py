"""The import itself: batches of one transaction each, progress, rejects, and counts that add up to the input."""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TextIO

from pianqu.composition.importing.mapping import Mapping, Named
from pianqu.composition.importing.rows import Reject, history
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services
from pianqu.rooms.casework.services import History, NewCategory
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation

BATCH = 1_000
"""Rows of one transaction: what a kill can undo, and what is done again after it."""
Row = dict[str, str]


@dataclass(slots=True)
class Tally:
    """Where the rows went: read = imported + there before + rejected."""

    read: int = 0
    imported: int = 0
    before: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    facts: int = 0

    @property
    def rejected(self) -> int:
        return self.reasons.total()

    def adds_up(self) -> bool:
        return self.read == self.imported + self.before + self.rejected


@contextmanager
def opened_table(path: Path) -> Iterator[tuple[Iterator[Row], Callable[[], float]]]:
    """The rows of a CSV file, gzipped or not, and a function that tells which part of the file was read (0 to 1)."""
    size = path.stat().st_size or 1
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        plain = gzip.GzipFile(fileobj=raw) if zipped else raw
        with io.TextIOWrapper(plain, encoding="utf-8-sig", newline="") as text:
            yield _rows(text, path), lambda: min(raw.tell() / size, 1.0)


def _rows(text: TextIO, path: Path) -> Iterator[Row]:
    try:
        for row in csv.DictReader(text, restval=""):
            row.pop(None, None)
            yield row
    except (UnicodeDecodeError, csv.Error, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(
            "table-broken",
            f"{path} cannot be read to its end ({error}). What was imported before stays; mend the file and run again.",
        ) from error


def prepare_district(mapping: Mapping, *, actor: Actor, now: datetime) -> None:
    """What the rows refer to: the categories (those that are not shipped) and the organisations."""
    zh, en = mapping.district_names
    code = mapping.district_code
    bodies = [_organisation(Named(code, zh, en), "district", "")]
    bodies.append(_organisation(Named(casework.centre_code(), f"{zh}受理中心", f"{en} intake"), "centre", code))
    departments = {named.code: named for named in mapping.organisations.values()}
    bodies += [_organisation(named, "department", code) for named in departments.values()]
    directory.add_organisations(actor=actor, items=bodies, valid_from=now.date(), now=now)
    fresh = {named.code: named for named in mapping.categories.values() if named.is_new}
    services.add_categories(actor=actor, categories=[_category(named) for named in fresh.values()], now=now)
    unknown = {named.code for named in mapping.categories.values()} - casework.known_codes()
    if unknown:
        raise Invalid(
            "mapping-categories", f"The mapping uses categories that do not exist: {', '.join(sorted(unknown))}."
        )


def _organisation(named: Named, kind: str, parent_code: str) -> NewOrganisation:
    name = named.name_zh or named.code
    return NewOrganisation(
        code=named.code, kind=kind, name=name, short_name=name, name_en=named.name_en, parent_code=parent_code
    )


def _category(named: Named) -> NewCategory:
    return NewCategory(code=named.code, name_zh=named.name_zh, name_en=named.name_en)


def import_rows(
    rows: Iterator[Row],
    mapping: Mapping,
    *,
    rejects: TextIO,
    actor: Actor,
    clock: Callable[[], datetime],
    progress: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Take every row or tell why not. Rows whose id is there already are passed over, so it may be run again."""
    tally, batch = Tally(), list[History]()
    before = set(casework.imported_ids(mapping.label))
    seen: set[str] = set()
    told = csv.writer(rejects)
    told.writerow(["row", "id", "reason"])
    for number, row in enumerate(rows, start=2):
        tally.read += 1
        try:
            if item := _taken(row, mapping, before, seen, tally):
                batch.append(item)
        except Reject as reason:
            tally.reasons[str(reason)] += 1
            told.writerow([number, row[mapping.columns["id"]], reason])
        if len(batch) == BATCH:
            _store(batch, tally, actor, clock())
        if tally.read % BATCH == 0:
            progress(tally)
    _store(batch, tally, actor, clock())
    progress(tally)
    return tally


def _taken(row: Row, mapping: Mapping, before: set[str], seen: set[str], tally: Tally) -> History | None:
    """The row's history; None for a row that an earlier run took."""
    imported_id = row[mapping.columns["id"]].strip()
    if not imported_id:
        raise Reject("no id")
    if imported_id in seen:
        raise Reject("duplicate id")
    seen.add(imported_id)
    if imported_id in before:
        tally.before += 1
        return None
    return history(row, mapping)


def _store(batch: list[History], tally: Tally, actor: Actor, now: datetime) -> None:
    if batch:
        tally.imported += services.take_history(actor=actor, items=batch, now=now)
        tally.facts += sum(1 + bool(item.resolved) + bool(item.closed) for item in batch)
        batch.clear()


def check_columns(path: Path, mapping: Mapping) -> None:
    """Raise Invalid when the table lacks a column that the mapping names."""
    with opened_table(path) as (rows, _part):
        first = next(rows, None)
    if first is None:
        raise Invalid("table-empty", f"{path} has no rows.")
    missing = ({*mapping.columns.values(), *mapping.words}) - set(first)
    if missing:
        raise Invalid("table-columns", f"{path} lacks the columns {', '.join(sorted(missing))} that the mapping names.")
