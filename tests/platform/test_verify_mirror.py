"""`pianqu verify mirror`: a whole copy is read again, from a folder and from an address, and what is wrong is named."""

import shutil
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pianqu.composition.commands import verify
from pianqu.composition.mirror import home
from pianqu.composition.mirror.pulling import Puller
from pianqu.composition.mirror.store import Store
from pianqu.composition.outsider.folder import Folder
from pianqu.foundation.following import Remote, origin_hash
from pianqu.kernels.leaf import Leaf, b64
from pianqu.kernels.replica import leaf_hashes
from tests.platform.houses import up
from tests.platform.mirrored import OTHER, SIGNER, Log, Served, served
from tests.platform.test_mirror import NOW, flip

COPIED = 600


@pytest.fixture
def log() -> Iterator[Served]:
    with served(Log(COPIED)) as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path, log: Served) -> Path:
    copy(tmp_path / "m", log)
    return tmp_path / "m"


def copy(folder: Path, log: Served, *, well: bool = True) -> None:
    of = home.prepare(folder, name="m.example", logs=[(SIGNER.vkey, log.url)])
    store = Store(of.tables)
    assert Puller(of, store, SIGNER.name, Remote(log.url), lambda: NOW).turn() is well
    store.close()


def run(capsys: pytest.CaptureFixture[str], where: object, *more: str, vkey: str = SIGNER.vkey) -> tuple[int, str]:
    code = verify.main(["mirror", str(where), "--vkey", vkey, *more])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_whole_copy_holds(folder: Path, log: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = home.read(folder).cosigner.witness.vkey
    (tmp_path / "key").write_text(f"{SIGNER.vkey}\n")
    for where in (folder, Folder(folder, home.WHAT).tables, log.url):
        code, said = run(capsys, where, vkey=str(tmp_path / "key"))
        assert code == 0 and "600 of 600" in said, said
    assert run(capsys, folder, "--mirror-vkey", own)[0] == 0
    code, said = run(capsys, log.url, "--mirror-vkey", own)
    assert code == 1 and "m.example has not signed" in said


def test_it_reads_a_file_that_was_handed_on_and_leaves_nothing_beside_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "given").mkdir()
    shutil.copy(Folder(folder, home.WHAT).tables, tmp_path / "given")
    assert run(capsys, tmp_path / "given")[0] == 0
    assert [path.name for path in (tmp_path / "given").iterdir()] == ["mirror.sqlite3"]


@pytest.mark.parametrize(
    ("table", "column", "where", "said"),
    [
        ("bundle", "entries", "number = 0", "bundle 0"),
        ("bundle", "entries", "number = 2", "bundle 2"),
        ("tile", "hashes", "level = 0 AND number = 1", "tile 0/1"),
        ("tile", "hashes", "level = 0 AND number = 2", "signed root"),
        ("tile", "hashes", "level = 1 AND number = 0", "signed root"),
    ],
)
def test_a_flipped_bit_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], table: str, column: str, where: str, said: str
) -> None:
    flip(folder, table, column, where, 40)
    code, out = run(capsys, folder)
    assert code == 1 and said in out and "WRONG" in out and "Every entry" not in out, out


def test_what_a_server_leaves_out_or_bends_is_named(log: Served, capsys: pytest.CaptureFixture[str]) -> None:
    log.fault = lambda place, true: None if place == "tile/entries/001" else true
    code, said = run(capsys, log.url)
    assert code == 1 and "entries/001 is not there" in said and "344 of 600" in said
    log.fault = lambda place, true: true[:-1] if place == "tile/entries/000" else true
    assert run(capsys, log.url)[0] == 1


def test_a_fork_that_a_mirror_keeps_is_named(folder: Path, log: Served, capsys: pytest.CaptureFixture[str]) -> None:
    for size, said in ((COPIED, "two different trees of 600"), (400, "a tree of 400 entries")):
        log.log = Log(size, salt="x", since=300)
        copy(folder, log, well=False)
        code, out = run(capsys, folder)
        assert code == 1 and said in out, out


def test_what_cannot_be_read_is_said(
    folder: Path, log: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mirror.sqlite3").write_bytes(b"nonsense, and no tables of a mirror")
    for where, vkey, said in [
        (tmp_path, SIGNER.vkey, "no mirror in"),
        (tmp_path / "other", SIGNER.vkey, "cannot be read"),
        (folder, OTHER.vkey, "Nothing of example.com/other"),
        (log.url, OTHER.vkey, "no known key"),
        (log.url.removesuffix("/log"), SIGNER.vkey, "Neither"),
        ("http://127.0.0.1:9", SIGNER.vkey, "could not be read"),
        ("ftp://a.example", SIGNER.vkey, "no address"),
        (folder, "nonsense", "key"),
    ]:
        code, out = run(capsys, where, vkey=vkey)
        assert code == 2 and said in out, out
    assert verify.main(["mirror", str(folder)]) == 2
    assert "--vkey" in capsys.readouterr().err


def test_the_chains_of_a_district_are_looked_into_on_request(log: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, log.url, "--chains")[0] == 1  # these are no leaves of a district
    link, leaves = b"", []
    for n in range(1, 300):
        leaf = Leaf(
            kind="a.b", organisation_code="o", counter=n, previous=link, day=date(2026, 1, 1), commitment=b64(bytes(32))
        )
        leaves.append(leaf.encode())
        link = Leaf.link(leaves[-1])
    for some, code, said in [(leaves, 0, "299 of 299"), (leaves[:50] + leaves[51:], 1, "o#52 follows #50")]:
        log.log = Log()
        log.log.entries = list(some)
        log.log.tree.extend(leaf_hashes(some))
        found, out = run(capsys, log.url, "--chains")
        assert (found, said in out) == (code, True), out


def test_a_mirror_is_found_under_its_prefix(log: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert origin_hash(SIGNER.name) not in log.url
    assert run(capsys, log.url + "/")[0] == 0


@pytest.mark.slow
def test_the_ledger_of_a_district_is_mirrored_and_verified_with_its_chains(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real house, the demo's entries, and a mirror that knows nothing but an address and a key."""
    with up(tmp_path / "data") as house:
        source = Remote(f"http://127.0.0.1:{house.port}/open/ledger")
        (key,) = source.vkeys()
        of = home.prepare(tmp_path / "m", name="m.example", logs=[(key.vkey, source.url)])
        store = Store(of.tables)
        puller = Puller(of, store, key.name, source, time.time)
        assert puller.turn(), puller.standing.sentence
        shown = store.shown(key.name)
        store.close()
        source.close()
        assert shown is not None and shown.size > 20
        for where in (tmp_path / "m", source.url):
            code, said = run(capsys, where, "--chains", vkey=key.vkey)
            assert code == 0, said
