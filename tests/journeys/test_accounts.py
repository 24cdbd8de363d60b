"""Accounts from Excel: 300 colleagues with 7 wrong rows; one-time passwords told once, changed at the first sign-in, renewed."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from openpyxl import Workbook, load_workbook

from pianqu.composition.commands import import_
from pianqu.composition.importing import accounts as importing
from pianqu.composition.signing import factors, once
from pianqu.foundation.errors import Invalid
from pianqu.foundation.models import Account, SignIn
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.rules import POST_KINDS
from pianqu.rooms.directory.tests.builders import CENTRE, LAW, SYSTEM, WAITAN_1, small_district
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db
GOOD = "三月的风吹过江北 2026"
OWN = "春水碧于天画船听雨眠"
HEAD = list(importing.COLUMNS.values())
TAKE, PAGE = "/desk/accounts/take-in/", "/desk/accounts/"


@pytest.fixture
def admin() -> Client:
    small_district()
    account = Account.objects.create_account(login="admin", password=GOOD, name="管理员")
    services.appoint(
        actor=SYSTEM,
        account_id=account.id,
        organisation_code=CENTRE,
        kind="administrator",
        title="管理员",
        now=timezone.now(),
    )
    client = Client()
    client.post("/sign-in/", {"login": "admin", "password": GOOD})
    return client


def row(at: int) -> list[object]:
    return [f"同事{at}", f"u{at:03}", LAW, "经办人", "中队队员", "2025-03-01"]


def book(*rows: list[object], head: list[str] = HEAD) -> bytes:
    made = Workbook()
    for line in (head, *rows):
        made.active.append(line)
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def wrong_rows() -> dict[int, tuple[str, list[object], str]]:
    """Row in Excel → column, the row, a part of the reason."""
    tomorrow = timezone.localdate() + timedelta(days=40)
    return {
        12: ("name", [None, *row(12)[1:]], "The name is missing"),
        50: ("login", ["甲", "u007", *row(50)[2:]], "Line 7 has the same sign-in name"),
        101: ("login", ["乙", "Admin", *row(101)[2:]], "taken"),
        144: ("organisation", ["丙", "u144", "月球办", *row(144)[3:]], "no organisation “月球办”"),
        200: ("post", ["丁", "u200", LAW, "国王", "", ""], "“国王” is no kind of post"),
        250: ("valid_from", ["戊", "u250", LAW, "经办人", "", tomorrow], "to come"),
        299: ("title", ["己", "u299", LAW, "经办人", '=HYPERLINK("x")', ""], "formula"),
    }


def three_hundred() -> bytes:
    wrong = wrong_rows()
    return book(*(wrong[at][1] if at in wrong else row(at) for at in range(2, 302)))


def sent(content: bytes, name: str = "人员.xlsx", **more: str) -> dict[str, Any]:
    return {"list": SimpleUploadedFile(name, content), **more}


def test_300_users_with_7_wrong_rows(admin: Client) -> None:
    content = three_hundred()
    with translation.override("en"):
        answer = admin.post(TAKE, sent(content), HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 422 and answer.context["good"] == 293 and answer.context["wrong"] == 7
    wanted = {(number, reason) for number, (_column, _row, reason) in wrong_rows().items()}
    told = [(number, reason) for number, _column, reason in answer.context["faults"]]
    assert len(told) == 7
    for number, part in wanted:
        assert any(number == at and part in reason for at, reason in told), (number, part, told)
    assert Account.objects.count() == 1, "nothing is made while a row is wrong"
    with CaptureQueriesContext(connection) as seen:
        answer = admin.post(TAKE, sent(content, skip="1"))
    assert answer.status_code == 200 and len(answer.context["slips"]) == 293 and answer.context["passed_over"] == 7
    assert len(seen) < 60, "statements come in batches, not by row"
    assert Account.objects.count() == 294
    assert "no-store" in answer["Cache-Control"]
    stored = str(list(Account.objects.values_list("password", flat=True)))
    assert not any(slip.password in stored for slip in answer.context["slips"])
    again = admin.post(TAKE, sent(content, skip="1"))
    assert again.status_code == 422 and Account.objects.count() == 294, "the same list once more makes nothing"


def test_checking_makes_nothing(admin: Client) -> None:
    answer = admin.post(TAKE, sent(book(row(1), row(2)), step="check"))
    assert answer.status_code == 200 and answer.context["good"] == 2 and Account.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.txt", b"x"),
        ("list.xlsx", b"no Excel"),
        ("list.xlsx", book(head=HEAD)),
        ("list.xlsx", book(row(1), head=["姓名", "电话"])),
    ],
)
def test_what_is_no_list_is_refused_in_words(admin: Client, name: str, content: bytes) -> None:
    answer = admin.post(TAKE, sent(content, name))
    assert answer.status_code == 422 and answer.context["error"]
    assert admin.post(TAKE, {}).status_code == 422


def test_a_list_may_be_too_long(admin: Client) -> None:
    with patch.object(importing, "MOST", 3):
        assert admin.post(TAKE, sent(book(*map(row, range(4))))).status_code == 422
    with patch("pianqu.composition.desk.accounts.LARGEST", 10):
        assert admin.post(TAKE, sent(book(row(1)))).status_code == 422


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("name", "x" * 65, "longer than 64"),
        ("name", "=1+1", "formula"),
        ("login", None, "missing"),
        ("login", "a b", "letters, digits"),
        ("login", "x", "letters, digits"),
        ("organisation", None, "No organisation"),
        ("post", "", "No post"),
        ("title", "x" * 41, "longer than 40"),
        ("valid_from", "昨天", "no day"),
        ("valid_from", "2026-02-30", "no day"),
        ("valid_from", date(1900, 3, 1), "too long ago"),
    ],
)
def test_every_wrong_cell_is_named(admin: Client, tmp_path: Path, column: str, cell: object, reason: str) -> None:
    line = row(1)
    line[list(importing.COLUMNS).index(column)] = cell
    (tmp_path / "list.xlsx").write_bytes(book(line))
    with translation.override("en"):
        (fault,) = importing.read(tmp_path / "list.xlsx", today=timezone.localdate()).faults
    assert (fault.number, fault.column) == (2, column) and reason in fault.reason


def test_people_write_names_codes_words_and_numbers(admin: Client, tmp_path: Path) -> None:
    rows = [
        ["甲", 20260101, "名330205-law", "handler", None, datetime(2025, 3, 1)],  # noqa: DTZ001
        ["乙", "yi", WAITAN_1, "Grid worker", "", "2025年3月1日"],
        ["丙", "bing", int(WAITAN_1), "网格员"],
    ]
    head = ["login", "name", "Organisation", "POST", "title", "valid_from"]
    (tmp_path / "list.xlsx").write_bytes(book(*([one[1], one[0], *one[2:]] for one in rows), head=head))
    staff = importing.read(tmp_path / "list.xlsx", today=timezone.localdate())
    assert staff.faults == ()
    assert [(one.login, one.organisation_code, one.kind, one.title) for one in staff.people] == [
        ("20260101", LAW, "handler", "经办人"),
        ("yi", WAITAN_1, "grid_worker", "网格员"),
        ("bing", WAITAN_1, "grid_worker", "网格员"),
    ]
    assert [one.valid_from for one in staff.people] == [date(2025, 3, 1), date(2025, 3, 1), None]


def test_two_wrong_cells_of_a_row_are_two_faults_and_one_line(admin: Client) -> None:
    answer = admin.post(TAKE, sent(book([None, "a b", LAW, "经办人"], row(1))))
    assert len(answer.context["faults"]) == 2 and answer.context["wrong"] == 1


def test_the_empty_list_can_be_filled_and_taken(admin: Client) -> None:
    answer = admin.get("/desk/accounts/template.xlsx")
    made = load_workbook(BytesIO(answer.content))
    assert [cell.value for cell in made.worksheets[0][1]] == HEAD
    assert LAW in {cell.value for cell in made.worksheets[1]["A"]}
    made.worksheets[0].append(row(1))
    out = BytesIO()
    made.save(out)
    assert len(admin.post(TAKE, sent(out.getvalue())).context["slips"]) == 1


def test_the_slips_come_as_a_workbook_without_formulas(admin: Client) -> None:
    answer = admin.post(TAKE, sent(book(["@SUM(1)", "evil", LAW, "经办人"])))
    file = admin.post("/desk/accounts/passwords.xlsx", {"signed": answer.context["signed"]})
    cells = next(iter(load_workbook(BytesIO(file.content)).active.iter_rows(min_row=2)))
    assert [cell.value for cell in cells[:3]] == ["@SUM(1)", "evil", answer.context["slips"][0].password]
    assert {cell.data_type for cell in cells} == {"s"}
    assert admin.post("/desk/accounts/passwords.xlsx", {"signed": "nonsense"}).status_code == 422


def test_only_administrators(admin: Client) -> None:
    admin.post(TAKE, sent(book(row(1))))
    colleague = Client()
    colleague.force_login(Account.objects.get(login="u001"))
    other = str(Account.objects.get(login="admin").id)
    for answer in (
        colleague.get(PAGE),
        colleague.get(TAKE),
        colleague.post(TAKE, sent(book(row(2)))),
        colleague.get("/desk/accounts/template.xlsx"),
        colleague.post("/desk/accounts/passwords.xlsx", {"signed": ""}),
        colleague.post("/desk/accounts/renew/", {"account": other}),
    ):
        assert answer.status_code == 403
    assert Client().get(PAGE)["Location"].startswith("/sign-in/") and Account.objects.count() == 2


# the first sign-in ---------------------------------------------------------------------------------------------------


@pytest.fixture
def slip(admin: Client) -> importing.Slip:
    made: importing.Slip = admin.post(TAKE, sent(book(row(1)))).context["slips"][0]
    return made


def test_a_one_time_password_opens_one_page_only(slip: importing.Slip) -> None:
    client = Client()
    answer = client.post("/sign-in/", {"login": slip.login, "password": slip.password, "next": "/desk/shift/"})
    assert answer["Location"] == "/sign-in/password/"
    assert client.get("/desk/").status_code == 302 and not SignIn.objects.filter(account__login=slip.login).exists()
    assert client.get("/sign-in/password/").status_code == 200
    for new, again in (("short", "short"), (OWN, OWN + "x"), (slip.password, slip.password), ("", "")):
        assert client.post("/sign-in/password/", {"new": new, "again": again}).status_code == 422
    assert client.post("/sign-in/password/", {"new": OWN, "again": OWN})["Location"] == "/desk/shift/"
    assert client.get("/desk/").status_code == 200
    account = Account.objects.get(login=slip.login)
    assert account.once_until is None and "m=8192" not in account.password
    assert Client().post("/sign-in/", {"login": slip.login, "password": slip.password}).status_code == 422


def test_nobody_comes_to_that_page_otherwise(slip: importing.Slip) -> None:
    assert Client().get("/sign-in/password/")["Location"] == "/sign-in/"
    assert Client().post("/sign-in/password/", {"new": OWN, "again": OWN})["Location"] == "/sign-in/"
    assert Account.objects.get(login=slip.login).once_until is not None


def test_a_one_time_password_ends(slip: importing.Slip) -> None:
    Account.objects.filter(login=slip.login).update(once_until=timezone.now())
    answer = Client().post("/sign-in/", {"login": slip.login, "password": slip.password})
    assert answer.status_code == 422 and not SignIn.objects.filter(account__login=slip.login).exists()


def test_drawn_passwords_are_long_plain_and_all_different() -> None:
    drawn = {once.draw() for _draw in range(500)}
    assert len(drawn) == 500 and all(len(one) == 14 and not set(one) & set("01loiOIL ") for one in drawn)


# a new way in --------------------------------------------------------------------------------------------------------


def test_who_lost_the_password_or_the_phone_gets_a_new_way_in(admin: Client, slip: importing.Slip) -> None:
    colleague = Client()
    colleague.post("/sign-in/", {"login": slip.login, "password": slip.password})
    colleague.post("/sign-in/password/", {"new": OWN, "again": OWN})
    account = Account.objects.get(login=slip.login)
    with patch.object(factors, "_step", lambda *_given: 1):
        factors.turn_on(account=account, secret=factors.draw_secret(), code="123456", now=timezone.now())
    for _try in range(5):
        Client(REMOTE_ADDR="10.1.1.1").post("/sign-in/", {"login": slip.login, "password": "x"})
    answer = admin.post("/desk/accounts/renew/", {"account": str(account.id)})
    (made,) = answer.context["slips"]
    assert made.login == slip.login and made.password != slip.password
    assert colleague.get("/desk/").status_code == 302 and factors.second_step(account) is None
    assert Client().post("/sign-in/", {"login": slip.login, "password": OWN}).status_code == 422
    answer = Client().post("/sign-in/", {"login": slip.login, "password": made.password})
    assert answer["Location"] == "/sign-in/password/"
    assert [item.kind for item in ledger.history(f"account:{account.id}")] == ["directory.access-renewed"]


def test_what_cannot_be_renewed(admin: Client) -> None:
    own = Account.objects.get(login="admin")
    for asked, status in ((str(own.id), 409), ("nonsense", 404), ("", 404)):
        assert admin.post("/desk/accounts/renew/", {"account": asked}).status_code == status
    assert Client().post("/sign-in/", {"login": "admin", "password": GOOD}).status_code == 302


def test_the_list_is_searched_and_turned(admin: Client) -> None:
    admin.post(TAKE, sent(book(*map(row, range(60)))))
    first = admin.get(PAGE)
    assert first.context["total"] == 61 and len(first.context["cards"]) == 50 and first.context["next"] == 2
    assert len(admin.get(PAGE, {"page": "2"}).context["cards"]) == 11
    assert [card.login for card in admin.get(PAGE, {"q": "u037"}).context["cards"]] == ["u037"]
    for odd in ("0", "-1", "999999999", "x", "²"):
        assert admin.get(PAGE, {"page": odd}).status_code == 200
    assert admin.get(PAGE, {"q": "\x00"}).status_code == 200


# the terminal --------------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(admin: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr("pianqu.composition.prepare.prepare", lambda *, empty: None)
    monkeypatch.setattr("pianqu.composition.wiring.seal_and_drain", lambda: None)

    def run(content: bytes, *words: str) -> int:
        (tmp_path / "list.xlsx").write_bytes(content)
        return import_.main(["accounts", str(tmp_path / "list.xlsx"), *words])

    return run


def test_the_terminal_names_wrong_rows_and_keeps_passwords_in_a_private_file(
    terminal: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, target = three_hundred(), tmp_path / "once.xlsx"
    assert terminal(content) == 1 and Account.objects.count() == 1
    said = capsys.readouterr().out
    assert said.count("line 第") == 7 and "line 第 144 行, organisation 机构" in said
    assert terminal(content, "--dry-run") == 1 and Account.objects.count() == 1
    assert terminal(content, "--skip-bad", "--passwords", str(target)) == 0 and Account.objects.count() == 294
    assert target.stat().st_mode & 0o777 == 0o600
    cells = list(load_workbook(target).active.iter_rows(min_row=2, values_only=True))
    assert len(cells) == 293 and str(cells[0][2]) not in capsys.readouterr().out
    answer = Client().post("/sign-in/", {"login": cells[0][1], "password": cells[0][2]})
    assert answer["Location"] == "/sign-in/password/"


def test_no_file_for_the_passwords_no_accounts(terminal: Callable[..., int], tmp_path: Path) -> None:
    there = tmp_path / "there.xlsx"
    there.write_text("mine")
    with pytest.raises(Invalid):
        terminal(book(row(1)), "--passwords", str(there))
    assert there.read_text() == "mine" and Account.objects.count() == 1
    with patch.object(importing, "take", side_effect=Invalid("x", "y")), pytest.raises(Invalid):
        terminal(book(row(1)), "--passwords", str(tmp_path / "new.xlsx"))
    assert not (tmp_path / "new.xlsx").exists()
    with pytest.raises(Invalid):
        import_.main(["accounts", str(tmp_path / "nowhere.xlsx")])


def test_every_kind_of_post_has_its_word() -> None:
    assert set(importing.POSTS) == POST_KINDS


def test_a_new_colleague_acts_in_the_post(admin: Client) -> None:
    admin.post(TAKE, sent(book(row(1))))
    actor = queries.actor_for(Account.objects.get(login="u001").id)
    assert actor is not None and actor.organisation_code == LAW
