"""The twin by the national standards: behind the log, never another history than the log's, made anew from the entries."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client, override_settings

from pianqu.foundation import guard
from pianqu.foundation.errors import Absent, Refused, Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys, make_keys
from pianqu.kernels import merkle, note, receipt, sm2, sm3, twin
from pianqu.kernels.leaf import b64
from pianqu.kernels.merkle import tile_index_path
from pianqu.kernels.tiles import HASH
from pianqu.kernels.twin import TwinBody
from pianqu.rooms.ledger import apps, jobs, queries, services
from pianqu.rooms.ledger.models import Checkpoint, Entry, Twin, TwinCheckpoint, TwinTile
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM, note_down, noted

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """A log of its own whose operator has the twin kept."""
    place = tmp_path / "keys"
    make_keys(place)
    with override_settings(INSTALLATION=replace(installation(), keys=place, gm=True)):
        as_another_process()
        services.create_log(now=NOW)
        yield place
    as_another_process()


def as_another_process() -> None:
    installation.cache_clear()
    keys.cache_clear()


def switched(on: bool) -> override_settings:
    """As the operator has it after another start."""
    return override_settings(INSTALLATION=replace(installation(), gm=on))


def day(many: int, first: int = 0) -> list[UUID]:
    """Entries, recorded and sealed; answers their ids."""
    made = note_down(*map(noted, range(first, first + many)))
    services.seal(now=NOW)
    return [one.entry_id for one in made]


def keep(*, after: timedelta = timedelta()) -> int:
    return jobs.keep_twin(actor=SYSTEM, clock=lambda: NOW + after)


def settled() -> None:
    """Until neither log nor twin has anything to do."""
    while keep() or services.seal(now=NOW):
        pass


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1 word for word with SM3."""

    def h(data: bytes) -> bytes:
        return hashlib.new("sm3", data).digest()

    if len(leaves) < 2:
        return h(b"\0" + leaves[0]) if leaves else h(b"")
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return h(b"\1" + by_definition(leaves[:k]) + by_definition(leaves[k:]))


def leaves(end: int) -> list[bytes]:
    return [leaf for page in queries.leaves_from(0, end) for leaf in page]


def opened(text: str) -> TwinBody:
    return TwinBody.decode(note.open_note(text, twin.verifiers(queries.twin_card().vkeys))[0])


def stated() -> list[dict[str, object]]:
    return [item.fact for item in queries.history("ledger:twin")]


def problems() -> list[str]:
    return [*queries.audit(), *queries.audit_twin()]


def test_the_twin_grows_behind_the_log_and_names_its_root() -> None:
    ids = day(300)
    assert keep() == 300
    card = queries.twin_card()
    body = opened(card.text)
    assert (body.origin, body.size) == (queries.log().origin, 300)
    assert body.root == by_definition(leaves(300))
    assert body.ledger_root == bytes(Checkpoint.objects.get(size=300).root)
    assert note.CheckpointBody.decode(note.text_of(card.text)).origin == f"{queries.log().origin}/gm"
    for entry_id in (ids[0], ids[255], ids[299]):
        held = receipt.parse(queries.held_twin_receipt(entry_id).text())
        assert twin.verify(held, twin.verifiers(card.vkeys)).code == "genuine"
    assert (card.size, card.behind, queries.twin_trouble(), problems()) == (300, 0, None, [])


def test_the_log_itself_is_told_once_a_day_and_never_of_its_own_word_alone() -> None:
    day(3)
    assert keep() == 3
    [first] = stated()
    assert (first["size"], first["vkey"]) == (3, queries.twin_card().vkeys[-1])
    assert first["root"] == b64(bytes(TwinCheckpoint.objects.get(size=3).root))
    assert services.seal(now=NOW) == 1
    assert keep() == 1
    assert keep(after=3 * DAY) == 0, "its own statement is nothing new"
    assert len(stated()) == 1
    day(1)
    assert keep(after=DAY / 2) == 1
    assert len(stated()) == 1, "not twice a day"
    assert keep(after=DAY) == 0
    assert [one["size"] for one in stated()] == [3, 5]
    assert problems() == []


def test_who_keeps_no_twin_has_none() -> None:
    day(2)
    with switched(False):
        as_another_process()
        assert keep() == 0
        assert (queries.twin_card().is_kept, queries.twin_trouble()) == (False, None)
    assert not Twin.objects.exists()
    assert queries.twin_card().size == 0
    assert problems() == []
    for path in ("gm/checkpoint", "gm.vkey", "gm/tile/0/000.p/1"):
        assert Client().get(f"/open/ledger/{path}").status_code == 404


def test_off_and_on_again_is_on_all_the_time() -> None:
    day(10)
    settled()
    with switched(False):
        as_another_process()
        for first in range(10, 700, 138):
            day(138, first)
            assert keep() == 0
    as_another_process()
    behind = queries.twin_card().behind
    assert behind == 690
    steps = []
    while step := services.grow_twin(now=NOW, batch=200):
        steps.append(step)
    assert sum(steps) == behind
    assert len(steps) > 3
    assert opened(queries.twin_card().text).root == by_definition(leaves(queries.sealed_size()))
    assert problems() == []


def test_a_step_goes_from_one_of_the_log_s_signatures_to_another_however_far_apart() -> None:
    day(50)
    day(2, 50)
    assert services.grow_twin(now=NOW, batch=10) == 50
    assert services.grow_twin(now=NOW, batch=10) == 2
    assert services.grow_twin(now=NOW, batch=10) == 0


def test_two_at_once_make_one_twin() -> None:
    day(40)
    errors: list[BaseException] = []

    def one() -> None:
        try:
            for _ in range(5):
                services.grow_twin(now=NOW, batch=5)
        except BaseException as error:  # to be seen by the test
            errors.append(error)
        finally:
            connection.close()

    together = [threading.Thread(target=one) for _ in range(3)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    settled()
    assert errors == []
    assert Twin.objects.count() == 1
    assert problems() == []


def test_what_is_not_published_is_not_signed() -> None:
    day(5)
    published = installation().published / queries.PUBLISHED_NAME
    earlier = published.read_text()
    day(5, 5)
    published.write_text(earlier)  # killed between the seal's transaction and its file
    assert keep() == 5
    services.publish()
    assert keep() == 6 - 1
    assert problems() == []


def test_a_log_that_signs_nothing_keeps_the_twin_from_signing() -> None:
    day(5)
    ahead = note.CheckpointBody(origin=queries.log().origin, size=9, root=bytes(32)).encode()
    text = note.sign(ahead, services.sealing.signers(at=NOW))
    (installation().published / queries.PUBLISHED_NAME).write_text(text)
    with pytest.raises(Unavailable, match="older than what people have seen"):
        keep()
    assert not TwinCheckpoint.objects.exists()


def test_entries_that_a_disk_changed_are_not_signed() -> None:
    day(5)
    row = Entry.objects.get(counter=3)
    with guard.lifted("a disk did it"):
        apps.lift_triggers()
        Entry.objects.filter(id=row.id).update(leaf=bytes(row.leaf)[:-1] + b" ")
        apps.put_triggers()
    with pytest.raises(Unavailable, match="not those that the ledger signed"):
        keep()
    assert not TwinCheckpoint.objects.exists()


def test_a_tile_that_a_disk_changed_stops_the_twin_alone_and_is_made_anew() -> None:
    ids = day(300)
    settled()
    kept = {(tile.level, tile.index): bytes(tile.hashes) for tile in TwinTile.objects.all()}
    row = TwinTile.objects.get(level=0, index=1)
    TwinTile.objects.filter(id=row.id).update(hashes=b"\0" + bytes(row.hashes)[1:])
    assert services.seal(now=NOW) == 0
    more = day(2, 300)
    assert queries.receipt_for(more[0]).is_sealed
    with pytest.raises(Unavailable, match="replay gm"):
        keep()
    assert "replay gm" in str(queries.twin_trouble())
    assert any("twin" in problem for problem in problems())
    with pytest.raises(Absent):
        queries.held_twin_receipt(ids[270])
    assert services.rebuild_twin() == 301
    assert {(tile.level, tile.index): bytes(tile.hashes) for tile in TwinTile.objects.all()} == kept
    assert keep() == 2
    assert problems() == []


def test_a_replay_makes_every_tile_again() -> None:
    day(520)
    settled()
    kept = {(tile.level, tile.index): bytes(tile.hashes) for tile in TwinTile.objects.all()}
    TwinTile.objects.all().delete()
    assert services.rebuild_twin() == 521
    assert {(tile.level, tile.index): bytes(tile.hashes) for tile in TwinTile.objects.all()} == kept
    with_other_root = TwinCheckpoint.objects.order_by("-size").first()
    assert with_other_root is not None
    TwinCheckpoint.objects.filter(size=521).update(root=bytes(32))
    with pytest.raises(Unavailable, match="nothing was changed"):
        services.rebuild_twin()
    assert TwinTile.objects.count() == len(kept)


def test_without_a_twin_there_is_nothing_to_make_anew() -> None:
    with pytest.raises(Refused):
        services.rebuild_twin()
    with pytest.raises(Refused):
        services.renew_twin_key()


def test_the_key_lies_beside_the_log_s_for_its_owner_only(folder: Path) -> None:
    day(1)
    keep()
    file = folder / "gm.key"
    assert file.stat().st_mode & 0o777 == 0o600
    pair = bytes.fromhex(file.read_text().strip())
    assert sm2.Signer.from_pair(f"{queries.log().origin}/gm", pair).vkey == queries.twin_card().vkeys[-1]
    keep()
    assert bytes.fromhex(file.read_text().strip()) == pair, "made once"


def test_a_key_that_a_first_step_left_behind_is_taken(folder: Path) -> None:
    (folder / "gm.key").write_text(sm2.make_pair().hex())
    left = (folder / "gm.key").read_text()
    day(1)
    assert keep() == 1
    assert (folder / "gm.key").read_text() == left


@pytest.mark.parametrize("instead", ["", "zz", "00" * 97, "other"])
def test_without_its_key_the_twin_signs_nothing_and_the_log_goes_on(folder: Path, instead: str) -> None:
    day(2)
    settled()
    file = folder / "gm.key"
    right = file.read_text()
    file.unlink()
    if instead:
        file.write_text(sm2.make_pair().hex() if instead == "other" else instead)
    ids = day(2, 2)
    with pytest.raises(Unavailable):
        keep()
    assert "gm.key" in str(queries.twin_trouble())
    assert queries.receipt_for(ids[0]).is_sealed
    assert queries.twin_card().behind == 2
    file.write_text(right)
    assert keep() == 2
    assert queries.twin_trouble() is None


def test_a_key_that_is_lost_gives_way_to_another_and_what_it_signed_still_holds(folder: Path) -> None:
    ids = day(2)
    settled()
    old = receipt.parse(queries.held_twin_receipt(ids[0]).text())
    (folder / "gm.key").unlink()
    fresh = services.renew_twin_key()
    assert (folder / "gm-2.key").stat().st_mode & 0o777 == 0o600
    day(1, 2)
    settled()
    card = queries.twin_card()
    assert card.vkeys[-1] == fresh
    assert len(card.vkeys) == 2
    assert [one["vkey"] for one in stated()] == list(card.vkeys)
    now = receipt.parse(queries.held_twin_receipt(ids[0]).text())
    for held in (old, now):
        assert twin.verify(held, twin.verifiers(card.vkeys)).code == "genuine"
    assert twin.verify(now, twin.verifiers(card.vkeys[:1])).code == "signature-false"
    assert problems() == []


def test_a_ledger_that_ends_takes_its_twin_along_and_the_next_has_its_own() -> None:
    ids = day(3)
    settled()
    before = queries.twin_card()
    old = receipt.parse(queries.held_twin_receipt(ids[0]).text())
    origin = queries.log().origin
    done = services.declare_dead(actor=SYSTEM, confirm=origin, reason="the backup is gone", now=NOW + DAY)
    assert before.text in [line["twin_note"] for line in evidence(done.folder) if "twin_note" in line]
    assert queries.twin_card().size == 0
    settled()
    after = queries.twin_card()
    assert after.name == f"{done.new}/gm"
    assert after.size == queries.sealed_size()
    new = receipt.parse(queries.held_twin_receipt(ids[0]).text())
    assert twin.verify(new, twin.verifiers(after.vkeys)).code == "genuine"
    assert twin.verify(old, twin.verifiers(before.vkeys)).code == "genuine"
    assert twin.verify(old, twin.verifiers(after.vkeys)).code == "log-unknown"
    assert problems() == []


def evidence(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "evidence.jsonl").read_text().splitlines()]


def test_an_audit_names_what_does_not_fit() -> None:
    day(4)
    settled()
    row = TwinCheckpoint.objects.get(size=4)
    signer = queries.twin_signer(Twin.objects.get())
    body = opened(row.note)
    for text, said in [
        (row.note.replace(queries.log().origin, "other.example"), "no known key"),
        (note.sign(replace(body, size=3).encode(), [signer]), "not what was signed"),
        (note.sign(replace(body, root=bytes(32)).encode(), [signer]), "does not fit the entries"),
        (note.sign(replace(body, ledger_root=bytes(32)).encode(), [signer]), "another root of the ledger"),
    ]:
        TwinCheckpoint.objects.filter(size=4).update(note=text)
        assert any(said in problem for problem in queries.audit_twin()), said
    TwinCheckpoint.objects.filter(size=4).update(note=row.note)
    assert problems() == []


def test_outsiders_read_it_as_a_log_of_its_own() -> None:
    ids = day(300)
    settled()
    web = Client()
    size = queries.twin_card().size
    text = web.get("/open/ledger/gm/checkpoint").content.decode()
    keys_there = twin.verifiers(web.get("/open/ledger/gm.vkey").content.decode().splitlines())
    body = TwinBody.decode(note.open_note(text, keys_there)[0])
    assert body.size == size == 301
    tiles = [web.get(f"/open/ledger/gm/tile/0/{tile_index_path(0)}"), web.get("/open/ledger/gm/tile/0/001.p/45")]
    hashes = b"".join(answer.content for answer in tiles)
    by = sm3.tree_hash()
    assert merkle.root([hashes[at : at + HASH] for at in range(0, len(hashes), HASH)], by) == body.root
    raw = web.get("/open/ledger/gm/tile/entries/000").content
    assert raw == web.get("/open/ledger/tile/entries/000").content
    assert hashes[:HASH] == merkle.leaf_hash(raw[2 : 2 + int.from_bytes(raw[:2], "big")], by.leaf)
    assert web.get("/open/ledger/gm/tile/0/001.p/46").status_code == 404
    assert web.get("/open/ledger/gm/tile/0/x001").status_code == 404
    answer = web.get(f"/open/ledger/gm/receipt/{ids[7]}.tlog-proof")
    assert twin.verify(receipt.parse(answer.content.decode()), keys_there).index == 7
    unknown = note_down(noted(300))[0].entry_id
    assert web.get(f"/open/ledger/gm/receipt/{unknown}.tlog-proof").status_code == 404


def test_the_bundle_for_a_court_holds_the_twin_s_proof_where_it_is_kept() -> None:
    [entry_id] = day(1)
    assert "receipt-gm.tlog-proof" not in queries.court_bundle(entry_id).files(), "not yet"
    settled()
    files = queries.court_bundle(entry_id).files()
    held = receipt.parse(files["receipt-gm.tlog-proof"].decode())
    assert twin.verify(held, twin.verifiers(files["gm.vkey"].decode().splitlines())).code == "genuine"
    with switched(False):
        as_another_process()
        assert "gm.vkey" not in queries.court_bundle(entry_id).files()
    as_another_process()
