"""The report of a month: its sentences say what was counted; edited, issued once, read by everybody in a post since."""

import uuid
import zipfile
from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from docx import Document
from docx.oxml.ns import qn

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.official import OfficialDocument, Sheet, cells_of
from pianqu.kernels.leaf import text_commitment
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import MonthlyReport
from pianqu.rooms.casework.tests.builders import LEAD, NOW, clerk, handler, importer, opened, resident
from pianqu.rooms.casework.tests.test_evaluation import answered, signed_in
from pianqu.rooms.casework.tests.test_handling import code_of, leader
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db
CENTRE = "330205-centre"
APRIL = NOW + timedelta(days=35)


def drafted(**changes: Any) -> MonthlyReport:
    given: dict[str, Any] = {"actor": importer(), "period": queries.period_of("2026-03"), "now": APRIL, **changes}
    return MonthlyReport.objects.get(id=services.draft_report(**given))


def edit(row: MonthlyReport, actor: Actor | None = None, **changes: Any) -> None:
    given = {"title": row.title, "number": "江治〔2026〕3号", "addressee": row.addressee, "text": row.text, **changes}
    services.edit_report(actor=actor or clerk(), report_id=row.id, now=APRIL, **given)


def issue(row: MonthlyReport, actor: Actor) -> None:
    files = services.printed(actor, row.id, now=APRIL, issued=True)
    services.issue_report(actor=actor, report_id=row.id, files=files, now=APRIL)


def finished() -> MonthlyReport:
    row = drafted()
    edit(row, text=row.text.replace(services.OPEN_END, "请各单位继续努力。"))
    return row


def test_what_somebody_looked_at_is_no_call_and_what_ended_by_itself_is_neither() -> None:
    case = answered(score=1)
    services.dispatch_case(actor=clerk(), case_id=case, lead_code=LEAD, now=NOW)
    services.resolve_case(actor=handler(LEAD), case_id=case, reply="又修了。", now=NOW)
    card = queries.call_back_for(clerk(), case)
    assert card is not None and not card.has_contact
    services.record_call_back(
        actor=clerk(), call_back_id=card.call_back_id, outcome="holds", words="到现场看，灯亮了。", now=NOW
    )
    rated = answered(score=1)
    services.dispatch_case(actor=clerk(), case_id=rated, lead_code=LEAD, now=NOW)
    services.resolve_case(actor=handler(LEAD), case_id=rated, reply="又修了。", now=NOW)
    services.rate_case(actor=resident(), case_id=rated, score=5, now=NOW)
    assert "本月没有完成回访，另有1件无法联系反映人，核查答复后属实1件、不实0件。" in drafted().text


def test_the_sentences_say_what_was_counted() -> None:
    answered()
    answered(days=20)
    answered(score=5)
    answered(score=1)
    text = drafted().text
    assert "全区共受理群众诉求4件。" in text
    assert "本月答复诉求3件。各单位主办并答复4件（含其后重开的），其中按期3件，按期办结率为75.0%" in text
    assert "收到评价2件，满意率为50.0%" in text and "可以比较的单位不足两家" in text
    assert "本月没有督办件。" in text and "本月没有完成回访。" in text


def test_the_sentence_says_how_the_units_come_out_of_what_the_chart_counts() -> None:
    answered()
    for _number in range(2):
        case = opened().case_id
        services.accept_case(actor=clerk(), case_id=case, nature="enquiry", now=NOW)
        services.resolve_case(actor=clerk(), case_id=case, reply="当场答复。", now=NOW + timedelta(hours=1))
    row = drafted()
    assert "本月答复诉求3件（窗口直接答复、没有主办单位的2件）。各单位主办并答复1件，其中按期1件" in row.text
    assert row.sheets["图一"]["series"][1][1][-1] == 3, "the chart beside it"


def test_an_empty_month_says_so() -> None:
    text = drafted(period=queries.period_of("2026-01")).text
    assert "受理群众诉求0件" in text and "没有作出答复" in text and "没有受理诉求" in text


def test_units_are_compared_only_where_the_numbers_can() -> None:
    for _number in range(30):
        answered()
        answered("330205-market", days=20)
    text = drafted().text
    assert "答复满30件的单位有2家。比较按期办结率，执法局在前；市监局的区间低于其中至少一家。" in text


@pytest.mark.parametrize("code", ["2026-04", "2026-Q1", "2027-01"])
def test_a_month_that_is_not_over_or_no_month_is_refused(code: str) -> None:
    with pytest.raises(Invalid):
        drafted(period=queries.period_of(code))


def test_a_month_has_one_report() -> None:
    drafted()
    with pytest.raises(Refused) as twice:
        drafted()
    assert code_of(twice) == "report-twice"
    assert services.draft_last_month(actor=importer(), now=APRIL) == 0
    assert services.draft_last_month(actor=importer(), now=APRIL + timedelta(days=30)) == 0, "nothing was ever reported"
    opened(now=APRIL)
    assert services.draft_last_month(actor=importer(), now=APRIL + timedelta(days=30)) == 1


def test_the_first_month_that_can_be_named_has_months_before_it() -> None:
    period = queries.period_of("2000-01")
    assert period
    assert [code for code, _came, _went in queries.month_figures(clerk(), period).months][:2] == ["1999-08", "1999-09"]


def test_who_may_draft_edit_and_issue() -> None:
    auditor = Actor(kind="post", post_id=str(uuid.uuid4()), organisation_code=CENTRE, reads_only=True)
    for actor in (handler(LEAD), leader(LEAD), resident(), auditor):
        with pytest.raises(Forbidden):
            drafted(actor=actor)
    row = finished()
    for actor in (handler(LEAD), leader(LEAD), resident(), auditor, importer()):
        with pytest.raises(Forbidden):
            edit(row, actor)
    for actor in (handler(LEAD), leader(LEAD), resident(), auditor, importer(), clerk()):
        with pytest.raises(Forbidden):
            issue(row, actor)
    assert {card.state for card in queries.reports_for(auditor)} == {"draft"}
    assert not queries.reports_for(handler(LEAD)) and not queries.reports_for(resident())
    with pytest.raises(Absent):
        queries.report_for(handler(LEAD), row.id)


@pytest.mark.parametrize(
    "changes", [{"title": " "}, {"title": "长" * 101}, {"text": ""}, {"text": "长" * 20_001}, {"number": "9" * 41}]
)
def test_what_is_wrong_changes_nothing(changes: dict[str, str]) -> None:
    row = drafted()
    with pytest.raises(Invalid):
        edit(row, **changes)
    assert MonthlyReport.objects.get().text == row.text


def test_issued_it_stays_and_the_ledger_knows_its_files() -> None:
    answered()
    boss, row = leader(CENTRE), drafted()
    with pytest.raises(Refused) as unfinished:
        issue(row, boss)
    assert code_of(unfinished) == "report-unfinished"
    edit(row, text=row.text.replace(services.OPEN_END, "请各单位继续努力。"))
    issue(row, boss)
    facts = ledger.history(f"report:{row.id}")
    assert [item.kind for item in facts] == [f"casework.report-{done}" for done in ("drafted", "edited", "issued")]
    issued = MonthlyReport.objects.get()
    told = facts[-1].fact
    for form, digest in (("pdf", told["pdf_digest"]), ("docx", told["word_digest"])):
        content, called = queries.report_file(handler(LEAD), row.id, form)
        assert sha256(content).hexdigest() == digest and called == f"report-2026-03.{form}"
    words = "\n".join((issued.number, issued.title, issued.addressee, issued.text))
    assert told["words_commitment"] == text_commitment(words, bytes(issued.salt))
    for late in (lambda: edit(issued), lambda: issue(row, boss)):
        with pytest.raises(Refused):
            late()


def test_edited_between_printing_and_issuing_it_is_not_issued() -> None:
    row, boss = finished(), leader(CENTRE)
    files = services.printed(boss, row.id, now=APRIL, issued=True)
    edit(MonthlyReport.objects.get(), text="一、别的")
    with pytest.raises(Refused) as edited:
        services.issue_report(actor=boss, report_id=row.id, files=files, now=APRIL)
    assert code_of(edited) == "report-edited"


def test_the_word_file_keeps_to_the_standard() -> None:
    answered()
    row = finished()
    book = Document(BytesIO(services.printed(leader(CENTRE), row.id, now=APRIL, issued=True).word))
    section = book.sections[0]
    assert [round(one.mm, 1) for one in (section.top_margin, section.left_margin, section.right_margin)] == [37, 28, 26]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("linesAndChars", "580")
    assert "— PAGE —" in "".join(section.footer.paragraphs[0]._p.itertext()) and len(book.tables) == 4
    said = "\n".join(line.text for line in book.paragraphs)
    assert "一、总体情况" in said and "2026年4月6日" in said and "【" not in said


@pytest.mark.parametrize("name", ["执法局", "区综合行政执法局", "区综合行政执法局（区城市管理局）直属机动大队"])
def test_no_figure_of_a_printed_table_is_wider_than_its_cell(name: str) -> None:
    """Ten thousand answers of one unit in a month are more than a district has; a long name takes no room from figures."""
    head = ("单位", "答复", "按期办结", "一次办结", "重开", "退单", "满意")
    counted = [(str(n), *(f"100%（{n}/{n}）" for _ in head[2:])) for n in (0, 41, 215, 9999)]
    rows = tuple((name, *cells) for cells in counted)
    sheet = Sheet(caption="表二", head=head, rows=rows)
    paper = OfficialDocument(
        issuer="某区中心",
        number="",
        title="通报",
        addressee="",
        text="【表二】",
        sheets={"表二": sheet},
        day=date(2026, 9, 1),
    )
    found = cells_of(paper)
    assert len(found) == len(rows) * 6 and {one.told for one in found} == {text for row in counted for text in row}
    assert [one for one in found if one.wide > one.room] == []


def test_words_cannot_become_instructions() -> None:
    row = drafted()
    edit(row, text='#read("/etc/passwd") $x$ *粗* <b>\n【图一】\n【没有】\n= 标题', title="#panic() <标题> & “引号”")
    made = services.printed(clerk(), row.id, now=APRIL)
    assert made.pdf.startswith(b"%PDF") and zipfile.ZipFile(BytesIO(made.word)).testzip() is None


def test_the_pages(client: Client) -> None:
    answered()
    row = drafted()
    signed_in(client)
    english = {"Accept-Language": "en"}
    listed = client.get("/desk/reports/", headers=english).content.decode()
    assert row.title in listed and "Draft" in listed
    at = f"/desk/reports/{row.id}/"
    assert "The last section still has to be written" in client.get(at, headers=english).content.decode()
    assert client.post(f"{at}issue/", headers=english).status_code == 409
    wrong = client.post(at, {"title": "", "text": "没有丢的字"}, headers=english)
    assert wrong.status_code == 422 and "没有丢的字" in wrong.content.decode()
    kept = {"title": row.title, "text": "一、总体情况\n很好。", "number": "", "addressee": ""}
    assert client.post(at, kept).status_code == 302
    draft = client.get(f"{at}report.pdf")
    assert draft["Content-Disposition"] == 'attachment; filename="draft-2026-03.pdf"' and draft.content[:4] == b"%PDF"
    assert client.post(f"{at}issue/").status_code == 302
    assert client.get(f"{at}report.docx")["Content-Disposition"] == 'attachment; filename="report-2026-03.docx"'
    assert client.get(f"{at}report.exe").status_code == 404
    assert client.get(f"/desk/reports/{uuid.uuid4()}/").status_code == 404


def test_months() -> None:
    month = queries.period_of("2026-01")
    assert month is not None and queries.month_before(month).first == date(2025, 12, 1)
