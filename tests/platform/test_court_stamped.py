"""An authority's timestamp in the bundle for a court: `openssl` alone says when, and the record is under what was stamped."""

import io
import json
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client

from pianqu.composition.open import evidence
from pianqu.composition.open.verify import names
from pianqu.rooms.ledger import queries
from pianqu.rooms.ledger.jobs import Anchorer, anchoring
from pianqu.rooms.ledger.tests.builders import note_down, noted
from pianqu.rooms.ledger.tests.test_anchor import Here, authority, grown, here
from tests.platform.test_court import run

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["authority", "here"]


@pytest.fixture
def entry_id(here: Here, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """An entry in a ledger that was stamped before it came, with it, and once more."""
    monkeypatch.setattr(anchoring, "MOST_APART", timedelta(days=1))
    grown()
    Anchorer(here.now).anchor()
    (entry,) = note_down(noted(2))
    for hours in (2, 4):
        grown()
        here.forward = timedelta(hours=hours)
        Anchorer(here.now).anchor()
    assert [card.size for card in queries.anchors()] == [4, 3, 1]
    return entry.entry_id


@pytest.fixture
def bundle(entry_id: UUID, here: Here, client: Client, tmp_path: Path) -> Path:
    packed = client.get(f"/open/ledger/receipt/{entry_id}.zip").content
    with zipfile.ZipFile(io.BytesIO(packed)) as whole:
        whole.extractall(tmp_path / "out")
    folder = tmp_path / "out/pianqu-receipt"
    (folder / "roots.pem").write_bytes(here.authority.roots.read_bytes())
    return folder


def lines(bundle: Path) -> list[str]:
    """What the README has somebody type, once; it says it in both languages."""
    rows = [row.strip() for row in (bundle / "README.txt").read_text(encoding="utf-8").splitlines()]
    found = [row for row in rows if row.startswith(("openssl ts ", "sed ", "./pianqu verify receipt timestamp"))]
    assert found[:4] == found[4:]
    return found[:4]


def typed(bundle: Path, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", line], cwd=bundle, capture_output=True, text=True, timeout=30, check=False)


def test_what_the_readme_has_somebody_type_comes_out_right(bundle: Path) -> None:
    holds, tells, fits, ours = lines(bundle)
    assert typed(bundle, holds).returncode == 0
    assert queries.anchor(3).stamped_at.strftime("%b %e %H:%M:%S") in typed(bundle, tells).stdout
    assert typed(bundle, fits).returncode == 0
    done = run(bundle, *ours.split()[1:], program="pianqu.composition.cli")
    assert (done.returncode, done.stderr) == (0, "") and "genuine" in done.stdout and " of 3" in done.stdout


def test_another_text_another_token_another_authority(bundle: Path) -> None:
    holds, _tells, fits, _ours = lines(bundle)
    note = bundle / "timestamp.note"
    text = note.read_text(encoding="utf-8")
    note.write_text(text.replace("\n3\n", "\n2\n"), encoding="utf-8")
    assert typed(bundle, holds).returncode != 0 and typed(bundle, fits).returncode != 0
    note.write_text(text, encoding="utf-8")
    (bundle / "timestamp.tsr").write_bytes(queries.anchor(4).token)
    assert typed(bundle, holds).returncode != 0
    (bundle / "timestamp.tsr").write_bytes(queries.anchor(3).token)
    subject = ["-subj", "/CN=Somebody", "-keyout", "other.key", "-out", "roots.pem"]
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject]
    subprocess.run(words, cwd=bundle, capture_output=True, check=True, timeout=30)
    assert typed(bundle, holds).returncode != 0


def test_the_sheet_names_time_and_authority(entry_id: UUID, bundle: Path) -> None:
    assert (bundle / "sheet.pdf").read_bytes().startswith(b"%PDF-")
    told = json.dumps(evidence.content(queries.court_bundle(entry_id), names()), ensure_ascii=False)
    for words in ("时间戳（该机构的钟）", "Test Time", "与区里的钟无关", "timestamp.tlog-proof"):
        assert words in told


def test_an_entry_that_was_never_stamped_has_none(here: Here, client: Client) -> None:
    (entry,) = note_down(noted(1))
    grown()
    packed = client.get(f"/open/ledger/receipt/{entry.entry_id}.zip").content
    with zipfile.ZipFile(io.BytesIO(packed)) as whole:
        assert not [name for name in whole.namelist() if "timestamp" in name]
    told = json.dumps(evidence.content(queries.court_bundle(entry.entry_id), names()), ensure_ascii=False)
    assert "时间戳" not in told and len(queries.anchors()) == 0
