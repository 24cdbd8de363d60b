"""seal, publish and prove: the log as outsiders see it, read back with a foreign library too."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client, override_settings

from pianqu.foundation.db import vendor
from pianqu.foundation.errors import Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys
from pianqu.kernels import merkle, note, receipt
from pianqu.kernels.note import CheckpointBody
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.models import Checkpoint, Position, Tile, Unsealed
from pianqu.rooms.ledger.tests.builders import NOW, note_down, noted, sealed

pytestmark = pytest.mark.django_db(transaction=True)


def as_another_process() -> None:
    installation.cache_clear()
    keys.cache_clear()


def test_the_log_begins_with_a_signed_empty_tree() -> None:
    services.create_log(now=NOW)
    shown = queries.published()
    assert shown is not None
    assert shown.size == 0
    assert shown.root == merkle.EMPTY_ROOT
    note.open_note(shown.text, [note.Verifier.from_vkey(queries.log().vkey)])


def test_a_receipt_goes_from_recorded_to_sealed_and_holds() -> None:
    services.create_log(now=NOW)
    entry_id = note_down(noted(7))[0].entry_id
    assert queries.receipt_for(entry_id).stage == "recorded"
    assert services.seal(now=NOW) == 1
    state = queries.receipt_for(entry_id)
    assert (state.stage, state.position) == ("sealed", 0)
    for form in (state.text, state.qr):
        assert form is not None
        verdict = receipt.verify(receipt.parse(form), (queries.log().vkey,))
        assert verdict.genuine
        assert verdict.payload is not None
        assert verdict.payload["fact"] == {"number": 7}


def test_many_seals_grow_one_consistent_tree() -> None:
    services.create_log(now=NOW)
    for batch in (1, 2, 300, 5, 250):
        note_down(*[noted(n) for n in range(batch)])
        services.seal(now=NOW)
    sizes = list(Checkpoint.objects.order_by("size").values_list("size", "root"))
    assert [size for size, _ in sizes] == [0, 1, 3, 303, 308, 558]
    tree = queries.tree(558)
    for (old, old_root), (new, new_root) in pairwise(sizes[1:]):
        merkle.verify_consistency(
            old=old,
            new=new,
            proof=merkle.consistency_proof(old, new, tree.node),
            old_root=bytes(old_root),
            new_root=bytes(new_root),
        )


def test_positions_follow_each_organisations_counter() -> None:
    services.create_log(now=NOW)
    for n in range(5):
        note_down(noted(n, organisation="b"), noted(n, organisation="a"))
    services.seal(now=NOW, batch=3)
    services.seal(now=NOW)
    for code in ("a", "b"):
        rows = Position.objects.filter(entry__organisation_code=code).order_by("position")
        assert [row.entry.counter for row in rows] == [1, 2, 3, 4, 5]
    assert not Unsealed.objects.exists()


def test_only_what_is_published_is_shown_as_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    services.create_log(now=NOW)
    entry_id = note_down(noted())[0].entry_id
    with monkeypatch.context() as patch:
        patch.setattr(
            "pianqu.rooms.ledger.services.sealing.publish", lambda **_how: None
        )  # a crash right after the commit
        services.seal(now=NOW)
    assert queries.receipt_for(entry_id).stage == "recorded"
    services.seal(now=NOW)
    assert queries.receipt_for(entry_id).stage == "sealed"


def test_a_database_behind_its_published_checkpoint_signs_nothing() -> None:
    sealed(noted(1), noted(2))
    name = installation().published / queries.PUBLISHED_NAME
    log, seed = queries.log(), services.sealing.keys().log_seed
    body = CheckpointBody(origin=log.origin, size=5, root=bytes(32)).encode()
    name.write_text(note.Signer.from_seed(log.origin, seed).sign(body), encoding="utf-8")
    note_down(noted(3))
    with pytest.raises(Unavailable, match="signs nothing"):
        services.seal(now=NOW)
    assert queries.sealed_size() == 2
    assert "signs nothing" in queries.status().trouble


def test_keys_that_cannot_be_read_are_told_of_and_break_no_page(tmp_path: Path) -> None:
    sealed(noted(1), noted(2))
    name = installation().published / queries.PUBLISHED_NAME
    body = CheckpointBody(origin=queries.log().origin, size=5, root=bytes(32)).encode()
    name.write_text(note.Signer.from_seed(queries.log().origin, bytes(32)).sign(body), encoding="utf-8")
    with override_settings(INSTALLATION=replace(installation(), keys=tmp_path)):
        as_another_process()
        state = queries.status()
        assert "Put back the key folder" in state.trouble and str(state.why) == state.trouble
        assert any("Put back the key folder" in problem for problem in queries.audit())
    as_another_process()


def test_a_database_with_another_history_signs_nothing() -> None:
    sealed(noted(1), noted(2))
    name = installation().published / queries.PUBLISHED_NAME
    log, seed = queries.log(), services.sealing.keys().log_seed
    body = CheckpointBody(origin=log.origin, size=2, root=bytes(32)).encode()
    name.write_text(note.Signer.from_seed(log.origin, seed).sign(body), encoding="utf-8")
    note_down(noted(3))
    with pytest.raises(Unavailable, match="another history"):
        services.seal(now=NOW)


def test_positions_are_insert_only() -> None:
    sealed(noted())
    for change in (lambda: Position.objects.all().delete(), lambda: Position.objects.update(position=9)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_tiles_can_be_made_again_from_the_entries() -> None:
    sealed(*[noted(n) for n in range(600)])
    before = {(t.level, t.index): bytes(t.hashes) for t in Tile.objects.all()}
    Tile.objects.all().delete()
    services.rebuild_tiles()
    assert {(t.level, t.index): bytes(t.hashes) for t in Tile.objects.all()} == before


def test_the_files_of_the_log_over_http(client: Client) -> None:
    sealed(*[noted(n) for n in range(300)])
    checkpoint = client.get("/open/ledger/checkpoint")
    body = CheckpointBody.decode(note.text_of(checkpoint.content.decode()))
    full = client.get("/open/ledger/tile/0/000").content
    partial = client.get("/open/ledger/tile/0/001.p/44").content
    hashes = [(full + partial)[i : i + 32] for i in range(0, 300 * 32, 32)]
    assert merkle.root(hashes) == body.root
    bundle = client.get("/open/ledger/tile/entries/001.p/44").content
    leaves = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        leaves.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    assert [merkle.leaf_hash(leaf) for leaf in leaves] == hashes[256:]
    assert client.get("/open/ledger/log.vkey").content.decode().strip() == queries.log().vkey


@pytest.mark.parametrize("where", ["0/001.p/45", "0/002", "1/000", "0/1", "9/000", "0/000.p/0", "entries/005"])
def test_what_the_log_does_not_reach_is_absent(client: Client, where: str) -> None:
    sealed(*[noted(n) for n in range(300)])
    assert client.get(f"/open/ledger/tile/{where}", headers={"accept": "text/plain"}).status_code == 404


def test_seal_costs_the_same_statements_whatever_the_batch(django_assert_num_queries: Any) -> None:
    services.create_log(now=NOW)
    note_down(noted())
    statements = (
        12 if vendor() == "postgresql" else 13
    )  # one more for the advisory lock, two less for what moves the queue
    with django_assert_num_queries(statements):
        services.seal(now=NOW)
    note_down(*[noted(n) for n in range(50)])
    with django_assert_num_queries(statements):
        services.seal(now=NOW)
