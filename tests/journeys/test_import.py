"""Historical requests become cases: the shipped sample, the batch path against the single one, a kill in the middle."""

import csv
import io
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pianqu.composition.importing.mapping import Mapping, read_mapping
from pianqu.composition.importing.rows import Reject, history
from pianqu.composition.importing.run import Tally, check_columns, import_rows, opened_table, prepare_district
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.services import History
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger

HERE = Path(__file__).resolve().parents[2]
SAMPLE = HERE / "src" / "pianqu" / "composition" / "samples" / "boston311"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ACTOR = Actor(kind="system", organisation_code="330205-centre")
FRESH = {"id", "code", "entry_id", "words_salt", "reply_salt", "imported_id"}
"""Columns that are drawn or must differ."""


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return read_mapping(SAMPLE / "mapping.toml")


def rows() -> Iterator[dict[str, str]]:
    with opened_table(SAMPLE / "sample.csv") as (table, _part):
        yield from table


def bring_in(mapping: Mapping, table: Iterator[dict[str, str]]) -> tuple[Tally, list[list[str]]]:
    prepare_district(mapping, actor=ACTOR, now=NOW)
    told = io.StringIO()
    tally = import_rows(table, mapping, rejects=told, actor=ACTOR, clock=lambda: NOW)
    return tally, list(csv.reader(io.StringIO(told.getvalue())))


@pytest.mark.django_db
def test_the_sample_comes_in_once_and_adds_up(mapping: Mapping) -> None:
    tally, rejects = bring_in(mapping, rows())
    assert (tally.read, tally.imported, tally.rejected) == (500, 495, 5) and tally.adds_up()
    assert rejects[0] == ["row", "id", "reason"] and {line[2] for line in rejects[1:]} == {"closed before opened"}
    assert Case.objects.filter(state="closed").count() + Case.objects.filter(state="opened").count() == 495
    assert directory.organisation("BOS-public-works").name == "公共工程局"
    again, _ = bring_in(mapping, rows())
    assert (again.imported, again.before, again.rejected) == (0, 495, 5) and again.adds_up()
    assert Case.objects.count() == 495


@pytest.mark.django_db
def test_claims_are_shown_as_imported(mapping: Mapping) -> None:
    bring_in(mapping, rows())
    case = Case.objects.filter(state="closed").order_by("opened_at").first()
    assert case is not None and case.opened_at.year == 2015
    opened, resolved, closed = queries.timeline(case.id)
    assert [item.kind.partition(".")[2] for item in (opened, resolved, closed)] == [
        "case-opened",
        "case-resolved",
        "case-closed",
    ]
    assert opened.at == NOW and opened.happened_at == case.opened_at and opened.imported_from == mapping.label
    assert resolved.happened_at == case.resolved_at == closed.happened_at == case.closed_at


def one_by_one(item: History, now: datetime) -> Any:
    actor = Actor(kind="system", organisation_code=item.organisation_code)
    start = item.opening
    case = services.open_case(
        actor=actor,
        words=start.words,
        category=start.category,
        place=start.place,
        channel=start.channel,
        claim=start.claim,
        now=now,
    )
    if item.resolved:
        services.resolve_case(actor=actor, case_id=case.case_id, reply=item.reply, claim=item.resolved, now=now)
    if item.closed:
        services.close_case(actor=actor, case_id=case.case_id, reason=item.close_reason, claim=item.closed, now=now)
    return case.case_id


def told(case: Case) -> list[tuple[Any, ...]]:
    return [
        (item.kind, item.organisation_code, item.at, item.actor, _comparable(item.fact))
        for item in ledger.history(f"case:{case.id}")
    ]


def _comparable(fact: dict[str, Any]) -> dict[str, Any]:
    return {name: name if name in {"case_id", "case_code"} or "commitment" in name else v for name, v in fact.items()}


@pytest.mark.django_db
def test_every_sampled_case_equals_the_one_by_one_path(mapping: Mapping) -> None:
    prepare_district(mapping, actor=ACTOR, now=NOW)
    items = []
    for row in rows():
        try:
            items.append(history(row, mapping))
        except Reject:
            continue
    items = items[:100] if not os.environ.get("PIANQU_TEST_REQUIRE") else items
    services.take_history(actor=ACTOR, items=items, now=NOW)
    for item in items:
        claim = item.opening.claim
        assert claim is not None
        batch = Case.objects.get(imported_from=claim.imported_from, imported_id=claim.imported_id)
        Case.objects.filter(id=batch.id).update(imported_id=f"batch-{claim.imported_id}")
        single = Case.objects.get(id=one_by_one(item, NOW))
        columns = [field.attname for field in Case._meta.concrete_fields if field.attname not in FRESH]
        assert {c: getattr(batch, c) for c in columns} == {c: getattr(single, c) for c in columns}
        assert told(batch) == told(single)


def line(**changes: str) -> dict[str, str]:
    good = next(row for row in rows() if row["CLOSED_DT"] > row["OPEN_DT"])
    return {**good, **changes}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"CLOSED_DT": "2014-01-01 00:00:00"}, "closed before opened"),
        ({"REASON": "Dragons"}, "unknown category: Dragons"),
        ({"Department": "XXXX"}, "unknown organisation: XXXX"),
        ({"LATITUDE": "-71.06", "LONGITUDE": "42.35"}, "outside the bounds"),
        ({"LATITUDE": "nan"}, "outside the bounds"),
        ({"LATITUDE": "north"}, "not a point"),
        ({"LATITUDE": ""}, "not a point"),
        ({"OPEN_DT": ""}, "no opening time"),
        ({"OPEN_DT": "yesterday"}, "not a time: yesterday"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(mapping: Mapping, changes: dict[str, str], reason: str) -> None:
    with pytest.raises(Reject) as reject:
        history(line(**changes), mapping)
    assert str(reject.value) == reason


@pytest.mark.django_db
def test_ids_that_are_missing_or_come_twice_are_rejected(mapping: Mapping) -> None:
    table = [line(), line(), line(CASE_ENQUIRY_ID=" ")]
    tally, rejects = bring_in(mapping, iter(table))
    assert tally.imported == 1 and tally.adds_up()
    assert [entry[2] for entry in rejects[1:]] == ["duplicate id", "no id"]


def test_times_are_those_of_the_mappings_zone(mapping: Mapping) -> None:
    item = history(line(OPEN_DT="2015-07-01 08:00:00", CLOSED_DT=""), mapping)
    assert item.opening.claim is not None and item.opening.claim.happened_at.isoformat() == "2015-07-01T08:00:00-04:00"
    assert item.resolved is None and item.closed is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("label = ", "mapping-not-toml"),
        ('label = "x"', "mapping-incomplete"),
        ("columns = 3", "mapping-wrong"),
    ],
)
def test_a_wrong_mapping_gets_one_sentence(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid) as refusal:
        read_mapping(path)
    assert refusal.value.code == code and str(path) in refusal.value.message


def test_a_table_that_is_no_table_gets_one_sentence(tmp_path: Path, mapping: Mapping) -> None:
    for name, content in {
        "empty.csv": b"",
        "other.csv": b"a,b\n1,2\n",
        "cut.csv.gz": b"\x1f\x8b\x08\x00broken",
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Invalid):
            check_columns(tmp_path / name, mapping)


def command(*words: str, data: Path) -> list[str]:
    call = "import sys; from pianqu.composition.cli import main; sys.exit(main())"
    return [sys.executable, "-c", call, "import", "cases", *words, "--data", str(data)]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIANQU_")}
    return {**kept, "PYTHONPATH": str(HERE / "src")}


def counted(data: Path) -> int:
    try:
        with sqlite3.connect(f"file:{data}/pianqu.sqlite3?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT COUNT(*) FROM casework_case").fetchone()[0])
    except sqlite3.Error:
        return 0


@pytest.mark.slow
def test_a_killed_import_is_taken_up_where_it_was(tmp_path: Path) -> None:
    table, data = tmp_path / "many.csv", tmp_path / "data"
    lines = list(rows())
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        for copy in range(8):
            writer.writerows({**row, "CASE_ENQUIRY_ID": f"{copy}-{row['CASE_ENQUIRY_ID']}"} for row in lines)
    words = command(str(table), "--mapping", str(SAMPLE / "mapping.toml"), data=data)
    first = subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while counted(data) < 1_000 and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait()
    there = counted(data)
    assert 0 < there < 3_960, "killed in the middle"
    second = subprocess.run(words, env=environment(), capture_output=True, text=True, check=True)
    assert counted(data) == 3_960
    assert f"{there:>10,}" in second.stdout and "adds up" in second.stdout
    with sqlite3.connect(data / "pianqu.sqlite3") as connection:
        facts = connection.execute("SELECT COUNT(*) FROM ledger_position").fetchone()
        entries = connection.execute("SELECT COUNT(*) FROM ledger_entry").fetchone()
        opened = connection.execute("SELECT SUM(opened) FROM casework_daycount").fetchone()
    assert facts == entries and opened == (3_960,)
    assert len((data / "imports" / "boston311-2015.rejects.csv").read_text().splitlines()) == 1 + 8 * 5
    assert not list((data / "imports").glob("*.new"))


def test_another_districts_folder_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "mapping.toml"
    other.write_text(
        (SAMPLE / "mapping.toml").read_text(encoding="utf-8").replace("USMABOS", "330205"), encoding="utf-8"
    )
    data = tmp_path / "data"
    for path, status in ((other, 0), (SAMPLE / "mapping.toml", 1)):
        words = command(str(SAMPLE / "sample.csv"), "--mapping", str(path), data=data)
        done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
    assert "another folder" in done.stderr and "Traceback" not in done.stderr
