"""What the worker does now and then, and a year's notice by command."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pianqu.composition import chores
from pianqu.composition.importing import year
from pianqu.foundation.errors import Invalid
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.tests.builders import LEAD, clerk, opened, small_district
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 12, 30, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()
    queries.forget_working_days()


def test_the_worker_escalates_what_is_overdue(monkeypatch: pytest.MonkeyPatch) -> None:
    case = opened()
    now = Case.objects.get(id=case.case_id).due_at
    assert now is not None
    early = now - timedelta(seconds=1)
    for moment, told in ((early, 1), (early, 0), (now, 1), (now, 0)):  # warned once, then escalated once
        monkeypatch.setattr(chores.timezone, "now", lambda moment=moment: moment)
        assert chores.escalate() == told
    assert ledger.history(f"case:{case.case_id}")[-1].kind == "casework.case-escalated"
    names = {
        "call-backs",
        "chain",
        "monitor",
        "timestamps",
        "monthly report",
        "neighbours",
        "automatic dispatch",
        "joint answers",
        "acts on many",
        "clock rules",
        "escalation",
        "exports",
        "grid",
        "forecasts",
        "hot issues",
        "open data",
        "other systems",
        "partners",
        "planning",
        "sending",
        "tidying",
        "trials of rules",
        "twin",
        "witnesses",
        "triage",
    }
    assert {chore.name for chore in chores.CHORES} == names


def test_a_notice_makes_due_dates_certain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = opened(now=LATE)
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=LEAD, nature="help", now=LATE)
    notice = tmp_path / "2027.toml"
    notice.write_text('year = 2027\nnotice = "国办"\noff = ["2027-01-01..2027-01-03"]\nworked = ["2027-01-09"]\n')
    assert year.run(notice) == 0
    assert "1 due dates" in capsys.readouterr().out
    assert not Case.objects.get(id=case.case_id).due_provisional


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("year = ", "year-unreadable"),
        ("year = 2027\n", "year-incomplete"),
        ('year = "2027"\noff = []\n', "year-incomplete"),
        ('year = 2027\noff = ["2027-02-30"]\n', "year-wrong"),
        ('year = 2027\noff = ["2027-01-01", "2027-01-01"]\n', "year-wrong"),
        ('year = 2027\noff = []\nworked = ["2027-01-04"]\n', "year-wrong"),
    ],
)
def test_a_wrong_notice_changes_nothing(tmp_path: Path, text: str, code: str) -> None:
    notice = tmp_path / "2027.toml"
    notice.write_text(text)
    with pytest.raises(Invalid) as refusal:
        year.run(notice)
    assert refusal.value.code == code
