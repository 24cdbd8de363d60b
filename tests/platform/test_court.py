"""One entry for a court: the folder is whole, its check runs in another process, and the sheet says who signed."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

import pianqu
from pianqu.composition.open import evidence, verify
from pianqu.kernels import receipt as kernel
from pianqu.kernels.cosignature import Cosigner
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.jobs import Gatherer
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM, SeenPerson, note_down
from tests.platform.test_gathering import LONG, SHORT, Counted, Outside, gathered, two_keys

pytestmark = pytest.mark.django_db(transaction=True)
FILES = {
    "README.txt",
    "check.html",
    "leaf.json",
    "log.vkey",
    "payload.json",
    "policy.txt",
    "receipt-code.txt",
    "receipt.tlog-proof",
    "salt.bin",
    "sheet.pdf",
}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    services.create_log(now=NOW)
    with ExitStack() as stack:
        yield Outside(tmp_path, stack)


@pytest.fixture
def entry_id(outside: Outside) -> UUID:
    """A matter that two offices and a council were asked to witness."""
    for name in ("司法局", "council"):
        outside.witness(name)
    outside.put("gone", Cosigner.from_seed("gone.example", bytes([9] * 32)), None)
    outside.adopt("group 机关 any 司法局 gone", "group 全体 all 机关 council", "quorum 全体")
    opened = cases.open_case(actor=SYSTEM, words="路灯不亮", category="roads", place=PlaceChoice(), now=NOW)
    services.seal(now=timezone.now())
    return opened.entry_id


def fetched(client: Client, entry_id: UUID, form: str) -> bytes:
    answer = client.get(f"/open/ledger/receipt/{entry_id}.{form}")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].endswith(f'.{form}"')
    return bytes(answer.content)


def unpacked(client: Client, entry_id: UUID, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(fetched(client, entry_id, "zip"))) as packed:
        packed.extractall(folder)
    return folder / "pianqu-receipt"


def run(folder: Path, *words: str, program: str = "pianqu.kernels.receipt") -> subprocess.CompletedProcess[str]:
    """The kernel's check in a process of its own, which knows nothing of this installation."""
    source = Path(pianqu.__file__).parent.parent
    return subprocess.run(
        [sys.executable, "-m", program, *words],
        cwd=folder,
        env={"PYTHONPATH": str(source), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_unpacked_is_checked_in_another_process(entry_id: UUID, client: Client, tmp_path: Path) -> None:
    gathered(Gatherer(timezone.now))
    folder = unpacked(client, entry_id, tmp_path / "out")
    assert {file.name for file in folder.iterdir()} == FILES
    for given in ("receipt.tlog-proof", "receipt-code.txt"):
        done = run(folder, given, "--policy", "policy.txt")
        assert (done.returncode, done.stderr) == (0, "")
        for words in ("genuine", "Signed by 2 of 3", "gone: has not signed", "would need 1 or more"):
            assert words in done.stdout
    (folder / "receipt.tlog-proof").write_text(
        (folder / "receipt.tlog-proof").read_text().replace("\nindex 1\n", "\nindex 0\n")
    )
    assert run(folder, "receipt.tlog-proof", "--policy", "policy.txt").returncode == 1


@pytest.mark.parametrize("here", ["这里", "HERE"])
def test_the_command_in_the_readme_runs_as_it_stands(entry_id: UUID, client: Client, tmp_path: Path, here: str) -> None:
    gathered(Gatherer(timezone.now))
    folder = unpacked(client, entry_id, tmp_path / "out")
    readme = (folder / "README.txt").read_text()
    (line,) = {row.strip() for row in readme.splitlines() if row.strip().startswith("./pianqu ") and f" {here}/" in row}
    words = line.replace(f" {here}/", f" {folder}/").split()[1:]
    done = run(tmp_path, *words, program="pianqu.composition.cli")
    assert (done.returncode, done.stderr) == (0, "") and "genuine" in done.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_the_sums_in_the_readme_come_out_right(entry_id: UUID, client: Client, tmp_path: Path) -> None:
    folder = unpacked(client, entry_id, tmp_path / "out")
    (line,) = {row.strip() for row in (folder / "README.txt").read_text().splitlines() if "openssl dgst" in row}
    told = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True, timeout=20, check=True).stdout
    committed = json.loads((folder / "leaf.json").read_bytes())["c"]
    assert told.strip().replace("+", "-").replace("/", "_").rstrip("=") == committed
    assert len(urlsafe_b64encode((folder / "salt.bin").read_bytes())) == 44


def test_each_part_is_what_the_receipt_holds(entry_id: UUID, client: Client, tmp_path: Path) -> None:
    folder = unpacked(client, entry_id, tmp_path / "out")
    held = kernel.parse((folder / "receipt.tlog-proof").read_text(encoding="utf-8"))
    assert (folder / "payload.json").read_bytes() == held.payload
    assert (folder / "leaf.json").read_bytes() == held.leaf
    assert (folder / "salt.bin").read_bytes() == held.salt
    assert (folder / "policy.txt").read_text(encoding="utf-8") == queries.policy_text()
    assert (folder / "log.vkey").read_text().strip() == queries.log().vkey
    assert queries.log().vkey in (folder / "check.html").read_text(encoding="utf-8")


def test_the_same_entry_gives_the_same_bytes(entry_id: UUID, client: Client) -> None:
    assert fetched(client, entry_id, "zip") == fetched(client, entry_id, "zip")


def test_the_sheet_says_who_signed_and_what_it_does_not_prove(entry_id: UUID, client: Client) -> None:
    gathered(Gatherer(timezone.now))
    assert fetched(client, entry_id, "pdf").startswith(b"%PDF-")
    told = json.dumps(evidence.content(queries.court_bundle(entry_id), verify.names()), ensure_ascii=False)
    assert "机关：司法局、gone中至少 1 家；全体：机关、council都要；必须：全体" in told
    for words in ("属实，章都对", "司法局", "还没有盖章", "至少 1 家见证单位", "casework.case-opened", "SHA-256"):
        assert words in told


@pytest.mark.parametrize(("needed", "is_enough"), [("any", True), ("all", False)])
def test_a_long_signature_is_in_the_bundle_and_the_sheet_says_that_the_code_has_no_room_for_it(
    outside: Outside, client: Client, tmp_path: Path, *, needed: str, is_enough: bool
) -> None:
    two_keys(outside, Counted(SHORT, LONG), f"group council {needed} short long", "quorum council")
    opened = cases.open_case(actor=SYSTEM, words="路灯不亮", category="roads", place=PlaceChoice(), now=NOW)
    services.seal(now=timezone.now())
    gathered(Gatherer(timezone.now))
    folder = unpacked(client, opened.entry_id, tmp_path / "out")
    done = run(folder, "receipt.tlog-proof", "--policy", "policy.txt")
    assert done.returncode == 0 and "Signed by its one witness" in done.stdout and "would need 1 or more" in done.stdout
    code = run(folder, "receipt-code.txt", "--policy", "policy.txt")
    assert (code.returncode == 0) is is_enough and ("too long for a QR code" in code.stdout) is not is_enough
    state = queries.receipt_for(opened.entry_id)
    assert (state.parties, state.left_out_of_code, state.code_is_enough) == (1, ("long",), is_enough)
    bundle = queries.court_bundle(opened.entry_id)
    told = json.dumps(evidence.content(bundle, verify.names()), ensure_ascii=False)
    assert ("也够数" if is_enough else "请用回执文件核验") in told
    assert LONG.witness.told in told and LONG.witness.vkey not in told
    address = f"/case/{opened.case_code}/?s={opened.receipt_secret}"
    page = client.get(address, follow=True, headers={"accept-language": "en", "host": "localhost"}).content.decode()
    assert ("The code is enough without it" in page) is is_enough and (
        "To check, use the file" in page
    ) is not is_enough
    assert "1 other organisation has signed" in page


def test_before_the_witnesses_the_sheet_says_so(entry_id: UUID, client: Client) -> None:
    assert fetched(client, entry_id, "pdf").startswith(b"%PDF-")
    told = json.dumps(evidence.content(queries.court_bundle(entry_id), verify.names()), ensure_ascii=False)
    assert "见证还不够" in told
    assert "排除不了" in told


def test_an_entry_that_is_not_there_not_sealed_or_erased(outside: Outside, client: Client) -> None:
    waiting = note_down(SeenPerson(subject="thing:1", organisation_code="330205"))[0].entry_id
    for form in ("zip", "pdf"):
        assert client.get(f"/open/ledger/receipt/{uuid4()}.{form}").status_code == 404
        assert client.get(f"/open/ledger/receipt/{waiting}.{form}").status_code == 404
    services.seal(now=timezone.now())
    assert client.get(f"/open/ledger/receipt/{waiting}.pdf").status_code == 200
    services.erase(actor=SYSTEM, entry_id=waiting, reason="asked", now=NOW)
    answer = client.get(f"/open/ledger/receipt/{waiting}.zip", headers={"accept": "text/html"})
    assert answer.status_code == 404
