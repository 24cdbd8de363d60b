"""A witness as a program: its doors, its memory, many callers at once, and kill -9 between writing and answering."""

import io
import json
import random
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pianqu.composition.outsider import doors
from pianqu.composition.outsider.folder import Folder
from pianqu.composition.outsider.memory import BACK, MOST_FORKS, MOST_LIST, MOST_OF_ONE, Evidence, listed, with_room
from pianqu.composition.outsider.running import Running, free_port
from pianqu.composition.witness import home
from pianqu.composition.witness.app import Application
from pianqu.composition.witness.store import Store
from pianqu.foundation.errors import Invalid, Unavailable
from pianqu.foundation.following import origin_hash
from pianqu.kernels import witnessing
from pianqu.kernels.cosignature import ED25519, ML_DSA_44, Cosigner, Witness, cosigned, lines_of
from pianqu.kernels.merkle import consistency_proof, leaf_hash
from pianqu.kernels.note import CheckpointBody, Signer, Verifier, split, text_of
from pianqu.kernels.tiles import TileTree
from pianqu.kernels.witnessing import Request
from tests.platform.houses import command, refused

LOG = Signer.from_seed("example.com/log", bytes(32))
OTHER = Signer.from_seed("example.com/other", bytes([1] * 32))
KNOWN = {LOG.name: [Verifier.from_vkey(LOG.vkey)]}
KEY = Cosigner.from_seed("witness.example/w1", bytes([7] * 32))
NOW = 1_800_000_000


class Log:
    """A log that grows, with its tree; `salt` makes another history from the fourth entry on."""

    def __init__(self, salt: str = "") -> None:
        self._tree, self._salt = TileTree(0, lambda _level, _index: b""), salt
        self.size = 0

    def grow(self, by: int = 1) -> "Log":
        for _more in range(by):
            salt = self._salt if self.size >= 3 else ""
            self._tree.append(leaf_hash(f"{salt}{self.size}".encode()))
            self.size += 1
        return self

    def note(self, by: Signer = LOG) -> str:
        return by.sign(CheckpointBody(origin=by.name, size=self.size, root=self._tree.root()).encode())

    def asks(self, old: int) -> Request:
        proof = consistency_proof(old, self.size, self._tree.node) if 0 < old <= self.size else []
        return Request(old=old, proof=tuple(proof), note=self.note())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home.prepare(tmp_path / "w", name="witness.example/w1", logs=[LOG.vkey])
    return tmp_path / "w"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "seen.sqlite3")
    yield made
    made.close()


def step(store: Store, request: Request, now: int = NOW) -> Any:
    return store.step(request, KNOWN, KEY, now=now)


# what it remembers ---------------------------------------------------------------------------------------------------


def test_it_cosigns_growth_and_remembers_it_over_a_start(tmp_path: Path) -> None:
    path, log = tmp_path / "s.sqlite3", Log().grow(5)
    first = Store(path)
    line = step(first, log.asks(0)).line
    assert cosigned(log.note() + line, [KEY.witness]) == {KEY.witness: NOW}
    first.close()
    again = Store(path)
    assert step(again, log.asks(0)).answer.size == 5
    assert step(again, log.grow(3).asks(5), NOW + 9).line
    assert again.last() == [(LOG.name, 8, NOW + 9)]
    again.close()


def test_a_fork_is_kept_once_with_both_checkpoints(store: Store) -> None:
    log, liar = Log().grow(5), Log("x").grow(5)
    step(store, log.asks(0))
    step(store, log.grow(4).asks(5))
    for _time in range(3):
        assert step(store, liar.asks(0)).answer.status == 409
    (kept,) = store.evidence()
    assert (kept.size, kept.ours.startswith(Log().grow(5).note()), kept.theirs) == (5, True, liar.note())
    for note in (kept.ours, kept.theirs):
        assert witnessing.answer(Request(old=0, proof=(), note=note), KNOWN, witnessing.Seen()).status == 200
    assert step(store, Request(old=9, proof=(), note=Log("x").grow(9).note())).answer.status == 422
    assert len(store.evidence()) == 2


def forked(log: Signer, number: int, *more: str, size: int = 5) -> str:
    """A checkpoint of a tree that was never there."""
    root = sha256(f"{number}".encode()).digest()
    return log.sign(CheckpointBody(origin=log.name, size=size, root=root, extensions=more).encode())


def test_a_flood_of_forks_leaves_a_list_that_can_be_read(tmp_path: Path) -> None:
    """The first fork of each log stays, whatever another floods; what is not kept is the newest."""
    logs = [Signer.from_seed(f"example.com/{n}", bytes([n] * 32)) for n in range(3)]
    known = {log.name: [Verifier.from_vkey(log.vkey)] for log in logs}
    store = Store(tmp_path / "s.sqlite3")

    def shows(note: str, old: int = 0) -> int:
        return int(store.step(Request(old=old, proof=(), note=note), known, KEY, now=NOW).answer.status)

    for log in logs:
        assert shows(forked(log, 0)) == 200
    for number in range(1, MOST_FORKS + 20):
        assert shows(forked(logs[0], number)) == 409
    assert [one.theirs for one in store.evidence()] == [forked(logs[0], n) for n in range(1, MOST_FORKS + 1)]
    long = ["x" * 20_000 + '"' * 10_000]
    for number in range(1, 9):
        assert shows(forked(logs[1], number, *long)) == 409
    assert shows(forked(logs[2], 1, "x" * 60_000)) == 409 and shows(forked(logs[2], 1, "x" * 60_000)) == 409
    by_log = [[one for one in store.evidence() if one.origin == log.name] for log in logs]
    assert [len(some) for some in by_log] == [MOST_FORKS, MOST_OF_ONE // 41_000, 1]
    listed = doors.shown(store.evidence())[2]
    assert len(listed) < MOST_LIST and len(json.loads(listed)) == sum(map(len, by_log))
    store.close()


def test_a_log_that_forks_after_many_others_is_kept_too() -> None:
    """As many logs as there may be: the list has room for each one's first, and at last for none that could be read."""
    forks = [
        Evidence(origin=f"log{n}", size=5, at=NOW, ours="o" * 300, theirs=f"{m}" + "x" * weight)
        for weight in (30_000, 45_000)
        for n in range(10)
        for m in range(9)
    ]
    kept = with_room(forks)
    assert {one.origin for one in kept} == {f"log{n}" for n in range(10)}
    assert len(listed(kept)) < MOST_LIST
    late = Evidence(origin="late", size=5, at=NOW, ours="o", theirs="t" * 60_000)
    assert with_room([*forks, late])[-1] == late
    assert len(listed(with_room([replace(late, origin=f"late{n}") for n in range(40)]))) < MOST_LIST


def test_what_it_shows_holds_nobody_elses_lines(store: Store) -> None:
    """Whoever shows it a log's checkpoint may put anything under it: false lines in its own name, or more than a reader takes."""
    log, others = Log().grow(3), [Cosigner.from_seed(f"w{n}.example", bytes([n] * 32)) for n in range(2, 99)]
    forged = KEY.cosign("another text\n", NOW)
    request = log.asks(0)
    junk = "".join([forged, *(one.cosign(text_of(request.note), NOW) for one in others)])
    assert step(store, Request(old=0, proof=(), note=request.note + junk)).line
    shown = store.checkpoint(origin_hash(LOG.name))
    assert shown is not None and shown.startswith(log.note()) and len(split(shown)[1]) == 2
    assert cosigned(shown, [KEY.witness]) == {KEY.witness: NOW}
    fork = Log("x").grow(4)
    step(store, log.grow().asks(3))
    assert step(store, Request(old=0, proof=(), note=fork.note() + junk)).answer.status == 409
    (kept,) = store.evidence()
    assert kept.theirs == fork.note() and cosigned(kept.ours, [KEY.witness])


def test_it_forgets_the_oldest_checkpoints_of_a_log_that_grows_for_years(tmp_path: Path) -> None:
    store, log = Store(tmp_path / "s.sqlite3", remembers=50), Log()
    for size in range(120):
        assert step(store, log.grow().asks(size)).line
    store.close()
    store = Store(tmp_path / "s.sqlite3", remembers=50)
    assert step(store, log.grow().asks(120)).line
    assert len(store.notes()) == 50 and step(store, log.asks(0)).answer.size == 121
    store.close()


def test_a_clock_that_went_back_states_no_earlier_time(store: Store) -> None:
    log = Log().grow(2)
    step(store, log.asks(0), NOW)
    line = step(store, log.grow().asks(2), NOW - BACK).line
    assert cosigned(log.note() + line, [KEY.witness]) == {KEY.witness: NOW}
    refused = step(store, log.grow().asks(3), NOW - BACK - 1)
    assert (refused.answer.status, refused.line) == (503, "")
    assert step(store, log.asks(3), NOW + 1).line


def test_many_callers_at_once_get_one_history(tmp_path: Path) -> None:
    """Two processes' worth of connections, eight threads, a liar among them."""
    stores = [Store(tmp_path / "s.sqlite3") for _process in range(2)]
    got: list[tuple[int, bytes]] = []

    def call(number: int) -> None:
        dice, size = random.Random(number), 0
        for _turn in range(25):
            log = Log("x" if number % 3 == 0 else "").grow(size + dice.randrange(4))
            found = step(stores[number % 2], log.asks(size))
            if found.line:
                body = CheckpointBody.decode(text_of(log.note()))
                got.append((body.size, body.root))
            size = found.answer.size if found.answer.status == 409 else log.size

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got
    _check_one_history(got)
    for one in stores:
        one.close()


def test_a_memory_that_another_program_holds_is_not_said_to_be_lost(tmp_path: Path) -> None:
    """Who is told to begin anew throws away what keeps a witness from signing two histories."""
    (tmp_path / "s.sqlite3").mkdir()
    with pytest.raises(Unavailable, match="Keep the file") as refused:
        Store(tmp_path / "s.sqlite3")
    assert "begin a new one" not in str(refused.value)


def _check_one_history(got: list[tuple[int, bytes]]) -> None:
    """All cosigned roots are those of one of the two logs."""
    for size, root in got:
        assert sum(r != root for s, r in got if s == size) == 0, f"two trees of {size}"
    histories = [{size: _root(Log(salt).grow(size)) for size, _root_ in got} for salt in ("", "x")]
    assert any(all(history[size] == root for size, root in got) for history in histories)


def _root(log: Log) -> bytes:
    return CheckpointBody.decode(text_of(log.note())).root


# its folder ----------------------------------------------------------------------------------------------------------


def test_a_folder_keeps_name_and_key_and_learns_logs(folder: Path) -> None:
    one = home.read(folder)
    assert Folder(folder, home.WHAT).key().stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    two = home.prepare(folder, name="", logs=[OTHER.vkey, LOG.vkey])
    assert two.cosigner == one.cosigner and [log.name for log in two.logs] == [LOG.name, OTHER.name]
    with pytest.raises(Invalid, match="cannot be changed"):
        home.prepare(folder, name="another", logs=[])
    with pytest.raises(Invalid, match="no public key"):
        home.prepare(folder, name="", logs=["x+y"])
    Folder(folder, home.WHAT).key().write_text("00\n")
    with pytest.raises(Unavailable, match="Nothing was signed"):
        home.read(folder)


def test_a_first_start_without_a_name_makes_nothing(tmp_path: Path) -> None:
    for name in ("", "a b", "a+b"):
        with pytest.raises(Invalid, match="--name"):
            home.prepare(tmp_path / "w", name=name, logs=[])
    assert not (tmp_path / "w").exists()


# its doors -----------------------------------------------------------------------------------------------------------


def call(app: Application, method: str, path: str, body: bytes = b"", **more: str) -> tuple[int, str, bytes]:
    answer: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        answer.update(status=int(status[:3]), kind=dict(headers)["Content-Type"])

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(body)}
    text = b"".join(app({**environ, "CONTENT_LENGTH": str(len(body)), **more}, start))
    return answer["status"], answer["kind"], text


def test_the_doors_answer_as_specified(folder: Path) -> None:
    app, log = Application(home.read(folder)), Log().grow(5)
    witness = home.read(folder).cosigner.witness
    path = f"/{sha256(LOG.name.encode()).hexdigest()}/checkpoint"
    assert call(app, "GET", path)[0] == 404
    status, _kind, lines = call(app, "POST", "/add-checkpoint", log.asks(0).encode())
    assert status == 200 and witness in lines_of(text_of(log.note()), lines.decode(), [witness])
    assert call(app, "POST", "/add-checkpoint", log.asks(0).encode()) == (409, "text/x.tlog.size", b"5\n")
    assert call(app, "POST", "/add-checkpoint", Log("x").grow(5).asks(5).encode())[0] == 422
    assert call(app, "POST", "/add-checkpoint", b"nonsense")[0] == 400
    endless = Request(old=0, proof=(), note=log.note().replace("\n5\n", f"\n{'9' * 5_000}\n"))
    assert call(app, "POST", "/add-checkpoint", endless.encode())[0] == 400
    foreign = Request(old=0, proof=(), note=log.note(by=OTHER))
    assert call(app, "POST", "/add-checkpoint", foreign.encode())[0] == 404
    forged = Request(old=5, proof=(), note=log.note().replace("5\n", "6\n", 1))
    assert call(app, "POST", "/add-checkpoint", forged.encode())[0] == 403
    note = call(app, "GET", path)[2].decode()
    assert note.startswith(log.note()) and witness in cosigned(note, [witness])
    (fork,) = json.loads(call(app, "GET", "/evidence")[2])
    assert (fork["size"], fork["theirs"]) == (5, Log("x").grow(5).note())
    page = call(app, "GET", "/")[2].decode()
    assert witness.vkey in page and "分叉" in page


@pytest.mark.parametrize(
    ("method", "path", "length", "status"),
    [
        ("GET", "/add-checkpoint", "", 405),
        ("DELETE", "/", "", 405),
        ("POST", "/evidence", "", 405),
        ("POST", "/add-checkpoint", "70000", 413),
        ("POST", "/add-checkpoint", "-1", 413),
        ("POST", "/add-checkpoint", "", 400),
        ("GET", "/nothing", "", 404),
        ("GET", "/../checkpoint", "", 404),
        ("HEAD", "/", "", 200),
    ],
)
def test_wrong_doors(folder: Path, method: str, path: str, length: str, status: int) -> None:
    found = call(Application(home.read(folder)), method, path, CONTENT_LENGTH=length)
    assert found[0] == status and (method != "HEAD" or found[2] == b"")


def test_its_page_says_when_the_disk_stops_it(folder: Path, tmp_path: Path) -> None:
    """The file may not grow, as on a full disk; then it may again."""
    store = Store(tmp_path / "s.sqlite3")
    app = Application(home.read(folder), store)
    (pages,) = store._tables.execute("PRAGMA page_count").fetchone()
    store._tables.execute(f"PRAGMA max_page_count = {pages}")
    long = Request(old=0, proof=(), note=forked(LOG, 0, "x" * 60_000)).encode()
    for _time in range(2):
        status, _kind, said = call(app, "POST", "/add-checkpoint", long)
        assert status == 503 and b"full" in said and "什么都不签" in said.decode()
    page = call(app, "GET", "/")[2].decode()
    assert "STOPPED 已停止签证  since 始于" in page
    assert "Make room on the disk" in page and "腾出空间" in page and "disk is full" in page
    store._tables.execute("PRAGMA max_page_count = 1000000")
    unknown = Request(old=9, proof=(), note=forked(LOG, 0)).encode()
    assert call(app, "POST", "/add-checkpoint", unknown)[0] == 400 and "STOPPED" in call(app, "GET", "/")[2].decode()
    assert call(app, "POST", "/add-checkpoint", long)[0] == 200
    assert "STOPPED" not in call(app, "GET", "/")[2].decode()
    store.close()


@pytest.mark.parametrize(("ahead", "stops"), [(BACK // 2, False), (3_600, True)])
def test_its_page_says_when_the_clock_stops_it(folder: Path, tmp_path: Path, ahead: int, stops: bool) -> None:
    """It signed while its clock was ahead, and now the clock is right."""
    store, log = Store(tmp_path / "s.sqlite3"), Log().grow(5)
    stated = int(time.time()) + ahead
    assert store.step(log.asks(0), KNOWN, KEY, now=stated).line
    app = Application(home.read(folder), store)
    assert call(app, "POST", "/add-checkpoint", log.grow().asks(5).encode())[0] == (503 if stops else 200)
    page = call(app, "GET", "/")[2].decode()
    for words in ("STOPPED 已停止签证", "timedatectl", "tell the district", "校准时钟", "告知区里"):
        assert (words in page) == stops
    assert doors.moment(stated) in page
    store.close()


# with two keys -------------------------------------------------------------------------------------------------------


def test_with_both_kinds_of_keys_it_answers_with_a_line_of_each(tmp_path: Path) -> None:
    """A real process, begun by the command's own words."""
    folder, log = tmp_path / "w", Log().grow(5)
    words = ["witness", "--folder", str(folder), "--name", "w.example", "--log", LOG.vkey, "--show"]
    shown = subprocess.run(
        command(*words, "--key", "ed25519", "--key", "ml-dsa-44"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = [Witness.from_vkey(word) for word in shown.stdout.split() if word.startswith("w.example+")]
    assert [one.kind for one in told] == [ED25519, ML_DSA_44] and told == list(home.read(folder).keys.witnesses)
    with Speaking(home.WHAT, folder) as running:
        status, body = running.ask(log.asks(0))
        assert status == 200 and body.count("\n— ".encode()) == 1
        assert set(cosigned(log.note() + body.decode(), told)) == set(told)
        with urllib.request.urlopen(f"{running.url}/{origin_hash(LOG.name)}/checkpoint") as answer:
            assert set(cosigned(answer.read().decode(), told)) == set(told)
        with urllib.request.urlopen(running.url) as answer:
            page = answer.read().decode()
        assert all(one.vkey in page for one in told)
        assert running.ask(Log("x").grow(5).asks(5))[0] == 422, "neither key signs a second tree"


def test_a_second_key_is_added_to_a_witness_that_goes_on(folder: Path) -> None:
    """Name, first key and memory stay: what it signed with one key it holds to with both."""
    before, log = home.read(folder), Log().grow(5)
    assert call(Application(before), "POST", "/add-checkpoint", log.asks(0).encode())[0] == 200
    assert Folder(folder, home.WHAT).settings.read_text().find("keys") > 0
    both = home.prepare(folder, name="", logs=[], kinds=[ED25519, ML_DSA_44, ML_DSA_44])
    assert both.keys.keys[0] == before.cosigner and [key.kind for key in both.keys.keys] == [ED25519, ML_DSA_44]
    assert (
        home.prepare(folder, name="", logs=[OTHER.vkey], kinds=[ML_DSA_44]).keys == both.keys == home.read(folder).keys
    )
    app = Application(both)
    assert call(app, "POST", "/add-checkpoint", Log("x").grow(5).asks(5).encode())[0] == 422
    status, _kind, lines = call(app, "POST", "/add-checkpoint", log.grow(2).asks(5).encode())
    assert status == 200 and set(cosigned(log.note() + lines.decode(), both.keys.witnesses)) == set(both.keys.witnesses)
    assert Folder(folder, home.WHAT).key(ML_DSA_44).stat().st_mode & 0o777 == 0o600


def test_a_folder_from_before_has_one_key(folder: Path) -> None:
    place = Folder(folder, home.WHAT)
    settings = json.loads(place.settings.read_text())
    del settings["keys"]
    place.settings.write_text(json.dumps(settings))
    assert [key.kind for key in home.read(folder).keys.keys] == [ED25519]
    assert len(home.prepare(folder, name="", logs=[], kinds=[ML_DSA_44]).keys.keys) == 2


def test_it_never_signs_with_fewer_keys_than_it_said(folder: Path) -> None:
    place = Folder(folder, home.WHAT)
    home.prepare(folder, name="", logs=[], kinds=[ML_DSA_44])
    place.key(ML_DSA_44).rename(folder / "elsewhere")
    with pytest.raises(Unavailable, match=r"witness-ml-dsa-44\.key.*Nothing was signed"):
        home.read(folder)
    place.key(ML_DSA_44).write_text("00\n")
    with pytest.raises(Unavailable, match="32 bytes"):
        home.read(folder)
    for keys in ([], ["rsa"], "ed25519", None, [1]):
        place.settings.write_text(json.dumps({"name": "w", "logs": [], "keys": keys}))
        with pytest.raises(Unavailable, match="cannot be read"):
            home.read(folder)


def test_with_the_long_key_alone(tmp_path: Path) -> None:
    of, log = home.prepare(tmp_path / "w", name="w.example", logs=[LOG.vkey], kinds=[ML_DSA_44]), Log().grow(2)
    (own,) = of.keys.witnesses
    assert own.kind is ML_DSA_44 and not Folder(of.folder, home.WHAT).key(ED25519).exists()
    _status, _kind, lines = call(Application(of), "POST", "/add-checkpoint", log.asks(0).encode())
    assert own in cosigned(log.note() + lines.decode(), [own])


# as a process --------------------------------------------------------------------------------------------------------


class Speaking(Running):
    """A witness's process, and how a log speaks with it."""

    def ask(self, request: Request) -> tuple[int, bytes]:
        asked = urllib.request.Request(f"{self.url}/add-checkpoint", data=request.encode(), method="POST")
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


@pytest.mark.slow
def test_killed_at_random_it_never_signs_two_trees_of_one_size(folder: Path) -> None:
    """Twenty times kill -9 while a log and a liar ask: what arrived is one history, and none of it is forgotten."""
    witness, dice, port = home.read(folder).cosigner.witness, random.Random(1), free_port()
    got: list[tuple[int, bytes]] = []
    size = 0
    for _kill in range(20):
        with Speaking(home.WHAT, folder, port=port) as running, suppress(OSError):
            running.kill_after(dice.uniform(0.0, 0.15))
            while True:
                log = Log(dice.choice(["", "", "x"])).grow(size + dice.randrange(1, 4))
                status, body = running.ask(log.asks(size))
                if status == 200:
                    assert witness in lines_of(text_of(log.note()), body.decode(), [witness])
                    size = log.size
                    got.append((size, _root(log)))
                elif status == 409:
                    size = witnessing.size_of(body)
                    assert size >= max((s for s, _r in got), default=0), "a cosignature was given and forgotten"
    assert len(got) > 20
    _check_one_history(got)
    kept = Store(home.read(folder).tables)
    assert kept.last()[0][1] >= max(s for s, _r in got)
    kept.close()


def test_requests_that_overtake_each_other_end_in_one_chain(folder: Path) -> None:
    """One process, eight callers, a liar among them: whoever was overtaken hears it, nothing goes back."""
    grown: list[tuple[int, int, bytes]] = []
    told: set[int] = set()
    statuses: set[int] = set()
    together = threading.Barrier(8)

    def call(one: Speaking, number: int) -> None:
        dice, size = random.Random(number), 0
        for _turn in range(12):
            log = Log("x" if number % 4 == 3 else "").grow(size + dice.randrange(1, 4))
            together.wait(30)  # all of them at once, most from the same size
            status, body = one.ask(log.asks(size))
            statuses.add(status)
            if status == 200:
                grown.append((size, log.size, _root(log)))
                size = log.size
            elif status == 409:
                size = witnessing.size_of(body)
                told.add(size)

    with Speaking(home.WHAT, folder) as running:
        callers = [threading.Thread(target=call, args=(running, n)) for n in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert statuses == {200, 409, 422}
        begins, ends = zip(*sorted((old, new) for old, new, _root_ in grown), strict=True)
        assert begins == (0, *ends[:-1]), "each cosignature goes on where the one before it ended"
        assert told <= set(ends)
        _check_one_history([(new, root) for _old, new, root in grown])
        with urllib.request.urlopen(f"{running.url}/{origin_hash(LOG.name)}/checkpoint") as answer:
            assert CheckpointBody.decode(text_of(answer.read().decode())).size == ends[-1]


def test_the_command_shows_its_key_and_refuses_in_a_sentence(tmp_path: Path) -> None:
    folder = str(tmp_path / "w")
    unnamed = subprocess.run(
        command("witness", "--folder", folder), capture_output=True, text=True, timeout=60, check=False
    )
    assert unnamed.returncode and "--name" in unnamed.stderr and "Traceback" not in unnamed.stderr
    shown = subprocess.run(
        command("witness", "--folder", folder, "--name", "w.example", "--show"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    vkey = next(word for word in shown.stdout.split() if word.startswith("w.example+"))
    assert Witness.from_vkey(vkey) == home.read(tmp_path / "w").cosigner.witness
    idle = subprocess.run(
        command("witness", "--folder", folder), capture_output=True, text=True, timeout=60, check=False
    )
    assert idle.returncode == 2 and "--log" in idle.stderr
    assert Store(home.read(tmp_path / "w").tables).last() == []


def test_what_cannot_begin_says_why(folder: Path, tmp_path: Path) -> None:
    """A port that is taken or none, a file for a folder, a memory that cannot be read: a sentence each, and nothing is lost."""
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as door:
        taken = str(door.getsockname()[1])
        tries = [
            (folder, taken, "./pianqu witness --port"),
            (folder, "99999", "Port 99999"),
            (tmp_path / "file", taken, "--folder"),
        ]
        for where, port, said in tries:
            refused(command("witness", "--folder", str(where), "--port", port), said)
    home.read(folder).tables.write_bytes(b"nonsense and nothing else")
    refused(command("witness", "--folder", str(folder), "--port", str(free_port())), "cannot be read")
    assert home.read(folder).tables.read_bytes() == b"nonsense and nothing else"
