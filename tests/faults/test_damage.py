"""A bit that flips and a disk that is full: nothing is signed over it, a sentence says what to do, and it goes on afterwards."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client

from pianqu.composition.sentences import sentence_for
from pianqu.composition.witness import home as witness_home
from pianqu.composition.witness.app import Application as Witness
from pianqu.foundation import guard
from pianqu.foundation.errors import Unavailable
from pianqu.foundation.installation import installation
from pianqu.kernels.cosignature import cosigned
from pianqu.rooms.ledger import apps, queries, services
from pianqu.rooms.ledger.models import Checkpoint, Entry, Unsealed
from pianqu.rooms.ledger.tests.builders import NOW, note_down, noted, sealed
from tests.platform.houses import free_port, run, up, wait_until
from tests.platform.test_witness import LOG, Log, call

HOST = {"host": "localhost"}


def published() -> Path:
    return installation().published / queries.PUBLISHED_NAME


def flip(path: Path, place: int, bit: int = 0) -> None:
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1 << bit
    path.write_bytes(raw)


def outsiders_see(client: Client) -> str:
    return client.get("/open/ledger/checkpoint", headers=HOST).content.decode("utf-8", "replace")


# a bit that flips ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_bit_of_the_published_file_that_flips_is_healed_or_stops_the_ledger() -> None:
    """Where size and root are left, it is written anew from the database; where they are not, nobody knows what was seen."""
    sealed(*[noted(n) for n in range(12)])
    whole = published().read_bytes()
    after_origin = whole.index(b"\n") + 1
    text_ends = whole.index(b"\n\n")
    note_down(noted())
    for place in range(after_origin, text_ends):
        flip(published(), place)
        with pytest.raises(Unavailable) as problem:
            services.seal(now=NOW)
        assert problem.value.code == "published-damaged", (place, problem.value.message)
        assert queries.sealed_size() == 12 and "signs nothing" in queries.status().trouble
        published().write_bytes(whole)
    assert services.seal(now=NOW) == 1
    whole = published().read_bytes()
    text_ends = whole.index(b"\n\n")
    in_signature = [(place, bit) for place in range(text_ends + 2, len(whole), 7) for bit in range(8)]
    for place, bit in [(0, 0), (after_origin - 2, 0), (len(whole) - 1, 3), *in_signature]:
        flip(published(), place, bit)
        services.seal(now=NOW)
        assert published().read_bytes() == whole, ("written anew", place, bit)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("column", ["root", "note", "note's signature"])
def test_a_bit_of_a_checkpoints_row_that_flips_is_neither_built_on_nor_published(column: str) -> None:
    sealed(*[noted(n) for n in range(12)])
    seen = published().read_bytes()
    note_down(noted())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "pianqu.rooms.ledger.services.sealing.publish", lambda **_how: None
        )  # a crash before it was shown
        services.seal(now=NOW)
    row = Checkpoint.objects.get(size=13)
    if column == "root":
        row.root = bytes([row.root[0] ^ 1]) + bytes(row.root)[1:]
    else:
        at = 40 if column == "note" else -12
        row.note = row.note[:at] + ("B" if row.note[at] == "A" else "A") + row.note[at + 1 :]
    row.save()
    with pytest.raises(Unavailable, match=r"signs nothing|publishes nothing"):
        services.seal(now=NOW)
    assert published().read_bytes() == seen
    assert any("checkpoint 13" in sentence for sentence in queries.audit())


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_flips_before_it_is_sealed_is_found_by_the_audit() -> None:
    services.create_log(now=NOW)
    note_down(noted(1), noted(2), noted(3))
    leaf = bytes(Entry.objects.get(counter=2).leaf)
    apps.lift_triggers()
    with guard.lifted("a disk"), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_entry SET leaf = %s WHERE counter = 2", [bytes([leaf[0] ^ 128]) + leaf[1:]])
    apps.put_triggers()
    services.seal(now=NOW)
    assert any("#2" in sentence or "#3" in sentence for sentence in queries.audit())


@pytest.mark.slow
def test_a_page_of_the_database_that_a_disk_changed_is_said_in_a_sentence(tmp_path: Path) -> None:
    """A real house: the file is bent while it stands; what reads it says so, and nothing new is published."""
    data = tmp_path / "data"
    with up(data, "--empty") as house:
        assert wait_until(lambda: house.get("/health/") == 200)
    live, seen = data / "pianqu.sqlite3", (data / "published" / "checkpoint").read_bytes()
    with closing(sqlite3.connect(live)) as tables:
        tables.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = tables.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ledger_checkpoint'").fetchone()
        (size,) = tables.execute("PRAGMA page_size").fetchone()
    raw = bytearray(live.read_bytes())
    raw[(page - 1) * size] ^= 0x55
    live.write_bytes(raw)
    told = run(data, "verify", "log")
    assert told.returncode == 1 and "The database file is damaged" in told.stderr, told.stdout + told.stderr
    assert "Traceback" not in told.stderr
    begun = run(data, "up", "--empty", "--port", str(free_port()))
    assert begun.returncode == 1 and begun.stderr.startswith("The database file is damaged. Restore"), begun.stderr
    assert begun.stderr.count("\n") == 1 and "is up" not in begun.stdout, "one sentence, and nothing begins"
    assert (data / "published" / "checkpoint").read_bytes() == seen


# a disk that is full -------------------------------------------------------------------------------------------------


@contextmanager
def no_room() -> Iterator[None]:
    """The database's file may not grow, as on a full disk."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        (free,) = cursor.execute("PRAGMA freelist_count").fetchone()
        cursor.execute(f"CREATE TABLE fill AS SELECT zeroblob({max(free, 0)} * 4000) AS room")
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
            cursor.execute("DROP TABLE fill")


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_under_the_database_loses_and_signs_nothing() -> None:
    sealed(noted(1))
    kept = 1
    with no_room():
        with pytest.raises(OperationalError) as full:
            for number in range(5_000):
                note_down(*[noted(number) for _fact in range(20)])
                kept += 20
        assert (
            sentence_for(full.value) == "The disk is full. Make room and start again; what was recorded before is safe."
        )
        assert Entry.objects.count() == kept and Unsealed.objects.count() == kept - 1
        with suppress(OperationalError):  # where sealing needs no more room than there is, it goes on
            for _batch in range(kept):
                services.seal(now=NOW, batch=20)
        shown = queries.published()
        assert shown is not None and shown.size == queries.sealed_size()
        assert Entry.objects.count() == kept
    services.seal(now=NOW)
    assert queries.sealed_size() == kept and not list(queries.audit())


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_under_the_published_file_shows_nothing_new_and_goes_on(client: Client) -> None:
    """The device that is always full stands where the file would be written."""
    sealed(noted(1))
    before, file = outsiders_see(client), published().with_name("checkpoint.new")
    file.symlink_to("/dev/full")
    entry_id = note_down(noted(2))[0].entry_id
    for _time in range(2):
        with pytest.raises(OSError, match="No space left") as full:
            services.seal(now=NOW)
        assert "The disk is full" in str(sentence_for(full.value))
    assert outsiders_see(client) == before and queries.receipt_for(entry_id).stage == "recorded"
    file.unlink()
    services.seal(now=NOW)
    assert queries.receipt_for(entry_id).stage == "sealed" and queries.sealed_size() == 2


def test_a_full_disk_under_a_witness_signs_nothing_and_forgets_nothing(tmp_path: Path) -> None:
    home = witness_home.prepare(tmp_path / "w", name="w.example", logs=[LOG.vkey])
    witness, log, size = Witness(home), Log().grow(3), 0
    tables = witness._store._tables
    own = home.cosigner.witness

    def asks() -> tuple[int, str, bytes]:
        return call(witness, "POST", "/add-checkpoint", log.asks(size).encode())

    assert asks()[0] == 200
    size = 3
    (pages,) = tables.execute("PRAGMA page_count").fetchone()
    tables.execute(f"PRAGMA max_page_count = {pages}")
    while (answer := (log.grow(), asks())[1])[0] == 200:
        size = log.size
        assert size < 1_000
    assert answer[0] == 503 and b"signs nothing" in answer[2] and b"full" in answer[2]
    assert witness._store.last()[0][1] == size, "only what it signed"
    tables.execute("PRAGMA max_page_count = 1073741823")
    answer = asks()
    assert answer[0] == 200 and own in cosigned(log.note() + answer[2].decode(), [own])
