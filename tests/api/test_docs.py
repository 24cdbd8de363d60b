"""The commands of the pages for programmers are typed as they stand, by a shell, against a real server."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from pianqu.foundation.limits import LIMITS
from pianqu.foundation.testing import reset_database
from pianqu.rooms.casework.tests.builders import opened, small_district
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.tests.builders import CENTRE, official

DOCS = Path(__file__).resolve().parents[2] / "docs"
SHELL = shutil.which("sh") if shutil.which("curl") else None


@pytest.fixture
def here(live_server: Any, transactional_db: None) -> Iterator[str]:
    if SHELL is None:
        pytest.skip("no curl found; Debian: apt install curl")
    LIMITS.forget()
    small_district()
    yield str(live_server.url)
    LIMITS.forget()
    reset_database()


def typed(page: str, here: str, folder: Path, **changes: str) -> list[str]:
    """What the shell says to each command of the page's `sh` blocks, one after the other in one shell."""
    text = (DOCS / page).read_text(encoding="utf-8").replace("http://localhost:8000", here)
    for old, new in changes.items():
        text = text.replace(f"{old}=pq_…", f"{old}={new}")
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, flags=re.S))
    script = re.sub(r"^curl ", "echo '§'; curl --fail-with-body ", blocks, flags=re.M)
    done = subprocess.run(
        [str(SHELL), "-eu"], input=script, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, script + done.stdout + done.stderr
    return done.stdout.split("§")[1:]


def token_of_the_page() -> str:
    now = timezone.now()
    return directory.issue_token(
        actor=official("clerk", CENTRE, "window"),
        name="curl",
        rights=("read", "intake", "handle"),
        expires_at=now + timedelta(days=1),
        now=now,
    )


def test_the_page_of_the_api_runs_in_python(here: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = opened(now=timezone.now()).case_code
    (block,) = re.findall(r"```python\n(.*?)```", (DOCS / "api.md").read_text(encoding="utf-8"), flags=re.S)
    exec(block.replace("http://localhost:8000", here).replace("pq_…", token_of_the_page()), {})
    assert capsys.readouterr().out == f"{code} accepted\n"


def test_a_stranger_files_and_follows_a_matter_by_the_page_of_the_api(here: str, tmp_path: Path) -> None:
    token = token_of_the_page()
    report, followed, added, listed, accepted = typed("api.md", here, tmp_path, TOKEN=token)
    assert '"receipt_secret"' in report and '"state": "opened"' in followed and "今晚还是不亮。" in added
    assert '"total": 1' in listed and '"id": "' in accepted


def test_a_stranger_files_and_follows_a_matter_by_the_page_of_open311(here: str, tmp_path: Path) -> None:
    said = typed("open311.md", here, tmp_path)
    assert len(said) == 9 and "service_request_id" in said[3] and '"status": "open"' in said[4]
    assert "<service_requests><request>" in said[5] and "路灯坏了三天" in said[6] and '"update_id"' in said[7]
