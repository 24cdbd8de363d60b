"""Mirrors and witnesses beside each other: a log that shows two readers two histories is found by both."""

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pianqu.composition.mirror import home
from pianqu.composition.mirror.app import Application
from pianqu.composition.mirror.beside import Neighbour
from pianqu.composition.mirror.pulling import Puller
from pianqu.composition.mirror.store import Store
from pianqu.composition.outsider.running import free_port
from pianqu.composition.witness import home as witness_home
from pianqu.composition.witness.app import Application as Witness
from pianqu.foundation.errors import Invalid
from pianqu.foundation.following import Remote
from pianqu.kernels.cosignature import Cosigner
from pianqu.kernels.note import CheckpointBody, text_of
from pianqu.kernels.witnessing import encode
from tests.platform.mirrored import OTHER, SIGNER, Log, Served, served
from tests.platform.test_gathering import says
from tests.platform.test_gathering import served as answered
from tests.platform.test_mirror import NOW, Speaking, flip

FOUND = "FORK: the log signed another history for others"


class Mirror:
    """A mirror that copies one log, served over HTTP; `turn` copies once."""

    def __init__(self, folder: Path, stack: ExitStack, log: Log) -> None:
        self.source: Served = stack.enter_context(served(log))
        self.of = home.prepare(folder, name=f"{folder.name}.example", logs=[(SIGNER.vkey, self.source.url)])
        self.store = Store(self.of.tables)
        stack.callback(self.store.close)
        self.url: str = stack.enter_context(answered(Application(self.of, store=self.store)))
        remote = Remote(self.source.url)
        stack.callback(remote.close)
        self.puller = Puller(self.of, self.store, SIGNER.name, remote, lambda: NOW)

    def turn(self) -> "Mirror":
        assert self.puller.turn(), self.puller.standing.sentence
        return self

    def beside(self, url: str) -> Neighbour:
        return Neighbour(self.of, self.store, url, lambda: NOW)

    def forks(self) -> list[tuple[str, str]]:
        return [(text_of(one.ours), text_of(one.theirs)) for one in self.store.evidence()]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def size_and_root(text: str) -> tuple[int, bytes]:
    body = CheckpointBody.decode(text)
    return body.size, body.root


@pytest.mark.parametrize(("here", "there"), [(700, 700), (900, 500), (500, 900), (257, 256), (40, 20_000)])
def test_two_mirrors_learn_of_a_split_view_at_the_next_look(
    tmp_path: Path, stack: ExitStack, here: int, there: int
) -> None:
    one = Mirror(tmp_path / "a", stack, Log(here)).turn()
    two = Mirror(tmp_path / "b", stack, Log(there, salt="x", since=7)).turn()
    for mirror, other in ((one, two), (two, one)):
        assert not mirror.beside(other.url).look()
        (fork,) = mirror.forks()
        assert fork == (mirror.source.log.body(), other.source.log.body())


def test_whoever_looks_tells_the_other(tmp_path: Path, stack: ExitStack) -> None:
    """One of the two does not look; the other one's checkpoint is brought to it."""
    one = Mirror(tmp_path / "a", stack, Log(600)).turn()
    two = Mirror(tmp_path / "b", stack, Log(900, salt="x", since=7)).turn()
    assert not one.beside(two.url).look()
    assert two.forks() == [(Log(900, salt="x", since=7).body(), Log(600).body())]


def test_a_mirror_and_a_witness_learn_of_a_split_view(tmp_path: Path, stack: ExitStack) -> None:
    mirror = Mirror(tmp_path / "a", stack, Log(300)).turn()
    lie = Log(300, salt="x", since=9)
    witness = Witness(witness_home.prepare(tmp_path / "w", name="w.example", logs=[SIGNER.vkey]))
    url = stack.enter_context(answered(witness))
    urllib.request.urlopen(f"{url}/add-checkpoint", encode(0, [], lie.note())).close()
    assert not mirror.beside(url).look()
    assert mirror.forks() == [(Log(300).body(), lie.body())]
    with urllib.request.urlopen(f"{url}/evidence") as answer:
        (kept,) = json.load(answer)
    assert (text_of(kept["ours"]), text_of(kept["theirs"])) == (lie.body(), Log(300).body())


def test_a_witness_that_is_ahead_is_held_to_what_it_showed(tmp_path: Path, stack: ExitStack) -> None:
    """It has no tiles: its checkpoint is kept until this copy has come so far, whatever it shows by then."""
    mirror = Mirror(tmp_path / "a", stack, Log(300)).turn()
    lie, shown = Log(400, salt="x", since=9), [b""]
    shown[0] = lie.note().encode()
    look = mirror.beside(stack.enter_context(answered(lambda e, s: says(200, shown[0])(e, s))))
    assert look.look() and not mirror.forks(), "nobody can know yet"
    shown[0] = lie.grow(600).note().encode()
    assert look.look() and not mirror.forks()
    mirror.source.log.grow(100)
    mirror.turn()
    assert not look.look()
    assert [size_and_root(theirs) for _ours, theirs in mirror.forks()] == [(400, lie.root(400))]


def test_evidence_that_others_hold_is_taken_over(tmp_path: Path, stack: ExitStack) -> None:
    """The log showed this mirror nothing wrong; a neighbour has seen it sign two trees of one size, later than this copy is."""
    mirror = Mirror(tmp_path / "a", stack, Log(5)).turn()
    pair = {"origin": SIGNER.name, "ours": Log(90).note(), "theirs": Log(90, salt="x").note()}
    url = stack.enter_context(answered(says(200, json.dumps([{"x": 1}, pair, pair]).encode())))
    look = mirror.beside(url)
    assert not look.look() and not look.look()
    assert mirror.forks() == [(Log(90).body(), Log(90, salt="x").body())]


def test_evidence_has_the_logs_lines_alone(tmp_path: Path, stack: ExitStack) -> None:
    """Under what a log serves, a neighbour shows or keeps as a fork stand others' lines; none of them proves anything."""
    others = [Cosigner.from_seed(f"w{n}.example", bytes([n] * 32)) for n in range(2, 40)]

    def lined(note: str) -> str:
        return note + "".join(one.cosign(text_of(note), NOW) for one in others)

    log, lies = Log(300), [Log(size, salt="x", since=9) for size in (300, 299, 250)]
    mirror = Mirror(tmp_path / "a", stack, log)
    mirror.source.fault = lambda place, body: lined(body.decode()).encode() if place == "checkpoint" else body
    mirror.turn()
    mirror.source.log = lies[0]
    assert not mirror.puller.turn()
    pair = {"origin": SIGNER.name, "ours": lined(log.note(200)), "theirs": lined(lies[2].note(200))}
    rows, shown = json.dumps([pair]).encode(), lined(lies[1].note()).encode()
    look = mirror.beside(
        stack.enter_context(answered(lambda e, s: says(200, rows if e["PATH_INFO"] == "/evidence" else shown)(e, s)))
    )
    assert not look.look()
    kept = {(one.ours, one.theirs) for one in mirror.store.evidence()}
    assert kept == {
        (log.note(), lies[0].note()),
        (log.note(200), lies[2].note(200)),
        (log.note(), lies[1].note()),
    }


def test_honest_neighbours_agree_whatever_their_sizes(tmp_path: Path, stack: ExitStack) -> None:
    one, two = (Mirror(tmp_path / name, stack, Log(300)).turn() for name in "ab")
    looks = [one.beside(two.url), two.beside(one.url)]
    for more in (0, 1, 700, 3):
        one.source.log.grow(more)
        one.turn()
        assert all(look.look() for look in looks)
        two.source.log.grow(more)
        assert two.turn() and all(look.look() for look in looks)
    assert not one.forks() and not two.forks()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"<html>",
        b"\xff\xfe",
        b"[" * 9_000,
        b"x" * 1_100_000,
        Log(300, salt="x", by=OTHER).note().encode(),
        Log(300, salt="x").note().replace("300", "299", 1).encode(),
        json.dumps([{"origin": SIGNER.name, "ours": Log(9).note(), "theirs": Log(9).note()}]).encode(),
        json.dumps([{"origin": SIGNER.name, "ours": Log(9).note(), "theirs": Log(9, by=OTHER).note()}]).encode(),
        json.dumps([{"origin": SIGNER.name, "ours": 1, "theirs": None}]).encode(),
    ],
)
def test_a_neighbours_word_alone_accuses_nobody(tmp_path: Path, stack: ExitStack, body: bytes) -> None:
    mirror = Mirror(tmp_path / "a", stack, Log(300)).turn()
    look = mirror.beside(stack.enter_context(answered(says(200, body))))
    assert not look.look() and look.sentences[SIGNER.name]
    assert not mirror.forks()


def test_a_disk_that_changed_accuses_nobody(tmp_path: Path, stack: ExitStack) -> None:
    """The neighbour shows an honest size at which this copy knows no checkpoint and must compute, over a flipped bit."""
    mirror = Mirror(tmp_path / "a", stack, Log(700)).turn()
    other = Mirror(tmp_path / "b", stack, Log(600)).turn()
    look = mirror.beside(other.url)
    flip(mirror.of.folder, "tile", "hashes", "level = 0 AND number = 2", 1_000)
    assert not look.look() and "no longer lead" in look.sentences[SIGNER.name]
    assert not mirror.forks()
    flip(mirror.of.folder, "tile", "hashes", "level = 0 AND number = 2", 1_000)
    assert look.look()


def test_a_dead_neighbour_is_said(tmp_path: Path, stack: ExitStack) -> None:
    mirror = Mirror(tmp_path / "a", stack, Log(3)).turn()
    look = mirror.beside(f"http://127.0.0.1:{free_port()}")
    assert not look.look() and "could not be read" in look.sentences[SIGNER.name]


def test_a_folder_keeps_its_neighbours(tmp_path: Path) -> None:
    home.prepare(tmp_path / "m", name="m", logs=[], beside=["https://a.example/"])
    again = home.prepare(tmp_path / "m", name="", logs=[], beside=["http://b.example", "https://a.example"])
    assert again.beside == ("https://a.example", "http://b.example")
    with pytest.raises(Invalid, match="no address"):
        home.prepare(tmp_path / "m", name="", logs=[], beside=["b.example"])
    assert home.read(tmp_path / "m").beside == again.beside


@pytest.mark.slow
def test_as_processes_both_hold_the_evidence_within_two_periods(tmp_path: Path, stack: ExitStack) -> None:
    """A log with one key and two faces: real mirrors, each with the other beside it."""
    period = 0.5
    ports = [free_port(), free_port()]
    logs = [Log(400), Log(700, salt="x", since=50)]
    runs: list[Speaking] = []
    for name, log, port, other in zip("ab", logs, ports, reversed(ports), strict=True):
        face = stack.enter_context(served(log))
        home.prepare(tmp_path / name, name=name, logs=[(SIGNER.vkey, face.url)], beside=[f"http://127.0.0.1:{other}"])
        runs.append(Speaking(tmp_path / name, port, str(period)))
        stack.callback(runs[-1].kill)
    for run, log in zip(runs, logs, strict=True):
        run.wait()
        run.wait_for(log.size)
    until = time.monotonic() + 2 * period + 9  # two looks, and their own work on a slow machine
    while time.monotonic() < until and not all(FOUND in _page(run.url) for run in runs):
        time.sleep(0.05)
    for run, log in zip(runs, logs, strict=True):
        told = _page(run.url)
        assert "FORKS" in told and FOUND in told
        assert text_of(_evidence(run.url)[0]["ours"]) == log.body()


def _page(url: str) -> str:
    with urllib.request.urlopen(url) as page:
        return str(page.read().decode())


def _evidence(url: str) -> list[dict[str, str]]:
    with urllib.request.urlopen(f"{url}/evidence") as answer:
        return list(json.load(answer))
