"""The report of a month: drafted from the figures in plain sentences, edited by people, issued by a leader for good.

The document is Chinese, as the paper that it is; so are the sentences here, which are data and no words of a page.
"""

import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.official import Chart, Sheet, as_pdf, as_word
from pianqu.foundation.verbs import verb
from pianqu.kernels import words as kernel
from pianqu.kernels.leaf import SALT_BYTES, text_commitment
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import ReportDrafted, ReportEdited, ReportIssued
from pianqu.rooms.casework.models import Case, MonthlyReport
from pianqu.rooms.casework.queries import NONE, Evaluation, MonthFigures, Period, UnitFigures
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries as territory

OPEN_END = "（请写明下一步工作安排，再行印发。）"
"""Stands in a draft where only people know what to say; while it stands the report cannot be issued."""
LONGEST, LONGEST_TITLE, LONGEST_NUMBER, LONGEST_ADDRESSEE = 20_000, 100, 40, 200


# drafting ------------------------------------------------------------------------------------------------------------


@verb
def draft_report(*, actor: Actor, period: Period, now: datetime) -> uuid.UUID:
    """Put a whole month's figures into sentences, tables and a chart. Raises Forbidden, Invalid, Refused."""
    rules.check_may_draft_report(actor)
    if not period.is_month or period.last >= timezone.localdate(now):
        raise Invalid("report-month", _("A report is of a month that is over. Nothing was changed."))
    if queries.is_drafted(period.first):
        raise Refused("report-twice", _("This month has its report already. Nothing was changed."))
    with override("zh-hans"):
        figures = queries.month_figures(Actor(kind="system", organisation_code=rules.centre_code()), period)
        names = _Names()
        text, sheets = written(figures, names)
    row = MonthlyReport(
        id=new_id(),
        month=period.first,
        organisation_code=rules.centre_code(),
        state=queries.DRAFT_REPORT,
        title=f"关于{period.first.year}年{period.first.month}月群众诉求办理情况的通报",
        addressee="区委、区政府，各街道（镇），区级各有关单位：",
        text=text,
        salt=secrets.token_bytes(SALT_BYTES),
        sheets={name: asdict(sheet) for name, sheet in sheets.items()},
        drafted_at=now,
    )
    row.save(force_insert=True)
    ledger.record([_told(ReportDrafted, row)], actor=actor, now=now)
    return row.id


@verb
def draft_last_month(*, actor: Actor, now: datetime) -> int:
    """Draft the last whole month's report unless there is one, or no matter yet; answers how many were drafted."""
    period = queries.last_month(now)
    if queries.is_drafted(period.first) or not Case.objects.filter(opened_at__lt=period.moments()[1]).exists():
        return 0
    draft_report(actor=actor, period=period, now=now)
    return 1


def _told(fact: Callable[..., Any], row: MonthlyReport, **more: Any) -> Any:
    return fact(
        subject=f"report:{row.id}",
        organisation_code=row.organisation_code,
        report_id=str(row.id),
        month=f"{row.month:%Y-%m}",
        words_commitment=text_commitment(_words(row), bytes(row.salt)),
        **more,
    )


def _words(row: MonthlyReport) -> str:
    """All that people can change."""
    return "\n".join((row.number, row.title, row.addressee, row.text))


class _Names:
    """What units and categories are called, in Chinese."""

    def __init__(self) -> None:
        self._organisations = {card.code: card.short_name or card.name for card in directory.every_organisation()}
        self._places = territory.places()
        self._categories = {card.code: card.name_zh for card in queries.categories()}

    def category(self, code: str) -> str:
        return self._categories.get(code, code)

    def unit(self, code: str, by: str) -> str:
        if code == NONE:
            return "位置不详" if by == "street" else "未归类"
        if by == "organisation":
            return self._organisations.get(code, code)
        if by == "platform":
            return str(queries.platform_name(code))
        card = self._places.get(code)
        return card.short_name if card else code


def written(figures: MonthFigures, names: _Names) -> tuple[str, dict[str, Sheet | Chart]]:
    """Text and tables. Each sentence says a number with what it is a part of; none says more than the numbers do."""
    month = figures.period.first.month
    sheets: dict[str, Sheet | Chart] = {
        "图一": _chart(figures),
        "表一": _kinds(figures, names),
        "表二": _units("表二　四平台办理情况", figures.platforms, names),
        "表三": _units("表三　各单位办理情况", figures.organisations, names),
        "表四": _units("表四　各街道（镇）办理情况", figures.streets, names),
    }
    lines = [
        f"现将{figures.period.first.year}年{month}月全区群众诉求受理和办理情况通报如下。",
        "一、总体情况",
        _received(figures, month),
        _answered(figures),
        "【图一】",
        "二、诉求分布",
        _most(figures, names),
        "【表一】",
        "三、办理质量",
        _quality(figures.organisations.total),
        "【表二】",
        _compared(figures.organisations, names),
        "【表三】",
        "【表四】",
        "四、督办和回访",
        _pressed(figures),
        _called(figures.called),
        "五、下一步工作",
        OPEN_END,
    ]
    empty = {f"【{name}】" for name, sheet in sheets.items() if isinstance(sheet, Sheet) and not sheet.rows}
    return "\n".join(line for line in lines if line and line not in empty), sheets


def _received(figures: MonthFigures, month: int) -> str:
    now, before = sum(figures.received.values()), figures.received_before
    change = ""
    if before:
        more = (now - before) / before
        change = "，与上月持平" if now == before else f"，比上月{'增加' if more > 0 else '减少'}{abs(more):.1%}"
    return f"{month}月，全区共受理群众诉求{now}件{change}。"


def _answered(figures: MonthFigures) -> str:
    """All answers, as the chart counts them, and how those of the units come out of them."""
    total, matters = figures.organisations.total, figures.months[-1][2]
    if not matters and not total.answered:
        return "各单位本月没有作出答复。"
    lead = f"本月答复诉求{matters}件" + (
        f"（窗口直接答复、没有主办单位的{figures.without_lead}件）" if figures.without_lead else ""
    )
    if not total.answered:
        return f"{lead}；各单位没有主办答复。"
    median = total.median
    time = f"从接件到答复的中位时间为{_hours(median.value)}" if median else ""
    kept = total.answered - total.late
    twice = "（含其后重开的）" if total.answered != matters - figures.without_lead else ""
    own = f"各单位主办并答复{total.answered}件{twice}，其中按期{kept}件，{_said(total, 'in-time', '按期办结率')}"
    return f"{lead}。{own}；{time}。"


def _said(one: UnitFigures, measure: str, name: str) -> str:
    told = one.share_of(measure)
    return f"{name}为{told.value:.1%}（95%区间{told.low:.1%}至{told.high:.1%}）" if told else f"{name}无数据"


def _hours(hours: int) -> str:
    days, rest = divmod(hours, 24)
    return "".join((f"{days}天" if days else "", f"{rest}小时" if rest or not days else ""))


def _most(figures: MonthFigures, names: _Names) -> str:
    total = sum(figures.received.values())
    if not total:
        return "本月没有受理诉求。"
    first = sorted(figures.received.items(), key=lambda item: (-item[1], item[0]))[:3]
    told = "、".join(f"{names.category(code)}{count}件（占{count / total:.1%}）" for code, count in first)
    return f"诉求较集中的类别依次为{told}。"


def _quality(total: UnitFigures) -> str:
    if not total.answered:
        return "本月没有答复，质量指标无数据。"
    parts = [
        _said(total, "first-time-right", "一次办结率"),
        _said(total, "reopened", "重开率"),
        _said(total, "returned", "退单率"),
        _said(total, "objected", "异议率"),
    ]
    rated = (
        f"收到评价{total.rated}件，{_said(total, 'satisfied', '满意率')}。未评价的不计为满意。"
        if total.rated
        else "本月没有收到评价。"
    )
    return f"全区{'，'.join(parts)}。{rated}"


def _compared(found: Evaluation, names: _Names) -> str:
    """What the joint intervals can tell apart, and nothing else."""
    ranked = [one for one in found.ranks if one.is_ranked]
    few = len(found.ranks) - len(ranked)
    small = f"另有{few}家单位答复不足30件，只列数据，不作比较。" if few else ""
    if len(ranked) < 2:
        return f"答复满30件、可以比较的单位不足两家，本月不作比较。{small}"
    behind = [names.unit(one.code, found.by) for one in ranked if one.first > 1]
    ahead = [names.unit(one.code, found.by) for one in ranked if one.first == 1]
    if not behind:
        return f"答复满30件的单位有{len(ranked)}家，按期办结率的区间互相重叠，数据分不出先后，视为并列。{small}"
    first, rest = "、".join(ahead), "、".join(behind)
    tied = "并列在前" if len(ahead) > 1 else "在前"
    return f"答复满30件的单位有{len(ranked)}家。比较按期办结率，{first}{tied}；{rest}的区间低于其中至少一家。{small}"


def _pressed(figures: MonthFigures) -> str:
    if not figures.supervised:
        return "本月没有督办件。"
    late = f"，答复超期并逐级报告{figures.supervised_late}件" if figures.supervised_late else ""
    return f"本月督办{figures.supervised}件，已答复或办结{figures.supervised_answered}件{late}。"


def _called(called: Mapping[str, int]) -> str:
    """Those that are over without anybody's doing, for no number was left or the reporter rated anew, are nobody's call-backs."""
    satisfied, other, missed = (called.get(name, 0) for name in ("satisfied", "dissatisfied", "unreachable"))
    holds, fails = (called.get(name, 0) for name in ("holds", "fails"))
    looked = f"另有{holds + fails}件无法联系反映人，核查答复后属实{holds}件、不实{fails}件" if holds + fails else ""
    total = satisfied + other + missed
    if not total:
        return f"本月没有完成回访{looked and '，'}{looked}。"
    told = f"其中满意{satisfied}件，不满意{other}件，三次未接通{missed}件{looked and '；'}{looked}"
    return f"由未经手的人员完成回访{total}件，{told}；不满意{'、核查不实' if looked else ''}的在期限内重新办理。"


def _chart(figures: MonthFigures) -> Chart:
    labels = tuple(f"{int(code[-2:])}月" for code, _received, _answered in figures.months)
    series = (
        ("受理", tuple(received for _code, received, _answered in figures.months)),
        ("答复", tuple(answered for _code, _received, answered in figures.months)),
    )
    return Chart(caption="图一　近六个月受理件数与答复件数", labels=labels, series=series)


def _kinds(figures: MonthFigures, names: _Names) -> Sheet:
    total = sum(figures.received.values())
    rows = sorted(figures.received.items(), key=lambda item: (-item[1], item[0]))
    return Sheet(
        caption="表一　受理诉求的类别",
        head=("类别", "件数", "占比"),
        rows=tuple((names.category(code), str(count), f"{count / total:.1%}") for code, count in rows),
    )


def _units(caption: str, found: Evaluation, names: _Names) -> Sheet:
    """In the order of codes: a table is no list of ranks."""
    head = ("单位", "答复", "按期办结", "一次办结", "重开", "退单", "满意")
    shares = ("in-time", "first-time-right", "reopened", "returned", "satisfied")
    rows = [
        (names.unit(one.code, found.by), str(one.answered), *(_cell(one, name) for name in shares))
        for one in found.units
    ]
    return Sheet(caption=caption, head=head, rows=tuple(rows))


def _cell(one: UnitFigures, measure: str) -> str:
    part, whole = one.part_of(measure)
    return f"{part / whole:.0%}（{part}/{whole}）" if whole else "—"


# editing and issuing -------------------------------------------------------------------------------------------------


@verb
def edit_report(
    *, actor: Actor, report_id: uuid.UUID, title: str, number: str, addressee: str, text: str, now: datetime
) -> None:
    """Change a draft's words. Raises Absent, Forbidden, Invalid, and Refused for one that is issued."""
    rules.check_may_write_report(actor)
    row = _draft(report_id)
    called, body = " ".join(kernel.clean(title).split()), _lines(text)
    if not called or len(called) > LONGEST_TITLE:
        raise Invalid(
            "report-title", _("Please give the report a title of at most 100 characters. Nothing was changed.")
        )
    if not body or len(body) > LONGEST:
        raise Invalid("report-text", _("The text is empty, or longer than 20,000 characters. Nothing was changed."))
    row.title, row.text = called, body
    row.number = _short(number, LONGEST_NUMBER)
    row.addressee = _short(addressee, LONGEST_ADDRESSEE)
    row.salt, row.edits = secrets.token_bytes(SALT_BYTES), row.edits + 1
    row.edited_at, row.edited_by_post = now, actor.post_id or ""
    row.save()
    ledger.record([_told(ReportEdited, row)], actor=actor, now=now)


def _short(text: str, longest: int) -> str:
    cleaned = " ".join(kernel.clean(text).split())
    if len(cleaned) > longest:
        raise Invalid("report-long", _("Document number or addressee is too long. Nothing was changed."))
    return cleaned


def _lines(text: str) -> str:
    """Line by line, without what no paper can show."""
    lines: Sequence[str] = [kernel.clean(line) for line in text.replace("\r", "").split("\n")]
    return "\n".join(lines).strip()


def _draft(report_id: uuid.UUID) -> MonthlyReport:
    row = MonthlyReport.objects.select_for_update().filter(id=report_id).first()
    if row is None:
        raise Absent("report-absent", _("There is no such report."))
    if row.state != queries.DRAFT_REPORT:
        raise Refused("report-issued", _("This report is issued: it stays as it is. Nothing was changed."))
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Both files of a draft, and how often it had been edited when they were made."""

    word: bytes
    pdf: bytes
    edits: int


def printed(actor: Actor, report_id: uuid.UUID, *, now: datetime, issued: bool = False) -> Printed:
    """Lay a draft out, outside of every transaction; as it would be issued, for who may issue it. Raises Absent, Forbidden."""
    if issued:
        rules.check_may_issue_report(actor)
    whole = queries.report_for(actor, report_id)
    paper = queries.document_of(whole, day=timezone.localdate(now), as_issued=issued)
    return Printed(word=as_word(paper), pdf=as_pdf(paper), edits=whole.card.edits)


@verb
def issue_report(*, actor: Actor, report_id: uuid.UUID, files: Printed, now: datetime) -> None:
    """A leader issues the report with these files (`printed`, made before the transaction begins): from now on it stays so.

    Raises Absent, Forbidden, and Refused where it was edited since, is issued already, or says nothing of what comes next.
    """
    rules.check_may_issue_report(actor)
    row = _draft(report_id)
    if row.edits != files.edits:
        raise Refused(
            "report-edited", _("Somebody edited the report in this moment. Read it again before it is issued.")
        )
    if OPEN_END in row.text:
        raise Refused(
            "report-unfinished", _("The last section still has to be written: what comes next. Nothing was changed.")
        )
    row.state, row.issued_at, row.issued_by_post = queries.ISSUED_REPORT, now, actor.post_id or ""
    row.word, row.pdf = files.word, files.pdf
    row.word_digest, row.pdf_digest = sha256(files.word).hexdigest(), sha256(files.pdf).hexdigest()
    row.save()
    told = _told(ReportIssued, row, word_digest=row.word_digest, pdf_digest=row.pdf_digest)
    ledger.record([told], actor=actor, now=now)
