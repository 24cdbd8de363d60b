"""The ledger changes its key: receipts before, during and after, what a crash leaves behind, keys that are lost."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from pianqu.foundation import after_migrate, guard
from pianqu.foundation.errors import Invalid, Refused, Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys, make_keys
from pianqu.foundation.posting import Reply
from pianqu.kernels import note, receipt
from pianqu.kernels.note import CheckpointBody
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.jobs.gathering import hold_to
from pianqu.rooms.ledger.models import Checkpoint, LogKey
from pianqu.rooms.ledger.queries import KeyCard
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM, note_down, noted

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """A log of its own with a key folder of its own."""
    place = tmp_path / "keys"
    make_keys(place)
    with override_settings(INSTALLATION=replace(installation(), keys=place)):
        _as_another_process()
        services.create_log(now=NOW)
        yield place
    _as_another_process()


def _as_another_process() -> None:
    installation.cache_clear()
    keys.cache_clear()


def rotated(days: int = 10, *, after: timedelta = DAY) -> KeyCard:
    services.prepare_key()
    return services.rotate_key(actor=SYSTEM, days=days, now=NOW + after)


def entry(number: int, *, after: timedelta) -> Any:
    """Recorded and sealed so long after the beginning."""
    entry_id = note_down(noted(number), now=NOW + after)[0].entry_id
    while services.seal(now=NOW + after):
        pass
    return entry_id


def verdicts(text: str, *vkeys: str) -> list[str]:
    """What the file says with each of these keys alone, and with all of them."""
    return [receipt.verify(receipt.parse(text), some).code for some in [*[(vkey,) for vkey in vkeys], vkeys]]


def signers_of(text: str) -> list[int]:
    """The numbers of the keys that signed, in the order of their lines."""
    card = queries.log()
    return [card.vkeys.index(one.vkey) + 1 for one in note.open_note(text, card.verifiers)[1]]


def newest() -> str:
    shown = queries.published()
    assert shown is not None
    return shown.text


def test_receipts_hold_with_the_keys_of_their_time() -> None:
    files = []
    for number, after in enumerate([timedelta(), 2 * DAY, 12 * DAY]):
        if number == 1:
            rotated(days=10)
        entry_id = entry(number, after=after)
        state = queries.receipt_for(entry_id)
        files.append((state.text or "", state.qr or ""))
    old, new = queries.log().vkeys
    (before, _), (during, during_qr), (later, later_qr) = files
    assert queries.log().vkey == new and queries.log().origin == note.Verifier.from_vkey(new).name
    assert verdicts(before, old, new) == ["genuine", "signature-false", "genuine"]
    assert verdicts(during, old, new) == ["genuine", "genuine", "genuine"]
    assert verdicts(later, old, new) == ["signature-false", "genuine", "genuine"]
    assert verdicts(during_qr, old, new) == ["genuine", "genuine", "genuine"], "both fit, where no witness has to"
    assert verdicts(later_qr, old, new)[1] == "genuine"
    assert list(queries.audit()) == []


def test_the_old_key_signs_first_and_vouches_for_the_new_one() -> None:
    made = rotated(days=10)
    assert signers_of(newest()) == [1]
    services.seal(now=NOW + DAY)
    assert signers_of(newest()) == [1, 2]
    (said,) = [one for one in queries.history("ledger:key")]
    assert said.fact == {"number": 2, "vkey": made.vkey, "overlap_until": "2026-12-04T09:30:00+00:00"}
    assert said.position == 0


def test_what_is_shown_while_two_keys_sign_and_after(client: Client) -> None:
    services.prepare_key()
    services.rotate_key(actor=SYSTEM, days=10, now=timezone.now())
    old, new = queries.log().vkeys
    assert client.get("/open/ledger/log.vkey").content.decode() == f"{old}\n{new}\n"
    shown = client.get("/api/v1/ledger").json()
    assert [(key["number"], key["vkey"], key["signs"]) for key in shown["keys"]] == [(1, old, True), (2, new, True)]
    assert shown["vkey"] == new and shown["keys"][0]["until"] and not shown["keys"][1]["until"]
    assert [one.verifier.vkey for one in queries.policy().rule.logs] == [old, new]
    services.retire_keys(actor=SYSTEM, now=timezone.now())
    assert client.get("/open/ledger/log.vkey").content.decode() == f"{new}\n"
    assert [key["signs"] for key in client.get("/api/v1/ledger").json()["keys"]] == [False, True]
    assert old in client.get("/open/ledger/policy").content.decode()


def test_the_time_of_both_keys_can_be_ended_before() -> None:
    rotated(days=10)
    entry(1, after=2 * DAY)
    (gone,) = services.retire_keys(actor=SYSTEM, now=NOW + 3 * DAY)
    entry(2, after=3 * DAY)
    assert (gone.number, signers_of(newest())) == (1, [2])
    assert [one.kind for one in queries.history("ledger:key")] == ["ledger.key-added", "ledger.keys-retired"]
    assert list(queries.audit()) == []


def test_a_second_change_comes_after_the_first() -> None:
    rotated(days=10)
    with pytest.raises(Refused, match="Two keys sign until 2026-12-04"):
        rotated(days=10, after=2 * DAY)
    rotated(days=10, after=11 * DAY)
    entry(1, after=12 * DAY)
    assert signers_of(newest()) == [2, 3] and list(queries.audit()) == []


@pytest.mark.parametrize("days", [-1, 3651])
def test_other_numbers_of_days_are_refused(days: int) -> None:
    with pytest.raises(Invalid, match="0 to 3650 days"):
        rotated(days=days)
    assert queries.log().keys[-1].number == 1


def test_one_key_alone_cannot_be_retired() -> None:
    with pytest.raises(Refused, match="One key signs already"):
        services.retire_keys(actor=SYSTEM, now=NOW)


def test_times_lie_after_what_was_signed_whatever_the_clock_says() -> None:
    minute = timedelta(minutes=1)
    entry(1, after=50 * minute)
    made = rotated(days=10, after=timedelta())
    assert made.from_at > NOW + 50 * minute
    entry(2, after=60 * minute)
    services.retire_keys(actor=SYSTEM, now=NOW + 10 * minute)
    entry(3, after=70 * minute)
    assert signers_of(newest()) == [2] and list(queries.audit()) == []


def test_a_clock_that_was_far_ahead_is_said() -> None:
    entry(1, after=5 * DAY)
    with pytest.raises(Refused, match="last signature says 2026-11-28 09:30 UTC"):
        rotated(days=0)
    assert queries.log().keys[-1].number == 1


def test_a_ledger_that_is_behind_changes_no_key() -> None:
    seed, origin = keys().log_seed, queries.log().origin
    ahead = note.Signer.from_seed(origin, seed).sign(CheckpointBody(origin=origin, size=9, root=bytes(32)).encode())
    services.admit(9, ahead)
    with pytest.raises(Unavailable, match="older"):
        rotated()
    assert queries.log().keys[-1].number == 1


# a crash between two steps -------------------------------------------------------------------------------------------


def test_a_key_that_was_made_and_never_recorded_signs_nothing_and_is_taken_later(folder: Path) -> None:
    services.prepare_key()
    kept = (folder / "log-2.key").read_text()
    _as_another_process()
    services.create_log(now=NOW)
    entry(1, after=DAY)
    assert signers_of(newest()) == [1]
    rotated()
    assert (folder / "log-2.key").read_text() == kept
    assert (folder / "log-2.key").stat().st_mode & 0o777 == 0o600


def test_a_verb_that_is_broken_off_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    services.prepare_key()
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("pianqu.rooms.ledger.services.rotating._tell", lambda: 1 / 0)
        services.rotate_key(actor=SYSTEM, days=10, now=NOW + DAY)
    assert queries.log().keys[-1].number == 1 and queries.log().keys[0].until_at is None
    entry(1, after=DAY)
    assert signers_of(newest()) == [1]


def test_a_sealer_that_runs_already_finds_the_new_key(folder: Path) -> None:
    entry(1, after=timedelta())
    held = keys()
    rotated()
    held.log_seeds.pop(2, None)
    entry(2, after=DAY)
    assert signers_of(newest()) == [1, 2]


def test_a_database_from_before_the_change_is_held_to_what_the_new_key_signed() -> None:
    """The files of keys are never put back with a database: they know more than an old one."""
    rotated(days=0)
    entry(1, after=DAY)
    seed, origin = keys().log_seeds[2], queries.log().origin
    LogKey.objects.filter(number=2).delete()
    LogKey.objects.update(until_at=None)
    seen = note.Signer.from_seed(origin, seed).sign(CheckpointBody(origin=origin, size=9, root=bytes(32)).encode())
    hold_to(Reply(200, None, seen.encode()))
    note_down(noted(2))
    with pytest.raises(Unavailable, match="older"):
        services.seal(now=NOW + 2 * DAY)


# keys that are lost --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["log.key", "log-2.key"])
@pytest.mark.parametrize("how", ["missing", "another"])
def test_without_one_of_its_keys_the_log_signs_nothing_and_says_which(folder: Path, name: str, how: str) -> None:
    rotated()
    services.seal(now=NOW + DAY)
    (folder / name).unlink()
    if how == "another":
        (folder / name).write_text(secrets.token_hex(32))
    _as_another_process()
    note_down(noted(1))
    for act in (services.create_log, services.seal):
        with pytest.raises(Unavailable, match=rf"{name} is missing or is not the key .* recording goes on"):
            act(now=NOW + 2 * DAY)
    assert queries.sealed_size() == 1


def test_when_the_old_key_is_lost_the_new_one_goes_on_alone(folder: Path) -> None:
    rotated()
    services.seal(now=NOW + DAY)
    (folder / "log.key").unlink()
    _as_another_process()
    services.retire_keys(actor=SYSTEM, now=NOW + 2 * DAY)
    entry(1, after=2 * DAY)
    services.create_log(now=NOW + 3 * DAY)
    assert signers_of(newest()) == [2] and list(queries.audit()) == []


def test_when_the_new_key_is_lost_a_third_takes_over_at_once(folder: Path) -> None:
    rotated()
    services.seal(now=NOW + DAY)
    (folder / "log-2.key").unlink()
    _as_another_process()
    with pytest.raises(Unavailable, match=r"log-2\.key is missing"):
        services.retire_keys(actor=SYSTEM, now=NOW + 2 * DAY)
    rotated(days=0, after=2 * DAY)
    entry(1, after=2 * DAY)
    assert signers_of(newest()) == [3] and list(queries.audit()) == []


def test_without_the_old_key_both_cannot_sign_and_without_a_new_file_nothing_changes(folder: Path) -> None:
    held = (folder / "log.key").read_text()
    services.prepare_key()
    (folder / "log.key").unlink()
    _as_another_process()
    with pytest.raises(Unavailable, match="rotate-key says what can be done"):
        services.rotate_key(actor=SYSTEM, days=10, now=NOW + DAY)
    (folder / "log.key").write_text(held)
    (folder / "log-2.key").unlink()
    _as_another_process()
    with pytest.raises(Unavailable, match=r"log-2\.key is missing"):
        services.rotate_key(actor=SYSTEM, days=10, now=NOW + DAY)
    assert queries.log().keys[-1].number == 1


def test_a_retired_key_can_be_destroyed(folder: Path) -> None:
    rotated(days=1)
    services.seal(now=NOW + DAY)
    (folder / "log.key").unlink()
    make_keys(folder)
    _as_another_process()
    services.create_log(now=NOW + 3 * DAY)
    entry(1, after=3 * DAY)
    assert signers_of(newest()) == [2] and not (folder / "log.key").exists()


@pytest.mark.parametrize("lines", [[0], [1], [1, 0]])
def test_a_checkpoint_without_the_signatures_of_its_time_is_found(lines: list[int]) -> None:
    rotated()
    entry(1, after=2 * DAY)
    row = Checkpoint.objects.get(size=2)
    text, signatures = note.split(row.note)
    row.note = f"{text}\n" + "".join(note.signature_line(signatures[n].name, signatures[n].blob) for n in lines)
    _kept(row)
    assert list(queries.audit()) == ["checkpoint 2 is not signed by the keys of its time"]


def test_a_checkpoint_from_before_the_change_may_have_the_later_keys_signature_too() -> None:
    """The database was put back to before the change and completed from a mirror; then the change was made again."""
    entry(1, after=DAY)
    rotated(after=5 * DAY)
    row = Checkpoint.objects.get(size=1)
    origin, seeds = queries.log().origin, keys().log_seeds
    row.note = note.sign(note.text_of(row.note), [note.Signer.from_seed(origin, seeds[number]) for number in (1, 2)])
    _kept(row)
    assert signers_of(row.note) == [1, 2] and list(queries.audit()) == []


def _kept(row: Checkpoint) -> None:
    with guard.lifted("a test plays the intruder"):
        after_migrate.lift_all()
        try:
            row.save()
        finally:
            after_migrate.put_all()
