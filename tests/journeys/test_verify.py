"""`pianqu verify` and the served check page: genuine, tampered, unreadable."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from pianqu.composition.commands.verify import main
from pianqu.foundation import after_migrate, guard
from pianqu.foundation.actor import Actor
from pianqu.kernels import note, timestamp
from pianqu.kernels.cosignature import Cosigner
from pianqu.kernels.receipt import parse
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services
from pianqu.rooms.ledger.models import Anchor, Chain, Checkpoint, Entry, Position, Tile
from tests.authority import Authority

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CENTRE = Actor(kind="resident", organisation_code="330205-centre")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receipt() -> str:
    services.create_log(now=NOW)
    opened = [
        cases.open_case(actor=CENTRE, words=f"路灯 {n}", category="roads", place=PlaceChoice(), now=NOW)
        for n in range(5)
    ]
    services.seal(now=NOW)
    text = ledger.receipt_for(opened[2].entry_id).text
    assert text is not None
    return text


def test_a_receipt_with_its_key_and_with_the_installation_s(
    receipt: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.tlog-proof"
    file.write_text(receipt, encoding="utf-8")
    assert main([str(file), "--vkey", ledger.log().vkey]) == 0
    assert main([str(file)]) == 0
    assert "genuine" in capsys.readouterr().out


def test_an_altered_receipt_and_a_foreign_key(receipt: str, tmp_path: Path) -> None:
    file = tmp_path / "altered.tlog-proof"
    file.write_text(receipt.replace("index 2", "index 3"), encoding="utf-8")
    assert main([str(file)]) == 1
    file.write_text(receipt, encoding="utf-8")
    other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert main([str(file), "--vkey", other]) == 1


def witnessed_by(tmp_path: Path, receipt: str, *names: str) -> tuple[Path, Path]:
    """The receipt with lines of these witnesses, and the policy that demands both."""
    keys = {
        name: Cosigner.from_seed(f"{name}.example", bytes([n] * 32)) for n, name in enumerate(("council", "court"), 1)
    }
    text = note.text_of(parse(receipt).checkpoint)
    file, rule = tmp_path / "mine.tlog-proof", tmp_path / "policy"
    file.write_text(receipt + "".join(keys[name].cosign(text, 1_795_910_400) for name in names), encoding="utf-8")
    lines = [f"log {ledger.log().vkey}", *(f"witness {name} {key.witness.vkey}" for name, key in keys.items())]
    rule.write_text("\n".join([*lines, "group both all council court", "quorum both", ""]), encoding="utf-8")
    return file, rule


def test_under_a_policy_it_is_told_who_signed_and_when(
    receipt: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, rule = witnessed_by(tmp_path, receipt, "council", "court")
    assert main(["receipt", str(file), "--policy", str(rule)]) == 0
    told = capsys.readouterr().out
    for words in (
        "genuine",
        "Signed by both witnesses",
        "court: 2026-11-29 00:00:00 UTC",
        "would need 2 or more",
        "does not show",
    ):
        assert words in told
    file, rule = witnessed_by(tmp_path, receipt, "council")
    assert main(["receipt", str(file), "--policy", str(rule)]) == 1
    told = capsys.readouterr().out
    for words in ("too few witnesses", "Get the receipt anew", "court: has not signed"):
        assert words in told
    assert main(["receipt", str(file)]) == 0
    assert "No outside witness is named" in capsys.readouterr().out


def test_the_policy_in_force_is_the_one_that_counts(receipt: str, tmp_path: Path) -> None:
    file, rule = witnessed_by(tmp_path, receipt, "council")
    services.adopt_policy(actor=Actor(kind="system", organisation_code="330205"), text=rule.read_text(), now=NOW)
    assert main([str(file)]) == 1
    file, _ = witnessed_by(tmp_path, receipt, "council", "court")
    assert main([str(file)]) == 0


def test_what_is_no_policy_gets_a_sentence(receipt: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, rule = witnessed_by(tmp_path, receipt)
    rule.write_text("witness council\n", encoding="utf-8")
    assert main(["receipt", str(file), "--policy", str(rule)]) == 2
    assert "line 1" in capsys.readouterr().err
    assert main(["receipt", str(file), "--policy", str(tmp_path / "absent")]) == 2
    assert main(["receipt", str(file), "--vkey", "nonsense"]) == 2
    with pytest.raises(SystemExit) as ended:
        main(["receipt", str(file), "--vkey", "a", "--policy", "b"])
    assert ended.value.code == 2


def test_a_file_may_be_called_log(receipt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_text(receipt, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["receipt", "log"]) == 0


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe", b"c2sp.org/tlog-proof@v1\n"])
def test_what_is_no_receipt_gets_a_sentence(content: bytes, tmp_path: Path, receipt: str) -> None:
    file = tmp_path / "odd"
    file.write_bytes(content)
    assert main([str(file)]) == 2
    assert main([str(tmp_path / "absent")]) == 2


def test_a_whole_log_that_is_well(receipt: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log"]) == 0
    assert "holds" in capsys.readouterr().out


def test_the_last_timestamp_is_named_and_checked(
    receipt: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    authority, shown = Authority(tmp_path / "authority"), ledger.offered()
    assert shown is not None
    text = shown.text.encode()
    token = authority.answer(authority.question(text))
    stamp = timestamp.check(token, text=text, roots=timestamp.read_roots(authority.roots.read_bytes()))
    services.keep_anchor(url="http://tsa.example", text=shown.text, token=token, stamp=stamp, now=NOW)
    assert main(["log"]) == 0
    said = f"Last timestamp: 5 entries, {stamp.at:%Y-%m-%d %H:%M:%S} UTC by Test Time"
    assert said in capsys.readouterr().out
    Anchor.objects.update(token=authority.answer(authority.question(b"another text")))
    assert main(["log"]) == 1
    assert "WRONG: anchor 5: its token is about another text" in capsys.readouterr().out


TAMPERINGS: dict[str, Callable[[], object]] = {
    "an entry's leaf": lambda: Entry.objects.filter(counter=2).update(leaf=Entry.objects.get(counter=3).leaf),
    "a position": lambda: Position.objects.filter(position=4)._raw_delete("default"),
    "a tile": lambda: Tile.objects.update(hashes=bytes(160)),
    "a checkpoint": lambda: Checkpoint.objects.filter(size=5).update(root=bytes(32)),
    "the end of a chain": lambda: Chain.objects.update(counter=9),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_with_the_database_is_found(receipt: str, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    with guard.lifted("a test plays the intruder"):
        after_migrate.lift_all()
        try:
            TAMPERINGS[what]()
        finally:
            after_migrate.put_all()
    assert main(["log"]) == 1
    assert "WRONG" in capsys.readouterr().out


def test_the_served_page_runs_nothing_but_itself(receipt: str, client: Client) -> None:
    answer = client.get("/open/verify/", headers={"host": "localhost"})
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert len(re.findall(r"'sha256-[\w+/=]+'", policy)) == 2
    page = answer.content.decode()
    assert ledger.log().vkey in page
    kept = client.get("/open/verify/pianqu-verify.html", headers={"host": "localhost"})
    assert kept["Content-Disposition"].startswith("attachment")
    assert kept.content.decode() == page
