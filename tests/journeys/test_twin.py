"""The twin by the national standards as people meet it: the open page, the commands, the bundle, and the guide's own lines."""

import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client, override_settings

import pianqu
from pianqu.composition import chores, wiring
from pianqu.composition.commands import replay, status, verify
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys, make_keys
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services
from pianqu.rooms.ledger.models import TwinCheckpoint, TwinTile
from tests.authority import MISSING

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CENTRE = Actor(kind="resident", organisation_code="330205-centre")
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "operator" / "gm.md"
LINE = "国家商用密码标准"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "keys"
    make_keys(place)
    with override_settings(INSTALLATION=replace(installation(), keys=place, gm=True)):
        as_another_process()
        services.create_log(now=NOW)
        services.begin_twin()
        yield place
    as_another_process()


def as_another_process() -> None:
    installation.cache_clear()
    keys.cache_clear()


@pytest.fixture
def entry_id(folder: Path) -> UUID:
    """One of five matters, which log and twin hold; the twin stands in the log too."""
    opened = [
        cases.open_case(actor=CENTRE, words=f"路灯 {n}", category="roads", place=PlaceChoice(), now=NOW)
        for n in range(5)
    ]
    settle()
    return opened[2].entry_id


def settle() -> None:
    while wiring.seal() or chores.keep_twin():
        pass


def saved(folder: Path, entry_id: UUID) -> tuple[Path, Path]:
    """The proof and the keys as a browser downloads them."""
    proof, vkey = folder / "mine-gm.tlog-proof", folder / "gm.vkey"
    proof.write_bytes(Client().get(f"/open/ledger/gm/receipt/{entry_id}.tlog-proof").content)
    vkey.write_bytes(Client().get("/open/ledger/gm.vkey").content)
    return proof, vkey


def test_the_open_page_says_it_in_one_plain_line_and_only_where_it_is_kept(entry_id: UUID) -> None:
    assert LINE in Client().get("/open/ledger/").content.decode()
    english = Client().get("/open/ledger/", headers={"accept-language": "en"}).content.decode()
    assert "national cryptographic standards" in english
    with override_settings(INSTALLATION=replace(installation(), gm=False)):
        as_another_process()
        assert LINE not in Client().get("/open/ledger/").content.decode()
    as_another_process()


def test_before_its_first_signature_no_page_claims_a_twin() -> None:
    assert LINE not in Client().get("/open/ledger/").content.decode()


def test_a_proof_is_checked_with_the_installation_s_keys_and_with_a_file_s(
    entry_id: UUID, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof, vkey = saved(tmp_path, entry_id)
    assert verify.main(["receipt", str(proof)]) == 0
    assert verify.main([str(proof), "--vkey", str(vkey)]) == 0
    told = capsys.readouterr().out
    for words in ("genuine", "Entry 3 of", "by SM3 and SM2", "No witness signs the twin"):
        assert words in told
    proof.write_text(proof.read_text().replace("index 2", "index 3"))
    assert verify.main([str(proof)]) == 1
    assert "does not hold this record" in capsys.readouterr().out


def test_what_cannot_be_judged_gets_a_sentence(
    entry_id: UUID, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof, _vkey = saved(tmp_path, entry_id)
    rule = tmp_path / "policy"
    rule.write_text(ledger.policy_text())
    assert verify.main([str(proof), "--policy", str(rule)]) == 2
    assert "--vkey" in capsys.readouterr().err
    assert verify.main([str(proof), "--vkey", ledger.log().vkey]) == 2
    assert "SM2" in capsys.readouterr().err
    other = ledger.twin_card().vkeys[0].replace("pianqu.invalid", "other.invalid")
    assert verify.main([str(proof), "--vkey", other]) == 2


def test_without_django_the_kernel_checks_what_the_bundle_holds(entry_id: UUID, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(Client().get(f"/open/ledger/receipt/{entry_id}.zip").content)) as whole:
        whole.extractall(tmp_path)
    place = tmp_path / "pianqu-receipt"
    readme = (place / "README.txt").read_text()
    asked = "python -m pianqu.kernels.twin receipt-gm.tlog-proof --vkey gm.vkey"
    assert readme.count(asked) == 2
    environment = {"PYTHONPATH": str(Path(pianqu.__file__).parent.parent)}
    command = [sys.executable, *asked.split()[1:]]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "genuine" in done.stdout
    (place / "gm.vkey").write_text("nonsense\n")
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2


def test_status_says_how_far_it_is_and_what_keeps_it(
    entry_id: UUID, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status._ledger()
    assert f"Twin by SM3 and SM2: {ledger.sealed_size()} entries, 0 to come" in capsys.readouterr().out
    (folder / "gm.key").rename(folder / "elsewhere")
    assert status._ledger(), "the ledger itself is well"
    told = capsys.readouterr().out
    assert "gm.key is missing" in told
    assert "replay gm --new-key" in told
    with override_settings(INSTALLATION=replace(installation(), gm=False)):
        as_another_process()
        status._ledger()
    as_another_process()
    assert "Twin" not in capsys.readouterr().out


def test_verify_log_checks_the_twin_and_replay_makes_it_anew(
    entry_id: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify.main(["log"]) == 0
    assert f"Twin by SM3 and SM2: {ledger.sealed_size()} entries" in capsys.readouterr().out
    TwinTile.objects.filter(level=0).update(hashes=bytes(32 * ledger.sealed_size()))
    assert verify.main(["log"]) == 1
    assert "WRONG: twin" in capsys.readouterr().out
    assert replay.main(["gm"]) == 0
    assert verify.main(["log"]) == 0
    capsys.readouterr()
    assert replay.main(["gm", "--new-key"]) == 0
    assert ledger.twin_card().vkeys[1] in capsys.readouterr().out
    settle()
    assert verify.main(["log"]) == 0
    with pytest.raises(SystemExit):
        replay.main(["tiles", "--new-key"])


def test_a_key_that_was_lost_before_it_signed_anything_gives_way_too(folder: Path) -> None:
    (folder / "gm.key").unlink()
    assert replay.main(["gm", "--new-key"]) == 0
    settle()
    assert ledger.twin_card().size == ledger.sealed_size()


def test_the_guide_s_own_lines_check_it_with_openssl_alone(entry_id: UUID, tmp_path: Path) -> None:
    """Without the fetching: what curl would bring is put there."""
    if shutil.which("openssl") is None:
        pytest.skip(MISSING)
    block = next(block for block in re.findall(r"```\n(.*?)```", GUIDE.read_text(), re.S) if "pkeyutl" in block)
    fetching, _, checking = block.partition("\n")
    assert fetching.count("curl") == 2
    for name, path in (("checkpoint", "gm/checkpoint"), ("gm.vkey", "gm.vkey")):
        assert path in fetching
        (tmp_path / name).write_bytes(Client().get(f"/open/ledger/{path}").content)
    command = ["bash", "-euo", "pipefail", "-c", checking]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "Signature Verified Successfully"), done.stderr
    (tmp_path / "checkpoint").write_text(
        (tmp_path / "checkpoint").read_text().replace(f"\n{ledger.sealed_size()}\n", "\n1\n", 1)
    )
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False).returncode != 0
    assert TwinCheckpoint.objects.exists()
