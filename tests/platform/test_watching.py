"""The monitor: a changed leaf, a lost entry, a bent tile, a second history that a witness, a mirror or a reader shows."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from pianqu.composition.commands import status as operators
from pianqu.foundation import guard
from pianqu.foundation.errors import Invalid, Unavailable
from pianqu.foundation.keys import keys
from pianqu.kernels import merkle
from pianqu.kernels.cosignature import Cosigner
from pianqu.kernels.note import CheckpointBody, Signer
from pianqu.rooms.ledger import apps, jobs, queries, services
from pianqu.rooms.ledger.jobs import Gatherer
from pianqu.rooms.ledger.jobs.watching import EVERYTHING
from pianqu.rooms.ledger.models import Checkpoint, Cosignature, Entry, Fork, Tile
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM, note_down, noted
from tests.platform.test_gathering import Outside, grown, key, says, settled

pytestmark = pytest.mark.django_db(transaction=True)
HOST = {"host": "localhost"}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    services.create_log(now=NOW)
    with ExitStack() as stack:
        yield Outside(tmp_path, stack)


def signed(size: int, root: bytes) -> str:
    """A checkpoint with this ledger's own signature, as its key could make it anywhere."""
    card = queries.log()
    body = CheckpointBody(origin=card.origin, size=size, root=root).encode()
    return Signer.from_seed(card.origin, keys().log_seed).sign(body)


def other(size: int) -> str:
    return signed(size, merkle.leaf_hash(b"another history"))


def ours(size: int) -> str:
    return str(Checkpoint.objects.values_list("note", flat=True).get(size=size))


def tamper(sql: str, *values: Any) -> None:
    """What somebody with the database's password does."""
    apps.lift_triggers()
    with guard.lifted("a hand in the database"), connection.cursor() as cursor:
        cursor.execute(sql, values)
    apps.put_triggers()


def wrong() -> tuple[str, ...]:
    jobs.read_again(now=timezone.now())
    return tuple(map(str, queries.watch().wrong))


def entry_id(position: int) -> Any:
    found = queries.at(position).item.entry_id
    return found.hex if connection.vendor == "sqlite" else found


# reading again -------------------------------------------------------------------------------------------------------


def test_a_whole_log_is_read_once_and_then_only_what_is_new(outside: Outside) -> None:
    grown(300)
    now = timezone.now()
    assert jobs.read_again(now=now) == 300
    grown(7)
    assert jobs.read_again(now=now) == 7
    assert jobs.read_again(now=now) == 0
    assert jobs.read_again(now=now + EVERYTHING) == 307
    found = queries.watch()
    assert (found.replayed, found.wrong) == (307, ())
    assert [(card.code, card.entries) for card in queries.organisations()] == [("330205", 307)]


@pytest.mark.parametrize("read_before", [False, True])
def test_a_changed_leaf_is_found(outside: Outside, client: Client, read_before: bool) -> None:
    grown(20)
    if read_before:
        assert wrong() == ()
    leaf = bytes(Entry.objects.get(counter=15).leaf)
    bent = leaf.replace(b'"d":"2026-11-23"', b'"d":"2026-11-22"')
    assert bent != leaf
    tamper("UPDATE ledger_entry SET leaf = %s WHERE counter = 15", bent)
    grown(2)
    found = jobs.read_again(now=timezone.now() + EVERYTHING)
    assert found == 22
    assert any("chained to another leaf" in sentence for sentence in map(str, queries.watch().wrong))
    assert any("not those that were signed" in sentence for sentence in map(str, queries.watch().wrong))
    for language, said in [("zh-hans", "接的不是该单位的上一条"), ("en", "chained to another leaf")]:
        at = {**HOST, "accept-language": language}
        assert said in client.get("/open/ledger/", headers=at).content.decode()
        assert any(said in one for one in client.get("/api/v1/ledger/watch", headers=at).json()["wrong"])


def test_a_lost_entry_is_found_by_its_organisations_own_count(outside: Outside) -> None:
    grown(5)
    note_down(noted(6))
    tamper("DELETE FROM ledger_unsealed")
    tamper("DELETE FROM ledger_secret WHERE entry_id = (SELECT id FROM ledger_entry WHERE counter = 6)")
    tamper("DELETE FROM ledger_entry WHERE counter = 6")
    assert any("has recorded 6 entries, the log holds 5" in sentence for sentence in wrong())


def test_what_waits_for_its_seal_is_not_missed(outside: Outside) -> None:
    grown(5)
    note_down(noted(6), noted(7))
    assert wrong() == ()


def bend(level: int, index: int, place: int = 0) -> None:
    """One bit of a stored tile; once more puts it right again."""
    tile = Tile.objects.get(level=level, index=index)
    hashes = bytearray(tile.hashes)
    hashes[place] ^= 1
    tile.hashes = bytes(hashes)
    tile.save()


def test_nothing_is_signed_over_a_bent_tile_and_it_can_be_made_anew(outside: Outside, client: Client) -> None:
    grown(40)
    bend(0, 0)
    note_down(noted(1))
    for _time in range(2):
        with pytest.raises(Unavailable, match="The ledger signs nothing: what is stored of its tree"):
            services.seal(now=timezone.now())
    assert queries.sealed_size() == 40 and "signs nothing" in queries.status().trouble
    assert "账本停止签署：库里存的树" in client.get("/open/ledger/", headers=HOST).content.decode()
    english = client.get("/open/ledger/", headers={**HOST, "accept-language": "en"}).content.decode()
    assert "The ledger signs nothing: what is stored of its tree" in english
    services.rebuild_tiles()
    assert services.seal(now=timezone.now()) == 1
    assert wrong() == () and not list(queries.audit())


def test_a_bent_tile_inside_the_tree_is_found_by_reading_everything(outside: Outside) -> None:
    """The root comes from the tiles above it, so what is signed stays true; proofs from it would not hold."""
    grown(300)
    assert wrong() == ()
    bend(0, 0, 5_000)
    grown(1)
    assert wrong() == ()
    jobs.read_again(now=timezone.now() + EVERYTHING)
    assert [str(one) for one in queries.watch().wrong] == ["the stored tile 0/0 is not that of the entries"]
    assert list(queries.audit()) == ["the stored tile 0/0 is not that of the entries"]
    services.rebuild_tiles()
    jobs.read_again(now=timezone.now() + 2 * EVERYTHING)
    assert queries.watch().wrong == ()


def test_tiles_are_not_made_from_entries_that_changed(outside: Outside) -> None:
    grown(9)
    before = bytes(Tile.objects.get().hashes)
    tamper("UPDATE ledger_entry SET leaf = %s WHERE counter = 5", b"nonsense")
    with pytest.raises(Unavailable, match="not those that were signed"):
        services.rebuild_tiles()
    assert bytes(Tile.objects.get().hashes) == before
    assert any("#5" in sentence for sentence in queries.audit())


def test_what_was_found_stays_until_everything_was_read_again(outside: Outside) -> None:
    grown(300)
    bend(0, 0, 5_000)
    assert wrong() == ("the stored tile 0/0 is not that of the entries",)
    bend(0, 0, 5_000)
    grown(1)
    assert wrong() == ("the stored tile 0/0 is not that of the entries",)
    jobs.read_again(now=timezone.now() + EVERYTHING)
    assert queries.watch().wrong == ()


def test_a_clock_that_was_far_ahead_puts_no_whole_reading_off(outside: Outside) -> None:
    """Whoever waited until the clock reaches that day again would not see a bent tile for years."""
    grown(300)
    jobs.read_again(now=timezone.now() + 400 * EVERYTHING)
    bend(0, 0, 5_000)
    jobs.read_again(now=timezone.now())
    assert [str(one) for one in queries.watch().wrong] == ["the stored tile 0/0 is not that of the entries"]


# second histories ----------------------------------------------------------------------------------------------------


def test_a_reader_shows_a_second_history_and_every_page_says_so(outside: Outside, client: Client) -> None:
    grown(4)
    assert b"pq-alarm" not in client.get("/open/ledger/", headers=HOST).content
    sent = {"one": ours(4), "other": other(4)}
    answer = client.post("/api/v1/ledger/forks", json.dumps(sent), content_type="application/json", headers=HOST)
    assert (answer.status_code, answer.json()) == (200, {"is_new": True})
    again = {"one": other(4), "other": ours(4)}
    repeated = client.post("/api/v1/ledger/forks", json.dumps(again), content_type="application/json", headers=HOST)
    assert repeated.json() == {"is_new": False}
    for page in ("/", "/report/", "/open/", "/open/verify/", "/open/ledger/"):
        found = client.get(page, headers=HOST).content.decode()
        assert ("pq-alarm" in found) == (page != "/open/verify/"), page
    evidence = client.get("/open/ledger/forks/", headers=HOST).content.decode()
    assert other(4).splitlines()[2] in evidence and ours(4).splitlines()[2] in evidence
    assert queries.verdict(now=timezone.now()).word == "forked"
    (fact,) = queries.history("ledger:forks")
    assert (fact.kind, fact.fact["size"]) == ("ledger.fork-found", 4)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("ours", "ours"),
        ("ours", "earlier"),
        ("ours", "later"),
        ("ours", "nonsense"),
        ("ours", "stranger"),
        ("ours", "unsigned"),
        ("ours", "elsewhere"),
    ],
)
def test_what_proves_nothing_is_refused(outside: Outside, one: str, two: str) -> None:
    grown(3)
    grown(1)
    card = queries.log()
    stranger = Signer.from_seed(card.origin, bytes(32))
    elsewhere = Signer.from_seed("another.example/log", keys().log_seed)
    texts = {
        "ours": ours(4),
        "earlier": ours(3),
        "later": other(9),
        "nonsense": "what is this",
        "stranger": stranger.sign(CheckpointBody(origin=card.origin, size=4, root=bytes(32)).encode()),
        "unsigned": CheckpointBody(origin=card.origin, size=4, root=bytes(32)).encode(),
        "elsewhere": elsewhere.sign(CheckpointBody(origin=elsewhere.name, size=4, root=bytes(32)).encode()),
    }
    with pytest.raises(Invalid):
        services.note_fork(actor=SYSTEM, ours=texts[one], theirs=texts[two], shown_by="x", now=NOW)
    assert not Fork.objects.exists() and not queries.forked()


@pytest.mark.parametrize("size", [3, 4])
def test_two_texts_of_two_sizes_are_a_second_history_where_one_is_none_of_this_logs_own(
    outside: Outside, client: Client, size: int
) -> None:
    """What two readers hold who compare: each has another size. The one that is here may be the smaller one at first."""
    grown(2)
    grown(5)
    pair = {"one": ours(2), "other": other(size)}
    answer = client.post("/api/v1/ledger/forks", json.dumps(pair), content_type="application/json", headers=HOST)
    assert (answer.status_code, answer.json()) == (200, {"is_new": True})
    (fork,) = queries.forks()
    assert (fork.size, fork.theirs, fork.is_of_one_size) == (size, other(size), False)
    assert fork.ours == ours(7), "the smallest of this log's own texts that tells of so many entries"
    page = client.get("/open/ledger/forks/", headers={**HOST, "accept-language": "en"}).content.decode()
    assert f"The first {size} entries" in page and queries.forked()


def test_an_operator_is_told_what_everybody_reads(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    grown(2)
    outside.put("w", key(1), None)
    outside.adopt("quorum none")
    mirror_of(outside, key(2, "m"), ours(2))
    assert operators.watched(queries) and capsys.readouterr().out == ""
    settled(Gatherer(timezone.now))
    assert operators.watched(queries), "nobody asks for its signature"
    told = capsys.readouterr().out
    assert "Witness w: cannot be reached since" in told and "见证方 w：联系不上（自" in told
    services.note_fork(actor=SYSTEM, ours=ours(2), theirs=other(2), shown_by="x", now=NOW)
    assert not operators.watched(queries)
    told = capsys.readouterr().out
    assert "TWO HISTORIES exist (1 proofs)" in told and "出现了两个版本（1 份证据）" in told


def test_what_the_monitor_found_is_told_to_the_operator(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    grown(3)
    tamper("UPDATE ledger_entry SET leaf = %s WHERE id = %s", b"{}", entry_id(1))
    assert wrong()
    assert not operators.watched(queries)
    told = capsys.readouterr().out
    assert "The monitor found: position 1: " in told and "自查程序发现：位置 1：" in told


def test_what_tells_of_more_entries_than_there_are_waits(outside: Outside) -> None:
    grown(2)
    with pytest.raises(Invalid) as ahead:
        services.note_fork(actor=SYSTEM, ours=ours(2), theirs=other(9), shown_by="x", now=NOW)
    assert ahead.value.code == "fork-ahead" and not Fork.objects.exists()


def test_a_disk_that_changed_accuses_nobody(outside: Outside) -> None:
    grown(300)
    honest = signed(100, queries.root_at(100))
    tamper('UPDATE ledger_tile SET hashes = %s WHERE level = 0 AND "index" = 0', bytes(256 * 32))
    mirror_of(outside, key(6, "m"), honest)
    jobs.look_around(actor=SYSTEM, clock=timezone.now)
    with pytest.raises(Invalid):
        services.note_fork(actor=SYSTEM, ours=ours(300), theirs=honest, shown_by="x", now=NOW)
    assert not Fork.objects.exists() and queries.mirrors()[0].trouble == ""


def test_nobody_takes_evidence_back(outside: Outside) -> None:
    grown(2)
    services.note_fork(actor=SYSTEM, ours=ours(2), theirs=other(2), shown_by="x", now=NOW)
    with pytest.raises(Exception, match="append-only"), guard.lifted("a try"):
        Fork.objects.all().delete()
    queries.alarm_file().unlink()
    jobs.look_around(actor=SYSTEM, clock=timezone.now)
    assert queries.forked(), "a file that was put away comes back"


def test_a_split_view_shown_to_a_witness_is_found_by_looking_around(outside: Outside) -> None:
    """The log showed one tree to the public and another to this witness."""
    grown(6)
    real = outside.witness("w")
    outside.adopt("quorum w")
    shown_there = other(6)
    request = f"old 0\n\n{shown_there}".encode()
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/add-checkpoint", "CONTENT_LENGTH": str(len(request))}
    with BytesIO(request) as body:
        assert b"".join(real({**environ, "wsgi.input": body}, lambda *_said: None)).startswith("—".encode())
    gatherer = Gatherer(timezone.now)
    grown(1)
    settled(gatherer)
    assert {card.trouble for card in queries.witnesses()} == {"forked"}
    assert jobs.look_around(actor=SYSTEM, clock=timezone.now) == 1
    (fork,) = queries.forks()
    assert (fork.size, fork.shown_by) == (6, "w") and fork.theirs.startswith(shown_there)
    assert queries.forked()


def test_evidence_that_a_witness_holds_is_taken_over(outside: Outside) -> None:
    """The witness signed ours first and was shown another tree of that size later: it keeps both."""
    grown(5)
    real = outside.witness("w")
    outside.adopt("quorum w")
    grown(1)
    settled(Gatherer(timezone.now))
    size = queries.sealed_size()
    request = f"old 0\n\n{other(size)}".encode()
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/add-checkpoint", "CONTENT_LENGTH": str(len(request))}
    with BytesIO(request) as body:
        b"".join(real({**environ, "wsgi.input": body}, lambda *_said: None))
    jobs.look_around(actor=SYSTEM, clock=timezone.now)
    (fork,) = queries.forks()
    assert fork.size == size and {fork.ours.split("\n— w")[0], fork.theirs} >= {other(size)}


def test_evidence_with_a_line_that_no_table_can_hold_delays_nobody_elses(outside: Outside) -> None:
    """JSON can carry half a character in a stranger's line; the pair under it is true all the same."""
    grown(5)
    size = queries.sealed_size()
    odd = f"{other(size)}— \ud800 {'A' * 100}\n"
    outside.put("liar", key(1), says(200, json.dumps([{"ours": ours(size), "theirs": odd}]).encode()))
    pair = json.dumps([{"ours": ours(size), "theirs": other(size)}]).encode()
    outside.put("w", key(2), says(200, pair))
    outside.adopt("group g all liar w", "quorum g")
    assert jobs.look_around(actor=SYSTEM, clock=timezone.now) == 2
    (fork,) = queries.forks()
    assert fork.shown_by == "w" and fork.theirs == other(size)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"[1, {}]", b'[{"ours": "a", "theirs": "b"}]', b"<html>", b"[" * 9000]
)
def test_evidence_that_proves_nothing_changes_nothing(outside: Outside, body: bytes) -> None:
    grown(2)
    outside.put("w", key(1), says(200, body))
    outside.adopt("quorum w")
    assert jobs.look_around(actor=SYSTEM, clock=timezone.now) == 1
    assert not Fork.objects.exists() and not queries.status().trouble


# mirrors -------------------------------------------------------------------------------------------------------------


def mirror_of(outside: Outside, cosigner: Cosigner, text: str) -> None:
    line = cosigner.cosign(text.partition("\n\n")[0] + "\n", 1_800_000_000)
    name = cosigner.name.partition(".")[0]

    wanted = f"/{sha256(queries.log().origin.encode()).hexdigest()}/checkpoint"

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        found = (text + line).encode() if environ["PATH_INFO"] == wanted else b"[]"
        return says(200, found)(environ, start_response)

    outside.put(name, cosigner, answer)
    url = outside.lines.pop().split()[-1]
    services.name_mirror(actor=SYSTEM, name=name, vkey=cosigner.witness.vkey, url=url, now=NOW)


def test_a_mirrors_signature_is_kept_and_its_distance_shown(outside: Outside) -> None:
    grown(5)
    mirror_of(outside, key(2, "m"), ours(5))
    services.seal(now=timezone.now())
    jobs.look_around(actor=SYSTEM, clock=timezone.now)
    (card,) = queries.mirrors()
    assert (card.size, card.behind, card.trouble) == (5, 1, "")
    assert Cosignature.objects.filter(checkpoint_id=5).count() == 1


def test_a_mirror_with_another_history_is_a_fork(outside: Outside) -> None:
    grown(5)
    mirror_of(outside, key(3, "m"), other(5))
    jobs.look_around(actor=SYSTEM, clock=timezone.now)
    assert [fork.size for fork in queries.forks()] == [5]
    assert queries.mirrors()[0].trouble == "forked"


def test_a_mirror_with_another_history_of_another_size_is_a_fork(outside: Outside) -> None:
    grown(2)
    grown(5)
    mirror_of(outside, key(3, "m"), other(4))
    jobs.look_around(actor=SYSTEM, clock=timezone.now)
    assert [(fork.size, fork.shown_by) for fork in queries.forks()] == [(4, "m3")]
    assert queries.mirrors()[0].trouble == "forked" and queries.forked()


def test_a_mirror_that_holds_more_stops_a_ledger_that_was_put_back(outside: Outside) -> None:
    grown(5)
    mirror_of(outside, key(4, "m"), other(50))
    jobs.look_around(actor=SYSTEM, clock=timezone.now)
    note_down(noted(1))
    with pytest.raises(Unavailable):
        services.seal(now=timezone.now())
    assert queries.verdict(now=timezone.now()).word == "behind"


def test_a_mirror_cannot_stop_the_ledger_with_a_key_that_was_retired(outside: Outside) -> None:
    """Who stole an old key signs a larger tree with it and shows it: nobody is held to that."""
    grown(5)
    services.prepare_key()
    services.rotate_key(actor=SYSTEM, days=0, now=timezone.now())
    grown(1)
    mirror_of(outside, key(5, "m"), other(50))
    jobs.look_around(actor=SYSTEM, clock=timezone.now)
    assert queries.mirrors()[0].trouble == "unclear"
    note_down(noted(1))
    assert services.seal(now=timezone.now()) and not queries.status().trouble
