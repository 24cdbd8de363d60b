"""declare_dead: a log ends, another goes on over the same entries; what a retired key may still say."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from pianqu.foundation.errors import Invalid, Refused, Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys
from pianqu.foundation.posting import Reply
from pianqu.kernels import note, receipt
from pianqu.kernels.note import CheckpointBody
from pianqu.rooms.ledger import apps, queries, services
from pianqu.rooms.ledger.jobs.gathering import hold_to
from pianqu.rooms.ledger.models import EndedLog, LogKey, Position
from pianqu.rooms.ledger.services import ending
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM, note_down, noted
from pianqu.rooms.ledger.tests.test_rotate import folder  # noqa: F401 - a key folder of its own

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def ahead(size: int, number: int = 1) -> str:
    """A larger tree with this log's signature, of which nobody has the entries."""
    origin = queries.log().origin
    signer = note.Signer.from_seed(origin, keys().log_seeds[number])
    return signer.sign(CheckpointBody(origin=origin, size=size, root=bytes(32)).encode())


def ended(**changes: str) -> services.Succession:
    given = {"confirm": queries.log().origin, "reason": "the disk burnt"} | changes
    return services.declare_dead(actor=SYSTEM, now=NOW + DAY, **given)


def broken() -> tuple[str, list[object]]:
    """A ledger that is behind what it published, with one entry that waits; a receipt of before and the order of places."""
    entry_id = note_down(*map(noted, range(5)))[0].entry_id
    services.seal(now=NOW)
    text = queries.receipt_for(entry_id).text
    assert text is not None
    services.admit(9, ahead(9))
    note_down(noted(9))
    with pytest.raises(Unavailable, match="declare-dead"):
        services.seal(now=NOW)
    return text, places()


def places() -> list[object]:
    return list(Position.objects.order_by("position").values_list("entry_id", flat=True))


def test_another_log_goes_on_over_the_same_entries() -> None:
    text, before = broken()
    old = queries.log()
    done = ended()
    assert (done.old, done.new, done.size) == (old.origin, f"{old.origin}/2", 5)
    assert places() == before
    assert services.seal(now=NOW + DAY) == 2
    assert list(queries.audit()) == [] and queries.status().trouble == "" and not apps.missing_triggers()
    (card,) = queries.ended_logs()
    assert (card.origin, card.size, card.held, card.reason) == (old.origin, 9, 5, "the disk burnt")
    assert (done.folder / "checkpoint").read_text() == card.text
    assert receipt.verify(receipt.parse(text), receipt.trusting(old.vkeys)).genuine
    assert old.vkey in queries.policy_text() and done.vkey in queries.policy_text()
    assert "burnt" not in str(queries.history(ending.SUBJECT)[0].fact)
    services.prepare_key()
    services.rotate_key(actor=SYSTEM, days=0, now=NOW + 2 * DAY)
    assert services.seal(now=NOW + 2 * DAY) == 1 and list(queries.audit()) == []
    assert ended(reason="again").new == f"{old.origin}/3"
    assert services.seal(now=NOW + 3 * DAY) == 1 and list(queries.audit()) == []


@pytest.mark.parametrize("changes", [{"confirm": "another"}, {"reason": " "}, {"reason": "x" * 501}])
def test_what_is_not_confirmed_changes_nothing(changes: dict[str, str]) -> None:
    broken()
    origin, files = queries.log().origin, sorted(installation().published.rglob("*"))
    with pytest.raises((Refused, Invalid), match="未作任何更改"):
        ended(**changes)
    assert queries.log().origin == origin and sorted(installation().published.rglob("*")) == files
    assert not EndedLog.objects.exists()


@pytest.mark.parametrize("step", ["make_log_key", "_keep_evidence", "_write", "_end", "record", "sign"])
def test_a_crash_before_the_commit_changes_nothing(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken()
    old, shown = queries.log(), queries.published()
    real = getattr(ending, step)

    def breaks_off(*args: object, **named: object) -> None:
        if step != "_end":
            real(*args, **named)
        raise ZeroDivisionError

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(ending, step, breaks_off)
        ended()
    assert queries.log() == old and queries.published() == shown and not EndedLog.objects.exists()
    with pytest.raises(Unavailable):
        services.seal(now=NOW)
    assert ended().size == 5
    assert services.seal(now=NOW + DAY) == 2 and list(queries.audit()) == []


def test_a_crash_after_the_commit_is_mended_by_the_sealer(monkeypatch: pytest.MonkeyPatch) -> None:
    broken()
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(ending, "publish", lambda: 1 / 0)
        ended()
    assert services.seal(now=NOW + DAY) == 2
    shown = queries.published()
    assert shown is not None and shown.origin == queries.log().origin and shown.size == 7
    assert list(queries.audit()) == []


def test_a_database_from_before_the_end_signs_nothing() -> None:
    broken()
    name = f"{queries.log().origin}/2"
    other = note.Signer.from_seed(name, bytes(32))
    path: Path = installation().published / queries.PUBLISHED_NAME
    path.write_text(other.sign(CheckpointBody(origin=name, size=1, root=bytes(32)).encode()))
    with pytest.raises(Unavailable, match=re.escape(f"goes on as {name}")):
        services.seal(now=NOW)
    services.publish()
    assert path.read_text().startswith(f"{name}\n")


def test_keys_of_the_dead_log_say_nothing_in_the_name_of_the_next() -> None:
    broken()
    ended()
    hold_to(Reply(200, None, ahead(50, 1).encode()))
    shown = queries.published()
    assert shown is not None and shown.size == 5


def test_the_alarm_of_a_fork_ends_with_its_log() -> None:
    broken()
    origin = queries.log().origin
    one = note.Signer.from_seed(origin, keys().log_seed).sign(
        CheckpointBody(origin=origin, size=9, root=b"1" * 32).encode()
    )
    assert services.note_fork(actor=SYSTEM, ours=ahead(9), theirs=one, shown_by="w", now=NOW)
    assert queries.forked()
    ended()
    assert not queries.forked() and len(queries.forks()) == 1


def test_programs_and_readers_are_told_of_it(client: Client) -> None:
    at = {"host": "localhost", "accept-language": "en"}
    text, _places = broken()
    lost = replace(receipt.parse(text), index=7).compact()
    assert client.get("/api/v1/ledger/ended", headers=at).json() == []
    old = queries.log()
    ended()
    (told,) = client.get("/api/v1/ledger/ended", headers=at).json()
    assert (told["origin"], told["size"], told["held"], told["reason"]) == (old.origin, 9, 5, "the disk burnt")
    assert (told["vkeys"], told["went_on_as"]) == (list(old.vkeys), f"{old.origin}/2")
    assert told["text"].startswith(f"{old.origin}\n9\n")
    standing = client.get("/api/v1/ledger", headers=at).json()
    assert (standing["origin"], standing["trouble"]) == (f"{old.origin}/2", "")
    assert queries.policy_text().startswith(f"# {old.origin} ended on 2026-11-24 and went on as {old.origin}/2\n")
    page = client.get("/open/ledger/find/", {"what": receipt.parse(text).compact()}, headers=at)
    assert page.status_code == 200 and "the entry stands unchanged" in page.content.decode()
    page = client.get("/open/ledger/find/", {"what": lost}, headers=at)
    assert page.status_code == 404 and "it is the only copy" in page.content.decode()


# retired keys -------------------------------------------------------------------------------------------------------


def retired() -> None:
    note_down(noted(1))
    services.seal(now=NOW)
    services.prepare_key()
    services.rotate_key(actor=SYSTEM, days=0, now=NOW + DAY)
    services.seal(now=NOW + DAY)


def test_a_retired_key_cannot_stop_the_log_or_raise_the_alarm() -> None:
    retired()
    hold_to(Reply(200, None, ahead(99, 1).encode()))
    shown = queries.published()
    assert shown is not None and shown.size == 2
    with pytest.raises(Invalid):
        services.note_fork(actor=SYSTEM, ours=shown.text, theirs=ahead(2, 1), shown_by="thief", now=NOW)
    note_down(noted(2))
    assert services.seal(now=NOW + 2 * DAY) == 1


def test_a_retired_key_is_believed_about_what_it_signed_and_the_new_one_about_all() -> None:
    retired()
    assert services.open_own(ahead(1, 1))[1].size == 1
    assert services.open_own(ahead(99, 2))[1].size == 99


def test_a_database_that_does_not_know_of_the_retirement_believes_the_old_key() -> None:
    retired()
    LogKey.objects.filter(number=2).delete()
    LogKey.objects.update(until_at=None)
    assert services.open_own(ahead(99, 1))[1].size == 99
    assert services.open_own(ahead(99, 2))[1].size == 99
