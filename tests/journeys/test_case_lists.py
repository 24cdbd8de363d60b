"""Lists of matters from Excel, by the page: 300 rows with 7 wrong, mended and sent again; files that are none; who may."""

import zipfile
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation
from openpyxl import Workbook, load_workbook

from pianqu.composition.importing import case_lists as importing
from pianqu.composition.importing import table
from pianqu.foundation.errors import Invalid
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.models import Case, CaseList, Contact
from pianqu.rooms.casework.tests.builders import COMMUNITY, importer, small_district
from pianqu.rooms.directory import services as directory

pytestmark = pytest.mark.django_db
GOOD = "三月的风吹过江北 2026"
HEAD = list(importing.COLUMNS.values())
PAGE = "/desk/lists/"
ROADS = next(card.name_zh for card in queries.shipped_categories() if card.code == "roads")


def signed_in(login: str, organisation: str, kind: str = "handler") -> Client:
    account = Account.objects.create_account(login=login, password=GOOD, name=login)
    directory.appoint(
        actor=importer("330205"),
        account_id=account.id,
        organisation_code=organisation,
        kind=kind,
        title="岗",
        now=timezone.now(),
    )
    client = Client(headers={"accept-language": "en"})
    client.post("/sign-in/", {"login": login, "password": GOOD})
    return client


@pytest.fixture
def clerk() -> Client:
    small_district()
    return signed_in("window", "330205-centre", "window")


def row(at: int, **changes: object) -> list[object]:
    given: dict[str, object] = {
        "number": f"GD-{at:04}",
        "words": f"第 {at} 件：路灯坏了三天。",
        "category": ROADS if at % 2 else "roads",
        "community": "外滩社区",
        "landmark": "桥头",
        "longitude": None,
        "latitude": None,
        "contact": 13800000000 + at,
        "channel": "电话",
        "day": timezone.localdate() - timedelta(days=3),
    }
    return list({**given, **changes}.values())


def book(*rows: list[object], head: list[str] = HEAD, title: str = "") -> bytes:
    made: Any = Workbook()
    if title:
        made.active.append([title])
        made.active.merge_cells("A1:J1")
    for line in (head, *rows):
        made.active.append(line)
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def send(client: Client, content: bytes, *, source: str = "12345热线", name: str = "名单.xlsx") -> Any:
    return client.post(PAGE, {"source": source, "list": SimpleUploadedFile(name, content)})


def wrong() -> dict[int, tuple[list[object], str, str]]:
    """Row in Excel → the row, its column, a part of the sentence."""
    return {
        10: (row(10, category="月球"), "Category", "“月球” is no category"),
        50: (row(50, words=None), "Words", "few words"),
        99: (row(99, community="朝阳社区"), "Community", "no community or grid cell of this district"),
        120: (row(120, day=timezone.localdate() + timedelta(days=9)), "Day", "is to come"),
        180: (row(180, contact="打过电话"), "Contact", "not a telephone number"),
        240: (row(240, number="GD-0007"), "Number", "Line 7 has the same number"),
        300: (row(300, words="=1+1"), "Words", "formula"),
    }


def sheet_of(content: bytes) -> Any:
    return load_workbook(BytesIO(content)).active


def test_300_rows_with_7_wrong_mended_and_sent_again(clerk: Client) -> None:
    bad = wrong()
    content = book(*[bad[at][0] if at in bad else row(at) for at in range(2, 302)])
    answer = send(clerk, content)
    assert answer.status_code == 302
    here = answer["Location"]
    seen = clerk.get(here)
    assert (seen.context["good"], seen.context["wrong"], Case.objects.count()) == (293, 7, 0)
    text = seen.content.decode()
    for at, (_row, column, says) in bad.items():
        found = [(name, sentence) for line, name, sentence in seen.context["faults"] if line == at]
        assert [name for name, _sentence in found] == [column] and says in found[0][1]
        assert f">{at}</td>" in text

    assert clerk.post(here)["Location"] == here
    assert clerk.post(here)["Location"] == here, "pressed twice"
    assert Case.objects.count() == 293 and Contact.objects.count() == 293
    assert "293 matters were taken in" in clerk.get(here).content.decode()

    file = clerk.get(f"{here}rows-to-mend.xlsx")
    assert file.status_code == 200 and "no-store" in file["Cache-Control"]
    sheet = sheet_of(file.content)
    told = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert len(told) == 8 and told[0][-1] == "What is wrong there"
    assert [line[-1].partition(":")[0] for line in told[1:]] == [column for _row, column, _says in bad.values()]
    assert all(cell.data_type == "s" for line in sheet.iter_rows() for cell in line if cell.value is not None)

    mends = {10: ("C", "roads"), 50: ("B", "补写"), 99: ("D", "外滩社区"), 120: ("J", date(2026, 1, 5))}
    mends |= {180: ("H", "13900000000"), 240: ("A", "GD-0240"), 300: ("B", "补写二")}
    for line, (letter, value) in enumerate(mends.values(), start=2):
        sheet[f"{letter}{line}"].data_type = "n"
        sheet[f"{letter}{line}"] = value
    out = BytesIO()
    sheet.parent.save(out)
    again = send(clerk, out.getvalue())["Location"]
    assert (clerk.get(again).context["good"], clerk.get(again).context["wrong"]) == (7, 0)
    clerk.post(again)
    assert Case.objects.count() == 300

    same = send(clerk, content)["Location"]
    assert (clerk.get(same).context["good"], clerk.get(same).context["before_count"]) == (0, 293)
    assert clerk.post(same).status_code == 409
    assert Case.objects.count() == 300
    figures = {(card.taken, card.wrong, card.before) for card in queries.lists_of(importer())}
    assert figures == {(293, 7, 0), (7, 0, 0), (0, 0, 0)}


def test_excel_as_people_really_fill_it_in(clerk: Client) -> None:
    lines = [
        row(1, contact=13800138000.0, day=datetime(2026, 3, 1, 8)),  # noqa: DTZ001 - Excel has no zones
        [None] * 10,
        row(2, day=46_082, contact="+86 138-0013-8001"),
        ["", " ", None],
        row(3, day="2026年3月1日", channel=None, community=COMMUNITY, number=17.0),
    ]
    seen = clerk.get(send(clerk, book(*lines, title="十一月名单"))["Location"])
    assert (seen.context["good"], seen.context["faults"]) == (3, [])
    clerk.post(seen.request["PATH_INFO"])
    masks = {contact.mask for contact in Contact.objects.all()}
    assert masks == {"138********"}
    assert Case.objects.filter(place_code=COMMUNITY).count() == 3


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_template_is_taken_in_as_it_is(clerk: Client, language: str) -> None:
    clerk.cookies["django_language"] = language
    clerk.headers = {"accept-language": language}  # type: ignore[attr-defined]
    file = clerk.get(f"{PAGE}template.xlsx")
    made = load_workbook(BytesIO(file.content))
    first, second = made.worksheets
    assert len(first.data_validations.dataValidation) == 2 and first.freeze_panes == "A2"
    assert second.max_row > 5 and first.column_dimensions["B"].width > 40
    seen = clerk.get(send(clerk, file.content)["Location"])
    assert (seen.context["good"], seen.context["faults"]) == (1, [])


def bomb() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 70_000_000)
    return out.getvalue()


def test_files_that_are_no_list(clerk: Client) -> None:
    for content, name, says in (
        (b"no excel", "a.xlsx", "cannot be read as Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 4_000, "locked.xlsx", "it has a password"),
        (b"a,b", "a.csv", "not Excel"),
        (book(), "a.xlsx", "holds no row"),
        (book(row(1), head=["x"] * 10), "a.xlsx", "lacks the columns"),
        (book(*[row(at) for at in range(2_001)]), "a.xlsx", "At most 2 000 rows"),
        (bomb(), "a.xlsx", "unpacks to more than 60 MB"),
        (b"0" * 5_000_001, "a.xlsx", "too large: at most 5 MB"),
    ):
        answer = send(clerk, content, name=name)
        assert answer.status_code == 422, says
        text = answer.content.decode()
        assert says in text and 'value="12345热线"' in text
    assert "choose an Excel file" in clerk.post(PAGE, {"source": "热线"}).content.decode()
    assert not CaseList.objects.exists()


def test_missing_columns_are_named_as_people_call_them(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(book(row(1), head=["x"] * 10))
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    columns = {"words": "诉求", "category": "类别"}
    with translation.override("zh-hans"):
        for name in ("a.xlsx", "a.csv"):
            with pytest.raises(Invalid, match="缺少这些列：诉求、类别。"):
                table.lines(tmp_path / name, columns, {}, largest=1_000_000)


def test_a_list_is_its_posts_alone(clerk: Client) -> None:
    here = send(clerk, book(row(1), row(2, category="x")))["Location"]
    other = signed_in("colleague", "330205-centre", "window")
    for address in (here, f"{here}rows-to-mend.xlsx"):
        assert other.get(address).status_code == 404
    assert other.post(here).status_code == other.post(f"{here}forget/").status_code == 404
    assert "12345热线" in other.get(PAGE).content.decode()
    assert here not in other.get(PAGE).content.decode()
    assert clerk.post(f"{here}forget/").status_code == 302
    assert "are destroyed" in clerk.get(here).content.decode()
    assert Client().get(PAGE).status_code == 302


def test_the_page_is_found_from_the_cases_and_the_matter_says_whence(clerk: Client) -> None:
    assert f'href="{PAGE}"' in clerk.get("/desk/").content.decode()
    clerk.post(send(clerk, book(row(1)), source="物业公司")["Location"])
    text = clerk.get(f"/desk/case/{Case.objects.get().id}/").content.decode()
    assert "From the list of 物业公司" in text and "GD-0001" in text


def test_a_word_that_begins_like_a_formula_stays_a_word(clerk: Client) -> None:
    with translation.override("en"):
        rows = [
            importing.SentRow(
                line=2, cells={"words": "=HYPERLINK(1)", "landmark": "@a", "contact": "+1", "number": "-2"}
            )
        ]
        faults = [importing.RowFault(line=2, column="category", sentence="=x")]
        sheet = sheet_of(importing.wrong_rows(rows, faults))
    assert {cell.data_type for cell in sheet[2] if cell.value} == {"s"}
    assert all(cell.quotePrefix for cell in sheet[2] if cell.value)


def test_what_became_of_the_rows_is_fetched(clerk: Client) -> None:
    at = send(clerk, book(row(1), row(2, number="@GD")))["Location"]
    assert "results.xlsx" not in clerk.get(at).content.decode()
    clerk.post(at)
    assert f"{at}results.xlsx" in clerk.get(at).content.decode()
    sheet = load_workbook(BytesIO(clerk.get(f"{at}results.xlsx").content)).worksheets[0]
    told = list(sheet.iter_rows(values_only=True))
    assert told[0][:4] == ("Number", "Day", "Code", "State")
    assert [line[0] for line in told[1:]] == ["GD-0001", "@GD"] and sheet["A3"].data_type != "f"
    assert "路灯" not in str(told), "no words without a purpose"
    assert signed_in("other", "330205-centre").get(f"{at}results.xlsx").status_code == 404


def test_without_a_source_nothing_is_taken_for_it(clerk: Client) -> None:
    answer = send(clerk, book(row(1)), source=" ")
    text = answer.content.decode()
    assert answer.status_code == 422 and not CaseList.objects.exists(), "the file's name is no source"
    assert 'href="#source"' in text and 'aria-describedby="source-hint source-error"' in text
    send(clerk, book(row(1)))
    assert '<option value="12345热线">' in clerk.get(PAGE).content.decode()


def test_the_same_rows_under_another_source_are_warned_of(clerk: Client) -> None:
    content = book(*[row(at) for at in range(1, 6)], row(9, category="x"))
    clerk.post(send(clerk, content)["Location"])
    seen = clerk.get(send(clerk, content, source="12345热线11月")["Location"])
    assert [(one.source, one.rows) for one in seen.context["alike"]] == [("12345热线", 5)]
    assert "5 rows say the same as rows of “12345热线”" in seen.content.decode() and seen.context["good"] == 5
    assert clerk.get(send(clerk, book(row(7)), source="物业")["Location"]).context["alike"] == []


def test_the_first_right_rows_are_shown_as_they_will_be_taken_in(clerk: Client) -> None:
    seen = clerk.get(send(clerk, book(*[row(at) for at in range(1, 9)]))["Location"])
    first = seen.context["first"]
    assert [one.number for one in first] == [f"GD-000{at}" for at in range(1, 6)]
    assert first[0].place.endswith("外滩 · 桥头") or "外滩" in first[0].place
    text = seen.content.decode()
    assert "138********" in text and "13800000001" not in text and "第 1 件：路灯坏了三天。" in text
    assert "第 6 件" not in text
