"""Reports of months: the figures behind one, and who may read which."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.foundation.official import Chart, OfficialDocument, Sheet
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.models import CallBack, Case, MonthlyReport, Supervision
from pianqu.rooms.casework.queries.evaluation import (
    ORGANISATION,
    PLATFORM,
    STREET_,
    Evaluation,
    Period,
    evaluation_for,
)
from pianqu.rooms.directory import queries as directory

DRAFT_REPORT, ISSUED_REPORT = "draft", "issued"
TREND = 6
"""Months in the chart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCard:
    """A report as a list shows it."""

    report_id: uuid.UUID
    month: date
    state: str
    title: str
    number: str
    drafted_at: datetime
    edited_at: datetime | None
    edits: int
    issued_at: datetime | None
    word_digest: str
    pdf_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWhole:
    """A report with its words; `may_edit` and `may_issue` are the actor's."""

    card: ReportCard
    addressee: str
    text: str
    sheets: Mapping[str, Sheet | Chart]
    issuer: str
    may_edit: bool
    may_issue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFigures:
    """All that the draft of a month is written from, of the whole district."""

    period: Period
    received: Mapping[str, int]
    """By category."""
    received_before: int
    months: tuple[tuple[str, int, int], ...]
    """Month, received, answered: six of them, the oldest first."""
    without_lead: int
    """Matters answered in the month that nobody led: at the window, at once."""
    organisations: Evaluation
    streets: Evaluation
    platforms: Evaluation
    supervised: int
    supervised_answered: int
    supervised_late: int
    called: Mapping[str, int]
    """Call-backs that ended in the month, by outcome."""


def month_before(period: Period) -> Period:
    """The month before a month."""
    last = period.first - timedelta(days=1)
    return Period(code=f"{last:%Y-%m}", first=last.replace(day=1), last=last)


def month_figures(actor: Actor, period: Period) -> MonthFigures:
    """The figures of a month in a constant number of statements."""
    begin, end = period.moments()
    by_category = Case.objects.filter(opened_at__gte=begin, opened_at__lt=end).order_by()
    pressed = Supervision.objects.filter(asked_at__gte=begin, asked_at__lt=end)
    counted = pressed.aggregate(
        n=Count("id"), done=Count("id", filter=~Q(state="asked")), late=Count("id", filter=Q(escalation__gt=0))
    )
    called = CallBack.objects.filter(ended_at__gte=begin, ended_at__lt=end).order_by().values_list("outcome")
    months = _trend(period)
    return MonthFigures(
        period=period,
        received=dict(by_category.values_list("category").annotate(Count("id"))),
        received_before=months[-2][1],
        months=months,
        without_lead=Case.objects.filter(resolved_at__gte=begin, resolved_at__lt=end, lead_code="").count(),
        organisations=evaluation_for(actor, period=period, by=ORGANISATION),
        streets=evaluation_for(actor, period=period, by=STREET_),
        platforms=evaluation_for(actor, period=period, by=PLATFORM),
        supervised=counted["n"],
        supervised_answered=counted["done"],
        supervised_late=counted["late"],
        called=dict(called.annotate(Count("id"))),
    )


def _trend(period: Period) -> tuple[tuple[str, int, int], ...]:
    """Two sums over each of six months, in one statement for each sort."""
    months = [period]
    while len(months) < TREND:
        months.insert(0, month_before(months[0]))
    spans = {f"n{n}": one.moments() for n, one in enumerate(months)}
    counted = []
    for column in ("opened_at", "resolved_at"):
        within = {f"{column}__gte": spans["n0"][0], f"{column}__lt": spans[f"n{TREND - 1}"][1]}
        sums = {
            name: Count("id", filter=Q(**{f"{column}__gte": begin, f"{column}__lt": end}))
            for name, (begin, end) in spans.items()
        }
        counted.append(Case.objects.filter(**within).aggregate(**sums))
    return tuple((one.code, counted[0][f"n{n}"], counted[1][f"n{n}"]) for n, one in enumerate(months))


def reports_for(actor: Actor) -> tuple[ReportCard, ...]:
    """The newest first: issued ones for whoever is in a post, drafts for the centre alone."""
    rows = MonthlyReport.objects.defer("text", "salt", "sheets", "word", "pdf").order_by("-month")
    return tuple(_card(row) for row in rows if _may_read(actor, row))


def report_for(actor: Actor, report_id: uuid.UUID) -> ReportWhole:
    """One report. Raises Absent for a draft that is not the actor's to read."""
    row = MonthlyReport.objects.defer("word", "pdf").filter(id=report_id).first()
    if row is None or not _may_read(actor, row):
        raise Absent("report-absent", _("There is no such report."))
    return ReportWhole(
        card=_card(row),
        addressee=row.addressee,
        text=row.text,
        sheets=kept_sheets(row.sheets),
        issuer=directory.organisation(row.organisation_code).name,
        may_edit=row.state == DRAFT_REPORT and rules.may_write_report(actor),
        may_issue=row.state == DRAFT_REPORT and rules.may_issue_report(actor),
    )


def report_file(actor: Actor, report_id: uuid.UUID, form: str) -> tuple[bytes, str]:
    """The file of an issued report with the name it is saved under. Raises Absent."""
    row = MonthlyReport.objects.filter(id=report_id, state=ISSUED_REPORT).first()
    if row is None or not _may_read(actor, row):
        raise Absent("report-absent", _("There is no such report."))
    return bytes(row.pdf if form == "pdf" else row.word), f"report-{row.month:%Y-%m}.{form}"


def is_drafted(month: date) -> bool:
    return MonthlyReport.objects.filter(month=month).exists()


def document_of(whole: ReportWhole, *, day: date, as_issued: bool = False) -> OfficialDocument:
    """The report as the paper that is laid out; a draft says that it is one."""
    return OfficialDocument(
        issuer=whole.issuer,
        number=whole.card.number,
        title=whole.card.title,
        addressee=whole.addressee,
        text=whole.text,
        sheets=whole.sheets,
        day=day,
        is_draft=whole.card.state == DRAFT_REPORT and not as_issued,
    )


def kept_sheets(kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Sheet | Chart]:
    """Tables and charts as they were written into the row."""
    found: dict[str, Sheet | Chart] = {}
    for name, one in kept.items():
        if "series" in one:
            series = tuple((word, tuple(numbers)) for word, numbers in one["series"])
            found[name] = Chart(caption=one["caption"], labels=tuple(one["labels"]), series=series)
        else:
            rows = tuple(tuple(row) for row in one["rows"])
            found[name] = Sheet(caption=one["caption"], head=tuple(one["head"]), rows=rows)
    return found


def _may_read(actor: Actor, row: MonthlyReport) -> bool:
    return actor.kind == "post" if row.state == ISSUED_REPORT else rules.sees_all(actor)


def _card(row: MonthlyReport) -> ReportCard:
    names = [name for name in ReportCard.__dataclass_fields__ if name != "report_id"]
    return ReportCard(report_id=row.id, **{name: getattr(row, name) for name in names})
