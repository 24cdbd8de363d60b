"""An anchor on a chain as people meet it: key, status, page, API, court bundle, and the checks with and without a node."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client

from pianqu.composition.commands import chain_key, status, verify
from pianqu.composition.env import EnvProblem, read
from pianqu.foundation.errors import Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import evm_key
from pianqu.kernels import evm_proof, evm_transaction
from pianqu.rooms.ledger import queries
from pianqu.rooms.ledger.models import EvmAnchor
from pianqu.rooms.ledger.tests.builders import note_down, noted
from pianqu.rooms.ledger.tests.test_evm import ENOUGH, Here, changed, grown, here, program
from tests import anvil

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["here", "program"]


@pytest.fixture
def entry_id(here: Here) -> UUID:
    """An entry in a ledger that is anchored and has grown since."""
    (entry,) = note_down(noted(2))
    grown()
    here.anchored()
    grown()
    return entry.entry_id


@pytest.fixture
def bundle(entry_id: UUID, client: Client, tmp_path: Path) -> Path:
    packed = client.get(f"/open/ledger/receipt/{entry_id}.zip").content
    with zipfile.ZipFile(io.BytesIO(packed)) as whole:
        whole.extractall(tmp_path)
    return tmp_path / "pianqu-receipt"


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands take the folders of the environment; these are the test's."""
    monkeypatch.setenv("PIANQU_DATA", str(installation().data))
    monkeypatch.setenv("PIANQU_KEYS", str(installation().keys))
    return iter([None])


def told(bundle: Path, *words: str) -> int:
    rule = ["--policy", str(bundle / "policy.txt"), "--anchor", str(bundle / "chain.json")]
    return verify.main(["receipt", str(bundle / "chain.tlog-proof"), *rule, *words])


def test_a_court_checks_the_third_book(here: Here, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(bundle) == 0
    said = capsys.readouterr().out
    assert "says what the receipt says" in said and "was not checked: name a node" in said
    assert told(bundle, "--node", here.chain.url) == 0
    assert "By this node it stands in block 1 of " in capsys.readouterr().out
    sheet = (bundle / "sheet.pdf").read_bytes()
    assert sheet.startswith(b"%PDF")


def test_another_receipt_another_transaction_another_chain(
    here: Here, program: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = ["--policy", str(bundle / "policy.txt"), "--anchor", str(bundle / "chain.json")]
    assert verify.main(["receipt", str(bundle / "receipt.tlog-proof"), *rule]) == 1
    assert "about another tree" in capsys.readouterr().out
    with anvil.running(program, "--timestamp", "1") as other:
        assert told(bundle, "--node", other.url) == 1
    assert "belongs to another chain" in capsys.readouterr().out
    assert told(bundle, "--node", "http://127.0.0.1:9") == 1
    assert told(bundle, "--node", "nonsense") == 1
    whole = (bundle / "chain.json").read_text()
    for changes in [{"note": "x"}, {"transaction": "0x" + "1" * 64}, {"account": "0x" + "1" * 40}, {"raw": "0x00"}]:
        (bundle / "chain.json").write_text(json.dumps(json.loads(whole) | changes))
        capsys.readouterr()
        assert told(bundle) == 1 and "WRONG: chain.json" in capsys.readouterr().out
    for changes in [{"block": 2}, {"block_hash": "0x" + "1" * 64}]:
        (bundle / "chain.json").write_text(json.dumps(json.loads(whole) | changes))
        assert told(bundle) == 0 and told(bundle, "--node", here.chain.url) == 1
    for odd in ["", "{}", "[" * 100_000, whole.replace("v1", "v2"), json.dumps(json.loads(whole) | {"block": True})]:
        (bundle / "chain.json").write_text(odd)
        assert told(bundle) == 1
    (bundle / "chain.json").unlink()
    assert told(bundle) == 2


def test_the_file_is_read_as_it_is_written(here: Here) -> None:
    here.anchored()
    (card,) = queries.evm_anchors()
    proof = queries.evm_proof(card)
    assert evm_proof.parse(proof.text()) == proof and evm_transaction.check(proof).size == card.size


def test_without_an_anchor_a_bundle_is_as_before(here: Here, client: Client) -> None:
    (entry,) = note_down(noted(2))
    grown()
    packed = client.get(f"/open/ledger/receipt/{entry.entry_id}.zip").content
    with zipfile.ZipFile(io.BytesIO(packed)) as whole:
        assert not [name for name in whole.namelist() if "chain" in name]


def test_everybody_sees_what_the_chain_holds(here: Here, client: Client) -> None:
    shown = client.get("/api/v1/ledger/chain-anchors").json()
    assert (shown["asked"], shown["waiting"], shown["anchors"]) == (True, False, [])
    here.look()
    assert client.get("/api/v1/ledger/chain-anchors").json()["waiting"] is True
    here.chain.mine(ENOUGH)
    here.look()
    shown = client.get("/api/v1/ledger/chain-anchors").json()
    (one,) = shown["anchors"]
    assert (shown["waiting"], shown["trouble"], shown["chain_id"]) == (False, "", anvil.CHAIN)
    file = client.get(one["file"])
    assert file["Content-Type"] == "application/json"
    assert evm_proof.parse(file.content.decode()).transaction == one["transaction"]
    page = client.get("/open/ledger/", headers={"accept-language": "zh-hans"}).content.decode()
    assert one["file"] in page and "联盟链" in page
    for absent in ("0x" + "1" * 64, "nonsense", "x" * 5_000):
        assert client.get(f"/open/ledger/chain/{absent}.json").status_code == 404


def test_the_whole_log_with_and_without_a_node(here: Here, at_home: None, capsys: pytest.CaptureFixture[str]) -> None:
    here.anchored()
    assert verify.main(["log"]) == 0
    assert f"Last anchor on chain {anvil.CHAIN}: 1 entries, block 1 of " in capsys.readouterr().out
    assert verify.main(["log", "--node", here.chain.url]) == 0
    assert "was asked for 1 anchors" in capsys.readouterr().out
    EvmAnchor.objects.update(block=2)
    assert verify.main(["log", "--node", here.chain.url]) == 1
    assert "WRONG: chain anchor 1: the transaction stands in block 1" in capsys.readouterr().out
    assert verify.main(["log", "--node", "http://127.0.0.1:9"]) == 1
    EvmAnchor.objects.update(text="changed")
    assert verify.main(["log"]) == 1 and "WRONG: chain anchor 1" in capsys.readouterr().out


def test_status_says_where_it_stands_and_what_keeps_it(
    here: Here, at_home: None, capsys: pytest.CaptureFixture[str]
) -> None:
    here.anchored()
    grown()
    with changed(chain_id=1):
        EvmAnchor.objects.update(signed_at=queries.signed_at(1))
        here.look()
        status.main([])
    said = capsys.readouterr().out
    assert f"Chain {anvil.CHAIN} holds 1 entries, block 1 of " in said
    assert "is of no use since" in said and f"it is a node of chain {anvil.CHAIN}, not of 1" in said


# the key -------------------------------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_told_of(here: Here, at_home: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert chain_key.main(["--show"]) == 0
    said = capsys.readouterr().out
    assert here.account in said and f"chain {anvil.CHAIN}, block 0" in said and f"{anvil.GIVEN} wei" in said
    assert chain_key.main([]) == 0 and evm_key(installation().keys) == here.key
    with changed(chain_id=1):
        assert chain_key.main(["--show"]) == 1
    with changed(url="http://127.0.0.1:9"):
        assert chain_key.main(["--show"]) == 1


def test_a_key_that_is_brought(here: Here, at_home: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    brought, file = tmp_path / "brought", installation().keys / "evm.key"
    brought.write_text("0x" + "07" * 32 + "\n")
    assert chain_key.main(["--take", str(brought)]) == 1, "one is there already"
    file.unlink()
    assert chain_key.main(["--show"]) == 1 and not file.exists()
    for odd in ("", "nonsense"):
        (tmp_path / "odd").write_text(odd)
        try:
            assert chain_key.main(["--take", str(tmp_path / "odd")]) == 2
        except Unavailable as refused:
            assert "Nothing was changed" in str(refused.message)
        assert not file.exists()
    assert chain_key.main(["--take", str(tmp_path / "absent")]) == 2
    assert chain_key.main(["--take", str(brought)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600 and evm_key(installation().keys) == b"\x07" * 32
    assert "07" * 32 not in capsys.readouterr().out


def test_a_node_needs_its_chain_s_number() -> None:
    with pytest.raises(EnvProblem, match="PIANQU_EVM_CHAIN_ID"):
        read({"PIANQU_EVM_URL": "http://[::1]:8545"})
