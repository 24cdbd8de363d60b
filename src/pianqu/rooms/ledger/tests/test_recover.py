"""catch_up: a database that was put back is completed from a copy, and nothing that was signed is told otherwise."""

from dataclasses import dataclass
from hashlib import sha256

import pytest
from django.db import connection

from pianqu.foundation import guard
from pianqu.foundation.errors import Refused, Unavailable
from pianqu.foundation.installation import installation
from pianqu.kernels import merkle, receipt
from pianqu.kernels.note import CheckpointBody
from pianqu.rooms.ledger import apps, queries, services
from pianqu.rooms.ledger.models import Chain, Checkpoint, Entry, Position, Secret, Tile, Unsealed
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM, note_down, noted

pytestmark = pytest.mark.django_db(transaction=True)
CODES = ("330205", "330205-urban", "330205-market")


@dataclass(frozen=True)
class Copy:
    """What a mirror has."""

    checkpoint: str
    leaves: list[bytes]


def day(many: int, first: int = 0) -> None:
    """Some facts of three organisations, sealed."""
    for number in range(first, first + many):
        note_down(noted(number, organisation=CODES[number % 3]))
    services.seal(now=NOW)


def copy() -> Copy:
    shown = queries.published()
    assert shown is not None
    rows = Position.objects.filter(position__lt=shown.size).order_by("position")
    return Copy(shown.text, [bytes(leaf) for leaf in rows.values_list("entry__leaf", flat=True)])


def put_back(size: int, *, keeping: int = 0) -> None:
    """The database as it was when the log had `size` entries and `keeping` more were recorded and waited."""
    last = Checkpoint.objects.filter(size__lte=size).order_by("-size").values_list("size", flat=True)[0]
    assert last == size, "a backup stands where a seal was"
    apps.lift_triggers()
    with guard.lifted("an old backup"):
        gone = list(Position.objects.filter(position__gte=size).order_by("position").values_list("entry_id", flat=True))
        gone += list(Unsealed.objects.order_by("id").values_list("entry_id", flat=True))
        waiting, gone = gone[:keeping], gone[keeping:]
        Position.objects.filter(position__gte=size).delete()
        Unsealed.objects.all().delete()
        Secret.objects.filter(entry_id__in=gone).delete()
        Entry.objects.filter(id__in=gone).delete()
        Checkpoint.objects.filter(size__gt=size).delete()
        for entry in waiting:
            Unsealed.objects.create(entry_id=entry)
        for code in CODES:
            newest = Entry.objects.filter(organisation_code=code).order_by("-counter").first()
            head = (newest.counter, sha256(bytes(newest.leaf)).digest()) if newest else (0, b"")
            Chain.objects.filter(organisation_code=code).update(counter=head[0], leaf_hash=head[1])
    apps.put_triggers()
    services.rebuild_tiles()


def caught_up(from_copy: Copy, **changes: object) -> services.Recovery:
    given = {
        "actor": SYSTEM,
        "checkpoint": from_copy.checkpoint,
        "leaves": from_copy.leaves[queries.sealed_size() :],
        "source": "https://mirror.example",
        "now": NOW,
    }
    return services.catch_up(**{**given, **changes})  # type: ignore[arg-type]


def test_what_was_signed_comes_back_and_the_log_signs_again() -> None:
    services.create_log(now=NOW)
    day(30)
    day(300, 30)
    kept = copy()
    put_back(30)
    note_down(noted(1000))
    with pytest.raises(Unavailable, match="older"):
        services.seal(now=NOW)
    done = caught_up(kept)
    assert (done.size, done.recognised, done.lost, done.renumbered) == (330, 0, 300, 1)
    assert services.seal(now=NOW) == 2, "the fact of it, and what was recorded in between"
    assert list(queries.audit()) == [] and queries.status().trouble == ""
    before, after = CheckpointBody.decode(kept.checkpoint.partition("\n\n")[0] + "\n"), queries.published()
    assert after is not None and after.size == 332
    merkle.verify_consistency(
        old=330,
        new=332,
        proof=merkle.consistency_proof(330, 332, queries.tree(332).node),
        old_root=before.root,
        new_root=after.root,
    )


def test_what_waited_when_the_backup_was_made_keeps_its_content() -> None:
    services.create_log(now=NOW)
    day(9)
    first = note_down(noted(77, organisation="330205-urban"))[0].entry_id
    services.seal(now=NOW)
    day(5, 50)
    kept = copy()
    put_back(9, keeping=1)
    done = caught_up(kept)
    assert (done.recognised, done.lost) == (1, 5)
    state = queries.receipt_for(first)
    assert state.position == 9 and state.text is not None
    assert receipt.verify(receipt.parse(state.text), receipt.trusting(queries.log().vkeys)).genuine
    assert list(queries.audit()) == []


def test_what_was_recorded_since_stands_behind_with_its_content() -> None:
    services.create_log(now=NOW)
    day(12)
    day(12, 12)
    kept = copy()
    put_back(12)
    since = [note_down(noted(number, organisation=CODES[number % 3]))[0].entry_id for number in range(200, 207)]
    assert caught_up(kept).renumbered == 7
    services.seal(now=NOW)
    assert list(queries.audit()) == []
    for entry_id in since:
        state = queries.receipt_for(entry_id)
        assert state.position is not None and state.position >= 24 and state.text is not None
        assert receipt.verify(receipt.parse(state.text), receipt.trusting(queries.log().vkeys)).genuine
    with pytest.raises(Exception, match="append-only"), guard.lifted("a try"):
        Entry.objects.filter(id=since[0]).update(counter=99)


def test_readers_hear_what_came_back_as_lost() -> None:
    services.create_log(now=NOW)
    day(3)
    day(3, 3)
    kept = copy()
    put_back(3)
    caught_up(kept)
    services.seal(now=NOW)
    heard: list[tuple[str, bool]] = []
    services.deliver(reader="r", to=lambda page: heard.extend((one.kind, one.erased) for one in page))
    assert heard == [("tests.noted", False)] * 3 + [("tests.noted", True)] * 3 + [("ledger.caught-up", False)]
    (item,) = queries.history("ledger:caught-up")
    assert (item.fact["from_size"], item.fact["to_size"], item.fact["lost"]) == (3, 6, 3)


@pytest.mark.parametrize("what", ["shorter", "other", "unsigned", "stranger", "missing", "swapped"])
def test_a_copy_that_does_not_fit_changes_nothing(what: str) -> None:
    services.create_log(now=NOW)
    day(6)
    day(3, 6)
    middle = copy()
    day(3, 9)
    kept = copy()
    put_back(6)
    leaves = kept.leaves[6:]
    changes: dict[str, dict[str, object]] = {
        "shorter": {"checkpoint": middle.checkpoint, "leaves": middle.leaves[6:]},
        "other": {"leaves": [leaves[0].replace(b"tests.noted", b"tests.xoted"), *leaves[1:]]},
        "unsigned": {"checkpoint": kept.checkpoint.replace("\n12\n", "\n13\n")},
        "stranger": {"checkpoint": "another log\n12\nAAAA\n\n— another log AAAAAAAA\n"},
        "missing": {"leaves": leaves[:-1]},
        "swapped": {"leaves": [leaves[1], leaves[0], *leaves[2:]]},
    }
    counts = [model.objects.count() for model in (Entry, Position, Checkpoint, Tile, Unsealed)]
    with pytest.raises(Refused):
        caught_up(kept, **changes[what])
    assert [model.objects.count() for model in (Entry, Position, Checkpoint, Tile, Unsealed)] == counts
    assert not apps.missing_triggers()
    assert caught_up(kept).size == 12


def test_where_nothing_is_missing_nothing_is_done() -> None:
    services.create_log(now=NOW)
    day(4)
    with pytest.raises(Refused) as refused:
        caught_up(copy(), leaves=[])
    assert refused.value.code == "nothing-missing"


def test_a_database_with_another_history_is_not_completed() -> None:
    """It signed something after it was put back, on a machine that had lost what was published."""
    services.create_log(now=NOW)
    day(4)
    day(4, 4)
    kept = copy()
    put_back(4)
    (installation().published / queries.PUBLISHED_NAME).unlink()
    services.publish()
    day(2, 100)
    services.admit(8, kept.checkpoint)
    with pytest.raises(Refused) as refused:
        caught_up(kept)
    assert refused.value.code == "copy-does-not-continue"
    with pytest.raises(Unavailable):
        note_down(noted(1))
        services.seal(now=NOW)


def test_both_databases_have_their_triggers_back(django_db_blocker: object) -> None:
    services.create_log(now=NOW)
    day(3)
    day(3, 3)
    kept = copy()
    put_back(3)
    note_down(noted(9))
    caught_up(kept)
    assert not apps.missing_triggers()
    with pytest.raises(Exception, match="append-only"), guard.lifted("a try"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_position")
