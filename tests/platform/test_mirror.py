"""A mirror as a program: it copies, proves, signs and serves; logs that lie, lag and die; bits that flip; kill -9."""

import gzip
import io
import json
import random
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from pianqu.composition.mirror import home
from pianqu.composition.mirror.app import Application
from pianqu.composition.mirror.pulling import Puller, Pulling
from pianqu.composition.mirror.replica import Replica, Shelf
from pianqu.composition.mirror.store import Damaged, Gap, Store
from pianqu.composition.outsider.folder import Folder
from pianqu.composition.outsider.memory import BACK
from pianqu.composition.outsider.running import Running, free_port
from pianqu.foundation import following
from pianqu.foundation.errors import Invalid, Unavailable
from pianqu.foundation.following import Missing, Remote, Trouble, Unreachable, origin_hash
from pianqu.kernels import cosignature, mirroring
from pianqu.kernels.cosignature import ML_DSA_44, Cosigner, Witness, cosigned
from pianqu.kernels.merkle import consistency_proof
from pianqu.kernels.mirroring import Head, Info
from pianqu.kernels.note import CheckpointBody, Verifier, text_of
from pianqu.kernels.witnessing import Request
from tests.platform.houses import command, refused
from tests.platform.mirrored import OTHER, SIGNER, Log, Served, served

KEYS = [Verifier.from_vkey(SIGNER.vkey)]
KNOWN = {SIGNER.name: KEYS}
NOW = 1_800_000_000
HASH = origin_hash(SIGNER.name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home.prepare(tmp_path / "m", name="mirror.example/m1", logs=[(SIGNER.vkey, "")])
    return tmp_path / "m"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    made = Store(home.read(folder).tables)
    yield made
    made.close()


@pytest.fixture
def witness(folder: Path) -> Witness:
    return home.read(folder).cosigner.witness


def puller(folder: Path, store: Store, source: Served, now: float = NOW) -> Puller:
    return Puller(home.read(folder), store, SIGNER.name, Remote(source.url, timeout=2, whole=3), lambda: now)


def everything(source: following.Source, keys: list[Verifier] = KEYS) -> list[bytes]:
    shown = following.newest(source, keys)
    return [entry for some in following.entries(source, following.proven(source, shown.body)) for entry in some]


def asked_of(log: Log, old: int) -> Request:
    proof = consistency_proof(old, log.size, log.tree.node) if 0 < old < log.size else []
    return Request(old=old, proof=tuple(proof), note=log.note())


# it copies -----------------------------------------------------------------------------------------------------------


def test_it_copies_a_growing_log_and_signs_what_it_has(folder: Path, store: Store, witness: Witness) -> None:
    with served(Log()) as log:
        one = puller(folder, store, log)
        for more in (0, 1, 254, 1, 1, 500, 9_000, 0):
            log.log.grow(more)
            assert one.turn(), one.standing.sentence
            shown = store.shown(SIGNER.name)
            assert shown is not None and shown.size == log.log.size
            assert cosigned(shown.note, [witness]) == {witness: NOW} and shown.note.startswith(log.log.note())
            assert everything(Replica(store, SIGNER.name)) == log.log.entries
        log.asked.clear()
        assert one.turn() and log.asked == ["checkpoint"]


def test_a_signature_is_given_anew_only_after_a_while_and_never_for_an_earlier_time(folder: Path, store: Store) -> None:
    with served(Log(5)) as log:
        times = []
        for now in (NOW, NOW + 599, NOW + 600, NOW + 600 - BACK):
            assert puller(folder, store, log, now).turn()
            shown = store.shown(SIGNER.name)
            assert shown is not None
            times.append(shown.at)
        assert times == [NOW, NOW, NOW + 600, NOW + 600]
        log.log.grow(1)
        late = puller(folder, store, log, NOW)
        assert not late.turn() and "clock is wrong" in late.standing.sentence


def test_a_partial_piece_may_be_gone_where_the_full_one_is_there(folder: Path, store: Store) -> None:
    with served(Log(700)) as log:
        old = log.log.note(600)

        def older(place: str, true: bytes) -> bytes | None:
            if place == "checkpoint":
                return old.encode()
            return None if "002.p/88" in place else true

        log.log.grow(300)
        log.fault = older
        assert puller(folder, store, log).turn()
        assert everything(Replica(store, SIGNER.name)) == log.log.entries[:600]


def test_strangers_lines_neither_break_nor_replace_what_it_shows(folder: Path, store: Store, witness: Witness) -> None:
    """Anybody may bring the log's checkpoint, with false lines in this mirror's name and in a witness's under it."""
    other = Cosigner.from_seed("w.example", bytes([3] * 32))
    own = home.read(folder).cosigner
    with served(Log(300)) as log:
        true = log.log.note() + other.cosign(log.log.body(), NOW)
        log.fault = lambda place, body: true.encode() if place == "checkpoint" else body
        assert puller(folder, store, log).turn()
        forged = "".join(one.cosign("another text\n", NOW) for one in (own, other))
        app = Application(home.read(folder), store=store)
        for size in (300, 301):
            log.log.grow(size - log.log.size)
            true = log.log.note() + other.cosign(log.log.body(), NOW)
            old = asked_of(log.log, 300)
            brought = Request(old=300, proof=old.proof, note=log.log.note() + forged)
            assert call(app, "POST", "/add-checkpoint", brought.encode())[0] == 200
            assert puller(folder, store, log, NOW + 700).turn()
            shown = call(app, "GET", f"/{HASH}/checkpoint")[2].decode()
            assert CheckpointBody.decode(text_of(shown)).size == size
            assert cosigned(shown, [witness, other.witness]).keys() >= {witness}
        fork = Log(301, salt="x", since=100)
        answer = call(app, "POST", "/add-checkpoint", Request(old=0, proof=(), note=fork.note() + forged).encode())
        assert answer[0] == 409
        (kept,) = store.evidence()
        assert kept.theirs == fork.note()


# logs that are not as they should be ---------------------------------------------------------------------------------


def test_a_fork_is_not_followed_and_both_checkpoints_are_kept(folder: Path, store: Store) -> None:
    with served(Log(500)) as log:
        one = puller(folder, store, log)
        assert one.turn()
        for size in (500, 900, 400):
            liar = Log(size, salt="x", since=300)
            log.log = liar
            assert not one.turn() and "FORK" in one.standing.sentence
            (kept,) = [row for row in store.evidence() if row.theirs == liar.note()]
            assert (kept.size, text_of(kept.ours)) == (size, Log(500).body())
        log.log = Log(800)
        assert one.turn() and everything(Replica(store, SIGNER.name)) == Log(800).entries
        assert len(store.evidence()) == 3


def test_a_fork_is_found_before_the_entries_were_fetched(folder: Path, store: Store) -> None:
    """The mirror holds on to what the log signed, though it has none of its entries yet."""
    with served(Log(500)) as log:
        log.fault = lambda place, true: None if "entries" in place else true
        one = puller(folder, store, log)
        assert not one.turn() and "entries/000 is not there" in one.standing.sentence
        log.log, log.fault = Log(900, salt="x", since=300), None
        assert not one.turn() and "FORK" in one.standing.sentence
        assert store.state(SIGNER.name).held == 0 and len(store.evidence()) == 1


@pytest.mark.parametrize("place", ["tile/entries/001", "tile/entries/002.p/88", "tile/0/002.p/88", "tile/1/000.p/2"])
def test_what_does_not_fit_is_not_stored(folder: Path, store: Store, place: str) -> None:
    def flipped(at: str, true: bytes) -> bytes:
        return true[:70] + bytes([true[70] ^ 1]) + true[71:] if at == place else true

    with served(Log(600)) as log:
        log.fault = flipped if place != "tile/1/000.p/2" else lambda at, t: bytes(64) if at == place else t
        one = puller(folder, store, log)
        assert not one.turn() and "signed" in one.standing.sentence, one.standing.sentence
        assert store.shown(SIGNER.name) is None and not store.evidence()
        log.fault = None
        assert one.turn() and everything(Replica(store, SIGNER.name)) == log.log.entries


def test_a_log_that_shrinks_is_waited_for(folder: Path, store: Store) -> None:
    with served(Log(300)) as log:
        one = puller(folder, store, log)
        assert one.turn()
        log.log = Log(200)
        assert not one.turn() and "200 entries and had signed 300" in one.standing.sentence
        assert not store.evidence() and everything(Replica(store, SIGNER.name)) == Log(300).entries


@pytest.mark.parametrize(
    ("served_instead", "said"),
    [
        (b"<html>Hello</html>", "does not hold"),
        (b"\xff\xfe", "no text"),
        (b"x" * 70_000, "longer"),
        (Log(3, by=OTHER).note().encode(), "no known key"),
        (SIGNER.sign(CheckpointBody(origin="another", size=0, root=bytes(32)).encode()).encode(), "another log"),
        (Log(3).note().replace("3\n", "4\n", 1).encode(), "false"),
    ],
)
def test_what_is_no_checkpoint_is_said(folder: Path, store: Store, served_instead: bytes, said: str) -> None:
    with served(Log(3)) as log:
        log.fault = lambda place, true: served_instead if place == "checkpoint" else true
        one = puller(folder, store, log)
        assert not one.turn() and said in one.standing.sentence, one.standing.sentence
        assert store.shown(SIGNER.name) is None


def test_a_dead_and_a_slow_log_are_said(folder: Path, store: Store) -> None:
    with served(Log(3)) as log:
        one = puller(folder, store, log)
        log.delay = 4
        began = time.monotonic()
        assert not one.turn() and "took too long" in one.standing.sentence
        assert time.monotonic() - began < 4
    assert not one.turn() and "could not be read" in one.standing.sentence


# following -----------------------------------------------------------------------------------------------------------


def test_a_dripping_answer_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def drip() -> None:
            link, _from = door.accept()
            with link, suppress(OSError):
                link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while True:
                    link.sendall(b"x")
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        slow = Remote(f"http://127.0.0.1:{door.getsockname()[1]}", timeout=1, whole=0.5)
        with pytest.raises(Unreachable, match="too long"):
            slow.checkpoint()


def test_zipped_answers_are_read_and_bombs_are_not() -> None:
    bodies = [gzip.compress(Log(3).note().encode()), gzip.compress(bytes(10_000_000)), gzip.compress(b"short")[:-6]]
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            for body in bodies:
                link, _from = door.accept()
                with link:
                    link.recv(65_536)
                    head = (
                        f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}"
                    )
                    link.sendall(head.encode() + b"\r\n\r\n" + body)

        threading.Thread(target=answer, daemon=True).start()
        log = Remote(f"http://127.0.0.1:{door.getsockname()[1]}", timeout=2)
        assert following.newest(log, KEYS).body.size == 3
        with pytest.raises(Missing, match="longer"):
            log.checkpoint()
        with pytest.raises(Unreachable, match="cut off"):
            log.checkpoint()


@pytest.mark.parametrize(
    "url", ["", "ftp://a.example", "http://", "https://a.example/?x=1", "http://[::1", "http://口.example"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(Trouble, match="no address"):
        Remote(url)


def test_a_log_says_its_key() -> None:
    with served(Log(3)) as log:
        assert Remote(log.url).vkeys() == KEYS
        with pytest.raises(Missing):
            Remote(log.url.removesuffix("/log")).vkeys()


# what is stored ------------------------------------------------------------------------------------------------------


def test_nothing_is_signed_that_is_not_there(store: Store, folder: Path) -> None:
    log, cosigner = Log(600), home.read(folder).cosigner
    assert store.accept(asked_of(log, 0), KNOWN, now=NOW).status == 200
    assert store.append(SIGNER.name, 0, log.entries[:599]) == 599
    assert store.sign(SIGNER.name, 600, KEYS, cosigner, now=NOW) is None
    with pytest.raises(Gap):
        store.append(SIGNER.name, 600, log.entries[:1])
    assert store.append(SIGNER.name, 500, log.entries[500:]) == 600
    assert store.sign(SIGNER.name, 599, KEYS, cosigner, now=NOW) is None
    assert store.sign(SIGNER.name, 600, KEYS, cosigner, now=NOW) is not None


def test_entries_that_are_not_those_of_the_checkpoint_are_never_signed(store: Store, folder: Path) -> None:
    store.accept(asked_of(Log(300), 0), KNOWN, now=NOW)
    store.append(SIGNER.name, 0, Log(300, salt="x").entries)
    with pytest.raises(Damaged, match="Nothing is signed"):
        store.sign(SIGNER.name, 300, KEYS, home.read(folder).cosigner, now=NOW)


@pytest.fixture
def copied(folder: Path, store: Store) -> Log:
    log = Log(700)
    store.accept(asked_of(log, 0), KNOWN, now=NOW)
    store.append(SIGNER.name, 0, log.entries)
    assert store.sign(SIGNER.name, 700, KEYS, home.read(folder).cosigner, now=NOW)
    return log


def flip(folder: Path, table: str, column: str, where: str, place: int) -> None:
    with closing(sqlite3.connect(home.read(folder).tables)) as tables, tables:
        (value,) = tables.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()
        changed: Any = bytearray(value if isinstance(value, bytes) else value.encode())
        changed[place] ^= 1
        changed = bytes(changed) if isinstance(value, bytes) else changed.decode()
        tables.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (changed,))


@pytest.mark.parametrize(
    ("table", "column", "where", "place", "asked"),
    [
        ("bundle", "entries", "number = 1", 1_000, "tile/entries/001"),
        ("bundle", "entries", "number = 1", 0, "tile/entries/001"),
        ("bundle", "entries", "number = 2", 1_000, "tile/entries/002.p/188"),
        ("tile", "hashes", "level = 0 AND number = 0", 5_000, "tile/0/000"),
        ("tile", "hashes", "level = 0 AND number = 2", 5_000, "tile/0/002.p/188"),
        ("tile", "hashes", "level = 1 AND number = 0", 40, "tile/1/000.p/2"),
        ("shown", "note", "TRUE", 17, "checkpoint"),
        ("shown", "note", "TRUE", -9, "checkpoint"),
    ],
)
def test_a_bit_that_flipped_on_the_disk_is_said_and_not_served(
    folder: Path, store: Store, copied: Log, table: str, column: str, where: str, place: int, asked: str
) -> None:
    app = Application(home.read(folder), store=store)
    before = call(app, "GET", f"/{HASH}/{asked}")
    assert before[0] == 200
    flip(folder, table, column, where, place)
    status, _kind, body = call(Application(home.read(folder), store=store), "GET", f"/{HASH}/{asked}")
    assert status == 500 and b"damaged" in body, body


def test_a_damaged_edge_signs_nothing_until_it_is_whole_again(folder: Path, store: Store, copied: Log) -> None:
    with served(copied) as log:
        one = puller(folder, store, log)
        assert one.turn()
        flip(folder, "tile", "hashes", "level = 0 AND number = 2", 500)
        copied.grow(50)
        assert not one.turn() and "Nothing is signed" in one.standing.sentence
        shown = store.shown(SIGNER.name)
        assert shown is not None and shown.size == 700
        assert one.turn() and everything(Replica(store, SIGNER.name)) == copied.entries


@pytest.mark.parametrize(
    ("table", "column", "where"),
    [
        ("bundle", "entries", "number = 0"),
        ("bundle", "entries", "number = 2"),
        ("tile", "hashes", "level = 0 AND number = 1"),
        ("tile", "hashes", "level = 0 AND number = 2"),
        ("tile", "hashes", "level = 1 AND number = 0"),
    ],
)
@pytest.mark.parametrize("more", [0, 1, 400])
def test_what_a_disk_changed_is_got_anew_when_everything_is_read_again(
    folder: Path, store: Store, copied: Log, table: str, column: str, where: str, more: int
) -> None:
    with served(copied) as log:
        flip(folder, table, column, where, 30)
        copied.grow(more)
        assert puller(folder, store, log).turn()
        assert everything(Replica(store, SIGNER.name)) == copied.entries
        for level, number in ((0, 0), (0, 1), (0, 2), (1, 0)):
            assert store.tile(SIGNER.name, level, number) == bytes(copied.tree.tile(level, number))


@pytest.mark.parametrize(("column", "place"), [("root", 3), ("note", 17), ("note", -9)])
def test_a_damaged_checkpoint_is_neither_signed_nor_taken_for_a_fork(
    folder: Path, store: Store, copied: Log, column: str, place: int
) -> None:
    flip(folder, "accepted", column, "size = 700", place)
    with served(copied) as log:
        one = puller(folder, store, log, NOW + 601)
        assert not one.turn() and "damaged" in one.standing.sentence
        assert not store.evidence()


def test_a_full_disk_is_said_and_loses_nothing(folder: Path, store: Store) -> None:
    """The file may not grow, as on a full disk; then it may again."""
    with served(Log(5_000)) as log:
        one = puller(folder, store, log)
        (pages,) = store._tables.execute("PRAGMA page_count").fetchone()
        store._tables.execute(f"PRAGMA max_page_count = {pages + 20}")
        assert not one.turn() and "full" in one.standing.sentence, one.standing.sentence
        assert store.shown(SIGNER.name) is None
        store._tables.execute("PRAGMA max_page_count = 1000000")
        assert one.turn() and everything(Replica(store, SIGNER.name)) == log.log.entries


# its doors -----------------------------------------------------------------------------------------------------------


def call(app: Application, method: str, path: str, body: bytes = b"", **more: str) -> tuple[int, str, bytes]:
    answer: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        answer.update(status=int(status[:3]), kind=dict(headers)["Content-Type"])

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(body)}
    text = b"".join(app({**environ, "CONTENT_LENGTH": str(len(body)), **more}, start))
    return answer["status"], answer["kind"], text


def test_it_serves_a_log_as_the_log_does_and_nothing_beyond(folder: Path, store: Store, copied: Log) -> None:
    app = Application(home.read(folder), store=store)
    copied.grow(100)
    store.accept(asked_of(copied, 700), KNOWN, now=NOW)
    store.append(SIGNER.name, 700, copied.entries[700:])
    for place in ("tile/entries/000", "tile/entries/001.p/7", "tile/entries/002.p/188", "tile/0/001", "tile/1/000.p/2"):
        assert call(app, "GET", f"/{HASH}/{place}")[::2] == (200, copied.piece(place))
    for place in ("tile/entries/002.p/189", "tile/0/002.p/189", "tile/0/003.p/1", "tile/1/000.p/3", "tile/2/000.p/1"):
        assert call(app, "GET", f"/{HASH}/{place}")[0] == 404
    for place in (
        "",
        "tile",
        "tile/0",
        "tile/00/000",
        "tile/٠/000",
        "tile/x/000",
        "tile/entries/0",
        "tile/64/000",
        "x",
    ):
        assert call(app, "GET", f"/{HASH}/{place}")[0] == 404
    assert call(app, "GET", f"/{HASH}/log.vkey")[2].decode().strip() == SIGNER.vkey
    assert call(app, "HEAD", f"/{HASH}/checkpoint")[::2] == (200, b"")
    assert call(app, "GET", f"/{origin_hash('nobody')}/checkpoint")[0] == 404
    page = call(app, "GET", "/")[2].decode()
    assert home.read(folder).cosigner.witness.vkey in page and "700 entries" in page and "800 of" in page


def test_a_log_brings_its_entries(folder: Path, store: Store, witness: Witness) -> None:
    """As the specification tells it: in pieces, interrupted, again, with lies between."""
    app, log = Application(home.read(folder), store=store), Log(20_000)

    def bring(start: int, end: int, count: int = 32, *, cut: int | None = None, zipped: bool = True) -> Any:
        head = Head(origin=SIGNER.name, start=start, end=end)
        body = mirroring.request(head, log.parcels(head)[:count])[:cut]
        more = {"HTTP_CONTENT_ENCODING": "gzip"} if zipped else {}
        return call(app, "POST", "/add-entries", gzip.compress(body) if zipped else body, **more)

    assert bring(0, 20_000)[0] == 422
    assert call(app, "POST", "/add-checkpoint", asked_of(log, 0).encode())[::2] == (200, b"")
    assert call(app, "POST", "/add-checkpoint", asked_of(log, 0).encode()) == (409, "text/x.tlog.size", b"20000\n")
    assert bring(0, 20_000, cut=3)[0] == 400 and bring(0, 20_000, cut=4_000, zipped=False)[0] == 400
    status, kind, info = bring(0, 20_000)
    assert (status, kind, Info.decode(info)) == (202, mirroring.INFO_TYPE, Info(size=20_000, next_entry=8_192))
    assert bring(9_000, 20_000)[::2] == (409, Info(size=20_000, next_entry=8_192).encode())
    assert bring(0, 19_999)[0] == 409
    assert bring(8_192, 20_000, count=2, zipped=False, cut=20_000)[0] == 202
    lies = Log(20_000, salt="x", since=9_000)
    head = Head(origin=SIGNER.name, start=8_448, end=20_000)
    assert call(app, "POST", "/add-entries", mirroring.request(head, lies.parcels(head)[:3]))[0] == 422
    assert store.shown(SIGNER.name) is None
    while (answer := bring(store.state(SIGNER.name).held - 100, 20_000))[0] == 202:
        assert Info.decode(answer[2]).next_entry == store.state(SIGNER.name).held
    assert answer[0] == 200 and witness in cosigned(log.note() + answer[2].decode(), [witness])
    assert everything(Replica(store, SIGNER.name)) == log.entries
    assert bring(20_000, 20_000)[0] == 200
    log.grow(5)
    assert call(app, "POST", "/add-checkpoint", asked_of(log, 20_000).encode())[0] == 200
    assert bring(20_000, 20_005, zipped=False)[0] == 200
    assert bring(19_999, 20_000)[::2] == (409, Info(size=20_005, next_entry=20_005).encode())
    assert everything(Replica(store, SIGNER.name)) == log.entries
    fork = Log(20_005, salt="x", since=9)
    assert call(app, "POST", "/add-checkpoint", asked_of(fork, 20_005).encode())[0] == 422
    (kept,) = json.loads(call(app, "GET", "/evidence")[2])
    assert (kept["size"], kept["theirs"]) == (20_005, fork.note())


def test_wrong_doors_and_bodies(folder: Path, store: Store) -> None:
    app = Application(home.read(folder), store=store)
    for method, path, status in [
        ("GET", "/add-checkpoint", 405),
        ("GET", "/add-entries", 405),
        ("POST", "/", 405),
        ("DELETE", f"/{HASH}/checkpoint", 405),
        ("GET", "/nothing", 404),
        ("GET", f"/{HASH}/checkpoint", 404),
        ("HEAD", "/", 200),
    ]:
        assert call(app, method, path)[0] == status
    assert call(app, "POST", "/add-checkpoint", b"nonsense")[0] == 400
    endless = asked_of(Log(3), 0).encode().replace(b"\n3\n", b"\n" + b"9" * 5_000 + b"\n")
    assert call(app, "POST", "/add-checkpoint", endless)[0] == 400
    assert call(app, "GET", f"/{HASH}/tile/{'9' * 5_000}/000")[0] == 404
    assert call(app, "POST", "/add-checkpoint", b"", CONTENT_LENGTH="70000")[0] == 413
    assert call(app, "POST", "/add-checkpoint", asked_of(Log(3, by=OTHER), 0).encode())[0] == 404
    unknown = Head(origin=OTHER.name, start=0, end=3).encode()
    assert call(app, "POST", "/add-entries", unknown)[0] == 404
    assert call(app, "POST", "/add-entries", b"no gzip", HTTP_CONTENT_ENCODING="gzip")[0] == 400
    assert call(app, "POST", "/add-entries", unknown, HTTP_CONTENT_ENCODING="br")[0] == 415
    assert call(app, "POST", "/add-entries", b"\x00\x02\xff\xff" + bytes(18))[0] == 400


# its folder ----------------------------------------------------------------------------------------------------------


def test_a_folder_keeps_name_and_key_and_learns_logs_and_addresses(folder: Path) -> None:
    one = home.read(folder)
    assert Folder(folder, home.WHAT).key().stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    two = home.prepare(
        folder, name="", logs=[(OTHER.vkey, "https://b.example/log/"), (SIGNER.vkey, "http://a.example")]
    )
    assert two.cosigner == one.cosigner
    assert two.sources() == {SIGNER.name: "http://a.example", OTHER.name: "https://b.example/log"}
    assert home.prepare(folder, name="", logs=[(SIGNER.vkey, "")]).sources() == two.sources()
    for name, logs, said in [
        ("another", [], "cannot be changed"),
        ("", [("x+y", "")], "no public key"),
        ("", [(SIGNER.vkey, "nowhere")], "no address"),
    ]:
        with pytest.raises(Invalid, match=said):
            home.prepare(folder, name=name, logs=logs)
    Folder(folder, home.WHAT).key().write_text("00\n")
    with pytest.raises(Unavailable, match="Nothing was signed"):
        home.read(folder)


def test_a_first_start_without_a_name_makes_nothing(tmp_path: Path) -> None:
    for name in ("", "a b", "a+b"):
        with pytest.raises(Invalid, match="--name"):
            home.prepare(tmp_path / "m", name=name, logs=[])
    assert not (tmp_path / "m").exists()


def test_one_dead_log_delays_no_other(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, served(Log(300)) as log:
        dead = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        of = home.prepare(tmp_path / "m", name="m", logs=[(OTHER.vkey, dead), (SIGNER.vkey, log.url)])
        store = Store(of.tables)
        pulling = Pulling(of, store, every=0.1)
        pulling.begin()
        until = time.monotonic() + 9
        while store.shown(SIGNER.name) is None and time.monotonic() < until:
            time.sleep(0.05)
        pulling.end()
        assert store.shown(SIGNER.name) is not None


# as a process --------------------------------------------------------------------------------------------------------


class Speaking(Running):
    """A mirror's process, and who speaks with it."""

    def __init__(self, folder: Path, port: int = 0, every: str = "0.1") -> None:
        super().__init__(home.WHAT, folder, "--every", every, port=port)
        self.links = list[socket.socket]()

    def checkpoint(self) -> str | None:
        try:
            with urllib.request.urlopen(f"{self.url}/{HASH}/checkpoint", timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            error.close()
            assert error.code == 404
            return None

    def wait_for(self, size: int) -> None:
        for _time in range(400):
            note = self.checkpoint()
            if note and CheckpointBody.decode(text_of(note)).size == size:
                return
            time.sleep(0.05)
        raise AssertionError(f"the mirror did not come to {size}")

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
        asked = urllib.request.Request(f"{self.url}{path}", data=body, method="POST", headers=headers)
        asked.add_header("Content-Type", "application/octet-stream")
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def hang_up(self) -> None:
        """Close the connections that a test left open."""
        while self.links:
            self.links.pop().close()

    def kill(self) -> None:
        self.hang_up()
        super().kill()


@pytest.mark.slow
def test_killed_at_random_it_shows_only_what_it_has_whole(tmp_path: Path) -> None:
    """Twenty times kill -9 while a log grows: whatever it signed and showed is there, entry by entry, and never goes back."""
    dice, port, most = random.Random(2), free_port(), 0
    with served(Log(20_000)) as log:
        of = home.prepare(tmp_path / "m", name="m.example", logs=[(SIGNER.vkey, log.url)])
        own = of.cosigner.witness
        for kill in range(20):
            with Speaking(of.folder, port) as running, suppress(OSError, HTTPException):
                if kill == 10:
                    running.wait_for(log.log.size)  # so far it was killed while it copied the first time
                running.kill_after(dice.uniform(0.0, 0.6))
                while True:
                    time.sleep(0.01)
                    log.log.grow(dice.randrange(1, 40))
                    note = running.checkpoint()
                    if note is not None:
                        size = CheckpointBody.decode(text_of(note)).size
                        assert own in cosigned(note, [own]) and size >= most, "it went back"
                        most = size
            if kill % 5 == 4:
                store = Store(of.tables)
                shown = store.shown(SIGNER.name)
                if shown is not None:
                    assert (
                        shown.size >= most and everything(Replica(store, SIGNER.name)) == log.log.entries[: shown.size]
                    )
                store.close()
        with Speaking(of.folder, port) as running:
            running.wait_for(log.log.size)
            assert everything(Remote(f"{running.url}/{HASH}")) == log.log.entries
    assert most > 20_000


def test_with_two_keys_it_signs_with_both_as_soon_as_it_signs_anew(
    folder: Path, store: Store, witness: Witness
) -> None:
    with served(Log(300)) as log:
        assert puller(folder, store, log).turn()
        both = home.prepare(folder, name="", logs=[], kinds=[ML_DSA_44]).keys.witnesses
        assert both[0] == witness and both[1].kind is ML_DSA_44
        shelf = Shelf(store, SIGNER.name, KEYS, both)
        assert set(cosigned(shelf.checkpoint(), both)) == {witness}, "what was signed before is shown on"
        assert puller(folder, store, log, NOW + 600).turn()
        assert set(cosigned(shelf.checkpoint(), both)) == set(both)
        log.log.grow(4)
        assert puller(folder, store, log, NOW + 601).turn() and set(cosigned(shelf.checkpoint(), both)) == set(both)
    app = Application(home.read(folder), store=store)
    assert all(one.vkey in call(app, "GET", "/")[2].decode() for one in both)


def said(running: Speaking, raw: bytes, *, ends: bool = False, wait: float = 5.0) -> bytes:
    """What is answered to these bytes; nothing where the mirror waits for more. The connection stays with the process."""
    link = socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2])))
    running.links.append(link)
    link.sendall(raw)
    link.settimeout(wait)
    answer = b""
    if ends:
        link.shutdown(socket.SHUT_WR)
    with suppress(TimeoutError, ConnectionError):
        while b"\r\n\r\n" not in answer or (ends and link.recv(1, socket.MSG_PEEK)):
            answer += (piece := link.recv(65_536))
            if not piece:
                break
    return answer


def test_as_a_process_it_streams_what_is_brought(folder: Path) -> None:
    """Over a real server: in gzip, by senders that stop in the middle, that are not known, and that send nothing."""
    with Speaking(folder) as running:
        _streams(running, Log(9_000))


def _streams(running: Speaking, log: Log) -> None:
    assert running.post("/add-checkpoint", asked_of(log, 0).encode())[0] == 200
    head = Head(origin=SIGNER.name, start=0, end=9_000)
    body = mirroring.request(head, log.parcels(head))
    assert running.post("/add-entries", gzip.compress(body), **{"Content-Encoding": "gzip"})[0] == 202
    entries = f"POST /add-entries HTTP/1.1\r\nHost: m\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    unknown = Head(origin="nobody", start=0, end=9_000).encode() + bytes(300)
    assert said(running, entries + unknown).startswith(b"HTTP/1.1 404"), "told before everything was sent"
    stopped = said(running, entries + body[: len(body) // 2], ends=True)
    assert stopped.startswith(b"HTTP/1.1 202") and stopped.endswith(b"9000\n8192\n\n")
    waiting = [said(running, entries + b"\x00", wait=0.2) for _sender in range(3)]
    assert [answer.startswith(b"HTTP/1.1 503") for answer in waiting] == [False, False, True]
    rest = Head(origin=SIGNER.name, start=8_192, end=9_000)
    running.hang_up()
    for _time in range(100):  # until the mirror has seen it
        if (answer := running.post("/add-entries", mirroring.request(rest, log.parcels(rest))))[0] != 503:
            break
        time.sleep(0.05)
    assert answer[0] == 200
    assert everything(Remote(f"{running.url}/{HASH}")) == log.entries


def test_requests_that_overtake_each_other_never_sign_backwards(folder: Path, witness: Witness) -> None:
    """Six senders bring one log, each up to a size of its own, all at once: whoever was overtaken hears it."""
    log, sizes = Log(1_200), [100, 256, 300, 700, 1_100, 1_200]
    statuses: set[int] = set()
    seen: list[int] = []
    together, ended = threading.Barrier(len(sizes)), threading.Event()

    def bring(end: int) -> None:
        head = Head(origin=SIGNER.name, start=0, end=end)
        body = mirroring.request(head, log.parcels(head))
        together.wait(30)
        status = 503
        while status == 503:  # two at once
            status, said = running.post("/add-entries", body)
        statuses.add(status)
        if status == 200:
            assert witness in cosignature.lines_of(log.body(end), said.decode(), [witness])
        else:
            assert Info.decode(said).size > end

    def watch() -> None:
        while not ended.is_set():
            note = running.checkpoint()
            seen.append(CheckpointBody.decode(text_of(note)).size if note else 0)

    with Speaking(folder) as running:
        size = 0
        for more in sizes:
            proof = consistency_proof(size, more, log.tree.node) if size else []
            asked = Request(old=size, proof=tuple(proof), note=log.note(more))
            assert running.post("/add-checkpoint", asked.encode())[0] == 200
            size = more
        with ThreadPoolExecutor(len(sizes) + 1) as pool:
            watching = pool.submit(watch)
            came = [pool.submit(bring, end) for end in sizes]
            wait(came)
            ended.set()
        for one in (*came, watching):
            one.result()
        assert seen == sorted(seen) and statuses <= {200, 409}
        assert everything(Remote(f"{running.url}/{HASH}")) == log.entries


def test_the_command_shows_its_key_and_refuses_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    fresh = str(tmp_path / "n")
    refused(command("mirror", "--folder", fresh), "--name")
    shown = subprocess.run(
        command("mirror", "--folder", fresh, "--name", "m.example", "--show"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    vkey = next(word for word in shown.stdout.split() if word.startswith("m.example+"))
    assert Witness.from_vkey(vkey) == home.read(tmp_path / "n").cosigner.witness
    refused(command("mirror", "--folder", fresh), "--log")
    refused(command("mirror", "--folder", fresh, "--from", "http://a.example"), "--log before it")
    refused(command("mirror", "--folder", fresh, "--every", "0"), "seconds")
    refused(command("mirror", "--folder", str(folder), "--port", "99999"), "Port 99999")
    home.read(folder).tables.write_bytes(b"nonsense and nothing else")
    refused(command("mirror", "--folder", str(folder), "--port", str(free_port())), "cannot be read")
    assert home.read(folder).tables.read_bytes() == b"nonsense and nothing else"
